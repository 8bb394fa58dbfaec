"""Where a solver starts: zero (less the mean offset), or near the solution of a sample of the rows when there are many.

One walk over all rows costs as much as sixteen over a sixteenth of them. The sample's solution is some tens of standard
errors from the answer; one step from there, with the gradient of all rows and the sample's Hessian scaled up, comes
within about one, at a third of the cost of a walk with the Hessian. Two or three full walks are saved.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.objective import Objective
from logitkit.solvers.newton import Newton, newton_step
from logitkit.solvers.solver import Status
from logitkit.typing import FloatArray

__all__ = ["starting_point"]

SAMPLE_SHARE = 16
ROWS_LEAST = 100_000
ROWS_PER_COLUMN = 50


def starting_point(objective: Objective, intercept: int | None = None) -> FloatArray:
    """Return the first iterate, shape (p,): a sample's solution for many rows, else zero.

    Parameters
    ----------
    objective : Objective
        The objective of all rows.
    intercept : int, optional
        Position of the intercept, which then takes up the mean of an offset.

    Returns
    -------
    (p,) array
        Zero as well when the sample has no finite solution, for instance because a rare level is missing in
        it.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.dense import Dense
    >>> from logitkit.design.response import Response
    >>> from logitkit.families.binomial import Binomial
    >>> starting_point(Objective(Dense(np.ones((2, 1))), Response(np.array([0.0, 1.0])), Binomial())).tolist()
    [0.0]
    """
    n, p = objective.matrix.n_rows, objective.n_params
    zero = np.zeros(p)
    response = objective.response
    if intercept is not None and response.offset is not None:
        zero[intercept] = -float(response.weights @ response.offset) / response.total
    size = n // SAMPLE_SHARE
    if n < ROWS_LEAST or size < ROWS_PER_COLUMN * p:
        return zero
    # A fixed seed: the same data give the same answer. Sorted, so that memory is read in order.
    index = np.sort(np.random.default_rng(0).integers(0, n, size))
    sample = objective.subset(index)
    solution = Newton(tol=1e-2, max_iter=25).solve(sample, zero)
    if solution.status is not Status.CONVERGED:
        return zero
    hessian = solution.evaluation.hessian * (objective.response.total / sample.response.total)
    if not bool((hessian.diagonal() > 0.0).all()):
        return zero
    here = replace(objective.evaluate(solution.coef, hessian=False), hessian=hessian)
    return solution.coef + newton_step(here).direction
