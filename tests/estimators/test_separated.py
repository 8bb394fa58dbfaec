"""Separated classes: finite coefficients that predict the limit, along one direction that only the data decide."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

import logitkit as lk
from estimators.problems import quasi_separated, separated
from logitkit.errors import DataWarning
from logitkit.estimators import LogitClassifier, LogitClassifierCV
from logitkit.estimators import finite as finite_module
from logitkit.estimators.finite import shortest_vector
from tolerances import EXACT, ITERATIVE, ROUTE

LIMIT = 1e-17  # how near the probability of a separated row is to its limit: exp(-40) is 4e-18


def fitted(X, y, **options):
    with pytest.warns(DataWarning, match="The classes are separated"):
        return LogitClassifier(**options).fit(X, y)


def both(model):
    return np.r_[model.intercept_, model.coef_[0]]


def test_every_row_is_predicted_at_its_limit():
    X, y = separated()
    model = fitted(X, y)
    assert np.isfinite(both(model)).all()
    assert_array_equal(model.predict(X), y)
    assert_allclose(model.predict_proba(X)[:, 1], y, atol=LIMIT)
    assert_allclose(model.predict_proba(X)[:, 1], model.fit_.predict(), atol=LIMIT)
    assert np.isclose(np.abs(model.decision_function(X)).min(), 40.0, rtol=ROUTE)


def test_the_warning_says_what_and_where():
    X, y = quasi_separated()
    with pytest.warns(DataWarning, match=r"40 rows are fitted perfectly, and estimates are infinite \(inside\)"):
        LogitClassifier().fit(pd.DataFrame(X, columns=["a", "b", "inside"]), y)


def test_rows_that_overlap_keep_the_limiting_model():
    X, y = quasi_separated()
    model = fitted(X, y)
    inside = X[:, 2] == 1.0
    rest = LogitClassifier().fit(X[~inside, :2], y[~inside])
    assert_allclose(model.coef_[0, :2], rest.coef_[0], rtol=ROUTE)
    assert_allclose(model.intercept_, rest.intercept_, rtol=ROUTE)
    assert_allclose(model.predict_proba(X[~inside]), rest.predict_proba(X[~inside, :2]), rtol=ROUTE)
    assert_allclose(model.predict_proba(X[inside])[:, 1], 1.0, atol=LIMIT)


@pytest.mark.parametrize("problem", [separated, quasi_separated])
def test_copies_and_order_of_the_rows_change_nothing(problem):
    X, y = problem()
    model = fitted(X, y)
    order = np.random.default_rng(3).permutation(len(y))
    for index in (np.repeat(np.arange(len(y)), 3), order, np.r_[order, order]):
        assert_allclose(both(fitted(X[index], y[index])), both(model), rtol=1e-8)  # the limit model's own tolerance
    once = np.flatnonzero(X[:, 2] == 1.0) if problem is quasi_separated else np.arange(20)
    again = np.r_[np.arange(len(y)), once, once]  # some separated rows more often than others
    assert_allclose(both(fitted(X[again], y[again])), both(model), rtol=1e-8)
    weights = np.where(np.isin(np.arange(len(y)), once), 3.0, 1.0)
    with pytest.warns(DataWarning, match="separated"):
        weighted = LogitClassifier().fit(X, y, sample_weight=weights)
    assert_allclose(both(weighted), both(model), rtol=1e-8)


def test_units_and_zero_points_of_the_columns_change_no_prediction():
    X, y = separated()
    model, new = fitted(X, y), np.random.default_rng(5).normal(size=(50, 3))
    scale, shift = np.array([1e3, 1e-2, 5.0]), np.array([10.0, -2.0, 0.0])
    other = fitted(X * scale + shift, y)
    assert_allclose(other.decision_function(new * scale + shift), model.decision_function(new), rtol=1e-7, atol=1e-6)


def test_the_direction_is_that_of_the_widest_margin():
    """By a general solver, on columns brought to the range from -1 to 1, with the intercept in the length."""
    X, y = separated(80)
    apart = np.abs(X @ [1.0, -2.0, 0.5] - 0.3) > 1.0  # a wide margin, which a general solver can do
    X, y = X[apart], y[apart]
    low, high = X.min(axis=0), X.max(axis=0)
    Z = np.column_stack([np.ones(len(y)), (2.0 * X - low - high) / (high - low)])
    sides = 2.0 * y - 1.0
    found = minimize(
        lambda v: v @ v,
        np.zeros(4),
        jac=lambda v: 2.0 * v,
        constraints={"type": "ineq", "fun": lambda v: sides * (Z @ v) - 1.0, "jac": lambda v: sides[:, None] * Z},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert found.success
    assert_allclose(fitted(X, y).decision_function(X), 40.0 * Z @ found.x, rtol=ITERATIVE)


@pytest.mark.parametrize(("d", "m", "thin"), [(3, 100, 0.5), (10, 2000, 0.1), (30, 1000, 1e-3), (5, 500, 1e-9)])
def test_the_shortest_vector_satisfies_the_conditions_of_its_optimum(d, m, thin):
    rng = np.random.default_rng(d)
    inside = rng.normal(size=d)
    rows = rng.normal(size=(m, d))
    rows *= np.sign(rows @ inside)[:, None]
    rows = rows[rows @ inside > thin * np.linalg.norm(inside)]
    vector = shortest_vector(rows)
    margins = rows @ vector
    assert margins.min() >= 1.0 - EXACT
    active = rows[margins <= 1.0 + 1e-8]  # a vertex of the constraints, to rounding
    multipliers = np.linalg.lstsq(active.T, vector, rcond=None)[0]
    assert len(active) <= d
    assert (multipliers > 0.0).all()
    assert_allclose(active.T @ multipliers, vector, rtol=1e-7, atol=1e-7 * np.abs(vector).max())


def test_where_least_squares_fail_the_certificate_is_taken(monkeypatch):
    def fails(rows):
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr(finite_module, "shortest_vector", fails)
    X, y = quasi_separated()
    model = fitted(X, y)
    inside = X[:, 2] == 1.0
    assert_allclose(model.predict_proba(X[inside])[:, 1], 1.0, atol=LIMIT)
    assert_allclose(model.predict_proba(X[~inside])[:, 1], model.fit_.predict()[~inside], rtol=ROUTE)


def test_levels_of_one_outcome_in_a_formula():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"firm": rng.integers(0, 400, 4000).astype(str), "size": rng.normal(size=4000)})
    y = (rng.random(4000) < 0.3).astype(int)
    y[np.isin(frame["firm"], ["7", "8"])] = 0
    y[frame["firm"] == "9"] = 1
    model = fitted(frame, y, formula="size + C(firm)")
    assert np.isfinite(both(model)).all()
    limit = model.fit_.predict().to_numpy()
    assert ((limit == 0.0) | (limit == 1.0)).sum() >= np.isin(frame["firm"], ["7", "8", "9"]).sum() > 0
    assert_allclose(model.predict_proba(frame)[:, 1], limit, rtol=ROUTE, atol=LIMIT)


def test_without_intercept_and_with_weight_zero():
    X, y = separated()
    y = (X @ [1.0, -2.0, 0.5] > 0.0).astype(int)
    y[0] = 1 - y[0]
    weight = np.ones(len(y))
    weight[0] = 0.0
    with pytest.warns(DataWarning, match="59 rows are fitted perfectly"):
        model = LogitClassifier(fit_intercept=False).fit(X, y, sample_weight=weight)
    assert model.intercept_[0] == 0.0
    assert_array_equal(model.predict(X[1:]), y[1:])


def test_a_separated_model_is_pickled_and_predicts_the_same():
    X, y = separated()
    model = fitted(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.fit_.separation.n_rows == len(y)


def test_an_aliased_column_stays_at_zero():
    X, y = separated()
    model = fitted(np.column_stack([X, X[:, 0] + X[:, 1]]), y)
    assert model.coef_[0, 3] == 0.0
    assert_array_equal(model.predict(np.column_stack([X, X[:, 0] + X[:, 1]])), y)


def test_a_column_that_no_direction_moves_is_that_of_the_fit():
    X, y = quasi_separated()
    model = fitted(X, y)
    fit = lk.logit_matrix(np.column_stack([np.ones(len(y)), X]), y, ["Intercept", "a", "b", "inside"])
    assert_allclose(both(model)[:3], fit.coef.to_numpy()[:3], rtol=ROUTE)
    assert fit.coef["inside"] == np.inf


def test_a_relaxed_lasso_whose_columns_separate_is_the_lasso() -> None:
    X = np.arange(20.0)[:, None]
    y = (X[:, 0] > 9.0).astype(int)
    with pytest.warns(lk.errors.DataWarning, match=r"separate the outcomes.*The lasso itself \(gamma=1\) is used"):
        fitted = LogitClassifier(penalty=lk.RelaxedLasso(0.05, gamma=0.3)).fit(X, y)
    lasso = LogitClassifier(penalty=lk.Lasso(0.05)).fit(X, y)
    np.testing.assert_allclose(fitted.coef_, lasso.coef_, rtol=1e-9)
    with pytest.warns(lk.errors.DataWarning, match=r"Without fold .*The lasso itself \(gamma=1\) is used"):
        LogitClassifierCV(penalty=lk.RelaxedLasso(), cv=3, n_strengths=4).fit(X, y)
    with pytest.raises(lk.errors.SeparationError, match="separate the outcomes"):
        lk.logit("y ~ x", {"y": y, "x": X[:, 0]}, penalty=lk.RelaxedLasso(0.05))
