"""The order of numbers: by comparisons where they are few, by their digits where they are many."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels.radix import radix_order
from logitkit.typing import FloatArray, IntArray

__all__ = ["ascending"]

MANY = 20_000  # numbers from which a radix sort is quicker


def ascending(values: FloatArray) -> IntArray:
    """Return the places of numbers in ascending order, equal ones in the order given, shape (n,).

    Examples
    --------
    >>> ascending(np.array([2.0, -np.inf, 2.0, 1.0])).tolist()
    [1, 3, 0, 2]
    """
    if values.size < MANY:
        return np.argsort(values, kind="stable")
    return radix_order(np.ascontiguousarray(values, dtype=np.float64))
