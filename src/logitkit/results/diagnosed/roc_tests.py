"""Comparisons of ROC curves with their table and figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

import logitkit.report.findings.ranking  # noqa: F401 - says how these results are shown
from logitkit.diagnostics.discrimination.comparison import RocTest
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

__all__ = ["RocTestResult"]


@extends_base
@dataclass(frozen=True, eq=False)
class RocTestResult(RocTest):
    """A comparison of ROC curves, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.logit("low ~ age + lwt + smoke", births).roc_test(lk.logit("low ~ ptl + ht", births))
    >>> found.to_frame().iloc[:, :4].round(3)
               contrast  estimate  std_error  statistic
    0  this fit - other     0.027      0.054      0.497
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the contrasts, one row each.

        Returns
        -------
        pandas.DataFrame
            Columns contrast, estimate, std_error, statistic, p_value, conf_low, conf_high. For independent samples with
            DeLong's standard errors, also welch_dof and welch_p_value.
        """
        columns: dict[str, Any] = {
            "contrast": self.labels,
            "estimate": self.estimates,
            "std_error": self.errors,
            "statistic": self.statistics,
            "p_value": self.p_values,
            "conf_low": self.lows,
            "conf_high": self.highs,
        }
        if self.welch_dofs is not None:
            columns |= {"welch_dof": self.welch_dofs, "welch_p_value": self.welch_p_values}
        return ResultFrame(columns)

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw all curves on the same axes.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            One curve per score, with its area; for partial areas, the range of false positive rates is shaded.
        """
        from logitkit.plots.roc import plot_roc_test

        return plot_roc_test(self, ax, title=title)
