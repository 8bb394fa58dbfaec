"""Figures of discrimination."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logitkit.models.nominal import named_places
from logitkit.results.given_rows import OfRows

__all__ = ["DiscriminationFigures"]


class DiscriminationFigures(OfRows):
    """Figures of discrimination."""

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
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        label : str, optional
            Name of the curve of an event in a legend; labelled curves can share ``ax``.
        color : str, optional
            Colour of the curve of an event.
        title : str, optional
            Title of the figure.
        outcomes : sequence, optional
            With several outcomes, those to draw, at most twelve. Default: all or, of more than twelve, the most
            frequent; the figure names those not drawn.

        Returns
        -------
        Axes
            One curve, or one per outcome, with its area.
        """
        from logitkit.diagnostics.discrimination.curves import discrimination
        from logitkit.plots.roc import plot_roc

        rows = self._rows_of(data)
        places = named_places(outcomes, rows.record.info)
        found = discrimination(rows.record, rows.design)
        return plot_roc(found, ax, title=title, label=label, color=color, outcomes=places)

    def precision_recall(self, data: Any = None, ax: Any = None, label: str | None = None, title: str = "") -> Any:
        """Draw precision against recall.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        label : str, optional
            Name of the curve in a legend; labelled curves can share ``ax``.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The curve in steps, with the rate of events.
        """
        from logitkit.diagnostics.discrimination.precision_recall import precision_recall
        from logitkit.plots.precision_recall import plot_precision_recall

        rows = self._rows_of(data)
        return plot_precision_recall(precision_recall(rows.record, rows.design), ax, label=label, title=title)

    def cap(self, data: Any = None, ax: Any = None, label: str | None = None, title: str = "") -> Any:
        """Draw the accuracy profile (CAP, gains): the proportion of the events by depth.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        label : str, optional
            Name of the profile in a legend; labelled profiles can share ``ax``.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The profile between chance and a model without errors.
        """
        from logitkit.diagnostics.discrimination.gains import gains
        from logitkit.plots.gains import plot_gains

        rows = self._rows_of(data)
        return plot_gains(gains(rows.record, rows.design), ax, label=label, title=title)

    def lift(self, data: Any = None, ax: Any = None, groups: int = 10, title: str = "") -> Any:
        """Draw the lift of groups of rows, the highest probabilities first.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        groups : int, default 10
            Number of groups of equal weight.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            Bars with intervals, and a line for all rows down to each group.
        """
        from logitkit.diagnostics.discrimination.gains import gains
        from logitkit.plots.gains import plot_lift

        rows = self._rows_of(data)
        return plot_lift(gains(rows.record, rows.design, groups), ax, title=title)
