"""A ridge of so many coefficients that no array holds its second derivatives: judged by its first-order conditions."""

from __future__ import annotations

import numpy as np

import logitkit as lk
from logitkit.engine.regularised.smooth import NEWTON_MOST
from tolerances import ITERATIVE


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
