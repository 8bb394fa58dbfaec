"""The peers that are installed, each as a function of X (with its intercept first) and y that returns coefficients."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable

import numpy as np

Fitter = Callable[[np.ndarray, np.ndarray], np.ndarray]


def glum_with_errors(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit with glum's IRLS without a penalty, and its standard errors."""
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(family="binomial", alpha=0, fit_intercept=True, gradient_tol=1e-8)
    model.fit(X[:, 1:], y)
    model.std_errors(X[:, 1:], y, robust=False)
    return np.r_[model.intercept_, model.coef_]


def sklearn_lbfgs(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit with scikit-learn's L-BFGS without a penalty; no standard errors."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf, solver="lbfgs", tol=1e-6, max_iter=1000)
    model.fit(X[:, 1:], y)
    return np.r_[model.intercept_, model.coef_[0]]


def sklearn_newton(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit with scikit-learn's newton-cholesky without a penalty; no standard errors."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-6, max_iter=100)
    model.fit(X[:, 1:], y)
    return np.r_[model.intercept_, model.coef_[0]]


def statsmodels_logit(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit with statsmodels' Logit by Newton, and its standard errors."""
    import statsmodels.api as sm

    result = sm.Logit(y, X).fit(disp=0)
    result.bse  # noqa: B018 - computed on access
    return np.asarray(result.params)


def installed_peers(large: bool) -> dict[str, Fitter]:
    """Return the peers that can be imported, without statsmodels for the largest work, where it takes half a minute."""
    found: dict[str, Fitter] = {}
    if importlib.util.find_spec("glum"):
        found["glum, with standard errors"] = glum_with_errors
    if importlib.util.find_spec("sklearn"):
        found["scikit-learn lbfgs, no standard errors"] = sklearn_lbfgs
        found["scikit-learn newton-cholesky, no standard errors"] = sklearn_newton
    if not large and importlib.util.find_spec("statsmodels"):
        found["statsmodels Logit, with standard errors"] = statsmodels_logit
    return found


def quiet(fitter: Fitter, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Run a peer without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fitter(X, y)
