r"""An objective where functions of the coefficients, linear or not, are held at values.

The least :math:`f(\theta)` with :math:`g(\theta) = 0` is found by Newton's method on the Lagrangian
:math:`f(\theta) + \lambda' g(\theta)`: with G the derivatives of g, each step solves

.. math:: \begin{pmatrix} H + \lambda \cdot \nabla^2 g & G' \\ G & 0 \end{pmatrix}
          \begin{pmatrix} d \\ \lambda^+ \end{pmatrix} = - \begin{pmatrix} \nabla f \\ g \end{pmatrix} .

Linear functions need none of this: ``restricted.py`` has the coefficients that satisfy them.

References
----------
Nocedal, J. and Wright, S. J. (2006) Numerical Optimization, 2nd edition, sections 15.4 and 18.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, SmoothObjective
from logitkit.typing import FloatArray

__all__ = ["ConstrainedMinimum", "Constraints", "bend_by_differences", "constrained_minimum"]

STEPS = 200
STEP = 1e-5  # relative, of central differences of exact derivatives
REACHED = 1e-9  # of the constraints, relative to the size of their terms; and of the decrement, in log-likelihood
SHORTER = tuple(0.5**k for k in range(7))


class Constraints(Protocol):
    """k functions of q coefficients that are to be zero."""

    def at(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the values, (k,), and their derivatives, (k, q); nan outside their domain."""

    def bend(self, coef: FloatArray, multipliers: FloatArray) -> FloatArray:
        """Return the second derivatives of the sum of the functions times the multipliers, (q, q)."""


@dataclass(frozen=True, slots=True)
class ConstrainedMinimum:
    """The least value of an objective where constraints are zero.

    Parameters
    ----------
    coef : (q,) array
        Where it is.
    evaluation : Evaluation
        The objective there.
    multipliers : (k,) array
        Of the constraints: minus the gradient is the sum of their derivatives times these.
    slopes : (k, q) array
        Derivatives of the constraints.
    squared : float
        Squared decrement that is left.

    Examples
    --------
    >>> here = Evaluation(1.0, np.zeros(1), None, 0.5)
    >>> ConstrainedMinimum(np.zeros(1), here, np.zeros(1), np.ones((1, 1)), 0.0).evaluation.value
    1.0
    """

    coef: FloatArray
    evaluation: Evaluation
    multipliers: FloatArray
    slopes: FloatArray
    squared: float


def constrained_minimum(
    objective: SmoothObjective, constraints: Constraints, start: FloatArray, steps: int = STEPS
) -> ConstrainedMinimum | None:
    """Return the least value of an objective where constraints are zero; None where the steps do not lead to one.

    Parameters
    ----------
    objective : SmoothObjective
        Of q coefficients, whose Hessian is one array.
    constraints : Constraints
        Zero at the minimum.
    start : (q,) array
        Where to begin.
    steps : int
        How many are taken.

    Returns
    -------
    ConstrainedMinimum or None
        A minimum near the start: constraints that bend may have several.

    Examples
    --------
    The sum of two squares where a product is one:

    >>> import logitkit as lk
    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.engine.objective import Objective
    >>> from logitkit.models.binomial import Binomial
    >>> class Product:
    ...     def at(self, coef):
    ...         return np.array([coef[0] * coef[1] - 1.0]), coef[None, ::-1]
    ...
    ...     def bend(self, coef, multipliers):
    ...         return multipliers[0] * (1.0 - np.eye(2))
    >>> objective = Objective(Dense(np.vstack([np.eye(2), -np.eye(2)])), Response(np.ones(4)), Binomial())
    >>> found = constrained_minimum(objective, Product(), np.array([2.0, 0.7]))
    >>> bool(np.allclose(found.coef, 1.0))
    True
    """
    coef, price = start, 0.0
    for _ in range(steps):
        here = objective.evaluate(coef)
        assert isinstance(here.hessian, DenseHessian)
        value, slopes = constraints.at(coef)
        if not (here.hessian.finite and np.isfinite(value).all() and np.isfinite(slopes).all()):
            return None
        multipliers: FloatArray = np.asarray(-np.linalg.lstsq(slopes.T, here.gradient, rcond=None)[0], np.float64)
        if not np.isfinite(multipliers).all():  # of constraints whose derivatives are all but zero
            return None
        step, after = _step(here, value, slopes, constraints.bend(coef, multipliers))
        moved = here.gradient + slopes.T @ after
        squared = abs(float(moved @ step))
        size = 1.0 + np.abs(slopes) @ np.abs(coef)
        if np.abs(value / size).max() <= REACHED and squared <= REACHED:
            return _polished(objective, constraints, ConstrainedMinimum(coef, here, after, slopes, squared), step)
        price = max(price, 2.0 * float(np.abs(after).max()))
        coef = _along(objective, constraints, coef, step, price)
    return None


