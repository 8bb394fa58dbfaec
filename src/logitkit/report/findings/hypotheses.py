"""Tests of several hypotheses as documents: of terms, of combining outcomes, of irrelevant alternatives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.inference.hypotheses.iia import IiaTests
from logitkit.inference.hypotheses.model_score import ModelScoreTest
from logitkit.inference.hypotheses.single_terms import TermChanges
from logitkit.report.cautions import few_clusters_tested
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document, test_facts
from logitkit.report.number_format import format_column, format_integer, format_p
from logitkit.report.wording import denominator, depends_on_coding
from logitkit.typing import FloatArray

__all__ = ["chi_square_table", "missing_tests"]

KINDS = {"Wald": "Wald", "LR": "likelihood ratio", "score": "score", "F": "Wald F test"}
TYPES = {1: "I", 2: "II", 3: "III"}
METHODS = {"hausman": "Hausman-McFadden", "small_hsiao": "Small-Hsiao"}


@finding_document.register
def _(result: ChiSquareTests) -> Document:
    what = {"term": "terms", "outcomes": "whether outcomes can be combined"}.get(result.what, result.what)
    facts = [Fact("Method", _method(result))]
    if result.type is not None:
        facts.append(Fact("Type", TYPES[result.type]))
    return Document(
        f"Tests of {what}{' across all outcomes' if result.across else ''}",
        facts=tuple(facts),
        blocks=(chi_square_table(result),),
        notes=(
            f"Hypothesis: {result.hypothesis}.",
            *missing_tests(result),
            *((f"Covariance: {result.covariance}.",) if result.covariance else ()),
            *depends_on_coding(result.contained, result.type == 3),
        ),
        warnings=few_clusters_tested(result),
    )


@finding_document.register
def _(result: IiaTests) -> Document:
    degrees = tuple("" if d == 0 else format_integer(int(d)) for d in result.dof)
    facts = [Fact("Method", METHODS[result.method])]
    if result.seed is not None:
        facts.append(Fact("Seed of the halves", format_integer(result.seed)))
    return Document(
        "Tests of the independence of irrelevant alternatives",
        facts=tuple(facts),
        blocks=(_table_of("Without outcome", result.omitted, result.statistic, degrees, result.p_value),),
        notes=("Hypothesis: the odds of the other outcomes do not depend on the one that is left out.",),
        warnings=(_weakness(result.method), *_without_answer(result)),
    )


@finding_document.register
def _(result: TermChanges) -> Document:
    tests = result.tests
    changed = "Without" if result.what == "dropped" else "With"
    compared, degrees = _compared(tests)
    cells = zip(
        ("(this model)", *tests.labels),
        ("", *degrees),
        _blank(result.deviance, 3),
        _blank(result.aic, 3),
        ("", *format_column(compared, "statistic", 2)),
        ("", *(format_p(p) for p in tests.p_value)),
        strict=True,
    )
    names = ("df", "Deviance", "AIC", "F" if _is_f(tests) else "Chi-square", "P-value")
    return Document(
        f"Terms {result.what} one at a time{' across all outcomes' if tests.across else ''}",
        facts=(Fact("Method", _method(tests)),),
        blocks=(Table(None, (Column(changed, "left"), *map(Column, names)), tuple(cells)),),
        notes=(
            f"Hypothesis: {tests.hypothesis}.",
            *missing_tests(tests),
            *((f"Covariance: {tests.covariance}.",) if tests.covariance else ()),
        ),
        warnings=few_clusters_tested(tests),
    )


def _method(tests: ChiSquareTests) -> str:
    return f"penalised {KINDS['LR']}" if tests.kind == "LR" and tests.penalised else KINDS[tests.kind]


def _blank(values: FloatArray, decimals: int) -> tuple[str, ...]:
    """Return numbers, and nothing for those that are missing."""
    found = format_column(values, "estimate", decimals)
    return tuple("" if np.isnan(value) else text for value, text in zip(values, found, strict=True))


@finding_document.register
def _(result: ModelScoreTest) -> Document:
    if not result.dof:
        notes = ("There is nothing to test: the model is the null model.",)
        return Document("Score test against the null model", notes=notes)
    return Document(
        "Score test against the null model",
        facts=test_facts(result.statistic, result.dof, result.p_value, result.law),
        notes=(f"Null model: {result.null_model}.", f"Covariance of the score: {result.covariance}."),
    )


def missing_tests(result: ChiSquareTests) -> tuple[str, ...]:
    """Say why there is a row without a statistic."""
    if not np.isnan(result.statistic).any():
        return ()
    why = (
        "nothing is left to test, the fit under the hypothesis has not converged, or every row is fitted perfectly "
        "(complete separation), when the likelihood ratio has no chi-square distribution"
    )
    if result.kind == "score":
        why = (
            "nothing is left to test, the fit under the hypothesis has infinite estimates or has not converged, or it "
            "would have no coefficient beside absorbed levels"
        )
    if result.kind in ("Wald", "F"):
        why = (
            "nothing is left to test, a coefficient of it is infinite (the likelihood ratio, test='LR', may then have "
            "one), or the covariance lacks the rank for a joint test, as with few clusters"
        )
    return (f"No statistic: {why}.",)


def chi_square_table(result: ChiSquareTests) -> Table:
    """Return chi-square tests, one per row."""
    head = {"outcomes": "Outcomes"}.get(result.what, "Term")
    compared, degrees = _compared(result)
    name = "F" if _is_f(result) else "Chi-square"
    return _table_of(head, result.labels, compared, degrees, result.p_value, name)


def _is_f(tests: ChiSquareTests) -> bool:
    """Return whether statistics are compared with F."""
    return tests.kind == "F" or bool(tests.laws) or not tests.law.is_normal


def _compared(tests: ChiSquareTests) -> tuple[FloatArray, tuple[str, ...]]:
    """Return what is compared with chi-square or F, and its degrees of freedom as text."""
    each = [
        (tests.law_of(row), float(value), int(k))
        for row, (value, k) in enumerate(zip(tests.statistic, tests.dof, strict=True))
    ]
    values = [value if tests.kind == "F" else law.compared(value, max(k, 1)) for law, value, k in each]
    return np.array(values), tuple("" if k == 0 else f"{format_integer(k)}{denominator(law)}" for law, _, k in each)


def _table_of(
    head: str,
    labels: tuple[str, ...],
    statistic: FloatArray,
    degrees: tuple[str, ...],
    p_value: FloatArray,
    name: str = "Chi-square",
) -> Table:
    cells = zip(labels, format_column(statistic, "statistic", 2), degrees, map(format_p, p_value), strict=True)
    columns = (Column(head, "left"), Column(name), Column("df"), Column("P-value"))
    return Table(None, columns, tuple(cells))


def _weakness(method: str) -> str:
    text = (
        "This test is known to be poor: in simulations it rejects a true hypothesis far more or far less often than it "
        "should even in large samples, and the tests of Hausman and McFadden and of Small and Hsiao disagree with each "
        "other (Cheng and Long 2007). Do not choose a model by it."
    )
    again = " The result depends on the random halves: another seed gives another result."
    return text + again if method == "small_hsiao" else text


def _without_answer(result: IiaTests) -> Iterator[str]:
    if (result.statistic < 0.0).any():
        yield (
            "A negative statistic has no p-value: the difference of the covariances is not positive definite in this "
            "sample. It is not evidence for the hypothesis."
        )
    if np.isnan(result.statistic).any():
        yield (
            "No statistic: the fit, or the fit without the outcome, does not exist (separation), or has other "
            "aliased columns."
        )
