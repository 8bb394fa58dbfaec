"""What other Python packages do with a matrix, dense or sparse: once, again and again, and group by group."""

from __future__ import annotations

from typing import Any

import numpy as np
from contender import Contender
from problems import Answer, GroupsProblem, MatrixProblem, RefitProblem

LBFGS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
NEWTON = (1e-4, 1e-6, 1e-8)


def sklearn_model(solver: str, tol: float, **options: Any) -> Any:
    """Return scikit-learn's model, without a penalty or a limit that counts unless one is given."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver=solver, tol=tol, **{"C": np.inf, "max_iter": 10_000, **options})


def fit_sklearn(solver: str) -> Any:
    """Return a fitter by one of scikit-learn's solvers, which gives no standard errors."""

    def fit(problem: MatrixProblem, tol: float) -> Any:
        return sklearn_model(solver, tol).fit(problem.X[:, 1:], problem.y)

    return fit


def fit_sklearn_ridge(solver: str) -> Any:
    """Return a fitter with a penalty and without an intercept."""

    def fit(problem: MatrixProblem, tol: float) -> Any:
        model = sklearn_model(solver, tol, C=1.0 / problem.strength, fit_intercept=False)
        return model.fit(problem.X, problem.y)

    return fit


def read_linear(model: Any, problem: MatrixProblem) -> Answer:
    """Return the coefficients, the intercept first where the problem has one."""
    coef = np.ravel(model.coef_)
    return Answer(coef=coef if coef.size == problem.X.shape[1] else np.r_[np.ravel(model.intercept_), coef])


def fit_glum(problem: MatrixProblem, tol: float) -> Any:
    """Fit with glum, and its standard errors."""
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(family="binomial", alpha=0, gradient_tol=tol)
    model.fit(problem.X[:, 1:], problem.y)
    model.std_errors(problem.X[:, 1:], problem.y, robust=False)
    return model


def fit_glum_ridge(problem: MatrixProblem, tol: float) -> Any:
    """Fit with glum's L-BFGS, the one of its solvers that forms no Hessian."""
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(
        family="binomial",
        alpha=problem.strength / problem.y.size,
        l1_ratio=0,
        fit_intercept=False,
        solver="lbfgs",
        gradient_tol=tol,
        max_iter=10_000,
    )
    return model.fit(problem.X, problem.y)


def fit_statsmodels(problem: MatrixProblem, tol: float) -> Any:
    """Fit statsmodels' Logit by Newton's method, and its standard errors."""
    import statsmodels.api as sm

    result = sm.Logit(problem.y, problem.X).fit(disp=0, tol=tol)
    result.bse  # noqa: B018 - computed on access
    return result


def fit_statsmodels_glm(problem: MatrixProblem, tol: float) -> Any:
    """Fit statsmodels' GLM by its IRLS, and its standard errors."""
    import statsmodels.api as sm

    result = sm.GLM(problem.y, problem.X, family=sm.families.Binomial()).fit(tol=tol)
    result.bse  # noqa: B018 - computed on access
    return result


def refits_statsmodels(problem: RefitProblem, tol: float) -> np.ndarray:
    """Fit statsmodels' Logit to the rows of each draw."""
    import statsmodels.api as sm

    X, y = problem.X, problem.y
    return np.array([sm.Logit(y[rows], X[rows]).fit(disp=0, tol=tol).params for rows in problem.draws])


def refits_sklearn(problem: RefitProblem, tol: float) -> np.ndarray:
    """Fit scikit-learn's newton-cholesky to the rows of each draw."""
    X, y, model = problem.X[:, 1:], problem.y, sklearn_model("newton-cholesky", tol)
    found = []
    for rows in problem.draws:
        model.fit(X[rows], y[rows])
        found.append(np.r_[model.intercept_, model.coef_[0]])
    return np.array(found)


def groups_statsmodels(problem: GroupsProblem, tol: float) -> np.ndarray:
    """Fit statsmodels' Logit to each group of the subset, with standard errors."""
    import statsmodels.api as sm

    found = []
    for X, y in map(problem.group, range(problem.subset)):
        result = sm.Logit(y, X).fit(disp=0, tol=tol)
        result.bse  # noqa: B018 - computed on access
        found.append(result.params)
    return np.array(found)


def groups_sklearn(problem: GroupsProblem, tol: float) -> np.ndarray:
    """Fit scikit-learn's newton-cholesky to each group of the subset."""
    model, found = sklearn_model("newton-cholesky", tol), []
    for X, y in map(problem.group, range(problem.subset)):
        model.fit(X[:, 1:], y)
        found.append(np.r_[model.intercept_, model.coef_[0]])
    return np.array(found)


def _array(model: np.ndarray, problem: Any) -> Answer:
    del problem
    return Answer(coef=model)


def _params(model: Any, problem: Any) -> Answer:
    del problem
    return Answer(coef=np.asarray(model.params))


def _subset(problem: GroupsProblem) -> float:
    return problem.n_groups / problem.subset


MATRIX = [
    Contender("glum", "glum", fit_glum, read_linear, (1e-4, 1e-6, 1e-8), errors=True),
    Contender("scikit-learn lbfgs", "sklearn", fit_sklearn("lbfgs"), read_linear, LBFGS),
    Contender("scikit-learn newton-cholesky", "sklearn", fit_sklearn("newton-cholesky"), read_linear, NEWTON),
    Contender("statsmodels Logit", "statsmodels", fit_statsmodels, _params, (1e-8,), errors=True),
    Contender("statsmodels GLM", "statsmodels", fit_statsmodels_glm, _params, (1e-8,), errors=True),
]
SPARSE = [
    Contender("scikit-learn lbfgs", "sklearn", fit_sklearn_ridge("lbfgs"), read_linear, LBFGS),
    Contender("scikit-learn newton-cg", "sklearn", fit_sklearn_ridge("newton-cg"), read_linear, LBFGS),
    Contender("glum lbfgs", "glum", fit_glum_ridge, read_linear, (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)),
]
BOOTSTRAP = [
    Contender("statsmodels Logit, a loop", "statsmodels", refits_statsmodels, _array, (1e-8,)),
    Contender("scikit-learn newton-cholesky, a loop", "sklearn", refits_sklearn, _array, NEWTON),
]
GROUPS = [
    Contender(
        "statsmodels Logit, a loop", "statsmodels", groups_statsmodels, _array, (1e-8,), errors=True, part=_subset
    ),
    Contender("scikit-learn newton-cholesky, a loop", "sklearn", groups_sklearn, _array, NEWTON, part=_subset),
]
