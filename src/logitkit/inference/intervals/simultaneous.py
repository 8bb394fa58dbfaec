r"""Simultaneous intervals and adjusted p-values.

For m estimates whose statistics :math:`Z_i` are jointly normal with correlations R, or t with the same degrees of
freedom, the single-step quantile q has :math:`P(\max_i |Z_i| \le q)` equal to the level. With :math:`Z = L w`, rows of
L of unit length and in echelon form, w independent and normal,

.. math::

    P(\max_i |Z_i| \le q) = \int \prod_k \{\Phi(b_k) - \Phi(a_k)\} ,

where :math:`a_k` and :math:`b_k` are the bounds that the estimates whose last component is the k-th set to
:math:`w_k`, given the components before it, which are drawn within theirs. A correlation without full rank is no
special case: more than one estimate then bounds the same component. Of t, the bounds are multiplied by a draw of the
estimated scale. The integral is a mean over lattices of points, the same at every call, whose spread is the error
(``docs/maths/profile.md``, section 6).

References
----------
Genz, A. (1992) Numerical computation of multivariate normal probabilities. Journal of Computational and Graphical
Statistics 1, 141-149. Genz, A. and Bretz, F. (2009) Computation of Multivariate Normal and t Probabilities, sections
4.2 and 5.1. Holm, S. (1979) Scandinavian Journal of Statistics 6, 65-70. Benjamini, Y. and Hochberg, Y. (1995) Journal
of the Royal Statistical Society B 57, 289-300. Hothorn, T., Bretz, F. and Westfall, P. (2008) Biometrical Journal 50,
346-363.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import gammaincinv, ndtr, ndtri

from logitkit.engine.law import Law, require_level
from logitkit.errors import UnsupportedError
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = [
    "Adjustment",
    "IntervalAdjustment",
    "MaximumLaw",
    "Quantile",
    "adjusted_p_values",
    "critical_value",
    "maximum_law",
]

IntervalAdjustment = Literal["bonferroni", "single-step"]
Adjustment = Literal["bonferroni", "holm", "benjamini-hochberg", "single-step"]

SHIFTS = 16  # lattices, moved against one another: their spread is the error
SEED = 1  # of the shifts, which are the same at every call
FIRST_POINTS, MOST_POINTS = 256, 4_096  # of each lattice
RANK = 1e-10  # of the largest singular value of the correlation's root
SAME = 1e-10  # of one: directions whose correlation is this near to it are one
UNEQUAL = 1e-6  # by which lengths of directions differ from one to the next where the longest is taken first
ECHELON = 1e-9  # of unit rows: smaller components are rounding
MOST = 500  # estimates
SURE = 3.5  # standard errors of the mean over the lattices: more than 99 per cent of t with 15 degrees of freedom
CLOSE = 1e-3  # error of a quantile
PRECISE, RELATIVE = 2e-5, 5e-3  # error of a probability, and in parts of it
SMALL = 1e-4  # probability below which the sum of the single ones is given
SAFE = 4.0  # errors of a quantile within which a finer lattice finds its own
STEPS = 60
DONE = 1e-9  # of the logarithm of a probability
TINY, EPS = 1e-300, 1e-16


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile and its numerical error.

    Parameters
    ----------
    value : float
        The quantile.
    error : float
        An error bound with about 99 per cent confidence; zero if the value is exact.

    Examples
    --------
    >>> Quantile(1.96, 0.0).value
    1.96
    """

    value: float
    error: float


