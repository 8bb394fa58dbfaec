"""What other Python packages do with a data frame of numbers and factors."""

from __future__ import annotations

from typing import Any

import numpy as np
from contender import Contender
from peers import NEWTON, sklearn_model
from problems import Answer, FrameProblem, PanelProblem
from scipy.sparse import csr_array, hstack

LBFGS = (1e-6, 1e-7, 1e-8)  # looser ones do not reach the objective with many levels


def fit_glum(solver: str) -> Any:
    """Return a fitter that gives glum the frame, whose categoricals it codes without writing them out."""

    def fit(problem: FrameProblem, tol: float) -> Any:
        from glum import GeneralizedLinearRegressor

        model = GeneralizedLinearRegressor(
            family="binomial", alpha=0, drop_first=True, gradient_tol=tol, solver=solver, max_iter=10_000
        )
        model.fit(problem.features, problem.frame["y"])
        if solver != "lbfgs":
            model.std_errors(problem.features, problem.frame["y"], robust=False)
        return model

    return fit


def one_hot(problem: FrameProblem, encoder: Any) -> Any:
    """Return numbers and factors written out as a sparse matrix; the encoder is given codes, its fastest way."""
    numbers = csr_array(problem.frame[problem.numbers].to_numpy())
    codes = np.column_stack([problem.frame[name].cat.codes for name in problem.factors])
    levels = encoder.transform(codes) if hasattr(encoder, "categories_") else encoder.fit_transform(codes)
    return hstack([numbers, levels], format="csr")


def fit_sklearn(solver: str) -> Any:
    """Return a fitter on sparse dummy columns; no standard errors."""

    def fit(problem: FrameProblem, tol: float) -> Any:
        from sklearn.preprocessing import OneHotEncoder

        encoder = OneHotEncoder(drop="first")
        model = sklearn_model(solver, tol)
        model.fit(one_hot(problem, encoder), problem.frame["y"].to_numpy())
        return encoder, model

    return fit


def predict_sklearn(fitted: Any, problem: FrameProblem) -> np.ndarray:
    """Code the rows and predict them."""
    encoder, model = fitted
    return np.asarray(model.predict_proba(one_hot(problem, encoder))[:, 1])


def fit_pyfixest(problem: FrameProblem, tol: float) -> Any:
    """Fit pyfixest's logit, the factors absorbed, and its table."""
    import pyfixest as pf

    absorbed = f" | {' + '.join(problem.factors)}" if problem.factors else ""
    formula = f"y ~ {' + '.join(problem.numbers)}{absorbed}"
    model = pf.feglm(formula, problem.frame, family="logit", vcov="iid", iwls_tol=tol, iwls_maxiter=100)
    model.tidy()
    return model


def fit_statsmodels(problem: FrameProblem, tol: float) -> Any:
    """Go from frame and formula to the text of statsmodels' summary."""
    import statsmodels.formula.api as smf

    result = smf.logit(problem.formula, problem.frame).fit(disp=0, tol=tol)
    result.summary().as_text()
    return result


def _glum_coef(model: Any, problem: FrameProblem) -> Answer:
    del problem
    return Answer(coef=np.r_[model.intercept_, model.coef_])


def _sklearn_coef(fitted: Any, problem: FrameProblem) -> Answer:
    del problem
    return Answer(coef=np.r_[fitted[1].intercept_, fitted[1].coef_[0]])


def _eta(model: Any, problem: FrameProblem) -> Answer:
    del problem
    return Answer(eta=np.asarray(model.predict(type="link")))


def _panel_pyfixest(model: Any, problem: PanelProblem) -> Answer:
    return Answer(coef=model.coef()[problem.numbers].to_numpy())


GLUM = Contender(
    "glum",
    "glum",
    fit_glum("auto"),
    _glum_coef,
    (1e-4, 1e-6, 1e-8),
    errors=True,
    predict=lambda model, problem: model.predict(problem.features),
)
SKLEARN = Contender(
    "scikit-learn lbfgs", "sklearn", fit_sklearn("lbfgs"), _sklearn_coef, LBFGS, predict=predict_sklearn
)
PYFIXEST = Contender(
    "pyfixest, factors absorbed",
    "pyfixest",
    fit_pyfixest,
    _eta,
    (1e-8, 1e-10),
    errors=True,
    predict=lambda model, problem: model.predict(newdata=problem.frame, type="response"),
)
FRAME = [
    GLUM,
    PYFIXEST,
    SKLEARN,
    Contender("scikit-learn newton-cholesky", "sklearn", fit_sklearn("newton-cholesky"), _sklearn_coef, NEWTON),
]
WIDE = [Contender("glum lbfgs", "glum", fit_glum("lbfgs"), _glum_coef, LBFGS), PYFIXEST, SKLEARN]
SMALL = [
    Contender(
        "statsmodels Logit",
        "statsmodels",
        fit_statsmodels,
        lambda m, _: Answer(coef=m.params.to_numpy()),
        (1e-8,),
        True,
    ),
    GLUM,
    Contender("pyfixest", "pyfixest", fit_pyfixest, lambda m, _: Answer(coef=m.coef().to_numpy()), (1e-8, 1e-10), True),
]
PANEL = [
    Contender("pyfixest, absorbed", "pyfixest", fit_pyfixest, _panel_pyfixest, (1e-8, 1e-10), errors=True),
]
