"""Verbs of pooled fits that look at rows: each table gives its answer, and the answers are pooled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.pooling.fits import PooledRecords
from logitkit.inference.pooling.measures import PooledMeasure, measure_scale, pooled_measure
from logitkit.report.wording import is_calibrated
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.pooled.frames import calibration_measures, pooled_frame
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.engine.record import FitRecord

__all__ = ["PooledRowVerbs"]


@verbs_in_our_words
class PooledRowVerbs:
    """Predictions, effects and measures of M fits, pooled by Rubin's rules."""

    fits: tuple[Fit, ...]
    _pooled: PooledRecords

    @property
    def record(self) -> FitRecord:
        """The pooled record: mean coefficients with Rubin's covariance, and no likelihood."""
        return self._pooled.record

    def predictions(self, data: Any = None, level: float | None = None) -> pd.DataFrame:
        """Return predicted probabilities, pooled on the scale of the log odds.

        Parameters
        ----------
        data : table or list of tables, optional
            Rows without gaps, or one imputed table per fit; by default the rows of the fits.
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, conf_low and conf_high of the probability; logit and logit_std_error, and their dof and
            fmi. One row per row or, with several outcomes, per row and outcome: each is pooled as an event against all
            others, so that probabilities of a row sum to 1 only nearly.
        """
        event = self.record.has_event
        frames = [fit.predictions(rows) for fit, rows in self._each(data)]
        if len({len(frame) for frame in frames}) > 1:
            raise DataError("The tables have different numbers of rows, so that their rows are not those of one table.")
        return pooled_frame(
            frames,
            self._level(level),
            self._pooled.dof_complete,
            estimate="logit" if event else "estimate",
            error="logit_std_error" if event else "std_error",
            logit=not event,
            by_place=True,
        )

    def effects(self, variables: Any = None, *, level: float | None = None, **options: Any) -> pd.DataFrame:
        """Return average effects of variables, each averaged over the rows of its own table and then pooled.

        Parameters
        ----------
        variables : str or sequence of str, optional
            Those changed; all by default.
        level : float, optional
            Confidence level; that of the fits by default.
        **options : object
            As of ``fit.effects``; without ``adjust``.

        Returns
        -------
        pandas.DataFrame
            As of ``fit.effects(...).to_frame()``, then dof and fmi.
        """
        return self._of_frames(lambda fit: fit.effects(variables, **options).to_frame(), level)

    def average_predictions(self, variable: str, values: Any = None, *, level: float | None = None) -> pd.DataFrame:
        """Return average predictions, pooled on the scale of the log odds.

        Parameters
        ----------
        variable : str
            A column that the formula uses.
        values : sequence, optional
            Values of the variable, as of ``fit.average_predictions``.
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        pandas.DataFrame
            As of a fit, then dof and fmi.
        """
        return self._of_frames(lambda fit: fit.average_predictions(variable, values=values), level, logit=True)

    def contrast(self, a: Any, b: Any, *, level: float | None = None, at: Any = None) -> pd.DataFrame:
        """Return the contrast of two profiles.

        Parameters
        ----------
        a, b : mapping of str to object
            The two profiles.
        level : float, optional
            Confidence level; that of the fits by default.
        at : object, optional
            As of ``fit.contrast``.

        Returns
        -------
        pandas.DataFrame
            As of ``fit.contrast(...).to_frame()``, then dof and fmi.
        """
        return self._of_frames(lambda fit: fit.contrast(a, b, at=at).to_frame(), level)

    def discrimination(self, data: Any = None, level: float | None = None) -> PooledMeasure:
        """Return the area under the ROC curve, of several outcomes Hand and Till's, pooled on the scale of log odds.

        Parameters
        ----------
        data : table or list of tables, optional
            As of ``predictions``, with the outcome.
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        PooledMeasure
            With its interval and fraction of missing information.
        """
        found = [fit.discrimination(rows) for fit, rows in self._each(data)]
        values = [(each.auc, each.std_error) for each in found]
        name = "Area under the ROC curve" if self.record.has_event else "Hand and Till's area"
        return self._measures({name: (values, "logit")}, level)

    def calibration(self, data: Any = None, level: float | None = None) -> PooledMeasure:
        """Return calibration intercept and slope, and observed over expected events, pooled (the last as a logarithm).

        Parameters
        ----------
        data : table or list of tables, optional
            As of ``discrimination``. Refused on the rows of fits by maximum likelihood, where intercept and slope are 0
            and 1 by construction and an interval of them would say nothing.
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        PooledMeasure
            One row per measure, with several outcomes per measure and outcome; intercepts and slopes compare an outcome
            with the reference.
        """
        found = [fit.calibration(rows) for fit, rows in self._each(data)]
        if all(each.in_sample and is_calibrated(each.intercept, each.slope) for each in found):
            raise UnsupportedError(
                "On the rows of the fits calibration intercept and slope are 0 and 1 by construction: give data=, "
                "other rows, or one imputed table of them for each fit."
            )
        rows = calibration_measures(found)
        return self._measures(rows, level)

    @property
    def r_squared(self) -> pd.Series:
        """Coefficients of determination, pooled as Fisher's z of their roots (Harel 2009)."""
        table = pd.DataFrame([fit.r_squared for fit in self.fits])
        return pd.Series(np.tanh(np.arctanh(np.sqrt(table)).mean()) ** 2)

    def pooled(
        self,
        measure: Callable[[Fit], tuple[Any, Any]],
        scale: Literal["identity", "log", "logit"] = "identity",
        level: float | None = None,
    ) -> PooledMeasure:
        """Return a measure of your own, pooled by Rubin's rules.

        Parameters
        ----------
        measure : callable
            Takes a fit and returns an estimate with its standard error.
        scale : {'identity', 'log', 'logit'}
            On which it is pooled, where it is closest to normal; the error is carried there by the delta method.
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        PooledMeasure
            One row.
        """
        values = [tuple(map(float, measure(fit))) for fit in self.fits]
        return self._measures({getattr(measure, "__name__", "Measure"): (values, scale)}, level)

    def _level(self, level: float | None) -> float:
        return self.record.level if level is None else level

    def _each(self, data: Any) -> Iterator[tuple[Fit, Any]]:
        """Yield the fits with their rows."""
        if isinstance(data, (list, tuple)):
            if len(data) != len(self.fits):
                raise DataError(f"{len(data)} tables were given for {len(self.fits)} fits: one each, or one for all.")
            return zip(self.fits, data, strict=True)
        return ((fit, data) for fit in self.fits)

    def _of_frames(
        self, make: Callable[[Fit], pd.DataFrame], level: float | None, *, logit: bool = False
    ) -> pd.DataFrame:
        frames = [make(fit) for fit in self.fits]
        return pooled_frame(frames, self._level(level), self._pooled.dof_complete, logit=logit)

    def _measures(self, values: dict[str, tuple[Any, str]], level: float | None) -> PooledMeasure:
        rows = {name: measure_scale(np.array(found), scale, name) for name, (found, scale) in values.items()}
        return shown(pooled_measure(rows, self._level(level), self._pooled.dof_complete))
