"""Information criteria along a path: AIC, BIC and the extended BIC.

Equations are those of ``docs/maths/cross-validation.md``, equations 14 to 16.

References
----------
Akaike, H. (1974) IEEE Transactions on Automatic Control 19, 716-723. Schwarz, G. (1978) Annals of Statistics 6,
461-464. Chen, J. and Chen, Z. (2008) Biometrika 95, 759-771, equation (2). Zou, H., Hastie, T. and Tibshirani, R.
(2007) Annals of Statistics 35, 2173-2192, on degrees of freedom of the lasso.
"""

from __future__ import annotations

import numpy as np

from logitkit.errors import DataError
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray

__all__ = ["aic", "bic", "ebic"]


def aic(deviance: FloatArray, dof: FloatArray) -> FloatArray:
    """Return Akaike's information criterion (AIC).

    Parameters
    ----------
    deviance : (k,) array
        Minus twice the log-likelihood, or the deviance, which differs by the same constant for every model of the
        same data.
    dof : (k,) array
        Degrees of freedom, including those of the intercept and unpenalised columns.

    Returns
    -------
    (k,) array
        Criterion of each model; smaller is better.

    Examples
    --------
    >>> aic(np.array([10.0, 9.0]), np.array([1.0, 2.0])).tolist()
    [12.0, 13.0]
    """
    return np.asarray(np.asarray(deviance) + 2.0 * np.asarray(dof))


def bic(deviance: FloatArray, dof: FloatArray, n_obs: float) -> FloatArray:
    """Return the Bayesian information criterion (BIC) of Schwarz.

    Parameters
    ----------
    deviance : (k,) array
        Minus twice the log-likelihood, or the deviance.
    dof : (k,) array
        Degrees of freedom, including those of the intercept and unpenalised columns.
    n_obs : float
        Number of observations.

    Returns
    -------
    (k,) array
        Criterion of each model; smaller is better.

    Raises
    ------
    DataError
        If the number of observations is not positive.

    Examples
    --------
    >>> bic(np.array([10.0]), np.array([2.0]), 100).round(3).tolist()
    [19.21]
    """
    if not n_obs > 0:
        raise DataError(f"n_obs={n_obs!r}: BIC needs a positive number of observations.")
    return np.asarray(np.asarray(deviance) + np.log(float(n_obs)) * np.asarray(dof))


def ebic(
    deviance: FloatArray, dof: FloatArray, n_obs: float, n_candidates: int, *, n_always: int = 0, gamma: float = 1.0
) -> FloatArray:
    """Return the extended BIC, which accounts for the number of candidate models.

    Parameters
    ----------
    deviance : (k,) array
        Minus twice the log-likelihood, or the deviance.
    dof : (k,) array
        Degrees of freedom, including those of the intercept and unpenalised columns.
    n_obs : float
        Number of observations.
    n_candidates : int
        Number of penalised columns, from which the model selects.
    n_always : int, default 0
        Degrees of freedom common to all models: those of the intercept and unpenalised columns.
    gamma : float, default 1
        Value from 0 to 1. With 0 the criterion is BIC; with 1 it is consistent if the number of columns grows as any
        power of the number of observations.

    Returns
    -------
    (k,) array
        Criterion of each model; smaller is better.

    Raises
    ------
    DataError
        If gamma is outside [0, 1], or more columns are selected than exist.

    Notes
    -----
    Degrees of freedom need not be whole numbers (ridge, group lasso); the binomial coefficient is then defined by the
    gamma function.

    Examples
    --------
    There are three ways to select one of three columns:

    >>> extra = ebic(np.zeros(1), np.ones(1), 50, 3) - bic(np.zeros(1), np.ones(1), 50)
    >>> bool(np.isclose(extra[0], 2 * np.log(3)))
    True
    """
    from scipy.special import gammaln

    if not is_finite_number(gamma) or not 0.0 <= gamma <= 1.0:
        raise DataError(f"gamma={gamma!r}: give a number from 0 to 1.")
    chosen = np.asarray(dof, dtype=np.float64) - n_always
    slack = 1e-9 * max(1.0, float(n_candidates))  # degrees of freedom may be a sum over singular values
    outside = (chosen < -slack) | (chosen > n_candidates + slack)
    if outside.any():
        worst = int(np.argmax(outside))
        raise DataError(
            f"{chosen[worst]:g} degrees of freedom are selected from {n_candidates} columns, besides {n_always} that "
            "are always included; check dof, n_candidates and n_always."
        )
    chosen = np.clip(chosen, 0.0, n_candidates)
    n_models = gammaln(n_candidates + 1.0) - gammaln(chosen + 1.0) - gammaln(n_candidates - chosen + 1.0)
    return np.asarray(bic(deviance, dof, n_obs) + 2.0 * gamma * n_models)
