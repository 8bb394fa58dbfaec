"""Chunks of a source as tables, and what a task makes of each: here on threads, or where the rows are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TypeVar

from logitkit.design.chunks.ahead import pass_over
from logitkit.design.chunks.budget import Budget
from logitkit.design.chunks.executor import Executor
from logitkit.design.chunks.pool import SPARING, release_unused, sparing
from logitkit.design.chunks.source import Chunk, Source
from logitkit.numerics.threads.local import get_threads, ordered_map

__all__ = ["over_chunks", "with_workers"]

T = TypeVar("T")
CHUNKS_OF_THREAD = 4  # that are begun before the results of those before are looked at, where their number is unknown


def with_workers(
    source: Source, columns: Sequence[str], size: int, executor: Executor | None
) -> tuple[Source, tuple[int, ...], Executor | None]:
    """Return a source as workers have it, where its chunks begin, and the executor; None of these where they cannot.

    Examples
    --------
    >>> from logitkit.design.chunks.source import Named
    >>> with_workers(Named("rows", ("x",)), ["x"], 10, None)[1:]
    ((), None)
    """
    rows = None if executor is None else executor.counted(source, columns, size)
    return (source, (), None) if rows is None else (rows[0], rows[1], executor)


def over_chunks(
    source: Source,
    columns: Sequence[str],
    size: int,
    task: Callable[[Chunk], T],
    executor: Executor | None = None,
    budget: Budget | None = None,
) -> Iterator[T]:
    """Yield a task's result for each chunk, in order; the source is as :func:`with_workers` gives it.

    Parameters
    ----------
    source : Source
        The rows.
    columns : sequence of str
        Those that are read.
    size : int
        Rows of a chunk.
    task : callable
        Of a chunk.
    executor : Executor, optional
        Whose workers have the rows.
    budget : Budget, optional
        What the memory is divided into, by which chunks are read ahead.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from logitkit.design.chunks.source import Batch
    >>> class Numbers:
    ...     n_rows = None
    ...
    ...     def batches(self, columns, size):
    ...         yield Batch(pa.table({"x": [1, 2, 3]}), "here")
    >>> list(over_chunks(Numbers(), ["x"], 2, lambda chunk: chunk.table["x"].to_pylist()))
    [[1, 2], [3]]
    """
    if executor is not None:
        yield from executor.over(source, columns, task)
        return
    n_chunks = 0 if source.n_rows is None else -(-source.n_rows // size)
    memory = 1 << 40 if budget is None else budget.memory
    most = None if budget is None else budget.chunks(size, 0, 1)
    if most is not None and memory < SPARING:  # rows that are coded the long way take about as much again
        most = max(most // 2, 1)
    with sparing(memory), closing(pass_over(source, columns, size, n_chunks)) as rows:
        first, at_once = 0, n_chunks or CHUNKS_OF_THREAD * get_threads()

        def result(number: int) -> tuple[T] | None:
            chunk = rows.chunk(first + number)
            if chunk is None:
                return None
            found = task(chunk)
            del chunk
            release_unused(memory)
            return (found,)

        while True:
            for found in ordered_map(result, at_once, at_once=most):
                if found is None:
                    return
                yield found[0]
            first += at_once
            at_once = CHUNKS_OF_THREAD * get_threads()
