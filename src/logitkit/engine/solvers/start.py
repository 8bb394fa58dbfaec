"""Where a solver starts: zero (less the mean offset), or near the solution of a sample of the rows when there are many.

One pass over all rows costs as much as sixteen passes over a sixteenth of them. The sample's solution is some tens of
standard errors from the answer, and its Hessian, scaled up, is that of all rows but for a few parts in a hundred: from
there on, steps need no Hessian of all rows until the last one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian, Factor
from logitkit.engine.objective import Evaluation, Objective, OfObjective, SmoothObjective
from logitkit.engine.rank import CLEAR_SHARE, least_share
from logitkit.engine.solvers.choose import NUMBERS_MANY, SAMPLE_MOST, sample_size
from logitkit.engine.solvers.kept import STILL, STILL_OF_MANY
from logitkit.engine.solvers.newton import Nearby, Newton, newton_step
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.typing import FloatArray

__all__ = ["BEYOND", "DISTINCT", "STARTS", "Start", "starting_point"]

STARTS = (0.5, 1.0, 2.0, 4.0)  # multiples of the logit's estimates that a likelihood of several maxima is tried from
BEYOND = (-1.0, 16.0)  # multiples of the way from the null model to them, for slopes that far rows hold near zero
DISTINCT = 1e-8  # of the loss: maxima that are further apart are two

SAMPLE_TOL = 0.5  # of the root of the coefficients, in the sample's errors: the root is how far it is from all rows
READ_TOL = 0.3  # standard errors of a sample of rows that are read anew in every pass
WHOLE_TOL = 1e-8  # of a sample that is all rows
SHARE_TILTED = 0.125  # of the rows: a larger sample leaves less to be gained than its own Hessians cost
TILTED_TOL = 0.01  # standard errors of all rows
FEW = 2_000  # rows that tell whether a start is better than the origin
Improve: TypeAlias = Callable[[FloatArray, int], FloatArray]
EARLY_COST = 3.0  # of a pass with second derivatives, in passes without: it saves one or two of these


class Sampled(SmoothObjective, Protocol):
    """An objective of which a sample of the rows can be had."""

    @property
    def starting_response(self) -> Response:
        """The rows' outcomes, or those of a sample."""

    @property
    def total(self) -> float:
        """Total weight of the rows, or about that."""

    @property
    def n_numbers(self) -> int:
        """How many numbers the rows hold."""

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""

    @property
    def sample_share(self) -> float | None:
        """Proportion of the rows that are in the sample, where every pass reads the rows anew; else None."""

    def sampled(self, size_of: Callable[[int, int, int], int]) -> Objective | None:
        """Return the objective of a sample of the rows, of a size by rows, coefficients and width; None for none."""


class Start(NamedTuple):
    """A first iterate.

    Parameters
    ----------
    coef : (p,) array
        The iterate.
    nearby : Nearby or None
        Information from the sample about all rows.
    """

    coef: FloatArray
    nearby: Nearby | None


def starting_point(
    objective: Sampled,
    origin: Callable[[Response], FloatArray] | None = None,
    warm: FloatArray | None = None,
    improve: Improve | None = None,
) -> Start:
    """Return the first iterate: a sample's solution for many rows, else the origin for the response, or zero.

    Warm are coefficients that may be near. They are the first iterate where they are better than the origin and, of
    many rows, where a sample of these cannot tell them from its own solution. ``improve`` makes of the Hessian of a
    sample, by its number of rows, one that steps of all rows are taken with.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.models.binomial import Binomial
    >>> starting_point(Objective(Dense(np.ones((2, 1))), Response(np.array([0.0, 1.0])), Binomial())).coef.tolist()
    [0.0]
    """
    sample = objective.sampled(sample_size)
    zero = np.zeros(objective.n_params) if origin is None else origin(objective.starting_response)
    if warm is not None and not _is_better(sample or objective.sampled(_few) or objective, warm, zero):
        warm = None
    if sample is None:
        return Start(zero if warm is None else warm, None)
    share = objective.sample_share
    # A large sample has a sample of its own to start from.
    tol = SAMPLE_TOL * math.sqrt(objective.n_params) if share is None else READ_TOL if share < 1.0 else WHOLE_TOL
    first = starting_point(sample, origin).coef if warm is None else warm
    here = None if warm is None else sample.evaluate(warm)
    # Rare outcomes look like separation for some steps; where passes are dear, the sample takes the steps that tell.
    if here is not None and tol > WHOLE_TOL and _is_nearer(here, first, sample.mean_weight):
        solution = Solution(first, here, math.nan, Status.CONVERGED, (), definite=True)
    else:
        solved = _Rough(sample) if share is None else sample
        solution = _Roughly(tol=tol, max_iter=25).solve(solved, first, here, suspicious=share is None)
    if solution.status is not Status.CONVERGED or not solution.definite:
        return Start(zero, None)
    summed_at = None
    if share is not None and objective.gram_cost <= EARLY_COST:
        summed_at = 0 if share == 1.0 else 1
    is_small = share is not None and share <= SHARE_TILTED
    still = STILL if share is None and objective.n_numbers < NUMBERS_MANY else STILL_OF_MANY
    known = summed_at, is_small, still
    return Start(solution.coef, _Sample(sample, objective.total / sample.total, solution, known, improve))


