"""Outcomes drawn again and again from the probabilities of rows, counted by cell."""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["drawn_events", "drawn_outcomes"]

STEP = np.uint64(0x9E3779B97F4A7C15)
UNIT = 2.0**53


@compiled
def _mixed(z: np.uint64) -> np.uint64:
    """Return the finaliser of SplitMix64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def drawn_events(
    p: FloatArray, trials: IntArray, cells: CodeArray, places: IntArray, key: np.uint64, out: IntArray
) -> None:
    """Add the events that are drawn with the probability of each row to the count of its cell.

    Parameters
    ----------
    p : (n,) array
        Probabilities.
    trials : (n,) int array
        Draws of each row in each resample.
    cells : (n,) int32 array
        The cell of each row.
    places : (n,) int array
        Places of rows, on which and the key alone the draws depend.
    key : uint64
        Another one gives other draws.
    out : (c, R) int array
        Added to: events of each cell in each resample.
    """
    for i in range(p.shape[0]):
        row = out[cells[i]]
        state = _mixed(_mixed(np.uint64(places[i]) * STEP + STEP) ^ key)
        limit = np.uint64(math.ceil(p[i] * UNIT))
        for _ in range(trials[i]):
            for r in range(row.shape[0]):
                drawn = _mixed(state + np.uint64(r + 1) * STEP) >> np.uint64(11)
                row[r] += 1 if drawn < limit else 0
            state = _mixed(state ^ STEP)


@compiled
def drawn_outcomes(
    cumulative: FloatArray, trials: IntArray, cells: CodeArray, places: IntArray, key: np.uint64, out: IntArray
) -> None:
    """Add the outcomes that are drawn with the probabilities of each row to the counts of their cells.

    Parameters
    ----------
    cumulative : (n, K) array
        Probability of each outcome and those before it.
    trials, places, key : array and uint64
        As for ``drawn_events``.
    cells : (n, K) int32 array
        The cell of each outcome of each row.
    out : (c, R) int array
        Added to: outcomes of each cell in each resample.
    """
    n, n_outcomes = cumulative.shape
    for i in range(n):
        state = _mixed(_mixed(np.uint64(places[i]) * STEP + STEP) ^ key)
        for _ in range(trials[i]):
            for r in range(out.shape[1]):
                drawn = float(_mixed(state + np.uint64(r + 1) * STEP) >> np.uint64(11)) / UNIT
                k = 0
                while k < n_outcomes - 1 and drawn >= cumulative[i, k]:
                    k += 1
                out[cells[i, k], r] += 1
            state = _mixed(state ^ STEP)
