"""Figures of a fit, as one-line verbs; matplotlib, and the name of its type, stay in ``plots``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, Literal

from logitkit.diagnostics.calibration import calibration
from logitkit.diagnostics.discrimination import discrimination
from logitkit.diagnostics.influence import influence
from logitkit.results.estimates import Estimates
from logitkit.results.foreign import meant_by
from logitkit.results.model import Model
from logitkit.results.rows import Rows

__all__ = ["FitPlots", "Plots"]


class Plots:
    """The verbs that draw a fit of any model, which show themselves as a list.

    Parameters
    ----------
    fit : Fit
        The fit.
    """

    def __init__(self, fit: Model) -> None:
        self._model, self._record = fit, fit.record

    def forest(
        self,
        units: Mapping[str, float] | None = None,
        ax: Any = None,
        labels: Mapping[str, str] | None = None,
        title: str = "",
        level: float | None = None,
        terms: Sequence[str] | None = None,
        against: Any = None,
    ) -> Any:
        """Draw odds ratios with their intervals, of several outcomes relative risk ratios with one mark per outcome.

        Parameters
        ----------
        units : mapping, optional
            As in ``odds_ratios``. A unit other than 1 is written behind the coefficient's name.
        ax : Axes, optional
            Where to draw; labels stand to its left, and numbers or a legend to its right.
        labels : mapping of str to str, optional
            What is written, as it is, in place of the name of a coefficient, or of a factor above its levels.
        title : str, optional
            Set above.
        level : float, optional
            Confidence level; the fit's by default.
        terms : sequence of str, optional
            Terms of the formula, or coefficients, to draw, in this order. By default all that a summary lists.
        against : object, optional
            Of several outcomes, the one to compare with; the reference by default, the first in symmetric form.

        Returns
        -------
        Axes
            The plot. A factor has a heading, its reference level and then its other levels. Of two outcomes, after a
            penalty, coefficients that are zero are left out, and of many the largest are drawn, by the coefficient
            times the scale of its column; a note below counts the others.

        Raises
        ------
        UnsupportedError
            If the model has no coefficient besides the intercept, or a penalty has set all of them to zero.
        FormulaError
            If ``units``, ``labels`` or ``terms`` names none.
        """
        from logitkit.plots.forest import plot_forest
        from logitkit.report.forest import ratio_forest

        found = ratio_forest(self._record, units, against=against, labels=labels, terms=terms, level=level)
        return plot_forest(found, ax, title=title)

    def coefficients(
        self,
        units: Mapping[str, float] | None = None,
        ax: Any = None,
        labels: Mapping[str, str] | None = None,
        title: str = "",
        level: float | None = None,
        terms: Sequence[str] | None = None,
    ) -> Any:
        """Draw coefficients with their intervals, one row per term, in it one mark per outcome.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a column, by its name; the label says so.
        ax : Axes, optional
            Where to draw.
        labels, terms : optional
            As in ``forest``.
        title : str, optional
            Set above.
        level : float, optional
            Confidence level; the fit's by default.

        Returns
        -------
        Axes
            The plot. Terms that a summary does not list one by one are left out, and so are the intercepts.
        """
        from logitkit.plots.forest import plot_forest
        from logitkit.report.forest import coefficient_forest

        found = coefficient_forest(self._record, units, labels=labels, terms=terms, level=level)
        return plot_forest(found, ax, title=title)

    def effects(
        self,
        variable: str,
        data: Any = None,
        kind: Literal["lines", "stacked"] = "lines",
        values: Sequence[Any] | None = None,
        level: float | None = None,
        weights: Any = None,
        offset: Any = None,
        ax: Any = None,
    ) -> Any:
        """Draw average probabilities over the rows of a table, with a variable set to values.

        Parameters
        ----------
        variable : str
            A column that the formula uses.
        data : table, optional
            Rows to average over; those of the fit by default, as long as its table is there and is what it was.
        kind : {'lines', 'stacked'}
            Lines with intervals (points, where the variable has levels), of two outcomes for the event; or areas (bars)
            of all outcomes, which add to one.
        values : sequence, optional
            What the variable is set to. Default: each level, or a grid from the least to the largest number.
        level : float, optional
            Confidence level; the fit's by default.
        weights : str or array-like, optional
            How much each row counts; by default the column that was the fit's weights, if any.
        offset : str or array-like, or of several outcomes by outcome, optional
            Demanded when the fit was given arrays.
        ax : Axes, optional
            Where to draw.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.effects import plot_effects
        from logitkit.results.effects import effects_of

        both = range(2) if kind == "stacked" and self._record.is_single else None
        rows = Rows(self._record, self._model.design, data, weights, offset)
        found = effects_of(rows, variable, values, level, outcomes=both)
        return plot_effects(found, ax, kind=kind)

    def __getattr__(self, name: str) -> Any:
        """Say which figures there are."""
        raise AttributeError(meant_by(name, type(self)))

    def __repr__(self) -> str:
        """Return a line for each figure, with its first arguments."""
        lines = []
        verbs = {name: verb for kind in reversed(type(self).__mro__) for name, verb in vars(kind).items()}
        for name, verb in verbs.items():
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
        super().__init__(fit)
        self._fit = fit

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

        return plot_roc(
            discrimination(self._fit.record, Rows(self._fit.record, self._fit.design, data, y=y).design),
            ax,
            label=label,
            color=color,
        )

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

        result = calibration(self._fit.record, Rows(self._fit.record, self._fit.design, data, y=y).design, bins=bins)
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

        return plot_residuals(
            influence(self._fit.record, Rows(self._fit.record, self._fit.design, data, y=y).design), ax
        )
