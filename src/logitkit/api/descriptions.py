"""The public function that describes rows by group: the first table of a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from logitkit.design.formula.parse import split_formula
from logitkit.design.labels import as_labels, labels_of_table
from logitkit.design.table.frame import Table, coded_values, is_missing, numeric_values, read_table, row_values
from logitkit.errors import DataError, nearest_name
from logitkit.inference.tables.table_one import Groups, Summary, chosen_summaries, describe_variable
from logitkit.options import require_choice
from logitkit.results.foreign import in_our_words
from logitkit.results.tabled import TableOneResult
from logitkit.typing import FloatArray, WeightKind

__all__ = ["table_one"]

SHOWN = ("overall", "missing", "differences", "tests")
USUAL = ("overall", "missing", "differences")
SUMMARIES = ("auto", "mean", "median", "levels")
GROUPS_MOST = 20
FACTOR = re.compile(r"C\(\s*(`[^`]*`|[\w.]+)\s*(?:,.*)?\)")


@in_our_words
def table_one(
    variables: str | Sequence[str] | None,
    data: Any,
    *,
    by: str | None = None,
    summary: Summary | Mapping[str, Summary] = "auto",
    show: Sequence[str] = USUAL,
    weights: Any = None,
    weight_kind: WeightKind = "frequency",
    labels: Any = None,
) -> TableOneResult:
    """Describe variables in all rows and by group, such as by outcome.

    Parameters
    ----------
    variables : str, sequence of str, or None
        The columns to describe. Or a formula of columns, ``"low ~ age + race + C(ftv)"``, whose left side is the group
        and in which ``C()`` treats numbers as levels. Or None for all columns.
    data : table
        A pandas, polars or Arrow table, or a dict of columns.
    by : str, optional
        The column that defines the groups.
    summary : {'auto', 'mean', 'median', 'levels'} or mapping of str to these, optional
        The summary of numbers, for all columns or by column. ``"auto"``: mean and standard deviation, or median and
        quartiles if the absolute skewness in all rows is above 1. ``"levels"`` treats numbers as levels. In columns of
        0 and 1, or False and True, the second value is counted; text and categories have one row per level.
    show : sequence of str, default ('overall', 'missing', 'differences')
        What to show: ``"overall"`` (a column for all rows), ``"missing"`` (counts of missing values, if there are any),
        ``"differences"`` (standardised differences), ``"tests"`` (p-values, which do not measure balance).
    weights : str or (n,) array-like, optional
        A column name, or one value per row.
    weight_kind : {'frequency', 'sampling'}
        Whether weights count rows or are inverse probabilities, such as of selection or of treatment. With the latter,
        counts are sums of weights and there are no tests.
    labels : lk.labels or mapping, optional
        Labels of variables and levels; by default those stored in the table.

    Returns
    -------
    TableOneResult
        A table that displays as text and HTML, with ``to_markdown()``, ``to_latex()``, ``to_word(path)``,
        ``to_excel(path)`` and ``to_frame()``.

    Raises
    ------
    DataError
        If a column does not exist, has no values or has very many levels; if there is a single group; or if tests are
        asked for with sampling weights.
    FormulaError
        If labels name variables that do not exist.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> table = lk.table_one("low ~ age + smoke", births)
    >>> table.to_frame().set_index(["variable", "group"])["mean"]["age"].round(2).tolist()
    [23.24, 23.66, 22.31]
    """
    table = read_table(data)
    names, by, given = _variables(variables, table, by)
    shows = (show,) if isinstance(show, str) else tuple(show)
    for name in shows:
        if name not in SHOWN:
            raise DataError(
                f"show names {name!r}, which is none of what a table shows. {nearest_name(str(name), SHOWN)}"
            )
    stated = as_labels(labels)
    stated.require_known(table.names, "a column of the data")
    groups, weights_name = _groups(table, by, weights, weight_kind)
    tests = "tests" in shows and bool(by)
    if tests and groups.sampling:
        raise DataError("show='tests' is not offered with sampling weights: standardised differences need no test.")
    named = stated.over(labels_of_table(data).among(table.names))
    summaries = _summaries(summary, names) | given
    found = tuple(
        describe_variable(
            table,
            name,
            groups,
            summaries[name],
            tests=tests,
            as_event=not {"0", "False"} & set(named.levels.get(name, ())),
        )
        for name in names
    )
    totals = np.concatenate([[groups.totals.sum()], groups.totals])
    return TableOneResult(
        by or "",
        groups.names if by else (),
        totals if by else totals[:1],
        found if by else tuple(map(_without_groups, found)),
        shows,
        named,
        weights_name,
        weight_kind,
        int(np.count_nonzero(groups.codes < 0)),
        summary == "auto" or isinstance(summary, Mapping),
    )


def _without_groups(each: Any) -> Any:
    """Return the summary of a variable in all rows, without groups."""
    from dataclasses import replace

    return replace(each, numbers=each.numbers[:, :1], known=each.known[:1], missing=each.missing[:1], test=None)


def _variables(
    given: str | Sequence[str] | None, table: Table, by: str | None
) -> tuple[list[str], str | None, dict[str, Summary]]:
    """Return the columns to describe, the column of the groups, and the numeric columns treated as levels."""
    levels: dict[str, Summary] = {}
    if given is None:
        names = [name for name in table.names if name != by]
    elif isinstance(given, str) and "~" in given:
        left, right = (side.strip() for side in split_formula(given))
        if by is not None and by != left:
            raise DataError(f"by={by!r} and the left side of {given!r} name different groups; give one of them.")
        by, names = left.strip("`"), []
        for term in right.split("+"):
            factor = FACTOR.fullmatch(term.strip())
            names.append((factor[1] if factor else term.strip()).strip("`"))
            levels |= {names[-1]: "levels"} if factor else {}
    else:
        names = [given] if isinstance(given, str) else list(given)
    for name in [*names, *([] if by is None else [by])]:
        if name not in table:
            raise DataError(f"There is no column {name!r} to describe. {nearest_name(str(name), table.names)}")
    if not names:
        raise DataError("There is nothing to describe: name columns of the table.")
    return list(dict.fromkeys(names)), by, levels


def _summaries(summary: Any, names: Sequence[str]) -> dict[str, Summary]:
    """Return how each variable is described; raise an error for unknown names and options."""
    for name in summary if isinstance(summary, Mapping) else ():
        if name not in names:
            raise DataError(f"summary names {name!r}, which is not described. {nearest_name(str(name), names)}")
    for word in summary.values() if isinstance(summary, Mapping) else (summary,):
        require_choice("summary", word, SUMMARIES)
    return chosen_summaries(summary, names)


def _groups(table: Table, by: str | None, weights: Any, kind: WeightKind) -> tuple[Groups, str]:
    """Return the groups of the rows with their weights, and the name of the weights."""
    require_choice("weight_kind", kind, ("frequency", "sampling"))
    values, name = _weights(table, weights, kind)
    if by is None:
        return Groups(np.zeros(table.n_rows, dtype=np.int64), ("",), values, kind), name
    column = table.column(by)
    absent = is_missing(column)
    coded = coded_values(column.iloc[np.flatnonzero(~absent)], by)
    used = np.unique(np.asarray(coded.codes))
    if not 2 <= used.size <= GROUPS_MOST:
        what = "one group only" if used.size == 1 else f"{used.size} groups"
        raise DataError(f"by={by!r} has {what}; a table has 2 to {GROUPS_MOST}. Without by= all rows are described.")
    codes = np.full(table.n_rows, -1, dtype=np.int64)
    codes[~absent] = np.searchsorted(used, np.asarray(coded.codes))
    levels = [coded.levels[k] for k in used]
    return Groups(
        codes, tuple(str(int(x)) if isinstance(x, float) and x.is_integer() else str(x) for x in levels), values, kind
    ), name


def _weights(table: Table, weights: Any, kind: WeightKind) -> tuple[FloatArray, str]:
    if weights is None:
        return np.ones(table.n_rows), ""
    series, name = row_values(weights, table, "weights")
    values = numeric_values(series, "weights")
    if not (np.isfinite(values) & (values >= 0.0)).all():
        raise DataError("weights must be numbers that are not negative, without missing values.")
    if kind == "frequency" and (values != np.round(values)).any():
        raise DataError("Frequency weights are counts of rows, whole numbers; weight_kind='sampling' takes others.")
    return values, "weights" if name == "<array>" else name
