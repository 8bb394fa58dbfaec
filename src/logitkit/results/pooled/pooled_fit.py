"""Fits to multiply imputed tables as one: estimates, tests, effects and measures by Rubin's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.pooling.fits import pooled_records
from logitkit.inference.pooling.joint import PooledTest
from logitkit.inference.pooling.measures import PooledMeasure, measure_scale, pooled_measure
from logitkit.options import require_choice
from logitkit.report.frames import tidy
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.pooled.frames import calibration_measures, pooled_frame
from logitkit.results.shown import Summary, shown, shown_summary

if TYPE_CHECKING:
    from logitkit.engine.record import FitRecord

__all__ = ["PooledFit"]

INSTEAD = (
    "pooled.fits has the fits to the single tables; pooled over them are coef, tidy, odds_ratios, confint, test, "
    "compare, effects, average_predictions, contrast, predictions, discrimination, calibration, r_squared and pooled()."
)


@verbs_in_our_words
class PooledFit:
    """Fits of one model to M imputed tables, pooled by Rubin's rules.

    Parameters
    ----------
    fits : sequence of Fit
        At least two.
    dof_complete : float, optional
        Degrees of freedom of the table without gaps; those of the residuals by default.

    Examples
    --------
    The pooled coefficients are the means:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> tables = [births.assign(lwt=births["lwt"].where(births.index % 7 > 0, 120 + 5 * k)) for k in range(5)]
    >>> fits = [lk.logit("low ~ lwt + smoke", table) for table in tables]
    >>> pooled = lk.pool(fits)
    >>> bool(np.allclose(pooled.coef, np.mean([fit.coef for fit in fits], axis=0)))
    True
    """

    def __init__(self, fits: Sequence[Fit], dof_complete: float | None = None) -> None:
        self.fits = tuple(fits)
        self._pooled = pooled_records([fit.record for fit in fits], [fit.design for fit in fits], dof_complete)
        self._fit = type(self.fits[0])(self._pooled.record, None)

    def __getattr__(self, name: str) -> Any:
        """Refuse what is of one table, with what there is."""
        if name.startswith("_"):
            raise AttributeError(name)
        if hasattr(Fit, name):
            raise UnsupportedError(f"A pooled fit has no {name}: {INSTEAD}")
        raise AttributeError(f"A PooledFit has no attribute {name!r}: {INSTEAD}")

    @property
    def record(self) -> FitRecord:
        """The pooled record: mean coefficients with Rubin's covariance, and no likelihood."""
        return self._pooled.record

    @property
    def coef(self) -> Any:
        """Mean coefficients, labelled as those of a fit."""
        return self._fit.coef

    @property
    def std_error(self) -> Any:
        """Standard errors by Rubin's rules, labelled as ``coef``."""
        return self._fit.std_error

    @property
    def vcov(self) -> pd.DataFrame:
        """Labelled total covariance: within imputations plus (1 + 1/M) times between them."""
        return self._fit.vcov

    @property
    def n_imputations(self) -> int:
        """Number of imputed tables, M."""
        return len(self.fits)

    @property
    def n_obs(self) -> int:
        """Number of rows of each table."""
        return self.record.n_obs

    def tidy(self, level: float | None = None) -> pd.DataFrame:
        """Return one row per coefficient.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        pandas.DataFrame
            As of a fit, then dof (Barnard and Rubin), increase (relative increase of the variance), fmi (fraction of
            missing information) and efficiency.
        """
        found = self._pooled.coefficients
        added = {"dof": found.dof, "increase": found.increase, "fmi": found.fmi, "efficiency": found.efficiency}
        return ResultFrame(pd.DataFrame(tidy.tidy_frame(self.record, level)).assign(**added))

    def odds_ratios(self, units: Any = None, level: float | None = None) -> pd.DataFrame:
        """Return odds ratios with intervals, pooled on the scale of the logarithm.

        Parameters
        ----------
        units : mapping of str to float, optional
            Change in a column to which its ratio refers.
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        pandas.DataFrame
            As of a fit.
        """
        return self._fit.odds_ratios(units, level=level)

    def confint(self, level: float | None = None) -> pd.DataFrame:
        """Return intervals of the coefficients, by t with the degrees of freedom of each.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        pandas.DataFrame
            As of a fit.
        """
        return self._fit.confint(level=level)

    def test(self, hypothesis: str) -> PooledTest:
        """Test linear hypotheses, or all coefficients of a term, by the estimates (D1).

        Parameters
        ----------
        hypothesis : str
            As of ``fit.test``: ``"x = 0, z = 0"``, or the name of a term.

        Returns
        -------
        PooledTest
            F with its degrees of freedom.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fits = [lk.logit("low ~ lwt + race", births.assign(lwt=births["lwt"] + k)) for k in range(3)]
        >>> found = lk.pool(fits).test("race")
        >>> found.method, found.dof
        ('D1', 2)
        """
        return shown(self._pooled.test(hypothesis))

    def compare(self, smaller: PooledFit, method: Literal["D1", "D2", "D3"] = "D3") -> PooledTest:
        """Test the coefficients that a smaller model leaves out.

        Parameters
        ----------
        smaller : PooledFit
            Of the same tables.
        method : {'D1', 'D2', 'D3'}
            By the estimates; by the likelihood-ratio statistics alone, the least accurate; or by the likelihoods at the
            pooled estimates too.

        Returns
        -------
        PooledTest
            F with its degrees of freedom.
        """
        require_choice("method", method, ("D1", "D2", "D3"))
        if not isinstance(smaller, PooledFit):
            raise DataError(f"{type(smaller).__name__} is no pooled fit: lk.pool(fits) makes one.")
        return shown(self._pooled.against(smaller._pooled, method))

    # What is of rows.

    def predictions(self, data: Any = None, level: float | None = None) -> pd.DataFrame:
        """Return predicted probabilities of an event, pooled on the scale of the log odds.

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
            fmi. One row per row.
        """
        self._require_event("predictions")
        frames = [fit.predictions(rows) for fit, rows in self._each(data)]
        if len({len(frame) for frame in frames}) > 1:
            raise DataError("The tables have different numbers of rows, so that their rows are not those of one table.")
        return pooled_frame(
            frames,
            self._level(level),
            self._pooled.dof_complete,
            estimate="logit",
            error="logit_std_error",
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
        """Return the area under the ROC curve, pooled on the scale of its log odds.

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
        self._require_event("discrimination")
        found = [fit.discrimination(rows) for fit, rows in self._each(data)]
        values = [(each.auc, each.std_error) for each in found]
        return self._measures({"Area under the ROC curve": (values, "logit")}, level)

    def calibration(self, data: Any = None, level: float | None = None) -> PooledMeasure:
        """Return calibration intercept and slope, and observed over expected events, pooled (the last as a logarithm).

        Parameters
        ----------
        data : table or list of tables, optional
            As of ``discrimination``. On the rows of the fits intercept and slope are 0 and 1 by construction.
        level : float, optional
            Confidence level; that of the fits by default.

        Returns
        -------
        PooledMeasure
            One row per measure.
        """
        self._require_event("calibration")
        found = [fit.calibration(rows) for fit, rows in self._each(data)]
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

    def summary(self) -> Summary:
        """Return the pooled table of coefficients with what the imputations add.

        Returns
        -------
        Summary
            Prints as text, and goes into every format that a summary of a fit does.
        """
        from logitkit.report.findings.pooled import pooled_document

        return shown_summary(pooled_document(self._pooled))

    def __repr__(self) -> str:
        """Return the summary."""
        return self.summary().to_text()

    def _repr_html_(self) -> str:
        """Return the summary as HTML, for notebooks."""
        return self.summary().to_html()

    # What the verbs share.

    def _level(self, level: float | None) -> float:
        return self.record.level if level is None else level

    def _require_event(self, verb: str) -> None:
        if not self.record.has_event:
            raise UnsupportedError(f"{verb} of several outcomes is not pooled: {INSTEAD}")

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
