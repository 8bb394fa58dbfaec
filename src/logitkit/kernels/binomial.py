r"""The binomial likelihood with the logit link, written in the linear predictor.

With :math:`e = \exp(-|\eta|)`, which never overflows, everything that the engine needs follows without
cancellation (``docs/maths/binomial.md``, equations 1 to 5):

.. math::

    \ell(\eta, y) &= \log(1 + e) + (1 - y) \max(\eta, 0) + y \max(-\eta, 0), \\
    \mu &= 1 / (1 + e) \text{ or } e / (1 + e), \qquad
    \mu (1 - \mu) = e / (1 + e)^2 .

Rows are processed in place into buffers that the caller owns; the functions hold no interpreter lock.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.kernels import compiled
from logitkit.typing import FloatArray

__all__ = ["logit_mean", "logit_rows", "logit_values"]


@compiled
def logit_rows(
    eta: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
) -> tuple[float, float, float, float]:
    r"""Evaluate the weighted loss, its slope and its curvature for rows of linear predictors.

    Parameters
    ----------
    eta : (n,) array
        Linear predictors (logits).
    y : (n,) array
        Proportion of events in each row, in [0, 1].
    weights : (n,) array
        Total weight of each row: prior weight times number of trials.
    slope, curvature : (n,) array
        Overwritten with :math:`w (\mu - y)` and :math:`w \mu (1 - \mu)`.

    Returns
    -------
    value : float
        :math:`\sum_i w_i \ell(\eta_i, y_i)`.
    closest : float
        The least :math:`w_i |y_i - \mu_i|` among rows of positive weight with one outcome only; ``inf`` if
        there is none. It bounds what a direction of recession could still gain.
    fitted, matched : float
        :math:`\sum_i w_i \mu_i` and :math:`\sum_i w_i y_i \mu_i`: fitted events, and fitted events among events.
    """
    value = 0.0
    fitted = 0.0
    matched = 0.0
    closest = math.inf
    for i in range(eta.shape[0]):
        eta_i = eta[i]
        y_i = y[i]
        w_i = weights[i]
        e = math.exp(-abs(eta_i))
        upper = 1.0 / (1.0 + e)
        lower = e * upper
        if eta_i >= 0.0:
            mu = upper
            not_mu = lower
            value += w_i * (math.log1p(e) + (1.0 - y_i) * eta_i)
        else:
            mu = lower
            not_mu = upper
            value += w_i * (math.log1p(e) - y_i * eta_i)
        residual = w_i * ((1.0 - y_i) * mu - y_i * not_mu)
        fitted += w_i * mu
        matched += w_i * y_i * mu
        slope[i] = residual
        curvature[i] = w_i * upper * lower
        if w_i > 0.0 and (y_i == 0.0 or y_i == 1.0):  # noqa: PLR1714 - numba compiles it as two comparisons
            closest = min(closest, abs(residual))
    return value, closest, fitted, matched


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
