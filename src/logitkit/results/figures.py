"""Figures of a fit, as one-line verbs; matplotlib, and the name of its type, stay in ``plots``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

from logitkit.diagnostics.calibration import calibration
from logitkit.diagnostics.discrimination import discrimination
from logitkit.diagnostics.influence import influence
from logitkit.results.estimates import Estimates
from logitkit.results.foreign import meant_by
from logitkit.results.rows import rows_of

__all__ = ["FitPlots", "Plots"]


class Plots:
    """The verbs that draw a fit, which show themselves as a list."""

    def __getattr__(self, name: str) -> Any:
        """Say which figures there are."""
        raise AttributeError(meant_by(name, type(self)))

    def __repr__(self) -> str:
        """Return a line for each figure, with its first arguments."""
        lines = []
        for name, verb in vars(type(self)).items():
            if not name.startswith("_") and callable(verb):
                words = (verb.__doc__ or "").strip().partition("\n")[0]
                required = [
                    each.name for each in list(signature(verb).parameters.values())[1:] if each.default is each.empty
                ]
                lines.append((f"plot.{name}({', '.join(required)})", words))
        width = max(len(call) for call, _ in lines)
        return "\n".join(["Figures:", *(f"  {call:<{width}}  {words}" for call, words in lines)])


class FitPlots(Plots):
    """Figures of a fit; each returns matplotlib Axes.

    Parameters
    ----------
    fit : Fit
        The fit.
    """

    def __init__(self, fit: Estimates) -> None:
        self._fit = fit

    def forest(
        self,
        units: Mapping[str, float] | None = None,
        ax: Any = None,
        labels: Mapping[str, str] | None = None,
        title: str = "",
        level: float | None = None,
        terms: Sequence[str] | None = None,
    ) -> Any:
        """Draw odds ratios with their intervals, with both as numbers beside; the ratios alone where there are none.

        Parameters
        ----------
        units : mapping, optional
            As in ``Fit.odds_ratios``. A unit other than 1 is written behind the coefficient's name.
        ax : Axes, optional
            Where to draw; labels stand to its left and numbers to its right.
        labels : mapping of str to str, optional
            What is written, as it is, in place of the name of a coefficient, or of a factor above its levels.
        title : str, optional
            Set above.
        level : float, optional
            Confidence level; the fit's by default.
        terms : sequence of str, optional
            Terms of the formula, or coefficients, to draw, in this order. By default all that a summary lists.

        Returns
        -------
        Axes
            The plot. A factor has a heading, its reference level and then its other levels. After a penalty
            coefficients that are zero are left out, and of many the largest are drawn, by the coefficient times the
            scale of its column; a note below counts the others.

        Raises
        ------
        UnsupportedError
            If the model has no coefficient besides the intercept, or a penalty has set all of them to zero.
        FormulaError
            If ``units``, ``labels`` or ``terms`` names none.
        """
        from logitkit.plots.forest import plot_forest
        from logitkit.report.forest_rows import forest_rows

        found = forest_rows(self._fit.record, units, labels=labels, terms=terms, level=level)
        return plot_forest(found.rows, ax, level=found.level, interval=found.interval, title=title, note=found.note)

    def roc(
        self, data: Any = None, ax: Any = None, label: str | None = None, color: str | None = None, y: Any = None
    ) -> Any:
        """Draw the ROC curve.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        label : str, optional
            Names the curve in a legend; curves with labels can share ``ax``.
        color : str, optional
            Of the curve.
        y : array-like, optional
            Outcome of the rows of ``data`` after a fit of a matrix.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.roc import plot_roc

        return plot_roc(discrimination(self._fit.record, rows_of(self._fit, data, y=y)), ax, label=label, color=color)

    def calibration(
        self,
        data: Any = None,
        ax: Any = None,
        bins: int = 10,
        label: str | None = None,
        color: str | None = None,
        y: Any = None,
    ) -> Any:
        """Draw observed against predicted rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        bins : int, default 10
            Number of bins.
        label : str, optional
            Names the points in a legend, in place of histogram and words; points with labels can share ``ax``.
        color : str, optional
            Of the points.
        y : array-like, optional
            Outcome of the rows of ``data`` after a fit of a matrix.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.calibration import plot_calibration

        result = calibration(self._fit.record, rows_of(self._fit, data, y=y), bins=bins)
        return plot_calibration(result, ax, label=label, color=color)

    def residuals(self, data: Any = None, ax: Any = None, y: Any = None) -> Any:
        """Draw residuals against leverage.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        y : array-like, optional
            Outcome of the rows of ``data`` after a fit of a matrix.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.residuals import plot_residuals

        return plot_residuals(influence(self._fit.record, rows_of(self._fit, data, y=y)), ax)
