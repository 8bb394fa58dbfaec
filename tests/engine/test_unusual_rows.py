"""Rows and data that a quick way must not treat otherwise than the long one: without weight, written into, reused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError


def table(n: int = 1_500) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=n), rng.exponential(size=n) * 3.0
    return pd.DataFrame({"x": x, "w": w, "y": (rng.random(n) < 1.0 / (1.0 + np.exp(-x))).astype(int)})


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("n", [50, 30_000])
def test_a_row_without_weight_must_be_numbers_too(value: float, n: int) -> None:
    data = table(n)
    X, weights = np.column_stack([np.ones(n), data["x"]]), np.ones(n)
    X[3, 1], weights[3] = value, 0.0
    with pytest.raises(DataError, match="row 3"):
        lk.logit_matrix(X, data["y"].to_numpy(), ["Intercept", "x"], weights=weights)


def test_a_lasso_of_which_few_rows_have_weight() -> None:
    """The rows of positive weight are none of those that a sample draws."""
    rng, n, p = np.random.default_rng(1), 60_000, 20
    X = np.column_stack([np.ones(n), rng.normal(size=(n, p - 1))])
    y = (rng.random(n) < 0.5).astype(float)
    kept = np.setdiff1d(np.arange(n), np.random.default_rng(0).integers(0, n, n // 16))[:400]
    weights = np.zeros(n)
    weights[kept] = 1.0
    names = ["Intercept", *(f"x{j}" for j in range(1, p))]
    whole = lk.logit_matrix(X, y, names, weights=weights, penalty=lk.Lasso(strength=0.05))
    few = lk.logit_matrix(X[kept], y[kept], names, penalty=lk.Lasso(strength=0.05))
    # Each is within a duality gap of 1e-7 of the loss, and coefficients within about the root of that.
    assert_allclose(whole.coef, few.coef, atol=1e-4)


def test_degrees_of_freedom_are_of_the_columns_as_they_were() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(400, 5))
    X[:, 0] = 1.0
    y = (rng.random(400) < 1.0 / (1.0 + np.exp(-X @ [0.2, 1.0, -1.0, 1.0, -1.0]))).astype(float)
    fit = lk.logit_matrix(X, y, ["Intercept", "a", "b", "c", "d"], penalty=lk.Lasso(strength=0.01))
    X[:] = X[:, :1]
    assert fit.penalty.dof == 5.0


def test_a_function_that_writes_into_its_argument_changes_no_weights() -> None:
    data = table()

    def cap(values: pd.Series) -> pd.Series:
        values[values > 2.0] = 2.0
        return values

    before = data.copy(deep=True)
    written = lk.logit("y ~ x + cap(w)", data, weights="w", weight_kind="precision")
    clipped = lk.logit("y ~ x + w.clip(None, 2.0)", before, weights="w", weight_kind="precision")
    assert_allclose(written.coef.to_numpy(), clipped.coef.to_numpy(), rtol=1e-12)
    assert written.n_obs == clipped.n_obs
    pd.testing.assert_frame_equal(data, before)


def test_an_accuracy_that_a_loose_tolerance_does_not_reach_is_not_stated() -> None:
    rng, n = np.random.default_rng(0), 100_000
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 19))])
    X[:, 7] = 0.0
    X[rng.integers(0, n, 40), 7] = 1.0
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ (0.3 * rng.normal(size=20))))).astype(float)
    names = ["Intercept", *(f"x{j}" for j in range(1, 20))]
    exact = lk.logit_matrix(X, y, names, solver=lk.Newton(tol=1e-12)).std_error
    for tol in (1e-2, 1e-8):
        fit = lk.logit_matrix(X, y, names, solver=lk.Newton(tol=tol))
        stated = " ".join(str(fit.summary()).split()).partition("accurate to ")[2].partition(". ")[0]
        assert_allclose(fit.std_error, exact, rtol=float(stated))
