"""Proper scores of logits, formed on the logit scale: nothing overflows, and nothing is lost in 1 - p."""

from __future__ import annotations

import numpy as np

from logitkit.logits.functions import logsumexp, sigmoid, softmax, softplus
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels.event_scores import event_scores
from logitkit.typing import FloatArray

__all__ = ["brier_score", "brier_scores", "log_loss", "log_losses", "mean_scores", "probabilities"]


def probabilities(logits: FloatArray) -> FloatArray:
    """Return the probabilities of logits.

    Parameters
    ----------
    logits : (n,) or (n, K) array
        Log odds of an event, or logits of K outcomes.

    Returns
    -------
    (n,) or (n, K) array
        Probabilities of the event, or of each outcome.

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
        Logits, and observed proportions.
    weights : (n,) array
        How often each row counts.

    Returns
    -------
    float
        Mean over trials.

    Examples
    --------
    >>> log_loss(np.array([800.0]), np.array([0.0]), np.ones(1))
    800.0
    """
    return float(weights @ log_losses(logits, shares) / weights.sum())


def log_losses(logits: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the negative log-likelihood of one trial of each row.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and observed proportions.

    Returns
    -------
    (n,) array
        Mean over the trials of the row.

    Examples
    --------
    >>> log_losses(np.array([800.0, 0.0]), np.array([0.0, 1.0])).round(4).tolist()
    [800.0, 0.6931]
    """
    if logits.ndim == 1:
        return np.asarray(shares * softplus(-logits) + (1.0 - shares) * softplus(logits))
    return np.asarray(logsumexp(logits) - (shares * logits).sum(axis=1))


def brier_score(logits: FloatArray, shares: FloatArray, weights: FloatArray) -> float:
    """Return the mean squared error of the probability of an event, summed over outcomes if there are K.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and observed proportions.
    weights : (n,) array
        How often each row counts.

    Returns
    -------
    float
        Mean over trials.

    Examples
    --------
    >>> brier_score(np.zeros(1), np.ones(1), np.ones(1))
    0.25
    """
    return float(weights @ brier_scores(logits, shares) / weights.sum())


def brier_scores(logits: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the squared error of the probabilities of each row, summed over K outcomes.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and observed proportions.

    Returns
    -------
    (n,) array
        Mean over the trials of the row.

    Examples
    --------
    >>> brier_scores(np.zeros((1, 2)), np.array([[0.0, 1.0]])).tolist()
    [0.5]
    """
    p = probabilities(logits)
    error = shares * (1.0 - p) ** 2 + (1.0 - shares) * p**2
    return np.asarray(error if logits.ndim == 1 else error.sum(axis=1))


def mean_scores(logits: FloatArray, shares: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Return the mean negative log-likelihood and the Brier score; for an event in one pass.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Logits, and observed proportions.
    weights : (n,) array
        How often each row counts.

    Returns
    -------
    log_loss, brier : float
        As for ``log_loss`` and ``brier_score``, except for the order of summation.

    Examples
    --------
    >>> mean_scores(np.array([800.0, 0.0]), np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    (800.0, 1.0)
    """
    if logits.ndim == 2:
        return log_loss(logits, shares, weights), brier_score(logits, shares, weights)
    parts: dict[int, tuple[float, float]] = {}

    def part(first: int, after: int) -> None:
        parts[first] = event_scores(logits[first:after], shares[first:after], weights[first:after])

    over_rows(part, logits.size, 1)
    sums = np.array([parts[first] for first in sorted(parts)]).sum(axis=0) / weights.sum()
    return float(sums[0]), float(sums[1])
