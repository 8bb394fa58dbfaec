"""The order of numbers and of codes: by comparisons where they are few, by their digits where they are many."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels.radix import radix_order
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["ascending", "by_code"]

MANY = 20_000  # numbers from which a radix sort is quicker
HALF = 16  # bits of a code: numpy sorts as short integers by counting


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


def by_code(codes: CodeArray | IntArray) -> IntArray:
    """Return the places of codes in ascending order, equal ones in the order given, shape (n,).

    Examples
    --------
    >>> by_code(np.array([2, 0, 2, 1])).tolist()
    [1, 3, 0, 2]
    """
    if codes.size < MANY:
        return np.argsort(codes, kind="stable")
    least = codes.min()
    span = int(codes.max()) - int(least)
    if span >> (2 * HALF):
        return np.argsort(codes, kind="stable")
    above = codes.astype(np.int64) - least
    order = np.argsort(above.astype(np.uint16), kind="stable")  # by the lower half: astype drops the upper
    if span >> HALF:
        order = order[np.argsort((above >> HALF).astype(np.uint16)[order], kind="stable")]
    return order
