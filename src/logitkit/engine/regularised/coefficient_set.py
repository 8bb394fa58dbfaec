"""A penalised problem with several linear predictors and many coefficients, solved on a working set.

The set begins with the coefficients that are free or not zero, and grows by those that are furthest from the conditions
of optimality, until the gap of the whole problem is small enough.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.engine.objective import Objective
from logitkit.engine.regularised.dual_point import ENOUGH, REFINEMENTS, UNSETTLED, DualPoint
from logitkit.engine.regularised.gap import least_gap
from logitkit.engine.regularised.prox_newton import Point, ProxSolution, Scaled, Solved, prox_newton
from logitkit.engine.regularised.row_view import on_coefficients
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["CoefficientSet"]

ROUNDS_MOST = 200
LEAST_ADDED = 20
SHARE, CLOSER, FINEST = 0.3, 0.1, 1e-6  # of the gap: what a working set is solved to, then closer, and at the finest


class CoefficientSet:
    """Proximal Newton over a working set of coefficients.

    Parameters
    ----------
    whole : Scaled[Objective]
        The objective over all coefficients.
    start, slope : (q,) array
        Scaled coefficients of the null model, and the gradient there.
    """

    def __init__(self, whole: Scaled[Objective], start: FloatArray, slope: FloatArray) -> None:
        self.whole, self.coef, self.dual = whole, start, slope

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise, from the solution before."""
        inside = penalty.free | (self.coef != 0.0)
        inside |= _foremost(penalty.distance(self.coef, self.dual), inside)
        steps = renewals = 0
        inner = SHARE * target
        for _ in range(ROUNDS_MOST):
            index = np.flatnonzero(_whole_groups(penalty, inside))
            found = self._on(index, penalty, inner, max_iter, polish)
            steps, renewals = steps + found.steps, renewals + found.renewals
            self.coef = np.zeros(self.coef.size)
            self.coef[index] = found.point.coef
            gap, value = self._certified(index, penalty, found, target)
            if gap <= target or found.status is not Status.CONVERGED:
                status = Status.CONVERGED if gap <= target else found.status
                return Solved(self.coef, value, self.dual, gap, status, steps, renewals)
            more = _foremost(penalty.distance(self.coef, self.dual), inside)
            if more.any():
                inside = inside | more
                continue
            inner *= CLOSER
            if inner < FINEST * target:
                return Solved(self.coef, value, self.dual, gap, Status.STALLED, steps, renewals)
        return Solved(self.coef, value, self.dual, gap, Status.ITERATIONS, steps, renewals)

    def _certified(self, index: IntArray, penalty: Penalty, found: ProxSolution, target: float) -> tuple[float, float]:
        """Return the gap of the whole problem and the negative log-likelihood; the products of the dual point stay."""
        prior = self.whole.objective.quadratic
        if prior is None:
            point = Point(self.coef, found.point.value, found.point.gradient, found.point.pearson)
        else:  # which pulls at the other coefficients too
            point = self.whole.point(self.coef)
        step = np.zeros(self.coef.size)
        step[index] = found.step
        dual = DualPoint(self.whole, penalty, point, step)
        products = dual.products()
        for _ in range(REFINEMENTS):  # the model's second derivatives are not quite those of the rows
            lack = dual.lack(products)[index]
            left = float(np.abs(lack) @ np.abs(self.coef[index]))
            if left <= UNSETTLED * target or (left <= ENOUGH * target and dual.gap(products) <= ENOUGH * target):
                break
            step[index] = found.model.solved(lack)
            dual.move(step)
            products = dual.products()
        self.dual, rounding = dual.settled(products)
        value = point.value - (0.0 if prior is None else prior.value(self.coef / self.whole.scale))
        if not dual.feasible:
            return math.inf, value
        return rounding + least_gap(self.coef, self.dual, penalty, point.pearson, dual.squared), value

    def _on(self, index: IntArray, penalty: Penalty, target: float, max_iter: int, polish: bool) -> ProxSolution:
        """Solve on some coefficients, the others held at zero."""
        problem = Scaled(on_coefficients(self.whole.objective, index), self.whole.scale[index])
        part = penalty.pick(index)
        point, model = problem.model(self.coef[index], part)
        return prox_newton(problem, part, point, model, target, max_iter, polish)


def _foremost(against: FloatArray, inside: BoolArray) -> BoolArray:
    """Return the coefficients outside the set that violate the optimality conditions most."""
    against = np.where(inside, 0.0, against)
    count = int(np.count_nonzero(against))
    out = np.zeros(against.size, dtype=bool)
    if count:
        most = min(count, max(LEAST_ADDED, int(np.count_nonzero(inside))))
        out[np.argpartition(-against, most - 1)[:most]] = True
    return out


def _whole_groups(penalty: Penalty, inside: BoolArray) -> BoolArray:
    """Return the coefficients of the set, completed to whole groups."""
    if penalty.groups is None:
        return inside
    codes = penalty.groups.codes
    hit = np.zeros(penalty.groups.strengths.size + 1, dtype=bool)
    hit[codes[inside & (codes >= 0)]] = True
    hit[-1] = False
    return np.asarray(inside | hit[codes])
