r"""Means, standard deviations and quantiles of groups of weighted rows, and standardised differences of two groups.

With frequency weights w, every statistic is that of the expanded rows; the variance is :math:`\sum w (x - \bar x)^2 /
(\sum w - 1)`, and quantiles are those of type 7 (Hyndman and Fan 1996), linear between order statistics. With sampling
weights the variance is :math:`\frac{n}{n - 1} \sum w (x - \bar x)^2 / \sum w`, and a quantile the smallest value at
which the weighted distribution function reaches p.

The standardised difference of two groups is :math:`|\bar x_1 - \bar x_2| / \sqrt{(s_1^2 + s_2^2) / 2}`; for a variable
with levels it is :math:`\sqrt{(t - c)' S^{-1} (t - c)}`, with the proportions t and c of all levels but one, and S the
mean of their two multinomial covariances. For more than two groups it is the mean over pairs.

References
----------
Yang, D. and Dalton, J. E. (2012) A unified approach to measuring the effect size between two groups using SAS. SAS
Global Forum, paper 335. Austin, P. C. (2009) Statistics in Medicine 28, 3083-3107.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from logitkit.typing import FloatArray, IntArray

__all__ = [
    "between_pairs",
    "deviations",
    "difference_of_levels",
    "difference_of_means",
    "group_sums",
    "means",
    "quantiles",
    "skewness",
]


def group_sums(codes: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Return the sum of the values of each group.

    Parameters
    ----------
    codes : (n,) int array
        Group of each row, 0 to ``count`` - 1.
    values : (n,) array
        Values of the rows.
    count : int
        Number of groups.

    Returns
    -------
    (count,) array
        Zero for a group without rows.

    Examples
    --------
    >>> group_sums(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [1.0, 0.0, 5.0]
    """
    return np.asarray(np.bincount(codes, values, count), dtype=np.float64)


def means(values: FloatArray, weights: FloatArray, codes: IntArray, count: int) -> FloatArray:
    """Return the weighted mean of each group.

    Parameters
    ----------
    values, weights : (n,) array
        Values and weights of the rows.
    codes : (n,) int array
        Group of each row, 0 to ``count`` - 1.
    count : int
        Number of groups.

    Returns
    -------
    (count,) array
        nan for a group without rows.

    Examples
    --------
    >>> means(np.array([1.0, 3.0, 5.0]), np.ones(3), np.array([0, 0, 1]), 2).tolist()
    [2.0, 5.0]
    """
    with np.errstate(invalid="ignore"):
        return group_sums(codes, weights * values, count) / group_sums(codes, weights, count)


def deviations(
    values: FloatArray, weights: FloatArray, codes: IntArray, count: int, *, sampling: bool = False
) -> FloatArray:
    """Return the weighted standard deviation of each group.

    Parameters
    ----------
    values, weights : (n,) array
        Values and weights of the rows.
    codes : (n,) int array
        Group of each row.
    count : int
        Number of groups.
    sampling : bool, default False
        Whether weights are sampling weights and not numbers of rows.

    Returns
    -------
    (count,) array
        nan for a group of one row.

    Examples
    --------
    >>> deviations(np.array([1.0, 3.0]), np.ones(2), np.zeros(2, dtype=int), 1).round(6).tolist()
    [1.414214]
    """
    centred = values - means(values, weights, codes, count)[codes]
    squares, totals = group_sums(codes, weights * centred**2, count), group_sums(codes, weights, count)
    n = group_sums(codes, (weights > 0.0).astype(np.float64), count) if sampling else totals
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(n > 1.0, np.sqrt(squares / totals * n / (n - 1.0)), np.nan))


def skewness(values: FloatArray, weights: FloatArray) -> float:
    """Return the skewness: the third central moment divided by the cube of the standard deviation.

    Parameters
    ----------
    values, weights : (n,) array
        Values and weights of the rows.

    Returns
    -------
    float
        0 for constant values.

    Examples
    --------
    >>> round(skewness(np.array([0.0, 0.0, 0.0, 1.0]), np.ones(4)), 4)
    1.1547
    """
    total = weights.sum()
    centred = values - weights @ values / total
    second = weights @ centred**2 / total
    return float(weights @ centred**3 / total / second**1.5) if second > 0.0 else 0.0


