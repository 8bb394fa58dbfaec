r"""Newton's method (iteratively reweighted least squares) with step control.

Objective: :math:`f(\beta)`, convex. Quadratic model at :math:`\beta_k`:
:math:`f(\beta_k + d) \approx f + g'd + \tfrac12 d'Hd`.

1. Evaluate f, g and H in one pass over the rows.
2. Newton direction :math:`d = -H^{-1} g` and decrement :math:`\lambda^2 = g'H^{-1}g`: about twice the distance
   to the minimum, in units of the log-likelihood; its root is a distance in standard errors.
3. Stop when :math:`\lambda \le` ``tol`` (times the root of the mean weight, where that is below 1), after one last
   step that costs nothing: convergence is quadratic, so the remaining error is of the order of :math:`\lambda^2`.
4. Halve the step until f falls enough (Armijo); the trial that is accepted is already evaluated.
5. When :math:`\lambda` falls by a constant factor only while some row's residual is as small as
   :math:`\lambda^2`, the coefficients appear to diverge: stop and let the exact test decide.

Where a pass with H costs several without, H is *reused*: from a sample of the rows, or from an earlier iterate, and
corrected by the changes of the gradient along the steps (BFGS). Then step 1 is a pass for f and g alone, and

6. when :math:`\lambda` is below ``NEAR`` and no linear predictor changes by more than about ``STILL``, H is summed at
   that point, once, and inference follows from it: its relative error is below that change. The step from there is
   the last, and what it leaves is far below ``tol`` (bound (5) of ``docs/maths/newton.md``). Where the last steps tell
   that the next iterate is one, H is summed in the pass that evaluates it;
7. when a kept H does not bring :math:`\lambda` down fast, it is taken again from the sample at this iterate; when that
   does not help, H is summed, at every step until the optimum is close;
8. when it brings :math:`\lambda` down, but so slowly that one sum of H would save more than it costs, H is summed once,
   in single precision, in the pass that evaluates the next iterate;
9. where every pass reads the rows anew, passes are dear and H is not: it is summed after the first step, kept in the
   place of the sample's for the second one, and summed in every pass from the third step on; after the second step
   too, where that goes so far that H would not serve for the third. The first step is that of the sample's loss, tilted
   so that its gradient is that of all rows (Jordan, Lee and Yang 2019), where the sample is a small part of them.
10. where the coefficients are all that is asked for, no Hessian of all rows ends the search: the sample's at the last
    iterate bounds the decrement, as its rows are some of all rows (``docs/maths/newton.md``, equation 12b).
11. The value that is returned is that after the last step, :math:`f - \lambda^2 / 2`, but for terms of third order.

References
----------
Boyd, S. and Vandenberghe, L. (2004) Convex Optimization, section 9.5.
Jordan, M. I., Lee, J. D. and Yang, Y. (2019) Journal of the American Statistical Association 114, 668-681.
Nocedal, J. and Wright, S. J. (2006) Numerical Optimization, 2nd edition, algorithm 7.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from logitkit.engine.curvature.hessian import Factor
from logitkit.engine.evaluation import Evaluation, SmoothObjective
from logitkit.engine.solvers.kept import STILL, KeptHessian, NewtonStep, newton_step
from logitkit.engine.solvers.solver import Solution, SolverOptions, Status, Step, require_options
from logitkit.numerics.threads.progress import Progress, progress
from logitkit.typing import FloatArray

__all__ = ["KeptHessian", "Nearby", "Newton", "NewtonStep", "newton_step"]


class Nearby(Protocol):
    """Information from a sample of the rows about the objective of all rows."""

    @property
    def summed_at(self) -> int | None:
        """The number of the evaluation, from 0, whose pass sums the Hessian whatever is left; None for none."""

    @property
    def left(self) -> float:
        """About the share of the decrement that a step by its Hessian leaves."""

    @property
    def still(self) -> float:
        """The largest change of a linear predictor to come where the Hessian is summed that inference uses."""

    def factor(self, coef: FloatArray) -> Factor | None:
        """Return the factor of a Hessian close to the one at ``coef``, or None."""

    def reach(self, direction: FloatArray) -> float:
        """Return an approximate upper bound on the change of a linear predictor along a direction."""

    def step(self, coef: FloatArray, gradient: FloatArray) -> FloatArray | None:
        """Return the step to where the sample's loss is least with this gradient at ``coef``; None for Newton's."""

    def bound(self, coef: FloatArray, gradient: FloatArray) -> float | None:
        """Return what the squared decrement of all rows at ``coef`` is at most, None where the sample does not tell."""


ARMIJO = 1e-4
TRIALS_MOST = 40
TRIALS_BEFORE_REACH = 3
REACH = 32.0  # largest change of a linear predictor after the first trials: over it, every weight comes or goes
# Of the objective: a block of rows is summed one by one, and where few values occur the rounding goes one way.
ROUNDING = 16_384 * np.finfo(float).eps
SHARE_STILL = 100.0  # of the tolerance: what asks for a closer solution asks for closer errors
STILLER = 2e-10  # the same of rows that are read anew in every pass: errors are right to 1e-10 of themselves
FAR = 1e-4  # standard errors that a third step may leave by the Hessian that was summed before the second
NEARBY = 6.0  # standard errors from the optimum, from where the Hessian changes little
UNSURE = 4.0  # times the squared decrement that the last steps promise: a Hessian that is summed too early is lost
TOLD = 2  # steps by the Hessian of a sample of which the second tells what the later ones will do
PROVABLE = 0.005  # of the squared decrement that is asked for: the bound by a sample is some times as large
ROUGH = 0.75  # what the sums of a Hessian in single precision cost of those in double precision
FAST = math.log(50.0)  # by how much, as a logarithm, a Hessian of a close iterate lets the decrement fall
SLOW = 0.25  # a kept Hessian must bring the squared decrement below this share, step by step
LINEAR = 0.2  # a ratio of successive squared decrements above this is not quadratic convergence
PATIENCE = 3  # such ratios in a row before separation is suspected


def _kept_from(here: Evaluation, still: float) -> KeptHessian | None:
    """Return the Hessian of an iterate to be kept, None where it is of no use."""
    if here.hessian is None or not here.hessian.finite:
        return None
    factor = here.hessian.factorise()
    return KeptHessian(factor, still=still) if factor.definite else None


def _tilted(nearby: Nearby | None, coef: FloatArray, here: Evaluation, direction: FloatArray) -> FloatArray:
    """Return the step by the loss of a sample, or the direction where it gives none."""
    found = None if nearby is None else nearby.step(coef, here.gradient)
    return direction if found is None else found


def _proved(nearby: Nearby | None, coef: FloatArray, here: Evaluation) -> float:
    """Return what the squared decrement is at most, infinite where the sample does not tell."""
    found = None if nearby is None else nearby.bound(coef, here.gradient)
    return math.inf if found is None else found


def _is_far(nearby: Nearby | None, direction: FloatArray, squared: float) -> bool:
    """Tell whether two steps with one Hessian, which changes along the first by about its reach, leave much."""
    return nearby is not None and math.sqrt(squared) * nearby.reach(direction) ** 2 > FAR


def _pays(squared: float, left: float, cost: float, end: float) -> bool:
    """Tell whether a Hessian summed at the next iterate saves more passes than it costs, until a decrement at the end.

    A step leaves some share of the squared decrement, this one and those to come; by the Hessian of an iterate as close
    as the next one it leaves about ``FAST``.
    """
    ahead = squared * left
    if not 0.0 < ahead <= min(NEARBY**2, squared):
        return False
    rate = -0.5 * math.log(left)
    return rate > 0.0 and (0.5 * math.log(ahead) - math.log(end)) * (1.0 / rate - 1.0 / FAST) > ROUGH * (cost - 1.0)


@dataclass(frozen=True, slots=True)
class Newton(SolverOptions):
    """Options of Newton's method.

    Parameters
    ----------
    tol : float, default 1e-8
        Stop when the Newton decrement, the distance to the optimum in standard errors, is at most this. With many rows
        the decrement left by the last step is compared; the record holds the decrement before that step.
    max_iter : int, default 100
        Maximum number of iterations.

    Raises
    ------
    DataError
        If ``tol`` is not between 0 and 1, or ``max_iter`` not a whole number from 1 to 1e9.

    Examples
    --------
    >>> Newton(tol=1e-6).max_iter
    100
    """

    tol: float = 1e-8
    max_iter: int = 100

    def __post_init__(self) -> None:
        """Refuse options that are not numbers or out of range."""
        require_options("Newton", self.tol, self.max_iter)

    def solve(
        self,
        objective: SmoothObjective,
        start: FloatArray,
        first: Evaluation | None = None,
        suspicious: bool = True,
        keep: bool = False,
        nearby: Nearby | None = None,
        alone: bool = False,
    ) -> Solution:
        """Minimise the objective.

        Parameters
        ----------
        objective : SmoothObjective
            What to minimise.
        start : (p,) array
            First iterate.
        first : Evaluation, optional
            The evaluation at ``start`` when it is known already.
        suspicious : bool, default True
            Stop early when the coefficients appear to diverge.
        keep : bool, default False
            Keep a Hessian for several steps, once the optimum is near.
        nearby : Nearby, optional
            Gives a Hessian that is close to the one at some coefficients; it is kept from the start.
        alone : bool, default False
            End without the Hessian of the solution where ``nearby`` proves the decrement.

        Returns
        -------
        Solution
            Never raises for lack of convergence: the status tells.
        """
        if (not keep and nearby is None) or getattr(objective, "in_chunks", False):  # whose passes have a bar
            silent = Progress(None, "", silent=True)
            return self._iterate(objective, start, first, suspicious, keep, nearby, alone, silent)
        with progress(None, "Newton steps") as shown:  # of many rows: it may take a while
            return self._iterate(objective, start, first, suspicious, keep, nearby, alone, shown)

    def _iterate(
        self,
        objective: SmoothObjective,
        start: FloatArray,
        first: Evaluation | None,
        suspicious: bool,
        keep: bool,
        nearby: Nearby | None,
        alone: bool,
        shown: Progress,
    ) -> Solution:
        coef = np.array(start, dtype=np.float64)
        factor = None if nearby is None else nearby.factor(coef)
        summed_at = None if nearby is None else nearby.summed_at
        still = STILL if nearby is None else min(nearby.still, SHARE_STILL * self.tol) if summed_at is None else STILLER
        model = None if factor is None else KeptHessian(factor, still=still, sized=alone)
        renewed = summed = False
        here = objective.evaluate(coef, hessian=model is None or summed_at == 0) if first is None else first  # 1
        trace: list[Step] = []
        before, enough = math.inf, self.tol**2 * objective.mean_weight
        linear, end = 0, math.sqrt(PROVABLE * enough) if alone else 10.0 * still
        for iteration in range(self.max_iter):
            shown.advance()
            fresh = here.hessian is not None
            direction, squared, factor = model.step(here) if model is not None and not fresh else newton_step(here)  # 2
            definite = factor is not None and factor.definite
            if not math.isfinite(here.value) or math.isnan(squared):
                return self._end(coef, here, squared, Status.NOT_FINITE, trace, iteration)
            if model is None and squared <= enough:  # 3
                return self._end(coef + direction, here, squared, Status.CONVERGED, trace, iteration, definite)
            sure = alone and not fresh  # 10
            if model is not None and (
                squared <= PROVABLE * enough
                if sure
                else model.is_near(objective, nearby, here, direction, squared, self.tol)  # 6
            ):
                left = _proved(nearby, coef, here) if sure else squared
                if fresh or (sure and left <= enough):
                    found = self._end(
                        coef + direction, here, left, Status.CONVERGED, trace, iteration, sure or definite
                    )
                    here = replace(here, value=here.value - 0.5 * squared)  # also where that is not what bounds it
                    return replace(found, evaluation=here, still=max(still, (model.reach or 0.0) * math.sqrt(squared)))
                here = objective.evaluate(coef)
                continue
            if fresh and model is not None and factor is not None and definite and summed_at is not None:  # 9
                model = KeptHessian(factor, model.reach, model.still)
            if keep and model is None and factor is not None and definite and squared <= NEARBY**2:
                model, keep = KeptHessian(factor, still=still), False
            if model is None:
                linear = linear + 1 if squared > LINEAR * before and here.closest < squared else 0  # 5
            elif not fresh and squared > SLOW * before:  # 7
                factor = nearby.factor(coef) if nearby is not None and not renewed else None
                model, before, renewed = None if factor is None else KeptHessian(factor, still=still), math.inf, True
                if model is None:
                    here, keep = objective.evaluate(coef), True
                continue
            if suspicious and linear >= PATIENCE:
                return self._end(coef, here, squared, Status.SUSPECTED, trace, iteration)
            renewed = renewed and before == math.inf
            ahead = UNSURE * squared * squared / before if before < math.inf else math.inf  # if it falls as it did
            told = squared / before if before < math.inf else math.inf if nearby is None else nearby.left**2
            before = squared
            arrives = model is None or (
                not (fresh or alone) and model.serves(ahead, objective.mean_weight, self.tol, here.closest)
            )
            direction = _tilted(nearby, coef, here, direction) if summed_at == 1 and not trace else direction  # 9
            arrives = arrives or (summed_at == 1 and (len(trace) != 1 or _is_far(nearby, direction, squared)))
            waits = arrives or model is None or fresh or summed or (alone and len(model.pairs) < TOLD)
            rough = not waits and _pays(squared, told, objective.gram_cost, end)  # 8
            length, trial = _search(objective, coef, here, direction, squared, arrives or rough, rough)  # 4
            if trial is None:
                return self._end(coef, here, squared, Status.STALLED, trace, iteration)
            trace.append(Step(iteration, here.value, math.sqrt(squared), length, not fresh))
            if model is not None:
                model.learn(length * direction, trial.gradient - here.gradient)
            coef = coef + length * direction
            here = trial
            if rough:
                model, here, summed = _kept_from(here, still) or model, replace(here, hessian=None), True
        if here.hessian is None:
            here = objective.evaluate(coef)
        squared = newton_step(here).squared
        return self._end(coef, here, squared, Status.ITERATIONS, trace, self.max_iter)

    @staticmethod
    def _end(
        coef: FloatArray,
        here: Evaluation,
        squared: float,
        status: Status,
        trace: list[Step],
        iteration: int,
        definite: bool = False,
    ) -> Solution:
        decrement = math.sqrt(squared) if squared >= 0.0 else math.nan
        trace.append(Step(iteration, here.value, decrement, 0.0))
        if status is Status.CONVERGED:  # 11
            here = replace(here, value=here.value - 0.5 * squared)
        return Solution(coef, here, decrement, status, tuple(trace), definite)


def _search(
    objective: SmoothObjective,
    coef: FloatArray,
    here: Evaluation,
    direction: FloatArray,
    squared: float,
    hessian: bool,
    rough: bool,
) -> tuple[float, Evaluation | None]:
    """Return the first of 1, 1/2, 1/4, ... that lowers the objective enough, and the evaluation there."""
    # Below this change the objective is rounding noise, and a Newton step on a convex function is safe.
    noise = ROUNDING * abs(here.value)
    length = 1.0
    for trials in range(TRIALS_MOST):
        if trials == TRIALS_BEFORE_REACH:
            # A direction from a point without curvature can be too long by any factor: look how far it goes.
            reach = objective.reach(direction)
            length = min(length, REACH / max(reach, REACH))
        trial = objective.evaluate(coef + length * direction, hessian, rough)
        if trial.value <= here.value - ARMIJO * length * squared + noise:
            return length, trial
        length *= 0.5
    return 0.0, None
