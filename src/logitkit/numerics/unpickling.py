"""Reading a pickle in which some names stand for other functions than those that wrote it."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

__all__ = ["unpickled"]


class _Reader(pickle.Unpickler):
    """Looks names up in a table first.

    Parameters
    ----------
    data : bytes
        The pickle.
    instead : mapping of (str, str) to object
        What is taken for a name of a module.
    """

    def __init__(self, data: bytes, instead: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(io.BytesIO(data))
        self.instead = instead

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for."""
        found = self.instead.get((module, name))
        return super().find_class(module, name) if found is None else found


def unpickled(data: bytes, instead: Mapping[tuple[str, str], Any]) -> Any:
    """Return what a pickle of our own holds, with other functions for some of its names.

    Examples
    --------
    >>> unpickled(pickle.dumps(1 + 2j), {("builtins", "complex"): max})
    2.0
    """
    return _Reader(data, instead).load()
