"""Pooled fits, tests and measures as documents."""

from __future__ import annotations

import numpy as np

from logitkit.inference.delta import wald_estimates
from logitkit.inference.pooling.fits import PooledRecords
from logitkit.inference.pooling.joint import PooledTest
from logitkit.inference.pooling.measures import PooledMeasure
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_column,
    format_integer,
    format_level,
    format_number,
    format_p,
    format_percent,
)

__all__ = ["pooled_document"]

METHODS = {
    "D1": "by the estimates (D1)",
    "D2": "by the statistics alone (D2), which is the least accurate: compare D1 or D3",
    "D3": "by likelihoods at the pooled estimates (D3)",
    "D4": "by the likelihood of the stacked tables (D4)",
}
SAME = "The test takes what is missing to lower the information on each coefficient by the same proportion."


def pooled_document(pooled: PooledRecords) -> Document:
    """Return the summary of a pooled fit.

    Examples
    --------
    >>> pooled_document.__name__
    'pooled_document'
    """
    record, found = pooled.record, pooled.coefficients
    table = wald_estimates(record.coef, record.std_error, record.level, record.law.of(np.eye(record.coef.size)))
    level = format_level(table.level)
    estimate, error, low, high = format_estimates(table.estimate, table.std_error, table.low, table.high)
    columns = (
        Column("Term", "left"),
        *map(Column, ("Estimate", "Std. error", "t", "P>|t|", f"{level} low", f"{level} high", "DoF", "FMI")),
    )
    cells = zip(
        record.names,
        estimate,
        error,
        format_column(table.statistic, "statistic", 2),
        format_column(table.p_value, "p_value"),
        low,
        high,
        format_column(found.dof, "statistic", 1),
        format_column(found.fmi, "statistic", 2),
        strict=True,
    )
    facts = (
        Fact("Imputed tables", format_integer(found.n_imputations)),
        Fact("Observations", format_integer(record.n_obs)),
        Fact("Largest FMI", format_number(float(found.fmi.max()), 2)),
        Fact("Formula", record.info.formula or "a matrix"),
    )
    notes = (
        "Pooled by Rubin's rules; t has Barnard and Rubin's degrees of freedom (DoF).",
        "FMI: fraction of missing information.",
        f"Standard errors within tables: {record.covariance.label.partition(', pooled')[0]}.",
    )
    return Document(
        f"{record.family.words.title}, pooled over imputations",
        facts=facts,
        blocks=(Table(None, columns, tuple(cells)),),
        notes=notes,
        warnings=_few(found.fmi.max(), found.n_imputations),
    )


def _few(fmi: float, count: int) -> tuple[str, ...]:
    """Warn where the rule of White, Royston and Wood (2011) asks for more imputations: one per cent of missing."""
    wanted = int(-(-100.0 * fmi // 1))
    if count >= wanted:
        return ()
    text = (
        f"{count} imputations are few where {format_percent(wanted / 100.0, 0)} of the information on a coefficient is "
        f"missing: with one for each per cent, {wanted}, another set of imputations would give nearly the same limits."
    )
    return (text,)


@finding_document.register
def _(result: PooledTest) -> Document:
    facts = (
        Fact("F", format_number(result.statistic, 4)),
        Fact("Degrees of freedom", f"{result.dof}, {format_number(result.dof_denominator, 4)}"),
        Fact("P(F)", format_p(result.p_value)),
        Fact("Increase of variance", format_number(result.increase, 3)),
        Fact("Imputed tables", format_integer(result.n_imputations)),
    )
    rows = tuple((text,) for text in result.hypotheses)
    blocks = (Table(None, (Column("Hypothesis", "left"),), rows),) if rows else ()
    return Document(f"Test of pooled fits, {METHODS[result.method]}", facts=facts, blocks=blocks, notes=(SAME,))


@finding_document.register
def _(result: PooledMeasure) -> Document:
    level = format_level(result.level)
    columns = (
        Column("Measure", "left"),
        *map(Column, ("Estimate", f"{level} low", f"{level} high", "DoF", "FMI")),
        Column("Pooled as", "left"),
    )
    words = {"identity": "itself", "log": "logarithm", "logit": "log odds"}
    cells = zip(
        result.names,
        *(format_column(values, "estimate", 4) for values in (result.estimate, result.low, result.high)),
        format_column(result.dof, "statistic", 1),
        format_column(result.fmi, "statistic", 2),
        [words[scale] for scale in result.scales],
        strict=True,
    )
    return Document(
        f"Measures pooled over {result.n_imputations} imputed tables",
        blocks=(Table(None, columns, tuple(cells)),),
        notes=("Pooled by Rubin's rules on the scale named last. FMI: fraction of missing information.",),
    )
