"""The estimates of LogitClassifier beside those of the engine, statsmodels and scikit-learn, and its outputs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

import logitkit as lk
from estimators.problems import overlapping
from logitkit.errors import DataError, ResponseError
from logitkit.estimators import LogitClassifier
from tolerances import EXACT, REFERENCE, ROUTE

# scikit-learn 1.8 takes C=np.inf as no penalty, and says that it leaves C out.
pytestmark = pytest.mark.filterwarnings("ignore:Setting penalty=None will ignore the C")


@pytest.fixture
def data():
    return overlapping()


def with_intercept(X):
    return np.column_stack([np.ones(len(X)), X])


def both(model):
    return np.r_[model.intercept_, model.coef_[0]]


def test_it_is_the_fit_of_the_engine(data):
    X, y = data
    model = LogitClassifier().fit(X, y)
    fit = lk.logit_matrix(with_intercept(X), y, ["Intercept", "x0", "x1", "x2", "x3"])
    assert_array_equal(both(model), fit.coef)
    assert_array_equal(model.fit_.std_error, fit.std_error)
    assert model.coef_.shape == (1, 4)
    assert model.intercept_.shape == (1,)
    assert model.coef_names_.tolist() == ["x0", "x1", "x2", "x3"]
    assert model.n_iter_[0] == len(fit.trace) - 1 > 0


def test_statsmodels_agrees(data):
    X, y = data
    model = LogitClassifier().fit(X, y)
    reference = sm.Logit(y, sm.add_constant(X)).fit(disp=0, tol=1e-14, maxiter=100)
    assert_allclose(both(model), reference.params, rtol=REFERENCE)
    assert_allclose(model.fit_.std_error, reference.bse, rtol=REFERENCE)
    assert_allclose(model.predict_proba(X)[:, 1], reference.predict(), rtol=REFERENCE)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_scikit_learn_without_penalty_agrees(data, fit_intercept):
    X, y = data
    model = LogitClassifier(fit_intercept=fit_intercept).fit(X, y)
    reference = LogisticRegression(
        C=np.inf, fit_intercept=fit_intercept, solver="newton-cholesky", tol=1e-12, max_iter=1000
    ).fit(X, y)
    assert_allclose(model.coef_, reference.coef_, rtol=REFERENCE)
    assert_allclose(model.intercept_, reference.intercept_, rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(model.decision_function(X), reference.decision_function(X), rtol=REFERENCE, atol=REFERENCE)
    assert_array_equal(model.predict(X), reference.predict(X))
    assert model.score(X, y) == reference.score(X, y)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array, pd.DataFrame, pl.DataFrame])
def test_the_kind_of_table_does_not_matter(data, kind):
    X, y = data
    X = np.where(np.abs(X) < 0.5, 0.0, X)
    dense = LogitClassifier().fit(X, y)
    given = kind(X)
    model = LogitClassifier().fit(given, y)
    assert_allclose(both(model), both(dense), rtol=ROUTE)
    assert_allclose(model.predict_proba(given), dense.predict_proba(X), rtol=ROUTE)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.array(["no", "yes"]), ["no", "yes"]),
        (np.array([1, 2]), [1, 2]),
        (np.array([-1.0, 1.0]), [-1.0, 1.0]),
        (np.array([False, True]), [False, True]),
        (np.array(["b", "a"], dtype=object), ["a", "b"]),
    ],
)
def test_the_second_label_in_order_is_the_event(data, labels, classes):
    X, y = data
    model = LogitClassifier().fit(X, labels[y])
    assert model.classes_.tolist() == classes
    sign = 1.0 if labels.tolist() == classes else -1.0
    assert_allclose(both(model), sign * both(LogitClassifier().fit(X, y)), rtol=ROUTE)
    assert set(model.predict(X)) == set(classes)
    assert model.fit_.record.info.response.event in {str(classes[1]), "1"}


def test_probabilities_are_exact_far_out():
    X = np.array([[-1.0], [-0.5], [0.5], [1.0]])
    model = LogitClassifier(fit_intercept=False).fit(X, [0, 1, 0, 1])
    slope = model.coef_[0, 0]
    far = np.array([[800.0 / slope], [-800.0 / slope]])
    assert_allclose(model.predict_log_proba(far), [[-800.0, 0.0], [0.0, -800.0]], rtol=EXACT, atol=EXACT)
    assert_allclose(model.predict_proba(far), [[0.0, 1.0], [1.0, 0.0]], atol=1e-300)
    eta = model.decision_function(X)
    assert_allclose(model.predict_proba(X)[:, 1], 1.0 / (1.0 + np.exp(-eta)), rtol=EXACT)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1.0, rtol=EXACT)


def test_sample_weight_two_is_the_row_twice_and_zero_is_the_row_absent(data):
    X, y = data
    weight = np.arange(len(y)) % 3
    repeated = LogitClassifier().fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    weighted = LogitClassifier().fit(X, y, sample_weight=weight)
    assert_allclose(both(weighted), both(repeated), rtol=ROUTE)
    assert weighted.fit_.record.info.response.weight_kind == "precision"


def test_class_weight_multiplies_sample_weight(data):
    X, y = data
    own = np.linspace(0.5, 2.0, len(y))
    by_class = LogitClassifier(class_weight={0: 1.0, 1: 3.0}).fit(X, y, sample_weight=own)
    by_row = LogitClassifier().fit(X, y, sample_weight=own * np.where(y == 1, 3.0, 1.0))
    assert_array_equal(both(by_class), both(by_row))


@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_classes_are_those_of_scikit_learn(data, weighted):
    X, y = data
    own = np.linspace(0.5, 2.0, len(y)) if weighted else None
    model = LogitClassifier(class_weight="balanced").fit(X, y, sample_weight=own)
    reference = LogisticRegression(
        C=np.inf, class_weight="balanced", solver="newton-cholesky", tol=1e-12, max_iter=1000
    ).fit(X, y, sample_weight=own)
    assert_allclose(model.coef_, reference.coef_, rtol=REFERENCE)
    mean = model.predict_proba(X)[:, 1]
    weights = np.ones(len(y)) if own is None else own
    share = [(weights * mean)[y == k].sum() / weights[y == k].sum() for k in (0, 1)]
    assert math.isclose(sum(share), 1.0, rel_tol=ROUTE)  # the score equation of the intercept, classes balanced


def test_a_sandwich_for_class_weight_comes_from_sampling_weights(data):
    """What the docstring advises: the same estimates, and the standard errors of statsmodels' HC0 times n / (n - 1)."""
    X, y = data
    weights, n = np.where(y == 1, 3.0, 1.0), len(y)
    model = LogitClassifier(class_weight={0: 1.0, 1: 3.0}).fit(X, y)
    fit = lk.logit_matrix(with_intercept(X), y, model.fit_.record.names, weights=weights, weight_kind="sampling")
    reference = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), var_weights=weights)
    reference = reference.fit(cov_type="HC0", tol=1e-14)
    assert_allclose(both(model), fit.coef, rtol=ROUTE)
    assert_allclose(fit.std_error, reference.bse * np.sqrt(n / (n - 1)), rtol=REFERENCE)
    assert np.all(np.abs(model.fit_.std_error / fit.std_error - 1.0) > 0.1)


