"""Bootstrap and jackknife results with their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.resampled  # noqa: F401 - says how these results are shown
from logitkit.design.design import Design
from logitkit.errors import DataError
from logitkit.inference.intervals.asked import asked_functions
from logitkit.inference.intervals.bootstrap_intervals import BootstrapIntervals, IntervalKind, bootstrap_intervals
from logitkit.inference.resampling.jackknife import Jackknife, jackknife
from logitkit.inference.resampling.resampling import Bootstrap, bootstrap
from logitkit.inference.resampling.units import ResamplingKind
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.quantities import Quantities
from logitkit.results.shown import shown

__all__ = ["BootstrapResult", "JackknifeResult", "bootstrap_fit", "jackknife_fit"]


@extends_base
@dataclass(frozen=True)
class BootstrapResult(Bootstrap):
    """A bootstrap of a fit, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.bootstrap(n=50, seed=1)
    >>> found.tidy().iloc[:, :4].round(3)
            term  estimate   bias  std_error
    0  Intercept     0.619 -0.016      0.846
    1        lwt    -0.013 -0.000      0.006
    2      smoke     0.677  0.070      0.367
    """

    @property
    def bias(self) -> pd.Series:  # type: ignore[override]
        """Mean of the finite replicates minus the estimate, by name."""
        return _named(self, super().bias, "bias")

    @property
    def std_error(self) -> pd.Series:  # type: ignore[override]
        """Standard deviation of the finite replicates, by name."""
        return _named(self, super().std_error, "std_error")

    def intervals(
        self, kind: IntervalKind = "percentile", level: float | None = None, jackknife: Jackknife | None = None
    ) -> BootstrapIntervals:
        """Return confidence intervals from the replicates; BCa intervals need the jackknife of the fit.

        Parameters
        ----------
        kind : {'percentile', 'basic', 'bca', 'normal'}
            Percentiles of the replicates; percentiles reflected about the estimate; percentiles corrected for bias and
            acceleration; or the bias-corrected estimate plus and minus a normal quantile times the standard error.
            Draws of a posterior (``'bayesian'``) have percentile and normal intervals only.
        level : float, optional
            Confidence level; that of the fit by default.
        jackknife : Jackknife, optional
            Jackknife of the same fit, for ``'bca'``.

        Returns
        -------
        BootstrapIntervals
            One interval per coefficient.
        """
        return bootstrap_intervals(self, kind, level=level, jackknife=jackknife)

    def confint(
        self, kind: IntervalKind = "percentile", level: float | None = None, jackknife: Jackknife | None = None
    ) -> pd.DataFrame:
        """Return the limits of ``intervals`` as a table, like that of ``fit.confint``.

        Parameters
        ----------
        kind : {'percentile', 'basic', 'bca', 'normal'}
            Kind of interval, as in ``intervals``.
        level : float, optional
            Confidence level; that of the fit by default.
        jackknife : Jackknife, optional
            Jackknife of the same fit, for ``'bca'``.

        Returns
        -------
        pandas.DataFrame
            Columns conf_low and conf_high, one row per coefficient; the name of the columns index states the method.

        Examples
        --------
        >>> import logitkit as lk
        >>> drawn = lk.logit("low ~ lwt", lk.datasets.load_lbw()).bootstrap(199, seed=1)
        >>> bool((drawn.confint("basic")["conf_low"] == drawn.intervals("basic").low).all())
        True
        """
        found = self.intervals(kind, level, jackknife)
        index = pd.Index(list(self.names), name="term")
        return ResultFrame(
            np.column_stack([found.low, found.high]), index, pd.Index(["conf_low", "conf_high"], name=found.label)
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the table of ``tidy``, with percentile intervals.

        Returns
        -------
        pandas.DataFrame
            One row per coefficient.
        """
        return self.tidy()

    def tidy(
        self, kind: IntervalKind = "percentile", level: float | None = None, jackknife: Jackknife | None = None
    ) -> pd.DataFrame:
        """Return one row per coefficient.

        Parameters
        ----------
        kind : {'percentile', 'basic', 'bca', 'normal'}
            Kind of interval, as in ``intervals``.
        level : float, optional
            Confidence level; that of the fit by default.
        jackknife : Jackknife, optional
            Jackknife of the same fit, for ``'bca'``.

        Returns
        -------
        pandas.DataFrame
            term, estimate, bias, std_error, conf_low, conf_high, n_infinite, n_undetermined.
        """
        found = self.intervals(kind, level, jackknife)
        return ResultFrame(
            {
                "term": list(self.names),
                "estimate": self.estimate,
                "bias": self.bias.to_numpy(),
                "std_error": self.std_error.to_numpy(),
                "conf_low": found.low,
                "conf_high": found.high,
                "n_infinite": self.n_infinite,
                "n_undetermined": self.n_undetermined,
            }
        )


