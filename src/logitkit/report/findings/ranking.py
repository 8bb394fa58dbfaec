"""Measures of ranking as documents, one function per kind of result."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.discrimination.comparison import RocTest
from logitkit.diagnostics.discrimination.concordance import Concordance
from logitkit.diagnostics.discrimination.gains import Gains
from logitkit.diagnostics.discrimination.partial_area import PartialArea
from logitkit.diagnostics.discrimination.precision_recall import PrecisionRecall
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_estimates
from logitkit.report.findings.area_words import APPARENT, LINEARISED
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_p,
    format_percent,
)
from logitkit.report.wording import counted

__all__ = [
    "concordance_document",
    "gains_document",
    "not_shared_words",
    "partial_area_document",
    "precision_recall_document",
    "roc_test_document",
]

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
NO_ERRORS = (
    "No standard errors: these require independent rows, counted by their weights, and at least two with each outcome."
)
NO_AREA_ERROR = (
    "No standard error: it requires independent rows, counted by their weights, at least two with each outcome, and an "
    "area that is neither the largest nor of tied predictions alone."
)
NO_SPREAD = (
    "No standard errors: where all pairs agree, or all predictions are tied, their formula gives zero, which does not "
    "imply precision; fit.discrimination() has the exact interval of an area of 1."
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
    of_errors = METHODS[result.method].format(n=format_integer(result.n))
    notes = [f"Scores {rows}.", LINEARISED.get(result.units, of_errors) if result.method == "delong" else of_errors]
    if not result.is_whole:
        bounds = " to ".join(format_percent(each) for each in result.fpr)
        notes.append(f"Areas are those at false positive rates of {bounds}, at most {result.fpr[1] - result.fpr[0]:g}.")
    if result.welch_dofs is not None and result.welch_p_values is not None:
        found = ", ".join(
            f"{'' if len(result.labels) == 1 else label + ' '}p = {p} on {dof}"
            for label, p, dof in zip(
                result.labels,
                format_column(result.welch_p_values, "p_value"),
                format_column(result.welch_dofs, "statistic", 1),
                strict=True,
            )
        )
        notes.append(f"By Student's t with Welch's degrees of freedom, as in pROC: {found}.")
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


@finding_document.register
def partial_area_document(result: PartialArea) -> Document:
    """Return the area under a part of a ROC curve as a document."""
    level = format_level(result.level)
    rate = {"fpr": "False positive rate", "tpr": "Sensitivity"}[result.focus]
    low, high = result.bounds
    error = {"delong": "by the extension of DeLong's method to parts", "bootstrap": "of bootstrap samples"}
    of_errors = f"Standard error {error[result.method]}."
    if result.method == "delong":
        of_errors = LINEARISED.get(result.units, of_errors)
    return Document(
        "Partial area under the ROC curve",
        facts=(
            Fact(rate, f"{low:g} to {high:g}"),
            Fact("Partial AUC", format_estimate(result.area)),
            Fact("Standard error", format_estimate(result.std_error)),
            Fact(f"{level} interval", format_interval(result.low, result.high, 4)),
            Fact("Standardised (McClish)", format_estimate(result.standardized)),
            Fact(f"Its {level} interval", format_interval(result.standardized_low, result.standardized_high, 4)),
            Fact("Whole AUC", format_estimate(result.whole)),
            Fact("Mean height", format_estimate(result.area / (high - low))),
        ),
        notes=(
            NO_AREA_ERROR if np.isnan(result.std_error) else of_errors,
            "Standardised: 0.5 for scores that rank nothing, 1 for perfect ones.",
            *((APPARENT,) * result.in_sample),
        ),
    )


@finding_document.register
def precision_recall_document(result: PrecisionRecall) -> Document:
    """Return precision and recall as a document."""
    level = format_level(result.level)
    return Document(
        "Precision and recall",
        facts=(
            Fact("Average precision", format_estimate(result.average_precision)),
            Fact("Standard error", format_estimate(result.std_error)),
            Fact(f"{level} interval", format_interval(result.low, result.high, 4)),
            Fact("Rate of events", format_estimate(result.rate)),
            Fact("Events", format_amount(result.events)),
            Fact("Non-events", format_amount(result.nonevents)),
        ),
        notes=(
            "Scores that rank nothing have the rate of events for their average precision: compare it at equal rates.",
            *((NO_ERRORS,) * bool(np.isnan(result.std_error))),
            *((APPARENT,) * result.in_sample),
        ),
    )


@finding_document.register
def concordance_document(result: Concordance) -> Document:
    """Return rank correlations as a document."""
    level = format_level(result.level)
    heads = ("Measure", "Estimate", "Std. error", f"{level} low", f"{level} high")
    columns = [
        format_column(each, "estimate", 4) for each in (result.estimates, result.errors, result.low, result.high)
    ]
    pairs = result.concordant + result.discordant + result.tied
    ordered = len(result.outcomes) > 2
    return Document(
        "Concordance of predictions and outcomes",
        facts=(
            Fact("Pairs", format_amount(pairs)),
            Fact("Concordant", format_percent(result.concordant / pairs)),
            Fact("Discordant", format_percent(result.discordant / pairs)),
            Fact("Tied", format_percent(result.tied / pairs)),
        ),
        blocks=(
            Table(
                None,
                tuple(Column(name, "right" if k else "left") for k, name in enumerate(heads)),
                tuple(zip(result.names, *columns, strict=True)),
            ),
        ),
        notes=(
            *(("Ranked by the mean of the outcomes, numbered in their order.",) * ordered),
            *_no_errors(result),
            *((APPARENT,) * result.in_sample),
        ),
    )


def _no_errors(result: Concordance) -> tuple[str, ...]:
    """Say why rank correlations have no errors."""
    if not np.isnan(result.errors).all():
        return ()
    return (NO_SPREAD if min(result.discordant, result.concordant) == 0.0 else NO_ERRORS,)


@finding_document.register
def gains_document(result: Gains) -> Document:
    """Return gains and lift as a document."""
    level = format_level(result.level)
    heads = (
        "Depth",
        "From",
        "Rows",
        "Events",
        "Rate",
        f"{level} low",
        f"{level} high",
        "Lift",
        "Captured",
        "Cum. lift",
    )
    cells = zip(
        format_column(result.depth, "percent", 0 if result.depth.size in (2, 4, 5, 10, 20, 50) else 1),
        format_column(result.thresholds, "probability", 3),
        format_column(result.rows, "estimate", 1),
        format_column(result.events, "estimate", 1),
        *(format_column(each, "percent") for each in (result.rate, result.rate_low, result.rate_high)),
        format_column(result.lift, "statistic", 2),
        format_column(result.captured, "percent"),
        format_column(result.cumulative_lift, "statistic", 2),
        strict=True,
    )
    ratio = format_estimate(result.accuracy_ratio)
    if not np.isnan(result.ratio_low):
        ratio += f" ({level} {format_interval(result.ratio_low, result.ratio_high, 4)})"
    return Document(
        "Gains and lift",
        facts=(
            Fact("Accuracy ratio (Gini)", ratio),
            Fact("Rate of events", format_percent(result.base)),
            Fact("Kolmogorov-Smirnov", format_estimate(result.ks)),
            Fact("at a depth of", format_percent(result.ks_depth)),
            Fact("from a probability of", format_estimate(result.ks_threshold)),
        ),
        blocks=(Table(None, tuple(Column(name) for name in heads), tuple(cells)),),
        notes=(
            "Groups of equal weight, the highest first; rows of one probability are shared in proportion.",
            "Lift: the rate over that of all rows.",
            *((APPARENT,) * result.in_sample),
        ),
    )
