"""Tasks on the threads of this process, whose results come in their order, so that sums of them are always the same."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from itertools import islice
from numbers import Integral
from time import monotonic, sleep
from typing import Any, Generic, TypeVar

from logitkit.errors import DataError
from logitkit.numerics.threads.blas_library import limit_this_thread
from logitkit.numerics.threads.environment import stated_threads, threads_of_environment
from logitkit.numerics.threads.progress import Progress, progress

__all__ = ["get_threads", "go_on", "on_one_thread", "ordered_map", "require_threads", "set_threads", "threads_in_use"]

T = TypeVar("T")


THREADS_MOST = 1_024  # more is a slip of the keyboard, and a pool of them would take the machine's memory
TASKS_OF_THREAD = 2  # of those that are short: more to share out evenly, fewer to hand over
PATIENCE = 0.05  # seconds to wait for a task that no thread has begun, before the waiting thread runs it
GRACE = 0.8  # seconds to wait for running tasks when work is given up: an interruption must end within a second

# A call that nobody wants any more is ended where the garbage collector finds it: within any other, on any thread. So
# this thread may have the lock, which is then entered again, or one that waits for this thread, which goes without.
_lock = threading.RLock()
_threads: int | None = None
_pool: ThreadPoolExecutor | None = None
_pool_size = 0
_pool_users: set[object] = set()


def set_threads(n: int | None) -> None:
    """Set how many threads the engine may use.

    Work already running elsewhere in the process continues, and its next blocks use the new number.

    Parameters
    ----------
    n : int or None
        At least 1; ``None`` restores the choice of the environment (``LOGITKIT_NUM_THREADS``, else ``OMP_NUM_THREADS``,
        else the processors available to the process). Results do not depend on it.

    Raises
    ------
    DataError
        If ``n`` is not a whole number from 1 to 1,024.

    Examples
    --------
    >>> set_threads(1)
    >>> get_threads()
    1
    >>> set_threads(None)
    """
    global _threads  # noqa: PLW0603 - a setting of the process
    if n is not None and (isinstance(n, bool) or not isinstance(n, Integral) or not 1 <= n <= THREADS_MOST):
        raise DataError(f"set_threads({n!r}): give a whole number from 1 to {THREADS_MOST}, or None.")
    with _lock:
        _threads = None if n is None else int(n)
        if _threads != _pool_size:
            _retire_pool()


def get_threads() -> int:
    """Return the number of threads that the engine uses.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    DataError
        If the environment chooses and its value is not a whole number of at least 1.

    Examples
    --------
    >>> before = get_threads()
    >>> set_threads(1)
    >>> get_threads()
    1
    >>> set_threads(before)
    """
    if _here.alone:
        return 1
    chosen = _threads  # read once: another thread may set it
    return threads_of_environment() if chosen is None else chosen


def require_threads() -> None:
    """Refuse a setting of the environment that makes no sense, where it counts.

    Examples
    --------
    >>> require_threads()
    """
    if _threads is None and not _here.alone:
        stated_threads()


class _Walk(Generic[T]):
    """One call of ``ordered_map``: the results that are awaited, and what is left to submit."""

    def __init__(self, function: Callable[[int], T], n_items: int, shown: Progress | None, joins: bool) -> None:
        self.function, self.shown = function, shown
        self.stopped, self.patience = False, 0.0 if joins else PATIENCE
        self._seen = copy_context()  # numpy's way with floating-point errors, and what else goes by context
        # Index, future, and the process that submitted it: a forked child must not wait for its parent's threads.
        self.awaited: deque[tuple[int, Future[T], int]] = deque()
        self._left = iter(range(n_items))

    def __call__(self, index: int) -> T:
        """Run one task, and all that is inside it, on this thread."""
        if self.stopped:
            raise CancelledError
        _here.walk = self
        try:
            return self._seen.copy().run(self.function, index)
        finally:
            _here.walk = None

    def submit(self, n: int) -> None:
        """Submit the next few tasks, as far as there are any."""
        for index in islice(self._left, n):
            self.awaited.append((index, _submit(self, index), os.getpid()))

    def take(self) -> T:
        """Return the next result, and submit one task in its place."""
        index, future, process = self.awaited[0]
        result = self._wait(index, future) if process == os.getpid() else self.function(index)
        self.awaited.popleft()
        self.submit(1)
        return result

    def abandon(self) -> list[Future[T]]:
        """Cancel what has not begun, and return what runs."""
        self.stopped = True
        if self.shown is not None:
            self.shown.close()
        own = os.getpid()
        return [future for _, future, process in self.awaited if process == own and not future.cancel()]

    def _wait(self, index: int, future: Future[T]) -> T:
        # A task that no thread has begun is taken back and run here. So nobody waits for a task that waits for a free
        # thread, whoever holds the threads: a wait is always for something that runs. Where nobody was free once, the
        # rest is not waited for.
        patience = self.patience
        while True:
            try:
                return future.result(patience)
            except (TimeoutError, CancelledError):
                pass  # of the waiting or of the task
            if future.cancel():
                self.patience = 0.0
                return self(index)
            patience = PATIENCE
            if future.done():  # just now, or with such an error of its own
                return future.result()
            if self.shown is not None:
                self.shown.wake()


class _Here(threading.local):
    """What the calling thread is doing."""

    walk: _Walk[Any] | None = None  # whose task it runs, on a thread of the pool
    alone: bool = False  # whether it may use no other thread
    submits: bool = False  # whether it is handing a task to the pool, whose own locks cannot be entered again

    def __init__(self) -> None:
        self.open: list[_Walk[Any]] = []  # those whose results it takes


_here = _Here()


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Let the calling thread use no other: what else runs in the process is not concerned.

    Examples
    --------
    >>> with on_one_thread():
    ...     get_threads()
    1
    """
    before, _here.alone = _here.alone, True
    try:
        yield
    finally:
        _here.alone = before


