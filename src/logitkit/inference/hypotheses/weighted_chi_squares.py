r"""The distribution of a weighted sum of independent chi-squares, from its Laplace transform.

:math:`Q = \sum_j \lambda_j \chi^2_{1j}` has the transform :math:`E e^{-sQ} = \prod_j (1 + 2 \lambda_j s)^{-1/2}`. With
:math:`z = s x`,

.. math:: P(Q \le x) = \frac{1}{2 \pi i} \int e^z g(z) \frac{dz}{z}, \qquad
          g(z) = \prod_j (1 + 2 \lambda_j z / x)^{-1/2},

over a line to the right of zero. Left of zero, and right of the singularities of g, which are real and at most
:math:`-u_0 = -x / (2 \lambda_{\max})`, the same integral is :math:`-P(Q > x)`: the tail itself, not one less a number
near one. The line is bent to a parabola around the negative axis through the saddle point of the integrand; along it
the integrand falls like a Gaussian, and the midpoint rule converges geometrically.

References
----------
Weideman, J. A. C. and Trefethen, L. N. (2007) Parabolic and hyperbolic contours for computing the Bromwich integral.
Mathematics of Computation 76, 1341-1356. Rice, S. O. (1980) Distribution of quadratic forms in normal random variables:
evaluation by numerical integration. SIAM Journal on Scientific and Statistical Computing 1, 438-448.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from logitkit.typing import FloatArray

__all__ = ["weighted_chi_square"]

DIGITS = 37.0  # the logarithm of one over what is neglected
NEGLIGIBLE = 1e-14  # of the largest weight


def weighted_chi_square(statistic: float, weights: FloatArray) -> float:
    """Return the probability that a weighted sum of independent chi-squares is larger than a value.

    Parameters
    ----------
    statistic : float
        The value x.
    weights : (k,) array
        Nonnegative weights, each of a chi-square with one degree of freedom.

    Returns
    -------
    float
        The probability to about twelve digits, also in the tail; nan without a positive weight.

    Examples
    --------
    With equal weights it is the probability of a scaled chi-square:

    >>> from scipy.special import chdtrc
    >>> bool(np.isclose(weighted_chi_square(6.0, np.full(4, 2.0)), chdtrc(4, 3.0), rtol=1e-11))
    True
    """
    largest = float(np.max(weights, initial=0.0))
    if not largest > 0.0 or math.isnan(statistic):
        return math.nan
    if statistic <= 0.0:
        return 1.0
    ratio = weights[weights > NEGLIGIBLE * largest] * 2.0 / statistic  # g(z) has the factors 1 + ratio z
    if statistic > weights.sum() + math.sqrt(8.0 * float(np.sum(weights**2))):
        return -_integral(ratio, tail=True)
    return 1.0 - _integral(ratio, tail=False)


def _integral(ratio: FloatArray, *, tail: bool) -> float:
    """Return the integral through the saddle point to the left of zero, for the tail, or to its right."""

    def rise(z: float) -> float:
        return 1.0 - 0.5 * float(np.sum(ratio / (1.0 + ratio * z))) - 1.0 / z

    edge = -1.0 / float(ratio.max())
    saddle = float(brentq(rise, edge * (1.0 - 1e-9), edge * 1e-9) if tail else brentq(rise, 0.5, 2.0 + ratio.size))
    of_g = 0.5 * float(np.sum((ratio / (1.0 + ratio * saddle)) ** 2))
    reach = math.sqrt(0.5 * DIGITS / of_g)
    # Many weights make the integrand a Gaussian, beside which the parabola must be wide.
    size = max(reach, saddle - edge if tail else saddle)
    focus, nearest = saddle - size, edge if tail else 0.0
    room = 1.0 - math.sqrt(max(nearest - focus, 0.0) / size)
    if tail:
        room = min(room, math.sqrt(1.0 - saddle / size) - 1.0)
    step = min(2.0 * math.pi * room / DIGITS, 0.2 / (size * math.sqrt(of_g + 1.0 / saddle**2)))
    farthest = max(math.sqrt(DIGITS / size), reach / size)
    turn = 1.0 + 1j * step * (np.arange(math.ceil(farthest / step)) + 0.5)
    z = focus + size * turn**2
    log_g = -0.5 * np.log1p(ratio[:, None] * z).sum(axis=0)
    return float(2.0 * size * step / math.pi * np.sum((np.exp(z + log_g) / z * turn).real))
