"""Where a solver starts: zero (less the mean offset), or near the solution of a sample of the rows when there are many.

One pass over all rows costs as much as sixteen passes over a sixteenth of them. The sample's solution is some tens of
standard errors from the answer, and its Hessian, scaled up, is that of all rows but for a few parts in a hundred: from
there on, steps need no Hessian of all rows until the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import Factor
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.solvers.choose import sample_size
from logitkit.engine.solvers.newton import Nearby, Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.typing import FloatArray

__all__ = ["BEYOND", "DISTINCT", "STARTS", "Start", "starting_point"]

STARTS = (0.5, 1.0, 2.0, 4.0)  # multiples of the logit's estimates that a likelihood of several maxima is tried from
BEYOND = (-1.0, 16.0)  # multiples of the way from the null model to them, for slopes that far rows hold near zero
DISTINCT = 1e-8  # of the loss: maxima that are further apart are two

SAMPLE_TOL = 0.3  # standard errors of the sample: its answer is some units of these from that of all rows


class Sampled(SmoothObjective, Protocol):
    """An objective of which a sample of the rows can be had."""

    @property
    def starting_response(self) -> Response:
        """The rows' outcomes, or those of a sample."""

    @property
    def total(self) -> float:
        """Total weight of the rows, or about that."""

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


def starting_point(objective: Sampled, origin: Callable[[Response], FloatArray] | None = None) -> Start:
    """Return the first iterate: a sample's solution for many rows, else the origin for the response, or zero.

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
    if sample is None:
        return Start(zero, None)
    # A large sample has a sample of its own to start from.
    solution = Newton(tol=SAMPLE_TOL, max_iter=25).solve(sample, starting_point(sample, origin).coef)
    if solution.status is not Status.CONVERGED or not solution.definite:
        return Start(zero, None)
    return Start(solution.coef, _Sample(sample, objective.total / sample.total, solution))


class _Sample:
    """A sample of the rows, and how much all rows weigh for each unit of its weight."""

    def __init__(self, objective: Objective, scale: float, solution: Solution) -> None:
        self.objective = objective
        self.scale = scale
        self.known: Solution | None = solution

    def factor(self, coef: FloatArray) -> Factor | None:
        """Return the factor of the sample's Hessian, scaled up; None where it is not definite."""
        known, self.known = self.known, None  # the solution's own Hessian is asked for first
        here = self.objective.evaluate(coef) if known is None else known.evaluation
        assert here.hessian is not None
        if not here.hessian.finite:
            return None
        factor = here.hessian.scaled(self.scale).factorise()
        return factor if factor.definite else None

    def reach(self, direction: FloatArray) -> float:
        """Return twice the largest change of a linear predictor in the sample."""
        return 2.0 * self.objective.reach(direction)
