"""The model of the columns that a penalty does not touch: what a gap is measured against, and where a path begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective
from logitkit.engine.rank import least_share
from logitkit.engine.regularised.strengths import Strengths
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution
from logitkit.engine.solvers.start import starting_point
from logitkit.errors import DataError, SeparationError
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray, IntArray

__all__ = ["NullModel", "null_model"]

COLLINEAR = 1e-10  # share of a column's squared length that is its own, in the free columns
CENTRED_MOST = 50  # free columns that are written out to be centred


@dataclass(frozen=True)
class NullModel:
    """The model of the columns that are not penalised.

    Parameters
    ----------
    coef : (p,) array
        Scaled coefficients, zero where penalised.
    value : float
        The negative log-likelihood.
    columns : (k,) int array
        Which are not penalised.
    solution : Solution or None
        Of these; None where there are none.
    """

    coef: FloatArray
    value: float
    columns: IntArray
    solution: Solution | None = None


def null_model(
    matrix: Matrix, response: Response, family: Binomial, strengths: Strengths, names: tuple[str, ...]
) -> NullModel:
    """Fit the columns that are not penalised."""
    prior = strengths.quadratic
    free = strengths.whole.free
    if prior is not None:
        diagonal = prior.strengths if prior.strengths.ndim == 1 else prior.strengths.diagonal()
        free = free & (diagonal == 0.0)
    index = np.flatnonzero(free)
    coef = np.zeros(matrix.n_columns)
    if index.size and not 0.0 < response.events < response.total:
        raise SeparationError("All outcomes are the same: there is nothing to explain, and the intercept is infinite.")
    if index.size == 1 and index[0] == strengths.intercept and response.shift is None:
        return _of_intercept(response, family, coef, index)
    columns = matrix.columns(index)
    own, centre = np.ones(index.size), np.zeros(index.size)
    intercept = index == (-1 if strengths.intercept is None else strengths.intercept)
    if intercept.any() and 1 < index.size <= CENTRED_MOST:
        # Numbers far from zero are no combinations of the intercept, which centring shows.
        cells = columns.to_dense()
        centre = np.where(intercept, 0.0, response.weights @ cells / response.total)
        own = np.where(intercept, 1.0, strengths.scale[index])
        columns = Dense((cells - centre) / own)
    objective = Objective(columns, response, family)
    if index.size == 0:
        return NullModel(coef, objective.evaluate(np.zeros(0)).value, index)
    shown = ", ".join(names[j] for j in index[:6])
    first = objective.evaluate(np.zeros(index.size))
    assert isinstance(first.hessian, DenseHessian)
    if index.size > 1 and least_share(first.hessian.array, None) < COLLINEAR:
        raise DataError(
            f"The columns that are not penalised ({shown}) are combinations of one another. Keep fewer of them."
        )
    solution = Newton().solve(objective, starting_point(objective).coef, suspicious=False)
    given = solution.coef / own
    given[intercept] -= centre @ given
    coef[index] = given * strengths.scale[index]
    return NullModel(coef, solution.evaluation.value, index, solution)


def _of_intercept(response: Response, family: Binomial, coef: FloatArray, index: IntArray) -> NullModel:
    """Return the model of the intercept alone, which is known: the link of the share of events."""
    share = response.events / response.total
    coef[index] = family.link.link(np.array(share))
    losses = family.loss(np.repeat(coef[index], 2), np.array([1.0, 0.0]))
    return NullModel(coef, response.total * float(share * losses[0] + (1.0 - share) * losses[1]), index)
