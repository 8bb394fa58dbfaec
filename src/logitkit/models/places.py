"""Outcomes as users name them, and their places among the outcomes of a fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, ResponseError, nearest_name

__all__ = ["named_places", "outcome_place", "places_of", "require_one_outcome"]


def outcome_place(outcome: Any, info: DesignInfo, where: str) -> int:
    """Return the place of an outcome among the outcomes."""
    response = info.response
    require_one_outcome(outcome, where)
    if not isinstance(outcome, str) or outcome not in response.outcomes:
        for value, code in response.coded.items():
            if type(value) is type(outcome) and value == outcome:
                return code
    if str(outcome) in response.outcomes:
        return response.outcomes.index(str(outcome))
    hint = nearest_name(str(outcome), response.outcomes)
    gone = " It does not occur among the rows of positive weight." if str(outcome) in response.empty else ""
    raise ResponseError(f"{where}={outcome!r} is not an outcome of {response.name!r}.{gone} {hint}")


def places_of(info: DesignInfo, **outcomes: Any) -> tuple[int | None, ...]:
    """Return the places of outcomes that may be left out."""
    return tuple(None if given is None else outcome_place(given, info, role) for role, given in outcomes.items())


def named_places(outcomes: Any, info: DesignInfo) -> list[int] | None:
    """Return the places of named outcomes, None if none are named."""
    if outcomes is None:
        return None
    if not isinstance(outcomes, Iterable):
        raise DataError(f"outcomes={outcomes!r:.60} must be a list of outcomes.")
    named = [outcomes] if isinstance(outcomes, str) else outcomes
    return [outcome_place(each, info, "outcomes") for each in named]


def require_one_outcome(outcome: Any, where: str) -> None:
    """Refuse several values where one is required."""
    if isinstance(outcome, (list, dict, set, np.ndarray)):
        raise DataError(f"{where}={outcome!r} is not a single outcome.")
