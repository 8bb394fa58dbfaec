"""Rows scaled by the root of their weights, the half of a weighted Gram matrix that is not a product."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from logitkit.kernels import compiled
from logitkit.typing import FloatArray

__all__ = ["scale_rows"]


@compiled
def scale_rows(array: FloatArray, weights: FloatArray, out: NDArray[Any]) -> None:
    """Write ``sqrt(weights[i]) * array[i, j]`` to ``out``.

    Parameters
    ----------
    array : (n, p) array
        Rows, in C order for speed.
    weights : (n,) array
        Not negative.
    out : (n, p) array
        Overwritten; in double or single precision.
    """
    for i in range(array.shape[0]):
        root = math.sqrt(weights[i])
        for j in range(array.shape[1]):
            out[i, j] = root * array[i, j]
