r"""The exact distribution of Kolmogorov and Smirnov's distance between n values and the uniform distribution.

References
----------
Marsaglia, G., Tsang, W. W. and Wang, J. (2003) Evaluating Kolmogorov's distribution. Journal of Statistical Software
8(18). Vrbik, J. (2018) Small-sample corrections to Kolmogorov-Smirnov test statistic. Pioneer Journal of Theoretical
and Applied Statistics 15, 15-23.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gamma, kolmogorov, smirnov

from logitkit.typing import FloatArray

__all__ = ["distance_from_uniform", "kolmogorov_p"]

EXACT_MOST = 1_000  # values up to which powers of a matrix are taken
ONE_SIDED = 1e-4  # p-value below which twice that of one side has four digits and more


def distance_from_uniform(u: FloatArray) -> float:
    """Return the Kolmogorov-Smirnov distance of values from the uniform distribution on [0, 1].

    Parameters
    ----------
    u : (n,) array
        Values within [0, 1].

    Returns
    -------
    float
        Distance, between 1 / (2 n) and 1.

    Examples
    --------
    >>> distance_from_uniform(np.array([0.25, 0.75]))
    0.25
    """
    ordered, n = np.sort(u), u.size
    steps = np.arange(n + 1) / n
    return float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max()))


def kolmogorov_p(distance: float, n: int) -> float:
    """Return the probability of a distance at least as large for n independent uniform values.

    Parameters
    ----------
    distance : float
        Distance, between 0 and 1.
    n : int
        Number of values.

    Returns
    -------
    float
        P-value; exact up to 1,000 values, and otherwise from the limiting distribution with a correction of order 1 /
        n.

    Examples
    --------
    The distance of a single value is at least 3/4 with probability 1/2:

    >>> round(kolmogorov_p(0.75, 1), 12)
    0.5
    """
    tail = 2.0 * float(smirnov(n, distance))
    if tail < ONE_SIDED:
        return tail
    if n > EXACT_MOST:
        s = distance * math.sqrt(n)
        return float(kolmogorov(s + 1.0 / (6.0 * math.sqrt(n)) + (s - 1.0) / (4.0 * n)))
    k = math.ceil(n * distance)
    size, h = 2 * k - 1, k - n * distance
    H = np.tril(np.ones((size, size)), 1)
    powers = h ** np.arange(1.0, size + 1.0)
    H[:, 0] -= powers
    H[-1, :] -= powers[::-1]
    H[-1, 0] += max(2.0 * h - 1.0, 0.0) ** size
    i, j = np.indices(H.shape)
    orders = np.maximum(i - j + 1, 0)
    H /= gamma(orders + 1.0)  # factorials, infinite where the element is zero to the last digit
    # n! / n^n times an element of the n-th power, with exponents kept apart.
    result, shift, base, base_shift, power = np.eye(size), 0, H, 0, n
    while power:
        if power % 2:
            result, shift = result @ base, shift + base_shift
            result, shift = _scaled(result, shift)
        base, base_shift = base @ base, 2 * base_shift
        base, base_shift = _scaled(base, base_shift)
        power //= 2
    log = math.log(result[k - 1, k - 1]) + shift * math.log(2.0) + math.lgamma(n + 1.0) - n * math.log(n)
    return float(min(max(1.0 - math.exp(log), 0.0), 1.0))


def _scaled(matrix: FloatArray, shift: int) -> tuple[FloatArray, int]:
    """Return a matrix over a power of two that brings its largest element near one, and the power added."""
    exponent = int(np.frexp(np.abs(matrix).max())[1])
    return np.asarray(np.ldexp(matrix, -exponent)), shift + exponent
