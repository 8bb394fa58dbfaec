"""Small fits together are what Newton's method gives one by one, and their certificates those of single fits."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine import small_fit
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.objective import Objective
from logitkit.engine.rank import CLEAR_SHARE
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.small import is_small, solve_small
from logitkit.engine.solvers.solver import Status
from logitkit.inference.resampling.refits import certain_fits
from logitkit.models.binomial import Binomial
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def groups() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """200 groups of 4 to 40 rows: some separated, some nearly so, some with columns that are nearly dependent."""
    rng = np.random.default_rng(8)
    sizes = rng.integers(4, 40, 200)
    n = sizes.sum()
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    edges = np.concatenate([[0], np.cumsum(sizes)])
    for group in range(0, 200, 20):
        part = slice(edges[group], edges[group + 1])
        X[part, 2] = X[part, 1] + 10.0 ** -(group / 20) * X[part, 2]
    y = (rng.random(n) < 1 / (1 + np.exp(-X[:, 1]))).astype(float)
    return X, y, rng.uniform(0.1, 2.0, n), np.column_stack([edges[:-1], edges[1:]])


@pytest.mark.parametrize("solver", [Newton(), Newton(tol=1e-4), Newton(max_iter=3)])
def test_each_fit_and_its_certificate_is_that_of_a_single_solve(groups, solver):
    X, y, w, bounds = groups
    fits = solve_small(X, y, w, None, bounds, np.zeros(3), solver, information=True)
    certain = certain_fits(fits)
    told = []
    for group, (first, last) in enumerate(bounds):
        part = slice(first, last)
        objective = Objective(Dense(X[part]), Response(y[part], None, w[part], "precision"), Binomial())
        solution = solver.solve(objective, np.zeros(3))
        factor = solution.evaluation.hessian.factorise()
        sure = solution.status is Status.CONVERGED and overlap_is_certain(solution)
        told.append(sure and factor.least_pivot >= CLEAR_SHARE)
        if told[-1]:
            assert_allclose(fits.coef[group], solution.coef, rtol=ROUTE)
            assert_allclose(fits.value[group], solution.evaluation.value, rtol=EXACT)
            # The root of a decrement is a distance in standard errors, rounded like the gradient.
            assert_allclose(np.sqrt(fits.decrement[group]), np.sqrt(solution.decrement), rtol=1e-6, atol=3e-8)
            assert_allclose(fits.share[group], factor.least_pivot, rtol=ROUTE)
            assert fits.iterations[group] == len(solution.trace) - 1
            assert fits.definite[group]
    assert_array_equal(certain, told)
    if solver.max_iter > 3:
        assert 0.2 < certain.mean() < 0.95  # both kinds are there


def test_rows_of_weight_zero_are_absent(groups):
    X, y, w, bounds = groups
    rng = np.random.default_rng(0)
    kept = rng.random(len(y)) < 0.9
    fits = solve_small(X, y, w * kept, None, bounds, np.zeros(3), Newton())
    edges = np.concatenate([[0], np.cumsum(kept)])
    without = solve_small(X[kept], y[kept], w[kept], None, edges[bounds], np.zeros(3), Newton())
    sure = certain_fits(fits)
    assert sure.sum() > 50
    assert_array_equal(sure, certain_fits(without))
    assert_array_equal(fits.coef[sure], without.coef[sure])


def test_refits_to_other_weights_take_fewer_steps_to_the_same_estimates():
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(400), rng.normal(size=(400, 4))])
    y = (rng.random(400) < 1.0 / (1.0 + np.exp(-X @ [-0.5, 1.0, 0.0, -0.5, 0.3]))).astype(float)
    whole = np.array([[0, 400]])
    start = solve_small(X, y, np.ones(400), None, whole, np.zeros(5), Newton()).coef[0]
    weights = rng.multinomial(400, np.full(400, 1.0 / 400), 50).astype(float)
    rows = np.repeat(whole, 50, axis=0)
    corrected = solve_small(X, y, weights, None, rows, start, Newton())
    plain = solve_small(X, y, weights, None, rows, np.tile(start, (50, 1)), Newton())  # each with a start of its own
    assert corrected.converged.all()
    assert_allclose(corrected.coef, plain.coef, rtol=ROUTE)
    assert np.all(corrected.iterations <= plain.iterations)
    assert corrected.iterations.sum() < plain.iterations.sum() - 20
    far = solve_small(X, y, weights, None, rows, start + 3.0, Newton())  # from where a correction is not short
    known = certain_fits(far)
    assert_allclose(far.coef[known], plain.coef[known], rtol=ROUTE)
    assert known.mean() > 0.5


def test_any_memory_order_and_one_row_of_weights_for_all(groups):
    X, y, w, bounds = groups
    plain = solve_small(X, y, w, np.zeros(len(y)), bounds, np.zeros(3), Newton())
    other = solve_small(
        np.asfortranarray(X),
        np.tile(y, (200, 1)),
        np.tile(w, (200, 1))[:, ::1],
        None,
        bounds,
        np.zeros((200, 3)),
        Newton(),
    )
    assert_array_equal(plain.coef, other.coef)
    assert plain.information.shape == (0, 3, 3)


def test_what_is_small():
    assert is_small(100, 5)
    assert not is_small(100, 65)
    assert not is_small(200_000, 5)
    assert not is_small(10, 0)


@pytest.mark.parametrize("kind", ["plain", "weights and offset", "zero weights"])
def test_a_small_fit_in_compiled_code_is_that_of_the_general_solver(kind, monkeypatch):
    rng = np.random.default_rng(7)
    X = np.column_stack([np.ones(300), rng.normal(size=(300, 4))])
    p = 1 / (1 + np.exp(-X @ [0.3, 1.0, -0.5, 0.2, 0.0]))
    y, given = (rng.random(300) < p).astype(float), {}
    if kind == "weights and offset":
        given = {"weights": rng.uniform(0.2, 3.0, 300), "offset": rng.normal(size=300), "weight_kind": "precision"}
    elif kind == "zero weights":
        given = {"weights": rng.integers(0, 3, 300)}
    compiled = lk.logit_matrix(X, y, ["Intercept", "a", "b", "c", "d"], **given)
    monkeypatch.setattr(small_fit, "pays_alone", lambda *size: False)
    general = lk.logit_matrix(X, y, ["Intercept", "a", "b", "c", "d"], **given)
    assert np.abs((compiled.coef - general.coef) / general.std_error).max() < 1e-12
    assert_allclose(compiled.vcov, general.vcov, rtol=1e-12)
    assert_allclose(compiled.loglik, general.loglik, rtol=1e-14)
    assert len(compiled.trace) == len(general.trace)
    steps = [fit.trace.iloc[:-1].to_numpy(dtype=float) for fit in (compiled, general)]
    # A decrement of 1e-5 standard errors is a sum that cancelled: it has eight digits.
    assert_allclose(*steps, rtol=1e-7)
    assert compiled.converged


def test_grouped_counts_too(monkeypatch):
    data = {"events": [1, 3, 4, 6], "others": [9, 7, 6, 4], "dose": [0.0, 1.0, 2.0, 3.0]}
    compiled = lk.logit("cbind(events, others) ~ dose", data)
    monkeypatch.setattr(small_fit, "pays_alone", lambda *size: False)
    general = lk.logit("cbind(events, others) ~ dose", data)
    assert np.abs((compiled.coef - general.coef) / general.std_error).max() < 1e-12


@pytest.mark.parametrize("kind", ["separated", "aliased", "few steps"])
def test_what_is_out_of_the_ordinary_takes_the_general_way(kind, monkeypatch):
    x = np.arange(40.0)
    X = np.column_stack([np.ones(40), x, 2 * x if kind == "aliased" else np.cos(x)])
    y = (x > 20 if kind == "separated" else np.sin(x * x) > 0).astype(float)
    solver = Newton(max_iter=2) if kind == "few steps" else Newton()
    names = ["Intercept", "x", "z"]
    solved, alone = [], small_fit.solve_single
    monkeypatch.setattr(small_fit, "solve_single", lambda *given: solved.append(given) or alone(*given))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = lk.logit_matrix(X, y, names, solver=solver)
        monkeypatch.setattr(small_fit, "pays_alone", lambda *size: False)
        other = lk.logit_matrix(X, y, names, solver=solver)
    assert len(solved) == 1
    assert fit.status == other.status
    assert_array_equal(fit.coef, other.coef)
    assert len(fit.trace) == len(other.trace)
