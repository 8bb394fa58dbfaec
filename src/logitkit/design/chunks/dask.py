"""Sums over rows where Dask has them: partitions of a frame that stay where they are, or files that its workers read.

Each pass is one graph. Every block of rows is a task on the worker that has it, and what the blocks give is added in
the tree of :mod:`logitkit.design.chunks.pieces`; only sums travel, and the coding once. All that a task needs is made
by tasks too, so the scheduler can make anew whatever is lost with a worker, and the digits are the same.
"""

from __future__ import annotations

import pickle
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, TypeVar
from weakref import WeakSet

from logitkit.design.chunks.by_workers import ByWorkers
from logitkit.design.chunks.source import Source
from logitkit.design.chunks.worker_rows import WorkerRows
from logitkit.design.chunks.workers import FrameSource, PlacesLost
from logitkit.errors import DataError, ExecutorError, LogitkitError
from logitkit.options import Stated

__all__ = ["Dask"]

T = TypeVar("T")
MEMORY_UNKNOWN = 1 << 32  # bytes of a worker that has no limit
HELD_OF_MEMORY = 4  # part of the memory of the workers that rows may take between passes
LOOK = 1.0  # seconds between looks at which workers are there
LARGE_GRAPH = "1GB"  # Dask warns of graphs above 10 MB, which the coding of many columns is


@dataclass(frozen=True, eq=False, repr=False)
class Dask(Stated, ByWorkers):
    """Dask workers as an executor: ``lk.logit(formula, frame, executor=lk.Dask(client))``.

    Partitions of a Dask frame stay where they are. Files are read by the workers, so all workers must reach them by
    the same paths. Each evaluation of the likelihood is one round, in which only sums are sent. Rows stay on the
    workers between passes if they take at most a quarter of the workers' memory; otherwise they are read again.

    Parameters
    ----------
    client : distributed.Client, optional
        A client connected to the scheduler; by default the current one.

    Examples
    --------
    >>> Dask("tcp://10.0.0.1:8786")
    Traceback (most recent call last):
    logitkit.errors.DataError: lk.Dask('tcp://10.0.0.1:8786'): give a client, such as distributed.Client(address).
    """

    client: Any = None
    _workers: ClassVar[DaskWorkers]

    def __post_init__(self) -> None:
        """Refuse what is no client."""
        client = self.client
        if client is not None and not (hasattr(client, "compute") and hasattr(client, "scheduler_info")):
            raise DataError(f"lk.Dask({client!r:.60}): give a client, such as distributed.Client(address).")
        if getattr(client, "asynchronous", False):
            raise DataError("lk.Dask(client): the client is asynchronous; give one that waits for its results.")
        object.__setattr__(self, "_workers", DaskWorkers(client))

    def __getstate__(self) -> dict[str, Any]:
        """Return nothing of the client, which belongs to this process."""
        return {"client": None, "_workers": DaskWorkers(None)}

    def __repr__(self) -> str:
        return "lk.Dask()" if self._workers.given is None else f"lk.Dask({self._workers.given!r})"

    def _frame(self, data: Any) -> Source | None:
        return FrameSource(data) if _is_frame(data) else None

    def _rows(self, source: Source, size: int) -> WorkerRows:
        return WorkerRows(source, self._workers, size)

    def _reached(self) -> AbstractContextManager[None]:
        return self._workers.reached()


