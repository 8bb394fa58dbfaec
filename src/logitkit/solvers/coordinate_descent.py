r"""The minimum of a quadratic model with a penalty: descent by coordinates, finished by a direct solution.

1. Coefficients without penalty and bounds are eliminated: with U for them and R for the rest,
   :math:`S = H_{RR} - H_{RU} H_{UU}^{-1} H_{UR}` is all that is kept of H, beside what gives back U. The intercept is
   among them, so that S is what centred columns give.
2. Descend by coordinates, or by groups where groups are penalised.
3. If that is slow, the coefficients that are not zero are solved for directly with their signs held; where a sign
   would change or a bound be crossed, the step ends there, and 2 follows. The lengths of groups are smooth where they
   are not zero, and are solved for by some steps of Newton's method. Every step lowers the model.

S is corrected along the steps that are taken (BFGS), and grows by columns that join a working set.

References
----------
Friedman, J., Hastie, T. and Tibshirani, R. (2010) Regularization paths for generalized linear models via coordinate
descent. Journal of Statistical Software 33(1), section 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from logitkit.execution.lapack import cholesky, cholesky_solve
from logitkit.kernels.coordinate_descent import descend_coordinates, descend_groups
from logitkit.kernels.symmetric import add_outer_products
from logitkit.penalties.penalty import Groups, Penalty
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["QuadraticModel"]

SWEEPS = 24  # by coordinates, before a direct solution is tried
ROUNDS_MOST = 200
SWEEPS_OF_GROUPS = 8  # each of several steps a group
STEPS_MOST = 30  # of Newton's method on the groups that are not zero
HALVINGS_MOST = 20
ARMIJO = 1e-3
SLOW = 0.1  # of the decrement before: what is small and falls by less is rounding
NEGLIGIBLE = 1e-3  # of what a sweep may gain: a decrement that is less needs no further step
CURVED = 1e-8  # of |step| |change|: what is below teaches nothing
SINGULAR = 1e-12  # of the diagonal, added where a block has no factor; less curvature than this share is none
MET = 1e-9  # of the gradient: a condition that is met but for this is met


class QuadraticModel:
    """Second derivatives in one array, and the minimum of the model with a penalty.

    Parameters
    ----------
    hessian : (p, p) array
        Of the objective without the penalty.
    free : (p,) bool array
        Coefficients to eliminate.
    """

    def __init__(self, hessian: FloatArray, free: BoolArray) -> None:
        self.free: IntArray = np.flatnonzero(free)
        self.rest: IntArray = np.flatnonzero(~free)
        own = hessian[np.ix_(self.free, self.free)]
        cross = hessian[np.ix_(self.free, self.rest)]
        self._factor = _cholesky(own) if self.free.size else own
        self._border = self._solved(cross)
        first = int(self.rest[0]) if self.rest.size else 0
        if np.array_equal(self.rest, np.arange(first, first + self.rest.size)):
            whole = hessian[first : first + self.rest.size, first : first + self.rest.size]  # a view
        else:
            whole = hessian[self.rest][:, self.rest]
        self.schur: FloatArray = np.ascontiguousarray(whole - cross.T @ self._border)

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Take in how the gradient changed along a step (BFGS); what rounding has eaten teaches nothing."""
        moved = step[self.rest]
        changed = self._profiled(change)
        product = float(moved @ changed)
        image = self.schur @ moved
        curvature = float(moved @ image)
        if product <= CURVED * float(np.abs(moved) @ np.abs(changed)) or curvature <= 0.0:
            return
        add_outer_products(self.schur, changed, 1.0 / product, image, 1.0 / curvature)

    def extend(self, own: FloatArray, old: FloatArray, new: FloatArray, cross: FloatArray, added: FloatArray) -> None:
        """Take in k columns, which come last.

        Parameters
        ----------
        own : (u, u) array
            Second derivatives of the free coefficients.
        old, new : (u, q), (u, k) array
            With the other coefficients there are, and with the new ones.
        cross, added : (q, k), (k, k) array
            Of the other coefficients there are with the new ones, and among these.
        """
        q, k = cross.shape
        before = self.free.size + q
        self._factor = _cholesky(own) if self.free.size else own
        self._border = np.hstack([self._solved(old), self._solved(new)])
        schur = np.empty((q + k, q + k))
        schur[:q, :q] = self.schur
        schur[:q, q:] = cross - old.T @ self._border[:, q:]
        schur[q:, :q] = schur[:q, q:].T
        schur[q:, q:] = added - new.T @ self._border[:, q:]
        self.schur = schur
        self.rest = np.r_[self.rest, before + np.arange(k)]

    def minimise(self, gradient: FloatArray, coef: FloatArray, penalty: Penalty, tol: float) -> FloatArray:
        """Return the minimum of the model about ``coef``, shape (p,).

        ``tol`` is what a sweep over all coordinates may still gain.
        """
        new = coef.copy()
        change = np.zeros(self.rest.size)
        if self.rest.size:
            own = penalty.pick(self.rest)
            start = coef[self.rest]
            slope = self._profiled(gradient)
            if own.groups is None:
                found = _by_coordinates(self.schur, slope, start.copy(), own, tol)
            else:
                found = _by_groups(self.schur, slope, start.copy(), own, own.groups, tol)
            new[self.rest] = found
            change = found - start
        if self.free.size:
            new[self.free] -= self._solved(gradient[self.free]) + self._border @ change
        return new

    def corrected(
        self, gradient: FloatArray, coef: FloatArray, penalty: Penalty
    ) -> tuple[FloatArray, FloatArray, float]:
        """Return minus the step that meets the conditions where the penalty is smooth, and what it leads to.

        That is the gradient after it, which makes the products of a dual point with the columns, and d'Hd of it:
        equation 16 of ``docs/maths/penalties.md``.
        """
        smooth = penalty.differentiable(coef)
        derivative = penalty.gradient(coef)
        self._inside = np.flatnonzero(smooth[self.rest])
        self._inner = _solver(_block(self.schur, self._inside, penalty.l2[self.rest[self._inside]]))
        step = self.solved(np.where(smooth, gradient + derivative, 0.0))
        shift = step[self.rest]
        image = self.schur @ shift
        own = gradient[self.free]
        moved = float(shift @ image) + float(own @ self._solved(own))
        slope = np.zeros(coef.size)
        slope[self.rest] = self._profiled(gradient) - image
        # Where the penalty is smooth the gradient is known, but for rounding; unless no step meets the conditions, as
        # where more coefficients move than there are rows.
        known = penalty.l2 * step - derivative
        met = np.abs(slope - known) <= MET * (np.abs(known) + np.abs(gradient))
        return step, np.where(smooth & met, known, slope), max(moved, 0.0)

    def solved(self, away: FloatArray) -> FloatArray:
        """Return the step that changes the gradient by ``away`` where the penalty was smooth, zero elsewhere.

        As of the last ``corrected``, with its factor.
        """
        step, shift = np.zeros(away.size), np.zeros(self.rest.size)
        if self._inside.size:
            shift[self._inside] = self._inner(self._profiled(away)[self._inside])
        step[self.rest] = shift
        step[self.free] = self._solved(away[self.free]) - self._border @ shift
        return step

    def _profiled(self, gradient: FloatArray) -> FloatArray:
        """Return the gradient of the rest at the minimum over the free coefficients."""
        return np.asarray(gradient[self.rest] - gradient[self.free] @ self._border)

    def _solved(self, vector: FloatArray) -> FloatArray:
        """Return H_UU^-1 v."""
        return cholesky_solve(self._factor, vector) if vector.size else vector


