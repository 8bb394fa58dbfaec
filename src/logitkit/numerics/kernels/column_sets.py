"""From all columns to those in use, and back: what a solver of few rows does at each strength besides its model."""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["entering", "penalty_of", "spread"]


@compiled
def entering(wanted: BoolArray, start: FloatArray, in_use: BoolArray, held: BoolArray) -> tuple[IntArray, int]:
    """Return the columns that are wanted or begin away from zero and are not in use.

    Parameters
    ----------
    wanted : (p,) bool array
        Columns that may leave zero.
    start : (p,) array
        Coefficients from which a solution begins.
    in_use, held : (p,) bool array
        Columns in use, and those held at zero, which do not enter.

    Returns
    -------
    index : (k,) int array
        Increasing.
    count : int
        How many are wanted or begin away from zero.
    """
    index, found, count = np.empty(start.shape[0], dtype=np.int64), 0, 0
    for j in range(start.shape[0]):
        if wanted[j] or start[j] != 0.0:
            count += 1
            if not (in_use[j] or held[j]):
                index[found] = j
                found += 1
    return index[:found].copy(), count


@compiled
def penalty_of(coef: FloatArray, l1: FloatArray, l2: FloatArray) -> float:
    """Return the penalty of coefficients.

    Parameters
    ----------
    coef, l1, l2 : (k,) array
        Coefficients, and the strengths of their absolute values and of their squares.
    """
    total = 0.0
    for j in range(coef.shape[0]):
        b = coef[j]
        if b != 0.0:
            total += l1[j] * abs(b) + 0.5 * l2[j] * b * b
    return total


@compiled
def spread(
    index: IntArray,
    own: tuple[FloatArray, FloatArray, FloatArray],
    intercept: int,
    slope: FloatArray,
    lengths: FloatArray,
    met: float,
    coef: FloatArray,
    dual: FloatArray,
) -> tuple[float, bool]:
    """Write coefficients and products of the columns in use among those of all columns.

    Parameters
    ----------
    index : (k,) int array
        The columns in use, those without a penalty first.
    own : (coef, products, shift)
        Of these, each (k,): coefficients of centred columns, products with the dual point, and what centring took off
        each, times what it is multiplied with.
    intercept : int
        Position of the intercept, which takes up what centring took off; -1 for none.
    slope : (n,) array
        Residuals.
    lengths : (u,) array
        Lengths of the columns without a penalty.
    met : float
        Of these lengths times that of the residuals: a product that is less is zero but for rounding.
    coef, dual : (p,) array
        Written, the product with zero where there is no penalty.

    Returns
    -------
    rounding : float
        What the products of the columns without a penalty hide of a duality gap.
    sound : bool
        Whether these are zero but for rounding.
    """
    given, products, shift = own
    squares = total = rounding = 0.0
    for i in range(slope.shape[0]):
        squares += slope[i] * slope[i]
    for k in range(index.shape[0]):
        coef[index[k]], dual[index[k]] = given[k], products[k]
        total += shift[k] * given[k]
    if intercept >= 0:
        coef[intercept] -= total
    sound = True
    for k in range(lengths.shape[0]):
        dual[index[k]] = 0.0
        rounding += abs(products[k]) * abs(given[k])
        sound = sound and abs(products[k]) <= met * math.sqrt(squares) * lengths[k]
    return rounding, sound
