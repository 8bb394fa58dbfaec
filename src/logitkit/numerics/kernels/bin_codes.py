"""Numbers to the bins that hold them, and sums over bins, in one pass over the rows."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import BoolArray, CodeArray, FloatArray

__all__ = ["bin_codes", "code_sums"]


@compiled
def bin_codes(
    values: FloatArray, cuts: FloatArray, special: FloatArray, special_codes: CodeArray, missing: int
) -> CodeArray:
    """Return the bin of each number.

    Parameters
    ----------
    values : (n,) array
        Numbers; nan where missing.
    cuts : (k - 1,) array
        Where the bins after the first begin, in order: bin m is [cuts[m - 1], cuts[m]).
    special : (s,) array
        Values in bins of their own.
    special_codes : (s,) array
        The bins of the special values.
    missing : int
        The bin of missing values.

    Returns
    -------
    (n,) int32 array
    """
    n, k = values.shape[0], cuts.shape[0]
    codes = np.empty(n, dtype=np.int32)
    for row in range(n):
        x = values[row]
        if x != x:  # noqa: PLR0124 - nan
            codes[row] = missing
            continue
        low, high = 0, k
        while low < high:
            middle = (low + high) >> 1
            if cuts[middle] <= x:
                low = middle + 1
            else:
                high = middle
        code = low
        for m in range(special.shape[0]):
            if x == special[m]:
                code = special_codes[m]
        codes[row] = code
    return codes


@compiled
def code_sums(codes: CodeArray, bad: BoolArray, weights: FloatArray, n_codes: int) -> FloatArray:
    """Return the sums of weights by bin, of non-events and of events; all weights are one if there are none.

    Parameters
    ----------
    codes : (n,) int32 array
        Bins from 0.
    bad : (n,) array of bool
        Whether each row is an event.
    weights : (n,) or (0,) array
        Weights of the rows.
    n_codes : int
        Number of bins.

    Returns
    -------
    (2, n_codes) array
        Non-events, events.
    """
    sums = np.zeros((2, n_codes))
    weighted = weights.shape[0] > 0
    for row in range(codes.shape[0]):
        sums[1 if bad[row] else 0, codes[row]] += weights[row] if weighted else 1.0
    return sums
