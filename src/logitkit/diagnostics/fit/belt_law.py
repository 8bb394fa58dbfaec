r"""The distribution of the statistic of a calibration belt, whose degree was chosen by the same data.

The polynomial starts at degree l and gains a degree while the likelihood-ratio statistic of the next one exceeds k, the
95% point of a chi-square with one degree of freedom. Under a right model the statistic of the degree l is chi-square
with b degrees of freedom, and the gains after it are independent, each chi-square with one. Given that degree m was
reached, each of the s = m - l gains exceeds k, and

.. math:: P(T > t) = P\Bigl(B + \sum_{i=1}^{s} Z_i^2 > t \Bigm| Z_1^2 > k, \ldots, Z_s^2 > k\Bigr),
    \qquad B \sim \chi^2_b .

On new rows l = 1 and b = 2, intercept and slope; on the rows of the fit these are 0 and 1 by construction, so that l is
2 and b = 1. The integrals are over the :math:`Z_i`, by Gauss and Legendre's rule in the angle
:math:`Z = \sqrt t \sin\theta`, in which they are smooth.

References
----------
Nattino, G., Finazzi, S. and Bertolini, G. (2014) A new calibration test and a reappraisal of the calibration belt for
the assessment of prediction models based on dichotomous outcomes. Statistics in Medicine 33, 2390-2407.
Nattino, G., Finazzi, S. and Bertolini, G. (2016) A new test and graphical tool to assess the goodness of fit of
logistic regression models. Statistics in Medicine 35, 709-720.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, chdtri, ndtr

from logitkit.typing import FloatArray

__all__ = ["belt_critical", "belt_tail"]

NODES = 48


def belt_tail(statistic: float, gains: int, base: int, least: float) -> float:
    """Return the probability of a larger statistic under a calibrated model.

    Parameters
    ----------
    statistic : float
        The likelihood-ratio statistic of the selected degree.
    gains : int
        Number of degrees added by the selection, s.
    base : int
        Degrees of freedom of the starting degree: 1 or 2.
    least : float
        Threshold k that the statistic of each added degree exceeded.

    Returns
    -------
    float
        Tail probability; 1 for statistics up to the smallest value that the added degrees allow.

    Examples
    --------
    >>> round(belt_tail(3.841459, 0, 1, 3.84), 6), belt_tail(3.0, 1, 2, 3.84)
    (0.05, 1.0)
    """
    return float(_tail(np.array([statistic]), gains, base, least)[0])


def belt_critical(probability: float, gains: int, base: int, least: float) -> float:
    """Return the value that the statistic exceeds with a given probability under a calibrated model.

    Parameters
    ----------
    probability : float
        Probability, between 0 and 1.
    gains, base, least : int, int and float
        As in ``belt_tail``.

    Returns
    -------
    float
        Critical value, computed by bisection.

    Examples
    --------
    >>> round(belt_critical(0.05, 0, 2, 3.84), 4)
    5.9915
    """
    if gains == 0:
        return float(chdtri(base, probability))
    low, high = gains * least, gains * least + 1.0
    while belt_tail(high, gains, base, least) > probability:
        high += high - low
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if belt_tail(middle, gains, base, least) > probability else (low, middle)
    return 0.5 * (low + high)


def _tail(t: FloatArray, gains: int, base: int, least: float) -> FloatArray:
    """Return the tail at many statistics, of any shape."""
    if gains == 0:
        return np.asarray(chdtrc(base, np.maximum(t, 0.0)))
    t = np.asarray(t, dtype=np.float64)
    room = t > gains * least
    out = np.ones(t.shape)
    if not room.any():
        return out
    root = np.sqrt(t[room])
    # z from sqrt(k) to where the other gains have no room; beyond, the sum is larger for certain.
    first, last = np.arcsin(np.sqrt(least) / root), np.arcsin(np.sqrt(1.0 - (gains - 1) * least / t[room]))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    angle = 0.5 * (last + first) + 0.5 * np.multiply.outer(nodes, last - first)
    z = root * np.sin(angle)
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi) * root * np.cos(angle)
    inner = _tail(t[room] - z**2, gains - 1, base, least)
    within = 0.5 * (last - first) * np.tensordot(weights, density * inner, axes=1)
    above = ndtr(-root * np.sin(last))
    out[room] = np.minimum((within + above) / ndtr(-np.sqrt(least)), 1.0)
    return out
