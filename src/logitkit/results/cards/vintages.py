"""Vintage curves, with a table and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.cards.vintage_findings  # noqa: F401 - says how vintage curves are shown
from logitkit.design.table.frame import Table, read_table
from logitkit.errors import DataError
from logitkit.report.cards.vintage_findings import vintage_frame
from logitkit.results.cards.given_rows import named_column
from logitkit.results.cards.periods import Every, as_dates, period_numbers, read_periods
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown
from logitkit.scorecard.monitoring.vintage import NEVER, VintageCurves, vintage_curves

__all__ = ["Vintages", "last_month", "vintages_of"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class Vintages(Pickled, Shown, VintageCurves):
    """Cumulative bad rates by cohort and months on book.

    Examples
    --------
    >>> import pandas as pd
    >>> import logitkit as lk
    >>> opened = pd.to_datetime(["2007-01-05", "2007-01-20", "2007-02-11", "2007-03-02"])
    >>> bad = pd.to_datetime(["2007-03-09", None, "2007-04-30", None])
    >>> table = pd.DataFrame({"opened": opened, "bad": bad})
    >>> found = lk.scorecard.vintages(table, opened="opened", event="bad", until="2007-06-30")
    >>> found.table()[["rows", "events", "event_rate"]]
                  rows  events  event_rate
    cohort month
    2007Q1 0       4.0     0.0         0.0
           1       4.0     0.0         0.0
           2       4.0     2.0         0.5
           3       4.0     2.0         0.5
    """

    def table(self) -> pd.DataFrame:
        """Return one row per cohort and month on book that all rows of the cohort have reached.

        Returns
        -------
        pandas.DataFrame
            rows, events, event_rate with limits; the index is the cohort and the month.
        """
        return vintage_frame(self)

    def plot(self, ax: Any = None) -> Any:
        """Draw the cumulative bad rate of each cohort over months on book.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.

        Returns
        -------
        matplotlib.axes.Axes
            The plot.
        """
        from logitkit.plots.vintages import plot_vintages

        return plot_vintages(self, ax)


def vintages_of(data: Any, opened: str, event: str, until: Any, every: Every, level: float) -> Vintages:
    """Return vintage curves of a table with dates of opening and of the event; without an event its date is missing."""
    table = read_table(data)
    last = last_month(until)
    opening, ending = (
        _dates(table, named_column(table, name, role)) for name, role in ((opened, "opened"), (event, "event"))
    )
    dated = opening.notna().to_numpy()
    if not dated.any():
        raise DataError(f"{opened!r} is missing in every row: no account has a date of opening.")
    opening, ending = opening[dated], ending[dated]
    start, end = period_numbers(opening, "month"), period_numbers(ending, "month")
    happened = ending.notna().to_numpy()
    early = happened & (end < start)
    if early.any():
        row = int(np.flatnonzero(dated)[early.argmax()])
        raise DataError(f"{event!r} is before {opened!r} in {int(early.sum()):,} rows, first in row {row}.")
    kept = start <= last
    if not kept.any():
        raise DataError(f"All rows were opened after until={until!r}.")
    cohorts = read_periods(opening[kept], opened, every)
    to_event = np.where(happened, end - start, NEVER)[kept]
    found = vintage_curves(
        cohorts.labels,
        cohorts.codes,
        to_event,
        (last - start)[kept],
        until=str(pd.Period(ordinal=last, freq="M")),
        n_later=int((~kept).sum()),
        level=level,
    )
    own = {field.name: getattr(found, field.name) for field in fields(VintageCurves)}
    return Vintages(**own | {"n_undated": int((~dated).sum())})


def _dates(table: Table, name: str) -> pd.Series:
    """Return a column of dates, refusing others; one without any value has none."""
    column = table.column(name)
    found = as_dates(column)
    if found is None and column.notna().any():
        raise DataError(f"{name!r} must hold dates; its values are {column.dtype}.")
    return pd.Series(pd.to_datetime(column)) if found is None else found


def last_month(until: Any) -> int:
    """Return the number of the last month that is complete on a date: the month of the date only if it is its last day.

    Examples
    --------
    >>> [str(pd.Period(ordinal=last_month(day), freq="M")) for day in ("2007-09-30", "2007-09-29")]
    ['2007-09', '2007-08']
    """
    missing = until is None or until is pd.NaT or until is pd.NA or (isinstance(until, float) and np.isnan(until))
    if missing or (isinstance(until, np.datetime64) and np.isnat(until)):
        raise DataError("until= is missing: the date until which events are known, such as '2007-09-30'.")
    try:
        # Numbers would be nanoseconds since 1970, and words such as "today" are another day tomorrow.
        good = isinstance(until, date | np.datetime64) or (isinstance(until, str) and until[:1].isdigit())
        day = pd.Timestamp(until) if good else None
    except (TypeError, ValueError):
        day = None
    if day is None or pd.isna(day):
        raise DataError(f"until={until!r:.60} is no date, such as '2007-09-30'.")
    return int(day.to_period("M").ordinal) - (0 if day.is_month_end else 1)
