"""How many threads the environment of the process gives it."""

from __future__ import annotations

import os
import sys

from logitkit.errors import DataError

__all__ = ["stated_threads", "threads_of_environment"]


def threads_of_environment() -> int:
    """Return the number of ``LOGITKIT_NUM_THREADS``, else of ``OMP_NUM_THREADS``, else the processors we may run on.

    Examples
    --------
    >>> threads_of_environment() >= 1
    True
    """
    stated = stated_threads()
    if stated is not None:
        return stated
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def stated_threads() -> int | None:
    """Return the number that a variable of the environment states, None where none does.

    Examples
    --------
    >>> stated_threads() is None or stated_threads() >= 1
    True
    """
    for variable in ("LOGITKIT_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(variable, "").strip()
        if text:
            return _number_of(variable, text)
    return None


def _number_of(variable: str, text: str) -> int:
    """Read a number of threads."""
    # OpenMP allows a list, one number for each level of nesting. Ours is the outermost.
    number = text.split(",", maxsplit=1)[0].strip() if variable == "OMP_NUM_THREADS" else text
    if number.isascii() and number.isdigit() and len(number) < 10 and int(number) >= 1:
        return int(number)
    raise DataError(
        f"The environment variable {variable} is {text!r}, which is not a number of threads: set it to a whole number "
        "of at least 1, unset it, or call set_threads, which takes precedence."
    )
