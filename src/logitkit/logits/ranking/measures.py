r"""NDCG, recall at k and the reciprocal rank of scores, by query.

Rows of equal scores are in no order: each measure is its mean over all orders of them (McSherry and Najork 2008), in
closed form (``docs/maths/ranking.md``, equations 1 to 6).

References
----------
Jarvelin, K. and Kekalainen, J. (2002) Cumulated gain-based evaluation of IR techniques. ACM Transactions on Information
Systems 20, 422-446.
Burges, C. et al. (2005) Learning to rank using gradient descent. ICML.
McSherry, F. and Najork, M. (2008) Computing information retrieval performance measures efficiently in the presence of
tied scores. ECIR.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.ranking.mean import RankingMeasure, mean_of, options_of
from logitkit.logits.ranking.ordered import Ordered, in_order
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["ndcg", "recall_at", "reciprocal_rank"]

SMALL = 64  # blocks of more rows are summed one by one


def ndcg(
    scores: Any,
    y: Any,
    groups: Any = None,
    *,
    k: int | None = None,
    gain: str = "linear",
    level: float = 0.95,
    interval: str = "normal",
    draws: tuple[int, int] = (2_000, 0),
) -> RankingMeasure:
    r"""Return the normalised discounted cumulative gain, averaged over queries.

    A row at rank r adds its gain over :math:`\log_2(r + 1)`; the sum is divided by the sum in the best order
    (``docs/maths/ranking.md``, equations 1 and 2). With linear gains this is scikit-learn's ``ndcg_score``, except that
    queries without a relevant row are left out; scikit-learn counts them as 0.

    Parameters
    ----------
    scores : (n,) array-like
        Logits or any other scores, of which only the order within a query matters.
    y : (n,) array-like
        Relevance of each row, at least 0: 0 and 1, or grades.
    groups : (n,) array-like, optional
        Query or user of each row; one query by default.
    k : int, optional
        Only ranks up to k count, also in the best order.
    gain : {'linear', 'exponential'}, default 'linear'
        Gain of grade g: g, or :math:`2^g - 1`. For grades 0 and 1 they are equal.
    level : float, default 0.95
        Confidence level.
    interval : {'normal', 'bootstrap'}, default 'normal'
        From the standard error over queries, or from percentiles of means of queries drawn with replacement.
    draws : (int, int), default (2000, 0)
        Number of bootstrap replicates, and their seed.

    Returns
    -------
    RankingMeasure
        The mean, its interval, and the value of each query.

    Raises
    ------
    DataError
        If a number is not finite, a relevance is negative, no row is relevant, or an option is invalid.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.ndcg([3.0, 2.0, 1.0], [0, 1, 0])
    >>> round(found.estimate, 6), round(float(1 / np.log2(3)), 6)
    (0.63093, 0.63093)
    """
    rows, last = in_order(scores, y, groups), _last_rank(k)
    require_choice("gain", gain, ("linear", "exponential"))
    if gain == "exponential" and rows.relevance.max() > 1_000.0:
        raise DataError(f"y is {rows.relevance.max():g}: two to this power is too large; take gain='linear'.")
    gains = rows.relevance if gain == "linear" else np.expm1(np.log(2.0) * rows.relevance)
    discount = np.where(rows.position < last, 1.0 / np.log2(rows.position + 2.0), 0.0)
    found = rows.by_query(_block_means(rows, gains) * np.add.reduceat(discount, rows.blocks))
    ideal = gains[np.lexsort((-gains, rows.query))]
    best = np.add.reduceat(ideal * discount, rows.first)
    values = np.divide(found, best, out=np.full(best.size, np.nan), where=best > 0.0)
    name = "NDCG" if k is None else f"NDCG at {k}"
    return mean_of(name, rows.queries, values, options_of(level, interval, draws))


def recall_at(
    scores: Any,
    y: Any,
    groups: Any = None,
    *,
    k: int,
    level: float = 0.95,
    interval: str = "normal",
    draws: tuple[int, int] = (2_000, 0),
) -> RankingMeasure:
    """Return the proportion of relevant rows that rank among the first k of a query, averaged over queries.

    Rows with equal scores at the border are among the first k with equal probability
    (``docs/maths/ranking.md``, equation 3).

    Parameters
    ----------
    scores, y, groups : (n,) array-like
        As for ``ndcg``; a row is relevant where y is above 0.
    k : int
        Number of first rows that count.
    level, interval, draws : optional
        As for ``ndcg``.

    Returns
    -------
    RankingMeasure
        The mean, its interval, and the value of each query.

    Raises
    ------
    DataError
        As for ``ndcg``.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logits.recall_at([3.0, 2.0, 2.0, 1.0], [1, 1, 0, 0], k=2).estimate
    0.75
    """
    rows, last = in_order(scores, y, groups), _last_rank(k)
    relevant = (rows.relevance > 0.0).astype(np.float64)
    within = np.clip(last - rows.position[rows.blocks], 0, rows.block_sizes)
    found = rows.by_query(_block_means(rows, relevant) * within)
    total = np.add.reduceat(relevant, rows.first)
    values = np.divide(found, total, out=np.full(total.size, np.nan), where=total > 0.0)
    return mean_of(f"Recall at {k}", rows.queries, values, options_of(level, interval, draws))


def reciprocal_rank(
    scores: Any,
    y: Any,
    groups: Any = None,
    *,
    level: float = 0.95,
    interval: str = "normal",
    draws: tuple[int, int] = (2_000, 0),
) -> RankingMeasure:
    """Return the mean over queries of one over the rank of the first relevant row (MRR).

    If the first relevant rows share their score with others, this is the mean over all orders of these rows
    (``docs/maths/ranking.md``, equations 4 and 5).

    Parameters
    ----------
    scores, y, groups : (n,) array-like
        As for ``ndcg``; a row is relevant where y is above 0.
    level, interval, draws : optional
        As for ``ndcg``.

    Returns
    -------
    RankingMeasure
        The mean, its interval, and the value of each query.

    Raises
    ------
    DataError
        As for ``ndcg``.

    Examples
    --------
    With ties, the measure is the mean over their orders:

    >>> import logitkit as lk
    >>> round(lk.logits.reciprocal_rank([3.0, 2.0, 2.0], [0, 1, 0]).estimate, 4), round((1 / 2 + 1 / 3) / 2, 4)
    (0.4167, 0.4167)
    """
    rows = in_order(scores, y, groups)
    relevant = np.add.reduceat((rows.relevance > 0.0).astype(np.int64), rows.blocks)
    holds = np.flatnonzero(relevant)
    query = rows.query[rows.blocks[holds]]
    has, which = np.unique(query, return_index=True)
    values = np.full(rows.first.size, np.nan)
    blocks = holds[which]
    values[has] = _first_of_block(rows.position[rows.blocks[blocks]], rows.block_sizes[blocks], relevant[blocks])
    return mean_of("Mean reciprocal rank", rows.queries, values, options_of(level, interval, draws))


def _first_of_block(before: IntArray, size: IntArray, relevant: IntArray) -> FloatArray:
    """Return the mean of one over the rank of the first of some relevant rows in blocks in random order."""
    out = np.zeros(before.size)
    small = size <= SMALL
    for i in np.flatnonzero(~small):
        place = np.arange(1, size[i] - relevant[i] + 2)
        rest = size[i] - place[:-1]
        passed = np.cumprod(np.append(1.0, (rest - relevant[i] + 1) / rest))  # chance / chance at the first place
        out[i] = relevant[i] / size[i] * (passed / (before[i] + place)).sum()
    chance = relevant / size  # that the next row is relevant and none before it was
    left = np.flatnonzero(small)  # blocks whose first relevant row may still be ahead
    j = 1
    while left.size:
        out[left] += chance[left] / (before[left] + j)
        rest = size[left] - j
        chance[left] *= (rest - relevant[left] + 1) / np.maximum(rest, 1)
        left = left[rest >= relevant[left]]
        j += 1
    return out


def _block_means(rows: Ordered, values: FloatArray) -> FloatArray:
    """Return the mean of values of rows in each block, (b,)."""
    return np.asarray(np.add.reduceat(values, rows.blocks) / rows.block_sizes)


def _last_rank(k: int | None) -> float:
    """Return the last rank that counts."""
    if k is None:
        return float("inf")
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 1:
        raise DataError(f"k={k!r}: give a whole number of at least 1.")
    return float(k)
