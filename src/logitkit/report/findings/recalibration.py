"""Recalibrations of logits, and closed tests of updates, as documents."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from logitkit.logits.recalibration.closed_test import ClosedTest
from logitkit.logits.recalibration.recalibrator import Recalibrator
from logitkit.logits.recalibration.score_change import ScoreChange
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_estimate,
    format_integer,
    format_interval,
    format_level,
    format_percent,
)

__all__ = ["closed_test_document", "recalibrator_document", "score_change_document"]

TITLES = {
    "none": "No recalibration",
    "intercept": "Recalibration of the intercept",
    "logistic": "Recalibration of intercept and slope",
    "temperature": "Recalibration by a temperature",
    "vector": "Recalibration by a slope and an intercept per outcome",
    "beta": "Beta calibration",
    "isotonic": "Isotonic recalibration",
    "centred": "Centred isotonic recalibration",
    "spline": "Recalibration by a restricted cubic spline",
}
AT = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
UPDATES = {"none": "No change", "intercept": "Intercept", "logistic": "Intercept and slope", "refit": "Refit"}


@finding_document.register
def recalibrator_document(result: Recalibrator) -> Document:
    """Return what a recalibration changes as a document."""
    if result.method == "none":
        return Document(TITLES["none"], notes=("Logits stay what they are.",))
    change = Table("What it changes", (Column("Predicted"), Column("Recalibrated")), _changes(result))
    notes = ["Scores after are of the rows that it was learnt from, which flatters; judge on others."]
    if result.method == "isotonic":
        notes.append(
            "Predictions within a block become equal, and beyond the first and last logit the rate is constant."
        )
    if np.isnan(result.std_error).any():
        notes.append(
            "No standard errors: clusters are not summed over rows that are read in chunks, or there is but one."
        )
    if (result.std_error == 0.0).any():
        notes.append("A parameter without an interval was held at its bound, zero.")
    if result.robust:
        notes.append("Standard errors: sandwich.")
    facts = [
        Fact("Learnt from", format_amount(result.n)),
        Fact("Log loss before", format_estimate(result.log_loss[0])),
        Fact("Log loss after", format_estimate(result.log_loss[1])),
        Fact("Brier score before", format_estimate(result.brier[0])),
        Fact("Brier score after", format_estimate(result.brier[1])),
    ]
    if result.method == "temperature":
        low, high = result.temperature_interval()
        shown = f"{format_estimate(result.temperature)} ({format_interval(low, high)})"
        facts.append(Fact(f"Temperature ({format_level(0.95)} interval)", shown))
    blocks = [_parameters(result)] if result.names else []
    return Document(
        TITLES[result.method],
        facts=tuple(facts),
        blocks=(*blocks, *((change,) if result.of_event else ())),
        notes=tuple(notes),
    )


def _parameters(result: Recalibrator) -> Table:
    level = format_level(0.95)
    low, high = result.interval().T
    heads = ("Estimate", "Std. error", f"{level} low", f"{level} high")
    columns = (format_column(values, "estimate") for values in (result.estimate, result.std_error, low, high))
    return Table(
        "Parameters",
        (Column("Parameter", "left"), *(Column(name) for name in heads)),
        tuple(zip(result.names, *columns, strict=True)),
    )


def _changes(result: Recalibrator) -> tuple[tuple[str, str], ...]:
    """Return some probabilities before and after."""
    if not result.of_event:
        return ()
    after = result.transform_probabilities(logit(np.array(AT)))
    return tuple((format_percent(one), format_percent(other)) for one, other in zip(AT, after, strict=True))


@finding_document.register
def closed_test_document(result: ClosedTest) -> Document:
    """Return a closed test of updates as a document."""
    columns = (
        format_column(result.statistic, "statistic", 2),
        tuple(format_integer(int(value)) for value in result.dof),
        format_column(result.p_value, "p_value"),
    )
    names = tuple(UPDATES[name] for name in result.updates[:-1])
    last = UPDATES[result.against].lower()
    table = Table(
        f"Each update against {last}",
        (Column("Update", "left"), Column("Chi-square"), Column("df"), Column("P")),
        tuple(zip(names, *columns, strict=True)),
    )
    return Document(
        "Closed test of updates",
        facts=(Fact("Chosen", UPDATES[result.chosen]), Fact("Level", format_level(result.level))),
        blocks=(table,),
        notes=(
            "Chosen: the first that is not rejected against the most extensive, else that one (Vergouwe et al. 2017).",
        ),
    )


@finding_document.register
def score_change_document(result: ScoreChange) -> Document:
    """Return scores before and after a recalibration as a document."""
    level = format_level(result.level)
    heads = ("Before", "After", "Change", "Std. error", f"{level} low", f"{level} high")
    values = (result.before, result.after, result.change, result.std_error, result.low, result.high)
    columns = (tuple(format_estimate(each, 5) for each in row) for row in values)
    table = Table(
        None,
        (Column("Score", "left"), *(Column(name) for name in heads)),
        tuple(zip(result.names, *columns, strict=True)),
    )
    return Document(
        "Scores before and after recalibration",
        facts=(Fact("Rows", format_amount(result.n)),),
        blocks=(table,),
        notes=("Lower scores are better. Standard errors are of paired rows; the recalibration is taken as given.",),
    )
