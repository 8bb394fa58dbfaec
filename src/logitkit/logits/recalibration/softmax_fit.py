r"""Slopes and intercepts of the logits of several outcomes by maximum likelihood.

Outcome k has the logit :math:`s_k \ell_k + b_k`. Which of the 2 K numbers are free, and which are one, is said by a
matrix A: :math:`(s, b) = A \theta + a`. The negative log-likelihood is convex in :math:`\theta`, and Newton's method
with halved steps finds its minimum; with F the rows of :math:`(p_k \ell_k, p_k)`, its second derivatives in (s, b) are
diagonal terms :math:`\sum w p_k (\ell_k, 1)(\ell_k, 1)'` less :math:`F' W F`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from logitkit.errors import SeparationError, UnsupportedError
from logitkit.typing import FloatArray

__all__ = ["SEPARATED", "SoftmaxFit", "fit_softmax"]

STEPS_MOST = 60
CLOSE = 1e-13  # of a Newton decrement, per unit of weight
FLAT = 1e-6  # of the gradient by a free number, per unit of weight and of the numbers it multiplies, at a minimum
NO_LOSS = 1e-9  # per unit of weight: less is no mistake in any row
SEPARATED = (
    "The logits separate the outcomes in these rows: no finite slopes and intercepts are best. Recalibrate on rows "
    "that were not learnt from, or on more of them."
)
NOT_FOUND = (
    "No slopes and intercepts were found for these logits, which are too extreme: method='temperature' first brings "
    "them to the size that the outcomes ask for."
)
RUN_OFF = 1e5  # a free number beyond which outcomes are separated


class SoftmaxFit(NamedTuple):
    """An estimate of slopes and intercepts.

    Parameters
    ----------
    estimate : (q,) array
        The free numbers.
    vcov : (q, q) array
        Their covariance.
    slopes, intercepts : (K,) array
        What they make of logits.
    """

    estimate: FloatArray
    vcov: FloatArray
    slopes: FloatArray
    intercepts: FloatArray


def fit_softmax(
    logits: FloatArray, shares: FloatArray, weights: FloatArray, free: FloatArray, fixed: FloatArray, start: FloatArray
) -> SoftmaxFit:
    """Fit slopes and intercepts.

    Parameters
    ----------
    logits, shares : (n, K) array
        Logits, and proportions of what happened.
    weights : (n,) array
        How often each row counts.
    free : (2 K, q) array
        What each free number adds to slopes and intercepts.
    fixed : (2 K,) array
        Slopes and intercepts without them.
    start : (q,) array
        Where to begin.

    Returns
    -------
    SoftmaxFit
        With the inverse of the observed information.

    Raises
    ------
    SeparationError
        If the likelihood has no maximum.
    UnsupportedError
        If it was not reached.

    Examples
    --------
    Intercepts alone make as much of each outcome expected as there is:

    >>> shares, free = np.eye(3)[[0, 1, 1, 2]], np.vstack([np.zeros((4, 2)), np.eye(2)])
    >>> fixed = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    >>> found = fit_softmax(np.zeros((4, 3)), shares, np.ones(4), free, fixed, np.zeros(2))
    >>> bool(np.allclose(found.intercepts, [0.0, np.log(2.0), 0.0]))
    True
    """
    k = logits.shape[1]
    total = weights.sum()

    def value(theta: FloatArray) -> tuple[float, FloatArray]:
        both = free @ theta + fixed
        eta = logits * both[:k] + both[k:]
        top = logsumexp(eta, axis=1, keepdims=True)
        return float(weights @ (top[:, 0] - (shares * eta).sum(axis=1))), np.asarray(np.exp(eta - top))

    theta = start.copy()
    loss, p = value(theta)
    for _ in range(STEPS_MOST):
        gap = (p - shares) * weights[:, None]
        gradient = free.T @ np.concatenate([(gap * logits).sum(axis=0), gap.sum(axis=0)])
        hessian = free.T @ _curvature(logits, p, weights) @ free
        step = -np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0]
        decrement = float(-gradient @ step)
        if np.abs(theta).max(initial=0.0) > RUN_OFF:
            break
        if decrement <= CLOSE * total:
            theta = theta + step  # the last, of which the value cannot tell
            break
        size = 1.0
        while size > 1e-9:
            new_loss, new_p = value(theta + size * step)
            if new_loss <= loss - 1e-4 * size * decrement or size * decrement <= CLOSE * total:
                break
            size *= 0.5
        theta, loss, p = theta + size * step, new_loss, new_p
    if np.abs(theta).max(initial=0.0) > RUN_OFF or loss < NO_LOSS * total:
        if not free[:k].any():  # intercepts alone are finite where every outcome occurred
            raise UnsupportedError(NOT_FOUND)
        raise SeparationError(SEPARATED)
    gap = (value(theta)[1] - shares) * weights[:, None]
    gradient = free.T @ np.concatenate([(gap * logits).sum(axis=0), gap.sum(axis=0)])
    if not np.abs(gradient).max(initial=0.0) <= FLAT * total * max(1.0, float(np.abs(logits).max())):
        raise UnsupportedError(NOT_FOUND)
    both = free @ theta + fixed
    vcov: FloatArray = np.linalg.pinv(hessian, rcond=1e-13, hermitian=True).astype(np.float64)
    return SoftmaxFit(theta, vcov, both[:k], both[k:])


def _curvature(logits: FloatArray, p: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the second derivatives in slopes and intercepts."""
    k = logits.shape[1]
    weighted = p * weights[:, None]
    both = np.hstack([p * logits, p])
    hessian = -(both.T @ (both * weights[:, None]))
    places = np.arange(k)
    once = (weighted * logits).sum(axis=0)
    hessian[places, places] += (weighted * logits**2).sum(axis=0)
    hessian[places, places + k] += once
    hessian[places + k, places] += once
    hessian[places + k, places + k] += weighted.sum(axis=0)
    return np.asarray(hessian)
