"""Figures of calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from logitkit.models.places import named_places
from logitkit.options import require_seed
from logitkit.results.given_rows import OfRows
from logitkit.results.labelled import as_printed

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration.bins import Ends
    from logitkit.diagnostics.calibration.corp import Band
    from logitkit.diagnostics.calibration.smooth import CurveKind

__all__ = ["CalibrationFigures"]


class CalibrationFigures(OfRows):
    """Figures of calibration."""

    def calibration(
        self,
        data: Any = None,
        ax: Any = None,
        bins: Ends = 10,
        label: str | None = None,
        color: str | None = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
        curve: CurveKind = "lowess",
    ) -> Any:
        """Draw observed rates against mean predictions in bins, for the event or for each of several outcomes.

        For an event, a flexible calibration curve with its band is also drawn if the figure shows only one model.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        bins : int or sequence of float, default 10
            Number of bins per outcome, or the ends of the bins.
        label : str, optional
            Name of the points of an event in a legend, which replaces the histogram and the text. Several labelled sets
            of points can share ``ax``.
        color : str, optional
            Colour of the points of an event.
        title : str, optional
            Title of the figure.
        outcomes : sequence, optional
            With several outcomes, those to draw, at most twelve. Default: all outcomes or, if there are more than
            twelve, those with the highest expected counts; the figure names those not drawn.
        curve : {'lowess', 'loess', 'spline'}
            Method for the flexible curve, as in ``fit.calibration``.

        Returns
        -------
        Axes
            The plot; with several outcomes, one series of points with intervals per outcome.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.calibration(title="Low birth weight")
        <Axes: title={'left': 'Low birth weight'}, xlabel='Predicted probability', ylabel='Observed rate'>
        """
        from logitkit.diagnostics.calibration.curve import calibration
        from logitkit.plots.calibration import plot_calibration

        rows = self._rows_of(data)
        places = named_places(outcomes, rows.record.info)
        found = calibration(rows.record, rows.design, bins=bins, curve=curve)
        return plot_calibration(as_printed(found, rows), ax, title=title, label=label, color=color, outcomes=places)

    def reliability(
        self,
        data: Any = None,
        ax: Any = None,
        outcome: Any = None,
        *,
        band: Band = "consistency",
        resamples: int = 1_000,
        seed: int = 1,
        color: str | None = None,
        title: str = "",
    ) -> Any:
        """Draw the CORP reliability diagram: isotonic rates against predictions, with a band.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        outcome : object, optional
            With several outcomes, the one that is compared with all others.
        band : {'consistency', 'confidence'}
            Consistency band (of the isotonic rates if the predictions are calibrated), or confidence band around the
            estimated rates.
        resamples : int, default 1000
            Number of simulated sets of outcomes for the band, at least 10.
        seed : int, default 1
            Random seed.
        color : str, optional
            Colour of the isotonic rates.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
        >>> fit.plot.reliability(births[1::2], resamples=50)
        <Axes: xlabel='Predicted probability of 1', ylabel='Observed rate'>
        """
        from logitkit.diagnostics.calibration.corp import reliability
        from logitkit.plots.reliability import plot_reliability
        from logitkit.results.diagnosed.calibration_verbs import one_outcome, require_draws

        rows = self._rows_of(data)
        place = one_outcome(rows.record.info, rows.record.has_event, outcome)
        require_draws(resamples)
        found = reliability(
            rows.record, rows.design, place, band=band, resamples=resamples, seed=require_seed(seed) or 0
        )
        return plot_reliability(as_printed(found, rows), ax, title=title, color=color)
