r"""Information criteria and coefficients of determination.

With log-likelihoods :math:`\ell` and :math:`\ell_0` (null), k the rank of the design, and n the total weight of the
trials, so that n is in the units of the likelihood (the table in ``docs/maths/inference.md`` gives the null model and
the n of each statistic):

* AIC :math:`= -2\ell + 2k`, BIC :math:`= -2\ell + k \log n_{obs}`, both with the binomial constant, as R has them;
* McFadden :math:`1 - \ell/\ell_0`, Cox and Snell :math:`1 - \exp\{2(\ell_0 - \ell)/n\}`, Nagelkerke: the latter
  divided by its largest value; all without the binomial constant, so that counted data give what their rows one by
  one would, and none depends on the scale of precision weights;
* Tjur: mean probability among events minus that among non-events.

References
----------
McFadden, D. (1974); Cox, D. R. and Snell, E. J. (1989), p. 208; Nagelkerke, N. J. D. (1991) Biometrika 78, 691-692;
Tjur, T. (2009) The American Statistician 63, 366-372.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.engine.record import FitRecord

__all__ = ["FitStatistics", "corrected_aic", "explained_share", "fit_statistics"]

ROUNDING = 1e-14  # of the null model's loss: a smaller gain is none


@dataclass(frozen=True, slots=True)
class FitStatistics:
    """Statistics of a whole fit; nan where the likelihood is only a pseudo-likelihood, or was penalised.

    Parameters
    ----------
    aic, bic : float
        Information criteria.
    mcfadden, cox_snell, nagelkerke, tjur : float
        Coefficients of determination.

    Examples
    --------
    >>> FitStatistics(10.0, 12.0, 0.1, 0.12, 0.2, 0.1).aic
    10.0
    """

    aic: float
    bic: float
    mcfadden: float
    cox_snell: float
    nagelkerke: float
    tjur: float


def fit_statistics(record: FitRecord) -> FitStatistics:
    """Return information criteria and coefficients of determination.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    FitStatistics
        Likelihood statistics are nan with sampling weights or clusters, and after a penalty; under complete separation
        all statistics are nan.

    Examples
    --------
    For one outcome per row, McFadden's coefficient is one minus the ratio of the deviances:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = fit_statistics(fit.record)
    >>> bool(abs(found.mcfadden - (1 - fit.deviance / fit.null_deviance)) < 1e-12)
    True
    """
    if record.separated_completely:  # the likelihood is 1, whatever the columns: a finding about nothing
        return FitStatistics(*(math.nan,) * 6)
    if not record.has_likelihood:
        return FitStatistics(*(math.nan,) * 5, record.tjur)
    k = record.n_params
    loss = record.log_constant - record.loglik
    null_loss = record.log_constant - record.null_loglik
    gain = null_loss - loss
    gain = 0.0 if abs(gain) <= ROUNDING * null_loss else gain
    per_trial = 2.0 / record.total
    with np.errstate(over="ignore"):  # of a fit far below the null model: minus infinity
        cox_snell, most = (-float(np.expm1(-per_trial * each)) for each in (gain, null_loss))
    return FitStatistics(
        aic=-2.0 * record.loglik + 2.0 * k,
        bic=-2.0 * record.loglik + k * math.log(record.bic_n),
        mcfadden=gain / null_loss if null_loss > 0.0 else math.nan,
        cox_snell=cox_snell,
        nagelkerke=cox_snell / most if most > 0.0 else math.nan,
        tjur=record.tjur,
    )


def corrected_aic(record: FitRecord) -> float:
    r"""Return Hurvich and Tsai's AICc, :math:`\mathrm{AIC} + 2k(k + 1)/(n - k - 1)`.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    float
        AICc with the n of BIC; infinite if n is at most k + 1, and nan where AIC is.

    References
    ----------
    Hurvich, C. M. and Tsai, C.-L. (1989) Regression and time series model selection in small samples. Biometrika 76,
    297-307.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> bool(np.isclose(corrected_aic(fit.record), fit.aic + 2 * 3 * 4 / (189 - 3 - 1)))
    True
    """
    k, n = record.n_params, record.bic_n
    return fit_statistics(record).aic + (2.0 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf)


def explained_share(record: FitRecord) -> float:
    """Return the proportion of the null model's deviance that the fit explains.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    float
        One minus the ratio of the deviances; nan if the null model has no deviance left.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data, penalty=lk.Ridge(0.1))
    >>> bool(abs(explained_share(fit.record) - (1 - fit.deviance / fit.null_deviance)) < 1e-12)
    True
    """
    return 1.0 - record.deviance / record.null_deviance if record.null_deviance > 0.0 else math.nan
