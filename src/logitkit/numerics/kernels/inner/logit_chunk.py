r"""A few rows of the binomial likelihood with the logit link, written in the linear predictor.

With :math:`e = \exp(-|\eta|)`, which never overflows, everything that the engine needs follows without
cancellation (``docs/maths/binomial.md``, equations 1 to 5):

.. math::

    \ell(\eta, y) &= \log(1 + e) + (1 - y) \max(\eta, 0) + y \max(-\eta, 0), \\
    \mu &= 1 / (1 + e) \text{ or } e / (1 + e), \qquad
    \mu (1 - \mu) = e / (1 + e)^2 .

The loop over rows has no branch and no call, so that the compiler works on several rows at once: the exponential and
the logarithm are polynomials, right to two units in the last place (``docs/maths/binomial.md``, equations 14 to 16).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_fused
from logitkit.numerics.kernels.inner.sums import sum_numbers, sum_products
from logitkit.typing import FloatArray

__all__ = ["logit_chunk"]

LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
LN_2_HIGH = 6.93147180369123816490e-01  # its leading bits, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 745.0  # exp(-745) is the last number above zero
ROOT_2_LESS_1 = 0.41421356237309503
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def logit_chunk(
    eta: FloatArray, y: FloatArray, weights: FloatArray, slope: FloatArray, curvature: FloatArray, space: FloatArray
) -> tuple[float, float, float, float]:
    """Fill slope and curvature of a few rows, and return their sums; ``space`` has two numbers per row."""
    loss, mean = space[0, : eta.shape[0]], space[1, : eta.shape[0]]
    _decay(eta, curvature)
    _fill(eta, y, weights, slope, curvature, loss, mean)
    value, fitted, matched = sum_numbers(loss), sum_numbers(mean), sum_products(mean, y)
    return value, _least(y, weights, slope, loss), fitted, matched


@compiled_fused
def _decay(eta: FloatArray, out: FloatArray) -> None:
    """Write exp(-|eta|): a power of two times a polynomial on [-ln 2 / 2, ln 2 / 2]."""
    for i in range(eta.shape[0]):
        x = abs(eta[i])
        x = x if x < SMALLEST else SMALLEST  # noqa: FURB136 - a missing value too must give an index below
        k = np.floor(x * LOG2_E + 0.5)
        r = (k * LN_2_HIGH - x) + k * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        out[i] = (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(k)]


@compiled_fused
def _fill(
    eta: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
    loss: FloatArray,
    mean: FloatArray,
) -> None:
    """Fill weighted loss, mean, slope and curvature; ``curvature`` comes in as exp(-|eta|)."""
    for i in range(eta.shape[0]):
        e = curvature[i]
        # log(1 + e) = 2 artanh s, after halving 1 + e where it is above the root of two.
        large = e > ROOT_2_LESS_1
        s = (e - 1.0 if large else e) / (e + 3.0 if large else e + 2.0)
        z = s * s
        tail = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21))))
        series = 1.0 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * tail)))))
        log_1p = 2.0 * s * series + (LN_2 if large else 0.0)
        upper = 1.0 / (1.0 + e)
        lower = e * upper
        positive = eta[i] >= 0.0
        mu = upper if positive else lower
        not_mu = lower if positive else upper
        y_i = y[i]
        w_i = weights[i]
        # A missing linear predictor must show in the loss: only this product lets it through.
        loss[i] = w_i * (log_1p + abs(eta[i]) * (1.0 - y_i if positive else y_i))
        slope[i] = w_i * ((1.0 - y_i) * mu - y_i * not_mu)
        curvature[i] = w_i * upper * lower
        mean[i] = w_i * mu


@compiled
def _least(y: FloatArray, weights: FloatArray, slope: FloatArray, space: FloatArray) -> float:
    """Return the least weighted distance between outcome and mean among rows of one outcome.

    The lesser of each pair is kept, and so on with what is kept: pairs are compared several at once.
    """
    n = y.shape[0]
    for i in range(n):
        single = (weights[i] > 0.0) & ((y[i] == 0.0) | (y[i] == 1.0))
        distance = abs(slope[i])
        space[i] = distance if single & (distance < math.inf) else math.inf
    while n > 1:
        half = n // 2
        for i in range(half):
            one, other = space[i], space[n - half + i]
            space[i] = one if one < other else other  # noqa: FURB136 - one instruction, where min is a call
        n -= half
    return space[0] if n == 1 else math.inf
