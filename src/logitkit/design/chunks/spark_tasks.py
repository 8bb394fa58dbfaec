"""What workers of Spark are asked to do with a block of rows; what a task refuses is one of its results."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.block_tasks import block_chunks, block_sums, counts_of, rows_of_parts
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.pieces import PLACES, Block, Plan, Shown, Sums, in_types, neighbours, shown
from logitkit.design.chunks.source import Batch, Chunk
from logitkit.errors import DataError, LogitkitError

__all__ = [
    "EachChunk",
    "LearnBlock",
    "SumBlock",
    "answers_of",
    "as_bytes",
    "counts",
    "joined_table",
    "of_files",
    "opened",
    "read_here",
]


@dataclass(frozen=True)
class LearnBlock:
    """What a block shows in the learning pass.

    Parameters
    ----------
    learning : Learning
        Of none of its rows.
    size : int
        Rows of a chunk.
    starts : list of int or None
        Place of the first row of each block, where rows are counted.
    names : list of str or None
        What blocks are called; partitions of a frame have numbers.
    draws : callable or None
        Rows to draw of a number of rows, where the number of all is not known yet.
    """

    learning: Learning
    size: int
    starts: list[int] | None
    names: list[str] | None
    draws: Callable[[int], int] | None

    def __call__(self, number: int, table: Any) -> tuple[int, Shown]:
        """Return what a block shows, under its number."""
        start = number << PLACES if self.starts is None else self.starts[number]
        where = f"partition {number}" if self.names is None else self.names[number]
        return number, shown(self.learning, table, start, self.size, where, self.draws)


@dataclass(frozen=True)
class SumBlock:
    """The sums of a task over a block.

    Parameters
    ----------
    plan : Plan
        How chunks are coded.
    work : tuple
        The task, how two sums add, and the fingerprint.
    blocks : tuple of Block
        All of them.
    ranks : dict
        Of the number of a block, its place among those of which rows take part.
    """

    plan: Plan
    work: tuple[Any, Any, Any]
    blocks: tuple[Block, ...]
    ranks: dict[int, int]

    def __call__(self, number: int, table: Any) -> tuple[int, Sums[Any]] | None:
        """Return the sums of a block, under its rank among those of which rows take part; None for others."""
        if number >= len(self.blocks):
            label = self.plan.stream.source.label
            raise DataError(f"{label} changed between two passes: it has more partitions than it had.")
        if number not in self.ranks:
            return None
        block = self.blocks[number]
        return self.ranks[number], block_sums(self.plan, self.work, tuple(block), block.pieces, table)


def as_bytes(number: int, table: Any) -> tuple[int, bytes]:
    """Return rows as they are."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return number, sink.getvalue().to_pybytes()


def of_files(batches: Iterable[Any], groups: list[bytes]) -> Iterator[tuple[int, Callable[[], Any]]]:
    """Yield the numbers of the blocks that a task of Spark is to read, and what reads them."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield number, partial(rows_of_parts, groups[number])


def answers_of(work: Callable[[int, Any], Any], blocks: Iterable[tuple[int, Callable[[], Any]]]) -> Iterator[Any]:
    """Yield what work makes of each block: its place and the result, or what is refused."""
    import pyarrow as pa

    for number, read in blocks:
        try:
            found = work(number, read())
        except LogitkitError as error:
            answer = (number, True, pickle.dumps(error))
        else:
            if found is None:
                continue
            raw = found[1] if isinstance(found[1], bytes) else pickle.dumps(found[1])
            answer = (found[0], False, raw)
        yield pa.RecordBatch.from_pylist([dict(zip(("place", "failed", "found"), answer, strict=True))])


def joined_table(table: Any, joined: Callable[[Sequence[Any]], Any], width: int) -> Any:
    """Return the results of neighbours as one, or the first that is refused."""
    import pyarrow as pa

    rows = table.sort_by("place").to_pylist()
    place = rows[0]["place"] // width
    refused = next((row for row in rows if row["failed"]), None)
    if refused is not None:
        found = refused["found"]
    else:
        found = pickle.dumps(neighbours([pickle.loads(row["found"]) for row in rows], joined))
    return pa.Table.from_pylist([{"place": place, "failed": refused is not None, "found": found}])


def read_here(block: Block, group: list[Part], schema: Any) -> Batch:
    """Return the rows of a block of files, read in this process."""
    return Batch(in_types(rows_of_parts(pickle.dumps(group)), schema), block.where)


def opened(failed: bool, found: bytes) -> bytes:
    """Return what a task has found, or raise what it refused."""
    if failed:
        raise pickle.loads(found)
    return found


@dataclass(frozen=True)
class EachChunk:
    """What a task makes of each chunk of a block, as a table.

    Parameters
    ----------
    task : callable
        Of a chunk.
    size : int
        Rows of a chunk.
    schema : pyarrow.Schema
        Types of the columns.
    blocks : tuple of Block
        All of them.
    """

    task: Callable[[Chunk], Any]
    size: int
    schema: Any
    blocks: tuple[Block, ...]

    def __call__(self, number: int, table: Any) -> tuple[int, list[Any]]:
        """Return the results, under the number of the block."""
        return number, block_chunks((self.task, self.size, self.schema), tuple(self.blocks[number]), table)


def counts(number: int, table: Any) -> tuple[int, tuple[int, int, Any]]:
    """Return the rows, the bytes and the types of a block."""
    return number, counts_of(table)
