"""Scores of the same rows by several fits, of rows that are read in chunks: joined on disk by the place of each row.

Each fit gives its scores in a pass of its own, with the place of each row among those of the source. A sort by place
brings the scores of a row together, whatever columns and chunks the fits read, and gives them back in blocks. What is a
sum over rows goes over these blocks; what needs all rows at once gathers them where there is room
(``docs/maths/chunks.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.scored import Scored, ScoredRows, names_of, with_both
from logitkit.diagnostics.discrimination.scored_fits import (
    differing_outcomes,
    errors_of,
    no_shared_row,
    require_scored,
    scored_predictions,
)
from logitkit.diagnostics.rows.ranking import ROUNDING, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.inference.sample import is_sample
from logitkit.numerics.external_sort import ExternalSort
from logitkit.typing import FloatArray, IntArray

__all__ = ["JoinedRows", "joined_predictions"]

Fits = Sequence[tuple[str, FitRecord, Design]]
Columns = Mapping[str, Iterable[tuple[IntArray, FloatArray]]]
WHAT = "Scores of the same rows"


@dataclass(frozen=True, eq=False)
class JoinedRows:
    """Rows with k scores, stored on disk and read in blocks.

    Parameters
    ----------
    empty : ScoredRows
        Facts that apply to all rows, without the rows themselves.
    by_place : ExternalSort
        The rows: position, cluster, scores with an indicator of their presence, and events and non-events for each fit.
    stream : Stream
        Source of the rows, which sets the memory limit.
    n_rows : int
        Number of rows that have every score.
    n_events, n_nonevents : float
        Total weight of events and of non-events.
    n_clusters : int
        Number of clusters in the rows.

    Examples
    --------
    >>> JoinedRows.__name__
    'JoinedRows'
    """

    empty: ScoredRows
    by_place: ExternalSort
    stream: Stream
    n_rows: int = 0
    n_events: float = 0.0
    n_nonevents: float = 0.0
    n_clusters: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scores."""
        return self.empty.names

    @property
    def roundings(self) -> tuple[float, ...]:
        """Tolerances within which scores count as equal."""
        return self.empty.roundings

    @property
    def errors(self) -> str:
        """Kind of independent unit."""
        return self.empty.errors

    @property
    def in_sample(self) -> bool:
        """Whether any fit predicts the rows that it was fitted to."""
        return self.empty.in_sample

    @property
    def not_shared(self) -> int:
        """Number of rows left out because a score is missing."""
        return self.empty.not_shared

    @property
    def rate(self) -> float:
        """Proportion of events."""
        return self.n_events / (self.n_events + self.n_nonevents)

    def blocks(self) -> Iterator[ScoredRows]:
        """Yield the rows in order, in blocks.

        Yields
        ------
        ScoredRows
            Rows that have every score.
        """
        k = len(self.names)
        for block in self.by_place.blocks():
            there = block[:, 2 + k : 2 + 2 * k].all(axis=1)
            rows = block if there.all() else block[there]
            first = 2 + 2 * k
            yield replace(
                self.empty,
                scores=np.ascontiguousarray(rows[:, 2 : 2 + k].T),
                events=rows[:, first].copy(),
                nonevents=rows[:, first + 1].copy(),
                clusters=None if self.empty.clusters is None else rows[:, 1].astype(np.int64),
            )

    def whole(self) -> ScoredRows:
        """Return all rows at once, if they fit in memory.

        Returns
        -------
        ScoredRows
            All rows, with clusters renumbered.

        Raises
        ------
        UnsupportedError
            If the rows do not fit in the memory limit.
        """
        self.stream.require_room(self.n_rows * (len(self.names) + 3), f"{WHAT}, all at once,")
        parts = list(self.blocks())
        clusters = None
        if self.empty.clusters is not None:
            codes = np.concatenate([part.clusters for part in parts if part.clusters is not None])
            clusters = np.unique(codes, return_inverse=True)[1].astype(np.int64)
        return replace(
            self.empty,
            scores=np.concatenate([part.scores for part in parts], axis=1),
            events=np.concatenate([part.events for part in parts]),
            nonevents=np.concatenate([part.nonevents for part in parts]),
            clusters=clusters,
        )


