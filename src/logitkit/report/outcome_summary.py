"""The summary of a fit of several outcomes as a document: facts, a coefficient table an outcome, notes and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import quoted_names
from logitkit.inference.functions import function_sides
from logitkit.inference.outcome_tests import overall_outcome_test
from logitkit.inference.risk_ratios import contrast_functions
from logitkit.inference.wald import coefficient_estimates
from logitkit.report.cautions import complete_separation, no_ratio
from logitkit.report.coefficients import coefficient_heads, coefficient_rows, names_without_ratio
from logitkit.report.document import Document, Fact, Table
from logitkit.report.model_facts import (
    covariance_note,
    design_notes,
    fitted_facts,
    given_facts,
    null_model_note,
    rows_facts,
    state_warnings,
)
from logitkit.report.number_format import format_amount, format_integer
from logitkit.report.outcome_penalty import outcome_penalty_notes, penalised_outcome_table
from logitkit.report.penalty import penalty_facts
from logitkit.report.summary import listed_columns
from logitkit.report.units import changes_of, per_unit, unit_labels, unit_note
from logitkit.report.wording import counted, has_only_intercept, name_list
from logitkit.typing import FloatArray, IntArray

__all__ = ["outcome_summary_document", "outcome_tables"]

TAKE_UNITS = "fit.risk_ratios and fit.report"
ROWS_MOST = 300  # coefficients that are listed one by one
CONTRASTS_MOST = 2_000  # differences whose limit is looked for


def outcome_summary_document(record: FitRecord, units: Mapping[str, float] | None = None) -> Document:
    """Return the summary of a fit of several outcomes."""
    return Document(
        title="Multinomial logistic regression" if record.penalty is None else "Penalised multinomial regression",
        facts=tuple(_facts(record)),
        blocks=outcome_tables(record, units),
        notes=(*_unit_note(record, units), *_notes(record, changes_of(record.info, units))),
        warnings=tuple(_warnings(record)),
    )


def outcome_tables(record: FitRecord, units: Mapping[str, float] | None = None) -> tuple[Table, ...]:
    """Return a coefficient table for each outcome that has coefficients, as far as they can be listed."""
    changes = changes_of(record.info, units)
    if record.penalty is not None:
        return (penalised_outcome_table(record, changes),)
    every = coefficient_estimates(record)
    p, against_one = record.predictors.n_columns, record.reference is not None
    aliased = set(record.aliased.tolist())
    without = names_without_ratio(record.info)
    columns, outcomes = _listed(record)
    tables = []
    for place in outcomes:
        flat = place * p + columns
        if record.absent is not None:
            flat = flat[~record.absent[flat]]
        missing = np.flatnonzero(np.isnan(record.coef[flat]))
        in_words = {int(row): "aliased" if int(flat[row]) in aliased else "undetermined" for row in missing}
        own = changes[flat % p]
        labels = unit_labels([record.info.names[j] for j in flat % p], own)
        found = per_unit(every.at(flat), own)
        rows = coefficient_rows(labels, found, in_words, ratios=against_one, without=without)
        heads = coefficient_heads(record.level, "RRR" if against_one else None)
        tables.append(Table(_heading(record, int(place)), heads, rows))
    return tuple(tables)


def _unit_note(record: FitRecord, units: Mapping[str, float] | None) -> Iterator[str]:
    return unit_note(record, coefficient_estimates(record), changes_of(record.info, units), TAKE_UNITS)


def _heading(record: FitRecord, place: int) -> str:
    response = record.info.response
    outcome = record.modelled[place]
    name = f"{response.name} = {outcome}" if response.kind == "nominal" else outcome
    against = "the mean of all outcomes" if record.reference is None else record.outcomes[record.reference]
    return f"{name} (against {against})"


def _listed(record: FitRecord) -> tuple[IntArray, IntArray]:
    """Return the columns and the places of the outcomes that are listed."""
    columns = listed_columns(record.info)[:ROWS_MOST]
    most = max(ROWS_MOST // max(columns.size, 1), 1)
    return columns, np.arange(min(len(record.modelled), most))


def _facts(record: FitRecord) -> Iterator[Fact]:
    response = record.info.response
    number = Fact("Number of outcomes", format_integer(len(record.outcomes)))
    beside = False
    if record.info.formula is not None:
        formula = Fact("Formula", " ".join(record.info.formula.split()))
        yield formula
        beside = not formula.is_long
    if beside:  # the facts that follow have lines of their own
        yield number
    parts = [
        f"{outcome} {format_amount(float(total))}{' (reference)' if k == record.reference else ''}"
        for k, (outcome, total) in enumerate(zip(quoted_names(record.outcomes), record.totals, strict=True))
    ]
    if record.reference is not None:  # named also where the list is cut
        parts.insert(0, parts.pop(record.reference))
    weighted = "" if response.weights is None else ", weighted"
    yield Fact(f"Outcomes of {response.name}{weighted}", name_list(parts))
    if record.reference is None and record.penalty is None:
        yield Fact("Identified by", "least norm: coefficients of each term sum to zero over the outcomes")
    if not beside:
        yield number
    yield from rows_facts(record)
    if response.kind == "counts" and record.n_trials != record.n_obs:
        yield Fact("Trials", format_amount(record.n_trials))
    yield from given_facts(record)
    if response.offsets:
        by_place = response.offsets[0][0].startswith("<array>")
        named = [f"{outcome}: {column}" for outcome, column in response.offsets]
        yield Fact("Offsets", "an array, a column an outcome" if by_place else name_list(named))
    if record.penalty is None:
        yield from fitted_facts(record, lambda: overall_outcome_test(record))
    else:
        yield from penalty_facts(record, record.penalty)


def _notes(record: FitRecord, changes: FloatArray) -> Iterator[str]:
    response = record.info.response
    if record.penalty is not None:
        yield from outcome_penalty_notes(record, record.penalty)
    else:
        yield from _fitted_notes(record, changes)
    yield from design_notes(record)
    if response.ordered:
        order = " < ".join(response.levels[:6]) + (" < ..." if len(response.levels) > 6 else "")
        yield (
            f"The levels of {response.name} are ordered ({order}), and the order is not used: each has coefficients of "
            "its own. A cumulative (proportional odds) or an adjacent-category model uses it, with one coefficient per "
            "column where its assumption holds."
        )
    if response.empty:
        levels = name_list([repr(level) for level in response.empty])
        yield f"Left out of {response.name}, because no row used has it: {levels} ({len(response.empty)})."
    once = [outcome for outcome, total in zip(record.outcomes, record.totals, strict=True) if total == 1.0]
    if once and (response.weights is None or response.weight_kind == "frequency"):
        yield f"Seen once only: {name_list(once)}. All estimates for such an outcome rest on one observation."
    if record.log_constant and record.penalty is None:
        yield "The log-likelihood includes the multinomial constant."


def _fitted_notes(record: FitRecord, changes: FloatArray) -> Iterator[str]:
    """Say what the numbers of maximum likelihood are."""
    if record.reference is None:
        yield (
            "A coefficient says how a term moves the log-probability of its outcome against the mean of all outcomes' "
            "log-probabilities, so that no ratio to a single outcome belongs to it: fit.risk_ratios(outcome, against) "
            "compares two."
        )
    elif not has_only_intercept(record):
        base = record.outcomes[record.reference]
        change = "one unit, or the number of units in the label," if np.any(changes != 1.0) else "one unit"
        yield f"RRR: relative risk ratio, the factor by which {change} multiplies P(outcome) / P({base})."
        yield from no_ratio(record.info, "relative risk ratio")
    yield from covariance_note(record)
    yield from null_model_note(record)
    yield from _restrictions(record)
    yield from _left_out(record)


def _restrictions(record: FitRecord) -> Iterator[str]:
    """Say which outcomes have which terms, and which terms have one coefficient for several."""
    if record.absent is not None:
        absent = record.absent.reshape(len(record.modelled), -1)
        parts = [
            f"{outcome} without {name_list([record.info.names[j] for j in np.flatnonzero(row)])}"
            for outcome, row in zip(record.modelled, absent, strict=True)
            if row.any()
        ]
        yield f"Predictors differ by outcome: {'; '.join(parts)}."
    together: dict[tuple[str, ...], list[str]] = {}
    for column, outcomes in record.equal_terms:
        together.setdefault(outcomes, []).append(record.info.names[column])
    for outcomes, names in together.items():
        yield f"One coefficient, the same for {name_list(outcomes)}: {name_list(names)}."


def _left_out(record: FitRecord) -> Iterator[str]:
    columns, outcomes = _listed(record)
    shown, every = columns.size * outcomes.size, record.coef.size
    if shown < every:
        which = []
        if outcomes.size < len(record.modelled):
            which.append(f"the outcomes from {record.modelled[outcomes.size]} on")
        if columns.size < len(record.info.names):
            which.append(f"{counted(len(record.info.names) - columns.size, 'column')} of each outcome")
        yield (
            f"Not listed: {format_integer(every - shown)} of {format_integer(every)} coefficients "
            f"({', and '.join(which)}). fit.tidy() has them all."
        )


def _warnings(record: FitRecord) -> Iterator[str]:
    if record.limit is not None:
        yield _separation(record)
    yield from state_warnings(record)
    if record.info.empty_terms:
        yield f"No column, because there is one level only: {name_list(record.info.empty_terms)}."
    if record.aliased.size:
        columns = np.unique(record.aliased % record.predictors.n_columns)
        names = name_list([record.info.names[j] for j in columns])
        yield f"Aliased and dropped for every outcome, because earlier columns determine them: {names}."


def _separation(record: FitRecord) -> str:
    assert record.limit is not None
    if record.separated_completely:
        return complete_separation([record.names[j] for j in np.flatnonzero(np.isinf(record.coef))])
    infinite = [record.names[j] for j in np.flatnonzero(np.isinf(record.coef))]
    unknown = [record.names[j] for j in np.setdiff1d(np.flatnonzero(np.isnan(record.coef)), record.aliased)]
    text = (
        "Separation: the maximum of the likelihood lies at infinity, where on some rows the probability of an outcome "
        "is 0. "
    )
    if record.limit.n_rows:
        text += f"Rows whose outcome is then certain: {format_integer(record.limit.n_rows)}."
    else:
        text += "On every row at least two outcomes remain possible, so that none is certain."
    if infinite:
        text += f" Infinite (outcome:term): {name_list(infinite)}."
    if unknown:
        text += f" Undetermined (directions to infinity disagree): {name_list(unknown)}."
    finite = _finite_contrasts(record)
    if finite:
        text += (
            f" Finite all the same: {name_list(finite)}. fit.risk_ratios(outcome, against) gives them with standard "
            "errors, as does the model with one of these outcomes as its reference."
        )
    return (
        f"{text} Infinite and undetermined coefficients have no standard error, interval or p-value; the "
        "other coefficients are those of the limiting model, as are the likelihood statistics. "
        "Remedies: merge outcomes or levels, drop the column at fault, or gather more data."
    )


def _finite_contrasts(record: FitRecord) -> list[str]:
    """Return the differences of two outcomes' coefficients that are finite though neither coefficient is."""
    aliased = np.zeros(record.coef.size, dtype=bool)
    aliased[record.aliased] = True
    moving = (~np.isfinite(record.coef) & ~aliased).reshape(len(record.modelled), -1)
    if moving.shape[0] * np.count_nonzero(moving) > CONTRASTS_MOST:
        return []
    found = []
    for a in range(len(moving)):
        for b in range(a + 1, len(moving)):
            columns = np.flatnonzero(moving[a] & moving[b])
            if not columns.size:
                continue
            first, second = int(record.predictors.active[a]), int(record.predictors.active[b])
            sides = function_sides(record, contrast_functions(record, first, second, columns))
            one, other = record.modelled[a], record.modelled[b]
            names = [record.info.names[j] for j in columns[sides == 0.0]]
            found += [f"{one}:{name} - {other}:{name}" for name in names]
    return found
