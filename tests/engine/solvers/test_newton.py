"""Newton's method ends where it should, and says when it does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine import small_fit
from logitkit.errors import ConvergenceWarning
from tolerances import ROUTE


@pytest.mark.parametrize("n", [1_000, 42_515, 99_999, 1_000_000])
def test_few_distinct_rows_converge_quadratically(n):
    """Equal losses round in one direction: the search must not take that for a rise. Closed form: two proportions."""
    rng = np.random.default_rng(n)
    x = (rng.random(n) < 0.3).astype(float)
    y = (rng.random(n) < np.where(x == 1.0, 0.65, 0.026)).astype(float)
    fit = lk.logit_matrix(np.column_stack([np.ones(n), x]), y, ["Intercept", "x"])
    assert fit.converged
    assert len(fit.trace) <= 10
    assert (fit.trace["length"].iloc[:-1] == 1.0).all()
    logits = [np.log(y[x == k].mean() / (1.0 - y[x == k].mean())) for k in (0.0, 1.0)]
    assert_allclose(fit.coef, [logits[0], logits[1] - logits[0]], rtol=ROUTE)


@pytest.mark.parametrize("kind", ["compiled", "general", "by group", "several outcomes"])
def test_the_loglik_is_that_of_the_coefficients_to_third_order_in_the_last_step(kind, monkeypatch):
    """With a loose tolerance the last step shows: without a half of its squared decrement the error is that half."""
    rng = np.random.default_rng(1)
    X = np.column_stack([np.ones(400), rng.normal(size=(400, 3))])
    utilities = np.column_stack([np.zeros(400), X[:, 1] + 1.0, X[:, 2]])
    y = np.argmax(utilities + rng.gumbel(size=(400, 3)), axis=1)
    names, solver = ["Intercept", "a", "b", "c"], lk.Newton(tol=0.05)
    if kind == "several outcomes":
        fit = lk.multinomial_matrix(X, y, names, solver=solver)
        eta = np.column_stack([np.zeros(400), X @ fit.record.coef_table.T])
    else:
        y = (y == 1).astype(int)
        if kind == "general":
            monkeypatch.setattr(small_fit, "pays_alone", lambda *size: False)
        fit = lk.logit_matrix(X, y, names, solver=solver)
        eta = np.column_stack([np.zeros(400), X @ fit.record.coef])
    value = (eta[np.arange(400), y] - np.log(np.exp(eta).sum(axis=1))).sum()
    half = 0.5 * fit.record.decrement**2
    loglik = fit.loglik
    if kind == "by group":
        data = {**{name: X[:, j] for j, name in enumerate(names) if j}, "y": y, "g": np.zeros(400)}
        loglik = lk.fit_by("y ~ a + b + c", data, by="g", solver=solver).glance()["loglik"].to_numpy()[0]
    assert half > 1e-6
    assert abs(loglik - value) < 0.02 * half


def test_a_fit_that_has_not_converged_warns():
    data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    with pytest.warns(ConvergenceWarning, match="has not converged"):
        fit = lk.logit("y ~ x", data, solver=lk.Newton(max_iter=1))
    assert not fit.converged
