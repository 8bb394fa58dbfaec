"""Sums over rows where Dask has them: partitions of a frame that stay where they are, or files that its workers read.

Each pass is one graph. Every block of rows is a task on the worker that has it, and what the blocks give is added in
the tree of :mod:`logitkit.design.chunks.pieces`; only sums travel, and the coding once. All that a task needs is made
by tasks too, so the scheduler can make anew whatever is lost with a worker, and the digits are the same.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar
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
from logitkit.design.chunks.learning import Learning, Learnt
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
    same_types,
    shown,
)
from logitkit.design.chunks.source import Batch, Source
from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, ExecutorError, LogitkitError, UnsupportedError

__all__ = ["Dask"]

T = TypeVar("T")
MEMORY_UNKNOWN = 1 << 32  # bytes of a worker that has no limit
HELD_OF_MEMORY = 4  # part of the memory of the workers that rows may take between passes
LARGE_GRAPH = "1GB"  # Dask warns of graphs above 10 MB, which the coding of many columns is


class Dask:
    """Workers of Dask, as an executor: ``lk.logit(formula, frame, executor=lk.Dask(client))``.

    Partitions of a Dask frame stay where they are; Parquet files, which all workers must reach by the same paths, are
    read by the workers. Each evaluation of the likelihood is one round, in which only sums travel.

    Parameters
    ----------
    client : distributed.Client, optional
        Connected to the scheduler; the current client by default.

    Examples
    --------
    >>> Dask("tcp://10.0.0.1:8786")
    Traceback (most recent call last):
    logitkit.errors.DataError: lk.Dask('tcp://10.0.0.1:8786'): give a client, such as distributed.Client(address).
    """

    def __init__(self, client: Any = None) -> None:
        if client is not None and not (hasattr(client, "compute") and hasattr(client, "scheduler_info")):
            raise DataError(f"lk.Dask({client!r:.60}): give a client, such as distributed.Client(address).")
        if getattr(client, "asynchronous", False):
            raise DataError("lk.Dask(client): the client is asynchronous; give one that waits for its results.")
        self._client = client
        self._holders: WeakSet[_WorkerRows] = WeakSet()

    def __repr__(self) -> str:
        return "lk.Dask()" if self._client is None else f"lk.Dask({self._client!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Return nothing of the client, which belongs to this process."""
        return {"_client": None, "_holders": WeakSet()}

    @property
    def client(self) -> Any:
        """The client, the current one where none was given."""
        if self._client is not None:
            return self._client
        from distributed import get_client

        try:
            return get_client()
        except ValueError as error:
            raise ExecutorError("lk.Dask(): there is no current client; give one, lk.Dask(client).") from error

    def source_of(self, data: Any) -> Source | None:
        """Return a frame of Dask as a source, None for anything else."""
        return _FrameSource(data) if _is_frame(data) else None

    def learn(
        self, source: Source, learning: Learning, size: int, sample_of: Callable[[int], int]
    ) -> tuple[Learnt, Source, tuple[int, ...]]:
        """Return what a pass over all rows shows, the rows as the workers have them, and where their chunks begin.

        Parameters
        ----------
        source : Source
            The rows.
        learning : Learning
            Of no row.
        size : int
            Rows of a chunk.
        sample_of : callable
            Of the number of rows; returns how many to draw.
        """
        rows = _WorkerRows(source, self, size)
        with reaching(self):
            found = rows.learn(learning, sample_of)
        return found, rows, rows.edges

    def reduce(self, stream: Stream, info: DesignInfo, task: Callable[[Design], T], merge: Callable[[T, T], T]) -> T:
        """Return a task's results for all chunks, merged in the order of the tree."""
        rows = stream.source
        assert isinstance(rows, _WorkerRows)
        stream.passes.count += 1
        known = stream.kept.get("fingerprint")
        with reaching(self):
            sums = rows.summed(stream, info, (task, merge, known))
        stream.passes.n_bytes += sums.n_bytes
        if sums.printed is not None:
            stream.keep_fingerprint(sums.printed, info)
        found: T = sums.found
        return found

    def room(self) -> float:
        """Return the bytes that rows may take on the workers, less those that they take already."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        limits = [each.get("memory_limit") or MEMORY_UNKNOWN for each in workers]
        return float(sum(limits) / HELD_OF_MEMORY - sum(rows.n_held for rows in self._holders))

    def hold(self, rows: _WorkerRows) -> None:
        """Remember that rows stay on the workers."""
        self._holders.add(rows)

    def sent(self, value: Any) -> Any:
        """Return a value as the workers have it.

        It is made on a worker from bytes that the scheduler keeps, so that it can be made again: what is scattered is
        lost with the workers that have it.
        """
        with _large_graphs():
            return self.client.submit(pickle.loads, _dumped(value), pure=False)

    def computed(self, tables: list[Any]) -> list[Any]:
        """Return what is computed on the workers, and stays there as long as it is referred to."""
        with _large_graphs():
            found: list[Any] = self.client.compute(tables, optimize_graph=True)
        return found

    def gathered(self, values: list[Any]) -> list[Any]:
        """Return what is computed on the workers."""
        found: list[Any] = self.client.gather(self.computed(values))
        return found


@contextmanager
def _large_graphs() -> Iterator[None]:
    import dask

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGE_GRAPH}):
        yield


@contextmanager
def reaching(executor: Dask) -> Iterator[None]:
    """Say what is wrong where workers or the scheduler are lost."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.comm.core import CommClosedError

    if executor.client.status != "running":
        raise ExecutorError(f"The client of Dask is {executor.client.status}: connect it to a scheduler.")
    try:
        yield
    except LogitkitError:
        raise
    except KilledWorker as error:
        raise ExecutorError(
            f"A task was on {error.allowed_failures + 1} workers of Dask when they died, as they do when they run out "
            "of memory: give them more, or make partitions smaller."
        ) from error
    except (CancelledError, CommClosedError, TimeoutError, OSError) as error:
        raise ExecutorError(
            f"The scheduler of Dask is gone or was restarted, and the sums with it ({type(error).__name__}: "
            f"{error}): connect a client to a scheduler, and fit again."
        ) from error
    except ImportError as error:
        raise ExecutorError(f"The workers of Dask cannot run what they are given: {error}.") from error


