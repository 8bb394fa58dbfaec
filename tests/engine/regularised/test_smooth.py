"""Ridges of so many coefficients that they are solved by L-BFGS, judged by their score equations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

import logitkit as lk
from logitkit.engine.regularised.smooth import NEWTON_MOST
from tolerances import ITERATIVE


@pytest.mark.parametrize("standardize", [True, False])
def test_an_intercept_without_penalty_leaves_the_preconditioner_finite(standardize):
    rng = np.random.default_rng(1)
    n, p, k = 400, 450, 6
    X = np.column_stack([np.ones(n), rng.random((n, p)) ** 3])
    y = rng.integers(0, k, n)
    assert k * (p + 1) > NEWTON_MOST
    # Warnings are errors here: a scale of the intercept that overflows would end the test.
    fit = lk.multinomial_matrix(
        X, y, ["Intercept", *(f"x{j}" for j in range(p))], penalty=lk.Ridge(0.01, standardize=standardize)
    )
    residual = (y[:, None] == np.arange(k)) - softmax(X @ fit.coef.to_numpy(), axis=1)
    spread = X[:, 1:].std(axis=0)[:, None] if standardize else 1.0
    left = X.T @ residual / n
    left[1:] -= 0.01 * spread**2 * fit.coef.to_numpy()[1:]
    # A gap of 1e-12 leaves gradients within its root, 1e-6.
    np.testing.assert_allclose(left, 0.0, atol=1e-6)


def test_coefficients_of_a_loose_fit_sum_to_zero_over_the_outcomes():
    rng = np.random.default_rng(0)
    X, y = np.column_stack([np.ones(300), rng.normal(size=(300, 640))]), rng.integers(0, 4, 300)
    names = ["Intercept", *(f"x{j}" for j in range(640))]
    penalty, solver = lk.Ridge(0.05), lk.ProxNewton(tol=1e-5)
    fit = lk.multinomial_matrix(X, y, names, penalty=penalty, solver=solver)
    # Of the least ridge they do: only a number a column, added to all outcomes, would make it larger.
    np.testing.assert_allclose(fit.coef.to_numpy().sum(axis=1), 0.0, atol=1e-14)
    np.testing.assert_allclose(fit.predict_logit(X).to_numpy(), X @ fit.coef.to_numpy(), atol=1e-12)


def test_the_gradient_of_a_ridge_is_zero_with_an_intercept_and_columns_far_from_the_origin() -> None:
    n, p, n_outcomes, strength = 3_000, 130, 20, 0.01
    rng = np.random.default_rng(7)
    X = np.column_stack([np.ones(n), rng.random((n, p)) + 0.5])
    y = (X[:, 1:] @ rng.normal(scale=0.1, size=(p, n_outcomes)) + rng.gumbel(size=(n, n_outcomes))).argmax(axis=1)
    assert np.unique(y).size == n_outcomes
    assert X.shape[1] * n_outcomes > NEWTON_MOST
    names = ["Intercept", *(f"x{j}" for j in range(p))]
    fit = lk.multinomial_matrix(X, y, names, penalty=lk.Ridge(strength, standardize=False))
    coef = fit.record.coef_table
    eta = X @ coef.T
    mean = np.exp(eta - eta.max(axis=1, keepdims=True))
    mean /= mean.sum(axis=1, keepdims=True)
    gradient = (mean - (y[:, None] == np.arange(n_outcomes))).T @ X / n
    gradient[:, 1:] += strength * coef[:, 1:]
    assert np.abs(gradient).max() < ITERATIVE  # a gap of 1e-12 leaves its root
