r"""The minimum of a quadratic model with a penalty: descent by coordinates, finished by a direct solution.

1. Coefficients without penalty and bounds are eliminated: with U for them and R for the rest,
   :math:`S = H_{RR} - H_{RU} H_{UU}^{-1} H_{UR}` is all that is kept of H, beside what gives back U. The intercept is
   among them, so that S is what centred columns give.
2. Begin where the factor of the last solution leads: that is the prediction of the path.
3. Descend by coordinates, or by groups where groups are penalised.
4. If that is slow, the coefficients that are not zero are solved for directly, with their signs and bounds held
   (``direct.py``), and 3 follows. Along combinations of collinear columns, which have no curvature, they move to a
   corner of the penalty, also where 3 is quick: it creeps there. The lengths of groups are smooth where they are not
   zero, and are solved for by some steps of Newton's method. Every step lowers the model.

S is corrected along the steps that are taken (BFGS), and grows by columns that join a working set.

References
----------
Friedman, J., Hastie, T. and Tibshirani, R. (2010) Regularization paths for generalized linear models via coordinate
descent. Journal of Statistical Software 33(1), section 2.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from logitkit.engine.regularised.direct import (
    BlockFactor,
    block_of,
    factorise,
    slide_by,
    step_by,
    step_of_groups,
    with_factor,
)
from logitkit.models.penalties.penalty import Groups, Penalty
from logitkit.numerics.kernels.coordinate_descent import descend_coordinates, descend_groups
from logitkit.numerics.kernels.symmetric import add_outer_products, fill_rest
from logitkit.numerics.threads.lapack import cholesky_solve
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["QuadraticModel"]

SWEEPS = 10  # by coordinates, before a direct solution is tried
ROUNDS_MOST = 200
SWEEPS_OF_GROUPS = 8  # each of several steps a group
STEPS_MOST = 30  # of Newton's method on the groups that are not zero
SLOW = 0.1  # of the decrement before: what is small and falls by less is rounding
NEGLIGIBLE = 1e-3  # of what a sweep may gain: a decrement that is less needs no further step
CURVED = 1e-8  # of |step| |change|: what is below teaches nothing
MET = 1e-9  # of the gradient: a condition that is met but for this is met


class QuadraticModel:
    """Second derivatives in one array, and the minimum of the model with a penalty.

    Parameters
    ----------
    hessian : (p, p) array
        Of the objective without the penalty.
    free : (p,) bool array
        Coefficients to eliminate.
    scale : (p,) array, optional
        What the columns of the coefficients are divided by.
    room : int, default 0
        For how many columns that may join later there is memory from the begin.
    """

    def __init__(self, hessian: FloatArray, free: BoolArray, scale: FloatArray | None = None, room: int = 0) -> None:
        self.free: IntArray = np.flatnonzero(free)
        self.rest: IntArray = np.flatnonzero(~free)
        shares = np.ones(free.size) if scale is None else 1.0 / scale
        own = hessian[np.ix_(self.free, self.free)] * np.multiply.outer(shares[self.free], shares[self.free])
        cross = hessian[np.ix_(self.free, self.rest)] * np.multiply.outer(shares[self.free], shares[self.rest])
        self._factor = with_factor(own) if self.free.size else own
        self._border = self._solved(cross)
        q = self.rest.size
        self._space: FloatArray = np.empty((q + room, q + room))  # of which the first q rows and columns are S
        border = np.ascontiguousarray(self._border)
        fill_rest(hessian, self.rest, shares[self.rest], np.ascontiguousarray(cross), border, self._space)
        self._block: FloatArray = np.empty(0)  # where factors are made
        self._kept: BlockFactor | None = None
        self._exact = False  # whether it is of these second derivatives, or of those before they were corrected

    @property
    def schur(self) -> FloatArray:
        """S, shape (q, q)."""
        return self._space[: self.rest.size, : self.rest.size]

    def begin_with(self, other: QuadraticModel, before: IntArray, after: IntArray) -> None:
        """Begin where the factor of another model leads, of columns that are there as well: they have moved."""
        kept = other._kept
        if kept is None or self.rest.size == 0:
            return
        found = before[other.rest[kept.inside]]
        own = after[self.rest]
        order = np.argsort(own)
        place = np.searchsorted(own, found, sorter=order)
        place[place == own.size] = 0
        inside = order[place]
        if np.array_equal(own[inside], found):
            self._kept = BlockFactor(inside, kept.ridge, kept.solve)

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Update with the change of the gradient along a step (BFGS), unless it is lost to rounding."""
        moved = step[self.rest]
        changed = self._profiled(change)
        product = float(moved @ changed)
        image = self.schur @ moved
        curvature = float(moved @ image)
        if product <= CURVED * float(np.abs(moved) @ np.abs(changed)) or curvature <= 0.0:
            return
        self._exact = False
        add_outer_products(self._space, changed, 1.0 / product, image, 1.0 / curvature)

    def extend(self, own: FloatArray, old: FloatArray, new: FloatArray, cross: FloatArray, added: FloatArray) -> None:
        """Append k columns. All are of one point: those of columns far from zero nearly cancel."""
        q, k = cross.shape
        before = self.free.size + q
        self._factor = with_factor(own) if self.free.size else own
        border = self._solved(new)
        if q + k > len(self._space):
            space = np.empty((q + 2 * k, q + 2 * k))
            space[:q, :q] = self.schur
            self._space = space
        last = slice(q, q + k)
        self._space[:q, last] = cross - old.T @ border
        self._space[last, :q] = self._space[:q, last].T
        self._space[last, last] = added - new.T @ border
        self._border = np.hstack([self._solved(old), border])
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
                found = self._by_coordinates(slope, start.copy(), own, tol)
            else:
                found = _by_groups(self._space, slope, start.copy(), own, own.groups, tol)
            new[self.rest] = found
            change = found - start
        if self.free.size:
            new[self.free] -= self._solved(gradient[self.free]) + self._border @ change
        return new

    def corrected(
        self, gradient: FloatArray, coef: FloatArray, penalty: Penalty
    ) -> tuple[FloatArray, FloatArray, float]:
        """Return minus the step that satisfies the conditions where the penalty is smooth, and its end point.

        That is the gradient after it, which makes the products of a dual point with the columns, and d'Hd of it:
        equation 16 of ``docs/maths/penalties.md``.
        """
        smooth = penalty.differentiable(coef)
        derivative = penalty.gradient(coef)
        inside = np.flatnonzero(smooth[self.rest])
        self._factorise(inside, penalty.l2[self.rest[inside]])
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
        step, shift, kept = np.zeros(away.size), np.zeros(self.rest.size), self._kept
        if kept is not None and kept.inside.size:
            shift[kept.inside] = kept.solve(self._profiled(away)[kept.inside])
        step[self.rest] = shift
        step[self.free] = self._solved(away[self.free]) - self._border @ shift
        return step

    def _by_coordinates(self, slope: FloatArray, coef: FloatArray, penalty: Penalty, tol: float) -> FloatArray:
        kept = self._kept
        if kept is not None and penalty.differentiable(coef)[kept.inside].all():  # where the path leads
            step_by(kept, self.schur, slope, coef, penalty)
        l1, l2, lower, upper = penalty.l1, penalty.l2, penalty.lower, penalty.upper
        for _ in range(ROUNDS_MOST):
            settled = descend_coordinates(self._space, slope, coef, l1, l2, lower, upper, tol, SWEEPS)[1] <= tol
            inside = np.flatnonzero(penalty.differentiable(coef))
            factor = self._factorise(inside, l2[inside])  # if nothing moves, that of the dual point as well
            if settled and not slide_by(factor, self.schur, slope, coef, penalty, tol):
                break
            if not settled:
                step_by(factor, self.schur, slope, coef, penalty)
                slide_by(factor, self.schur, slope, coef, penalty, tol)
        return coef

    def _factorise(self, inside: IntArray, ridge: FloatArray) -> BlockFactor:
        """Return the factor of some of the rest, which is kept."""
        if self._kept is None or not self._exact or not self._kept.is_of(inside, ridge):
            size = inside.size**2
            if self._block.size < size:
                self._block = np.empty(2 * size)
            self._kept = factorise(self._space, inside, ridge, self._block[:size])  # the one before is forgotten
            self._exact = True
        return self._kept

    def _profiled(self, gradient: FloatArray) -> FloatArray:
        """Return the gradient of the rest at the minimum over the free coefficients."""
        return np.asarray(gradient[self.rest] - gradient[self.free] @ self._border)

    def _solved(self, vector: FloatArray) -> FloatArray:
        """Return H_UU^-1 v."""
        return cholesky_solve(self._factor, vector) if vector.size else vector


def _by_groups(
    space: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty, groups: Groups, tol: float
) -> FloatArray:
    hessian = space[: coef.size, : coef.size]
    members, starts, strengths = _members(groups, coef.size)
    bounds = np.array(
        [np.linalg.eigvalsh(block_of(hessian, own, np.zeros(own.size)))[-1] for own in _slices(members, starts)]
    )
    l1, l2, lower, upper = penalty.l1, penalty.l2, penalty.lower, penalty.upper
    for _ in range(ROUNDS_MOST):
        _, gain = descend_groups(
            space, slope, coef, l1, l2, lower, upper, members, starts, strengths, bounds, tol, SWEEPS_OF_GROUPS
        )
        if gain <= tol:
            break
        before = math.inf
        for _ in range(STEPS_MOST):  # the length of a group is not a quadratic: some steps
            decrement = step_of_groups(hessian, slope, coef, penalty)
            if decrement <= NEGLIGIBLE * tol or (decrement <= tol and decrement > SLOW * before):
                break
            before = decrement
    return coef


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
