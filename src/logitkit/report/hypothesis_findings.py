"""Tests of several hypotheses as documents: of terms, of combining outcomes, of irrelevant alternatives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.engine.law import NORMAL, Law
from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.inference.hypotheses.iia import IiaTests
from logitkit.inference.hypotheses.model_score import ModelScoreTest
from logitkit.inference.hypotheses.single_terms import TermChanges
from logitkit.report.cautions import few_clusters_tested
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings import denominator, finding_document, test_facts
from logitkit.report.number_format import format_column, format_integer, format_p
from logitkit.report.wording import depends_on_coding
from logitkit.typing import FloatArray, IntArray

__all__ = ["chi_square_table", "missing_tests"]

KINDS = {"Wald": "Wald", "LR": "likelihood ratio", "score": "score", "F": "Wald, as F"}
TYPES = {1: "I", 2: "II", 3: "III"}
METHODS = {"hausman": "Hausman-McFadden", "small_hsiao": "Small-Hsiao"}


@finding_document.register
def _(result: ChiSquareTests) -> Document:
    what = {"term": "terms", "outcomes": "whether outcomes can be combined"}.get(result.what, result.what)
    facts = [Fact("Method", KINDS[result.kind])]
    if result.type is not None:
        facts.append(Fact("Type", TYPES[result.type]))
    return Document(
        f"Tests of {what}{' across all outcomes' if result.across else ''}",
        facts=tuple(facts),
        blocks=(chi_square_table(result),),
        notes=(
            f"Hypothesis: {result.hypothesis}.",
            *missing_tests(result),
            *depends_on_coding(result.contained, result.type == 3),
        ),
        warnings=few_clusters_tested(result),
    )


@finding_document.register
def _(result: IiaTests) -> Document:
    facts = [Fact("Method", METHODS[result.method])]
    if result.seed is not None:
        facts.append(Fact("Seed of the halves", format_integer(result.seed)))
    return Document(
        "Tests of the independence of irrelevant alternatives",
        facts=tuple(facts),
        blocks=(_table_of("Without outcome", result.omitted, result.statistic, result.dof, result.p_value),),
        notes=("Hypothesis: the odds of the other outcomes do not depend on the one that is left out.",),
        warnings=(_weakness(result.method), *_without_answer(result)),
    )


@finding_document.register
def _(result: TermChanges) -> Document:
    tests = result.tests
    changed = "Without" if result.what == "dropped" else "With"
    is_ratio = tests.kind == "F" or not tests.law.is_normal
    compared = tests.statistic
    if is_ratio and tests.kind != "F":
        compared = compared / (np.maximum(tests.dof, 1) * tests.law.scale)
    cells = zip(
        ("(this model)", *tests.labels),
        ("", *("" if d == 0 else f"{format_integer(int(d))}{denominator(tests.law)}" for d in tests.dof)),
        _blank(result.deviance, 3),
        _blank(result.aic, 3),
        ("", *format_column(compared, "statistic", 2)),
        ("", *(format_p(p) for p in tests.p_value)),
        strict=True,
    )
    names = ("df", "Deviance", "AIC", "F" if is_ratio else "Chi-square", "P-value")
    return Document(
        f"Terms {result.what} one at a time{' across all outcomes' if tests.across else ''}",
        facts=(Fact("Method", KINDS[tests.kind]),),
        blocks=(Table(None, (Column(changed, "left"), *map(Column, names)), tuple(cells)),),
        notes=(f"Hypothesis: {tests.hypothesis}.", *missing_tests(tests)),
        warnings=few_clusters_tested(tests),
    )


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
        facts=test_facts(result.statistic, result.dof, result.p_value, NORMAL),
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
        why = "nothing is left to test, or the fit under the hypothesis has infinite estimates or has not converged"
    if result.kind in ("Wald", "F"):
        why = (
            "nothing is left to test, a coefficient of it is infinite (the likelihood ratio, test='LR', may then have "
            "one), or the covariance lacks the rank for a joint test, as with few clusters"
        )
    return (f"No statistic: {why}.",)


def chi_square_table(result: ChiSquareTests) -> Table:
    """Return chi-square tests, one per row."""
    head = {"outcomes": "Outcomes"}.get(result.what, "Term")
    return _table_of(
        head, result.labels, result.statistic, result.dof, result.p_value, result.law, is_ratio=result.kind == "F"
    )


def _table_of(
    head: str,
    labels: tuple[str, ...],
    statistic: FloatArray,
    dof: IntArray,
    p_value: FloatArray,
    law: Law = NORMAL,
    is_ratio: bool = False,
) -> Table:
    compared = statistic if law.is_normal or is_ratio else statistic / (np.maximum(dof, 1) * law.scale)
    cells = zip(
        labels,
        format_column(compared, "statistic", 2),
        ("" if d == 0 else f"{format_integer(int(d))}{denominator(law)}" for d in dof),
        (format_p(p) for p in p_value),
        strict=True,
    )
    columns = (Column(head, "left"), Column("Chi-square" if law.is_normal else "F"), Column("df"), Column("P-value"))
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
