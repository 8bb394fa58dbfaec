"""The rows of a source as workers have them: what is asked of which worker, in one pass or another."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, zip_longest
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.block_tasks import (
    added,
    arrow_of_frame,
    block_sums,
    head_of,
    learning_in,
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
from logitkit.errors import DataError, UnsupportedError
from logitkit.typing import IntArray

T = TypeVar("T")

__all__ = ["FrameSource", "PlacesLost", "WorkerRows", "Workers"]


class PlacesLost(Exception):  # noqa: N818 - nothing is wrong where other workers came
    """No worker is left of those that were to have rows."""


class Workers(Protocol):
    """Those who run tasks, whose arguments are results of others."""

    holders: WeakSet[WorkerRows]

    def has_room(self, n_bytes: int) -> bool:
        """Tell whether rows may stay, if those of earlier fits are let go."""

    def places(self, n_blocks: int) -> list[str | None]:
        """Return which worker is to have each of some blocks, None for any."""

    def places_of(self, values: list[Any]) -> list[str | None]:
        """Return which worker has what was computed."""

    def at(self, place: str | None) -> AbstractContextManager[Any]:
        """Let tasks that are made now run on a worker, as long as it lives."""

    def sent(self, value: Any) -> Any:
        """Return a value as the workers have it."""

    def delayed(self, function: Callable[..., Any]) -> Any:
        """Return a function whose calls are tasks."""

    def computed(self, values: list[Any]) -> list[Any]:
        """Return what is computed, and stays there as long as it is referred to."""

    def gathered(self, values: list[Any], places: Sequence[str | None] = ()) -> list[Any]:
        """Return what is computed, of which some places were asked for; raises PlacesLost."""

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

    def units(
        self, columns: Sequence[str], workers: Workers, places: Sequence[str | None] = ()
    ) -> tuple[list[Any], list[str]]:
        """Return the partitions as tables to be made, and what they are called."""
        del places  # it has its own
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

    def units(
        self, columns: Sequence[str], workers: Workers, places: Sequence[str | None] = ()
    ) -> tuple[list[Any], list[str]]:
        """Return the blocks as tables to be made, and what they are called."""
        read, groups = workers.delayed(rows_of_parts), self.groups(columns)
        tables = []
        for group, place in zip_longest(groups, places):
            with workers.at(place):
                tables.append(read(pickle.dumps(group)))
        return tables, [group[0].where for group in groups]


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
        self._places: list[str | None] | None = None
        self._found: dict[tuple[str, ...], list[str | None]] = {}
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
        self._found.clear()

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one block after another."""
        for part in self.parts(columns, size):
            yield part.read()

    def parts(self, columns: Sequence[str], size: int) -> Iterator[Part]:
        """Yield the blocks, for those who want their rows here."""
        del size
        tables = list(self._tables(tuple(columns)))
        for block in self.blocks:
            yield Part(block.n_rows, partial(self._fetched, tables, tuple(columns), block))

    def _fetched(self, tables: list[Any], columns: tuple[str, ...], block: Block) -> Batch:
        with self.workers.reached():
            try:
                found = self.workers.gathered([tables[block.number]], self._places_of(columns))[0]
            except PlacesLost:
                self._leave_places()
                tables[:] = self._tables(columns)
                found = self.workers.gathered([tables[block.number]])[0]
            return Batch(in_types(found, self._schema), block.where)

    def learn(self, learning: Learning, sample_of: Callable[[int], int]) -> Learning:
        """Pass over the rows; see :meth:`Dask.learn`."""
        return self._by_others(lambda: self._learn(learning, sample_of))

    def _learn(self, learning: Learning, sample_of: Callable[[int], int]) -> Learning:
        columns, workers = tuple(learning.columns), self.workers
        tables, names, starts = self._to_learn(columns)
        places, counted, n_rows = self._places_of(columns), self._counted, self.n_rows or 0
        if counted:  # a block draws no row that is not of the sample
            learning.trim(sample_of(n_rows), key_limit(sample_of(n_rows), max(n_rows, 1)))
        template, show, head = workers.sent(learning), workers.delayed(shown), workers.delayed(head_of)
        draws = None if counted else workers.sent(sample_of)
        states, heads = [], []
        for number, (table, start, name) in enumerate(zip(tables, starts, names, strict=False)):
            with workers.at(places[number] if places else None):
                states.append(show(template, table, start, self.size, name, draws))
                heads.append(head(states[-1]))
        if counted:  # of the same types in all blocks: one round
            part_of, rules = workers.delayed(learning_in), workers.sent((None, learning.sample.size, 0))
            tree = self._tree([part_of(state) for state in states], rules)
            found, *shapes = workers.gathered([tree, *heads], places)
            self._learnt_of(columns, names, shapes)
        else:
            found = self._of_types(columns, names, workers.computed(states), sample_of)
        learnt: Learning = found
        return learnt

    def _of_types(self, columns: tuple[str, ...], names: list[str], states: list[Any], sample_of: Any) -> Any:
        """Return what blocks have shown, once they are counted and their types are known."""
        workers, places = self.workers, self._places_of(columns)
        head, trim = workers.delayed(head_of), workers.delayed(trimmed)
        filled = self._learnt_of(columns, names, workers.gathered([head(state) for state in states], places))
        sample = sample_of(self.n_rows)
        rules = workers.sent((self._schema, sample, key_limit(sample, max(self.n_rows or 0, 1))))
        return workers.gathered([self._tree([trim(states[k], rules) for k in filled], rules)], places)[0]

    def _tree(self, parts: list[Any], rules: Any) -> Any:
        """Return what all have shown, from what the blocks have."""
        add = self.workers.delayed(merged)
        return neighbours(parts, lambda few: add(few, rules))

    def _learnt_of(self, columns: tuple[str, ...], names: list[str], heads: list[tuple[int, int, Any]]) -> list[int]:
        """Keep the sizes and types of the blocks, and return which have rows, or the first."""
        sizes = [n_rows for n_rows, _, _ in heads]
        require_same_sizes(sizes, self.blocks, self.label)
        self.blocks, self.edges = blocks_of(sizes, names, self.size)
        self.n_rows = sum(sizes)
        self._bytes[columns] = sum(n_bytes for _, n_bytes, _ in heads)
        filled = [k for k, n_rows in enumerate(sizes) if n_rows] or [0]
        self._schema = same_types([heads[k][2] for k in filled], [names[k] for k in filled])
        return filled

    def _by_others(self, asked: Callable[[], T]) -> T:
        """Return what is asked for; where all workers are lost that were to have the rows, by whoever came."""
        try:
            return asked()
        except PlacesLost:
            self._leave_places()
            return asked()

    def _leave_places(self) -> None:
        """Let every worker have any block, and read all again."""
        self.let_go()
        self._places = None if self._places is None else [None] * len(self._places)

    def _to_learn(self, columns: tuple[str, ...]) -> tuple[list[Any], list[str], list[int]]:
        """Return the tables of the blocks for a learning pass, what they are called, and the places of their rows."""
        n_bytes = int((self.n_rows or 0) * self.row_bytes)
        groups = [] if isinstance(self._source, FrameSource) else self._source.groups(columns)
        if self.blocks:
            tables, names = self._tables(columns), [block.where for block in self.blocks]
        else:
            if groups and self._places is None:
                self._places = self.workers.places(len(groups))
            tables, names = self._source.units(columns, self.workers, self._places or ())
            if n_bytes and self.workers.has_room(n_bytes):
                tables = self._hold(columns, tables, n_bytes)
        if not tables:
            raise DataError(f"{self.label} has no rows.")
        if not self._counted:
            return tables, names, [number << PLACES for number in range(len(tables))]
        return tables, names, [0, *accumulate(sum(part.n_rows for part in group) for group in groups)]

    def placed(self, positions: IntArray) -> IntArray:
        """Return the places of rows among all."""
        return positions if self._counted else positions_in_blocks(positions, [block.start for block in self.blocks])

    def summed(self, stream: Stream, info: DesignInfo, work: Any) -> Sums[Any]:
        """Return the sums over all rows."""
        return self._by_others(lambda: self._summed(stream, info, work))

    def _summed(self, stream: Stream, info: DesignInfo, work: Any) -> Sums[Any]:
        workers = self.workers
        plan, sent = self._plan(stream, info), workers.sent(work)
        run, add = workers.delayed(block_sums), workers.delayed(added)

        def joined(few: Sequence[Any]) -> Any:
            return add(sent, list(few))

        nodes = []
        tables = self._tables(stream.columns)
        held, places = stream.columns in self._held, self._places_of(stream.columns)
        for block, table in zip(self.blocks, tables, strict=True):
            if not any(stream.used[block.first : block.first + block.n_chunks]):
                continue
            # Rows that stay are summed by several threads; others are read once, by one.
            pieces = [[bounds] for bounds in block.pieces] if held else [block.pieces]
            with workers.at(places[block.number] if places else None):
                nodes.append(neighbours([run(plan, sent, tuple(block), bounds, table) for bounds in pieces], joined))
        found: Sums[Any] = workers.gathered([neighbours(nodes, joined)], places)[0]
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
        tables = self._source.units(columns, self.workers, self._places or ())[0]
        most = self._bytes.get(columns)
        return self._hold(columns, tables, most) if most is not None and self.workers.has_room(most) else tables

    def _places_of(self, columns: tuple[str, ...]) -> Sequence[str | None]:
        """Return which worker has each block: the scheduler would move blocks to whoever is free for a moment."""
        if self._places is not None:
            return self._places
        if columns not in self._held:
            return ()
        if columns not in self._found:
            self._found[columns] = self.workers.places_of(self._held[columns])
        return self._found[columns]

    def _hold(self, columns: tuple[str, ...], tables: list[Any], n_bytes: int) -> list[Any]:
        self._found.pop(columns, None)
        self._held[columns] = self.workers.computed(tables)
        self._bytes[columns] = n_bytes
        self.workers.holders.add(self)
        return self._held[columns]
