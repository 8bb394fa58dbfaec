"""What callers hand over in spite of an annotation: options checked where they enter, in one wording."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from logitkit.errors import DataError

__all__ = ["is_count", "is_finite_number", "require_choice", "require_flag", "require_text"]

COUNT_MOST = 1_000_000  # repetitions, groups, strengths: more is a mistake, and takes all memory before it shows


def require_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse a word that is not among those of an option.

    Examples
    --------
    >>> require_choice("unseen", "nope", ("raise", "missing"))
    Traceback (most recent call last):
    logitkit.errors.DataError: unseen='nope' is not known; use 'raise' or 'missing'.
    """
    words = list(choices)
    if not isinstance(value, str) or value not in words:
        shown = [repr(word) for word in words]
        listed = f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]
        raise DataError(f"{name}={value!r:.60} is not known; use {listed}.")


def require_flag(name: str, value: Any) -> None:
    """Refuse what is neither true nor false: ``"no"`` would count as true."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise DataError(f"{name}={value!r:.60} must be True or False.")


def require_text(name: str, value: Any) -> None:
    """Refuse what is neither text nor None."""
    if value is not None and not isinstance(value, str):
        raise DataError(f"{name}={value!r:.60} must be text.")


def is_finite_number(value: Any) -> bool:
    """Tell whether a value is a number that fits into a float, and no boolean.

    Examples
    --------
    >>> is_finite_number(1), is_finite_number(True), is_finite_number(10**400), is_finite_number("1")
    (True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def is_count(value: Any, least: int = 1) -> bool:
    """Tell whether a value is a whole number from ``least`` to a million.

    Examples
    --------
    >>> is_count(3), is_count(0), is_count(2.0), is_count(10**9)
    (True, False, False, False)
    """
    return not isinstance(value, bool) and isinstance(value, Integral) and least <= int(value) <= COUNT_MOST
