"""The model of the columns that a penalty does not touch, of several outcomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import outcomes_objective
from logitkit.engine.rank import least_share
from logitkit.engine.regularised.null_model import NullModel
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.start import starting_point
from logitkit.errors import DataError
from logitkit.models.predictors import Predictors
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["null_of_outcomes"]

NEWTON_MOST = 2_500  # free coefficients, whose second derivatives are one array
COLLINEAR = 1e-10  # share of a column's squared length that is its own, in the free columns


def null_of_outcomes(
    matrix: Matrix,
    response: Response,
    predictors: Predictors,
    place: IntArray,
    free: BoolArray,
    scale: FloatArray,
    names: tuple[str, ...],
) -> NullModel:
    """Fit the columns that are not penalised."""
    p = predictors.n_columns
    columns = np.flatnonzero(free)
    inside = np.flatnonzero(free[place % p])
    if columns.size == 1 and names[columns[0]] == INTERCEPT and response.offset is None:
        return _of_intercepts(response, predictors, place, inside)
    # Among the chosen columns the flat positions are outcome after outcome again.
    outcome, column = np.divmod(place[inside], p)
    flat = outcome * columns.size + np.searchsorted(columns, column)
    basis = np.zeros((predictors.active.size * columns.size, inside.size))
    basis[flat, np.arange(inside.size)] = 1.0
    own = replace(predictors.of_columns(columns.size), basis=basis)
    objective = outcomes_objective(matrix.columns(columns), response, own)
    coef = np.zeros(place.size)
    zero = np.zeros(inside.size)
    if inside.size == 0:
        return NullModel(coef, objective.evaluate(zero, hessian=False).value, inside)
    if inside.size > NEWTON_MOST:
        raise DataError(
            f"The columns that are not penalised have {inside.size:,} coefficients for {predictors.active.size:,} "
            f"outcomes; at most {NEWTON_MOST:,} can be. Keep fewer of them."
        )
    first = objective.evaluate(zero)
    assert isinstance(first.hessian, DenseHessian)
    if columns.size > 1 and least_share(first.hessian.array, None) < COLLINEAR:
        shown = ", ".join(names[j] for j in columns[:6])
        raise DataError(
            f"The columns that are not penalised ({shown}) are combinations of one another. Keep fewer of them."
        )
    solution = Newton().solve(objective, starting_point(objective).coef, suspicious=False)
    coef[inside] = solution.coef * scale[inside]
    return NullModel(coef, solution.evaluation.value, inside, solution)


def _of_intercepts(response: Response, predictors: Predictors, place: IntArray, inside: IntArray) -> NullModel:
    """Return the model of the intercepts alone, which is known: the logarithms of the shares of outcomes."""
    share = response.totals / response.total
    logarithm = np.log(np.maximum(share, np.finfo(float).tiny))
    active = predictors.active[place[inside] // predictors.n_columns]
    # The outcome whose intercept is zero: the reference, or the first where that is left out.
    zero = np.setdiff1d(np.arange(predictors.n_predictors), active)
    coef = np.zeros(place.size)
    coef[inside] = logarithm[active] - logarithm[zero[0]]
    return NullModel(coef, -float(response.totals @ logarithm), inside)
