"""The rows of a source as workers have them: what is asked of which worker, in one pass or another."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, Protocol
from weakref import WeakKeyDictionary, WeakSet

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.block_tasks import (
    added,
    arrow_of_frame,
    block_sums,
    head_of,
    merged,
    rows_of_parts,
    trimmed,
)
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.pieces import (
    PLACES,
    Block,
    Plan,
    Sums,
    blocks_of,
    groups_of,
    in_types,
    key_limit,
    neighbours,
    positions_in_blocks,
    require_same_sizes,
    same_types,
    shown,
)
from logitkit.design.chunks.source import Batch, Source
from logitkit.design.chunks.stream import Stream
from logitkit.design.info import DesignInfo
from logitkit.errors import UnsupportedError
from logitkit.typing import IntArray

__all__ = ["FrameSource", "WorkerRows", "Workers"]


class Workers(Protocol):
    """Those who run tasks, whose arguments are results of others."""

    holders: WeakSet[WorkerRows]

    def has_room(self, n_bytes: int) -> bool:
        """Tell whether rows may stay, if those of earlier fits are let go."""

    def sent(self, value: Any) -> Any:
        """Return a value as the workers have it."""

    def delayed(self, function: Callable[..., Any]) -> Any:
        """Return a function whose calls are tasks."""

    def computed(self, values: list[Any]) -> list[Any]:
        """Return what is computed, and stays there as long as it is referred to."""

    def gathered(self, values: list[Any]) -> list[Any]:
        """Return what is computed."""

    def reached(self) -> AbstractContextManager[None]:
        """Say what is wrong where they are lost."""


@dataclass(frozen=True)
class FrameSource:
    """A frame of Dask, before its rows are counted.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        The partitions.
    label : str
        What it is called in messages.
    n_rows : int or None
        Not known before a pass.
    row_bytes : float
        Not known.
    """

    frame: Any
    label: str = "the Dask frame"
    n_rows: int | None = None
    row_bytes: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.frame.columns)

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Refuse: the rows are with the workers."""
        del columns, size
        raise UnsupportedError(f"{self.label} is read by workers: executor=lk.Dask(client).")

    def units(self, columns: Sequence[str], workers: Workers) -> tuple[list[Any], list[str]]:
        """Return the partitions as tables to be made, and what they are called."""
        parts = self.frame[list(columns)].to_delayed()
        if len(parts) != self.frame.npartitions:  # files read together where few columns are wanted
            each = map(self.frame.get_partition, range(self.frame.npartitions))
            parts = [part[list(columns)].to_delayed()[0] for part in each]
        names = [f"partition {number}" for number in range(len(parts))]
        read = workers.delayed(arrow_of_frame)
        return [read(part, list(columns), name) for part, name in zip(parts, names, strict=True)], names


@dataclass(frozen=True)
class _Files:
    """Files whose parts are read by themselves."""

    source: Any
    size: int

    def groups(self, columns: Sequence[str]) -> list[list[Part]]:
        """Return the parts of each block."""
        return groups_of(self.source.own_parts(columns), self.size)

    def units(self, columns: Sequence[str], workers: Workers) -> tuple[list[Any], list[str]]:
        """Return the blocks as tables to be made, and what they are called."""
        read, groups = workers.delayed(rows_of_parts), self.groups(columns)
        return [read(pickle.dumps(group)) for group in groups], [group[0].where for group in groups]


