"""Periods in which rows fall."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.typing import IntArray

__all__ = ["Periods"]


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Periods that have rows, in order.

    Parameters
    ----------
    labels : tuple of str
        Label of each period.
    numbers : (t,) int array
        Numbers of the periods: consecutive months, quarters or years for dates, otherwise ranks.
    codes : (n,) int array
        The period of each row.
    """

    labels: tuple[str, ...]
    numbers: IntArray
    codes: IntArray
