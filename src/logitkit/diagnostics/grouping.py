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

__all__ = ["GROUPING_WORDS", "group_sums", "quantile_groups"]

GROUPING_WORDS = {
    "stata": "equal counts by rank of the predicted probability, as in Stata's xtile, ties kept together",
    "r": "cut at type 7 quantiles of the predicted probability, as in R's cut and quantile, ties kept together",
    "sas": "filled one after another up to the target size, as by SAS's PROC LOGISTIC, ties kept together",
}


def quantile_groups(values: FloatArray, counts: FloatArray, groups: int, grouping: str = "stata") -> IntArray:
    """Return the group of each value, counted from 0, with empty groups closed up.

    Parameters
    ----------
    values : (n,) array
        In ascending order.
    counts : (n,) array
        How often each value occurs, above 0; whole numbers for the rule of R.
    groups : int
        At least 2; fewer come back when ties leave a group empty.
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
    given: Any = groups  # what a caller may hand over in spite of the annotation
    if not is_count(given, 2):
        raise DataError(f"groups={groups!r:.60} must be a whole number of at least 2, and at most a million.")
    if not isinstance(grouping, str) or grouping not in GROUPING_WORDS:
        raise UnsupportedError(f"grouping={grouping!r} is not offered; the groupings are 'stata', 'r' and 'sas'.")
    if grouping == "sas":
        return _filled(values, counts, groups)
    cumulative = np.cumsum(counts)
    steps = np.arange(1, groups)
    cuts = _xtile_cuts if grouping == "stata" else _type7_cuts
    group = np.searchsorted(cuts(values, cumulative, groups, steps), values, side="left")
    return np.asarray(np.unique(group, return_inverse=True)[1], dtype=np.int64)


def group_sums(group: IntArray, values: FloatArray) -> FloatArray:
    """Return the sum of the values of each group.

    Parameters
    ----------
    group : (n,) int array
        Group of each value, counted from 0.
    values : (n,) array
        What to add.

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


def _filled(values: FloatArray, counts: FloatArray, groups: int) -> IntArray:
    """Return the groups of SAS."""
    block = np.unique(values, return_inverse=True)[1]
    sizes, total = np.bincount(block, weights=counts), float(counts.sum())
    target, least = np.floor(total / groups + 0.5), np.floor(0.5 * total / groups)
    group, held = np.zeros(sizes.size, dtype=np.int64), float(sizes[0])
    for k in range(1, sizes.size):
        joins = held < target and held + np.floor(0.5 * sizes[k]) <= target
        group[k] = group[k - 1] + (not joins)
        held = held + float(sizes[k]) if joins else float(sizes[k])
    if held <= least and group[-1] > 0:
        group[group == group[-1]] -= 1
    return np.asarray(group[block])


def _xtile_cuts(values: FloatArray, cumulative: FloatArray, groups: int, steps: IntArray) -> FloatArray:
    # Multiplied out, so that whole numbers compare exactly.
    targets = steps * cumulative[-1]
    at = np.searchsorted(groups * cumulative, targets, side="left")
    whole = groups * cumulative[at] == targets
    return np.asarray(np.where(whole, 0.5 * (values[at] + values[np.minimum(at + 1, values.size - 1)]), values[at]))


def _type7_cuts(values: FloatArray, cumulative: FloatArray, groups: int, steps: IntArray) -> FloatArray:
    if not np.array_equal(cumulative, np.rint(cumulative)):
        raise UnsupportedError("grouping='r' counts trials, and these weights are not whole numbers: use 'stata'.")
    whole, part = np.divmod(steps * (int(cumulative[-1]) - 1), groups)  # ranks from 0
    lower = values[np.searchsorted(cumulative, whole, side="right")]
    upper = values[np.searchsorted(cumulative, np.minimum(whole + 1, cumulative[-1] - 1), side="right")]
    share = part / groups
    between = (1.0 - share) * lower + share * upper
    return np.asarray(np.where((part == 0) | (upper == lower), lower, between))
