"""Whole numbers as codes in the order in which they first appear."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import IntArray

__all__ = ["codes_by_appearance"]


@compiled
def codes_by_appearance(values: IntArray, most: int, codes: IntArray) -> int:
    """Write the code of each value, the first distinct value having 0, and return how many there are.

    Parameters
    ----------
    values : (n,) int array
        At least one.
    most : int
        Numbers between the least and the largest up to which a table of them is made.
    codes : (n,) int array
        Written to.

    Returns
    -------
    int
        Distinct values; -1 where they lie too far apart for a table, and nothing is written.
    """
    least = largest = values[0]
    for i in range(values.shape[0]):
        least, largest = min(least, values[i]), max(largest, values[i])
    # As a float: the difference of two whole numbers may run over.
    if float(largest) - float(least) >= most:
        return -1
    places = np.full(largest - least + 1, -1)
    count = 0
    for i in range(values.shape[0]):
        place = values[i] - least
        if places[place] < 0:
            places[place] = count
            count += 1
        codes[i] = places[place]
    return count
