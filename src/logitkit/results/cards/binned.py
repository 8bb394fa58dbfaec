"""A binned variable as the user holds it: its table, its edits, its transform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.cards.scorecard_findings  # noqa: F401 - says how a binning is shown
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError, nearest_name
from logitkit.report.cards.scorecard_frames import bin_frame
from logitkit.report.number_format import format_number
from logitkit.results.cards.bin_stability import BinStability, Rows, bin_stability
from logitkit.results.cards.periods import Every
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown
from logitkit.scorecard.bin_table import bin_table
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.edits import merged, moved, replayed, split
from logitkit.scorecard.monitoring.bins_over_time import Base
from logitkit.scorecard.monitoring.index import Resampled
from logitkit.scorecard.trail import Edit
from logitkit.scorecard.weighting import WeightMeaning
from logitkit.typing import FloatArray

__all__ = ["BinnedVariable", "column_of", "held"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class BinnedVariable(Shown, Binning):
    """A variable in bins, with its table and the changes that can be made by hand.

    Examples
    --------
    Two bins of little difference become one:

    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> found = lk.scorecard.binning("duration", loans, target="class", event="bad")
    >>> found.merge(1, 2).table()[["label", "rows", "woe"]].head(3).round(3)
                  label   rows    woe
    bin
    1          below 12  180.0  0.887
    2    12 to below 16  251.0  0.267
    3    16 to below 27  340.0 -0.096
    """

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per bin.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            label, rows, share, events, event_rate and woe with limits, iv; indexed by the number of the bin, from 1.
        """
        return bin_frame(bin_table(self, level))

    def transformed(self, data: Any) -> pd.Series:
        """Return the weight of evidence of every row.

        Parameters
        ----------
        data : table or (n,) array-like
            A table that has the variable, or its values.

        Returns
        -------
        pandas.Series
            Exactly the numbers of the table.
        """
        values, index = column_of(data, self.name)
        return pd.Series(self.transform(values), index=index, name=self.name)

    def transform(self, values: Any) -> FloatArray:
        """Return the weight of evidence of each value, by the policies stated for unseen levels and empty bins.

        Parameters
        ----------
        values : (n,) array-like, or table
            Values of the variable, or a table that has it.

        Returns
        -------
        (n,) array
            Exactly the numbers of the table.
        """
        return super().transform(column_of(values, self.name)[0])

    def plot(self, ax: Any = None, level: float = 0.95) -> Any:
        """Draw the bad rate of every bin, with its interval, above the proportions of rows.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        matplotlib.axes.Axes
            The plot; special and missing values stand apart.
        """
        from logitkit.plots.binning import plot_bin_table

        title = f"{self.name}: information value {format_number(self.information.value)}"
        return plot_bin_table(bin_table(self, level), ax, title=title)

    def stability(
        self,
        data: Any,
        *,
        period: str,
        target: str | None = None,
        event: Any = None,
        indeterminate: Any = (),
        base: Base = "development",
        every: Every = "month",
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        level: float = 0.95,
        replicates: int = 1000,
        seed: int | None = 0,
    ) -> BinStability:
        """Return the bins period by period: proportions of rows, bad rates, weights of evidence, stability indices.

        Parameters
        ----------
        data : table
            With the variable, the period and the target.
        period : str
            The column of dates, or of other periods in their order.
        target : str, optional
            The column of the outcome; rows without one count among the rows alone.
        event : object, optional
            The level of the outcome that is bad; 1 or True by default.
        indeterminate : object or sequence, optional
            Levels that are neither good nor bad.
        base : {"development", "first"}
            Whether periods are compared with the rows that the bins were made from, or with the first period.
        every : {"month", "quarter", "year"}
            Periods of dates.
        weights : str or array-like, optional
            Weights of the rows.
        weight_kind : {"frequency", "sampling"}, optional
            Whether weights count rows, or are what each sampled row stands for; whole numbers count rows by default.
        level : float, default 0.95
            Confidence level.
        replicates : int, default 1000
            Pairs of samples drawn for the intervals of the indices; 0 for none.
        seed : int or None, default 0
            Of the generator.

        Returns
        -------
        BinStability
            ``table()`` has one row per period and bin, ``by_period()`` one per period; ``plot()`` draws them.
        """
        said = Rows(period, every, (target, event, indeterminate), (weights, weight_kind))
        return bin_stability(self, data, said, base, Resampled(level, replicates, seed))

    def merge(self, first: int, second: int, reason: str = "") -> BinnedVariable:
        """Return the variable with two bins joined.

        Parameters
        ----------
        first, second : int
            Numbers of the bins in the table.
        reason : str, optional
            For the trail.

        Returns
        -------
        BinnedVariable
            The change is in ``edits``, with the information value before and after.
        """
        return held(merged(self, first, second, reason))

    def split(self, at: float | None = None, levels: Iterable[Any] | None = None, reason: str = "") -> BinnedVariable:
        """Return the variable with one bin divided.

        Parameters
        ----------
        at : float, optional
            The new cut point of a number.
        levels : iterable, optional
            Of levels those that leave their bin for one of their own.
        reason : str, optional
            For the trail.

        Returns
        -------
        BinnedVariable
            The change is in ``edits``, with the information value before and after.
        """
        return held(split(self, at, levels, reason))

    def move(self, level: Any, to: int, reason: str = "") -> BinnedVariable:
        """Return the variable with one level, or several, in another bin.

        Parameters
        ----------
        level : object, or list
            The level, or several. The pool of rare levels moves whole, and all of it is named: the counts of its levels
            are not known apart.
        to : int
            Number of the new bin in the table.
        reason : str, optional
            For the trail.

        Returns
        -------
        BinnedVariable
            The change is in ``edits``, with the information value before and after.
        """
        return held(moved(self, level, to, reason))

    def replay(self, edits: Iterable[Edit]) -> BinnedVariable:
        """Return the variable after the changes of a trail.

        Parameters
        ----------
        edits : iterable of Edit
            ``edits`` of another binning of this variable.

        Returns
        -------
        BinnedVariable
            Whose trail has the information values of these bins.
        """
        if not isinstance(edits, Iterable):
            raise DataError(f"replay: {edits!r:.60} is no trail. Give the edits of a binned variable.")
        return held(replayed(self, tuple(edits)))


def held(binning: Binning) -> BinnedVariable:
    """Return a binning as the user holds it."""
    return BinnedVariable(**{field.name: getattr(binning, field.name) for field in fields(Binning)})


def column_of(data: Any, name: str) -> tuple[Any, pd.Index | None]:
    """Return a column of a table, or values given as they are, with the index of the rows."""
    if isinstance(data, pd.Series):
        return data, data.index
    if isinstance(data, list | tuple | np.ndarray):
        if isinstance(data, np.ndarray) and data.ndim != 1:
            raise DataError(f"{name!r}: give one value per row; these have shape {data.shape}.")
        return pd.Series(data, dtype=None if len(data) else float), None
    table = read_table(data)
    if name not in table:
        raise DataError(f"There is no column {name!r}. {nearest_name(name, table.names)}")
    return table.column(name), table.index
