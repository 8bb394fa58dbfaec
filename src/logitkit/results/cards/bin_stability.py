"""The bins of a variable over time, with tables and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

import logitkit.report.cards.period_findings  # noqa: F401 - says how bins over time are shown
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError, ResponseError, UnsupportedError, nearest_name
from logitkit.options import require_choice
from logitkit.report.cards.period_frames import bin_periods_frame, period_indices_frame
from logitkit.results.cards.given_rows import is_level, named_column, neither_good_nor_bad, table_weights
from logitkit.results.cards.periods import Every, read_periods
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.monitoring.bins_over_time import Base, BinsByPeriod, bins_by_period
from logitkit.scorecard.monitoring.index import Resampled
from logitkit.scorecard.target import read_target
from logitkit.scorecard.weighting import WeightMeaning

__all__ = ["BinStability", "Rows", "bin_stability"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class BinStability(Pickled, Shown, BinsByPeriod):
    """The bins of a variable by period.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> loans["year"] = [2020 + i // 500 for i in range(len(loans))]
    >>> found = lk.scorecard.binning("duration", loans, target="class", event="bad")
    >>> found = found.stability(loans, period="year", target="class", event="bad", replicates=0)
    >>> found.by_period().iloc[:, :3].round(3)
             rows    psi  psi_low
    period
    2020    500.0  0.006      NaN
    2021    500.0  0.006      NaN
    """

    def table(self) -> pd.DataFrame:
        """Return one row per period and bin that has rows.

        Returns
        -------
        pandas.DataFrame
            rows, share, known, events, event_rate with limits, woe; the index is the period and the label of the bin.
        """
        return bin_periods_frame(self)

    def by_period(self) -> pd.DataFrame:
        """Return one row per period.

        Returns
        -------
        pandas.DataFrame
            rows, psi with limits, by_chance, p_value, change; with outcomes also event_rate, iv and reversals.
        """
        return period_indices_frame(self)

    def plot(self, what: Literal["share", "event_rate"] = "share", ax: Any = None) -> Any:
        """Draw the proportion of rows, or the bad rate, of each bin over time.

        Parameters
        ----------
        what : {"share", "event_rate"}
            The proportion of rows, or the bad rate.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.

        Returns
        -------
        matplotlib.axes.Axes
            The plot, with one line per bin that has rows.
        """
        from logitkit.plots.periods import plot_lines

        require_choice("what", what, ("share", "event_rate"))
        if what == "event_rate" and not self.has_outcomes:
            raise DataError("what='event_rate': no outcome is known. Give target= to stability().")
        shares = self.rows / self.rows.sum(axis=1, keepdims=True)
        used = np.flatnonzero(self.rows.sum(axis=0) > 0)
        labels = [self.labels[m] for m in used]
        words = ("Proportion of rows" if what == "share" else "Bad rate", self.name)
        return plot_lines(ax, (shares if what == "share" else self.rate)[:, used], labels, self.periods, words)


class Rows(NamedTuple):
    """What describes the rows of a table, apart from the bins.

    Parameters
    ----------
    period : str
        Name of the column of periods.
    every : {"month", "quarter", "year"}
        Length of a period, if the column holds dates.
    target : tuple
        The target, or None, with the level that is bad and the levels that are neither good nor bad.
    weights : tuple
        Weights, or None, and their kind.
    """

    period: str
    every: Every
    target: tuple[str | None, Any, Any]
    weights: tuple[Any, WeightMeaning | None] = (None, None)


def bin_stability(binning: Binning, data: Any, said: Rows, base: Base, resampled: Resampled) -> BinStability:
    """Return the bins of a variable over the periods of a table."""
    require_choice("base", base, ("development", "first"))
    table = read_table(data)
    target, event, neither = said.target
    if binning.name not in table:
        raise DataError(f"There is no column {binning.name!r}. {nearest_name(binning.name, table.names)}")
    period = named_column(table, said.period, "period")
    given = table_weights(said.weights[0], table, said.weights[1])
    kept = np.arange(table.n_rows) if given is None else np.flatnonzero(given.values)
    weights = None if given is None else given.at(kept)
    if base == "development" and any((counts % 1 != 0).any() for counts in binning.counts):
        raise UnsupportedError(
            f"The bins of {binning.name!r} were made with weights that do not count rows, of which they keep the sums: "
            "how far chance moves these is not known. Take base='first'."
        )
    periods = read_periods(table.column(period).iloc[kept], period, said.every)
    if not is_level(event):
        raise DataError(f"event={event!r:.60}: give the level of the outcome that is bad.")
    known = None
    if target is not None:
        column = table.column(named_column(table, target, "target")).iloc[kept]
        known = read_target(column, target, event, neither_good_nor_bad(neither), partial=True)
    if known is not None and known.rows.size and not known.bad.any() and known.other not in (0, False):
        raise ResponseError(
            f"{target!r} has {known.other!r} alone and no {event!r}: whether it means good is not known. "
            "Code good as 0."
        )
    values = table.column(binning.name).iloc[kept]
    found = bins_by_period(binning, values, periods, known, (base, resampled), weights)
    return BinStability(**{field.name: getattr(found, field.name) for field in fields(BinsByPeriod)})
