"""An executor: where the sums over rows that are read in chunks are made.

What is a sum over rows is a task of some rows and a way to add two sums (``Design.reduce``). An executor runs the tasks
where it will, and adds in the order of the chunks. A new one is one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from logitkit.design.design import Design
from logitkit.design.info import DesignInfo

if TYPE_CHECKING:
    from logitkit.design.chunks.learning import Learning
    from logitkit.design.chunks.learnt_rows import Learnt
    from logitkit.design.chunks.source import Chunk, Source
    from logitkit.design.chunks.stream import Stream

__all__ = ["Executor"]

T = TypeVar("T")


class Executor(Protocol):
    """Runs tasks over the chunks of a stream."""

    def source_of(self, data: Any) -> Source | None:
        """Return a frame of its own kind as a source, None for anything else."""

    def learn(
        self, source: Source, learning: Learning, size: int, sample_of: Callable[[int], int]
    ) -> tuple[Learnt, Source, tuple[int, ...]]:
        """Return what a pass over all rows shows, the source as it is read from then on, and where chunks begin.

        Chunks have ``size`` rows where no places are given. ``learning`` is that of no row; ``sample_of`` tells of the
        number of rows how many of them to draw.
        """

    def reduce(self, stream: Stream, info: DesignInfo, task: Callable[[Design], T], merge: Callable[[T, T], T]) -> T:
        """Return a task's results for the chunks, merged in order."""

    def each(self, stream: Stream, info: DesignInfo, task: Callable[[Design], T]) -> Iterator[T]:
        """Yield a task's result for each chunk, in order."""

    def counted(self, source: Source, columns: Sequence[str], size: int) -> tuple[Source, tuple[int, ...]] | None:
        """Return a source as it is read from then on, and where its chunks begin; None where workers cannot read it."""

    def over(self, rows: Source, columns: Sequence[str], task: Callable[[Chunk], T]) -> Iterator[T]:
        """Yield what a task makes of each chunk of rows that are counted, as a table, in order."""
