r"""Softmax, its logarithms, and losses of several outcomes with their derivatives, for rows of logits.

A few hundred rows at a time, of float64 or float32, are turned into columns, one per outcome: the loops over rows have
no branch. With :math:`m` the largest logit of a row, :math:`e_k = \exp(\eta_k - m)` and R the sum of all :math:`e_k`
but one of the maximum, everything is formed of R: nothing overflows, and :math:`1 - p` is not lost where p is near one
(``docs/maths/logit_functions.md``, equations 6 to 13). A logit of minus infinity is an outcome that cannot be.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import AnyFloats, CodeArray, FloatArray

__all__ = ["categorical_curvature", "categorical_loss", "divergence", "entropy", "log_sum_exp", "softmax"]

NUMBERS = 4_096  # logits of the rows at a time: their columns stay in the first-level cache
LEAST_ROWS, MOST_ROWS = 16, 512
LOG2_E = 1.4426950408889634
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 746.0  # its exponential of minus this is zero, and that of 745 the last number above
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def _rows_at_once(n: int, k: int) -> int:
    return max(min(n, MOST_ROWS, max(NUMBERS // k, LEAST_ROWS)), 1)


@compiled
def _turn(z: AnyFloats, e: FloatArray, top: FloatArray, place: CodeArray) -> None:
    """Write rows of logits as columns, and the largest of each row with where it is."""
    m, n_outcomes = z.shape
    top[:m] = -np.inf
    place[:m] = 0
    for k in range(n_outcomes):
        column = e[k]
        for i in range(m):
            column[i] = z[i, k]
        for i in range(m):
            above = column[i] > top[i]
            top[i] = column[i] if above else top[i]
            place[i] = k if above else place[i]


@compiled
def _exponentials(x: FloatArray, top: FloatArray, m: int) -> None:
    """Overwrite the logits of one outcome with exp(x - top)."""
    for i in range(m):
        a = top[i] - x[i]
        a = a if a < SMALLEST else SMALLEST  # noqa: FURB136 - one instruction, where min is a call
        j = np.floor(a * LOG2_E + 0.5)
        r = (j * LN_2_HIGH - a) + j * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        x[i] = (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(j)]


@compiled
def _add(x: FloatArray, k: int, place: CodeArray, total: FloatArray, lost: FloatArray, m: int) -> None:
    """Add a number to the sum of each row, but where its place is k; what rounding loses is summed beside it."""
    for i in range(m):
        term = 0.0 if place[i] == k else x[i]
        old = total[i]
        new = old + term
        part = new - old
        lost[i] += (old - (new - part)) + (term - part)
        total[i] = new


@compiled
def _raise(e: FloatArray, top: FloatArray, place: CodeArray, rest: FloatArray, m: int) -> None:
    """Turn columns of logits into exp(x - top), and sum all but one of the largest."""
    lost = np.zeros(m)
    rest[:m] = 0.0
    for k in range(e.shape[0]):
        _exponentials(e[k], top, m)
        _add(e[k], k, place, rest, lost, m)
    for i in range(m):
        rest[i] += lost[i]


@compiled
def log_sum_exp(z: AnyFloats, out: AnyFloats) -> None:
    r"""Write :math:`\log \sum_k \exp(\eta_k)` of each row.

    Parameters
    ----------
    z : (n, K) array
        Logits.
    out : (n,) array
        Overwritten.
    """
    n, n_outcomes = z.shape
    size = _rows_at_once(n, n_outcomes)
    e, top, rest = np.empty((n_outcomes, size)), np.empty(size), np.empty(size)
    place = np.empty(size, np.int32)
    for first in range(0, n, size):
        m = min(n - first, size)
        _turn(z[first : first + m], e, top, place)
        _raise(e, top, place, rest, m)
        for i in range(m):
            out[first + i] = top[i] + math.log1p(rest[i])


@compiled
def softmax(z: AnyFloats, logs: bool, out: AnyFloats) -> None:
    r"""Write the probabilities of the outcomes, or their logarithms.

    Parameters
    ----------
    z : (n, K) array
        Logits.
    logs : bool
        Whether to write :math:`\log p_k`.
    out : (n, K) array
        Overwritten.
    """
    n, n_outcomes = z.shape
    size = _rows_at_once(n, n_outcomes)
    e, top, rest = np.empty((n_outcomes, size)), np.empty(size), np.empty(size)
    place = np.empty(size, np.int32)
    for first in range(0, n, size):
        m = min(n - first, size)
        rows = z[first : first + m]
        _turn(rows, e, top, place)
        _raise(e, top, place, rest, m)
        for i in range(m):
            rest[i] = math.log1p(rest[i]) if logs else 1.0 / (1.0 + rest[i])
        for k in range(n_outcomes):
            column = e[k]
            for i in range(m):
                out[first + i, k] = (rows[i, k] - top[i]) - rest[i] if logs else column[i] * rest[i]


@compiled
def entropy(z: AnyFloats, out: AnyFloats) -> None:
    r"""Write :math:`-\sum_k p_k \log p_k` of each row: no term of the sum that it forms is negative.

    Parameters
    ----------
    z : (n, K) array
        Logits.
    out : (n,) array
        Overwritten.
    """
    n, n_outcomes = z.shape
    size = _rows_at_once(n, n_outcomes)
    e, top, rest, total = np.empty((n_outcomes, size)), np.empty(size), np.empty(size), np.empty(size)
    lost, place = np.empty(size), np.empty(size, np.int32)
    for first in range(0, n, size):
        m = min(n - first, size)
        rows = z[first : first + m]
        _turn(rows, e, top, place)
        _raise(e, top, place, rest, m)
        total[:m] = lost[:m] = 0.0
        for k in range(n_outcomes):
            column = e[k]
            for i in range(m):
                column[i] = column[i] * (top[i] - rows[i, k]) if column[i] > 0.0 else 0.0
            _add(column, -1, place, total, lost, m)
        for i in range(m):
            out[first + i] = math.log1p(rest[i]) + (total[i] + lost[i]) / (1.0 + rest[i])


@compiled
def divergence(z: AnyFloats, other: AnyFloats, out: AnyFloats) -> None:
    r"""Write :math:`\sum_k p_k \log(p_k / q_k)` of each row, the divergence of Kullback and Leibler.

    Parameters
    ----------
    z, other : (n, K) array
        Logits of p, and of q.
    out : (n,) array
        Overwritten; infinite where p allows an outcome that q does not.
    """
    n, n_outcomes = z.shape
    size = _rows_at_once(n, n_outcomes)
    e, f = np.empty((n_outcomes, size)), np.empty((n_outcomes, size))
    top, rest, total = np.empty(size), np.empty(size), np.empty(size)
    top_f, rest_f, lost = np.empty(size), np.empty(size), np.empty(size)
    place = np.empty(size, np.int32)
    for first in range(0, n, size):
        m = min(n - first, size)
        rows, others = z[first : first + m], other[first : first + m]
        _turn(others, f, top_f, place)
        _raise(f, top_f, place, rest_f, m)
        _turn(rows, e, top, place)
        _raise(e, top, place, rest, m)
        total[:m] = lost[:m] = 0.0
        for k in range(n_outcomes):
            column = e[k]
            for i in range(m):
                apart = (float(rows[i, k]) - top[i]) - (float(others[i, k]) - top_f[i])
                column[i] = column[i] * apart if column[i] > 0.0 else 0.0
            _add(column, -1, place, total, lost, m)
        for i in range(m):
            logs = math.log1p(rest_f[i]) - math.log1p(rest[i])
            out[first + i] = max((total[i] + lost[i]) / (1.0 + rest[i]) + logs, 0.0)


@compiled
def _targets(
    codes: CodeArray, shares: AnyFloats, first: int, smoothing: float, class_weights: FloatArray, a: FloatArray, m: int
) -> None:
    """Write what multiplies minus the log probability of each outcome: weight times smoothed proportion."""
    n_outcomes = a.shape[0]
    even = smoothing / n_outcomes
    for k in range(n_outcomes):
        column, weight = a[k], class_weights[k]
        if codes.shape[0] > 0:
            own = weight * ((1.0 - smoothing) + even)
            for i in range(m):
                column[i] = own if codes[first + i] == k else weight * even
        else:
            for i in range(m):
                column[i] = weight * ((1.0 - smoothing) * shares[first + i, k] + even)


@compiled
def _plain_loss(
    z: AnyFloats, codes: CodeArray, class_weights: FloatArray, weights: FloatArray, loss: FloatArray, slope: AnyFloats
) -> None:
    """As ``categorical_loss``, of rows with one outcome, without smoothing and focus."""
    n, n_outcomes = z.shape
    size = _rows_at_once(n, n_outcomes)
    e, top, rest, own = np.empty((n_outcomes, size)), np.empty(size), np.empty(size), np.empty(size)
    place = np.empty(size, np.int32)
    for first in range(0, n, size):
        m = min(n - first, size)
        rows, codes_here = z[first : first + m], codes[first : first + m]
        _turn(rows, e, top, place)
        _raise(e, top, place, rest, m)
        for i in range(m):
            k = codes_here[i]
            own[i] = class_weights[k]
            loss[first + i] = own[i] * ((top[i] - rows[i, k]) + math.log1p(rest[i]))
        if slope.shape[0] == 0:
            continue
        for i in range(m):
            # The slope of the outcome that occurred is minus the probability of all others.
            k = codes_here[i]
            scale = 1.0 / (1.0 + rest[i])
            lost = own[i] * weights[first + i]
            top[i] = lost * scale
            own[i] = -lost * scale * rest[i] if place[i] == k else -lost * (1.0 - e[k, i] * scale)
        here = slope[first : first + m]
        for k in range(n_outcomes):
            column = e[k]
            for i in range(m):
                here[i, k] = column[i] * top[i]
        for i in range(m):
            here[i, codes_here[i]] = own[i]


@compiled
def categorical_loss(  # noqa: PLR0917 - arrays and scalars only
    z: AnyFloats,
    codes: CodeArray,
    shares: AnyFloats,
    smoothing: float,
    class_weights: FloatArray,
    focus: float,
    weights: FloatArray,
    loss: FloatArray,
    slope: AnyFloats,
) -> None:
    r"""Write the loss of each row, and its slopes times the weight of the row.

    The loss is :math:`\sum_k a_k (1 - p_k)^\gamma (-\log p_k)`, where :math:`a_k` is the weight of outcome k times its
    proportion in the row, after smoothing.

    Parameters
    ----------
    z : (n, K) array
        Logits.
    codes : (n,) or (0,) int32 array
        Outcome of each row, where a row has one.
    shares : (n, K) or (0, 0) array
        Else the proportions of the outcomes.
    smoothing : float
        Part of each row that is spread evenly over the outcomes.
    class_weights : (K,) array
        Weight of each outcome.
    focus : float
        The power :math:`\gamma`; 0 for the usual loss.
    weights : (n,) array
        What multiplies the slopes of each row.
    loss : (n,) array
        Overwritten.
    slope : (n, K) or (0, K) array
        Overwritten; nothing is written if it has no rows.
    """
    if focus == 0.0 and smoothing == 0.0 and codes.shape[0] > 0:
        _plain_loss(z, codes, class_weights, weights, loss, slope)
        return
    n, n_outcomes = z.shape
    size = _rows_at_once(n, n_outcomes)
    e, a = np.empty((n_outcomes, size)), np.empty((n_outcomes, size))
    top, rest, total, scale, spread = np.empty(size), np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    term, lost, place = np.empty(size), np.empty(size), np.empty(size, np.int32)
    for first in range(0, n, size):
        m = min(n - first, size)
        rows = z[first : first + m]
        _turn(rows, e, top, place)
        _raise(e, top, place, rest, m)
        _targets(codes, shares, first, smoothing, class_weights, a, m)
        here = loss[first : first + m]
        total[:m] = lost[:m] = here[:] = 0.0
        for i in range(m):
            scale[i], spread[i] = 1.0 / (1.0 + rest[i]), math.log1p(rest[i])
        for k in range(n_outcomes):
            for i in range(m):
                p = e[k, i] * scale[i]
                q = rest[i] * scale[i] if place[i] == k else 1.0 - p
                minus_log = (top[i] - rows[i, k]) + spread[i]
                share = a[k, i]
                if focus == 0.0:
                    term[i] = share * minus_log
                    a[k, i] = -share
                else:
                    term[i] = share * q**focus * minus_log if share > 0.0 else 0.0
                    a[k, i] = -share * (focus * q ** (focus - 1.0) * p * minus_log + q**focus) if q > 0.0 else 0.0
                total[i] += a[k, i]
            _add(term, -1, place, here, lost, m)
        here += lost[:m]
        if slope.shape[0] == 0:
            continue
        for k in range(n_outcomes):
            for i in range(m):
                p = e[k, i] * scale[i]
                q = rest[i] * scale[i] if place[i] == k else 1.0 - p
                slope[first + i, k] = weights[first + i] * (a[k, i] * q - p * (total[i] - a[k, i]))


@compiled
def categorical_curvature(  # noqa: PLR0917 - arrays and scalars only
    z: AnyFloats,
    codes: CodeArray,
    shares: AnyFloats,
    smoothing: float,
    class_weights: FloatArray,
    focus: float,
    weights: FloatArray,
    direction: AnyFloats,
    out: AnyFloats,
) -> None:
    """Write the second derivatives of the loss of each row times a direction, and times the weight of the row.

    Parameters
    ----------
    z, codes, shares, smoothing, class_weights, focus, weights : array or float
        As for ``categorical_loss``.
    direction, out : (n, K) array
        What is multiplied, and what is overwritten.
    """
    n, n_outcomes = z.shape
    size = _rows_at_once(n, n_outcomes)
    e, a, h = np.empty((n_outcomes, size)), np.empty((n_outcomes, size)), np.empty((n_outcomes, size))
    top, rest, total = np.empty(size), np.empty(size), np.empty(size)
    mean, bent = np.empty(size), np.empty(size)
    place = np.empty(size, np.int32)
    for first in range(0, n, size):
        m = min(n - first, size)
        rows, along = z[first : first + m], direction[first : first + m]
        _turn(rows, e, top, place)
        _raise(e, top, place, rest, m)
        _targets(codes, shares, first, smoothing, class_weights, a, m)
        # What is common to all outcomes changes no probability: the largest is the zero of the direction.
        for i in range(m):
            mean[i] = total[i] = bent[i] = 0.0
        for k in range(n_outcomes):
            for i in range(m):
                e[k, i] /= 1.0 + rest[i]
                mean[i] += e[k, i] * (along[i, k] - along[i, place[i]])
        for k in range(n_outcomes):
            for i in range(m):
                share, p = a[k, i], e[k, i]
                a[k, i], h[k, i] = -share, 0.0
                if focus > 0.0:
                    q = rest[i] / (1.0 + rest[i]) if place[i] == k else 1.0 - p
                    if q > 0.0:
                        lost = (top[i] - rows[i, k]) + math.log1p(rest[i])
                        a[k, i] = -share * (focus * q ** (focus - 1.0) * p * lost + q**focus)
                        h[k, i] = share * focus * q ** (focus - 2.0) * p
                        h[k, i] *= (focus - 1.0) * p * lost - q * lost + 2.0 * q
                    else:
                        a[k, i] = 0.0
                total[i] += a[k, i]
                bent[i] += h[k, i] * ((along[i, k] - along[i, place[i]]) - mean[i])
        for k in range(n_outcomes):
            for i in range(m):
                apart = (along[i, k] - along[i, place[i]]) - mean[i]
                value = h[k, i] * apart - e[k, i] * (apart * total[i] + bent[i])
                out[first + i, k] = weights[first + i] * value
