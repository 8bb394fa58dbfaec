"""Samples by name: several tables in one mapping, and errors that name the sample with the fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from logitkit.errors import DataError, LogitkitError

__all__ = ["in_sample", "tables_by_name"]


def tables_by_name(data: Any) -> dict[str, Any] | None:
    """Return tables by name; None if there is one table, which may be a dict of columns."""
    if not isinstance(data, Mapping) or not any(map(_is_table, data.values())):
        return None
    named = {str(name): part for name, part in data.items()}
    if len(named) < len(data):
        raise DataError(f"Two samples have one name: {', '.join(map(repr, data))}. Call them by different ones.")
    return named


@contextmanager
def in_sample(name: str) -> Iterator[None]:
    """Name the sample in an error about its rows."""
    try:
        yield
    except LogitkitError as error:
        raise type(error)(f"Sample {name!r}: {error}") from error


def _is_table(part: Any) -> bool:
    names = getattr(getattr(part, "dtype", None), "names", None)  # of records
    return hasattr(part, "columns") or isinstance(part, Mapping) or bool(names)
