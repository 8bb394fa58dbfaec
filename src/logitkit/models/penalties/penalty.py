r"""A penalty as arrays, with the functions that solvers and certificates use.

.. math::

    \Omega(b) = \sum_j \left(\lambda_j |b_j| + \tfrac12 \kappa_j b_j^2\right) + \sum_g \nu_g \lVert b_g \rVert_2 ,
    \qquad l_j \le b_j \le u_j

Strengths are absolute: they are added to a sum over rows, not to a mean. Equations are those of
``docs/maths/penalties.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Groups", "Penalty", "no_penalty"]

BRIM = 1.0 + 1e-14  # of a strength: a dual value that exceeds it by less is rounding, and within
HALVINGS = 60  # of an interval that holds a scale in (0, 1]


@dataclass(frozen=True)
class Groups:
    """Sets of coefficients that share one norm.

    Parameters
    ----------
    codes : (p,) int array
        Group of each coefficient, -1 for none.
    strengths : (G,) array
        Strength of the penalty on each group's norm.
    """

    codes: IntArray
    strengths: FloatArray

    def norms(self, values: FloatArray) -> FloatArray:
        """Return the norm of each group's part of a vector, shape (G,)."""
        own = self.codes >= 0
        return np.sqrt(np.bincount(self.codes[own], values[own] ** 2, self.strengths.size))

    def curvature(self, coef: FloatArray) -> FloatArray:
        """Return the second derivatives of the strengths times the norms that are not zero, shape (p, p)."""
        norms = self.norms(coef)
        share = np.divide(self.strengths, norms, out=np.zeros_like(norms), where=norms > 0.0)
        unit = np.divide(coef, np.r_[norms, 1.0][self.codes], out=np.zeros_like(coef), where=coef != 0.0)
        pull = np.r_[share, 0.0][self.codes]
        same = (self.codes[:, None] == self.codes) & (self.codes >= 0)
        return np.asarray(np.diag(pull) - np.where(same, (pull * unit)[:, None] * unit, 0.0))


