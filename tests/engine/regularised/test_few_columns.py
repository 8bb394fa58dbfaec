"""Lassos of few rows and few numbers, solved in one compiled call a strength."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.regularised.shrunken import outcome, random_matrix
from logitkit.engine.regularised import engines, few_columns
from tolerances import ROUTE

N, P = 70, 251
NAMES = ["Intercept", *(f"x{j}" for j in range(1, P))]


def drawn(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    X = random_matrix(N, P, seed)
    return X, outcome(X, seed + 1)


def told(kind: str) -> tuple[np.ndarray, np.ndarray, list[str], dict[str, Any]]:
    """Draw a problem of some kind."""
    X, y = drawn()
    rng = np.random.default_rng(1)
    if kind == "weights":
        return X, y, NAMES, {"weights": 1.0 + rng.integers(3, size=N)}
    if kind == "offset":
        return X, y, NAMES, {"offset": rng.normal(size=N)}
    if kind == "no intercept":
        return X[:, 1:] - X[:, 1:].mean(axis=0), y, NAMES[1:], {}
    if kind == "far from zero":
        X[:, 1:] += 100.0 * rng.normal(size=P - 1)
    if kind == "correlated":
        X[:, 1:] += 3.0 * rng.normal(size=(N, 1))
    if kind == "twice":
        X[:, 126:] = X[:, 1:126]
    return X, y, NAMES, {}


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that is given the status of each call."""
    seen, kernel = [], few_columns.minimise

    def minimise(*given: Any) -> Any:
        found = kernel(*given)
        seen.append(found[0])
        return found

    monkeypatch.setattr(few_columns, "minimise", minimise)
    return seen


@pytest.mark.parametrize("penalty", [lk.Lasso(), lk.ElasticNet(l1_ratio=0.4)])
@pytest.mark.parametrize("kind", ["weights", "offset", "no intercept", "far from zero", "correlated", "twice"])
def test_gaps_of_a_path_bound_what_is_left(kind: str, penalty: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least objective is that of the other solver, by its certificate."""
    X, y, names, more = told(kind)
    seen = counted(monkeypatch)
    record = lk.path_matrix(X, y, names, penalty=penalty, n_strengths=8, ratio=0.1, **more).record
    assert seen == [few_columns.CONVERGED] * record.strengths.size
    assert (record.gaps <= 1e-6).all()
    assert record.n_nonzero[-1] > 10
    monkeypatch.setattr(engines, "are_few_numbers", lambda *_: False)
    for k in (3, 7):
        one = penalty.at(float(record.strengths[k]))
        fit = lk.logit_matrix(X, y, names, penalty=one, solver=lk.ProxNewton(tol=1e-11), **more)
        part = fit.record.penalty
        assert part is not None
        eta = X @ record.coef[k] + more.get("offset", 0.0)
        loss = float(more.get("weights", np.ones(N)) @ (np.logaddexp(0.0, eta) - y * eta))
        assert_allclose(record.loss[k], loss, rtol=1e-12)
        above = loss + part.penalty.value(part.scale * record.coef[k]) - fit.certificate().dual
        assert -1e-10 * record.null_loss <= above <= (record.gaps[k] + 1e-10) * record.null_loss


def test_a_precise_fit_ends_with_the_other_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = drawn()
    seen = counted(monkeypatch)
    fit = lk.logit_matrix(X, y, NAMES, penalty=lk.Lasso(0.03))
    assert set(seen) == {few_columns.CONVERGED}
    assert fit.certificate().holds
    monkeypatch.setattr(engines, "are_few_numbers", lambda *_: False)
    assert_allclose(fit.coef, lk.logit_matrix(X, y, NAMES, penalty=lk.Lasso(0.03)).coef, atol=ROUTE)


@pytest.mark.parametrize("status", ["full", "not converged"])
def test_what_is_not_solved_is_handed_over(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = drawn()
    usual = lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(), n_strengths=6, ratio=0.1).record
    if status == "full":
        monkeypatch.setattr(few_columns, "PRODUCTS_MOST", 12**2 * N)
    seen = counted(monkeypatch)
    options = lk.ProxNewton(tol=1e-6) if status == "full" else lk.ProxNewton(tol=1e-14)
    found = lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(), strengths=usual.strengths, solver=options).record
    if status == "full":  # and not tried again at smaller strengths
        assert seen[-1] == few_columns.FULL
        assert seen.count(few_columns.FULL) == 1
        assert len(seen) < usual.strengths.size
    assert (found.gaps <= options.tol).all()
    assert_allclose(found.loss, usual.loss, atol=2e-3 * usual.null_loss)  # known to the root of the gap


def test_it_is_chosen_for_few_numbers_and_at_most_an_intercept_without_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = drawn()
    seen = counted(monkeypatch)
    lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(keep=["x3"]), n_strengths=3)
    monkeypatch.setattr(few_columns, "ROWS_MOST", N - 1)
    lk.path_matrix(X, y, NAMES, penalty=lk.Lasso(), n_strengths=3)
    assert seen == []
