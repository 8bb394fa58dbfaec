"""The coefficients of a penalised fit: beside their ratios, or with a column per outcome.

After a penalty that chooses coefficients the table has no errors, no z and no p; after squares only it has those of the
posterior, by that name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.inference.penalised.posterior import has_posterior
from logitkit.report.coefficients import exponentials, names_without_ratio
from logitkit.report.document import Column, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.number_format import format_level
from logitkit.report.penalty import ratio_beside
from logitkit.report.term_labels import shown_names
from logitkit.report.units import per_unit
from logitkit.report.wording import counted
from logitkit.typing import FloatArray, IntArray

__all__ = ["listed_coefficients", "penalised_table"]

LISTED_MOST = 40  # coefficients of a table that is still read
OUTCOMES_MOST = 7  # side by side


def penalised_table(record: FitRecord, facts: PenaltyFacts, changes: FloatArray) -> Table:
    """Return the coefficients: one equation with its ratios, several side by side, the largest of very many."""
    if len(record.equations) == 1:
        return _beside_ratios(record, facts, changes)
    if len(record.equations) <= OUTCOMES_MOST:
        return _side_by_side(record, facts, changes)
    return _largest(record, facts, changes)


def listed_coefficients(record: FitRecord, facts: PenaltyFacts) -> IntArray:
    """Return the columns that the table of one equation lists."""
    coef, intercept = record.coef, record.info.intercept
    if coef.size <= LISTED_MOST:
        return np.arange(coef.size)
    size = np.abs(coef * facts.scale)
    if intercept is not None:
        size[intercept] = np.inf
    order = np.argsort(-size, kind="stable")
    return order[: min(LISTED_MOST, int(np.count_nonzero(size)))]


def _beside_ratios(record: FitRecord, facts: PenaltyFacts, changes: FloatArray) -> Table:
    """Return coefficients with ratios, and where there is a posterior its deviations and intervals."""
    listed = listed_coefficients(record, facts)
    every, ratio = coefficient_estimates(record), ratio_beside(record)
    found = per_unit(every.at(listed), changes[listed])
    called = shown_names(record.info, changes)
    names, none = [called[j] for j in listed], names_without_ratio(record.info)
    coef, errors = format_estimates(found.estimate, found.std_error)
    ratios, lows, highs = exponentials([record.names[j] for j in listed], found, none)
    posterior, zero = has_posterior(record), found.estimate == 0.0
    if not posterior:  # what the penalty set to zero is seen at a glance
        coef = tuple("0" if none else text for none, text in zip(zero, coef, strict=True))
        ratios = tuple("1" if none and text else text for none, text in zip(zero, ratios, strict=True))
    columns = {"Coef.": coef}
    if posterior:
        columns["Posterior sd"] = errors
    if ratio is not None:
        columns[ratio.head] = ratios
    if posterior and ratio is not None:
        intervals = tuple(f"{low} to {high}" if low else "" for low, high in zip(lows, highs, strict=True))
        columns[f"{format_level(every.level)} posterior interval"] = intervals
    heads = (Column("Term", "left"), *(Column(head) for head in columns))
    return Table(
        None, heads, tuple(zip(names, *columns.values(), strict=True)), tuple(_left_out(record, facts, listed))
    )


def _left_out(record: FitRecord, facts: PenaltyFacts, listed: IntArray) -> Iterator[str]:
    """Say how many coefficients the table leaves out, and which."""
    if record.coef.size == listed.size:
        return
    shown = int(np.count_nonzero(record.coef[listed]))
    text = "Largest first, by coefficient times column scale."
    if facts.n_nonzero > shown:
        text += f" Not listed: {counted(facts.n_nonzero - shown, 'smaller coefficient')}."
    if facts.n_nonzero < record.coef.size:
        text += f" Zero: {counted(record.coef.size - facts.n_nonzero, 'coefficient')}."
    yield f"{text} fit.tidy() has them all."


def _side_by_side(record: FitRecord, facts: PenaltyFacts, changes: FloatArray) -> Table:
    """Return the coefficients with one row per term and one column per outcome."""
    table, names, scale = record.coef_table, record.info.names, _column_scale(record, facts)
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
            "Largest first, by the norm of a term's coefficients times column scale. Not listed: "
            f"{counted(int(moving) - LISTED_MOST, 'smaller term')}."
        )
    zero = len(names) - int(np.count_nonzero(size))
    if zero:
        note.append(f"Zero for every outcome: {counted(zero, 'term')}. fit.tidy() has them all.")
    called = shown_names(record.info, changes)
    labels = [called[j] for j in listed]
    rows = tuple(zip(labels, *_columns((changes * table)[:, listed]), strict=True))
    heads = (Column("Term", "left"), *(Column(outcome) for outcome in record.modelled))
    return Table("Coefficients by outcome", heads, rows, tuple(note), divides=True)


def _largest(record: FitRecord, facts: PenaltyFacts, changes: FloatArray) -> Table:
    """Return the largest coefficients of very many outcomes, the intercepts left out."""
    names = record.info.names
    size = np.abs(record.coef_table * _column_scale(record, facts)).reshape(-1)
    if record.info.intercept is not None:
        size[np.arange(len(record.modelled)) * len(names) + record.info.intercept] = 0.0
    order = np.argsort(-size, kind="stable")[: min(LISTED_MOST, int(np.count_nonzero(size)))]
    outcome, column = np.divmod(order, len(names))
    (cells,) = _columns((changes * record.coef_table)[outcome, column][None, :])
    called = shown_names(record.info, changes)
    labels = [called[j] for j in column]
    rows = tuple((record.modelled[k], label, cell) for k, label, cell in zip(outcome, labels, cells, strict=True))
    more = int(np.count_nonzero(size)) - order.size
    note = (
        f"Largest first. Not listed: {counted(more, 'coefficient')} besides the intercepts; fit.tidy() has them all.",
    )
    heads = (Column("Outcome", "left"), Column("Term", "left"), Column("Coef."))
    return Table("Largest coefficients", heads, rows, note if more else ())


def _column_scale(record: FitRecord, facts: PenaltyFacts) -> FloatArray:
    """Return the factor by which the penalty scales the coefficients of a column, shape (p,)."""
    p = record.predictors.n_columns
    # The first outcome may lack the columns without penalty; the last has every column.
    return facts.scale[-p:] if facts.scale.size >= p else np.ones(p)


def _columns(table: FloatArray) -> list[tuple[str, ...]]:
    """Return the cells of (m, k) coefficients, m columns that share their decimals; those at zero are seen to be so."""
    cells = format_estimates(table.ravel(), np.full(table.size, np.nan))[0]
    shown = ["0" if value == 0.0 else cell for value, cell in zip(table.ravel(), cells, strict=True)]
    k = table.shape[1]
    return [tuple(shown[start : start + k]) for start in range(0, table.size, k)]
