"""What a penalty leaves of inference for several outcomes: the covariance of the posterior, or none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from logitkit.engine.curvature.freedom import effective_freedom, moving, penalty_curvature
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import DenseVcov, Vcov, WithheldVcov, vcov_of
from logitkit.engine.facts import Covariance
from logitkit.engine.objective import outcomes_objective
from logitkit.engine.regularised.outcome_problem import ShrunkenOutcomes
from logitkit.engine.regularised.shrinkage import NO_DESIGN_INFERENCE, NO_L1_INFERENCE, TOO_WIDE, ColumnRanks
from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import FloatArray, IntArray

__all__ = ["INFERENCE_MOST", "outcome_covariance", "outcome_freedom"]

INFERENCE_MOST = 2_500  # coefficients whose covariance is computed


def outcome_covariance(given: ShrunkenOutcomes, penalty: Penalty, coef: FloatArray) -> tuple[Vcov, str, str, float]:
    """Return covariance, its kind and label, and the effective degrees of freedom."""
    response, q = given.response, coef.size
    if not penalty.smooth:
        dof = float(outcome_freedom(given, [penalty], coef[None, :])[0])
        return WithheldVcov(q, NO_L1_INFERENCE), *Covariance.withheld(NO_L1_INFERENCE), dof
    active = np.flatnonzero(~penalty.held)
    if active.size > INFERENCE_MOST:
        return WithheldVcov(q, TOO_WIDE), *Covariance.withheld(TOO_WIDE), math.nan
    information, added = _information(given, coef, active), _curvature(given, penalty, coef, active)
    vcov: Vcov = vcov_of(DenseHessian(information if added is None else information + added))
    dof = effective_freedom(information, added)
    if response.clusters is not None or response.weight_kind == "sampling":
        return WithheldVcov(q, NO_DESIGN_INFERENCE), *Covariance.withheld(NO_DESIGN_INFERENCE), dof
    if active.size < q:  # a coefficient that is held does not vary
        whole = np.zeros((q, q))
        whole[np.ix_(active, active)] = vcov.array()
        vcov = DenseVcov(whole)
    return vcov, "posterior", "of the posterior at its mode, given the strength of the penalty", dof


def outcome_freedom(given: ShrunkenOutcomes, penalties: Sequence[Penalty], coef: FloatArray) -> FloatArray:
    """Return effective degrees of freedom of solutions (equation 21 of ``docs/maths/penalties.md``)."""
    problem = given.problem
    scale, p = problem.strengths.scale, problem.predictors.n_columns
    symmetric = 0 if given.outcomes.reference is not None else problem.predictors.n_predictors
    outcome, column = np.divmod(problem.stacked.place, p)
    columns_scale = np.ones(p)
    columns_scale[column] = scale
    used = [moving(penalty, row * scale) for penalty, row in zip(penalties, coef, strict=True)]
    ranks = ColumnRanks(given.design, np.unique(column[np.concatenate(used)]), columns_scale)
    out = np.empty(len(used))
    for k, (penalty, index) in enumerate(zip(penalties, used, strict=True)):
        added = _curvature(given, penalty, coef[k], index)
        if added is None:
            out[k] = ranks.of(column[index], outcome[index], symmetric)
        elif index.size > INFERENCE_MOST:
            out[k] = math.nan
        else:
            out[k] = effective_freedom(_information(given, coef[k], index), added)
    return out


def _curvature(given: ShrunkenOutcomes, penalty: Penalty, coef: FloatArray, index: IntArray) -> FloatArray | None:
    """Return the second derivatives of the penalty by some of the coefficients as given, None where all are zero."""
    strengths = given.problem.strengths
    scale = strengths.scale
    found = penalty_curvature(penalty, strengths.quadratic, scale, coef * scale, index)
    return None if found is None else found * np.multiply.outer(scale[index], scale[index])


def _information(given: ShrunkenOutcomes, coef: FloatArray, active: IntArray) -> FloatArray:
    """Return second derivatives of the negative log-likelihood by some coefficients, at all of them."""
    problem = given.problem
    predictors = problem.predictors
    columns, own = np.unique(problem.stacked.place[active] % predictors.n_columns, return_inverse=True)
    if columns.size < predictors.n_columns:  # the others are zero
        outcome = problem.stacked.place[active] // predictors.n_columns
        basis = np.zeros((predictors.active.size * columns.size, active.size))
        basis[outcome * columns.size + own, np.arange(active.size)] = 1.0
        part = replace(predictors.of_columns(columns.size), basis=basis)
        objective = outcomes_objective(given.design.matrix.columns(columns), given.response, part)
        found = objective.evaluate(coef[active]).hessian
    else:
        found = outcomes_objective(given.design.matrix, given.response, predictors).evaluate(coef).hessian
    assert isinstance(found, DenseHessian)
    array = found.array
    return array if array.shape[0] == active.size else array[np.ix_(active, active)]
