"""The trail of bins changed by hand: what was done, why, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Edit"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of bins by hand, in terms of values, so that it can be done again on other bins.

    Parameters
    ----------
    kind : {"merge", "split", "move"}
        What was done.
    values : tuple
        Of a number the cut point that was removed or added. Of levels: one of each of the bins merged; those split off;
        those moved, and last one of the bin that they went to.
    reason : str
        Why, in the words of who did it.
    before, after : float
        Information value before and after.
    """

    kind: str
    values: tuple[Any, ...]
    reason: str
    before: float
    after: float
