r"""The minimum of a quadratic model with a penalty: descent by coordinates, finished by a direct solution.

1. Coefficients without penalty and bounds are eliminated: with U for them and R for the rest,
   :math:`S = H_{RR} - H_{RU} H_{UU}^{-1} H_{UR}`. The intercept is among them, so that S is what centred columns give.
2. Descend by coordinates, or by groups where groups are penalised.
3. If that is slow, the coefficients that are not zero are solved for directly with their signs held; where a sign
   would change or a bound be crossed, the step ends there, and 2 follows. Signs repeat nowhere, since every step
   lowers the model.

References
----------
Friedman, J., Hastie, T. and Tibshirani, R. (2010) Regularization paths for generalized linear models via coordinate
descent. Journal of Statistical Software 33(1), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from logitkit.kernels.coordinate_descent import descend_coordinates, descend_groups
from logitkit.penalties.penalty import Groups, Penalty
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["QuadraticModel"]

SWEEPS = 12  # by coordinates, before a direct solution is tried
ROUNDS_MOST = 200
SWEEPS_OF_GROUPS = 10_000
LEAST_SIZE = 0.1  # of the coefficients together, in units of their columns
SINGULAR = 1e-12  # of the diagonal, added where a block has no factor


class QuadraticModel:
    """Second derivatives in one array, corrected along the steps that were taken, and the minimum of the model.

    Parameters
    ----------
    hessian : (p, p) array
        Of the objective without the penalty; kept and changed.
    free : (p,) bool array
        Coefficients to eliminate.
    """

    def __init__(self, hessian: FloatArray, free: BoolArray) -> None:
        self.hessian = np.ascontiguousarray(hessian)
        self._free = np.flatnonzero(free)
        self._rest = np.flatnonzero(~free)
        self._reduced: _Reduced | None = None

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Take in how the gradient changed along a step (BFGS); what rounding has eaten teaches nothing."""
        product = float(step @ change)
        image = self.hessian @ step
        curvature = float(step @ image)
        if product <= 1e-8 * float(np.abs(step) @ np.abs(change)) or curvature <= 0.0:
            return
        self.hessian += np.multiply.outer(change / product, change) - np.multiply.outer(image / curvature, image)
        self._reduced = None

    def minimise(self, gradient: FloatArray, coef: FloatArray, penalty: Penalty, tol: float) -> FloatArray:
        """Return the minimum of the model about ``coef``, shape (p,).

        ``tol`` is the duality gap of the model that may be left: the largest violation of a condition of optimality
        times the summed size of the coefficients.
        """
        reduced = self._reduced
        if reduced is None:
            reduced = self._reduced = _eliminated(self.hessian, self._free, self._rest)
        new = coef.copy()
        slope = gradient[self._rest] - reduced.border.T @ gradient[self._free]
        if self._rest.size:
            own = penalty.pick(self._rest)
            start = coef[self._rest].copy()
            violation = tol / max(float(np.abs(start).sum()), LEAST_SIZE)
            gain = violation**2 / max(float(reduced.schur.diagonal().max(initial=0.0)), 1e-300)
            if own.groups is None:
                found = _by_coordinates(reduced.schur, slope, start, own, gain)
            else:
                found = _by_groups(reduced.schur, slope, start, own, own.groups, gain)
            new[self._rest] = found
            change = found - coef[self._rest]
        else:
            change = np.empty(0)
        if self._free.size:
            moved = gradient[self._free] + self.hessian[np.ix_(self._free, self._rest)] @ change
            new[self._free] -= reduced.solve(moved)
        return new

    def corrected(
        self, gradient: FloatArray, coef: FloatArray, penalty: Penalty
    ) -> tuple[FloatArray, FloatArray, float]:
        """Return minus the step that meets the conditions where the penalty is smooth, and what it leads to.

        That is the gradient after it, which makes the products of a dual point with the columns, and d'Hd of it:
        equation 16 of ``docs/maths/penalties.md``.
        """
        smooth = penalty.differentiable(coef)
        inside = np.flatnonzero(smooth)
        step = np.zeros(coef.size)
        if inside.size:
            block = self.hessian[np.ix_(inside, inside)]
            block[np.diag_indices_from(block)] += penalty.l2[inside]
            step[inside] = dpotrs(_cholesky(block), (gradient + penalty.gradient(coef))[inside])[0]
        image = self.hessian @ step
        # Where the penalty is smooth the gradient is known, but for rounding:
        slope = np.where(smooth, penalty.l2 * step - penalty.gradient(coef), gradient - image)
        return step, slope, max(float(step @ image), 0.0)


