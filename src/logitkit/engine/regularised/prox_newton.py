r"""Proximal Newton: a convex objective plus a penalty that has corners.

Objective: :math:`F(b) = f(b) + \Omega(b)`, f smooth. Quadratic model of f at :math:`b_k` with a *kept* Hessian H:

1. Minimise :math:`f + g'd + \tfrac12 d'Hd + \Omega(b_k + d)` over d (``coordinate_descent.py``). Along a path of
   strengths this is also the prediction of the next solution: the derivative of the path is what the model's
   minimum does when the strength moves.
2. Evaluate f and g there, in one pass over the rows without H; halve the step until F falls enough.
3. Correct H by the change of g along the step (BFGS).
4. Stop when the duality gap is at most ``tol`` times the objective of the null model.
5. When a step has not reduced the gap to a tenth, sum H again at the iterate, and minimise the model more
   precisely from here on.

The gap is :math:`P - D`, with a dual point made from the residuals: moved so that it is orthogonal to the columns
without penalty, and shrunk until the conjugate of the penalty is finite there (``docs/maths/penalties.md``, equations
13 to 16).

References
----------
Lee, J. D., Sun, Y. and Saunders, M. A. (2014) Proximal Newton-type methods for minimizing composite functions.
SIAM Journal on Optimization 24, 1420-1443.
Massias, M., Vaiter, S., Gramfort, A. and Salmon, J. (2020) Dual extrapolation for sparse generalized linear models.
Journal of Machine Learning Research 21(234), section 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, SmoothObjective
from logitkit.engine.regularised.coordinate_descent import QuadraticModel
from logitkit.engine.regularised.gap import least_gap
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import FloatArray

__all__ = ["Point", "ProxSolution", "Scaled", "Solved", "duality_gap", "prox_newton"]

ObjectiveT = TypeVar("ObjectiveT", bound=SmoothObjective)

ARMIJO = 0.1
HALVINGS_MOST = 30
ROUNDING = 16_384 * np.finfo(float).eps  # of the objective, as in newton.py
SLOW = 0.1  # of the gap before: a step that leaves more has an old Hessian
FINER, FINEST = 1e-3, 1e-12  # of the precision before, and of the gap that is allowed: below is rounding
EXACT = 1e-24  # of the objective: what a sweep may gain in the last step
MODEL_SHARE = 1e-2  # of the gap that is allowed: what a sweep over the model may still gain


class Scaled(NamedTuple, Generic[ObjectiveT]):
    """An objective in coefficients of columns that were divided by their scale.

    Parameters
    ----------
    objective : SmoothObjective
        Of the columns as given.
    scale : (p,) array
        Positive.
    """

    objective: ObjectiveT
    scale: FloatArray

    def point(self, coef: FloatArray) -> Point:
        """Return what is known at scaled coefficients, without second derivatives."""
        here = self.objective.evaluate(coef / self.scale, hessian=False, pearson=True)
        return Point(coef, here.value, here.gradient / self.scale, here.pearson, here.closest)

    def model(self, coef: FloatArray, penalty: Penalty, rough: bool = False) -> tuple[Point, QuadraticModel]:
        """Return what is known at scaled coefficients, and the quadratic model there, to seven digits if rough."""
        here = self.objective.evaluate(coef / self.scale, rough=rough, pearson=True)
        point = Point(coef, here.value, here.gradient / self.scale, here.pearson, here.closest)
        return point, QuadraticModel(_array(here), penalty.free, self.scale)


class Point(NamedTuple):
    """Scaled coefficients and the objective without its penalty there.

    Parameters
    ----------
    coef : (p,) array
        The coefficients.
    value : float
        The objective.
    gradient : (p,) array
        Its gradient.
    pearson : float
        Pearson's statistic, and twice what is quadratic in the objective besides.
    closest : float
        How close to its outcome the closest row is, as in ``Evaluation``; nan where that is not known.
    """

    coef: FloatArray
    value: float
    gradient: FloatArray
    pearson: float
    closest: float = math.nan


@dataclass(frozen=True)
class ProxSolution:
    """A solution with what the next strength starts from.

    Parameters
    ----------
    point : Point
        The solution.
    model : QuadraticModel
        Second derivatives near it.
    gap : float
        The duality gap there.
    step : (p,) array
        Minus the step by which the residuals are moved to make the dual point.
    status : Status
        How the solver ended.
    steps, renewals : int
        Passes over the rows without and with second derivatives.
    """

    point: Point
    model: QuadraticModel
    gap: float
    step: FloatArray
    status: Status
    steps: int
    renewals: int


class Solved(NamedTuple):
    """A solution over all columns.

    Parameters
    ----------
    coef : (p,) array
        Scaled coefficients.
    value : float
        The negative log-likelihood.
    dual : (p,) array
        Products of the dual point with the scaled columns.
    gap : float
        The duality gap: a bound, or an estimate (``StrengthSequence.solve``).
    status : Status
        How it ended.
    steps, renewals : int
        Passes over the rows without and with second derivatives, of the columns in use where these are few.
    solution : Solution or None
        Of Newton's method, where the penalty is smooth: its second derivatives are those of inference.
    closest : float
        As of ``Point``.
    """

    coef: FloatArray
    value: float
    dual: FloatArray
    gap: float
    status: Status
    steps: int
    renewals: int
    solution: Solution | None = None
    closest: float = math.nan


def prox_newton(
    problem: Scaled[ObjectiveT],
    penalty: Penalty,
    point: Point,
    model: QuadraticModel,
    target: float,
    max_iter: int = 100,
    polish: bool = False,
) -> ProxSolution:
    """Minimise an objective plus a penalty."""
    gap, step = math.inf, np.zeros_like(point.coef)  # of another strength: a step is needed
    before, steps, renewals, fresh = math.inf, 0, 0, False
    precision = MODEL_SHARE * target
    if not penalty.value(point.coef) or penalty.smooth:
        gap, step = duality_gap(point, penalty, model)
    status = Status.ITERATIONS
    while steps < max_iter:
        if not math.isfinite(point.value):
            status = Status.NOT_FINITE
            break
        if gap <= target:  # 4
            status = Status.CONVERGED
            break
        if gap > SLOW * before:
            precision = max(
                FINER * precision, FINEST * target
            )  # a step that was slow may be one of a model that was not minimised well
        if gap > SLOW * before and not fresh:  # 5
            point, model = problem.model(point.coef, penalty)
            renewals, fresh, before = renewals + 1, True, math.inf
            gap, step = duality_gap(point, penalty, model)
            continue
        new = model.minimise(point.gradient, point.coef, penalty, precision)  # 1
        trial = _search(problem, penalty, point, new)  # 2
        steps += 1
        if trial is None:
            if fresh:
                status = Status.STALLED
                break
            before = 0.0  # the model is to blame: look at it anew
            continue
        before, moved, changed = gap, trial.coef - point.coef, trial.gradient - point.gradient
        point, fresh = trial, False
        gap, step = duality_gap(point, penalty, model)
        model.learn(moved, changed)  # 3
    if polish and status is Status.CONVERGED and steps:
        again, renewed = problem.model(point.coef, penalty)
        new = renewed.minimise(again.gradient, again.coef, penalty, EXACT * again.value)
        trial = _search(problem, penalty, again, new)
        if trial is not None:
            after, moved = duality_gap(trial, penalty, renewed)
            if after <= target:
                point, model, gap, step = trial, renewed, after, moved
    return ProxSolution(point, model, gap, step, status, steps, renewals)


def duality_gap(point: Point, penalty: Penalty, model: QuadraticModel) -> tuple[float, FloatArray]:
    """Return how far the objective is above its minimum, at most, if the model's second derivatives are right."""
    step, slope, moved = model.corrected(point.gradient, point.coef, penalty)
    return least_gap(point.coef, slope, penalty, point.pearson, moved), step


def _search(problem: Scaled[ObjectiveT], penalty: Penalty, point: Point, new: FloatArray) -> Point | None:
    """Return the first of the whole step, half of it, ... that lowers objective and penalty enough."""
    here = penalty.value(point.coef)
    direction = new - point.coef
    noise = ROUNDING * abs(point.value)
    length = 1.0
    for _ in range(HALVINGS_MOST):
        coef = new if length == 1.0 else point.coef + length * direction
        trial = problem.point(coef)
        there = penalty.value(coef)
        promised = length * float(point.gradient @ direction) + there - here
        if trial.value + there <= point.value + here + ARMIJO * min(promised, 0.0) + noise:
            return trial
        length *= 0.5
    return None


def _array(evaluation: Evaluation) -> FloatArray:
    assert isinstance(evaluation.hessian, DenseHessian)
    return evaluation.hessian.array
