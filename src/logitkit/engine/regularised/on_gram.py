"""Proximal Newton over all coefficients, on one array of second derivatives."""

from __future__ import annotations

import math
from dataclasses import replace

from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.coordinate_descent import QuadraticModel
from logitkit.engine.regularised.dual_point import LONGEST, certified_gap
from logitkit.engine.regularised.prox_newton import Point, ProxSolution, Scaled, Solved, duality_gap, prox_newton
from logitkit.engine.solvers.choose import sample_of_many
from logitkit.engine.solvers.solver import Status
from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import FloatArray

__all__ = ["OnGram"]

CLOSER, FINEST = 0.1, 1e-6  # of the gap that is allowed: what is asked of the model where it thought too well of itself


class OnGram:
    """Proximal Newton over all coefficients.

    Parameters
    ----------
    problem : Scaled
        The objective.
    start : (q,) array
        Scaled coefficients of the null model.
    looks : bool
        Whether the gap is looked at with the rows also where the solution is not polished.
    """

    def __init__(self, problem: Scaled[Objective], start: FloatArray, looks: bool) -> None:
        self.problem, self.start, self.looks = problem, start, looks
        self.state: tuple[Point, QuadraticModel] | None = None

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise, from the solution before.

        The gap that the solver sees rests on second derivatives that were reused. It is looked at with the rows
        where the solution is polished, or the rows are few; along a path of many that would take longer than the path.
        """
        steps = renewals = 0
        inner, looks = target, polish or self.looks
        while True:
            if self.state is None:
                self.state = self._begun(penalty, target, looks)
            point, model = self.state
            found = prox_newton(self.problem, penalty, point, model, inner, max_iter, polish)
            self.state = found.point, found.model
            steps, renewals = steps + found.steps, renewals + found.renewals
            gap = math.inf
            if not looks:
                gap = found.gap
            elif found.status is not Status.NOT_FINITE:
                gap = self._proved(penalty, found, target)
            status = Status.CONVERGED if gap <= target else found.status
            if found.status is Status.CONVERGED and gap > target:  # the model is to blame
                point, model = self.state = self.problem.model(found.point.coef, penalty)
                step, renewals = duality_gap(point, penalty, model)[1], renewals + 1
                gap = self._proved(penalty, replace(found, point=point, model=model, step=step), target)
                inner *= CLOSER
                if gap > target and inner >= FINEST * target:
                    continue
                status = Status.CONVERGED if gap <= target else Status.STALLED
            here, prior = self.state[0], self.problem.objective.quadratic
            value = here.value - (0.0 if prior is None else prior.value(here.coef / self.problem.scale))
            return Solved(here.coef, value, here.gradient, gap, status, steps, renewals, closest=here.closest)

    def _begun(self, penalty: Penalty, target: float, alone: bool) -> tuple[Point, QuadraticModel]:
        """Return where the solver starts: the null model, or the solution of a sample of the rows.

        The latter where rows are read in chunks, or a strength stands alone.

        The sample's second derivatives, scaled up, are those of all rows but for a few parts in a hundred.
        """
        whole, scale = self.problem.objective, self.problem.scale
        sample = whole.sampled(sample_of_many) if (whole.in_chunks or alone) and not penalty.smooth else None
        if sample is not None and sample.total > 0.0:
            ratio = whole.total / sample.total
            part, lighter = Scaled(sample, scale), penalty.times(1.0 / ratio)
            here, model = part.model(self.start, lighter)
            found = prox_newton(part, lighter, here, model, target / ratio)
            second = sample.evaluate(found.point.coef / scale).hessian
            assert isinstance(second, DenseHessian)
            if found.status is Status.CONVERGED and (second.array.diagonal() > 0.0).all():
                point = self.problem.point(found.point.coef)
                return point, QuadraticModel(ratio * second.array, penalty.free, scale)
        return self.problem.model(self.start, penalty)

    def _proved(self, penalty: Penalty, found: ProxSolution, target: float) -> float:
        """Return a bound of how far the objective is above its minimum.

        Of rows in chunks it follows from the second derivatives at the solution, if the step of the residuals moves no
        linear predictor by more than the proof allows.
        """
        if not self.problem.objective.in_chunks:
            return certified_gap(self.problem, penalty, found.point, found.model, found.step, target)
        point, model = self.problem.model(found.point.coef, penalty)
        gap, step = duality_gap(point, penalty, model)
        moved = 2.0 * self.problem.objective.reach(step / self.problem.scale)
        return gap if moved <= LONGEST else math.inf
