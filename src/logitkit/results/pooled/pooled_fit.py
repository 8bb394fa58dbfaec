"""Fits to multiply imputed tables as one: estimates, tests, effects and measures by Rubin's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.pooling.fits import pooled_records
from logitkit.inference.pooling.joint import PooledTest
from logitkit.options import require_choice
from logitkit.report.frames import tidy
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.pooled.row_verbs import PooledRowVerbs
from logitkit.results.shown import Summary, shown, shown_summary

__all__ = ["PooledFit"]

INSTEAD = (
    "pooled.fits has the fits to the single tables; pooled over them are coef, tidy, odds_ratios, confint, test, "
    "compare, effects, average_predictions, contrast, predictions, discrimination, calibration, r_squared and pooled()."
)


@verbs_in_our_words
class PooledFit(PooledRowVerbs):
    """Fits of one model to M imputed tables, pooled by Rubin's rules.

    Parameters
    ----------
    fits : sequence of Fit
        At least two.
    dof_complete : float, optional
        Degrees of freedom of the table without gaps; those of the residuals by default.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> tables = [births.assign(lwt=births["lwt"].where(births.index % 7 > 0, 120 + 5 * k)) for k in range(5)]
    >>> pooled = lk.pool([lk.logit("low ~ lwt + smoke", table) for table in tables])
    >>> pooled.tidy()[["term", "estimate", "std_error", "dof"]].round(3)
            term  estimate  std_error      dof
    0  Intercept     0.933      0.895  183.739
    1        lwt    -0.016      0.007  183.871
    2      smoke     0.676      0.326  183.815
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

    def compare(self, smaller: PooledFit, method: Literal["D1", "D2", "D3", "D4"] = "D3") -> PooledTest:
        """Test the coefficients that a smaller model leaves out.

        Parameters
        ----------
        smaller : PooledFit
            Of the same tables.
        method : {'D1', 'D2', 'D3', 'D4'}
            By the estimates; by the likelihood-ratio statistics alone, the least accurate; by the likelihoods at the
            pooled estimates too; or by the likelihood of all tables stacked, which depends on no parametrisation and is
            never negative.

        Returns
        -------
        PooledTest
            F with its degrees of freedom.
        """
        require_choice("method", method, ("D1", "D2", "D3", "D4"))
        if not isinstance(smaller, PooledFit):
            raise DataError(f"{type(smaller).__name__} is no pooled fit: lk.pool(fits) makes one.")
        return shown(self._pooled.against(smaller._pooled, method))

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