def _polished(
    objective: SmoothObjective, constraints: Constraints, found: ConstrainedMinimum, step: FloatArray
) -> ConstrainedMinimum:
    """Return a minimum after one step more, whose errors are about the squares of what they were."""
    coef = found.coef + step
    here, slopes = objective.evaluate(coef), constraints.at(coef)[1]
    if not (np.isfinite(here.value) and np.isfinite(slopes).all()):
        return found
    return ConstrainedMinimum(coef, here, found.multipliers, slopes, found.squared)


def bend_by_differences(constraints: Constraints, coef: FloatArray, multipliers: FloatArray) -> FloatArray:
    """Return the second derivatives of the multipliers times the constraints, by differences of the first.

    Parameters
    ----------
    constraints : Constraints
        Whose derivatives are exact.
    coef : (q,) array
        Where.
    multipliers : (k,) array
        Of each.

    Returns
    -------
    (q, q) array
        Symmetric.

    Examples
    --------
    >>> class Square:
    ...     def at(self, coef):
    ...         return coef**2, np.diag(2.0 * coef)
    >>> bend_by_differences(Square(), np.array([3.0]), np.array([2.0])).round(6).tolist()
    [[4.0]]
    """
    q = coef.size
    out = np.empty((q, q))
    for j in range(q):
        width = STEP * max(1.0, abs(coef[j]))
        ahead, behind = coef.copy(), coef.copy()
        ahead[j] += width
        behind[j] -= width
        out[j] = multipliers @ (constraints.at(ahead)[1] - constraints.at(behind)[1]) / (2.0 * width)
    return np.asarray(0.5 * (out + out.T))


def _step(here: Evaluation, value: FloatArray, slopes: FloatArray, bend: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the step and the multipliers after it; without the bend where that leaves no minimum."""
    assert isinstance(here.hessian, DenseHessian)
    k, q = slopes.shape
    basis = np.linalg.qr(slopes.T, mode="complete")[0][:, k:]
    second = here.hessian.array + np.nan_to_num(bend)
    if basis.size and np.linalg.eigvalsh(basis.T @ second @ basis)[0] <= 0.0:
        second = here.hessian.array
    system = np.block([[second, slopes.T], [slopes, np.zeros((k, k))]])
    found = np.linalg.lstsq(system, -np.concatenate([here.gradient, value]), rcond=None)[0]
    return found[:q], found[q:]


def _along(
    objective: SmoothObjective, constraints: Constraints, coef: FloatArray, step: FloatArray, price: float
) -> FloatArray:
    """Return a point along a step at which the objective and a price for leaving the constraints are lower."""

    def merit(at: FloatArray) -> float:
        found = float(objective.evaluate(at, hessian=False).value + price * np.abs(constraints.at(at)[0]).sum())
        return found if np.isfinite(found) else np.inf

    before = merit(coef)
    for width in SHORTER:
        if merit(coef + width * step) < before + 1e-12 * abs(before):
            return coef + width * step
    # Along a bent constraint a good step may raise both: it is taken all the same, and made good by the next.
    return coef + (1.0 if np.isfinite(merit(coef + step)) else SHORTER[-1]) * step
