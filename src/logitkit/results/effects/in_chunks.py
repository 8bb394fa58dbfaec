"""Averages over rows that are read in chunks: variables are set in the table of each chunk, and sums are added.

Effects that are not such sums (one effect per row, refits, or standard errors with sampled rows) hold the columns of
the formula in memory, if there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import numpy as np
import pandas as pd

from logitkit.design.chunks.again import columns_again, named_in_source
from logitkit.design.chunks.budget import budget_of
from logitkit.design.chunks.build import chunk_size, reading_more
from logitkit.design.chunks.pool import chunks_of
from logitkit.design.design import Design
from logitkit.design.table.frame import levels_of
from logitkit.errors import DataError, LogitkitError
from logitkit.inference.effects.averages import averages
from logitkit.inference.effects.comparisons import Comparison
from logitkit.inference.effects.scales import Scale
from logitkit.results.effects.cells import Cell
from logitkit.results.effects.levels import is_number
from logitkit.results.effects.pieces import ELASTICITIES
from logitkit.results.effects.rows_to_average import AveragedRows, NoCompleteRowError, is_numeric, rows_to_average
from logitkit.results.effects.spreads import Spread, SpreadSums
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.results.effects.asked import EffectsAsked

__all__ = [
    "CellSums",
    "Ends",
    "are_in_chunks",
    "are_sums",
    "either_ends",
    "ends_of",
    "merged",
    "reduced",
    "spreads_in_chunks",
    "summed_cells",
]

MEMORY_OF_SPREADS = 1 << 28  # for values of variables in order, of files that are given after the fit

T = TypeVar("T")
Ends = tuple[float, float, bool]  # the least and the largest number, and whether there is none but 0 and 1


class Adds(Protocol):
    """Sums over some rows, to which those of others can be added."""

    def plus(self, other: Self) -> Self:
        """Return the sums over both."""


S = TypeVar("S", bound=Adds)


def are_in_chunks(rows: Rows) -> bool:
    """Tell whether rows are read in chunks.

    Examples
    --------
    >>> import logitkit as lk
    >>> are_in_chunks(lk.logit("low ~ age", lk.datasets.load_lbw())._own_rows)
    False
    """
    if rows.data is None:
        return rows.own is not None and rows.own.in_chunks
    return rows.source is not None


def are_sums(asked: EffectsAsked) -> bool:
    """Tell whether effects can be computed from sums over chunks of rows.

    Examples
    --------
    >>> from logitkit.results.effects.asked import EffectsAsked
    >>> are_sums(EffectsAsked()), are_sums(EffectsAsked(change="sd")), are_sums(EffectsAsked(at="mean"))
    (True, True, False)
    """
    changes = list(asked.change.values()) if isinstance(asked.change, Mapping) else [asked.change]
    known = ("slope", "unit", "sd", "iqr", *ELASTICITIES)
    plain = all(not isinstance(each, str) or each in known for each in changes)
    return asked.average and asked.method != "bootstrap" and asked.rows == "given" and plain and asked.at != "mean"


def reduced(rows: Rows, beside: Sequence[str], task: Callable[[Rows], T], merge: Callable[[T, T], T]) -> T:
    """Return the results of a task for each chunk of rows, merged in order.

    Examples
    --------
    >>> reduced.__name__
    'reduced'
    """
    if rows.source is None:
        assert rows.own is not None
        found: T = reading_more(rows.own, beside).reduce(_OfPart(rows, task), merge)
        return found
    source, record = rows.source, rows.record
    info = named_in_source(record.info, source, rows.weights, rows.offset)
    more = [*beside, info.response.weights]
    columns = [*columns_again(info, source, outcome=False), *(name for name in more if name in source.names)]
    absent = [name for name in beside if name not in source.names]
    if absent:
        raise DataError(f"{source.label} has no column {absent[0]!r}.")
    columns, parts = list(dict.fromkeys(columns)), []
    memory = rows.reading.n_bytes
    size = chunk_size(budget_of(source, columns, memory, chunk_size).width, memory)
    for chunk in chunks_of(source, columns, size, memory):
        try:
            parts.append(task(replace(rows, data=chunk.table)))
        except LogitkitError as error:
            raise type(error)(f"{error} (In the rows of {source.label} from {chunk.where} on.)") from error
        parts = [reduce(merge, parts)]
    if not parts:
        raise DataError(f"{source.label} has no rows.")
    return parts[0]


@dataclass(frozen=True)
class _OfPart:
    """A task of the rows of a chunk as those of a fit to a table."""

    rows: Rows
    task: Callable[[Rows], Any]

    def __call__(self, part: Design) -> Any:
        """Return the task's result."""
        own = replace(part, positions=part.places, start=0)
        return self.task(replace(self.rows, own=own))


