"""The report of a fit as one document: summary, odds ratios, discrimination, calibration, influence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.diagnostics.calibration import Calibration, calibration
from logitkit.diagnostics.collinearity import Collinearity, collinearity
from logitkit.diagnostics.discrimination import Discrimination, discrimination
from logitkit.diagnostics.goodness import HosmerLemeshow, hosmer_lemeshow
from logitkit.diagnostics.influence import influence
from logitkit.diagnostics.left_out import rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.inference.anova import anova
from logitkit.inference.penalised import is_withheld, posterior_condition
from logitkit.inference.sample import is_sample
from logitkit.plots.calibration import plot_calibration
from logitkit.plots.export import svg_of
from logitkit.plots.forest import forest_size, plot_forest
from logitkit.plots.residuals import plot_residuals
from logitkit.plots.roc import plot_roc
from logitkit.plots.style import page_axes
from logitkit.report.area_words import area_words
from logitkit.report.cautions import NOTHING_TO_JUDGE, few_clusters_tested, no_ratio
from logitkit.report.diagnostic_tables import bins_table
from logitkit.report.document import Block, Document, Figure, Prose, Section
from logitkit.report.finding_blocks import apparent_words, collinearity_table, influence_table
from logitkit.report.forest import ratio_forest
from logitkit.report.html import render_page
from logitkit.report.hypothesis_findings import chi_square_table, missing_tests
from logitkit.report.left_out import left_out_words
from logitkit.report.misfit import few_patterns, misfit_words
from logitkit.report.number_format import (
    format_amount,
    format_integer,
    format_interval,
    format_level,
    format_number,
    format_p,
)
from logitkit.report.provenance import provenance_section
from logitkit.report.readers import for_readers
from logitkit.report.summary import coefficient_tables, summary_document
from logitkit.report.wording import depends_on_coding, fewer_groups, is_calibrated, many_new_rows
from logitkit.writing import write_file

__all__ = ["report_document", "write_page"]

TERMS_TESTED = 100


def report_document(
    record: FitRecord,
    design: Design,
    title: str | None = None,
    units: Mapping[str, float] | None = None,
    source: str | None = None,
) -> Document:
    """Return the report of a fit."""
    summary = summary_document(record, units)
    (table,) = coefficient_tables(record, units)
    sections = (
        Section("Coefficients", (replace(table, notes=(*table.notes, *summary.notes)),)),
        Section("Odds ratios", tuple(_odds(record, units))),
        *_term_tests(record),
        *_judged(record, design),
        *_influence(record, design),
        *_collinearity(record),
        provenance_section(record, design, source, own=is_sample(record, design)),
    )
    return for_readers(
        Document(
            title=title or summary.title,
            subtitle=_rows_in_words(record, design),
            facts=summary.facts,
            blocks=sections,
            warnings=summary.warnings,
        )
    )


def _rows_in_words(record: FitRecord, design: Design) -> str:
    left_out = "".join(f" {text}" for text in left_out_words(rows_left_out(design)))
    if is_sample(record, design):
        return f"Diagnosed on the rows of the fit.{left_out}"
    other = f"Diagnosed on {format_integer(design.n_rows)} other rows; the coefficients are those of the fit."
    return f"{other}{left_out}"


def write_page(path: Path, document: Document) -> Path:
    """Write a document as one self-contained HTML page, whole or not at all."""
    return write_file(path, render_page(document), "report")


def _odds(record: FitRecord, units: Mapping[str, float] | None) -> Iterator[Block]:
    try:
        found = ratio_forest(record, units)
    except UnsupportedError:
        yield Prose(_nothing_to_draw(record))
        return
    axes = plot_forest(found, page_axes(forest_size(found)))
    yield Figure(
        title="Forest plot",
        svg=svg_of(axes),
        png=None,
        caption=_odds_caption(record, record.level),
        alt="Forest plot of the odds ratios",
    )


def _nothing_to_draw(record: FitRecord) -> str:
    if record.separated_completely:
        return "No odds ratio is finite, as every row is fitted perfectly (complete separation)."
    if len(record.names) == record.n_intercepts:
        return "The model has no coefficient besides the intercept."
    if record.penalty is not None:
        return "Every coefficient besides the intercept is zero, so that every odds ratio is 1."
    return " ".join(no_ratio(record.info, "odds ratio")) or "Every term has too many coefficients for a figure."


def _odds_caption(record: FitRecord, level: float) -> str:
    if record.penalty is None:
        return f"Odds ratios with {format_level(level)} Wald intervals, on a logarithmic scale."
    which = "Odds ratios" if record.coef.size == record.penalty.n_nonzero else "Odds ratios that are not 1"
    if is_withheld(record):
        return f"{which}, on a logarithmic scale. There are no intervals after this penalty."
    condition = posterior_condition(record.penalty)
    return f"{which} with {format_level(level)} posterior intervals, {condition}, on a logarithmic scale."


def _term_tests(record: FitRecord) -> Iterator[Section]:
    names = record.info.names
    terms = [term for term in record.info.terms if term.columns and names[term.columns[0]] != INTERCEPT]
    if record.penalty is not None or record.separated_completely or not 0 < len(terms) <= TERMS_TESTED:
        return
    result = anova(record, None, 3, "Wald")
    words = f"Wald tests: {result.hypothesis}."
    notes = (*missing_tests(result), *depends_on_coding(result.contained), *few_clusters_tested(result))
    yield Section("Tests of terms", (Prose(words), replace(chi_square_table(result), notes=notes)))


def _judged(record: FitRecord, design: Design) -> Iterator[Section]:
    if record.separated_completely and is_sample(record, design):
        yield Section("Discrimination and calibration", (Prose(NOTHING_TO_JUDGE),))
        return
    yield from _discrimination(record, discrimination(record, design))
    yield Section("Calibration", tuple(_calibration(record, design)))


def _discrimination(record: FitRecord, result: Discrimination) -> Iterator[Section]:
    exact = "exact " if result.interval == "exact" else ""
    interval = "" if np.isnan(result.low) else f" ({exact}interval {format_interval(result.low, result.high)})"
    which = "apparent area under the ROC curve" if result.in_sample else "area under the ROC curve"
    text = (
        f"The {which} is {format_number(result.auc)}{interval}: the chance that an event drawn at "
        "random has a higher predicted probability than a non-event, ties counting half. "
        f"Gini coefficient {format_number(result.gini)}, Kolmogorov-Smirnov distance {format_number(result.ks)}."
        + "".join(f" {note}" for note in area_words((result.interval,)))
    )
    figure = Figure(
        title="ROC curve",
        svg=svg_of(plot_roc(result, page_axes())),
        png=None,
        caption="Share of events found against share of non-events flagged, over all thresholds.",
        alt="ROC curve",
    )
    caveat = (Prose(apparent_words(record)),) if result.in_sample else ()
    yield Section("Discrimination", (Prose(text), *caveat, figure))


def _calibration(record: FitRecord, design: Design) -> Iterator[Block]:
    result = calibration(record, design)
    yield Prose(_calibration_words(result))
    intervals = "" if np.isnan(result.bins.low).all() else ", with Wilson intervals"
    yield Figure(
        title="Calibration plot",
        svg=svg_of(plot_calibration(result, page_axes())),
        png=None,
        caption=f"Observed against predicted rates in bins of equal size{intervals}; predictions below.",
        alt="Calibration plot",
    )
    yield bins_table(result.bins)
    try:
        test = hosmer_lemeshow(record, design)
    except LogitkitError as error:
        yield Prose(f"Hosmer-Lemeshow test: {error}")
    else:
        yield Prose(_hosmer_lemeshow_words(test))


def _calibration_words(result: Calibration) -> str:
    text = (
        f"{format_amount(result.observed)} events were observed and "
        f"{format_amount(result.expected)} expected (ratio {format_number(result.ratio)}). "
        f"Brier score {format_number(result.brier)}, log loss {format_number(result.log_loss)}."
    )
    if result.in_sample and result.penalised:
        slope = "" if np.isnan(result.slope) else f" ({format_number(result.slope)})"
        return text + (
            f" On the rows of a penalised fit the calibration slope{slope} is above 1 as far as the penalty shrinks; "
            "calibration is judged on other rows."
        )
    if result.in_sample and is_calibrated(result.intercept, result.slope):
        return text + " On the rows of the fit the calibration slope is 1 by construction and says nothing."
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


def _influence(record: FitRecord, design: Design) -> Iterator[Section]:
    if record.penalty is not None or not is_sample(record, design):
        return  # rows that the fit did not see have no influence on it, and after a penalty it is not defined
    result = influence(record, design)
    try:
        axes = plot_residuals(result, page_axes())
    except DataError as error:
        yield Section("Influential rows", (Prose(str(error)),))
        return
    figure = Figure(
        title="Residuals and leverage",
        svg=svg_of(axes),
        png=None,
        caption="Standardised deviance residuals against leverage; the area of a point is Cook's distance.",
        alt="Residuals against leverage",
    )
    beside = {"Leverage": result.leverage, "Std. deviance residual": result.standardized_deviance}
    yield Section("Influential rows", (figure, influence_table(design, result.cooks_distance, beside)))


def _collinearity(record: FitRecord) -> Iterator[Section]:
    try:
        result: Collinearity = collinearity(record)
    except LogitkitError:
        return  # fewer than two terms with a finite estimate: nothing to be collinear; or after a penalty
    if len(result.terms) < 2:
        return
    notes: tuple[str, ...] = ()
    if record.info.absorbed is not None:
        notes = (f"Given the levels of {record.info.absorbed.name}.",)
    elif not result.has_intercept:
        notes = ("The model has no intercept, so these are not centred.",)
    yield Section("Collinearity", (collinearity_table(result, notes),))
