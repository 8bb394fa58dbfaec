"""How often a source was read for a fit."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Passes"]


@dataclass
class Passes:
    """How often a source was read, and how much of it.

    Parameters
    ----------
    count : int
        Passes that were begun.
    n_bytes : int
        Bytes of the columns that were handed over, as Arrow holds them.
    n_kept : int
        Those of them that had stayed in memory and were not read again.
    """

    count: int = 0
    n_bytes: int = 0
    n_kept: int = 0
