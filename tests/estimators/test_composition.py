"""The estimator inside scikit-learn: pipelines, searches, calibration, routing, both back-ends of joblib, pickles."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import logitkit as lk
from estimators.problems import mixed_frame, overlapping
from logitkit.estimators import LogitClassifier
from tolerances import EXACT, ROUTE

PICKLE_LARGEST = 50_000  # bytes


@pytest.fixture
def data():
    return overlapping()


def test_names_come_through_a_pipeline_with_set_output():
    X, y = mixed_frame()
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "dose"]),
            ("levels", OneHotEncoder(drop="first", sparse_output=False), ["stage"]),
        ],
        verbose_feature_names_out=False,
    )
    model = Pipeline([("columns", columns), ("logit", LogitClassifier())]).set_output(transform="pandas")
    model.fit(X, y)
    assert model[-1].fit_.record.names == ("Intercept", "age", "dose", "stage_II", "stage_III")
    assert model[-1].feature_names_in_.tolist() == ["age", "dose", "stage_II", "stage_III"]
    assert model.predict_proba(X).shape == (len(X), 2)
    assert model.score(X, y) > 0.5


def test_a_formula_works_behind_an_imputer():
    X, y = mixed_frame()
    filled = ColumnTransformer(
        [("age", SimpleImputer(), ["age"]), ("sex", SimpleImputer(strategy="most_frequent"), ["sex"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    X = X.assign(sex=X["sex"].astype(object).where(X["sex"].notna(), np.nan))
    model = make_pipeline(filled, LogitClassifier("age * C(sex) + stage"))
    model.fit(X, y)
    assert model[-1].fit_.n_obs == len(X)
    assert set(model.predict(X)) == {"none", "relapse"}


def test_grid_search_over_parameters(data):
    X, y = data
    search = GridSearchCV(
        LogitClassifier(), {"fit_intercept": [True, False], "class_weight": [None, "balanced"]}, scoring="neg_log_loss"
    )
    search.fit(X, y)
    assert search.best_params_ == {"fit_intercept": True, "class_weight": None}
    assert_array_equal(search.best_estimator_.coef_, LogitClassifier().fit(X, y).coef_)


def test_grid_search_over_formulas():
    X, y = mixed_frame()
    X = X.dropna()
    y = y[X.index]
    search = GridSearchCV(LogitClassifier("age"), {"formula": ["stage", "age + sex + stage"]}, scoring="neg_log_loss")
    assert search.fit(X, y).best_params_ == {"formula": "age + sex + stage"}


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(data, method):
    X, y = data
    model = CalibratedClassifierCV(LogitClassifier(), method=method, cv=3).fit(X, y)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1.0, rtol=EXACT)
    assert 0.05 < np.mean((model.predict_proba(X)[:, 1] - y) ** 2) < 0.25


@pytest.mark.parametrize("backend", [pytest.param("loky", marks=pytest.mark.slow), "threading"])
def test_folds_on_processes_and_on_threads_give_the_same(data, backend):
    X, y = data
    folds = StratifiedKFold(4)
    alone = cross_val_score(LogitClassifier(), X, y, cv=folds, scoring="neg_log_loss")
    with joblib.parallel_backend(backend, n_jobs=2):
        together = cross_val_score(LogitClassifier(), X, y, cv=folds, scoring="neg_log_loss")
    assert_array_equal(together, alone)


def test_fitted_estimators_come_back_from_processes(data):
    X, y = data
    found = cross_validate(LogitClassifier(), X, y, cv=3, n_jobs=2, return_estimator=True)
    first = found["estimator"][0]
    assert first.fit_.design is None
    train, _ = next(StratifiedKFold(3).split(X, y))
    assert_array_equal(first.coef_, LogitClassifier().fit(X[train], y[train]).coef_)


def test_sample_weight_is_routed(data):
    X, y = data
    weight = np.linspace(0.5, 2.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogitClassifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(model, X, y, cv=3, params={"sample_weight": weight}, return_estimator=True)
        train, test = next(StratifiedKFold(3).split(X, y))
        own = LogitClassifier().fit(X[train], y[train], sample_weight=weight[train])
        assert_array_equal(found["estimator"][0].coef_, own.coef_)
        assert found["test_score"][0] == own.score(X[test], y[test], sample_weight=weight[test])
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        assert_allclose(
            pipeline.fit(X, y, sample_weight=weight).decision_function(X),
            LogitClassifier().fit(X, y, sample_weight=weight).decision_function(X),
            rtol=ROUTE,
            atol=ROUTE,
        )
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_val_score(LogitClassifier(), X, y, params={"sample_weight": weight})


def test_permutation_importance(data):
    X, y = data
    found = permutation_importance(LogitClassifier().fit(X, y), X, y, n_repeats=3, random_state=0)
    assert (
        found.importances_mean.argmax()
        == np.abs(LogitClassifier().fit(StandardScaler().fit_transform(X), y).coef_).argmax()
    )


def test_a_clone_keeps_every_parameter():
    model = LogitClassifier(
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
    assert set(model.get_params()) == {
        "formula", "penalty", "strength", "l1_ratio", "C", "fit_intercept", "class_weight", "missing", "unseen",
        "functions", "solver", "level",
    }  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"strength": 0.01}, {"strength": 0.01, "l1_ratio": 1.0}])
@pytest.mark.parametrize("by_formula", [False, True])
def test_a_pickle_holds_no_rows(by_formula, options):
    X, y = overlapping(100_000, 10)
    frame = pd.DataFrame(X, columns=[f"column{j}" for j in range(10)])
    model = LogitClassifier(" + ".join(frame.columns) if by_formula else None, **options).fit(frame, y)
    text = pickle.dumps(model)
    assert len(text) < PICKLE_LARGEST
    again = pickle.loads(text)
    assert_array_equal(again.predict_proba(frame), model.predict_proba(frame))
    assert str(again.fit_.summary()) == str(model.fit_.summary())
    assert_array_equal(again.fit_.coef, model.fit_.coef)


def test_a_refit_forgets_the_names_of_before(data):
    X, y = data
    model = LogitClassifier().fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert model.coef_names_.tolist() == list("abcd")
    model.fit(X[:, :2], y)
    assert model.coef_names_.tolist() == ["x0", "x1"]
    assert not hasattr(model, "feature_names_in_")


def test_a_missing_scikit_learn_is_named():
    code = (
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'sklearn' else real(name, package)\n"
        "import logitkit\n"
        "try:\n"
        "    import logitkit.estimators\n"
        "except ImportError as error:\n"
        "    assert \"pip install 'logitkit[sklearn]'\" in str(error), error\n"
        "else:\n"
        "    raise SystemExit('no error')\n"
    )
    assert importlib.util.find_spec("sklearn") is not None
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_itself_does_not_load_scikit_learn():
    code = "import sys, logitkit, logitkit.api.functions; assert 'sklearn' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
