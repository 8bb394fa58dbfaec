"""Risk by coverage as a document."""

from __future__ import annotations

import numpy as np

from logitkit.logits.selective import RiskCoverage
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_estimate, format_integer, format_interval, format_level

__all__ = ["risk_coverage_document"]

AT = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
NAMES = {
    "probability": "log of the largest probability",
    "margin": "difference of the two largest logits",
    "entropy": "entropy, the smallest first",
    "score": "the score given",
}


@finding_document.register
def risk_coverage_document(result: RiskCoverage) -> Document:
    """Return risk by coverage as a document."""
    level = format_level(result.level)
    table = result.at(np.array(AT))
    heads = ("Coverage", "Error rate", f"{level} low", f"{level} high", "Certainty from")
    cells = zip(
        *(format_column(table[:, c], "percent") for c in range(4)),
        format_column(table[:, 4], "estimate", 4),
        strict=True,
    )
    return Document(
        "Risk and coverage",
        facts=(
            Fact("Certainty", NAMES[result.score]),
            Fact("Rows", format_integer(int(result.n_answered[-1]))),
            Fact("Errors", format_integer(int(result.n_errors[-1]))),
            Fact("Area", format_estimate(result.area)),
            Fact(f"{level} interval", format_interval(result.low, result.high, 4)),
            Fact("Best order", format_estimate(result.best_area)),
            Fact("No order", format_estimate(result.random_area)),
            Fact("Excess area", format_estimate(result.excess_area)),
        ),
        blocks=(Table(None, tuple(map(Column, heads)), tuple(cells)),),
        notes=(
            "Area: mean error rate over all coverages; excess: less that of the order with all errors last.",
            "Limits of error rates are exact and pointwise. Rows with equal certainty are answered together.",
        ),
    )
