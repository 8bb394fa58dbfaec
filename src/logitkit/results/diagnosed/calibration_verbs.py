"""Whether the probabilities of a fit agree with observed rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logitkit.models.nominal import places_of
from logitkit.results.given_rows import OfRows
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration.bins import Binning, Ends
    from logitkit.diagnostics.calibration.curve import Calibration
    from logitkit.diagnostics.calibration.smooth import CurveKind

__all__ = ["CalibrationVerbs"]


class CalibrationVerbs(OfRows):
    """Calibration."""

    def calibration(
        self,
        data: Any = None,
        bins: Ends = 10,
        against: Any = None,
        *,
        by: Any = None,
        curve: CurveKind = "lowess",
        binning: Binning = "count",
    ) -> Calibration:
        """Return predicted against observed rates: in bins, by intercepts and slopes, as a curve, by proper scores.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        bins : int or sequence of float, default 10
            Number of bins, or their ends, from 0 to 1.
        against : object, optional
            The outcome with which intercepts and slopes compare the others; by default the reference, in the symmetric
            form the first outcome.
        by : str or (n,) array-like, optional
            Groups, a column of the rows or an array as long: calibration of the event in each, with tests that groups
            do not differ.
        curve : {'lowess', 'loess', 'spline'}
            How the flexible curve is made: by local lines as R's ``lowess(p, y, iter = 0)``, by local parabolas as R's
            ``loess(y ~ p)``, or by a logistic regression on a restricted cubic spline of the log odds.
        binning : {'count', 'width'}
            Whether so many bins hold about equal numbers of rows, or are equally wide.

        Returns
        -------
        Calibration
            Bins with intervals, calibration intercepts and slopes with their joint test, the flexible curve with
            integrated calibration index, E50, E90 and Emax, calibration error, Brier score with its decomposition and
            log loss, both also scaled.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
        >>> found = fit.calibration(births[1::2])
        >>> bool(abs(found.decomposition.brier - found.brier) < 1e-12)
        True
        """
        from logitkit.diagnostics.calibration.by_group import with_groups
        from logitkit.diagnostics.calibration.curve import calibration

        rows = self._rows_of(data)
        record, design = rows.record, rows.design
        (place,) = places_of(record.info, against=against)
        groups = None if by is None else rows.beside(by, "by")
        found = calibration(record, design, bins=bins, reference=place, curve=curve, binning=binning)
        return shown(found if groups is None else with_groups(found, record, design, *groups, curve=curve))
