r"""Residuals as a dual point, and which columns their products let in.

Residuals s are moved to r. Where the columns U have no penalty, r is made orthogonal to them with the curvature C of
the rows, :math:`r \leftarrow r - C U (U' C U)^{-1} U' r` (``docs/maths/penalties.md``, equations 13 to 16).
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["add_curved", "admitted_columns", "beyond", "curved_gram", "moved_rows", "predicted_coef"]


@compiled_sum
def curved_gram(columns: FloatArray, curvature: FloatArray, out: FloatArray) -> None:
    """Write the Gram matrix of a few columns, weighted by the curvature of the rows.

    Parameters
    ----------
    columns : (u, n) array
        One after another.
    curvature : (n,) array
        C.
    out : (u, u) array
        Overwritten.
    """
    for a in range(columns.shape[0]):
        one = columns[a]
        for b in range(a + 1):
            two = columns[b]
            total = 0.0
            for i in range(curvature.shape[0]):
                total += curvature[i] * one[i] * two[i]
            out[a, b] = out[b, a] = total


@compiled
def add_curved(columns: FloatArray, curvature: FloatArray, step: FloatArray, rows: FloatArray) -> None:
    """Add to numbers of rows a combination of a few columns, times the curvature.

    Parameters
    ----------
    columns : (u, n) array
        One after another.
    curvature : (n,) array
        C.
    step : (u,) array
        A number each.
    rows : (n,) array
        Added to.
    """
    for a in range(columns.shape[0]):
        one, share = columns[a], step[a]
        for i in range(curvature.shape[0]):
            rows[i] += share * curvature[i] * one[i]


@compiled
def moved_rows(rows: FloatArray, slope: FloatArray, curvature: FloatArray) -> tuple[float, float, bool]:
    r"""Return the squared lengths of a move of the residuals and of the residuals, measured by the curvature.

    Parameters
    ----------
    rows, slope, curvature : (n,) array
        Residuals after the move and before it, and the curvature of each row.

    Returns
    -------
    moved, pearson : float
        :math:`\sum_i (r_i - s_i)^2 / c_i` and :math:`\sum_i s_i^2 / c_i`, of what is not zero.
    near : bool
        Whether no row has moved by more than its curvature.
    """
    moved = pearson = 0.0
    near = True
    for i in range(rows.shape[0]):
        change, s, c = rows[i] - slope[i], slope[i], curvature[i]
        if change != 0.0:
            moved += change * change / c
        if s != 0.0:
            pearson += s * s / c
        near = near and abs(change) <= c
    return moved, pearson, near


@compiled
def beyond(products: FloatArray, limit: FloatArray, inside: BoolArray) -> IntArray:
    """Return the columns outside a set whose product is not within its limit.

    Parameters
    ----------
    products, limit : (p,) array
        One a column; a product that is not a number is not within.
    inside : (p,) bool array
        The set.

    Returns
    -------
    (k,) int array
        Increasing.
    """
    index = np.empty(products.shape[0], dtype=np.int64)
    count = 0
    for j in range(products.shape[0]):
        if not (abs(products[j]) <= limit[j] or inside[j]):
            index[count] = j
            count += 1
    return index[:count].copy()


@compiled
def admitted_columns(
    products: FloatArray,
    l1: FloatArray,
    before: FloatArray,
    l2: FloatArray,
    earlier: FloatArray,
    products_before: FloatArray,
    farthest: float,
    share: float,
) -> BoolArray:
    """Return which columns with a penalty the strong rule lets in, less those whose product goes elsewhere.

    Parameters
    ----------
    products : (p,) array
        At the strength before.
    l1, before, l2 : (p,) array
        Strengths of the absolute values, now and before, and of the squares.
    earlier, products_before : (p,) array
        The strength before these and the products there, or none of them: without rows.
    farthest : float
        Times the step before: after a longer one a product may have turned.
    share : float
        Of its strength, which a product that goes on as it did must reach.

    Returns
    -------
    (p,) bool array
        True where the product is at least twice the strength less the one before, and goes on to its strength.
    """
    out = np.zeros(products.shape[0], dtype=np.bool_)
    known = earlier.shape[0] > 0
    for j in range(products.shape[0]):
        size = abs(products[j])
        if not (size >= max(2.0 * l1[j] - before[j], 0.0) and (l1[j] > 0.0 or l2[j] > 0.0)):
            continue
        inside = True
        if known:
            step, since = before[j] - l1[j], earlier[j] - before[j]
            if step >= 0.0 and step < farthest * since:
                ahead = abs(products[j] + step / since * (products[j] - products_before[j]))
                inside = max(size, ahead) >= share * l1[j]
        out[j] = inside
    return out


@compiled
def predicted_coef(
    coef: FloatArray, start: FloatArray, share: float, free: BoolArray, lower: FloatArray, upper: FloatArray
) -> FloatArray:
    """Return coefficients that go on as from the solution before, by a share of that change; signs are held.

    Parameters
    ----------
    coef, start : (p,) array
        The last solution and the one before.
    share : float
        Of the change between them.
    free : (p,) bool array
        Which have no penalty, and may change their sign.
    lower, upper : (p,) array
        Bounds.
    """
    out = coef.copy()
    for j in range(coef.shape[0]):
        now = coef[j]
        if free[j] or (now != 0.0 and start[j] != 0.0):
            ahead = now + share * (now - start[j])
            if free[j] or ((ahead > 0.0) == (now > 0.0) and ahead != 0.0):
                now = ahead
            out[j] = min(max(now, lower[j]), upper[j])
    return out