def _few(n_rows: int, n_columns: int, width: int) -> int:
    """Return how many rows to draw that tell a start which is far off, 0 for all."""
    del n_columns, width
    return FEW if n_rows >= SAMPLE_MOST * FEW else 0


def _is_better(objective: SmoothObjective, warm: FloatArray, origin: FloatArray) -> bool:
    """Tell whether the loss at some coefficients is known to be less than at the origin."""
    return objective.evaluate(warm, hessian=False).value < objective.evaluate(origin, hessian=False).value


def _is_nearer(here: Evaluation, warm: FloatArray, mean_weight: float) -> bool:
    """Tell whether coefficients are nearer to the solution of all rows than that of a sample is.

    The sample's is q squared standard errors of its own away, in the mean, so that coefficients which are no further
    than that are 2q away from it.
    """
    step = newton_step(here)
    return step.factor is not None and step.factor.definite and step.squared <= 2.0 * warm.size * mean_weight


@dataclass(frozen=True, slots=True)
class _Roughly(Newton):
    """Newton's method to any tolerance."""

    def __post_init__(self) -> None:
        """Refuse nothing."""


class _Sample:
    """A sample of the rows, and how much all rows weigh for each unit of its weight."""

    def __init__(
        self,
        objective: Objective,
        scale: float,
        solution: Solution,
        known: tuple[int | None, bool, float],
        improve: Improve | None = None,
    ) -> None:
        self.objective, self.improve = objective, improve
        self.summed_at, self.is_small, self.still = known
        self.scale = scale
        self.known: Solution | None = solution

    @property
    def left(self) -> float:
        """About the share of the decrement that a step by the sample's Hessian leaves, by its scatter alone."""
        return math.sqrt(self.objective.n_params / self.objective.matrix.n_rows)

    def factor(self, coef: FloatArray) -> Factor | None:
        """Return the factor of the sample's Hessian, scaled up; None where it is not definite."""
        known, self.known = self.known, None  # the solution's own Hessian is asked for first
        here = self.objective.evaluate(coef) if known is None else known.evaluation
        assert here.hessian is not None
        if not here.hessian.finite:
            return None
        hessian = here.hessian.scaled(self.scale)
        if self.improve is not None and isinstance(hessian, DenseHessian):
            hessian = DenseHessian(self.improve(hessian.array, self.objective.matrix.n_rows))
        factor = hessian.factorise()
        return factor if factor.definite else None

    def step(self, coef: FloatArray, gradient: FloatArray) -> FloatArray | None:
        """Return the step to where the sample's loss, scaled up and tilted to this gradient, is least."""
        if not self.is_small:
            return None
        tilted = _Tilted.to(self.objective, self.scale, coef, gradient)
        found = Newton(tol=TILTED_TOL, max_iter=10).solve(tilted, coef, suspicious=False)
        return found.coef - coef if found.status is Status.CONVERGED else None

    def bound(self, coef: FloatArray, gradient: FloatArray) -> float | None:
        """Return what the squared decrement of all rows is at most: their Hessian is that of distinct rows, and more.

        None where the sample leaves a doubt that the columns are independent.
        """
        here = self.objective.evaluate(coef).hessian
        if not isinstance(here, DenseHessian) or not here.finite or least_share(here.array, None) < CLEAR_SHARE:
            return None
        factor = here.factorise()
        return self.objective.repeats * float(gradient @ factor.solve(gradient)) if factor.definite else None

    def reach(self, direction: FloatArray) -> float:
        """Return twice the largest change of a linear predictor in the sample."""
        return 2.0 * self.objective.reach(direction)


class _Rough(OfObjective):
    """A sample whose Hessian is summed in single precision: that of all rows differs from it by far more."""

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian."""
        del rough
        return self.objective.evaluate(coef, hessian, True, pearson)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction."""
        return self.objective.reach(direction)


@dataclass(frozen=True, eq=False)
class _Tilted(OfObjective):
    """The loss of a sample times a number, plus a linear function of the coefficients."""

    scale: float
    linear: FloatArray

    @classmethod
    def to(cls, objective: Objective, scale: float, coef: FloatArray, gradient: FloatArray) -> _Tilted:
        """Return the one that has a gradient at some coefficients."""
        own = objective.evaluate(coef, hessian=False).gradient
        return cls(objective, scale, gradient - scale * own)

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian."""
        here = self.objective.evaluate(coef, hessian, rough, pearson)
        second = None if here.hessian is None else here.hessian.scaled(self.scale)
        value = self.scale * here.value + float(self.linear @ coef)
        return replace(here, value=value, gradient=self.scale * here.gradient + self.linear, hessian=second)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction."""
        return self.objective.reach(direction)
