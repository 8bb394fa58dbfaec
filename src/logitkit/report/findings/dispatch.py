"""Results of tests and diagnostics as documents, one function a kind of result."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import singledispatch

import numpy as np

from logitkit.engine.facts import Limit
from logitkit.engine.law import NORMAL, Law
from logitkit.inference.hypotheses.likelihood_ratio import LikelihoodRatioTest
from logitkit.inference.hypotheses.wald import WaldTest
from logitkit.inference.incidental import BiasCorrection
from logitkit.inference.penalised.dual_bound import Certificate
from logitkit.report.cautions import few_clusters_tested
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.number_format import (
    format_column,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.penalty import format_gap
from logitkit.report.wording import (
    FIRST_GIVEN,
    counted,
    denominator,
    depends_on_coding,
    learnt_from_all,
    ratio_notes,
)
from logitkit.selection.nested import NestedScores

__all__ = [
    "finding_document",
    "test_facts",
    "undetermined_rows",
]

HALVES_FEW = 0.8  # share of the levels that a fit of half the rows should still have


@singledispatch
def finding_document(result: object) -> Document:
    """Return a result as a document."""
    name = type(result).__name__
    if not is_dataclass(result):
        return Document(name, facts=(Fact("Value", repr(result)),))
    # Not the repr of the whole: a result that shows itself would ask for this document again.
    facts = [Fact(part.name, _value_text(getattr(result, part.name))) for part in fields(result)]
    return Document(name, facts=tuple(facts))


def _value_text(value: object) -> str:
    return f"array of shape {value.shape}" if isinstance(value, np.ndarray) and value.size > 1 else str(value)


@finding_document.register
def _(result: Document) -> Document:
    return result


TITLES = {
    "linear": "Wald test of linear hypotheses",
    "delta": "Wald test of non-linear hypotheses",
    "profile": "Likelihood-ratio test of hypotheses",
}
ON_METHOD = {
    "delta": "The delta method depends on how a hypothesis is written: a / b = 1 and a - b = 0 have other statistics. "
    "By likelihood ratio, method='profile', they have the same.",
    "profile": "The statistic is twice the difference of the maximum log-likelihoods without and under the hypotheses.",
}


@finding_document.register
def _(result: WaldTest) -> Document:
    table = result.estimates
    level = format_level(table.level)
    letter = table.law.letter
    heads = ("Estimate", "Std. error", letter, f"P>|{letter}|", f"{level} low", f"{level} high")
    estimate, error, low, high = format_estimates(table.estimate, table.std_error, table.low, table.high)
    shown = [estimate, error]
    if result.method != "profile":  # which tests the hypotheses together, and makes no intervals
        tests = format_column(table.statistic, "statistic", 2), format_column(table.p_value, "p_value")
        shown += [*tests, low, high]
    cells = zip(result.hypotheses, *shown, strict=True)
    columns = (Column("Hypothesis", "left"), *(Column(name) for name in heads[: len(shown)]))
    return Document(
        TITLES[result.method],
        facts=test_facts(result.statistic, result.dof, result.p_value, result.law),
        blocks=(Table(None, columns, tuple(cells)),),
        notes=(
            "Estimate: left side minus right side.",
            f"Standard errors: {result.covariance}{'' if result.method == 'linear' else ', by the delta method'}.",
            *(ON_METHOD[result.method] for _ in range(result.method in ON_METHOD)),
            *depends_on_coding(result.contained),
        ),
        warnings=few_clusters_tested(result),
    )


@finding_document.register
def _(result: LikelihoodRatioTest) -> Document:
    title = "Likelihood-ratio test against the null model"
    facts = test_facts(result.statistic, result.dof, result.p_value, NORMAL) if result.dof else ()
    return Document(title, facts=facts, notes=ratio_notes(result))


@finding_document.register
def _(result: BiasCorrection) -> Document:
    level = format_level(result.level)
    letter = result.law.letter
    heads = ("Estimate", "Corrected", "Std. error", letter, f"P>|{letter}|", f"{level} low", f"{level} high")
    estimate, error, corrected, low, high = format_estimates(
        result.estimate, result.std_error, result.corrected, result.low, result.high
    )
    cells = zip(
        result.terms,
        estimate,
        corrected,
        error,
        format_column(result.statistic, "statistic", 2),
        format_column(result.p_value, "p_value"),
        low,
        high,
        strict=True,
    )
    names = {"analytic": "analytic (leading term of the bias)", "jackknife": "split-panel jackknife"}
    facts = [
        Fact("Method", names[result.method]),
        Fact("Absorbed", f"{result.absorbed}, {counted(result.n_levels, 'level')}"),
        Fact("Rows per level", format_number(result.rows_per_level)),
    ]
    demand = (
        "It requires columns that do not depend on earlier outcomes of the level (no lagged outcome)."
        if result.method == "analytic"
        else "The rows of each level are split in the order of the table, which should be time order."
    )
    warnings = []
    if result.method == "jackknife":
        facts.append(Fact("Levels in each half", format_number(result.n_levels_halves)))
        if result.n_levels_halves < HALVES_FEW * result.n_levels:
            warnings.append(
                "Many levels have only one outcome in one half of their rows and drop out of the fits of the halves, "
                "so the bias measured there is that of other levels. Use method='analytic'."
            )
    errors = f"Standard errors: those of the estimate, {result.covariance}; they are the same in the limit."
    if result.withheld:
        errors = "No standard errors, tests or intervals of corrected coefficients are given."
        warnings.append(
            f"The correction removes {format_percent(result.share)} of the estimates, too much for a leading term: the "
            "remaining bias may be as large, of either sign, so tests are withheld. With a handful of rows per level "
            "use conditional logistic regression, which has no such bias: clogit of R's package survival or of Stata, "
            "ConditionalLogit of statsmodels."
        )
    return Document(
        "Bias correction for the intercepts of many levels",
        facts=tuple(facts),
        blocks=(Table(None, (Column("Term", "left"), *(Column(name) for name in heads)), tuple(cells)),),
        notes=(
            f"{demand} The remaining bias is of order 1 / rows squared.",
            errors,
        ),
        warnings=tuple(warnings),
    )


@finding_document.register
def _(result: Certificate) -> Document:
    found = bool(np.isfinite(result.gap))
    facts = (
        Fact("Objective", format_number(result.objective)),
        Fact("Lower bound (dual)", format_number(result.dual) if found else "none found"),
        Fact("Gap (relative)", format_gap(result.relative_gap, result.tol) if found else "no bound"),
        Fact("KKT distance", f"{result.kkt_distance:.1e}"),
        Fact("Holds", "yes" if result.holds else "no"),
    )
    scale = (
        "Objective: negative log-likelihood without the constant of counts, plus the penalty. The gap bounds its "
        f"distance from the minimum, as a proportion of the null model's loss, {format_number(result.null_objective)}."
    )
    proof = (
        "Proved from the rows, the coefficients and the penalty alone, without the solver. KKT distance: largest "
        "violation of the optimality conditions, in units of a strength."
    )
    warned = not (result.own_rows and result.holds)
    return Document(
        "Certificate of a penalised fit", facts=facts, notes=(scale, proof), warnings=(result.words,) if warned else ()
    )


@finding_document.register
def _(result: NestedScores) -> Document:
    rule = {"best": "the best mean score", "one_se": "within one standard error of the best"}[result.rule]
    rows = tuple(
        zip(
            (format_integer(int(split)) for split in result.splits),
            format_column(result.strengths, "estimate"),
            format_column(result.scores, "estimate"),
            strict=True,
        )
    )
    heads = (Column("Fold"), Column("Strength chosen without it"), Column(result.measure))
    return Document(
        "Nested cross-validation",
        facts=(
            Fact("Measure", result.measure),
            Fact("Mean score", format_number(result.mean)),
            Fact("Std. error", format_number(result.std_error)),
            Fact("Folds", result.folds),
        ),
        blocks=(Table(None, heads, rows),),
        notes=(
            f"The strength for each fold was chosen by the other folds: {rule}. Folds are numbered from 0.",
            *((FIRST_GIVEN,) if result.first_given else ()),
            *((learnt_from_all(result.learnt),) if result.learnt else ()),
        ),
    )


@finding_document.register
def _(result: Limit) -> Document:
    moving = np.flatnonzero(np.isnan(result.signs) | (result.signs != 0.0))
    limits = {1.0: "+inf", -1.0: "-inf"}
    cells = zip(
        (result.names[j] for j in moving),
        (limits.get(float(result.signs[j]), "undetermined") for j in moving),
        format_column(result.direction[moving], "estimate"),
        strict=True,
    )
    notes = [
        "Direction: a certificate; along it the likelihood increases without end.",
        "Undetermined: the directions of divergence disagree about the term. Terms that are not listed are finite.",
    ]
    if result.n_rows == 0:
        notes.append("No outcome is certain in the limit: some rows lose an outcome, but every row keeps two or more.")
    return Document(
        "Separation: the maximum of the likelihood lies at infinity",
        facts=(
            Fact("Rows predicted perfectly", format_integer(result.n_rows)),
            Fact("Dimension of the cone of directions", format_integer(result.dimension)),
        ),
        blocks=(Table(None, (Column("Term", "left"), Column("Limit"), Column("Direction")), tuple(cells)),),
        notes=tuple(notes),
    )


def test_facts(statistic: float, dof: int, p: float, law: Law) -> tuple[Fact, ...]:
    """Return the facts of a chi-square test, or of an F test where the covariance has degrees of freedom."""
    degrees = f"{format_integer(dof)}{denominator(law)}"
    return (
        Fact("Chi-square" if law.is_normal else "F", format_number(law.compared(statistic, dof))),
        Fact("Degrees of freedom", degrees),
        Fact("P-value", format_p(p)),
    )


def _interval(low: float, high: float) -> str:
    return "" if np.isnan(low) else format_interval(low, high)


def undetermined_rows(count: int) -> tuple[str, ...]:
    """Return a warning of rows that a diagnostic left out."""
    if not count:
        return ()
    verb, whose = ("is", "its") if count == 1 else ("are", "their")
    return (f"{counted(count, 'row')} {verb} left out: under separation {whose} prediction is undetermined.",)
