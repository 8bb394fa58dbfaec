r"""Newton's method (iteratively reweighted least squares) with step control.

Objective: :math:`f(\beta)`, convex. Quadratic model at :math:`\beta_k`:
:math:`f(\beta_k + d) \approx f + g'd + \tfrac12 d'Hd`.

1. Evaluate f, g and H in one walk over the rows.
2. Newton direction :math:`d = -H^{-1} g` and decrement :math:`\lambda^2 = g'H^{-1}g`: about twice the distance
   to the minimum, in units of the log-likelihood; its root is a distance in standard errors.
3. Stop when :math:`\lambda \le` ``tol``, after one last step that costs nothing: convergence is quadratic, so
   the remaining error is of the order of :math:`\lambda^2`.
4. Halve the step until f falls enough (Armijo); the trial that is accepted is already evaluated.
5. When :math:`\lambda` falls by a constant factor only while some row's residual is as small as
   :math:`\lambda^2`, the coefficients seem to run to infinity: stop and let the exact test decide.

References
----------
Boyd, S. and Vandenberghe, L. (2004) Convex Optimization, section 9.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from logitkit.objective import Evaluation, Objective
from logitkit.solvers.solver import Solution, Status, Step
from logitkit.typing import FloatArray

__all__ = ["Newton"]

ARMIJO = 1e-4
SHORTEST = 2.0**-20
LINEAR = 0.2  # a ratio of successive squared decrements above this is not quadratic convergence
PATIENCE = 3  # such ratios in a row before separation is suspected


@dataclass(frozen=True, slots=True)
class Newton:
    """Options of Newton's method.

    Parameters
    ----------
    tol : float, default 1e-8
        Stop when the Newton decrement, a distance to the optimum in standard errors, is at most this.
    max_iter : int, default 100
        Largest number of iterations.

    Examples
    --------
    >>> Newton(tol=1e-6).max_iter
    100
    """

    tol: float = 1e-8
    max_iter: int = 100

    def solve(
        self,
        objective: Objective,
        start: FloatArray,
        first: Evaluation | None = None,
        suspicious: bool = True,
    ) -> Solution:
        """Minimise the objective.

        Parameters
        ----------
        objective : Objective
            What to minimise.
        start : (p,) array
            First iterate.
        first : Evaluation, optional
            The evaluation at ``start`` when it is known already.
        suspicious : bool, default True
            Stop early when the coefficients seem to run to infinity.

        Returns
        -------
        Solution
            Never raises for lack of convergence: the status tells.
        """
        coef = np.array(start, dtype=np.float64)
        here = objective.evaluate(coef) if first is None else first  # 1
        trace: list[Step] = []
        before = math.inf
        linear = 0
        for iteration in range(self.max_iter):
            direction, squared = newton_direction(here)  # 2
            if not math.isfinite(here.value) or math.isnan(squared):
                return self._end(coef, here, squared, Status.NOT_FINITE, trace, iteration)
            if squared <= self.tol**2:  # 3
                return self._end(coef + direction, here, squared, Status.CONVERGED, trace, iteration)
            linear = linear + 1 if squared > LINEAR * before and here.closest < squared else 0  # 5
            if suspicious and linear >= PATIENCE:
                return self._end(coef, here, squared, Status.SUSPECTED, trace, iteration)
            before = squared
            length, trial = _search(objective, coef, here, direction, squared)  # 4
            if trial is None:
                return self._end(coef, here, squared, Status.STALLED, trace, iteration)
            trace.append(Step(iteration, here.value, math.sqrt(squared), length))
            coef = coef + length * direction
            here = trial
        _, squared = newton_direction(here)
        return self._end(coef, here, squared, Status.ITERATIONS, trace, self.max_iter)

    @staticmethod
    def _end(
        coef: FloatArray, here: Evaluation, squared: float, status: Status, trace: list[Step], iteration: int
    ) -> Solution:
        decrement = math.sqrt(squared) if squared >= 0.0 else math.nan
        trace.append(Step(iteration, here.value, decrement, 0.0))
        return Solution(coef, here, decrement, status, tuple(trace))


def newton_direction(here: Evaluation) -> tuple[FloatArray, float]:
    """Return -H^-1 g and g' H^-1 g; directions without curvature left are held still.

    Parameters
    ----------
    here : Evaluation
        Gradient and Hessian.

    Returns
    -------
    direction : (p,) array
        The Newton direction.
    squared : float
        The squared Newton decrement, never negative.
    """
    gradient, hessian = here.gradient, here.hessian
    if gradient.size == 0:
        return gradient, 0.0
    diagonal = hessian.diagonal()
    # Scaling to a unit diagonal makes the factorisation blind to the units of the columns.
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    factor, info = dpotrf(hessian * scale[:, None] * scale)
    if info == 0:
        step, _ = dpotrs(factor, -gradient * scale)
        direction = step * scale
    else:
        # Weights that vanish leave no curvature along some direction: a spectral pseudo-inverse.
        if not np.isfinite(hessian).all():
            return np.zeros_like(gradient), math.nan
        values, vectors = np.linalg.eigh(hessian * scale[:, None] * scale)
        inverse = np.where(values > 1e-14 * values[-1], 1.0 / np.where(values > 0.0, values, 1.0), 0.0)
        direction = scale * (vectors @ (inverse * (vectors.T @ (-gradient * scale))))
    return direction, abs(max(-float(gradient @ direction), 0.0))  # abs: of minus zero


def _search(
    objective: Objective, coef: FloatArray, here: Evaluation, direction: FloatArray, squared: float
) -> tuple[float, Evaluation | None]:
    """Return the first of 1, 1/2, 1/4, ... that lowers the objective enough, and the evaluation there."""
    # Below this change the objective is rounding noise, and a Newton step on a convex function is safe.
    noise = 64.0 * np.finfo(float).eps * abs(here.value)
    length = 1.0
    while length >= SHORTEST:
        trial = objective.evaluate(coef + length * direction)
        if trial.value <= here.value - ARMIJO * length * squared + noise:
            return length, trial
        length *= 0.5
    return 0.0, None
