"""What all losses share: their options checked, means over rows, directions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.arrays import REAL
from logitkit.logits.read import read_numbers, read_weights
from logitkit.typing import AnyFloats, FloatArray

__all__ = ["check_focus", "check_smoothing", "mean_of", "parts_of_rows", "read_direction"]


def check_smoothing(smoothing: float) -> None:
    """Refuse a part to be spread that is not from 0 to below 1.

    Examples
    --------
    >>> check_smoothing(0.1)
    """
    if not (isinstance(smoothing, REAL) and 0.0 <= smoothing < 1.0):
        raise DataError(f"smoothing={smoothing!r}: the part that is spread evenly is from 0 to below 1.")


def check_focus(focus: float) -> None:
    """Refuse a power that is negative or not finite.

    Examples
    --------
    >>> check_focus(2.0)
    """
    if not (isinstance(focus, REAL) and focus >= 0.0 and math.isfinite(focus)):
        raise DataError(f"focus={focus!r}: give 0 for the usual loss, or a power above 0, such as 2.")


def parts_of_rows(weights: Any, n: int) -> FloatArray:
    """Return what multiplies the loss of each row in the mean of all: numbers that add up to 1.

    Examples
    --------
    >>> parts_of_rows([1, 3], 2).tolist()
    [0.25, 0.75]
    """
    if weights is None:
        return np.full(n, 1.0 / n)
    read = read_weights(weights, n)
    return np.asarray(read / read.sum())


def mean_of(rows: FloatArray, weights: Any) -> float:
    """Return the mean loss of rows.

    Examples
    --------
    >>> mean_of(np.array([1.0, 3.0]), [1, 3])
    2.5
    """
    if weights is None:
        return float(rows.mean())
    read = read_weights(weights, rows.shape[0])
    return float((read * rows).sum() / read.sum())


def read_direction(direction: Any, logits: AnyFloats) -> AnyFloats:
    """Return a direction of the shape and the type of the logits.

    Examples
    --------
    >>> read_direction([1, 2], np.zeros(2)).tolist()
    [1.0, 2.0]
    """
    found = read_numbers(direction, "Directions", "")
    if found.shape != logits.shape:
        raise DataError(f"direction has shape {found.shape}, and the logits have {logits.shape}.")
    return np.ascontiguousarray(found.astype(logits.dtype, copy=False))
