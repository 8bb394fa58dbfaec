r"""The likelihood of ordered outcomes, :math:`P(Y \le k) = F(\eta_k)`, written in the tails of its thresholds.

An outcome is the interval between two of the linear predictors :math:`\eta_1 < \dots < \eta_{K - 1}` of its row. Its
probability, slopes and curvatures follow from what ``links.py`` says of the two ends, without a difference of numbers
that are nearly equal (``docs/maths/ordinal.md``, equations 3 to 8): of the two tails :math:`F` and :math:`1 - F` the
smaller is taken, the end at which it is larger is called *near*, the other *far*, and

.. math::

    p = T q, \qquad q = 1 - e^{-d},

with T the tail at the near end and d the logarithm of its ratio to that at the far end.

Rows come in pieces, whose tails the caller has filled: an array of shape (m, 8, size), in the order of ``links.py``.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, CodeArray, FloatArray

__all__ = ["cumulative_probabilities", "cumulative_rows", "own_rows", "own_thresholds"]

LOG_TAIL, HAZARD, BENT, TAIL = 0, 2, 4, 6  # rows of the tails that belong to F; those of 1 - F are one further
NARROW = 1e-3  # thresholds that are closer have their difference from derivatives at both ends
# What is known of an interval: -slope and curvature of log T, and later of the loss, at both ends; d; log T, later the
# loss; T, later the probability.
NEAR, NEAR_BENT, FAR, FAR_BENT, WIDTH, LOSS, SIZE = range(7)

LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
MOST = 745.0  # exp(-745) is the last number above zero
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))
# d / (1 - exp(-d)) - 1 - d / 2 in powers of d^2: Bernoulli numbers over factorials.
B2, B4, B6, B8, B10, B12, B14, B16 = (
    1 / 12, -1 / 720, 1 / 30_240, -1 / 1_209_600, 1 / 47_900_160, -691 / 1_307_674_368_000, 1 / 74_724_249_600,
    -3_617 / 10_670_622_842_880_000,
)  # fmt: skip
BELOW = 2**51  # added to the bits of a number it carries into the power of two from 3 / 2 on


@compiled
def cumulative_rows(  # noqa: PLR0917 - arrays and scalars only
    first: int,
    eta: FloatArray,
    tails: FloatArray,
    codes: CodeArray,
    shares: FloatArray,
    weights: FloatArray,
    expected: bool,
    slope: FloatArray,
    diagonal: FloatArray,
    beside: FloatArray,
) -> tuple[float, float, int]:
    r"""Evaluate the weighted loss, its slopes and its curvatures for a piece of the rows.

    Parameters
    ----------
    first : int
        Number of the first row of the piece; it has ``tails.shape[2]`` rows, or as many as are left.
    eta : (m, n) array
        Linear predictors of the thresholds of all rows, m = K - 1.
    tails : (m, 8, size) array
        Tails of the rows of the piece.
    codes : (n,) int32 array
        Outcome of each row, where a row has one outcome.
    shares : (K, n) or (0, 0) array
        Proportion of each outcome in each row, for counted outcomes; ``codes`` are then not read.
    weights : (n,) array
        Total weight of each row.
    expected : bool
        Whether curvatures are the expected information of a row, or second derivatives of its loss.
    slope, diagonal : (m, n) array
        Overwritten, for the rows of the piece, with first derivatives of the weighted losses by the thresholds, and
        with second derivatives by the same threshold.
    beside : (m - 1, n) array
        Overwritten with second derivatives by a threshold and the next; all others are zero.

    Returns
    -------
    value : float
        :math:`\sum_i w_i \ell(\eta_i, y_i)`; infinite where an outcome that a row has lies between thresholds that
        cross.
    closest : float
        The least :math:`\min(s^2 / c, w y)` among thresholds of rows of positive weight that are pushed one way only,
        s their slope and c their curvature; ``inf`` if there is none. Above the squared Newton decrement it proves that
        an estimate exists. With expected curvatures it is zero where a threshold is not pushed, which proves nothing.
    crossed : int
        Number of rows of positive weight whose thresholds do not rise.
    """
    m, n = eta.shape
    size = min(tails.shape[2], n - first)
    slope[:, first : first + size] = 0.0
    diagonal[:, first : first + size] = 0.0
    beside[:, first : first + size] = 0.0
    value, crossed = _order(first, size, eta, weights)
    counted = shares.shape[0] > 0
    parts, upper, space = np.empty((7, size)), np.empty(size, np.bool_), np.empty((3, size))
    for outcome in range(m + 1):
        _find(first, outcome, eta, tails, parts, upper)
        _complete(parts, space)
        low, high = max(outcome - 1, 0), min(outcome, m - 1)
        for i in range(size):
            row = first + i
            near, far = (low, high) if upper[i] else (high, low)
            w = weights[row] * (shares[outcome, row] if counted else (1.0 if codes[row] == outcome else 0.0))
            if w != 0.0:
                value += w * parts[LOSS, i]
                sign = w if upper[i] else -w
                slope[near, row] += sign * parts[NEAR, i]
                slope[far, row] -= sign * parts[FAR, i]
            if expected:
                w = weights[row] if parts[WIDTH, i] > 0.0 else 0.0  # crossed thresholds have no such outcome
                at_near = _product(w * parts[SIZE, i], parts[NEAR, i])
                at_far = _product(w * parts[SIZE, i], parts[FAR, i])
                diagonal[near, row] += _product(at_near, parts[NEAR, i])
                diagonal[far, row] += _product(at_far, parts[FAR, i])
                if m > 1:  # an outcome with one end adds zero
                    beside[min(low, m - 2), row] -= _product(at_near, parts[FAR, i])
            elif w != 0.0:
                diagonal[near, row] += w * parts[NEAR_BENT, i]
                diagonal[far, row] += w * parts[FAR_BENT, i]
                if m > 1:
                    beside[min(low, m - 2), row] -= w * parts[NEAR, i] * parts[FAR, i]
    return value, _closest(first, size, codes, shares, weights, expected, slope, diagonal), crossed


@compiled
def own_thresholds(first: int, eta: FloatArray, codes: CodeArray, weights: FloatArray, ends: FloatArray) -> int:
    """Fill the two thresholds of each row's outcome, shape (2, size); return how many rows have thresholds that cross.

    The first and the last outcome have an infinite one. A missing threshold of the row makes both missing.
    """
    m, size = eta.shape[0], ends.shape[1]
    low, high = ends[0], ends[1]
    for i in range(size):
        own = int(codes[first + i])
        below, above = eta[max(own - 1, 0), first + i], eta[min(own, m - 1), first + i]
        low[i] = below if own > 0 else -math.inf
        high[i] = above if own < m else math.inf
    doubtful = 0
    for k in range(m):
        here, before = eta[k, first : first + size], eta[max(k - 1, 0), first : first + size]
        for i in range(size):
            doubtful += not ((here[i] > before[i]) | ((k == 0) & (here[i] == before[i])))
    if doubtful == 0:
        return 0
    for i in range(size):
        for k in range(m):
            if eta[k, first + i] != eta[k, first + i]:
                ends[:, i] = math.nan
    return _order(first, size, eta, weights)[1]


@compiled
def own_rows(
    first: int,
    ends: FloatArray,
    tails: FloatArray,
    codes: CodeArray,
    weights: FloatArray,
    slope: FloatArray,
    diagonal: FloatArray,
    beside: FloatArray,
) -> tuple[float, float]:
    """Do what ``cumulative_rows`` does for rows of one outcome, from their own two thresholds, shape (2, size), alone.

    Curvatures are second derivatives of the loss. Returns value and closest.
    """
    m, size = slope.shape[0], ends.shape[1]
    rows = slice(first, first + size)
    own, weight = codes[rows], weights[rows]
    parts, upper, space = np.empty((7, size)), np.empty(size, np.bool_), np.empty((3, size))
    _find(0, 1, ends, tails, parts, upper)
    _complete(parts, space)
    value = 0.0
    for i in range(size):
        value += weight[i] * parts[LOSS, i] if weight[i] > 0.0 or parts[LOSS, i] != math.inf else 0.0
    pushes, bends = np.empty((2, size)), np.empty((2, size))
    both, none = space[0], np.zeros(size)
    for i in range(size):
        w = weight[i]
        sign = w if upper[i] else -w
        near, far = sign * parts[NEAR, i], -sign * parts[FAR, i]
        pushes[0, i], pushes[1, i] = (near, far) if upper[i] else (far, near)
        near, far = w * parts[NEAR_BENT, i], w * parts[FAR_BENT, i]
        bends[0, i], bends[1, i] = (near, far) if upper[i] else (far, near)
        both[i] = -w * parts[NEAR, i] * parts[FAR, i]
    for k in range(m):
        _place(own, k, pushes[1], pushes[0], slope[k, rows])
        _place(own, k, bends[1], bends[0], diagonal[k, rows])
        if k > 0:
            _place(own, k - 1, none, both, beside[k - 1, rows])
    least = space[1]
    for i in range(size):
        a, b = parts[NEAR, i], parts[FAR, i]
        bent_a, bent_b = parts[NEAR_BENT, i], parts[FAR_BENT, i]
        ratio_a = a / (bent_a if bent_a > 0.0 else 1.0) * a
        ratio_b = b / (bent_b if bent_b > 0.0 else 1.0) * b
        ratio_a = ratio_a if (bent_a > 0.0) | (a == 0.0) else 1.0
        ratio_b = ratio_b if (bent_b > 0.0) | (b == 0.0) else 1.0
        ratio_b = ratio_b if (own[i] > 0) & (own[i] < m) else 1.0
        ratio = ratio_a if ratio_a < ratio_b else ratio_b  # noqa: FURB136 - one instruction, where min is a call
        ratio = weight[i] * (ratio if ratio < 1.0 else 1.0)  # noqa: FURB136
        least[i] = ratio if weight[i] > 0.0 else math.inf
    closest = math.inf
    for i in range(size):
        closest = least[i] if least[i] < closest else closest  # noqa: FURB136
    return value, closest


@compiled
def _place(own: CodeArray, k: int, upper: FloatArray, lower: FloatArray, out: FloatArray) -> None:
    """Fill derivatives by threshold k: it is the upper one of outcome k, the lower one of the next, and of no other."""
    for i in range(out.shape[0]):
        above = upper[i] if own[i] == k else 0.0
        out[i] = lower[i] if own[i] == k + 1 else above


@compiled
def cumulative_probabilities(
    first: int, eta: FloatArray, tails: FloatArray, logarithms: FloatArray, probabilities: FloatArray
) -> None:
    """Fill logarithms of the probabilities, and the probabilities, shape (K, n), for a piece of the rows.

    An outcome between thresholds that cross has minus infinity and zero.
    """
    m, n = eta.shape
    size = min(tails.shape[2], n - first)
    parts, upper, space = np.empty((7, size)), np.empty(size, np.bool_), np.empty((3, size))
    for outcome in range(m + 1):
        _find(first, outcome, eta, tails, parts, upper)
        _complete(parts, space)
        for i in range(size):
            logarithms[outcome, first + i] = -parts[LOSS, i]
            probabilities[outcome, first + i] = parts[SIZE, i] if parts[WIDTH, i] > 0.0 else 0.0


@compiled
def _order(first: int, size: int, eta: FloatArray, weights: FloatArray) -> tuple[float, int]:
    """Return zero, or nan if a linear predictor is missing, and how many rows have thresholds that do not rise."""
    crossed = 0
    value = 0.0
    for row in range(first, first + size):
        falls = False
        for k in range(1, eta.shape[0]):
            falls |= not (eta[k, row] > eta[k - 1, row])
        for k in range(eta.shape[0]):
            if eta[k, row] != eta[k, row]:
                value = math.nan
        crossed += falls and weights[row] > 0.0
    return value, crossed


@compiled
def _find(first: int, outcome: int, eta: FloatArray, tails: FloatArray, parts: FloatArray, upper: BoolArray) -> None:
    """Fill the parts of the interval of an outcome, and whether its near end is the threshold below it.

    The first and the last outcome have no far end: it is the near one, infinitely far away.
    """
    m, size = eta.shape[0], parts.shape[1]
    low, high = max(outcome - 1, 0), min(outcome, m - 1)
    below, above = tails[low], tails[high]
    for i in range(size):
        upper[i] = (outcome == m) | ((outcome > 0) & (above[LOG_TAIL, i] > below[LOG_TAIL + 1, i]))
    _choose(upper, below[HAZARD + 1], above[HAZARD], parts[NEAR])
    _choose(upper, above[HAZARD + 1], below[HAZARD], parts[FAR])
    _choose(upper, below[BENT + 1], above[BENT], parts[NEAR_BENT])
    _choose(upper, above[BENT + 1], below[BENT], parts[FAR_BENT])
    _choose(upper, below[LOG_TAIL + 1], above[LOG_TAIL], parts[LOSS])
    _choose(upper, above[LOG_TAIL + 1], below[LOG_TAIL], parts[WIDTH])
    _choose(upper, below[TAIL + 1], above[TAIL], parts[SIZE])
    for i in range(size):
        distance = eta[high, first + i] - eta[low, first + i]
        narrow = 0.5 * (parts[NEAR, i] + parts[FAR, i]) + distance / 12.0 * (parts[NEAR_BENT, i] - parts[FAR_BENT, i])
        width = distance * narrow if distance < NARROW else parts[LOSS, i] - parts[WIDTH, i]
        parts[WIDTH, i] = width if distance > 0.0 else 0.0
    if (outcome == 0) | (outcome == m):
        parts[WIDTH] = math.inf


@compiled
def _choose(chosen: BoolArray, values: FloatArray, others: FloatArray, out: FloatArray) -> None:
    """Fill the values where they are chosen, and the others elsewhere."""
    for i in range(out.shape[0]):
        out[i] = values[i] if chosen[i] else others[i]


@compiled
def _complete(parts: FloatArray, space: FloatArray) -> None:
    """Overwrite parts of the tails with those of the loss of the interval; ``space`` has three numbers per row."""
    _widths(parts[WIDTH], space[0], space[1], space[2])
    for i in range(parts.shape[1]):
        r, by_q = space[0, i], space[1, i]
        a, b = parts[NEAR, i], parts[FAR, i]
        b_r = _product(r, b)
        parts[NEAR_BENT, i] = (_product(r, a * a) * by_q + parts[NEAR_BENT, i]) * by_q
        parts[FAR_BENT, i] = (_product(b_r, b) * by_q - _product(r, parts[FAR_BENT, i])) * by_q
        parts[NEAR, i], parts[FAR, i] = a * by_q, b_r * by_q
        parts[LOSS, i] = -(parts[LOSS, i] + space[2, i])
        parts[SIZE, i] /= by_q


@compiled
def _widths(width: FloatArray, decay: FloatArray, by_q: FloatArray, log_q: FloatArray) -> None:
    """Fill r = exp(-d), 1 / q and log q with q = 1 - r, which has a series where it is small; no width has none."""
    for i in range(width.shape[0]):
        d = width[i]
        r = _decay(d)
        z = d * d
        g = 0.5 * d + z * (B2 + z * (B4 + z * (B6 + z * (B8 + z * (B10 + z * (B12 + z * (B14 + z * B16)))))))
        narrow = d < LN_2
        some = d > 0.0
        q = d / (1.0 + g) if narrow else 1.0 - r
        q = q if some else 1.0
        decay[i] = r
        by_q[i] = 1.0 / q
        log = _log_of(q) if narrow else _log_less(r)
        log_q[i] = log if some else -math.inf


@compiled
def _decay(x: float) -> float:
    """Return exp(-x) for x >= 0: a power of two times a polynomial on [-log 2 / 2, log 2 / 2]."""
    inside = x if x < MOST else MOST  # noqa: FURB136 - a missing value too must give an index below
    k = np.floor(inside * LOG2_E + 0.5)
    r = (k * LN_2_HIGH - inside) + k * LN_2_LOW
    high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
    low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
    return (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(k)] if x < MOST else 0.0


@compiled
def _log_less(q: float) -> float:
    """Return log(1 - q) for q in [-1, 0.7]: 2 artanh(s), after doubling or halving 1 - q where it is far from 1."""
    small, large = q > 0.29, q < -0.41
    above = 1.0 - 2.0 * q if small else (-1.0 - q if large else -q)
    below = 3.0 - 2.0 * q if small else (3.0 - q if large else 2.0 - q)
    s = above / below
    z = s * s
    tail = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21))))
    series = 1.0 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * tail)))))
    return 2.0 * s * series + (-LN_2 if small else (LN_2 if large else 0.0))


@compiled
def _log_of(x: float) -> float:
    """Return log(x) of a normal number: of its digits, between 3 / 4 and 3 / 2, and of its power of two."""
    bits = np.float64(x).view(np.int64)
    power = ((bits + BELOW) >> 52) - 1_023
    digits = np.int64(bits - (power << 52)).view(np.float64)
    return power * LN_2_HIGH + (_log_less(1.0 - digits) + power * LN_2_LOW)


@compiled
def _product(factor: float, number: float) -> float:
    """Return a product in which zero wins over infinity."""
    product = factor * number
    return product if (factor != 0.0) & (number != 0.0) else 0.0


@compiled
def _closest(
    first: int,
    size: int,
    codes: CodeArray,
    shares: FloatArray,
    weights: FloatArray,
    expected: bool,
    slope: FloatArray,
    diagonal: FloatArray,
) -> float:
    """Return the least squared slope over curvature of thresholds that are pushed one way."""
    counted = shares.shape[0] > 0
    closest = math.inf
    for k in range(slope.shape[0]):
        for row in range(first, first + size):
            below = shares[k, row] if counted else (1.0 if codes[row] == k else 0.0)
            above = shares[k + 1, row] if counted else (1.0 if codes[row] == k + 1 else 0.0)
            pushed = expected | (below > 0.0) | (above > 0.0)
            one_way = (weights[row] > 0.0) & pushed & ((below == 0.0) | (above == 0.0))
            push, bent = slope[k, row], diagonal[k, row]
            ratio = push / (bent if bent > 0.0 else 1.0) * push
            ratio = ratio if (bent > 0.0) | (push == 0.0) else math.inf
            most = weights[row] * (below + above)
            here = ratio if ratio < most else most  # noqa: FURB136 - one instruction, where min is a call
            closest = here if one_way & (here < closest) else closest
    return closest
