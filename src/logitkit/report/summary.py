"""The summary of a fit as a document: facts, the coefficient table with odds ratios, notes and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from logitkit.design.info import DesignInfo
from logitkit.engine.record import FitRecord
from logitkit.inference.wald import coefficient_estimates, overall_test
from logitkit.report.cautions import complete_separation, no_ratio
from logitkit.report.coefficients import coefficient_heads, coefficient_rows, names_without_ratio
from logitkit.report.document import Document, Fact, Table
from logitkit.report.levels import absorbed_words, few_rows_warning
from logitkit.report.model_facts import (
    covariance_note,
    design_notes,
    fitted_facts,
    given_facts,
    null_model_note,
    rows_facts,
    state_warnings,
)
from logitkit.report.number_format import format_amount, format_integer, format_number, format_percent
from logitkit.report.penalty import penalised_table, penalty_facts, penalty_notes
from logitkit.report.units import changes_of, per_unit, unit_labels, unit_note
from logitkit.report.wording import counted, name_list, without_intercept
from logitkit.typing import IntArray

__all__ = ["coefficient_table", "listed_columns", "summary_document"]

TAKE_UNITS = "fit.odds_ratios, fit.plot.forest and fit.report"
TERM_MOST = 60  # coefficients of a term that are still listed one by one


def summary_document(record: FitRecord, units: Mapping[str, float] | None = None) -> Document:
    """Return the summary of a fit."""
    return Document(
        title="Logistic regression" if record.penalty is None else "Penalised logistic regression",
        subtitle="",
        facts=tuple(_facts(record)),
        blocks=(coefficient_table(record, units),),
        notes=(
            *unit_note(record, coefficient_estimates(record), changes_of(record.info, units), TAKE_UNITS),
            *_notes(record),
        ),
        warnings=tuple(_warnings(record)),
    )


def _unit_note(record: FitRecord, units: Mapping[str, float] | None) -> Iterator[str]:
    return unit_note(record, coefficient_estimates(record), changes_of(record.info, units), TAKE_UNITS)


def coefficient_table(record: FitRecord, units: Mapping[str, float] | None = None) -> Table:
    """Return the coefficient table with odds ratios and their intervals, which some penalties leave none."""
    changes = changes_of(record.info, units)
    if record.penalty is not None:
        return penalised_table(record, record.penalty, changes)
    listed = listed_columns(record.info)
    missing = np.flatnonzero(np.isnan(record.coef[listed]))
    in_words = {int(row): "aliased" if listed[row] in record.aliased else "undetermined" for row in missing}
    found = per_unit(coefficient_estimates(record).at(listed), changes[listed])
    labels = unit_labels([record.names[j] for j in listed], changes[listed])
    rows = coefficient_rows(labels, found, in_words, ratios=True, without=names_without_ratio(record.info))
    return Table(None, coefficient_heads(record.level, "Odds ratio"), rows)


def listed_columns(info: DesignInfo) -> IntArray:
    """Return the columns that a summary lists: all but those of a term with very many."""
    large = [term.columns for term in info.terms if len(term.columns) > TERM_MOST]
    listed = np.ones(len(info.names), dtype=bool)
    for columns in large:
        listed[list(columns)] = False
    return np.flatnonzero(listed)


def _left_out(record: FitRecord) -> Iterator[str]:
    """Say of each term that is not listed how many coefficients it has and where they lie."""
    for term in record.info.terms:
        if len(term.columns) <= TERM_MOST:
            continue
        coef = record.coef[list(term.columns)]
        finite = coef[np.isfinite(coef)]
        text = f"Not listed: the {format_integer(coef.size)} coefficients of {term.name}"
        if finite.size:
            ends = f"{format_number(float(finite.min()))} to {format_number(float(finite.max()))}"
            count = "" if finite.size == coef.size else f"{format_integer(finite.size)} finite, "
            text += f" ({count}from {ends})"
        else:
            text += " (none finite)"
        yield f"{text}. fit.tidy() has them all."


def _facts(record: FitRecord) -> Iterator[Fact]:
    response = record.info.response
    if record.info.formula is not None:
        yield Fact("Formula", " ".join(record.info.formula.split()))
    if response.kind == "grouped":
        yield Fact("Outcome", f"{response.name}: events against nonevents")
    else:
        yield Fact("Event", f"{response.name} = {response.event} (against {response.nonevent})")
    yield from rows_facts(record)
    yield Fact("Events", f"{format_amount(record.events)} ({format_percent(record.events / record.total)})")
    yield from given_facts(record)
    if record.info.absorbed is not None:
        yield Fact("Absorbed", absorbed_words(record.info.absorbed))
    if record.penalty is None:
        yield from fitted_facts(record, lambda: overall_test(record))
    else:
        yield from penalty_facts(record, record.penalty)


def _notes(record: FitRecord) -> Iterator[str]:
    if record.info.absorbed is None:
        yield from without_intercept(record.names)
    yield from _fitted_notes(record) if record.penalty is None else penalty_notes(record, record.penalty)
    yield from no_ratio(record.info, "odds ratio")
    yield from design_notes(record)
    if record.log_constant and record.penalty is None:
        yield "The log-likelihood includes the binomial constant."


def _fitted_notes(record: FitRecord) -> Iterator[str]:
    """Say how errors were made, and which null model and coefficients there are."""
    yield from covariance_note(record)
    yield from null_model_note(record)
    yield from _left_out(record)


def _wide_warning(record: FitRecord) -> Iterator[str]:
    """Say of a fit with as many coefficients as rows, and without an answer, which fits have one."""
    rows, p = record.counts.given - record.counts.missing, record.coef.size
    if record.penalty is None and p >= rows and (record.limit is not None or record.aliased.size):
        yield (
            f"{counted(p, 'coefficient')} for {counted(rows, 'row')}: more than the rows can tell without a penalty. "
            "penalty=lk.Ridge(strength) shrinks the coefficients, lk.Lasso(strength) chooses among them; "
            "lk.cross_validate chooses the strength."
        )


def _warnings(record: FitRecord) -> Iterator[str]:
    if record.separated_completely:
        yield complete_separation([record.names[j] for j in np.flatnonzero(np.isinf(record.coef))])
    elif record.limit is not None:
        infinite = [record.names[j] for j in np.flatnonzero(np.isinf(record.coef))]
        unknown = [record.names[j] for j in np.setdiff1d(np.flatnonzero(np.isnan(record.coef)), record.aliased)]
        text = (
            f"Separation: the maximum of the likelihood lies at infinity. Rows that are predicted perfectly: "
            f"{format_integer(record.limit.n_rows)}."
        )
        if infinite:
            text += f" Infinite: {name_list(infinite)}."
        if unknown:
            text += f" Undetermined (directions to infinity disagree): {name_list(unknown)}."
        yield (
            text
            + " These have no standard error, interval or p-value; the other coefficients are those of the limiting "
            "model on the rows that overlap, as are the likelihood statistics. Remedies: merge or drop the level or "
            "column at fault, gather more data, or fit with a penalty, such as penalty=lk.Ridge(0.01), whose estimates "
            "are finite."
        )
    yield from _wide_warning(record)
    yield from state_warnings(record)
    few_rows = few_rows_warning(record)
    if few_rows is not None:
        yield few_rows
    if record.info.empty_terms:
        yield f"No column, because there is one level only: {name_list(record.info.empty_terms)}."
    if record.aliased.size:
        names = name_list([record.names[j] for j in record.aliased])
        yield f"Aliased and dropped, because earlier columns determine them: {names}."
