"""LogitClassifierCV and LogitPathClassifier: the strength is chosen as the functions choose it, and fits say so."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import logitkit as lk
from estimators.problems import mixed_frame, overlapping
from logitkit.errors import LogitkitError
from logitkit.estimators import LogitClassifier, LogitClassifierCV, LogitPathClassifier
from tolerances import ROUTE

NAMES = ["Intercept", "x0", "x1", "x2", "x3"]
FEW = {"n_strengths": 20}


@pytest.fixture
def data():
    return overlapping()


def with_intercept(X):
    return np.column_stack([np.ones(len(X)), X])


def both(model):
    return np.r_[model.intercept_, model.coef_[0]]


@pytest.mark.parametrize("rule", ["best", "one_se"])
@pytest.mark.parametrize("measure", ["deviance", "auc"])
def test_cross_validation_is_that_of_the_engine(data, rule, measure):
    X, y = data
    splits = list(StratifiedKFold(4).split(X, y))
    model = LogitClassifierCV(cv=4, rule=rule, measure=measure, l1_ratio=0.5, **FEW).fit(X, y)
    there = lk.cross_validate_matrix(
        with_intercept(X), y, NAMES, penalty=lk.ElasticNet(l1_ratio=0.5), folds=splits, measure=measure, **FEW
    )
    assert model.strength_ == (there.best_strength if rule == "best" else there.one_se_strength)
    assert_array_equal(both(model), (there.best if rule == "best" else there.one_se).coef)
    pd.testing.assert_frame_equal(model.scores_, there.scores)
    assert "4" in model.fit_.penalty.chosen


def test_scores_are_those_of_fits_by_hand(data):
    """Each fold by scikit-learn alone, which standardises without the rows that are predicted."""
    X, y = data
    strengths = np.array([0.1, 0.01, 0.001])
    splits = list(StratifiedKFold(3).split(X, y))
    model = LogitClassifierCV(penalty=lk.Ridge(), strengths=strengths, cv=splits).fit(X, y)
    for strength in strengths:
        losses = []
        for train, test in splits:
            logistic = LogisticRegression(C=1.0 / (strength * len(train)), tol=1e-10, max_iter=1000)
            there = make_pipeline(StandardScaler(), logistic).fit(X[train], y[train])
            losses.append(2.0 * log_loss(y[test], there.predict_proba(X[test])))
        assert_allclose(model.scores_.loc[strength, "mean"], np.mean(losses), rtol=1e-4)  # lbfgs stops early


def test_the_chosen_model_is_that_of_its_strength(data):
    X, y = data
    for model in (LogitClassifierCV(cv=3, **FEW), LogitPathClassifier(**FEW)):
        model.fit(X, y)
        alone = LogitClassifier(strength=model.strength_, l1_ratio=1.0).fit(X, y)
        assert_allclose(both(model), both(alone), rtol=1e-6, atol=1e-9)
        assert model.fit_.penalty.chosen != alone.fit_.penalty.chosen == "given"


@pytest.mark.parametrize("criterion", ["aic", "bic", "ebic"])
def test_a_path_is_that_of_the_engine(data, criterion):
    X, y = data
    model = LogitPathClassifier(penalty=lk.Lasso(keep=["x1"]), criterion=criterion, **FEW).fit(X, y)
    there = lk.path_matrix(with_intercept(X), y, NAMES, penalty=lk.Lasso(keep=["x1"]), **FEW)
    pd.testing.assert_frame_equal(model.coef_path_, there.coef)
    assert model.strength_ == there.criteria()[criterion].idxmin()
    assert_array_equal(both(model), there.choose(criterion).coef)
    assert model.coef_path_["x1"].iloc[0] != 0.0


def test_weights_and_formulas_reach_the_path():
    X, y = mixed_frame()
    weight = np.linspace(0.5, 2.0, len(y))
    formula = "age + C(sex) + stage"
    table = X.assign(y=y)
    there = lk.path(f"y ~ {formula}", table, event="relapse", weights=weight, weight_kind="precision", **FEW)
    model = LogitPathClassifier(formula, **FEW).fit(X, y, sample_weight=weight)
    pd.testing.assert_frame_equal(model.coef_path_, there.coef)
    kept = X[["age", "sex"]].notna().all(axis=1).to_numpy()
    folds = StratifiedKFold(3)
    chosen = LogitClassifierCV(formula, cv=folds, **FEW).fit(X, y)
    assert chosen.fit_.n_obs == kept.sum()
    assert_array_equal(np.isnan(chosen.predict_proba(X)[:, 1]), ~kept)


def test_balanced_classes(data):
    X, y = data
    for model in (
        LogitClassifierCV(cv=3, class_weight="balanced", **FEW),
        LogitPathClassifier(class_weight="balanced", **FEW),
    ):
        record = model.fit(X, y).fit_.record
        assert_allclose(record.events, record.total / 2.0, rtol=ROUTE)


def test_given_splits_of_groups(data):
    X, y = data
    groups = np.arange(len(y)) // 10
    model = LogitClassifierCV(cv=list(GroupKFold(5).split(X, y, groups)), **FEW).fit(X, y)
    assert model.scores_["n_scores"].eq(5).all()


@pytest.mark.parametrize("kind", [LogitClassifierCV, LogitPathClassifier])
def test_it_composes_and_pickles_without_rows(kind):
    X, y = overlapping(20_000, 5)
    model = kind(**FEW)
    assert clone(model).get_params() == model.get_params()
    model.fit(X, y)
    text = pickle.dumps(model)
    assert len(text) < 50_000
    assert_array_equal(pickle.loads(text).predict_proba(X), model.predict_proba(X))
    small = slice(0, 300)
    assert cross_val_score(kind(n_strengths=5), X[small], y[small], cv=3, scoring="neg_log_loss").shape == (3,)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LogitClassifierCV(rule="least"), "rule='least' is not known; use 'best' or 'one_se'"),
        (LogitClassifierCV(measure="auk"), "auk"),
        (LogitClassifierCV(penalty="l1"), "penalty='l1' is a text"),
        (LogitClassifierCV(penalty=lk.Lasso(), l1_ratio=0.5), "l1_ratio=0.5 and penalty= were given together"),
        (LogitClassifierCV(l1_ratio=2.0), "l1_ratio"),
        (LogitClassifierCV(solver=lk.Newton()), "give lk.ProxNewton"),
        (LogitPathClassifier(criterion="cic"), "criterion='cic' is not known"),
        (LogitPathClassifier(penalty=lk.Lasso(0.1)), "has a strength, and this estimator chooses it"),
        (LogitPathClassifier(strengths=[-1.0]), "strength"),
    ],
)
def test_parameters_that_cannot_be_are_refused(data, model, message):
    with pytest.raises(LogitkitError, match=message):
        model.fit(*data)
