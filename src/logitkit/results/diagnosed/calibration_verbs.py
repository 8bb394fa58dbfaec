"""Verbs that compare the probabilities of a fit with observed rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from logitkit.design.info import DesignInfo
from logitkit.errors import DataError
from logitkit.models.places import places_of
from logitkit.options import is_count, require_seed
from logitkit.results.given_rows import OfRows

if TYPE_CHECKING:
    from logitkit.diagnostics.calibration.bins import Binning, Ends
    from logitkit.diagnostics.calibration.corp import Band
    from logitkit.diagnostics.calibration.smooth import CurveKind
    from logitkit.results.diagnosed.with_frames import CalibrationResult, ReliabilityResult
    from logitkit.results.recalibrated import RecalibratedFit
    from logitkit.results.updated.update import UpdateMethod
    from logitkit.results.updated.updated import UpdatedFit

__all__ = ["CalibrationVerbs", "one_outcome", "require_draws"]


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
    ) -> CalibrationResult:
        """Compare predicted and observed rates: in bins, by intercepts and slopes, as a curve, by proper scores.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        bins : int or sequence of float, default 10
            Number of bins, or the ends of the bins, from 0 to 1.
        against : object, optional
            The outcome with which the others are compared in intercepts and slopes; by default the reference or, in the
            symmetric form, the first outcome.
        by : str or (n,) array-like, optional
            Groups, as a column of the rows or an array with one value per row. The calibration of the event is then
            given in each group, with tests that the groups do not differ.
        curve : {'lowess', 'loess', 'spline'}
            Method for the flexible curve: local lines, as in R's ``lowess(p, y, iter = 0)``; local parabolas, as in R's
            ``loess(y ~ p)``; or a logistic regression on a restricted cubic spline of the log odds.
        binning : {'count', 'width'}
            Whether the bins hold about equal numbers of rows, or have equal widths.

        Returns
        -------
        CalibrationResult
            Bins with intervals; calibration intercepts and slopes with their joint test; the flexible curve with the
            integrated calibration index, E50, E90 and Emax; the calibration error; the Brier score with its
            decomposition, and the log loss, both also scaled.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
        >>> found = fit.calibration(births[1::2])
        >>> round(float(found.slope), 3), round(found.brier, 3), round(found.decomposition.brier, 3)
        (0.142, 0.234, 0.234)
        """
        from logitkit.diagnostics.calibration.by_group import with_groups
        from logitkit.diagnostics.calibration.curve import calibration
        from logitkit.results.diagnosed.together import as_result
        from logitkit.results.diagnosed.with_frames import CalibrationResult

        rows = self._rows_of(data)
        record, design = rows.record, rows.design
        (place,) = places_of(record.info, against=against)
        groups = None if by is None else rows.beside(by, "by")
        found = calibration(record, design, bins=bins, reference=place, curve=curve, binning=binning)
        found = found if groups is None else with_groups(found, record, design, *groups, curve=curve)
        return as_result(CalibrationResult, found)

    def reliability(
        self,
        data: Any = None,
        outcome: Any = None,
        *,
        band: Band = "consistency",
        resamples: int = 1_000,
        seed: int = 1,
        level: float | None = None,
    ) -> ReliabilityResult:
        """Return the isotonic recalibration of predictions: the numbers of the CORP reliability diagram.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        outcome : object, optional
            With several outcomes, the one that is compared with all others.
        band : {'consistency', 'confidence'}
            Consistency band (of the isotonic rates if the predictions are calibrated), or confidence band around the
            estimated rates.
        resamples : int, default 1000
            Number of simulated sets of outcomes for the band, at least 10.
        seed : int, default 1
            Random seed.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        ReliabilityResult
            Blocks of predictions with the same isotonic rate, the band, and the Brier score and log loss, each
            decomposed as miscalibration minus discrimination plus uncertainty.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> found = lk.logit("low ~ age + lwt + smoke", births[::2]).reliability(births[1::2], resamples=100)
        >>> parts = found.brier  # the score is the first less the second plus the third
        >>> [round(float(part), 4) for part in (parts.miscalibration, parts.discrimination, parts.uncertainty)]
        [0.0329, 0.0121, 0.2133]
        >>> round(float(parts.score), 4)
        0.2341
        """
        from logitkit.diagnostics.calibration.corp import reliability
        from logitkit.results.diagnosed.together import as_result
        from logitkit.results.diagnosed.with_frames import ReliabilityResult

        rows = self._rows_of(data)
        place = one_outcome(rows.record.info, rows.record.has_event, outcome)
        require_draws(resamples)
        found = reliability(
            rows.record,
            rows.design,
            place,
            band=band,
            resamples=resamples,
            seed=require_seed(seed) or 0,
            level=level,
        )
        return as_result(ReliabilityResult, found)

    def recalibrate(
        self,
        data: Any = None,
        method: str = "logistic",
        *,
        level: float | None = None,
        covariance: Literal["model", "robust"] | None = None,
    ) -> RecalibratedFit:
        """Recalibrate the fit: learn a transformation of its logits from the outcomes of other rows.

        Parameters
        ----------
        data : table
            Rows with an outcome, which the fit was not fitted to.
        method : str
            ``'intercept'``, ``'logistic'`` (intercept and slope), ``'temperature'``; of an event ``'beta'``,
            ``'isotonic'``, ``'centred'`` (isotonic without ties) and ``'spline'``; of several outcomes ``'vector'`` (a
            slope and an intercept each); or ``'closed'``: a closed test chooses between no change, intercept, intercept
            and slope, and a refit.
        level : float, optional
            Confidence level of the closed test; that of the fit by default.
        covariance : {'model', 'robust'}, optional
            Standard errors from the inverse information, or from a sandwich, which is the default with sampling weights
            and clusters.

        Returns
        -------
        RecalibratedFit
            It has predict, predict_logit, calibration, on (all diagnostics of predictions) and save.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
        >>> fit.recalibrate(births[1::2], method="closed").test.updates
        ('none', 'intercept', 'logistic', 'refit')
        """
        from logitkit.results.classes import fit_of
        from logitkit.results.recalibrated import recalibrated

        rows = self._rows_of(data)
        return recalibrated(fit_of(rows.record), rows, method, level, covariance)

    def update(
        self,
        data: Any = None,
        method: UpdateMethod = "closed-test",
        *,
        extend: str | None = None,
        strength: float | None = None,
        folds: Any = 10,
        held_out: Any = None,
        level: float | None = None,
    ) -> UpdatedFit:
        """Update the fit from the outcomes of new rows, such as those of another place or a later time.

        Parameters
        ----------
        data : table
            Rows with an outcome, which the fit was not fitted to.
        method : str
            ``'intercept'``; ``'slope'`` (intercept and slope of the logits); ``'revision'`` (all coefficients);
            ``'closed-test'``: a closed test chooses between these and no change; ``'prior'``: all coefficients, with a
            normal prior centred at the earlier ones with their precision; ``'extension'``: new predictors are added to
            the logits.
        extend : str, optional
            Terms to add, such as ``"x + C(g)"``. With another method, they are only tested, in a row of the table.
        strength : float, optional
            Weight of an earlier row relative to a new one, for the prior; chosen by ``folds`` if it is not given.
        folds : int or lk.Folds, default 10
            How new rows are held out to choose the strength; ``lk.Folds(given=[(train, test)])`` is a single split.
        held_out : table, optional
            Other rows with an outcome, on which all updates are evaluated.
        level : float, optional
            Probability with which the closed test keeps a correct model; the level of the fit by default.

        Returns
        -------
        UpdatedFit
            It has predict, predict_logit, on, calibration, save, ``model`` (after a revision or a prior, a fit with all
            its verbs), and ``to_frame()``, which compares all updates.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt", births[::2])
        >>> new = fit.update(births[1::2], extend="smoke")
        >>> new.chosen, new.to_frame()["update"].tolist()
        ('revision', ['original', 'intercept', 'slope', 'revision', 'extension'])
        """
        from logitkit.results.classes import fit_of
        from logitkit.results.updated.update import Stated, update_fit

        rows = self._rows_of(data)
        least = rows.record.level if level is None else level
        return update_fit(fit_of(rows.record), rows, Stated(method, extend, strength, folds, held_out, least))


def one_outcome(info: DesignInfo, of_event: bool, outcome: Any) -> int:
    """Return the position of the outcome for a diagram: the event, or one of several outcomes, which must be named."""
    if outcome is None and not of_event:
        raise DataError("With several outcomes a reliability diagram is of one against all others: outcome='...'.")
    (place,) = places_of(info, outcome=outcome)
    return 1 if place is None else place


def require_draws(resamples: Any) -> None:
    """Refuse a number of resamples that is too small for a band."""
    if not is_count(resamples, 10):
        raise DataError(f"resamples={resamples!r:.40} must be a whole number of at least 10.")
