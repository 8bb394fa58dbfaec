"""Bagging against the same samples fitted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from estimators.problems import mixed_frame, overlapping, overlapping_classes, separated
from logitkit.errors import DataError
from logitkit.estimators import BaggedClassifier, LogitClassifier, MultinomialClassifier
from logitkit.inference.resampling.drawing import Generators
from tolerances import EXACT, ROUTE

SAMPLES = 8


def by_hand(member, X, y, seed):
    """Mean probabilities of all rows, and of the rows that a sample lacks, by members fitted to each."""
    n, k = len(y), np.unique(y).size
    total, out, times = np.zeros((n, k)), np.zeros((n, k)), np.zeros(n, dtype=int)
    for number in range(SAMPLES):
        counts = np.bincount(Generators(seed).of(number).integers(0, n, n), minlength=n)
        rows = np.repeat(np.arange(n), counts)
        p = clone(member).fit(X[rows], y[rows]).predict_proba(X)
        total += p / SAMPLES
        out[counts == 0] += p[counts == 0]
        times += counts == 0
    with np.errstate(invalid="ignore"):
        return total, out / np.where(times > 0, times, np.nan)[:, None], times


@pytest.mark.parametrize(
    ("member", "several"),
    [
        (LogitClassifier(), False),
        (LogitClassifier(strength=0.01), False),
        (DecisionTreeClassifier(max_depth=3, random_state=0), False),
        (LogisticRegression(), True),
        pytest.param(MultinomialClassifier(), True, marks=pytest.mark.slow),
    ],
)
def test_probabilities_are_means_over_samples(member, several):
    X, y = overlapping_classes(n=150) if several else overlapping(n=150)
    model = BaggedClassifier(member, n_samples=SAMPLES, seed=3).fit(X, y)
    whole, out, times = by_hand(member, X, y, 3)
    assert_allclose(model.predict_proba(X), whole, rtol=ROUTE, atol=EXACT)
    assert_allclose(model.oob_proba_, out, rtol=ROUTE, atol=EXACT)
    assert_array_equal(model.oob_counts_, times)
    codes, seen = np.unique(y, return_inverse=True)[1], times > 0
    p = out[seen]
    happened = np.eye(p.shape[1])[codes[seen]]
    with np.errstate(divide="ignore"):
        loss = -np.log((p * happened).sum(axis=1)).mean()
    brier = ((p - happened) ** 2).sum(axis=1).mean() / (1 if several else 2)
    error = (p.argmax(axis=1) != codes[seen]).mean()
    assert_allclose(
        [model.oob_scores_[name] for name in ("log_loss", "brier", "error")], [loss, brier, error], rtol=ROUTE
    )
    assert_array_equal(model.predict(X), model.classes_[whole.argmax(axis=1)])


def test_formulas_leave_out_rows_with_missing_values():
    frame, y = mixed_frame()
    model = BaggedClassifier("age + sex", n_samples=SAMPLES).fit(frame, y)
    whole = frame[["age", "sex"]].notna().all(axis=1).to_numpy()
    kept = BaggedClassifier("age + sex", n_samples=SAMPLES).fit(frame[whole], y[whole])
    assert_allclose(model.oob_proba_[whole], kept.oob_proba_, rtol=ROUTE)
    assert np.isnan(model.oob_proba_[~whole]).all()
    assert np.isnan(model.predict_proba(frame)[~whole]).all()
    assert_allclose(model.predict_proba(frame)[whole], kept.predict_proba(frame[whole]), rtol=ROUTE)
    with pytest.raises(DataError, match="a value is missing"):
        model.predict(frame)


@pytest.mark.filterwarnings("ignore:The classes are separated")
def test_samples_that_are_separated_have_the_limit():
    X, y = overlapping(n=14, p=2, seed=1)
    model = BaggedClassifier(LogitClassifier(), n_samples=SAMPLES).fit(X, y)
    for given in (model, BaggedClassifier(LogitClassifier(), n_samples=3).fit(*separated())):
        p = given.predict_proba(X if given is model else separated()[0])
        assert np.isfinite(p).all()
        assert_allclose(p.sum(axis=1), 1.0, rtol=EXACT)


def test_weights_stay_with_their_rows():
    X, y = overlapping(n=120)
    weights = np.linspace(0.5, 2.0, 120)
    many = BaggedClassifier(LogitClassifier(), n_samples=SAMPLES).fit(X, y, sample_weight=weights)
    one = BaggedClassifier(LogitClassifier(class_weight={0: 1.0}), n_samples=SAMPLES).fit(X, y, sample_weight=weights)
    assert_allclose(many.predict_proba(X), one.predict_proba(X), rtol=ROUTE)
    assert many.oob_scores_ == pytest.approx(one.oob_scores_, rel=ROUTE)


@pytest.mark.parametrize(("options", "words"), [({"n_samples": 0}, "n_samples=0"), ({"member": 3}, "member=3")])
def test_what_cannot_be_bagged_is_refused(options, words):
    X, y = overlapping(n=60)
    with pytest.raises(DataError, match=words):
        BaggedClassifier(**options).fit(X, y)


@pytest.mark.parametrize("member", [LogitClassifier(), LogisticRegression(C=1e10, tol=1e-10, max_iter=1_000)])
@pytest.mark.parametrize("weighted", [False, True])
def test_groups_are_drawn_whole(member, weighted):
    X, y = overlapping(n=150)
    groups = np.array([f"patient {j % 23}" for j in range(150)])
    weights = np.where(np.arange(150) % 23 == 4, 0.0, 1.0) if weighted else None  # a group that takes no part
    model = BaggedClassifier(member, n_samples=SAMPLES, seed=3).fit(X, y, sample_weight=weights, groups=groups)
    # In the order in which they come; one that takes no part is none.
    present = [f"patient {j}" for j in range(23) if not (weighted and j == 4)]
    total, out, times = np.zeros(150), np.zeros(150), np.zeros(150, dtype=int)
    for number in range(SAMPLES):
        drawn = Generators(3).of(number).integers(0, len(present), len(present))
        rows = np.concatenate([np.flatnonzero(groups == present[j]) for j in drawn])
        p = LogitClassifier().fit(X[rows], y[rows]).predict_proba(X)[:, 1]
        lacks = np.isin(groups, present) & ~np.isin(groups, groups[rows])
        total += p / SAMPLES
        out[lacks] += p[lacks]
        times += lacks
    close = 1e-4 if isinstance(member, LogisticRegression) else ROUTE  # its penalty, and where its solver stops
    assert_array_equal(model.oob_counts_, times)
    assert_allclose(model.predict_proba(X)[:, 1], total, rtol=close)
    seen = times > 0
    assert_allclose(model.oob_proba_[seen, 1], out[seen] / times[seen], rtol=close)


def test_groups_that_cannot_be_drawn_are_refused():
    X, y = overlapping(n=60)
    with pytest.raises(DataError, match="fewer than two"):
        BaggedClassifier(DecisionTreeClassifier()).fit(X, y, groups=np.zeros(60))
    with pytest.raises(DataError, match="fewer than two"):
        BaggedClassifier().fit(X, y, groups=np.zeros(60))
    with pytest.raises(DataError, match="one value for each of the 60 rows"):
        BaggedClassifier().fit(X, y, groups=np.zeros(59))


def test_more_than_two_classes_are_bagged_by_default():
    X, y = overlapping_classes(n=150)
    model = BaggedClassifier(n_samples=2).fit(X, y)
    by_name = BaggedClassifier(MultinomialClassifier(), n_samples=2).fit(X, y)
    assert_allclose(model.predict_proba(X), by_name.predict_proba(X), rtol=EXACT)
