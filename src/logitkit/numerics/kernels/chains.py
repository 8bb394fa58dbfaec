r"""Dynamic programmes over partitions whose neighbouring bins constrain each other, by direction, size or curvature.

The state is the last bin, or the last two (``docs/maths/binning.md``, equations 6 to 8). Every programme holds one
layer per number of bins.
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["EQUAL", "best_chain", "best_curved", "best_monotone"]

#: Values that differ by less than this, relative to their size, are equal.
EQUAL = 1e-12


@compiled
def _follows(
    events: FloatArray, sizes: FloatArray, h: int, i: int, j: int, direction: int, difference: float, chi_square: float
) -> bool:
    """Return whether bin [i, j) may follow [h, i): the event rate goes in the direction, by enough."""
    e1, n1 = events[i] - events[h], sizes[i] - sizes[h]
    e2, n2 = events[j] - events[i], sizes[j] - sizes[i]
    step = e2 * n1 - e1 * n2  # exact for counts: no rates are divided where only their order matters
    if direction != 0 and direction * step < 0.0:
        return False
    if difference > 0.0 and abs(e2 / n2 - e1 / n1) < difference:
        return False
    if chi_square > 0.0:
        both, size = e1 + e2, n1 + n2
        spread = both * (size - both) * n1 * n2
        if spread <= 0.0 or step * step * size < chi_square * spread:
            return False
    return True


@compiled
def best_monotone(
    values: FloatArray,
    feasible: BoolArray,
    rates: FloatArray,
    n_bins: int,
    direction: int,
    turns: bool,
    difference: float,
) -> tuple[FloatArray, IntArray]:
    """Return the best partitions whose event rates go up or down, or turn once, without tests of neighbours.

    The bins that end at a boundary are put in the order of their rates, with the best value of the first m of them: the
    best predecessor of a bin that begins there is then found by bisection.

    Parameters
    ----------
    values, feasible : (B + 1, B + 1) arrays
        What each bin adds, and which are allowed: from ``partitions.bin_values`` and ``bin_feasible``.
    rates : (B + 1, B + 1) array
        Event rate of each bin [i, j).
    n_bins : int
        The largest number of bins, K.
    direction : int
        1: event rates rise from bin to bin, -1: they fall.
    turns : bool
        Whether the direction may turn once: a peak for 1, a valley for -1.
    difference : float
        The least difference of neighbouring event rates.

    Returns
    -------
    best : (K + 1,) array
        The best value with k bins; -inf where none is allowed.
    boundaries : (K + 1, K + 1) array
        The boundaries of the best partition into k bins, from 0 to B.
    """
    n = values.shape[0]
    phases = 2 if turns else 1
    best = np.full((phases, n, n, n_bins + 1), -np.inf)
    before = np.full((phases, n, n, n_bins + 1), -1, dtype=np.int32)  # 2 h + phase of the bin before
    for j in range(1, n):
        if feasible[0, j]:
            best[0, 0, j, 1] = values[0, j]
    into = np.empty(n, dtype=np.int64)
    keys = np.empty(n)
    top = np.empty((n + 1, n_bins + 1))
    arg = np.empty((n + 1, n_bins + 1), dtype=np.int32)
    for i in range(1, n - 1):
        count = 0
        for h in range(i):
            if feasible[h, i]:
                into[count] = h
                count += 1
        if count == 0:
            continue
        for phase in range(phases):
            sign = direction if phase == 0 else -direction
            for m in range(count):
                keys[m] = sign * rates[into[m], i]
            order = np.argsort(keys[:count], kind="mergesort")
            top[0, :] = -np.inf
            arg[0, :] = -1
            for m in range(count):
                h = into[order[m]]
                for k in range(n_bins + 1):
                    top[m + 1, k] = top[m, k]
                    arg[m + 1, k] = arg[m, k]
                for earlier in range(phase + 1):
                    for k in range(n_bins + 1):
                        if best[earlier, h, i, k] > top[m + 1, k]:
                            top[m + 1, k] = best[earlier, h, i, k]
                            arg[m + 1, k] = 2 * h + earlier
            for j in range(i + 1, n):
                if not feasible[i, j]:
                    continue
                key = sign * rates[i, j] - difference
                low, high = 0, count
                while low < high:
                    middle = (low + high) >> 1
                    if keys[order[middle]] <= key:
                        low = middle + 1
                    else:
                        high = middle
                for k in range(2, n_bins + 1):
                    found = top[low, k - 1] + values[i, j]
                    if found > best[phase, i, j, k]:
                        best[phase, i, j, k] = found
                        before[phase, i, j, k] = arg[low, k - 1]
    return _last(best, before, n_bins)


@compiled
def _last(best: FloatArray, before: CodeArray, n_bins: int) -> tuple[FloatArray, IntArray]:
    """Return the best value of each number of bins, and the boundaries that reach it."""
    phases, n = best.shape[0], best.shape[1]
    ends = np.full(n_bins + 1, -np.inf)
    boundaries = np.zeros((n_bins + 1, n_bins + 1), dtype=np.int64)
    for k in range(1, n_bins + 1):
        start, phase = -1, 0
        for p in range(phases):
            for i in range(n - 1):
                if best[p, i, n - 1, k] > ends[k]:
                    ends[k], start, phase = best[p, i, n - 1, k], i, p
        if start < 0:
            continue
        end = n - 1
        for m in range(k, 0, -1):
            boundaries[k, m] = end
            boundaries[k, m - 1] = start
            code = before[phase, start, end, m]
            end, start, phase = start, code // 2, code % 2
    return ends, boundaries


@compiled
def best_chain(  # noqa: PLR0917 - arrays and scalars only
    values: FloatArray,
    feasible: BoolArray,
    events: FloatArray,
    sizes: FloatArray,
    n_bins: int,
    direction: int,
    turns: bool,
    difference: float,
    chi_square: float,
) -> tuple[FloatArray, IntArray]:
    """Return the best partitions whose neighbours must differ, or go up or down, or turn once.

    Parameters
    ----------
    values, feasible : (B + 1, B + 1) arrays
        What each bin adds, and which are allowed: from ``partitions.bin_values`` and ``bin_feasible``.
    events, sizes : (B + 1,) arrays
        Prefix sums of events, and of events and non-events.
    n_bins : int
        The largest number of bins, K.
    direction : int
        1: event rates rise from bin to bin, -1: they fall, 0: either.
    turns : bool
        Whether the direction may turn once: a peak for 1, a valley for -1.
    difference, chi_square : float
        The least difference of neighbouring event rates, and the least chi-square of their two-by-two table.

    Returns
    -------
    best : (K + 1,) array
        The best value with k bins; -inf where none is allowed.
    boundaries : (K + 1, K + 1) array
        The boundaries of the best partition into k bins, from 0 to B.
    """
    n = values.shape[0]
    phases = 2 if turns else 1
    best = np.full((phases, n, n, n_bins + 1), -np.inf)
    before = np.full((phases, n, n, n_bins + 1), -1, dtype=np.int32)  # 2 h + phase of the bin before
    for i in range(n - 1):
        for j in range(i + 1, n):
            if not feasible[i, j]:
                continue
            value = values[i, j]
            if i == 0:
                best[0, i, j, 1] = value
                continue
            for h in range(i):
                if not feasible[h, i]:
                    continue
                if _follows(events, sizes, h, i, j, direction, difference, chi_square):
                    for k in range(2, n_bins + 1):
                        found = best[0, h, i, k - 1] + value
                        if found > best[0, i, j, k]:
                            best[0, i, j, k] = found
                            before[0, i, j, k] = 2 * h
                if turns and _follows(events, sizes, h, i, j, -direction, difference, chi_square):
                    for phase in range(2):
                        for k in range(2, n_bins + 1):
                            found = best[phase, h, i, k - 1] + value
                            if found > best[1, i, j, k]:
                                best[1, i, j, k] = found
                                before[1, i, j, k] = 2 * h + phase
    return _last(best, before, n_bins)


@compiled
def best_curved(
    values: FloatArray,
    feasible: BoolArray,
    events: FloatArray,
    sizes: FloatArray,
    n_bins: int,
    sign: int,
    difference: float,
    chi_square: float,
) -> tuple[FloatArray, IntArray]:
    """Return the best partitions whose event rates are concave or convex over the numbers of the bins.

    Parameters
    ----------
    values, feasible : (B + 1, B + 1) arrays
        What each bin adds, and which are allowed: from ``partitions.bin_values`` and ``bin_feasible``.
    events, sizes : (B + 1,) arrays
        Prefix sums of events, and of events and non-events.
    n_bins : int
        The largest number of bins, K.
    sign : int
        1: each step of the event rate is at most the one before (concave); -1: at least (convex).
    difference, chi_square : float
        As in :func:`best_chain`.

    Returns
    -------
    best : (K + 1,) array
        The best value with k bins; -inf where none is allowed.
    boundaries : (K + 1, K + 1) array
        The boundaries of the best partition into k bins, from 0 to B.
    """
    n = values.shape[0]
    ends = np.full(n_bins + 1, -np.inf)
    boundaries = np.zeros((n_bins + 1, n_bins + 1), dtype=np.int64)
    if feasible[0, n - 1]:
        ends[1] = values[0, n - 1]
        boundaries[1, 1] = n - 1
    # The state is the last two bins, [h, i) and [i, j).
    best = np.full((n, n, n, n_bins + 1), -np.inf)
    before = np.full((n, n, n, n_bins + 1), -1, dtype=np.int16)
    for i in range(1, n - 1):
        for h in range(i):
            if not feasible[h, i]:
                continue
            rate = (events[i] - events[h]) / (sizes[i] - sizes[h])
            for j in range(i + 1, n):
                if not feasible[i, j] or not _follows(events, sizes, h, i, j, 0, difference, chi_square):
                    continue
                value = values[i, j]
                step = (events[j] - events[i]) / (sizes[j] - sizes[i]) - rate
                if h == 0 and n_bins >= 2:
                    best[h, i, j, 2] = values[h, i] + value
                for g in range(h):
                    if best[g, h, i].max() == -np.inf:
                        continue
                    earlier = rate - (events[h] - events[g]) / (sizes[h] - sizes[g])
                    if sign * (step - earlier) > EQUAL:
                        continue
                    for k in range(3, n_bins + 1):
                        found = best[g, h, i, k - 1] + value
                        if found > best[h, i, j, k]:
                            best[h, i, j, k] = found
                            before[h, i, j, k] = g
    for k in range(2, n_bins + 1):
        first, second = -1, -1
        for h in range(n - 2):
            for i in range(h + 1, n - 1):
                if best[h, i, n - 1, k] > ends[k]:
                    ends[k], first, second = best[h, i, n - 1, k], h, i
        if second < 0:
            continue
        third = n - 1
        boundaries[k, k] = third
        for m in range(k - 1, 0, -1):
            boundaries[k, m] = second
            boundaries[k, m - 1] = first
            earlier_start = before[first, second, third, m + 1]
            third, second, first = second, first, earlier_start
    return ends, boundaries
