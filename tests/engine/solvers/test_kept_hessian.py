"""Fits that keep a Hessian between steps end where those end that sum it at every step, and say which they used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective
from logitkit.engine.solvers import choose, small, start
from logitkit.engine.solvers.kept import STILL_OF_MANY
from logitkit.engine.solvers.newton import KeptHessian, Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import starting_point
from logitkit.errors import ConvergenceWarning
from logitkit.models.binomial import Binomial
from oracles.likelihood import loss_gradient, loss_hessian, newton_decrement
from tolerances import ROUTE

N = 100_000
ERRORS = 1e-6  # what is promised of standard errors of many rows, relative to them


@pytest.fixture(autouse=True)
def these_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "NUMBERS_MANY", 8 * N)
    monkeypatch.setattr(small, "CELLS_ALONE", 0)  # else compiled code solves them


@cache
def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(N), rng.normal(size=(N, 7))])
    y = (rng.random(N) < 1 / (1 + np.exp(-X @ (0.4 * rng.normal(size=8))))).astype(float)
    X.flags.writeable = y.flags.writeable = False
    return X, y


def at_every_step(X: np.ndarray, y: np.ndarray, **options: Any) -> lk.Fit:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "NUMBERS_LEAST", 10**18)
        fit = lk.logit_matrix(X, y, **options)
    assert not any(step.kept for step in fit.record.trace)
    return fit


def both(X: np.ndarray, y: np.ndarray, **options: Any) -> tuple[lk.Fit, lk.Fit]:
    kept, plain = lk.logit_matrix(X, y, **options), at_every_step(X, y, **options)
    assert kept.record.status is plain.record.status
    assert kept.aliased == plain.aliased
    known = plain.coef.notna()
    assert_allclose(((kept.coef - plain.coef) / plain.std_error)[known], 0.0, atol=ROUTE)
    assert_allclose(kept.std_error, plain.std_error, rtol=ERRORS)
    assert_allclose(kept.record.loglik, plain.record.loglik, rtol=ROUTE)
    return kept, plain


def kinds(fit: lk.Fit) -> list[bool]:
    return [step.kept for step in fit.record.trace]


def test_many_rows():
    X, y = table()
    kept, plain = both(X, y)
    # The sample's Hessian from the start, and one of all rows at the end, which inference follows from.
    assert all(kinds(kept)[:-1])
    assert not kinds(kept)[-1]
    assert kept.trace["kept"].tolist() == kinds(kept)
    assert kept.record.trace[-1].length == 0.0
    assert kept.record.trace[0].decrement < plain.record.trace[0].decrement / 10
    # Independent of the solver: the gradient over all rows, and the inverse of the information at the estimate.
    coef = kept.coef.to_numpy()
    assert newton_decrement(coef, X, y) < ROUTE
    assert_allclose(kept.std_error**2, np.diag(np.linalg.inv(loss_hessian(coef, X))), rtol=ROUTE)


def test_errors_are_as_accurate_as_the_summary_says():
    """With a level of few rows the Hessian changes most; a tolerance below the default asks for closer errors."""
    X, y = table()
    X = X.copy()
    X[:, 7] = 0.0
    X[np.random.default_rng(1).integers(0, N, 40), 7] = 1.0
    exact = np.sqrt(np.diag(np.linalg.inv(loss_hessian(at_every_step(X, y).coef.to_numpy(), X))))
    for tol, bound in ((1e-8, "1e-06"), (1e-10, "1e-08"), (1e-12, "")):
        fit = lk.logit_matrix(X, y, solver=lk.Newton(tol=tol))
        words = " ".join(str(fit.summary()).split())
        assert (f"(inverse information), accurate to {bound}. Intervals" in words) == bool(bound)
        assert_allclose(fit.std_error, exact, rtol=float(bound or 1e-9))
        assert newton_decrement(fit.coef.to_numpy(), X, y) < ROUTE
    assert "accurate" not in str(at_every_step(X, y).summary())


def test_errors_of_fewer_numbers_are_as_accurate_as_without_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "NUMBERS_MANY", 8 * N + 1)
    X, y = table()
    X = X.copy()
    X[:, 7] = 0.0
    X[np.random.default_rng(1).integers(0, N, 40), 7] = 1.0
    fit = lk.logit_matrix(X, y)
    assert fit.record.trace[0].kept
    assert "accurate" not in str(fit.summary())
    assert_allclose(fit.std_error, np.sqrt(np.diag(np.linalg.inv(loss_hessian(fit.coef.to_numpy(), X)))), rtol=ROUTE)


def test_no_hessian_is_summed_from_where_the_decrement_proves_nothing():
    """A decrement of 1e-5 proves existence where no mean is within 100 times its square, 1e-8, of its outcome."""
    model = KeptHessian(DenseHessian(np.eye(2)).factorise(), reach=1e-3, still=1e-6)
    assert model.serves(1e-10, 1.0, 1e-8, closest=2e-8)
    assert not model.serves(1e-10, 1.0, 1e-8, closest=5e-9)
    assert model.serves(1e-12, 1.0, 1e-8, closest=0.0)
    assert not KeptHessian(DenseHessian(np.eye(2)).factorise(), reach=1e-3).serves(1e-10, 1.0, 1e-8, closest=0.5)


@pytest.mark.parametrize("rare", [40, 400])
def test_a_column_that_the_sample_lacks_or_hardly_has(rare):
    X, y = table()
    X = X.copy()
    X[:, 7] = 0.0
    X[np.random.default_rng(1).integers(0, N, rare), 7] = 1.0
    kept, _ = both(X, y)
    assert kept.converged
    assert newton_decrement(kept.coef.to_numpy(), X, y) < ROUTE


@pytest.mark.parametrize("apart", [1e-2, 1e-4, 1e-6, 1e-9])
def test_columns_that_are_nearly_the_same(apart):
    X, y = table()
    X = X.copy()
    X[:, 7] = X[:, 6] + apart * X[:, 7]
    kept, plain = both(X, y)
    assert kept.aliased == plain.aliased == ()
    # What cannot be told apart is known all the worse: in a well-conditioned basis the gradient vanishes.
    Z = np.column_stack([X[:, :7], (X[:, 7] - X[:, 6]) / apart])
    coef = kept.coef.to_numpy().copy()
    coef[6] += coef[7]
    coef[7] *= apart
    # The seventh and eighth coefficients cancel to 1 / apart of their size, and X holds the difference no better.
    assert newton_decrement(coef, Z, y) < max(ROUTE, 1e-10 / apart * np.sqrt(N) / 100)


def test_an_aliased_column():
    X, y = table()
    X = X.copy()
    X[:, 7] = X[:, 6]
    assert both(X, y)[0].aliased == ("x7",)


def test_separated_rows_are_found():
    X, y = table()
    X = X.copy()
    X[:, 7] = y * (np.arange(N) % 50 == 0)
    kept = lk.logit_matrix(X, y)
    plain = at_every_step(X, y)
    assert kept.record.status is plain.record.status is Status.SEPARATED
    assert kept.coef["x7"] == np.inf
    finite = kept.coef.index[:7]
    assert_allclose((kept.coef[finite] - plain.coef[finite]) / plain.std_error[finite], 0.0, atol=ROUTE)


@pytest.mark.parametrize("kind", ["frequency", "precision", "sampling"])
def test_weights(kind):
    X, y = table()
    rng = np.random.default_rng(2)
    weights = rng.integers(0, 3, N) if kind == "frequency" else rng.uniform(0.1, 5.0, N) * (rng.random(N) > 0.1)
    kept, _ = both(X, y, weights=weights, weight_kind=kind)
    assert any(kinds(kept))
    assert newton_decrement(kept.coef.to_numpy(), X, y, weights) < ROUTE


def test_an_offset_and_few_events():
    X, y = table()
    rng = np.random.default_rng(3)
    offset = 3.0 * rng.normal(size=N)
    kept, _ = both(X, y, offset=offset, names=["Intercept", *"abcdefg"])
    assert newton_decrement(kept.coef.to_numpy(), X, y, offset=offset) < ROUTE
    few = np.zeros(N)
    few[rng.integers(0, N, 60)] = 1.0
    kept, _ = both(X, few)
    assert newton_decrement(kept.coef.to_numpy(), X, few) < ROUTE


@pytest.mark.parametrize("power", [3.0, 5.0])
def test_a_column_of_which_few_rows_decide(power):
    """The sample misses the largest values: its Hessian is wrong by any factor, and must only cost steps."""
    X, y = table()
    X = X.copy()
    X[:, 7] = np.exp(power * X[:, 7])
    kept, _ = both(X, y)
    assert kept.converged
    assert newton_decrement(kept.coef.to_numpy(), X, y) < ROUTE
    if power > 4.0:  # so wrong that it is given up, and the Hessian summed at every step
        assert not all(kinds(kept)[:-1])


@pytest.mark.parametrize("most", [1, 2, 3])
def test_too_few_iterations_are_said(most):
    X, y = table()
    with pytest.warns(ConvergenceWarning, match="has not converged"):
        fit = lk.logit_matrix(X, y, solver=lk.Newton(max_iter=most))
    assert fit.record.status is Status.ITERATIONS
    # What is reported of the last point is of that point: the decrement by the Hessian there.
    found = newton_decrement(fit.coef.to_numpy(), X, y)
    assert_allclose(fit.record.decrement, found, rtol=1e-6, atol=ROUTE)


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-12])
def test_a_tolerance_is_kept_whatever_it_is(tol):
    X, y = table()
    kept = lk.logit_matrix(X, y, solver=lk.Newton(tol=tol))
    assert kept.converged
    # No decrement that is computed here is exact below this.
    assert newton_decrement(kept.coef.to_numpy(), X, y) < max(tol, ROUTE)


def few_rows() -> Objective:
    X, y = table()
    return Objective(Dense(X[:4_000]), Response(y[:4_000]), Binomial())


@dataclass
class Fixed:
    """A Hessian, or none, that is said to be near wherever it is asked for."""

    hessian: DenseHessian | None
    summed_at: int | None = None

    left, still = 0.1, STILL_OF_MANY

    def factor(self, coef: np.ndarray) -> Any:
        return None if self.hessian is None else self.hessian.factorise()

    def step(self, coef: np.ndarray, gradient: np.ndarray) -> None:
        return None

    def reach(self, direction: np.ndarray) -> float:
        return float(np.abs(table()[0][:4_000] @ direction).max())


def solve(objective: Objective, nearby: Any = None, keep: bool = False) -> Solution:
    return Newton().solve(objective, np.zeros(8), nearby=nearby, keep=keep)


def test_any_definite_hessian_leads_to_the_same_estimate():
    """However bad: its factor may cost steps, and never the answer."""
    objective = few_rows()
    plain = solve(objective)
    exact = plain.evaluation.hessian
    assert isinstance(exact, DenseHessian)
    spread = np.diag(10.0 ** np.linspace(-2, 2, 8))
    for bad in (exact, exact.scaled(3.0), exact.scaled(0.1), exact.scaled(100.0), DenseHessian(np.eye(8) * 50)):
        for hessian in (bad, DenseHessian(spread @ bad.array @ spread)):
            found = solve(objective, Fixed(hessian))
            assert found.status is Status.CONVERGED
            assert_allclose(found.coef, plain.coef, rtol=0, atol=ROUTE)
            last = found.evaluation.hessian
            assert isinstance(last, DenseHessian)
            assert_allclose(last.array, exact.array, rtol=ERRORS, atol=ERRORS * np.abs(exact.array).max())
            assert found.trace[0].kept
            assert not found.trace[-1].kept


def test_a_hessian_that_is_not_there_is_summed():
    objective = few_rows()
    plain, found = solve(objective), solve(objective, Fixed(None))
    assert not any(step.kept for step in found.trace)
    assert np.array_equal(found.coef, plain.coef)


def test_one_of_an_iterate_near_the_optimum_is_kept():
    objective = few_rows()
    plain, kept = solve(objective), solve(objective, keep=True)
    assert not kept.trace[0].kept
    assert any(step.kept for step in kept.trace)
    assert_allclose(kept.coef, plain.coef, rtol=0, atol=ROUTE)


def test_corrections_are_those_of_bfgs():
    """The inverse after each step, written out by its formula, gives the same direction; and the secant holds."""
    rng = np.random.default_rng(4)
    root = rng.normal(size=(30, 5))
    H = root.T @ root
    model = KeptHessian(DenseHessian(H).factorise())
    inverse = np.linalg.inv(H)
    truth = H + np.diag(rng.random(5) * 10)
    for _ in range(3):
        step = rng.normal(size=5)
        change = truth @ step
        model.learn(step, change)
        rho = 1.0 / (step @ change)
        left = np.eye(5) - rho * np.outer(step, change)
        inverse = left @ inverse @ left.T + rho * np.outer(step, step)
        here = few_rows().evaluate(np.zeros(8), hessian=False)
        here.gradient = rng.normal(size=5)
        found = model.step(here)
        assert_allclose(found.direction, -inverse @ here.gradient, rtol=ROUTE)
        assert_allclose(found.squared, here.gradient @ inverse @ here.gradient, rtol=ROUTE)
        assert found.factor is None
        here.gradient = change
        assert_allclose(model.step(here).direction, -step, rtol=ROUTE)


def test_a_step_along_which_rounding_ate_the_change_teaches_nothing():
    model = KeptHessian(DenseHessian(np.eye(2)).factorise())
    for change in ([0.0, 0.0], [-1.0, 0.0], [1.0, -1.0 + 1e-12]):
        model.learn(np.array([1.0, 1.0]), np.array(change))
    assert model.pairs == []


def test_the_start_is_the_sample_s_solution_and_its_hessian_is_near():
    X, y = table()
    objective = Objective(Dense(X), Response(y), Binomial())
    begun = starting_point(objective)
    assert begun.nearby is not None
    assert newton_decrement(begun.coef, X, y) < 4 * np.sqrt(8 * choose.SAMPLE_SHARE)
    factor = begun.nearby.factor(begun.coef)
    assert factor is not None
    gradient = loss_gradient(begun.coef, X, y)
    exact = np.linalg.solve(loss_hessian(begun.coef, X), gradient)
    assert np.linalg.norm(factor.solve(gradient) - exact) < 0.1 * np.linalg.norm(exact)
    again = starting_point(objective)
    assert np.array_equal(begun.coef, again.coef)


@pytest.mark.parametrize("summed_at", [0, 1])
@pytest.mark.parametrize("scale", [1.0, 1.1, 30.0])
def test_where_passes_are_dear_the_hessian_is_summed_at_the_start_or_after_the_first_step(summed_at, scale) -> None:
    objective = few_rows()
    plain = solve(objective)
    exact = plain.evaluation.hessian
    assert isinstance(exact, DenseHessian)
    found = solve(objective, Fixed(exact.scaled(scale), summed_at))
    assert found.status is Status.CONVERGED
    assert_allclose(found.coef, plain.coef, rtol=0, atol=ROUTE)
    assert [step.kept for step in found.trace[:2]] == ([False, True] if summed_at == 0 else [True, False])
    last = found.evaluation.hessian
    assert isinstance(last, DenseHessian)
    assert_allclose(last.array, exact.array, rtol=ROUTE, atol=ROUTE * np.abs(exact.array).max())
