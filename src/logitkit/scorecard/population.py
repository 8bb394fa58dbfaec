"""Who a card is made from: the rows given, and how many were left out by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["AssumedRejects", "Population"]


@dataclass(frozen=True, slots=True)
class AssumedRejects:
    """Applicants without an outcome, whose outcomes a card assumes.

    Parameters
    ----------
    n : int
        Rows of rejects.
    weight : float
        Applicants that they stand for.
    bad_rate : float
        Of rejects, as assumed.
    bad_rate_of_all : float
        Of accepts and rejects together, weighted.
    method, assumption : str
        What the method is called, and what it assumes, in a sentence.
    """

    n: int
    weight: float
    bad_rate: float
    bad_rate_of_all: float
    method: str
    assumption: str


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
    rejects : AssumedRejects, optional
        Those that a card was adopted for under an assumption; the counts above are then of accepts.
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
    rejects: AssumedRejects | None = None
