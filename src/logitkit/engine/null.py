"""The loss of the null model: the intercepts that the columns span, and the offset."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.models.predictors import full_predictors
from logitkit.typing import FloatArray

__all__ = ["null_loss", "null_loss_of"]


def null_loss(response: Response, intercept: bool, family: Any) -> float:
    """Return the loss of the model with intercepts (if asked for) and the offset only, nan if it cannot be found.

    Examples
    --------
    >>> from logitkit.models.multinomial import Multinomial
    >>> response = Response(np.array([0.0, 1.0, 2.0, 2.0]), n_outcomes=3)
    >>> bool(np.isclose(null_loss(response, False, Multinomial(3)), 4 * np.log(3)))
    True
    """
    if response.offset is None:
        return null_loss_of(response.totals, intercept, family)
    columns = Dense(np.ones((response.n_rows, 1 if intercept else 0)))
    reference = 0 if family.compares_predictors else None
    several = full_predictors(len(response.offset), columns.n_columns, reference)
    predictors = None if family.name == "binomial" else several
    objective = Objective(columns, response, family.solving, predictors=predictors)
    if not intercept:
        return objective.evaluate(np.zeros(0), hessian=False).value
    start = family.origin(response)
    if reference is not None:
        start = start[1:] - start[0]
    solution = Newton().solve(objective, start, suspicious=False)
    return solution.evaluation.value if solution.status is Status.CONVERGED else float("nan")


def null_loss_of(totals: FloatArray, intercept: bool, family: Any) -> float:
    """Return the loss of the null model without an offset, from the weighted number of trials of each outcome.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> bool(np.isclose(null_loss_of(np.array([2.0, 2.0]), True, Binomial()), 4 * np.log(2)))
    True
    """
    counts = totals.tolist()
    if intercept and sum(total > 0.0 for total in counts) == 1:
        return 0.0
    eta = family.intercepts(totals / totals.sum()) if intercept else family.intercepts(None)
    with np.errstate(divide="ignore"):
        losses = -family.log_probabilities(eta[:, None])[:, 0]
    return sum((total * loss for total, loss in zip(counts, losses.tolist(), strict=True) if total > 0.0), 0.0)