def _submit(walk: _Walk[T], index: int) -> Future[T]:
    """Hand a task to the pool; the future is cancelled if no thread can be had."""
    global _pool, _pool_size  # noqa: PLW0603 - one pool a process
    threads = get_threads()
    with _lock:
        if _pool_size != threads:
            _retire_pool()
        if _pool is None:
            _pool = ThreadPoolExecutor(threads, thread_name_prefix="logitkit", initializer=limit_this_thread)
            _pool_size = threads
        _here.submits = True
        try:
            return _pool.submit(walk, index)
        except RuntimeError:  # the interpreter is ending, or the system allows no more threads
            _pool.shutdown(wait=False, cancel_futures=True)
            _pool, _pool_size = None, 0
        finally:
            _here.submits = False
    future: Future[T] = Future()
    future.cancel()
    return future


def _retire_pool() -> ThreadPoolExecutor | None:
    """Let the pool finish what it was given, and end its threads; the lock is held."""
    global _pool, _pool_size
    pool, _pool, _pool_size = _pool, None, 0
    if pool is not None:
        pool.shutdown(wait=False)
    return pool


def _let_go(*, in_use: bool = False) -> ThreadPoolExecutor | None:
    """Retire the pool if no call uses it, or in use; where it or the lock is taken, it is left to whoever has it."""
    if _here.submits or not _lock.acquire(timeout=PATIENCE):
        return None
    try:
        return _retire_pool() if in_use or not _pool_users else None
    finally:
        _lock.release()


@contextmanager
def threads_in_use() -> Iterator[None]:
    """Keep the threads of the pool between calls, and end them when the last call that uses them is done.

    An interruption ends them at once: the calling thread's tasks that have not begun are cancelled, and running ones
    finish their block. What other threads of the process submitted is still done.
    """
    user = object()
    try:
        _pool_users.add(user)
        yield
    except (KeyboardInterrupt, SystemExit):
        _stop_work()
        raise
    finally:
        _pool_users.discard(user)
        idle = None if _pool_users else _let_go()
        if idle is not None:
            try:
                idle.shutdown(wait=_here.walk is None)  # at once: nothing is left to do
            except KeyboardInterrupt:
                _wait_for_threads(monotonic() + GRACE)
                raise


