"""The isotonic regression of means in order: pool adjacent violators, in one pass."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["pool_violators"]


@compiled
def pool_violators(sums: FloatArray, weights: FloatArray) -> IntArray:
    """Return where the blocks of the ascending means nearest to given ones begin.

    Parameters
    ----------
    sums, weights : (m,) array
        Weighted sums and positive weights, in the order in which means are to ascend.

    Returns
    -------
    (b,) int array
        First place of each block, within which all means are one: the sum over the weight of the block.
    """
    m = sums.shape[0]
    start = np.empty(m, dtype=np.int64)
    total, weight = np.empty(m), np.empty(m)
    count = 0
    for i in range(m):
        start[count], total[count], weight[count] = i, sums[i], weights[i]
        count += 1
        # Equal means are one block, too: cross products compare them without a division.
        while count > 1 and total[count - 2] * weight[count - 1] >= total[count - 1] * weight[count - 2]:
            total[count - 2] += total[count - 1]
            weight[count - 2] += weight[count - 1]
            count -= 1
    return start[:count].copy()
