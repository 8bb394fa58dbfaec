"""``partial_fit``: blocks of rows that are never held together."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import logitkit as lk
from examples import every_other
from logitkit.errors import ResponseError, UnsupportedError
from logitkit.estimators import LogitClassifier, MultinomialClassifier


def rows(n: int, n_classes: int = 2) -> tuple[Any, Any]:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(n, 3)) * [1.0, 10.0, 0.1] + [0.0, 4.0, 1.0]
    scores = (X - [0.0, 4.0, 1.0]) / [1.0, 10.0, 0.1] @ rng.normal(size=(3, n_classes)) + rng.gumbel(
        size=(n, n_classes)
    )
    return X, np.array(["a", "b", "c"])[scores.argmax(axis=1)]


def stored(storage: Any, X: Any) -> Any:
    """Return rows in an array, a sparse matrix, or a frame with names."""
    return storage(X, columns=["u", "v", "w"]) if storage is pd.DataFrame else storage(X)


@pytest.mark.parametrize(("kind", "n_classes"), [(LogitClassifier, 2), (MultinomialClassifier, 3)])
@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_blocks_come_near_the_fit_of_all_rows(kind: Any, n_classes: int, storage: Any) -> None:
    X, y = rows(12_000, n_classes)
    X = X - [0.0, 4.0, 1.0] if storage is sparse.csr_array else X  # such columns are not centred
    solver = lk.Stochastic(batch=8)
    stream, whole = kind(solver=solver), kind().fit(X, y)
    for k in range(0, 12_000, 1_000):
        stream.partial_fit(stored(storage, X[k : k + 1_000]), y[k : k + 1_000], whole.classes_)
    new = stored(storage, X)
    assert stream.coef_.shape == whole.coef_.shape
    assert np.abs(stream.predict_proba(new) - whole.predict_proba(X)).mean() < 0.03
    assert np.mean(stream.predict(new) == whole.predict(X)) > 0.94
    assert 0.0 < stream.loss_ < np.log(n_classes)


def test_a_stream_goes_on_from_a_fit_and_after_pickling() -> None:
    X, y = rows(2_000)
    fitted = LogitClassifier().fit(X, y)
    before = fitted.predict_proba(X)
    fitted.partial_fit(X[:64], y[:64])
    assert not hasattr(fitted, "fit_")
    np.testing.assert_allclose(fitted.predict_proba(X), before, atol=0.1)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.partial_fit(X[64:], y[64:]).coef_, fitted.partial_fit(X[64:], y[64:]).coef_)
    assert not hasattr(fitted.fit(X, y), "stream_")


def test_weights_of_classes_and_rows_are_those_of_repeated_rows() -> None:
    X, y = rows(300)
    solver = lk.Stochastic("sgd", rate=0.1, batch=10_000, schedule="constant")
    twice = np.where(y == "a", 2, 1)
    by_class = LogitClassifier(solver=solver, class_weight={"a": 2.0}).partial_fit(X, y)
    by_row = LogitClassifier(solver=solver).partial_fit(X, y, sample_weight=twice)
    np.testing.assert_array_equal(by_class.coef_, by_row.coef_)


def test_weights_that_count_all_rows_are_refused_in_a_stream() -> None:
    X, y = rows(50)
    with pytest.raises(UnsupportedError, match="never sees together"):
        LogitClassifier(class_weight="balanced").partial_fit(X, y)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"formula": "x"}, "columns of numbers"),
        ({"penalty": lk.Lasso(0.1)}, "no penalty but a ridge"),
        ({"C": 1.0}, "no penalty but a ridge"),
        ({"strength": 0.1, "l1_ratio": 0.5}, "no penalty but a ridge"),
        ({"solver": lk.Newton()}, "by mini-batches"),
        ({"solver": lk.Stochastic("saga")}, "nobody numbered"),
        ({"solver": lk.Stochastic(schedule="cosine")}, "how many rows will come"),
        ({"solver": lk.Stochastic(early_stopping=0.1)}, "holds rows out"),
    ],
)
def test_an_estimator_that_cannot_learn_from_streams_has_no_such_method(options: dict[str, Any], words: str) -> None:
    model = LogitClassifier(**options)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        model.partial_fit(*rows(50))
    assert words in str(caught.value.__cause__)


def test_labels_that_are_none_are_refused() -> None:
    X, y = rows(50)
    with pytest.raises(ResponseError, match="needs two classes, and y has 1"):
        LogitClassifier().partial_fit(X, np.repeat("a", 50))
    with pytest.raises(ResponseError, match="'c' in row 3"):
        LogitClassifier().partial_fit(X, y).partial_fit(X, np.where(np.arange(50) == 3, "c", y))
    with pytest.raises(ResponseError, match="and were"):
        LogitClassifier().partial_fit(X, y).partial_fit(X, y, classes=["a", "z"])


@pytest.mark.parametrize(
    ("storage", "kind"),
    every_other((np.asarray, sparse.csr_array, pd.DataFrame), (LogitClassifier, MultinomialClassifier)),
)
def test_fit_by_mini_batches_is_that_of_lk_learn_and_near_the_optimum(storage: Any, kind: Any) -> None:
    n_classes = 2 if kind is LogitClassifier else 3
    X, y = rows(600, n_classes)
    X = X / [1.0, 10.0, 0.1]  # sparse columns are scaled, and not centred
    solver = lk.Stochastic("saga", batch=16, epochs=400, ridge=0.01)
    model = kind(solver=solver).fit(stored(storage, X), y)
    whole = kind(strength=0.01).fit(stored(storage, X), y)
    if storage is not sparse.csr_array:  # whose ridge is of columns over their largest values
        # Passes end where the excess is below 1e-9, and probabilities differ by some of its root, 3e-5.
        np.testing.assert_allclose(
            model.predict_proba(stored(storage, X)), whole.predict_proba(stored(storage, X)), atol=1e-4
        )
    assert model.coef_.shape == whole.coef_.shape
    assert model.intercept_.shape == whole.intercept_.shape
    assert model.coef_names_.tolist() == whole.coef_names_.tolist()
    assert not hasattr(model, "fit_")
    assert model.loss_ == model.learnt_.mean_loss
    dense = np.column_stack([np.ones(600), X])
    found = model.learnt_.predict(dense)
    expected = model.predict_proba(stored(storage, X))
    np.testing.assert_allclose(found, expected if n_classes > 2 else expected[:, 1], rtol=1e-12)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(stored(storage, X)), expected)


def test_fit_by_mini_batches_takes_formulas_weights_and_strength() -> None:
    births = lk.datasets.load_lbw()
    births["work"] = births["ftv"].clip(upper=2).map({0: "none", 1: "one", 2: "more"})
    new = births.head(20).assign(age=lambda some: some["age"].where(some["age"] < 30))
    solver = lk.Stochastic("saga", batch=8, epochs=300)
    own = {"class_weight": {0: 1.0, 1: 2.0}, "strength": 0.05}
    model = LogitClassifier("age + C(work)", solver=solver, **own).fit(births, births["low"])
    whole = LogitClassifier("age + C(work)", **own).fit(births, births["low"])
    # 300 passes over 189 rows end near the optimum, not at it: the distance is told by the solver, not bounded here.
    np.testing.assert_allclose(model.predict_proba(new), whole.predict_proba(new), atol=1e-3)
    assert np.isnan(model.predict_proba(new)).any()
    again = model.fit(births, births["smoke"])
    assert again.learnt_.info.response.event == "1"
    balanced = LogitClassifier("age", solver=solver, class_weight="balanced").fit(births, births["low"])
    # Where the gradient by the intercept is zero, the mean by these weights is a half.
    weights = np.where(births["low"] == 1, 0.5 / births["low"].mean(), 0.5 / (1.0 - births["low"].mean()))
    mean = np.average(balanced.predict_proba(births)[:, 1], weights=weights)
    assert mean == pytest.approx(0.5, abs=1e-6)
    assert hasattr(model.set_params(solver=None).fit(births, births["low"]), "fit_")
    assert not hasattr(model, "learnt_")


def test_blocks_go_on_from_what_was_learnt() -> None:
    X, y = rows(2_000)
    model = LogitClassifier(solver=lk.Stochastic()).fit(X, y)
    before = model.predict_proba(X)
    model.partial_fit(X[:64], y[:64])
    assert not hasattr(model, "learnt_")
    np.testing.assert_allclose(model.predict_proba(X), before, atol=0.1)


@pytest.mark.parametrize("options", [{"C": 1.0}, {"penalty": lk.Lasso(0.1)}, {"strength": 0.1, "l1_ratio": 0.5}])
def test_other_penalties_are_not_learnt_in_mini_batches(options: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=r"solver=lk\.Stochastic\(\.\.\.\) has no penalty but a ridge"):
        LogitClassifier(solver=lk.Stochastic(), **options).fit(*rows(50))
