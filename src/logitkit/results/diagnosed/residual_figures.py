"""Figures of residuals and influence."""

from __future__ import annotations

from typing import Any

from logitkit.models.nominal import outcome_place
from logitkit.results.given_rows import OfRows

__all__ = ["ResidualFigures"]


class ResidualFigures(OfRows):
    """Figures of residuals and influence."""

    def residuals(self, data: Any = None, ax: Any = None, outcome: Any = None, title: str = "") -> Any:
        """Draw standardised residuals against leverage, for an event or for one of several outcomes against the others.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, which a loaded fit needs; by default those that the fit holds.
        ax : Axes, optional
            Axes to draw on.
        outcome : object, optional
            The outcome; required if there are several.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            One point per row, with area proportional to Cook's distance.
        """
        from logitkit.diagnostics.residuals.influence import influence
        from logitkit.diagnostics.residuals.influential import influential_rows
        from logitkit.plots.residuals import DRAWN_MOST, plot_residuals

        rows = self._rows_of(data)
        record = rows.record
        place = None if outcome is None else outcome_place(outcome, record.info, "outcome")
        if rows.in_chunks:
            found = influential_rows(record, rows.design, DRAWN_MOST, place)
            return plot_residuals(found.rows, ax, outcome=place, title=title, out_of=(found.n_rows, found.n_usable))
        return plot_residuals(influence(record, rows.design), ax, outcome=place, title=title)