@contextmanager
def joined_predictions(fits: Fits, columns: Mapping[str, FloatArray] | Columns | None = None) -> Iterator[Scored]:
    """Yield the rows that several fits predict, with the log odds of the event from each fit as scores.

    Parameters
    ----------
    fits : sequence of (str, FitRecord, Design)
        Name, fit and rows of each. All rows come from one table or source and are joined by position.
    columns : mapping by name, optional
        Further scores: one number for each row of the table; for a source, blocks of positions with their numbers.

    Yields
    ------
    ScoredRows or JoinedRows
        Rows that all fits predict and in which no column is missing. Files on disk are removed afterwards.

    Raises
    ------
    UnsupportedError
        If there are several outcomes, or the rows of a source came in two different orders.
    DataError
        If the fits share no row, or disagree about an outcome or a weight.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, two = lk.logit("low ~ age", births), lk.logit("low ~ lwt", births)
    >>> with joined_predictions([("one", one.record, one.design), ("two", two.record, two.design)]) as rows:
    ...     rows.names, rows.n_events
    (('one', 'two'), 59.0)
    """
    stream = next((design.stream for _, _, design in fits if design.stream is not None), None)
    if stream is None:
        yield scored_predictions(fits, columns)  # type: ignore[arg-type]
        return
    for _, record, _ in fits:
        require_scored(record)
    more: Columns = dict(columns or {})
    names = names_of((*(name for name, *_ in fits), *more), len(fits) + len(more))
    k, width = len(names), 2 + 2 * len(names) + 2 * len(fits)
    with ExitStack() as stack:
        rows = stack.enter_context(ExternalSort(width, stream.memory // 8, pooled=True, what=WHAT))
        largest, given, own = np.ones(k), np.zeros(k, dtype=np.int64), False
        numbers: dict[Any, int] = {}  # of clusters, as they are met
        errors, clustered = errors_of(fits[0][2].sample.response, fits[0][1])
        for place, (_, record, design) in enumerate(fits):
            sample = is_sample(record, design)
            own = own or sample
            task = partial(_scores, record, sample, clustered and place == 0)
            for found, values, codes in design.each(task):
                if len(names) > 1 and design.stream is not None:
                    design.stream.require_order(WHAT)
                table = np.zeros((len(found), width))
                table[:, 0] = found[:, 0]
                table[:, 2 + place], table[:, 2 + k + place] = found[:, 1], 1.0
                table[:, 2 + 2 * (k + place) : 4 + 2 * (k + place)] = found[:, 2:]
                if values:
                    known = np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.float64)
                    table[:, 1] = known[codes]
                finite = np.abs(found[:, 1][np.isfinite(found[:, 1])])
                largest[place] = max(largest[place], float(finite.max(initial=0.0)))
                given[place] += len(found)
                rows.add(table)
        for place, parts in enumerate(more.values(), start=len(fits)):
            for at, score in parts:
                there = ~np.isnan(score)
                table = np.zeros((int(there.sum()), width))
                table[:, 0], table[:, 2 + place], table[:, 2 + k + place] = at[there], score[there], 1.0
                rows.add(table)
        roundings = (*(float(ROUNDING * size) for size in largest[: len(fits)]), *(0.0 for _ in more))
        none = np.zeros(0)
        clusters = np.zeros(0, dtype=np.int64) if clustered else None
        empty = ScoredRows(names, np.empty((k, 0)), none, none, roundings, errors, clusters, own)
        yield _counted(JoinedRows(empty, rows, stream, n_clusters=len(numbers)), fits, int(given[: len(fits)].max()))


def _scores(
    record: FitRecord, own: bool, clustered: bool, part: Design
) -> tuple[FloatArray, tuple[Any, ...], IntArray | None]:
    """Return the place, the log odds, and the weight of events and of non-events of rows, and their clusters."""
    rows = predicted_rows(record, part, own)
    weights, y = rows.weights, rows.shares[1]
    table = np.column_stack([part.positions[rows.order], rows.log_odds[1], weights * y, weights * (1.0 - y)])
    found = rows.response.clusters if clustered else None
    if found is None:
        return table, (), None
    return table, found.values or tuple(range(found.count)), np.asarray(found.codes)


def _counted(rows: JoinedRows, fits: Fits, given: int) -> JoinedRows:
    """Return the rows with their number and weight; refuse those of which fits say different outcomes."""
    k, n, events, nonevents = len(rows.names), 0, 0.0, 0.0
    for block in rows.by_place.blocks():
        found = block[block[:, 2 + k : 2 + 2 * k].all(axis=1), 2 + 2 * k :]
        for number in range(1, len(fits)):
            if not np.array_equal(found[:, 2 * number : 2 * number + 2], found[:, :2]):
                raise differing_outcomes(fits[number][0], fits[0][0])
        n += len(found)
        events += float(found[:, 0].sum())
        nonevents += float(found[:, 1].sum())
    if n == 0:
        raise no_shared_row()
    empty = replace(rows.empty, not_shared=given - n)
    return with_both(replace(rows, empty=empty, n_rows=n, n_events=events, n_nonevents=nonevents))