class MaximumLaw:
    """The distribution of the largest absolute value of m standardised estimates.

    Parameters
    ----------
    directions : (m, r) array
        Rows of unit length, whose inner products are the correlations; no row equals another or its negative.
    law : Law
        Normal, or t with one number of degrees of freedom.

    Examples
    --------
    For one estimate it is the quantile of the normal distribution:

    >>> found = MaximumLaw(np.ones((1, 1)), Law()).quantile(0.95)
    >>> round(found.value, 6), found.error
    (1.959964, 0.0)
    """

    def __init__(self, directions: FloatArray, law: Law) -> None:
        self.m, self.law = len(directions), law
        if self.m == 1:
            return
        from scipy.linalg import qr

        # Lengths that differ, and a positive diagonal, leave nothing to rounding: a root turned is the same law.
        length = 1.0 - UNEQUAL * np.arange(self.m)
        triangle, order = qr((directions * length[:, None]).T, mode="r", pivoting=True)
        triangle = triangle[: self.m] / length[order]
        rows = (triangle * np.sign(np.diag(triangle))[:, None]).T
        last = np.array([int(np.flatnonzero(np.abs(row) > ECHELON)[-1]) for row in rows])
        sign = np.sign(rows[np.arange(self.m), last])
        self._rows, self._last = rows * sign[:, None], last

    def above(self, value: float) -> tuple[float, float]:
        """Return the probability that the largest exceeds a value, and its numerical error.

        Parameters
        ----------
        value : float
            The value, in standard errors.

        Returns
        -------
        probability, error : float
            The probability, and an error bound with about 99 per cent confidence.

        Notes
        -----
        A very small probability is given as the sum of the individual probabilities, which is an upper bound and its
        limit.
        """
        single = float(self.law.two_sided(np.array(value)))
        if self.m == 1:
            return single, 0.0
        most = self.m * single
        if most < SMALL:
            return most, most - single
        points, (found, error) = FIRST_POINTS, self._above(value, FIRST_POINTS)
        while error > max(PRECISE, RELATIVE * found) and points < MOST_POINTS:
            points *= 4
            found, error = self._above(value, points)
        return min(max(found, single), most), error

    def quantile(self, level: float) -> Quantile:
        """Return the value that the largest exceeds with probability one minus the level.

        Parameters
        ----------
        level : float
            A level between 0 and 1.

        Returns
        -------
        Quantile
            The value and its numerical error.
        """
        require_level(level)
        low = float(self.law.quantile(level))
        if self.m == 1:
            return Quantile(low, 0.0)
        high = float(self.law.quantile(1.0 - (1.0 - level) / self.m))
        value, error = _secant(lambda q: self._above(q, FIRST_POINTS), low, high, 1.0 - level)
        points = FIRST_POINTS
        while error > CLOSE and points < MOST_POINTS:
            points *= 4
            near = SAFE * error
            value, error = _secant(
                lambda q, n=points: self._above(q, n),  # type: ignore[misc]
                max(value - near, low),
                min(value + near, high),
                1.0 - level,
            )
        return Quantile(value, error)

    def _above(self, value: float, points: int) -> tuple[float, float]:
        """Return the probability from lattices of some size, and its error."""
        r = self._rows.shape[1]
        uniform = _lattice(points, r if self.law.is_normal else r + 1)
        bound = np.full(len(uniform), value)
        if not self.law.is_normal:
            dof = float(self.law.dof)
            bound = value * np.sqrt(2.0 * gammaincinv(0.5 * dof, uniform[:, r]) / dof)
        drawn, inside = np.empty((len(uniform), r)), np.ones(len(uniform))
        for k in range(r):
            rows = self._rows[self._last == k]
            if not len(rows):  # estimates that all but determine one another end before it
                drawn[:, k] = ndtri(np.clip(uniform[:, k], TINY, 1.0 - EPS))
                continue
            given = drawn[:, :k] @ rows[:, :k].T
            low = ((-bound[:, None] - given) / rows[:, k]).max(axis=1)
            high = ((bound[:, None] - given) / rows[:, k]).min(axis=1)
            start = ndtr(low)
            width = np.maximum(ndtr(high) - start, 0.0)
            inside *= width
            if k < r - 1:
                drawn[:, k] = ndtri(np.clip(start + uniform[:, k] * width, TINY, 1.0 - EPS))
        means = 1.0 - inside.reshape(SHIFTS, -1).mean(axis=1)
        return float(means.mean()), float(SURE * means.std(ddof=1) / math.sqrt(SHIFTS))


def _secant(
    above: Callable[[float], tuple[float, float]], low: float, high: float, target: float
) -> tuple[float, float]:
    """Return where a tail is the target, by the secant on its logarithm between two values, and the error of that."""
    goal = math.log(target)
    before, value = low, high
    at_before, (tail, error) = math.log(above(low)[0]), above(high)
    here = math.log(tail)
    slope = -1.0
    for _ in range(STEPS):
        if value != before and here != at_before:
            slope = (here - at_before) / (value - before)
        if abs(here - goal) <= DONE:
            break
        before, at_before = value, here
        value = min(max(value + (goal - here) / slope, low), high)
        if value == before:
            break
        tail, error = above(value)
        here = math.log(tail)
    return value, error / target / abs(slope)


def maximum_law(root: FloatArray, law: Law) -> MaximumLaw:
    """Return the distribution of the largest of some standardised estimates.

    Parameters
    ----------
    root : (m, r) array
        A root R of the covariance of the estimates: R R' is the covariance; no row is zero.
    law : Law
        Normal, or t with one number of degrees of freedom.

    Returns
    -------
    MaximumLaw
        The distribution, with its tail probabilities and quantiles.

    Raises
    ------
    UnsupportedError
        For too many estimates, and if their degrees of freedom differ.

    Examples
    --------
    For independent estimates, the level of each is the m-th root of the simultaneous level.

    >>> found = maximum_law(np.eye(3), Law()).quantile(0.95)
    >>> bool(abs(found.value - Law().quantile(0.95 ** (1 / 3))) < max(found.error, 1e-4))
    True
    """
    if law.varies or np.ndim(law.dof) > 0:
        raise UnsupportedError(
            "A single-step adjustment is not defined where each estimate has degrees of freedom of its own; use "
            "adjust='bonferroni' or 'holm'."
        )
    if len(root) > MOST:
        raise UnsupportedError(f"{len(root):,} estimates are too many to adjust in a single step; at most {MOST} are.")
    unit = root / np.linalg.norm(root, axis=1, keepdims=True)
    left, size, _ = np.linalg.svd(unit, full_matrices=False)
    keep = size > RANK * size[0]
    directions = left[:, keep] * size[keep]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    alike = np.abs(directions @ directions.T) >= 1.0 - SAME
    return MaximumLaw(directions[alike.argmax(axis=1) == np.arange(len(root))], law)


