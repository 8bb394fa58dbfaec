"""What other Python packages do with several outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from contender import Contender
from frame_peers import one_hot
from outcome_problems import OutcomeFrame, OutcomeMatrix
from peers import LBFGS, NEWTON, sklearn_model
from problems import Answer
from threadpoolctl import threadpool_limits

ITERATIONS = (10.0, 30.0, 100.0, 300.0, 1000.0)
EPOCHS = (1.0, 3.0, 10.0, 30.0, 100.0)


def fit_sklearn(solver: str) -> Callable[[OutcomeMatrix, float], Any]:
    """Return a fitter without a penalty, by one of scikit-learn's solvers, which gives no standard errors."""
    return lambda problem, tol: sklearn_model(solver, tol).fit(problem.by_rows, problem.y)


def fit_sklearn_frame(solver: str) -> Callable[[OutcomeFrame, float], Any]:
    """Return the same on sparse dummy columns, which are part of the work."""

    def fit(problem: OutcomeFrame, tol: float) -> Any:
        from sklearn.preprocessing import OneHotEncoder

        return sklearn_model(solver, tol).fit(one_hot(problem, OneHotEncoder(drop="first")), problem.y)

    return fit


def fit_sklearn_ridges(solver: str, counted: bool = False) -> Callable[[OutcomeMatrix, float], list[Any]]:
    """Return a fitter at each strength; with ``counted`` what it is given for a tolerance is how many iterations."""

    def fit(problem: OutcomeMatrix, tol: float) -> list[Any]:
        stop = {"tol": 1e-12, "max_iter": int(tol)} if counted else {"tol": tol}
        return [
            sklearn_model(solver, C=1.0 / (strength * problem.y.size), random_state=0, **stop).fit(
                problem.by_rows, problem.y
            )
            for strength in problem.strengths
        ]

    return fit


def on_one_thread(fit: Callable[[OutcomeMatrix, float], Any]) -> Callable[[OutcomeMatrix, float], Any]:
    """Return a fitter that has one BLAS thread."""

    def alone(problem: OutcomeMatrix, tol: float) -> Any:
        with threadpool_limits(1, user_api="blas"):
            return fit(problem, tol)

    return alone


def fit_statsmodels(problem: OutcomeMatrix, tol: float) -> Any:
    """Fit statsmodels' MNLogit by Newton's method, and its standard errors."""
    import statsmodels.api as sm

    result = sm.MNLogit(problem.y, problem.X).fit(method="newton", disp=0, tol=tol, maxiter=100)
    result.bse  # noqa: B018 - computed on access
    return result


def fit_statsmodels_frame(problem: OutcomeFrame, tol: float) -> Any:
    """Go from the frame by dense dummy columns to the text of statsmodels' summary."""
    import statsmodels.api as sm

    X = pd.get_dummies(problem.features, drop_first=True, dtype=float)
    X.insert(0, "const", 1.0)
    result = sm.MNLogit(problem.y, X).fit(method="newton", disp=0, tol=tol, maxiter=100)
    result.summary().as_text()
    return result


def _table(model: Any) -> np.ndarray:
    return np.column_stack([model.intercept_, model.coef_])


def _linear(model: Any, problem: Any) -> Answer:
    del problem
    return Answer(coef=_table(model))


def _linears(models: list[Any], problem: Any) -> Answer:
    del problem
    return Answer(coef=np.stack([_table(model) for model in models]))


def _params(model: Any, problem: Any) -> Answer:
    del problem
    coef = np.asarray(model.params).T
    return Answer(coef=np.vstack([np.zeros(coef.shape[1]), coef]))


def _by_rows(problem: OutcomeMatrix) -> Any:
    return problem.by_rows


STATSMODELS = Contender("statsmodels MNLogit", "statsmodels", fit_statsmodels, _params, (1e-8,), errors=True)
MATRIX = (
    Contender("scikit-learn lbfgs", "sklearn", fit_sklearn("lbfgs"), _linear, LBFGS, prepare=_by_rows),
    Contender(
        "scikit-learn newton-cholesky", "sklearn", fit_sklearn("newton-cholesky"), _linear, NEWTON, prepare=_by_rows
    ),
    STATSMODELS,
)
SMALL = (STATSMODELS,)
MANY = MATRIX[:1]
FRAME = (
    Contender("scikit-learn lbfgs", "sklearn", fit_sklearn_frame("lbfgs"), _linear, LBFGS, more=60.0),
    Contender(
        "scikit-learn newton-cholesky", "sklearn", fit_sklearn_frame("newton-cholesky"), _linear, NEWTON, more=60.0
    ),
    Contender("statsmodels MNLogit", "statsmodels", fit_statsmodels_frame, _params, (1e-8,), errors=True, more=60.0),
)
DIGITS = tuple(
    Contender(name, "sklearn", fit, _linears, (1e-3, 1e-4, 1e-5, 3e-6, 1e-6), prepare=_by_rows, more=60.0)
    for name, fit in (
        ("scikit-learn lbfgs", fit_sklearn_ridges("lbfgs")),
        ("scikit-learn lbfgs, one BLAS thread", on_one_thread(fit_sklearn_ridges("lbfgs"))),
    )
)
WORDS = tuple(
    Contender(
        f"scikit-learn {solver}",
        "sklearn",
        fit_sklearn_ridges(solver, counted=True),
        _linears,
        counts,
        prepare=_by_rows,
        more=more,
    )
    for solver, counts, more in (("lbfgs", ITERATIONS, 90.0), ("saga", EPOCHS, 130.0))
)
