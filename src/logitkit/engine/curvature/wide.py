"""Second derivatives of few rows with many columns, in single precision: cut by columns, so that no sums are added."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.matrix.dense import Dense
from logitkit.numerics.kernels.dense import scale_both
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = ["wide_gram"]

COLUMNS_OF_BLOCK = 400  # below this the products of blocks take longer than that of the whole
ROWS_OF_PART = 256


def wide_gram(matrix: Dense, weights: FloatArray, shares: FloatArray) -> NDArray[Any]:
    """Return D X' diag(weights) X D, the same on any number of threads.

    Examples
    --------
    >>> wide_gram(Dense(np.array([[1.0, 2.0], [0.0, 4.0]])), np.array([1.0, 2.0]), np.array([1.0, 0.5])).tolist()
    [[1.0, 1.0], [1.0, 9.0]]
    """
    numbers = matrix.by_row
    if numbers is None:
        numbers = np.ascontiguousarray(matrix.array, dtype=np.float64)
    n, p = matrix.n_rows, matrix.n_columns
    scaled = np.empty((n, p), dtype=np.float32)
    out = np.empty((p, p), dtype=np.float32)
    parts, blocks = -(-n // ROWS_OF_PART), max(-(-p // COLUMNS_OF_BLOCK), 1)
    of_part = [slice(n * part // parts, n * (part + 1) // parts) for part in range(parts)]
    of_block = [slice(first, last) for first, last in pairwise(p * block // blocks for block in range(blocks + 1))]
    pairs = [(left, right) for right in of_block for left in of_block if left.start <= right.start]

    def scale(part: int) -> None:
        here = of_part[part]
        scale_both(numbers[here], weights[here], shares, scaled[here])

    def multiply(pair: int) -> None:
        left, right = pairs[pair]
        np.matmul(scaled[:, left].T, scaled[:, right], out=out[left, right])
        if left != right:
            out[right, left] = out[left, right].T

    for _ in ordered_map(scale, parts, light=True):
        pass
    for _ in ordered_map(multiply, len(pairs)):
        pass
    return out
