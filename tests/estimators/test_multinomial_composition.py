"""MultinomialClassifier inside scikit-learn: formulas, pipelines, searches, calibration, routing, pickles."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import logitkit as lk
from estimators.problems import mixed_frame, mixed_frame_of_three, overlapping_classes
from logitkit.errors import DataError, FormulaError, ResponseError
from logitkit.estimators import LogitClassifier, MultinomialClassifier
from tolerances import EXACT, ROUTE

FORMULA = "age + C(sex) + stage"
PICKLE_LARGEST = 50_000  # bytes


@pytest.fixture
def data():
    return overlapping_classes()


@pytest.fixture
def frame():
    return mixed_frame_of_three()


def both(model):
    return np.column_stack([model.intercept_, model.coef_])


def engine(formula, X, y, **options):
    return lk.multinomial(f"y ~ {formula}", X.assign(y=y), reference=None, **options)


# Formulas.


def test_a_formula_is_the_fit_of_the_engine(frame):
    X, y = frame
    model, fit = MultinomialClassifier(FORMULA).fit(X, y), engine(FORMULA, X, y)
    assert_array_equal(both(model), fit.coef.to_numpy().T)
    assert model.coef_names_.tolist() == ["age", "C(sex)[T.male]", "stage[T.II]", "stage[T.III]"]
    assert model.classes_.tolist() == ["death", "none", "relapse"]
    assert model.feature_names_in_.tolist() == list(X.columns)
    assert model.fit_.n_obs == fit.n_obs == X[["age", "sex"]].notna().all(axis=1).sum()


def test_a_row_with_a_missing_value_has_the_probability_nan_and_no_label(frame):
    X, y = frame
    model = MultinomialClassifier(FORMULA).fit(X, y)
    gone = X[["age", "sex"]].isna().any(axis=1).to_numpy()
    expected = engine(FORMULA, X, y).predict(X).to_numpy()
    assert gone.sum() > 0
    for found in (model.predict_proba(X), np.exp(model.predict_log_proba(X))):
        assert_array_equal(np.isnan(found), np.repeat(gone[:, None], 3, axis=1))
        assert_allclose(found, expected, rtol=EXACT)
    message = rf"{gone.sum()} of 400 rows have a missing value .* \(the first is row {np.argmax(gone)}, from 0\)"
    for refused in (model.predict, lambda table: model.score(table, y)):
        with pytest.raises(DataError, match=message):
            refused(X)
    assert_array_equal(model.predict(X[~gone]), model.classes_[expected[~gone].argmax(axis=1)])
    with pytest.raises(DataError, match="missing"):
        MultinomialClassifier(FORMULA, missing="raise").fit(X, y)


@pytest.mark.parametrize("kind", [pl.from_pandas, pa.Table.from_pandas])
def test_other_frames(frame, kind):
    X, y = frame
    X = X.assign(stage=X["stage"].astype(str))
    model, other = MultinomialClassifier(FORMULA).fit(X, y), MultinomialClassifier(FORMULA).fit(kind(X), y)
    assert_array_equal(other.coef_, model.coef_)
    assert_array_equal(other.predict_proba(kind(X)), model.predict_proba(X))


def test_a_level_that_the_fit_never_saw(frame):
    X, y = frame
    model = MultinomialClassifier(FORMULA).fit(X, y)
    new = pd.DataFrame({"age": [40.0, 41.0], "sex": ["male", "other"], "stage": ["I", "I"]})
    with pytest.raises(DataError, match="other"):
        model.predict(new)
    found = MultinomialClassifier(FORMULA, unseen="missing").fit(X, y).predict_proba(new)
    assert np.isnan(found[1]).all()
    assert_array_equal(found[0], model.predict_proba(new[:1])[0])


def test_without_intercept_the_coefficients_are_those_of_the_shares(frame):
    X, y = frame
    model = MultinomialClassifier("0 + stage").fit(X, y)
    assert_array_equal(model.intercept_, np.zeros(3))
    logs = np.log(pd.crosstab(y, X["stage"], normalize="columns").to_numpy())
    assert_allclose(model.coef_, logs - logs.mean(axis=0), rtol=ROUTE, atol=ROUTE)
    with pytest.raises(DataError, match=r"write '0 \+ \.\.\.'"):
        MultinomialClassifier("stage", fit_intercept=False).fit(X, y)


def test_weights_and_functions_reach_the_formula(frame):
    X, y = frame
    weight = np.linspace(0.5, 2.0, len(X))
    formula = "halved(age) + stage"
    model = MultinomialClassifier(formula, functions={"halved": halved}).fit(X, y, sample_weight=weight)
    kept = X["age"].notna().to_numpy()
    other = MultinomialClassifier("age + stage").fit(X[kept], y[kept], sample_weight=weight[kept])
    assert_allclose(model.coef_[:, 0], 2.0 * other.coef_[:, 0], rtol=ROUTE)
    assert_allclose(model.predict_proba(X[kept]), other.predict_proba(X[kept]), rtol=ROUTE)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def halved(values):
    return values / 2.0


def test_two_classes_by_formula_are_the_binary_model():
    X, y = mixed_frame()
    model, binary = MultinomialClassifier(FORMULA).fit(X, y), LogitClassifier(FORMULA).fit(X, y)
    assert_allclose(both(model), both(binary), rtol=ROUTE)
    assert_allclose(model.predict_proba(X), binary.predict_proba(X), rtol=ROUTE)


def test_a_class_that_missing_values_take_away_is_refused(frame):
    X, y = frame
    gone = X.assign(age=np.where(y == "death", np.nan, X["age"]))
    with pytest.raises(ResponseError, match="No row of the class 'death' is left: each has a missing value"):
        MultinomialClassifier("age").fit(gone, y)
    with pytest.raises(ResponseError, match="No row of the class 'death' is used"):
        MultinomialClassifier("age", class_weight="balanced").fit(gone, y)
    with pytest.raises(FormulaError, match=r"offset\(\)|offset"):
        MultinomialClassifier("age + offset(dose)").fit(X.dropna(), y[X.notna().all(axis=1)])


# Composition.


def test_names_come_through_a_pipeline_with_set_output(frame):
    X, y = frame
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "dose"]),
            ("levels", OneHotEncoder(drop="first", sparse_output=False), ["stage"]),
        ],
        verbose_feature_names_out=False,
    )
    model = Pipeline([("columns", columns), ("model", MultinomialClassifier())]).set_output(transform="pandas")
    model.fit(X, y)
    assert model[-1].fit_.record.info.names == ("Intercept", "age", "dose", "stage_II", "stage_III")
    assert model.predict_proba(X).shape == (len(X), 3)
    assert model.score(X, y) > 0.4


def test_grid_search(data, frame):
    X, y = data
    search = GridSearchCV(
        MultinomialClassifier(), {"C": [1e-4, 1.0], "class_weight": [None, "balanced"]}, scoring="neg_log_loss"
    )
    assert search.fit(X, y).best_params_ == {"C": 1.0, "class_weight": None}
    assert_array_equal(search.best_estimator_.coef_, MultinomialClassifier(C=1.0).fit(X, y).coef_)
    X, y = frame
    y, X = y[X.notna().all(axis=1)], X.dropna()
    by_formula = GridSearchCV(MultinomialClassifier("age"), {"formula": ["stage", FORMULA]}, scoring="neg_log_loss")
    assert by_formula.fit(X, y).best_params_ == {"formula": FORMULA}
    found = cross_val_predict(MultinomialClassifier(FORMULA), X, y, cv=3, method="predict_proba")
    assert_allclose(found.sum(axis=1), 1.0, rtol=EXACT)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibration(data, method):
    X, y = data
    model = CalibratedClassifierCV(MultinomialClassifier(), method=method, cv=3).fit(X, y)
    proba = model.predict_proba(X)
    assert proba.shape == (len(y), 3)
    assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-6)  # a temperature keeps single precision
    assert (proba.argmax(axis=1) == y).mean() > 0.5


@pytest.mark.parametrize("backend", [pytest.param("loky", marks=pytest.mark.slow), "threading"])
def test_folds_on_processes_and_on_threads_give_the_same(data, backend):
    X, y = data
    alone = cross_val_score(MultinomialClassifier(), X, y, cv=StratifiedKFold(4), scoring="neg_log_loss")
    with joblib.parallel_backend(backend, n_jobs=2):
        together = cross_val_score(MultinomialClassifier(), X, y, cv=StratifiedKFold(4), scoring="neg_log_loss")
    assert_array_equal(together, alone)


@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "roc_auc_ovo", "f1_macro", "accuracy"])
def test_scores_of_several_classes(data, scoring):
    X, y = data
    assert (cross_val_score(MultinomialClassifier(), X, y, cv=3, scoring=scoring) > 0.4).all()


def test_sample_weight_is_routed(data):
    X, y = data
    weight = np.linspace(0.5, 2.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = MultinomialClassifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(model, X, y, cv=3, params={"sample_weight": weight}, return_estimator=True)
        train, test = next(StratifiedKFold(3).split(X, y))
        own = MultinomialClassifier().fit(X[train], y[train], sample_weight=weight[train])
        assert_array_equal(found["estimator"][0].coef_, own.coef_)
        assert found["test_score"][0] == own.score(X[test], y[test], sample_weight=weight[test])
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_val_score(MultinomialClassifier(), X, y, params={"sample_weight": weight})


def test_permutation_importance(data):
    X, y = data
    X = X.copy()
    X[:, 3] = np.random.default_rng(1).normal(size=len(y))
    found = permutation_importance(MultinomialClassifier().fit(X, y), X, y, n_repeats=3, random_state=0)
    assert found.importances_mean[3] < 0.01
    assert found.importances_mean.max() > 0.05


def test_a_clone_keeps_every_parameter():
    model = MultinomialClassifier(
        "age",
        strength=0.1,
        l1_ratio=0.5,
        class_weight={0: 2.0},
        missing="raise",
        unseen="missing",
        functions={"square": np.square},
        solver=lk.Newton(tol=1e-9),
        level=0.9,
    )
    assert clone(model).get_params() == model.get_params()
    assert set(model.get_params()) == set(LogitClassifier().get_params())


@pytest.mark.parametrize("options", [{}, {"strength": 0.01}, {"strength": 0.01, "l1_ratio": 1.0}])
@pytest.mark.parametrize("by_formula", [False, True])
def test_a_pickle_holds_no_rows(by_formula, options):
    X, y = overlapping_classes(20_000, 6)
    frame = pd.DataFrame(X, columns=[f"column{j}" for j in range(6)])
    model = MultinomialClassifier(" + ".join(frame.columns) if by_formula else None, **options).fit(frame, y)
    text = pickle.dumps(model)
    assert len(text) < PICKLE_LARGEST
    again = pickle.loads(text)
    assert_array_equal(again.predict_proba(frame), model.predict_proba(frame))
    assert str(again.fit_.summary()) == str(model.fit_.summary())


def test_a_refit_forgets_what_was_before(data):
    X, y = data
    model = MultinomialClassifier().fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert model.coef_names_.tolist() == list("abcd")
    model.fit(X[:, :2], np.minimum(y, 1))
    assert model.coef_names_.tolist() == ["x0", "x1"]
    assert model.coef_.shape == (1, 2)
    assert not hasattr(model, "feature_names_in_")
