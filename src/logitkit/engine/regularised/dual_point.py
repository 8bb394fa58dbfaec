r"""The dual point of a solution from the rows themselves, so that its gap is a bound.

Residuals s are moved to :math:`s - C X d` (equation 16 of ``docs/maths/penalties.md``), with the curvature C of the
rows at the solution. The step d is that of second derivatives that were kept, so what it leaves is looked at and not
assumed: it is corrected along the columns without penalty, whose products must be zero, and where that is not enough
along all columns where the penalty is smooth. The proportions of outcomes that belong to the moved residuals must be
within [0, 1], which they are where no difference of two linear predictors of a row moves by more than one: :math:`\pi_k
(1 - d_k + \pi'd)` is then not negative.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.coordinate_descent import QuadraticModel
from logitkit.engine.regularised.direct import with_factor
from logitkit.engine.regularised.gap import least_gap
from logitkit.engine.regularised.prox_newton import Point, Scaled
from logitkit.engine.regularised.row_view import row_view
from logitkit.models.penalties.penalty import Penalty
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.numerics.once import once
from logitkit.numerics.threads.lapack import cholesky_solve
from logitkit.typing import FloatArray, IntArray

__all__ = ["DualPoint", "are_few", "certified_gap"]

MET = 1e-9  # of a condition, or of the size of the residuals: what is met but for this is met
REFINEMENTS = 6
UNSETTLED = 0.1  # of the gap that is allowed: what may be left to mend
ENOUGH = 0.9  # of it: a gap that needs no mending
LONGEST = 1.0  # of a move of a linear predictor
LARGE, FEW = 1 << 20, 4  # numbers of a matrix, and columns for each that is in use: these are copied then


class DualPoint:
    """Residuals at a solution, moved so that they are orthogonal to the columns without penalty.

    Parameters
    ----------
    problem : Scaled
        The objective.
    penalty : Penalty
        Of the scaled coefficients.
    point : Point
        The solution.
    step : (p,) array
        Minus the step by which they are moved.
    """

    def __init__(self, problem: Scaled[Objective], penalty: Penalty, point: Point, step: FloatArray) -> None:
        self.problem, self.penalty, self.point = problem, penalty, point
        #: Residuals before the move, shape (m, n), and how they follow linear predictors.
        self.view = row_view(problem.objective, point.coef / problem.scale)
        self.free = np.flatnonzero(penalty.free)
        self.step, self._moved, self._sound = np.zeros_like(step), np.zeros(self.view.slope.shape), True
        #: The moved residuals, shape (m, n).
        self.rows: FloatArray = self.view.slope
        self.move(step)

    @property
    def squared(self) -> float:
        """d'Hd, the squared length of the move."""
        total, prior = self.view.squared(self._moved, self._curved), self.problem.objective.quadratic
        if prior is None:
            return total
        return total + 2.0 * Quadratic(prior.strengths).value(self.step / self.problem.scale)

    @property
    def feasible(self) -> bool:
        """Whether the residuals belong to proportions, and leave nothing of the columns without penalty."""
        return self._sound and self.view.spread(self._moved) <= LONGEST

    def products(self) -> FloatArray:
        """Return the products of the moved residuals and the moved prior with the scaled columns, shape (p,)."""
        return np.asarray((self.view.pull(self.rows) + self._of_prior()) / self.problem.scale)

    def lack(self, products: FloatArray) -> FloatArray:
        """Return the deviations of the products from their optimal values where the penalty is smooth, shape (p,)."""
        penalty, coef = self.penalty, self.point.coef
        lack = products + penalty.gradient(coef) - penalty.l2 * self.step
        return np.where(penalty.differentiable(coef), lack, 0.0)

    def refine(self, model: QuadraticModel, lack: FloatArray) -> None:
        """Move by the deficit of the products, as of the last ``corrected`` of the model."""
        self.move(model.solved(lack))

    def settled(self, products: FloatArray) -> tuple[FloatArray, float]:
        """Replace products by their known values where they differ by rounding.

        Second, what that may hide of the gap.
        """
        penalty, coef = self.penalty, self.point.coef
        known = penalty.l2 * self.step - penalty.gradient(coef)
        mean = float(np.abs(self.view.slope).sum()) / max(self.view.slope.size, 1)
        near = np.abs(products - known) <= MET * (np.abs(known) + mean)
        met = penalty.free | (penalty.differentiable(coef) & near)
        rounding = float(np.abs(coef[met]) @ np.abs(products - known)[met])
        return np.where(met, known, products), rounding

    def gap(self, products: FloatArray) -> float:
        """Return the gap of these columns alone, infinite where the residuals are not feasible."""
        if not self.feasible:
            return math.inf
        known, rounding = self.settled(products)
        return rounding + least_gap(self.point.coef, known, self.penalty, self.point.pearson, self.squared)

    def move(self, step: FloatArray) -> None:
        """Move, and then until nothing is left of the columns without penalty."""
        scale = self.problem.scale
        self.step = self.step + step
        self._move_rows(self.view.image(step / scale))
        if not self.free.size:
            return
        mended = cholesky_solve(self._factor, self._left())
        self.step[self.free] += mended * scale[self.free]
        self._move_rows(self.view.image_of(self.free, mended))
        self._sound = bool((np.abs(self._left()) <= MET * self._sizes).all())

    def _move_rows(self, change: FloatArray) -> None:
        self._moved = self._moved + change
        self._curved = self.view.curved(self._moved)
        self.rows = np.asarray(self.view.slope - self._curved)

    def _left(self) -> FloatArray:
        """Return the products with the columns without penalty as given."""
        return np.asarray(self.view.pull_of(self.free, self.rows) + self._of_prior()[self.free])

    @once
    def _factor(self) -> FloatArray:
        """The factor of the second derivatives of the coefficients without penalty as given, shape (u, u)."""
        gram, prior = self.view.gram_of(self.free), self.problem.objective.quadratic
        if prior is not None:
            own = prior.strengths
            gram = gram + (np.diag(own[self.free]) if own.ndim == 1 else own[np.ix_(self.free, self.free)])
        return with_factor(gram)

    @once
    def _sizes(self) -> FloatArray:
        """Lengths of the columns without penalty times that of the residuals, shape (u,)."""
        return np.asarray(self.view.lengths_of(self.free) * np.linalg.norm(self.view.slope))

    def _of_prior(self) -> FloatArray:
        """Return the gradient of the quadratic part of the objective after the move, of the coefficients as given."""
        quadratic = self.problem.objective.quadratic
        if quadratic is None:
            return np.zeros(self.step.size)
        return quadratic.gradient((self.point.coef - self.step) / self.problem.scale)


