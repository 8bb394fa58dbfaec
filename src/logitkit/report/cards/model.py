"""The model under a card as a document."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from logitkit.diagnostics.collinearity import collinearity
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.report.cards.dummies import dummies_blocks, order_words, points_range
from logitkit.report.cards.findings import population_facts
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.number_format import format_column, format_estimate, format_level, format_number, format_p
from logitkit.scorecard.card import Card
from logitkit.scorecard.population import Population
from logitkit.scorecard.selection import SelectionStep

__all__ = ["model_document"]


def model_document(
    card: Card,
    record: FitRecord,
    population: Population,
    steps: tuple[SelectionStep, ...],
    level: float,
    tests: ChiSquareTests | None = None,
) -> Document:
    """Return the table of the variables of a card, and what its p-values and intervals do not know.

    ``tests`` are of the variables, of a card with a coefficient per bin.
    """
    left_out = [step.variable for step in steps if not step.taken]
    facts = (
        *population_facts(population),
        Fact("Variables", f"{len(card.variables)} of {len(card.variables) + len(set(left_out))}"),
        Fact("Log likelihood", format_number(record.loglik)),
    )
    if tests is not None:
        blocks, notes = dummies_blocks(card, record, level, tests)
        notes += order_words(card)
        return Document("Model of the scorecard", facts=facts, blocks=blocks, notes=tuple(notes))
    turned = list(card.wrong_signs)
    notes = [
        (
            "Coefficients of weights of evidence in the logit of bad. Standard errors, p-values and variance inflation "
            "take bins, weights of evidence and selection as given: they are optimistic, the more so the more was "
            "tried."
        ),
    ]
    if turned:
        notes.append(f"Wrong sign: {', '.join(turned)} (safer bins would add to the logit of bad).")
    notes += order_words(card, turned)
    return Document(
        "Model of the scorecard", facts=facts, blocks=(_variables(card, record, level),), notes=tuple(notes)
    )


def _variables(card: Card, record: FitRecord, level: float) -> Table:
    names = ["Intercept", *card.names]
    coef = np.array([card.intercept, *(variable.coef for variable in card.variables)])
    errors = record.std_error
    reach = float(NORMAL.quantile(level)) * errors
    p_values = chdtrc(1, (coef / errors) ** 2)
    has_errors = card.variables and bool(np.isfinite(errors).all())
    factors = collinearity(record) if has_errors else None
    inflation = {} if factors is None else dict(zip(factors.terms, factors.gvif, strict=True))
    decimals = 0 if card.scaling.rounded else 1
    points = [
        format_estimate(card.base_points, decimals),
        *(points_range(variable.points[:-1], decimals) for variable in card.variables),
    ]
    shown = format_level(level)
    columns = (
        (Column("Variable", "left"), names),
        (Column("Coef."), format_column(coef, "estimate", 3)),
        (Column("Std. error"), format_column(errors, "estimate", 3)),
        (Column(f"{shown} low"), format_column(coef - reach, "estimate", 3)),
        (Column(f"{shown} high"), format_column(coef + reach, "estimate", 3)),
        (Column("p"), [format_p(p) for p in p_values]),
        (Column("VIF"), ["", *(f"{inflation[n]:.2f}" if n in inflation else "" for n in card.names)]),
        (Column("Sign"), ["", *("wrong" if name in card.wrong_signs else "right" for name in card.names)]),
        (Column("IV"), ["", *(f"{variable.binning.information.value:.3f}" for variable in card.variables)]),
        (Column("Points"), points),
    )
    return Table(None, tuple(c for c, _ in columns), tuple(zip(*(v for _, v in columns), strict=True)), n_names=1)
