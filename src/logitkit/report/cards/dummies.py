"""The model of a card with a coefficient per bin, and bins whose points do not follow their event rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from logitkit.diagnostics.collinearity import collinearity
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.report.document import Column, Table
from logitkit.report.number_format import (
    format_column,
    format_estimate,
    format_integer,
    format_level,
    format_p,
    format_percent,
)
from logitkit.scorecard.card import Card
from logitkit.scorecard.dummies import bin_names, bins_in_model, places_of_coef
from logitkit.scorecard.order import out_of_order
from logitkit.typing import FloatArray

__all__ = ["dummies_blocks", "order_words", "points_range"]


def dummies_blocks(
    card: Card, record: FitRecord, level: float, tests: ChiSquareTests
) -> tuple[tuple[Table, ...], list[str]]:
    """Return the tables of variables and of coefficients of a card, and what they do not know."""
    by_likelihood = tests.kind == "LR"
    notes = [
        (
            f"Variables are tested by {'likelihood ratio' if by_likelihood else 'Wald tests'}: all coefficients of the "
            "bins are zero, given the other variables. GVIF: generalised variance inflation to the power of 1 / (2 "
            "df). Standard errors and p-values take bins and selection as given: they are optimistic, "
            "the more so the more was tried."
        ),
    ]
    return (_variables(card, record, tests), _coefficients(card, record, level)), notes


def order_words(card: Card, without: Sequence[str] = ()) -> list[str]:
    """Return a sentence per bin whose points do not follow the order of the event rates."""
    return [
        (
            f"Out of order: {one.riskier!r} of {one.variable!r} has {one.points[0]:g} points and {one.safer!r} "
            f"{one.points[1]:g}, though its bad rate is {format_percent(one.rates[0], 2)}, not "
            f"{format_percent(one.rates[1], 2)}."
        )
        for one in out_of_order(card)
        if one.variable not in without
    ]


def points_range(points: FloatArray, decimals: int) -> str:
    """Return the least and the largest points of a variable."""
    low, high = float(np.nanmin(points)), float(np.nanmax(points))
    return f"{format_estimate(low, decimals)} to {format_estimate(high, decimals)}"


def _variables(card: Card, record: FitRecord, tests: ChiSquareTests) -> Table:
    factors = collinearity(record) if np.isfinite(record.std_error).all() else None
    scaled = {} if factors is None else dict(zip(factors.terms, factors.gvif_scaled, strict=True))
    terms = [term.name for term in record.info.terms[1:]]
    broken = {one.variable for one in out_of_order(card)}
    decimals = 0 if card.scaling.rounded else 1
    columns = (
        (Column("Variable", "left"), card.names),
        (Column("df"), [format_integer(dof) for dof in tests.dof]),
        (Column("Chi-square"), format_column(tests.statistic, "estimate", 2)),
        (Column("p"), [format_p(p) for p in tests.p_value]),
        (Column("GVIF"), [f"{scaled[term]:.2f}" if term in scaled else "" for term in terms]),
        (Column("Order"), ["broken" if name in broken else "kept" for name in card.names]),
        (Column("IV"), [f"{variable.binning.information.value:.3f}" for variable in card.variables]),
        (Column("Points"), [points_range(variable.points[:-1], decimals) for variable in card.variables]),
    )
    return Table(None, tuple(c for c, _ in columns), tuple(zip(*(v for _, v in columns), strict=True)), n_names=1)


def _coefficients(card: Card, record: FitRecord, level: float) -> Table:
    coef, errors = record.coef, record.std_error
    reach, shown = float(NORMAL.quantile(level)) * errors, format_level(level)
    numbers = [format_column(values, "estimate", 3) for values in (coef, errors, coef - reach, coef + reach)]
    rows = [("", "Intercept", *(own[0] for own in numbers))]
    binnings = tuple(variable.binning for variable in card.variables)
    for binning, place in zip(binnings, places_of_coef(binnings), strict=True):
        names, in_model = bin_names(binning), bins_in_model(binning)
        where = dict(zip(in_model[1:].tolist(), range(place.start, place.stop), strict=True))
        for m in sorted(in_model.tolist()):
            cells = [own[where[m]] for own in numbers] if m in where else ["reference", "", "", ""]
            rows.append((binning.name, names[m], *cells))
    heads = (
        Column("Variable", "left"),
        Column("Values", "left"),
        Column("Coef."),
        Column("Std. error"),
        Column(f"{shown} low"),
        Column(f"{shown} high"),
    )
    return Table("Coefficients of the bins in the logit of bad", heads, tuple(rows), n_names=2)
