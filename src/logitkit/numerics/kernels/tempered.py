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

SUMS = 9  # the loss, its four derivatives, the Brier score, and its three

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
def _add(x: FloatArray, e: FloatArray, sums: FloatArray, m: int) -> None:
    """Add what an outcome brings to the moments of rows, and to those of squared probabilities."""
    s0, s1, s2, s3, s4 = sums[0], sums[1], sums[2], sums[3], sums[4]
    q0, q1, q2, q3 = sums[5], sums[6], sums[7], sums[8]
    for i in range(m):
        one, two = e[i], e[i] * e[i]
        s0[i] += one
        q0[i] += two
        one *= x[i]
        two *= 2.0 * x[i]
        s1[i] += one
        q1[i] += two
        one *= x[i]
        two *= 2.0 * x[i]
        s2[i] += one
        q2[i] += two
        one *= x[i]
        s3[i] += one
        q3[i] += two * (2.0 * x[i])
        s4[i] += one * x[i]


@compiled_sum
def _total(values: FloatArray, weights: FloatArray, m: int) -> float:
    total = 0.0
    for i in range(m):
        total += weights[i] * values[i]
    return total


@compiled
def _scaled(u: FloatArray, c: float, m1: float, v: float, t: float, scale: float, out: FloatArray) -> None:
    """Add u exp(-c L) and its three derivatives, of those of u and of L, exp(-c L) being the scale."""
    a, b = c * m1, c * c * m1 * m1 - c * v
    out[0] += scale * u[0]
    out[1] += scale * (u[1] - a * u[0])
    out[2] += scale * (u[2] - 2.0 * a * u[1] + b * u[0])
    out[3] += scale * (u[3] - 3.0 * a * u[2] + 3.0 * b * u[1] - (a * a * a - 3.0 * c * a * v + c * t) * u[0])


@compiled
def tempered_sums(
    logits: FloatArray, codes: CodeArray, shares: FloatArray, weights: FloatArray, slope: float, out: FloatArray
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
    out : (9,) array
        Added to: the negative log-likelihood, its four derivatives by the slope, the Brier score and its three.
    """
    n, n_outcomes = logits.shape
    size = max(min(n, MOST_ROWS, max(NUMBERS // n_outcomes, LEAST_ROWS)), 1)
    x, e, top = np.empty((n_outcomes, size)), np.empty((n_outcomes, size)), np.empty(size)
    sums, own, mean = np.empty((SUMS, size)), np.empty((4, size)), np.empty(size)
    square, outcome, brier = np.empty(4), np.empty(4), np.empty(4)
    for first in range(0, n, size):
        m = min(n - first, size)
        _turn(logits[first : first + m], x, top)
        for j in range(SUMS):
            for i in range(m):
                sums[j, i] = 0.0
        for k in range(n_outcomes):
            _exponential(x[k], slope, e[k], m)
            _add(x[k], e[k], sums, m)
        if codes.shape[0] > 0:
            for i in range(m):
                k = codes[first + i]
                mean[i], own[0, i] = x[k, i], e[k, i]
                own[1, i] = own[0, i] * x[k, i]
                own[2, i] = own[1, i] * x[k, i]
                own[3, i] = own[2, i] * x[k, i]
        else:
            for i in range(m):
                mean[i] = own[0, i] = own[1, i] = own[2, i] = own[3, i] = 0.0
            for k in range(n_outcomes):
                for i in range(m):
                    share = shares[first + i, k]
                    mean[i] += share * x[k, i]
                    share *= e[k, i]
                    for j in range(4):
                        own[j, i] += share
                        share *= x[k, i]
        for i in range(m):
            scale = 1.0 / sums[0, i]
            m1, m2, m3, m4 = sums[1, i] * scale, sums[2, i] * scale, sums[3, i] * scale, sums[4, i] * scale
            v = m2 - m1 * m1
            v = v if v > 0.0 else 0.0  # noqa: FURB136 - as above
            t = m3 - m1 * (3.0 * m2 - 2.0 * m1 * m1)
            for j in range(4):
                square[j], outcome[j], brier[j] = sums[5 + j, i], own[j, i], 0.0
            _scaled(outcome, 1.0, m1, v, t, -2.0 * scale, brier)
            _scaled(square, 2.0, m1, v, t, scale * scale, brier)
            sums[0, i] = math.log(sums[0, i]) - slope * mean[i]
            sums[1, i], sums[2, i], sums[3, i] = m1 - mean[i], v, t
            sums[4, i] = m4 - 4.0 * m1 * m3 - 3.0 * m2 * m2 + m1 * m1 * (12.0 * m2 - 6.0 * m1 * m1)
            sums[5, i] = 1.0 + brier[0]
            for j in range(1, 4):
                sums[5 + j, i] = brier[j]
        here = weights[first : first + m]
        for j in range(SUMS):
            out[j] += _total(sums[j], here, m)
