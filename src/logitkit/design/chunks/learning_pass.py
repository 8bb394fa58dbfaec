"""The learning pass: one pass over a source that finds what its columns are to become, and draws a sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import count

from logitkit.design.chunks.ahead import pass_over
from logitkit.design.chunks.budget import Budget
from logitkit.design.chunks.kept import KeptRows
from logitkit.design.chunks.learning import KEY_MOST, Learning
from logitkit.design.chunks.learnt_rows import Learnt
from logitkit.design.chunks.pool import SPARING, chunks_of
from logitkit.design.chunks.sample import key_limit
from logitkit.design.chunks.source import Chunk, Source
from logitkit.design.formula.parse import ParsedFormula
from logitkit.errors import LogitkitError
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.progress import progress

__all__ = ["learn"]

CANDIDATES = 4  # times the rows that would do if no factor had more than two levels
LIMITED_LEAST = 1_000_000  # rows: of so many it is known beforehand which keys a sample has, and few others are held


def learn(
    source: Source,
    parsed: ParsedFormula,
    roles: Mapping[str, str],
    size: int,
    wanted: Callable[..., int],
    budget: Budget,
    kept: KeptRows | None = None,
) -> Learnt:
    """Pass over a source, as often as its transforms need.

    How many columns the levels of factors make is known at the end: until then more rows are kept than would do for the
    columns that are read.

    Parameters
    ----------
    source : Source
        Its rows are read in chunks.
    parsed : ParsedFormula
        The formula.
    roles : mapping of str to str
        Columns of weights, offsets and clusters, by their role.
    size : int
        Rows of a chunk.
    wanted : callable
        Of the number of rows, None before it is known, and of the columns that a design has; returns how many to draw.
    budget : Budget
        What the memory is divided into.
    kept : KeptRows, optional
        Chunks that stay in memory for the next pass.
    """
    memory = budget.memory
    drawn, limit = wanted(source.n_rows, times=CANDIDATES), KEY_MOST
    if source.n_rows is not None and source.n_rows >= LIMITED_LEAST:
        limit = key_limit(drawn, source.n_rows)
    found = _learnt(source, Learning(parsed, roles, drawn, limit, memory), size, wanted, budget, kept)
    if limit < KEY_MOST and found.sample.size < min(drawn, found.n_used) // 2:  # too many of the rows are incomplete
        before, found = (
            found,
            _learnt(source, Learning(parsed, roles, drawn, memory=memory), size, wanted, budget, kept),
        )
        found = replace(found, n_passes=found.n_passes + before.n_passes, n_bytes=found.n_bytes + before.n_bytes)
    return found


def _learnt(
    source: Source,
    learning: Learning,
    size: int,
    wanted: Callable[..., int],
    budget: Budget,
    kept: KeptRows | None,
) -> Learnt:
    """Pass over a source, as often as its transforms need."""
    following: Learning | None = learning
    while following is not None:
        this = following
        try:
            with progress(source.n_rows, f"Pass {this.n_passes}", " rows") as shown:
                for n_rows in _rows_added(this, source, size, budget, kept):
                    shown.advance(n_rows)
            this.trim(wanted(this.n_rows, n_columns=this.n_columns))
            following = this.another()
        finally:
            this.transforms.close()
    return this.learnt()


def _rows_added(this: Learning, source: Source, size: int, budget: Budget, kept: KeptRows | None) -> Iterator[int]:
    """Add the rows of a source, and yield how many each chunk has.

    Where chunks can be read by themselves and memory has room for some, threads read them; what they show is looked for
    there too, and merged in order, unless a transform learns, whose state is one.
    """
    columns = this.columns or source.names[:1]

    def added(to: Learning, chunk: Chunk) -> Learning:
        try:
            to.add(chunk)
        except LogitkitError as error:
            raise type(error)(f"{error} (In the rows of {source.label} from {chunk.where} on.)") from error
        return to

    if getattr(source, "parts", None) is None or not source.n_rows or this.memory < SPARING:
        for chunk in _in_order(source, columns, size, this.memory, kept):
            added(this, chunk)
            yield chunk.table.num_rows
        return
    n_chunks, most = -(-source.n_rows // size), budget.chunks(size, 0, 1)
    rows = pass_over(source, columns, size, n_chunks, kept=kept)

    def read(number: int) -> Chunk:
        chunk = rows.chunk(number)
        assert chunk is not None
        return chunk

    try:
        added(this, first := read(0))
        yield first.table.num_rows
        if this.transforms.are_needed:
            for chunk in ordered_map(lambda k: read(k + 1), n_chunks - 1, at_once=most):
                added(this, chunk)
                yield chunk.table.num_rows
            return
        for later in ordered_map(lambda k: added(this.blank(), read(k + 1)), n_chunks - 1, at_once=most):
            this.merge(later)
            yield later.n_rows
    finally:
        rows.close()


def _in_order(source: Source, columns: Sequence[str], size: int, memory: int, kept: KeptRows | None) -> Iterator[Chunk]:
    """Yield chunks one after another, those that stay in memory without reading them."""
    if kept is None or kept.room <= 0:
        yield from chunks_of(source, columns, size, memory)
        return
    with closing(pass_over(source, columns, size, 0, kept=kept)) as rows:
        for number in count():
            chunk = rows.chunk(number)
            if chunk is None:
                return
            yield chunk
            del chunk
