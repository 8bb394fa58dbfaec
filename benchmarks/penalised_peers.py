"""What other Python packages do with penalised problems.

liblinear penalises its intercept, and celer has none: both are given a constant column so large that the penalty of
its coefficient counts for nothing. celer and skglm call BLAS for a column at a time, and are faster with one thread.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from contender import Contender
from peers import sklearn_model
from penalised_problems import PenalisedFrame, PenalisedMatrix
from problems import Answer
from scipy.sparse import csc_array, hstack, issparse
from threadpoolctl import threadpool_limits

CONSTANT = 1e3


def fit_glum_path(problem: PenalisedMatrix, tol: float) -> Any:
    """Fit glum's path."""
    return _glum(problem, tol, alpha=list(problem.strengths), alpha_search=True).fit(problem.by_columns, problem.y)


def fit_glum_one(problem: PenalisedMatrix, tol: float) -> Any:
    """Fit glum at one strength."""
    return _glum(problem, tol, alpha=float(problem.strengths[0])).fit(problem.by_columns, problem.y)


def fit_glum_frame(problem: PenalisedFrame, tol: float) -> Any:
    """Fit glum's path to the frame, whose categoricals it codes without writing them out."""
    model = _glum(
        problem, tol, alpha=list(problem.strengths), alpha_search=True, scale_predictors=True, drop_first=True
    )
    return model.fit(problem.features, problem.frame["y"])


def _glum(problem: PenalisedMatrix | PenalisedFrame, tol: float, **options: Any) -> Any:
    from glum import GeneralizedLinearRegressor

    return GeneralizedLinearRegressor(
        family="binomial", l1_ratio=problem.l1_ratio, gradient_tol=tol, max_iter=10_000, **options
    )


def fit_celer(problem: PenalisedMatrix, tol: float) -> np.ndarray:
    """Fit celer's path, of one strength or many."""
    from celer import celer_path

    with threadpool_limits(1, user_api="blas"):
        _, coef, _ = celer_path(
            _with_constant(problem),
            2.0 * problem.y - 1.0,
            "logreg",
            alphas=problem.strengths * problem.y.size,
            tol=tol,
            max_iter=100,
            use_PN=True,
        )
    if problem.intercept:
        coef[0] *= CONSTANT
    return np.asarray(coef.T)


def _with_constant(problem: PenalisedMatrix) -> Any:
    """Return the columns after a large constant one, if there is an intercept, laid out once."""
    if not problem.intercept:
        return problem.by_columns
    kept = problem.__dict__
    if "with_constant" not in kept:
        first, columns = np.full((problem.y.size, 1), CONSTANT), problem.by_columns
        made = csc_array(hstack([first, columns])) if issparse(columns) else np.hstack([first, columns])
        kept["with_constant"] = made if issparse(made) else np.asfortranarray(made)
    return kept["with_constant"]


def fit_skglm(problem: PenalisedMatrix, tol: float) -> Any:
    """Fit skglm at one strength."""
    from skglm import SparseLogisticRegression

    with threadpool_limits(1, user_api="blas"):
        model = SparseLogisticRegression(
            alpha=float(problem.strengths[0]), tol=tol, max_iter=100, fit_intercept=problem.intercept
        )
        return model.fit(problem.by_columns, problem.y)


def fit_liblinear(problem: PenalisedMatrix, tol: float) -> np.ndarray:
    """Fit scikit-learn's liblinear at each strength."""
    found = []
    for strength in problem.strengths:
        model = sklearn_model(
            "liblinear",
            tol,
            l1_ratio=1.0,
            C=1.0 / (strength * problem.y.size),
            fit_intercept=problem.intercept,
            intercept_scaling=CONSTANT,
            random_state=0,
        ).fit(problem.by_rows, problem.y)
        found.append(_coef(model, problem))
    return np.array(found)


def fit_sklearn(solver: str) -> Any:
    """Return a fitter by another of scikit-learn's solvers, at one strength."""

    def fit(problem: PenalisedMatrix, tol: float) -> Any:
        inverse = 1.0 / (float(problem.strengths[0]) * problem.y.size)
        model = sklearn_model(solver, tol, l1_ratio=problem.l1_ratio, C=inverse, random_state=0)
        return model.fit(problem.by_rows, problem.y)

    return fit


def _by_rows(problem: PenalisedMatrix) -> Any:
    return problem.by_rows


def _by_columns(problem: PenalisedMatrix) -> Any:
    return problem.by_columns


def _array(model: np.ndarray, problem: Any) -> Answer:
    del problem
    return Answer(coef=model)


def _linear(model: Any, problem: Any) -> Answer:
    return Answer(coef=np.atleast_2d(_coef(model, problem)))


def _coef(model: Any, problem: PenalisedMatrix) -> np.ndarray:
    coef = np.ravel(model.coef_)
    return np.r_[np.ravel(model.intercept_), coef] if problem.intercept else coef


def _glum_path(model: Any, problem: Any) -> Answer:
    del problem
    return Answer(coef=np.column_stack([model.intercept_path_, model.coef_path_]))


GLUM_GAPS = (1e-3, 1e-4, 1e-5)
LIBLINEAR = Contender(
    "scikit-learn liblinear, constant column",
    "sklearn",
    fit_liblinear,
    _array,
    (1e-2, 1e-3, 1e-4, 1e-5),
    prepare=_by_rows,
)
CELER = Contender(
    "celer, constant column", "celer", fit_celer, _array, (1e-2, 1e-3, 1e-4, 1e-5), prepare=_with_constant
)
PATH = (Contender("glum", "glum", fit_glum_path, _glum_path, GLUM_GAPS, prepare=_by_columns),)
# It compiles anew in every process.
SKGLM = Contender("skglm", "skglm", fit_skglm, _linear, (1e-2, 1e-3, 1e-4, 1e-5), prepare=_by_columns, more=30.0)
ONE = (
    Contender("glum", "glum", fit_glum_one, _linear, GLUM_GAPS, prepare=_by_columns),
    SKGLM,
    LIBLINEAR,
    Contender("scikit-learn saga", "sklearn", fit_sklearn("saga"), _linear, (1e-3, 1e-4, 1e-5), prepare=_by_rows),
)
WITHOUT = (replace(CELER, name="celer"), SKGLM, replace(LIBLINEAR, name="scikit-learn liblinear"))
WORDS = (replace(CELER, more=45.0), replace(LIBLINEAR, more=45.0))
FRAME_PATH = (Contender("glum", "glum", fit_glum_frame, _glum_path, (1e-3, 1e-4), more=105.0),)
RIDGE = (
    Contender("glum", "glum", fit_glum_one, _linear, GLUM_GAPS, prepare=_by_columns, more=15.0),
    *(
        Contender(
            f"scikit-learn {solver}", "sklearn", fit_sklearn(solver), _linear, tolerances, prepare=_by_rows, more=15.0
        )
        for solver, tolerances in (
            ("lbfgs", (1e-3, 1e-4, 1e-5, 1e-6)),
            ("newton-cholesky", (1e-2, 1e-4, 1e-6)),
        )
    ),
)
