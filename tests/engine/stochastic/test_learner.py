"""Coefficients that move with mini-batches, against the formulas of each method in plain NumPy."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.design.response.response import Response
from logitkit.engine.stochastic.learner import Learner, new_learner
from logitkit.engine.stochastic.options import Stochastic
from logitkit.engine.stochastic.rows import rows_of, standard_of
from logitkit.errors import DataError

N, P = 90, 4
EXACT = 1e-10  # sums over a mini-batch are added in another order
METHODS: list[dict[str, Any]] = [
    {"method": "sgd", "rate": 0.3, "momentum": 0.8},
    {"method": "rmsprop", "momentum": 0.5},
    {"method": "adam", "schedule": "step"},
    {"method": "saga", "rate": 0.2},
    {"method": "sgd", "rate": 0.4, "average": True, "ridge": 0.05},
]


def data(n_outcomes: int, kind: Any = np.float64) -> tuple[Any, Response]:
    rng = np.random.default_rng(3)
    X = (rng.normal(size=(N, P)) * [1.0, 5.0, 0.2, 1.0] + [0.0, 3.0, 0.0, 1.0]).astype(kind)
    y = rng.integers(0, n_outcomes, N).astype(np.float64) if n_outcomes > 2 else rng.random(N).round(1)
    offset = rng.normal(0.0, 0.3, (1 if n_outcomes == 2 else n_outcomes, N))
    return X, Response(y, prior=rng.uniform(0.5, 2.0, N), offset=offset, n_outcomes=n_outcomes)


def slopes(eta: Any, y: Any, w: Any) -> Any:
    """Return the derivatives of the weighted losses by the logits, shape (n, m)."""
    if eta.shape[1] == 1:
        return w[:, None] * (1.0 / (1.0 + np.exp(-eta)) - y[:, None])
    e = np.exp(eta - eta.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(y.size), y.astype(int)] -= 1.0
    return w[:, None] * p


def twin(z: Any, response: Response, solver: Stochastic, orders: list[Any]) -> Any:
    """Return the coefficients of standardised columns with ones beside them, and their mean after some steps."""
    n, m = len(z), 1 if response.n_outcomes == 2 else response.n_outcomes
    assert response.offset is not None
    w = response.weights / response.weights.mean()
    b, first, second, mean, table = *(np.zeros((m, z.shape[1])) for _ in range(4)), np.zeros((n, m))
    momentum, decay = solver.moments
    step, total = 0, len(orders) * n
    start = int(0.1 * total / solver.batch)
    for order in orders:
        for at in range(0, n, solver.batch):
            rows = order[at : at + solver.batch]
            s = slopes(z[rows] @ b.T + response.offset.T[rows], response.y[rows], w[rows])
            done = (step * solver.batch if n % solver.batch == 0 else 0) / total
            assert solver.rate is not None or n % solver.batch == 0
            rate = (
                solver.first_rate(1.0)
                * {
                    "constant": 1.0,
                    "cosine": (1.0 + np.cos(np.pi * done)) / 2.0,
                    "step": 0.01 if done >= 0.75 else 0.1 if done >= 0.5 else 1.0,
                    "power": (1.0 + step / 100.0) ** -0.505,
                }[solver.falls]
            )
            g = s.T @ z[rows] / rows.size
            if solver.method == "saga":
                change = (s - table[rows]).T @ z[rows]
                g = change / rows.size + table.T @ z / n
                table[rows] = s
            shrunk = np.full(z.shape[1], solver.ridge)
            shrunk[-1] = 0.0
            g = g + shrunk * b
            if solver.method == "sgd":
                g = first = momentum * first + g
            elif solver.method == "rmsprop":
                second = decay * second + (1.0 - decay) * g**2
                g = first = momentum * first + g / (np.sqrt(second) + 1e-8)
            elif solver.method == "adam":
                first, second = momentum * first + (1 - momentum) * g, decay * second + (1 - decay) * g**2
                g = first / (1 - momentum ** (step + 1)) / (np.sqrt(second / (1 - decay ** (step + 1))) + 1e-8)
            b = b - rate * g
            step += 1
            if step > start:
                mean = mean + (b - mean) / (step - start)
    return b, mean


def learnt(rows: Any, solver: Stochastic, n_outcomes: int, orders: list[Any]) -> Learner:
    learner = new_learner(solver, standard_of(rows, P, 0), n_outcomes, N, N * len(orders))
    for order in orders:
        learner.learn(rows, order, N * len(orders))
    return learner


@pytest.mark.parametrize("n_outcomes", [2, 3])
@pytest.mark.parametrize("options", METHODS, ids=lambda options: str(options["method"]))
def test_methods_move_as_their_formulas_say(options: dict[str, Any], n_outcomes: int) -> None:
    solver = Stochastic(**{"schedule": None if options.get("average") else "cosine", "batch": 9, **options})
    orders = [np.random.default_rng(k).permutation(N) for k in range(3)]
    X, response = data(n_outcomes)
    b, mean = twin(np.column_stack([(X - X.mean(0)) / X.std(0), np.ones(N)]), response, solver, orders)
    learner = learnt(rows_of(Dense(X), response), solver, n_outcomes, orders)
    np.testing.assert_allclose(learner.coef, b, rtol=EXACT, atol=EXACT)
    if solver.average:
        found = learner.current
        np.testing.assert_allclose(found, mean if n_outcomes == 2 else mean - mean.mean(0), rtol=EXACT, atol=EXACT)
    by_largest = rows_of(sparse_matrix(sparse.csr_array(X)), response)
    b, _ = twin(np.column_stack([X / np.abs(X).max(0), np.ones(N)]), response, solver, orders)
    np.testing.assert_allclose(learnt(by_largest, solver, n_outcomes, orders).coef, b, rtol=EXACT, atol=EXACT)


def test_float32_rows_are_read_as_they_are() -> None:
    X, response = data(2, np.float32)
    rows = rows_of(Dense(X), response)
    assert rows.X is X
    orders, solver = [np.arange(N)], Stochastic(batch=9)
    wide = learnt(rows_of(Dense(X.astype(np.float64)), response), solver, 2, orders)
    np.testing.assert_allclose(learnt(rows, solver, 2, orders).coef, wide.coef, rtol=EXACT, atol=EXACT)


def moved(X: Any, y: Any, coef: Any, sparse_rows: bool, **options: Any) -> Any:
    """Return the gradient by raw coefficients and an intercept, from one long step over all rows."""
    matrix = sparse_matrix(sparse.csr_array(X)) if sparse_rows else Dense(X)
    rows = rows_of(matrix, Response(y))
    standard = standard_of(rows, P, 0)
    solver = Stochastic("sgd", rate=1.0, schedule="constant", batch=len(X), **options)
    learner = new_learner(solver, standard, 2, 0, np.inf)
    learner.coef[0, :-1] = coef[:-1] * standard.scale
    learner.coef[0, -1] = coef[-1] + coef[:-1] @ standard.centre
    before = learner.coef[0].copy()
    loss = learner.learn(rows, np.arange(len(X)), np.inf) / len(X)
    gradient = before - learner.coef[0]  # by standardised coefficients: u = b / s, and the intercept less c'u
    return loss, np.append(gradient[:-1] * standard.scale + standard.centre * gradient[-1], gradient[-1])


@pytest.mark.parametrize("sparse_rows", [False, True])
def test_ridge_of_dropout_has_the_gradient_of_its_formula(sparse_rows: bool) -> None:
    X, _ = data(2)
    y = (np.arange(N) % 3 == 0).astype(np.float64)
    coef = np.array([0.4, -0.1, 0.8, 0.3, -0.2])
    odds = 0.3 / 0.7

    def objective(beta: Any) -> float:
        eta = X @ beta[:-1] + beta[-1]
        mu = 1.0 / (1.0 + np.exp(-eta))
        bend = mu * (1.0 - mu) * ((X * beta[:-1]) ** 2).sum(axis=1)
        return float(np.mean(np.logaddexp(0.0, eta) - y * eta + 0.5 * odds * bend))

    loss, gradient = moved(X, y, coef, sparse_rows, dropout=0.3, dropout_as="ridge")
    assert loss == pytest.approx(objective(coef), rel=1e-12)
    h = 1e-6
    numeric = [(objective(coef + h * e) - objective(coef - h * e)) / (2 * h) for e in np.eye(P + 1)]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)  # of the differences


@pytest.mark.parametrize("sparse_rows", [False, True])
def test_noise_of_dropout_has_the_mean_over_all_patterns(sparse_rows: bool) -> None:
    x, coef, share, n = np.array([1.0, -2.0, 0.5, 1.5]), np.array([0.4, 0.3, 0.8, -0.5, 0.1]), 0.4, 40_000
    exact = np.zeros(P + 1)
    for kept in product([0.0, 1.0], repeat=P):
        probability = np.prod([1.0 - share if k else share for k in kept])
        row = np.append(x * kept / (1.0 - share), 1.0)
        exact += probability * row / (1.0 + np.exp(-row @ coef))
    _, gradient = moved(np.tile(x, (n, 1)), np.zeros(n), coef, sparse_rows, dropout=share)
    np.testing.assert_allclose(gradient, exact, atol=4.0 * 2.5 / np.sqrt(n))  # 4 standard errors of the widest column


@pytest.mark.parametrize("sparse_rows", [False, True])
def test_an_intercept_that_is_a_column_is_never_left_out(sparse_rows: bool) -> None:
    X, response = data(2)

    def raw(columns: Any, place: int, **options: Any) -> Any:
        matrix = sparse_matrix(sparse.csr_array(columns)) if sparse_rows else Dense(columns)
        rows = rows_of(matrix, response)
        standard = standard_of(rows, place, 0)
        learner = new_learner(
            Stochastic("sgd", rate=0.5, schedule="constant", batch=9, **options), standard, 2, 0, np.inf
        )
        learner.learn(rows, np.arange(N), np.inf)
        return standard.raw(learner.current)[0]

    first = np.column_stack([np.ones(N), X])
    ridge: dict[str, Any] = {"dropout": 0.4, "dropout_as": "ridge"}
    np.testing.assert_allclose(raw(first, 0, **ridge)[:-1], np.roll(raw(X, P, **ridge), 1), rtol=EXACT, atol=EXACT)
    np.testing.assert_array_equal(raw(first[:, :1], 0, dropout=0.4), raw(first[:, :1], 0))


def test_rates_fall_as_stated() -> None:
    for schedule, last in (("constant", 2.0), ("cosine", 0.0), ("step", 0.02)):
        rates = Stochastic(schedule=schedule).rates(2.0, 0.0, 0.1, 11, 0)  # type: ignore[arg-type]
        assert rates[0] == 2.0
        assert rates[-1] == pytest.approx(last, abs=1e-12)
    assert Stochastic(average=True).rates(1.0, 0.0, 0.1, 1, 900)[0] == pytest.approx(10.0**-0.505)


def test_coefficients_that_run_off_are_refused() -> None:
    X, _ = data(2)
    rows = rows_of(Dense(X * 1e150), Response((np.arange(N) % 2).astype(np.float64)))
    with pytest.raises(DataError, match="ran off to infinity with rate=1e\\+300"):
        learnt(rows, Stochastic("sgd", rate=1e300, ridge=1e10), 2, [np.arange(N)] * 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "adamw"}, "method='adamw' is not known"),
        ({"rate": 0.0}, "rate=0.0: give a number above 0"),
        ({"batch": 0}, "batch=0"),
        ({"epochs": -1}, "epochs=-1"),
        ({"momentum": 1.0}, "momentum=1.0: give a number from 0 to below 1"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"ridge": -1.0}, "ridge=-1.0"),
        ({"early_stopping": 1.0}, "early_stopping=1.0"),
        ({"method": "saga", "dropout": 0.5}, "dropout changes"),
        ({"average": True, "schedule": "cosine"}, "average=True needs steps that go on"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Stochastic(**options)
