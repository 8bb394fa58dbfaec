"""The oracles themselves: twins that disagree with calculus would be no judges."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from oracles.existence import Cone
from oracles.likelihood import (
    central_difference,
    fit_by_scipy,
    loss_gradient,
    loss_hessian,
    mean,
    newton_decrement,
    row_loss,
    sandwich_by_loops,
    total_loss,
)
from tolerances import EXACT, ITERATIVE, ROUTE


def example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    X = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
    return X, (rng.random(60) < mean(X @ [0.3, 1.0, -0.5])).astype(float), rng.integers(1, 4, 60).astype(float)


def test_the_gradient_is_the_slope_of_the_loss_and_the_hessian_of_the_gradient() -> None:
    X, y, w = example()
    at = np.array([0.2, -0.4, 0.7])
    slope = central_difference(lambda c: np.array([total_loss(c, X, y, w)]), at)[0]
    # Central differences are right to about the square of their step, 1e-10, times rounding over the step.
    assert_allclose(loss_gradient(at, X, y, w), slope, rtol=1e-7)
    curvature = central_difference(lambda c: loss_gradient(c, X, y, w), at)
    assert_allclose(loss_hessian(at, X, w), curvature, rtol=1e-7, atol=1e-7)


def test_the_losses_of_the_two_outcomes_are_log_probabilities_that_sum_to_one() -> None:
    eta = np.linspace(-30, 30, 61)
    total = np.exp(-row_loss(eta, np.ones(61))) + np.exp(-row_loss(eta, np.zeros(61)))
    assert_allclose(total, 1.0, rtol=EXACT)


def test_scipy_ends_where_the_decrement_vanishes() -> None:
    X, y, w = example()
    found = fit_by_scipy(X, y, w)
    assert newton_decrement(found, X, y, w) < ITERATIVE
    assert newton_decrement(found + 0.1, X, y, w) > ITERATIVE


def test_the_sandwich_of_intercepts_alone_is_the_variance_of_a_share() -> None:
    y = np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    share = 0.6
    vcov = sandwich_by_loops(np.array([np.log(share / (1 - share))]), np.ones((5, 1)), y, np.ones(5))
    expected = np.var(y, ddof=1) / 5 / (share * (1 - share)) ** 2
    assert_allclose(vcov[0, 0], expected, rtol=ROUTE)


def test_the_cone_of_two_points_on_a_line() -> None:
    X = np.array([[1.0, 0.0], [1.0, 1.0]])
    separated = Cone(X, np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    assert not separated.exists()
    assert separated.moving_rows().tolist() == [True, True]
    # The intercept must not rise and the slope must outweigh it; halfway between the points anything goes.
    assert_allclose(separated.signs(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.5]])), [-1.0, 1.0, np.nan])
    assert Cone(X, np.array([1.0, 1.0]), np.array([1.0, 1.0])).exists()
