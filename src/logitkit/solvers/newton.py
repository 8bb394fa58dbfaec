r"""Newton's method (iteratively reweighted least squares) with step control.

Objective: :math:`f(\beta)`, convex. Quadratic model at :math:`\beta_k`:
:math:`f(\beta_k + d) \approx f + g'd + \tfrac12 d'Hd`.

1. Evaluate f, g and H in one walk over the rows.
2. Newton direction :math:`d = -H^{-1} g` and decrement :math:`\lambda^2 = g'H^{-1}g`: about twice the distance
   to the minimum, in units of the log-likelihood; its root is a distance in standard errors.
3. Stop when :math:`\lambda \le` ``tol`` (times the root of the mean weight, where that is below 1), after one last
   step that costs nothing: convergence is quadratic, so the remaining error is of the order of :math:`\lambda^2`.
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
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from logitkit.errors import DataError
from logitkit.objective import Evaluation, Objective
from logitkit.solvers.solver import Solution, Status, Step
from logitkit.typing import FloatArray

__all__ = ["Newton", "NewtonStep", "newton_step"]

ARMIJO = 1e-4
TRIALS_MOST = 40
TRIALS_BEFORE_REACH = 3
REACH = 32.0  # largest change of a linear predictor after the first trials: over it, every weight comes or goes
# Of the objective: a block of rows is summed one by one, and where few values occur the rounding goes one way.
ROUNDING = 16_384 * np.finfo(float).eps
DEFINITE = 1e-12  # least squared pivot, of a unit diagonal, of a Hessian that is trusted
LONGEST = 1e100  # of a step from a point without curvature: it will be cut, and must not overflow before
FLAT = 1e-14  # of the largest eigenvalue: less curvature than this is taken for this
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

    Raises
    ------
    DataError
        If ``tol`` is not a positive number or ``max_iter`` not a whole number of at least 1.

    Examples
    --------
    >>> Newton(tol=1e-6).max_iter
    100
    """

    tol: float = 1e-8
    max_iter: int = 100

    def __post_init__(self) -> None:
        """Refuse options that are no numbers or out of range."""
        if isinstance(self.tol, bool) or not isinstance(self.tol, Real) or not 0.0 < self.tol < math.inf:
            raise DataError(f"Newton(tol={self.tol!r}): give a positive number.")
        if isinstance(self.max_iter, bool) or not isinstance(self.max_iter, Integral) or self.max_iter < 1:
            raise DataError(f"Newton(max_iter={self.max_iter!r}): give a whole number of at least 1.")

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
            direction, squared, definite = newton_step(here)  # 2
            if not math.isfinite(here.value) or math.isnan(squared):
                return self._end(coef, here, squared, Status.NOT_FINITE, trace, iteration)
            if squared <= self.tol**2 * objective.mean_weight:  # 3
                return self._end(coef + direction, here, squared, Status.CONVERGED, trace, iteration, definite)
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
        return Solution(coef, here, decrement, status, tuple(trace), definite)


class NewtonStep(NamedTuple):
    """A Newton direction.

    Parameters
    ----------
    direction : (p,) array
        -H^-1 g.
    squared : float
        The squared Newton decrement g' H^-1 g, never negative.
    definite : bool
        Whether H is positive definite well above rounding, so that ``squared`` can be trusted as a bound.
    """

    direction: FloatArray
    squared: float
    definite: bool


def newton_step(here: Evaluation) -> NewtonStep:
    """Return the Newton direction and decrement; where the curvature is gone, a long step down the gradient.

    Parameters
    ----------
    here : Evaluation
        Gradient and Hessian.

    Returns
    -------
    NewtonStep
        With ``squared`` nan when the Hessian is not finite.
    """
    gradient, hessian = here.gradient, here.hessian
    if gradient.size == 0:
        return NewtonStep(gradient, 0.0, True)
    diagonal = hessian.diagonal()
    # Scaling to a unit diagonal makes the factorisation blind to the units of the columns.
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    factor, info = dpotrf(hessian * scale[:, None] * scale)
    if info == 0:
        step, _ = dpotrs(factor, -gradient * scale)
        definite = bool((factor.diagonal() ** 2).min() > DEFINITE)
        direction = step * scale
    else:
        definite = False
        if not np.isfinite(hessian).all():
            return NewtonStep(np.zeros_like(gradient), math.nan, definite)
        # Weights that vanish leave no curvature along some direction: bound it from below instead.
        values, vectors = np.linalg.eigh(hessian * scale[:, None] * scale)
        # The root of the smallest number: a step and its square must not overflow where nothing is curved.
        bounded = np.maximum(values, max(FLAT * values[-1], math.sqrt(np.finfo(float).tiny)))
        step = (vectors.T @ (-gradient * scale)) / bounded
        step *= min(1.0, LONGEST / float(np.abs(step).max(initial=1.0)))
        direction = scale * (vectors @ step)
    squared = abs(max(-float(gradient @ direction), 0.0))  # abs: of minus zero
    return NewtonStep(direction, squared, definite)


def _search(
    objective: Objective, coef: FloatArray, here: Evaluation, direction: FloatArray, squared: float
) -> tuple[float, Evaluation | None]:
    """Return the first of 1, 1/2, 1/4, ... that lowers the objective enough, and the evaluation there."""
    # Below this change the objective is rounding noise, and a Newton step on a convex function is safe.
    noise = ROUNDING * abs(here.value)
    length = 1.0
    for trials in range(TRIALS_MOST):
        if trials == TRIALS_BEFORE_REACH:
            # A direction from a point without curvature can be too long by any factor: look how far it goes.
            reach = float(np.abs(objective.matrix.matvec(direction)).max(initial=0.0))
            length = min(length, REACH / max(reach, REACH))
        trial = objective.evaluate(coef + length * direction)
        if trial.value <= here.value - ARMIJO * length * squared + noise:
            return length, trial
        length *= 0.5
    return 0.0, None
