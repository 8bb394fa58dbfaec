"""The compiled binomial loops against plain NumPy, far in the tails, and with the compiler switched off."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.models.binomial import Binomial
from logitkit.numerics.kernels.binomial import logit_rows
from logitkit.numerics.kernels.binomial_values import logit_mean, logit_residuals, logit_values
from logitkit.numerics.kernels.dense import scale_rows
from numerics.kernels.uncompiled import with_and_without_the_compiler
from oracles.likelihood import mean, row_loss
from tolerances import EXACT

GRID = np.array([-800.0, -745.0, -710.0, -300.0, -40.0, -20.0, -3.0, -1e-3, -1e-12, 0.0])
GRID = np.concatenate([GRID, -GRID[-2::-1]])

SCRIPT = """
import json
import numpy as np
from logitkit.numerics.kernels.binomial import logit_rows
from logitkit.numerics.kernels.binomial_values import logit_mean, logit_values
from logitkit.numerics.kernels.dense import scale_rows

eta = np.array({eta})
y = np.resize([0.0, 1.0, 0.25], eta.size)
w = np.resize([1.0, 0.0, 2.5], eta.size)
slope, curvature = np.empty(eta.size), np.empty(eta.size)
value, closest, *means = logit_rows(eta, y, w, slope, curvature)
scaled = np.empty((eta.size, 2))
scale_rows(np.column_stack([eta, y]), w, scaled)
numbers = [value, closest, *means, *slope, *curvature, *logit_values(eta, y), *logit_mean(eta), *scaled.ravel()]
print(json.dumps([hasattr(logit_rows, "py_func"), [float(number) for number in numbers]]))
"""


def evaluate(eta: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
    slope, curvature = np.full(eta.size, np.nan), np.full(eta.size, np.nan)
    value, closest, fitted, matched = logit_rows(eta, y, weights, slope, curvature)
    assert_allclose(fitted, np.sum(weights * mean(eta)), rtol=EXACT, atol=1e-300)
    assert_allclose(matched, np.sum(weights * y * mean(eta)), rtol=EXACT, atol=1e-300)
    return value, closest, slope, curvature


@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_each_row_agrees_with_its_twin(y: float) -> None:
    outcome = np.full(GRID.size, y)
    assert_allclose(logit_values(GRID, outcome), row_loss(GRID, outcome), rtol=EXACT)
    weights = np.linspace(0.5, 3.0, GRID.size)
    value, closest, slope, curvature = evaluate(GRID, outcome, weights)
    assert_allclose(value, np.sum(weights * row_loss(GRID, outcome)), rtol=EXACT)
    mu, not_mu = mean(GRID), mean(-GRID)
    # Numbers below the smallest normal one keep few digits, whoever computes them.
    assert_allclose(slope, weights * ((1 - y) * mu - y * not_mu), rtol=EXACT, atol=1e-300)
    assert_allclose(curvature, weights * mu * not_mu, rtol=EXACT, atol=1e-300)
    single = np.abs(slope).min() if y in {0.0, 1.0} else np.inf
    assert closest == single


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_the_tails_are_finite_and_monotone(y: float) -> None:
    eta = np.linspace(-800.0, 800.0, 4001)
    outcome = np.full(eta.size, y)
    losses = logit_values(eta, outcome)
    _, _, slope, curvature = evaluate(eta, outcome, np.ones(eta.size))
    for values in (losses, slope, curvature, logit_mean(eta)):
        assert np.isfinite(values).all()
    assert np.all(np.diff(losses) * (1.0 - 2.0 * y) >= 0)
    assert np.all(np.diff(slope) >= 0)
    assert np.all(np.diff(logit_mean(eta)) >= 0)
    assert np.all(np.diff(curvature[eta <= 0]) >= 0)
    assert np.all(losses >= 0)
    # Far out the loss is the distance itself, and its tail is resolved down to the smallest number.
    assert_allclose(losses[0 if y else -1], 800.0, rtol=EXACT)
    assert np.all(losses[np.abs(eta) < 700] > 0)


def test_infinite_and_missing_linear_predictors_have_their_limits() -> None:
    assert_allclose(logit_mean(np.array([-np.inf, np.inf, np.nan])), [0.0, 1.0, np.nan], rtol=0)


def test_slope_and_curvature_are_the_derivatives_of_the_loss() -> None:
    eta = np.linspace(-6.0, 6.0, 25)
    step = 1e-5
    for y in (0.0, 0.25, 1.0):
        outcome = np.full(eta.size, y)
        _, _, slope, curvature = evaluate(eta, outcome, np.ones(eta.size))
        rise = logit_values(eta + step, outcome) - logit_values(eta - step, outcome)
        # A central difference is right to step squared plus rounding over the step: 1e-10.
        assert_allclose(slope, rise / (2 * step), atol=1e-9)
        ahead = evaluate(eta + step, outcome, np.ones(eta.size))[2]
        behind = evaluate(eta - step, outcome, np.ones(eta.size))[2]
        assert_allclose(curvature, (ahead - behind) / (2 * step), atol=1e-9)


def test_rows_of_weight_zero_count_for_nothing() -> None:
    y, weights = np.array([1.0, 0.0, 1.0]), np.array([0.0, 2.0, 0.0])
    value, closest, slope, curvature = evaluate(np.array([800.0, 0.5, -800.0]), y, weights)
    assert_allclose(value, 2 * np.log1p(np.exp(0.5)), rtol=EXACT)
    assert closest == slope[1]
    assert slope[[0, 2]].tolist() == curvature[[0, 2]].tolist() == [0.0, 0.0]


def test_swapping_the_outcome_mirrors_everything() -> None:
    y = np.resize([0.0, 1.0, 0.25], GRID.size)
    there = evaluate(GRID, y, np.ones(GRID.size))
    back = evaluate(-GRID, 1.0 - y, np.ones(GRID.size))
    assert_allclose(there[0], back[0], rtol=EXACT)
    assert np.array_equal(there[2], -back[2])
    assert np.array_equal(there[3], back[3])


def test_the_family_gives_residual_variance_and_deviance_without_cancellation() -> None:
    family = Binomial()
    eta = np.array([-40.0, -2.0, 0.0, 3.0, 40.0])
    assert_allclose(family.variance(eta), mean(eta) * mean(-eta), rtol=EXACT)
    assert_allclose(family.residual(eta, np.ones(5))[-1], np.exp(-40.0), rtol=EXACT)
    y = mean(eta[1:4])
    assert_allclose(family.unit_deviance(eta[1:4], y), 0.0, atol=EXACT)
    assert_allclose(family.unit_deviance(eta, np.ones(5)), 2 * row_loss(eta, np.ones(5)), rtol=EXACT)


def test_residuals_in_one_pass_have_the_bits_of_both_tails() -> None:
    rng = np.random.default_rng(3)
    eta = np.concatenate([rng.normal(scale=9.0, size=200), [0.0, -0.0, 800.0, -800.0, np.inf, -np.inf, np.nan]])
    for y in (rng.random(eta.size), np.zeros(eta.size), np.ones(eta.size)):
        assert_array_equal(logit_residuals(eta, y), y * logit_mean(-eta) - (1.0 - y) * logit_mean(eta))


def test_the_binomial_constant_is_the_log_of_the_coefficient() -> None:
    from math import comb

    trials = np.array([1.0, 5.0, 30.0])
    events = np.array([1.0, 2.0, 11.0])
    constant = Binomial().log_constant(events / trials, trials)
    assert_allclose(constant, [np.log(comb(int(n), int(k))) for n, k in zip(trials, events, strict=True)], atol=EXACT)


def test_scaled_rows() -> None:
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(7, 3)), np.array([0.0, 1.0, 4.0, 0.25, 1e-300, 1e300, 2.0])
    out = np.empty((7, 3))
    scale_rows(X, w, out)
    assert_allclose(out, np.sqrt(w)[:, np.newaxis] * X, rtol=EXACT)


def test_the_loops_give_the_same_numbers_uncompiled() -> None:
    (compiled, with_jit), (plain, without) = with_and_without_the_compiler(SCRIPT.format(eta=GRID.tolist()))
    assert compiled
    assert not plain
    assert_allclose(with_jit, without, rtol=EXACT)
