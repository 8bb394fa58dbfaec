"""Passes over sorted scores: two sorted samples merged, sums of a ROC curve, and what lies above each row."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["area_between", "curve_pass", "merged_counts", "proportions_above"]


@compiled
def merged_counts(ones: FloatArray, zeros: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distinct scores of two samples in ascending order, with the number of each at every score.

    Parameters
    ----------
    ones, zeros : (m,) and (n,) arrays
        Each in ascending order.

    Returns
    -------
    scores : (k,) array
        Distinct and ascending.
    counts : (2, k) array
        How many of the first sample and of the second have each score.
    """
    m, n = ones.shape[0], zeros.shape[0]
    scores, counts = np.empty(m + n), np.zeros((2, m + n))
    i, j, k = 0, 0, 0
    while i < m or j < n:
        score = ones[i] if j == n or (i < m and ones[i] <= zeros[j]) else zeros[j]
        scores[k] = score
        start = i
        while i < m and ones[i] == score:
            i += 1
        counts[0, k] = i - start
        start = j
        while j < n and zeros[j] == score:
            j += 1
        counts[1, k] = j - start
        k += 1
    return scores[:k].copy(), counts[:, :k].copy()


@compiled
def curve_pass(
    sums: FloatArray, totals: FloatArray, seen: FloatArray, above: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray, FloatArray]:
    """Return what a ROC curve sums over ascending scores.

    Parameters
    ----------
    sums : (c, k) array
        Weight of events and of non-events at each score; then, perhaps, sums of squares of both.
    totals, seen, above : arrays
        Weight of events and of non-events at all scores, below these, and above these.

    Returns
    -------
    moments : (c, 3) array
        Weight, mean and sum of squares about the mean of the placements: of each even row of ``sums`` the proportion
        of non-events below, ties by half, of each odd one that of events above.
    reached : (2, k) array
        Weight of events and of non-events at each score and above.
    turns : (k,) bool array
        Whether the curve turns at a score, where it comes from the one before; the first does.
    widest : (3,) array
        Largest distance between the two distributions, its place (of equal ones the highest), and half the
        proportion of pairs that tie.
    """
    c, k = sums.shape
    moments, reached, turns = np.zeros((c, 3)), np.empty((2, k)), np.ones(k, dtype=np.bool_)
    true, false, largest, place, tied = above[0], above[1], -1.0, 0, 0.0
    below = seen[1]
    for i in range(k - 1, -1, -1):
        true += sums[0, i]
        false += sums[1, i]
        reached[0, i], reached[1, i] = true, false
        distance = abs(true / totals[0] - false / totals[1])
        if distance > largest:
            largest, place = distance, i
    for i in range(k):
        below += sums[1, i]
        tied += sums[0, i] * sums[1, i]
        if i > 0:
            turns[i] = sums[0, i] * sums[1, i - 1] != sums[0, i - 1] * sums[1, i]
        for r in range(c):
            at = below - 0.5 * sums[1, i] if r % 2 == 0 else reached[0, i] - 0.5 * sums[0, i]
            moments[r, 0] += sums[r, i]
            moments[r, 1] += sums[r, i] * at
    for r in range(c):
        if moments[r, 0] > 0.0:
            moments[r, 1] /= moments[r, 0]
    below = seen[1]
    for i in range(k):
        below += sums[1, i]
        for r in range(c):
            at = below - 0.5 * sums[1, i] if r % 2 == 0 else reached[0, i] - 0.5 * sums[0, i]
            moments[r, 2] += sums[r, i] * (at - moments[r, 1]) ** 2
    for r in range(c):
        other = totals[1] if r % 2 == 0 else totals[0]
        moments[r, 1] /= other
        moments[r, 2] /= other * other
    found = np.array([largest, float(place), 0.5 * tied / totals[0] / totals[1]])
    return moments, reached, turns, found


@compiled
def proportions_above(
    order: IntArray, scores: FloatArray, events: FloatArray, nonevents: FloatArray, rounding: float
) -> FloatArray:
    """Return the proportions of events and of non-events that lie above each row, without ties and with them.

    Parameters
    ----------
    order : (n,) int array
        Places of the rows in ascending order of their score.
    scores, events, nonevents : (n,) arrays
        Score of each row, and its weight of events and of non-events.
    rounding : float
        By how much scores that are one may differ from the one before.

    Returns
    -------
    (4, n) array
        Of each row, in the order given: proportion of the events with a larger score, and with one that is not
        smaller; the same of the non-events.
    """
    n = order.shape[0]
    out = np.empty((4, n))
    true, false, total_e, total_n = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        total_e += events[i]
        total_n += nonevents[i]
    last = n
    while last > 0:
        first = last - 1
        more_e, more_n = events[order[first]], nonevents[order[first]]
        while first > 0 and not scores[order[first]] - scores[order[first - 1]] > rounding:
            first -= 1
            more_e += events[order[first]]
            more_n += nonevents[order[first]]
        for i in range(first, last):
            row = order[i]
            out[0, row], out[1, row] = true / total_e, (true + more_e) / total_e
            out[2, row], out[3, row] = false / total_n, (false + more_n) / total_n
        true += more_e
        false += more_n
        last = first
    return out


@compiled
def area_between(
    order: IntArray,
    fresh: BoolArray,
    events: FloatArray,
    nonevents: FloatArray,
    low: float,
    high: float,
) -> float:
    """Return the area under a ROC curve between two false positive rates, points joined by straight lines.

    Parameters
    ----------
    order : (n,) int array
        Places of the rows in ascending order of their score.
    fresh : (n,) bool array
        Whether the score of each, in that order, is larger than the one before.
    events, nonevents : (n,) arrays
        Weight of events and of non-events of each row; nan is returned if either sum is zero.
    low, high : float
        False positive rates, in order.

    Returns
    -------
    float
        At most ``high - low``.
    """
    n = order.shape[0]
    total_e, total_n = 0.0, 0.0
    for i in range(n):
        total_e += events[i]
        total_n += nonevents[i]
    if total_e <= 0.0 or total_n <= 0.0:
        return np.nan
    low, high = low * total_n, high * total_n
    area, true, false, more_e, more_n = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(n - 1, -1, -1):
        more_e += events[order[i]]
        more_n += nonevents[order[i]]
        if i == 0 or fresh[i]:
            left, right = max(false, low), min(false + more_n, high)
            if right > left:
                area += (right - left) * (true + more_e * (0.5 * (left + right) - false) / more_n)
            true += more_e
            false += more_n
            more_e, more_n = 0.0, 0.0
    return area / total_e / total_n
