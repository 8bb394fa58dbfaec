"""What was done to a card by hand after it was made, so that it can be done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scipy.special import logit

from logitkit.scorecard.selection import SelectionStep

__all__ = ["CardChange", "prior_of", "shift_of", "steps_of"]


@dataclass(frozen=True, slots=True)
class CardChange:
    """One change of a card.

    Parameters
    ----------
    kind : {"points", "base", "prior"}
        What was set: the points of a bin, the base points, or the bad rate of the population.
    variable, label : str
        The bin whose points were set; empty for other changes.
    value, before : float
        Points, or the bad rate, after and before.
    """

    kind: Literal["points", "base", "prior"]
    variable: str
    label: str
    value: float
    before: float

    @property
    def words(self) -> str:
        """Description of the change."""
        if self.kind == "points":
            return f"points of {self.label!r} set by hand, were {self.before:g}"
        if self.kind == "base":
            return f"base points set by hand, were {self.before:g}"
        return f"log odds moved to a population of another bad rate, was {self.before:.4g}"


def steps_of(changes: tuple[CardChange, ...]) -> tuple[SelectionStep, ...]:
    """Return points set by hand as steps of the trail."""
    return tuple(SelectionStep(c.variable, True, c.words, c.value) for c in changes if c.kind != "prior")


def prior_of(changes: tuple[CardChange, ...]) -> float | None:
    """Return the bad rate that was stated last; None where a card is that of its sample."""
    stated = [change.value for change in changes if change.kind == "prior"]
    return stated[-1] if stated else None


def shift_of(changes: tuple[CardChange, ...]) -> float:
    """Return how far all log odds were moved by other bad rates."""
    return sum(float(logit(c.value)) - float(logit(c.before)) for c in changes if c.kind == "prior")
