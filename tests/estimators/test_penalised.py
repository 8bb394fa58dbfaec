"""Penalties of LogitClassifier: the object, the strength and scikit-learn's C give the fit that they describe."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

import logitkit as lk
from estimators.problems import mixed_frame, overlapping, separated
from logitkit.estimators import LogitClassifier
from logitkit.estimators.penalty_choice import chosen_penalty
from tolerances import REFERENCE

NAMES = ["Intercept", "x0", "x1", "x2", "x3"]
NEWTON = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}


@pytest.fixture
def data():
    return overlapping()


def both(model):
    return np.r_[model.intercept_, model.coef_[0]]


def engine(X, y, penalty, **options):
    return lk.logit_matrix(np.column_stack([np.ones(len(X)), X]), y, NAMES, penalty=penalty, **options)


@pytest.mark.parametrize(
    ("options", "penalty"),
    [
        ({"strength": 0.05}, lk.Ridge(0.05)),
        ({"strength": 0.05, "l1_ratio": 1.0}, lk.Lasso(0.05)),
        ({"strength": 0.05, "l1_ratio": 0.3}, lk.ElasticNet(0.05, 0.3)),
        ({"C": 0.2}, lk.Ridge(1.0 / (0.2 * 300), standardize=False)),
        ({"C": 0.2, "l1_ratio": 1.0}, lk.Lasso(1.0 / (0.2 * 300), standardize=False)),
        ({"penalty": lk.Lasso(0.05, keep=["x0"])}, lk.Lasso(0.05, keep=["x0"])),
        ({"penalty": lk.Ridge(0.05) + lk.Bounds(lower=0.0)}, lk.Ridge(0.05) + lk.Bounds(lower=0.0)),
        ({"penalty": lk.GaussianPrior(0.0, 0.5)}, lk.GaussianPrior(0.0, 0.5)),
    ],
)
def test_it_is_the_fit_of_the_engine(data, options, penalty):
    X, y = data
    model = LogitClassifier(**options).fit(X, y)
    fit = engine(X, y, penalty)
    assert_array_equal(both(model), fit.coef)
    assert np.abs(both(model) - both(LogitClassifier().fit(X, y))).max() > 1e-3


def test_an_infinite_c_is_no_penalty(data):
    assert chosen_penalty(None, None, None, np.inf, lambda: 1.0) is None
    assert_array_equal(both(LogitClassifier(C=np.inf).fit(*data)), both(LogitClassifier().fit(*data)))


def test_c_goes_by_the_sum_of_all_weights(data):
    X, y = data
    own = np.linspace(0.5, 2.0, len(y))
    for weight in (None, own):
        model = LogitClassifier(C=0.2, class_weight={0: 1.0, 1: 5.0}).fit(X, y, sample_weight=weight)
        there = LogisticRegression(C=0.2, class_weight={0: 1.0, 1: 5.0}, **NEWTON).fit(X, y, sample_weight=weight)
        assert_allclose(
            both(model), both(there), rtol=1e-6
        )  # the solver stops by a gap, whose root bounds coefficients


def test_c_in_a_formula_counts_the_rows_that_are_used():
    X, y = mixed_frame()
    kept = X["age"].notna().to_numpy()
    scaled = X.assign(age=X["age"] / 10.0)
    model = LogitClassifier("age", C=0.05).fit(scaled, y)
    there = LogisticRegression(C=0.05, **NEWTON).fit(scaled.loc[kept, ["age"]], y[kept])
    assert model.fit_.n_obs == kept.sum() < len(y)
    assert_allclose(both(model), both(there), rtol=1e-6)


def test_terms_of_a_formula_are_kept():
    X, y = mixed_frame()
    penalty = lk.Lasso(10.0, keep="C(sex)")
    model = LogitClassifier("age + C(sex) + stage", penalty=penalty).fit(X, y)
    assert dict(zip(model.coef_names_, model.coef_[0] != 0.0, strict=True)) == {
        "age": False,
        "C(sex)[T.male]": True,
        "stage[T.II]": False,
        "stage[T.III]": False,
    }


def test_a_ridge_has_finite_estimates_on_separated_data():
    X, y = separated()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogitClassifier(strength=0.01).fit(X, y)
    assert model.fit_.separation is None
    there = LogisticRegression(C=1.0 / (0.01 * len(y)), **NEWTON).fit(StandardScaler().fit_transform(X), y)
    assert_allclose(model.coef_[0] * X.std(axis=0), there.coef_[0], rtol=1e-6)


def test_a_search_over_strengths_and_objects(data):
    X, y = data
    by_strength = GridSearchCV(LogitClassifier(l1_ratio=1.0, strength=1.0), {"strength": [0.001, 0.1, 1.0]})
    by_object = GridSearchCV(LogitClassifier(), {"penalty": [lk.Lasso(s) for s in (0.001, 0.1, 1.0)]})
    by_strength.set_params(scoring="neg_log_loss").fit(X, y)
    by_object.set_params(scoring="neg_log_loss").fit(X, y)
    assert by_strength.best_params_["strength"] == by_object.best_params_["penalty"].strength == 0.001
    assert_array_equal(by_strength.cv_results_["mean_test_score"], by_object.cv_results_["mean_test_score"])


def test_a_pickle_says_the_penalty_still(data):
    model = LogitClassifier(strength=0.05, l1_ratio=1.0).fit(*data)
    again = pickle.loads(pickle.dumps(model))
    assert str(again.fit_.summary()) == str(model.fit_.summary())
    assert_array_equal(again.predict_proba(data[0]), model.predict_proba(data[0]))
    assert again.fit_.penalty.strengths == model.fit_.penalty.strengths == (("lasso", 0.05),)


def test_sparse_columns_give_the_same(data):
    from scipy import sparse

    X, y = data
    X = np.where(np.abs(X) < 1.0, 0.0, X)
    dense, other = (LogitClassifier(strength=0.05, l1_ratio=0.5).fit(given, y) for given in (X, sparse.csr_array(X)))
    assert_allclose(both(other), both(dense), rtol=1e-6)
    assert_allclose(other.predict_proba(sparse.csr_array(X)), dense.predict_proba(X), rtol=1e-6)


def test_weight_two_is_the_row_twice(data):
    X, y = data
    weight = np.arange(len(y)) % 3
    weighted = LogitClassifier(strength=0.05).fit(X, y, sample_weight=weight)
    repeated = LogitClassifier(strength=0.05).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(both(weighted), both(repeated), rtol=REFERENCE)
