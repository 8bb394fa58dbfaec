"""Few rows with many dense columns: models minimised with old second derivatives, and the paths that they make."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from engine.regularised.shrunken import outcome, random_matrix
from logitkit.engine.regularised import dense_columns, engines, second_derivatives
from logitkit.numerics.kernels.active_columns import settle
from tolerances import ROUTE

N, P, FREE = 120, 90, 2


@pytest.fixture(autouse=True)
def _not_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small problems would be solved otherwise."""
    monkeypatch.setattr(engines, "are_few_numbers", lambda *_: False)


class Rows:
    """A quadratic model of rows, and second derivatives of rows whose curvature differs."""

    def __init__(self, l2: float, seed: int = 0) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.columns = np.ascontiguousarray(rng.normal(size=(P + 7, N)) + rng.normal(size=N) + 3.0)
        self.place = rng.permutation(P + 7)[:P]
        self.mean, self.share = self.columns[self.place].mean(axis=1), 1.0 / (1.0 + rng.random(P))
        self.X = ((self.columns[self.place] - self.mean[:, None]) * self.share[:, None]).T
        self.curvature = 0.02 + 0.23 * rng.random(N)
        old = self.curvature * np.exp(rng.normal(scale=0.3, size=N))
        self.second = np.zeros((P + 5, P + 5))
        self.second[:P, :P] = self.X.T @ (old[:, None] * self.X)
        self.l1, self.l2 = np.where(np.arange(P) < FREE, 0.0, 4.0), np.where(np.arange(P) < FREE, 0.0, l2)
        self.start = np.where(np.arange(P) % 3 == 0, rng.normal(scale=0.2, size=P), 0.0)
        self.slope = rng.normal(scale=0.4, size=N)

    def minimise(self, order: np.ndarray, most: int = 100) -> tuple[tuple[int, int, int, float], dict[str, np.ndarray]]:
        """Minimise from a factor of some columns."""
        size = order.size
        factor, places = np.zeros((P + 5, P + 5)), np.zeros(P + 5, dtype=np.int64)
        block = self.second[np.ix_(order, order)] + np.diag(self.l2[order])
        factor[:size, :size], places[:size] = np.linalg.cholesky(block).T, order
        free = self.X[:, :FREE]
        got = {"rows": self.slope.copy(), "eta": np.zeros(N), "coef": self.start.copy(), "factor": factor}
        got |= {"products": self.X.T @ self.slope, "order": places}
        inverse = np.linalg.inv(free.T @ (self.curvature[:, None] * free))
        found = settle(
            self.columns,
            self.place,
            self.mean,
            self.share,
            self.curvature,
            inverse,
            self.second,
            factor,
            places,
            size,
            1.0,
            got["rows"],
            got["eta"],
            got["products"],
            got["coef"],
            self.l1,
            self.l2,
            1e-13,
            most,
        )
        return found, got


@pytest.mark.parametrize("l2", [0.0, 3.0])
@pytest.mark.parametrize("known", ["none", "other columns"])
def test_a_model_is_minimised_with_second_derivatives_of_other_rows(known: str, l2: float) -> None:
    given = Rows(l2)
    order = np.arange(FREE) if known == "none" else given.rng.permutation(P)[:40]
    (status, steps, size, bend), got = given.minimise(order)
    assert status == 0
    assert 0 < steps < 60
    coef, rows = got["coef"], got["rows"]
    moved = given.X @ (coef - given.start)
    assert_allclose(got["eta"], moved, atol=1e-12)
    assert_allclose(rows, given.slope + given.curvature * moved, atol=1e-12)
    assert_allclose(got["products"], given.X.T @ rows, atol=1e-11)
    slope = given.X.T @ rows + given.l2 * coef
    used, zero = coef != 0.0, coef == 0.0
    assert 5 < used.sum() < 60
    assert_allclose(slope[used], -(given.l1 * np.sign(coef))[used], atol=1e-5)  # the root of the gap
    assert (np.abs(slope[zero]) <= given.l1[zero] + 1e-5).all()
    assert_allclose(slope[:FREE], 0.0, atol=1e-12)
    # The factor follows the columns that come and go.
    inside = got["order"][:size]
    assert set(np.flatnonzero(used)) <= set(inside)
    U = np.triu(got["factor"][:size, :size])
    block = given.second[np.ix_(inside, inside)]
    off = U.T @ U - block
    assert_allclose(off - np.diag(off.diagonal()), 0.0, atol=1e-10)
    assert (off.diagonal() >= -1e-10).all()
    assert 0.5 < bend < 2.0


def test_steps_are_counted_and_collinear_columns_descended() -> None:
    given = Rows(0.0)
    assert given.minimise(np.arange(FREE), most=1)[0][:2] == (1, 1)
    twin = Rows(0.0)
    for array in (twin.place, twin.mean, twin.share):
        array[4] = array[3]
    twin.X[:, 4] = twin.X[:, 3]
    twin.second[4], twin.second[:, 4] = twin.second[3], twin.second[:, 3]
    twin.second[4, 4] = twin.second[3, 3]
    twin.start[[3, 4]] = 0.5
    (status, _, size, _), got = twin.minimise(np.arange(FREE))
    assert status == 0
    assert np.unique(got["order"][:size]).size == size
    assert_allclose(got["rows"], twin.slope + twin.curvature * (twin.X @ (got["coef"] - twin.start)), atol=1e-12)