class WorkerRows:
    """The rows of a source as the workers have them, in blocks.

    Parameters
    ----------
    source : Source
        A frame, or files.
    workers : Workers
        Who has them.
    size : int
        Rows of a chunk.
    """

    def __init__(self, source: Source, workers: Workers, size: int) -> None:
        self.label, self.names = source.label, source.names
        self.n_rows, self.row_bytes = source.n_rows, source.row_bytes
        self.workers, self.size = workers, size
        self.blocks: list[Block] = []
        self.edges: tuple[int, ...] = ()
        self._schema: Any = None
        self._held: dict[tuple[str, ...], list[Any]] = {}
        self._bytes: dict[tuple[str, ...], int] = {}
        self._plans: WeakKeyDictionary[Stream, tuple[DesignInfo, Any]] = WeakKeyDictionary()
        if not isinstance(source, FrameSource) and not hasattr(source, "own_parts"):
            raise UnsupportedError(
                f"executor= needs rows of which each worker can read a part, and {self.label} gives them one after "
                "another: give files or a Dask frame, or leave executor= out."
            )
        self._source: Any = source if isinstance(source, FrameSource) else _Files(source, size)
        self._counted = self.n_rows is not None

    @property
    def n_held(self) -> int:
        """Bytes that stay on the workers between passes."""
        return sum(self._bytes[columns] for columns in self._held)

    def let_go(self) -> None:
        """Let no rows stay: they are read again when they are asked for."""
        self._held.clear()

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one block after another."""
        for part in self.parts(columns, size):
            yield part.read()

    def parts(self, columns: Sequence[str], size: int) -> Iterator[Part]:
        """Yield the blocks, for those who want their rows here."""
        del size
        tables = self._tables(tuple(columns))
        for block, table in zip(self.blocks, tables, strict=True):
            yield Part(block.n_rows, partial(self._fetched, table, block))

    def _fetched(self, table: Any, block: Block) -> Batch:
        with self.workers.reached():
            return Batch(in_types(self.workers.gathered([table])[0], self._schema), block.where)

    def learn(self, learning: Learning, sample_of: Callable[[int], int]) -> Learning:
        """Pass over the rows; see :meth:`Dask.learn`."""
        columns, workers = tuple(learning.columns), self.workers
        tables, names, starts = self._to_learn(columns)
        template, show = workers.sent(learning), workers.delayed(shown)
        draws = None if self._counted else workers.sent(sample_of)
        states = workers.computed(
            [
                show(template, table, start, self.size, name, draws)
                for table, start, name in zip(tables, starts, names, strict=False)
            ]
        )
        head = workers.delayed(head_of)
        heads = workers.gathered([head(state) for state in states])
        sizes = [n_rows for n_rows, _, _ in heads]
        require_same_sizes(sizes, self.blocks, self.label)
        self.blocks, self.edges = blocks_of(sizes, names, self.size)
        self.n_rows = sum(sizes)
        self._bytes[columns] = sum(n_bytes for _, n_bytes, _ in heads)
        filled = [k for k, n_rows in enumerate(sizes) if n_rows] or [0]
        self._schema = same_types([heads[k][2] for k in filled], [names[k] for k in filled])
        sample = sample_of(self.n_rows)
        trim, add = workers.delayed(trimmed), workers.delayed(merged)
        rules = workers.sent((self._schema, sample, key_limit(sample, max(self.n_rows, 1))))
        parts = [trim(states[k], rules) for k in filled]
        found: Learning = workers.gathered([neighbours(parts, lambda few: add(few, rules))])[0]
        return found

    def _to_learn(self, columns: tuple[str, ...]) -> tuple[list[Any], list[str], list[int]]:
        """Return the tables of the blocks for a learning pass, what they are called, and the places of their rows."""
        n_bytes = int((self.n_rows or 0) * self.row_bytes)
        if self.blocks:
            tables, names = self._tables(columns), [block.where for block in self.blocks]
        else:
            tables, names = self._source.units(columns, self.workers)
            if n_bytes and self.workers.has_room(n_bytes):
                tables = self._hold(columns, tables, n_bytes)
        if not self._counted:
            return tables, names, [number << PLACES for number in range(len(tables))]
        sizes = [sum(part.n_rows for part in group) for group in self._source.groups(columns)]
        return tables, names, [0, *accumulate(sizes)]

    def placed(self, positions: IntArray) -> IntArray:
        """Return the places of rows among all."""
        return positions if self._counted else positions_in_blocks(positions, [block.start for block in self.blocks])

    def summed(self, stream: Stream, info: DesignInfo, work: Any) -> Sums[Any]:
        """Return the sums over all rows."""
        workers = self.workers
        plan, sent = self._plan(stream, info), workers.sent(work)
        run, add = workers.delayed(block_sums), workers.delayed(added)

        def joined(few: Sequence[Any]) -> Any:
            return add(sent, list(few))

        nodes = []
        tables = self._tables(stream.columns)
        held = stream.columns in self._held
        for block, table in zip(self.blocks, tables, strict=True):
            if not any(stream.used[block.first : block.first + block.n_chunks]):
                continue
            # Rows that stay are summed by several threads; others are read once, by one.
            pieces = [[bounds] for bounds in block.pieces] if held else [block.pieces]
            nodes.append(neighbours([run(plan, sent, tuple(block), bounds, table) for bounds in pieces], joined))
        found: Sums[Any] = workers.gathered([neighbours(nodes, joined)])[0]
        return found

    def _plan(self, stream: Stream, info: DesignInfo) -> Any:
        """Return what the tasks of a stream need to code its rows, which is sent once."""
        known = self._plans.get(stream)
        if known is None or known[0] is not info:
            known = self._plans[stream] = (info, self.workers.sent(Plan(stream, info, self._schema)))
        return known[1]

    def _tables(self, columns: tuple[str, ...]) -> list[Any]:
        """Return the tables of the blocks, which stay on the workers where there is room."""
        if columns in self._held:
            return self._held[columns]
        tables = self._source.units(columns, self.workers)[0]
        most = self._bytes.get(columns)
        return self._hold(columns, tables, most) if most is not None and self.workers.has_room(most) else tables

    def _hold(self, columns: tuple[str, ...], tables: list[Any], n_bytes: int) -> list[Any]:
        self._held[columns] = self.workers.computed(tables)
        self._bytes[columns] = n_bytes
        self.workers.holders.add(self)
        return self._held[columns]