@dataclass(frozen=True)
class _FrameSource:
    """A frame of Dask, before its rows are counted."""

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

    def units(self, columns: Sequence[str]) -> tuple[list[Any], list[str]]:
        """Return the partitions as tables to be made, and what they are called."""
        parts = self.frame[list(columns)].to_delayed()
        names = [f"partition {number}" for number in range(len(parts))]
        read = _delayed(arrow_of_frame)
        return [read(part, list(columns), name) for part, name in zip(parts, names, strict=True)], names


@dataclass(frozen=True)
class _Files:
    """Files whose parts are read by themselves."""

    source: Any
    size: int

    def groups(self, columns: Sequence[str]) -> list[list[Part]]:
        """Return the parts of each block."""
        return groups_of(self.source.own_parts(columns), self.size)

    def units(self, columns: Sequence[str]) -> tuple[list[Any], list[str]]:
        """Return the blocks as tables to be made, and what they are called."""
        read, groups = _delayed(rows_of_parts), self.groups(columns)
        return [read(_dumped(group)) for group in groups], [group[0].where for group in groups]


class _WorkerRows:
    """The rows of a source as the workers have them, in blocks.

    Parameters
    ----------
    source : Source
        A frame, or files.
    executor : Dask
        The workers.
    size : int
        Rows of a chunk.
    """

    def __init__(self, source: Source, executor: Dask, size: int) -> None:
        self.label, self.names = source.label, source.names
        self.n_rows, self.row_bytes = source.n_rows, source.row_bytes
        self.executor, self.size = executor, size
        self.blocks: list[Block] = []
        self.edges: tuple[int, ...] = ()
        self._schema: Any = None
        self._held: dict[tuple[str, ...], list[Any]] = {}
        self._bytes: dict[tuple[str, ...], int] = {}
        self._plans: WeakKeyDictionary[Stream, tuple[DesignInfo, Any]] = WeakKeyDictionary()
        if not isinstance(source, _FrameSource) and not hasattr(source, "own_parts"):
            raise UnsupportedError(
                f"executor= needs rows of which each worker can read a part, and {self.label} gives them one after "
                "another: give Parquet files or a Dask frame, or leave executor= out."
            )
        self._source: Any = source if isinstance(source, _FrameSource) else _Files(source, size)

    @property
    def n_held(self) -> int:
        """Bytes that stay on the workers between passes."""
        return sum(self._bytes[columns] for columns in self._held)

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
        with reaching(self.executor):
            return Batch(in_types(self.executor.gathered([table])[0], self._schema), block.where)

    def learn(self, learning: Learning, sample_of: Callable[[int], int]) -> Learnt:
        """Pass over the rows; see :meth:`Dask.learn`."""
        columns, executor = tuple(learning.columns), self.executor
        tables, names = self._source.units(columns)
        if self.n_rows is not None:
            sizes = [sum(part.n_rows for part in group) for group in self._source.groups(columns)]
            if self.n_rows * self.row_bytes <= executor.room():
                tables = self._hold(columns, tables, int(self.n_rows * self.row_bytes))
            starts = [0, *accumulate(sizes)]
        else:
            starts = [number << PLACES for number in range(len(tables))]
        template, show = executor.sent(learning), _delayed(shown)
        draws = None if self.n_rows is not None else executor.sent(sample_of)
        states = executor.computed(
            [
                show(template, table, start, self.size, name, draws)
                for table, start, name in zip(tables, starts, names, strict=False)
            ]
        )
        head = _delayed(head_of)
        heads = executor.gathered([head(state) for state in states])
        sizes = [n_rows for n_rows, _, _ in heads]
        self.blocks, self.edges = blocks_of(sizes, names, self.size)
        self.n_rows = sum(sizes)
        self._bytes[columns] = sum(n_bytes for _, n_bytes, _ in heads)
        filled = [k for k, n_rows in enumerate(sizes) if n_rows] or [0]
        self._schema = same_types([heads[k][2] for k in filled], [names[k] for k in filled])
        sample = sample_of(self.n_rows)
        trim, add = _delayed(trimmed), _delayed(merged)
        rules = executor.sent((self._schema, sample, key_limit(sample, max(self.n_rows, 1))))
        parts = [trim(states[k], rules) for k in filled]
        found: Learnt = executor.gathered([neighbours(parts, lambda few: add(few, rules))])[0].learnt()
        if starts[-1] != self.n_rows and draws is not None:
            found.sample = positions_in_blocks(found.sample, [block.start for block in self.blocks])
        return found

    def summed(self, stream: Stream, info: DesignInfo, work: Any) -> Sums[Any]:
        """Return the sums over all rows."""
        executor = self.executor
        plan, sent = self._plan(stream, info), executor.sent(work)
        run, add = _delayed(block_sums), _delayed(added)

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
        found: Sums[Any] = executor.gathered([neighbours(nodes, joined)])[0]
        return found

    def _plan(self, stream: Stream, info: DesignInfo) -> Any:
        """Return what the tasks of a stream need to code its rows, which is sent once."""
        known = self._plans.get(stream)
        if known is None or known[0] is not info:
            known = self._plans[stream] = (info, self.executor.sent(Plan(stream, info, self._schema)))
        return known[1]

    def _tables(self, columns: tuple[str, ...]) -> list[Any]:
        """Return the tables of the blocks, which stay on the workers where there is room."""
        if columns in self._held:
            return self._held[columns]
        tables = self._source.units(columns)[0]
        most = self._bytes.get(columns)
        return tables if most is None or most > self.executor.room() else self._hold(columns, tables, most)

    def _hold(self, columns: tuple[str, ...], tables: list[Any], n_bytes: int) -> list[Any]:
        self._held[columns] = self.executor.computed(tables)
        self._bytes[columns] = n_bytes
        self.executor.hold(self)
        return self._held[columns]


def _is_frame(data: Any) -> bool:
    return type(data).__module__.partition(".")[0] in ("dask", "dask_expr") and hasattr(data, "to_delayed")


def _delayed(function: Callable[..., Any]) -> Any:
    from dask.delayed import delayed

    return delayed(function, pure=False, traverse=False)


def _dumped(value: Any) -> bytes:
    """Return a value as bytes, with functions that the user has written."""
    import cloudpickle

    found: bytes = cloudpickle.dumps(value)
    return found
