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
    """The area under a part of a ROC curve, with a table."""

    def to_frame(self) -> pd.DataFrame:
        """Return the area, as it is and standardised.

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
    """Precision and recall, with a table and a figure."""

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
            The curve in steps, with the precision of scores that rank nothing.
        """
        from logitkit.plots.precision_recall import plot_precision_recall

        return plot_precision_recall(self, ax, label=label, title=title)


@extends_base
@dataclass(frozen=True, eq=False)
class ConcordanceResult(Concordance):
    """Rank correlations, with a table."""

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
    """Gains and lift, with a table and figures."""

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
        """Draw the accuracy profile, or the lift by group.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        what : {'cap', 'lift'}
            Proportion of the events by depth, or the lift of each group with that of all down to it.
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
