"""Scores sorted with their outcomes, and passes over them: sums of a ROC curve, and what lies above each row."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["area_between", "curve_pass", "proportions_above", "sorted_counts"]


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


@compiled
def sorted_counts(values: FloatArray, events: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the distinct scores of rows in ascending order, with the number of events and of others at every score.

    A radix sort, least significant digit first: the bits of a number, those of a negative one inverted, rise as the
    numbers do. Each of six passes moves the bits and the outcome; a digit that all share needs none.

    Parameters
    ----------
    values : (n,) array
        Not nan.
    events : (n,) bool array
        Which rows are events.

    Returns
    -------
    scores : (k,) array
        Distinct and ascending.
    counts : (2, k) array
        Events, and others.
    """
    n = values.shape[0]
    top, one, mask = np.uint64(1 << 63), np.uint64(1), np.uint64(2047)
    plain = values + 0.0  # no negative zero
    keys = plain.view(np.uint64)
    marks = events.copy()
    counts = np.zeros((6, 2048), dtype=np.int64)
    for i in range(n):
        key = keys[i]
        key = ~key if key >= top else key | top
        keys[i] = key
        for digit in range(6):
            counts[digit, np.int64((key >> np.uint64(11 * digit)) & mask)] += 1
    other_keys, other_marks = np.empty_like(keys), np.empty_like(marks)
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
            other_keys[place], other_marks[place] = key, marks[i]
            counts[digit, value] = place + 1
        keys, other_keys = other_keys, keys
        marks, other_marks = other_marks, marks
    out, k = np.zeros((2, n)), -1
    bits = np.empty(n, dtype=np.uint64)
    last = ~keys[0] if n > 0 else one
    for i in range(n):
        key = keys[i]
        if key != last:
            k += 1
            bits[k] = key ^ top if key >= top else ~key
            last = key
        out[0 if marks[i] else 1, k] += 1.0
    return bits[: k + 1].copy().view(np.float64), out[:, : k + 1].copy()
