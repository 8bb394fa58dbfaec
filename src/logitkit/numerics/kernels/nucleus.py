r"""Which outcomes of a row are kept: the few most probable, found without sorting the row.

The threshold is the largest logit t for which what is at least t weighs enough. Weights are summed over bins of logits
below the largest; the bin in which the sum crosses is the only one that is sorted. Equal logits are kept or left out
together, so that no order of the outcomes matters (``docs/maths/decoding.md``, equations 1 to 4).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import AnyFloats, BoolArray, FloatArray, IntArray

__all__ = ["draw_rows", "keep_rows"]

BINS = 2_048
LOG2_E = 1.4426950408889634
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 746.0  # its exponential of minus this is zero, and that of 745 the last number above
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def _largest(x: FloatArray) -> float:
    """Return the largest number, eight at a time."""
    tops = np.full(8, -math.inf)
    whole = x.shape[0] - x.shape[0] % 8
    for first in range(0, whole, 8):
        for j in range(8):
            tops[j] = x[first + j] if x[first + j] > tops[j] else tops[j]  # noqa: FURB136 - one instruction
    for k in range(whole, x.shape[0]):
        tops[0] = max(tops[0], x[k])
    return float(tops.max())


@compiled
def _raise(x: FloatArray, top: float, e: FloatArray) -> None:
    """Write exp(x - top)."""
    for k in range(x.shape[0]):
        a = top - x[k]
        a = a if a < SMALLEST else SMALLEST  # noqa: FURB136 - one instruction, where min is a call
        j = np.floor(a * LOG2_E + 0.5)
        r = (j * LN_2_HIGH - a) + j * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        e[k] = (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(j)]


@compiled
def _sum(e: FloatArray) -> float:
    """Return the sum, in eight parts."""
    parts = np.zeros(8)
    whole = e.shape[0] - e.shape[0] % 8
    for first in range(0, whole, 8):
        for j in range(8):
            parts[j] += e[first + j]
    for k in range(whole, e.shape[0]):
        parts[0] += e[k]
    return float(parts.sum())


@compiled
def _descend(values: FloatArray, weights: FloatArray) -> None:
    """Put numbers with their weights in descending order (Shell's method)."""
    gap = 1
    while gap < values.shape[0]:
        gap = 3 * gap + 1
    while gap > 1:
        gap //= 3
        for i in range(gap, values.shape[0]):
            value, weight, j = values[i], weights[i], i
            while j >= gap and values[j - gap] < value:
                values[j], weights[j] = values[j - gap], weights[j - gap]
                j -= gap
            values[j], weights[j] = value, weight


@compiled
def _threshold(x: FloatArray, e: FloatArray, top: float, wanted: float, counted: bool, sums: FloatArray) -> float:
    """Return the largest t for which outcomes of at least t weigh what is wanted; each weighs 1 if counted."""
    n = x.shape[0]
    least = x.min()
    if not top > least:
        return top
    finest = BINS / min(top - least, 64.0)
    sums[:] = 0.0
    for k in range(n):
        place = min(int(min((top - x[k]) * finest, BINS - 1.0)), BINS - 1)
        sums[place] += 1.0 if counted else e[k]
    before, bin_ = 0.0, 0
    while bin_ < BINS - 1 and before + sums[bin_] < wanted:
        before += sums[bin_]
        bin_ += 1
    inside = 0
    for k in range(n):
        inside += min(int(min((top - x[k]) * finest, BINS - 1.0)), BINS - 1) == bin_
    values, weights = np.empty(inside), np.empty(inside)
    i = 0
    for k in range(n):
        if min(int(min((top - x[k]) * finest, BINS - 1.0)), BINS - 1) == bin_:
            values[i], weights[i] = x[k], 1.0 if counted else e[k]
            i += 1
    _descend(values, weights)
    at = float(least)
    for i in range(inside):
        at = float(values[i])
        before += weights[i]
        if before >= wanted:
            break
    return at


@compiled
def _ready(  # noqa: PLR0917 - arrays and scalars only
    z: AnyFloats,
    seen: BoolArray,
    penalty: float,
    temperature: float,
    top_k: int,
    top_p: float,
    x: FloatArray,
    e: FloatArray,
    sums: FloatArray,
) -> float:
    """Write the logits after penalty and temperature with their exponentials; return the least that is kept."""
    n = z.shape[0]
    for k in range(n):
        x[k] = z[k]
    if seen.shape[0] > 0:
        for k in range(n):
            if seen[k]:
                x[k] = x[k] / penalty if x[k] > 0.0 else x[k] * penalty
    top = _largest(x)
    if not math.isfinite(top / temperature):  # so cold that only the differences can be divided
        for k in range(n):
            x[k] -= top
        top = 0.0
    top /= temperature
    for k in range(n):
        x[k] = x[k] / temperature
    _raise(x, top, e)
    least = -math.inf
    if 0 < top_k < n:
        least = _threshold(x, e, top, float(top_k), True, sums)
        if top_p < 1.0:
            for k in range(n):
                e[k] = e[k] if x[k] >= least else 0.0
    if top_p < 1.0:
        least = max(least, _threshold(x, e, top, top_p * _sum(e), False, sums))
    for k in range(n):
        e[k] = e[k] if x[k] >= least else 0.0
    return least


@compiled
def keep_rows(
    z: AnyFloats,
    seen: BoolArray,
    penalty: float,
    temperature: float,
    top_k: int,
    top_p: float,
    kept: BoolArray,
    probabilities: AnyFloats,
) -> None:
    """Write which outcomes of each row are kept, or their probabilities.

    Parameters
    ----------
    z : (n, V) array
        Logits.
    seen : (n, V) or (n, 0) array of bool
        Outcomes that were seen before.
    penalty, temperature : float
        What logits above zero of seen outcomes are divided by, and those below multiplied; what all are divided by.
    top_k : int
        How many are kept at least; 0 for all.
    top_p : float
        The probability that is kept at least; 1 for all.
    kept : (n, V) or (n, 0) array of bool
        Overwritten unless it has no columns.
    probabilities : (n, V) or (n, 0) array
        Overwritten likewise.
    """
    n, width = z.shape
    x, e, sums = np.empty(width), np.empty(width), np.empty(BINS)
    for i in range(n):
        least = _ready(z[i], seen[i], penalty, temperature, top_k, top_p, x, e, sums)
        if kept.shape[1] > 0:
            for k in range(width):
                kept[i, k] = x[k] >= least
        if probabilities.shape[1] > 0:
            total = _sum(e)
            for k in range(width):
                probabilities[i, k] = e[k] / total


@compiled
def draw_rows(
    z: AnyFloats,
    seen: BoolArray,
    penalty: float,
    temperature: float,
    top_k: int,
    top_p: float,
    uniforms: FloatArray,
    drawn: IntArray,
) -> None:
    """Draw one of the outcomes that are kept of each row.

    Parameters
    ----------
    z, seen, penalty, temperature, top_k, top_p : array or number
        As for ``keep_rows``.
    uniforms : (n,) array
        A number of each row, from 0 to below 1.
    drawn : (n,) array
        Overwritten: the outcome at which the sum of probabilities first exceeds the row's number.
    """
    n, width = z.shape
    x, e, sums = np.empty(width), np.empty(width), np.empty(BINS)
    for i in range(n):
        _ready(z[i], seen[i], penalty, temperature, top_k, top_p, x, e, sums)
        total = 0.0
        for k in range(width):
            total += e[k]
        wanted, here = uniforms[i] * total, 0.0
        for k in range(width):
            if e[k] > 0.0:
                drawn[i] = k
                here += e[k]
                if here > wanted:
                    break
