"""Classification at thresholds, thresholds that are chosen, decision curves and reclassification, with their tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.findings.decisions  # noqa: F401 - says how these results are shown
from logitkit.diagnostics.decisions.net_benefit import DecisionCurve
from logitkit.diagnostics.decisions.reclassification import Reclassification
from logitkit.diagnostics.discrimination.at_thresholds import ClassificationTable, Rates
from logitkit.diagnostics.discrimination.thresholds import Threshold
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

__all__ = ["ClassificationTableResult", "DecisionCurveResult", "ReclassificationResult", "ThresholdResult"]


def _columns(rates: Rates) -> dict[str, Any]:
    """Return the columns of rates with their limits."""
    found: dict[str, Any] = {}
    for name, values in vars(rates).items():
        found |= {name: values[0], f"{name}_low": values[1], f"{name}_high": values[2]}
    return found


@extends_base
@dataclass(frozen=True, eq=False)
class ClassificationTableResult(ClassificationTable):
    """Classification at several thresholds, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.classification_table(thresholds=[0.2, 0.4])
    >>> found.to_frame()[["threshold", "true_events", "sensitivity", "specificity"]].round(3)
       threshold  true_events  sensitivity  specificity
    0        0.2         55.0        0.932        0.223
    1        0.4         21.0        0.356        0.808
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per threshold.

        Returns
        -------
        pandas.DataFrame
            Columns threshold, the four counts, and each rate with its limits, such as sensitivity_low.
        """
        counts = {
            name: getattr(self, name) for name in ("true_events", "false_events", "true_nonevents", "false_nonevents")
        }
        return ResultFrame({"threshold": self.thresholds, **counts, **_columns(self.rates)})


@extends_base
@dataclass(frozen=True, eq=False)
class ThresholdResult(Threshold):
    """A threshold chosen from rows, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.thresholds().to_frame()[["threshold", "sensitivity", "specificity"]].round(3)
       threshold  sensitivity  specificity
    0      0.293        0.729        0.562
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the threshold and the rates at the threshold.

        Returns
        -------
        pandas.DataFrame
            One row: method, threshold with its limits, criterion, and each rate with its limits.
        """
        first = {"method": [self.method], "threshold": self.threshold, "conf_low": self.low, "conf_high": self.high}
        return ResultFrame({**first, "criterion": self.criterion, **_columns(self.rates)})


@extends_base
@dataclass(frozen=True, eq=False)
class DecisionCurveResult(DecisionCurve):
    """Decision curves, with a table and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.decision_curve(thresholds=[0.2, 0.3])
    >>> found.to_frame()[["model", "threshold", "net_benefit", "of_all"]].round(3)
          model  threshold  net_benefit  of_all
    0  this fit        0.2        0.157   0.140
    1  this fit        0.3        0.089   0.017
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per model and threshold.

        Returns
        -------
        pandas.DataFrame
            Columns model, threshold, net_benefit, std_error, conf_low, conf_high, of_all, standardized, avoided.
        """
        k, t = self.net_benefit.shape
        names = np.repeat(np.array([*self.names], dtype=object), t)
        tables = (self.net_benefit, self.std_error, self.low, self.high)
        first = dict(zip(("net_benefit", "std_error", "conf_low", "conf_high"), map(np.ravel, tables), strict=True))
        last = {"standardized": self.standardized.ravel(), "avoided": self.avoided.ravel()}
        at = {"threshold": np.tile(self.thresholds, k)}
        return ResultFrame({"model": names, **at, **first, "of_all": np.tile(self.of_all, k), **last})

    def plot(self, ax: Any = None, *, standardized: bool = False, title: str = "") -> Any:
        """Draw the curves of all models, with those of acting on all rows and on none.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        standardized : bool, default False
            Whether to draw the net benefit divided by the prevalence, which is at most 1.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with bands of the intervals if there are at most two models.
        """
        from logitkit.plots.decision_curve import plot_decision_curve

        return plot_decision_curve(self, ax, standardized=standardized, title=title)


@extends_base
@dataclass(frozen=True, eq=False)
class ReclassificationResult(Reclassification):
    """Reclassification of two models, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.logit("low ~ age + lwt + smoke", births).reclassification(lk.logit("low ~ age", births))
    >>> found.to_frame()[["measure", "estimate"]].round(3).head(3)
             measure  estimate
    0            nri     0.442
    1     nri_events     0.119
    2  nri_nonevents     0.323
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the measures, one row each.

        Returns
        -------
        pandas.DataFrame
            Columns measure, estimate, std_error, p_value, conf_low, conf_high.
        """
        parts = ("nri", "nri_events", "nri_nonevents", "idi", "idi_events", "idi_nonevents")
        return ResultFrame(
            {
                "measure": parts,
                "estimate": self.estimates,
                "std_error": self.errors,
                "p_value": self.p_values,
                "conf_low": self.low,
                "conf_high": self.high,
            }
        )
