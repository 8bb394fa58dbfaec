"""A binned variable: its table, its edits and its weights of evidence."""

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
    """A binned variable, with its table and methods that change bins by hand.

    Examples
    --------
    Two bins that differ little are merged:

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
            label, rows, share, events, event_rate and woe with limits, iv; the index is the number of the bin, from 1.
        """
        return bin_frame(bin_table(self, level))

    def transformed(self, data: Any) -> pd.Series:
        """Return the weight of evidence of each row.

        Parameters
        ----------
        data : table or (n,) array-like
            A table with the variable, or the values of the variable.

        Returns
        -------
        pandas.Series
            The numbers in the column woe of ``table``, exactly.
        """
        values, index = column_of(data, self.name)
        return pd.Series(self.transform(values), index=index, name=self.name)

    def transform(self, values: Any) -> FloatArray:
        """Return the weight of evidence of each value; ``Bins`` states what happens to unseen levels and empty bins.

        Parameters
        ----------
        values : (n,) array-like, or table
            Values of the variable, or a table with it.

        Returns
        -------
        (n,) array
            The numbers in the column woe of ``table``, exactly.
        """
        return super().transform(column_of(values, self.name)[0])

    def plot(self, ax: Any = None, level: float = 0.95) -> Any:
        """Draw the bad rate of each bin, with its interval, above the proportions of rows.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        matplotlib.axes.Axes
            The plot; special and missing values are set apart.
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
        """Return the bins by period: proportions of rows, bad rates, weights of evidence, stability indices.

        Parameters
        ----------
        data : table
            Table with the variable, the period and the target.
        period : str
            Name of the column of dates, or of other periods that can be sorted.
        target : str, optional
            Name of the outcome column; rows without an outcome count only in the numbers and proportions of rows.
        event : object, optional
            The level of the outcome that is bad; 1 or True by default.
        indeterminate : object or sequence, optional
            Levels that are neither good nor bad.
        base : {"development", "first"}
            What periods are compared with: the rows that the bins were made from, or the first period.
        every : {"month", "quarter", "year"}
            Length of a period, if the column holds dates.
        weights : str or array-like, optional
            Weights of the rows.
        weight_kind : {"frequency", "sampling"}, optional
            Whether weights are counts of rows or sampling weights; whole numbers are counts by default.
        level : float, default 0.95
            Confidence level.
        replicates : int, default 1000
            Number of pairs of samples drawn for the intervals of the indices; 0 for no intervals.
        seed : int or None, default 0
            Seed of the random numbers.

        Returns
        -------
        BinStability
            ``table()`` has one row per period and bin, and ``by_period()`` one per period; ``plot()`` draws them.
        """
        said = Rows(period, every, (target, event, indeterminate), (weights, weight_kind))
        return bin_stability(self, data, said, base, Resampled(level, replicates, seed))

    def merge(self, first: int, second: int, reason: str = "") -> BinnedVariable:
        """Return the variable with two bins merged.

        Parameters
        ----------
        first, second : int
            Numbers of the bins in the table.
        reason : str, optional
            Reason for the change, which ``edits`` records.

        Returns
        -------
        BinnedVariable
            The change is in ``edits``, with the information value before and after.
        """
        return held(merged(self, first, second, reason))

    def split(self, at: float | None = None, levels: Iterable[Any] | None = None, reason: str = "") -> BinnedVariable:
        """Return the variable with one bin split.

        Parameters
        ----------
        at : float, optional
            The new cut point of a numeric variable.
        levels : iterable, optional
            The levels of a categorical variable that leave their bin and form a new one.
        reason : str, optional
            Reason for the change, which ``edits`` records.

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
            The level, or a list of levels. Levels in the pool of rare levels can only move together, and all have to be
            named: their separate counts are not known.
        to : int
            Number of the new bin in the table.
        reason : str, optional
            Reason for the change, which ``edits`` records.

        Returns
        -------
        BinnedVariable
            The change is in ``edits``, with the information value before and after.
        """
        return held(moved(self, level, to, reason))

    def replay(self, edits: Iterable[Edit]) -> BinnedVariable:
        """Return the variable after the edits of another binning.

        Parameters
        ----------
        edits : iterable of Edit
            ``edits`` of another binning of this variable.

        Returns
        -------
        BinnedVariable
            The variable; its ``edits`` have the information values of these bins.
        """
        if not isinstance(edits, Iterable):
            raise DataError(f"replay: {edits!r:.60} is no trail. Give the edits of a binned variable.")
        return held(replayed(self, tuple(edits)))


def held(binning: Binning) -> BinnedVariable:
    """Return a binning with its methods."""
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
