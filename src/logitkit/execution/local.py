"""Sums over fixed groups of rows on the threads of this process.

The rows are cut into blocks that fill about half of a second-level cache, and the blocks into groups. Which
rows belong to a group depends on the size of the problem alone, and the groups' sums are added in their order,
so the answer is the same bit for bit on any number of threads.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import TypeVar

from logitkit.errors import DataError

__all__ = ["RowGroups", "get_threads", "ordered_map", "row_groups", "set_threads"]

T = TypeVar("T")

BLOCK_BYTES = 1 << 20  # half of a second-level cache of 2 MiB
BLOCK_ROWS_LEAST = 1_024  # below this the calls cost more than the work
BLOCK_ROWS_MOST = 16_384
GROUPS_MOST = 64
GROUP_SUMS_BYTES = 64 << 20  # all partial Hessians together

_lock = threading.Lock()
_threads: int | None = None
_pool: ThreadPoolExecutor | None = None
_pool_owner: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RowGroups:
    """How the rows are cut.

    Parameters
    ----------
    block : int
        Rows of a block.
    bounds : tuple of (int, int)
        First row of each group, and the row after its last.
    """

    block: int
    bounds: tuple[tuple[int, int], ...]

    def blocks(self, group: int) -> Iterator[tuple[int, int]]:
        """Yield the (start, stop) of each block of a group."""
        first, last = self.bounds[group]
        for start in range(first, last, self.block):
            yield start, min(start + self.block, last)


def row_groups(n_rows: int, n_columns: int) -> RowGroups:
    """Cut rows into blocks and groups, by the size of the problem alone.

    Parameters
    ----------
    n_rows, n_columns : int
        Size of the design.

    Returns
    -------
    RowGroups
        At most 64 groups of consecutive rows, fewer when a Hessian is large.

    Examples
    --------
    >>> groups = row_groups(100_000, 50)
    >>> groups.bounds[0][0], groups.bounds[-1][1]
    (0, 100000)
    """
    width = max(n_columns, 1)
    block = min(max(BLOCK_BYTES // (8 * width), BLOCK_ROWS_LEAST), BLOCK_ROWS_MOST)
    n_blocks = max(-(-n_rows // block), 1)
    n_groups = min(n_blocks, GROUPS_MOST, max(GROUP_SUMS_BYTES // (8 * width * width), 2))
    edges = [min((n_blocks * i // n_groups) * block, n_rows) for i in range(n_groups + 1)]
    edges[-1] = n_rows
    return RowGroups(block, tuple(pairwise(edges)))


def set_threads(n: int | None) -> None:
    """Set how many threads the engine may use.

    Parameters
    ----------
    n : int or None
        At least 1; ``None`` returns to the environment's choice (``LOGITKIT_NUM_THREADS``, else
        ``OMP_NUM_THREADS``, else the processors that this process may run on). Results do not depend on it.

    Raises
    ------
    DataError
        If ``n`` is not a whole number of at least 1.

    Examples
    --------
    >>> set_threads(1)
    >>> get_threads()
    1
    >>> set_threads(None)
    """
    global _threads  # noqa: PLW0603 - a setting of the process
    if n is not None and (isinstance(n, bool) or not isinstance(n, Integral) or n < 1):
        raise DataError(f"set_threads({n!r}): give a whole number of at least 1, or None.")
    with _lock:
        _threads = None if n is None else int(n)


def get_threads() -> int:
    """Return how many threads the engine uses now.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> get_threads() >= 1
    True
    """
    if _threads is not None:
        return _threads
    for variable in ("LOGITKIT_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(variable, "")
        if text.isdigit() and int(text) >= 1:
            return int(text)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _shared_pool(threads: int) -> ThreadPoolExecutor:
    """Return the pool of the process; a fork gets its own, since threads do not survive one."""
    global _pool, _pool_owner  # noqa: PLW0603 - one pool a process
    with _lock:
        owner = (os.getpid(), threads)
        if _pool is None or _pool_owner != owner:
            _pool = ThreadPoolExecutor(threads, thread_name_prefix="logitkit")
            _pool_owner = owner
        return _pool


def ordered_map(function: Callable[[int], T], n_items: int) -> Iterator[T]:
    """Apply a function to 0, 1, ... on threads, and yield the results in that order.

    Parameters
    ----------
    function : callable
        Called once with each index, possibly on another thread.
    n_items : int
        How many indices there are.

    Yields
    ------
    object
        The results in order; at most a few are held at a time.

    Examples
    --------
    >>> list(ordered_map(lambda i: i * i, 4))
    [0, 1, 4, 9]
    """
    threads = min(get_threads(), n_items)
    if threads <= 1:
        yield from map(function, range(n_items))
        return
    pool = _shared_pool(get_threads())
    ahead = 2 * threads
    waiting = deque(pool.submit(function, i) for i in range(min(ahead, n_items)))
    submitted = len(waiting)
    try:
        while waiting:
            result = waiting.popleft().result()
            if submitted < n_items:
                waiting.append(pool.submit(function, submitted))
                submitted += 1
            yield result
    finally:
        for future in waiting:
            future.cancel()
