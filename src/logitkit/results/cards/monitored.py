"""The monitoring of a card over time, with tables, a figure and a report."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

import logitkit.report.cards.monitor_page  # noqa: F401 - says how a monitor is shown
from logitkit.design.table.frame import Table, is_missing, read_table
from logitkit.errors import DataError
from logitkit.options import is_count, require_text
from logitkit.report.cards import monitor_frames as frames
from logitkit.report.pages.page import write_page
from logitkit.results.cards.given_rows import named_column, neither_good_nor_bad
from logitkit.results.cards.periods import Every, as_dates, period_label, period_numbers, read_periods
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown
from logitkit.scorecard.monitoring.counted import CodedRows, Counted, Development
from logitkit.scorecard.monitoring.index import Resampled
from logitkit.scorecard.monitoring.limits import GiniAtDevelopment, Limits
from logitkit.scorecard.monitoring.monitor import Cohort, Monitor, cohort_of, monitored
from logitkit.scorecard.monitoring.periods import Periods
from logitkit.scorecard.target import read_target
from logitkit.typing import IntArray
from logitkit.writing import writable_path, write_file

__all__ = ["CardMonitor", "Known", "Outcome", "Stated", "monitor_of"]

Known = int | str | None


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class CardMonitor(Pickled, Shown, Monitor):
    """The monitoring of a card by period.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> loans["year"] = [2020 + i // 500 for i in range(len(loans))]
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> card.monitor(loans, period="year").table().iloc[:, :3].round(3)
             rows  no_score    psi
    period
    2020    500.0       0.0  0.015
    2021    500.0       0.0  0.014
    """

    def table(self) -> pd.DataFrame:
        """Return one row per period.

        Returns
        -------
        pandas.DataFrame
            rows, no_score, psi with limits, by_chance, p_value, change; and the mean score, with its change from the
            base and the standard error of the change.
        """
        return frames.monitor_frame(self)

    def variables(self) -> pd.DataFrame:
        """Return the characteristic stability index (CSI) of each variable.

        Returns
        -------
        pandas.DataFrame
            One row per period, one column per variable.
        """
        return frames.variables_frame(self)

    def indices(self) -> pd.DataFrame:
        """Return the characteristic stability index (CSI) of each variable in each period, with its interval.

        Returns
        -------
        pandas.DataFrame
            csi with limits, by_chance, p_value, change; the index is the period and the variable.
        """
        return frames.indices_frame(self)

    def limits_used(self) -> pd.DataFrame:
        """Return the alarm limit of each measure, and its source.

        Returns
        -------
        pandas.DataFrame
            limit (nan for no alarm) and source (as stated, or the default and its meaning); the index is the measure.
        """
        return frames.limits_frame(self)

    def mean_points(self) -> pd.DataFrame:
        """Return by how many points each variable changed the mean score.

        Returns
        -------
        pandas.DataFrame
            One row per period, one column per variable; each row sums to the change of the mean score.
        """
        return frames.points_frame(self)

    def outcomes(self) -> pd.DataFrame:
        """Return the outcomes of the applicants of each period, for periods whose outcomes are known.

        Returns
        -------
        pandas.DataFrame
            known_in, n, bad, expected, rate with limits, z, p_value, gini with limits, ks; the index is the period.
        """
        return frames.cohorts_frame(self)

    def first_alarms(self) -> pd.DataFrame:
        """Return the first alarm of each measure, in the order in which the alarms became known.

        Returns
        -------
        pandas.DataFrame
            measure, name, period, known_in, value, limit, p_value.
        """
        return frames.alarms_frame(self)

    def plot(self, what: Literal["psi", "csi", "points", "bad_rate", "gini"] = "psi", ax: Any = None) -> Any:
        """Draw a measure over time.

        Parameters
        ----------
        what : {"psi", "csi", "points", "bad_rate", "gini"}
            The index of the score; the indices of the variables; the points by which variables changed the mean score;
            or by cohort the observed and the expected bad rate, or the Gini coefficient.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.

        Returns
        -------
        matplotlib.axes.Axes
            The plot.
        """
        from logitkit.plots.monitor import plot_monitor

        return plot_monitor(self, what, ax)

    def report(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write the tables and figures as one HTML page or as a Word document.

        Parameters
        ----------
        path : str or Path
            File to write, ending in .html or .docx; an existing file is replaced in one step.
        title : str, optional
            Title of the page.

        Returns
        -------
        pathlib.Path
            The file written; it needs no other file and no network.
        """
        from logitkit.report.cards.monitor_page import monitor_report
        from logitkit.report.formats.word import render_word

        in_word = str(path).lower().endswith(".docx")
        file = writable_path(path, "Word document" if in_word else "report")
        require_text("title", title)
        document = monitor_report(self, title, raster=in_word)
        return write_file(file, render_word(document), "Word document") if in_word else write_page(file, document)


class Stated(NamedTuple):
    """What is stated about the periods.

    Parameters
    ----------
    period : str
        Name of the column of periods.
    every : {"month", "quarter", "year"}
        Length of a period, if the column holds dates.
    known : int, str or None
        When outcomes become known.
    """

    period: str
    every: Every
    known: Known


class Outcome(NamedTuple):
    """What is stated about the outcome.

    Parameters
    ----------
    target : str
        Name of the outcome column.
    event, other, neither : object
        The levels that are bad, good and neither.
    """

    target: str
    event: Any
    other: Any
    neither: Any


def monitor_of(
    rows: CodedRows,
    data: Any,
    base: tuple[tuple[float, ...], Counted, Development | None],
    stated: Stated,
    outcome: Outcome,
    limits: Limits,
    resampled: Resampled,
) -> CardMonitor:
    """Return the monitoring of a card over time."""
    table = read_table(data)
    named_column(table, stated.period, "period")
    if isinstance(stated.known, str):
        named_column(table, stated.known, "known")
    if stated.known is not None:
        named_column(table, outcome.target, "target")
    kept = np.flatnonzero(rows.weights)
    if kept.size < rows.weights.size:
        rows = rows.at(kept)
    periods = read_periods(table.column(stated.period).iloc[kept], stated.period, stated.every)
    cohorts = [] if stated.known is None else _cohorts(rows, (table, kept), periods, stated, outcome, resampled.level)
    cuts, first, development = base
    found = monitored(rows, (cuts, first), periods, cohorts, (limits, _gini_of(development)), resampled)
    return CardMonitor(*(getattr(found, field.name) for field in fields(Monitor)))


def _gini_of(own: Development | None) -> GiniAtDevelopment:
    """Return the Gini coefficient that a card keeps of the rows that it was made from."""
    if own is None or own.gini is None or own.gini_low is None or own.gini_high is None or own.level is None:
        return GiniAtDevelopment()
    return GiniAtDevelopment(own.gini, own.gini_low, own.gini_high, own.level)


def _cohorts(
    rows: CodedRows,
    source: tuple[Table, IntArray],
    periods: Periods,
    stated: Stated,
    outcome: Outcome,
    level: float,
) -> list[tuple[Cohort, int]]:
    """Return what became of the applicants of periods whose outcomes were all known by the last one."""
    (table, kept), every = source, stated.every
    column = table.column(outcome.target).iloc[kept]
    neither = neither_good_nor_bad(outcome.neither)
    target = read_target(column, outcome.target, outcome.event, neither, partial=True, other=outcome.other)
    last, dates = int(periods.numbers[-1]), as_dates(table.column(stated.period)) is not None
    known_in = _known_in(source, periods, every, stated.known, dates)
    found = []
    for i, number in enumerate(known_in):
        if number > last:
            continue
        label = period_label(int(number), every) if dates else periods.labels[int(number)]
        cohort = cohort_of(rows, target, periods.codes == i, (periods.labels[i], label), level)
        if cohort is not None:
            found.append((cohort, int(number)))
    return found


def _known_in(source: tuple[Table, IntArray], periods: Periods, every: Every, known: Known, dates: bool) -> IntArray:
    """Return the number of the period in which all outcomes of each period are known, that of no period for never."""
    if not isinstance(known, str):
        if known is None or not is_count(known, least=0):
            raise DataError(f"known={known!r:.60}: give periods until outcomes are known, or a column of dates.")
        return np.asarray(periods.numbers + int(known))
    column = source[0].column(known).iloc[source[1]]
    when_known = as_dates(column)
    if not dates or when_known is None:
        raise DataError(f"known={known!r}: the column and the period must both hold dates.")
    when = np.array(periods.numbers)
    never = np.iinfo(np.int64).max
    np.maximum.at(when, periods.codes, np.where(is_missing(column), never, period_numbers(when_known, every)))
    return when
