"""Groups of about equal size by predicted probability, by three rules that packages use.

Equal predictions stay together. Two rules put a row into the first group whose cut point it does not exceed, and differ
in the cut points between G groups of n trials:

* Stata's ``xtile``: the value of rank k n / G rounded up, or, where k n / G is whole, the mean of that value
  and the next;
* R's ``cut(p, quantile(p, 0:G / G))``: sample quantiles of type 7, which interpolate at rank 1 + (n - 1) k /
  G;

and one fills group after group:

* SAS's PROC LOGISTIC: a block of equal predictions joins the current group while that has fewer than M = [n / G + 1/2]
  trials and has no more than M with half of the block; a last group of at most [n / 2G] joins the one before.

References
----------
StataCorp, Data Management Reference Manual, [D] pctile, methods and formulas.
Hyndman, R. J. and Fan, Y. (1996) Sample quantiles in statistical packages. The American Statistician 50,
361-365. SAS Institute, SAS/STAT User's Guide, the LOGISTIC procedure, the Hosmer-Lemeshow goodness-of-fit test.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.options import is_count
from logitkit.typing import FloatArray, IntArray

__all__ = ["GROUPING_WORDS", "Groups", "group_sums", "quantile_groups"]

GROUPING_WORDS = {
    "stata": "equal counts by rank of the predicted probability, as in Stata's xtile, ties kept together",
    "r": "cut at type 7 quantiles of the predicted probability, as in R's cut and quantile, ties kept together",
    "sas": "filled one after another up to the target size, as by SAS's PROC LOGISTIC, ties kept together",
}


def quantile_groups(values: FloatArray, counts: FloatArray, groups: int, grouping: str = "stata") -> IntArray:
    """Return the group of each value, numbered from 0 without gaps for empty groups.

    Parameters
    ----------
    values : (n,) array
        Values in ascending order.
    counts : (n,) array
        How often each value occurs, above 0; whole numbers for the rule of R.
    groups : int
        Number of groups, at least 2; fewer are returned if ties leave a group empty.
    grouping : {'stata', 'r', 'sas'}
        Rule for the cut points.

    Returns
    -------
    (n,) int array
        Not decreasing.

    Raises
    ------
    DataError
        If ``groups`` is not a whole number of at least 2.
    UnsupportedError
        For another rule, or the rule of R with counts that are not whole.

    Examples
    --------
    A value that occurs three times counts as three:

    >>> quantile_groups(np.array([0.1, 0.2, 0.3, 0.4]), np.array([3.0, 1.0, 1.0, 1.0]), 2).tolist()
    [0, 1, 1, 1]
    """
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    last = np.append(first[1:], values.size) - 1
    cumulative = np.cumsum(counts)
    found = Groups(float(cumulative[-1]), groups, grouping)
    if not np.array_equal(cumulative, np.rint(cumulative)):
        found.require_any_counts()
    group = found.of(np.add.reduceat(counts, first), cumulative[last])
    return np.repeat(found.closed(group), last - first + 1)


class Groups:
    """Groups of distinct values that come in ascending order, a few at a time.

    A value is above a cut point if the value before it has reached the rank of the cut, whatever lies between the two.
    Groups therefore depend on the counts only.

    Parameters
    ----------
    total : float
        Sum of the counts of all values.
    groups : int
        At least 2.
    grouping : {'stata', 'r', 'sas'}
        Rule for the cut points.

    Raises
    ------
    DataError
        If ``groups`` is not a whole number of at least 2.
    UnsupportedError
        For another rule.

    Examples
    --------
    >>> found = Groups(6.0, 2, "stata")
    >>> (
    ...     found.of(np.array([3.0, 1.0]), np.array([3.0, 4.0])).tolist(),
    ...     found.of(np.ones(2), np.array([5.0, 6.0])).tolist(),
    ... )
    ([0, 1], [1, 1])
    """

    def __init__(self, total: float, groups: int, grouping: str = "stata") -> None:
        given: Any = groups  # what a caller may hand over in spite of the annotation
        if not is_count(given, 2):
            raise DataError(f"groups={groups!r:.60} must be a whole number of at least 2, and at most a million.")
        if not isinstance(grouping, str) or grouping not in GROUPING_WORDS:
            raise UnsupportedError(f"grouping={grouping!r} is not offered; the groupings are 'stata', 'r' and 'sas'.")
        self.total, self.groups, self.grouping = total, groups, grouping
        self._before = 0.0  # counts of the values so far
        self._number, self._filled = -1, 0.0  # of the last group, by the rule of SAS

    def require_any_counts(self) -> None:
        """Refuse the rule that counts trials where counts are not whole numbers."""
        if self.grouping == "r":
            raise UnsupportedError("grouping='r' counts trials, and these weights are not whole numbers: use 'stata'.")

    def of(self, counts: FloatArray, cumulative: FloatArray) -> IntArray:
        """Return the groups of the next values.

        Parameters
        ----------
        counts : (k,) array
            How often each occurs.
        cumulative : (k,) array
            Sum of the counts of each value and all values before it.

        Returns
        -------
        (k,) int array
            Not decreasing, from 0.
        """
        if self.grouping == "sas":
            return self._fill(counts)
        before = np.append(self._before, cumulative[:-1])
        self._before = float(cumulative[-1])
        steps = np.arange(1, self.groups)
        if self.grouping == "stata":  # multiplied out, so that whole numbers compare exactly
            return np.searchsorted(steps * self.total, self.groups * before, side="right")
        ranks = steps * (int(self.total) - 1) // self.groups  # from 0, of the value at or below each cut
        return np.searchsorted(ranks, before, side="left")

    def closed(self, group: IntArray) -> IntArray:
        """Return groups, found for all values, numbered without gaps.

        Parameters
        ----------
        group : (n,) int array
            As found by ``of``.

        Returns
        -------
        (n,) int array
            From 0.
        """
        if self._joins_last:
            group = np.where(group == self._number, self._number - 1, group)
        return np.asarray(np.unique(group, return_inverse=True)[1], dtype=np.int64)

    @property
    def _joins_last(self) -> bool:
        """Whether the last group is so small that it joins the one before."""
        return self._number > 0 and self._filled <= np.floor(0.5 * self.total / self.groups)

    def _fill(self, counts: FloatArray) -> IntArray:
        """Return the groups of the next values by the rule of SAS."""
        target = np.floor(self.total / self.groups + 0.5)
        group = np.empty(counts.size, dtype=np.int64)
        number, filled = self._number, self._filled
        for k, size in enumerate(counts.tolist()):
            if number >= 0 and filled < target and filled + np.floor(0.5 * size) <= target:
                filled += size
            else:
                number, filled = number + 1, size
            group[k] = number
        self._number, self._filled = number, filled
        return group


def group_sums(group: IntArray, values: FloatArray) -> FloatArray:
    """Return the sum of the values of each group.

    Parameters
    ----------
    group : (n,) int array
        Group of each value, counted from 0.
    values : (n,) array
        The values to add.

    Returns
    -------
    (G,) array
        One sum per group.

    Examples
    --------
    >>> group_sums(np.array([0, 0, 1]), np.array([1.0, 2.0, 4.0])).tolist()
    [3.0, 4.0]
    """
    return np.bincount(group, weights=values).astype(np.float64)
