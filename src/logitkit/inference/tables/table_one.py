"""Descriptions of variables by group: the first table of a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from logitkit.design.labels import NO_LABELS, Labels
from logitkit.design.table.frame import Table, coded_values, holds_numbers, is_missing, numeric_values
from logitkit.errors import DataError
from logitkit.inference.tables.group_tests import GroupTest, kruskal_wallis, pearson, welch
from logitkit.inference.tables.moments import (
    between_pairs,
    deviations,
    difference_of_levels,
    difference_of_means,
    group_sums,
    means,
    quantiles,
    skewness,
)
from logitkit.typing import FloatArray, IntArray, WeightKind

__all__ = ["Described", "Groups", "Summary", "TableOne", "chosen_summaries", "describe_variable"]

Summary: TypeAlias = Literal["auto", "mean", "median", "levels"]
QUARTILES = (0.5, 0.25, 0.75)
SKEWED = 1.0  # the size of the skewness from which the median is given in place of the mean
LEVELS_MOST = 100


@dataclass(frozen=True)
class Groups:
    """The rows of the table, and the groups to which they belong.

    Parameters
    ----------
    codes : (n,) int array
        Group of each row; -1 if it is missing.
    names : tuple of str
        Names of the groups.
    weights : (n,) array
        Weights of the rows.
    weight_kind : {'frequency', 'sampling'}
        Kind of the weights.

    Examples
    --------
    >>> Groups(np.array([0, 1, 1]), ("a", "b"), np.ones(3), "frequency").totals.tolist()
    [1.0, 2.0]
    """

    codes: IntArray
    names: tuple[str, ...]
    weights: FloatArray
    weight_kind: WeightKind

    @property
    def sampling(self) -> bool:
        """Whether weights are sampling weights and not numbers of rows."""
        return self.weight_kind == "sampling"

    @property
    def totals(self) -> FloatArray:
        """Sum of weights of each group, shape (k,)."""
        known = self.codes >= 0
        return group_sums(self.codes[known], self.weights[known], len(self.names))


@dataclass(frozen=True)
class Described:
    """The description of one variable, in all rows and in each of k groups.

    Parameters
    ----------
    name : str
        Column of the table.
    kind : {'mean', 'median', 'levels', 'event'}
        How the variable is described; for an event, one of two levels, 1 or True, is counted.
    levels : tuple of str
        Levels of the variable; for an event, only the level that is the event.
    numbers : (L, 1 + k) or (3, 1 + k) array
        Sums of weights of the levels, or mean and standard deviation, or median and quartiles.
    known, missing : (1 + k,) array
        Sums of weights of rows with a value and without one.
    difference : float
        Absolute standardised difference; for more than two groups, the mean over pairs.
    test : GroupTest or None
        The test; None if none was requested.
    skewness : float
        Skewness of a numeric variable; nan for levels.

    Examples
    --------
    >>> ones = np.ones(2)
    >>> Described("x", "mean", (), np.ones((2, 2)), ones, 0 * ones, 0.0, None, 0.2).kind
    'mean'
    """

    name: str
    kind: Literal["mean", "median", "levels", "event"]
    levels: tuple[str, ...]
    numbers: FloatArray
    known: FloatArray
    missing: FloatArray
    difference: float
    test: GroupTest | None
    skewness: float = np.nan


@dataclass(frozen=True)
class TableOne:
    """Variables described by group.

    Parameters
    ----------
    by : str
        The grouping variable; empty without groups.
    groups : tuple of str
        Levels of the grouping variable.
    totals : (1 + k,) array
        Numbers of rows, or sums of weights, in all rows and in each group.
    variables : tuple of Described
        The variables, in the order requested.
    show : tuple of str
        The quantities that are shown.
    labels : Labels
        Labels of variables and levels.
    weights : str
        The column of weights; empty without weights.
    weight_kind : {'frequency', 'sampling'}
        Kind of the weights.
    n_left_out : int
        Number of rows without a group.
    ruled : bool
        Whether the choice between mean and median was made by skewness.

    Examples
    --------
    >>> import logitkit as lk
    >>> table = lk.table_one("low ~ age + race", lk.datasets.load_lbw())
    >>> table.groups, [each.kind for each in table.variables]
    (('0', '1'), ['mean', 'levels'])
    """

    by: str
    groups: tuple[str, ...]
    totals: FloatArray
    variables: tuple[Described, ...]
    show: tuple[str, ...]
    labels: Labels = NO_LABELS
    weights: str = ""
    weight_kind: WeightKind = "frequency"
    n_left_out: int = 0
    ruled: bool = True


def describe_variable(
    table: Table, name: str, groups: Groups, summary: Summary = "auto", *, tests: bool = False, as_event: bool = True
) -> Described:
    """Describe one variable.

    Parameters
    ----------
    table : Table
        The table of n rows.
    name : str
        Name of the column.
    groups : Groups
        Groups of the rows.
    summary : {'auto', 'mean', 'median', 'levels'}
        The summary to use, with ``'auto'`` by skewness; numbers may be treated as levels.
    tests : bool, default False
        Whether to test differences between the groups.
    as_event : bool, default True
        Whether to describe only the second of 0 and 1, or of False and True.

    Returns
    -------
    Described
        The description over all rows that have a group, and in each group.

    Raises
    ------
    DataError
        For a column without values, and for the mean of values that are not numbers.

    Examples
    --------
    >>> from logitkit.design.table.frame import read_table
    >>> groups = Groups(np.array([0, 0, 1]), ("a", "b"), np.ones(3), "frequency")
    >>> found = describe_variable(read_table({"x": [1.0, 3.0, 5.0]}), "x", groups)
    >>> found.numbers[0].tolist()
    [3.0, 2.0, 5.0]
    """
    column = table.column(name)
    absent = is_missing(column)
    inside = groups.codes >= 0
    used = ~absent & inside & (groups.weights > 0.0)
    if not used.any():
        raise DataError(f"Column {name!r} has no value in the rows that are described; leave it out.")
    codes, weights, k = groups.codes[used], groups.weights[used], len(groups.names)
    known = _with_all(group_sums(codes, weights, k))
    missing = _with_all(group_sums(groups.codes[inside & absent], groups.weights[inside & absent], k))
    numeric = holds_numbers(column) and summary != "levels"
    if not numeric and summary in ("mean", "median"):
        raise DataError(f"Column {name!r} has no numbers, so there is no {summary}; leave it out of summary=.")
    values = numeric_values(column, name)[used] if numeric else None
    two = values is not None and summary == "auto" and bool(np.isin(values, (0.0, 1.0)).all())
    if values is not None and not two:
        return _numbers(name, values, groups, (codes, weights, known, missing), summary, tests=tests)
    coded = coded_values(column.iloc[np.flatnonzero(used)], name)
    levels = tuple(map(_printed, coded.levels))
    if len(levels) > LEVELS_MOST:
        raise DataError(
            f"Column {name!r} has {len(levels)} levels, more than a table holds; leave it out or merge some."
        )
    sums = group_sums(codes * len(levels) + np.asarray(coded.codes), weights, k * len(levels)).reshape(k, -1).T
    with np.errstate(invalid="ignore"):
        shares = sums / sums.sum(axis=0)
    difference = between_pairs(k, lambda pair: difference_of_levels(shares[:, pair]))
    test = pearson(sums) if tests and k > 1 else None
    whole = np.column_stack([sums.sum(axis=1), sums])
    if (as_event and set(levels) <= {"0", "1"}) or (as_event and set(levels) <= {"False", "True"}):
        event = levels.index("1" if "1" in levels else "True") if {"1", "True"} & set(levels) else None
        one = np.zeros((1, k + 1)) if event is None else whole[[event]]
        return Described(name, "event", ("1",), one, known, missing, difference, test)
    return Described(name, "levels", levels, whole, known, missing, difference, test)


def _numbers(
    name: str,
    values: FloatArray,
    groups: Groups,
    rows: tuple[IntArray, FloatArray, FloatArray, FloatArray],
    summary: Summary,
    *,
    tests: bool,
) -> Described:
    """Describe numbers by mean and standard deviation, or by median and quartiles."""
    codes, weights, known, missing = rows
    k, sampling, everyone = len(groups.names), groups.sampling, np.zeros(values.size, dtype=np.int64)
    mean, deviation = means(values, weights, codes, k), deviations(values, weights, codes, k, sampling=sampling)
    difference = between_pairs(k, lambda pair: difference_of_means(mean[pair], deviation[pair]))
    skew = skewness(values, weights)
    by_median = summary == "median" or (summary == "auto" and abs(skew) > SKEWED)
    test = None
    if by_median:
        parts = [np.ones(values.size, dtype=bool), *(codes == g for g in range(k))]
        found = [quantiles(values[part], weights[part], QUARTILES, sampling=sampling) for part in parts]
        if tests and k > 1:
            test = kruskal_wallis(values, weights, codes, k)
        return Described(name, "median", (), np.array(found).T, known, missing, difference, test, skew)
    whole = means(values, weights, everyone, 1), deviations(values, weights, everyone, 1, sampling=sampling)
    numbers = np.array([np.concatenate([whole[0], mean]), np.concatenate([whole[1], deviation])])
    if tests and k > 1:
        test = welch(mean, deviation, group_sums(codes, weights, k))
    return Described(name, "mean", (), numbers, known, missing, difference, test, skew)


def _with_all(sums: FloatArray) -> FloatArray:
    return np.concatenate([[sums.sum()], sums])


def _printed(level: Any) -> str:
    """Return a level as text; whole numbers without a decimal point."""
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)


def chosen_summaries(summary: Summary | Mapping[str, Summary], variables: Sequence[str]) -> dict[str, Summary]:
    """Return how each variable is described.

    Parameters
    ----------
    summary : {'auto', 'mean', 'median', 'levels'} or mapping
        One summary for all variables, or one per variable.
    variables : sequence of str
        Names of the variables.

    Returns
    -------
    dict of str to str
        One entry per variable.

    Examples
    --------
    >>> chosen_summaries({"age": "median"}, ["age", "lwt"])
    {'age': 'median', 'lwt': 'auto'}
    """
    given: Mapping[str, Summary] = dict.fromkeys(variables, summary) if isinstance(summary, str) else summary
    return {name: given.get(name, "auto") for name in variables}
