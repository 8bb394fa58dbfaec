"""The quadratic part of a penalty in the objective, and a ridge fit by every shape of Hessian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design.matrix.arrow import arrow_layout
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.curvature import hessian as hessian_module
from logitkit.engine.curvature.sums import ArrowSums, GramSums, ProductSums
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.quadratic import Quadratic
from oracles.likelihood import central_difference, loss_gradient, loss_hessian, total_loss
from tolerances import EXACT, ROUTE

RNG = np.random.default_rng(12)
N, LEVELS = 400, 25
CODES = np.sort(np.concatenate([np.arange(LEVELS), RNG.integers(0, LEVELS, N - LEVELS)])).astype(np.int32)
NUMBERS = RNG.normal(size=(N, 3))
Y = (RNG.random(N) < 0.4).astype(float)
WEIGHTS = RNG.uniform(0.2, 2.0, N)
STRENGTHS = np.concatenate([np.full(LEVELS, 1.5), [0.0, 0.7, 2.0]])


def matrix() -> Blocks:
    # The factor's columns last in the formula, first inside.
    places = (np.arange(3), 3 + np.arange(LEVELS))
    return Blocks((Dense(NUMBERS), Categorical(CODES, LEVELS)), places)


def strengths() -> np.ndarray:
    return np.concatenate([STRENGTHS[LEVELS:], STRENGTHS[:LEVELS]])


def objective(shape: str) -> Objective:
    rows, response, family = matrix(), Response(Y, None, WEIGHTS, "precision"), Binomial()
    quadratic = Quadratic(strengths())
    sums: GramSums | None = None
    if shape == "arrow":
        layout = arrow_layout(rows)
        assert layout is not None
        sums = ArrowSums(rows, layout)
    elif shape == "products":
        sums = ProductSums(rows, Objective(rows, response, family).multiply)
    return Objective(rows, response, family, sums, quadratic)


def penalised(cells: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda coef: total_loss(coef, cells, Y, WEIGHTS) + 0.5 * float(strengths() @ coef**2)


def test_value_gradient_and_hessian_of_the_penalised_objective():
    cells = matrix().to_dense()
    coef = np.random.default_rng(1).normal(size=LEVELS + 3) * 0.5
    value = penalised(cells)
    expected = loss_hessian(coef, cells, WEIGHTS) + np.diag(strengths())
    for shape in ("dense", "arrow", "products"):
        here = objective(shape).evaluate(coef)
        assert_allclose(here.value, value(coef), rtol=EXACT)
        # Central differences of steps of 1e-5 leave 1e-10 of the third derivative and 1e-11 of the value's rounding.
        assert_allclose(here.gradient, central_difference(value, coef), rtol=0, atol=1e-6)
        assert_allclose(here.gradient, loss_gradient(coef, cells, Y, WEIGHTS) + strengths() * coef, rtol=0, atol=1e-11)
        assert here.hessian is not None
        assert_allclose(here.hessian.diagonal(), np.diag(expected), rtol=EXACT)
        without = objective(shape).evaluate(coef, hessian=False)
        assert without.hessian is None
        assert without.value == here.value
        assert np.array_equal(without.gradient, here.gradient)


def test_the_penalty_itself():
    penalty = Quadratic(np.array([0.0, 3.0]))
    at = np.array([4.0, -2.0])
    assert penalty.value(at) == 6.0
    assert_allclose(penalty.gradient(at), central_difference(penalty.value, at), atol=1e-8)


def test_the_penalty_of_a_sample_weighs_as_much_beside_its_rows():
    part = objective("dense").subset(np.arange(0, N, 2))
    coef = np.ones(LEVELS + 3)
    cells = matrix().to_dense()[::2]
    share = WEIGHTS[::2].sum() / WEIGHTS.sum()
    expected = total_loss(coef, cells, Y[::2], WEIGHTS[::2]) + share * 0.5 * strengths().sum()
    assert_allclose(part.evaluate(coef).value, expected, rtol=EXACT)


@pytest.mark.parametrize("keep", [False, True])
def test_a_ridge_fit_is_the_same_by_every_shape_and_stationary(keep, monkeypatch):
    monkeypatch.setattr(hessian_module, "PRECISION", 1e-6)
    cells = matrix().to_dense()
    found = {}
    for shape in ("dense", "arrow", "products"):
        solution = Newton().solve(objective(shape), np.zeros(LEVELS + 3), keep=keep)
        assert solution.status is Status.CONVERGED
        # By products nothing is known of the column that has no strength, and nothing is claimed.
        assert solution.definite == (shape != "products")
        gradient = loss_gradient(solution.coef, cells, Y, WEIGHTS) + strengths() * solution.coef
        hessian = loss_hessian(solution.coef, cells, WEIGHTS) + np.diag(strengths())
        # Independent of the solver's own rule: what is left to the optimum, in standard errors.
        assert np.sqrt(gradient @ np.linalg.solve(hessian, gradient)) < ROUTE
        found[shape] = solution.coef
    assert_allclose(found["arrow"], found["dense"], rtol=0, atol=ROUTE)
    assert_allclose(found["products"], found["dense"], rtol=0, atol=ROUTE)


def test_a_penalty_makes_an_estimate_where_the_data_are_separated():
    x = np.linspace(-1, 1, 20)
    y = (x > 0).astype(float)
    ridge = Objective(
        Dense(np.column_stack([np.ones(20), x])), Response(y), Binomial(), None, Quadratic(np.array([0.0, 1.0]))
    )
    solution = Newton().solve(ridge, np.zeros(2))
    assert solution.status is Status.CONVERGED
    cells = np.column_stack([np.ones(20), x])
    gradient = loss_gradient(solution.coef, cells, y) + np.array([0.0, 1.0]) * solution.coef
    assert_allclose(gradient, 0.0, atol=1e-10)
