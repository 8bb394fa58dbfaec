r"""Losses of the logits of events, number by number.

With p the probability of the event, q that of none, :math:`l_1 = -\log p` and :math:`l_0 = -\log q`, each formed of
:math:`\exp(-|x|)` without cancellation, the loss of a row is :math:`a_1 q^\gamma l_1 + a_0 p^\gamma l_0`, where
:math:`a_1, a_0` are its weights of an event and of none (``docs/maths/logit_functions.md``, equations 14 to 18).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.numerics.kernels.inner.decay import decay_of
from logitkit.typing import AnyFloats, FloatArray

__all__ = ["event_curvature", "event_loss"]

CHUNK = 512  # numbers whose intermediate results stay in the first-level cache


@compiled
def event_loss(
    z: AnyFloats,
    y: AnyFloats,
    smoothing: float,
    event_weight: float,
    focus: float,
    weights: AnyFloats,
    loss: FloatArray,
    slope: AnyFloats,
) -> None:
    """Write the loss of each number, and its slope times the weight of the number.

    Parameters
    ----------
    z, y : (n,) array
        Logits, and proportions of events.
    smoothing : float
        Part of each row that is spread evenly over event and none.
    event_weight : float
        What multiplies the losses of events.
    focus : float
        Power of the probability of the other outcome; 0 for the usual loss.
    weights : (n,) array
        What multiplies the slopes.
    loss : (n,) array
        Overwritten.
    slope : (n,) or (0,) array
        Overwritten; nothing is written if it is empty.
    """
    n = z.shape[0]
    decay = np.empty(min(n, CHUNK))
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        decay_of(z[first : first + m], decay)
        for i in range(first, first + m):
            e, x = decay[i - first], float(z[i])
            upper, both = 1.0 / (1.0 + e), math.log1p(e)
            p = upper if x >= 0.0 else e * upper
            q = e * upper if x >= 0.0 else upper
            of_event, of_none = both + max(-x, 0.0), both + max(x, 0.0)
            share = (1.0 - smoothing) * y[i] + 0.5 * smoothing
            a, b = event_weight * share, (1.0 - smoothing) * (1.0 - y[i]) + 0.5 * smoothing
            if focus == 0.0:
                loss[i] = a * of_event + b * of_none
                steep = b * p - a * q
            else:
                to_event, to_none = q**focus, p**focus
                loss[i] = a * to_event * of_event + b * to_none * of_none
                steep = b * to_none * (focus * q * of_none + p) - a * to_event * (focus * p * of_event + q)
            if slope.shape[0] > 0:
                slope[i] = weights[i] * steep


@compiled
def event_curvature(
    z: AnyFloats,
    y: AnyFloats,
    smoothing: float,
    event_weight: float,
    focus: float,
    weights: AnyFloats,
    out: AnyFloats,
) -> None:
    """Write the second derivative of the loss of each number times its weight.

    Parameters
    ----------
    z, y, smoothing, event_weight, focus, weights : array or float
        As for ``event_loss``.
    out : (n,) array
        Overwritten.
    """
    n = z.shape[0]
    decay = np.empty(min(n, CHUNK))
    for first in range(0, n, CHUNK):
        m = min(n - first, CHUNK)
        decay_of(z[first : first + m], decay)
        for i in range(first, first + m):
            e, x = decay[i - first], float(z[i])
            upper = 1.0 / (1.0 + e)
            p = upper if x >= 0.0 else e * upper
            q = e * upper if x >= 0.0 else upper
            share = (1.0 - smoothing) * y[i] + 0.5 * smoothing
            a, b = event_weight * share, (1.0 - smoothing) * (1.0 - y[i]) + 0.5 * smoothing
            if focus == 0.0:
                out[i] = weights[i] * (a + b) * p * q
                continue
            both, twice = math.log1p(e), 2.0 * focus + 1.0
            of_event, of_none = both + max(-x, 0.0), both + max(x, 0.0)
            bend = a * q**focus * p * (focus * focus * p * of_event - focus * q * of_event + twice * q)
            bend += b * p**focus * q * (focus * focus * q * of_none - focus * p * of_none + twice * p)
            out[i] = weights[i] * bend
