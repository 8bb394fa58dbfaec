"""Logits, outcomes and weights as users hand them over: checked once, then float64."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.arrays import as_array
from logitkit.logits.refusals import ROWS, refuse_not_finite, refuse_not_numbers
from logitkit.typing import AnyFloats, CodeArray, FloatArray, IntArray

__all__ = [
    "read_codes",
    "read_logits",
    "read_numbers",
    "read_outcomes",
    "read_proportions",
    "read_rows",
    "read_weights",
    "refuse_probabilities",
    "whole_counts",
]


def read_numbers(values: Any, name: str = "logits", advice: str = ROWS) -> AnyFloats:
    """Return numbers of any shape as an array: float32 (and float16) as float32, all others as float64.

    Parameters
    ----------
    values : array-like, or an object that hands over its memory by DLPack
        Numbers.
    name : str, default 'logits'
        Their name in errors.
    advice : str, optional
        Advice of the error on numbers that are not finite; none if empty.

    Returns
    -------
    array
        The numbers, all finite.

    Raises
    ------
    DataError
        If they are not real numbers, there are none, or one is not finite (its place is named).

    Examples
    --------
    >>> read_numbers([0, 1]).dtype, read_numbers(np.ones(2, np.float32)).dtype
    (dtype('float64'), dtype('float32'))
    """
    if values is None:
        raise DataError(f"{name} are None: give numbers in an array.")
    try:
        found = as_array(values)
    except DataError:
        raise
    except (BufferError, RuntimeError) as error:  # of another library, whose words say what to do
        raise DataError(f"{name} could not be taken as an array: {error!s:.200}") from error
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be real numbers in an array, with rows of one length.") from error
    if found.dtype.kind in "cUSmMV":  # complex numbers, text, times and records
        refuse_not_numbers(found, name)
    try:
        if found.dtype.kind == "O" and any(isinstance(each, str | bytes) for each in found.flat):
            refuse_not_numbers(found, name)
        array = found.astype(np.float32 if found.dtype in (np.float32, np.float16) else np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        refuse_not_numbers(found, name)
    if array.size == 0:
        raise DataError(f"{name} have shape {array.shape}: there is no number among them.")
    if not math.isfinite(array.min()) or not math.isfinite(array.max()):
        refuse_not_finite(array, name, advice)
    return cast("AnyFloats", array)


def read_logits(logits: Any) -> FloatArray:
    """Return logits as an array of float64.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or one number per outcome, of which only differences within a row matter.

    Returns
    -------
    (n,) or (n, K) array
        The numbers, all finite.

    Raises
    ------
    DataError
        If the shape is wrong, a number is not finite (its row is named), or they look like probabilities.

    Examples
    --------
    >>> read_logits([0, 1]).tolist()
    [0.0, 1.0]
    """
    return read_rows(logits).astype(np.float64, copy=False)


def read_rows(logits: Any) -> AnyFloats:
    """Return logits of events or of outcomes as ``read_logits`` does, but keep float32.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or one number per outcome.

    Returns
    -------
    (n,) or (n, K) array
        The numbers, all finite.

    Raises
    ------
    DataError
        As for ``read_logits``.

    Examples
    --------
    >>> read_rows(np.zeros((1, 3), np.float32)).dtype
    dtype('float32')
    """
    values = read_numbers(logits)
    if values.ndim not in (1, 2) or (values.ndim == 2 and values.shape[1] < 2):
        raise DataError(
            f"logits have shape {values.shape}: give (n,) of an event, or (n, K) of K outcomes, K at least 2."
        )
    if values.ndim == 2:
        refuse_probabilities(values)
    return values


def refuse_probabilities(values: AnyFloats, axis: int = -1) -> None:
    """Refuse rows of numbers from 0 to 1 that add up to 1: they are not logits. A single row is accepted.

    Parameters
    ----------
    values : array
        What was given as logits.
    axis : int, default -1
        The outcomes.

    Raises
    ------
    DataError
        If they look like probabilities.

    Examples
    --------
    >>> refuse_probabilities(np.array([[0.5, 0.6]]))
    """
    if values.shape[axis] in {1, values.size} or values.min() < 0.0 or values.max() > 1.0:
        return
    if np.allclose(values.sum(axis=axis, dtype=np.float64), 1.0, rtol=0.0, atol=1e-6 if values.itemsize > 4 else 1e-3):
        raise DataError(
            "These look like probabilities, within 0 and 1 and with rows that add up to 1: give their logs."
        )


def read_outcomes(y: Any, logits: FloatArray) -> FloatArray:
    """Return what happened, as proportions of each row.

    Parameters
    ----------
    y : (n,) array-like
        For an event, 0 or 1 or its proportion; for K outcomes, their numbers from 0 to K - 1.
    logits : (n,) or (n, K) array
        The logits of the same rows.

    Returns
    -------
    (n,) or (n, K) array
        Proportions.

    Raises
    ------
    DataError
        If a row has no such value.

    Examples
    --------
    >>> read_outcomes([1, 0], np.zeros((2, 3))).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if logits.ndim == 2:
        codes = read_codes(y, *logits.shape)
        shares = np.zeros(logits.shape)
        shares[np.arange(codes.size), codes] = 1.0
        return shares
    values = read_numbers(y, "Outcomes").astype(np.float64, copy=False)
    if values.shape != logits.shape:
        raise DataError(f"y has shape {values.shape}, and there are logits of {logits.shape[0]} rows.")
    bad = ~((values >= 0.0) & (values <= 1.0))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"y is {values[row]:g} in row {row} (from 0), and must be 0 or 1, or a proportion.")
    return values