@dataclass(frozen=True)
class Penalty:
    """Strengths, bounds and groups, one entry per coefficient.

    Parameters
    ----------
    l1, l2 : (p,) array
        Strengths of the absolute values and of the squares.
    lower, upper : (p,) array
        Bounds, infinite for none; zero lies between them.
    groups : Groups or None
        Groups whose norm is penalised; coefficients in them have no bounds.

    Examples
    --------
    The conjugate of the absolute value is zero within its strength:

    >>> import numpy as np
    >>> lasso = replace(no_penalty(2), l1=np.array([1.0, 1.0]))
    >>> lasso.value(np.array([2.0, -1.0])), lasso.conjugate(np.array([0.5, -1.0]))
    (3.0, 0.0)
    """

    l1: FloatArray
    l2: FloatArray
    lower: FloatArray
    upper: FloatArray
    groups: Groups | None = None

    @once
    def free(self) -> BoolArray:
        """Which coefficients have neither a penalty nor a bound, shape (p,)."""
        free = np.zeros(self.l1.size, dtype=bool)
        some = np.flatnonzero(self.l1 == 0.0)  # often few
        free[some] = (self.l2[some] == 0.0) & np.isinf(self.lower[some]) & np.isinf(self.upper[some])
        return free if self.groups is None else np.asarray(free & ~self._in_group)

    @once
    def without_squares(self) -> Penalty:
        """The same penalty without the squares."""
        return replace(self, l2=np.zeros(self.l2.size))

    @property
    def smooth(self) -> bool:
        """Whether it has only squares, for all coefficients that are not held at zero."""
        bounded = (np.isfinite(self.lower) | np.isfinite(self.upper)) & ~self.held
        return self.groups is None and not self.l1.any() and not bool(bounded.any())

    @property
    def held(self) -> BoolArray:
        """Which coefficients are held at zero, shape (p,)."""
        return np.asarray((self.lower == 0.0) & (self.upper == 0.0))

    @property
    def _in_group(self) -> BoolArray:
        """Which coefficients are in a group of positive strength."""
        assert self.groups is not None
        return np.asarray((self.groups.codes >= 0) & (np.r_[self.groups.strengths, 0.0][self.groups.codes] > 0.0))

    @property
    def _ridges(self) -> tuple[FloatArray, FloatArray]:
        """The least and the largest strength of a square in each group, each of shape (G,)."""
        assert self.groups is not None
        least, most = np.full(self.groups.strengths.size, np.inf), np.zeros(self.groups.strengths.size)
        own = self.groups.codes >= 0
        np.minimum.at(least, self.groups.codes[own], self.l2[own])
        np.maximum.at(most, self.groups.codes[own], self.l2[own])
        return least, most

    def value(self, coef: FloatArray) -> float:
        """Return the penalty of coefficients within the bounds."""
        total = float(self.l1 @ np.abs(coef) + 0.5 * (self.l2 @ coef**2))
        return total if self.groups is None else total + float(self.groups.strengths @ self.groups.norms(coef))

    def differentiable(self, coef: FloatArray) -> BoolArray:
        """Return for which coefficients the penalty has a derivative and no bound is active, shape (p,)."""
        inside = (coef > self.lower) & (coef < self.upper)
        smooth = inside & ((coef != 0.0) | (self.l1 == 0.0))
        if self.groups is None:
            return np.asarray(smooth)
        zero = np.r_[self.groups.norms(coef) == 0.0, False][self.groups.codes]
        return np.asarray(smooth & ~(self._in_group & zero))

    def gradient(self, coef: FloatArray) -> FloatArray:
        """Return the derivative, where it exists, shape (p,)."""
        out = self.l1 * np.sign(coef) + self.l2 * coef
        if self.groups is not None:
            norms = self.groups.norms(coef)
            share = np.divide(self.groups.strengths, norms, out=np.zeros_like(norms), where=norms > 0.0)
            out = out + coef * np.r_[share, 0.0][self.groups.codes]
        return np.asarray(out)

    def within(self, coef: FloatArray) -> FloatArray:
        """Return the nearest coefficients within the bounds."""
        return np.clip(coef, self.lower, self.upper)

    def plus(self, other: Penalty, share: float = 1.0) -> Penalty:
        """Return the sum with a multiple of another penalty, with the bounds of both."""
        groups = self.groups
        if other.groups is not None:
            extra = replace(other.groups, strengths=share * other.groups.strengths)
            groups = extra if groups is None else _joined(groups, extra)
        return Penalty(
            self.l1 + share * other.l1,
            self.l2 + share * other.l2,
            np.maximum(self.lower, other.lower),
            np.minimum(self.upper, other.upper),
            groups,
        )

    def times(self, share: float) -> Penalty:
        """Return a multiple of the penalty, with the same bounds."""
        groups = self.groups if self.groups is None else replace(self.groups, strengths=share * self.groups.strengths)
        return replace(self, l1=share * self.l1, l2=share * self.l2, groups=groups)

    def apart(self, which: BoolArray) -> Penalty:
        """Return the penalty with some coefficients in no group; coefficients held at zero do not change its norm."""
        if self.groups is None:
            return self
        return replace(self, groups=replace(self.groups, codes=np.where(which, -1, self.groups.codes)))

    def pick(self, index: IntArray) -> Penalty:
        """Return the penalty of some coefficients, with the others held at zero; groups are kept whole."""
        groups = self.groups
        if groups is not None:
            codes = groups.codes[index]
            found, renumbered = np.unique(codes[codes >= 0], return_inverse=True)
            fresh = np.full(codes.size, -1, dtype=np.int64)
            fresh[codes >= 0] = renumbered
            groups = Groups(fresh, groups.strengths[found]) if found.size else None
        return Penalty(self.l1[index], self.l2[index], self.lower[index], self.upper[index], groups)

    # ----------------------------------------------------------------------------------------------------- optimality

    def dual_scale(self, slope: FloatArray) -> float:
        """Return the largest t in [0, 1] for which the conjugate at -t slope is finite (equation 15)."""
        unbounded = np.where(slope > 0.0, np.isinf(self.lower), np.isinf(self.upper))  # where -slope pulls
        hard = unbounded & (self.l2 == 0.0)
        alone = hard if self.groups is None else hard & ~self._in_group
        size = np.abs(slope[alone])
        limit = self.l1[alone]
        over = size > limit
        scale = float((limit[over] / size[over]).min(initial=1.0))
        if self.groups is not None:
            scale = min(scale, self._group_scale(slope))
        return scale

    def _group_scale(self, slope: FloatArray) -> float:
        """Return the largest t in [0, 1] with every group's soft-thresholded t slope within its strength.

        Of the coefficients of a group that have no square: those that have one are held by it.
        """
        assert self.groups is not None
        groups, limit = self.groups, self.groups.strengths
        slope = np.where(self.l2 == 0.0, slope, 0.0)

        def inside(scale: FloatArray) -> BoolArray:
            of_each = np.r_[scale, 0.0][groups.codes]
            return np.asarray(groups.norms(soft(of_each * slope, BRIM * self.l1)) <= BRIM * limit)

        low, high = np.zeros(limit.size), np.ones(limit.size)
        if inside(high).all():
            return 1.0
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            good = inside(middle)
            low, high = np.where(good, middle, low), np.where(good, high, middle)
        return float(np.where(inside(np.ones(limit.size)), 1.0, low).min())

    def conjugate(self, dual: FloatArray) -> float:
        """Return the conjugate of the penalty, the largest value of dual'b less the penalty (equation 14)."""
        alone = np.ones(dual.size, dtype=bool) if self.groups is None else ~self._in_group
        total = float(_conjugates(dual, self.l1, self.l2, self.lower, self.upper)[alone].sum())
        return total if self.groups is None else total + float(self._group_conjugates(dual).sum())

    def _group_conjugates(self, dual: FloatArray) -> FloatArray:
        """Return the conjugate of each group, shape (G,)."""
        assert self.groups is not None
        groups = self.groups
        past = np.where(self._in_group, soft(dual, BRIM * self.l1), 0.0)
        excess = groups.norms(past) - BRIM * groups.strengths
        over = (excess > 0.0) & (groups.strengths > 0.0)
        out = np.zeros(excess.size)
        if not over.any():
            return out
        least, most = self._ridges
        with np.errstate(divide="ignore", invalid="ignore"):
            out[over] = 0.5 * excess[over] ** 2 / least[over]
        mixed = over & (least < most)
        if mixed.any():
            out[mixed] = self._mixed_conjugates(past)[mixed]
        return out

    def _mixed_conjugates(self, past: FloatArray) -> FloatArray:
        """Return the conjugate of groups whose squares differ: the length r of the best b solves one equation.

        With c what is past the absolute values, b = r c / (kappa r + nu), of length r.
        """
        assert self.groups is not None
        groups, own = self.groups, self._in_group
        strength = np.where(own, BRIM * np.r_[groups.strengths, 1.0][groups.codes], 1.0)

        def best(length: FloatArray) -> FloatArray:
            of_each = np.r_[length, 0.0][groups.codes]
            return np.asarray(past * of_each / (self.l2 * of_each + strength))

        low, high = np.zeros(groups.strengths.size), np.ones(groups.strengths.size)
        endless = groups.norms(np.where(self.l2 == 0.0, past, 0.0)) > BRIM * groups.strengths
        for _ in range(500):
            short = (groups.norms(best(high)) > high) & ~endless
            if not short.any():
                break
            low, high = np.where(short, high, low), np.where(short, 2.0 * high, high)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            short = groups.norms(best(middle)) > middle
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        # c'b - nu r - kappa b^2 / 2 at this b, without terms that cancel; those without a square may be very long.
        halves = np.where(self.l2 > 0.0, 0.5 * self.l2 * best(high) ** 2, 0.0)
        total = np.bincount(groups.codes[own], halves[own], groups.strengths.size)
        return np.asarray(np.where(endless, np.inf, total))

    def distance(self, coef: FloatArray, slope: FloatArray) -> FloatArray:
        """Return the distance of minus the slope from the subdifferential, shape (p,) (equation 17)."""
        pull = -slope - self.l2 * coef
        at_zero = np.abs(soft(pull, self.l1))
        away = np.where(coef == 0.0, at_zero, np.abs(pull - self.l1 * np.sign(coef)))
        signed = np.where(coef == 0.0, soft(pull, self.l1), pull - self.l1 * np.sign(coef))
        held = ((coef <= self.lower) & (signed < 0.0)) | ((coef >= self.upper) & (signed > 0.0))
        away = np.where(held, 0.0, away)
        if self.groups is None:
            return away
        own = self._in_group
        norms = self.groups.norms(coef)
        zero = np.r_[norms == 0.0, False][self.groups.codes]
        thresholded = soft(pull, self.l1)
        length = self.groups.norms(np.where(own, thresholded, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(length > self.groups.strengths, 1.0 - self.groups.strengths / length, 0.0)
            direction = coef * np.r_[self.groups.strengths / norms, 0.0][self.groups.codes]
        moving = pull - np.where(zero, 0.0, direction)
        live = np.where(coef == 0.0, np.abs(soft(moving, self.l1)), np.abs(moving - self.l1 * np.sign(coef)))
        still = np.abs(thresholded) * np.r_[share, 0.0][self.groups.codes]
        return np.where(own, np.where(zero, still, live), away)


def no_penalty(n_params: int) -> Penalty:
    """Return the penalty that is zero everywhere.

    Examples
    --------
    >>> no_penalty(3).free.tolist()
    [True, True, True]
    """
    zero, infinite = np.zeros(n_params), np.full(n_params, np.inf)
    return Penalty(zero, zero, -infinite, infinite)


def soft(values: FloatArray, amount: FloatArray) -> FloatArray:
    """Return values moved towards zero by an amount, but not beyond zero.

    Parameters
    ----------
    values, amount : (p,) array
        Values, and amounts that are not negative.

    Returns
    -------
    (p,) array
        sign(v) max(|v| - a, 0).

    Examples
    --------
    >>> soft(np.array([3.0, -0.5]), np.array([1.0, 1.0])).tolist()
    [2.0, -0.0]
    """
    return np.sign(values) * np.maximum(np.abs(values) - amount, 0.0)


def _conjugates(dual: FloatArray, l1: FloatArray, l2: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return sup over lower <= b <= upper of z b - l1 |b| - l2 b^2 / 2, for each coefficient."""
    pull = soft(dual, BRIM * l1)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.where(pull == 0.0, 0.0, np.where(l2 > 0.0, pull / l2, np.sign(pull) * np.inf))
        best = np.clip(best, lower, upper)
        squares = np.where(l2 > 0.0, l2 * best**2, 0.0)
        return np.where(best == 0.0, 0.0, best * pull - 0.5 * squares)


def _joined(first: Groups, second: Groups) -> Groups:
    """Return the groups of both, which must be the same sets or share no coefficient."""
    both = (first.codes >= 0) & (second.codes >= 0)
    if not both.any():
        codes = np.where(second.codes >= 0, second.codes + first.strengths.size, first.codes)
        return Groups(codes, np.r_[first.strengths, second.strengths])
    assert np.array_equal(first.codes, second.codes)
    return Groups(first.codes, first.strengths + second.strengths)
