"""Rows in order of their predictions, with what is summed at each: held, or sorted outside memory.

What needs the order of rows (curves, groups by quantiles) passes once over blocks of pooled scores. Rows that are held
are one block. Of rows that are read in chunks, each chunk gives its scores with what is summed there, which are sorted
on disk; no number per row is held (``docs/maths/chunks.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.rows.left_out import LeftOut, left_out_of
from logitkit.diagnostics.rows.ranking import ROUNDING, PredictedRows, RankedRows, no_rows, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.logits.grouping import Groups, group_sums, quantile_groups
from logitkit.models.links import LOGIT
from logitkit.numerics.external_sort import ExternalSort, ordered_rows
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.typing import FloatArray, IntArray

__all__ = ["Grouped", "InOrder", "Ranking", "RowFacts", "grouped", "row_facts", "rows_in_order"]

PARTS_MOST = 256  # arrays of a few numbers each, which become one
ROWS_AT_ONCE = 1 << 15  # of a chunk, whose scores are found


@dataclass(frozen=True)
class Ranking:
    """An order of rows, and the quantities summed at each score.

    Parameters
    ----------
    rank : callable
        Function that returns the rows in that order.
    columns : callable
        Function of the rows and the ordered rows that returns the quantities to sum, shape (c, r).
    with_places : bool
        Whether the position of each row is kept, so that rows of several orders can be joined.
    """

    rank: Callable[[PredictedRows], RankedRows]
    columns: Callable[[PredictedRows, RankedRows], FloatArray]
    with_places: bool = False

    def table(self, rows: PredictedRows, positions: IntArray) -> FloatArray:
        """Return scores and summed quantities of the ordered rows, shape (r, 1 + c); positions are the last column."""
        ranked = self.rank(rows)
        columns = [ranked.log_odds, self.columns(rows, ranked).T]
        return np.column_stack([*columns, positions[rows.order[ranked.place]]] if self.with_places else columns)


@dataclass(frozen=True)
class RowFacts:
    """Sums over rows that do not depend on their order.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    of_event : bool
        Whether the model is of an event.
    totals : (K,) array
        Weighted trials of each outcome.
    total : float
        Sum of the weights, including rows without a prediction.
    undetermined, weightless : int
        Number of rows left out, by reason.
    """

    outcomes: tuple[str, ...]
    of_event: bool
    totals: FloatArray
    total: float
    undetermined: int
    weightless: int

    @property
    def absent(self) -> tuple[str, ...]:
        """Outcomes that do not occur in the rows."""
        return tuple(name for name, total in zip(self.outcomes, self.totals, strict=True) if total <= 0.0)

    @property
    def reported(self) -> tuple[int, ...]:
        """Positions of the outcomes that results report."""
        return (1,) if self.of_event else tuple(range(len(self.outcomes)))

    def left_out(self, design: Design) -> LeftOut:
        """Return the numbers of rows given, used and left out."""
        return left_out_of(design, self.weightless, self.undetermined)

    def plus(self, other: RowFacts) -> RowFacts:
        """Return the sums over both sets of rows."""
        return replace(
            self,
            totals=self.totals + other.totals,
            total=self.total + other.total,
            undetermined=self.undetermined + other.undetermined,
            weightless=self.weightless + other.weightless,
        )


def row_facts(rows: PredictedRows, part: Design) -> RowFacts:
    """Return the sums over rows that do not depend on their order.

    Parameters
    ----------
    rows : PredictedRows
        Rows with their predictions.
    part : Design
        Design that contains the rows.

    Returns
    -------
    RowFacts
        Sums, to which those of other rows can be added.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> row_facts(predicted_rows(fit.record, fit.design), fit.design).totals.tolist()
    [3.0, 2.0]
    """
    total, weightless = part.response.total, rows.left_out.weightless
    return RowFacts(rows.outcomes, rows.of_event, rows.totals, total, rows.undetermined, weightless)


@dataclass(frozen=True)
class InOrder:
    """Rows in one or several orders.

    Parameters
    ----------
    facts : RowFacts
        Sums that do not depend on the order.
    totals : tuple of (c,) array
        For each ranking, the sums over all scores.
    passes : tuple of callable
        For each ranking, a pass over the scores.
    beside : object
        Additional sums over the rows, if requested.
    rows : PredictedRows or None
        The rows, if they are in memory.
    ranked : tuple of RankedRows
        For each ranking, these rows in order; otherwise empty.
    sorted_rows : tuple of callable
        For each ranking, a pass over rows that are not pooled, in blocks: scores, summed quantities, and positions.
    roundings : tuple of float
        For each ranking, the tolerance within which scores count as equal.
    """

    facts: RowFacts
    totals: tuple[FloatArray, ...]
    passes: tuple[Callable[[], Iterator[Pooled]], ...]
    beside: Any = None
    rows: PredictedRows | None = None
    ranked: tuple[RankedRows, ...] = ()
    sorted_rows: tuple[Callable[[], Iterator[FloatArray]], ...] = ()
    roundings: tuple[float, ...] = ()

    def places(self, number: int) -> IntArray:
        """Return the position in the design of each row in memory, in the order of a ranking."""
        assert self.rows is not None
        return self.rows.order[self.ranked[number].place]

    def blocks(self, number: int) -> Iterator[Pooled]:
        """Yield the scores of a ranking in ascending order with their sums; equal scores are in the same block."""
        return self.passes[number]()


@contextmanager
def rows_in_order(
    record: FitRecord,
    design: Design,
    own: bool,
    rankings: Sequence[Ranking],
    bins: int | None = None,
    beside: Callable[[PredictedRows], Any] | None = None,
) -> Iterator[InOrder]:
    """Yield rows in the requested orders; files sorted on disk are removed afterwards.

    With ``bins``, scores are pooled in about this many bins between quantiles of the rows, or of a sample if rows are
    read in chunks. Nothing is sorted, and the score of a row is the lower end of its bin. ``beside`` returns further
    sums over rows for the same pass; they need a method ``plus``.
    """
    if bins is not None:
        yield _binned(record, design, own, rankings, bins)
        return
    if design.stream is None:
        rows = predicted_rows(record, design)
        yield replace(_held(rows, design, rankings), beside=None if beside is None else beside(rows))
        return
    facts: RowFacts | None = None
    more: Any = None
    totals: list[FloatArray] = [np.zeros(0)] * len(rankings)
    largest = np.ones(len(rankings))
    memory = design.stream.memory // (8 * max(len(rankings), 1))
    with ExitStack() as stack:
        sorts: list[ExternalSort] = []
        for found, tables, sums in design.each(partial(_in_order, record, own, tuple(rankings), beside)):
            facts = found if facts is None else facts.plus(found)
            more = sums if more is None else more.plus(sums)
            for number, table in enumerate(tables):
                if len(sorts) == number:
                    alike = not rankings[number].with_places
                    sorts.append(stack.enter_context(ExternalSort(table.shape[1], memory, pooled=alike)))
                    totals[number] = np.zeros(table.shape[1] - 1 - rankings[number].with_places)
                finite = np.abs(table[:, 0][np.isfinite(table[:, 0])])
                largest[number] = max(largest[number], float(finite.max(initial=0.0)))
                totals[number] = totals[number] + table[:, 1 : 1 + totals[number].size].sum(axis=0)
                sorts[number].add(table)
        if facts is None or not facts.totals.any():
            raise no_rows(design.n_rows)
        roundings = tuple(float(ROUNDING * size) for size in largest)
        passes = tuple(
            partial(_sorted, sort, rounding, total.size)
            for sort, rounding, total in zip(sorts, roundings, totals, strict=True)
        )
        each = tuple(sort.blocks for sort in sorts)
        yield InOrder(facts, tuple(totals), passes, more, sorted_rows=each, roundings=roundings)


def _held(rows: PredictedRows, design: Design, rankings: Sequence[Ranking]) -> InOrder:
    """Return rows that are held, one block in each order."""
    ranked = tuple(ranking.rank(rows) for ranking in rankings)
    blocks = [[Pooled(each.score, ranking.columns(rows, each))] for ranking, each in zip(rankings, ranked, strict=True)]
    totals = tuple(block.sums.sum(axis=1) for (block,) in blocks)
    passes = tuple(partial(iter, block) for block in blocks)
    return InOrder(row_facts(rows, design), totals, passes, rows=rows, ranked=ranked)


def _binned(record: FitRecord, design: Design, own: bool, rankings: Sequence[Ranking], bins: int) -> InOrder:
    """Return rows pooled in bins of their scores."""
    edges = []
    sample = predicted_rows(record, design.sample)
    for ranking in rankings:
        scores = ranking.rank(sample).score
        places = np.arange(1, bins) * scores.size // bins
        edges.append(np.unique(np.append(scores[places], -np.inf)))
    facts, sums = design.reduce(_BinSums(record, own, tuple(rankings), tuple(edges)), _both)
    if not facts.totals.any():
        raise no_rows(design.n_rows)
    blocks = [[Pooled(edge, table)] for edge, table in zip(edges, sums, strict=True)]
    totals = tuple(table.sum(axis=1) for table in sums)
    return InOrder(facts, totals, tuple(partial(iter, block) for block in blocks))


@dataclass(frozen=True)
class _BinSums:
    """What is summed over rows, by bins of their scores in each order."""

    record: FitRecord
    own: bool
    rankings: tuple[Ranking, ...]
    edges: tuple[FloatArray, ...]

    def __call__(self, part: Design) -> tuple[RowFacts, list[FloatArray]]:
        """Return the sums over some rows."""
        facts, tables, _ = _tables(self.record, self.own, self.rankings, None, part)
        found = []
        for table, edge in zip(tables, self.edges, strict=True):
            place = np.searchsorted(edge, table[:, 0], side="right") - 1
            sums = [np.bincount(place, column, edge.size).astype(np.float64) for column in table[:, 1:].T]
            found.append(np.stack(sums))
        return facts, found


def _both(
    one: tuple[RowFacts, list[FloatArray]], other: tuple[RowFacts, list[FloatArray]]
) -> tuple[RowFacts, list[FloatArray]]:
    """Return the sums over the rows of both."""
    return one[0].plus(other[0]), [here + more for here, more in zip(one[1], other[1], strict=True)]


def _in_order(
    record: FitRecord,
    own: bool,
    rankings: tuple[Ranking, ...],
    beside: Callable[[PredictedRows], Any] | None,
    part: Design,
) -> tuple[RowFacts, list[FloatArray], Any]:
    """Return what is summed over some rows, and their scores in order, those that are the same added up."""
    facts, tables, more = _tables(record, own, rankings, beside, part)
    return facts, [ordered_rows(table, pooled=True) for table in tables], more


def _tables(
    record: FitRecord,
    own: bool,
    rankings: tuple[Ranking, ...],
    beside: Callable[[PredictedRows], Any] | None,
    part: Design,
) -> tuple[RowFacts, list[FloatArray], Any]:
    """Return what is summed over some rows, and their scores, a few rows at a time: numbers on the way take room."""
    facts, more, tables = None, None, []
    for start in range(0, max(part.n_rows, 1), ROWS_AT_ONCE):
        some = part.take(np.arange(start, min(start + ROWS_AT_ONCE, part.n_rows)))
        rows = predicted_rows(record, some, own)
        here, sums = row_facts(rows, some), None if beside is None else beside(rows)
        facts = here if facts is None else facts.plus(here)
        more = sums if more is None else more.plus(sums)
        tables.append([ranking.table(rows, some.positions) for ranking in rankings])
    assert facts is not None
    return facts, [np.concatenate(found) for found in zip(*tables, strict=True)], more


def _sorted(sort: ExternalSort, rounding: float, width: int) -> Iterator[Pooled]:
    """Yield sorted scores, those that differ by rounding pooled."""
    return pooled(((block[:, 0], block[:, 1 : 1 + width].T) for block in sort.blocks()), rounding)


@dataclass(frozen=True)
class Grouped:
    """Groups of rows by quantiles of their predicted probability.

    Parameters
    ----------
    sums : (c, G) array
        Sums in each of the G groups.
    lowest, highest : (G,) array
        Range of the predicted probability in each group.
    group : (r,) int array or None
        Group of each ordered row, if the rows are in memory.
    """

    sums: FloatArray
    lowest: FloatArray
    highest: FloatArray
    group: IntArray | None


def grouped(rows: InOrder, number: int, groups: int, grouping: str = "stata") -> Grouped:
    """Return groups with about equal weight, the first of the sums; equal predictions stay together."""
    if rows.rows is not None:
        (block,) = rows.blocks(number)
        mu = LOGIT.inverse(block.scores)
        group = quantile_groups(mu, block.sums[0], groups, grouping)
        table, lowest, highest = block.sums, mu, mu
    else:
        found, seen = Groups(float(rows.totals[number][0]), groups, grouping), 0.0
        parts: list[tuple[IntArray, FloatArray, FloatArray, FloatArray]] = []
        for mu, sums in pooled((LOGIT.inverse(block.scores), block.sums) for block in rows.blocks(number)):
            cumulative = seen + np.cumsum(sums[0])
            seen = float(cumulative[-1])
            if not np.array_equal(cumulative, np.rint(cumulative)):
                found.require_any_counts()
            every = found.of(sums[0], cumulative)
            first = np.flatnonzero(np.concatenate([[True], every[1:] != every[:-1]]))
            last = np.append(first[1:], every.size) - 1
            parts.append((every[first], np.add.reduceat(sums, first, axis=1), mu[first], mu[last]))
            if len(parts) == PARTS_MOST:
                parts = [_beside(parts)]
        numbers, table, lowest, highest = _beside(parts)
        group = found.closed(numbers)
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    last = np.append(first[1:], group.size) - 1
    sums = np.stack([group_sums(group, column) for column in table])
    return Grouped(sums, lowest[first], highest[last], group if rows.rows is not None else None)


def _beside(
    parts: Sequence[tuple[IntArray, FloatArray, FloatArray, FloatArray]],
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Return what was found of some blocks as that of one."""
    numbers, tables, lowest, highest = zip(*parts, strict=True)
    return np.concatenate(numbers), np.concatenate(tables, axis=1), np.concatenate(lowest), np.concatenate(highest)
