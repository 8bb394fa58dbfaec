"""Comparisons as documents: models by criteria and likelihood ratios, Vuong's test, values against bounds."""

from __future__ import annotations

import numpy as np

from logitkit.inference.hypotheses.comparison import Comparison
from logitkit.inference.hypotheses.equivalence import Equivalence
from logitkit.inference.hypotheses.vuong import VuongTest
from logitkit.report.cautions import few_clusters_tested
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_integer, format_level, format_number, format_p

__all__ = ["comparison_tables"]


@finding_document.register
def _(result: Comparison) -> Document:
    criteria, ratios = comparison_tables(result)
    notes = [
        "AIC and BIC difference: from the least. Weight: Akaike weight, exp(-difference / 2), of all models given."
    ]
    if result.nested.any():
        notes.append("Likelihood ratio: against the model in the row above, which is within it.")
    if not result.nested[1:].all():
        notes.append(
            "No likelihood ratio where the model above is not within it, or has as many parameters: "
            "lk.vuong(fit1, fit2) tests two such models."
        )
    if (result.nested & np.isnan(result.statistic)).any():
        notes.append(
            "No statistic: a fit has not converged, every row is fitted perfectly (complete separation), or infinite "
            "coefficients leave nothing to count."
        )
    tables = (criteria, ratios) if result.nested.any() else (criteria,)
    return Document("Comparison of models", blocks=tables, notes=tuple(notes))


def comparison_tables(result: Comparison) -> tuple[Table, Table]:
    """Return the table of the criteria, and that of the likelihood ratios."""
    several = len(set(result.models)) > 1 and not result.named
    labels = [
        f"{label} ({model})" if several else label for label, model in zip(result.labels, result.models, strict=True)
    ]
    numbers = [format_integer(int(count)) for count in result.n_params]
    columns = [
        format_column(values, "estimate", decimals)
        for values, decimals in (
            (result.aic, 2),
            (result.delta_aic, 2),
            (result.weight, 3),
            (result.bic, 2),
            (result.delta_bic, 2),
        )
    ]
    heads = ("Parameters", "AIC", "difference", "Weight", "BIC", "difference")
    criteria = Table(
        None, (Column("Model", "left"), *map(Column, heads)), tuple(zip(labels, numbers, *columns, strict=True))
    )
    statistic = format_column(result.statistic, "statistic", 2)
    cells = tuple(
        (
            label,
            format_number(deviance, 6),
            text if nested else "",
            format_integer(int(dof)) if dof else "",
            format_p(p) if nested else "",
        )
        for label, deviance, text, dof, p, nested in zip(
            labels, result.deviance, statistic, result.dof, result.p_value, result.nested, strict=True
        )
    )
    names = ("Deviance", "Chi-square", "df", "P-value")
    return criteria, Table("Likelihood ratios", (Column("Model", "left"), *map(Column, names)), cells)


@finding_document.register
def _(result: VuongTest) -> Document:
    words = {"none": "none", "AIC": "as AIC", "BIC": "as BIC"}
    cells = tuple(
        (words[name], text, format_p(p))
        for name, text, p in zip(
            result.corrections, format_column(result.statistic, "statistic", 2), result.p_value, strict=True
        )
    )
    return Document(
        "Vuong test of models that are not nested",
        facts=(
            Fact("First model", result.labels[0]),
            Fact("Second model", result.labels[1]),
            Fact("Observations", format_integer(result.n_obs)),
            Fact("Log-likelihood, difference", format_number(result.ratio)),
            Fact("Variance of a row", format_number(result.variance)),
            Fact("P-value that they are alike", format_p(result.variance_p)),
        ),
        blocks=(Table(None, (Column("Correction", "left"), Column("z"), Column("P-value")), cells),),
        notes=(
            "z: positive where the first model is closer to the truth; the hypothesis is that both are equally close.",
            (
                "Look first at the p-value that the models are alike: where it is large they cannot be told apart by "
                "these data, and z means nothing."
            ),
        ),
    )


@finding_document.register
def _(result: Equivalence) -> Document:
    letter, both = result.law.letter, np.isfinite(result.low) and np.isfinite(result.high)
    inner = format_level(round(1.0 - 2.0 * result.alpha, 9))
    estimate, error, low, high = format_estimates(result.estimate, result.std_error, result.conf_low, result.conf_high)
    columns = [Column("Value", "left"), Column("Estimate"), Column("Std. error")]
    cells: list[tuple[str, ...]] = [result.names, estimate, error]
    for word, bound, statistic, p_value in (
        ("above", result.low, result.statistic_low, result.p_low),
        ("below", result.high, result.statistic_high, result.p_high),
    ):
        if np.isfinite(bound):
            columns += [Column(f"{letter}, {word} {format_number(bound)}"), Column("P-value")]
            cells += [format_column(statistic, "statistic", 2), tuple(map(format_p, p_value))]
    columns += [Column(f"{inner} low"), Column(f"{inner} high"), Column("Shown")]
    shown = tuple("yes" if yes else "no" for yes in result.equivalent)
    what = "between the bounds" if both else "beyond the bound"
    which = "the larger p-value is" if both else "the p-value is"
    alpha = format_number(result.alpha, 2)
    where = "lies between the bounds" if both else "does not reach the bound"
    rule = f"{which} below it, and the {inner} interval {where}"
    return Document(
        "Two one-sided tests of equivalence" if both else "Test of non-inferiority",
        blocks=(Table(None, tuple(columns), tuple(zip(*cells, low, high, shown, strict=True))),),
        notes=(
            f"Shown: yes where the value is shown to lie {what} at significance level {alpha}: {rule}.",
            *(("Tests and intervals: on the scale of logarithms.",) if result.scale == "log" else ()),
            f"Standard errors: {result.covariance}.",
        ),
        warnings=few_clusters_tested(result),
    )
