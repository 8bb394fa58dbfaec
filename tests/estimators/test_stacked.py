"""Stacking against cross-fitting by hand and the pools of bare arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, RepeatedKFold, StratifiedKFold, cross_val_predict, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

import logitkit as lk
from estimators.problems import mixed_frame, overlapping, overlapping_classes
from logitkit.errors import DataError
from logitkit.estimators import LogitClassifier, MultinomialClassifier, StackedClassifier
from tolerances import EXACT, REFERENCE, ROUTE


def by_hand(members, X, y, codes, cv):
    """Log probabilities of rows held out, (J, n, K)."""
    p = np.stack([cross_val_predict(clone(one), X, y, cv=cv, method="predict_proba") for one in members])
    with np.errstate(divide="ignore"):
        return np.log(p)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("pool", ["linear", "log"])
def test_weights_are_those_of_pooled_predictions_of_rows_held_out(several, pool):
    X, y = overlapping_classes() if several else overlapping()
    glm = (MultinomialClassifier if several else LogitClassifier)()
    members, cv = [glm, LogisticRegression(C=0.01)], StratifiedKFold(4, shuffle=True, random_state=1)
    model = StackedClassifier(members, pool=pool, cv=cv).fit(X, y)
    codes = np.unique(y, return_inverse=True)[1]
    logs = by_hand(members, X, y, codes, cv)
    floored = np.maximum(logs, np.log(1e-6)) if pool == "log" else logs
    logits = list(floored) if several else list(floored[:, :, 1] - floored[:, :, 0])
    expected = getattr(lk.logits, f"{pool}_pool")(logits, codes)
    assert_allclose(model.pool_.weights, expected.weights, rtol=ROUTE, atol=ROUTE)
    assert_allclose(model.pool_.member_log_loss, -logs[:, np.arange(y.size), codes].mean(axis=1), rtol=ROUTE)
    assert_allclose(model.pool_.member_brier, expected.member_brier, rtol=REFERENCE)  # the least ones are raised
    assert_allclose([model.pool_.log_loss, model.pool_.brier], [expected.log_loss, expected.brier], rtol=ROUTE)
    assert_allclose(model.pool_.interval(), expected.interval(), rtol=1e-6, atol=1e-6)  # roots of a rise to 1e-8
    whole = [
        np.log(np.maximum(clone(one).fit(X, y).predict_proba(X), 1e-6 if pool == "log" else 0.0)) for one in members
    ]
    whole = whole if several else [one[:, 1] - one[:, 0] for one in whole]
    p = expected.transform_probabilities(whole)
    assert_allclose(model.predict_proba(X), p if several else np.column_stack([1 - p, p]), rtol=REFERENCE)
    assert_array_equal(model.predict(X), model.classes_[model.predict_proba(X).argmax(axis=1)])


def test_formulas_are_members_of_frames():
    frame, y = mixed_frame()
    frame = frame.dropna()
    y = y[frame.index]
    model = StackedClassifier({"age": "age", "all": "age + sex + stage"}, cv=3).fit(frame, y)
    by_name = StackedClassifier(
        [("age", LogitClassifier("age")), ("all", LogitClassifier("age + sex + stage"))], cv=3
    ).fit(frame, y)
    assert_allclose(model.pool_.weights, by_name.pool_.weights, rtol=EXACT)
    assert model.pool_.names == ("age", "all")
    assert model.classes_.tolist() == ["none", "relapse"]
    assert model.members_["all"].fit_.n_obs == len(frame)


def test_members_that_exclude_what_happens_are_pooled():
    X, y = overlapping()
    members = {"tree": DecisionTreeClassifier(random_state=0), "glm": LogitClassifier()}
    linear, log = (StackedClassifier(members, pool=pool).fit(X, y) for pool in ("linear", "log"))
    assert np.isinf(linear.pool_.member_log_loss[0])
    assert np.isfinite(linear.pool_.log_loss)
    assert np.isfinite(log.pool_.log_loss)
    assert linear.pool_.weights[1] > 0.5


def test_weights_of_rows_are_rows_again():
    X, y = overlapping(n=60)
    counts = np.arange(60) % 3
    cv = np.arange(60) % 2
    rows = np.repeat(np.arange(60), counts)

    def pairs(fold):
        return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in (0, 1)]

    members = [LogitClassifier(), DummyClassifier()]
    weighted = StackedClassifier(members, cv=pairs(cv)).fit(X, y, sample_weight=counts)
    repeated = StackedClassifier(members, cv=pairs(cv[rows])).fit(X[rows], y[rows])
    assert_allclose(weighted.pool_.weights, repeated.pool_.weights, rtol=ROUTE, atol=ROUTE)
    assert weighted.pool_.log_loss == pytest.approx(repeated.pool_.log_loss, rel=ROUTE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"members": [LogitClassifier()]}, "at least two"),
        ({"members": [LogitClassifier(), 3]}, "Member 1 is 3"),
        ({"members": LogitClassifier()}, "a list of classifiers"),
        ({"pool": "mean"}, "pool"),
        ({"cv": RepeatedKFold(n_splits=2, n_repeats=2)}, "2 times"),
        ({"cv": GroupKFold(3)}, "pass the group of each row"),
        ({"cv": "five"}, "makes no folds of these rows"),
        ({"cv": lk.Folds(3, repeats=2)}, "2 times"),
    ],
)
def test_what_cannot_be_stacked_is_refused(options, words):
    X, y = overlapping(n=60)
    members = [LogitClassifier(), DummyClassifier()]
    with pytest.raises(DataError, match=words):
        StackedClassifier(**{"members": members, **options}).fit(X, y)


def test_a_member_without_weights_of_rows_is_refused():
    X, y = overlapping(n=60)
    with pytest.raises(DataError, match="KNeighborsClassifier takes none"):
        StackedClassifier([LogitClassifier(), KNeighborsClassifier()]).fit(X, y, sample_weight=np.ones(60) + y)


def groups_and_rows():
    X, y = overlapping(n=120)
    return X, y, np.array([f"patient {j % 17}" for j in range(120)])


def test_groups_go_to_the_splitter_and_to_folds():
    X, y, groups = groups_and_rows()
    members = [LogitClassifier(), DummyClassifier()]
    pairs = list(GroupKFold(4).split(X, y, groups))
    expected = StackedClassifier(members, cv=pairs).fit(X, y).pool_
    by_splitter = StackedClassifier(members, cv=GroupKFold(4)).fit(X, y, groups=groups).pool_
    assert_allclose(by_splitter.weights, expected.weights, rtol=EXACT)
    by_column = StackedClassifier(members, cv=lk.Folds(4, groups=groups)).fit(X, y)
    again = [(np.flatnonzero(~np.isin(groups, one)), np.flatnonzero(np.isin(groups, one))) for one in whole(groups)]
    assert_allclose(by_column.pool_.weights, StackedClassifier(members, cv=again).fit(X, y).pool_.weights, rtol=ROUTE)
    for cv in (5, lk.Folds(4)):
        with pytest.raises(DataError, match="groups would be split"):
            StackedClassifier(members, cv=cv).fit(X, y, groups=groups)
    with pytest.raises(DataError, match="groups is missing in row 2"):
        StackedClassifier(members, cv=GroupKFold(2)).fit(X, y, groups=[*groups[:2], None, *groups[3:]])


def whole(groups):
    """The groups of four folds: the largest first, each to the fold with the fewest rows so far."""
    names, sizes = np.unique(groups, return_counts=True)
    first = np.array([np.flatnonzero(groups == name)[0] for name in names])
    folds, loads = [[] for _ in range(4)], [0] * 4
    for j in np.lexsort((first, -sizes)):
        lightest = int(np.argmin(loads))
        folds[lightest].append(names[j])
        loads[lightest] += sizes[j]
    return folds


def test_folds_name_columns_of_a_frame_and_may_follow_time():
    frame, y = mixed_frame()
    frame = frame.dropna().assign(year=lambda table: np.arange(len(table)) // 40)
    y = y[frame.index]
    members = {"age": "age", "more": "age + sex"}
    model = StackedClassifier(members, cv=lk.Folds(2, time="year")).fit(frame, y)
    years = frame["year"].to_numpy()
    first, last = 2, 4  # periods of years 0 and 1, 2 and 3, and the rest
    pairs = [
        (np.flatnonzero(years < first), np.flatnonzero((years >= first) & (years < last))),
        (np.flatnonzero(years < last), np.flatnonzero(years >= last)),
    ]
    expected = StackedClassifier(members, cv=pairs).fit(frame, y)
    assert_allclose(model.pool_.weights, expected.pool_.weights, rtol=ROUTE, atol=ROUTE)
    assert model.pool_.n == (years >= first).sum()  # rows of the first period are learnt from, and never predicted


def test_groups_are_routed_by_a_search():
    X, y, groups = groups_and_rows()
    model = StackedClassifier([LogitClassifier(), DummyClassifier()], cv=GroupKFold(2))
    with config_context(enable_metadata_routing=True):
        scores = cross_validate(model, X, y, cv=GroupKFold(3), params={"groups": groups}, error_score="raise")
    assert scores["test_score"].size == 3


def test_columns_are_remembered_and_looked_at():
    X, y = overlapping(n=60)
    frame = pd.DataFrame(X, columns=[f"c{j}" for j in range(X.shape[1])])
    model = StackedClassifier([LogitClassifier(), DummyClassifier()]).fit(frame, y)
    assert model.n_features_in_ == X.shape[1]
    assert model.feature_names_in_.tolist() == list(frame.columns)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict_proba(frame.rename(columns={"c0": "other"}))
    with pytest.raises(DataError, match="one dimension"):
        model.predict_proba(X[:, 0])
    sparse = StackedClassifier([LogitClassifier(), DummyClassifier()]).fit(coo_array(X), y)
    assert_allclose(sparse.predict_proba(coo_array(X)), model.predict_proba(frame), rtol=REFERENCE)
    by_formula = StackedClassifier(["c0", "c0 + c1"]).fit(frame, y)
    p = by_formula.predict_proba(frame[["c0", "c1"]])  # formulas find their own columns
    assert_allclose(p, by_formula.predict_proba(frame), rtol=EXACT)
