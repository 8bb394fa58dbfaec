"""Arrays that one thread writes to again and again, in memory that no other thread writes to.

Two arrays that follow one another share a cache line, and two processors that write to its halves hand it to and fro:
sums of rows on two threads then take longer than on one.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["unshared_zeros"]

LINES = 16  # numbers in two cache lines of 64 bytes: processors fetch them in pairs


def unshared_zeros(*shape: int) -> FloatArray:
    """Return zeros in memory of their own.

    Examples
    --------
    >>> unshared_zeros(2, 3).shape
    (2, 3)
    """
    size = math.prod(shape)
    space = np.zeros(-(-size // LINES) * LINES + LINES)
    first = -(space.__array_interface__["data"][0] // space.itemsize) % LINES
    return space[first : first + size].reshape(shape)
