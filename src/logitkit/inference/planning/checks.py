"""Checks of the arguments of planning functions."""

from __future__ import annotations

from typing import Any

from logitkit.errors import DataError
from logitkit.options import is_count, is_finite_number

__all__ = ["require_count", "require_share"]


def require_count(name: str, value: Any, least: int = 1) -> None:
    """Raise an error unless a value is a whole number that is large enough.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : object
        As given.
    least : int, default 1
        The smallest value allowed.

    Examples
    --------
    >>> require_count("n", 0)
    Traceback (most recent call last):
    logitkit.errors.DataError: n=0 must be a whole number of at least 1.
    """
    if not is_count(value, least):
        raise DataError(f"{name}={value!r:.60} must be a whole number of at least {least}.")


def require_share(name: str, value: Any) -> None:
    """Raise an error unless a value is between 0 and 1.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : object
        As given.

    Examples
    --------
    >>> require_share("power", 80)
    Traceback (most recent call last):
    logitkit.errors.DataError: power=80 must be above 0 and below 1.
    """
    if not is_finite_number(value) or not 0.0 < value < 1.0:
        raise DataError(f"{name}={value!r:.60} must be above 0 and below 1.")
