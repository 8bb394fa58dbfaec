"""Which coefficients a model of several outcomes has, from the words of the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from logitkit.design.formula.named import columns_named
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, FormulaError, ResponseError, UnsupportedError, nearest_name
from logitkit.models.form import Form, outcomes_form
from logitkit.models.predictors import flat_names, full_predictors, patterned_predictors

__all__ = ["choose_outcomes", "outcome_place", "places_of"]


def choose_outcomes(
    info: DesignInfo,
    reference: Any,
    per_outcome: Mapping[str, str] | None = None,
    equal: str | Sequence[str] | None = None,
) -> Form:
    """Return which coefficients are estimated."""
    levels, p = info.response.levels, len(info.names)
    place = None if reference is None else outcome_place(reference, info, "reference")
    flat_names([level for k, level in enumerate(levels) if k != place], info.names)  # refuses two that are the same
    predictors = full_predictors(len(levels), p, 0 if place is None else place)
    if per_outcome is not None and not isinstance(per_outcome, Mapping):
        raise DataError(f"per_outcome={per_outcome!r} is no mapping; give terms by outcome: {{'bus': 'cost'}}.")
    if not per_outcome and equal is None:
        return outcomes_form(predictors, place, levels)
    if place is None:
        raise UnsupportedError(
            "reference=None with per_outcome= or equal=: the symmetric form has the same terms for all outcomes. Name "
            "a reference."
        )
    kept = np.ones((predictors.active.size, p), dtype=bool)
    for outcome, terms in (per_outcome or {}).items():
        k = outcome_place(outcome, info, "per_outcome")
        if k == place:
            raise FormulaError(f"per_outcome names {outcome!r}, which is the reference and has no coefficients.")
        row = np.zeros(p, dtype=bool)
        row[columns_named(terms, info, f"per_outcome[{outcome!r}]")] = True
        if info.intercept is not None:
            row[info.intercept] = True
        kept[int(np.searchsorted(predictors.active, k))] = row
    same = np.zeros(p, dtype=bool)
    if equal is not None:
        same[columns_named(equal, info, "equal")] = True
        if not same.any():
            raise FormulaError(f"equal={equal!r} names no term.")
        if info.intercept is not None and same[info.intercept]:
            raise FormulaError("equal names the intercept; give terms.")
    every = np.zeros((len(levels), p), dtype=bool)
    every[predictors.active] = kept
    absent = None if kept.all() else ~kept.reshape(-1)
    return outcomes_form(patterned_predictors(every, same), place, levels, absent)


def outcome_place(outcome: Any, info: DesignInfo, where: str) -> int:
    """Return the place of an outcome among the outcomes."""
    response = info.response
    if isinstance(outcome, (list, dict, set)):
        raise DataError(f"{where}={outcome!r} is not one outcome.")
    if not isinstance(outcome, str) or outcome not in response.levels:
        for value, code in response.coded.items():
            if type(value) is type(outcome) and value == outcome:
                return code
    if str(outcome) in response.levels:
        return response.levels.index(str(outcome))
    hint = nearest_name(str(outcome), response.levels)
    gone = " It does not occur among the rows that count." if str(outcome) in response.empty else ""
    raise ResponseError(f"{where}={outcome!r} is no outcome of {response.name!r}.{gone} {hint}")


def places_of(info: DesignInfo, **outcomes: Any) -> tuple[int | None, ...]:
    """Return the places of outcomes that may be left out."""
    return tuple(None if given is None else outcome_place(given, info, role) for role, given in outcomes.items())
