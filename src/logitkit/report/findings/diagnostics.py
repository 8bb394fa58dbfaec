"""Diagnostics as documents, one function per kind of result."""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.discrimination.classification import Averages, Classification
from logitkit.diagnostics.discrimination.curves import Area, Discrimination
from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow
from logitkit.engine.law import NORMAL
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.area_words import APPARENT, LINEARISED, WITHHELD, area_words
from logitkit.report.findings.diagnostic_tables import hosmer_lemeshow_table
from logitkit.report.findings.dispatch import finding_document, test_facts, undetermined_rows
from logitkit.report.findings.misfit import few_patterns, fewer_groups, many_new_rows, misfit_words
from logitkit.report.number_format import (
    format_amount,
    format_estimate,
    format_interval,
    format_level,
    format_percent,
)
from logitkit.report.wording import counted, name_list

__all__ = [
    "absent_outcomes",
    "classification_document",
    "discrimination_document",
    "finding_document",
    "goodness_document",
]

ORDERED = "mean score of the outcomes in their order, from 0 for the first to 1 for the last"
CLASSIFIED = "Classification by the most probable outcome"
FEW_CELLS = 0.2  # of a table: where more cells expect fewer than five, chi-square is a poor law for its statistic


@finding_document.register
def goodness_document(result: HosmerLemeshow) -> Document:
    """Return a Hosmer-Lemeshow test as a document."""
    warnings = [*undetermined_rows(result.undetermined), *few_patterns(result)]
    if result.of_event:
        title, groups = "Hosmer-Lemeshow test", f"Groups: {result.grouping}."
        other = "other rows, so the degrees of freedom equal the number of groups"
    else:
        title = "Generalised Hosmer-Lemeshow test"
        by = f"probability of all outcomes but {result.reference}" if result.reference else ORDERED
        groups = f"Grouped by the {by}: {result.grouping}."
        other = "other rows, so no degrees of freedom are deducted"
        if result.few_expected > FEW_CELLS:
            warnings.append(
                f"Expected counts are below five in {format_percent(result.few_expected)} of the cells: the p-value is "
                "approximate. Ask for fewer groups."
            )
    return Document(
        title,
        facts=test_facts(result.statistic, result.dof, result.p_value, NORMAL),
        blocks=(hosmer_lemeshow_table(result),),
        notes=(
            groups,
            *fewer_groups(result),
            f"On {'the rows of the fit' if result.in_sample else other}.",
            *many_new_rows(result),
            *misfit_words(result),
        ),
        warnings=tuple(warnings),
    )


@finding_document.register
def discrimination_document(result: Discrimination) -> Document:
    """Return areas under ROC curves as a document."""
    return _curve_document(result) if result.of_event else _curves_document(result)


def _curve_document(result: Discrimination) -> Document:
    exact = " (exact)" if result.interval == "exact" else ""
    interval = "" if np.isnan(result.low) else format_interval(result.low, result.high)
    method = "linearised" if result.interval in LINEARISED else "DeLong"
    return Document(
        "Discrimination",
        facts=(
            Fact("AUC", format_estimate(result.auc)),
            Fact(f"Standard error ({method})", format_estimate(result.std_error)),
            Fact(f"{format_level(result.level)} interval{exact}", interval),
            Fact("Gini", format_estimate(result.gini)),
            Fact("Kolmogorov-Smirnov", f"{format_estimate(result.ks)} at {format_estimate(result.ks_threshold)}"),
            Fact("Events", format_amount(result.events)),
            Fact("Non-events", format_amount(result.nonevents)),
        ),
        notes=(
            *((WITHHELD,) * (result.interval == "withheld")),
            *((LINEARISED[result.interval],) if result.interval in LINEARISED else ()),
            *((APPARENT,) * result.in_sample),
            *_approximations(result),
        ),
        warnings=(*area_words((result.interval,)), *undetermined_rows(result.undetermined)),
    )


def _approximations(result: Discrimination) -> tuple[str, ...]:
    """Return what is said of an area of pooled scores, and of a curve that was thinned."""
    words = []
    if result.auc_bound > 0.0:
        words.append(
            f"Scores were pooled in bins: the exact AUC differs by at most {result.auc_bound:.2g}, and the standard "
            "error is that of the pooled scores."
        )
    if result.area_lost > 0.0:
        words.append(
            f"The curve is drawn through {result.fpr.size:,} of its points, which changes the area under it by at most "
            f"{result.area_lost:.2g}; AUC, interval and distance are those of all scores."
        )
    return tuple(words)


