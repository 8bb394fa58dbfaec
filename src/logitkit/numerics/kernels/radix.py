"""The order of many numbers, by a radix sort."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["radix_order"]


@compiled
def radix_order(values: FloatArray) -> IntArray:
    """Return the places of numbers in ascending order, equal ones in the order given.

    Least significant digit first, eleven bits at a time: the bits of a number, those of a negative one inverted, rise
    as the numbers do. A digit that all share needs no pass.

    Parameters
    ----------
    values : (n,) array
        Not nan.

    Returns
    -------
    (n,) int array
        As by a stable sort.
    """
    n = values.shape[0]
    top, mask = np.uint64(1 << 63), np.uint64(2047)
    plain = values + 0.0  # no negative zero
    keys = plain.view(np.uint64)
    counts = np.zeros((6, 2048), dtype=np.int64)
    places = np.empty(n, dtype=np.int64)
    for i in range(n):
        key = keys[i]
        key = ~key if key >= top else key | top
        keys[i] = key
        places[i] = i
        for digit in range(6):
            counts[digit, np.int64((key >> np.uint64(11 * digit)) & mask)] += 1
    other_keys, other_places = np.empty_like(keys), np.empty_like(places)
    for digit in range(6):
        shift = np.uint64(11 * digit)
        if n > 0 and counts[digit, np.int64((keys[0] >> shift) & mask)] == n:
            continue
        start = 0
        for bin_ in range(2048):
            count = counts[digit, bin_]
            counts[digit, bin_] = start
            start += count
        for i in range(n):
            key = keys[i]
            value = np.int64((key >> shift) & mask)
            place = counts[digit, value]
            other_keys[place], other_places[place] = key, places[i]
            counts[digit, value] = place + 1
        keys, other_keys = other_keys, keys
        places, other_places = other_places, places
    return places