@dataclass(frozen=True)
class _Reduced:
    """The model after elimination: S, H_UU^-1 H_UR, and the factor of H_UU."""

    schur: FloatArray
    border: FloatArray
    factor: FloatArray

    def solve(self, vector: FloatArray) -> FloatArray:
        """Return H_UU^-1 v."""
        return np.asarray(dpotrs(self.factor, vector)[0]) if vector.size else vector


def _eliminated(hessian: FloatArray, free: IntArray, rest: IntArray) -> _Reduced:
    whole = hessian if free.size == 0 else hessian[np.ix_(rest, rest)]
    if free.size == 0:
        return _Reduced(whole, np.empty((0, rest.size)), np.empty((0, 0)))
    factor = _cholesky(hessian[np.ix_(free, free)])
    cross = hessian[np.ix_(free, rest)]
    border = np.asarray(dpotrs(factor, cross)[0]) if rest.size else cross
    return _Reduced(np.ascontiguousarray(whole - cross.T @ border), border, factor)


def _cholesky(array: FloatArray) -> FloatArray:
    """Return the Cholesky factor; of a matrix that has none, that of one with a diagonal added."""
    factor, info = dpotrf(array)
    lift = SINGULAR
    while info != 0:
        factor, info = dpotrf(array + lift * np.diag(np.maximum(array.diagonal(), 1e-300)))
        lift *= 100.0
    return np.asarray(factor)


def _by_coordinates(
    hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty, tol: float
) -> FloatArray:
    l1, l2, lower, upper = penalty.l1, penalty.l2, penalty.lower, penalty.upper
    for _ in range(ROUNDS_MOST):
        if descend_coordinates(hessian, slope, coef, l1, l2, lower, upper, tol, SWEEPS)[1] <= tol:
            break
        inside = np.flatnonzero((coef != 0.0) & (coef > lower) & (coef < upper))
        if inside.size == 0:
            continue
        block = hessian[np.ix_(inside, inside)]
        block[np.diag_indices_from(block)] += l2[inside]
        here = coef[inside]
        away = slope[inside] + l2[inside] * here + l1[inside] * np.sign(here)
        step = -np.asarray(dpotrs(_cholesky(block), away)[0])
        # The furthest that no sign changes and no bound is crossed.
        with np.errstate(divide="ignore", invalid="ignore"):
            to_zero = np.where((np.sign(here) * step < 0.0) & (l1[inside] > 0.0), -here / step, np.inf)
            to_bound = np.where(step > 0.0, (upper[inside] - here) / step, (lower[inside] - here) / step)
            to_bound = np.where(step == 0.0, np.inf, to_bound)
        reach = np.minimum(to_zero, to_bound)
        length = min(1.0, float(reach.min()))
        change = length * step
        new = here + change
        if length < 1.0:
            first = np.flatnonzero(reach == length)
            bound = np.where(step > 0.0, upper[inside], lower[inside])
            new[first] = np.where(to_zero <= to_bound, 0.0, bound)[first]
        coef[inside] = new
        slope += hessian[:, inside] @ (new - here)
    return coef


def _by_groups(
    hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty, groups: Groups, tol: float
) -> FloatArray:
    members, starts, strengths = _members(groups, coef.size)
    bounds = np.array(
        [
            np.linalg.eigvalsh(hessian[np.ix_(own, own)])[-1]
            for own in (members[first:last] for first, last in pairwise(starts))
        ]
    )
    descend_groups(
        hessian,
        slope,
        coef,
        penalty.l1,
        penalty.l2,
        penalty.lower,
        penalty.upper,
        members,
        starts,
        strengths,
        bounds,
        tol,
        SWEEPS_OF_GROUPS,
    )
    return coef


def _members(groups: Groups, n_params: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the coefficients by group, where each group begins, and its strength; others are groups of their own."""
    codes = groups.codes.copy()
    alone = np.flatnonzero(codes < 0)
    codes[alone] = groups.strengths.size + np.arange(alone.size)
    members = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[members], return_index=True)
    strengths = np.r_[groups.strengths, np.zeros(alone.size)][found]
    return members.astype(np.int64), np.r_[starts, n_params].astype(np.int64), strengths