def _stop_work() -> None:
    """Abandon the calls of this thread, and wait for the threads of the pool to end."""
    walks = [walk for walk in _here.open if not walk.stopped]
    if not walks and _pool is None:
        return
    end = monotonic() + GRACE
    for walk in walks:
        walk.abandon()
    with _lock:
        _retire_pool()
    _wait_for_threads(end)


def _wait_for_threads(end: float) -> None:
    """Wait for the threads of the pool to end; not by joining, which one whose start was interrupted refuses."""
    this = threading.current_thread()
    while monotonic() < end and any(t.name.startswith("logitkit_") and t is not this for t in threading.enumerate()):
        sleep(0.001)


def _after_fork() -> None:
    """Forget what only the parent has: its threads, and a lock that one of them may hold."""
    global _lock, _pool, _pool_size, _here  # noqa: PLW0603 - the child starts anew
    _lock = threading.RLock()
    _pool, _pool_size = None, 0
    _pool_users.clear()
    _here = _Here()


if hasattr(os, "register_at_fork"):  # where processes fork
    os.register_at_fork(after_in_child=_after_fork)


def go_on() -> None:
    """Go on with a long task, or raise ``CancelledError`` when its results are not wanted any more."""
    if _here.walk is not None and _here.walk.stopped:
        raise CancelledError


def ordered_map(
    function: Callable[[int], T],
    n_items: int,
    label: str | None = None,
    light: bool = False,
    sizes: Sequence[int] | None = None,
    at_once: int | None = None,
    joins: bool = False,
) -> Iterator[T]:
    """Apply a function to 0, 1, ... on threads, and yield the results in that order.

    Inside a task of another ``ordered_map`` all runs on the task's own thread. When the call ends early, by an error,
    an interruption or because nobody wants the rest, tasks that have not begun are cancelled and running ones
    awaited for a moment; an interruption ends the threads too. At most ``at_once`` results are made or wait to be
    taken, two for each thread by default. The calling thread may join in, for tasks that take no longer than a thread
    takes to wake.

    Examples
    --------
    >>> list(ordered_map(lambda i: i * i, 4))
    [0, 1, 4, 9]
    """
    if _here.walk is not None:
        for index in range(n_items):
            go_on()
            yield function(index)
        return
    if n_items == 1 and label is None:  # who counts threads first takes longer than many a task
        yield function(0)
        return
    each = max(n_items // (TASKS_OF_THREAD * get_threads()), 1) if light else 1
    if each > 1:
        for results in _results(_several(function, n_items, each), -(-n_items // each), None):
            yield from results
        return
    total = n_items if sizes is None else sum(sizes)
    with nullcontext() if label is None else progress(total, label) as shown:
        yield from _results(function, n_items, shown, sizes, at_once, joins)


def _several(function: Callable[[int], T], n_items: int, each: int) -> Callable[[int], list[T]]:
    """Return what applies a function to several consecutive numbers."""

    def results(task: int) -> list[T]:
        found = []
        for index in range(task * each, min((task + 1) * each, n_items)):
            go_on()
            found.append(function(index))
        return found

    return results


def _results(
    function: Callable[[int], T],
    n_items: int,
    shown: Progress | None,
    sizes: Sequence[int] | None = None,
    at_once: int | None = None,
    joins: bool = False,
) -> Iterator[T]:
    """Yield the results in order, as :func:`ordered_map` does on a thread that is not the pool's."""
    threads = get_threads()
    most = 2 * threads if at_once is None else at_once
    if min(threads, n_items, most) <= 1:
        for index in range(n_items):
            result = function(index)
            if shown is not None:
                shown.advance(1 if sizes is None else sizes[index])
            yield result
        return
    walk = _Walk(function, n_items, shown, joins)
    mine = _here.open
    mine.append(walk)
    try:
        with threads_in_use():
            try:
                walk.submit(most)
                index = 0
                while walk.awaited:
                    result = walk.take()
                    if shown is not None:
                        shown.advance(1 if sizes is None else sizes[index])
                    index += 1
                    yield result
            except (Exception, GeneratorExit):
                if wait(walk.abandon(), timeout=GRACE).not_done:
                    _let_go(in_use=True)  # whoever is next shall not wait for it
                raise
    finally:
        mine.remove(walk)