def test_an_aliased_column_has_coefficient_zero(data):
    X, y = data
    doubled = np.column_stack([X, 2.0 * X[:, 1]])
    model = LogitClassifier().fit(doubled, y)
    assert model.coef_[0, 4] == 0.0
    assert_allclose(model.coef_[0, :4], LogitClassifier().fit(X, y).coef_[0], rtol=ROUTE)
    assert model.fit_.aliased == ("x4",)


def test_the_statistics_are_there(data):
    X, y = data
    frame = pd.DataFrame(X, columns=["dose", "age", "size", "grade"])
    model = LogitClassifier(level=0.9).fit(frame, y)
    assert model.feature_names_in_.tolist() == ["dose", "age", "size", "grade"]
    table = model.fit_.tidy()
    assert table["term"].tolist() == ["Intercept", "dose", "age", "size", "grade"]
    assert_allclose(model.fit_.odds_ratios().loc["age", "odds_ratio"], np.exp(model.coef_[0, 1]), rtol=EXACT)
    assert model.fit_.record.level == 0.9
    assert "dose" in str(model.fit_.summary())


def test_more_classes_than_two_name_the_estimator_to_use(data):
    X, _ = data
    with pytest.raises(ResponseError, match=r"y has 3 classes \('a', 'b', 'c'\).*MultinomialClassifier"):
        LogitClassifier().fit(X, np.array(["a", "b", "c"])[np.arange(len(X)) % 3])
    assert LogitClassifier().__sklearn_tags__().classifier_tags.multi_class is False


