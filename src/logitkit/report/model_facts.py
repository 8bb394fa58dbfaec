"""What the summary of a model of any kind says: sizes, likelihoods, tests, errors, and how the solver ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.solver import Status
from logitkit.errors import quoted_names
from logitkit.inference.conditioning import conditioning
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.hypotheses.likelihood_ratio import null_model_words, null_test
from logitkit.inference.hypotheses.wald import OVERALL_MOST
from logitkit.report.cautions import few_clusters, nearly_collinear
from logitkit.report.document import Fact
from logitkit.report.levels import factor_words
from logitkit.report.number_format import format_amount, format_integer, format_number, format_p
from logitkit.report.term_labels import expression_label, shown_level
from logitkit.report.wording import counted, denominator, has_only_intercept, name_list, numbered_names

__all__ = [
    "covariance_note",
    "design_notes",
    "fitted_facts",
    "given_facts",
    "null_model_note",
    "read_facts",
    "rows_facts",
    "state_warnings",
]


def rows_facts(record: FitRecord) -> Iterator[Fact]:
    """Say how many rows were used, of how many, and how many observations they are."""
    counts = record.counts
    used = counts.given - counts.missing - record.nuisance.n_dropped_rows
    of_given = f" of {format_integer(counts.given)}" if used < counts.given else ""
    yield Fact("Rows used", f"{format_integer(used)}{of_given}")
    if record.n_obs != used:
        yield Fact("Observations", format_integer(record.n_obs))


def given_facts(record: FitRecord) -> Iterator[Fact]:
    """Say which weights, offsets and absorbed levels were given."""
    response = record.info.response
    if response.weights is not None:
        yield Fact("Weights", f"{response.weights} ({response.weight_kind})")
    if response.offset is not None:
        yield Fact("Offset", response.offset)
    if response.offsets:
        by_place = response.offsets[0][0].startswith("<array>")
        named = [f"{outcome}: {column}" for outcome, column in response.offsets]
        yield Fact("Offsets", "an array with one column per outcome" if by_place else name_list(named))
    for factor in record.nuisance.factors:
        yield Fact("Absorbed", factor_words(factor))


def fitted_facts(record: FitRecord, overall: Callable[[], tuple[float, int, float, Law]]) -> Iterator[Fact]:
    """Say what maximum likelihood came to."""
    yield Fact("Parameters", format_integer(record.n_params))
    yield Fact("Residual df", format_integer(record.dof_residual))
    statistics = fit_statistics(record)
    complete = record.separated_completely
    if record.adjustment is not None:
        from logitkit.report.adjustment import adjusted_facts

        yield from adjusted_facts(record, record.adjustment)
    elif record.has_likelihood and complete:
        yield Fact("Log-likelihood", "0, every row fitted perfectly")
        yield Fact("Null log-likelihood", f"{record.null_loglik:,.3f}")
    elif record.has_likelihood:
        test = null_test(record)
        yield Fact("Log-likelihood", f"{record.loglik:,.3f}")
        yield Fact("Null log-likelihood", f"{record.null_loglik:,.3f}")
        yield Fact("Deviance", f"{record.deviance:,.3f}")
        if test.dof > 0:
            yield Fact(f"LR chi2({test.dof})", f"{test.statistic:,.2f} (p {_p_text(test.p_value)})")
        yield Fact("AIC", f"{statistics.aic:,.2f}")
        yield Fact(f"BIC (n = {format_amount(record.bic_n)})", f"{statistics.bic:,.2f}")
    else:
        statistic, dof, p, law = overall()
        name = f"Wald chi2({dof})" if record.law.is_normal else f"Wald F({dof}{denominator(law)})"
        if dof > OVERALL_MOST:
            yield Fact(name, f"not computed: over {OVERALL_MOST} coefficients")
        elif dof > 0 and math.isnan(statistic):
            yield Fact(name, "not computed: the covariance is rank-deficient")
        elif dof > 0:
            of = ", finite coefficients" if record.is_separated else ""
            yield Fact(f"{name}{of}", f"{law.compared(statistic, dof):,.2f} (p {_p_text(p)})")
    # A null model explains nothing: what rounding error would print in these places is no finding.
    is_null = has_only_intercept(record) or complete
    if record.has_likelihood and not is_null:
        yield Fact("McFadden R2", format_number(statistics.mcfadden))
        yield Fact("Nagelkerke R2", format_number(statistics.nagelkerke))
    if not is_null and not math.isnan(statistics.tjur):
        yield Fact("Tjur R2", format_number(statistics.tjur))
    status = {Status.CONVERGED: "converged", Status.SEPARATED: "separated"}.get(record.status, "not converged")
    yield Fact("Status", f"{status}, {counted(len(record.trace), 'iteration')}")
    yield from read_facts(record)


def read_facts(record: FitRecord) -> Iterator[Fact]:
    """Say what was read for a fit to rows in chunks."""
    if record.read is not None:
        yield Fact("Read", record.read.words)


def _p_text(p: float) -> str:
    text = format_p(p)
    return text if text.startswith("<") else f"= {text}"


def covariance_note(record: FitRecord, intervals: str = "") -> Iterator[str]:
    """Say how errors and intervals were made, and what they leave without meaning."""
    correction = f", times {record.covariance.correction}" if record.covariance.correction else ""
    accuracy = f", accurate to {record.errors_within:.0e}" if record.errors_within else ""
    wald = f"Wald{_law_words(record)}"
    how = f"{intervals}; tests of single coefficients: {wald}" if intervals else wald
    if record.covariance.label.startswith("none."):
        yield f"Standard errors: {record.covariance.label}"
    else:
        yield f"Standard errors: {record.covariance.label}{correction}{accuracy}. Intervals: {how}."
    if record.adjustment is not None:
        from logitkit.report.adjustment import adjusted_notes

        yield from adjusted_notes(record, record.adjustment)
    elif record.family.words.quasi:
        yield str(record.family.words.quasi)
    elif record.covariance.kind in ("rows", "serial"):
        yield "With robust standard errors likelihood statistics (log-likelihood, AIC, BIC, R2) are not reported."
    elif record.covariance.kind == "dispersion":
        yield (
            "Counts may vary more than binomially, so likelihood statistics (log-likelihood, AIC, BIC, R2) are not "
            "reported."
        )
    elif not record.has_likelihood:
        yield (
            "With sampling weights or clusters this is a pseudo-likelihood, so likelihood statistics (log-likelihood, "
            "AIC, BIC, R2) are not reported."
        )


def _law_words(record: FitRecord) -> str:
    """Return the degrees of freedom of intervals; empty where these are normal."""
    if record.law.is_normal:
        return ""
    dof = np.atleast_1d(np.asarray(record.coefficient_law.dof, dtype=np.float64))
    known = [format_number(float(each)).removesuffix(".00") for each in (np.nanmin(dof), np.nanmax(dof))]
    if not record.law.varies:
        return f", t with {known[0]} degrees of freedom"
    return f", t with Satterthwaite's degrees of freedom, {known[0]} to {known[1]}"


def null_model_note(record: FitRecord) -> Iterator[str]:
    """Name the null model of a fit that has no intercept column."""
    if not record.has_likelihood or record.info.intercept is not None:
        return
    why = " (columns add up to one)" if record.info.constant is not None else ""
    counted_words = record.nuisance.words.counted
    count = f" {counted_words}" if counted_words else ""
    yield f"Null model of the likelihood-ratio test and of R2: {null_model_words(record)}{why}.{count}"


def design_notes(record: FitRecord) -> Iterator[str]:
    """Say which levels are the reference of their factor, and which rows were dropped."""
    if record.info.references:
        info = record.info
        shown = quoted_names(shown_level(info, factor, level) for factor, level in info.references)
        called = [expression_label(info, factor) if info.labels else factor for factor, _ in info.references]
        levels = [f"{factor}: {level}" for factor, level in zip(called, shown, strict=True)]
        yield f"Reference levels: {name_list(levels)}."
    if record.counts.missing:
        columns = numbered_names(record.counts.missing_by_column)
        yield f"Rows dropped for missing values: {format_integer(record.counts.missing)} ({columns})."


def state_warnings(record: FitRecord) -> Iterator[str]:
    """Say where a fit may not be the maximum, where clusters are few, and which columns are nearly collinear."""
    if not record.is_separated and record.status is not Status.CONVERGED:
        yield f"Not converged: the solver {record.status.value}. Do not use these numbers."
    if record.is_separated and record.status is not Status.SEPARATED:
        yield f"The limiting model has not converged: the solver {record.status.value}."
    if record.lower_maxima:
        yield f"The likelihood has several maxima: {record.lower_maxima}. There may be a higher one than this."
    yield from few_clusters(record.covariance.n_clusters, record.level, record.law)
    yield from nearly_collinear(conditioning(record))
