"""Measures of ranking as documents, one function per kind of result."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.discrimination.comparison import RocTest
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.area_words import APPARENT
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_integer,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.wording import counted

__all__ = ["not_shared_words", "roc_test_document"]

METHODS = {
    "delong": "Standard errors: DeLong's covariance of the areas.",
    "bootstrap": "Standard errors: of {n} bootstrap samples, events and non-events drawn apart.",
    "venkatraman": "The p-value is of {n} permutations: that the curves are one, not only their areas. The table of "
    "areas has DeLong's errors.",
}
NESTED = (
    "On the rows of the fits a test of areas says little of models one of which contains the other: under its "
    "hypothesis the difference is not normal, and it misses added variables that matter. Test their coefficients by "
    "lk.compare(fit1, fit2), and compare areas on new rows."
)
NO_VARIANCE = "A contrast without variance has no test: both scores rank all pairs alike, or an area is 0 or 1."


@finding_document.register
def roc_test_document(result: RocTest) -> Document:
    """Return a comparison of ROC curves as a document."""
    level = format_level(result.level)
    what = "AUC" if result.is_whole else "Partial AUC"
    limits = (f"{level} low", f"{level} high")
    area = Table(
        "Areas",
        tuple(
            Column(name, "left" if not k else "right")
            for k, name in enumerate(("Score", what, "Std. error", *limits, "Events", "Non-events"))
        ),
        tuple(
            zip(
                result.names,
                *(
                    format_column(values, "estimate", 4)
                    for values in (result.areas, result.std_errors, result.low, result.high)
                ),
                map(format_amount, result.events),
                map(format_amount, result.nonevents),
                strict=True,
            )
        ),
    )
    estimate, error, low, high = format_estimates(result.estimates, result.errors, result.lows, result.highs)
    contrasts = Table(
        "Contrasts",
        tuple(
            Column(name, "left" if not k else "right")
            for k, name in enumerate(("Contrast", "Estimate", "Std. error", "z", "P>|z|", *limits))
        ),
        tuple(
            zip(
                result.labels,
                estimate,
                error,
                format_column(result.statistics, "statistic", 2),
                format_column(result.p_values, "p_value"),
                low,
                high,
                strict=True,
            )
        ),
    )
    test = (
        (
            Fact("Area between the curves", format_number(result.statistic)),
            Fact("Permutations", format_integer(result.n)),
        )
        if result.method == "venkatraman"
        else (
            Fact("Chi-square", format_number(result.statistic)),
            Fact("Degrees of freedom", format_integer(result.dof)),
        )
    )
    rows = "of the same rows" if result.paired else "of different rows, taken as independent"
    notes = [f"Scores {rows}.", METHODS[result.method].format(n=format_integer(result.n))]
    if not result.is_whole:
        bounds = " to ".join(format_percent(each) for each in result.fpr)
        notes.append(f"Areas are those at false positive rates of {bounds}, at most {result.fpr[1] - result.fpr[0]:g}.")
    warnings = list(not_shared_words(result.not_shared))
    if np.isnan(result.statistics).any():
        warnings.append(NO_VARIANCE)
    return Document(
        "Comparison of ROC curves",
        facts=(*test, Fact("P-value", format_p(result.p_value))),
        blocks=(area, contrasts),
        notes=(*notes, *((APPARENT, NESTED) if result.in_sample else ())),
        warnings=tuple(warnings),
    )


def not_shared_words(count: int) -> tuple[str, ...]:
    """Return a warning of rows that not every score has."""
    if not count:
        return ()
    return (f"{counted(count, 'row')} left out: a score is missing there, and scores are compared on the same rows.",)
