"""An objective at one coefficient vector, and what solvers ask of an objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from logitkit.design.chunks.storable import storable
from logitkit.engine.curvature.hessian import Hessian
from logitkit.typing import FloatArray

__all__ = ["Evaluation", "SmoothObjective"]


@storable
@dataclass(slots=True)
class Evaluation:
    """The objective at one coefficient vector.

    Parameters
    ----------
    value : float
        Negative log-likelihood without the binomial constant.
    gradient : (p,) array
        Its gradient.
    hessian : Hessian or None
        Second derivatives, which for the logit are the information, observed and expected; None when not asked for.
    closest : float
        The least weighted distance between outcome and mean among rows of one outcome.
    fitted, matched : float
        Weighted sums of the means, of all trials and of the events.
    pearson : float
        Pearson's statistic, and twice the quadratic part of the penalty; zero when not asked for.
    """

    value: float
    gradient: FloatArray
    hessian: Hessian | None
    closest: float
    fitted: float = 0.0
    matched: float = 0.0
    pearson: float = 0.0


class SmoothObjective(Protocol):
    """The interface of an objective to solvers: a convex function of coefficients, summed over rows."""

    @property
    def n_params(self) -> int:
        """Number of coefficients."""

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1."""

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian and Pearson's statistic at ``coef``."""

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction."""