def _block(array: FloatArray, index: IntArray, ridge: FloatArray) -> FloatArray:
    """Return some rows and columns, with a diagonal added; by two gathers, which is twice as fast as by one."""
    block = array[index][:, index]
    block[np.diag_indices_from(block)] += ridge
    return np.asarray(block)


def _cholesky(array: FloatArray) -> FloatArray:
    """Return the Cholesky factor; of a matrix that has none, that of one with a diagonal added."""
    factor, info = cholesky(array)
    lift = SINGULAR
    while info != 0 and lift < math.inf:  # without end on what is no number
        factor, info = cholesky(array + lift * np.diag(np.maximum(array.diagonal(), 1e-300)))
        lift *= 100.0
    return factor


def _solver(array: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return what solves with a symmetric matrix, which may be singular."""
    if array.size == 0:
        return np.asarray
    factor, info = cholesky(array)
    diagonal = factor.diagonal()
    if info == 0 and diagonal.min() ** 2 > SINGULAR * array.diagonal().max():
        return lambda vector: cholesky_solve(factor, vector)
    values, vectors = np.linalg.eigh(array)
    inverse = np.where(values > SINGULAR * values[-1], 1.0 / np.where(values > 0.0, values, 1.0), 0.0)
    return lambda vector: np.asarray(vectors @ (inverse * (vectors.T @ vector)))


def _by_coordinates(
    hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty, tol: float
) -> FloatArray:
    l1, l2, lower, upper = penalty.l1, penalty.l2, penalty.lower, penalty.upper
    for _ in range(ROUNDS_MOST):
        if descend_coordinates(hessian, slope, coef, l1, l2, lower, upper, tol, SWEEPS)[1] <= tol:
            break
        _step_directly(hessian, slope, coef, penalty)
    return coef


def _by_groups(
    hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty, groups: Groups, tol: float
) -> FloatArray:
    members, starts, strengths = _members(groups, coef.size)
    bounds = np.array(
        [np.linalg.eigvalsh(_block(hessian, own, np.zeros(own.size)))[-1] for own in _slices(members, starts)]
    )
    l1, l2, lower, upper = penalty.l1, penalty.l2, penalty.lower, penalty.upper
    for _ in range(ROUNDS_MOST):
        _, gain = descend_groups(
            hessian, slope, coef, l1, l2, lower, upper, members, starts, strengths, bounds, tol, SWEEPS_OF_GROUPS
        )
        if gain <= tol:
            break
        before = math.inf
        for _ in range(STEPS_MOST):  # the length of a group is not a quadratic: some steps
            decrement = _step_directly(hessian, slope, coef, penalty)
            if decrement <= NEGLIGIBLE * tol or (decrement <= tol and decrement > SLOW * before):
                break
            before = decrement
    return coef


def _step_directly(hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty) -> float:
    """Take a step of Newton's method on the coefficients where the penalty has a derivative, the others held.

    It ends where a sign would change or a bound be crossed, or before if the model would not fall enough. Returns the
    squared decrement, which is about twice what the whole step gains; 0 where no step was taken.
    """
    inside = np.flatnonzero(penalty.differentiable(coef))
    if inside.size == 0:
        return 0.0
    own, here = penalty.pick(inside), coef[inside]
    away = slope[inside] + own.gradient(here)
    block = _block(hessian, inside, own.l2)
    if own.groups is not None:
        block += own.groups.curvature(here)
    step = -cholesky_solve(_cholesky(block), away)
    # The furthest that no sign changes and no bound is crossed.
    with np.errstate(divide="ignore", invalid="ignore"):
        to_zero = np.where((np.sign(here) * step < 0.0) & (own.l1 > 0.0), -here / step, np.inf)
        to_bound = np.where(step > 0.0, (own.upper - here) / step, (own.lower - here) / step)
        to_bound = np.where(step == 0.0, np.inf, to_bound)
    reach = np.minimum(to_zero, to_bound)
    furthest = length = min(1.0, float(reach.min()))
    decrement = -float(away @ step)
    change = np.zeros(coef.size)
    change[inside] = step
    image = hessian @ change
    if own.groups is not None:  # without groups the model is a quadratic on the way, and falls
        curvature = float(step @ image[inside] + own.l2 @ step**2)
        length = _enough(own.groups, here, step, decrement, curvature, furthest)
    if length == 0.0:
        return 0.0
    new = here + length * step
    if length == furthest < 1.0:
        first = np.flatnonzero(reach == length)
        bound = np.where(step > 0.0, own.upper, own.lower)
        new[first] = np.where(to_zero <= to_bound, 0.0, bound)[first]
    coef[inside] = new
    slope += length * image
    return decrement


def _enough(
    groups: Groups, here: FloatArray, step: FloatArray, decrement: float, curvature: float, longest: float
) -> float:
    """Return the longest of the steps 1, 1/2, 1/4, ... times the longest by which the model falls enough; 0 for none.

    What it falls by is computed from the change of each length itself, which leaves no large terms to cancel.
    """
    before = groups.norms(here)
    along = np.bincount(groups.codes[groups.codes >= 0], (here * step)[groups.codes >= 0], before.size)
    squares, slopes = groups.norms(step) ** 2, along / before
    length = longest
    for _ in range(HALVINGS_MOST):
        grown = length * (2.0 * along + length * squares) / (groups.norms(here + length * step) + before)
        rise = float(groups.strengths @ (grown - length * slopes)) + 0.5 * length**2 * curvature
        if rise <= (1.0 - ARMIJO) * length * decrement:
            return length
        length *= 0.5
    return 0.0


def _slices(members: IntArray, starts: IntArray) -> list[IntArray]:
    return [members[first:last] for first, last in pairwise(starts)]


def _members(groups: Groups, n_params: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the coefficients by group, where each group begins, and its strength; others are groups of their own."""
    codes = groups.codes.copy()
    alone = np.flatnonzero(codes < 0)
    codes[alone] = groups.strengths.size + np.arange(alone.size)
    members = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[members], return_index=True)
    strengths = np.r_[groups.strengths, np.zeros(alone.size)][found]
    return members.astype(np.int64), np.r_[starts, n_params].astype(np.int64), strengths
