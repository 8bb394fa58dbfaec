"""Figures of a fit, as one-line verbs; matplotlib, and the name of its type, stay in ``plots``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from logitkit.results.row_figures import Figures

if TYPE_CHECKING:
    from logitkit.results.row_verbs import RowVerbs

__all__ = ["FitPlots"]


class FitPlots(Figures):
    """Figures of a fit; each returns matplotlib Axes.

    Parameters
    ----------
    fit : Fit
        The fit.
    """

    #: How other rows are given with what belongs to them, for who gives it to a figure.
    _other_rows: ClassVar[str] = "fit.on(data, {word}=...).plot.{verb}()"

    def __init__(self, fit: RowVerbs) -> None:
        self._fit, self._record = fit, fit.record

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
        labels : mapping of str to str, optional
            As in ``forest``.
        title : str, optional
            Set above.
        level : float, optional
            Confidence level; the fit's by default.
        terms : sequence of str, optional
            As in ``forest``.

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
        ax : Axes, optional
            Where to draw.

        Returns
        -------
        Axes
            The plot.
        """
        return self._fit.on(data).plot.effects(variable, kind, values, level, ax)

    def roc(
        self,
        data: Any = None,
        ax: Any = None,
        label: str | None = None,
        color: str | None = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
    ) -> Any:
        """Draw the ROC curve of the event, or of each of several outcomes against the rest.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        label : str, optional
            Names the curve of an event in a legend; curves with labels can share ``ax``.
        color : str, optional
            Of the curve of an event.
        title : str, optional
            Set above.
        outcomes : sequence, optional
            Of several outcomes those that are drawn, at most twelve. By default all, or of more than twelve those that
            occur most often; the figure says which are not drawn.

        Returns
        -------
        Axes
            One curve, or one per outcome, with its area.
        """
        return self._fit.on(data).plot.roc(ax, label, color, title, outcomes=outcomes)

    def calibration(
        self,
        data: Any = None,
        ax: Any = None,
        bins: int = 10,
        label: str | None = None,
        color: str | None = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
    ) -> Any:
        """Draw observed rates of bins against mean predictions, of the event or of each of several outcomes.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        bins : int, default 10
            Number of bins an outcome.
        label : str, optional
            Names the points of an event in a legend, in place of histogram and words; points with labels can share
            ``ax``.
        color : str, optional
            Of the points of an event.
        title : str, optional
            Set above.
        outcomes : sequence, optional
            Of several outcomes those that are drawn, at most twelve. By default all, or of more those that are expected
            most often; the figure says which are not drawn.

        Returns
        -------
        Axes
            The plot; of several outcomes one series of points per outcome, with intervals.
        """
        return self._fit.on(data).plot.calibration(ax, bins, label, color, title, outcomes=outcomes)

    def residuals(self, data: Any = None, ax: Any = None, outcome: Any = None, title: str = "") -> Any:
        """Draw standardised residuals over leverage, of an event or of one of several outcomes against the others.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, for a fit that was loaded; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        outcome : object, optional
            The outcome, demanded of several.
        title : str, optional
            Set above.

        Returns
        -------
        Axes
            One point per row, whose area is Cook's distance.
        """
        return self._fit.on(data).plot.residuals(ax, outcome, title)
