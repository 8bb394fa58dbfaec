r"""Penalised models of several outcomes at one strength after another, each from the solution before.

| the penalty | coefficients | solved by |
|---|---|---|
| squares only | any number | Newton's method or L-BFGS (``outcome_smooth.py``) |
| corners or bounds | at most ``GRAM_MOST`` | proximal Newton on one array of second derivatives |
| corners or bounds | more | the same on a working set, which conditions of optimality let grow |

In symmetric form the solution is determined but for a number a column where the penalty is a lasso alone and outcomes
are even in number; any of these predicts the same.

References
----------
Simon, N., Friedman, J. and Hastie, T. (2013) A blockwise descent algorithm for group-penalized multiresponse and
multinomial regression. arXiv:1311.6529.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective, outcomes_objective
from logitkit.engine.regularised.coordinate_descent import MET, QuadraticModel
from logitkit.engine.regularised.gap import least_gap
from logitkit.engine.regularised.null_model import NullModel
from logitkit.engine.regularised.outcome_null import null_of_outcomes
from logitkit.engine.regularised.outcome_smooth import NEWTON_MOST, OutcomeSmooth
from logitkit.engine.regularised.outcome_strengths import StackedStrengths
from logitkit.engine.regularised.prox_newton import Point, ProxSolution, Scaled, Solved, prox_newton
from logitkit.engine.regularised.sequence import LOOKED_AT_MOST, Engine, StrengthSequence
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.models.predictors import Predictors
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["OutcomeSequence"]

GRAM_MOST = 1_000
ROUNDS_MOST = 200
LEAST_ADDED = 20
SHARE, CLOSER, FINEST = 0.3, 0.1, 1e-6  # of the gap: what a working set is solved to, then closer, and at the finest


class OutcomeSequence(StrengthSequence):
    """Matrix, response of several outcomes and penalty, solved at one strength after another.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    predictors : Predictors
        Outcomes with a predictor.
    stacked : StackedStrengths
        The penalty.
    names : tuple of str
        Of the columns, for messages.
    null : NullModel, optional
        Where it is known.
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        predictors: Predictors,
        stacked: StackedStrengths,
        names: tuple[str, ...],
        null: NullModel | None = None,
    ) -> None:
        self.matrix, self.response, self.stacked = matrix, response, stacked
        self.predictors = _picked(predictors, stacked.place)
        strengths, place, free = stacked
        if null is None:
            null = null_of_outcomes(matrix, response, predictors, place, free, strengths.scale, names)
        super().__init__(strengths, null, response.total, names)

    @property
    def method(self) -> str:
        """How it is solved, in words."""
        q = self.strengths.scale.size
        if self.strengths.whole.smooth:
            return "Newton's method" if q <= NEWTON_MOST else "L-BFGS, preconditioned by the columns"
        if q <= GRAM_MOST:
            return "proximal Newton, coordinate descent on the Gram matrix"
        return "proximal Newton on a working set of coefficients"

    @property
    def objective(self) -> Objective:
        """The objective without what the strength changes."""
        return outcomes_objective(
            self.matrix, self.response, self.predictors, quadratic=self.strengths.quadratic, second=self._few
        )

    @property
    def _few(self) -> bool:
        return self.strengths.scale.size <= max(GRAM_MOST, NEWTON_MOST)

    def name_of(self, coefficient: int) -> str:
        """Return the name of the column of a coefficient."""
        return self.names[int(self.stacked.place[coefficient]) % self.predictors.n_columns]

    def fresh(self) -> OutcomeSequence:
        """Return the same problem, of which no solution is known yet."""
        predictors = replace(self.predictors, basis=None)
        return OutcomeSequence(self.matrix, self.response, predictors, self.stacked, self.names, self.null)

    def engine_from_null(self, penalty: Penalty) -> Engine:
        """Return what solves the problem where all that the strength grows with is held at zero."""
        return self.choose(penalty)

    def choose(self, penalty: Penalty) -> Engine:
        """Return what solves the problem at one strength after another, by the table above."""
        if penalty.smooth:
            start = self.null.coef / self.strengths.scale
            return OutcomeSmooth(self.matrix, self.response, self.predictors, self.stacked.place, self.strengths, start)
        if self.strengths.scale.size <= GRAM_MOST:
            return _Full(self)
        return _Set(self)


