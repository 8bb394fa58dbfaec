"""Figures of calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logitkit.models.nominal import named_places
from logitkit.results.given_rows import OfRows

__all__ = ["CalibrationFigures"]


class CalibrationFigures(OfRows):
    """Figures of calibration."""

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
        """Draw observed rates against mean predictions in bins, of the event or of each of several outcomes.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        bins : int, default 10
            Number of bins per outcome.
        label : str, optional
            Name of the points of an event in a legend, which replaces the histogram and the text; labelled points can
            share ``ax``.
        color : str, optional
            Colour of the points of an event.
        title : str, optional
            Title of the figure.
        outcomes : sequence, optional
            With several outcomes, those to draw, at most twelve. Default: all or, of more than twelve, those with the
            highest expected counts; the figure names those not drawn.

        Returns
        -------
        Axes
            The plot; with several outcomes one series of points per outcome, with intervals.
        """
        from logitkit.diagnostics.calibration.curve import calibration
        from logitkit.plots.calibration import plot_calibration

        rows = self._rows_of(data)
        places = named_places(outcomes, rows.record.info)
        found = calibration(rows.record, rows.design, bins=bins)
        return plot_calibration(found, ax, title=title, label=label, color=color, outcomes=places)
