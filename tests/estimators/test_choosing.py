"""LogitClassifierCV and LogitPathClassifier: the strength is chosen as the functions choose it, and fits say so."""

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
from estimators.problems import mixed_frame, overlapping
from logitkit.errors import ArgumentError, LogitkitError
from logitkit.estimators import LogitClassifier, LogitClassifierCV, LogitPathClassifier, MultinomialClassifierCV
from tolerances import ROUTE

NAMES = ["Intercept", "x0", "x1", "x2", "x3"]
FEW = {"n_strengths": 10}


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
        with_intercept(X),
        y,
        NAMES,
        penalty=lk.ElasticNet(l1_ratio=0.5),
        folds=lk.Folds(given=splits),
        measure=measure,
        **FEW,
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
    there = lk.path(
        f"y ~ {formula}", table, model=lk.Binary(event="relapse"), weights=weight, weight_kind="precision", **FEW
    )
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


@pytest.mark.parametrize("routing", [False, True])
def test_groups_reach_the_splitter(data, routing):
    X, y = data
    groups = [f"g{i // 10}" for i in range(len(y))]
    splitter = GroupKFold(5)
    there = LogitClassifierCV(cv=list(splitter.split(X, y, groups)), **FEW).fit(X, y)
    with sklearn.config_context(enable_metadata_routing=routing):
        model = LogitClassifierCV(cv=splitter, **FEW).fit(X, y, groups=groups)
        weighted = LogitClassifierCV(cv=splitter, **FEW).fit(X, y, sample_weight=np.ones(len(y)), groups=groups)
    pd.testing.assert_frame_equal(model.scores_, there.scores_)
    pd.testing.assert_frame_equal(weighted.scores_, there.scores_)


def test_groups_are_routed_through_pipelines_and_scores(data):
    X, y = data
    groups = np.arange(len(y)) // 10
    splitter = GroupKFold(5)
    there = LogitClassifierCV(cv=list(splitter.split(X, y, groups)), **FEW).fit(StandardScaler().fit_transform(X), y)
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = make_pipeline(StandardScaler(), LogitClassifierCV(cv=splitter, **FEW)).fit(X, y, groups=groups)
        nested = cross_val_score(
            LogitClassifierCV(cv=splitter, **FEW), X, y, cv=GroupKFold(3), params={"groups": groups}
        )
    pd.testing.assert_frame_equal(pipe[-1].scores_, there.scores_)
    by_hand = []
    for train, test in GroupKFold(3).split(X, y, groups):
        inner = list(splitter.split(X[train], y[train], groups[train]))
        by_hand.append(LogitClassifierCV(cv=inner, **FEW).fit(X[train], y[train]).score(X[test], y[test]))
    assert_array_equal(nested, by_hand)