class _Full:
    """Proximal Newton over all coefficients."""

    def __init__(self, given: OutcomeSequence) -> None:
        self.problem = Scaled(given.objective, given.strengths.scale)
        self.start = given.null.coef
        self.state: tuple[Point, QuadraticModel] | None = None
        self.looks = given.matrix.n_rows * given.matrix.width * given.predictors.active.size <= LOOKED_AT_MOST

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise, from the solution before.

        What the solver takes for the gap rests on second derivatives that were kept. It is looked at with the rows
        where the solution is polished, or the rows are few; along a path of many that would take longer than the path.
        """
        steps = renewals = 0
        inner = target
        while True:
            point, model = self.problem.model(self.start, penalty) if self.state is None else self.state
            found = prox_newton(self.problem, penalty, point, model, inner, max_iter, polish)
            self.state = found.point, found.model
            steps, renewals = steps + found.steps, renewals + found.renewals
            here, gap, status = found.point, found.gap, found.status
            if (polish or self.looks) and status is Status.CONVERGED:
                gap = _certified(self.problem, penalty, here.coef, found.step)[0]
                inner *= CLOSER
                if gap > target and inner >= FINEST * target:
                    self.state = self.problem.model(here.coef, penalty)
                    continue
                status = Status.CONVERGED if gap <= target else Status.STALLED
            prior = self.problem.objective.quadratic
            value = here.value - (0.0 if prior is None else prior.value(here.coef / self.problem.scale))
            return Solved(here.coef, value, here.gradient, gap, status, steps, renewals)


def _certified(
    problem: Scaled[Objective], penalty: Penalty, coef: FloatArray, step: FloatArray
) -> tuple[float, FloatArray, float]:
    """Return the gap of a solution, the products of its dual point with the columns, and the negative log-likelihood.

    The residuals are moved by the step of a model, with the second derivatives of the rows as they are.
    """
    objective, scale = problem
    here = objective.evaluate(coef / scale, hessian=False, pearson=True)
    curved, moved = objective.curve(coef / scale, step / scale)
    slope = (here.gradient - curved) / scale
    prior = objective.quadratic
    value = here.value - (0.0 if prior is None else prior.value(coef / scale))
    if prior is not None:  # whose second derivatives are beside those of the rows
        along = step / scale
        pull = prior.strengths * along if prior.strengths.ndim == 1 else prior.strengths @ along
        slope, moved = slope - pull / scale, moved + float(along @ pull)
    slope[penalty.free] = 0.0  # but for what the model's second derivatives leave
    # Where the penalty is smooth the products are known, but for rounding, of which a bound by itself allows none.
    known = penalty.l2 * step - penalty.gradient(coef)
    near = np.abs(slope - known) <= MET * (np.abs(known) + float(np.abs(here.gradient / scale).mean()))
    met = penalty.differentiable(coef) & near
    rounding = float(np.abs(coef[met]) @ np.abs(slope - known)[met])
    slope = np.where(met, known, slope)
    return rounding + least_gap(coef, slope, penalty, here.pearson, moved), slope, value


class _Set:
    """Proximal Newton over a working set of coefficients."""

    def __init__(self, given: OutcomeSequence) -> None:
        self.given, self.objective = given, given.objective
        self.coef, self.slope = given.null.coef, given.slope_at_null()
        self.inside: BoolArray = np.zeros(self.coef.size, dtype=bool)

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise, from the solution before."""
        scale = self.given.strengths.scale
        inside = penalty.free | (self.coef != 0.0)
        inside |= _foremost(penalty.distance(self.coef, self.slope), inside)
        steps = renewals = 0
        inner = SHARE * target
        for _ in range(ROUNDS_MOST):
            index = np.flatnonzero(_whole_groups(penalty, inside))
            found = self._on(index, penalty, inner, max_iter, polish)
            steps, renewals = steps + found.steps, renewals + found.renewals
            self.coef = np.zeros(scale.size)
            self.coef[index] = found.point.coef
            step = np.zeros(scale.size)
            step[index] = found.step
            gap, self.slope, value = _certified(Scaled(self.objective, scale), penalty, self.coef, step)
            if gap <= target or found.status is not Status.CONVERGED:
                status = Status.CONVERGED if gap <= target else found.status
                return Solved(self.coef, value, self.slope, gap, status, steps, renewals)
            against = penalty.distance(self.coef, self.slope)
            more = _foremost(against, inside)
            if more.any():
                inside = inside | more
                continue
            inner *= CLOSER
            if inner < FINEST * target:
                return Solved(self.coef, value, self.slope, gap, Status.STALLED, steps, renewals)
        return Solved(self.coef, value, self.slope, gap, Status.ITERATIONS, steps, renewals)

    def _on(self, index: IntArray, penalty: Penalty, target: float, max_iter: int, polish: bool) -> ProxSolution:
        """Solve on some coefficients, the others held at zero."""
        given = self.given
        p = given.predictors.n_columns
        outcome, column = np.divmod(given.stacked.place[index], p)
        columns, own = np.unique(column, return_inverse=True)
        predictors = _picked(given.predictors.of_columns(columns.size), outcome * columns.size + own)
        prior = None if given.strengths.quadratic is None else given.strengths.quadratic.pick(index)
        objective = outcomes_objective(given.matrix.columns(columns), given.response, predictors, quadratic=prior)
        problem = Scaled(objective, given.strengths.scale[index])
        part = penalty.pick(index)
        point, model = problem.model(self.coef[index], part)
        return prox_newton(problem, part, point, model, target, max_iter, polish)


def _foremost(against: FloatArray, inside: BoolArray) -> BoolArray:
    """Return the coefficients outside that are furthest from the conditions of optimality."""
    against = np.where(inside, 0.0, against)
    count = int(np.count_nonzero(against))
    out = np.zeros(against.size, dtype=bool)
    if count:
        most = min(count, max(LEAST_ADDED, int(np.count_nonzero(inside))))
        out[np.argpartition(-against, most - 1)[:most]] = True
    return out


def _whole_groups(penalty: Penalty, inside: BoolArray) -> BoolArray:
    """Return the coefficients inside, with those of their groups."""
    if penalty.groups is None:
        return inside
    codes = penalty.groups.codes
    hit = np.zeros(penalty.groups.strengths.size + 1, dtype=bool)
    hit[codes[inside & (codes >= 0)]] = True
    hit[-1] = False
    return np.asarray(inside | hit[codes])


def _picked(predictors: Predictors, place: IntArray) -> Predictors:
    """Return the predictors in which some flat coefficients are solved for, the others zero."""
    if place.size == predictors.n_flat and np.array_equal(place, np.arange(place.size)):
        return predictors
    from scipy.sparse import csr_array

    entries = np.ones(place.size), (place, np.arange(place.size))
    return replace(predictors, basis=csr_array(entries, shape=(predictors.n_flat, place.size)))