def test_one_class_is_refused(data):
    X, y = data
    with pytest.raises(ResponseError, match="only one class, 'a'"):
        LogitClassifier().fit(X, np.full(len(X), "a"))
    with pytest.raises(ResponseError, match="Every row of the class 1 has weight zero"):
        LogitClassifier().fit(X, y, sample_weight=1 - y)
    with pytest.raises(ResponseError, match="Every row of the class 0 has weight zero"):
        LogitClassifier(class_weight={0: 0.0}).fit(X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_weight": "even"}, "class_weight='even' is not known"),
        ({"class_weight": {2: 1.0}}, r"class_weight names 2, which is not a class of y: its classes are \[0, 1\]"),
        ({"class_weight": {0: -1.0}}, "class_weight holds -1.0 at position 0"),
        ({"solver": "lbfgs"}, "solver='lbfgs' is not known; give lk.Newton"),
        ({"penalty": "l2"}, "penalty='l2' is a string"),
        ({"strength": 0.1, "C": 1.0}, "strength= and C= were given together"),
        ({"penalty": object(), "strength": 0.1, "C": 1.0}, "penalty= and strength= and C= were given together"),
        ({"l1_ratio": 0.5}, "l1_ratio=0.5 mixes the penalty of strength= or C=, and neither was given"),
        ({"l1_ratio": 0.5, "penalty": object()}, "l1_ratio=0.5 and penalty= were given together"),
        ({"level": 1.5}, "level"),
    ],
)
def test_parameters_that_cannot_be_are_refused(data, options, message):
    with pytest.raises(DataError, match=message):
        LogitClassifier(**options).fit(*data)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(3), r"sample_weight has shape \(3,\); give one weight per row, of which there are 300"),
        (np.full(300, -1.0), "sample_weight holds -1.0 at position 0"),
        (np.full(300, np.nan), "sample_weight holds nan at position 0"),
        (np.full(300, "a"), "sample_weight must be numbers"),
        (np.zeros(300), "Every sample_weight is zero: no row is left to fit"),
    ],
)
def test_weights_that_cannot_be_are_refused(data, weight, message):
    with pytest.raises(DataError, match=message):
        LogitClassifier().fit(*data, sample_weight=weight)


def test_a_number_is_a_weight_for_all(data):
    X, y = data
    assert_allclose(both(LogitClassifier().fit(X, y, sample_weight=3.0)), both(LogitClassifier().fit(X, y)), rtol=ROUTE)


def test_what_is_no_number_is_pointed_to_the_formula(data):
    X, y = data
    gap = np.where(X > 3.0, np.nan, X)
    with pytest.raises(
        DataError, match=r"contains NaN: without a formula X must hold numbers without missing .* Give formula="
    ):
        LogitClassifier().fit(gap, y)
    with pytest.raises(DataError, match=r"could not convert string to float: 'x': without a formula"):
        LogitClassifier().fit(pd.DataFrame({"a": ["x"] * len(y)}), y)
    with pytest.raises(DataError, match="Input X contains NaN"):
        LogitClassifier().fit(X, y).predict(gap)


def test_a_missing_label_is_refused(data):
    X, y = data
    labels = np.array(["a", "b"], dtype=object)[y]
    labels[7] = None
    with pytest.raises(ValueError, match=r"y is missing in row 7 \(from 0\)"):
        LogitClassifier().fit(X, labels)


def test_a_column_called_intercept_is_not_taken_twice(data):
    X, y = data
    frame = pd.DataFrame(with_intercept(X[:, :2]), columns=["Intercept", "a", "b"])
    with pytest.raises(DataError, match="X has a column called 'Intercept', and fit_intercept=True adds one"):
        LogitClassifier().fit(frame, y)
    model = LogitClassifier(fit_intercept=False).fit(frame, y)
    assert model.coef_.shape == (1, 3)
    assert model.intercept_.tolist() == [0.0]
    assert_allclose(model.coef_[0], both(LogitClassifier().fit(X[:, :2], y)), rtol=ROUTE)


def test_lack_of_convergence_is_told(data):
    with pytest.warns(lk.errors.ConvergenceWarning, match="has not converged"):
        LogitClassifier(solver=lk.Newton(max_iter=1)).fit(*data)


def test_it_must_be_fitted_first(data):
    with pytest.raises(NotFittedError):
        LogitClassifier().predict(data[0])
