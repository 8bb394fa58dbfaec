"""Measures of ranking with their tables and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

import logitkit.report.findings.ranking  # noqa: F401 - says how these results are shown
from logitkit.diagnostics.discrimination.concordance import Concordance
from logitkit.diagnostics.discrimination.gains import Gains
from logitkit.diagnostics.discrimination.partial_area import PartialArea
from logitkit.diagnostics.discrimination.precision_recall import PrecisionRecall
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

__all__ = ["ConcordanceResult", "GainsResult", "PartialAreaResult", "PrecisionRecallResult"]


@extends_base
@dataclass(frozen=True)
class PartialAreaResult(PartialArea):
    """The area under a part of a ROC curve, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.partial_auc(fpr=(0, 0.2))
    >>> found.bounds, round(found.area, 4), round(found.std_error, 4)
    ((0.0, 0.2), 0.0351, 0.0108)
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the raw and the standardised area.

        Returns
        -------
        pandas.DataFrame
            Columns measure, estimate, conf_low, conf_high.
        """
        return ResultFrame(
            {
                "measure": ["partial area", "standardized"],
                "estimate": [self.area, self.standardized],
                "conf_low": [self.low, self.standardized_low],
                "conf_high": [self.high, self.standardized_high],
            }
        )


@extends_base
@dataclass(frozen=True, eq=False)
class PrecisionRecallResult(PrecisionRecall):
    """Precision and recall, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.precision_recall().to_frame().head(3).round(3)
       threshold  recall  precision
    0      0.571   0.017        1.0
    1      0.566   0.034        1.0
    2      0.561   0.034        0.5
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the points of the curve.

        Returns
        -------
        pandas.DataFrame
            Columns threshold, recall, precision.
        """
        return ResultFrame({"threshold": self.thresholds, "recall": self.recall, "precision": self.precision})

    def plot(self, ax: Any = None, *, label: str | None = None, title: str = "") -> Any:
        """Draw precision against recall.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        label : str, optional
            Name of the curve in a legend; labelled curves can share ``ax``.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The curve as a step function, with a line at the precision of random scores.
        """
        from logitkit.plots.precision_recall import plot_precision_recall

        return plot_precision_recall(self, ax, label=label, title=title)


@extends_base
@dataclass(frozen=True, eq=False)
class ConcordanceResult(Concordance):
    """Rank correlations, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.concordance().to_frame().round(3)
                     measure  estimate  std_error  conf_low  conf_high
    0                      c     0.653      0.042     0.571      0.735
    1              Somers' D     0.306      0.084     0.143      0.470
    2  Goodman-Kruskal gamma     0.306      0.084     0.143      0.470
    3        Kendall's tau-a     0.132      0.037     0.060      0.204
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the measures, one row each.

        Returns
        -------
        pandas.DataFrame
            Columns measure, estimate, std_error, conf_low, conf_high.
        """
        return ResultFrame(
            {
                "measure": self.names,
                "estimate": self.estimates,
                "std_error": self.errors,
                "conf_low": self.low,
                "conf_high": self.high,
            }
        )


@extends_base
@dataclass(frozen=True, eq=False)
class GainsResult(Gains):
    """Gains and lift, with a table and figures.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.gains(groups=4).to_frame()[["depth", "rows", "events", "lift"]].round(3)
       depth   rows  events   lift
    0   0.25  47.25   21.25  1.441
    1   0.50  47.25   19.25  1.305
    2   0.75  47.25   10.50  0.712
    3   1.00  47.25    8.00  0.542
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the groups, one row each.

        Returns
        -------
        pandas.DataFrame
            Columns depth, threshold, rows, events, rate, conf_low, conf_high, lift, captured, cumulative_lift.
        """
        return ResultFrame(
            {
                "depth": self.depth,
                "threshold": self.thresholds,
                "rows": self.rows,
                "events": self.events,
                "rate": self.rate,
                "conf_low": self.rate_low,
                "conf_high": self.rate_high,
                "lift": self.lift,
                "captured": self.captured,
                "cumulative_lift": self.cumulative_lift,
            }
        )

    def plot(self, ax: Any = None, *, what: str = "cap", label: str | None = None, title: str = "") -> Any:
        """Draw the cumulative accuracy profile, or the lift by group.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        what : {'cap', 'lift'}
            The proportion of events captured by depth, or the lift of each group with the cumulative lift.
        label : str, optional
            Name of the profile in a legend; labelled profiles can share ``ax``.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The figure.
        """
        from logitkit.options import require_choice
        from logitkit.plots.gains import plot_gains, plot_lift

        require_choice("what", what, ("cap", "lift"))
        return plot_lift(self, ax, title=title) if what == "lift" else plot_gains(self, ax, label=label, title=title)
