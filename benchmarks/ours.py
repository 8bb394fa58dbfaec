"""The work as logitkit does it."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from contender import Contender
from problems import SEED, Answer, FrameProblem, GroupsProblem, MatrixProblem, PanelProblem, RefitProblem

import logitkit as lk
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.sums import ProductSums
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.numerics.threads.blas import single_threaded_blas

NAME = "logitkit"


def fit_matrix(problem: MatrixProblem, tol: float) -> lk.Fit:
    """Fit, with standard errors."""
    del tol
    fit = lk.logit_matrix(problem.X, problem.y, problem.names)
    fit.std_error  # noqa: B018 - computed on access
    return fit


def fit_alone(problem: MatrixProblem, tol: float) -> lk.Fit:
    """Fit the coefficients alone."""
    return lk.logit_matrix(problem.X, problem.y, problem.names, vcov=False, solver=lk.Newton(tol=tol))


def fit_frame(problem: FrameProblem, tol: float) -> lk.Fit:
    """Go from frame and formula to the text of the summary."""
    del tol
    fit = lk.logit(problem.formula, problem.frame)
    str(fit.summary())
    return fit


def fit_absorbed(problem: PanelProblem, tol: float) -> lk.Fit:
    """Fit with an intercept a level, eliminated, to the text of the summary."""
    del tol
    fit = lk.logit("y ~ " + " + ".join(problem.numbers), problem.frame, absorb=problem.factors[0])  # type: ignore[call-arg]
    str(fit.summary())
    return fit


def fit_sparse_ridge(problem: MatrixProblem, tol: float) -> Solution:
    """Solve a ridge problem with the engine: the Hessian known by its products, the penalty within the objective."""
    matrix, response, family = sparse_matrix(problem.X), Response(problem.y), Binomial()
    products = ProductSums(matrix, Objective(matrix, response, family, _no_sums(matrix)).multiply)
    ridge = Quadratic(np.full(matrix.n_columns, problem.strength))
    objective = Objective(matrix, response, family, sums=products, quadratic=ridge)
    with single_threaded_blas():  # as every fit does: threads live as long as it
        return Newton(tol=tol).solve(objective, np.zeros(matrix.n_columns))


def _no_sums(matrix: Any) -> ProductSums:
    """Return sums that are never asked for, so that the objective that multiplies plans no array of p by p."""
    return ProductSums(matrix, lambda _, vector: vector)


def fit_bootstrap(problem: RefitProblem, tol: float) -> Any:
    """Fit once, and again to every replicate."""
    del tol
    fit = lk.logit_matrix(problem.X, problem.y, problem.names)
    return fit.bootstrap(problem.replicates, seed=SEED)


def fit_groups(problem: GroupsProblem, tol: float) -> Any:
    """Fit every group, from one frame."""
    del tol
    return lk.logit_by(problem.formula, problem.frame, by="g")


def _coef(model: Any, problem: Any) -> Answer:
    del problem
    return Answer(coef=np.asarray(model.coef, dtype=float))


def _numbers(model: Any, problem: PanelProblem) -> Answer:
    return Answer(coef=model.coef[problem.numbers].to_numpy())


def _no_absorb() -> str | None:
    return None if "absorb" in inspect.signature(lk.logit).parameters else "`absorb=` is not part of this version"


MATRIX = Contender(NAME, "logitkit", fit_matrix, _coef, errors=True)
ALONE = Contender(NAME, "logitkit", fit_alone, _coef, (1e-2, 1e-4, 1e-6, 1e-8))
FRAME = Contender(
    NAME, "logitkit", fit_frame, _coef, errors=True, predict=lambda fit, problem: fit.predict(problem.frame)
)
SPARSE = Contender(NAME, "logitkit", fit_sparse_ridge, _coef, (1e-2, 1e-4, 1e-8))
BOOTSTRAP = Contender(NAME, "logitkit", fit_bootstrap, lambda found, _: Answer(coef=found.replicates))
GROUPS = Contender(NAME, "logitkit", fit_groups, _coef, errors=True)
ABSORBED = Contender(NAME, "logitkit", fit_absorbed, _numbers, errors=True, absent=_no_absorb)
AS_FACTOR = Contender("logitkit, the levels as a factor", "logitkit", fit_frame, _numbers, errors=True)
