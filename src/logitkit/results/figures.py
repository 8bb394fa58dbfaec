"""Figures of a fit, as one-line verbs; matplotlib stays in ``plots``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from logitkit.options import require_choice
from logitkit.results.documented import documents
from logitkit.results.labelled import as_printed
from logitkit.results.row_figures import DiagnosticFigures, Figures, RowPlots
from logitkit.results.rows import Rows
from logitkit.results.spread_units import units_in_numbers
from logitkit.typing import Unit

if TYPE_CHECKING:
    from logitkit.results.intervals import TableMethod
    from logitkit.results.row_verbs import RowVerbs

__all__ = ["FitPlots"]

NAMES = {
    "profile": "profile-likelihood interval",
    "score": "score interval",
    "bootstrap": "BCa bootstrap interval",
}


@documents(RowPlots)
class FitPlots(DiagnosticFigures, Figures):
    """Figures of a fit; each returns matplotlib Axes.

    Parameters
    ----------
    fit : Fit
        The fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> [text.get_text() for text in fit.plot.forest().get_yticklabels()]
    ['age', 'lwt', 'smoke']
    """

    #: The call named by the message when an argument that belongs to other rows is given to a figure.
    _other_rows: ClassVar[str] = "fit.on(data, {word}=...).plot.{verb}()"

    def __init__(self, fit: RowVerbs) -> None:
        self._fit, self._record = fit, fit.record

    def _rows_of(self, data: Any) -> Rows:
        """Return the rows of a figure."""
        return Rows(self._record, self._fit.design, data)

    def forest(
        self,
        units: Mapping[str, Unit] | None = None,
        ax: Any = None,
        labels: Mapping[str, str] | None = None,
        title: str = "",
        level: float | None = None,
        terms: Sequence[str] | None = None,
        against: Any = None,
        method: TableMethod = "wald",
    ) -> Any:
        """Draw odds ratios with intervals or, with several outcomes, relative risk ratios with one mark per outcome.

        Parameters
        ----------
        units : mapping of str to float, 'sd' or 'iqr', optional
            Units of change, as in ``odds_ratios``. A unit other than 1 is shown after the name of the coefficient.
        ax : Axes, optional
            Axes to draw on; labels are to the left of the axes, and numbers or a legend to the right.
        labels : mapping of str to str, optional
            Text that replaces the name of a coefficient, or of a factor in the heading above its levels.
        title : str, optional
            Title of the figure.
        level : float, optional
            Confidence level; that of the fit by default.
        terms : sequence of str, optional
            Terms of the formula or coefficients to draw, in this order. Default: all that a summary lists.
        against : object, optional
            With several outcomes, the outcome of comparison; by default the reference or, in the symmetric form, the
            first.
        method : {'wald', 'profile', 'score', 'bootstrap'}
            Method for the intervals, as in ``odds_ratios``; the axis label names it. For an infinite ratio, the
            profile-likelihood interval is drawn from its finite limit.

        Returns
        -------
        Axes
            The plot. A factor has a heading, its reference level with a hollow mark at 1, and its other levels. With
            two outcomes and a penalty, zero coefficients are left out. If many remain, only the largest are drawn, as
            measured by coefficient times column scale; a note below the plot gives the number of the others.

        Raises
        ------
        UnsupportedError
            If the model has no coefficient besides the intercept, or a penalty has set all of them to zero.
        FormulaError
            If ``units``, ``labels`` or ``terms`` contains an unknown name.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> axes = fit.plot.forest(units={"lwt": 10}, labels={"smoke": "Smokes"})
        >>> axes.get_xlabel(), [text.get_text() for text in axes.get_yticklabels()]
        ('Odds ratio, 95% intervals (log scale)', ['age', 'lwt (per 10)', 'Smokes'])
        """
        from logitkit.plots.forest import plot_forest
        from logitkit.report.forest import ratio_forest

        require_choice("method", method, ("wald", *NAMES))
        limits = None
        if method != "wald":
            from logitkit.results.intervals import limits_by

            limits = NAMES[method], limits_by(self._record, self._fit.design, method, level)[0]
        numbers = units_in_numbers(self._record.info, self._fit.design, units)
        found = ratio_forest(
            self._record, numbers, against=against, labels=labels, terms=terms, level=level, limits=limits
        )
        return plot_forest(found, ax, title=title)

    def coefficients(
        self,
        units: Mapping[str, Unit] | None = None,
        ax: Any = None,
        labels: Mapping[str, str] | None = None,
        title: str = "",
        level: float | None = None,
        terms: Sequence[str] | None = None,
        method: TableMethod = "wald",
    ) -> Any:
        """Draw coefficients with intervals: one row per term, with one mark per outcome.

        Parameters
        ----------
        units : mapping of str to float, 'sd' or 'iqr', optional
            Change in a column to which the coefficient refers, as in ``odds_ratios``; the label states the change.
        ax : Axes, optional
            Axes to draw on.
        labels : mapping of str to str, optional
            As in ``forest``.
        title : str, optional
            Title of the figure.
        level : float, optional
            Confidence level; that of the fit by default.
        terms : sequence of str, optional
            As in ``forest``.
        method : {'wald', 'profile', 'score', 'bootstrap'}
            As in ``forest``.

        Returns
        -------
        Axes
            The plot, without intercepts and without terms that a summary does not list individually.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
        >>> axes = fit.plot.coefficients(units={"lwt": 10})
        >>> axes.get_xlabel(), [text.get_text() for text in axes.get_yticklabels()]
        ('Coefficient against white, 95% intervals', ['age', 'lwt (per 10)'])
        """
        from logitkit.plots.forest import plot_forest
        from logitkit.report.forest import coefficient_forest

        require_choice("method", method, ("wald", *NAMES))
        limits = None
        if method != "wald":
            from logitkit.inference.intervals.asked import asked_functions
            from logitkit.results.intervals import function_limits

            record = self._record
            found_limits = function_limits(record, self._fit.design, asked_functions(record), method, level)
            limits = NAMES[method], found_limits
        numbers = units_in_numbers(self._record.info, self._fit.design, units)
        found = coefficient_forest(self._record, numbers, labels=labels, terms=terms, level=level, limits=limits)
        return plot_forest(found, ax, title=title)

    def nomogram(self, ax: Any = None, title: str = "") -> Any:
        """Draw a nomogram: a scale of points for each variable, the total, and the probability for each total.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            One scale per variable, over its range in the rows of the fit. The variable with the largest effect over its
            range has 100 points. For splines and other curves, the points follow the curve; a curve that rises and
            falls has one scale for each monotone part.

        Raises
        ------
        UnsupportedError
            If the model has interactions, several outcomes, an offset or an absorbed factor.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ lwt", lk.datasets.load_lbw())
        >>> fit.plot.nomogram(title="Low birth weight")
        <Axes: title={'left': 'Low birth weight'}>
        """
        from logitkit.plots.nomogram import plot_nomogram
        from logitkit.results.effects.nomogram import nomogram_of

        rows = self._rows_of(None)
        return plot_nomogram(as_printed(nomogram_of(rows), rows), ax, title=title)

    def average_predictions(
        self,
        variable: str,
        data: Any = None,
        kind: Literal["lines", "stacked"] = "lines",
        values: Sequence[Any] | None = None,
        level: float | None = None,
        ax: Any = None,
    ) -> Any:
        """Draw average predicted probabilities over rows, with a variable set to each of several values.

        Parameters
        ----------
        variable : str
            A column that the formula uses.
        data : table, optional
            Rows to average over; by default the table of the fit, provided that it is available and unchanged.
        kind : {'lines', 'stacked'}
            Lines with intervals (points for a variable with levels), with two outcomes for the event only; or stacked
            areas (bars for a variable with levels) of all outcomes, which sum to one.
        values : sequence, optional
            Values of the variable. Default: each level, or a grid from the smallest to the largest number.
        level : float, optional
            Confidence level; that of the fit by default.
        ax : Axes, optional
            Axes to draw on.

        Returns
        -------
        Axes
            The plot.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> axes = fit.plot.average_predictions("age", values=[15, 25, 35])
        >>> axes.get_xlabel(), axes.lines[0].get_ydata().round(3).tolist()
        ('age', [0.378, 0.295, 0.224])
        """
        return self._fit.on(data).plot.average_predictions(variable, kind, values, level, ax)
