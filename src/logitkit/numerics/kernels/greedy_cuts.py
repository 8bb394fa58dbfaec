"""Cut points of a classification tree of one number, grown best first."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["greedy_cuts"]


@compiled
def _best_cut(events: FloatArray, sizes: FloatArray, low: int, high: int, least: float) -> tuple[float, int]:
    """Return the largest reduction of the Gini impurity by a cut of [low, high), in rows, and where it is."""
    best, at = 0.0, -1
    total_e, total_n = events[high] - events[low], sizes[high] - sizes[low]
    for c in range(low + 1, high):
        n1 = sizes[c] - sizes[low]
        n2 = total_n - n1
        if n1 < least or n2 < least:
            continue
        step = (events[c] - events[low]) * total_n - total_e * n1
        gain = step * step / (n1 * n2 * total_n)
        if gain > best:
            best, at = gain, c
    return best, at


@compiled
def greedy_cuts(events: FloatArray, sizes: FloatArray, least: float, n_leaves: int) -> IntArray:
    """Return where the leaves after the first begin.

    Parameters
    ----------
    events, sizes : (m + 1,) arrays
        Sums below each of m distinct values, and over all.
    least : float
        The smallest size of a leaf.
    n_leaves : int
        The largest number of leaves.

    Returns
    -------
    int array
        Places of values, in order; fewer where no cut reduces the impurity.
    """
    m = events.shape[0] - 1
    lows, highs = np.zeros(n_leaves, dtype=np.int64), np.zeros(n_leaves, dtype=np.int64)
    gains, cuts = np.zeros(n_leaves), np.full(n_leaves, -1, dtype=np.int64)
    highs[0] = m
    gains[0], cuts[0] = _best_cut(events, sizes, 0, m, least)
    count = 1
    while count < n_leaves:
        leaf = int(np.argmax(gains[:count]))
        if cuts[leaf] < 0:
            break
        at, end = cuts[leaf], highs[leaf]
        highs[leaf] = at
        lows[count], highs[count] = at, end
        gains[leaf], cuts[leaf] = _best_cut(events, sizes, lows[leaf], at, least)
        gains[count], cuts[count] = _best_cut(events, sizes, at, end, least)
        count += 1
    return np.sort(lows[1:count])
