"""The model of the unpenalised columns: the scale of the gap, and the start of a path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.engine.chunked import ChunkedObjective, RowsOfColumns
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.moments import design_moments
from logitkit.engine.null import null_loss_of
from logitkit.engine.objective import Objective
from logitkit.engine.rank import least_share
from logitkit.engine.regularised.problem import Problem
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution
from logitkit.engine.solvers.start import starting_point
from logitkit.errors import DataError, SeparationError
from logitkit.typing import FloatArray, IntArray

__all__ = ["NullModel", "null_model"]

NEWTON_MOST = 2_500  # free coefficients of several outcomes, whose second derivatives are one array
COLLINEAR = 1e-10  # share of a column's squared length that is its own, in the free columns
CENTRED_MOST = 50  # free columns that are written out to be centred


@dataclass(frozen=True)
class NullModel:
    """The model of the columns that are not penalised.

    Parameters
    ----------
    coef : (q,) array
        Scaled coefficients, zero where penalised.
    value : float
        The negative log-likelihood.
    columns : (k,) int array
        Which columns are not penalised.
    solution : Solution or None
        Of these; None where it is known without one.
    """

    coef: FloatArray
    value: float
    columns: IntArray
    solution: Solution | None = None


def null_model(problem: Problem) -> NullModel:
    """Fit the columns that are not penalised."""
    sums, strengths = problem.sums, problem.strengths
    columns = np.flatnonzero(strengths.free)
    inside = np.flatnonzero(strengths.free[strengths.place % strengths.free.size])
    coef = np.zeros(strengths.place.size)
    if columns.size and np.count_nonzero(sums.totals) < 2:
        raise SeparationError("All outcomes are equal: there is nothing to explain, and the intercept is infinite.")
    if columns.size == 1 and columns[0] == strengths.intercept and not problem.has_offset:
        coef[inside] = _of_intercepts(problem, inside)
        return NullModel(coef, null_loss_of(sums.totals, True, problem.family), columns)
    own = problem.columns_of(inside)
    size, centre = np.ones(inside.size), np.zeros(columns.size)
    intercept = columns == (-1 if strengths.intercept is None else strengths.intercept)
    standard: FloatArray | None = None
    if intercept.any() and 1 < columns.size <= CENTRED_MOST:
        # Numbers far from zero are no combinations of the intercept, which centring shows.
        scale = np.ones(strengths.free.size)
        scale[strengths.place % scale.size] = strengths.scale
        centre = np.where(intercept, 0.0, _means(own))
        of_column = np.where(intercept, 1.0, scale[columns])
        size, standard = of_column[own.predictors.chosen % columns.size], np.stack([centre, of_column])
    objective = _objective(own, standard)
    zero = np.zeros(inside.size)
    if inside.size == 0:
        return NullModel(coef, objective.evaluate(zero, hessian=problem.is_single).value, columns)
    if inside.size > NEWTON_MOST and not problem.is_single:
        raise DataError(
            f"The columns that are not penalised have {inside.size:,} coefficients for "
            f"{problem.predictors.active.size:,} outcomes; at most {NEWTON_MOST:,} are allowed. Leave fewer columns "
            "unpenalised."
        )
    first = objective.evaluate(zero)
    assert isinstance(first.hessian, DenseHessian)
    if columns.size > 1 and least_share(first.hessian.array, None) < COLLINEAR:
        shown = ", ".join(problem.names[j] for j in columns[:6])
        raise DataError(
            f"The columns that are not penalised ({shown}) are linearly dependent. Leave fewer columns unpenalised."
        )
    solution = Newton().solve(objective, starting_point(objective).coef, suspicious=False)
    given = solution.coef / size
    outcome, column = np.divmod(own.predictors.chosen, columns.size)
    for k in np.unique(outcome[intercept[column]]):
        there = outcome == k
        given[there & intercept[column]] -= centre[column[there]] @ given[there]
    coef[inside] = given * strengths.scale[inside]
    return NullModel(coef, solution.evaluation.value, columns, solution)


def _means(own: Problem) -> FloatArray:
    """Return the weighted mean of each column."""
    if own.in_chunks:
        return design_moments(own.design).mean[own.chosen]
    return np.asarray(own.response.weights @ own.matrix.to_dense() / own.response.total)


def _objective(own: Problem, standard: FloatArray | None) -> Objective:
    """Return the objective of columns, less their means and divided by their scale where these are given."""
    predictors = None if own.is_single else own.predictors
    if own.in_chunks:
        rows = RowsOfColumns(own.family, predictors, own.chosen, standard=standard)
        return ChunkedObjective(own.design, rows)
    matrix = own.matrix if standard is None else Dense((own.matrix.to_dense() - standard[0]) / standard[1])
    return Objective(matrix, own.response, own.family, predictors=predictors)


def _of_intercepts(problem: Problem, inside: IntArray) -> FloatArray:
    """Return the intercepts alone, which are known: the link of the proportion of each outcome."""
    sums, predictors = problem.sums, problem.predictors
    eta = problem.family.intercepts(np.maximum(sums.totals / sums.total, np.finfo(float).tiny))
    own = predictors.active[predictors.chosen[inside] // predictors.n_columns]
    # The outcome whose intercept is zero: the reference, or the first where that is left out.
    zero = np.setdiff1d(np.arange(predictors.n_predictors), own)
    return np.asarray(eta[own] - eta[zero[0]] if zero.size else eta[own])
