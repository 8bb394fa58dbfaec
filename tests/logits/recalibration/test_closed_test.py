"""The closed test against plain NumPy, and its error rates by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, expit

import logitkit as lk
from logitkit.errors import DataError
from tolerances import ITERATIVE


def loglik(eta, y):
    return float(np.sum(y * eta - np.logaddexp(0, eta)))


def newton(X, y, offset=0.0):
    """Maximum of a logistic log-likelihood, by plain Newton steps."""
    b = np.zeros(X.shape[1])
    for _ in range(30):
        p = expit(X @ b + offset)
        b = b + np.linalg.solve(X.T @ (X * (p * (1 - p))[:, None]), X.T @ (y - p))
    return loglik(X @ b + offset, y)


def rows(seed, n, a=0.0, b=1.0, c=0.0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3))
    z = x @ [1.0, -0.5, 0.3] - 0.5
    return x, z, (rng.random(n) < expit(a + b * z + c * x[:, 2])).astype(float)


@pytest.mark.parametrize(
    ("how", "chosen"),
    [({}, "none"), ({"a": 0.8}, "intercept"), ({"a": 0.3, "b": 0.5}, "logistic"), ({"c": 1}, "refit")],
)
def test_statistics_and_choice_are_those_of_plain_numpy(how, chosen):
    x, z, y = rows(7, 900, **how)
    one = np.ones((900, 1))
    refit = newton(np.hstack([one, x]), y)
    found = lk.logits.closed_test(z, y, refit=lk.logits.Refit(refit, 4))
    values = [loglik(z, y), newton(one, y, z), newton(np.column_stack([one, z]), y)]
    ratio = 2 * (refit - np.array(values))
    assert_allclose(found.statistic, ratio, rtol=ITERATIVE, atol=1e-7)
    assert_allclose(found.p_value, chdtrc([4, 3, 2], ratio), rtol=1e-4)
    assert (found.updates, found.chosen) == (("none", "intercept", "logistic", "refit"), chosen)
    assert found.recalibrator.method == (chosen if chosen in ("intercept", "logistic") else "none")


def test_without_a_refit_intercept_and_slope_are_the_most():
    _, z, y = rows(3, 400, b=0.4)
    found = lk.logits.closed_test(z, y)
    assert (found.against, found.dof.tolist(), found.chosen) == ("logistic", [2, 1], "logistic")
    with pytest.raises(DataError, match="level"):
        lk.logits.closed_test(z, y, level=2.0)


def test_several_outcomes_are_chosen_too():
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((500, 3))
    y = np.argmax(logits + np.array([0, 1, 0]) + rng.gumbel(size=(500, 3)), axis=1)
    found = lk.logits.closed_test(logits, y)
    assert (found.chosen, found.dof.tolist()) == ("intercept", [3, 1])


@pytest.mark.slow
def test_a_model_that_is_right_is_kept_with_its_probability():
    kept = []
    for seed in range(600):
        x, z, y = rows(seed, 300)
        refit = newton(np.hstack([np.ones((300, 1)), x]), y)
        kept.append(lk.logits.closed_test(z, y, refit=lk.logits.Refit(refit, 4)).chosen == "none")
    assert abs(np.mean(kept) - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 600)
