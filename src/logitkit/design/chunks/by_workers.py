"""Executors whose rows are with workers: what is asked of each, and what all of them do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from logitkit.design.chunks.checked import CheckedSource
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.learnt_rows import Learnt
from logitkit.design.chunks.pieces import Sums
from logitkit.design.chunks.source import Chunk, Source
from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.typing import IntArray

__all__ = ["ByWorkers"]

T = TypeVar("T")


class RowsOfWorkers(Source, Protocol):
    """The rows of a source as workers have them."""

    @property
    def edges(self) -> tuple[int, ...]:
        """Where chunks begin."""

    def learn(self, learning: Learning, sample_of: Callable[[int], int]) -> Learning:
        """Return what a pass over all rows shows, which begins with what passes before have shown."""

    def placed(self, positions: IntArray) -> IntArray:
        """Return the places of rows among all, from those that a pass has given."""

    def count(self, columns: Sequence[str]) -> None:
        """Count the rows of each block."""

    def over(self, columns: Sequence[str], task: Callable[[Chunk], T]) -> Iterator[T]:
        """Yield what a task makes of each chunk, as a table, in order; few results are waited for at once."""

    def summed(self, stream: Stream, info: DesignInfo, asked: tuple[Any, Any, Any]) -> Sums[Any]:
        """Return the sums of a task over all rows; ``asked`` is the task, how two sums add, and the fingerprint."""


@dataclass(frozen=True)
class _Coded:
    """A task of the designs of chunks as one of their tables; the bytes that were read come with its result."""

    stream: Stream
    info: DesignInfo
    task: Callable[[Design], Any]

    def __call__(self, chunk: Chunk) -> tuple[int, Any]:
        """Return the task's result for a chunk."""
        return chunk.table.nbytes, self.task(self.stream.coded(chunk, self.info))


class ByWorkers(ABC):
    """An executor whose rows are with workers."""

    def source_of(self, data: Any) -> Source | None:
        """Return a frame of its own kind as a source.

        Parameters
        ----------
        data : object
            What a user gave.

        Returns
        -------
        Source or None
            None for anything else.
        """
        return self._frame(data)

    def learn(
        self, source: Source, learning: Learning, size: int, sample_of: Callable[[int], int]
    ) -> tuple[Learnt, Source, tuple[int, ...]]:
        """Pass over all rows, as often as their transforms need.

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

        Returns
        -------
        found : Learnt
            What the rows show.
        source : Source
            The rows as the workers have them.
        edges : tuple of int
            Where chunks begin.
        """
        # Files tell by themselves that they changed, wherever they are read.
        rows = self._rows(source.source if isinstance(source, CheckedSource) else source, size)
        this: Learning | None = learning
        while this is not None:
            with self._reached():
                shown = rows.learn(this.sent(), sample_of)
            shown.known = this.known
            this = shown.another()
        found = shown.learnt()
        return replace(found, sample=rows.placed(found.sample)), rows, rows.edges

    def reduce(self, stream: Stream, info: DesignInfo, task: Callable[[Design], T], merge: Callable[[T, T], T]) -> T:
        """Sum over all rows.

        Parameters
        ----------
        stream : Stream
            The rows.
        info : DesignInfo
            How they are coded.
        task : callable
            Of the design of some rows; returns what is summed.
        merge : callable
            Adds two results, those of earlier rows first.

        Returns
        -------
        object
            The results of all chunks, merged in the order of the tree.
        """
        rows: Any = stream.source
        stream.passes.count += 1
        known = stream.kept["fingerprint"] if stream.is_known else None
        with self._reached():
            sums = rows.summed(stream, info, (task, merge, known))
        stream.passes.n_bytes += sums.n_bytes
        if sums.printed is not None:
            stream.keep_fingerprint(sums.printed, info)
        found: T = sums.found
        return found

    def each(self, stream: Stream, info: DesignInfo, task: Callable[[Design], T]) -> Iterator[T]:
        """Yield a task's result for each chunk; only these travel.

        Parameters
        ----------
        stream : Stream
            The rows.
        info : DesignInfo
            How they are coded.
        task : callable
            Of the design of some rows.

        Yields
        ------
        object
            The results, in the order of the chunks.
        """
        stream.passes.count += 1
        for n_bytes, found in self.over(stream.source, stream.columns, _Coded(stream, info, task)):
            stream.passes.n_bytes += n_bytes
            yield found

    def counted(self, source: Source, columns: Sequence[str], size: int) -> tuple[Source, tuple[int, ...]] | None:
        """Count the rows of a source.

        Parameters
        ----------
        source : Source
            The rows.
        columns : sequence of str
            Those that will be read.
        size : int
            Rows of a chunk.

        Returns
        -------
        tuple or None
            The rows as the workers have them, and where chunks begin; None where the workers cannot read them.
        """
        source = source.source if isinstance(source, CheckedSource) else source
        if not hasattr(source, "own_parts") and not hasattr(source, "frame"):
            return None
        rows = self._rows(source, size)
        with self._reached():
            rows.count(columns)
        return rows, rows.edges

    def over(self, rows: Any, columns: Sequence[str], task: Callable[[Chunk], T]) -> Iterator[T]:
        """Yield what a task makes of each chunk of rows that are counted.

        Parameters
        ----------
        rows : Source
            As :meth:`counted` or :meth:`learn` has given them.
        columns : sequence of str
            Those that are read.
        task : callable
            Of a chunk, a table.

        Yields
        ------
        object
            The results, in the order of the chunks.
        """
        yield from rows.over(columns, task)

    @abstractmethod
    def _frame(self, data: Any) -> Source | None:
        """Return a frame of its own kind as a source, None for anything else."""

    @abstractmethod
    def _rows(self, source: Source, size: int) -> RowsOfWorkers:
        """Return the rows of a source as the workers have them."""

    def _reached(self) -> AbstractContextManager[None]:
        """Return what turns the errors of workers that cannot be reached into ours."""
        return nullcontext()
