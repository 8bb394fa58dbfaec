"""The BLAS libraries of this process, and how many threads each may use.

Most have one limit for the process. OpenBLAS built on OpenMP has one for each thread, so every thread that works for us
sets its own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = ["limit_this_thread", "of_the_process", "of_the_thread", "set_limit"]


@cache
def _libraries() -> tuple[Any, ...]:
    """Return threadpoolctl's handle of each BLAS. Looking for them costs 1 ms, so it is done once."""
    import scipy.linalg  # noqa: F401 - loaded before the search, or its BLAS would not be found
    from threadpoolctl import ThreadpoolController

    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


def _each_thread_has_its_own(library: Any) -> bool:
    # threadpoolctl sets it so since 3.8, the first version with an owner of the limit.
    return getattr(library, "threading_layer", "") == "openmp" and hasattr(library, "clear_controlling_thread")


@cache
def _by_owner(libraries: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return those whose limit holds for the whole process, and those with one for each thread."""
    apart = tuple(library for library in libraries if _each_thread_has_its_own(library))
    return tuple(library for library in libraries if library not in apart), apart


def of_the_process() -> tuple[Any, ...]:
    """Return the libraries whose limit holds for the whole process."""
    return _by_owner(_libraries())[0]


def of_the_thread() -> tuple[Any, ...]:
    """Return the libraries whose limit holds for the calling thread alone."""
    return _by_owner(_libraries())[1]


def set_limit(library: Any, threads: int) -> None:
    """Set the limit that a library has for the whole process, from any thread."""
    # Since 3.8 the first thread to set a limit owns it while it lives, and what other threads set is ignored without a
    # word. The last to leave our guard may be another thread than the first to enter, so ownership is given up at once.
    give_up = getattr(library, "clear_controlling_thread", None)
    if give_up is None:
        library.set_num_threads(threads)
        return
    give_up(force=True)
    library.set_num_threads(threads)
    give_up(force=True)


def limit_this_thread() -> None:
    """Hold BLAS to one thread on the calling thread, where each thread has its own limit."""
    for library in of_the_thread():
        library.set_num_threads(1)