def test_folds_are_stated_as_for_the_function():
    X, y = mixed_frame()
    table, formula = X.assign(y=y), "age + C(sex)"
    for folds in (lk.Folds(4, seed=3), lk.Folds(3, stratify="stage", repeats=2), lk.Folds(given=np.arange(len(y)) % 3)):
        model = LogitClassifierCV(formula, cv=folds, **FEW)
        assert clone(model).get_params()["cv"] == folds
        there = lk.cross_validate(f"y ~ {formula}", table, model=lk.Binary(event="relapse"), folds=folds, **FEW)
        pd.testing.assert_frame_equal(model.fit(X, y).scores_, there.scores)
        assert there.record.folds.words in model.fit_.penalty.chosen
    with pytest.raises(LogitkitError, match=r"groups= was given, but cv=Folds\(k=4\) does not use them"):
        LogitClassifierCV(formula, cv=lk.Folds(4), **FEW).fit(X, y, groups=np.arange(len(y)) // 5)
    with pytest.raises(LogitkitError, match="groups='stage': with a ready matrix give an array"):
        LogitClassifierCV(cv=lk.Folds(4, groups="stage"), **FEW).fit(*overlapping())
    with pytest.raises(LogitkitError, match=r"groups='stag': there is no such column\. Did you mean 'stage'"):
        LogitClassifierCV(formula, cv=lk.Folds(2, groups="stag"), **FEW).fit(X, y)


@pytest.mark.parametrize("kind", [LogitClassifierCV, MultinomialClassifierCV])
def test_words_of_the_function_are_answered_with_those_of_the_estimator(kind):
    for word, message in (
        ("folds", r"It is cv= here"),
        ("groups", r"cv=lk\.Folds\(groups=\.\.\.\)"),
        ("random_state", r"cv=lk\.Folds\(seed=\.\.\.\)"),
    ):
        with pytest.raises(ArgumentError, match=rf"^{kind.__name__}\(\) has no argument '{word}'\. .*{message}"):
            kind(**{word: 1})


class OneGroupOut:
    """A splitter that knows nothing of scikit-learn."""

    def split(self, X, y=None, groups=None):
        for group in np.unique(groups):
            yield np.flatnonzero(groups != group), np.flatnonzero(groups == group)

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(np.unique(groups))


def test_a_splitter_of_another_make_gets_the_groups(data):
    X, y = data
    groups = np.arange(len(y)) % 4
    model = LogitClassifierCV(cv=OneGroupOut(), **FEW).fit(X, y, groups=groups)
    there = LogitClassifierCV(cv=list(OneGroupOut().split(X, y, groups)), **FEW).fit(X, y)
    pd.testing.assert_frame_equal(model.scores_, there.scores_)


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize(
    ("cv", "groups", "message"),
    [
        (5, "one each", "does not use them, and groups would be split"),
        (StratifiedKFold(3), "one each", "does not use them"),
        ([([0, 1], [2, 3])], "one each", "does not use them"),
        (GroupKFold(3), None, "keeps groups together: pass the group of each row to fit, groups="),
        (GroupKFold(3), "too few", "groups"),
        (GroupKFold(3), "missing", r"groups is missing in row 7 \(from 0\), of 1 such rows"),
    ],
)
def test_groups_that_cannot_be_used_are_refused(data, routing, cv, groups, message):
    X, y = data
    each = [f"g{i % 9}" for i in range(len(y))]
    given = {"one each": each, None: None, "too few": each[:-1], "missing": [*each[:7], None, *each[8:]]}[groups]
    with sklearn.config_context(enable_metadata_routing=routing), pytest.raises(LogitkitError, match=message):
        LogitClassifierCV(cv=cv, **FEW).fit(X, y, groups=given)


def test_iterations_of_penalised_fits_are_counted(data):
    X, y = data
    for options in ({"strength": 0.1}, {"strength": 0.01, "l1_ratio": 1.0}, {"penalty": lk.Bounds(lower=0.0)}):
        model = LogitClassifier(**options).fit(X, y)
        assert model.n_iter_.tolist() == [model.fit_.penalty.steps]
        assert 1 <= model.n_iter_[0] <= 20
    few = LogitClassifier(strength=0.001, l1_ratio=1.0, solver=lk.ProxNewton(max_iter=2))
    with pytest.warns(lk.errors.ConvergenceWarning):
        assert few.fit(X, y).n_iter_.tolist() == [2]
    # A ridge is Newton's method, whose steps an unpenalised fit of the same rows counts likewise.
    ridge = LogitClassifier(strength=1e-9).fit(X, y).n_iter_[0]
    assert abs(ridge - LogitClassifier().fit(X, y).n_iter_[0]) <= 1
    assert LogitClassifierCV(cv=3, **FEW).fit(X, y).n_iter_[0] >= 1
    assert LogitClassifier(strength=100.0, l1_ratio=1.0).fit(X, y).n_iter_[0] == 0


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
        (LogitClassifierCV(penalty="l1"), "penalty='l1' is a string"),
        (LogitClassifierCV(penalty=lk.Lasso(), l1_ratio=0.5), "l1_ratio=0.5 and penalty= were given together"),
        (LogitClassifierCV(l1_ratio=2.0), "l1_ratio"),
        (LogitClassifierCV(solver=lk.Newton()), "give lk.ProxNewton"),
        (LogitPathClassifier(criterion="cic"), "criterion='cic' is not known"),
        (LogitPathClassifier(penalty=lk.Lasso(0.1)), "has a strength, but this estimator chooses it"),
        (LogitPathClassifier(strengths=[-1.0]), "strength"),
    ],
)
def test_parameters_that_cannot_be_are_refused(data, model, message):
    with pytest.raises(LogitkitError, match=message):
        model.fit(*data)
