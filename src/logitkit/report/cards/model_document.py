"""The development document of a card: what a validator asks for, section by section."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.hypotheses.chi_square import ChiSquareTests
from logitkit.plots.cap import plot_cap
from logitkit.plots.card import CardPoints, plot_card
from logitkit.plots.odds_line import plot_odds_line
from logitkit.plots.style import for_pages
from logitkit.report.cards.bins import variables_section
from logitkit.report.cards.evidence import (
    CardEvidence,
    calibration_section,
    fairness_section,
    grades_section,
    periods_section,
    profit_section,
)
from logitkit.report.cards.findings import points_table, population_facts
from logitkit.report.cards.limits import Assumed, limits_section
from logitkit.report.cards.manifest import manifest_section
from logitkit.report.cards.model import model_document
from logitkit.report.cards.scorecard_frames import card_frame
from logitkit.report.document import Block, Column, Document, Fact, Figure, Prose, Section, Table
from logitkit.report.drawn import drawn_figure
from logitkit.report.findings.blocks import finding_blocks, said_once
from logitkit.report.number_format import format_integer, format_level, format_number, format_percent
from logitkit.report.provenance import written_on
from logitkit.report.readers import for_readers
from logitkit.report.summary import summary_document
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card
from logitkit.scorecard.card_errors import errors_given
from logitkit.scorecard.changes import CardChange, prior_of
from logitkit.scorecard.leakage import leakage_signs
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.monitoring.card_stability import CardDrift
from logitkit.scorecard.population import AssumedRejects, Population
from logitkit.scorecard.rounding import Rounding
from logitkit.scorecard.selection import Selection, SelectionStep
from logitkit.scorecard.validation.bands import Bands
from logitkit.scorecard.validation.samples import Validation

__all__ = ["CardParts", "card_report"]


GIVEN = "Bins and weights of evidence as given."
BINS_MOST = 26  # of a figure of points
ABSENT = {
    "loaded": "are not kept by a card that was loaded; give them as Evidence(development=...), or as --development",
    "inferred": "are not those of its fit, which is one of an assumption about rejects",
}


@dataclass(frozen=True, eq=False)
class CardParts:
    """What a document of a card is written from.

    Parameters
    ----------
    card : Card
        Its points.
    record : FitRecord
        The fit under it.
    binnings : mapping of str to Binning
        All variables that were binned.
    population : Population
        Who it was made from.
    steps : tuple of SelectionStep
        The trail of the selection.
    manifest : Manifest or None
        Rows, parameters and versions.
    validation : Validation or None
        Of the rows of the card, where it has them, and of others.
    bands : mapping of str to Bands
        Of the same samples, with the cut points of the first.
    drifts : mapping of str to CardDrift
        Of other samples, against the rows of the card.
    rounding : Rounding or None
        What whole points cost.
    tests : ChiSquareTests or None
        Of the variables, of a card with a coefficient per bin.
    changes : tuple of CardChange
        What was done to the card by hand.
    evidence : CardEvidence
        Grades, and what was found of groups, costs and periods.
    absent : {"", "loaded", "inferred"}
        Why the rows of the card are not validated.
    raster : bool
        Whether figures are pictures of dots too, for formats without drawings of lines.
    """

    card: Card
    record: FitRecord
    binnings: Mapping[str, Binning]
    population: Population
    steps: tuple[SelectionStep, ...]
    manifest: Manifest | None
    validation: Validation | None = None
    bands: Mapping[str, Bands] = field(default_factory=dict)
    drifts: Mapping[str, CardDrift] = field(default_factory=dict)
    rounding: Rounding | None = None
    tests: ChiSquareTests | None = None
    changes: tuple[CardChange, ...] = ()
    evidence: CardEvidence = field(default_factory=CardEvidence)
    absent: str = ""
    raster: bool = False


def card_report(parts: CardParts, title: str | None = None, source: str | None = None) -> Document:
    """Return the document of a card, in the order in which it is judged: rows, variables, model, outcomes, use."""
    with for_pages():
        blocks = tuple(_sections(parts))
    return for_readers(
        Document(
            title or "Development of a scorecard",
            subtitle=f"{source + '. ' if source else ''}Written {written_on()}.",
            facts=_facts(parts),
            blocks=blocks,
            warnings=tuple(_warnings(parts)),
        )
    )


def _n_candidates(parts: CardParts) -> int:
    """Return the number of variables that were asked for, those without bins among them."""
    return len({*parts.binnings, *(step.variable for step in parts.steps)})


def _sections(parts: CardParts) -> Iterator[Section]:
    card, found, raster = parts.card, parts.evidence, parts.raster
    yield _population(parts.population)
    yield _leakage(parts)
    yield variables_section(parts.binnings, card.names, parts.record.level, raster=raster)
    yield periods_section(found, raster=raster)
    yield _selection(parts)
    yield _model(parts)
    yield _points(parts)
    yield _validation(parts)
    yield grades_section(found)
    yield calibration_section(found)
    yield _stability(parts)
    yield fairness_section(found)
    yield profit_section(found, raster=raster)
    yield limits_section(parts.card, parts.population, tuple(parts.drifts), _assumed(parts))
    yield manifest_section(parts.manifest, card, parts.binnings, parts.changes)


def _assumed(parts: CardParts) -> Assumed:
    return Assumed(parts.absent == "inferred", prior_of(parts.changes))


def _facts(parts: CardParts) -> tuple[Fact, ...]:
    scaling = parts.card.scaling
    return (
        *population_facts(parts.population),
        Fact("Variables", f"{len(parts.card.names)} of {_n_candidates(parts)}"),
        Fact("Points to double the odds", f"{scaling.points_to_double:g}"),
        Fact("Base points", f"{scaling.base_points:g} at {scaling.base_odds:g} to 1"),
        *_ginis(parts.validation),
    )


def _warnings(parts: CardParts) -> Iterator[str]:
    """Yield what a reader must know before all else."""
    names = {sign.variable for sign in leakage_signs(parts.binnings) if sign.severe} & set(parts.card.names)
    for name in sorted(names):
        yield f"{name} is in the card and may leak the outcome: see Leakage checks."
    if any(change.kind == "points" for change in parts.changes):
        yield "Points were set by hand, and are not those of the model: see Scaling and points."


def _ginis(found: Validation | None) -> Iterator[Fact]:
    for one in () if found is None else found.samples:
        yield Fact(f"Gini, {one.name}", f"{one.gini:.3f}")


def _population(population: Population) -> Section:
    rows = [("Rows given", population.n_given)]
    rows += [(f"Left out: {rule}", count) for rule, count in population.excluded]
    rows += [
        ("Left out: neither good nor bad", population.n_indeterminate),
        ("Left out: without an outcome", population.n_missing),
        ("Rows of the card", population.n_good + population.n_bad),
        (f"Good ({population.target} = {population.other})", population.n_good),
        (f"Bad ({population.target} = {population.event})", population.n_bad),
    ]
    n = max(population.n_given, 1)
    cells = tuple((name, format_integer(count), format_percent(count / n, 2)) for name, count in rows)
    heads = (Column("", "left"), Column("Rows"), Column("Of all"))
    note = "A row counts under the first rule that it meets. Without rules, all rows with an outcome were used."
    if population.rejects is None:
        return Section("Population and exclusions", (Table(None, heads, cells, (note,)),))
    return Section(
        "Population and exclusions",
        (Table("Accepts: outcomes are known", heads, cells, (note,)), *_rejects(population.rejects)),
    )


def _rejects(rejects: AssumedRejects) -> Iterator[Block]:
    """Yield the rejects of a card that assumes their outcomes."""
    cells = (
        ("Rejects", format_integer(rejects.n)),
        ("Applicants that they stand for", format_number(rejects.weight)),
        ("Bad rate of rejects, assumed", format_percent(rejects.bad_rate, 2)),
        ("Bad rate of accepts and rejects, assumed", format_percent(rejects.bad_rate_of_all, 2)),
    )
    heads = (Column("", "left"), Column("Value"))
    yield Table(f"Rejects: outcomes are assumed ({rejects.method})", heads, cells)
    yield Prose(rejects.assumption)


def _leakage(parts: CardParts) -> Section:
    signs = leakage_signs(parts.binnings)
    words = (
        "A variable leaks where its value was written down after the outcome, or because of it. No statistic proves "
        "it; looked at were, of all variables: information values above 0.5, at which Siddiqi has variables checked, "
        "and above 1; levels, and intervals of numbers, in which all rows are bad, or all good, seldom by chance; and "
        "missing values that tell good from bad."
    )
    if not signs:
        return Section("Leakage checks", (Prose(words), Prose("Nothing was found.")))
    heads = tuple(Column(name, "left") for name in ("Variable", "In the card", "Weight", "What was found"))
    cells = tuple(
        (
            sign.variable,
            "yes" if sign.variable in parts.card.names else "no",
            "warning" if sign.severe else "to be checked",
            sign.words,
        )
        for sign in signs
    )
    return Section("Leakage checks", (Prose(words), Table(None, heads, cells)))


def _selection(parts: CardParts) -> Section:
    chosen = None if parts.manifest is None else parts.manifest.selection
    words = "No selection was asked for: all variables were taken that can be."
    if chosen is not None:
        words = _selection_words(chosen)
    if parts.manifest is None:
        words = "How variables were selected is not known of this card."
    if not parts.steps:
        return Section("Selection", (Prose(words), Prose("No variable was left out.")))
    heads = (Column("Variable", "left"), Column("Decision", "left"), Column("Reason", "left"), Column("Value"))
    cells = tuple(
        (step.variable, "taken" if step.taken else "left out", step.reason, _value(step.value)) for step in parts.steps
    )
    return Section("Selection", (Prose(words), Table(None, heads, cells)))


def _selection_words(chosen: Selection) -> str:
    """Return how variables were selected."""
    last = {
        "backward": "of the rest, the weakest was dropped while it was too weak",
        "stepwise": "the rest entered by score tests and left by Wald tests",
        "lasso": "of the rest, those that a cross-validated lasso under the right signs keeps were fitted again",
        "all": "the rest was taken",
    }[chosen.method]
    weak = {"p_value": f"p-value above {chosen.p_value:g}", "aic": "AIC", "bic": "BIC"}[chosen.criterion]
    pieces = [f"variables with an information value below {chosen.min_iv:g} were left out"]
    if chosen.max_correlation is not None:
        pieces.append(
            f"of those whose weights of evidence correlate by more than {chosen.max_correlation:g} the most "
            "informative was kept"
        )
    pieces.append(f"{last} ({weak})" if chosen.method in ("backward", "stepwise") else last)
    if chosen.right_signs:
        pieces.append("variables of the wrong sign were left out")
    if chosen.keep:
        pieces.append(f"kept whatever was found: {', '.join(chosen.keep)}")
    return f"By the rules stated beforehand: {'; '.join(pieces)}."


def _value(value: float) -> str:
    return "" if np.isnan(value) else format_number(value)


def _model(parts: CardParts) -> Section:
    document = model_document(parts.card, parts.record, parts.population, parts.steps, parts.record.level, parts.tests)
    # What the errors of another fit than that of weights of evidence on the outcome take for granted.
    more = summary_document(parts.record).notes if parts.absent == "inferred" else ()
    return Section("Model", (*document.blocks, *map(Prose, (*document.notes, *more))))


def _points(parts: CardParts) -> Section:
    card, scaling = parts.card, parts.card.scaling
    added = "the coefficient times the weight of evidence"
    if card.coding == "dummies":
        added = "what its coefficient is above the neutral point of the variable"
    words = (
        f"{scaling.base_points:g} points stand for {scaling.base_odds:g} goods per bad, and "
        f"{scaling.points_to_double:g} points more double these odds. The points of a bin are "
        f"{format_number(-scaling.factor)} times {added}{', in whole numbers' if scaling.rounded else ''}."
    )
    blocks: list[Block] = [Prose(words), points_table(card)]
    if parts.changes:
        blocks.append(_by_hand(parts.changes))
    if card.variables:
        with contextlib.suppress(UnsupportedError):  # a fit without standard errors
            blocks += _drawn_points(parts)
    if parts.rounding is not None:
        blocks.append(Section("Cost of whole points", finding_blocks(parts.rounding)))
    return Section("Scaling and points", tuple(blocks))


def _drawn_points(parts: CardParts) -> Iterator[Figure]:
    """Yield the points of every bin, of as many variables at a time as a page has room for."""
    card, level = parts.card, parts.record.level
    table: Any = card_frame(card, errors_given(card, parts.record.vcov), float(NORMAL.quantile(level)))
    used = np.concatenate([np.sum(variable.binning.counts, axis=0) > 0 for variable in card.variables])
    own = table.iloc[1:][used]
    on_page = _pages([int((own["variable"] == name).sum()) for name in card.names])
    last = max(on_page)
    for page in range(last + 1):
        names = [name for name, at in zip(card.names, on_page, strict=True) if at == page]
        some = own[own["variable"].isin(names)]
        points, low, high = (some[name].to_numpy() for name in ("points", "points_low", "points_high"))
        of_bins = (tuple(some["variable"]), tuple(some["label"]))
        note = "Bins and their counts as given." if card.coding == "dummies" else GIVEN
        drawn = plot_card(CardPoints(*of_bins, points, low, high, card.base_points, level, note))
        alt = f"Points of the bins of {', '.join(names)} with {format_level(level)} intervals, "
        alt += f"from {points.min():g} to {points.max():g}"
        title = "Points of the card" + (f" ({page + 1} of {last + 1})" if last else "")
        yield drawn_figure(title, drawn, alt, raster=parts.raster)


def _pages(sizes: list[int]) -> list[int]:
    """Return the page of each variable, in order: a page is full when one more would have too many bins."""
    found, page, room = [], 0, BINS_MOST
    for size in sizes:
        if size > room < BINS_MOST:
            page, room = page + 1, BINS_MOST
        room -= size
        found.append(page)
    return found


def _by_hand(changes: tuple[CardChange, ...]) -> Table:
    """Return what was done to the card after it was made."""
    heads = (Column("Changed by hand", "left"), Column("Before"), Column("After"))
    cells = []
    for change in changes:
        if change.kind == "prior":
            ends = [format_percent(rate, 2) for rate in (change.before, change.value)]
            cells.append(("Bad rate of the population", *ends))
        else:
            what = "Base points" if change.kind == "base" else f"{change.variable}: {change.label}"
            cells.append((what, f"{change.before:g}", f"{change.value:g}"))
    return Table(None, heads, tuple(cells))


def _validation(parts: CardParts) -> Section:
    if parts.validation is None:
        words = f"The rows of the card {ABSENT[parts.absent]}, and no other sample was given: nothing was validated."
        return Section("Validation", (Prose(words),))
    samples = parts.validation.samples
    ginis = ", ".join(f"{one.name} {one.gini:.3f}" for one in samples)
    curve = plot_cap(parts.validation)
    profile = drawn_figure("Accuracy profile", curve, f"Profiles of samples; Gini: {ginis}", raster=parts.raster)
    blocks: list[Block] = [*finding_blocks(parts.validation), profile]
    line: Any = None
    for name, bands in parts.bands.items():
        line = plot_odds_line(bands, line, name)
    alt = "Observed log odds by points, in bands of every sample, beside the line that the points promise"
    blocks.append(drawn_figure("Score and odds", line, alt, raster=parts.raster))
    if len(samples) == 1:
        blocks.append(Prose("One sample alone was looked at. A card is judged by rows that it has not seen."))
    for name, bands in parts.bands.items():
        blocks.append(Section(f"Bands of points: {name}", finding_blocks(bands)))
    return Section("Validation", said_once(tuple(blocks)))


def _stability(parts: CardParts) -> Section:
    if not parts.drifts:
        return Section("Stability", (Prose("No other sample was given: stability was not looked at."),))
    pages = tuple(Section(f"{name} against development", finding_blocks(found)) for name, found in parts.drifts.items())
    return Section("Stability", said_once(pages))
