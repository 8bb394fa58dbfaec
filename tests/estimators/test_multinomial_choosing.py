"""MultinomialClassifierCV: the strength is chosen as lk.cross_validate chooses it, and the fit says so."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import logitkit as lk
from estimators.problems import mixed_frame_of_three, overlapping, overlapping_classes
from logitkit.errors import LogitkitError
from logitkit.estimators import LogitClassifierCV, MultinomialClassifier, MultinomialClassifierCV
from tolerances import EXACT, REFERENCE

NAMES = ["Intercept", "x0", "x1", "x2", "x3"]
FEW = {"n_strengths": 10, "cv": 3}
TIGHT = {"solver": lk.ProxNewton(tol=1e-15)}


@pytest.fixture
def data():
    return overlapping_classes()


def with_intercept(X):
    return np.column_stack([np.ones(len(X)), X])


def both(model):
    return np.column_stack([model.intercept_, model.coef_])


@pytest.mark.parametrize("rule", ["best", "one_se"])
@pytest.mark.parametrize("measure", ["deviance", "auc"])
def test_cross_validation_is_that_of_the_engine(data, rule, measure):
    X, y = data
    splits = list(StratifiedKFold(4).split(X, y))
    penalty, grid = lk.ElasticNet(l1_ratio=0.5), {"measure": measure, "n_strengths": 10}
    model = MultinomialClassifierCV(cv=4, rule=rule, l1_ratio=0.5, **grid).fit(X, y)
    there = lk.cross_validate_matrix(
        with_intercept(X), y, NAMES, model=lk.Multinomial(), penalty=penalty, folds=lk.Folds(given=splits), **grid
    )
    assert model.strength_ == (there.best_strength if rule == "best" else there.one_se_strength)
    assert_array_equal(both(model), (there.best if rule == "best" else there.one_se).coef.to_numpy().T)
    pd.testing.assert_frame_equal(model.scores_, there.scores)
    assert isinstance(model.fit_, lk.MultinomialFit)
    assert "4" in model.fit_.record.penalty.chosen


def test_scores_are_those_of_fits_by_hand(data):
    """Each fold by scikit-learn alone, which standardises without the rows that are predicted."""
    X, y = data
    strengths = np.array([0.1, 0.01, 0.001])
    splits = list(StratifiedKFold(3).split(X, y))
    model = MultinomialClassifierCV(penalty=lk.Ridge(), strengths=strengths, cv=splits, **TIGHT).fit(X, y)
    for strength in strengths:
        losses = []
        for train, test in splits:
            logistic = LogisticRegression(
                C=1.0 / (strength * len(train)), solver="newton-cholesky", tol=1e-12, max_iter=1000
            )
            there = make_pipeline(StandardScaler(), logistic).fit(X[train], y[train])
            losses.append(2.0 * log_loss(y[test], there.predict_proba(X[test])))
        by_rows = np.average(losses, weights=[len(test) for _, test in splits])
        assert_allclose(model.scores_.loc[strength, "mean"], by_rows, rtol=REFERENCE)


def test_the_chosen_model_is_that_of_its_strength(data):
    X, y = data
    model = MultinomialClassifierCV(**FEW, **TIGHT).fit(X, y)
    alone = MultinomialClassifier(strength=model.strength_, l1_ratio=1.0, **TIGHT).fit(X, y)
    assert_allclose(both(model), both(alone), rtol=REFERENCE, atol=REFERENCE)
    assert model.fit_.record.penalty.chosen != alone.fit_.record.penalty.chosen == "given"


def test_a_column_enters_for_all_classes_or_for_none(data):
    X, y = data
    X = np.column_stack([X, np.random.default_rng(3).normal(size=(len(y), 6))])
    model = MultinomialClassifierCV(penalty=lk.Lasso(across_outcomes=True), rule="one_se", **FEW).fit(X, y)
    chosen = model.coef_ != 0.0
    assert_array_equal(chosen.all(axis=0), chosen.any(axis=0))
    assert 0 < chosen.any(axis=0).sum() < 10


def test_two_classes_are_the_binary_model():
    X, y = overlapping()
    model, binary = MultinomialClassifierCV(**FEW, **TIGHT).fit(X, y), LogitClassifierCV(**FEW, **TIGHT).fit(X, y)
    assert_allclose(model.scores_["mean"], binary.scores_["mean"], rtol=REFERENCE)
    assert_allclose(model.strength_, binary.strength_, rtol=EXACT)
    assert model.coef_.shape == (1, 4)
    assert_allclose(both(model), both(binary), rtol=1e-6, atol=1e-6)  # a gap bounds coefficients by its root


def test_weights_and_formulas_reach_the_folds():
    X, y = mixed_frame_of_three()
    weight = np.linspace(0.5, 2.0, len(y))
    formula = "age + C(sex) + stage"
    splits = list(StratifiedKFold(3).split(X, y))
    model = MultinomialClassifierCV(formula, cv=splits, n_strengths=10).fit(X, y, sample_weight=weight)
    there = lk.cross_validate(
        f"y ~ {formula}",
        X.assign(y=y),
        model=lk.Multinomial(),
        weights=weight,
        weight_kind="precision",
        folds=lk.Folds(given=splits),
        n_strengths=10,
    )
    pd.testing.assert_frame_equal(model.scores_, there.scores)
    kept = X[["age", "sex"]].notna().all(axis=1).to_numpy()
    assert model.fit_.n_obs == kept.sum()
    assert_array_equal(np.isnan(model.predict_proba(X)[:, 2]), ~kept)


def test_balanced_classes(data):
    record = MultinomialClassifierCV(class_weight="balanced", **FEW).fit(*data).fit_.record
    assert_allclose(record.totals, record.total / 3.0, rtol=EXACT)


@pytest.mark.parametrize("routing", [False, True])
def test_groups_reach_the_splitter(data, routing):
    X, y = data
    groups = [f"g{i // 10}" for i in range(len(y))]
    splitter = GroupKFold(3)
    there = MultinomialClassifierCV(cv=list(splitter.split(X, y, groups)), n_strengths=5).fit(X, y)
    with sklearn.config_context(enable_metadata_routing=routing):
        model = MultinomialClassifierCV(cv=splitter, n_strengths=5).fit(X, y, groups=groups)
    pd.testing.assert_frame_equal(model.scores_, there.scores_)
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = make_pipeline(StandardScaler(), MultinomialClassifierCV(cv=splitter, n_strengths=5))
        assert pipe.fit(X, y, groups=groups)[-1].scores_["n_scores"].eq(3).all()


def test_it_composes_and_pickles_without_rows():
    X, y = overlapping_classes(2_500, 5)
    model = MultinomialClassifierCV(**FEW)
    assert clone(model).get_params() == model.get_params()
    text = pickle.dumps(model.fit(X, y))
    assert len(text) < 25_000
    assert_array_equal(pickle.loads(text).predict_proba(X), model.predict_proba(X))
    small = slice(0, 300)
    score = cross_val_score(MultinomialClassifierCV(n_strengths=5), X[small], y[small], cv=3, scoring="neg_log_loss")
    assert np.isfinite(score).all()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (MultinomialClassifierCV(rule="least"), "rule='least' is not known; use 'best' or 'one_se'"),
        (MultinomialClassifierCV(measure="auk"), "auk"),
        (MultinomialClassifierCV(penalty="l1"), "penalty='l1' is a string"),
        (MultinomialClassifierCV(penalty=lk.Lasso(), l1_ratio=0.5), "l1_ratio=0.5 and penalty= were given together"),
        (MultinomialClassifierCV(penalty=lk.Lasso(0.1)), "leave it out, or use MultinomialClassifier"),
        (MultinomialClassifierCV(penalty=lk.AdaptiveLasso(across_outcomes=True)), "is not offered; use lk.Lasso"),
        (MultinomialClassifierCV(solver=lk.Newton()), "give lk.ProxNewton"),
        (MultinomialClassifierCV(strengths=[-1.0]), "strength"),
        (MultinomialClassifierCV(cv=GroupKFold(3)), "keeps groups together: pass the group of each row to fit"),
    ],
)
def test_parameters_that_cannot_be_are_refused(data, model, message):
    with pytest.raises(LogitkitError, match=message):
        model.fit(*data)
