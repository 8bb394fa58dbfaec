"""Calibration errors and reliability diagrams of logits, with tables and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from logitkit.diagnostics.calibration.logit_reliability import LogitReliability
from logitkit.logits.calibration_errors.error import CalibrationErrors
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

__all__ = ["CalibrationErrorsResult", "LogitReliabilityResult"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class CalibrationErrorsResult(CalibrationErrors):
    """Calibration errors, with a table and a figure."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row for all rows, then one per outcome and group.

        Returns
        -------
        pandas.DataFrame
            Columns rows, n, ece, chance, chance_low, chance_high, p_value, squared, squared_low, squared_high.
        """
        names = ("n", "ece", "chance", "chance_low", "chance_high", "p_value", "squared", "squared_low", "squared_high")
        every = (self, *self.parts)
        columns: dict[str, Any] = {"rows": [part.name for part in every]}
        return ResultFrame(columns | {name: [getattr(part, name) for part in every] for name in names})

    def bins_frame(self) -> pd.DataFrame:
        """Return one row per bin; the bins of all rows are first.

        Returns
        -------
        pandas.DataFrame
            Columns rows, n, predicted, observed, gap, std_error.
        """
        names = ("n", "predicted", "observed", "gap", "std_error")
        found = [
            pd.DataFrame({"rows": part.name} | {name: getattr(part.bins, name) for name in names})
            for part in (self, *self.parts)
            if part.bins is not None
        ]
        return ResultFrame(pd.concat(found, ignore_index=True))

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw observed against predicted probabilities in the bins of the calibration error.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with intervals of the observed rates. For the mean over outcomes, the bins of each outcome are
            drawn, without intervals.

        Raises
        ------
        UnsupportedError
            If there are more than 12 outcomes.
        """
        from logitkit.plots.calibration_bins import plot_calibration_bins

        return plot_calibration_bins(self, ax, title=title)


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class LogitReliabilityResult(LogitReliability):
    """Reliability diagrams by outcome and group, with a table and a figure."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per diagram.

        Returns
        -------
        pandas.DataFrame
            Columns rows, n, and the Brier score with its components.
        """
        names = ("score", "miscalibration", "discrimination", "uncertainty")
        columns: dict[str, Any] = {
            "rows": list(self.names),
            "n": [float(each.n.sum()) for each in self.diagrams],
        }
        return ResultFrame(columns | {name: [getattr(each.brier, name) for each in self.diagrams] for name in names})

    def plot(self, axes: Any = None) -> Any:
        """Draw the diagrams side by side.

        Parameters
        ----------
        axes : array of Axes, optional
            One Axes for each diagram; those of a new figure by default.

        Returns
        -------
        Figure
            The figure with all diagrams.
        """
        from logitkit.plots.reliability import plot_reliabilities

        return plot_reliabilities(self.names, self.diagrams, None if axes is None else list(np.ravel(axes)))
