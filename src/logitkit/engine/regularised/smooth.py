"""A penalty of squares only: one ridge, which is a part of the objective.

| linear predictors | the coefficients that are not held at zero | solved by |
|---|---|---|
| one | more than rows | Newton's method in the directions that the rows tell of (``row_space.py``) |
| one | with a factor of ``LEVELS_LEAST`` levels or more | the same, with the levels eliminated |
| one | at most ``DENSE_MOST``, or with a prior of a whole matrix | the same with one array of second derivatives |
| one | more | the same with products with the rows, by conjugate gradients |
| several | at most ``NEWTON_MOST``, or with a prior of a whole matrix | the same with one array |
| several | more | L-BFGS, preconditioned (``preconditioner.py``) |
"""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.arrow import ArrowLayout, arrow_layout
from logitkit.design.matrix.blocks import Joined
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.sums import ArrowSums, ProductSums
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.preconditioner import Preconditioner, gap_of
from logitkit.engine.regularised.problem import Problem
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.regularised.row_space import RowSpace, is_reducible
from logitkit.engine.solvers.choose import DENSE_MOST
from logitkit.engine.solvers.lbfgs import minimise_by_lbfgs
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import starting_point
from logitkit.models.penalties.penalty import Penalty
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.numerics.ascending import by_code
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Smooth", "SmoothProblem"]

LEVELS_LEAST = 100
NEWTON_MOST = 2_500  # coefficients of several linear predictors


class SmoothProblem:
    """The coefficients that a ridge leaves to move, in the form that they are solved in.

    Parameters
    ----------
    problem : Problem
        Rows and penalty.
    held : (q,) bool array
        Coefficients that are held at zero.
    """

    def __init__(self, problem: Problem, held: BoolArray) -> None:
        self.whole, self.family, self.strengths = problem, problem.family, problem.strengths
        self.is_single, self.response = problem.is_single, problem.response
        #: Coefficients that are not held at zero.
        self.active: IntArray = np.flatnonzero(~held)
        self._space: RowSpace | None = None

    @once
    def problem(self) -> Problem:
        """The problem of the active coefficients."""
        return self.whole if self.active.size == self.strengths.scale.size else self.whole.columns_of(self.active)

    @property
    def matrix(self) -> Matrix:
        """The columns of the active coefficients."""
        return self.problem.matrix

    @property
    def method(self) -> str:
        """How it is solved, in words."""
        words = "Newton's method"
        if not self.is_single:
            return words if self.has_hessian else "L-BFGS, preconditioned by the columns"
        if is_reducible(self.matrix, self.quadratic(self.strengths.whole)):
            return f"{words} in the directions of the rows"
        if self.layout is not None:
            return f"{words}, {self.layout.head.size:,} levels of one factor eliminated"
        return words + (", Hessian-vector products" if self.by_products else "")

    @property
    def by_products(self) -> bool:
        """Whether second derivatives are known by their products only, of one linear predictor."""
        return self.is_single and self.layout is None and not self.has_hessian

    @property
    def has_hessian(self) -> bool:
        """Whether second derivatives are summed into one array, or may be."""
        prior = self.strengths.quadratic
        most = DENSE_MOST if self.is_single else NEWTON_MOST
        return self.active.size <= most or (prior is not None and prior.strengths.ndim == 2)

    @once
    def preconditioner(self) -> Preconditioner:
        """What is known of the columns for L-BFGS, whatever the ridge."""
        return Preconditioner(self.matrix, self.response, self.problem.predictors)

    @once
    def layout(self) -> ArrowLayout | None:
        """Which columns are the levels of a large factor, None where there is none."""
        prior = self.strengths.quadratic
        whole = prior is not None and prior.strengths.ndim == 2
        if not self.is_single or whole or self.active.size < LEVELS_LEAST or not isinstance(self.matrix.inner, Joined):
            return None
        found = arrow_layout(self.matrix)
        if found is None or found.head.size < LEVELS_LEAST or found.rest.size > DENSE_MOST:
            return None
        return found

    @once
    def _rows(self) -> tuple[Matrix, Response]:
        """Matrix and response, in the order of the levels of a factor that is eliminated."""
        if self.layout is None:
            return self.matrix, self.response
        order = by_code(ArrowSums(self.matrix, self.layout).codes)
        return self.matrix.take(order), self.response.take(order)

    def quadratic(self, penalty: Penalty) -> Quadratic:
        """Return ridge and prior of the active coefficients, as given, as one quadratic form but for a constant."""
        ridge = (penalty.l2 * self.strengths.scale**2)[self.active]
        prior = self.strengths.quadratic
        if prior is None:
            return Quadratic(ridge)
        centre = np.zeros(ridge.size) if prior.centre is None else prior.centre[self.active]
        if prior.strengths.ndim == 1:
            own = prior.strengths[self.active]
            both = own + ridge
            share = np.divide(own, both, out=np.zeros_like(both), where=both > 0.0)
            return Quadratic(both, share * centre)
        own, away = prior.strengths, np.zeros(ridge.size)
        if self.active.size < own.shape[0]:
            # Coefficients that are held at zero are as far from their means as these.
            held = np.setdiff1d(np.arange(own.shape[0]), self.active)
            if prior.centre is not None:
                away = own[np.ix_(self.active, held)] @ prior.centre[held]
            own = own[np.ix_(self.active, self.active)]
        if not ridge.any() and not away.any():
            return Quadratic(own, centre)
        whole = own + np.diag(ridge)
        return Quadratic(whole, np.asarray(np.linalg.lstsq(whole, own @ centre + away, rcond=None)[0]))

    def objective(self, quadratic: Quadratic) -> Objective:
        """Return the objective of the active coefficients, as given."""
        if not self.is_single or (self.problem.in_chunks and not self.by_products):
            return self.problem.objective(quadratic, second=self.has_hessian)
        matrix, response = self._rows
        if self.layout is not None:
            return Objective(matrix, response, self.family, ArrowSums(matrix, self.layout), quadratic)
        plain = Objective(matrix, response, self.family, None, quadratic)
        if not self.by_products:
            return plain
        return Objective(matrix, response, self.family, ProductSums(matrix, plain.multiply), quadratic)

    def row_space(self, quadratic: Quadratic) -> tuple[RowSpace, float] | None:
        """Return the directions of the rows and the share of their ridge, where that is how the problem is solved."""
        if not self.is_single or not is_reducible(self.matrix, quadratic):
            return None
        share = None if self._space is None else self._space.share(quadratic)
        if self._space is None or share is None:
            given = self.strengths.intercept
            place = None if given is None else int(np.searchsorted(self.active, given))
            self._space, share = RowSpace(self.matrix, self.response, self.family, quadratic, place), 1.0
        return self._space, share


