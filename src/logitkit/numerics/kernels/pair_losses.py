r"""The logistic loss of pairs of rows in an order, with its derivatives (``docs/maths/logit_functions.md``, 19 and 20).

The rows of a group come by relevance, the least relevant first: the rows that one of them should stand before are the
first ones of its group, and the loop over them has no branch and no call.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import FloatArray, IntArray

__all__ = ["pair_curvature", "pair_loss"]

CHUNK = 256  # pairs whose intermediate results stay in the first-level cache
LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 746.0  # its exponential of minus this is zero, and that of 745 the last number above
ROOT_2_LESS_1 = 0.41421356237309503
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def _apart(z: FloatArray, mine: float, apart: FloatArray, decay: FloatArray) -> None:
    """Write differences from a score, and the exponentials of minus their absolute values."""
    for j in range(z.shape[0]):
        apart[j] = mine - z[j]
        a = abs(apart[j])
        a = a if a < SMALLEST else SMALLEST  # noqa: FURB136 - one instruction, where min is a call
        k = np.floor(a * LOG2_E + 0.5)
        r = (k * LN_2_HIGH - a) + k * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        decay[j] = (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(k)]


@compiled_sum
def pair_loss(
    z: FloatArray, weights: FloatArray, begin: IntArray, lower: IntArray, first: int, after: int, slope: FloatArray
) -> tuple[float, float]:
    r"""Return the sum of :math:`w_i w_j \log(1 + e^{-(z_i - z_j)})` over some rows i and the less relevant j of each.

    Parameters
    ----------
    z, weights : (n,) array
        Logits and weights; the rows of a group side by side, the least relevant first.
    begin, lower : (n,) int array
        First row of the group of each row, and the row after the last that is less relevant.
    first, after : int
        The rows i are those from ``first``, before ``after``.
    slope : (m,) or (0,) array
        Added to: the derivative of the sum by the rows from ``begin[first]``, before ``after``; nothing if it is empty.

    Returns
    -------
    loss, weight : float
        The sum, and that of the weights of the pairs.
    """
    apart, decay = np.empty(CHUNK), np.empty(CHUNK)
    total, pairs, start = 0.0, 0.0, begin[first]
    slopes = slope.shape[0] > 0
    for i in range(first, after):
        loss, mine, pull = 0.0, 0.0, 0.0
        for left in range(begin[i], lower[i], CHUNK):
            m = min(lower[i] - left, CHUNK)
            _apart(z[left : left + m], z[i], apart, decay)
            for j in range(m):
                e, x, w = decay[j], apart[j], weights[left + j]
                # log(1 + e) = [ln 2] + f - (h - s (h + R)), h = f^2 / 2, s = f / (2 + f), after halving a large 1 + e.
                large = e > ROOT_2_LESS_1
                f = 0.5 * (e - 1.0) if large else e
                s = f / (2.0 + f)
                t = s * s
                series = 1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t * (1 / 21 + t * (1 / 23)))))
                tail = 1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * series))))
                half = 0.5 * f * f
                both = (LN_2 if large else 0.0) + (f - (half - s * (half + 2.0 * t * tail)))
                loss += w * (both + (-x if x < 0.0 else 0.0))
                mine += w
                decay[j] = w * (e if x >= 0.0 else 1.0) / (1.0 + e)
            if slopes:
                for j in range(m):
                    pull += decay[j]
                    slope[left - start + j] += weights[i] * decay[j]
        total += weights[i] * loss
        pairs += weights[i] * mine
        if slopes:
            slope[i - start] -= weights[i] * pull
    return total, pairs


@compiled_sum
def pair_curvature(
    z: FloatArray,
    weights: FloatArray,
    begin: IntArray,
    lower: IntArray,
    first: int,
    after: int,
    direction: FloatArray,
    out: FloatArray,
) -> float:
    """Add the second derivatives of the sum of ``pair_loss`` times a direction.

    Parameters
    ----------
    z, weights, begin, lower, first, after : array or int
        As for ``pair_loss``.
    direction : (n,) array
        What is multiplied.
    out : (m,) array
        Added to, of the rows from ``begin[first]``, before ``after``.

    Returns
    -------
    float
        The sum of the weights of the pairs.
    """
    apart, decay = np.empty(CHUNK), np.empty(CHUNK)
    pairs, start = 0.0, begin[first]
    for i in range(first, after):
        mine, pull = 0.0, 0.0
        for left in range(begin[i], lower[i], CHUNK):
            m = min(lower[i] - left, CHUNK)
            _apart(z[left : left + m], z[i], apart, decay)
            for j in range(m):
                e, w = decay[j], weights[left + j]
                mine += w
                bend = weights[i] * w * e / ((1.0 + e) * (1.0 + e)) * (direction[i] - direction[left + j])
                pull += bend
                out[left - start + j] -= bend
        out[i - start] += pull
        pairs += weights[i] * mine
    return pairs
