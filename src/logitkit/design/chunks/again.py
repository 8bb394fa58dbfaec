"""The design of rows that a fit did not see, of a source that is read in chunks, with what the fit learnt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.chunks.budget import budget_of
from logitkit.design.chunks.build import chunk_size, design_of, sample_size
from logitkit.design.chunks.empty import absent_in, labels, none_complete
from logitkit.design.chunks.over import over_chunks, with_workers
from logitkit.design.chunks.reading import Reading
from logitkit.design.chunks.sample import Sample, key_limit
from logitkit.design.chunks.source import Chunk, Source
from logitkit.design.chunks.stream import Passes, Stream
from logitkit.design.design import Design, RowCounts
from logitkit.design.formula.parse import split_formula
from logitkit.design.info import DesignInfo
from logitkit.design.rebuild import again_by_outcome, named_again, rebuild_design
from logitkit.design.table.checks import require_some_weight
from logitkit.design.table.extras import missing_counts
from logitkit.errors import DataError, LogitkitError
from logitkit.typing import UnseenPolicy

__all__ = ["columns_again", "design_of_source", "named_in_source"]


def named_in_source(info: DesignInfo, source: Source, weights: Any, offset: Any) -> DesignInfo:
    """Return what is known of a design with the columns of a source that are weights and offsets of its rows.

    Examples
    --------
    >>> named_in_source.__name__
    'named_in_source'
    """
    if info.coding is None:
        raise DataError(f"The model was fitted on a ready matrix: read the rows of {source.label} into a matrix.")
    given = info.response
    found = {"weights": named_again(weights, given.weights, "weights")}
    if given.has_own_offsets:
        again_by_outcome(offset, given)
        if offset is not None:
            raise DataError(
                "offset= of each outcome cannot be given for rows that are read in chunks: name the columns."
            )
    else:
        found["offset"] = named_again(offset, given.offset, "offset")
    for role, name in found.items():
        if name is not None and not isinstance(name, str):
            raise DataError(f"{role}= must name a column of {source.label}: an array has no place beside its rows.")
    return replace(info, response=replace(given, **found))


def columns_again(info: DesignInfo, source: Source, outcome: bool) -> tuple[str, ...]:
    """Return the columns of a source that its rows are coded from, with those of the outcome or without.

    Examples
    --------
    >>> columns_again.__name__
    'columns_again'
    """
    assert info.coding is not None
    given = info.response
    left = info.coding.left_variables if outcome else ()
    beside = [given.offset, *(column for _, column in given.offsets)]
    beside += [given.weights, given.cluster if given.cluster in source.names else None] if outcome else []
    wanted = (*left, *info.coding.variables, *(name for name in beside if name is not None))
    absent = [name for name in dict.fromkeys(wanted) if name not in source.names]
    if absent:
        raise DataError(f"{source.label} has no column {absent[0]!r}, which the model uses.")
    return tuple(dict.fromkeys(wanted)) or source.names[:1]


@dataclass(frozen=True)
class _Seen:
    """What a chunk shows: its rows, those that take part, the largest weight of these, and a sample of them."""

    counts: RowCounts
    used: int
    n_bytes: int
    largest: float
    drawn: Sample


@dataclass(frozen=True)
class _Look:
    """What a chunk of other rows shows, a task."""

    info: DesignInfo
    label: str
    unseen: UnseenPolicy
    sample: int
    limit: int

    def __call__(self, chunk: Chunk) -> _Seen:
        """Return what the rows of a chunk show."""
        drawn = Sample(self.sample, self.limit)
        n_bytes = chunk.table.nbytes
        try:
            design = rebuild_design(self.info, chunk.table, unseen=self.unseen)
        except LogitkitError as error:
            if not none_complete(self.info, chunk.table):
                raise type(error)(f"{error} (In the rows of {self.label} from {chunk.where} on.)") from error
            n_rows = chunk.table.num_rows
            absent = tuple(missing_counts(absent_in(self.info, chunk.table)))
            return _Seen(RowCounts(n_rows, n_rows, absent), 0, n_bytes, 0.0, drawn)
        drawn.offer(chunk.start + design.positions, chunk.table, design.positions)
        drawn.trim()
        prior = design.response.prior
        largest = 0.0 if prior is None else float(prior.max(initial=0.0))
        return _Seen(design.counts, design.n_rows, n_bytes, largest, drawn)


def design_of_source(
    info: DesignInfo,
    source: Source,
    reading: Reading,
    *,
    weights: Any = None,
    offset: Any = None,
    unseen: UnseenPolicy = "raise",
) -> Design:
    """Return the design of the rows of a source that have an outcome: one pass finds which are complete.

    Examples
    --------
    >>> design_of_source.__name__
    'design_of_source'
    """
    split_formula(info.formula or "")
    info = named_in_source(info, source, weights, offset)
    columns = columns_again(info, source, outcome=True)
    memory = reading.n_bytes
    budget = budget_of(source, columns, memory, chunk_size)
    size, granted = chunk_size(budget.width, memory), memory * len(columns) // budget.width
    source, edges, executor = with_workers(source, columns, size, reading.executor)
    drawn = Sample(sample_size(source.n_rows, len(columns), granted))
    limit = (1 << 64) - 1 if source.n_rows is None else key_limit(drawn.size, max(source.n_rows, 1))
    used: list[int] = []
    missing = Counter(dict.fromkeys(labels(info), 0))  # in one order, wherever values are missing
    given = n_missing = n_unseen = n_bytes = 0
    largest = 0.0 if info.response.weights is not None else 1.0
    look = _Look(info, source.label, unseen, drawn.size, limit)
    for found in over_chunks(source, columns, size, look, executor, budget):
        counts = found.counts
        used.append(found.used)
        missing.update(dict(counts.missing_by_column))
        given, n_missing, n_unseen = given + counts.given, n_missing + counts.missing, n_unseen + counts.unseen
        n_bytes += found.n_bytes
        largest = max(largest, found.largest)
        drawn.merge(found.drawn)
        if sum(each.size for each in drawn.keys) > 2 * drawn.size:
            drawn.trim()
    drawn.size = sample_size(given, len(columns), granted)
    drawn.trim()
    if not sum(used):
        raise DataError(f"No row of {source.label} is complete.")
    require_some_weight(np.array([largest]), str(info.response.weights))
    sample = rebuild_design(info, drawn.tables[0], unseen=unseen)
    stream = Stream(
        source,
        columns,
        size,
        tuple(used),
        sample,
        drawn.positions[0],
        memory,
        executor,
        Passes(1, n_bytes),
        unseen=unseen,
        edges=edges,
        budget=budget,
    )
    by_column = tuple((name, n) for name, n in missing.most_common() if n)
    return design_of(stream, info, RowCounts(given, n_missing, by_column, n_unseen))