@extends_base
@dataclass(frozen=True)
class JackknifeResult(Jackknife):
    """A jackknife of a fit, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw()[::5])
    >>> fit.jackknife().tidy().iloc[:, :4].round(3)
            term  estimate   bias  std_error
    0  Intercept    -0.789 -0.011      2.084
    1        lwt    -0.006 -0.001      0.014
    2      smoke     1.845  0.240      0.901
    """

    @property
    def bias(self) -> pd.Series:  # type: ignore[override]
        """Jackknife estimate of bias, by name; nan where a replicate is not finite."""
        return _named(self, super().bias, "bias")

    @property
    def std_error(self) -> pd.Series:  # type: ignore[override]
        """Jackknife standard error, by name; nan where a replicate is not finite."""
        return _named(self, super().std_error, "std_error")

    def confint(self, level: float | None = None) -> pd.DataFrame:
        """Return intervals from the t distribution, as a table like that of ``fit.confint``.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            Columns conf_low and conf_high; one row per coefficient.
        """
        low, high = self.intervals(level)
        return ResultFrame({"conf_low": low, "conf_high": high}, pd.Index(list(self.names), name="term"))

    def to_frame(self) -> pd.DataFrame:
        """Return the table of ``tidy``.

        Returns
        -------
        pandas.DataFrame
            One row per coefficient.
        """
        return self.tidy()

    def tidy(self, level: float | None = None) -> pd.DataFrame:
        """Return one row per coefficient.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            term, estimate, bias, std_error, conf_low, conf_high. The limits are the estimate plus and minus a t
            quantile times the standard error; the degrees of freedom are the number of units minus one.
        """
        low, high = self.intervals(level)
        return ResultFrame(
            {
                "term": list(self.names),
                "estimate": self.estimate,
                "bias": self.bias.to_numpy(),
                "std_error": self.std_error.to_numpy(),
                "conf_low": low,
                "conf_high": high,
            }
        )


def bootstrap_fit(
    fit: Quantities, n: int, seed: int | None, kind: ResamplingKind | None, of: str | Sequence[str] | None
) -> BootstrapResult:
    """Return the bootstrap of the coefficients of a fit, or of linear combinations of them, on its own rows."""
    asked = asked_functions(fit.record, of)
    result = BootstrapResult(**_values(bootstrap(fit.record, own_rows(fit), n, seed=seed, kind=kind)))
    return shown(result if asked.own else result.functions(asked.names, asked.functions, asked.constant))


def jackknife_fit(fit: Quantities, of: str | Sequence[str] | None) -> JackknifeResult:
    """Return the jackknife of the coefficients of a fit, or of linear combinations of them, on its own rows."""
    asked = asked_functions(fit.record, of)
    result = JackknifeResult(**_values(jackknife(fit.record, own_rows(fit))))
    return shown(result if asked.own else result.functions(asked.names, asked.functions, asked.constant))


def own_rows(fit: Quantities) -> Design:
    """Return the rows of a fit."""
    if fit.design is None:
        raise DataError("A loaded model does not hold the rows to resample: fit it again.")
    return fit.design


def _named(result: Bootstrap | Jackknife, values: Any, name: str) -> pd.Series:
    return pd.Series(values, result.names, name=name)


def _values(result: Any) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}
