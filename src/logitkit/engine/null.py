"""The loss of the null model: the intercepts that the columns span, and the offset."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.response_sums import summed_responses
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.models.form import Form
from logitkit.models.predictors import full_predictors
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.engine.objective import Objective

__all__ = ["NullRows", "null_loss", "null_loss_of", "null_loss_of_rows"]


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
    objective, start = NullRows(family, intercept).objective(response), NullRows.origin(family, response)
    if not intercept:
        return objective.evaluate(np.zeros(0), hessian=False).value
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
    if intercept:  # whatever the family, they give each outcome its proportion
        total = sum(counts)
        return sum((_loss_of(k, counts, total) for k in range(len(counts)) if counts[k] > 0.0), 0.0)
    with np.errstate(divide="ignore"):
        losses = -family.log_probabilities(family.intercepts(None)[:, None])[:, 0]
    return sum((total * loss for total, loss in zip(counts, losses.tolist(), strict=True) if total > 0.0), 0.0)


def _loss_of(k: int, counts: list[float], total: float) -> float:
    """Return the loss of the trials with one outcome, whose probability is the proportion of these."""
    own = counts[k]
    if 2.0 * own <= total:
        return -own * math.log(own / total)
    return -own * math.log1p(-sum(counts[:k] + counts[k + 1 :]) / total)


def null_loss_of_rows(design: Design, form: Form, intercept: bool) -> float:
    """Return the loss of the model with intercepts (if asked for) and the offset only, of rows in chunks too.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4]})
    >>> round(null_loss_of_rows(fit.design, fit.record.form, False), 6)  # 4 log 2
    2.772589
    """
    if not design.in_chunks:
        return null_loss(design.response, intercept, form.family)
    if design.sample.response.offset is None:
        return null_loss_of(summed_responses(design, form).totals, intercept, form.family)
    from logitkit.engine.chunked import ChunkedObjective
    from logitkit.engine.solvers.start import starting_point

    objective = ChunkedObjective(design, NullRows(form.family, intercept))
    if not intercept:
        return objective.evaluate(np.zeros(0), hessian=False).value
    start = starting_point(objective, partial(NullRows.origin, form.family))
    solution = Newton().solve(objective, start.coef, suspicious=False, nearby=start.nearby)
    return solution.evaluation.value if solution.status is Status.CONVERGED else float("nan")


@dataclass(frozen=True)
class NullRows:
    """The objective of any rows without columns, but for the intercepts where they are asked for.

    Parameters
    ----------
    likelihood : Family
        Whose outcomes are counted.
    intercept : bool
        Whether there are intercepts.
    quadratic : None
        There is no penalty.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> response = Response(np.array([0.0, 1.0]), offset=np.zeros((1, 2)))
    >>> NullRows(Binomial(), True).objective(response).n_params
    1
    """

    likelihood: Any
    intercept: bool
    quadratic: None = None

    @staticmethod
    def origin(family: Any, response: Response) -> FloatArray:
        """Return where a solver starts."""
        start: FloatArray = family.origin(response)
        return start[1:] - start[0] if family.compares_predictors else start

    def objective(self, response: Response) -> Objective:
        """Return the objective of rows by their outcomes and offsets."""
        from logitkit.engine.objective import Objective

        family = self.likelihood
        columns = Dense(np.ones((response.n_rows, int(self.intercept))))
        predictors = None
        if family.name != "binomial":
            assert response.offset is not None
            reference = 0 if family.compares_predictors else None
            predictors = full_predictors(len(response.offset), columns.n_columns, reference)
        return Objective(columns, response, family.solving, predictors=predictors)

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held."""
        return self.objective(part.response)
