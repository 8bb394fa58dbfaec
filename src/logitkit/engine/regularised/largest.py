"""The largest strength of a path: the smallest multiple of a penalty at which every coefficient is zero."""

from __future__ import annotations

import numpy as np

from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import FloatArray

__all__ = ["largest_share"]

L1_RATIO_LEAST = 1e-3  # for the largest strength where there is no corner, as glmnet has it


def largest_share(penalty: Penalty, slope: FloatArray) -> float:
    """Return the smallest multiple of a penalty at which every coefficient is zero.

    Examples
    --------
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> from dataclasses import replace
    >>> largest_share(replace(no_penalty(2), l1=np.array([1.0, 2.0])), np.array([3.0, -8.0]))
    4.0
    """
    corner = np.maximum(penalty.l1, L1_RATIO_LEAST * penalty.l2)
    pull = np.where(slope > 0.0, penalty.lower < 0.0, penalty.upper > 0.0) * np.abs(slope)
    alone = corner > 0.0
    if penalty.groups is None:
        return float((pull[alone] / corner[alone]).max(initial=0.0))
    grouped = penalty.groups.codes >= 0
    alone &= ~grouped
    top = float((pull[alone] / corner[alone]).max(initial=0.0))
    low, high = 0.0, max(top, 1e-300)
    codes, strengths = penalty.groups.codes[grouped], penalty.groups.strengths

    def still(share: float) -> bool:
        rest = np.maximum(pull[grouped] - share * penalty.l1[grouped], 0.0)
        return bool(np.all(np.bincount(codes, rest**2, strengths.size) <= (share * strengths) ** 2))

    while not still(high):
        high *= 2.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if still(middle) else (middle, high)
    return max(top, high)
