"""Sections of a report that look at rows: discrimination, calibration, influence, average predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

import logitkit.report.findings.effects  # noqa: F401 - says how effects are shown
from logitkit.diagnostics.calibration.curve import Calibration
from logitkit.diagnostics.discrimination.classification import classification
from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError, UnsupportedError
from logitkit.inference.effects.average_predictions import AveragePredictions
from logitkit.inference.effects.comparisons import Effects
from logitkit.inference.prediction import fitted_matrix
from logitkit.plots.average_predictions import EFFECT_SIZE, plot_average_predictions, plot_shares
from logitkit.plots.calibration import plot_calibration
from logitkit.plots.drawn_outcomes import CURVES_SIZE
from logitkit.plots.residuals import plot_residuals
from logitkit.plots.roc import plot_roc
from logitkit.plots.style import OUTCOMES_MOST, page_axes
from logitkit.plots.ternary import TERNARY_SIZE, plot_ternary
from logitkit.report.called import in_print
from logitkit.report.cautions import NOTHING_TO_JUDGE
from logitkit.report.document import Block, Figure, Prose, Section, Table
from logitkit.report.drawn import page_figure
from logitkit.report.findings.area_words import area_words
from logitkit.report.findings.blocks import apparent_words, finding_blocks, influence_table
from logitkit.report.findings.diagnostic_tables import bins_table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.findings.goodness import panel_document
from logitkit.report.findings.misfit import few_patterns, fewer_groups, many_new_rows, misfit_words
from logitkit.report.number_format import (
    format_amount,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_p,
)
from logitkit.report.pages.alternatives import averages_words, calibration_alt, influence_words, roc_words, shares_words
from logitkit.report.pages.judged import ROWS_TESTED, Judged
from logitkit.report.wording import counted, is_calibrated

__all__ = ["change_section", "effect_section", "goodness_section", "influence_section", "judged_sections"]


def judged_sections(made: Judged) -> Iterator[Section]:
    """Yield what is judged of the predictions on the rows: discrimination, classification, calibration, fit."""
    record = made.record
    if made.perfect:
        yield Section("Discrimination and calibration", (Prose(NOTHING_TO_JUDGE),))
        return
    if record.family.words.quasi:
        return
    of_event = {"Discrimination": _discrimination_of_event, "Calibration": _calibration_of_event}
    of_outcomes = {
        "Predicted probabilities": _probabilities,
        "Discrimination": _discrimination,
        "Classification by the most probable outcome": _classification,
        "Calibration": _calibration,
        "Goodness of fit": _goodness,
    }
    for heading, make in (of_event if record.has_event else of_outcomes).items():
        try:
            yield from make(made)
        except UnsupportedError as why:  # rows that are read in chunks, of which memory has no room for all
            if not made.design.in_chunks:
                raise
            yield Section(heading, (Prose(f"Left out: {why}"),))


def _discrimination_of_event(made: Judged) -> Iterator[Section]:
    record, result = made.record, made.discrimination
    if isinstance(result, LogitkitError):  # one outcome only
        yield Section("Discrimination", (_left_out(result),))
        return
    exact = "exact " if result.interval == "exact" else ""
    interval = "" if np.isnan(result.low) else f" ({exact}interval {format_interval(result.low, result.high)})"
    which = "apparent area under the ROC curve" if result.in_sample else "area under the ROC curve"
    text = (
        f"The {which} is {format_number(result.auc)}{interval}: the chance that an event drawn at "
        "random has a higher predicted probability than a non-event, ties counting half. "
        f"Gini coefficient {format_number(result.gini)}, Kolmogorov-Smirnov distance {format_number(result.ks)}."
        + "".join(f" {note}" for note in area_words((result.interval,)))
    )
    caption = "Proportion of events found against proportion of non-events flagged, over all thresholds."
    figure = page_figure(plot_roc(result, page_axes()), "ROC curve", caption, roc_words(result))
    caveat = (Prose(apparent_words(record)),) if result.in_sample else ()
    yield Section("Discrimination", (Prose(text), *caveat, figure))


def _calibration_of_event(made: Judged) -> Iterator[Section]:
    result, test = made.calibration, made.hosmer_lemeshow
    if isinstance(result, LogitkitError):
        yield Section("Calibration", (_left_out(result),))
        return
    intervals = "" if np.isnan(result.bins.low).all() else ", with Wilson intervals"
    caption = f"Observed against predicted rates in bins of equal size{intervals}; predictions below."
    figure = page_figure(plot_calibration(result, page_axes()), "Calibration plot", caption, calibration_alt(result))
    fit = f"Hosmer-Lemeshow test: {test}" if isinstance(test, LogitkitError) else _hosmer_lemeshow_words(test)
    yield Section("Calibration", (Prose(_calibration_words(result)), figure, bins_table(result.bins), Prose(fit)))


def _calibration_words(result: Calibration) -> str:
    text = (
        f"{format_amount(result.observed)} events were observed and "
        f"{format_amount(result.expected)} expected (ratio {format_number(result.ratio)}). "
        f"Brier score {format_number(result.brier)}, log loss {format_number(result.log_loss)}."
    )
    if result.in_sample and result.penalised:
        slope = "" if np.isnan(result.slope) else f" ({format_number(result.slope)})"
        return text + (
            f" On the rows of a penalised fit the calibration slope{slope} exceeds 1 to the extent that the penalty "
            "shrinks; judge calibration on other rows."
        )
    if result.in_sample and is_calibrated(result.intercept, result.slope):
        return text + " On the rows of the fit the calibration slope is 1 by construction and uninformative."
    if np.isnan(result.intercept) or np.isnan(result.slope):
        return text
    return text + (
        f" Calibration intercept {format_number(result.intercept)} (standard error "
        f"{format_number(result.intercept_std_error)}), slope {format_number(result.slope)} "
        f"({format_number(result.slope_std_error)}); ideal values are 0 and 1."
    )


def _hosmer_lemeshow_words(test: HosmerLemeshow) -> str:
    notes = (*fewer_groups(test), *many_new_rows(test), *few_patterns(test), *misfit_words(test))
    found = (
        f"Hosmer-Lemeshow test: chi-square {format_number(test.statistic)} with {test.dof} degrees of freedom, "
        f"p {format_p(test.p_value)}. Groups: {test.grouping}."
    )
    return " ".join((found, *notes))


def _probabilities(made: Judged) -> Iterator[Section]:
    record, design = made.record, made.design
    response = design.response
    if len(record.outcomes) > OUTCOMES_MOST:
        return  # more areas than a figure can tell apart
    mean = fitted_matrix(record, design.matrix, response.offset).probabilities
    known = ~np.isnan(mean).any(axis=0)
    weights = (response.indicators() * response.weights)[:, known]
    totals = weights.sum(axis=1)
    there = np.flatnonzero(totals > 0.0)
    if there.size == 0:
        return  # no row with a prediction that is determined
    shares = (mean[:, known] @ weights[there].T) / totals[there]
    axes = page_axes(EFFECT_SIZE)
    labels = [f"{record.outcomes[k]} ({format_amount(float(totals[k]))})" for k in there]
    plot_shares(labels, shares, record.outcomes, axes, x="Observed outcome", y="Mean predicted probability")
    blocks = [
        page_figure(
            axes,
            "Predicted probabilities by observed outcome",
            "Means over the rows with each outcome. The more the bars differ, the better the model discriminates.",
            shares_words([record.outcomes[k] for k in there], shares[there]),
        )
    ]
    if len(record.outcomes) == 3:
        axes = page_axes(TERNARY_SIZE)
        plot_ternary(mean, record.outcomes, response.codes, axes)
        caption = "Each row is a point: the nearer a corner, the likelier that outcome. Lines at quarters."
        words = f"{counted(mean.shape[1], 'row')} in the triangle with the corners {', '.join(record.outcomes)}."
        blocks.append(page_figure(axes, "Rows in the triangle of probabilities", caption, words))
    yield Section("Predicted probabilities", tuple(blocks))


def _discrimination(made: Judged) -> Iterator[Section]:
    record, result = made.record, made.discrimination
    if isinstance(result, LogitkitError):  # one outcome only
        yield Section("Discrimination", (_left_out(result),))
        return
    figure = page_figure(
        plot_roc(result, page_axes(CURVES_SIZE)),
        "ROC curves",
        "Each outcome against the rest: true positive rate against false positive rate, over all thresholds.",
        roc_words(result),
    )
    caveat = (Prose(apparent_words(record)),) if result.in_sample else ()
    blocks = finding_blocks(replace(result, in_sample=False), _pairs_left(record))  # the caveat says it at length
    yield Section("Discrimination", (*caveat, *blocks, figure))


def _pairs_left(record: FitRecord) -> int:
    """Return how many tables of a diagnostic are shown: those of all pairs, or confusions, only of a few outcomes."""
    return 2 if len(record.outcomes) <= OUTCOMES_MOST else 1


def _classification(made: Judged) -> Iterator[Section]:
    if len(made.record.outcomes) <= OUTCOMES_MOST:
        result = in_print(classification(made.fit, made.design), made.called)
        yield Section("Classification by the most probable outcome", finding_blocks(result))


def _calibration(made: Judged) -> Iterator[Section]:
    result = made.calibration
    if isinstance(result, LogitkitError):
        yield Section("Calibration", (_left_out(result),))
        return
    intervals = "" if all(np.isnan(bins.low).all() for bins in result.tables) else ", with Wilson intervals"
    figure = page_figure(
        plot_calibration(result, page_axes(CURVES_SIZE)),
        "Calibration plot",
        f"Observed against predicted rates of each outcome, in bins of equal size{intervals}.",
        calibration_alt(result),
    )
    yield Section("Calibration", (*finding_blocks(result), figure))


def _goodness(made: Judged) -> Iterator[Section]:
    record, result = made.record, made.hosmer_lemeshow
    if record.is_penalised or len(record.outcomes) > OUTCOMES_MOST:
        return  # without degrees of freedom, or too wide a table
    blocks = (_left_out(result),) if isinstance(result, LogitkitError) else finding_blocks(result)
    yield Section("Goodness of fit", blocks)


def goodness_section(made: Judged) -> Iterator[Section]:
    """Yield tests of fit side by side, or why there are none."""
    result, heading = made.goodness, "Tests of fit"
    if result is None and made.design.n_rows > ROWS_TESTED:
        words = (
            f"Left out: with more than {format_integer(ROWS_TESTED)} rows every test of fit finds departures that are "
            "too small to matter. The calibration plot shows how large they are."
        )
        yield Section(heading, (Prose(words),))
    elif isinstance(result, LogitkitError):
        yield Section(heading, (_left_out(result),))
    elif result is not None:
        yield Section(heading, finding_blocks(panel_document(result)))


def influence_section(made: Judged) -> Iterator[Section]:
    """Yield the rows of largest influence; other rows have none on the fit, and after a penalty it is not defined."""
    design, result, has_event = made.design, made.influence, made.record.has_event
    if result is None:
        return
    if isinstance(result, LogitkitError):
        yield Section("Influential rows", (_left_out(result),))
        return
    figures: tuple[Figure, ...] = ()
    if has_event:
        caption = "Standardised deviance residuals against leverage; the area of a point is Cook's distance."
        try:
            axes = plot_residuals(result, page_axes())
        except LogitkitError as why:  # every leverage is 1, or every row is fitted perfectly
            yield Section("Influential rows", (Prose(str(why)),))
            return
        figures = (page_figure(axes, "Residuals and leverage", caption, influence_words(result)),)
    deviance = {"Std. deviance residual": result.standardized_deviance} if has_event else {"Deviance": result.deviance}
    table = influence_table(design, result.cooks_distance, {"Leverage": result.leverage, **deviance})
    yield Section("Influential rows", (*figures, table))


def change_section(changes: Effects | LogitkitError | None) -> Iterator[Section]:
    """Yield the average effects of the variables on the probabilities, as they were computed, or why they were not."""
    if isinstance(changes, LogitkitError):
        yield Section("Average effects", (Prose(f"Left out: {changes}"),))
        return
    if changes is None or np.isnan(changes.numbers.value).all():
        return
    document = finding_document(changes)
    found = [block for block in document.blocks if isinstance(block, Table)]
    tables = [replace(table, notes=(*table.notes, *document.notes)) for table in found]
    words = (
        f"{document.title}: for numbers the slope, dy/dx, or the change from 0 to 1; for levels the difference from "
        "the reference level; averaged over the rows of the table, the other variables left as they are."
    )
    yield Section("Average effects", (Prose(words), *tables))


def effect_section(record: FitRecord, effects: Sequence[AveragePredictions | LogitkitError]) -> Iterator[Section]:
    """Yield average predictions by variable, as they were computed, and why some were not."""
    if record.is_separated and record.info.coding is not None and record.info.coding.variables:
        words = (
            "Omitted, because they are slow under separation; fit.plot.average_predictions(variable, data) draws any "
            "one of them."
        )
        yield Section("Average predictions", (Prose(words),))
        return
    refusals = dict.fromkeys(str(each) for each in effects if isinstance(each, LogitkitError))
    computed = [each for each in effects if not isinstance(each, LogitkitError)]
    left_out = tuple(Prose(f"Left out: {why}") for why in refusals)
    if not computed and left_out:
        yield Section("Average predictions", left_out)
    if not computed or len(computed[0].outcomes) > OUTCOMES_MOST:
        return
    words = (
        "Average probabilities over the rows of the table, with the variable set to each value in turn and the others "
        "left as they are. Intervals by the delta method."
    )
    blocks: list[Block] = [Prose(words)]
    for found in computed:
        axes = plot_average_predictions(found, page_axes(EFFECT_SIZE))
        caption = f"Averages over {counted(found.n_rows, 'row')}, with {format_level(found.level)} intervals."
        blocks.append(page_figure(axes, f"Probabilities by {found.variable}", caption, averages_words(found)))
    yield Section("Average predictions", (*blocks, *left_out))


def _left_out(why: LogitkitError) -> Prose:
    """Return why a diagnostic is not there."""
    return Prose(f"Left out: {why}" if isinstance(why, UnsupportedError) else str(why))
