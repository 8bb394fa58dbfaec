"""Figures of tests of fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logitkit.results.given_rows import OfRows

__all__ = ["GoodnessFigures"]


class GoodnessFigures(OfRows):
    """Figures of tests of fit."""

    def calibration_belt(
        self, data: Any = None, ax: Any = None, levels: Sequence[float] = (0.8, 0.95), title: str = ""
    ) -> Any:
        """Draw the calibration belt: the estimated observed rate at each predicted probability, with confidence belts.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        levels : sequence of float, default (0.8, 0.95)
            Confidence levels.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, which shows the test and the ranges in which the belt excludes the diagonal.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.calibration_belt()
        <Axes: xlabel='Predicted probability', ylabel='Observed rate'>
        """
        from logitkit.diagnostics.fit.belt import calibration_belt
        from logitkit.plots.calibration_belt import plot_calibration_belt

        rows = self._rows_of(data)
        return plot_calibration_belt(calibration_belt(rows.record, rows.design, levels), ax, title=title)
