"""Who has rows in blocks, and what gives them: partitions of a frame of Dask, or files."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.block_tasks import arrow_of_frame, rows_of_parts
from logitkit.design.chunks.pieces import groups_of
from logitkit.design.chunks.source import Batch
from logitkit.errors import UnsupportedError

if TYPE_CHECKING:
    from logitkit.design.chunks.worker_rows import WorkerRows

__all__ = ["Files", "FrameSource", "PlacesLost", "Workers"]


class PlacesLost(Exception):  # noqa: N818 - nothing is wrong where other workers came
    """No worker is left of those that were to have rows."""


class Workers(Protocol):
    """Those who run tasks, whose arguments are results of others."""

    holders: WeakSet[WorkerRows]

    @property
    def n_threads(self) -> int:
        """Tasks that can run at once."""

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
class Files:
    """Files whose parts are read by themselves.

    Parameters
    ----------
    source : Source
        The files.
    size : int
        Rows that are read at once, about.
    """

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
