"""Points that are set by hand, in the order of the event rates unless another is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from logitkit.errors import DataError, nearest_name
from logitkit.options import is_finite_number, require_flag
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card, CardVariable
from logitkit.scorecard.changes import CardChange
from logitkit.scorecard.order import pairs_out_of_order
from logitkit.typing import FloatArray

__all__ = ["points_by_hand"]


def points_by_hand(
    card: Card, points: Mapping[str, Mapping[str, float]], base: float | None, any_order: bool
) -> tuple[Card, tuple[CardChange, ...]]:
    """Return the card with other points, and what was changed."""
    require_flag("any_order", any_order)
    if not isinstance(points, Mapping) or not all(isinstance(own, Mapping) for own in points.values()):
        raise DataError(f"points={points!r:.60}: give points of bins by variable, as {{'age': {{'below 25': -10}}}}.")
    for name in points:
        if name not in card.names:
            raise DataError(f"{name!r} is no variable of the card. {nearest_name(name, card.names)}")
    changes: list[CardChange] = []
    variables = []
    for variable in card.variables:
        own = points.get(variable.binning.name, {})
        changed = _changed(card, variable, own, changes)
        if own and not any_order:
            _require_order(variable.binning, changed, own, card.scaling.points_to_double > 0)
        variables.append(replace(variable, points=changed))
    if base is not None:
        _require_points(card, base)
        changes.append(CardChange("base", "", "", float(base), card.base_points))
    made = replace(card, variables=tuple(variables), base_points=card.base_points if base is None else float(base))
    return made, tuple(changes)


def _changed(card: Card, variable: CardVariable, own: Mapping[str, float], changes: list[CardChange]) -> FloatArray:
    """Return the points of a variable by code; a level that was not there follows the bin that it is scored as."""
    binning, points = variable.binning, variable.points.copy()
    labels = binning.rule.labels()
    follows = _unseen_as(binning)
    for label, value in own.items():
        if label not in labels:
            raise DataError(f"{binning.name!r} has no bin {label!r}. {nearest_name(str(label), labels)}")
        at = labels.index(label)
        if np.isnan(points[at]):
            raise DataError(f"{label!r} of {binning.name!r} has no points: it is refused, as its policy says.")
        _require_points(card, value)
        changes.append(CardChange("points", binning.name, label, float(value), float(points[at])))
        points[at] = value
    if follows is not None:
        points[-1] = points[follows]
    return points


def _unseen_as(binning: Binning) -> int | None:
    """Return the bin that a level which was not there is scored as, None where there is none."""
    if binning.stated.unseen == "missing":
        return binning.rule.n_codes - 1
    rare = getattr(binning.rule, "rare", None)
    return rare if binning.stated.unseen == "rare" else None


def _require_points(card: Card, value: float) -> None:
    if not is_finite_number(value):
        raise DataError(f"{value!r:.60} is no number of points.")
    if card.scaling.rounded and float(value) != round(float(value)):
        raise DataError(f"{value!r}: the card has whole points. Give a whole number, or make it with rounded=False.")


def _require_order(binning: Binning, points: FloatArray, set_: Mapping[str, float], more_is_safer: bool) -> None:
    """Refuse points set by hand of which fewer go to a bin that is safer."""
    for one in pairs_out_of_order(binning, points, more_is_safer):
        if one.riskier in set_ or one.safer in set_:
            raise DataError(
                f"{binning.name!r}: {one.riskier!r} would have {one.points[0]:g} points and {one.safer!r} "
                f"{one.points[1]:g}, though its bad rate is {one.rates[0]:.4g}, not {one.rates[1]:.4g}. State "
                "any_order=True to have it so."
            )
