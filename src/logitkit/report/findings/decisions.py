"""Thresholds, decision curves and reclassification as documents, one function per kind of result."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from logitkit.diagnostics.decisions.net_benefit import DecisionCurve
from logitkit.diagnostics.decisions.reclassification import Reclassification
from logitkit.diagnostics.discrimination.at_thresholds import ClassificationTable, Rates
from logitkit.diagnostics.discrimination.thresholds import Threshold
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.area_words import APPARENT
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.findings.ranking import not_shared_words
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_estimate,
    format_interval,
    format_level,
    format_percent,
)
from logitkit.typing import FloatArray

__all__ = [
    "classification_table_document",
    "decision_curve_document",
    "reclassification_document",
    "threshold_document",
]

CORRECTED = (
    "Each observation is predicted from all others by one step from the fit, which removes most of what a table of the "
    "rows of the fit flatters."
)
NO_INTERVALS = "No intervals: these require independent rows, counted by their weights."
TAKEN = "Intervals of the rates take the threshold as given."
CHOSEN = (
    "The threshold was chosen on the rows of the fit and is judged on them: on new rows its rates are lower. Choose it "
    "on other rows (data=), or validate the whole procedure."
)
ROWS_MOST = 11  # thresholds of a decision curve that are printed
HILDEN = (
    "NRI and IDI are not proper scores: a model can gain in both by being miscalibrated, and a column that predicts "
    "nothing gains on average where models are fitted. Test the added terms by lk.compare(fit1, fit2), and judge what "
    "the change is worth by fit.decision_curve(other)."
)
OWN_NRI = (
    "On the rows of the fits the tests of NRI and IDI reject far too often where the new terms predict nothing (Pepe "
    "and others 2015): their p-values are not given."
)
RATES = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "positive_predictive_value": "Positive predictive value",
    "negative_predictive_value": "Negative predictive value",
    "correct": "Correct",
}
AIMS = {
    "youden": "largest sensitivity + specificity - 1",
    "closest": "least distance to a curve without errors",
    "accuracy": "largest accuracy",
    "f1": "largest F1",
    "cost": "least cost",
    "capacity": "at most a proportion of the rows called",
    "sensitivity": "sensitivity not below",
    "specificity": "specificity not below",
}


@finding_document.register
def classification_table_document(result: ClassificationTable) -> Document:
    """Return the classification at several thresholds as a document."""
    heads = ("From", "TP", "FP", "TN", "FN", "Correct", "Sens.", "Spec.", "PPV", "NPV")
    rates = result.rates
    counts = (result.true_events, result.false_events, result.true_nonevents, result.false_nonevents)
    shown = (
        rates.correct,
        rates.sensitivity,
        rates.specificity,
        rates.positive_predictive_value,
        rates.negative_predictive_value,
    )
    cells = zip(
        (f"{each:g}" for each in result.thresholds),
        *(tuple(map(format_amount, each)) for each in counts),
        *(format_column(each[0], "percent") for each in shown),
        strict=True,
    )
    notes = [
        "T: called rightly, F: falsely; P: called an event, from the threshold on, N: not. to_frame() has intervals."
    ]
    if result.prevalence is not None:
        notes.append(f"Correct, PPV and NPV are for a prevalence of {result.prevalence:g}.")
    own = (CORRECTED,) if result.corrected else (APPARENT,) * result.in_sample
    return Document(
        "Classification by threshold",
        blocks=(Table(None, tuple(map(Column, heads)), tuple(cells)),),
        notes=(*notes, *own),
    )


@finding_document.register
def threshold_document(result: Threshold) -> Document:
    """Return a threshold that was chosen as a document."""
    level = format_level(result.level)
    value = "" if result.value is None else f" ({result.value:g})" if result.method in ("cost", "capacity") else ""
    aim = AIMS[result.method] + (f" {result.value:g}" if result.method in ("sensitivity", "specificity") else value)
    interval = format_interval(result.low, result.high, 4)
    return Document(
        "Threshold",
        facts=(
            Fact("Aim", aim),
            Fact("Threshold", format_estimate(result.threshold)),
            *((Fact(f"{level} interval (bootstrap)", interval),) if interval else ()),
            Fact("At the aim", format_estimate(result.criterion)),
            Fact("Called events", format_percent(result.called)),
            *((Fact("By costs alone", format_estimate(result.by_costs)),) if result.method == "cost" else ()),
        ),
        blocks=(_rates_table(result.rates, level),),
        notes=(
            NO_INTERVALS if np.isnan(result.rates.correct[1:]).all() else TAKEN,
            *(("By costs alone: the threshold of calibrated probabilities, r / (1 + r).",) * (result.method == "cost")),
        ),
        warnings=(CHOSEN,) * result.in_sample,
    )


def _rates_table(rates: Rates, level: str) -> Table:
    """Return rates at one threshold with their intervals."""
    found = np.stack([getattr(rates, name)[:, 0] for name in RATES])
    columns = [format_column(each, "estimate", 4) for each in found.T]
    heads = (Column("Rate", "left"), Column("Estimate"), Column(f"{level} low"), Column(f"{level} high"))
    return Table(None, heads, tuple(zip(RATES.values(), *columns, strict=True)))


@finding_document.register
def decision_curve_document(result: DecisionCurve) -> Document:
    """Return decision curves as a document."""
    level = format_level(result.level)
    kept = np.unique(np.linspace(0, result.thresholds.size - 1, min(result.thresholds.size, ROWS_MOST)).astype(int))

    def row(values: FloatArray, low: FloatArray, high: FloatArray) -> tuple[str, ...]:
        return tuple(
            format_estimate(round(float(value), 12))
            + (f" {format_interval(start, end, 4)}" if not np.isnan(start) else "")
            for value, start, end in zip(values[kept], low[kept], high[kept], strict=True)
        )

    columns = [row(*each) for each in zip(result.net_benefit, result.low, result.high, strict=True)]
    heads = (Column("From"), Column("All"), *(Column(name) for name in result.names))
    cells = zip(
        (f"{each:g}" for each in result.thresholds[kept]),
        format_column(result.of_all[kept], "estimate", 4),
        *columns,
        strict=True,
    )
    with_intervals = "" if np.isnan(result.std_error).all() else f", with {level} intervals"
    notes = [f"Net benefit of acting from a probability on, in events per row{with_intervals}; of none it is 0."]
    if not with_intervals:
        notes.append(NO_INTERVALS)
    if kept.size < result.thresholds.size:
        notes.append(f"{kept.size} of {result.thresholds.size} thresholds are printed; to_frame() has all.")
    if result.harm.any():
        notes.append(
            "Harm was subtracted: "
            + ", ".join(f"{n} {h:g}" for n, h in zip(result.names, result.harm, strict=True) if h)
            + "."
        )
    if result.is_given:
        notes.append("The prevalence was given: events and non-events are weighted to it.")
    return Document(
        "Decision curve",
        facts=(
            Fact("Prevalence", format_estimate(result.prevalence)),
            Fact("Events", format_amount(result.events)),
            Fact("Non-events", format_amount(result.nonevents)),
        ),
        blocks=(Table(None, heads, tuple(cells), divides=True),),
        notes=(*notes, *((APPARENT,) * result.in_sample)),
        warnings=not_shared_words(result.not_shared),
    )


@finding_document.register
def reclassification_document(result: Reclassification) -> Document:
    """Return reclassification as a document, with what is to be kept in mind of it."""
    level = format_level(result.level)
    heads = ("Measure", "Estimate", "Std. error", "P>|z|", f"{level} low", f"{level} high")
    columns = (
        format_column(result.estimates, "estimate", 4),
        format_column(result.errors, "estimate", 4),
        format_column(result.p_values, "p_value"),
        format_column(result.low, "estimate", 4),
        format_column(result.high, "estimate", 4),
    )
    table = Table(
        None,
        tuple(Column(name, "right" if k else "left") for k, name in enumerate(heads)),
        tuple(zip(result.measures, *columns, strict=True)),
    )
    unknown = np.isnan(result.errors).all()
    kind = "any change of probability" if result.cuts is None else f"categories with bounds at {_listed(result.cuts)}"
    return Document(
        f"Reclassification: {result.names[0]} against {result.names[1]}",
        facts=(
            Fact("NRI counts", kind),
            Fact("Events", format_amount(result.events)),
            Fact("Non-events", format_amount(result.nonevents)),
        ),
        blocks=(table, *_category_tables(result)),
        notes=("A positive part is a change in the right direction.", *((NO_INTERVALS,) * bool(unknown))),
        warnings=(HILDEN, *((OWN_NRI,) * bool(result.in_sample and not unknown)), *not_shared_words(result.not_shared)),
    )


def _listed(values: FloatArray) -> str:
    return ", ".join(f"{each:g}" for each in values)


def _category_tables(result: Reclassification) -> tuple[Table, ...]:
    """Return the weight by category of both models, of events and of non-events."""
    if result.cuts is None or result.event_table is None or result.nonevent_table is None:
        return ()
    ends = ["0", *(f"{each:g}" for each in result.cuts), "1"]
    names = [f"{low} to {high}" for low, high in pairwise(ends)]
    columns = (Column(result.names[1], "left"), *(Column(name) for name in names))
    return tuple(
        Table(
            f"{title} by {result.names[1]} (rows) and {result.names[0]} (columns)",
            columns,
            tuple((name, *map(format_amount, row)) for name, row in zip(names, table, strict=True)),
            divides=True,
        )
        for title, table in (("Events", result.event_table), ("Non-events", result.nonevent_table))
    )
