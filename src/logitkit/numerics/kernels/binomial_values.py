"""The loss and the mean of single rows, for what follows a fit; the fit itself uses ``binomial.py``."""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import FloatArray

__all__ = ["logit_curves", "logit_mean", "logit_residuals", "logit_values", "ratio_sum", "shifted_logit"]


@compiled
def logit_values(eta: FloatArray, y: FloatArray) -> FloatArray:
    r"""Return the loss :math:`\ell(\eta_i, y_i)` of each row, for one trial of weight one.

    Parameters
    ----------
    eta, y : (n,) array
        Linear predictors, and proportions of events in [0, 1].

    Returns
    -------
    (n,) array
        Negative log-likelihood of each row without the binomial constant.
    """
    out = np.empty(eta.shape[0])
    for i in range(eta.shape[0]):
        e = math.exp(-abs(eta[i]))
        out[i] = math.log1p(e) + (1.0 - y[i]) * max(eta[i], 0.0) + y[i] * max(-eta[i], 0.0)
    return out


@compiled
def logit_mean(eta: FloatArray) -> FloatArray:
    r"""Return :math:`\mu = 1 / (1 + \exp(-\eta))` without overflow.

    Parameters
    ----------
    eta : (n,) array
        Linear predictors; infinities give 0 and 1, missing values stay missing.

    Returns
    -------
    (n,) array
        Probabilities of the event.
    """
    out = np.empty(eta.shape[0])
    for i in range(eta.shape[0]):
        e = math.exp(-abs(eta[i]))
        out[i] = 1.0 / (1.0 + e) if eta[i] >= 0.0 else e / (1.0 + e)
    return out


@compiled
def logit_residuals(eta: FloatArray, y: FloatArray) -> FloatArray:
    r"""Return :math:`y (1 - \mu) - (1 - y) \mu`, that is :math:`y - \mu` without cancellation near 0 and 1.

    Parameters
    ----------
    eta, y : (n,) array
        Linear predictors, and proportions of events.

    Returns
    -------
    (n,) array
        Missing where a linear predictor is.
    """
    out = np.empty(eta.shape[0])
    for i in range(eta.shape[0]):
        e = math.exp(-abs(eta[i]))
        large, small = 1.0 / (1.0 + e), e / (1.0 + e)
        mean = large if eta[i] >= 0.0 else small
        rest = large if eta[i] <= 0.0 else small
        out[i] = y[i] * rest - (1.0 - y[i]) * mean
    return out


@compiled
def shifted_logit(against: FloatArray, factors: FloatArray, mean: FloatArray, slope: FloatArray) -> None:
    r"""Write :math:`\mu = 1 / (1 + f_v q_i)` and :math:`\mu (1 - \mu)` for odds against the event and factors of them.

    Parameters
    ----------
    against : (n,) array
        :math:`q_i = \exp(-\eta_i)`; infinite where the mean is zero.
    factors : (V,) array
        :math:`f_v = \exp(-c_v)`, for predictors :math:`\eta_i + c_v`.
    mean, slope : (V, n) array
        Overwritten.
    """
    for v in range(factors.shape[0]):
        for i in range(against.shape[0]):
            odds = factors[v] * against[i]
            mu = 1.0 / (1.0 + odds)
            mean[v, i] = mu
            slope[v, i] = mu * (1.0 - mu if odds > 1.0 else odds * mu)


@compiled
def logit_curves(against: FloatArray, slope: FloatArray, curvature: FloatArray) -> None:
    r"""Write :math:`\mu (1 - \mu)` and :math:`\mu (1 - \mu)(1 - 2 \mu)` for odds against the event.

    Parameters
    ----------
    against : (n,) array
        :math:`q_i = \exp(-\eta_i)`; infinite where the mean is zero.
    slope, curvature : (n,) array
        Overwritten.
    """
    for i in range(against.shape[0]):
        mu = 1.0 / (1.0 + against[i])
        rest = 1.0 - mu if against[i] > 1.0 else against[i] * mu
        slope[i] = mu * rest
        curvature[i] = mu * rest * (rest - mu)


@compiled_sum
def ratio_sum(slope: FloatArray, curvature: FloatArray) -> float:
    r"""Return :math:`\sum_i s_i^2 / c_i`, rows without slope left out.

    Parameters
    ----------
    slope, curvature : (n,) array
        :math:`w (\mu - y)` and :math:`w \mu (1 - \mu)`.

    Returns
    -------
    float
        Pearson's statistic; infinite where a mean is 0 or 1 and the outcome is not.
    """
    total = 0.0
    for i in range(slope.shape[0]):
        total += slope[i] * slope[i] / curvature[i] if slope[i] != 0.0 else 0.0
    return total
