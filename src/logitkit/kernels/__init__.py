"""Compiled loops: arrays and scalars in and out, and nothing else.

The only package that imports numba. No module here imports another, because numba's cache does not see an
edit in a second file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["compiled", "compiled_sum"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return a function compiled by numba, without the interpreter lock, and kept on disk for the next process.

    Parameters
    ----------
    function : callable
        Of arrays and scalars. Arithmetic is IEEE: no flag that relaxes it.

    Returns
    -------
    callable
        The same function. Where no cache folder can be written it is compiled anew in each process, without a word.
    """
    return _compile(function, False)


def compiled_sum(function: F) -> F:
    """Return a compiled function whose sums may be added in another order, several terms at a time.

    Parameters
    ----------
    function : callable
        A plain sum over an array, in which no term cancels rounding of another.

    Returns
    -------
    callable
        The same function; the same order on every call with the same length.
    """
    return _compile(function, {"reassoc", "contract"})


def _compile(function: F, relaxed: Any) -> F:
    options = {"nogil": True, "error_model": "numpy", "fastmath": relaxed}
    try:
        return cast("F", njit(cache=True, **options)(function))
    except RuntimeError:  # numba finds no folder that it may write
        return cast("F", njit(**options)(function))
