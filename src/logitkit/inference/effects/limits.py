"""Averages of a separated fit: what is certain in the limit, and which functions of coefficients are infinite."""

from __future__ import annotations

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.typing import FloatArray

__all__ = ["certain", "in_the_limit", "moves_of"]

ROUNDING = 1e-12  # of a probability
STILL = 1e-9  # of the moves that a difference is of: what is left of them is rounding


def certain(probability: FloatArray, root: FloatArray) -> FloatArray:
    """Return probabilities of which those that are 0 or 1 in every row, in the limit, are so without rounding.

    Parameters
    ----------
    probability : (m,) array
        Averages over rows.
    root : (m, r) array
        Of their covariance; zero where nothing is uncertain.

    Returns
    -------
    (m,) array
        The same, but for rounding.

    Examples
    --------
    >>> certain(np.array([1.0 + 1e-15, 0.5]), np.zeros((2, 1))).tolist()
    [1.0, 0.5]
    """
    nearest = np.round(probability)
    return np.where((np.abs(probability - nearest) <= ROUNDING) & ~root.any(axis=1), nearest, probability)


def moves_of(record: FitRecord, jacobian: FloatArray) -> FloatArray:
    """Return by how much linear functions of the coefficients move along the directions of recession.

    Parameters
    ----------
    record : FitRecord
        A fit.
    jacobian : (m, q) array
        The functions, of the coefficients solved for.

    Returns
    -------
    (m, d) array
        One column per independent direction, none where estimates are finite. They add and subtract as the functions.

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
        The functions at the finite representative of the estimate.
    moves : (m, d) array
        Their moves along the directions of recession.
    size : float
        That of the moves which these were made of by differences.

    Returns
    -------
    (m,) array
        Infinite where every direction that moves a function moves it to the same side, nan where two disagree.

    Examples
    --------
    The linear predictor of separated data falls below the gap and rises above it; its slope is infinite:

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
