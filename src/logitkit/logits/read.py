"""Logits, outcomes and weights as users hand them over: checked once, then float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.typing import FloatArray

__all__ = ["read_logits", "read_outcomes", "read_weights"]


def read_logits(logits: Any) -> FloatArray:
    """Return logits as an array of float64.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or one number per outcome, of which only differences within a row matter.

    Returns
    -------
    (n,) or (n, K) array
        All finite.

    Raises
    ------
    DataError
        If the shape is another, a number is not finite (its row is named), or these are probabilities.

    Examples
    --------
    >>> read_logits([0, 1]).tolist()
    [0.0, 1.0]
    """
    try:
        values = np.asarray(logits, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("logits must be numbers: an array of shape (n,) or (n, K).") from error
    if values.ndim not in (1, 2) or values.size == 0 or (values.ndim == 2 and values.shape[1] < 2):
        raise DataError(
            f"logits have shape {values.shape}: give (n,) of an event, or (n, K) of K outcomes, K at least 2."
        )
    bad = ~np.isfinite(values).reshape(values.shape[0], -1).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"logits are not finite in row {row} (from 0), {int(bad.sum())} in all: leave these rows out.")
    inside = bool((values >= 0.0).all() and (values <= 1.0).all())
    if values.ndim == 2 and inside and np.allclose(values.sum(axis=1), 1.0, atol=1e-6):
        raise DataError(
            "These look like probabilities, within 0 and 1 and with rows that add up to 1: give their logs."
        )
    return values


def read_outcomes(y: Any, logits: FloatArray) -> FloatArray:
    """Return what happened, as proportions of each row.

    Parameters
    ----------
    y : (n,) array-like
        Of an event 0 or 1, or its proportion; of K outcomes their numbers, from 0 to K - 1.
    logits : (n,) or (n, K) array
        The logits of the same rows.

    Returns
    -------
    (n,) or (n, K) array
        Proportions.

    Raises
    ------
    DataError
        If a row has none of these.

    Examples
    --------
    >>> read_outcomes([1, 0], np.zeros((2, 3))).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    try:
        values = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("y must be numbers: 0 and 1 of an event, 0 to K - 1 of K outcomes.") from error
    if values.shape != logits.shape[:1]:
        raise DataError(f"y has shape {values.shape}, and there are logits of {logits.shape[0]} rows.")
    most = 1.0 if logits.ndim == 1 else logits.shape[1] - 1.0
    bad = ~((values >= 0.0) & (values <= most))
    if logits.ndim == 2:
        bad |= values != np.floor(values)
    if bad.any():
        row = int(np.argmax(bad))
        kind = "0 or 1" if logits.ndim == 1 else f"a whole number from 0 to {int(most)}"
        raise DataError(f"y is {values[row]:g} in row {row} (from 0), and must be {kind}.")
    if logits.ndim == 1:
        return values
    shares = np.zeros(logits.shape)
    shares[np.arange(values.size), values.astype(np.int64)] = 1.0
    return shares


def read_weights(weights: Any, n: int) -> FloatArray:
    """Return how often each row counts.

    Parameters
    ----------
    weights : (n,) array-like or None
        Not negative; None for once each.
    n : int
        Rows.

    Returns
    -------
    (n,) array
        With a positive sum.

    Raises
    ------
    DataError
        If a weight is negative or not finite, or all are zero.

    Examples
    --------
    >>> read_weights(None, 2).tolist()
    [1.0, 1.0]
    """
    if weights is None:
        return np.ones(n)
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n,):
        raise DataError(f"weights have shape {values.shape}, and there are {n} rows.")
    bad = ~(np.isfinite(values) & (values >= 0.0))
    if bad.any():
        raise DataError(f"weights[{int(np.argmax(bad))}] is {values[np.argmax(bad)]:g}: weights are at least 0.")
    if values.sum() <= 0.0:
        raise DataError("All weights are zero: there is nothing to learn from.")
    return values
