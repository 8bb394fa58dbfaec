r"""How far down a row an outcome lies: the probability of what is less probable, and the sets that this gives.

Of a few outcomes each is compared with all others, some rows at a time: the loops over rows have no branch. Of more
they come from a heap, the most probable first, until the one that is looked for, or the first that is left out. The
probability that is left below an outcome is a sum of small numbers and no difference from one: it keeps its digits
where a network is nearly certain (``docs/maths/conformal.md``, equations 5 to 8). Outcomes with equal logits come
together.
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["room_below", "sets_within"]

FEW = 24  # outcomes that are compared in pairs
AT_ONCE = 64  # rows


@compiled
def _sift(row: FloatArray, heap: IntArray, place: int, size: int) -> None:
    """Let the outcome at a place of the heap sink to where it belongs."""
    moved = heap[place]
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and row[heap[child + 1]] > row[heap[child]]:
            child += 1
        if row[heap[child]] <= row[moved]:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = moved


@compiled
def _begin(row: FloatArray, e: FloatArray, heap: IntArray) -> float:
    """Write exponentials and the heap of a row; return the sum of the former."""
    k = row.shape[0]
    top = row[0]
    for j in range(k):
        top = max(top, row[j])
        heap[j] = j
    total = 0.0
    for j in range(k):
        e[j] = np.exp(row[j] - top)
        total += e[j]
    for place in range(k // 2 - 1, -1, -1):
        _sift(row, heap, place, k)
    return total


@compiled
def _next(row: FloatArray, e: FloatArray, heap: IntArray, size: int, rest: float) -> tuple[int, float, float]:
    """Move the most probable outcomes, all equal, behind the heap: its size, their sum, and that of what is left."""
    value = row[heap[0]]
    tied = 0.0
    while size > 0 and row[heap[0]] == value:
        found = heap[0]
        size -= 1
        heap[0] = heap[size]
        heap[size] = found
        _sift(row, heap, 0, size)
        tied += e[found]
    if tied <= 0.5 * rest:
        return size, tied, rest - tied
    left = 0.0  # the difference would cancel
    for place in range(size):
        left += e[heap[place]]
    return size, tied, left


@compiled
def _columns(logits: FloatArray, first: int, rows: int, z: FloatArray, e: FloatArray, total: FloatArray) -> None:
    """Write some rows as columns, their exponentials, and the sums of these."""
    k = logits.shape[1]
    for i in range(rows):
        for j in range(k):
            z[j, i] = logits[first + i, j]
    for i in range(rows):
        total[i] = z[0, i]
    for j in range(1, k):
        for i in range(rows):
            total[i] = max(total[i], z[j, i])
    for j in range(k):
        for i in range(rows):
            e[j, i] = np.exp(z[j, i] - total[i])
    for i in range(rows):
        total[i] = 0.0
    for j in range(k):
        for i in range(rows):
            total[i] += e[j, i]


@compiled
def _beside(
    z: FloatArray, e: FloatArray, value: FloatArray, below: FloatArray, tied: FloatArray, rank: FloatArray
) -> None:
    """Write the sums of what is below a value of each row and of what equals it, and how many are not below."""
    rows = value.shape[0]
    for i in range(rows):
        below[i] = tied[i] = rank[i] = 0.0
    for j in range(z.shape[0]):
        for i in range(rows):
            one, other = z[j, i], value[i]
            below[i] += e[j, i] if one < other else 0.0
            tied[i] += e[j, i] if one == other else 0.0
            rank[i] += 0.0 if one < other else 1.0


@compiled
def _room_below_few(
    logits: FloatArray, codes: CodeArray, uniforms: FloatArray, penalty: float, free: int, room: FloatArray
) -> None:
    """Do what ``room_below`` does, of a few outcomes."""
    n, k = logits.shape
    z, e, total, value = np.empty((k, AT_ONCE)), np.empty((k, AT_ONCE)), np.empty(AT_ONCE), np.empty(AT_ONCE)
    below, tied, rank = np.empty(AT_ONCE), np.empty(AT_ONCE), np.empty(AT_ONCE)
    for first in range(0, n, AT_ONCE):
        rows = min(AT_ONCE, n - first)
        _columns(logits, first, rows, z, e, total)
        for i in range(rows):
            value[i] = logits[first + i, codes[first + i]]
        _beside(z, e, value[:rows], below, tied, rank)
        for i in range(rows):
            within = (below[i] + (1.0 - uniforms[first + i]) * tied[i]) / total[i]
            room[first + i] = within - penalty * max(rank[i] - free, 0.0)


@compiled
def _sets_within_few(
    logits: FloatArray, limits: FloatArray, uniforms: FloatArray, penalty: float, free: int, kept: BoolArray
) -> None:
    """Do what ``sets_within`` does, of a few outcomes."""
    n, k = logits.shape
    z, e, total = np.empty((k, AT_ONCE)), np.empty((k, AT_ONCE)), np.empty(AT_ONCE)
    below, tied, rank = np.empty(AT_ONCE), np.empty(AT_ONCE), np.empty(AT_ONCE)
    for first in range(0, n, AT_ONCE):
        rows = min(AT_ONCE, n - first)
        _columns(logits, first, rows, z, e, total)
        for j in range(k):
            _beside(z, e, z[j, :rows], below, tied, rank)
            for i in range(rows):
                within = (below[i] + (1.0 - uniforms[first + i]) * tied[i]) / total[i]
                kept[first + i, j] = within - penalty * max(rank[i] - free, 0.0) >= limits[first + i]


@compiled
def room_below(
    logits: FloatArray, codes: CodeArray, uniforms: FloatArray, penalty: float, free: int, room: FloatArray
) -> None:
    """Write the probability below one outcome of each row, with a part of its own, less its penalty.

    Parameters
    ----------
    logits : (n, K) array
        Logits.
    codes : (n,) int array
        The outcome of each row.
    uniforms : (n,) array
        The part of its own probability that lies above it.
    penalty, free : float, int
        Taken off per rank above this many.
    room : (n,) array
        Overwritten.
    """
    n, k = logits.shape
    if k <= FEW:
        _room_below_few(logits, codes, uniforms, penalty, free, room)
        return
    e, heap = np.empty(k), np.empty(k, np.int64)
    for i in range(n):
        row = logits[i]
        total = _begin(row, e, heap)
        size, rest, value = k, total, row[codes[i]]
        while True:
            last = row[heap[0]] == value
            size, tied, rest = _next(row, e, heap, size, rest)
            if last:
                break
        room[i] = (rest + (1.0 - uniforms[i]) * tied) / total - penalty * max(k - size - free, 0)


@compiled
def sets_within(
    logits: FloatArray, limits: FloatArray, uniforms: FloatArray, penalty: float, free: int, kept: BoolArray
) -> None:
    """Write which outcomes have at least some probability below them.

    Parameters
    ----------
    logits : (n, K) array
        Logits.
    limits : (n,) array
        What is left at least, in each row.
    uniforms : (n,) array
        The part of its own probability that lies above each outcome.
    penalty, free : float, int
        Taken off per rank above this many.
    kept : (n, K) array of bool
        Overwritten.
    """
    n, k = logits.shape
    if k <= FEW:
        _sets_within_few(logits, limits, uniforms, penalty, free, kept)
        return
    e, heap = np.empty(k), np.empty(k, np.int64)
    for i in range(n):
        row, mine = logits[i], kept[i]
        for j in range(k):
            mine[j] = False
        total = _begin(row, e, heap)
        size, rest = k, total
        while size > 0:
            before = size
            size, tied, rest = _next(row, e, heap, size, rest)
            if (rest + (1.0 - uniforms[i]) * tied) / total - penalty * max(k - size - free, 0) < limits[i]:
                break
            for place in range(size, before):
                mine[heap[place]] = True
