"""Sections of the document of a card that need more than the card: grades, groups, costs, periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import shorten

import numpy as np

from logitkit.plots.periods import WIDE, plot_lines
from logitkit.plots.profit import plot_profit
from logitkit.plots.style import page_axes
from logitkit.report.cards.monitoring_findings import BIAS, CUSTOM, table_of
from logitkit.report.cards.period_frames import period_indices_frame
from logitkit.report.document import Block, Figure, Prose, Section
from logitkit.report.drawn import drawn_figure
from logitkit.report.findings.blocks import finding_blocks, said_once
from logitkit.report.number_format import format_column, format_integer
from logitkit.scorecard.monitoring.bins_over_time import BinsByPeriod
from logitkit.scorecard.validation.by_grade import GradeCalibration
from logitkit.scorecard.validation.fairness import Fairness
from logitkit.scorecard.validation.grades import Grades
from logitkit.scorecard.validation.profit import Profit
from logitkit.typing import FloatArray

__all__ = [
    "CardEvidence",
    "calibration_section",
    "fairness_section",
    "grades_section",
    "periods_section",
    "profit_section",
]

MODERATE, LARGE = 0.10, 0.25
DRAWN_LEAST, LABEL_MOST = 30, 32  # rows of what is drawn over time, and characters of what a line is called
HOW = "Evidence({0}) of the report, or {1} on the command line, adds it."


@dataclass(frozen=True, eq=False)
class CardEvidence:
    """What was found beyond the card, by sample.

    Parameters
    ----------
    grades : Grades or None
        Rating grades.
    stated : bool
        Whether the grades were given, with the probabilities of default that are tested; else those of the card are.
    why_not : str
        Why there are no grades.
    calibrations : mapping of str to GradeCalibration
        By sample.
    fairness : mapping of (column, sample) to Fairness
        Decisions between groups.
    profits : mapping of str to Profit
        By sample.
    periods : mapping of str to BinsByPeriod
        By variable.
    missing : tuple of (column, sample)
        Columns that a sample does not have.
    """

    grades: Grades | None = None
    stated: bool = False
    why_not: str = ""
    calibrations: Mapping[str, GradeCalibration] = field(default_factory=dict)
    fairness: Mapping[tuple[str, str], Fairness] = field(default_factory=dict)
    profits: Mapping[str, Profit] = field(default_factory=dict)
    periods: Mapping[str, BinsByPeriod] = field(default_factory=dict)
    missing: tuple[tuple[str, str], ...] = ()


def grades_section(found: CardEvidence) -> Section:
    """Return the rating grades."""
    if found.grades is None:
        return Section("Rating grades", (Prose(f"No grades were made: {found.why_not}"),))
    words = "The grades are those that were stated."
    if not found.stated:
        words = (
            "No grades were stated: these are the best ones of the development sample. Evidence(grades=...) of the "
            "report takes yours, with their probabilities of default."
        )
    return Section("Rating grades", (Prose(words), *finding_blocks(found.grades)))


def calibration_section(found: CardEvidence) -> Section:
    """Return tests of probabilities of default by grade, in every sample."""
    if not found.calibrations:
        words = "Probabilities of default were not tested, as there are no grades or no rows with an outcome."
        return Section("Calibration by grade", (Prose(words),))
    whose = "those of the grades" if found.stated else "the means of the card's probabilities in each grade"
    pages = tuple(Section(name, finding_blocks(one)) for name, one in found.calibrations.items())
    words = f"The probabilities of default that are tested are {whose}."
    return Section("Calibration by grade", said_once((Prose(words), *pages)))


def fairness_section(found: CardEvidence) -> Section:
    """Return decisions between groups."""
    if not found.fairness:
        words = "Groups of applicants were not compared, as no column of groups was named. "
        how = HOW.format("groups=..., cut=...", "--groups and --cut")
        return Section("Fairness between groups", (Prose(words + how),))
    pages = tuple(
        Section(f"{column}: {sample}", finding_blocks(one)) for (column, sample), one in found.fairness.items()
    )
    columns = tuple(dict.fromkeys(column for column, _ in found.fairness))
    return Section("Fairness between groups", said_once((*pages, *_missing(found, columns))))


def profit_section(found: CardEvidence, *, raster: bool) -> Section:
    """Return profit by cut-off."""
    if not found.profits:
        words = "Profit was not looked at, as no gain of a good and no loss of a bad were stated. "
        return Section("Profit and cut-off", (Prose(words + HOW.format("gain=..., loss=...", "--gain and --loss")),))
    pages = []
    for name, one in found.profits.items():
        alt = (
            f"Profit against the proportion approved, {name}: largest from {one.cuts[one.best]:.6g} points, where "
            f"{100 * one.approval[one.best]:.0f} % are approved"
        )
        drawn = drawn_figure("", plot_profit(one), alt, raster=raster)
        pages.append(Section(name, (*finding_blocks(one), drawn)))
    return Section("Profit and cut-off", said_once((*pages, *_missing(found, ()))))


def periods_section(found: CardEvidence, *, raster: bool) -> Section:
    """Return the bins of every variable of the card over time."""
    heading = "Stability of bins over time"
    if not found.periods:
        words = "Bins were not looked at over time, as no column of periods was named. "
        return Section(heading, (Prose(words + HOW.format("period=...", "--period")),))
    return Section(heading, (*_over_all(found.periods), *_drawn(found.periods, raster), *_missing(found, ())))


def _over_all(periods: Mapping[str, BinsByPeriod]) -> Iterator[Block]:
    """Yield one table over all variables and periods."""
    one = next(iter(periods.values()))
    yield Prose(
        f"{format_integer(len(one.periods))} periods, from {one.periods[0]} to {one.periods[-1]}, each against the "
        "rows that the bins were made from. Reversals: neighbouring bins whose bad rates differ in the other direction "
        f"than in these rows, summed over periods. {CUSTOM}"
    )
    frames = {name: period_indices_frame(found) for name, found in periods.items()}
    values = [frame["psi"].to_numpy(dtype=np.float64) for frame in frames.values()]
    columns = {
        "Variable": list(frames),
        "Largest PSI": format_column([_most(v) for v in values], "statistic", 4),
        "in": [one.periods[int(np.nanargmax(v))] if np.isfinite(v).any() else "" for v in values],
        "Last PSI": format_column([v[-1] for v in values], "statistic", 4),
        "Periods above 0.10": [format_integer(int((v > MODERATE).sum())) for v in values],
        "above 0.25": [format_integer(int((v > LARGE).sum())) for v in values],
    }
    if one.has_outcomes:
        least = [-_most(-frame["iv"].to_numpy(dtype=np.float64)) for frame in frames.values()]
        columns["Least IV"] = format_column(least, "statistic", 4)
        columns["Reversals"] = [format_integer(int(frame["reversals"].sum())) for frame in frames.values()]
    yield table_of(None, columns, left=("in",))
    yield Prose(
        f"{BIAS} Drawn are proportions of periods of at least {DRAWN_LEAST} rows, and bad rates of bins of as many."
    )


def _most(values: FloatArray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")


def _drawn(periods: Mapping[str, BinsByPeriod], raster: bool) -> Iterator[Figure]:
    """Yield the proportions, and the bad rates, of the bins of every variable."""
    for name, found in periods.items():
        used = np.flatnonzero(found.rows.sum(axis=0) > 0)
        labels = [shorten(found.labels[m], LABEL_MOST, placeholder=" ...") for m in used]
        shares = found.rows / found.rows.sum(axis=1, keepdims=True)
        many = found.rows.sum(axis=1, keepdims=True) >= DRAWN_LEAST
        parts = [("Proportion of rows", np.where(many, shares, np.nan))]
        if found.has_outcomes:
            parts.append(("Bad rate", np.where(found.known >= DRAWN_LEAST, found.rate, np.nan)))
        for words, values in parts:
            drawn = plot_lines(page_axes(WIDE), values[:, used], labels, found.periods, (words, ""))
            yield drawn_figure(
                f"{name}: {words.lower()}", drawn, f"{words} of the bins of {name} over time", raster=raster
            )


def _missing(found: CardEvidence, columns: tuple[str, ...]) -> Iterator[Prose]:
    """Yield the columns that samples do not have."""
    for column, sample in found.missing:
        if not columns or column in columns:
            yield Prose(f"{sample} has no column {column}, and is not here.")
