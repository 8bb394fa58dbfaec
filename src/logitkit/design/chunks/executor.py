"""An executor: where the sums over rows that are read in chunks are made.

What is a sum over rows is a task of some rows and a way to add two sums (``Design.reduce``). An executor runs the tasks
where it will, and adds in the order of the chunks. A new one is one file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from logitkit.design.design import Design
from logitkit.design.info import DesignInfo

if TYPE_CHECKING:
    from logitkit.design.chunks.stream import Stream

__all__ = ["Executor"]

T = TypeVar("T")


class Executor(Protocol):
    """Runs tasks over the chunks of a stream."""

    def reduce(self, stream: Stream, info: DesignInfo, task: Callable[[Design], T], merge: Callable[[T, T], T]) -> T:
        """Return a task's results for the chunks, merged in order."""
