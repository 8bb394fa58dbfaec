r"""Tests of whether groups differ in one variable: Welch's (means), Kruskal and Wallis's (ranks) and Pearson's.

Welch: with :math:`w_g = n_g / s_g^2`, :math:`W = \sum w_g` and :math:`\tilde x = \sum w_g \bar x_g / W`,

.. math:: F = \frac{\sum w_g (\bar x_g - \tilde x)^2 / (k - 1)}{1 + 2 (k - 2) R / (k^2 - 1)}, \quad
    R = \sum (1 - w_g / W)^2 / (n_g - 1)

on k - 1 and :math:`(k^2 - 1) / (3 R)` degrees of freedom; for two groups it is the square of Welch's t. Kruskal and
Wallis's statistic is corrected for ties, Pearson's has no correction for continuity.

References
----------
Welch, B. L. (1951) Biometrika 38, 330-336. Kruskal, W. H. and Wallis, W. A. (1952) Journal of the American Statistical
Association 47, 583-621.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, fdtrc

from logitkit.inference.tables.moments import group_sums
from logitkit.typing import FloatArray, IntArray

__all__ = ["GroupTest", "kruskal_wallis", "pearson", "welch"]


class GroupTest(NamedTuple):
    """A test of one variable between groups.

    Parameters
    ----------
    statistic, p_value : float
        nan where there is no test.
    name : str
        Name of the test.

    Examples
    --------
    >>> GroupTest(1.0, 0.3, "Welch").name
    'Welch'
    """

    statistic: float
    p_value: float
    name: str


def welch(mean: FloatArray, deviation: FloatArray, n: FloatArray) -> GroupTest:
    """Test whether means are equal, allowing unequal variances.

    Parameters
    ----------
    mean, deviation, n : (k,) array
        Means, standard deviations and sizes of the groups.

    Returns
    -------
    GroupTest
        None if a group has one row or is constant.

    Examples
    --------
    >>> welch(np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.array([8.0, 8.0])).statistic
    4.0
    """
    k = mean.size
    if k < 2 or not (n > 1.0).all() or not (deviation > 0.0).all():
        return GroupTest(np.nan, np.nan, "Welch")
    w = n / deviation**2
    spread = float((((1.0 - w / w.sum()) ** 2) / (n - 1.0)).sum())
    between = float(w @ (mean - w @ mean / w.sum()) ** 2) / (k - 1)
    statistic = between / (1.0 + 2.0 * (k - 2) / (k * k - 1) * spread)
    return GroupTest(statistic, float(fdtrc(k - 1, (k * k - 1) / (3.0 * spread), statistic)), "Welch")


def kruskal_wallis(values: FloatArray, weights: FloatArray, codes: IntArray, count: int) -> GroupTest:
    """Test whether ranks differ between groups.

    Parameters
    ----------
    values : (n,) array
        Values of the rows.
    weights : (n,) array
        Number of times that each row counts.
    codes : (n,) int array
        Group of each row.
    count : int
        Number of groups.

    Returns
    -------
    GroupTest
        None if all values are equal.

    Examples
    --------
    >>> found = kruskal_wallis(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4), np.array([0, 0, 1, 1]), 2)
    >>> round(float(found.statistic), 6)
    2.4
    """
    _, place = np.unique(values, return_inverse=True)
    ties = group_sums(place, weights, int(place.max()) + 1)
    ranks = (np.cumsum(ties) - (ties - 1.0) / 2.0)[place]
    n, sizes = weights.sum(), group_sums(codes, weights, count)
    correction = 1.0 - float((ties**3 - ties).sum()) / (n**3 - n) if n > 1.0 else 0.0
    if correction <= 0.0 or not (sizes > 0.0).all():
        return GroupTest(np.nan, np.nan, "Kruskal-Wallis")
    sums = group_sums(codes, weights * ranks, count)
    statistic = (12.0 / (n * (n + 1.0)) * float((sums**2 / sizes).sum()) - 3.0 * (n + 1.0)) / correction
    return GroupTest(statistic, float(chdtrc(count - 1, max(statistic, 0.0))), "Kruskal-Wallis")


def pearson(table: FloatArray) -> GroupTest:
    """Test whether levels and groups are independent.

    Parameters
    ----------
    table : (L, k) array
        Counts of the levels in each group.

    Returns
    -------
    GroupTest
        None if there is only one level or one group.

    Examples
    --------
    >>> round(pearson(np.array([[10.0, 20.0], [20.0, 10.0]])).statistic, 6)
    6.666667
    """
    table = table[table.sum(axis=1) > 0.0]
    if min(table.shape) < 2 or not (table.sum(axis=0) > 0.0).all():
        return GroupTest(np.nan, np.nan, "Pearson")
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return GroupTest(statistic, float(chdtrc((table.shape[0] - 1) * (table.shape[1] - 1), statistic)), "Pearson")
