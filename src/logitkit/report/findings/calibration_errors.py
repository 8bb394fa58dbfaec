"""Calibration errors and reliability diagrams of logits of any model, as documents."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from logitkit.diagnostics.calibration.logit_reliability import LogitReliability
from logitkit.logits.calibration_errors.bins import ErrorBins
from logitkit.logits.calibration_errors.error import CalibrationErrors
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_p,
)

__all__ = ["calibration_error_document", "logit_reliability_document"]

TITLES = {
    "event": "Calibration error of the event",
    "top": "Calibration error of the most probable outcome",
    "class": "Calibration error, mean over the outcomes",
}
SCHEMES = {"quantile": "of about equal counts", "width": "of equal width"}
DIGITS = 5


@finding_document.register
def calibration_error_document(result: CalibrationErrors) -> Document:
    """Return calibration errors as a document."""
    level = format_level(result.level)
    facts = [
        Fact("Trials", format_amount(result.n)),
        Fact("Expected error (ECE)", format_estimate(result.ece)),
        Fact("ECE if calibrated: mean", format_estimate(result.chance)),
        Fact(f"ECE if calibrated: {level}", format_interval(result.chance_low, result.chance_high, 4)),
        Fact("P if calibrated", format_p(result.p_value)),
        Fact("Squared, without bias", format_estimate(result.squared, DIGITS)),
    ]
    if not np.isnan(result.squared_low):
        facts.append(Fact(f"{level} interval", format_interval(result.squared_low, result.squared_high, DIGITS)))
    facts.append(Fact("Its root", format_estimate(result.root)))
    blocks = [_bins(result.bins, result.scheme)] if result.bins is not None else []
    notes = [
        (
            f"ECE is above zero by chance alone: outcomes were drawn {format_integer(result.resamples)} times from the "
            "probabilities. The squared error is zero on average if these are right, whatever the bins."
        ),
        "Bins hide what differs within them: both are lower bounds of the errors of the predictions themselves.",
    ]
    if result.bins is not None and (result.bins.n < 2.0).any():
        notes.append("Bins of one trial are left out of the squared error.")
    if result.parts:
        blocks.insert(0, _parts(result.parts, level))
    return Document(TITLES[result.of], facts=tuple(facts), blocks=tuple(blocks), notes=tuple(notes))


def _parts(parts: Iterable[CalibrationErrors], level: str) -> Table:
    """Return the errors of outcomes and groups."""
    parts = list(parts)
    heads = ("Trials", "ECE", "If calibrated", "P", "Squared", f"{level} low", f"{level} high")
    columns = (
        format_column([part.n for part in parts], "integer"),
        *(tuple(format_estimate(getattr(part, name)) for part in parts) for name in ("ece", "chance")),
        format_column([part.p_value for part in parts], "p_value"),
        *(
            tuple(format_estimate(getattr(part, name), DIGITS) for part in parts)
            for name in ("squared", "squared_low", "squared_high")
        ),
    )
    return Table(
        "By outcome and group",
        (Column("Rows", "left"), *(Column(name) for name in heads)),
        tuple(zip((part.name for part in parts), *columns, strict=True)),
    )


def _bins(bins: ErrorBins, scheme: str) -> Table:
    """Return predicted against observed rates."""
    columns = (
        format_column(bins.n, "integer"),
        *(format_column(values, "percent") for values in (bins.predicted, bins.observed)),
        *(tuple(format_estimate(value) for value in values) for values in (bins.gap, bins.std_error)),
    )
    heads = ("Trials", "Predicted", "Observed", "Predicted - observed", "Std. error")
    title = f"{format_integer(bins.n.size)} bins {SCHEMES[scheme]}"
    return Table(title, tuple(Column(name) for name in heads), tuple(zip(*columns, strict=True)))


@finding_document.register
def logit_reliability_document(result: LogitReliability) -> Document:
    """Return reliability diagrams as a document."""
    names = ("score", "miscalibration", "discrimination", "uncertainty")
    columns = (
        tuple(format_amount(float(each.n.sum())) for each in result.diagrams),
        *(tuple(format_estimate(getattr(each.brier, name)) for each in result.diagrams) for name in names),
    )
    heads = ("Trials", "Brier score", "Miscalibration", "Discrimination", "Uncertainty")
    table = Table(
        "Score = miscalibration - discrimination + uncertainty",
        (Column("Rows", "left"), *(Column(name) for name in heads)),
        tuple(zip(result.names, *columns, strict=True)),
    )
    words = "Isotonic rates are the best recalibration that keeps the order of predictions, whichever proper score."
    return Document("Reliability of probabilities", blocks=(table,), notes=(words,))
