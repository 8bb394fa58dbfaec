"""Counting what was drawn."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["counts_of"]


@compiled
def counts_of(draws: IntArray, n: int) -> FloatArray:
    """Return how often each number below n was drawn, as :func:`numpy.bincount` does while other threads wait.

    Parameters
    ----------
    draws : (m,) int array
        Numbers from 0 to n - 1.
    n : int
        How many numbers there are.

    Returns
    -------
    (n,) array
        Whole numbers.
    """
    out = np.zeros(n)
    for i in range(draws.shape[0]):
        out[draws[i]] += 1.0
    return out
