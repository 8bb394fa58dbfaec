r"""The logistic function and its logarithms, number by number, right to two units in the last place.

Everything follows from :math:`e = \exp(-|x|)`, held as an unevaluated sum of two numbers, so that the roundings of the
exponential do not add to those of what is formed of it (``docs/maths/logit_functions.md``, equations 1 to 5). The loops
have no branch and no call: the compiler works on several numbers at once. They calculate in float64; results of float32
are rounded once.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import AnyFloats, FloatArray

__all__ = ["log_one_less_exp", "logistic", "softened"]

CHUNK = 512  # numbers whose intermediate results stay in the first-level cache
LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
LN_2_HIGH = 6.93147180369123816490e-01  # its leading bits, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 746.0  # its exponential of minus this is zero, and that of 745 the last number above
ROOT_2_LESS_1 = 0.41421356237309503
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def _decay(x: AnyFloats, high: FloatArray, low: FloatArray) -> None:
    """Write exp(-|x|) as a sum of two numbers."""
    for i in range(x.shape[0]):
        a = abs(float(x[i]))
        a = a if a < SMALLEST else SMALLEST  # noqa: FURB136 - one instruction, where min is a call
        k = np.floor(a * LOG2_E + 0.5)
        first = k * LN_2_HIGH - a
        r = first + k * LN_2_LOW
        rest = (first - r) + k * LN_2_LOW
        upper = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        series = r * r * (C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * upper))))))
        # exp(r + rest) is 1 + r + t to first order in what is small; the sums are made exact one after the other.
        t = series + rest * (1.0 + r)
        s = 1.0 + r
        behind = r - (s - 1.0)
        whole = s + t
        power = POWERS[np.int64(k)]
        high[i] = whole * power
        low[i] = ((t - (whole - s)) + behind) * power


@compiled
def logistic(x: AnyFloats, out: AnyFloats) -> None:
    r"""Write :math:`1 / (1 + \exp(-x))`.

    Parameters
    ----------
    x, out : (n,) array
        Logits, and what is overwritten; of float64 or float32.
    """
    n = x.shape[0]
    high, low = np.empty(min(n, CHUNK)), np.empty(min(n, CHUNK))
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        _decay(x[first : first + m], high, low)
        for i in range(m):
            e, rest = high[i], low[i]
            s = 1.0 + e
            t = (e - (s - 1.0)) + rest  # what 1 + e lost, and the second number
            above = x[first + i] >= 0.0
            y = (1.0 if above else e) / s
            out[first + i] = y + ((0.0 if above else rest) - y * t) / s


@compiled
def softened(x: AnyFloats, sign: float, out: AnyFloats) -> None:
    r"""Write :math:`\log(1 + e^x)`, or the log of the logistic function.

    Parameters
    ----------
    x, out : (n,) array
        Logits, and what is overwritten; of float64 or float32.
    sign : float
        1 for :math:`\log(1 + e^x)`; -1 for :math:`-\log(1 + e^{-x})`.
    """
    n = x.shape[0]
    high, low = np.empty(min(n, CHUNK)), np.empty(min(n, CHUNK))
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        _decay(x[first : first + m], high, low)
        for i in range(m):
            e, rest = high[i], low[i]
            # log(1 + e) = [ln 2] + f - (h - s (h + R)), h = f^2 / 2, s = f / (2 + f), after halving a large 1 + e.
            large = e > ROOT_2_LESS_1
            f = 0.5 * (e - 1.0) if large else e
            lost = 0.5 * (e - ((f + f) + 1.0)) if large else 0.0
            s = f / (2.0 + f)
            z = s * s
            series = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21 + z * (1 / 23)))))
            tail = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * series))))
            half = 0.5 * f * f
            small = s * (half + 2.0 * z * tail)
            change = (rest * (0.5 if large else 1.0) + lost) / (1.0 + f)
            below = change - (half - small)
            linear = sign * float(x[first + i])
            linear = max(0.0, linear)
            base = LN_2_HIGH if large else 0.0
            under = LN_2_LOW if large else 0.0
            out[first + i] = sign * (linear + (base + (f + (below + under))))


@compiled
def log_one_less_exp(x: AnyFloats, out: AnyFloats) -> None:
    r"""Write :math:`\log(1 - \exp(x))` of numbers below zero.

    Parameters
    ----------
    x, out : (n,) array
        Numbers at most zero, and what is overwritten; of float64 or float32. Zero gives minus infinity.
    """
    for i in range(x.shape[0]):
        value = float(x[i])
        out[i] = math.log(-math.expm1(value)) if value > -LN_2 else math.log1p(-math.exp(value))
