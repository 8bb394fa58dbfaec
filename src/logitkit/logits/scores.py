"""Proper scores of logits, formed on the logit scale: nothing overflows, and nothing is lost in 1 - p."""

from __future__ import annotations

import numpy as np

from logitkit.logits.functions import logsumexp, sigmoid, softmax, softplus
from logitkit.typing import FloatArray

__all__ = ["brier_score", "log_loss", "probabilities"]


def probabilities(logits: FloatArray) -> FloatArray:
    """Return the probabilities of logits.

    Parameters
    ----------
    logits : (n,) or (n, K) array
        Log odds of an event, or logits of K outcomes.

    Returns
    -------
    (n,) or (n, K) array
        Of the event, or of each outcome.

    Examples
    --------
    >>> probabilities(np.zeros((1, 4))).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    if logits.ndim == 1:
        return np.asarray(sigmoid(logits), dtype=np.float64)
    return np.asarray(softmax(logits), dtype=np.float64)


def log_loss(logits: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    """Return the mean negative log-likelihood.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and proportions of what happened.
    weights : (n,) array
        How often each row counts.

    Returns
    -------
    float
        Of one trial.

    Examples
    --------
    >>> log_loss(np.array([800.0]), np.array([0.0]), np.ones(1))
    800.0
    """
    if logits.ndim == 1:
        loss = shares * softplus(-logits) + (1.0 - shares) * softplus(logits)
    else:
        loss = logsumexp(logits) - (shares * logits).sum(axis=1)
    return float(weights @ loss / weights.sum())


def brier_score(logits: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    """Return the mean squared error of the probability of an event, or the sum of those of K outcomes.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and proportions of what happened.
    weights : (n,) array
        How often each row counts.

    Returns
    -------
    float
        Of one trial.

    Examples
    --------
    >>> brier_score(np.zeros(1), np.ones(1), np.ones(1))
    0.25
    """
    p = probabilities(logits)
    error = shares * (1.0 - p) ** 2 + (1.0 - shares) * p**2
    return float(weights @ (error if logits.ndim == 1 else error.sum(axis=1)) / weights.sum())
