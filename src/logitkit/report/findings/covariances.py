"""Tests that go with a covariance as documents: the score bootstrap, Rao and Scott's likelihood ratio."""

from __future__ import annotations

import numpy as np

from logitkit.inference.covariances.score_bootstrap import ScoreBootstrap
from logitkit.inference.hypotheses.rao_scott import RaoScottTest
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_integer, format_level, format_number, format_p

__all__: list[str] = []

WEIGHTS = {"rademacher": "Rademacher (signs)", "webb": "Webb (six values)"}


@finding_document.register
def _(result: ScoreBootstrap) -> Document:
    level = format_level(result.level)
    ends = (np.array([each]) for each in (result.estimate, np.nan, result.low, result.high))
    estimate, _error, low, high = format_estimates(*ends)
    columns = (Column("Hypothesis", "left"), *map(Column, ("Estimate", "P-value", f"{level} low", f"{level} high")))
    draws = format_integer(result.draws)
    return Document(
        "Score bootstrap by clusters",
        facts=(
            Fact("Clusters", f"{format_integer(result.n_clusters)} ({result.cluster})"),
            Fact("Statistic", format_number(result.statistic)),
            Fact("Weights", WEIGHTS[result.weights]),
            Fact("Draws", f"{draws}, all sign vectors" if result.seed is None else f"{draws}, seed {result.seed}"),
        ),
        blocks=(Table(None, columns, ((result.hypothesis, estimate[0], format_p(result.p_value), low[0], high[0]),)),),
        notes=("The interval has the values that the test does not reject.",),
    )


@finding_document.register
def _(result: RaoScottTest) -> Document:
    scales = ", ".join(format_number(float(each)) for each in result.scales[::-1])
    dof = (
        (Fact("Degrees of freedom of the design", format_integer(int(result.dof))),) if np.isfinite(result.dof) else ()
    )
    return Document(
        "Rao and Scott's likelihood-ratio test",
        facts=(
            Fact("Hypothesis", result.hypothesis),
            Fact("Statistic", format_number(result.statistic)),
            *dof,
            Fact("P-value", format_p(result.p_value)),
        ),
        notes=(
            f"Distribution under the hypothesis: a sum of chi-squares on one degree of freedom, times {scales}.",
            "Weights are scaled to mean one.",
            f"Covariance: {result.covariance}.",
        ),
    )
