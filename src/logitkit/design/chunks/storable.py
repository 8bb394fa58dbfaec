"""The records that a checkpoint may hold, by their names."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["STORABLE", "storable"]

T = TypeVar("T")
STORABLE: dict[str, type] = {}


def storable(kind: type[T]) -> type[T]:
    """Let a dataclass be written into checkpoints, by its name.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from logitkit.design.chunks.journal import _decode, _encode
    >>> @storable
    ... @dataclass
    ... class Sums:
    ...     total: float
    >>> _decode(*_encode(Sums(0.1)))
    Sums(total=0.1)
    """
    STORABLE[kind.__name__] = kind
    return kind
