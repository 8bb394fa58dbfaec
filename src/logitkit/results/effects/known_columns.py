"""Summaries of the variables over all rows, held in memory or read in chunks.

A grid of cells does not need the rows themselves. It needs the levels that occur, the means and ranges of variables,
and the frequencies of combinations of levels, which are merged over chunks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from logitkit.design.formula.coding import Coding
from logitkit.design.table.frame import levels_of
from logitkit.errors import DataError
from logitkit.results.effects.in_chunks import are_in_chunks, reduced
from logitkit.results.effects.levels import has_levels, is_number
from logitkit.results.effects.rows_to_average import (
    AveragedRows,
    NoCompleteRowError,
    coding_of,
    offset_words,
    table_rows,
)
from logitkit.results.effects.spreads import Spread
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray

__all__ = ["KnownColumns", "known_columns", "row_of_means"]

DIFFERENT_MOST = 1_000  # different numbers that are held, the least and the largest among them


@dataclass(frozen=True, eq=False)
class KnownColumns:
    """Summaries of the variables over rows with positive weight.

    Parameters
    ----------
    columns : dict
        For each variable, the values of the rows or its distinct values; if there are very many, a subset with the
        smallest and the largest.
    mean : callable
        Function that returns the weighted mean of a numeric variable, by name.
    offsets : dict
        The weighted mean of each offset, by its role.
    totals : callable
        Function that returns the total weight of each combination of levels of some variables.
    """

    columns: Mapping[str, pd.Series]
    mean: Callable[[str], float]
    offsets: dict[str, float]
    totals: Callable[[Mapping[str, list[Any]]], FloatArray]


def known_columns(rows: Rows) -> KnownColumns:
    """Return summaries of the variables of a formula over rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = known_columns(lk.logit("low ~ age", lk.datasets.load_lbw())._own_rows)
    >>> round(found.mean("age"), 6)
    23.238095
    """
    if are_in_chunks(rows):
        return _of_chunks(rows)
    found = table_rows(rows)
    weights = np.ones(len(found.frame)) if found.weights is None else found.weights
    used = weights > 0.0
    frame, counts = (found.frame if used.all() else found.frame[used]), weights[used]
    return KnownColumns(
        {name: frame[name] for name in frame.columns},
        lambda name: float(np.average(frame[name].to_numpy(dtype=np.float64), weights=counts)),
        {
            role: float(np.average(np.asarray(own, dtype=np.float64), weights=weights))
            for role, own in found.offsets.items()
        },
        lambda over: _totals(frame, counts, over),
    )


def _of_chunks(rows: Rows) -> KnownColumns:
    """Return what one pass over the rows finds; totals of combinations take a second pass."""
    sums = _summed(rows, ())
    return KnownColumns(
        sums.values,
        lambda name: sums.sums[name] / sums.weight,
        {role: total / sums.weight for role, total in sums.offsets.items()},
        lambda over: reduced(rows, (), _TotalsOfChunk(dict(over)), np.add),
    )


def row_of_means(rows: Rows, beside: Sequence[str], spreads: Mapping[str, Spread] | None) -> AveragedRows:
    """Return a few rows that stand for rows read in chunks; the first is the row of means and has all the weight.

    The others have no weight; they hold the minimum and maximum of each number and all levels of each factor.

    Parameters
    ----------
    rows : Rows
        The rows of the fit, or of files.
    beside : sequence of str
        Columns in addition to those of the formula.
    spreads : mapping of str to Spread or None
        Further summaries of numeric variables.

    Examples
    --------
    >>> row_of_means.__name__
    'row_of_means'
    """
    coding_of(rows.record.info)
    sums = _summed(rows, beside)
    n = max([2, *(len(each) for each in sums.levels.values())]) + 1
    columns, indicators = {}, []
    for name, values in sums.values.items():
        if is_number(values):
            low, high = float(values.min()), float(values.max())
            columns[name] = pd.Series([sums.sums[name] / sums.weight, high, *[low] * (n - 2)])
            if (low, high) == (0.0, 1.0) and len(values) == 2:
                indicators.append(name)
            continue
        levels, weights = levels_of(values), dict(zip(values.tolist(), sums.levels[name].tolist(), strict=True))
        first = levels[int(np.argmax([weights[level] for level in levels]))]
        columns[name] = pd.Series([first, *levels, *[first] * (n - 1 - len(levels))], dtype=values.dtype)
    frame = pd.DataFrame(columns)
    offsets = {role: pd.Series(np.full(n, total / sums.weight)) for role, total in sums.offsets.items()}
    weights_of = np.zeros(n)
    weights_of[0] = sums.weight
    return AveragedRows(
        replace(rows, data=frame, offset=offset_words(offsets), weights=None),
        frame,
        weights_of if sums.is_weighted else None,
        sums.n_missing,
        None,
        None,
        sums.by_trials,
        sums.n_counted,
        frozenset(indicators),
        spreads,
        at_first=True,
    )


@dataclass(frozen=True, eq=False)
class _ColumnSums:
    """What is known of the variables over some rows."""

    weight: float
    is_weighted: bool
    by_trials: bool
    n_missing: int
    n_counted: int
    sums: dict[str, float]
    offsets: dict[str, float]
    values: dict[str, pd.Series]
    levels: dict[str, FloatArray] = field(default_factory=dict)

    def plus(self, other: _ColumnSums) -> _ColumnSums:
        """Return the same over both."""
        values, levels = {}, {}
        for name, own in self.values.items():
            both = _joined(own, other.values[name])
            if name in self.levels:
                weights = np.concatenate([self.levels[name], other.levels[name]])
                values[name], levels[name] = _weighed(both, weights)
            else:
                values[name] = _few(both) if name in self.sums else both.drop_duplicates(ignore_index=True)
        return _ColumnSums(
            self.weight + other.weight,
            self.is_weighted or other.is_weighted,
            self.by_trials or other.by_trials,
            self.n_missing + other.n_missing,
            self.n_counted + other.n_counted,
            {name: total + other.sums[name] for name, total in self.sums.items()},
            {role: total + other.offsets[role] for role, total in self.offsets.items()},
            values,
            levels,
        )


def _summed(rows: Rows, beside: Sequence[str]) -> _ColumnSums:
    """Return what is known of the variables over all rows, in one pass."""
    found = reduced(rows, beside, _SumsOfChunk(coding_of(rows.record.info), tuple(beside)), _either)
    if isinstance(found, int):
        raise NoCompleteRowError(found)
    if not found.weight > 0.0:
        raise DataError("weights must be finite and not negative, and some of them positive.")
    return found


@dataclass(frozen=True)
class _SumsOfChunk:
    """What is known of the variables over the rows of a chunk."""

    coding: Coding
    beside: tuple[str, ...]

    def __call__(self, rows: Rows) -> _ColumnSums | int:
        """Return it; where no row is complete, how many are left out."""
        try:
            found = table_rows(rows, self.beside, of_chunk=True)
        except NoCompleteRowError as none:
            return none.n_missing
        weights = np.ones(len(found.frame)) if found.weights is None else found.weights
        used = weights > 0.0
        frame, counts = found.frame[used], weights[used]
        sums, values, levels = {}, {}, {}
        for name in frame.columns:
            column = frame[name].reset_index(drop=True)
            if not is_number(column):
                values[name], levels[name] = _weighed(column, counts)
                continue
            sums[name] = float(counts @ column.to_numpy(dtype=np.float64))
            whole = has_levels(name, column, self.coding)
            values[name] = column.drop_duplicates(ignore_index=True) if whole else _few(column)
        design = rows.own if rows.data is None else None
        return _ColumnSums(
            float(counts.sum()),
            found.weights is not None,
            design is not None and design.response.trials is not None,
            len(found.labels) - len(found.frame),
            int(used.sum()),
            sums,
            {role: float(weights @ np.asarray(own, dtype=np.float64)) for role, own in found.offsets.items()},
            values,
            levels,
        )


@dataclass(frozen=True)
class _TotalsOfChunk:
    """The total weight of combinations of levels in the rows of a chunk."""

    over: dict[str, list[Any]]

    def __call__(self, rows: Rows) -> FloatArray:
        """Return it, zeros where no row is complete."""
        try:
            found = table_rows(rows, of_chunk=True)
        except NoCompleteRowError:
            return np.zeros(math.prod(len(levels) for levels in self.over.values()))
        weights = np.ones(len(found.frame)) if found.weights is None else found.weights
        return _totals(found.frame, weights, self.over)


def _totals(frame: pd.DataFrame, counts: FloatArray, over: Mapping[str, list[Any]]) -> FloatArray:
    """Return the total weight of each combination of levels of some variables."""
    code, there = np.zeros(len(frame), dtype=np.int64), np.ones(len(frame), dtype=bool)
    size = 1
    for name, levels in over.items():
        column = frame[name].to_numpy()
        place = np.full(len(frame), -1)
        for k, level in enumerate(levels):
            place[np.asarray(column == level)] = k
        there &= place >= 0
        code = code * len(levels) + place
        size *= len(levels)
    return np.bincount(code[there], weights=counts[there], minlength=size).astype(np.float64, copy=False)


def _either(left: _ColumnSums | int, right: _ColumnSums | int) -> _ColumnSums | int:
    """Return what is known over both, of which either may have no complete row."""
    if isinstance(left, int):
        left, right = right, left
    if isinstance(left, int):
        return left + int(right)  # type: ignore[arg-type]
    return replace(left, n_missing=left.n_missing + right) if isinstance(right, int) else left.plus(right)


def _weighed(column: pd.Series, weights: FloatArray) -> tuple[pd.Series, FloatArray]:
    """Return the different values of a column, and the total weight of each."""
    codes = pd.factorize(column)[0]
    values = column.drop_duplicates(ignore_index=True)
    return values, np.bincount(codes, weights=weights, minlength=len(values)).astype(np.float64, copy=False)


def _few(column: pd.Series) -> pd.Series:
    """Return different numbers of a column; of very many some, the least and the largest among them."""
    found = column.drop_duplicates(ignore_index=True)
    if len(found) <= DIFFERENT_MOST:
        return found
    ordered = found.sort_values(ignore_index=True)
    return pd.concat([ordered.iloc[: DIFFERENT_MOST - 1], ordered.iloc[-1:]], ignore_index=True)


def _joined(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return two columns below one another, categories too."""
    both = (left.dtype, right.dtype)
    if left.dtype != right.dtype and all(isinstance(each, pd.CategoricalDtype) for each in both):
        return pd.Series(union_categoricals([left, right], ignore_order=True))
    return pd.concat([left, right], ignore_index=True)
