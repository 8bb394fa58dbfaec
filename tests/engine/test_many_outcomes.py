"""Fits of many outcomes: the optimum without second derivatives, errors when they are asked for, and separation."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linprog

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine import many_outcomes
from logitkit.engine.curvature.vcov import DeferredVcov, DenseVcov
from logitkit.engine.existence.margins import margin_rows
from logitkit.engine.fit import fit_design
from logitkit.engine.many_outcomes import _overlaps
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceWarning
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import full_predictors
from oracles import multinomial as twin
from tolerances import REFERENCE, ROUTE

K, P = 18, 20


def draw(n=900, outcomes=K, columns=P, effect=0.3, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, columns))])
    y = (X @ rng.normal(size=(columns + 1, outcomes)) * effect + rng.gumbel(size=(n, outcomes))).argmax(axis=1)
    return X, y


def fitted(X, y, **given):
    return lk.multinomial_matrix(X, y, ["Intercept", *(f"x{j}" for j in range(1, X.shape[1]))], reference=0, **given)


@pytest.fixture(scope="module")
def drawn():
    return draw()


@pytest.fixture(scope="module")
def fit(drawn):
    return fitted(*drawn)


def test_the_optimum_and_its_errors_are_those_of_a_twin(drawn, fit):
    X, y = drawn
    assert fit.converged
    assert "conjugate gradients" in fit.record.method
    flat, counts = fit.record.inner_coef, np.eye(K)[y]
    information = twin.information(flat, X, counts)
    step = np.linalg.solve(information, twin.gradient(flat, X, counts))
    errors = np.sqrt(np.linalg.inv(information).diagonal())
    assert np.abs(step / errors).max() < 1e-8
    assert_allclose(fit.loglik, -twin.loss(flat, X, counts), rtol=ROUTE)
    assert_allclose(fit.std_error.to_numpy().T.ravel(), errors, rtol=REFERENCE)


def test_it_is_the_fit_of_the_other_way(drawn, fit, monkeypatch):
    monkeypatch.setattr(many_outcomes, "MANY", 10**9)
    other = fitted(*drawn)
    assert "conjugate gradients" not in other.record.method
    assert_allclose(fit.coef, other.coef, rtol=REFERENCE, atol=ROUTE)
    assert_allclose(fit.std_error, other.std_error, rtol=REFERENCE)
    assert_allclose(fit.null_deviance, other.null_deviance, rtol=ROUTE)


def test_errors_wait_until_they_are_asked_for(drawn):
    found = fitted(*drawn)
    vcov = found.record.inner_vcov
    assert isinstance(vcov, DeferredVcov)
    assert "made" not in vars(vcov)
    str(found.coef), found.predict(), found.loglik
    assert "made" not in vars(vcov)
    errors = found.std_error
    assert "made" in vars(vcov)
    again = pickle.loads(pickle.dumps(found.record))
    assert isinstance(again.inner_vcov, DenseVcov)
    assert_array_equal(again.inner_vcov.diagonal(), vcov.diagonal())
    assert errors.notna().to_numpy().all()


def test_errors_are_those_of_the_rows_as_they_were(drawn):
    X, y, weights = (np.array(each) for each in (*drawn, np.ones(len(drawn[1]))))
    found = fitted(X, y, weights=weights)
    expected = fitted(X.copy(), y.copy(), weights=weights.copy()).std_error
    X *= 3.0
    y[:], weights[:] = 0, 5.0
    assert_array_equal(found.std_error, expected)


def test_coefficients_that_are_near_save_steps(fit):
    form, design = fit.record.form, fit.design
    again = fit_design(design, form, lk.Newton(), start=fit.record.inner_coef)
    assert len(again.trace) < len(fit.record.trace) - 3
    assert_allclose(again.inner_coef, fit.record.inner_coef, rtol=REFERENCE, atol=ROUTE)


def test_it_is_saved_with_its_errors(fit, tmp_path):
    fit.save(tmp_path / "many.json")
    assert_array_equal(lk.load(tmp_path / "many.json").std_error, fit.std_error)


def test_threads_do_not_change_a_bit(drawn, fit):
    before = lk.get_threads()
    try:
        lk.set_threads(1)
        alone = fitted(*drawn)
        lk.set_threads(2)
        assert_array_equal(alone.coef, fitted(*drawn).coef)
    finally:
        lk.set_threads(before)


def test_a_column_that_others_determine_is_dropped(drawn, fit):
    X, y = drawn
    found = fitted(np.column_stack([X, X[:, 1] - 2.0 * X[:, 2]]), y)
    assert "conjugate gradients" in found.record.method
    assert_allclose(found.loglik, fit.loglik, rtol=ROUTE)
    assert found.coef.iloc[-1].isna().all()
    assert_allclose(found.coef.iloc[:-1], fit.coef, rtol=REFERENCE, atol=ROUTE)


def test_weights_are_rows_that_occur_as_often(drawn):
    X, y = drawn
    weights = np.random.default_rng(1).integers(0, 4, y.size)
    weighted = fitted(X, y, weights=weights)
    repeated = fitted(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    assert_allclose(weighted.coef, repeated.coef, rtol=REFERENCE, atol=ROUTE)


def test_a_rare_outcome_that_a_hyperplane_separates_is_a_proof(drawn):
    X, y = drawn
    X, y = X.copy(), y.copy()
    X[:3, 1], y[:3] = 9.0, K  # three rows of an outcome of their own, far from all others
    with pytest.warns(ConvergenceWarning, match="there is no maximum"):
        found = fitted(X, y)
    assert found.record.status is Status.UNBOUNDED
    words = f"There is no maximum: a hyperplane separates the rows of each of '{K}' from all other rows"
    assert words in found.record.covariance.label
    assert words in " ".join(str(found.summary()).split())
    assert found.std_error.isna().to_numpy().all()
    assert "Not converged" in str(found.summary())


def test_outcomes_that_columns_tell_apart_completely_are_a_proof():
    X, y = draw(n=80, outcomes=30, columns=20)
    with pytest.warns(ConvergenceWarning, match="there is no maximum"):
        found = fitted(X, y)
    assert found.record.status is Status.UNBOUNDED
    assert "these coefficients predict the outcome of every row" in found.record.covariance.label


def test_too_few_steps_are_not_separation(drawn):
    with pytest.warns(ConvergenceWarning, match="maximum number of iterations"):
        assert fitted(*drawn, solver=lk.Newton(max_iter=2)).record.status is Status.ITERATIONS


def test_a_gradient_certifies_only_what_the_linear_program_does():
    certified = separated = 0
    rng = np.random.default_rng(5)
    predictors = full_predictors(3, 2, reference=0)
    for _ in range(100):
        X = np.column_stack([np.ones(9), rng.integers(-2, 3, size=9)]).astype(float)
        y = np.concatenate([[0, 1, 2], rng.integers(0, 3, 6)]).astype(float)
        if np.ptp(X[:, 1]) == 0:
            continue
        response = Response(y, n_outcomes=3)
        pairs = margin_rows(Dense(X), response, predictors, Multinomial(3))[0].to_dense()
        exists = linprog(-pairs.sum(axis=0), A_ub=-pairs, b_ub=np.zeros(len(pairs)), bounds=(-1, 1)).fun > -1e-9
        objective = Objective(Dense(X), response, Multinomial(3), predictors=predictors)
        beta = np.zeros(4)
        for _ in range(6):
            here = objective.evaluate(beta)
            if _overlaps(here, X.T @ X, 2):
                assert exists
                certified += 1
            beta = beta - here.hessian.factorise().solve(here.gradient)
        separated += not exists
    assert certified > 20
    assert separated > 10
