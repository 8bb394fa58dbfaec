"""Periods in which rows fall."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.typing import IntArray

__all__ = ["Periods"]


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Periods in order, those alone in which there are rows.

    Parameters
    ----------
    labels : tuple of str
        What each period is called.
    numbers : (t,) int array
        Their numbers: months, quarters or years counted without gaps where they are dates, else ranks.
    codes : (n,) int array
        The period of each row.
    """

    labels: tuple[str, ...]
    numbers: IntArray
    codes: IntArray
