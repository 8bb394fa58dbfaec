"""Strengths of other systems, each against a fit of that system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression

import logitkit as lk
from logitkit.errors import DataError
from tolerances import EXACT, ITERATIVE, REFERENCE

BIRTHS = json.loads((Path(__file__).parents[2] / "references" / "glum" / "births.json").read_text(encoding="utf-8"))
TIGHT = lk.ProxNewton(tol=1e-15)
N, P = 150, 3
NAMES = ["Intercept", "a", "b", "c"]


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    X = 1.0 + rng.normal(size=(N, P)) * [1.0, 2.0, 0.5]
    y = (rng.random(N) < 1.0 / (1.0 + np.exp(1.0 - X[:, 0]))).astype(float)
    return X, y, 1.0 + np.arange(N) % 3


def ours(X: np.ndarray, y: np.ndarray, strength: float, l1_ratio: float, weights: Any = None) -> np.ndarray:
    penalty = lk.ElasticNet(strength, l1_ratio, standardize=False)
    return lk.logit_matrix(sm.add_constant(X), y, NAMES, weights=weights, penalty=penalty, solver=TIGHT).coef.to_numpy()


@pytest.mark.parametrize("C", [0.05, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learn(rows: Any, C: float, weighted: bool) -> None:
    X, y, w = rows
    there = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    there.fit(X, y, sample_weight=w if weighted else None)
    given = {"weights": w} if weighted else {"n_obs": N}
    found = ours(X, y, lk.strength_from("scikit-learn", C, **given), 0.0, w if weighted else None)
    assert_allclose(found, np.r_[there.intercept_, there.coef_[0]], rtol=ITERATIVE)


def test_statsmodels_logit(rows: Any) -> None:
    X, y, _ = rows
    there = sm.Logit(y, sm.add_constant(X)).fit_regularized(
        alpha=np.r_[0.0, np.full(P, 4.0)], disp=0, acc=1e-14, maxiter=10_000, trim_mode="off"
    )
    found = ours(X, y, lk.strength_from("statsmodels Logit", 4.0, n_obs=N), 1.0)
    assert_allclose(found, there.params, rtol=ITERATIVE, atol=EXACT)  # a zero is rounding there


@pytest.mark.parametrize("weighted", [None, "freq_weights", "var_weights"])
@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
def test_statsmodels_glm(rows: Any, weighted: str | None, l1_ratio: float) -> None:
    """With weights, the sum of the losses is still divided by the number of rows there."""
    X, y, w = rows
    own = {} if weighted is None else {weighted: w}
    there = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), **own).fit_regularized(
        alpha=np.r_[0.0, np.full(P, 0.03)], L1_wt=l1_ratio, maxiter=1000, cnvrg_tol=1e-13
    )
    weights = None if weighted is None else w
    found = ours(X, y, lk.strength_from("statsmodels GLM", 0.03, weights=weights), l1_ratio, weights)
    assert_allclose(found, there.params, rtol=ITERATIVE)


@pytest.mark.parametrize("case", BIRTHS["cases"], ids=lambda case: " ".join(map(str, list(case.values())[:3])))
def test_glum(case: dict[str, Any]) -> None:
    """Stored output, with the script beside it."""
    births = lk.datasets.load_lbw()
    weights = 1.0 + np.arange(len(births)) % 3 if case["weighted"] else None
    strength = lk.strength_from("glum", BIRTHS["alpha"], weights=weights)
    penalty = lk.ElasticNet(strength, case["l1_ratio"], standardize=case["scaled"])
    formula = f"low ~ {' + '.join(BIRTHS['columns'])}"
    fit = lk.logit(formula, births, weights=weights, penalty=penalty, solver=TIGHT)
    assert_allclose(fit.coef, case["coef"], rtol=REFERENCE, atol=REFERENCE)


def test_glmnet_is_the_scale_of_ours() -> None:
    """The fits at glmnet's lambda are compared with its stored output in engine/regularised/test_references.py."""
    assert lk.strength_from("glmnet", 0.02) == lk.strength_from("glum", 0.02) == 0.02


def test_an_array_gives_an_array() -> None:
    C = np.array([[0.1, 1.0], [10.0, np.inf]])
    found = lk.strength_from("scikit-learn", C, n_obs=N)
    assert_allclose(found, 1.0 / (C * N), rtol=EXACT)
    assert type(lk.strength_from("scikit-learn", np.float64(2.0), n_obs=N)) is float


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (("sklearn", 1.0), {}, "'sklearn' is not known. Did you mean 'scikit-learn'"),
        ((["glum"], 1.0), {}, "is not known"),
        (("scikit-learn", 1.0), {}, "C of scikit-learn multiplies the sum .* give n_obs="),
        (("statsmodels Logit", 1.0), {}, "alpha of statsmodels Logit multiplies the sum"),
        (("scikit-learn", 0.0), {"n_obs": 5}, "C=0.0 .*positive"),
        (("scikit-learn", np.nan), {"n_obs": 5}, "C=nan .*positive"),
        (("glum", -1.0), {}, "alpha=-1.0 .*not negative"),
        (("glmnet", [0.1, np.inf]), {}, "lambda=.*finite"),
        (("glmnet", "0.1"), {}, "lambda='0.1': give numbers"),
        (("glmnet", True), {}, "lambda=True: give numbers"),
        (("glmnet", [[1.0], [1.0, 2.0]]), {}, "give numbers"),
        (("scikit-learn", 1.0), {"n_obs": 0}, "n_obs=0: give"),
        (("scikit-learn", 1.0), {"n_obs": "5"}, "n_obs='5': give"),
        (("scikit-learn", 1.0), {"n_obs": 2, "weights": [1.0, 1.0]}, "both given"),
        (("scikit-learn", 1.0), {"weights": [1.0, -1.0]}, "weights: give"),
        (("scikit-learn", 1.0), {"weights": [0.0, 0.0]}, "weights: give"),
        (("scikit-learn", 1.0), {"weights": 2.0}, "weights: give"),
        (("statsmodels Logit", 1.0), {"weights": [1.0, 2.0]}, "takes no weights"),
    ],
)
def test_what_cannot_be_converted(given: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.strength_from(*given, **options)
