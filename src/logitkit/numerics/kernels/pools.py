"""Losses of pooled models with both derivatives by the weights of the members, in one pass."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled_sum
from logitkit.typing import FloatArray

__all__ = ["linear_pool_loss", "log_pool_loss"]


@compiled_sum
def linear_pool_loss(likelihoods: FloatArray, counts: FloatArray, weights: FloatArray, sums: FloatArray) -> float:
    """Return the loss of an average of probabilities, and write its derivatives.

    Parameters
    ----------
    likelihoods : (n, J) array
        Probability that each member gave to what happened in a row; a factor of the row cancels.
    counts : (n,) array
        How often each row counts.
    weights : (J,) array
        Of the members.
    sums : (J + 1, J) array
        Receives the gradient, and below it the lower triangle of the Hessian.

    Returns
    -------
    float
        Minus the log-likelihood; infinite where a row has no probability.
    """
    n, m = likelihoods.shape
    for a in range(m + 1):
        for b in range(m):
            sums[a, b] = 0.0
    ratio = np.empty(m)
    loss = 0.0
    for i in range(n):
        mean = 0.0
        for a in range(m):
            mean += weights[a] * likelihoods[i, a]
        if mean <= 0.0:
            return np.inf
        loss -= counts[i] * np.log(mean)
        for a in range(m):
            ratio[a] = likelihoods[i, a] / mean
        for a in range(m):
            here = counts[i] * ratio[a]
            sums[0, a] -= here
            for b in range(a + 1):
                sums[a + 1, b] += here * ratio[b]
    return loss


@compiled_sum
def log_pool_loss(differences: FloatArray, counts: FloatArray, weights: FloatArray, sums: FloatArray) -> float:
    """Return the loss of a weighted sum of logits, and write its derivatives.

    Parameters
    ----------
    differences : (n, K - 1, J) array
        Logit of each outcome that did not happen less that of the one that did, by each member.
    counts : (n,) array
        How often each row counts.
    weights : (J,) array
        Of the members.
    sums : (J + 1, J) array
        Receives the gradient, and below it the lower triangle of the Hessian.

    Returns
    -------
    float
        Minus the log-likelihood.
    """
    n, k, m = differences.shape
    for a in range(m + 1):
        for b in range(m):
            sums[a, b] = 0.0
    mean, chance = np.empty(m), np.empty(k)
    loss = 0.0
    for i in range(n):
        top = 0.0
        for c in range(k):
            chance[c] = 0.0
            for a in range(m):
                chance[c] += weights[a] * differences[i, c, a]
            top = max(top, chance[c])
        others = 0.0
        for c in range(k):
            chance[c] = np.exp(chance[c] - top)
            others += chance[c]
        total = others + np.exp(-top)
        loss += counts[i] * (np.log1p(others) if top == 0.0 else top + np.log(total))
        for a in range(m):
            mean[a] = 0.0
        for c in range(k):
            p = chance[c] / total
            for a in range(m):
                here = p * differences[i, c, a]
                mean[a] += here
                for b in range(a + 1):
                    sums[a + 1, b] += counts[i] * here * differences[i, c, b]
        for a in range(m):
            here = counts[i] * mean[a]
            sums[0, a] += here
            for b in range(a + 1):
                sums[a + 1, b] -= here * mean[b]
    return loss
