"""The estimates of MultinomialClassifier beside those of the engine, statsmodels and scikit-learn, and its outputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import log_softmax
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

import logitkit as lk
from estimators.problems import overlapping, overlapping_classes
from examples import every_other
from logitkit.errors import DataError, ResponseError
from logitkit.estimators import LogitClassifier, MultinomialClassifier
from tolerances import EXACT, ITERATIVE, REFERENCE, ROUTE

# scikit-learn 1.8 takes C=np.inf as no penalty, and says that it leaves C out.
pytestmark = pytest.mark.filterwarnings("ignore:Setting penalty=None will ignore the C")

NAMES = ["Intercept", "x0", "x1", "x2", "x3"]
NEWTON = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
LBFGS = {"solver": "lbfgs", "tol": 1e-12, "max_iter": 100_000}
#: The tolerance of a penalised fit is a gap, whose root bounds coefficients: seven digits of them need this.
TIGHT = {"solver": lk.ProxNewton(tol=1e-15)}
WORDS = np.array(["low", "middle", "high", "top"])


@pytest.fixture
def data():
    return overlapping_classes()


def with_intercept(X):
    return np.column_stack([np.ones(len(X)), X])


def both(model):
    """Return the coefficients of all classes, shape (K, 1 + p), those of the intercepts first."""
    return np.column_stack([model.intercept_, model.coef_])


def centred(model):
    """Return those of scikit-learn with intercepts that sum to zero, which its solvers leave where they end."""
    return np.column_stack([model.intercept_ - model.intercept_.mean(), model.coef_])


def test_it_is_the_fit_of_the_engine_in_symmetric_form(data):
    X, y = data
    model = MultinomialClassifier().fit(X, y)
    fit = lk.multinomial_matrix(with_intercept(X), y, NAMES, reference=None)
    assert_array_equal(both(model), fit.coef.to_numpy().T)
    assert_array_equal(model.fit_.std_error, fit.std_error)
    assert model.coef_.shape == (3, 4)
    assert model.intercept_.shape == (3,)
    assert model.coef_names_.tolist() == ["x0", "x1", "x2", "x3"]
    assert isinstance(model.fit_, lk.MultinomialFit)
    assert model.n_iter_.tolist() == [len(fit.trace) - 1]
    assert_allclose(both(model).sum(axis=0), 0.0, atol=EXACT)
    assert_allclose(model.predict_proba(X), fit.predict(), rtol=EXACT)
    assert_allclose(model.decision_function(X), fit.predict_logit(), rtol=EXACT, atol=EXACT)


def test_statsmodels_agrees(data):
    X, y = data
    model = MultinomialClassifier().fit(X, y)
    there = sm.MNLogit(y, sm.add_constant(X)).fit(disp=0, method="newton", tol=1e-14, maxiter=100)
    assert_allclose((both(model)[1:] - both(model)[0]).T, there.params, rtol=REFERENCE)
    assert_allclose(model.predict_proba(X), there.predict(), rtol=REFERENCE)
    errors = model.fit_.odds_ratios(against=0)
    assert_allclose(errors["std_error"] / errors["odds_ratio"], there.bse[1:].T.ravel(), rtol=REFERENCE)


@pytest.mark.parametrize("k", [3, 4])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_scikit_learn_without_penalty_agrees(k, weighted, fit_intercept):
    X, y = overlapping_classes(k=k)
    w = np.linspace(0.5, 2.0, len(y)) if weighted else None
    model = MultinomialClassifier(fit_intercept=fit_intercept).fit(X, y, sample_weight=w)
    there = LogisticRegression(C=np.inf, fit_intercept=fit_intercept, **NEWTON).fit(X, y, sample_weight=w)
    ours, theirs = both(model), both(there)
    assert_allclose(ours, theirs - theirs.mean(axis=0), rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(model.predict_proba(X), there.predict_proba(X), rtol=REFERENCE)
    assert_allclose(model.predict_log_proba(X), there.predict_log_proba(X), rtol=REFERENCE, atol=REFERENCE)
    assert_array_equal(model.predict(X), there.predict(X))
    assert model.score(X, y) == there.score(X, y)


@pytest.mark.parametrize(
    ("C", "weighted", "class_weight"),
    every_other([0.01, 1.0, 100.0], [False, True], [None, "balanced", {0: 1.0, 1: 4.0, 2: 0.5}]),
)
def test_scikit_learn_with_c_agrees(data, C, weighted, class_weight):
    X, y = data
    w = np.linspace(0.5, 2.0, len(y)) if weighted else None
    model = MultinomialClassifier(C=C, class_weight=class_weight, **TIGHT).fit(X, y, sample_weight=w)
    there = LogisticRegression(C=C, class_weight=class_weight, **NEWTON).fit(X, y, sample_weight=w)
    assert_allclose(both(model), centred(there), rtol=REFERENCE, atol=1e-8)
    assert_allclose(model.predict_proba(X), there.predict_proba(X), rtol=REFERENCE)
    stops_early = LogisticRegression(C=C, class_weight=class_weight, **LBFGS).fit(X, y, sample_weight=w)
    assert_allclose(both(model), centred(stops_early), rtol=ITERATIVE, atol=ITERATIVE)


@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
def test_scikit_learn_with_absolute_values_agrees(data, l1_ratio):
    X, y = data
    model = MultinomialClassifier(C=0.1, l1_ratio=l1_ratio, **TIGHT).fit(X, y)
    there = LogisticRegression(C=0.1, l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=100_000).fit(X, y)
    assert_array_equal(model.coef_ == 0.0, there.coef_ == 0.0)
    assert_allclose(both(model), centred(there), rtol=ITERATIVE, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "penalty"),
    [
        ({"strength": 0.05}, lk.Ridge(0.05)),
        ({"strength": 0.05, "l1_ratio": 1.0}, lk.Lasso(0.05)),
        ({"C": 0.2}, lk.Ridge(1.0 / (0.2 * 400), standardize=False)),
        ({"penalty": lk.Lasso(0.05, across_outcomes=True)}, lk.Lasso(0.05, across_outcomes=True)),
        ({"penalty": lk.Lasso(0.05, keep=["x0"])}, lk.Lasso(0.05, keep=["x0"])),
    ],
)
def test_penalties_are_those_of_the_engine(data, options, penalty):
    X, y = data
    model = MultinomialClassifier(**options).fit(X, y)
    fit = lk.multinomial_matrix(with_intercept(X), y, NAMES, penalty=penalty)
    assert_array_equal(both(model), fit.coef.to_numpy().T)
    assert model.n_iter_.tolist() == [fit.record.penalty.steps]


@pytest.mark.parametrize(
    "options",
    [{}, {"C": 0.5}, {"strength": 0.05, "l1_ratio": 1.0}, {"fit_intercept": False}, {"class_weight": "balanced"}],
)
@pytest.mark.parametrize("labels", [np.array([0, 1]), np.array(["no", "yes"]), np.array([2.0, 1.0])])
def test_two_classes_are_the_binary_model(options, labels):
    X, y = overlapping()
    tight = TIGHT if options.keys() & {"C", "strength"} else {}
    model = MultinomialClassifier(**options, **tight).fit(X, labels[y])
    binary = LogitClassifier(**options, **tight).fit(X, labels[y])
    close = {"rtol": REFERENCE if tight else ROUTE, "atol": REFERENCE if tight else ROUTE}
    assert_array_equal(model.classes_, binary.classes_)
    for name in ("coef_", "intercept_", "coef_names_", "n_iter_"):
        assert getattr(model, name).shape == getattr(binary, name).shape
    assert_allclose(both(model), both(binary), **close)
    for verb in ("decision_function", "predict_proba", "predict_log_proba"):
        assert getattr(model, verb)(X).shape == getattr(binary, verb)(X).shape
        assert_allclose(getattr(model, verb)(X), getattr(binary, verb)(X), **close)
    assert_array_equal(model.predict(X), binary.predict(X))
    assert model.fit_.reference == str(model.classes_.tolist()[0])


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array, pd.DataFrame, pl.DataFrame])
def test_the_kind_of_table_does_not_matter(data, kind):
    X, y = data
    X = np.where(np.abs(X) < 0.5, 0.0, X)
    dense = MultinomialClassifier().fit(X, y)
    given = kind(X)
    model = MultinomialClassifier().fit(given, y)
    assert_allclose(both(model), both(dense), rtol=ROUTE)
    assert_allclose(model.predict_proba(given), dense.predict_proba(X), rtol=ROUTE)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["c", "a", "b"]),
        np.array([3, 1, 2]),
        np.array([10, 9, 100]),
        np.array([1.0, -1.0, 0.0]),
        np.array(["b", "a", "10"], dtype=object),
    ],
)
def test_rows_of_the_coefficients_go_with_the_sorted_labels(data, labels):
    X, y = data
    model = MultinomialClassifier().fit(X, labels[y])
    assert model.classes_.tolist() == sorted(labels.tolist())
    order = np.argsort(labels)
    assert_allclose(both(model), both(MultinomialClassifier().fit(X, y))[order], rtol=ROUTE)
    assert list(model.fit_.outcomes) == [str(label) for label in model.classes_.tolist()]
    assert (model.predict(X) == labels[y]).mean() > 0.5


def test_log_probabilities_are_exact_far_out(data):
    X, y = data
    model = MultinomialClassifier().fit(X, y)
    eta = model.decision_function(X)
    assert_allclose(model.predict_log_proba(X), log_softmax(eta, axis=1), rtol=EXACT)
    far = model.predict_log_proba(1e3 * X)
    top = far.max(axis=1)
    assert np.isfinite(far).all()
    assert far.min() < -800.0  # where the probability itself is zero
    rest = np.sort(far, axis=1)[:, :-1]
    near = top > -1e-3
    assert (top[near] < -1e-300).sum() > 10
    assert_allclose(top[near], np.log1p(-np.exp(rest[near]).sum(axis=1)), rtol=ROUTE)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1.0, rtol=EXACT)
    assert_allclose(model.decision_function(X).sum(axis=1), 0.0, atol=1e-11)


def test_sample_weight_two_is_the_row_twice_and_zero_is_the_row_absent(data):
    X, y = data
    weight = np.arange(len(y)) % 3
    for options in ({}, {"strength": 0.05, **TIGHT}):
        repeated = MultinomialClassifier(**options).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
        weighted = MultinomialClassifier(**options).fit(X, y, sample_weight=weight)
        assert_allclose(both(weighted), both(repeated), rtol=REFERENCE if options else ROUTE)
        assert weighted.fit_.record.info.response.weight_kind == "precision"


def test_class_weight_multiplies_sample_weight(data):
    X, y = data
    own = np.linspace(0.5, 2.0, len(y))
    by_class = MultinomialClassifier(class_weight={0: 1.0, 2: 3.0}).fit(X, y, sample_weight=own)
    by_row = MultinomialClassifier().fit(X, y, sample_weight=own * np.where(y == 2, 3.0, 1.0))
    assert_array_equal(both(by_class), both(by_row))


def test_balanced_classes_have_the_same_weight(data):
    X, y = data
    for own in (None, np.linspace(0.5, 2.0, len(y))):
        record = MultinomialClassifier(class_weight="balanced").fit(X, y, sample_weight=own).fit_.record
        assert_allclose(record.totals, record.total / 3.0, rtol=EXACT)


def test_an_aliased_column_has_coefficient_zero(data):
    X, y = data
    doubled = np.column_stack([X, 2.0 * X[:, 1]])
    model = MultinomialClassifier().fit(doubled, y)
    assert_array_equal(model.coef_[:, 4], np.zeros(3))
    assert_allclose(model.coef_[:, :4], MultinomialClassifier().fit(X, y).coef_, rtol=ROUTE)


def test_the_statistics_are_there(data):
    X, y = data
    frame = pd.DataFrame(X, columns=["dose", "age", "size", "grade"])
    model = MultinomialClassifier(level=0.9).fit(frame, WORDS[y])
    assert model.feature_names_in_.tolist() == ["dose", "age", "size", "grade"]
    assert model.fit_.tidy()["term"].tolist() == 3 * ["Intercept", "dose", "age", "size", "grade"]
    ratio = model.fit_.odds_ratios(outcome="low", against="high").loc[("low", "age"), "odds_ratio"]
    place = {label: k for k, label in enumerate(model.classes_)}
    assert_allclose(ratio, np.exp(model.coef_[place["low"], 1] - model.coef_[place["high"], 1]), rtol=EXACT)
    assert model.fit_.record.level == 0.9
    assert "dose" in str(model.fit_.summary())


def test_classes_that_cannot_be_are_refused(data):
    X, y = data
    with pytest.raises(ResponseError, match="needs two classes or more, and y has only one class, 'a'"):
        MultinomialClassifier().fit(X, np.full(len(X), "a"))
    with pytest.raises(ResponseError, match="Every row of the class 1 has weight zero: each class needs rows"):
        MultinomialClassifier().fit(X, y, sample_weight=(y != 1))
    with pytest.raises(ResponseError, match="Every row of the class 0 has weight zero"):
        MultinomialClassifier(class_weight={0: 0.0}).fit(X, y)
    with pytest.raises(ValueError, match="Unknown label type"):
        MultinomialClassifier().fit(X, X[:, 0])
    labels = WORDS[y].astype(object)
    labels[7] = None
    with pytest.raises(DataError, match=r"y is missing in row 7 \(from 0\)"):
        MultinomialClassifier().fit(X, labels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_weight": "even"}, "class_weight='even' is not known"),
        ({"class_weight": {3: 1.0}}, r"class_weight names 3, which is not a class of y: its classes are \[0, 1, 2\]"),
        ({"class_weight": {1: -1.0}}, "class_weight holds -1.0 at position 1"),
        ({"solver": "lbfgs"}, "solver='lbfgs' is not known; give lk.Newton"),
        ({"solver": lk.Newton(), "C": 1.0}, "with a penalty give lk.ProxNewton"),
        ({"penalty": "l2"}, "penalty='l2' is a string"),
        ({"strength": 0.1, "C": 1.0}, "strength= and C= were given together"),
        ({"l1_ratio": 0.5}, "l1_ratio=0.5 mixes the penalty of strength= or C=, and neither was given"),
        ({"level": 1.5}, "level"),
    ],
)
def test_parameters_that_cannot_be_are_refused(data, options, message):
    with pytest.raises(DataError, match=message):
        MultinomialClassifier(**options).fit(*data)


def test_lack_of_convergence_is_told(data):
    with pytest.warns(lk.errors.ConvergenceWarning, match="has not converged"):
        MultinomialClassifier(solver=lk.Newton(max_iter=1)).fit(*data)


def test_it_must_be_fitted_first(data):
    with pytest.raises(NotFittedError):
        MultinomialClassifier().predict(data[0])


def test_a_column_called_intercept_is_not_taken_twice(data):
    X, y = data
    frame = pd.DataFrame(with_intercept(X[:, :2]), columns=["Intercept", "a", "b"])
    with pytest.raises(DataError, match="X has a column called 'Intercept', and fit_intercept=True adds one"):
        MultinomialClassifier().fit(frame, y)
    model = MultinomialClassifier(fit_intercept=False).fit(frame, y)
    assert_array_equal(model.intercept_, np.zeros(3))
    assert_allclose(model.coef_, both(MultinomialClassifier().fit(X[:, :2], y)), rtol=ROUTE)
