"""The loss and the mean of single rows, for what follows a fit; the fit itself uses ``binomial.py``."""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import FloatArray

__all__ = ["logit_mean", "logit_values", "ratio_sum"]


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
