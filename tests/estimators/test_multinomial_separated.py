"""Separated classes of several: finite coefficients that predict the limit, along one direction of the data alone."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize, nnls
from scipy.special import log_softmax, softmax

from estimators.problems import partly_separated_classes, quasi_separated, separated, separated_classes
from logitkit.errors import ConvergenceWarning, DataWarning
from logitkit.estimators import LogitClassifier, MultinomialClassifier
from logitkit.estimators import finite as finite_module
from tolerances import ITERATIVE, ROUTE

LIMIT = 1e-17  # how near a probability is to its limit zero: exp(-40) is 4e-18
LIMIT_FIT = 1e-8  # the limiting model's own tolerance


def fitted(X, y, kind=MultinomialClassifier, weight=None, **options):
    with pytest.warns(DataWarning, match="The classes are separated"):
        return kind(**options).fit(X, y, sample_weight=weight)


def both(model):
    return np.column_stack([model.intercept_, model.coef_])


@pytest.mark.parametrize("k", [3, 4])
def test_every_row_is_predicted_at_its_limit(k):
    X, y = separated_classes(n=120, k=k, seed=1)
    model = fitted(X, y)
    assert np.isfinite(both(model)).all()
    assert_allclose(both(model).sum(axis=0), 0.0, atol=1e-9 * np.abs(both(model)).max())
    assert_array_equal(model.predict(X), y)
    proba = model.predict_proba(X)
    assert_allclose(proba, np.eye(k)[y], atol=LIMIT)
    assert_allclose(proba, model.fit_.predict(), atol=LIMIT)
    eta = model.decision_function(X)
    own = eta[np.arange(len(y)), y]
    eta[np.arange(len(y)), y] = -np.inf
    assert np.isclose((own - eta.max(axis=1)).min(), 40.0, rtol=ROUTE)


def test_the_warning_says_what_and_where():
    X, y = partly_separated_classes()
    frame = pd.DataFrame(X, columns=["a", "b", "inside"])
    message = r"the fit rules out classes in some rows, and estimates are infinite \(0:inside, 1:inside, 2:inside\)"
    with pytest.warns(DataWarning, match=message):
        MultinomialClassifier().fit(frame, y)
    X, y = separated_classes()
    with pytest.warns(DataWarning, match="90 rows are fitted perfectly"):
        MultinomialClassifier().fit(X, y)


def test_what_overlaps_keeps_the_limiting_model():
    """By a general minimiser: inside, the class 0 is ruled out and one coefficient tells 2 from 1."""
    X, y = partly_separated_classes()
    n, inside, one = len(y), X[:, 2] == 1.0, np.column_stack([np.ones(len(y)), X[:, :2]])
    design = np.zeros((n, 3, 7))  # classes 1 and 2 against 0, each with three coefficients, then that one
    design[:, 1, :3], design[:, 2, 3:6], design[:, 2, 6] = one, one, inside
    out = np.zeros((n, 3))
    out[inside, 0] = -np.inf

    def loss(b):
        logs = log_softmax(design @ b + out, axis=1)
        own = logs[np.arange(n), y]
        return -own.sum(), np.einsum("ik,ikj->j", np.exp(logs) - np.eye(3)[y], design)

    found = minimize(loss, np.zeros(7), jac=True, method="BFGS", options={"gtol": 1e-9})
    model = fitted(X, y)
    proba = model.predict_proba(X)
    assert_allclose(proba, softmax(design @ found.x + out, axis=1), rtol=ITERATIVE, atol=LIMIT)
    assert_allclose(proba, model.fit_.predict(), rtol=ROUTE, atol=LIMIT)
    assert_allclose((model.coef_[1:] - model.coef_[0])[:, :2], found.x[:6].reshape(2, 3)[:, 1:], rtol=ITERATIVE)


@pytest.mark.parametrize("problem", [separated, quasi_separated])
def test_two_classes_have_the_coefficients_of_the_binary_model(problem):
    X, y = problem()
    model, binary = fitted(X, y), fitted(X, y, LogitClassifier)
    assert_allclose(both(model), both(binary), rtol=LIMIT_FIT, atol=LIMIT_FIT)
    assert_allclose(model.predict_proba(X), binary.predict_proba(X), rtol=1e-7, atol=LIMIT)


@pytest.mark.parametrize("problem", [separated_classes, partly_separated_classes])
def test_copies_and_order_of_the_rows_change_nothing(problem):
    X, y = problem()
    model = fitted(X, y)
    scale = np.abs(both(model)).max()
    order = np.random.default_rng(3).permutation(len(y))
    for index in (np.repeat(np.arange(len(y)), 3), order, np.r_[order, order]):
        assert_allclose(both(fitted(X[index], y[index])), both(model), rtol=LIMIT_FIT, atol=LIMIT_FIT * scale)
    names = np.array(["c", "a", "b"])
    renamed = fitted(X, names[y])
    assert_allclose(both(renamed), both(model)[np.argsort(names)], rtol=LIMIT_FIT, atol=LIMIT_FIT * scale)


def test_units_and_zero_points_of_the_columns_change_no_prediction():
    X, y = separated_classes()
    model, new = fitted(X, y), np.random.default_rng(5).normal(size=(50, 3))
    scale, shift = np.array([1e3, 1e-2, 5.0]), np.array([10.0, -2.0, 0.0])
    other = fitted(X * scale + shift, y)
    assert_allclose(other.decision_function(new * scale + shift), model.decision_function(new), rtol=1e-7, atol=1e-5)


def test_the_direction_is_that_of_the_widest_margin():
    """It satisfies the conditions of the shortest vector, on columns brought to the range from -1 to 1."""
    X, y = separated_classes()
    low, high = X.min(axis=0), X.max(axis=0)
    Z = np.column_stack([np.ones(len(y)), (2.0 * X - low - high) / (high - low)])
    model = fitted(X, y)
    slopes = model.coef_ * (high - low) / 2.0
    vector = np.column_stack([model.intercept_ + model.coef_ @ (low + high) / 2.0, slopes]) / 40.0
    pairs = np.stack(
        [np.kron(np.eye(3)[y[i]] - np.eye(3)[k], Z[i]) for i in range(len(y)) for k in range(3) if k != y[i]]
    )
    margins = pairs @ vector.ravel()
    assert np.isclose(margins.min(), 1.0, rtol=ROUTE)
    multipliers, residual = nnls(pairs[margins <= 1.0 + 1e-7].T, vector.ravel())
    assert residual <= 1e-7 * np.linalg.norm(vector)
    assert (multipliers > 0.0).sum() <= 8


def test_where_least_squares_fail_the_certificate_is_taken(monkeypatch):
    def fails(rows):
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr(finite_module, "shortest_vector", fails)
    for problem in (separated_classes, partly_separated_classes):
        X, y = problem()
        model = fitted(X, y)
        assert_allclose(model.predict_proba(X), model.fit_.predict(), rtol=LIMIT_FIT, atol=LIMIT)


def test_levels_that_lack_a_class_in_a_formula():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"firm": rng.integers(0, 30, 900).astype(str), "size": rng.normal(size=900)})
    y = np.array(["a", "b", "c"])[rng.integers(0, 3, 900)]
    y[np.isin(frame["firm"], ["7", "8"]) & (y == "c")] = "a"
    y[frame["firm"] == "9"] = "b"
    model = fitted(frame, y, formula="size + C(firm)")
    assert np.isfinite(both(model)).all()
    limit = model.fit_.predict().to_numpy()
    assert (limit == 0.0).any(axis=1).sum() == np.isin(frame["firm"], ["7", "8", "9"]).sum() > 0
    assert_allclose(model.predict_proba(frame), limit, rtol=LIMIT_FIT, atol=LIMIT)


def test_without_intercept_and_with_weight_zero():
    X, _ = separated_classes()
    y = (X @ np.random.default_rng(1).normal(size=(3, 3))).argmax(axis=1)
    y[0] = (y[0] + 1) % 3
    weight = np.ones(len(y))
    weight[0] = 0.0
    model = fitted(X, y, weight=weight, fit_intercept=False)
    assert_array_equal(model.intercept_, np.zeros(3))
    assert_array_equal(model.predict(X[1:]), y[1:])


def test_an_aliased_column_stays_at_zero():
    X, y = separated_classes()
    model = fitted(np.column_stack([X, X[:, 0] + X[:, 1]]), y)
    assert_array_equal(model.coef_[:, 3], np.zeros(3))
    assert_allclose(model.predict_proba(X @ np.eye(3, 4) + 0.0 * X[:, :1]), np.eye(3)[y], atol=LIMIT)


def test_of_hundreds_of_coefficients_separation_is_proved_and_told():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 20))
    y = (X @ rng.normal(size=(20, 20))).argmax(axis=1)
    with pytest.warns(ConvergenceWarning, match=r"has not converged: .* no maximum"):
        model = MultinomialClassifier().fit(X, y)
    assert np.isfinite(both(model)).all()
    assert model.fit_.separation is None
    assert model.score(X, y) == 1.0  # which is the proof


def test_a_penalty_needs_no_limit():
    X, y = separated_classes()
    model = MultinomialClassifier(strength=0.01).fit(X, y)
    assert model.fit_.separation is None


def test_a_separated_model_is_pickled_and_predicts_the_same():
    X, y = separated_classes()
    model = fitted(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.fit_.design is None
    assert again.fit_.separation is not None
