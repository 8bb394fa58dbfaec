"""Which boxes are kept: the best, and those that do not overlap a better one too much."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["suppress"]


@compiled
def suppress(corners: FloatArray, starts: IntArray, threshold: float, kept: BoolArray) -> None:
    """Write which boxes are kept, of boxes that come from the best to the worst within each class.

    Parameters
    ----------
    corners : (4, n) array
        Left, top, right and bottom.
    starts : (g + 1,) array
        First box of each class, and n; boxes of different classes do not compete.
    threshold : float
        Intersection over union above which the worse of two boxes is left out.
    kept : (n,) array of bool
        Overwritten.
    """
    left, top, right, bottom = corners[0], corners[1], corners[2], corners[3]
    n = kept.shape[0]
    area = np.empty(n)
    out = np.zeros(n, np.int8)
    for i in range(n):
        area[i] = (right[i] - left[i]) * (bottom[i] - top[i])
    for g in range(starts.shape[0] - 1):
        last = starts[g + 1]
        for i in range(starts[g], last):
            kept[i] = out[i] == 0
            if out[i] != 0:
                continue
            x0, y0, x1, y1, mine = left[i], top[i], right[i], bottom[i], area[i]
            for j in range(i + 1, last):
                wide = min(x1, right[j]) - max(x0, left[j])
                high = min(y1, bottom[j]) - max(y0, top[j])
                both = wide * high
                # A division, and no product with the threshold: an overlap that is the threshold is not above it.
                over = (wide > 0.0) & (high > 0.0) & (both / (mine + area[j] - both) > threshold)
                out[j] |= np.int8(over)