def quantiles(values: FloatArray, weights: FloatArray, at: tuple[float, ...], *, sampling: bool = False) -> FloatArray:
    """Return weighted quantiles.

    Parameters
    ----------
    values, weights : (n,) array
        Values and weights of the rows; rows with weight zero are ignored.
    at : tuple of float
        Proportions.
    sampling : bool, default False
        Whether weights are sampling weights.

    Returns
    -------
    array
        One quantile per proportion; nan without rows.

    Examples
    --------
    >>> quantiles(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4), (0.25, 0.5)).tolist()
    [1.75, 2.5]
    """
    used = weights > 0.0
    if not used.any():
        return np.full(len(at), np.nan)
    order = np.argsort(values[used], kind="stable")
    ordered, cumulated = values[used][order], np.cumsum(weights[used][order])
    asked = np.array(at)
    if sampling:
        wanted = asked * cumulated[-1] * (1.0 - 1e-12)  # of sums that rounding has put just below
        return np.asarray(ordered[np.minimum(np.searchsorted(cumulated, wanted), ordered.size - 1)])
    place = asked * (cumulated[-1] - 1.0)
    low = np.floor(place)
    ends = [ordered[np.searchsorted(cumulated, np.minimum(low + k, cumulated[-1] - 1.0), side="right")] for k in (0, 1)]
    return np.asarray(ends[0] + (place - low) * (ends[1] - ends[0]))


def difference_of_means(mean: FloatArray, deviation: FloatArray) -> float:
    """Return the standardised difference of two means.

    Parameters
    ----------
    mean, deviation : (2,) array
        Means and standard deviations of the two groups.

    Returns
    -------
    float
        Absolute difference; 0 if both groups are constant and equal.

    Examples
    --------
    >>> difference_of_means(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    1.0
    """
    apart, spread = float(abs(mean[0] - mean[1])), float(np.sqrt((deviation**2).sum() / 2.0))
    if np.isnan(spread):
        return float("nan")
    return 0.0 if apart == 0.0 else apart / spread if spread > 0.0 else float("inf")


def difference_of_levels(shares: FloatArray) -> float:
    """Return the standardised difference of the proportions of levels in two groups.

    Parameters
    ----------
    shares : (L, 2) array
        Proportions of the levels in each group.

    Returns
    -------
    float
        The difference; infinite if no level occurs in both groups.

    Examples
    --------
    >>> round(difference_of_levels(np.array([[0.5, 0.7], [0.5, 0.3]])), 6)
    0.417029
    """
    shares = shares[shares.sum(axis=1) > 0.0]
    if np.isnan(shares).any():
        return float("nan")
    apart = (shares[:, 0] - shares[:, 1])[1:]
    if not apart.size or not apart.any():
        return 0.0
    first, second = (np.diag(p) - np.outer(p, p) for p in shares[1:].T)
    spread = (first + second) / 2.0
    found, *_ = np.linalg.lstsq(spread, apart, rcond=1e-12)
    if not np.allclose(spread @ found, apart, rtol=1e-6, atol=1e-9):  # a direction in which neither group varies
        return float("inf")
    return float(np.sqrt(max(apart @ found, 0.0)))


def between_pairs(count: int, of_pair: Callable[[list[int]], float]) -> float:
    """Return the mean of a difference over all pairs of groups.

    Parameters
    ----------
    count : int
        Number of groups.
    of_pair : callable
        Function that returns the difference of two groups from their indices.

    Returns
    -------
    float
        nan for a single group.

    Examples
    --------
    >>> between_pairs(3, lambda pair: float(sum(pair)))
    2.0
    """
    found = [of_pair(list(pair)) for pair in combinations(range(count), 2)]
    return float(np.mean(found)) if found else float("nan")
