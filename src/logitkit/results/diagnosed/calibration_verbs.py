"""Whether the probabilities of a fit agree with observed rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logitkit.models.nominal import places_of
from logitkit.results.given_rows import OfRows
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration.curve import Calibration

__all__ = ["CalibrationVerbs"]


class CalibrationVerbs(OfRows):
    """Calibration."""

    def calibration(self, data: Any = None, bins: int = 10, against: Any = None) -> Calibration:
        """Return predicted against observed rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        bins : int, default 10
            Number of bins.
        against : object, optional
            The outcome with which intercepts and slopes compare the others; by default the reference, in the symmetric
            form the first outcome.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercepts and slopes, calibration error, Brier score and log loss.
        """
        from logitkit.diagnostics.calibration.curve import calibration

        rows = self._rows_of(data)
        (place,) = places_of(rows.record.info, against=against)
        return shown(calibration(rows.record, rows.design, bins=bins, reference=place))
