"""Sums over rows that lie in blocks, each of which one worker reads: what an executor runs, wherever it runs it.

A block is a partition of a frame, or some row groups of files. Its rows are cut into chunks from its first row on, and
no chunk reaches into the next block. Sums are added in one tree: the chunks of a piece in order, then the pieces of a
block, then the blocks, a few neighbours at a time. The tree depends on the sizes of the blocks alone, so the bits of a
sum do not depend on how many workers there are, or on which of them is done first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from logitkit.design.chunks.ahead import UNCOUNTED, Part
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.sample import surely
from logitkit.design.chunks.source import Chunk
from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.design.fingerprint import Fingerprint, FingerprintSums
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import on_one_thread
from logitkit.typing import IntArray

__all__ = [
    "Block",
    "Plan",
    "Shown",
    "Sums",
    "blocks_of",
    "chunks_of",
    "groups_of",
    "in_types",
    "neighbours",
    "positions_in_blocks",
    "require_same_sizes",
    "same_types",
    "shown",
    "summed",
]

T = TypeVar("T")
NEIGHBOURS = 4  # sums that are added at once
PIECES = 8  # of a block, at most: what the threads of a worker share
PLACES = 40  # bits of the place of a row in its block, where the rows of the blocks before it are not counted yet


class Block(NamedTuple):
    """Consecutive rows that one worker reads at once.

    Parameters
    ----------
    number : int
        From 0.
    start : int
        Place of its first row among all rows.
    n_rows : int
        How many.
    first : int
        Number of its first chunk.
    n_chunks : int
        Chunks of it.
    where : str
        What it is called in messages.
    """

    number: int
    start: int
    n_rows: int
    first: int
    n_chunks: int
    where: str

    @property
    def pieces(self) -> list[tuple[int, int]]:
        """The pieces whose sums are made by themselves, each from a chunk of the block to before another."""
        n = min(PIECES, self.n_chunks)
        bounds = [k * self.n_chunks // n for k in range(n + 1)] if n else [0]
        return list(pairwise(bounds))


def blocks_of(sizes: Sequence[int], names: Sequence[str], size: int) -> tuple[list[Block], tuple[int, ...]]:
    """Return blocks of so many rows, and where the chunks of all begin, with the number of rows at the end.

    Examples
    --------
    >>> blocks, edges = blocks_of([5, 0, 2], ["a", "b", "c"], 2)
    >>> [(block.start, block.first, block.n_chunks) for block in blocks], edges
    ([(0, 0, 3), (5, 3, 0), (5, 3, 1)], (0, 2, 4, 5, 7))
    """
    blocks: list[Block] = []
    edges: list[int] = []
    first = 0
    for number, (start, n_rows) in enumerate(zip((0, *accumulate(sizes)), sizes, strict=False)):
        n_chunks = -(-n_rows // size)
        blocks.append(Block(number, start, n_rows, first, n_chunks, names[number]))
        edges += range(start, start + n_rows, size)
        first += n_chunks
    return blocks, (*edges, sum(sizes))


def groups_of(parts: Iterable[Part], size: int) -> list[list[Part]]:
    """Return parts that are read at once: those that follow one another, as long as they are few rows.

    A part whose rows are not counted yet is read by itself.

    Examples
    --------
    >>> parts = [Part(n, list) for n in (1, 2, 9, 1)]
    >>> [[part.n_rows for part in group] for group in groups_of(parts, 4)]
    [[1, 2], [9], [1]]
    """
    found: list[list[Part]] = []
    n_held = 0
    for part in parts:
        if not found or part.n_rows == UNCOUNTED or n_held + part.n_rows > size:
            found.append([])
            n_held = 0
        found[-1].append(part)
        n_held += part.n_rows
    return found


def chunks_of(table: Any, start: int, first: int, size: int, where: str, bounds: tuple[int, int]) -> Iterator[Chunk]:
    """Yield some of the chunks of a block."""
    for k in range(*bounds):
        part = table.slice(k * size, size)
        if part.num_rows:
            yield Chunk(first + k, start + k * size, part, f"{where}, row {k * size:,}")


@dataclass
class Shown:
    """What the rows of a block have shown.

    Parameters
    ----------
    n_rows, n_bytes : int
        Of its columns.
    schema : pyarrow.Schema
        Their types.
    learning : Learning
        The rest.
    """

    n_rows: int
    n_bytes: int
    schema: Any
    learning: Learning


def shown(
    learning: Learning, table: Any, start: int, size: int, where: str, sample_of: Callable[[int], int] | None = None
) -> Shown:
    """Return what a block shows.

    Parameters
    ----------
    learning : Learning
        Of no row.
    table : pyarrow.Table
        The rows of the block.
    start : int
        Place of the first.
    size : int
        Rows of a chunk.
    where : str
        Where they are, for messages.
    sample_of : callable, optional
        Rows to draw of a number of rows, where the number of all is not known yet.
    """
    learning = deepcopy(learning)
    if sample_of is not None:  # of its rows as many as can be in the sample of all
        learning.trim(surely(sample_of(table.num_rows)))
    with on_one_thread(), single_threaded_blas():
        for chunk in chunks_of(table, start, 0, size, where, (0, -(-table.num_rows // size))):
            learning.add(chunk)
    return Shown(table.num_rows, table.nbytes, table.schema, learning)


def require_same_sizes(sizes: Sequence[int], blocks: Sequence[Block], label: str) -> None:
    """Refuse blocks that have other numbers of rows than in the pass before, if there was one.

    Examples
    --------
    >>> require_same_sizes([2], blocks_of([3], ["a.csv"], 2)[0], "the folder")
    Traceback (most recent call last):
    logitkit.errors.DataError: the folder changed between two passes: a.csv has 2 rows and had 3. Fit again, ...
    """
    if blocks and len(sizes) != len(blocks):
        raise DataError(
            f"{label} changed between two passes: it has {len(sizes):,} partitions and had {len(blocks):,}."
        )
    for n_rows, block in zip(sizes, blocks, strict=False):
        if n_rows != block.n_rows:
            raise DataError(
                f"{label} changed between two passes: {block.where} has {n_rows:,} rows and had {block.n_rows:,}. "
                "Fit again, when nothing writes to it."
            )


def positions_in_blocks(positions: IntArray, starts: Sequence[int]) -> IntArray:
    """Return the places of rows among all, from places that have the number of the block before that in the block.

    Examples
    --------
    >>> positions_in_blocks(np.array([1, (1 << 40) + 2]), [0, 5]).tolist()
    [1, 7]
    """
    found: IntArray = np.asarray(starts, dtype=np.int64)[positions >> PLACES] + (positions & ((1 << PLACES) - 1))
    return found


def in_types(table: Any, schema: Any) -> Any:
    """Return a table with its columns in the types of all blocks, as far as these are known."""
    import pyarrow as pa

    if schema is None or table.schema == schema:
        return table
    known = set(schema.names)
    return table.cast(pa.schema([schema.field(each.name) if each.name in known else each for each in table.schema]))


def same_types(schemas: Sequence[Any], names: Sequence[str]) -> Any:
    """Return the types of the columns of all blocks; numbers of several types become one, as in a table of all rows.

    Parameters
    ----------
    schemas : sequence of pyarrow.Schema
        Of each block.
    names : sequence of str
        What the blocks are called.
    """
    import pyarrow as pa

    common = schemas[0]
    for schema, name in zip(schemas[1:], names[1:], strict=True):
        for each in schema:
            own, before = pa.schema([each]), pa.schema([common.field(each.name)])
            try:
                pa.unify_schemas([before, own], promote_options="permissive")
            except pa.ArrowException:
                raise DataError(
                    f"{name} has {each.name!r} as {each.type}, and {names[0]} as {before.types[0]}: give the column "
                    "the same type in every partition."
                ) from None
        common = pa.unify_schemas([common, schema], promote_options="permissive")
    return common


class Sums(NamedTuple, Generic[T]):
    """What a task found in some rows.

    Parameters
    ----------
    n_bytes : int
        That were read.
    printed : FingerprintSums or None
        Of the fingerprint, where that is not known yet.
    found : object
        The task's result.
    """

    n_bytes: int
    printed: FingerprintSums | None
    found: T


@dataclass(frozen=True)
class Plan:
    """How chunks are coded: what travels once.

    Parameters
    ----------
    stream : Stream
        Without its rows.
    info : DesignInfo
        The coding.
    schema : pyarrow.Schema
        Types of the columns.
    """

    stream: Stream
    info: DesignInfo
    schema: Any

    def summed(
        self,
        block: Block,
        bounds: tuple[int, int],
        table: Any,
        task: Callable[[Design], T],
        merge: Callable[[T, T], T],
        known: str | None,
    ) -> Sums[T] | None:
        """Return the sums over a piece of a block, None where none of its rows takes part.

        Parameters
        ----------
        block : Block
            Whose rows they are.
        bounds : tuple of int
            The chunks of the piece.
        table : pyarrow.Table
            The rows of the block.
        task, merge : callable
            What is summed.
        known : str or None
            The fingerprint of all rows; its sums are made where it is not known.
        """
        stream, total = self.stream, None
        if table.num_rows != block.n_rows:
            raise DataError(
                f"{block.where} of {stream.source.label} changed between two passes: it has {table.num_rows:,} rows "
                f"and had {block.n_rows:,}. Fit again, when nothing writes to it."
            )
        printed = Fingerprint(stream.n_rows, len(self.info.names)) if known is None else None
        if known is not None:
            stream.kept["fingerprint"] = known
        table = in_types(table, self.schema)
        with on_one_thread(), single_threaded_blas():
            for chunk in chunks_of(table, block.start, block.first, stream.size, block.where, bounds):
                if not stream.used[chunk.number]:
                    continue
                design = stream.coded(chunk, self.info)
                place = stream.first_rows[chunk.number]
                prints = None if printed is None else printed.sums(place, design.matrix, design.response)
                own = Sums(chunk.table.nbytes, prints, task(design))
                total = own if total is None else _plus(total, own, merge)
        return total


def summed(parts: Sequence[Sums[T] | None], merge: Callable[[T, T], T]) -> Sums[T] | None:
    """Return sums of sums, in order; the parts themselves stay as they are, for they may be asked for again."""
    found = [part for part in parts if part is not None]
    if len(found) < 2:
        return found[0] if found else None
    total = deepcopy(found[0])
    for part in found[1:]:
        total = _plus(total, part, merge)
    return total


def _plus(left: Sums[T], right: Sums[T], merge: Callable[[T, T], T]) -> Sums[T]:
    printed = left.printed
    if printed is not None and right.printed is not None:
        printed = printed.plus(right.printed)
    return Sums(left.n_bytes + right.n_bytes, printed, merge(left.found, right.found))


def neighbours(items: Sequence[Any], joined: Callable[[Sequence[Any]], Any]) -> Any:
    """Return items joined in a tree, a few neighbours at a time.

    Examples
    --------
    >>> neighbours(list("abcdefg"), lambda few: "(" + "".join(few) + ")")
    '((abcd)(efg))'
    """
    while len(items) > 1:
        items = [
            items[k] if k + 1 == len(items) else joined(items[k : k + NEIGHBOURS])
            for k in range(0, len(items), NEIGHBOURS)
        ]
    return items[0]
