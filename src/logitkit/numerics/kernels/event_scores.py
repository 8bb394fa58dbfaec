r"""Scores and mean probabilities of events from their logits, in one pass.

With :math:`e = e^{-|x|}` the probability of an event is :math:`1 / (1 + e)` or :math:`e / (1 + e)`, that of none the
other, and the log loss needs :math:`\log(1 + e)` beside them. The loops have no branch and no call: the compiler works
on several numbers at once. Each number is right to a few units in the last place.
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.numerics.kernels.inner.decay import decay_of
from logitkit.typing import BoolArray, FloatArray

__all__ = ["add_chances", "event_scores", "likelihoods"]

CHUNK = 512  # numbers whose intermediate results stay in the first-level cache
LN_2 = 0.6931471805599453
ROOT_2_LESS_1 = 0.41421356237309503


@compiled
def event_scores(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Return the weighted sums of log losses and of squared errors.

    Parameters
    ----------
    x, y, weights : (n,) array
        Log odds of an event, proportions of events, and how often each row counts.

    Returns
    -------
    losses, squares : float
        Sums over the rows.
    """
    n = x.shape[0]
    decay, loss, square = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK)
    losses, squares = 0.0, 0.0
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        decay_of(x[first : first + m], decay)
        for i in range(m):
            e, z, share = decay[i], x[first + i], y[first + i]
            # log(1 + e) = [ln 2] + f - (h - s (h + R)), h = f^2 / 2, s = f / (2 + f), after halving a large 1 + e.
            large = e > ROOT_2_LESS_1
            f = 0.5 * (e - 1.0) if large else e
            s = f / (2.0 + f)
            t = s * s
            series = 1 / 13 + t * (1 / 15 + t * (1 / 17 + t * (1 / 19 + t * (1 / 21 + t * (1 / 23)))))
            tail = 1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * series))))
            half = 0.5 * f * f
            both = (LN_2 if large else 0.0) + (f - (half - s * (half + 2.0 * t * tail)))
            above = max(0.0, z)
            below = -z if z < 0.0 else 0.0
            upper = 1.0 / (1.0 + e)
            p = upper if z >= 0.0 else e * upper
            q = e * upper if z >= 0.0 else upper
            # Of a pure outcome the other product is zero, and nothing is subtracted.
            loss[i] = weights[first + i] * (both + (share * below + (1.0 - share) * above))
            square[i] = weights[first + i] * (share * (q * q) + (1.0 - share) * (p * p))
        for i in range(m):
            losses += loss[i]
            squares += square[i]
    return losses, squares


@compiled
def add_chances(x: FloatArray, weight: float, event: FloatArray, none: FloatArray) -> None:
    """Add a weight times the probability of an event, and times that of none.

    Parameters
    ----------
    x : (n,) array
        Log odds of an event.
    weight : float
        What multiplies both.
    event, none : (n,) array
        Added to.
    """
    n = x.shape[0]
    decay = np.empty(CHUNK)
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        decay_of(x[first : first + m], decay)
        for i in range(m):
            e = decay[i]
            upper = weight / (1.0 + e)
            above = x[first + i] >= 0.0
            event[first + i] += upper if above else e * upper
            none[first + i] += e * upper if above else upper


@compiled
def likelihoods(x: FloatArray, happened: BoolArray, out: FloatArray) -> None:
    """Write the probability of what happened, from log odds of the event.

    Parameters
    ----------
    x : (n,) array
        Log odds of an event.
    happened : (n,) array of bool
        Whether it did.
    out : (n,) array
        Overwritten.
    """
    n = x.shape[0]
    decay = np.empty(CHUNK)
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        decay_of(x[first : first + m], decay)
        for i in range(m):
            e = decay[i]
            right = (x[first + i] >= 0.0) == happened[first + i]
            out[first + i] = (1.0 if right else e) / (1.0 + e)
