"""The summary of a fit as a document: facts, the coefficient table with odds ratios, notes and warnings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from logitkit.design.info import DesignInfo
from logitkit.design.terms import INTERCEPT
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.likelihood_ratio import null_test
from logitkit.inference.wald import OVERALL_MOST, coefficient_estimates, overall_test
from logitkit.record import FitRecord
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.number_format import (
    estimate_decimals,
    format_amount,
    format_column,
    format_estimate,
    format_integer,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.penalty import penalised_table, penalty_facts, penalty_notes
from logitkit.report.ratios import format_ratios
from logitkit.report.wording import (
    absorbed_words,
    counted,
    few_rows_warning,
    has_only_intercept,
    name_list,
    without_intercept,
)
from logitkit.solvers.solver import Status
from logitkit.typing import IntArray

__all__ = ["coefficient_table", "listed_columns", "summary_document"]

FEW_CLUSTERS = 20  # Cameron and Miller (2015), Journal of Human Resources 50, 317-372: from 20 to 50 are few

TERM_MOST = 60  # coefficients of a term that are still listed one by one


def summary_document(record: FitRecord) -> Document:
    """Return the summary of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    Document
        Ready for any renderer.
    """
    return Document(
        title="Logistic regression" if record.penalty is None else "Penalised logistic regression",
        subtitle="",
        facts=tuple(_facts(record)),
        blocks=(coefficient_table(record),),
        notes=tuple(_notes(record)),
        warnings=tuple(_warnings(record)),
    )


def coefficient_table(record: FitRecord) -> Table:
    """Return the coefficient table with odds ratios and their intervals, which some penalties leave none.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    Table
        A row a coefficient that is listed.
    """
    if record.penalty is not None:
        return penalised_table(record, record.penalty)
    every = coefficient_estimates(record)
    listed = listed_columns(record.info)
    names = [record.names[j] for j in listed]
    estimate, std_error, statistic, p_value, low, high = (
        values[listed]
        for values in (every.estimate, every.std_error, every.statistic, every.p_value, every.low, every.high)
    )
    level = format_level(record.level)
    with np.errstate(over="ignore"):
        odds = np.exp(np.column_stack([estimate, low, high]))
    ratios = [
        ("", "", "") if name == INTERCEPT else format_ratios(row, float(error))
        for name, row, error in zip(names, odds, std_error, strict=True)
    ]
    decimals = [estimate_decimals(error) for error in std_error]
    estimates = [format_estimate(value, places) for value, places in zip(estimate, decimals, strict=True)]
    for place in np.flatnonzero(np.isnan(record.coef[listed])):
        estimates[place] = "aliased" if listed[place] in record.aliased else "undetermined"
    columns = (
        Column("Term", "left"),
        Column("Coef."),
        Column("Std. error"),
        Column("z"),
        Column("P>|z|"),
        Column("Odds ratio"),
        Column(f"{level} low"),
        Column(f"{level} high"),
    )
    cells = zip(
        names,
        estimates,
        (format_estimate(error, places) for error, places in zip(std_error, decimals, strict=True)),
        format_column(statistic, "statistic", 2),
        (format_p(p) for p in p_value),
        *(zip(*ratios, strict=True) if ratios else ((), (), ())),
        strict=True,
    )
    return Table(None, columns, tuple(cells))


def listed_columns(info: DesignInfo) -> IntArray:
    """Return the columns that a summary lists: all but those of a term with very many.

    Parameters
    ----------
    info : DesignInfo
        Of the fit.

    Returns
    -------
    (m,) int array
        In order.
    """
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
    counts, absorbed = record.counts, record.info.absorbed
    used = counts.given - counts.missing - (0 if absorbed is None else absorbed.n_dropped_rows)
    of_given = f" of {format_integer(counts.given)}" if used < counts.given else ""
    yield Fact("Rows used", f"{format_integer(used)}{of_given}")
    if record.n_obs != used:
        yield Fact("Observations", format_integer(record.n_obs))
    yield Fact("Events", f"{format_amount(record.events)} ({format_percent(record.events / record.total)})")
    if response.weights is not None:
        yield Fact("Weights", f"{response.weights} ({response.weight_kind})")
    if response.offset is not None:
        yield Fact("Offset", response.offset)
    if absorbed is not None:
        yield Fact("Absorbed", absorbed_words(absorbed))
    yield from _fitted_facts(record) if record.penalty is None else penalty_facts(record, record.penalty)


def _fitted_facts(record: FitRecord) -> Iterator[Fact]:
    """Say what maximum likelihood came to."""
    yield Fact("Parameters", format_integer(record.n_params))
    yield Fact("Residual df", format_integer(record.dof_residual))
    statistics = fit_statistics(record)
    if record.has_likelihood:
        test = null_test(record)
        yield Fact("Log-likelihood", f"{record.loglik:,.3f}")
        yield Fact("Null log-likelihood", f"{record.null_loglik:,.3f}")
        yield Fact("Deviance", f"{record.deviance:,.3f}")
        if test.dof > 0:
            yield Fact(f"LR chi2({test.dof})", f"{test.statistic:,.2f} (p {_p_text(test.p_value)})")
        yield Fact("AIC", f"{statistics.aic:,.2f}")
        yield Fact(f"BIC (n = {format_integer(record.n_obs)})", f"{statistics.bic:,.2f}")
    else:
        statistic, dof, p = overall_test(record)
        if dof > OVERALL_MOST:
            yield Fact(f"Wald chi2({dof})", f"not computed: over {OVERALL_MOST} coefficients")
        elif dof > 0:
            yield Fact(f"Wald chi2({dof})", f"{statistic:,.2f} (p {_p_text(p)})")
    # A null model explains nothing: what rounding error would print in these places is no finding.
    is_null = has_only_intercept(record)
    if record.has_likelihood and not is_null:
        yield Fact("McFadden R2", format_number(statistics.mcfadden))
        yield Fact("Nagelkerke R2", format_number(statistics.nagelkerke))
    if not is_null and not math.isnan(statistics.tjur):
        yield Fact("Tjur R2", format_number(statistics.tjur))
    status = {Status.CONVERGED: "converged", Status.SEPARATED: "separated"}.get(record.status, "not converged")
    yield Fact("Status", f"{status}, {counted(len(record.trace), 'iteration')}")


def _p_text(p: float) -> str:
    text = format_p(p)
    return text if text.startswith("<") else f"= {text}"


def _notes(record: FitRecord) -> Iterator[str]:
    if record.info.absorbed is None:
        yield from without_intercept(record.names)
    yield from _fitted_notes(record) if record.penalty is None else penalty_notes(record, record.penalty)
    if record.info.references:
        # A level that is the empty text, or ends in blanks, would not be seen.
        shown = [
            (factor, level if level == level.strip() != "" else repr(level)) for factor, level in record.info.references
        ]
        levels = [f"{factor}: {level}" for factor, level in shown]
        yield f"Reference levels: {name_list(levels)}."
    if record.counts.missing:
        columns = ", ".join(f"{name} {format_integer(count)}" for name, count in record.counts.missing_by_column)
        yield f"Rows dropped for missing values: {format_integer(record.counts.missing)} ({columns})."
    if record.log_constant and record.penalty is None:
        yield "The log-likelihood includes the binomial constant."


def _fitted_notes(record: FitRecord) -> Iterator[str]:
    """Say how errors were made, and which null model and coefficients there are."""
    correction = f", times {record.covariance.correction}" if record.covariance.correction else ""
    yield f"Standard errors: {record.covariance.label}{correction}. Intervals: Wald."
    if not record.has_likelihood:
        yield (
            "Likelihood statistics (log-likelihood, AIC, BIC, R2) are withheld: the weights or clusters make the "
            "likelihood a working device only."
        )
    elif record.info.absorbed is not None:
        yield (
            f"Parameters count the intercepts of the levels of {record.info.absorbed.name}; the null model has one "
            "intercept for all of them."
        )
    elif record.info.intercept is None:
        null = (
            "has the offset only"
            if record.info.response.offset is not None
            else "gives every row the probability one half"
        )
        yield f"Without an intercept the null model {null}."
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
    if record.limit is not None:
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
            "model on the rows that overlap. Remedies: merge or drop the level or column at fault, gather more data, "
            "or fit with a penalty, such as penalty=lk.Ridge(0.01), whose estimates are finite."
        )
    elif record.status is not Status.CONVERGED:
        yield f"Not converged: the solver {record.status.value}. Do not use these numbers."
    if record.limit is not None and record.status is not Status.SEPARATED:
        yield f"The limiting model has not converged: the solver {record.status.value}."
    if record.covariance.n_clusters is not None and record.covariance.n_clusters < FEW_CLUSTERS:
        yield (
            f"Few clusters ({record.covariance.n_clusters}): standard errors by cluster are too small then, and so are "
            "p-values."
        )
    yield from _wide_warning(record)
    few_rows = few_rows_warning(record)
    if few_rows is not None:
        yield few_rows
    if record.info.empty_terms:
        yield f"No column, because there is one level only: {name_list(record.info.empty_terms)}."
    if record.aliased.size:
        names = name_list([record.names[j] for j in record.aliased])
        yield f"Aliased and dropped, because earlier columns determine them: {names}."
