r"""A penalised problem that is solved at one strength after another, whatever its rows and its family are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Protocol

import numpy as np

from logitkit.objective import SmoothObjective
from logitkit.penalties.penalty import Penalty, no_penalty
from logitkit.solvers.coordinate_descent import QuadraticModel
from logitkit.solvers.null_model import NullModel
from logitkit.solvers.prox_newton import Point, Scaled, Solved, prox_newton
from logitkit.strengths import Strengths
from logitkit.typing import FloatArray

__all__ = ["Engine", "Full", "StrengthSequence", "largest_share"]

START_GAP, STEPS_MOST = 1e-9, 1_000  # of the null objective, where only what the strength grows with is zero
L1_RATIO_LEAST = 1e-3  # for the largest strength where there is no corner, as glmnet has it


class Engine(Protocol):
    """Minimises at one strength after another."""

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise the objective plus the penalty, from the solution before."""


class StrengthSequence(ABC):
    """An objective and a penalty whose strength varies.

    Parameters
    ----------
    strengths : Strengths
        The penalty.
    null : NullModel
        The model of the coefficients without penalty.
    """

    def __init__(self, strengths: Strengths, null: NullModel) -> None:
        self.strengths, self.null = strengths, null
        self._slope: FloatArray | None = None
        self._engine: Engine | None = None

    @property
    @abstractmethod
    def method(self) -> str:
        """How it is solved, in words."""

    @property
    @abstractmethod
    def objective(self) -> SmoothObjective:
        """The objective without what the strength changes, asked for value and gradient only."""

    @abstractmethod
    def engine_from_null(self, penalty: Penalty) -> Engine:
        """Return what solves the problem where all that the strength grows with is held at zero."""

    @abstractmethod
    def choose(self, penalty: Penalty) -> Engine:
        """Return what solves the problem at one strength after another."""

    def slope_at_null(self) -> FloatArray:
        """Return the gradient of the scaled coefficients at the null model, shape (p,)."""
        if self._slope is None:
            here = self.objective.evaluate(self.null.coef / self.strengths.scale, hessian=False)
            self._slope = np.where(self.strengths.whole.free, 0.0, here.gradient / self.strengths.scale)
        return self._slope

    def slope_at_start(self) -> FloatArray:
        """Return the gradient where what the strength grows with is held at zero, and nothing else, shape (p,)."""
        fixed, unit, scale = self.strengths.fixed, self.strengths.unit, self.strengths.scale
        held = (unit.l1 > 0.0) | (unit.l2 > 0.0)
        if unit.groups is not None:
            held |= unit.groups.codes >= 0
        whole = self.strengths.whole
        alone = fixed.groups is None and np.array_equal(~held & ~whole.held, whole.free)
        if alone and self.strengths.quadratic is None:
            return self.slope_at_null()
        zero = np.where(held, 0.0, np.inf)
        penalty = fixed.plus(replace(no_penalty(scale.size), lower=-zero, upper=zero))
        found = self.engine_from_null(penalty).solve(penalty, START_GAP * self.null.value, STEPS_MOST, False)
        gradient = self.objective.evaluate(found.coef / scale, hessian=False).gradient / scale
        # A little more, because the solution that it is taken at is not exact.
        return np.where(held, (1.0 + 1e-7) * gradient, 0.0)

    def largest(self) -> float:
        """Return the smallest strength at which every penalised coefficient is zero; 0 where none can move."""
        fixed = self.strengths.fixed
        slope = self.slope_at_start()
        pull = np.where(slope > 0.0, fixed.lower < 0.0, fixed.upper > 0.0) * slope
        return largest_share(self.strengths.unit, np.sign(pull) * np.maximum(np.abs(pull) - fixed.l1, 0.0))

    def solve(self, strength: float, tol: float, max_iter: int, polish: bool = False) -> Solved:
        """Minimise at a strength, from the solution before, to a gap of ``tol`` times the null objective.

        The gap bounds errors of coefficients by its root only: to polish is to take one more step, with second
        derivatives at the solution, after which little but rounding is left.
        """
        penalty = self.strengths.at(strength)
        if self._engine is None:
            self._engine = self.choose(penalty)
        return self._engine.solve(penalty, tol * max(self.null.value, 1e-300), max_iter, polish)


def largest_share(penalty: Penalty, slope: FloatArray) -> float:
    """Return the smallest multiple of a penalty that holds every coefficient at zero.

    Parameters
    ----------
    penalty : Penalty
        Where it has squares only, a thousandth of them counts as a corner.
    slope : (p,) array
        Gradient where all penalised coefficients are zero.

    Returns
    -------
    float
        0 where nothing pulls at a coefficient that is penalised.

    Examples
    --------
    >>> from logitkit.penalties.penalty import no_penalty
    >>> from dataclasses import replace
    >>> largest_share(replace(no_penalty(2), l1=np.array([1.0, 2.0])), np.array([3.0, -8.0]))
    4.0
    """
    corner = np.maximum(penalty.l1, L1_RATIO_LEAST * penalty.l2)
    pull = np.where(slope > 0.0, penalty.lower < 0.0, penalty.upper > 0.0) * np.abs(slope)
    alone = corner > 0.0
    if penalty.groups is None:
        return float((pull[alone] / corner[alone]).max(initial=0.0))
    grouped = penalty.groups.codes >= 0
    alone &= ~grouped
    top = float((pull[alone] / corner[alone]).max(initial=0.0))
    low, high = 0.0, max(top, 1e-300)
    codes, strengths = penalty.groups.codes[grouped], penalty.groups.strengths

    def still(share: float) -> bool:
        rest = np.maximum(pull[grouped] - share * penalty.l1[grouped], 0.0)
        return bool(np.all(np.bincount(codes, rest**2, strengths.size) <= (share * strengths) ** 2))

    while not still(high):
        high *= 2.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if still(middle) else (middle, high)
    return max(top, high)


class Full:
    """Proximal Newton over all coefficients.

    Parameters
    ----------
    objective : SmoothObjective
        With second derivatives, and a prior.
    given : StrengthSequence
        What is solved.
    """

    def __init__(self, objective: SmoothObjective, given: StrengthSequence) -> None:
        self.problem = Scaled(objective, given.strengths.scale)
        self.start = given.null.coef
        self.state: tuple[Point, QuadraticModel] | None = None

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise, from the solution before."""
        point, model = self.problem.model(self.start, penalty) if self.state is None else self.state
        found = prox_newton(self.problem, penalty, point, model, target, max_iter, polish)
        self.state = found.point, found.model
        here = found.point
        return Solved(here.coef, here.value, here.gradient, found.gap, found.status, found.steps, found.renewals)
