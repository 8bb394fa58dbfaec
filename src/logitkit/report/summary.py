"""The summary of a fit as a document: facts, a coefficient table per equation, notes and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.facts import Equation
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.report.called import printed_record
from logitkit.report.cautions import many_columns, no_ratio
from logitkit.report.coefficients import coefficient_heads, coefficient_rows, names_without_ratio
from logitkit.report.conventions import convention_note
from logitkit.report.document import Document, Fact, Table
from logitkit.report.levels import few_rows_warning
from logitkit.report.listed import listed_equations, not_listed
from logitkit.report.model_facts import (
    covariance_note,
    design_notes,
    fitted_facts,
    given_facts,
    null_model_note,
    rows_facts,
    state_warnings,
)
from logitkit.report.response_facts import amount_facts, response_facts, response_notes
from logitkit.report.separation import separation_warning
from logitkit.report.term_labels import shown_names
from logitkit.report.units import changes_of, per_unit, unit_note
from logitkit.report.wording import counted, has_only_intercept, name_list, without_intercept
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.inference.intervals.asked import Limits

__all__ = ["coefficient_tables", "summary_document"]


def summary_document(
    record: FitRecord, units: Mapping[str, float] | None = None, limits: Limits | None = None
) -> Document:
    """Return the summary of a fit, with Wald intervals where no others are given."""
    record = printed_record(record)
    words, changes = record.family.words, changes_of(record.info, units)
    return Document(
        title=words.title if not record.is_penalised else words.penalised,
        facts=tuple(_facts(record)),
        blocks=coefficient_tables(record, units, limits),
        notes=tuple(_notes(record, changes, "" if limits is None else limits.label)),
        warnings=tuple(_warnings(record)),
    )


def coefficient_tables(
    record: FitRecord, units: Mapping[str, float] | None = None, limits: Limits | None = None
) -> tuple[Table, ...]:
    """Return a coefficient table per equation, with ratios and their intervals where there are some."""
    record = printed_record(record)
    info, changes = record.info, changes_of(record.info, units)
    if record.penalty is not None:
        from logitkit.report.penalty_table import penalised_table

        return (penalised_table(record, record.penalty, changes),)
    every, aliased = coefficient_estimates(record), set(record.aliased.tolist())
    if limits is not None:
        every = replace(every, low=limits.low, high=limits.high)
    words, called = record.family.words, shown_names(record.info, changes)
    none = [info.names.index(name) for name in names_without_ratio(info) if name in info.names]
    without = {called[j] for j in none} | {INTERCEPT}
    tables = []
    for heading, names, one in _listed(record, called):
        ratio = words.ratio_against(record.reference)
        if words.intercepts and heading == words.intercepts:  # which are no effects
            ratio = None
        missing = np.flatnonzero(np.isnan(record.coef[one.places]))
        in_words = {int(row): "aliased" if int(one.places[row]) in aliased else "undetermined" for row in missing}
        own = changes[one.columns]
        found = per_unit(every.at(one.places), own)
        rows = coefficient_rows(names, found, in_words, ratios=ratio is not None, without=without)
        heads = coefficient_heads(record.level, None if ratio is None else ratio.head, record.law.letter)
        tables.append(Table(heading or None, heads, rows))
    return tuple(tables)


def _listed(record: FitRecord, called: Sequence[str]) -> Iterator[tuple[str, list[str], Equation]]:
    """Yield the heading of each table, the names of its rows, and their coefficients."""
    words, names, alone = record.family.words, record.info.names, []
    for one in listed_equations(record):
        if words.intercepts and [names[j] for j in one.columns] == [INTERCEPT]:
            alone.append(one)
            continue
        heading = words.heading(one.label, record.info.response, record.reference)
        yield heading, [called[j] for j in one.columns], one
    if alone:
        columns, places = (np.concatenate([one[k] for one in alone]) for k in (1, 2))
        yield words.intercepts, [one.label for one in alone], Equation(words.intercepts, columns, places)


def _facts(record: FitRecord) -> Iterator[Fact]:
    yield from response_facts(record)
    yield from rows_facts(record)
    yield from amount_facts(record)
    yield from given_facts(record)
    if record.penalty is None:
        yield from fitted_facts(record, lambda: _overall(record))
    else:
        from logitkit.report.penalty import penalty_facts

        yield from penalty_facts(record, record.penalty)


def _overall(record: FitRecord) -> tuple[float, int, float, Law]:
    from logitkit.inference.hypotheses.overall import overall_wald  # of few fits

    return overall_wald(record)


def _notes(record: FitRecord, changes: FloatArray, intervals: str) -> Iterator[str]:
    words = record.family.words
    yield from unit_note(record, coefficient_estimates(record), changes)
    if not record.nuisance.spans_constant:
        yield from without_intercept(record.info.names)
    if record.penalty is None:
        yield from _fitted_notes(record, changes, intervals)
    else:
        from logitkit.report.penalty import penalty_notes

        yield from penalty_notes(record, record.penalty)
        yield from convention_note(record)
    if record.is_penalised:
        from logitkit.report.penalty import ratio_beside

        shown = ratio_beside(record)
    else:
        shown = words.ratio_against(record.reference)
    if shown is not None:
        yield from no_ratio(record.info, shown.name)
    yield from design_notes(record)
    yield from response_notes(record)


def _fitted_notes(record: FitRecord, changes: FloatArray, intervals: str) -> Iterator[str]:
    """Say what the coefficients of maximum likelihood are, how errors were made, and which null model there is."""
    ratio = record.family.words.ratio_against(record.reference)
    if record.family.words.compares and record.reference is None:
        yield (
            "Each coefficient is the effect of a term on the log-probability of its outcome relative to the mean of "
            "all log-probabilities, and therefore not a log ratio to any single outcome; fit.odds_ratios(outcome, "
            "against) compares two outcomes."
        )
    elif ratio is not None and ratio.meaning and not has_only_intercept(record):
        change = "one unit, or of the number of units in the label," if np.any(changes != 1.0) else "one unit"
        yield ratio.meaning.format(change=change, reference=record.outcomes[record.reference or 0])
    yield from covariance_note(record, intervals)
    yield from convention_note(record)
    yield from null_model_note(record)
    yield from _restrictions(record)
    yield from not_listed(record)


def _restrictions(record: FitRecord) -> Iterator[str]:
    """Say which outcomes have which terms, and which terms have one coefficient for several."""
    if record.absent is not None:
        absent = record.absent.reshape(len(record.modelled), -1)
        parts = [
            f"{outcome} without {name_list([shown_names(record.info)[j] for j in np.flatnonzero(row)])}"
            for outcome, row in zip(record.modelled, absent, strict=True)
            if row.any()
        ]
        yield f"Predictors differ by outcome: {'; '.join(parts)}."
    together: dict[tuple[str, ...], list[str]] = {}
    called = shown_names(record.info)
    for column, outcomes in record.equal_terms:
        together.setdefault(outcomes, []).append(called[column])
    for outcomes, names in together.items():
        yield f"Equal coefficients for {name_list(outcomes)}: {name_list(names)}."


def _warnings(record: FitRecord) -> Iterator[str]:
    yield from separation_warning(record)
    if record.n_improper:
        rows = counted(record.n_improper, "row")
        yield f"In {rows} of the fit {record.family.words.improper}. Predictions of such rows are missing."
    yield from _wide_warning(record)
    yield from state_warnings(record)
    yield from many_columns(record)
    few_rows = few_rows_warning(record)
    if few_rows is not None:
        yield few_rows
    if record.info.empty_terms:
        yield f"Terms without a column, because they have one level only: {name_list(record.info.empty_terms)}."
    if record.aliased.size:
        columns = np.unique(record.predictors.columns[record.aliased])
        each = " for every outcome" if len(record.equations) > 1 else ""
        names = name_list([record.info.names[j] for j in columns])
        yield f"Aliased and dropped{each}, because earlier columns determine them: {names}."


def _wide_warning(record: FitRecord) -> Iterator[str]:
    """Say of a fit with as many columns as rows, and without an answer, which fits have one."""
    rows, p = record.counts.given - record.counts.missing, len(record.info.names)
    if not record.is_penalised and p >= rows and (record.is_separated or record.aliased.size):
        yield (
            f"{counted(p, 'coefficient')} for {counted(rows, 'row')}: too many to estimate without a penalty. "
            "penalty=lk.Ridge(strength) shrinks the coefficients, lk.Lasso(strength) selects among them; "
            "lk.cross_validate chooses the strength."
        )