def _curves_document(result: Discrimination) -> Document:
    level = format_level(result.level)
    heads = ("AUC", "Std. error", f"{level} low", f"{level} high", "Trials")
    curves = [result.curves[name] for name in result.curves]
    rest = Table(
        "One outcome against the rest",
        (Column("Outcome", "left"), *(Column(name) for name in heads)),
        tuple(
            zip(
                result.curves,
                *(
                    tuple(format_estimate(getattr(curve, name)) for curve in curves)
                    for name in ("auc", "std_error", "low", "high")
                ),
                tuple(format_amount(curve.events) for curve in curves),
                strict=True,
            )
        ),
    )
    pairs = Table(
        "Pairs: how often the row with the first outcome has the larger probability of it",
        (Column("Outcome", "left"), *(Column(f"than {name}") for name in result.outcomes)),
        tuple(
            (name, *(format_estimate(value) for value in row))
            for name, row in zip(result.outcomes, result.pairwise, strict=True)
        ),
        divides=True,
    )
    areas = (result.hand_till, result.macro, result.weighted)
    kinds = {area.interval for area in areas} | {curve.interval for curve in curves}
    errors = {
        "DeLong": "Standard errors: DeLong's.",
        "withheld": WITHHELD,
        **LINEARISED,
    }
    return Document(
        "Discrimination",
        facts=(
            Fact("Hand-Till M", _area_words(result.hand_till, level)),
            Fact("Mean AUC against the rest", _area_words(result.macro, level)),
            Fact("The same, weighted by frequency", _area_words(result.weighted, level)),
        ),
        blocks=(rest, pairs),
        notes=(*[text for kind, text in errors.items() if kind in kinds][:1], *((APPARENT,) * result.in_sample)),
        warnings=(
            *absent_outcomes(result.absent),
            *area_words(kinds),
            *undetermined_rows(result.undetermined),
        ),
    )


@finding_document.register
def classification_document(result: Classification) -> Document:
    """Return predicted against observed outcomes as a document."""
    level = format_level(result.level)
    accuracy = format_estimate(result.accuracy)
    if not np.isnan(result.accuracy_low):
        accuracy = f"{accuracy} ({level} {format_interval(result.accuracy_low, result.accuracy_high)})"
    table = Table(
        "Confusion table",
        (Column("Observed", "left"), *(Column(f"as {name}") for name in result.outcomes)),
        tuple(
            (name, *(format_amount(value) for value in row))
            for name, row in zip(result.outcomes, result.confusion, strict=True)
        ),
        divides=True,
    )
    warnings = [*absent_outcomes(result.absent), *undetermined_rows(result.undetermined)]
    if result.never_predicted:
        warnings.append(
            f"Never predicted, so precision is undefined: {name_list(result.never_predicted)}. Averages that need it "
            "are missing."
        )
    if result.ties:
        rows = counted(result.ties, "row")
        warnings.append(
            f"{rows} at the threshold: the event is predicted."
            if result.of_event
            else f"{rows} with a tie between the most probable outcomes: the first is predicted."
        )
    return Document(
        f"Classification at a threshold of {result.threshold:g}" if result.of_event else CLASSIFIED,
        facts=(
            Fact("Accuracy", accuracy),
            *(_predictive_facts(result) if result.of_event else ()),
            Fact("Accuracy of the most frequent", format_estimate(result.no_information)),
            Fact("Balanced accuracy", format_estimate(result.balanced_accuracy)),
            Fact("Cohen's kappa", format_estimate(result.kappa)),
            Fact("Matthews correlation", format_estimate(result.matthews)),
            Fact("Log loss", format_estimate(result.log_loss)),
            Fact("Brier score" if result.of_event else "Brier score (sum)", format_estimate(result.brier)),
        ),
        blocks=(table, _measures_table(result)),
        notes=(APPARENT,) * result.in_sample,
        warnings=tuple(warnings),
    )


def _predictive_facts(result: Classification) -> tuple[Fact, ...]:
    rates = (
        ("Sensitivity", result.sensitivity, result.recall_limits[:, 1]),
        ("Specificity", result.specificity, result.recall_limits[:, 0]),
        ("Positive predictive value", result.positive_predictive_value, result.precision_limits[:, 1]),
        ("Negative predictive value", result.negative_predictive_value, result.precision_limits[:, 0]),
    )
    return tuple(
        Fact(name, f"{format_estimate(rate)} {format_interval(float(low), float(high), 4)}".rstrip())
        for name, rate, (low, high) in rates
    )


def _measures_table(result: Classification) -> Table:
    heads = ("Precision", "Recall", "F1", "Trials", "Predicted")
    measures = zip(
        result.outcomes,
        *(tuple(format_estimate(v) for v in values) for values in (result.precision, result.recall, result.f1)),
        *(tuple(format_amount(v) for v in values) for values in (result.support, result.predicted)),
        strict=True,
    )
    total = format_amount(float(result.support.sum()))
    averages = {"Macro average": result.macro, "Weighted average": result.weighted, "Micro average": result.micro}
    return Table(
        "Measures by outcome",
        (Column("Outcome", "left"), *(Column(name) for name in heads)),
        (*measures, *((name, *_average_cells(average), total, total) for name, average in averages.items())),
    )


def _average_cells(average: Averages) -> tuple[str, ...]:
    return tuple(format_estimate(value) for value in (average.precision, average.recall, average.f1))


def absent_outcomes(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a warning of outcomes that no row has."""
    if not names:
        return ()
    return (f"No row has the outcome {name_list(names)}: the results are those of the other outcomes.",)


def _area_words(area: Area, level: str) -> str:
    if np.isnan(area.low):
        return format_estimate(area.estimate)
    exact = ", exact" if area.interval == "exact" else ""
    return f"{format_estimate(area.estimate)} ({level} {format_interval(area.low, area.high)}{exact})"