def critical_value(root: FloatArray, law: Law, level: float, adjust: IntervalAdjustment | None = None) -> FloatArray:
    """Return the half-width of intervals in standard errors, for individual or simultaneous intervals.

    Parameters
    ----------
    root : (m, r) array
        As for ``maximum_law``, for the estimates that have an interval.
    law : Law
        Reference distribution of each statistic.
    level : float
        Confidence level, simultaneous if the intervals are adjusted.
    adjust : {'bonferroni', 'single-step'}, optional
        Method of adjustment; None for individual intervals.

    Returns
    -------
    () or (m,) array
        The critical value.

    Examples
    --------
    >>> round(float(critical_value(np.eye(10), Law(), 0.95, "bonferroni")), 4)
    2.807
    """
    if adjust is None:
        return law.quantile(level)
    require_choice("adjust", adjust, get_args(IntervalAdjustment))
    require_level(level)
    if adjust == "bonferroni":
        return law.quantile(1.0 - (1.0 - level) / max(len(root), 1))
    return np.asarray(maximum_law(root, law).quantile(level).value) if len(root) else law.quantile(level)


def adjusted_p_values(
    statistic: FloatArray, p_value: FloatArray, root: FloatArray, law: Law, adjust: Adjustment
) -> FloatArray:
    """Return p-values adjusted for multiple testing.

    Parameters
    ----------
    statistic, p_value : (m,) array
        Statistic (z or t) and p-value of each estimate; nan for estimates without one.
    root : (m, r) array
        As for ``maximum_law``, with one row per estimate; rows of estimates without a p-value are not used.
    law : Law
        Reference distribution of each statistic.
    adjust : {'bonferroni', 'holm', 'benjamini-hochberg', 'single-step'}
        Benjamini and Hochberg's method controls the proportion of false rejections, the others the probability of any.

    Returns
    -------
    (m,) array
        Adjusted p-values, at most 1; nan where there was none.

    Examples
    --------
    >>> p = np.array([0.01, 0.04, 0.03])
    >>> adjusted_p_values(p, p, np.eye(3), Law(), "holm").round(6).tolist()
    [0.03, 0.06, 0.06]
    >>> adjusted_p_values(p, p, np.eye(3), Law(), "benjamini-hochberg").round(6).tolist()
    [0.03, 0.04, 0.04]
    """
    require_choice("adjust", adjust, get_args(Adjustment))
    out, known = np.full(p_value.shape, np.nan), np.flatnonzero(~np.isnan(p_value))
    p = p_value[known]
    m = p.size
    if not m:
        return out
    order = np.argsort(p, kind="stable")
    if adjust == "bonferroni":
        found = m * p
    elif adjust == "holm":
        found = np.empty(m)
        found[order] = np.maximum.accumulate((m - np.arange(m)) * p[order])
    elif adjust == "benjamini-hochberg":
        found = np.empty(m)
        ratios = m / (np.arange(m) + 1.0) * p[order]
        found[order] = np.minimum.accumulate(ratios[::-1])[::-1]
    else:
        largest = maximum_law(root[known], law)
        found = np.array([largest.above(abs(float(value)))[0] for value in statistic[known]])
        found = np.maximum(found, p)
    out[known] = np.minimum(found, 1.0)
    return out


def _lattice(points: int, r: int) -> FloatArray:
    """Return shifted lattices of points in the unit cube of r dimensions, (shifts points, r).

    They are Richtmyer's, multiples of the roots of primes; folding makes any integrand periodic.
    """
    roots = np.sqrt(_primes(r))
    steps = np.arange(1.0, points + 1.0)[:, None] * roots
    shifts = np.random.Generator(np.random.PCG64(SEED)).random((SHIFTS, r))
    return np.asarray(np.abs(2.0 * np.mod(steps[None] + shifts[:, None], 1.0) - 1.0).reshape(-1, r))


def _primes(count: int) -> FloatArray:
    """Return the first primes."""
    size = max(20, int(count * (np.log(max(count, 2)) + np.log(np.log(max(count, 3))) + 2.0)))
    sieve = np.ones(size + 1, dtype=bool)
    sieve[:2] = False
    for k in range(2, int(size**0.5) + 1):
        sieve[k * k :: k] &= ~sieve[k]
    return np.flatnonzero(sieve)[:count].astype(np.float64)
