r"""What a penalty leaves of inference: the covariance of the posterior, or none, and the degrees of freedom.

After a penalty with corners or bounds there is no covariance, because the sampling distribution of the estimate is not
near a normal one. After squares only, the inverse of the penalised information is the covariance of the posterior at
its mode, and is named so. Degrees of freedom are those of equation 21 of ``docs/maths/penalties.md``; of a group lasso,
the coefficients that are not zero.
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.curvature.hessian import DenseHessian, Hessian
from logitkit.curvature.vcov import CELLS_MOST, DenseVcov, Vcov, WithheldVcov, vcov_of
from logitkit.objective import Objective
from logitkit.penalised_problem import Shrunken
from logitkit.penalties.penalty import Penalty
from logitkit.record import Covariance
from logitkit.solvers.choose import DENSE_MOST
from logitkit.typing import FloatArray

__all__ = ["NO_DESIGN_INFERENCE", "NO_L1_INFERENCE", "TOO_WIDE", "covariance_of"]

NO_L1_INFERENCE = (
    "After a penalty that chooses coefficients there are no standard errors, intervals or p-values: the choice was "
    "made with the same data. Fit the chosen columns to other rows without a penalty, or use a ridge for a posterior."
)
NO_DESIGN_INFERENCE = (
    "With a penalty and sampling weights or clusters no covariance is offered: the posterior assumes independent rows."
)
TOO_WIDE = "The covariance of so many coefficients is not computed."


def covariance_of(
    given: Shrunken, penalty: Penalty, coef: FloatArray, known: DenseHessian | None = None
) -> tuple[Vcov, str, str, float]:
    """Return covariance, its kind and label, and the effective degrees of freedom.

    Parameters
    ----------
    given : Shrunken
        The problem.
    penalty : Penalty
        At the strength of the solution.
    coef : (p,) array
        The solution, for the columns as given.
    known : DenseHessian, optional
        Second derivatives of the objective with its penalty there, where the solver has them.

    Returns
    -------
    vcov : Vcov
        Of the posterior, or withheld.
    kind, label : str
        As the record has them.
    dof : float
        nan where it is not computed.
    """
    if penalty.smooth:
        return _posterior(given, penalty, coef, known)
    design, strengths = given.design, given.problem.strengths
    p, prior = coef.size, strengths.quadratic
    withheld = WithheldVcov(p, NO_L1_INFERENCE), *Covariance.withheld(NO_L1_INFERENCE)
    active = np.flatnonzero((coef != 0.0) | strengths.whole.free)
    ridge = (penalty.l2 * strengths.scale**2)[active]
    if prior is None and not ridge.any():
        return *withheld, float(active.size)
    if active.size > DENSE_MOST:
        return *withheld, math.nan
    added = np.diag(ridge)
    if prior is not None:
        full = np.diag(prior.strengths) if prior.strengths.ndim == 1 else prior.strengths
        added = added + full[np.ix_(active, active)]
    matrix = design.matrix if active.size == p else design.matrix.columns(active)
    here = Objective(matrix, design.response, given.family).evaluate(coef[active])
    assert isinstance(here.hessian, DenseHessian)
    inverse = vcov_of(DenseHessian(here.hessian.array + added)).array()
    return *withheld, float(np.sum(inverse * here.hessian.array))


def _posterior(
    given: Shrunken, penalty: Penalty, coef: FloatArray, known: DenseHessian | None
) -> tuple[Vcov, str, str, float]:
    """Return what ``covariance_of`` does after squares only."""
    problem, response, p = given.problem.smooth, given.design.response, coef.size
    active = problem.active
    quadratic = problem.quadratic(penalty)
    found = problem.row_space(quadratic)
    vcov: Vcov
    if found is not None:
        vcov, dof = found[0].posterior(coef[active], found[1])
        if active.size < p:
            vcov = vcov.among(p, active)
    elif problem.by_products:
        return WithheldVcov(p, TOO_WIDE), *Covariance.withheld(TOO_WIDE), math.nan
    else:
        hessian: Hessian | None = known
        if hessian is None:
            hessian = problem.objective(quadratic).evaluate(coef[active]).hessian
        assert hessian is not None
        vcov = vcov_of(hessian)
        if quadratic.strengths.ndim == 1:
            dof = active.size - float(vcov.diagonal() @ quadratic.strengths)
        else:
            dof = active.size - float(np.sum(vcov.array() * quadratic.strengths))
        if active.size < p and p**2 > CELLS_MOST:
            return WithheldVcov(p, TOO_WIDE), *Covariance.withheld(TOO_WIDE), dof
        if active.size < p:  # a coefficient that is held does not vary
            whole = np.zeros((p, p))
            whole[np.ix_(active, active)] = vcov.array()
            vcov = DenseVcov(whole)
    if response.clusters is not None or response.weight_kind == "sampling":
        return WithheldVcov(p, NO_DESIGN_INFERENCE), *Covariance.withheld(NO_DESIGN_INFERENCE), dof
    return vcov, "posterior", "of the posterior at its mode, given the strength of the penalty", dof