def certified_gap(
    problem: Scaled[Objective], penalty: Penalty, point: Point, model: QuadraticModel, step: FloatArray, target: float
) -> float:
    """Return a bound of how far the objective is above its minimum."""
    used = np.flatnonzero(penalty.differentiable(point.coef) | (point.coef != 0.0) | (step != 0.0))
    if penalty.groups is None and are_few(problem.objective, used):
        return _gap_of_few(problem, penalty, point, model, step, target, used)
    gap, dual = math.inf, DualPoint(problem, penalty, point, step)
    for refinement in range(1 + REFINEMENTS):
        products = dual.products()
        gap = min(gap, dual.gap(products))
        if gap <= target or refinement == REFINEMENTS:
            break
        dual.refine(model, dual.lack(products))
    return gap


def are_few(objective: Objective, used: IntArray) -> bool:
    """Tell whether to copy the columns in use is less than a pass over all."""
    matrix = objective.matrix
    large = isinstance(matrix, Dense) and matrix.array.size >= LARGE and used.size > 0
    single = objective.chosen_predictors is None and objective.quadratic is None
    return large and single and FEW * used.size <= matrix.n_columns


def _gap_of_few(
    problem: Scaled[Objective],
    penalty: Penalty,
    point: Point,
    model: QuadraticModel,
    step: FloatArray,
    target: float,
    used: IntArray,
) -> float:
    """Return the bound where few columns are in use: what these lack is mended before all products are taken."""
    whole, scale = problem
    few = Objective(whole.matrix.columns(used), whole.response, whole.family)
    own, there = penalty.pick(used), point._replace(coef=point.coef[used], gradient=point.gradient[used])
    dual = DualPoint(Scaled(few, scale[used]), own, there, step[used])
    products = dual.products()
    for _ in range(REFINEMENTS):
        lack = dual.lack(products)
        if float(np.abs(lack) @ np.abs(there.coef)) <= UNSETTLED * target:
            break
        away = np.zeros(scale.size)
        away[used] = lack
        dual.move(model.solved(away)[used])
        products = dual.products()
    if not dual.feasible:
        return math.inf
    every = np.asarray(whole.pull(dual.rows[0]) / scale)
    every[used], rounding = dual.settled(products)
    return rounding + least_gap(point.coef, every, penalty, point.pearson, dual.squared)
