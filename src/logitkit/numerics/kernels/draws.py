"""Counting what was drawn, and drawing by the place of a row."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["counts_of", "hashed_uniforms"]


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


@compiled
def hashed_uniforms(places: IntArray, key: np.uint64) -> FloatArray:
    """Return a number between 0 and 1 for each place, from the finaliser of SplitMix64 of place and key, twice.

    Parameters
    ----------
    places : (n,) int array
        Places of rows.
    key : uint64
        Another one gives other numbers.

    Returns
    -------
    (n,) array
        Multiples of 2^-53, from 0 to below 1.
    """
    out = np.empty(places.shape[0])
    for i in range(places.shape[0]):
        z = np.uint64(places[i]) + np.uint64(1)
        for turn in range(2):
            z = (z * np.uint64(0x9E3779B97F4A7C15)) if turn == 0 else (z ^ key) + np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        out[i] = np.float64(z >> np.uint64(11)) * 2.0**-53
    return out
