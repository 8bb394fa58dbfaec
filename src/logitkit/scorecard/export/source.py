"""What every export of a card is written from: bins and what they add, in plain numbers and text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import UnsupportedError
from logitkit.scorecard.card import Card
from logitkit.scorecard.rules import LevelRule

__all__ = ["CardSource", "VariableSource", "card_source"]


@dataclass(frozen=True, slots=True)
class VariableSource:
    """One variable of a card.

    Parameters
    ----------
    name : str
        The column.
    is_number : bool
        Whether it contains numbers; otherwise levels.
    cuts : tuple of float
        For a number: lower ends of the bins after the first. A value is in the last bin whose lower end it reaches.
    groups : tuple of tuples
        For levels: the levels of each ordinary bin.
    special : tuple of (values, code)
        Values that have bins of their own, with the number of the bin.
    labels : tuple of str
        Label of each bin, that of missing values last.
    logits, points : tuple of float or None
        Contribution of each bin, the last of unseen levels; None if the card refuses the value.
    """

    name: str
    is_number: bool
    cuts: tuple[float, ...]
    groups: tuple[tuple[Any, ...], ...]
    special: tuple[tuple[tuple[Any, ...], int], ...]
    labels: tuple[str, ...]
    logits: tuple[float | None, ...]
    points: tuple[float | None, ...]

    @property
    def levels(self) -> dict[Any, int]:
        """The bin of each level, including special values; empty for a number."""
        ordinary = {level: m for m, group in enumerate(self.groups) for level in group}
        special = {} if self.is_number else {value: code for values, code in self.special for value in values}
        return ordinary | special

    @property
    def holds_numbers(self) -> bool:
        """Whether its values are numbers or booleans, rather than text."""
        return self.is_number or not any(isinstance(level, str) for level in self.levels)

    @property
    def is_boolean(self) -> bool:
        """Whether its levels are booleans."""
        return not self.is_number and all(isinstance(level, bool) for level in self.levels)

    @property
    def missing(self) -> int:
        """The number of the bin of missing values."""
        return len(self.labels) - 1

    @property
    def unseen(self) -> int:
        """The number that represents an unseen level."""
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class CardSource:
    """A card.

    Parameters
    ----------
    variables : tuple of VariableSource
        The variables, in the order in which they are summed.
    intercept : float
        Starting value of the sum of logits.
    base_points : float
        Starting value of the sum of points.
    """

    variables: tuple[VariableSource, ...]
    intercept: float
    base_points: float


def card_source(card: Card) -> CardSource:
    """Return the numbers of a card, whose levels are text, numbers or booleans."""
    variables = []
    for variable in card.variables:
        rule, name = variable.binning.rule, str(variable.binning.name)
        levels = isinstance(rule, LevelRule)
        groups = rule.groups if isinstance(rule, LevelRule) else ()
        variables.append(
            VariableSource(
                name,
                not levels,
                () if isinstance(rule, LevelRule) else rule.cuts,
                tuple(_plain(group, name) for group in groups),
                tuple((_plain(values, name), rule.n_values + m) for m, (_, values) in enumerate(rule.special)),
                rule.labels(),
                _known(variable.logits),
                _known(variable.points),
            )
        )
    return CardSource(tuple(variables), card.intercept, card.base_points)


def _plain(values: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    """Return values as text, numbers and booleans of Python, whose text every language can be given."""
    plain = []
    for value in values:
        own = value.item() if isinstance(value, np.generic) else value
        kind = next(kind for kind in (str, bool, int, float) if isinstance(own, kind))
        if kind is float and not math.isfinite(own):
            raise UnsupportedError(f"{name!r} has the level {own!r}. Exports hold finite numbers: recode the level.")
        plain.append(kind(own))
    return tuple(plain)


def _known(numbers: Any) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(number) else float(number) for number in numbers)
