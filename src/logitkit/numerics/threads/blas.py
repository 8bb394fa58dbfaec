"""The one owner of the limit on BLAS threads.

Blocks of rows run on a plain thread pool, so BLAS itself must stay on one thread meanwhile: otherwise the
two compete, and products differ in the last bit between one and two BLAS threads. Two overlapping limits of
``threadpoolctl`` race and can leave the process at one thread for good; here the first to enter sets the limit
and the last to leave, on whatever thread, restores it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from logitkit.numerics.threads.blas_library import limit_this_thread, of_the_process, of_the_thread, set_limit
from logitkit.numerics.threads.local import threads_in_use

__all__ = ["blas_for", "is_shared_out", "single_threaded_blas"]

FEW = 8_192  # multiplications: OpenBLAS shares out 9,216 of a matrix and a vector, and 262,144 of two matrices

_lock = threading.RLock()
_holders: dict[object, int] = {}  # who is inside, and on which thread
_saved: list[tuple[Any, int]] | None = None  # what to restore; kept until it is restored, whatever interrupts


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Hold BLAS to one thread until the last holder leaves; safe to nest and to call from many threads.

    The body has the threads of the pool to use; see :func:`~logitkit.numerics.threads.local.threads_in_use`.
    """
    holder = object()
    own: list[tuple[Any, int]] = []
    try:
        with _lock:
            _enter(holder)
        own = [(library, library.get_num_threads()) for library in of_the_thread()]
        limit_this_thread()
        with threads_in_use():
            yield
    finally:
        for library, threads in own:
            library.set_num_threads(threads)
        with _lock:
            _leave(holder)


def is_shared_out(multiplications: int) -> bool:
    """Tell whether a BLAS may share out a product of a size among threads.

    Examples
    --------
    >>> is_shared_out(1_000), is_shared_out(1_000_000)
    (False, True)
    """
    return multiplications > FEW


def blas_for(multiplications: int) -> AbstractContextManager[None]:
    """Return what holds BLAS to one thread for products of a size; nothing for those that no BLAS shares out.

    Parameters
    ----------
    multiplications : int
        Of the largest product.

    Examples
    --------
    >>> with blas_for(8):
    ...     pass
    """
    return single_threaded_blas() if is_shared_out(multiplications) else nullcontext()


def _enter(holder: object) -> None:
    global _saved  # noqa: PLW0603 - the limit belongs to the process
    if not _holders:
        libraries = of_the_process()
        if _saved is None:
            _saved = [(library, library.get_num_threads()) for library in libraries]
        for library in libraries:
            set_limit(library, 1)
    _holders[holder] = threading.get_ident()


def _leave(holder: object | None) -> None:
    global _saved  # noqa: PLW0603 - the limit belongs to the process
    _holders.pop(holder, None)
    if not _holders and _saved is not None:
        for library, threads in _saved:
            set_limit(library, threads)
        _saved = None


def _before_fork() -> None:
    """Let no process be forked while a limit is being set: the child would inherit it half done."""
    _lock.acquire()


def _after_fork_in_parent() -> None:
    _lock.release()


def _after_fork_in_child() -> None:
    """Forget the holders on other threads: the child has only the thread that forked."""
    global _lock  # noqa: PLW0603 - the one of the parent may have threads of the parent waiting for it
    _lock = threading.RLock()
    for holder, thread in list(_holders.items()):
        if thread != threading.get_ident():
            del _holders[holder]
    _leave(None)


if hasattr(os, "register_at_fork"):  # where processes fork
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
