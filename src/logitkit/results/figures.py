"""Figures of a fit, as one-line verbs; matplotlib, and the name of its type, stay in ``plots``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logitkit.diagnostics.calibration import calibration
from logitkit.diagnostics.discrimination import discrimination
from logitkit.diagnostics.influence import influence
from logitkit.inference.odds_ratios import odds_ratios
from logitkit.results.estimates import Estimates
from logitkit.results.rows import rows_of

__all__ = ["FitPlots"]


class FitPlots:
    """Figures of a fit; each returns matplotlib Axes.

    Parameters
    ----------
    fit : Fit
        The fit.
    """

    def __init__(self, fit: Estimates) -> None:
        self._fit = fit

    def forest(self, ax: Any = None, units: Mapping[str, float] | None = None) -> Any:
        """Draw odds ratios with their intervals.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw.
        units : mapping, optional
            As in ``Fit.odds_ratios``.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.forest import plot_forest

        result = odds_ratios(self._fit.record, units)
        return plot_forest(result.terms, result.estimate, result.low, result.high, ax, level=result.level)

    def roc(self, data: Any = None, ax: Any = None) -> Any:
        """Draw the ROC curve.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.roc import plot_roc

        return plot_roc(discrimination(self._fit.record, rows_of(self._fit, data)), ax)

    def calibration(self, data: Any = None, ax: Any = None, bins: int = 10) -> Any:
        """Draw observed against predicted rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        bins : int, default 10
            Number of bins.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.calibration import plot_calibration

        return plot_calibration(calibration(self._fit.record, rows_of(self._fit, data), bins=bins), ax)

    def residuals(self, data: Any = None, ax: Any = None) -> Any:
        """Draw residuals against leverage.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.residuals import plot_residuals

        return plot_residuals(influence(self._fit.record, rows_of(self._fit, data)), ax)
