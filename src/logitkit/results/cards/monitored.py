"""A card over time as the user holds it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

import logitkit.report.monitor_page  # noqa: F401 - says how a monitor is shown
from logitkit.design.table.frame import Table, is_missing, read_table
from logitkit.errors import DataError, nearest_name
from logitkit.options import is_count
from logitkit.report import monitor_frames as frames
from logitkit.report.page import write_page
from logitkit.results.cards.periods import Every, as_dates, period_label, period_numbers, read_periods
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown
from logitkit.scorecard.monitoring.counted import CodedRows, Counted
from logitkit.scorecard.monitoring.index import Resampled
from logitkit.scorecard.monitoring.limits import Limits
from logitkit.scorecard.monitoring.monitor import Cohort, Monitor, cohort_of, monitored
from logitkit.scorecard.monitoring.periods import Periods
from logitkit.scorecard.target import read_target
from logitkit.typing import IntArray
from logitkit.writing import as_path

__all__ = ["CardMonitor", "Known", "monitor_of"]

Known = int | str | None
#: Replicates of the interval of the score, in each period.
REPLICATES = 500


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class CardMonitor(Pickled, Shown, Monitor):
    """A card over time."""

    def table(self) -> pd.DataFrame:
        """Return one row per period.

        Returns
        -------
        pandas.DataFrame
            rows, no_score, psi with limits, by_chance, p_value, change, and the mean score with its change from the
            base and its standard error.
        """
        return frames.monitor_frame(self)

    def variables(self) -> pd.DataFrame:
        """Return the index of every variable (CSI).

        Returns
        -------
        pandas.DataFrame
            One row per period, one column per variable.
        """
        return frames.variables_frame(self)

    def mean_points(self) -> pd.DataFrame:
        """Return the points by which every variable moved the mean score.

        Returns
        -------
        pandas.DataFrame
            One row per period, one column per variable; rows sum to the change of the mean score.
        """
        return frames.points_frame(self)

    def outcomes(self) -> pd.DataFrame:
        """Return what became of the applicants of each period whose outcomes are known.

        Returns
        -------
        pandas.DataFrame
            known_in, n, bad, expected, rate with limits, z, p_value, gini with limits, ks; indexed by period.
        """
        return frames.cohorts_frame(self)

    def first_alarms(self) -> pd.DataFrame:
        """Return the first time that each measure passed its limit, in the order in which it was known.

        Returns
        -------
        pandas.DataFrame
            measure, name, period, known_in, value, limit.
        """
        return frames.alarms_frame(self)

    def plot(self, what: Literal["psi", "csi", "points", "bad_rate", "gini"] = "psi", ax: Any = None) -> Any:
        """Draw a measure over time.

        Parameters
        ----------
        what : {"psi", "csi", "points", "bad_rate", "gini"}
            Index of the score, of the variables, the points that these moved the mean score by, or of cohorts the bad
            rate beside that expected, or the Gini coefficient.
        ax : matplotlib.axes.Axes, optional
            Where to draw.

        Returns
        -------
        matplotlib.axes.Axes
            The plot.
        """
        from logitkit.plots.monitor import plot_monitor

        return plot_monitor(self, what, ax)

    def report(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write the monitor with its figures as one HTML file.

        Parameters
        ----------
        path : str or Path
            File to write; replaced in one step where it exists.
        title : str, optional
            Of the page.

        Returns
        -------
        pathlib.Path
            The file, which needs no other and no network.
        """
        from logitkit.report.monitor_page import monitor_report

        return write_page(as_path(path, "path"), monitor_report(self, title))


def monitor_of(
    rows: CodedRows,
    data: Any,
    base: tuple[tuple[float, ...], Counted],
    stated: tuple[str, Every, Known],
    outcome: tuple[str, Any, Any, Any],
    limits: Limits,
    level: float,
) -> CardMonitor:
    """Return a card over time; ``stated`` is the period, how long one is and when outcomes are known.

    ``outcome`` is the target with the levels that are bad, good and neither.
    """
    table = read_table(data)
    period, every, known = stated
    for name in (period, *((known,) if isinstance(known, str) else ()), *(() if known is None else outcome[:1])):
        if name not in table:
            raise DataError(f"There is no column {name!r}. {nearest_name(name, table.names)}")
    periods = read_periods(table.column(period), period, every)
    cohorts = [] if known is None else _cohorts(rows, table, periods, stated, outcome, level)
    found = monitored(rows, base, periods, cohorts, limits, Resampled(level, REPLICATES))
    return CardMonitor(*(getattr(found, field.name) for field in fields(Monitor)))


def _cohorts(
    rows: CodedRows,
    table: Table,
    periods: Periods,
    stated: tuple[str, Every, Known],
    outcome: tuple[str, Any, Any, Any],
    level: float,
) -> list[tuple[Cohort, int]]:
    """Return what became of the applicants of periods whose outcomes were all known by the last one."""
    name, every, known = stated
    of, event, other, neither = outcome
    target = read_target(table.column(of), of, event, neither, partial=True, other=other)
    last, dates = int(periods.numbers[-1]), as_dates(table.column(name)) is not None
    known_in = _known_in(table, periods, every, known, dates)
    found = []
    for i, number in enumerate(known_in):
        if number > last:
            continue
        label = period_label(int(number), every) if dates else periods.labels[int(number)]
        cohort = cohort_of(rows, target, periods.codes == i, (periods.labels[i], label), level)
        if cohort is not None:
            found.append((cohort, int(number)))
    return found


def _known_in(table: Table, periods: Periods, every: Every, known: Known, dates: bool) -> IntArray:
    """Return the number of the period in which all outcomes of each period are known, that of no period for never."""
    if not isinstance(known, str):
        if known is None or not is_count(known, least=0):
            raise DataError(f"known={known!r:.60}: give periods until outcomes are known, or a column of dates.")
        return np.asarray(periods.numbers + int(known))
    column = table.column(known)
    when_known = as_dates(column)
    if not dates or when_known is None:
        raise DataError(f"known={known!r}: the column and the period must both hold dates.")
    when = np.array(periods.numbers)
    never = np.iinfo(np.int64).max
    np.maximum.at(when, periods.codes, np.where(is_missing(column), never, period_numbers(when_known, every)))
    return when
