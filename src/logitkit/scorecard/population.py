"""Who a card is made from: the rows given, and how many were left out by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Population"]


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Counts of a population.

    Parameters
    ----------
    n_given : int
        Rows of the table.
    excluded : tuple of (rule, count)
        Rows left out by each named rule, in order: a row counts under the first that it meets.
    n_indeterminate, n_missing : int
        Rows that are neither good nor bad, and rows without an outcome.
    n_good, n_bad : int
        Rows that the card was made from.
    target : str
        The column of the outcome.
    event, other : object
        The values that are called bad and good.
    """

    n_given: int
    excluded: tuple[tuple[str, int], ...]
    n_indeterminate: int
    n_missing: int
    n_good: int
    n_bad: int
    target: str
    event: Any
    other: Any
