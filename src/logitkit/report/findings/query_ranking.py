"""Measures of ranking, averaged over queries, as documents."""

from __future__ import annotations

import numpy as np

from logitkit.logits.ranking.mean import RankingMeasure
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_estimate, format_integer, format_interval, format_level

__all__ = ["ranking_measure_document"]

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


@finding_document.register
def ranking_measure_document(result: RankingMeasure) -> Document:
    """Return the mean of a measure, and how it is distributed over queries, as a document."""
    facts = [
        Fact("Queries", format_integer(result.n_queries)),
        Fact("Mean", format_estimate(result.estimate)),
        Fact("Std. error", format_estimate(result.std_error)),
        Fact(f"{format_level(result.level)} interval", format_interval(result.conf_low, result.conf_high, 4)),
    ]
    if result.n_left_out:
        facts.insert(1, Fact("Left out, none relevant", format_integer(result.n_left_out)))
    heads = ("Least", "Quarter", "Median", "Three quarters", "Largest")
    cells = tuple(format_estimate(float(value)) for value in np.quantile(result.values, QUARTERS))
    how = (
        "Interval: mean and standard error over queries."
        if result.interval == "normal"
        else f"Interval: percentiles of {format_integer(result.replicates)} means of queries drawn with replacement."
    )
    notes = [how + " Queries are taken to be independent."]
    if result.n_queries == 1:
        notes.append("One query has no interval: give groups= where there are several.")
    return Document(
        result.name,
        facts=tuple(facts),
        blocks=(Table("Of single queries", tuple(map(Column, heads)), (cells,)),),
        notes=tuple(notes),
    )
