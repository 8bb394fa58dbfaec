"""Sizes, likelihoods and criteria of a fit of any model, as properties."""

from __future__ import annotations

import pandas as pd

from logitkit.engine.record import FitRecord
from logitkit.inference.fit_statistics import corrected_aic, fit_statistics
from logitkit.results.given_rows import OfRows

__all__ = ["Statistics"]


class Statistics(OfRows):
    """A fit with the statistics of the whole model."""

    record: FitRecord

    @property
    def loglik(self) -> float:
        """Log-likelihood, including the binomial constant; nan with sampling weights or clusters.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> round(fit.loglik, 3)
        -113.638
        """
        return self.record.loglik if self.record.has_loglik else float("nan")

    @property
    def deviance(self) -> float:
        """Twice the log-likelihood of the saturated model minus that of the fit; nan with sampling weights or clusters.

        Examples
        --------
        If every row has the outcome 0 or 1, the deviance is -2 times the log-likelihood:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> round(fit.deviance, 3), round(-2 * fit.loglik, 3)
        (227.276, 227.276)
        """
        return self.record.deviance if self.record.has_deviance else float("nan")

    @property
    def dispersion(self) -> float:
        """Estimated dispersion factor by ``dispersion=``, or Williams's rho; nan if neither was estimated.

        Examples
        --------
        Overdispersed numbers of events among trials:

        >>> import logitkit as lk
        >>> litters = {"dead": [0, 5, 1, 9, 2, 8], "alive": [10, 5, 9, 1, 8, 2], "dose": [0, 0, 1, 1, 2, 2]}
        >>> fit = lk.logit("cbind(dead, alive) ~ dose", litters, dispersion="pearson")
        >>> round(fit.dispersion, 2)
        6.86
        """
        found = self.record.covariance.dispersion
        return float("nan") if found is None else found

    @property
    def null_deviance(self) -> float:
        """Deviance of the model with intercept and offset only; nan with sampling weights or clusters.

        Examples
        --------
        The null deviance minus the deviance is the likelihood-ratio statistic for all terms:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> round(fit.null_deviance, 3), round(fit.null_deviance - fit.deviance, 3)
        (234.672, 7.396)
        """
        return self.record.null_deviance if self.record.has_deviance else float("nan")

    @property
    def aic(self) -> float:
        """Akaike's information criterion; nan with sampling weights, clusters or a penalty.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> {f: round(lk.logit(f, births).aic, 2) for f in ("low ~ age", "low ~ age + smoke", "low ~ smoke")}
        {'low ~ age': 235.91, 'low ~ age + smoke': 233.28, 'low ~ smoke': 233.8}
        """
        return fit_statistics(self.record).aic

    @property
    def aicc(self) -> float:
        """AIC corrected for small samples (Hurvich and Tsai).

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> round(fit.aic, 3), round(fit.aicc, 3)
        (233.276, 233.406)
        """
        return corrected_aic(self.record)

    @property
    def bic(self) -> float:
        """Bayesian information criterion with n = ``n_obs``; nan whenever ``aic`` is.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> {f: round(lk.logit(f, births).bic, 2) for f in ("low ~ age", "low ~ age + smoke", "low ~ smoke")}
        {'low ~ age': 242.4, 'low ~ age + smoke': 243.0, 'low ~ smoke': 240.29}
        """
        return fit_statistics(self.record).bic

    @property
    def n_obs(self) -> int:
        """Number of rows with positive weight, or the sum of frequency weights.

        Examples
        --------
        Rows with missing values are not counted:

        >>> import logitkit as lk
        >>> lk.logit("y ~ x", {"y": [0, 1, 1, 0, 1], "x": [1.0, 2.0, None, 3.0, 2.5]}).n_obs
        4
        """
        return self.record.n_obs

    @property
    def n_params(self) -> int:
        """Rank of the design; with a penalty, the number of nonzero coefficients.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> terms = "low ~ age + lwt + race + smoke + ht + ui"
        >>> lk.logit(terms, births).n_params, lk.logit(terms, births, penalty=lk.Lasso(0.05)).n_params
        (8, 5)
        """
        return self.record.n_params

    @property
    def dof_residual(self) -> int:
        """Number of observations minus number of parameters; with K outcomes, each observation counts K - 1 times.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.n_obs, fit.n_params, fit.dof_residual
        (189, 3, 186)
        """
        return self.record.dof_residual

    @property
    def r_squared(self) -> pd.Series:
        """McFadden's, Cox-Snell, Nagelkerke's and Tjur's coefficients of determination; with a penalty, only Tjur's.

        The first three compare maximised likelihoods. They are nan for a penalised fit, which does not maximise the
        likelihood, and with sampling weights or clusters.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.r_squared.round(4).to_dict()
        {'mcfadden': 0.0502, 'cox_snell': 0.0604, 'nagelkerke': 0.085, 'tjur': 0.0584}
        """
        from logitkit.report.frames import tidy

        return tidy.r_squared_series(fit_statistics(self.record))
