"""Averages of a separated fit: limits that are certain, and functions of the coefficients that are infinite."""

from __future__ import annotations

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.typing import FloatArray

__all__ = ["certain", "in_the_limit", "moves_of"]

ROUNDING = 1e-12  # of a probability
STILL = 1e-9  # of the moves that a difference is of: what is left of them is rounding


def certain(probability: FloatArray, root: FloatArray) -> FloatArray:
    """Return probabilities, with those that are 0 or 1 in every row in the limit set to exactly 0 or 1.

    Parameters
    ----------
    probability : (m,) array
        Averages over rows.
    root : (m, r) array
        Root of their covariance; zero where nothing is uncertain.

    Returns
    -------
    (m,) array
        The probabilities, corrected for rounding.

    Examples
    --------
    >>> certain(np.array([1.0 + 1e-15, 0.5]), np.zeros((2, 1))).tolist()
    [1.0, 0.5]
    """
    nearest = np.round(probability)
    return np.where((np.abs(probability - nearest) <= ROUNDING) & ~root.any(axis=1), nearest, probability)


def moves_of(record: FitRecord, jacobian: FloatArray) -> FloatArray:
    """Return the changes in linear functions of the coefficients along the directions of recession.

    Parameters
    ----------
    record : FitRecord
        A fit.
    jacobian : (m, q) array
        The functions of the coefficients solved for.

    Returns
    -------
    (m, d) array
        One column per independent direction, with no columns if estimates are finite. The changes add and subtract like
        the functions.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> moves_of(fit.record, fit.record.coordinates.jacobian(np.eye(2))).shape
    (2, 2)
    """
    cone = record.limit.cone
    return np.zeros((len(jacobian), 0)) if cone is None else cone.moves(jacobian)


def in_the_limit(record: FitRecord, value: FloatArray, moves: FloatArray, size: float) -> FloatArray:
    """Return linear functions at the limit of a separated fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    value : (m,) array
        Values of the functions at the finite representative of the estimate.
    moves : (m, d) array
        Changes in the functions along the directions of recession.
    size : float
        Size of the changes from which these were computed as differences.

    Returns
    -------
    (m,) array
        Infinite if all directions that change a function change it with the same sign, nan if two have opposite signs.

    Examples
    --------
    With separated data the linear predictor is minus infinity below the gap and infinity above it; its slope is
    infinite:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> functions = np.array([[1.0, 1.0], [1.0, 4.0], [0.0, 1.0], [0.0, 0.0]])
    >>> moves = moves_of(fit.record, fit.record.coordinates.jacobian(functions))
    >>> in_the_limit(fit.record, np.zeros(4), moves, 1.0).tolist()
    [-inf, inf, inf, 0.0]
    """
    cone = record.limit.cone
    if cone is None:
        return value
    signs = cone.signs_of(np.where(np.abs(moves) <= STILL * size, 0.0, moves))
    return np.where(signs == 0.0, value, np.where(np.isnan(signs), np.nan, np.copysign(np.inf, signs)))
