"""Newton steps by the Hessian of the iterate, or by one that is kept from another iterate or from a sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logitkit.engine.curvature.hessian import Factor
from logitkit.engine.evaluation import Evaluation, SmoothObjective
from logitkit.engine.solvers.solver import overlap_bound
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.engine.solvers.newton import Nearby

__all__ = ["STILL", "STILL_OF_MANY", "KeptHessian", "NewtonStep", "newton_step"]

STEADY = 1e-2  # standard errors from the optimum, where directions are alike from here on
NEAR = 1e-6  # standard errors from the optimum, where the Hessian may be summed that inference uses
STILL = 1e-9  # largest change of a linear predictor after that, and so the relative error of the covariance
NEAR_OF_MANY, STILL_OF_MANY = 1e-4, 1e-6  # the same of many rows, over which the changes cancel
CURVED = 1e-10  # share of a product that must not have cancelled for it to tell of curvature


class NewtonStep(NamedTuple):
    """A Newton direction.

    Parameters
    ----------
    direction : (p,) array
        -H^-1 g.
    squared : float
        The squared Newton decrement g' H^-1 g, never negative.
    factor : Factor or None
        Of H; None when H is not finite, or is kept from another iterate.
    """

    direction: FloatArray
    squared: float
    factor: Factor | None


class KeptHessian:
    """The factor of a Hessian of another iterate, corrected along the steps that were taken since.

    Parameters
    ----------
    factor : Factor
        What it starts from.
    reach : float, optional
        Largest change of a linear predictor for each standard error that is left.
    still : float, default STILL
        Largest change of a linear predictor to come, where the Hessian may be summed that inference uses.
    sized : bool, default False
        Whether the first step tells the size of the Hessian too, as in the limited-memory method.
    """

    def __init__(self, factor: Factor, reach: float | None = None, still: float = STILL, sized: bool = False) -> None:
        self.factor, self.sized, self.size = factor, sized, 1.0
        self.still = still
        self.pairs: list[tuple[FloatArray, FloatArray, float]] = []
        self.reach = reach

    def step(self, here: Evaluation) -> NewtonStep:
        """Return the direction and the decrement by the corrected Hessian."""
        direction = self.solve(-here.gradient)
        squared = -float(here.gradient @ direction)
        # A sum that is not finite must not pass for a small one.
        return NewtonStep(direction, squared if math.isnan(squared) else max(squared, 0.0), None)

    def solve(self, vector: FloatArray) -> FloatArray:
        """Return the inverse of the corrected Hessian times a vector."""
        shares = []
        for step, change, product in reversed(self.pairs):
            share = float(step @ vector) / product
            shares.append(share)
            vector = vector - share * change
        vector = self.size * self.factor.solve(vector)
        for (step, change, product), share in zip(self.pairs, reversed(shares), strict=True):
            vector = vector + (share - float(change @ vector) / product) * step
        return vector

    def is_near(
        self,
        objective: SmoothObjective,
        nearby: Nearby | None,
        here: Evaluation,
        direction: FloatArray,
        squared: float,
        tol: float,
    ) -> bool:
        """Tell whether the Hessian at this iterate suffices for inference, so that the step from it is the last."""
        if self.reach is None and math.sqrt(squared / objective.mean_weight) <= STEADY:
            reach = objective.reach(direction) if nearby is None else nearby.reach(direction)
            self.reach = reach / max(math.sqrt(squared), 1e-300)
        return self.serves(squared, objective.mean_weight, tol, here.closest)

    def serves(self, squared: float, mean_weight: float, tol: float, closest: float) -> bool:
        """Tell whether a Hessian at this squared decrement is accurate enough, as far as is known."""
        decrement = math.sqrt(squared / mean_weight)
        # Further off, the decrement may no longer prove that the estimate exists.
        near = NEAR_OF_MANY if self.still > STILL and closest > overlap_bound(squared) else NEAR
        if self.reach is None or decrement > near:
            return False
        return self.reach * math.sqrt(squared) <= self.still or decrement <= 0.01 * tol

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Update with the change of the gradient along a step, unless it is lost to rounding."""
        product = float(step @ change)
        if product > CURVED * float(np.abs(step) @ np.abs(change)):
            if self.sized and not self.pairs:
                self.size = product / float(change @ self.factor.solve(change))
            self.pairs.append((step, change, product))


def newton_step(here: Evaluation) -> NewtonStep:
    """Return the Newton direction and decrement; where the curvature is gone, a long step down the gradient."""
    assert here.hessian is not None
    if not here.hessian.finite:
        return NewtonStep(np.zeros_like(here.gradient), math.nan, None)
    factor = here.hessian.factorise()
    direction = factor.solve(-here.gradient)
    squared = abs(max(-float(here.gradient @ direction), 0.0))  # abs: of minus zero
    return NewtonStep(direction, squared, factor)
