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
