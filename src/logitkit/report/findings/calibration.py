"""Calibration as a document."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.calibration.corp import Reliability
from logitkit.diagnostics.calibration.curve import Calibration
from logitkit.diagnostics.calibration.joint_test import JointTest
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.diagnostic_tables import RATES, bins_table
from logitkit.report.findings.diagnostics import absent_outcomes
from logitkit.report.findings.dispatch import finding_document, undetermined_rows
from logitkit.report.number_format import (
    format_amount,
    format_column,
    format_estimate,
    format_integer,
    format_number,
    format_p,
)
from logitkit.report.wording import counted, is_calibrated
from logitkit.typing import FloatArray

__all__ = ["calibration_document", "finding_document", "reliability_document"]

ROUNDING = 1e-9  # of its standard error: a value that is zero but for rounding
CURVE_LEAST = 200  # events, and non-events, that a curve asks for (Van Calster et al. 2016)
MANY_ROWS = 25_000  # trials from which a departure of a hundredth is found
CURVE = {
    "lowess": "lowess of two thirds of the rows",
    "loess": "loess of three quarters of the rows",
    "spline": "a restricted cubic spline of the log odds",
}


@finding_document.register
def calibration_document(result: Calibration) -> Document:
    """Return predicted against observed rates as a document."""
    return _event_calibration(result) if result.of_event else _outcome_calibration(result)


def _event_calibration(result: Calibration) -> Document:
    facts = [
        Fact("Observed events", format_amount(result.observed)),
        Fact("Expected events", format_amount(result.expected)),
        Fact("Observed / expected", format_estimate(result.ratio)),
        Fact("Brier score (scaled)", _scaled(result.brier, result.scaled_brier)),
        Fact("Log loss (scaled)", _scaled(result.log_loss, result.scaled_log_loss)),
        *_curve_facts(result),
    ]
    by_construction = result.in_sample and not result.penalised and is_calibrated(result.intercept, result.slope)
    if not by_construction and not (result.in_sample and result.penalised) and not np.isnan(result.intercept):
        facts.append(_with_error("Intercept", result.intercept, result.intercept_std_error))
    if not by_construction and not np.isnan(result.slope):
        facts.append(_with_error("Slope", result.slope, result.slope_std_error))
    if result.test is not None:
        facts.append(Fact("Intercept 0 and slope 1: P", _test_words(result.test)))
    notes: tuple[str, ...] = ()
    if by_construction:
        notes = ("On the rows of the fit the calibration slope is 1 by construction.",)
    elif result.in_sample and result.penalised:
        text = "On the rows of a penalised fit the slope exceeds 1 to the extent that the penalty shrinks"
        notes = (f"{text}; judge calibration on other rows.",)
    elif result.in_sample:
        notes = ("These are the rows of the fit; judge calibration on other rows.",)
    if np.isinf(result.log_loss):
        text = "The log loss is infinite, and intercept and slope are missing"
        notes = (*notes, f"{text}: an outcome occurred whose predicted probability is 0.")
    elif np.isinf(result.intercept):
        notes = (*notes, "All rows have one outcome: the intercept is infinite, and there is no slope.")
    elif np.isnan(result.slope):
        notes = (*notes, "There is no slope, as predictions do not vary.")
    return Document(
        "Calibration",
        facts=tuple(facts),
        blocks=(bins_table(result.bins), _parts_table(result), *_groups_blocks(result)),
        notes=(*notes, *_curve_notes(result)),
        warnings=undetermined_rows(result.undetermined),
    )


def _with_error(name: str, value: float, error: float) -> Fact:
    """Return an estimate with its standard error, if it has one."""
    if np.isnan(error):
        return Fact(name, format_estimate(value))
    return Fact(f"{name} (SE)", f"{format_estimate(value)} ({format_estimate(error)})")


def _scaled(score: float, scaled: float) -> str:
    return format_estimate(score) if np.isnan(scaled) else f"{format_estimate(score)} ({format_estimate(scaled)})"


def _curve_facts(result: Calibration) -> tuple[Fact, ...]:
    """Return the distances of the curve from the diagonal."""
    curve = result.curve
    if np.isnan(curve.ici):
        return ()
    distances = " / ".join(format_estimate(value) for value in (curve.ici, curve.e50, curve.e90, curve.emax))
    return (Fact("ICI / E50 / E90 / Emax", distances),)


def _test_words(test: JointTest) -> str:
    return f"{format_p(test.p_value)} (chi-square {format_number(test.statistic)}, df {test.dof})"


def _curve_notes(result: Calibration) -> tuple[str, ...]:
    """Return how the curve was made, and when it and the test are not to be relied on."""
    first = result.curves[0]
    words = [
        (
            "ICI, E50, E90 and Emax: mean, median, 90th percentile and maximum distance between curve and diagonal; "
            f"the curve is {CURVE[first.kind]}. They are above zero by chance alone."
        )
    ]
    total = float(result.tables[0].n.sum())
    least = np.minimum(result.observed, total - result.observed)
    if np.min(least) < CURVE_LEAST:
        words.append(
            f"Fewer than {CURVE_LEAST} trials {'with or without the event' if result.of_event else 'of some outcome'}: "
            "the curve and its distances are unstable; rely on the numbers in the large."
        )
    if result.test is not None and total >= MANY_ROWS and result.test.p_value < 1.0 - result.tables[0].level:
        words.append(
            f"With {format_integer(total)} trials a test finds departures that are too small to matter: judge by ICI."
        )
    return tuple(words)


def _parts_table(result: Calibration) -> Table:
    """Return what the Brier score is made of, one row per outcome that is reported."""
    names = (result.outcomes[-1],) if result.of_event else result.outcomes
    heads = ("Reliability", "Resolution", "Uncertainty", "Variance within", "Covariance within", "Brier score")
    cells = tuple(
        (
            name,
            *(
                format_estimate(value)
                for value in (
                    *(parts.reliability, parts.resolution, parts.uncertainty),
                    *(parts.within_variance, parts.within_covariance, parts.brier),
                )
            ),
        )
        for name, parts in zip(names, result.parts, strict=True)
    )
    title = "Brier score = reliability - resolution + uncertainty + variance - covariance within bins"
    return Table(title, (Column("Outcome", "left"), *(Column(name) for name in heads)), cells)


def _groups_blocks(result: Calibration) -> tuple[Table, ...]:
    """Return calibration by group."""
    groups = result.groups
    if groups is None:
        return ()
    columns = (
        format_column(groups.n, "integer"),
        tuple(format_amount(v) for v in groups.observed),
        tuple(format_amount(v) for v in groups.expected),
        *(tuple(format_estimate(v) for v in values) for values in (groups.ratio,)),
        _with_errors(groups.intercept, groups.intercept_std_error),
        _with_errors(groups.slope, groups.slope_std_error),
        *(tuple(format_estimate(v) for v in values) for values in (groups.brier, groups.ici)),
    )
    heads = ("Trials", "Events", "Expected", "O/E", "Intercept (SE)", "Slope (SE)", "Brier", "ICI")
    tests = tuple(
        f"One {name} for all groups: chi-square {format_number(test.statistic)}, df {test.dof}, "
        f"P {format_p(test.p_value)}."
        for name, test in (("intercept", groups.intercepts), ("slope", groups.slopes))
        if test.dof
    )
    return (
        Table(
            f"By {groups.by}",
            (Column(groups.by, "left"), *(Column(name) for name in heads)),
            tuple(zip(groups.names, *columns, strict=True)),
            notes=tests,
        ),
    )


def _outcome_calibration(result: Calibration) -> Document:
    heads = ["Observed", "Expected", "Observed / expected", "Calibration error", "ICI"]
    columns = [
        tuple(format_amount(v) for v in result.observed),
        tuple(format_amount(v) for v in result.expected),
        *(tuple(format_estimate(v) for v in values) for values in (result.ratio, result.error)),
        tuple(format_estimate(curve.ici) for curve in result.curves),
    ]
    by_construction = result.in_sample and not result.penalised and is_calibrated(result.intercept, result.slope)
    if not by_construction:
        heads += ["Intercept (SE)", "Slope (SE)"]
        columns.append(_with_errors(result.intercept, result.intercept_std_error))
        columns.append(_with_errors(result.slope, result.slope_std_error))
    table = Table(
        "By outcome",
        (Column("Outcome", "left"), *(Column(name) for name in heads)),
        tuple(zip(result.outcomes, *columns, strict=True)),
    )
    notes = [f"Intercepts and slopes are of the log-odds against {result.reference}."]
    if by_construction:
        notes = ["On the rows of the fit intercepts are 0 and slopes are 1 by construction."]
    elif result.in_sample and result.penalised:
        text = "On the rows of a penalised fit slopes exceed 1 to the extent that the penalty shrinks"
        notes.append(f"{text}; judge calibration on other rows.")
    elif result.in_sample:
        notes.append("These are the rows of the fit; judge calibration on other rows.")
    absent = tuple(name for name, total in zip(result.outcomes, result.observed, strict=True) if total <= 0.0)
    warnings = [*absent_outcomes(absent), *undetermined_rows(result.undetermined)]
    if result.at_limit:
        warnings.append(
            f"Intercepts and slopes exclude {counted(result.at_limit, 'row')} in which separation leaves an outcome "
            "with probability zero."
        )
    return Document(
        "Calibration",
        facts=(
            Fact("Brier score (sum; scaled)", _scaled(result.brier, result.scaled_brier)),
            Fact("Log loss (scaled)", _scaled(result.log_loss, result.scaled_log_loss)),
            Fact("Mean calibration error", format_estimate(result.mean_error)),
            *(Fact("Intercepts 0 and slopes 1: P", _test_words(test)) for test in (result.test,) if test is not None),
        ),
        blocks=(
            table,
            _parts_table(result),
            *(
                bins_table(bins, f"{RATES} of {name}")
                for name, bins in zip(result.outcomes, result.tables, strict=True)
            ),
        ),
        notes=(*notes, *_curve_notes(result)),
        warnings=tuple(warnings),
    )


def _with_errors(values: FloatArray, errors: FloatArray) -> tuple[str, ...]:
    return tuple(
        format_estimate(value) if np.isnan(error) else f"{format_estimate(value)} ({format_estimate(error)})"
        # On the rows of the fit intercepts are zero but for rounding.
        for value, error in zip(np.where(np.abs(values) <= ROUNDING * errors, 0.0, values), errors, strict=True)
    )


@finding_document.register
def reliability_document(result: Reliability) -> Document:
    """Return an isotonic recalibration as a document."""
    parts = Table(
        "Score = miscalibration - discrimination + uncertainty",
        (Column("", "left"), *(Column(name) for name in ("Score", "Miscalibration", "Discrimination", "Uncertainty"))),
        tuple(
            (
                name,
                *(
                    format_estimate(value)
                    for value in (each.score, each.miscalibration, each.discrimination, each.uncertainty)
                ),
            )
            for name, each in (("Brier score", result.brier), ("Log loss", result.log_loss))
        ),
    )
    columns = (
        format_column(result.n, "integer"),
        *(format_column(values, "percent") for values in (result.first, result.last, result.observed)),
    )
    blocks = Table(
        "Predictions with one isotonic rate",
        tuple(Column(name) for name in ("Trials", "Lowest", "Highest", "Observed")),
        tuple(zip(*columns, strict=True)),
    )
    notes = ["Isotonic rates are the best recalibration that keeps the order of predictions, whichever proper score."]
    if result.in_sample:
        notes.append("These are the rows of the fit, where miscalibration is too small; judge on other rows.")
    if not result.resamples:
        notes.append("No band: it is of independent rows that count as whole ones.")
    if result.pooled:
        notes.append("Neighbouring predictions were pooled, within 1 / 10,000.")
    return Document(f"Reliability of the probability of {result.outcome}", blocks=(parts, blocks), notes=tuple(notes))