NAMES = ["Intercept", *(f"x{j}" for j in range(1, 401))]


def drawn(n: int = 80, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    X = random_matrix(n, 401, seed)
    return X, outcome(X, seed + 1)


@pytest.mark.parametrize(
    ("penalty", "more"),
    [
        (lk.ElasticNet(l1_ratio=0.4), {"weights": True}),
        (lk.Lasso(keep=["x3", "x7"]), {"offset": True}),
        (lk.Lasso(standardize=False), {"shifted": True}),
        (lk.Lasso(), {"plain": True}),
    ],
)
def test_gaps_of_a_path_bound_what_is_left(penalty: object, more: dict[str, bool]) -> None:
    X, y = drawn()
    rng = np.random.default_rng(1)
    told = {"weights": 1.0 + rng.integers(3, size=80)} if "weights" in more else {}
    told |= {"offset": rng.normal(size=80)} if "offset" in more else {}
    names = NAMES
    if "shifted" in more:
        X[:, 1:] += 100.0 * rng.normal(size=400)
    if "plain" in more:  # no intercept
        X, names = X[:, 1:], names[1:]
    path = lk.path_matrix(X, y, names, penalty=penalty, n_strengths=8, ratio=0.1, **told)
    record = path.record
    assert record.method == "proximal Newton on a working set of columns"
    assert (record.gaps <= 1e-6).all()
    for k in (3, 7):
        fit = lk.logit_matrix(X, y, names, penalty=penalty.at(float(record.strengths[k])), **told)  # type: ignore[attr-defined]
        found = fit.certificate()
        assert found.holds
        part = fit.record.penalty
        assert part is not None
        scaled = part.scale * record.coef[k]
        above = record.loss[k] + part.penalty.value(scaled) - found.dual
        assert -1e-9 * record.null_loss <= above <= (1e-6 + 1e-9) * record.null_loss
        assert above <= (record.gaps[k] + 1e-9) * record.null_loss + found.gap
    assert record.n_nonzero[-1] > 10


def test_single_precision_only_costs_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = drawn()
    usual = lk.logit_matrix(X, y, NAMES, penalty=lk.Lasso(0.01))
    monkeypatch.setattr(second_derivatives, "SINGLE_FROM", 0)
    single = lk.logit_matrix(X, y, NAMES, penalty=lk.Lasso(0.01))
    assert single.certificate().holds
    assert_allclose(single.coef, usual.coef, atol=ROUTE)


def test_the_same_bits_on_any_number_of_threads() -> None:
    X, y = drawn()
    found = []
    for threads in (1, 3):
        lk.set_threads(threads)
        found.append(lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(), n_strengths=10).coef.to_numpy())
    lk.set_threads(None)
    assert_array_equal(*found)


def test_columns_far_from_zero_without_an_intercept_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their second derivatives are nearly one number: steps that hold signs may lead up, and are cut."""
    X, y = drawn()
    monkeypatch.setattr(dense_columns, "WorkingSet", None)
    path = lk.path_matrix(X[:, 1:], y, NAMES[1:], penalty=lk.Lasso(), n_strengths=8, ratio=0.1)
    assert (path.record.gaps <= 1e-6).all()


def test_columns_far_from_zero_take_no_more_steps() -> None:
    """Where a solution is thought to be is told for centred columns: else the intercept is led astray."""
    X, y = drawn()
    near = lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(), n_strengths=20, ratio=0.01)
    X[:, 1:] += 100.0 * np.random.default_rng(1).normal(size=400)
    far = lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(), strengths=near.strengths)
    assert near.record.steps.sum() < 60
    assert far.record.steps.sum() < near.record.steps.sum() + 5


def test_columns_that_are_there_twice() -> None:
    X, y = drawn()
    X[:, 201:] = X[:, 1:201]
    path = lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(), n_strengths=10, ratio=0.1)
    assert (path.record.gaps <= 1e-6).all()
    once = lk.path_matrix(X[:, :201], y, NAMES[:201], penalty=lk.Lasso(), strengths=path.strengths)
    assert_allclose(path.deviance_ratio, once.deviance_ratio, atol=1e-4)  # known to the root of the gap


def test_models_that_never_settle_are_left_to_the_working_set(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = drawn()
    usual = lk.logit_matrix(X, y, NAMES, penalty=lk.Lasso(0.02))
    monkeypatch.setattr(dense_columns, "STEPS_MOST", 0)
    fit = lk.logit_matrix(X, y, NAMES, penalty=lk.Lasso(0.02))
    assert fit.certificate().holds
    assert_allclose(fit.coef, usual.coef, atol=ROUTE)
