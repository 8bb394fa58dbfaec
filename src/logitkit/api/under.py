"""The model and the rows of a fit under the conventions of a package."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.design.design import Design
from logitkit.errors import UnsupportedError
from logitkit.models.conventions import OURS, ConventionName, Conventions, conventions_named
from logitkit.models.model import Model
from logitkit.typing import FactorCoding, FloatArray

__all__ = ["read_under", "require_ours"]


def read_under(
    name: ConventionName | None, model: Model, read: Callable[[Model, FactorCoding], Design], *, penalised: bool = False
) -> tuple[Model, Design, Conventions]:
    """Return the model and its rows under conventions, which may change the event or the coding.

    With a penalty that shrinks, conventions determine only the event. The coding of factors and the reference are then
    part of the penalty, and none of the packages has one.
    """
    chosen = conventions_named(name)
    factors_by = OURS.factors if penalised else chosen.factors
    design = read(model, factors_by)
    if chosen == OURS:
        return model, design, chosen
    stated = model.under(chosen, design.info.response, design.reduce(_totals, np.add), penalised=penalised)
    return stated, design if stated.reads == model.reads else read(stated, factors_by), chosen


def require_ours(model: Model, design: Design, verb: str) -> None:
    """Raise an error for a function without ``conventions=`` in a block of conventions that would change its event."""
    chosen = conventions_named(None)
    if chosen == OURS:
        return
    stated = model.under(chosen, design.info.response, design.reduce(_totals, np.add), penalised=True)
    if stated.reads != model.reads:
        raise UnsupportedError(
            f"{verb} does not follow the conventions of {chosen.title}, by which another event would be modelled: "
            f"state the model, model={stated!r}, or call it outside of the block."
        )


def _totals(part: Design) -> FloatArray:
    """Return the weighted number of trials of each outcome in some rows."""
    return part.response.totals
