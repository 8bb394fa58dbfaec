"""The logistic regression on indicators of bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Any

from logitkit.api.fitting import fit
from logitkit.design.table.frame import labelled
from logitkit.errors import UnsupportedError
from logitkit.results.fit import Fit
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.dummies import bin_names, bins_in_model, places_of_coef, require_both_outcomes
from logitkit.typing import BoolArray, FloatArray, SmallCodes, WeightKind

__all__ = ["determined_variables", "fit_of_bins"]


def fit_of_bins(
    binnings: Sequence[Binning],
    codes: Mapping[str, SmallCodes],
    bad: BoolArray,
    weights: FloatArray | None,
    kind: WeightKind,
    level: float,
) -> Fit:
    """Return the fit of bad on indicators of bins; the largest bin of each variable is its reference.

    Bins without rows have no coefficient; a bin with only one outcome raises an error.
    """
    columns: dict[str, Any] = {}
    for binning in binnings:
        require_both_outcomes(binning)
        names = bin_names(binning)
        columns[binning.name] = labelled(codes[binning.name], [(int(m), names[m]) for m in bins_in_model(binning)])
    outcome = "bad"
    while outcome in columns:
        outcome += "_"
    terms = " + ".join(_quoted(name) for name in columns) or "1"
    given: dict[str, Any] = {} if weights is None else {"weights": weights, "weight_kind": kind}
    return fit(f"{outcome} ~ {terms}", {**columns, outcome: bad}, level=level, **given)


def determined_variables(binnings: Sequence[Binning], found: Fit) -> list[str]:
    """Return the variables whose bins are all determined by other variables; raise an error if only some are."""
    aliased = set(found.record.aliased)
    whole = []
    for binning, place in zip(binnings, places_of_coef(tuple(binnings)), strict=True):
        own = [j for j in range(place.start, place.stop) if j in aliased]
        if own and len(own) == place.stop - place.start:
            whole.append(binning.name)
        elif own:
            label = bin_names(binning)[bins_in_model(binning)[own[0] - place.start + 1]]
            raise UnsupportedError(
                f"The rows of the bin {label!r} of {binning.name!r} are determined by the bins of the other variables, "
                "as where values are missing together: its points are not. Leave one of these variables out, or take "
                "coding='woe'."
            )
    return whole


def _quoted(name: str) -> str:
    return name if name.isidentifier() and not iskeyword(name) else f"`{name}`"
