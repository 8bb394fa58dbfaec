"""The loss of logits that are all multiplied by one number, with both derivatives, in one pass."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled_sum
from logitkit.typing import FloatArray

__all__ = ["tempered_loss"]


@compiled_sum
def tempered_loss(
    logits: FloatArray, target: FloatArray, weights: FloatArray, slope: float
) -> tuple[float, float, float]:
    """Return the sum over rows of the negative log-likelihood, and its derivatives by the slope.

    Parameters
    ----------
    logits : (n, K) array
        Logits, of which the largest of each row is zero.
    target : (n,) array
        Mean logit of the outcomes that a row had.
    weights : (n,) array
        How often each row counts.
    slope : float
        What logits are multiplied by.

    Returns
    -------
    loss, first, second : float
        The second is the variance of the logits under their probabilities.
    """
    n, k = logits.shape
    loss, first, second = 0.0, 0.0, 0.0
    for i in range(n):
        top = 0.0
        if slope < 0.0:
            for j in range(k):
                top = max(top, slope * logits[i, j])
        s0, s1, s2 = 0.0, 0.0, 0.0
        for j in range(k):
            x = logits[i, j]
            e = np.exp(slope * x - top)
            s0 += e
            s1 += e * x
            s2 += e * x * x
        mean = s1 / s0
        loss += weights[i] * (np.log(s0) + top - slope * target[i])
        first += weights[i] * (mean - target[i])
        second += weights[i] * max(s2 / s0 - mean * mean, 0.0)
    return loss, first, second
