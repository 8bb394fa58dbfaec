"""Sections of a report that the fit alone can write: coefficients, ratios, tests, collinearity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError, UnsupportedError
from logitkit.inference.hypotheses.anova import anova
from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.inference.hypotheses.combine import combine_tests
from logitkit.inference.penalised.posterior import interval_words, is_withheld, posterior_condition
from logitkit.models.words import Ratio
from logitkit.plots.forest import forest_size, plot_forest
from logitkit.plots.style import page_axes
from logitkit.report.called import in_print
from logitkit.report.cautions import few_clusters_tested, no_ratio
from logitkit.report.document import Block, Prose, Section
from logitkit.report.drawn import page_figure
from logitkit.report.findings.blocks import collinearity_table
from logitkit.report.findings.hypotheses import chi_square_table, missing_tests
from logitkit.report.forest import coefficient_forest, ratio_forest
from logitkit.report.number_format import format_level
from logitkit.report.pages.alternatives import forest_words
from logitkit.report.pages.judged import Judged
from logitkit.report.summary import coefficient_tables
from logitkit.report.wording import depends_on_coding, has_only_intercept

__all__ = [
    "coefficient_section",
    "collinearity_section",
    "combining_section",
    "parallel_section",
    "ratio_section",
    "term_section",
]

TERMS_TESTED = 100
TERMS_REFITTED = 30  # each is a fit without the term
PAIRS_MOST = 45  # of ten outcomes
LR_WORK = 2e10  # products in the Hessians of fits without each term, beyond which terms are tested by Wald: seconds


def coefficient_section(made: Judged) -> Iterator[Section]:
    """Yield the coefficient tables with the notes of the summary, and a figure where there are no ratios."""
    record, units = made.record, made.units
    *tables, last = coefficient_tables(record, units)
    notes = made.summary.notes
    blocks: list[Block] = [*tables, replace(last, notes=(*last.notes, *notes))]
    ratio = record.family.words.ratio_against(record.reference)
    if ratio is None and not has_only_intercept(record) and not record.separated_completely:
        drawn = coefficient_forest(record, units)
        axes = plot_forest(drawn, page_axes(forest_size(drawn)))
        caption = f"Coefficients{_with_intervals(record)}.{_no_intervals(record)}"
        blocks.append(page_figure(axes, "Coefficients", caption, forest_words(drawn)))
    yield Section("Coefficients", tuple(blocks))


def ratio_section(made: Judged) -> Iterator[Section]:
    """Yield the forest plot of the ratios."""
    record, units = made.record, made.units
    ratio = record.family.words.ratio
    if ratio is None:
        return
    heading = f"{ratio.title}s"
    try:
        found = ratio_forest(record, units)
    except UnsupportedError:
        yield Section(heading, (Prose(_nothing_to_draw(record, ratio)),))
        return
    axes = plot_forest(found, page_axes(forest_size(found)))
    caption = f"{_drawn_ratios(record, ratio)}{_with_intervals(record)}, on a logarithmic scale"
    if found.against:
        caption += (
            ": the factors by which an increase of one unit, or of the number of units in the label, multiplies "
            f"P(outcome) / P({found.against})"
        )
    caption += f".{_no_intervals(record)}"
    yield Section(heading, (page_figure(axes, "Forest plot", caption, forest_words(found)),))


def _drawn_ratios(record: FitRecord, ratio: Ratio) -> str:
    whole = record.penalty is None or record.coef.size == record.penalty.n_nonzero
    return f"{ratio.title}s" if whole else f"{ratio.title}s that are not 1"


def _nothing_to_draw(record: FitRecord, ratio: Ratio) -> str:
    if record.separated_completely:
        return f"No {ratio.name} is finite, as every row is fitted perfectly (complete separation)."
    if len(record.names) == record.n_intercepts:
        return "The model has no coefficient besides the intercept."
    if record.is_penalised:
        return f"Every coefficient besides the intercept is zero, so that every {ratio.name} is 1."
    return " ".join(no_ratio(record.info, ratio.name)) or "Every term has too many coefficients for a figure."


def _with_intervals(record: FitRecord) -> str:
    if is_withheld(record):
        return ""
    level = format_level(record.level)
    if record.penalty is None:
        return f" with {level} Wald intervals"
    return f" with {level} {interval_words(record)}s, {posterior_condition(record.penalty)}"


def _no_intervals(record: FitRecord) -> str:
    return " There are no intervals after this penalty." if record.is_penalised and is_withheld(record) else ""


def term_section(made: Judged) -> Iterator[Section]:
    """Yield tests of the terms: of several outcomes by likelihood ratio, where that takes seconds; else by Wald."""
    record, design = made.record, made.design
    names = record.info.names
    terms = [term for term in record.info.terms if term.columns and names[term.columns[0]] != INTERCEPT]
    if record.is_penalised or record.separated_completely or not 0 < len(terms) <= TERMS_TESTED:
        return
    refitted = not record.has_event and len(terms) <= TERMS_REFITTED
    refitted = refitted and made.own and record.has_likelihood
    refitted = refitted and design.n_rows * record.coef.size**2 * len(terms) <= LR_WORK
    if is_withheld(record) and not refitted:
        return
    found = anova(made.fit, design if refitted else None, 3, "LR" if refitted else "Wald")
    result = in_print(found, made.called)
    kind = "Likelihood-ratio" if refitted else "Wald"
    yield Section("Tests of terms", _tested(f"{kind} tests: {result.hypothesis}.", result))


def combining_section(made: Judged) -> Iterator[Section]:
    """Yield tests of whether outcomes can be combined, where each has coefficients of its own."""
    record, design = made.record, made.design
    k = len(record.outcomes)
    untested = record.is_penalised or record.separated_completely or record.restricted
    untested = untested or not record.family.words.compares or has_only_intercept(record)
    if untested or k < 3 or k * (k - 1) // 2 > PAIRS_MOST:
        return
    result = in_print(combine_tests(made.fit, design), made.called)
    words = (
        "Wald tests for each pair of outcomes: do the columns distinguish the two? A large p-value means that the "
        "data do not contradict merging them."
    )
    yield Section("Can outcomes be combined?", _tested(words, result))


def parallel_section(made: Judged) -> Iterator[Section]:
    """Yield tests of whether terms of ordered outcomes need one coefficient per threshold."""
    result = made.parallel
    if isinstance(result, LogitkitError):  # no term with a single coefficient, two outcomes, no finite estimates
        yield Section("Is one coefficient per term enough?", (Prose(f"Left out: {result}"),))
        return
    if result is None:
        return
    words = (
        "Score tests: does a term need one coefficient per threshold? A small p-value speaks against a single one for "
        "all of them."
    )
    yield Section("Is one coefficient per term enough?", _tested(words, result))


def _tested(words: str, result: ChiSquareTests) -> tuple[Block, ...]:
    notes = (
        *missing_tests(result),
        *depends_on_coding(result.contained, result.type == 3),
        *few_clusters_tested(result),
    )
    return (Prose(words), replace(chi_square_table(result), notes=notes))


def collinearity_section(made: Judged) -> Iterator[Section]:
    """Yield variance inflation, where there are two terms or more."""
    record, result = made.record, made.collinearity
    if isinstance(result, LogitkitError):  # nothing to be collinear, or after a penalty
        if len(record.info.terms) > 2:
            yield Section("Collinearity", (Prose(f"Left out: {result}"),))
        return
    if len(result.terms) < 2:
        return
    notes: tuple[str, ...] = ()
    if record.nuisance.words.given:
        notes = (f"Given {record.nuisance.words.given}.",)
    elif not result.has_intercept:
        notes = ("The model has no intercept, so these are not centred.",)
    yield Section("Collinearity", (collinearity_table(result, notes),))
