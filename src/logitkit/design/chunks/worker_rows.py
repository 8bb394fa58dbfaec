"""The rows of a source as workers have them: what is asked of which worker, in one pass or another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.block_tasks import (
    added,
    block_chunks,
    block_sums,
    counts_of,
    head_of,
    learning_in,
    merged,
    trimmed,
)
from logitkit.design.chunks.in_blocks import InBlocks, stated_sizes
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.pieces import (
    PLACES,
    Block,
    Plan,
    Sums,
    in_types,
    neighbours,
    shown,
)
from logitkit.design.chunks.sample import key_limit
from logitkit.design.chunks.source import Batch, Chunk, Source
from logitkit.design.chunks.stream import Stream
from logitkit.design.chunks.workers import Files, FrameSource, PlacesLost, Workers
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError

__all__ = ["WorkerRows"]

T = TypeVar("T")
AHEAD = 2  # blocks for each thread of the workers, of which the results are waited for


class WorkerRows(InBlocks):
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
        super().__init__(source, size, isinstance(source, FrameSource), "Dask")
        self.workers = workers
        self._held: dict[tuple[str, ...], list[Any]] = {}
        self._bytes: dict[tuple[str, ...], int] = {}
        self._places: list[str | None] | None = None
        self._found: dict[tuple[str, ...], list[str | None]] = {}
        self._plans: WeakKeyDictionary[Stream, tuple[DesignInfo, Any]] = WeakKeyDictionary()
        self._source: Any = source if isinstance(source, FrameSource) else Files(source, size)

    @property
    def n_held(self) -> int:
        """Bytes that stay on the workers between passes."""
        return sum(self._bytes[columns] for columns in self._held)

    def let_go(self) -> None:
        """Let no rows stay: they are read again when they are asked for."""
        self._held.clear()
        self._found.clear()

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
        filled = self._sized(names, [(n_rows, schema) for n_rows, _, schema in heads])
        self._bytes[columns] = sum(n_bytes for _, n_bytes, _ in heads)
        if not filled:
            self._schema = heads[0][2]
        return filled or [0]

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

    def count(self, columns: Sequence[str]) -> None:
        """Count the rows of each block."""
        if self._counted:
            names, sizes = stated_sizes(self._source, columns)
            self._sized(names, sizes)
            return
        tables, names = self._source.units(columns, self.workers)
        counted = self.workers.delayed(counts_of)
        heads = self.workers.gathered([counted(table) for table in tables])
        if self._sized(names, [(n_rows, schema) for n_rows, _, schema in heads]):
            self._bytes[tuple(columns)] = sum(n_bytes for _, n_bytes, _ in heads)

    def over(self, columns: Sequence[str], task: Callable[[Chunk], T]) -> Iterator[T]:
        """Yield what a task makes of each chunk, in order; few blocks are ahead of what is taken."""
        left = deque(block for block in self.blocks if block.n_rows)
        with self.workers.reached():
            work = self.workers.sent((task, self.size, self._schema))
        while left:
            try:
                yield from self._over(left, tuple(columns), work)
            except PlacesLost:
                self._leave_places()

    def _over(self, left: deque[Block], columns: tuple[str, ...], work: Any) -> Iterator[Any]:
        """Yield the results for blocks, each of which is taken from those that are left when it is done."""
        workers, pending = self.workers, deque[Any]()
        with workers.reached():
            tables, places, run = self._tables(columns), self._places_of(columns), workers.delayed(block_chunks)
            ahead = AHEAD * workers.n_threads
        to_do = deque(left)
        while to_do or pending:
            with workers.reached():
                while to_do and len(pending) < ahead:
                    block = to_do.popleft()
                    with workers.at(places[block.number] if places else None):
                        pending += workers.computed([run(work, tuple(block), tables[block.number])])
                results = workers.gathered([pending.popleft()], places)[0]
            left.popleft()
            yield from results

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
