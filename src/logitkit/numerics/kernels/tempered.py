r"""The loss of logits that are all multiplied by one slope, with derivatives by it, and the Brier score with its own.

With :math:`x_k \le 0` the logits of a row less their maximum, :math:`e_k = \exp(s x_k)` and
:math:`M_j = \sum_k e_k x_k^j / \sum_k e_k`, the derivatives of :math:`\log \sum_k e_k` by s are the cumulants of x:
:math:`M_1`, :math:`M_2 - M_1^2` and so on. Rows become columns, some hundred at a time: the loops over rows have no
branch. The Brier score of a row is :math:`1 - 2 p_y + \sum_k p_k^2`, and both :math:`p_y` and the sum are of the form
:math:`u \exp(-c L)` with :math:`L = \log \sum_k e_k`, whose derivatives follow from those of u and L.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import CodeArray, FloatArray

__all__ = ["SUMS", "tempered_sums"]

SUMS = 7  # the loss, its three derivatives, the Brier score, and its two

NUMBERS = 2_048  # logits of the rows at a time: their columns stay in the first-level cache
LEAST_ROWS, MOST_ROWS = 16, 256
LOG2_E = 1.4426950408889634
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 746.0  # its exponential of minus this is zero, and that of 745 the last number above
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def _turn(z: FloatArray, x: FloatArray, top: FloatArray) -> None:
    """Write rows of logits as columns, less the largest of each row."""
    m, n_outcomes = z.shape
    for k in range(n_outcomes):
        column = x[k]
        for i in range(m):
            column[i] = z[i, k]
    for i in range(m):
        top[i] = x[0, i]
    for k in range(1, n_outcomes):
        column = x[k]
        for i in range(m):
            top[i] = column[i] if column[i] > top[i] else top[i]  # noqa: FURB136 - one instruction, not a call
    for k in range(n_outcomes):
        column = x[k]
        for i in range(m):
            column[i] -= top[i]


@compiled
def _exponential(x: FloatArray, slope: float, e: FloatArray, m: int) -> None:
    """Write exp(slope x) of numbers that are not above zero."""
    for i in range(m):
        a = -slope * x[i]
        a = a if a < SMALLEST else SMALLEST  # noqa: FURB136 - as above
        j = np.floor(a * LOG2_E + 0.5)
        r = (j * LN_2_HIGH - a) + j * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        e[i] = (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(j)]


@compiled
def _add(x: FloatArray, e: FloatArray, sums: FloatArray, m: int, derivatives: bool) -> None:
    """Add up the moments of rows, and those of squared probabilities, two outcomes at a time."""
    s0, s1, s2, s3, q0, q1, q2 = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6]
    n_outcomes = x.shape[0]
    for k in range(0, n_outcomes - 1, 2):
        u, v, f, g = x[k], x[k + 1], e[k], e[k + 1]
        if not derivatives:
            for i in range(m):
                s0[i] += f[i] + g[i]
                q0[i] += f[i] * f[i] + g[i] * g[i]
            continue
        for i in range(m):
            a, b, c, d = f[i], g[i], f[i] * f[i], g[i] * g[i]
            s0[i] += a + b
            q0[i] += c + d
            a, b, c, d = a * u[i], b * v[i], c * u[i], d * v[i]
            s1[i] += a + b
            q1[i] += c + d
            a, b = a * u[i], b * v[i]
            s2[i] += a + b
            q2[i] += c * u[i] + d * v[i]
            s3[i] += a * u[i] + b * v[i]
    if n_outcomes % 2 == 1:
        u, f = x[n_outcomes - 1], e[n_outcomes - 1]
        for i in range(m):
            a, c = f[i], f[i] * f[i]
            s0[i] += a
            q0[i] += c
            if derivatives:
                s1[i] += a * u[i]
                q1[i] += c * u[i]
                s2[i] += a * u[i] * u[i]
                q2[i] += c * u[i] * u[i]
                s3[i] += a * u[i] * u[i] * u[i]


@compiled_sum
def _total(values: FloatArray, weights: FloatArray, m: int) -> float:
    total = 0.0
    for i in range(m):
        total += weights[i] * values[i]
    return total


@compiled
def _finish(sums: FloatArray, own: FloatArray, own_e: FloatArray, slope: float, m: int, derivatives: bool) -> None:
    """Turn the moments of rows into what each of them adds, given the logit that occurred and its exponential."""
    s0, s1, s2, s3, q0, q1, q2 = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6]
    if derivatives:
        for i in range(m):
            scale = 1.0 / s0[i]
            mean, second = s1[i] * scale, s2[i] * scale
            variance = second - mean * mean
            variance = variance if variance > 0.0 else 0.0  # noqa: FURB136 - as above
            third = s3[i] * scale - mean * (3.0 * second - 2.0 * mean * mean)
            p, away, square = own_e[i] * scale, own[i] - mean, scale * scale
            # Of u exp(-c L), with c = 1 for the outcome and c = 2 for the sum of squares.
            bent = 4.0 * square * (q2[i] - 2.0 * mean * q1[i] + mean * mean * q0[i]) - 2.0 * variance * square * q0[i]
            s1[i], s2[i], s3[i] = mean - own[i], variance, third
            q1[i] = 2.0 * square * (q1[i] - mean * q0[i]) - 2.0 * p * away
            q2[i] = bent - 2.0 * p * (away * away - variance)
    for i in range(m):
        scale = 1.0 / s0[i]
        q0[i] = (1.0 - 2.0 * own_e[i] * scale) + q0[i] * scale * scale
    for i in range(m):
        s0[i] = math.log(s0[i]) - slope * own[i]


@compiled
def _finish_shares(
    x: FloatArray, e: FloatArray, shares: FloatArray, sums: FloatArray, part: FloatArray, slope: float, m: int
) -> None:
    """As ``_finish``, of rows with proportions of outcomes: those of each outcome, by its proportion."""
    n_outcomes = x.shape[0]
    moments, ready = sums.copy(), np.empty(sums.shape)
    share = part[0]
    for j in range(SUMS):
        for i in range(m):
            sums[j, i] = 0.0
    for k in range(n_outcomes):
        for j in range(SUMS):
            for i in range(m):
                ready[j, i] = moments[j, i]
        for i in range(m):
            share[i] = shares[i, k]
        _finish(ready, x[k], e[k], slope, m, True)
        for j in range(SUMS):
            for i in range(m):
                sums[j, i] += share[i] * ready[j, i]


@compiled
def tempered_sums(
    logits: FloatArray,
    codes: CodeArray,
    shares: FloatArray,
    weights: FloatArray,
    slope: float,
    derivatives: bool,
    out: FloatArray,
) -> None:
    """Add the sums of rows.

    Parameters
    ----------
    logits : (n, K) array
        Logits.
    codes : (n,) or (0,) int32 array
        Outcome of each row, where a row has one.
    shares : (n, K) or (0, 0) array
        Else the proportions of the outcomes.
    weights : (n,) array
        How often each row counts.
    slope : float
        What logits are multiplied by, not below zero.
    derivatives : bool
        Whether to form derivatives; zeros are added if not.
    out : (7,) array
        Added to: the negative log-likelihood, its three derivatives by the slope, the Brier score and its two.
    """
    n, n_outcomes = logits.shape
    size = max(min(n, MOST_ROWS, max(NUMBERS // n_outcomes, LEAST_ROWS)), 1)
    x, e, top = np.empty((n_outcomes, size)), np.empty((n_outcomes, size)), np.empty(size)
    sums, own, own_e, part = np.empty((SUMS, size)), np.empty(size), np.empty(size), np.empty((1, size))
    for first in range(0, n, size):
        m = min(n - first, size)
        here = weights[first : first + m]
        _turn(logits[first : first + m], x, top)
        for j in range(SUMS):
            for i in range(m):
                sums[j, i] = 0.0
        for k in range(n_outcomes):
            _exponential(x[k], slope, e[k], m)
        _add(x, e, sums, m, derivatives)
        if codes.shape[0] > 0:
            for i in range(m):
                own[i], own_e[i] = x[codes[first + i], i], e[codes[first + i], i]
            _finish(sums, own, own_e, slope, m, derivatives)
        else:
            _finish_shares(x, e, shares[first : first + m], sums, part, slope, m)
        for j in range(SUMS):
            out[j] += _total(sums[j], here, m)
