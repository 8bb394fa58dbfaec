"""The trail of bins changed by hand: what was done, why, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Edit"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of bins by hand, stated in values so that it can be repeated on other bins.

    Parameters
    ----------
    kind : {"merge", "split", "move"}
        The kind of change.
    values : tuple
        For a number: the cut point that was removed or added. For levels: one level of each merged bin; the levels
        split off; or the levels moved, followed by one of the bin to which they moved.
    reason : str
        The reason, as stated by the user.
    before, after : float
        Information value before and after.
    """

    kind: str
    values: tuple[Any, ...]
    reason: str
    before: float
    after: float