def read_codes(y: Any, n: int, n_outcomes: int, name: str = "y") -> CodeArray:
    """Return outcomes numbered from 0.

    Parameters
    ----------
    y : (n,) array-like
        Whole numbers from 0 to K - 1.
    n, n_outcomes : int
        Numbers of rows and of outcomes (K).
    name : str, default 'y'
        Their name in errors.

    Returns
    -------
    (n,) int32 array
        The same.

    Raises
    ------
    DataError
        If the number of values is wrong, or a value is not such a number (its row is named).

    Examples
    --------
    >>> read_codes([1.0, 0.0], 2, 3).tolist()
    [1, 0]
    """
    found = as_array(y)
    if found.shape != (n,):
        raise DataError(f"{name} has shape {found.shape}, and there are {'logits of ' if name == 'y' else ''}{n} rows.")
    if found.dtype.kind not in "iub":
        found = read_numbers(found, "Outcomes" if name == "y" else f"Numbers in {name}=")
    bad = (found < 0) | (found >= n_outcomes) | (found != np.floor(found))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{name} is {found[row]:g} in row {row} (from 0), and must be a whole number from 0 to {n_outcomes - 1}."
        )
    return np.ascontiguousarray(found, dtype=np.int32)


def read_proportions(y: Any, logits: AnyFloats) -> AnyFloats:
    """Return the proportions of K outcomes in each row, of the type of the logits.

    Parameters
    ----------
    y : (n, K) array-like
        Proportions, at least 0; rows add up to 1.
    logits : (n, K) array
        The logits of the same rows.

    Returns
    -------
    (n, K) array
        The same.

    Raises
    ------
    DataError
        If the shape is wrong, or a row has a negative number or does not add up to 1.

    Examples
    --------
    >>> read_proportions([[1, 0]], np.zeros((1, 2))).tolist()
    [[1.0, 0.0]]
    """
    shares = np.ascontiguousarray(read_numbers(y, "Proportions").astype(logits.dtype, copy=False))
    if shares.shape != logits.shape:
        raise DataError(f"y has shape {shares.shape}, and the logits have {logits.shape}.")
    near = 1e-6 if shares.dtype == np.float64 else 1e-3  # float32 adds up to that much in a few thousand outcomes
    bad = (np.abs(shares.sum(axis=1, dtype=np.float64) - 1.0) > near) | (shares < 0.0).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Proportions of row {row} (from 0) add up to {shares[row].sum():g}, the least is {shares[row].min():g}: "
            "they are at least 0 and add up to 1."
        )
    return shares


def read_weights(weights: Any, n: int, *, all_zero: bool = False) -> FloatArray:
    """Return how often each row counts.

    Parameters
    ----------
    weights : (n,) array-like or None
        Weights, not negative; None if each row counts once.
    n : int
        Rows.
    all_zero : bool, default False
        Whether all weights may be zero.

    Returns
    -------
    (n,) array
        Weights with a positive sum, unless ``all_zero`` is true.

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
    try:
        values: FloatArray = as_array(weights).astype(np.float64, copy=False)
    except DataError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError("weights must be numbers of at least 0, one per row.") from error
    if values.shape != (n,):
        raise DataError(f"weights have shape {values.shape}, and there are {n} rows.")
    bad = ~(np.isfinite(values) & (values >= 0.0))
    if bad.any():
        raise DataError(f"weights[{int(np.argmax(bad))}] is {values[np.argmax(bad)]:g}: weights are at least 0.")
    if values.sum() <= 0.0 and not all_zero:
        raise DataError("All weights are zero: there is nothing to learn from.")
    return values


def whole_counts(values: FloatArray, name: str, why: str) -> IntArray:
    """Return whole numbers, or refuse others.

    Parameters
    ----------
    values : array
        How often something occurred.
    name, why : str
        What an error calls them, and why it asks for whole numbers.

    Returns
    -------
    array of int
        Of the same shape.

    Raises
    ------
    UnsupportedError
        If one is no whole number; its row is named.

    Examples
    --------
    >>> whole_counts(np.array([2.0, 0.0]), "weights", "they count rows").tolist()
    [2, 0]
    """
    found = np.rint(values)
    bad = np.abs(values - found) > 1e-9 * np.maximum(found, 1.0)
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise UnsupportedError(f"{name} must be whole numbers of trials, and are not in row {row} (from 0): {why}.")
    return found.astype(np.int64)
