"""Names of effects, and notes on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.inference.effects.comparisons import Comparison
from logitkit.inference.effects.errors import Drawn
from logitkit.results.effects.levels import has_levels
from logitkit.results.effects.rows_to_average import AveragedRows
from logitkit.typing import FloatArray

__all__ = [
    "SEPARATED",
    "covariance_words",
    "effect_names",
    "effect_notes",
    "label_columns",
    "method_words",
]

SLOPE = "dy/dx"
SEPARATED = (
    "The outcomes are separated: probabilities that are 0 or 1 in the limit are taken as known, without a standard "
    "error."
)
INFINITE = (
    "Infinite effects have no standard error, interval or p-value by the delta method. Their interval by profile "
    "likelihood has a finite end: fit.confint('profile', of=...) for combinations of coefficients, fit.contrast(a, b, "
    "method='profile') for odds ratios."
)
OWN = ("variable", "contrast", "outcome")


def label_columns(
    heads: Sequence[str],
    cells: Sequence[tuple[Any, ...]],
    comparisons: Sequence[Comparison],
    outcomes: Sequence[str],
) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """Return the columns that identify each effect: set values and groups, variable, contrast, outcome."""
    rows = [
        (*cell, one.variable, one.contrast, outcome) for cell in cells for one in comparisons for outcome in outcomes
    ]
    names = [*heads, *OWN]
    columns = [(name, tuple(row[place] for row in rows)) for place, name in enumerate(names)]
    return tuple(columns if any(outcomes) else columns[:-1])


def effect_names(heads: Sequence[str], labels: tuple[tuple[str, tuple[Any, ...]], ...]) -> tuple[str, ...]:
    """Return the names of effects in hypotheses: ``smoke``, ``race[black - white]``, ``a:smoke|race=1``."""
    names = []
    for row in zip(*(cells for _, cells in labels), strict=True):
        cell, (variable, contrast, *outcome) = row[: len(heads)], row[len(heads) :]
        name = str(variable) if contrast == SLOPE else f"{variable}[{contrast}]"
        where = ",".join(f"{head}={value}" for head, value in zip(heads, cell, strict=True))
        names.append(":".join([*map(str, outcome), name]) + (f"|{where}" if where else ""))
    return tuple(names)


def covariance_words(record: FitRecord, method: str, rows: str) -> str:
    """Return a description of the covariance of effects."""
    if method == "simulation":
        return f"simulated coefficients, {record.covariance.label}"
    if method == "bootstrap":
        return "bootstrap"
    if rows == "sampled":
        return "influence functions, covariates drawn as the outcomes"
    if rows == "elsewhere":
        return f"{record.covariance.label}, and rows drawn by themselves"
    return record.covariance.label


def method_words(record: FitRecord, method: str, rows: str, drawn: Drawn | None, kind: str | None = None) -> str:
    """Return a sentence that describes how standard errors and intervals were computed."""
    if drawn is not None:
        n = len(drawn.values)
        what = (
            f"{n:,} draws of the coefficients from their normal distribution ({record.covariance.label})"
            if method == "simulation"
            else f"{n:,} bootstrap replicates"
        )
        over = "; averages over the rows drawn" if rows == "sampled" else ""
        limits = {"basic": "basic intervals", "bca": "BCa intervals"}.get(kind or "", "percentiles")
        return f"Standard deviations and {limits} of {what}{over}; seed {drawn.seed}."
    if rows == "elsewhere":
        return f"Delta method, covariance: {record.covariance.label}; and rows of data= as an independent sample."
    if rows == "sampled":
        return (
            "Influence functions of the averages, for rows that were sampled, covariates and outcomes together "
            f"({'by cluster' if record.covariance.n_clusters else 'independently'})."
        )
    return f"Delta method, rows as given; covariance: {record.covariance.label}."


def effect_notes(
    averaged: AveragedRows, variables: Sequence[str], change: Any, value: FloatArray, drawn: Drawn | None
) -> tuple[str, ...]:
    """Return the notes on effects."""
    record = averaged.rows.record
    notes: list[str] = []
    indicators: list[str] = []
    notes += averaged.weight_words
    if averaged.n_missing and averaged.design is None:
        rows = "1 row is" if averaged.n_missing == 1 else f"{averaged.n_missing:,} rows are"
        notes.append(f"{rows} left out, as values are missing.")
    for name in variables:
        own = change.get(name) if isinstance(change, Mapping) else change
        column, coding = averaged.frame[name], record.info.coding
        assert coding is not None
        number = own in (None, "slope") and not has_levels(name, column, coding)
        if number and averaged.is_indicator(name):
            indicators.append(name)
    if indicators:
        first = indicators[0]
        alone = len(indicators) == 1
        are = f"{first} is" if alone else f"{', '.join(indicators[:-1])} and {indicators[-1]} are"
        notes.append(
            f"{are} 0 or 1, but {'a number' if alone else 'numbers'}, so that dy/dx is a slope. For the change "
            f"from 0 to 1 give change={{{first!r}: (0, 1)}}, or write C({first}) in the formula."
        )
    if record.is_separated:
        notes.append(SEPARATED)
    if np.isinf(value).any():
        notes.append(INFINITE)
    if np.isnan(value).any():
        notes.append("Missing: the data do not determine the average, as directions to infinity disagree about rows.")
    if drawn is not None and drawn.n_failed:
        notes.append(f"{drawn.n_failed:,} replicates without a finite estimate are left out.")
    return tuple(notes)
