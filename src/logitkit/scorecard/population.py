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
        Number of rows of rejects.
    weight : float
        Number of applicants that these rows represent.
    bad_rate : float
        Assumed bad rate of rejects.
    bad_rate_of_all : float
        Weighted bad rate of accepts and rejects together.
    method, assumption : str
        Name of the method, and its assumption in a sentence.
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
        Number of rows of the table.
    excluded : tuple of (rule, count)
        Rows left out by each named rule, in order; a row is counted under the first rule that it meets.
    n_indeterminate, n_missing : int
        Numbers of rows that are neither good nor bad, and of rows without an outcome.
    n_good, n_bad : int
        Numbers of good and bad rows from which the card was made.
    target : str
        The column of the outcome.
    event, other : object
        The values that mean bad and good.
    rejects : AssumedRejects, optional
        Rejects, if a card that assumes their outcomes was adopted; the counts above are then of accepts.
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
