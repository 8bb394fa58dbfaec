"""Local polynomials by weighted least squares, at some points among many that are sorted."""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import FloatArray, IntArray

__all__ = ["local_fits"]

NEAR, FAR = 0.001, 0.999  # of the radius: within the one a weight is 1, beyond the other 0, as in Cleveland's lowess
FLAT = 1e-10  # of what a column had before those before it explained it: less is rounding


@compiled
def _place(values: FloatArray, value: float, right: bool) -> int:
    """Return where a value belongs among ascending ones, before or after its equals: ``numpy.searchsorted``.

    Compiled in a tenth of the time that numba takes for its own, which allows for complex numbers and nan.
    """
    low, high = 0, values.shape[0]
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value or (right and values[middle] == value):
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _radius(x: FloatArray, cumulative: FloatArray, at: float, least: float) -> float:
    """Return the smallest radius around a point within which there is some weight."""
    m = x.shape[0]
    low, high = 0, m  # the first start of a window whose upper end is the farther one lies in [low, high]
    while low < high:
        start = (low + high) // 2
        stop = _place(cumulative, cumulative[start] + least, False)
        if stop > m or x[stop - 1] - at >= at - x[start]:
            high = start
        else:
            low = start + 1
    best = np.inf
    for start in (low - 1, low):
        if start >= 0 and start < m:
            stop = _place(cumulative, cumulative[start] + least, False)
            if stop <= m:
                best = min(best, max(at - x[start], x[stop - 1] - at))
    return best


@compiled
def local_fits(
    x: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    cumulative: FloatArray,
    noise: FloatArray,
    at: IntArray,
    least: float,
    degree: int,
) -> tuple[FloatArray, FloatArray]:
    """Return local polynomials, and the variance of each, at some of the points.

    Parameters
    ----------
    x, y, weights : (m,) array
        Points, ascending and distinct, means there, and their weights.
    cumulative : (m + 1,) array
        Weight below each point, and of all; less a rounding, so that whole numbers compare exactly.
    noise : (m,) array
        Variance of the weighted sum at each point.
    at : (k,) int array
        Places of the points at which to fit.
    least : float
        Weight of the nearest points that a fit rests on.
    degree : int
        1 or 2.

    Returns
    -------
    fitted, variance : (k,) array
        The degree is less where the points of a window cannot tell.
    """
    k, spread = at.shape[0], x[-1] - x[0]
    fitted, variance = np.empty(k), np.empty(k)
    for r in range(k):
        centre = x[at[r]]
        h = _radius(x, cumulative, centre, least)
        first = _place(x, centre - FAR * h, False)
        last = _place(x, centre + FAR * h, True)
        if h == 0.0:
            first, last = at[r], at[r] + 1
        scale = h if h > 0.0 else 1.0
        # Moments about the centre, in units of the radius; the weight of a point is formed again where it is needed.
        s0, s1, s2 = 0.0, 0.0, 0.0
        for j in range(first, last):
            u = (x[j] - centre) / scale
            d = abs(u)
            t = 1.0 if d <= NEAR else (1.0 - d * d * d) ** 3
            t *= weights[j]
            s0 += t
            s1 += t * u
            s2 += t * u * u
        m1 = s1 / s0
        q11, q12 = 0.0, 0.0
        for j in range(first, last):
            u = (x[j] - centre) / scale
            d = abs(u)
            t = (1.0 if d <= NEAR else (1.0 - d * d * d) ** 3) * weights[j]
            q11 += t * (u - m1) ** 2
            q12 += t * (u - m1) * u * u
        sloped = np.sqrt(q11 / s0) * scale > NEAR * spread if degree == 1 else q11 > FLAT * s2
        slope = q12 / q11 if sloped else 0.0  # of the square on the line
        m2 = s2 / s0
        q22, raw = 0.0, 0.0
        if degree == 2 and sloped:
            for j in range(first, last):
                u = (x[j] - centre) / scale
                d = abs(u)
                t = (1.0 if d <= NEAR else (1.0 - d * d * d) ** 3) * weights[j]
                q22 += t * (u * u - m2 - slope * (u - m1)) ** 2
                raw += t * u**4
        curved = degree == 2 and sloped and q22 > FLAT * raw
        # The fit at the centre is a weighted sum of the means, by an orthogonal basis of the polynomials.
        at_two = -m2 + slope * m1
        value, noisy = 0.0, 0.0
        for j in range(first, last):
            u = (x[j] - centre) / scale
            d = abs(u)
            t = 1.0 if d <= NEAR else (1.0 - d * d * d) ** 3
            a = 1.0 / s0
            if sloped:
                a -= m1 * (u - m1) / q11
            if curved:
                a += at_two * (u * u - m2 - slope * (u - m1)) / q22
            a *= t
            value += a * weights[j] * y[j]
            noisy += a * a * noise[j]
        fitted[r], variance[r] = value, noisy
    return fitted, variance
