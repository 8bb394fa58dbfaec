"""Fits of which the coefficients alone are asked for: they are those of a fit with errors, and no Hessian is summed."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.objective import Evaluation, Objective
from logitkit.engine.solvers import choose, small, start
from logitkit.engine.solvers.start import starting_point
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.binomial import Binomial
from oracles.likelihood import loss_gradient, newton_decrement
from tolerances import EXACT, ROUTE

N = 40_000


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "NUMBERS_LEAST", 200_000)
    monkeypatch.setattr(start, "NUMBERS_MANY", 200_000)
    monkeypatch.setattr(small, "CELLS_ALONE", 100_000)


@cache
def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(N), rng.normal(size=(N, 5))])
    y = (rng.random(N) < 1 / (1 + np.exp(-X @ (0.4 * rng.normal(size=6))))).astype(float)
    X.flags.writeable = y.flags.writeable = False
    return X, y


def both(X: np.ndarray, y: np.ndarray, **options: Any) -> tuple[lk.Fit, lk.Fit]:
    alone, whole = lk.logit_matrix(X, y, vcov=False, **options), lk.logit_matrix(X, y, **options)
    assert alone.record.status is whole.record.status
    assert alone.aliased == whole.aliased
    known = np.isfinite(whole.coef) & np.isfinite(whole.std_error)
    assert_allclose(alone.coef[~known], whole.coef[~known], rtol=ROUTE)
    assert_allclose(((alone.coef - whole.coef) / whole.std_error)[known], 0.0, atol=1e-8)  # the tolerance of the solver
    assert_allclose(alone.record.loglik, whole.record.loglik, rtol=EXACT)
    return alone, whole


def summed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each sum of second derivatives in double precision from here on."""
    rows, given = [], Objective.evaluate

    def evaluate(self: Objective, coef: np.ndarray, hessian: bool = True, *rest: Any) -> Evaluation:
        if hessian and not any(rest[:1]):
            rows.append(self.matrix.n_rows)
        return given(self, coef, hessian, *rest)

    monkeypatch.setattr(Objective, "evaluate", evaluate)
    return rows


def test_no_hessian_of_all_rows_is_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = table()
    alone, _ = both(X, y)
    assert newton_decrement(alone.coef.to_numpy(), X, y) < 1e-8
    assert alone.record.decrement <= 1e-8
    rows = summed(monkeypatch)
    lk.logit_matrix(X, y, vcov=False)
    assert max(rows) < N / 4
    lk.logit_matrix(X, y)
    assert max(rows) == N


@pytest.mark.parametrize("tol", [1e-2, 1e-5, 1e-11])
def test_what_is_left_is_below_any_tolerance(tol: float) -> None:
    X, y = table()
    fit = lk.logit_matrix(X, y, vcov=False, solver=lk.Newton(tol=tol))
    assert fit.converged
    assert fit.record.decrement <= tol
    assert newton_decrement(fit.coef.to_numpy(), X, y) <= tol


@pytest.mark.parametrize("away", [0.0, 1e-6, 0.1, 1.0])
def test_the_bound_by_the_sample_is_one(away: float) -> None:
    X, y = table()
    begun = starting_point(Objective(Dense(X), Response(y), Binomial()))
    assert begun.nearby is not None
    coef = begun.coef + away * np.array([1.0, -1.0, 1.0, 0.5, 2.0, 0.0])
    bound = begun.nearby.bound(coef, loss_gradient(coef, X, y))
    assert bound is not None
    exact = newton_decrement(coef, X, y) ** 2
    assert exact <= bound <= 200.0 * exact  # the sample is a sixteenth of the rows, some of them drawn a few times


@pytest.mark.parametrize("apart", [1e-2, 1e-4, 1e-9, 0.0])
def test_columns_that_are_nearly_or_exactly_the_same(apart: float) -> None:
    X, y = table()
    X = X.copy()
    X[:, 5] = X[:, 4] + apart * X[:, 5]
    alone, _ = both(X, y)
    assert alone.converged


def test_a_column_that_the_sample_lacks() -> None:
    X, y = table()
    X = X.copy()
    X[:, 5] = 0.0
    X[:40:2, 5] = 1.0
    both(X, y)


def test_separated_rows_are_found() -> None:
    X, y = table()
    X, y = X.copy(), y.copy()
    X[:, 5] = 0.0
    X[:5_000, 5] = 1.0
    y[:5_000] = 1.0
    alone, _ = both(X, y)
    assert np.isposinf(alone.coef.iloc[5])


def test_weights_and_an_offset() -> None:
    X, y = table()
    rng = np.random.default_rng(4)
    both(X, y, weights=rng.integers(0, 4, N), offset=rng.normal(size=N))


@pytest.mark.parametrize("n", [300, N])
def test_it_says_that_it_has_no_errors_and_refuses_what_needs_them(n: int) -> None:
    X, y = table()
    fit = lk.logit_matrix(X[:n], y[:n], vcov=False)
    assert fit.std_error.isna().all()
    assert "The fit was asked for its coefficients alone (vcov=False)." in " ".join(str(fit.summary()).split())
    for ask in (fit.confint, lambda: fit.vcov, lambda: fit.test("x1 = 0"), fit.robust, fit.effects, fit.predictions):
        with pytest.raises(UnsupportedError, match=r"coefficients alone \(vcov=False\), and has no standard errors"):
            ask()
    for method in ("profile", "score"):
        with pytest.raises(UnsupportedError, match=r"vcov=False"):
            fit.confint(method=method)


def test_its_likelihood_is_that_of_any_fit(tmp_path: Any) -> None:
    data = lk.datasets.load_lbw()
    alone, whole = (lk.logit("low ~ age + lwt", data, vcov=vcov) for vcov in (False, True))
    assert alone.aic == whole.aic
    assert alone.lr_test().p_value == whole.lr_test().p_value
    assert_allclose(alone.predict(), whole.predict(), rtol=EXACT)
    alone.save(tmp_path / "alone.json")
    loaded = lk.load(tmp_path / "alone.json")
    assert str(loaded.summary()) == str(alone.summary())
    with pytest.raises(UnsupportedError, match="vcov=False"):
        loaded.confint()
    assert_allclose(lk.logit("low ~ age + lwt", data, start=alone).std_error, whole.std_error, rtol=ROUTE)


def test_what_asks_for_more_is_refused() -> None:
    data = lk.datasets.load_lbw()
    for more in ({"cluster": "race"}, {"penalty": lk.Ridge(0.1)}, {"dispersion": "pearson"}):
        with pytest.raises(UnsupportedError, match="vcov=False asks for the coefficients alone"):
            lk.logit("low ~ age", data, vcov=False, **more)
    with pytest.raises(DataError, match="give False for the coefficients alone"):
        lk.logit("low ~ age", data, vcov="hetero")  # type: ignore[arg-type]
    sampled = lk.logit("low ~ age", data, weights="lwt", weight_kind="sampling", vcov=False)
    assert np.isnan(sampled.aic)
    several = lk.multinomial("race ~ age", data, vcov=False)
    assert several.std_error.isna().all().all()
    assert lk.logit("low ~ age", data, absorb="race", vcov=False).std_error.isna().all()
