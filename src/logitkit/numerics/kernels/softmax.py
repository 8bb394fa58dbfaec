r"""The multinomial likelihood with the softmax, written in the logits.

For one row with logits :math:`\eta_1, \dots, \eta_K`, let :math:`m = \max_k \eta_k`, :math:`e_k = \exp(\eta_k - m)`,
and R the sum of all :math:`e_k` but one that belongs to the maximum. Nothing overflows, and nothing cancels
(``docs/maths/multinomial.md``, equations 1 to 5):

.. math::

    \ell(\eta, y) &= \log(1 + R) + \sum_k y_k (m - \eta_k), \\
    p_k &= e_k / (1 + R), \qquad 1 - p_k = R / (1 + R) \text{ at the maximum}.

Arrays hold one outcome after another, each with its rows side by side, so that the loops over rows have no branch; or
one row after another, which is faster for many outcomes whose logits come row by row.
A logit of minus infinity is an outcome that the row cannot have.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import CodeArray, FloatArray

__all__ = ["softmax_by_row", "softmax_curved", "softmax_rows"]

CHUNK = 256  # rows whose intermediate results stay in the first-level cache
LOG2_E = 1.4426950408889634
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 745.0  # exp(-745) is the last number above zero
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def softmax_rows(
    eta: FloatArray,
    codes: CodeArray,
    shares: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    others: FloatArray,
) -> tuple[float, float]:
    r"""Evaluate the weighted loss, its slopes and the probabilities for rows of logits.

    Parameters
    ----------
    eta : (K, n) array
        Logits; overwritten with the probabilities :math:`p_k`.
    codes : (n,) int32 array
        Outcome of each row, where a row has one outcome.
    shares : (K, n) or (0, 0) array
        Proportion of each outcome in each row, for counted outcomes; they sum to one, and ``codes`` are not read.
    weights : (n,) array
        Total weight of each row.
    slope : (K, n) array
        Overwritten with :math:`w (p_k - y_k)`.
    others : (K, n) array
        Overwritten with :math:`1 - p_k`.

    Returns
    -------
    value : float
        :math:`\sum_i w_i \ell(\eta_i, y_i)`.
    closest : float
        The least :math:`w_i p_{ik}` among rows of positive weight and outcomes that they do not have; ``inf`` if there
        is none. It bounds what a direction of recession could still gain.
    """
    n_outcomes, n = eta.shape
    counted = shares.shape[0] > 0
    value = 0.0
    closest = math.inf
    size = min(n, CHUNK)
    top, rest, upper, loss = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    place = np.empty(size, np.int64)
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        for i in range(m):
            top[i] = eta[0, first + i]
            place[i] = 0
            rest[i] = 0.0
            loss[i] = 0.0
        for k in range(1, n_outcomes):
            _highest(eta[k, first : first + m], k, top, place)
        if counted:
            for k in range(n_outcomes):
                _add_shortfall(eta[k, first : first + m], shares[k, first : first + m], top, loss)
        else:
            for i in range(m):
                loss[i] = top[i] - eta[codes[first + i], first + i]
        for k in range(n_outcomes):
            _exponentials(eta[k, first : first + m], k, top, place, rest, loss)
        for i in range(m):
            upper[i] = 1.0 / (1.0 + rest[i])
            value += weights[first + i] * (loss[i] + math.log1p(rest[i]))
        for k in range(n_outcomes):
            here = slice(first, first + m)
            _probabilities(eta[k, here], k, place, rest, upper, others[k, here])
            if counted:
                _slopes_of_shares(eta[k, here], others[k, here], shares[k, here], weights[here], slope[k, here])
                for i in range(m):
                    if shares[k, first + i] == 0.0 and weights[first + i] > 0.0:
                        closest = min(closest, slope[k, first + i])
            else:
                for i in range(m):
                    slope[k, first + i] = weights[first + i] * eta[k, first + i]
        if not counted:
            for i in range(m):
                # Kept out of the search for the least, then set to the slope of the outcome that occurred.
                slope[codes[first + i], first + i] = math.inf
            for k in range(n_outcomes):
                closest = min(closest, _least(slope[k, first : first + m], weights[first : first + m]))
            for i in range(m):
                k = codes[first + i]
                slope[k, first + i] = -weights[first + i] * others[k, first + i]
    return value, closest


@compiled
def _highest(eta: FloatArray, k: int, top: FloatArray, place: FloatArray) -> None:
    """Take in the logits of one more outcome into the largest of each row, and where it is."""
    for i in range(eta.shape[0]):
        above = eta[i] > top[i]
        top[i] = eta[i] if above else top[i]
        place[i] = k if above else place[i]


@compiled
def _add_shortfall(eta: FloatArray, share: FloatArray, top: FloatArray, loss: FloatArray) -> None:
    """Add the share of an outcome times how far its logit is below the largest; a share of none adds nothing."""
    for i in range(eta.shape[0]):
        loss[i] += share[i] * (top[i] - eta[i]) if share[i] > 0.0 else 0.0


@compiled
def _exponentials(
    eta: FloatArray, k: int, top: FloatArray, place: FloatArray, rest: FloatArray, loss: FloatArray
) -> None:
    """Overwrite logits with exp(eta - top), and add them to the rest where they are not the largest.

    A missing logit makes the loss missing, whatever outcome it belongs to.
    """
    for i in range(eta.shape[0]):
        x = top[i] - eta[i]
        gone = x > SMALLEST
        missing = x != x  # noqa: PLR0124 - true of a missing value only
        x = x if x < SMALLEST else SMALLEST  # noqa: FURB136 - a missing value too must give an index below
        j = np.floor(x * LOG2_E + 0.5)
        r = (j * LN_2_HIGH - x) + j * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        e = 0.0 if gone else (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(j)]
        eta[i] = e
        rest[i] += e if place[i] != k else 0.0
        loss[i] = math.nan if missing else loss[i]


@compiled
def _probabilities(
    e: FloatArray, k: int, place: FloatArray, rest: FloatArray, upper: FloatArray, others: FloatArray
) -> None:
    """Overwrite exponentials with probabilities, and fill what is left to one; only the largest can be near one."""
    for i in range(e.shape[0]):
        p = e[i] * upper[i]
        others[i] = rest[i] * upper[i] if place[i] == k else 1.0 - p
        e[i] = p


@compiled
def _slopes_of_shares(
    p: FloatArray, others: FloatArray, share: FloatArray, weights: FloatArray, slope: FloatArray
) -> None:
    """Fill w (p - y) without cancellation near 0 and 1."""
    for i in range(p.shape[0]):
        slope[i] = weights[i] * ((1.0 - share[i]) * p[i] - share[i] * others[i])


@compiled
def _least(values: FloatArray, weights: FloatArray) -> float:
    """Return the least value among rows of positive weight."""
    closest = math.inf
    for i in range(values.shape[0]):
        value = values[i] if weights[i] > 0.0 else math.inf
        closest = value if value < closest else closest  # noqa: FURB136 - one instruction, where min is a call
    return closest


@compiled
def softmax_by_row(
    eta: FloatArray, codes: CodeArray, shares: FloatArray, weights: FloatArray, scratch: FloatArray
) -> tuple[float, float]:
    r"""Evaluate the weighted loss and its slopes for logits that are stored row by row.

    Parameters
    ----------
    eta : (n, K) array
        Logits; overwritten with :math:`w (p_k - y_k)`.
    codes, shares, weights : array
        As in ``softmax_rows``.
    scratch : (K,) array
        Overwritten.

    Returns
    -------
    value, closest : float
        As from ``softmax_rows``.
    """
    n, n_outcomes = eta.shape
    counted = shares.shape[0] > 0
    value = 0.0
    closest = math.inf
    for i in range(n):
        row, weight = eta[i], weights[i]
        place = _place_of_largest(row)
        top = row[place]
        own = codes[i]
        loss = 0.0
        if counted:
            for k in range(n_outcomes):
                loss += shares[k, i] * (top - row[k]) if shares[k, i] > 0.0 else 0.0
        else:
            loss = top - row[own]
        if _exponentials_below(row, top) > 0:
            loss = math.nan
        row[place] = 0.0
        rest = _sum(row)
        row[place] = 1.0
        value += weight * (loss + math.log1p(rest))
        upper = 1.0 / (1.0 + rest)
        if counted:
            for k in range(n_outcomes):
                p, share = row[k] * upper, shares[k, i]
                other = rest * upper if k == place else 1.0 - p
                scratch[k] = weight * ((1.0 - share) * p - share * other)
                if share == 0.0 and weight > 0.0:
                    closest = min(closest, scratch[k])
            for k in range(n_outcomes):
                row[k] = scratch[k]
            continue
        own_slope = -weight * (rest * upper if own == place else 1.0 - row[own] * upper)
        _scale(row, weight * upper)
        row[own] = math.inf  # kept out of the search for the least
        if weight > 0.0:
            closest = min(closest, _least_of(row))
        row[own] = own_slope
    return value, closest


@compiled
def softmax_curved(mean: FloatArray, weights: FloatArray, change: FloatArray) -> None:
    r"""Overwrite changes of the logits with those of the slopes, to first order.

    Parameters
    ----------
    mean : (n, K) array
        Probabilities :math:`p_k`, row by row.
    weights : (n,) array
        Total weight of each row.
    change : (n, K) array
        Changes :math:`d_k` of the logits; overwritten with :math:`w p_k (d_k - \sum_l p_l d_l)`.
    """
    for i in range(mean.shape[0]):
        p, d = mean[i], change[i]
        _curve(p, d, weights[i], _product(p, d))


@compiled_sum
def _product(p: FloatArray, d: FloatArray) -> float:
    total = 0.0
    for k in range(p.shape[0]):
        total += p[k] * d[k]
    return total


@compiled
def _curve(p: FloatArray, d: FloatArray, weight: float, centre: float) -> None:
    for k in range(p.shape[0]):
        d[k] = weight * p[k] * (d[k] - centre)


@compiled
def _place_of_largest(row: FloatArray) -> int:
    """Return where the largest number is: four at a time, because each comparison waits for the one before."""
    n = row.shape[0]
    a = b = c = d = -math.inf
    i = j = k = m = 0
    whole = n - n % 4
    for first in range(0, whole, 4):
        if row[first] > a:
            a, i = row[first], first
        if row[first + 1] > b:
            b, j = row[first + 1], first + 1
        if row[first + 2] > c:
            c, k = row[first + 2], first + 2
        if row[first + 3] > d:
            d, m = row[first + 3], first + 3
    if b > a:
        a, i = b, j
    if d > c:
        c, k = d, m
    if c > a:
        a, i = c, k
    for place in range(whole, n):
        if row[place] > a:
            a, i = row[place], place
    return i


@compiled
def _exponentials_below(row: FloatArray, top: float) -> int:
    """Overwrite logits with exp(eta - top); return how many are missing."""
    missing = 0
    for k in range(row.shape[0]):
        x = top - row[k]
        gone = x > SMALLEST
        missing += x != x  # noqa: PLR0124 - true of a missing value only
        x = x if x < SMALLEST else SMALLEST  # noqa: FURB136 - a missing value too must give an index below
        j = np.floor(x * LOG2_E + 0.5)
        r = (j * LN_2_HIGH - x) + j * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        row[k] = 0.0 if gone else (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(j)]
    return missing


@compiled_sum
def _sum(row: FloatArray) -> float:
    total = 0.0
    for k in range(row.shape[0]):
        total += row[k]
    return total


@compiled
def _scale(row: FloatArray, factor: float) -> None:
    for k in range(row.shape[0]):
        row[k] *= factor


@compiled
def _least_of(row: FloatArray) -> float:
    """Return the least number, four at a time."""
    n = row.shape[0]
    a = b = c = d = math.inf
    whole = n - n % 4
    for first in range(0, whole, 4):
        a = row[first] if row[first] < a else a  # noqa: FURB136 - one instruction, where min is a call
        b = row[first + 1] if row[first + 1] < b else b  # noqa: FURB136
        c = row[first + 2] if row[first + 2] < c else c  # noqa: FURB136
        d = row[first + 3] if row[first + 3] < d else d  # noqa: FURB136
    for k in range(whole, n):
        a = row[k] if row[k] < a else a  # noqa: FURB136
    return min(a, b, c, d)