class Smooth:
    """Newton's method or L-BFGS at one strength after another.

    Parameters
    ----------
    problem : SmoothProblem
        What is solved.
    start : (q,) array
        Coefficients as given where nothing is known.
    """

    def __init__(self, problem: SmoothProblem, start: FloatArray) -> None:
        self.problem = problem
        self.start = start[problem.active]
        self.coef: FloatArray | None = None

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise, from the solution before; Newton's gap is the squared decrement, which is driven to zero."""
        del polish
        problem = self.problem
        quadratic = problem.quadratic(penalty)
        if not problem.is_single and not problem.has_hessian:
            return self._by_lbfgs(quadratic, target, max_iter)
        found = problem.row_space(quadratic)
        newton = Newton(max_iter=max_iter)
        if found is not None:
            space, share = found
            objective = space.objective(share)
            first = space.inward(self.start if self.coef is None else self.coef)
            solution = newton.solve(objective, first, suspicious=False)
            own = space.outward(solution.coef)
        else:
            objective = problem.objective(quadratic)
            solution = self._newton(newton, objective)
            own = solution.coef
        assert objective.quadratic is not None
        # The evaluation is of one step before, whose decrement bounds what is left.
        value = solution.evaluation.value - objective.quadratic.value(solution.coef)
        known = solution if found is None and own.size == problem.strengths.scale.size else None
        steps, gap = solution.trace[-1].iteration if solution.trace else 0, solution.decrement**2
        return self._solved(own, -quadratic.gradient(own), value, gap, solution.status, steps, known)

    def _newton(self, newton: Newton, objective: Objective) -> Solution:
        if self.coef is None and not self.problem.by_products and self.problem.layout is None:
            start = starting_point(objective)
            if start.nearby is not None:
                solution = newton.solve(objective, start.coef, suspicious=False, nearby=start.nearby)
                if solution.status is Status.CONVERGED:
                    return solution
        return newton.solve(objective, self.start if self.coef is None else self.coef, suspicious=False)

    def _by_lbfgs(self, quadratic: Quadratic, target: float, max_iter: int) -> Solved:
        precondition = self.problem.preconditioner.at(quadratic.strengths)

        def bound(gradient: FloatArray) -> float:
            return gap_of(gradient, quadratic.strengths, precondition)

        start = self.start if self.coef is None else self.coef
        found = minimise_by_lbfgs(self.problem.objective(quadratic), start, precondition, bound, target, max_iter)
        here = found.evaluation
        value, slope = here.value - quadratic.value(found.coef), here.gradient - quadratic.gradient(found.coef)
        return self._solved(
            self._centred(found.coef), slope, value, bound(here.gradient), found.status, found.steps, None
        )

    def _solved(
        self,
        own: FloatArray,
        slope: FloatArray,
        value: float,
        gap: float,
        status: Status,
        steps: int,
        known: Solution | None,
    ) -> Solved:
        """Keep the active coefficients, and return the solution of all."""
        problem, scale = self.problem, self.problem.strengths.scale
        self.coef = own
        coef, dual = np.zeros(scale.size), np.zeros(scale.size)
        coef[problem.active], dual[problem.active] = own, slope
        return Solved(coef * scale, value, dual / scale, gap, status, steps, 0, known)

    def _centred(self, coef: FloatArray) -> FloatArray:
        """Return coefficients that sum to zero over the outcomes, as the least ridge does, where all have one."""
        predictors = self.problem.problem.predictors
        m, p, place = predictors.active.size, predictors.n_columns, predictors.chosen
        if m < predictors.n_predictors or self.problem.strengths.quadratic is not None:
            return coef
        flat, here = np.zeros(m * p), np.zeros(m * p, dtype=bool)
        flat[place], here[place] = coef, True
        blocks, whole = flat.reshape(m, p), here.reshape(m, p).all(axis=0)
        blocks[:, whole] -= blocks[:, whole].mean(axis=0)
        return np.asarray(flat[place])
