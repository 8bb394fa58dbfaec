"""The exponential of minus the size of numbers, by a polynomial: several numbers are worked on at once."""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import AnyFloats, FloatArray

__all__ = ["decay_of"]

LOG2_E = 1.4426950408889634
LN_2_HIGH = 6.93147180369123816490e-01  # leading bits of log 2, so that a multiple of it is exact
LN_2_LOW = 1.90821492927058770002e-10  # and the others
SMALLEST = 746.0  # its exponential of minus this is zero, and that of 745 the last number above
POWERS = np.array([0.5**k for k in range(1_080)])
C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13 = (1.0 / math.factorial(k) for k in range(2, 14))


@compiled
def decay_of(x: AnyFloats, out: FloatArray) -> None:
    """Write exp(-|x|)."""
    for i in range(x.shape[0]):
        a = abs(float(x[i]))
        a = a if a < SMALLEST else SMALLEST  # noqa: FURB136 - one instruction, where min is a call
        k = np.floor(a * LOG2_E + 0.5)
        r = (k * LN_2_HIGH - a) + k * LN_2_LOW
        high = C8 + r * (C9 + r * (C10 + r * (C11 + r * (C12 + r * C13))))
        low = C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * (C7 + r * high)))))
        out[i] = (1.0 + r * (1.0 + r * low)) * POWERS[np.int64(k)]
