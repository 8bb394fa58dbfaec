"""Points of bins that do not follow the order of their event rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card
from logitkit.typing import FloatArray

__all__ = ["OutOfOrder", "out_of_order", "pairs_out_of_order"]


class OutOfOrder(NamedTuple):
    """A bin that has more points than one with a lower event rate.

    Parameters
    ----------
    variable : str
        The variable.
    riskier, safer : str
        The bins with the higher and the lower event rate; of several safer bins, the one with the fewest points.
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
    more_is_safer = card.scaling.points_to_double > 0
    found: list[OutOfOrder] = []
    for variable in card.variables:
        worst: dict[str, OutOfOrder] = {}
        for one in pairs_out_of_order(variable.binning, variable.points, more_is_safer):
            fewest = worst.setdefault(one.riskier, one).points[1]
            if one.points[1] < fewest if more_is_safer else one.points[1] > fewest:
                worst[one.riskier] = one
        found += worst.values()
    return tuple(found)


def pairs_out_of_order(binning: Binning, points: FloatArray, more_is_safer: bool) -> Iterator[OutOfOrder]:
    """Yield every pair of bins of which the one with the lower event rate has fewer points."""
    events, nonevents = binning.counts
    rows, labels, turn = events + nonevents, binning.rule.labels(), 1.0 if more_is_safer else -1.0
    used = np.flatnonzero(rows > 0)
    used = used[np.argsort(events[used] / rows[used], kind="stable")]
    rates = dict(zip(used.tolist(), (events[used] / rows[used]).tolist(), strict=True))
    ranked = used.tolist()
    for place, riskier in enumerate(ranked):
        for safer in reversed(ranked[:place]):  # the nearest first
            if rates[safer] < rates[riskier] and turn * points[safer] < turn * points[riskier]:
                both = (rates[riskier], rates[safer]), (float(points[riskier]), float(points[safer]))
                yield OutOfOrder(binning.name, labels[riskier], labels[safer], *both)
