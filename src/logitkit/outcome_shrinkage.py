"""What a penalty leaves of inference for several outcomes: the covariance of the posterior, or none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from logitkit.curvature.hessian import DenseHessian
from logitkit.curvature.vcov import DenseVcov, Vcov, WithheldVcov, vcov_of
from logitkit.outcome_problem import ShrunkenOutcomes
from logitkit.penalties.penalty import Penalty
from logitkit.record import Covariance
from logitkit.shrinkage import NO_DESIGN_INFERENCE, NO_L1_INFERENCE, TOO_WIDE
from logitkit.stacked import StackedObjective
from logitkit.typing import FloatArray, IntArray

__all__ = ["INFERENCE_MOST", "outcome_covariance"]

INFERENCE_MOST = 2_500  # coefficients whose covariance is computed


def outcome_covariance(given: ShrunkenOutcomes, penalty: Penalty, coef: FloatArray) -> tuple[Vcov, str, str, float]:
    """Return covariance, its kind and label, and the effective degrees of freedom.

    Parameters
    ----------
    given : ShrunkenOutcomes
        The problem.
    penalty : Penalty
        At the strength of the solution.
    coef : (q,) array
        The solution, as given.

    Returns
    -------
    vcov : Vcov
        Of the posterior, or withheld.
    kind, label : str
        As the record has them.
    dof : float
        nan where it is not computed.
    """
    problem, response = given.problem, given.response
    strengths, q = problem.strengths, coef.size
    ridge, prior = penalty.l2 * strengths.scale**2, strengths.quadratic
    smooth = penalty.smooth
    active = np.flatnonzero(~penalty.held) if smooth else np.flatnonzero((coef != 0.0) | strengths.whole.free)
    withheld = Covariance.withheld(NO_L1_INFERENCE)
    curved = bool(ridge[active].any()) or prior is not None
    if not smooth and not curved:
        return WithheldVcov(q, NO_L1_INFERENCE), *withheld, float(active.size)
    if active.size > INFERENCE_MOST:
        return WithheldVcov(q, TOO_WIDE if smooth else NO_L1_INFERENCE), *Covariance.withheld(TOO_WIDE), math.nan
    information = _information(given, coef, active)
    added = np.diag(ridge[active])
    if prior is not None:
        full = np.diag(prior.strengths) if prior.strengths.ndim == 1 else prior.strengths
        added = added + full[np.ix_(active, active)]
    vcov = vcov_of(DenseHessian(information + added))
    dof = float(np.sum(vcov.array() * information))
    if not smooth:
        return WithheldVcov(q, NO_L1_INFERENCE), *withheld, dof
    if response.clusters is not None or response.weight_kind == "sampling":
        return WithheldVcov(q, NO_DESIGN_INFERENCE), *Covariance.withheld(NO_DESIGN_INFERENCE), dof
    if active.size < q:  # a coefficient that is held does not vary
        whole = np.zeros((q, q))
        whole[np.ix_(active, active)] = vcov.array()
        vcov = DenseVcov(whole)
    return vcov, "posterior", "of the posterior at its mode, given the strength of the penalty", dof


def _information(given: ShrunkenOutcomes, coef: FloatArray, active: IntArray) -> FloatArray:
    """Return second derivatives of the negative log-likelihood by some coefficients, at all of them."""
    problem = given.problem
    layout = problem.layout
    columns, own = np.unique(problem.stacked.place[active] % layout.n_columns, return_inverse=True)
    if columns.size < layout.n_columns:  # the others are zero
        outcome = problem.stacked.place[active] // layout.n_columns
        basis = np.zeros((layout.active.size * columns.size, active.size))
        basis[outcome * columns.size + own, np.arange(active.size)] = 1.0
        part = replace(layout.of_columns(columns.size), basis=basis)
        objective = StackedObjective(given.design.matrix.columns(columns), given.response, part)
        found = objective.evaluate(coef[active]).hessian
    else:
        found = StackedObjective(given.design.matrix, given.response, layout).evaluate(coef).hessian
    assert isinstance(found, DenseHessian)
    array = found.array
    return array if array.shape[0] == active.size else array[np.ix_(active, active)]
