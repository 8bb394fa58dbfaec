"""Points of bins that do not follow the order of their event rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from logitkit.scorecard.card import Card, CardVariable

__all__ = ["OutOfOrder", "out_of_order"]


class OutOfOrder(NamedTuple):
    """A bin that has more points than one with a lower event rate.

    Parameters
    ----------
    variable : str
        The variable.
    riskier, safer : str
        The bins of the higher and of the lower event rate; of several safer ones that with the fewest points.
    rates : (float, float)
        Their event rates.
    points : (float, float)
        Their points.
    """

    variable: str
    riskier: str
    safer: str
    rates: tuple[float, float]
    points: tuple[float, float]


def out_of_order(card: Card) -> tuple[OutOfOrder, ...]:
    """Return the bins of a card whose points do not follow the order of the event rates, by variable."""
    turn = 1.0 if card.scaling.points_to_double > 0 else -1.0
    return tuple(one for variable in card.variables for one in _of_variable(variable, turn))


def _of_variable(variable: CardVariable, turn: float) -> Iterator[OutOfOrder]:
    events, nonevents = variable.binning.counts
    rows, labels, points = events + nonevents, variable.binning.rule.labels(), variable.points
    used = np.flatnonzero(rows > 0)
    rates = np.divide(events, rows, out=np.full(rows.size, np.nan), where=rows > 0)
    for m in used:
        safer = used[rates[used] < rates[m]]
        if not safer.size:
            continue
        s = int(safer[np.argmin(turn * points[safer])])
        if turn * points[s] < turn * points[m]:
            name = variable.binning.name
            both = (float(rates[m]), float(rates[s])), (float(points[m]), float(points[s]))
            yield OutOfOrder(name, labels[m], labels[s], *both)
