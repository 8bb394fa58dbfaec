"""What the summary of a penalised fit of several outcomes says: its coefficients, a column an outcome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.inference.penalised import has_posterior, posterior_condition, why_withheld
from logitkit.report.document import Column, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.penalty import LISTED_MOST
from logitkit.report.units import unit_labels
from logitkit.report.wording import counted
from logitkit.typing import FloatArray

__all__ = ["outcome_penalty_notes", "penalised_outcome_table"]

OUTCOMES_MOST = 7  # side by side


def penalised_outcome_table(record: FitRecord, changes: FloatArray) -> Table:
    """Return the coefficients, a row a term and a column an outcome, or the largest where there are many."""
    table = record.coef_table
    names = record.info.names
    scale = _column_scale(record)
    if len(record.modelled) > OUTCOMES_MOST:
        return _largest(record, table * scale, changes)
    size = np.sqrt(((table * scale) ** 2).sum(axis=0))
    intercept = record.info.intercept
    moving = np.count_nonzero(size)
    if intercept is not None:
        size[intercept] = np.inf
    listed = np.flatnonzero(size > 0.0)
    note = []
    if listed.size > LISTED_MOST:
        listed = np.argsort(-size, kind="stable")[:LISTED_MOST]
        note.append(
            "Largest first, by the length of a term's coefficients times the scale of its column. Not listed: "
            f"{counted(int(moving) - LISTED_MOST, 'smaller term')}."
        )
    zero = len(names) - int(np.count_nonzero(size))
    if zero:
        note.append(f"Zero for every outcome: {counted(zero, 'term')}. fit.tidy() has them all.")
    labels = unit_labels([names[j] for j in listed], changes[listed])
    rows = tuple(zip(labels, *_columns((changes * table)[:, listed]), strict=True))
    heads = (Column("Term", "left"), *(Column(outcome) for outcome in record.modelled))
    return Table("Coefficients by outcome", heads, rows, tuple(note), divides=True)


def _largest(record: FitRecord, scaled: FloatArray, changes: FloatArray) -> Table:
    """Return the largest coefficients of very many outcomes, the intercepts left out."""
    names = record.info.names
    size = np.abs(scaled).reshape(-1)
    if record.info.intercept is not None:
        size[np.arange(len(record.modelled)) * len(names) + record.info.intercept] = 0.0
    order = np.argsort(-size, kind="stable")[: min(LISTED_MOST, int(np.count_nonzero(size)))]
    outcome, column = np.divmod(order, len(names))
    (cells,) = _columns((changes * record.coef_table)[outcome, column][None, :])
    labels = unit_labels([names[j] for j in column], changes[column])
    rows = tuple((record.modelled[k], label, cell) for k, label, cell in zip(outcome, labels, cells, strict=True))
    more = int(np.count_nonzero(size)) - order.size
    note = (
        f"Largest first. Not listed: {counted(more, 'coefficient')} besides the intercepts; fit.tidy() has them all.",
    )
    heads = (Column("Outcome", "left"), Column("Term", "left"), Column("Coef."))
    return Table("Largest coefficients", heads, rows, note if more else ())


def _column_scale(record: FitRecord) -> FloatArray:
    """Return what a column's coefficients are multiplied by where the penalty counts them."""
    facts, p = record.penalty, record.predictors.n_columns
    assert facts is not None
    out = np.ones(p)
    m = record.predictors.active.size
    # The first outcome may lack the columns without penalty; the last has every column.
    out[:] = facts.scale[-p:] if facts.scale.size >= p and m > 1 else 1.0
    return out


def _columns(table: FloatArray) -> list[tuple[str, ...]]:
    """Return the cells of (m, k) coefficients, m columns that share their decimals; those at zero are seen to be so."""
    cells = format_estimates(table.ravel(), np.full(table.size, np.nan))[0]
    shown = ["0" if value == 0.0 else cell for value, cell in zip(table.ravel(), cells, strict=True)]
    k = table.shape[1]
    return [tuple(shown[start : start + k]) for start in range(0, table.size, k)]


def outcome_penalty_notes(record: FitRecord, facts: PenaltyFacts) -> Iterator[str]:
    """Yield what the numbers of a penalised fit are, and are not."""
    form = (
        "The penalty is of the symmetric form, in which no outcome is a reference: a coefficient moves the logit of "
        "its outcome, and fit.risk_ratios(outcome, against) compares two."
        if record.reference is None
        else f"The penalty is of the coefficients against {record.outcomes[record.reference]}: with another reference "
        "the fit is another one. Without reference= the symmetric form is penalised, which does not depend on one."
    )
    yield f"Coefficients are on the scale of the columns as given; the penalty shrinks them towards zero. {form}"
    if has_posterior(record):
        yield (
            "fit.tidy() and fit.confint() have deviations and intervals of the posterior: a normal approximation at "
            f"the mode, {posterior_condition(facts)}."
            + (
                " The strength was chosen with the same data, and these do not know how uncertain that choice is."
                if facts.strengths and facts.chosen != "given"
                else ""
            )
        )
    else:
        yield why_withheld(record)
    yield "Gap: upper bound on the distance of the objective from its minimum, as a proportion of the null loss."
    if record.info.intercept is None:
        yield f"No intercept: no column is called '{INTERCEPT}', and a ready matrix is fitted as it is."
