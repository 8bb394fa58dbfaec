"""The report of a fit of several outcomes as one document: a list of sections, each a function of the fit and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.calibration import calibration
from logitkit.diagnostics.classification import classification
from logitkit.diagnostics.collinearity import collinearity
from logitkit.diagnostics.discrimination import discrimination
from logitkit.diagnostics.goodness import hosmer_lemeshow
from logitkit.diagnostics.influence import influence
from logitkit.diagnostics.left_out import rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.inference.anova import anova
from logitkit.inference.chi_square import ChiSquareTests
from logitkit.inference.combine import combine_tests
from logitkit.inference.outcome_effects import OutcomeEffects
from logitkit.inference.penalised import interval_words, is_withheld, posterior_condition
from logitkit.inference.prediction import fitted_matrix
from logitkit.inference.sample import is_sample
from logitkit.plots.calibration import plot_calibration
from logitkit.plots.drawn_outcomes import CURVES_SIZE
from logitkit.plots.export import svg_of
from logitkit.plots.forest import forest_size, plot_forest
from logitkit.plots.outcome_effects import EFFECT_SIZE, plot_outcome_effects, plot_shares
from logitkit.plots.roc import plot_roc
from logitkit.plots.style import OUTCOMES_MOST, page_axes
from logitkit.plots.ternary import TERNARY_SIZE, plot_ternary
from logitkit.report.cautions import NOTHING_TO_JUDGE, few_clusters_tested
from logitkit.report.document import Block, Document, Figure, Prose, Section
from logitkit.report.finding_blocks import apparent_words, collinearity_table, finding_blocks, influence_table
from logitkit.report.forest import coefficient_forest, ratio_forest
from logitkit.report.hypothesis_findings import chi_square_table, missing_tests
from logitkit.report.left_out import left_out_words
from logitkit.report.number_format import format_amount, format_integer, format_level
from logitkit.report.provenance import provenance_section
from logitkit.report.readers import for_readers
from logitkit.report.summary import coefficient_tables, summary_document
from logitkit.report.wording import counted, depends_on_coding, has_only_intercept

__all__ = ["SECTIONS", "outcome_report_document"]

TERMS_TESTED = 30  # each is a fit without the term
PAIRS_MOST = 45  # of ten outcomes
INFLUENCE_MOST = 500  # coefficients: the work of each row grows with the square of their number
LR_WORK = 2e10  # products in the Hessians of fits without each term, beyond which terms are tested by Wald: seconds

Units = Mapping[str, float] | None
Maker = Callable[[FitRecord, Design, Units], Iterator[Section]]


def outcome_report_document(
    record: FitRecord,
    design: Design,
    effects: Sequence[OutcomeEffects] = (),
    title: str | None = None,
    units: Units = None,
    source: str | None = None,
) -> Document:
    """Return the report of a fit of several outcomes."""
    summary = summary_document(record, units)
    sections = tuple(section for make in SECTIONS for section in make(record, design, units))
    own, left_out = is_sample(record, design), left_out_words(rows_left_out(design))
    rows = "the rows of the fit" if own else f"{format_integer(design.n_rows)} other rows"
    return for_readers(
        Document(
            title=title or summary.title,
            subtitle=" ".join(
                (f"Shown on {rows}.", *(() if own else ("The coefficients are those of the fit.",)), *left_out)
            ),
            facts=summary.facts,
            blocks=(
                *sections,
                *_effects(record, effects),
                provenance_section(record, design, source, own=own),
            ),
            warnings=summary.warnings,
        )
    )


def _coefficients(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del design
    *tables, last = coefficient_tables(record, units)
    notes = summary_document(record, units).notes
    blocks: list[Block] = [*tables, replace(last, notes=(*last.notes, *notes))]
    if record.reference is None and not has_only_intercept(record) and not record.separated_completely:
        drawn = coefficient_forest(record, units)
        axes = plot_forest(drawn, page_axes(forest_size(drawn)))
        blocks.append(_figure(axes, "Coefficients", f"Coefficients{_with_intervals(record)}."))
    yield Section("Coefficients", tuple(blocks))


def _relative_risk_ratios(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del design
    try:
        drawn = ratio_forest(record, units)
    except UnsupportedError as error:
        yield Section("Relative risk ratios", (Prose(str(error)),))
        return
    axes = plot_forest(drawn, page_axes(forest_size(drawn)))
    caption = (
        f"The factor by which one unit, or the number of units in the label, multiplies P(outcome) / P({drawn.against})"
        f"{_with_intervals(record)}, on a logarithmic scale."
    )
    yield Section("Relative risk ratios", (_figure(axes, "Relative risk ratios", caption),))


def _term_tests(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    terms = [term for term in record.info.terms if term.columns and term.columns != (record.info.intercept,)]
    if record.penalty is not None or record.separated_completely or not 0 < len(terms) <= TERMS_TESTED:
        return
    own = is_sample(record, design) and record.has_likelihood
    own = own and design.n_rows * record.coef.size**2 * len(terms) <= LR_WORK
    result = anova(record, design if own else None, 3, "LR" if own else "Wald")
    kind = "Likelihood-ratio" if own else "Wald"
    words = f"{kind} tests: {result.hypothesis}."
    yield Section("Tests of terms", _tested(words, result))


def _combining(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    k = len(record.outcomes)
    untested = record.penalty is not None or record.separated_completely or record.restricted
    if untested or has_only_intercept(record) or k < 3 or k * (k - 1) // 2 > PAIRS_MOST:
        return
    result = combine_tests(record, design)
    words = (
        "Wald tests for each pair of outcomes: do the columns tell the two apart? A large p-value says that the data "
        "do not contradict putting them together."
    )
    yield Section("Can outcomes be combined?", _tested(words, result))


def _with_intervals(record: FitRecord) -> str:
    if record.penalty is None:
        return f", with {format_level(record.level)} Wald intervals"
    if is_withheld(record):
        return ", without intervals, as there are none after this penalty"
    return f", with {format_level(record.level)} {interval_words(record)}s, {posterior_condition(record.penalty)}"


def _tested(words: str, result: ChiSquareTests) -> tuple[Block, ...]:
    notes = (*missing_tests(result), *depends_on_coding(result.contained), *few_clusters_tested(result))
    return (Prose(words), chi_square_table(result), *(Prose(note) for note in notes))


def _probabilities(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
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
        _figure(
            axes,
            "Predicted probabilities by observed outcome",
            "Means over the rows with each outcome. The more the bars differ, the better the model tells outcomes "
            "apart.",
        )
    ]
    if len(record.outcomes) == 3:
        axes = page_axes(TERNARY_SIZE)
        plot_ternary(mean, record.outcomes, response.codes, axes)
        caption = "A row is a point: the nearer to a corner, the likelier that outcome. Lines at quarters."
        blocks.append(_figure(axes, "Rows in the triangle of probabilities", caption))
    yield Section("Predicted probabilities", tuple(blocks))


def _discrimination(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    try:
        result = discrimination(record, design)
    except DataError as why:  # one outcome only
        yield Section("Discrimination", (Prose(str(why)),))
        return
    figure = _figure(
        plot_roc(result, page_axes(CURVES_SIZE)),
        "ROC curves",
        "Each outcome against the rest: true positive rate against false positive rate, over all thresholds.",
    )
    caveat = (Prose(apparent_words(record)),) if result.in_sample else ()
    blocks = finding_blocks(replace(result, in_sample=False), _pairs_left(record))  # the caveat says it at length
    yield Section("Discrimination", (*caveat, *blocks, figure))


def _pairs_left(record: FitRecord) -> int:
    """Return how many tables of a diagnostic are shown: those of all pairs, or confusions, only of a few outcomes."""
    return 2 if len(record.outcomes) <= OUTCOMES_MOST else 1


def _classification(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    if len(record.outcomes) <= OUTCOMES_MOST:
        yield Section("Classification by the most probable outcome", finding_blocks(classification(record, design)))


def _calibration(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    result = calibration(record, design)
    intervals = "" if all(np.isnan(bins.low).all() for bins in result.tables) else ", with Wilson intervals"
    figure = _figure(
        plot_calibration(result, page_axes(CURVES_SIZE)),
        "Calibration plot",
        f"Observed against predicted rates of each outcome, in bins of equal size{intervals}.",
    )
    yield Section("Calibration", (*finding_blocks(result), figure))


def _judged(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    if record.separated_completely and is_sample(record, design):
        yield Section("Discrimination and calibration", (Prose(NOTHING_TO_JUDGE),))
        return
    for make in (_probabilities, _discrimination, _classification, _calibration, _goodness):
        yield from make(record, design, units)


def _goodness(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    if record.penalty is not None or len(record.outcomes) > OUTCOMES_MOST:
        return  # without degrees of freedom, or too wide a table
    try:
        blocks = finding_blocks(hosmer_lemeshow(record, design))
    except LogitkitError as why:
        blocks = (Prose(str(why)),)
    yield Section("Goodness of fit", blocks)


def _influence(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    if record.penalty is not None or record.separated_completely or record.coef.size > INFLUENCE_MOST:
        return
    if not is_sample(record, design):
        return
    try:
        result = influence(record, design)
    except LogitkitError as why:
        yield Section("Influential rows", (Prose(str(why)),))
        return
    yield Section(
        "Influential rows",
        (influence_table(design, result.cooks_distance, {"Leverage": result.leverage, "Deviance": result.deviance}),),
    )


def _collinearity(record: FitRecord, design: Design, units: Units) -> Iterator[Section]:
    del units
    del design
    try:
        result = collinearity(record)
    except LogitkitError:
        return  # fewer than two terms with finite estimates, or a penalty
    if len(result.terms) > 1:
        yield Section("Collinearity", (collinearity_table(result),))


def _effects(record: FitRecord, effects: Sequence[OutcomeEffects]) -> Iterator[Section]:
    if record.limit is not None and record.info.coding is not None and record.info.coding.variables:
        words = "Left out, because they take long under separation; fit.plot.effects(variable, data) draws one of them."
        yield Section("Average predictions", (Prose(words),))
        return
    if not effects or len(effects[0].outcomes) > OUTCOMES_MOST:
        return
    words = (
        "Average probabilities over the rows of the table, with the variable set to each value in turn and the others "
        "left as they are. Intervals by the delta method."
    )
    blocks: list[Block] = [Prose(words)]
    for found in effects:
        axes = plot_outcome_effects(found, page_axes(EFFECT_SIZE))
        caption = f"Averages over {counted(found.n_rows, 'row')}, with {format_level(found.level)} intervals."
        blocks.append(_figure(axes, f"Probabilities by {found.variable}", caption))
    yield Section("Average predictions", tuple(blocks))


def _figure(axes: object, title: str, caption: str) -> Figure:
    return Figure(title=title, svg=svg_of(axes), png=None, caption=caption, alt=title)  # type: ignore[arg-type]


#: The sections of a report, in order: add one here.
SECTIONS: tuple[Maker, ...] = (
    _coefficients,
    _relative_risk_ratios,
    _term_tests,
    _combining,
    _judged,
    _influence,
    _collinearity,
)
