r"""Dynamic programmes over partitions of ordered pre-bins into neighbouring bins.

Pre-bins are numbered :math:`0, \dots, B - 1`; a bin is :math:`[i, j)`. All sums over a bin are differences of prefix
sums. A criterion is a sum over bins, so the best partition of the first :math:`j` pre-bins whose last bin is
:math:`[i, j)` is found from those that end in :math:`i` (``docs/maths/binning.md``, equations 5 to 8). Every programme
holds one layer per number of bins, and answers with the fewest bins among partitions of equal value.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["best_free", "bin_feasible", "bin_values"]


@compiled
def _value(events: float, nonevents: float, totals: FloatArray, criterion: int) -> float:
    """Return what a bin adds to the criterion; empty cells of IV, and only those, are corrected."""
    if criterion == 4:  # log likelihood
        size = events + nonevents
        found = 0.0
        if events > 0.0:
            found += events * math.log(events / size)
        if nonevents > 0.0:
            found += nonevents * math.log(nonevents / size)
        return found
    if criterion == 3:  # chi-square
        rate = totals[0] / (totals[0] + totals[1])
        expected = (events + nonevents) * rate
        return float((events - expected) ** 2 / (expected * (1.0 - rate)))
    if criterion == 0 and events <= 0.0:  # one half, and as many of the others as the population has for it
        events, nonevents = 0.5, nonevents + 0.5 * totals[1] / totals[0]
    elif criterion == 0 and nonevents <= 0.0:
        events, nonevents = events + 0.5 * totals[0] / totals[1], 0.5
    p, q = events / totals[0], nonevents / totals[1]
    if criterion == 0:  # information value
        return float((q - p) * math.log(q / p))
    if criterion == 2:  # squared Hellinger distance
        return 0.5 * (math.sqrt(q) - math.sqrt(p)) ** 2
    found = 0.0  # Jensen-Shannon divergence
    if p > 0.0:
        found += 0.5 * p * math.log(2.0 * p / (p + q))
    if q > 0.0:
        found += 0.5 * q * math.log(2.0 * q / (p + q))
    return found


@compiled
def bin_values(events: FloatArray, nonevents: FloatArray, totals: FloatArray, criterion: int) -> FloatArray:
    """Return what each bin [i, j) adds to the criterion.

    Parameters
    ----------
    events, nonevents : (B + 1,) arrays
        Prefix sums of weights, from 0.
    totals : (2,) array
        Events and non-events of the whole population, pre-bins or not.
    criterion : int
        0 information value, 1 Jensen-Shannon, 2 squared Hellinger, 3 chi-square, 4 log likelihood.

    Returns
    -------
    (B + 1, B + 1) array
        Zero where j <= i.
    """
    n = events.shape[0]
    values = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            values[i, j] = _value(events[j] - events[i], nonevents[j] - nonevents[i], totals, criterion)
    return values


@compiled
def bin_feasible(
    sizes: FloatArray, events: FloatArray, nonevents: FloatArray, fixed: IntArray, least: FloatArray, most: FloatArray
) -> BoolArray:
    """Return which bins [i, j) are allowed by themselves.

    Parameters
    ----------
    sizes, events, nonevents : (B + 1,) arrays
        Prefix sums, from 0.
    fixed : (B + 1,) array
        Fixed cut points at or before each boundary: a bin may not hold one within.
    least, most : (3,) arrays
        Limits of size, events and non-events, the ends included.

    Returns
    -------
    (B + 1, B + 1) array of bool
    """
    n = sizes.shape[0]
    feasible = np.zeros((n, n), dtype=np.bool_)
    for i in range(n):
        for j in range(i + 1, n):
            size, e, g = sizes[j] - sizes[i], events[j] - events[i], nonevents[j] - nonevents[i]
            inside = least[0] <= size <= most[0] and least[1] <= e <= most[1] and least[2] <= g <= most[2]
            feasible[i, j] = inside and fixed[j - 1] == fixed[i]
    return feasible


@compiled
def best_free(values: FloatArray, feasible: BoolArray, n_bins: int) -> tuple[FloatArray, IntArray]:
    """Return the best value of each number of bins, where neighbours do not constrain each other.

    Parameters
    ----------
    values, feasible : (B + 1, B + 1) arrays
        From :func:`bin_values` and :func:`bin_feasible`.
    n_bins : int
        The largest number of bins, K.

    Returns
    -------
    best : (K + 1,) array
        The best value with k bins; -inf where none is allowed.
    starts : (K + 1, B + 1) array
        Where the last of k bins that end at j begins.
    """
    n = values.shape[0]
    best = np.full((n_bins + 1, n), -np.inf)
    starts = np.zeros((n_bins + 1, n), dtype=np.int64)
    best[0, 0] = 0.0
    for j in range(1, n):
        for i in range(j):
            if not feasible[i, j]:
                continue
            value = values[i, j]
            for k in range(1, n_bins + 1):
                found = best[k - 1, i] + value
                if found > best[k, j]:
                    best[k, j] = found
                    starts[k, j] = i
    return best[:, n - 1].copy(), starts