@dataclass
class CellSums:
    """Sums over rows, from which the averages in cells are computed.

    Parameters
    ----------
    averaged : AveragedRows or None
        The first of the summed rows, which gives the types of the columns; None if no row is complete.
    comparisons : tuple of Comparison
        The comparisons.
    sums : dict
        For each cell, by its labels: its weight, and the sums of values and of the Jacobian.
    weight : float
        Total weight of all rows.
    n_counted, n_missing, n_rows : int
        Numbers of rows that count, of rows left out, and of all rows.
    ends : dict
        For each numeric column, the smallest and the largest value, and whether all values are 0 or 1.
    """

    averaged: AveragedRows | None
    comparisons: tuple[Comparison, ...] = ()
    sums: dict[tuple[Any, ...], tuple[float, FloatArray, FloatArray]] = field(default_factory=dict)
    weight: float = 0.0
    n_counted: int = 0
    n_missing: int = 0
    n_rows: int = 0
    ends: dict[str, Ends] = field(default_factory=dict)

    def plus(self, other: CellSums) -> CellSums:
        """Return the sums over both."""
        sums = dict(self.sums)
        for labels, more in other.sums.items():
            known = sums.get(labels)
            sums[labels] = more if known is None else (known[0] + more[0], known[1] + more[1], known[2] + more[2])
        return CellSums(
            self.averaged if self.comparisons else other.averaged,
            self.comparisons or other.comparisons,
            sums,
            self.weight + other.weight,
            self.n_counted + other.n_counted,
            self.n_missing + other.n_missing,
            self.n_rows + other.n_rows,
            either_ends(self.ends, other.ends),
        )

    @property
    def whole(self) -> AveragedRows:
        """The summary of all rows, at least one of which is complete."""
        assert self.averaged is not None
        weights = None if self.averaged.weights is None else np.array([self.weight])
        indicators = frozenset(name for name, ends in self.ends.items() if ends == (0.0, 1.0, True))
        return replace(
            self.averaged, weights=weights, n_missing=self.n_missing, counted=self.n_counted, indicators=indicators
        )

    def in_order(self, settings: Sequence[tuple[Any, ...]], groups: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the labels of the cells: settings in order, and within each, the groups ordered by level."""
        if not groups:
            return [each for each in settings if each in self.sums]
        assert self.averaged is not None
        levels = []
        for k, name in enumerate(groups):
            found = pd.Series([labels[len(settings[0]) + k] for labels in self.sums])
            kind = self.averaged.frame[name].dtype
            levels.append(levels_of(found.astype(kind) if isinstance(kind, pd.CategoricalDtype) else found))
        wanted = [(*setting, *group) for setting in settings for group in product(*levels)]
        return [each for each in wanted if each in self.sums]


def merged(left: S | None, right: S | None) -> S | None:
    """Return the sums over both, either of which may have no complete row.

    Examples
    --------
    >>> merged(None, None) is None
    True
    """
    if left is None or right is None:
        return right if left is None else left
    return left.plus(right)


def summed_cells(
    averaged: AveragedRows, cells: Sequence[Cell], comparisons: tuple[Comparison, ...], scale: Scale
) -> CellSums:
    """Return the sums over the rows of a table.

    Examples
    --------
    >>> summed_cells.__name__
    'summed_cells'
    """
    n, record = len(averaged.frame), averaged.rows.record
    weights = np.ones(n) if averaged.weights is None else averaged.weights
    sums = {}
    for cell in cells:
        own = float((weights if cell.rows is None else weights[cell.rows]).sum())
        found = averages(record, cell.base, cell.pieces, cell.shares, scale)
        sums[cell.labels] = own, own * found.value, own * found.jacobian
    return CellSums(
        replace(
            averaged, frame=averaged.frame.iloc[:1], labels=None, design=None, rows=replace(averaged.rows, own=None)
        ),
        comparisons,
        sums,
        float(weights.sum()),
        averaged.n_counted,
        averaged.n_missing,
        n,
        {name: ends_of(averaged.frame[name]) for name in averaged.frame if is_numeric(averaged.frame[name])},
    )


def either_ends(one: Mapping[str, Ends], other: Mapping[str, Ends]) -> dict[str, Ends]:
    """Return the ranges of numeric columns over two parts.

    Examples
    --------
    >>> either_ends({"x": (0.0, 1.0, True)}, {"x": (1.0, 2.0, False)})
    {'x': (0.0, 2.0, False)}
    """
    return {name: _both(one.get(name), other.get(name)) for name in {**one, **other}}


def _both(one: Ends | None, other: Ends | None) -> Ends:
    """Return the ends of the numbers of two parts of a column, of which one may hold none."""
    if one is None or other is None:
        found = one or other
        assert found is not None
        return found
    return min(one[0], other[0]), max(one[1], other[1]), one[2] and other[2]


def ends_of(column: Any) -> Ends:
    """Return the smallest and the largest number of a column, and whether all are 0 or 1.

    Examples
    --------
    >>> ends_of(pd.Series([1, 0, 1])), ends_of(pd.Series([0.0, 0.5]))
    ((0.0, 1.0, True), (0.0, 0.5, False))
    """
    values = column.to_numpy()
    return float(values.min()), float(values.max()), bool(((values == 0) | (values == 1)).all())


def spreads_in_chunks(rows: Rows, groups: Sequence[str], names: tuple[str, ...]) -> dict[str, Spread] | None:
    """Return the spread of some variables over all rows, in one pass; None if there are no variables.

    Examples
    --------
    >>> spreads_in_chunks.__name__
    'spreads_in_chunks'
    """
    if not names:
        return None
    stream = None if rows.own is None else rows.own.stream
    memory = (MEMORY_OF_SPREADS if stream is None else stream.memory) // (4 * len(names))
    return reduced(rows, groups, _SpreadOfChunk(tuple(groups), names, memory), SpreadSums.plus).spreads()


@dataclass(frozen=True)
class _SpreadOfChunk:
    """The values of variables in the rows of a chunk."""

    groups: tuple[str, ...]
    names: tuple[str, ...]
    memory: int

    def __call__(self, rows: Rows) -> SpreadSums:
        """Return them, none where no row is complete."""
        try:
            averaged = rows_to_average(rows, list(self.groups), of_chunk=True)
        except NoCompleteRowError:
            return SpreadSums({})
        weights = np.ones(len(averaged.frame)) if averaged.weights is None else averaged.weights
        columns = {name: averaged.frame[name] for name in self.names}
        numbers = {name: own.to_numpy(np.float64) for name, own in columns.items() if is_number(own)}
        return SpreadSums.of(numbers, weights, self.memory)
