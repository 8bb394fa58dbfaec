r"""A penalised problem with many columns, solved on the few that matter.

1. Take the columns without penalty, those whose coefficient is not zero, and those that the *strong rule* lets in:
   with :math:`|z_j| \ge 2\lambda - \lambda_0` for a step of the strength from :math:`\lambda_0` to :math:`\lambda`,
   less those whose :math:`z_j` goes elsewhere (``column_set.py``).
2. Solve on these columns (``prox_newton.py``).
   Second derivatives are kept for a few strengths, and those of columns that join are summed beside them.
3. Make the dual point of their solution, and its products with all columns, in one pass over them.
4. If the gap of the whole problem is small enough, this is the solution. Otherwise let in the columns that are
   against it, the worst first, at most as many again as there are, and go to 2.

Nothing depends on the rule being right: a column that it left out is found in 3.

References
----------
Tibshirani, R. et al. (2012) Strong rules for discarding predictors in lasso-type problems. JRSS B 74, 245-266.
Johnson, T. B. and Guestrin, C. (2015) Blitz: a principled meta-algorithm for scaling sparse optimization. ICML.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.growing import ColumnSource, GrowingColumns, cross_products
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.curvature.wide import wide_gram
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.coordinate_descent import QuadraticModel
from logitkit.engine.regularised.dual_point import ENOUGH, REFINEMENTS, UNSETTLED, DualPoint
from logitkit.engine.regularised.gap import least_gap
from logitkit.engine.regularised.products import WideProducts
from logitkit.engine.regularised.prox_newton import Point, Scaled, Solved, prox_newton
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["WorkingSet"]

ROUNDS_MOST = 100
LEAST_ADDED = 20
SPARE = 200  # columns in use that are not wanted: taking them out costs more than they do
USED = 0.8  # of the columns in use that are wanted: when they are fewer, the others are left out with the next sums
ROOM = 64  # columns, for which a model has memory from the begin
WIDE_ROWS_MOST = 8_192  # whose second derivatives are summed at once, in single precision
STALE = 0.86  # of the strength at which second derivatives were summed: three strengths of a usual path are served
FINEST = 1e-6  # of the gap that is allowed: asking the set for less does not help
SHARE = 0.7  # of the gap that is allowed: what the columns of the set may leave


class WorkingSet:
    """The columns in use, from one strength to the next.

    Parameters
    ----------
    whole : Scaled[Objective]
        The objective over all columns.
    """

    def __init__(self, whole: Scaled[Objective]) -> None:
        self.whole = whole
        self.columns: IntArray = np.empty(0, dtype=np.int64)
        self.problem: Scaled[Objective] | None = None
        self.point: Point | None = None
        self.model: QuadraticModel | None = None
        self._source = ColumnSource(whole.objective.matrix)
        self._all = WideProducts(whole.objective, whole.scale)
        self._matrix: GrowingColumns
        self._rows: tuple[FloatArray, FloatArray] | None = None
        self._renew = True
        self._strength = self._summed = 0.0  # of the penalty now, and where second derivatives were summed

    def solve(
        self,
        penalty: Penalty,
        coef: FloatArray,
        wanted: BoolArray,
        target: float,
        max_iter: int = 100,
        polish: bool = False,
    ) -> Solved:
        """Minimise the objective plus a penalty."""
        columns = self._chosen(penalty, penalty.free | (coef != 0.0) | wanted)
        steps = renewals = 0
        self._strength = _size(penalty)
        self._renew = not STALE * self._summed <= self._strength <= self._summed / STALE
        inner = SHARE * target
        for _ in range(ROUNDS_MOST):
            own = self._take(columns, penalty, coef)
            assert self.problem is not None and self.point is not None and self.model is not None  # noqa: PT018
            found = prox_newton(self.problem, own, self.point, self.model, inner, max_iter, polish)
            self.point, self.model = found.point, found.model
            steps, renewals = steps + found.steps, renewals + found.renewals
            coef = np.zeros(coef.size)
            coef[self.columns] = found.point.coef
            dual, gap = self._certified(penalty, own, coef, found.step, target)
            if gap <= target or found.status is not Status.CONVERGED:
                status = Status.CONVERGED if gap <= target else found.status
                return Solved(coef, found.point.value, dual, gap, status, steps, renewals)
            against = penalty.distance(coef, dual)
            against[self.columns] = 0.0
            count = int(np.count_nonzero(against))
            if count == 0:
                inner *= 0.1
                if inner < FINEST * target:
                    return Solved(coef, found.point.value, dual, gap, Status.STALLED, steps, renewals)
                continue
            most = min(count, max(LEAST_ADDED, self.columns.size))
            worst = np.argpartition(-against, most - 1)[:most]
            inside = np.zeros(coef.size, dtype=bool)
            inside[self.columns] = inside[worst] = True
            columns = self._chosen(penalty, inside)
        return Solved(coef, found.point.value, dual, gap, Status.ITERATIONS, steps, renewals)

    def _chosen(self, penalty: Penalty, inside: BoolArray) -> IntArray:
        """Return the columns, groups taken whole."""
        if penalty.groups is not None:
            codes = penalty.groups.codes
            hit = np.zeros(penalty.groups.strengths.size + 1, dtype=bool)
            hit[codes[inside & (codes >= 0)]] = True
            hit[-1] = False
            inside = inside | hit[codes]
        return np.flatnonzero(inside)

    def _take(self, wanted: IntArray, penalty: Penalty, coef: FloatArray) -> Penalty:
        """Have the columns that are wanted among those in use, and return the penalty of these."""
        inside = np.zeros(coef.size, dtype=bool)
        inside[self.columns] = True
        new = wanted[~inside[wanted]]
        many = new.size > max(LEAST_ADDED, self.columns.size // 2)
        if new.size and self._renew and self.problem is not None and not many:
            added = self._source.columns(new)
            gradient = None if self._rows is None else added.rmatvec(self._rows[0]) / self.whole.scale[new]
            self._append(new, added, gradient)
        elif self.problem is None or many or self.columns.size > 2 * wanted.size + SPARE:
            self._begin(wanted, penalty, coef)
        elif new.size:
            self._extend(new)
        if self._renew:
            before = self.columns
            self._leave_out(wanted)
        own = penalty.pick(self.columns)
        if self._renew:
            self._sum_anew(own, before)
        return own

    def _sum_anew(self, penalty: Penalty, before: IntArray) -> None:
        """Sum second derivatives at the solution that there is, whose rows are known."""
        assert self.problem is not None and self.point is not None  # noqa: PT018
        objective, scale = self.problem
        matrix = objective.matrix
        if self._rows is not None and isinstance(matrix, Dense) and matrix.n_rows <= WIDE_ROWS_MOST:
            second = wide_gram(matrix, self._rows[1], 1.0 / scale)
            old, self.model = self.model, QuadraticModel(second, penalty.free, room=ROOM)
            if old is not None:
                self.model.begin_with(old, before, self.columns)
        else:
            self.point, self.model = self.problem.model(self.point.coef, penalty, rough=True)
        self._renew, self._summed = False, self._strength

    def _leave_out(self, wanted: IntArray) -> None:
        """Leave out columns that are not wanted, if they are many, before second derivatives are summed."""
        assert self.point is not None
        stays = np.isin(self.columns, wanted)
        if int(np.count_nonzero(stays)) >= USED * stays.size:
            return
        self.columns = self.columns[stays]
        self._matrix.keep(stays)
        self.problem = self._problem()
        self.point = self.point._replace(coef=self.point.coef[stays], gradient=self.point.gradient[stays])

    def _begin(self, columns: IntArray, penalty: Penalty, coef: FloatArray) -> None:
        """Take some columns instead of those in use."""
        self.columns = columns
        self._matrix = GrowingColumns(self._source.columns(columns))
        self.problem = self._problem()
        self.point, self.model = self.problem.model(coef[columns], penalty.pick(columns))
        self._rows, self._renew, self._summed = None, False, self._strength

    def _extend(self, new: IntArray) -> None:
        """Take some columns besides those in use: their second derivatives are summed, the others kept."""
        assert self.problem is not None and self.point is not None and self.model is not None  # noqa: PT018
        objective, scale = self.problem
        slope, curvature = self._rows or objective.rows(self.point.coef / scale)
        added = self._source.columns(new)
        own_scale = self.whole.scale[new]
        with_new = cross_products(objective.matrix, curvature, added) / np.multiply.outer(scale, own_scale)
        among = cross_products(added, curvature, added) / np.multiply.outer(own_scale, own_scale)
        free, rest = self.model.free, self.model.rest
        of_free = cross_products(objective.matrix, curvature, objective.matrix.columns(free)).T
        of_free = of_free / np.multiply.outer(scale[free], scale)
        self.model.extend(of_free[:, free], of_free[:, rest], with_new[free], with_new[rest], among)
        gradient = added.rmatvec(slope) / own_scale
        self._append(new, added, gradient)

    def _append(self, new: IntArray, added: Matrix, gradient: FloatArray | None = None) -> None:
        """Put columns at the end of those in use."""
        assert self.point is not None
        self.columns = np.r_[self.columns, new]
        self._matrix.append(added)
        self.problem = self._problem()
        here, zero = self.point, np.zeros(new.size)
        gradient = zero if gradient is None else gradient  # the model that is summed next knows better
        self.point = here._replace(coef=np.r_[here.coef, zero], gradient=np.r_[here.gradient, gradient])

    def _problem(self) -> Scaled[Objective]:
        given = self.whole.objective
        objective = Objective(self._matrix.matrix, given.response, given.family)
        return Scaled(objective, self.whole.scale[self.columns])

    def _products(self, rows: FloatArray, penalty: Penalty) -> FloatArray:
        """Return the products of residuals with all columns; those within their strength need only be within it."""
        if penalty.groups is not None:
            return self._all.all_of(rows)
        own = np.zeros(penalty.l1.size, dtype=bool)
        own[self.columns] = True
        return self._all.below(rows, penalty.l1, own)

    def _certified(
        self, penalty: Penalty, own: Penalty, coef: FloatArray, step: FloatArray, target: float
    ) -> tuple[FloatArray, float]:
        """Return the products of a dual point with all columns, and the gap of the whole problem.

        The residuals are moved by the step of the model, and then, with the curvature of the rows as it is, until they
        are orthogonal to the columns without penalty.
        """
        assert self.problem is not None and self.point is not None and self.model is not None  # noqa: PT018
        found = DualPoint(self.problem, own, self.point, step)
        self._rows = found.view.slope[0], found.view.curved(np.ones_like(found.view.slope))[0]
        products = found.products()
        for _ in range(REFINEMENTS):  # the model's second derivatives are not quite those of the rows
            lack = found.lack(products)
            left = float(np.abs(lack) @ np.abs(self.point.coef))
            if left <= UNSETTLED * target or (left <= ENOUGH * target and found.gap(products) <= ENOUGH * target):
                break
            found.refine(self.model, lack)
            products = found.products()
        dual = self._products(found.rows[0], penalty)
        dual[self.columns], rounding = found.settled(products)
        if not found.feasible:
            return dual, math.inf
        return dual, rounding + least_gap(coef, dual, penalty, self.point.pearson, found.squared)


def _size(penalty: Penalty) -> float:
    """Return the largest strength of a penalty, which tells how far it has moved."""
    groups = 0.0 if penalty.groups is None else float(penalty.groups.strengths.max(initial=0.0))
    return max(float(penalty.l1.max(initial=0.0)), float(penalty.l2.max(initial=0.0)), groups)
