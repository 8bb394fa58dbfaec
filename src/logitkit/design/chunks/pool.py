"""Memory that Arrow keeps of tables that are gone: where little is granted, it goes back to the system at once.

Arrow's own allocators (mimalloc, jemalloc) keep what is freed, by thread, for later. A pass with little memory
therefore allocates from the system's, whose ``release_unused`` gives back what NumPy has freed too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from logitkit.design.chunks.source import Chunk, Source, rechunked

__all__ = ["SPARING", "chunks_of", "give_back", "release_unused", "sparing"]

SPARING = 400_000_000  # bytes, as measured: a fit with 256 MB held 279 where Arrow kept what it freed

_lock = threading.Lock()
_users = 0
_before: Any = None


@contextmanager
def sparing(memory: int) -> Iterator[None]:
    """Let Arrow allocate from the system, where little memory is granted, until the last who asked for it is done.

    Examples
    --------
    >>> import pyarrow as pa
    >>> with sparing(50_000_000):
    ...     pa.default_memory_pool().backend_name
    'system'
    """
    if memory >= SPARING:
        yield
        return
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    global _users, _before  # noqa: PLW0603 - Arrow has one pool a process
    import pyarrow as pa

    with _lock:
        if _users == 0:
            _before = pa.default_memory_pool()
            _before.release_unused()
            pa.set_memory_pool(pa.system_memory_pool())
        _users += 1


def _end() -> None:
    global _users, _before  # noqa: PLW0603
    import pyarrow as pa

    with _lock:
        _users -= 1
        if _users == 0:
            pa.default_memory_pool().release_unused()
            pa.set_memory_pool(_before)
            _before = None


def release_unused(memory: int = 0) -> None:
    """Give memory that is kept for later back to the system, where little is granted."""
    if memory < SPARING:
        give_back()


def give_back() -> None:
    """Give memory that is kept for later back to the system."""
    import pyarrow as pa

    for pool in (_before, pa.default_memory_pool()):  # readers of files allocate from the first, whatever is set
        if pool is not None:
            pool.release_unused()


def chunks_of(source: Source, columns: Sequence[str], size: int, memory: int) -> Iterator[Chunk]:
    """Yield the chunks of a source in order, of which one at a time is held.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from logitkit.design.chunks.source import Batch
    >>> class Numbers:
    ...     def batches(self, columns, size):
    ...         yield Batch(pa.table({"x": [1, 2, 3]}), "here")
    >>> [chunk.table.num_rows for chunk in chunks_of(Numbers(), ["x"], 2, 50_000_000)]
    [2, 1]
    """
    with sparing(memory), closing(rechunked(source.batches(columns, size), size)) as chunks:
        for chunk in chunks:
            yield chunk
            del chunk
            release_unused(memory)