class DaskWorkers:
    """A client, and the memory of its workers that rows take."""

    def __init__(self, client: Any) -> None:
        self.given = client
        self.holders: WeakSet[WorkerRows] = WeakSet()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None,)  # the client belongs to this process

    @property
    def client(self) -> Any:
        """The given client, or the current one if none was given."""
        if self.given is not None:
            return self.given
        from distributed import get_client

        try:
            return get_client()
        except ValueError as error:
            raise ExecutorError("lk.Dask(): there is no current client; give one, lk.Dask(client).") from error

    @property
    def n_threads(self) -> int:
        """Number of tasks that can run at once."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        n: int = sum(each.get("nthreads", 1) for each in workers)
        return max(n, 1)

    def has_room(self, n_bytes: int) -> bool:
        """Tell whether rows may stay on the workers if rows of earlier fits are released."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        most = sum(each.get("memory_limit") or MEMORY_UNKNOWN for each in workers) / HELD_OF_MEMORY
        if n_bytes > most:
            return False
        for rows in list(self.holders):
            if n_bytes + sum(each.n_held for each in self.holders) > most:
                rows.let_go()
        return True

    def places(self, n_blocks: int) -> list[str | None]:
        """Return the worker for each block: neighbouring blocks share one, in proportion to its threads."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        ends = list(accumulate(each["nthreads"] for each in workers.values()))
        if not ends:
            return [None] * n_blocks
        return [list(workers)[bisect_right(ends, number * ends[-1] // n_blocks)] for number in range(n_blocks)]

    def places_of(self, values: list[Any]) -> list[str | None]:
        """Return the worker that has each computed value."""
        self._wait(values)
        having = self.client.who_has(values)
        return [next(iter(having.get(value.key, ())), None) for value in values]

    @staticmethod
    def at(place: str | None) -> AbstractContextManager[Any]:
        """Let tasks that are made now run on a worker, as long as it lives: without a place blocks would be moved."""
        from dask.base import annotate

        return nullcontext() if place is None else annotate(workers=[place], allow_other_workers=True)

    def sent(self, value: Any) -> Any:
        """Return a value as the workers have it.

        It is made on a worker from bytes that the scheduler keeps, so that it can be made again: what is scattered is
        lost with the workers that have it.
        """
        with _large_graphs():
            return self.client.submit(pickle.loads, _dumped(value), pure=False)

    @staticmethod
    def delayed(function: Callable[..., Any]) -> Any:
        """Return a function whose calls are tasks."""
        from dask.delayed import delayed

        return delayed(function, pure=False, traverse=False)

    def computed(self, values: list[Any]) -> list[Any]:
        """Return values computed on the workers, which stay there as long as they are referenced."""
        with _large_graphs():
            found: list[Any] = self.client.compute(values)
        return found

    def gathered(self, values: list[Any], places: Sequence[str | None] = ()) -> list[Any]:
        """Return values computed on the workers, some with a requested worker."""
        asked = self.computed(values)
        self._wait(asked, set(places) - {None})
        found: list[Any] = self.client.gather(asked)
        return found

    def _wait(self, values: list[Any], places: set[Any] = frozenset()) -> None:  # type: ignore[assignment]
        """Wait for what is computed: where all workers are lost, tasks that were for them stay undone by new ones."""
        from distributed import wait

        while True:
            try:
                wait(values, timeout=LOOK if places else None)  # type: ignore[no-untyped-call]
            except TimeoutError:
                there = set(self.client.scheduler_info(n_workers=-1)["workers"])
                if there and not there & places:
                    raise PlacesLost from None
            else:
                return

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Raise an error that says what is wrong if workers or the scheduler are lost."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        if self.client.status != "running":
            raise ExecutorError(f"The client of Dask is {self.client.status}: connect one to a scheduler.")
        try:
            yield
        except LogitkitError:
            raise
        except KilledWorker as error:
            raise ExecutorError(
                f"A task was on {error.allowed_failures + 1} workers of Dask when they died, as they do when they run "
                "out of memory: give them more, or make partitions smaller."
            ) from error
        except (CancelledError, CommClosedError, TimeoutError, OSError) as error:
            raise ExecutorError(
                f"The scheduler of Dask is gone or was restarted, and the sums with it ({type(error).__name__}): "
                "connect a client to a scheduler, and fit again."
            ) from error
        except ImportError as error:
            raise ExecutorError(f"The workers of Dask cannot run what they are given: {error}.") from error


@contextmanager
def _large_graphs() -> Iterator[None]:
    import dask

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGE_GRAPH}):
        yield


def _is_frame(data: Any) -> bool:
    return type(data).__module__.partition(".")[0] in ("dask", "dask_expr") and hasattr(data, "to_delayed")


def _dumped(value: Any) -> bytes:
    """Return a value as bytes, with functions that the user has written."""
    import cloudpickle

    found: bytes = cloudpickle.dumps(value)
    return found
