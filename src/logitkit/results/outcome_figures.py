"""Figures of a fit of several outcomes, as one-line verbs; matplotlib stays in ``plots``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from logitkit.errors import DataError
from logitkit.inference.prediction import fitted_matrix
from logitkit.models.nominal import outcome_place
from logitkit.results.figures import Plots
from logitkit.results.rows import Rows

if TYPE_CHECKING:
    from logitkit.results.multinomial import MultinomialFit

__all__ = ["OutcomePlots"]


class OutcomePlots(Plots):
    """Figures of a fit of several outcomes; each returns matplotlib Axes.

    Parameters
    ----------
    fit : MultinomialFit
        The fit.
    """

    def __init__(self, fit: MultinomialFit) -> None:
        super().__init__(fit)
        self._fit = fit

    def roc(
        self,
        data: Any = None,
        ax: Any = None,
        y: Any = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
    ) -> Any:
        """Draw the ROC curve of each outcome against the rest.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        y : array-like, optional
            Outcome of new rows, where the fit was given a matrix.
        title : str, optional
            Set above.
        outcomes : sequence, optional
            The outcomes that are drawn, at most twelve. By default all, or of more than twelve those that occur most
            often; the figure says which are not drawn.

        Returns
        -------
        Axes
            One curve per outcome, with its area.
        """
        from logitkit.plots.roc import plot_roc

        return plot_roc(self._fit.discrimination(data, y=y), ax, outcomes=self._places(outcomes), title=title)

    def calibration(
        self,
        data: Any = None,
        bins: int = 10,
        ax: Any = None,
        y: Any = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
    ) -> Any:
        """Draw observed rates of bins against mean predictions, for each outcome.

        Parameters
        ----------
        data : table or matrix, optional
            Rows with an outcome; those of the fit by default.
        bins : int, default 10
            Number of bins an outcome.
        ax : Axes, optional
            Where to draw.
        y : array-like, optional
            Outcome of new rows, where the fit was given a matrix.
        title : str, optional
            Set above.
        outcomes : sequence, optional
            The outcomes that are drawn, at most twelve. By default all, or of more those that are expected most often;
            the figure says which are not drawn.

        Returns
        -------
        Axes
            One series of points per outcome, with intervals.
        """
        from logitkit.plots.calibration import plot_calibration

        found = self._fit.calibration(data, bins=bins, y=y)
        return plot_calibration(found, ax, outcomes=self._places(outcomes), title=title)

    def residuals(self, outcome: Any, data: Any = None, ax: Any = None, y: Any = None, title: str = "") -> Any:
        """Draw the standardised residuals of an outcome against the others over leverage.

        Parameters
        ----------
        outcome : object
            The outcome.
        data : table or matrix, optional
            The rows of the fit, for a fit that was loaded; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        y : array-like, optional
            Outcome of the rows, where the fit was given a matrix.
        title : str, optional
            Set above.

        Returns
        -------
        Axes
            One point per row, whose area is Cook's distance.
        """
        from logitkit.diagnostics.influence import influence
        from logitkit.plots.residuals import plot_residuals

        record = self._fit.record
        found = influence(record, Rows(record, self._fit.design, data, y=y).design)
        place = outcome_place(outcome, record.info, "outcome")
        return plot_residuals(found, ax, outcome=place, title=title)

    def _places(self, outcomes: Sequence[Any] | None) -> list[int] | None:
        """Return the places of outcomes, None where none are named."""
        if outcomes is None:
            return None
        if not isinstance(outcomes, Iterable):
            raise DataError(f"outcomes={outcomes!r:.60} must be a list of outcomes.")
        named = [outcomes] if isinstance(outcomes, str) else outcomes
        return [outcome_place(each, self._fit.record.info, "outcomes") for each in named]

    def ternary(
        self, data: Any = None, ax: Any = None, weights: Any = None, offset: Any = None, title: str = ""
    ) -> Any:
        """Draw the probabilities of three outcomes as points in a triangle, coloured by the outcome observed.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        weights, offset : str, array-like or by outcome, optional
            Demanded with ``data`` when the fit was given arrays.
        title : str, optional
            Set above.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.ternary import plot_ternary

        record, rows = self._fit.record, Rows(self._fit.record, self._fit.design, data, weights, offset).design
        mean = fitted_matrix(record, rows.matrix, rows.response.offset).probabilities
        return plot_ternary(mean, record.outcomes, rows.response.y.astype(int), ax, title=title)
