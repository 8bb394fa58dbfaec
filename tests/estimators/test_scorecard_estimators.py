"""Scorecards behind scikit-learn's contract: the same card, frames with text and gaps, searches over options."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, ResponseError, SeparationError
from logitkit.estimators import ScorecardClassifier, WoeEncoder
from logitkit.scorecard import Bins, Scaling, Selection

COLUMNS = ["checking_status", "duration", "purpose", "age"]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    data = lk.datasets.load_german_credit()
    return data.assign(age=data["age"].where(np.arange(1000) % 9 > 0))


def test_the_encoder_has_the_tables_of_the_binnings(loans: pd.DataFrame) -> None:
    encoder = WoeEncoder(bad="bad").set_output(transform="pandas")
    found = encoder.fit_transform(loans[COLUMNS], loans["class"])
    assert list(found) == COLUMNS == encoder.get_feature_names_out().tolist()
    for name in COLUMNS:
        own = lk.scorecard.binning(name, loans, target="class", event="bad")
        pd.testing.assert_series_equal(found[name], own.transformed(loans))
    assert encoder.binnings_["age"].table()["label"].iloc[-1] == "Missing"


def test_frames_of_other_libraries_and_arrays_give_the_same(loans: pd.DataFrame) -> None:
    numbers = loans[["duration", "age"]]
    of_pandas = WoeEncoder(bad="bad").fit(numbers, loans["class"]).transform(numbers)
    of_polars = WoeEncoder(bad="bad").fit(pl.from_pandas(numbers), loans["class"])
    np.testing.assert_array_equal(of_polars.transform(pl.from_pandas(numbers)), of_pandas)
    of_array = WoeEncoder(bad="bad").fit(numbers.to_numpy(), loans["class"])
    np.testing.assert_array_equal(of_array.transform(numbers.to_numpy()), of_pandas)
    assert of_array.get_feature_names_out().tolist() == ["x0", "x1"]


@pytest.mark.parametrize("bad", ["bad", "good"])
def test_the_classifier_is_the_card(loans: pd.DataFrame, bad: str) -> None:
    stated = {"bins": Bins(max_bins=5), "selection": Selection(min_iv=0.05), "scaling": Scaling(points_to_double=40)}
    model = ScorecardClassifier(**stated, bad=bad).fit(loans[COLUMNS], loans["class"])
    card = lk.scorecard(COLUMNS, loans, target="class", event=bad, **stated)
    scores = card.score(loans)
    np.testing.assert_array_equal(model.points(loans[COLUMNS]), scores["points"])
    place = model.classes_.tolist().index(bad)
    np.testing.assert_allclose(model.predict_proba(loans[COLUMNS])[:, place], scores["probability"], rtol=1e-14)
    second = scores["log_odds"] if bad == "good" else -scores["log_odds"]
    np.testing.assert_array_equal(model.decision_function(loans[COLUMNS]), second)
    expected = np.where(scores["probability"] > 0.5, bad, "good" if bad == "bad" else "bad")
    np.testing.assert_array_equal(model.predict(loans[COLUMNS]), expected)
    assert model.scorecard_.selection().equals(card.selection())


def test_weights_are_repeated_rows_and_none_is_no_row(loans: pd.DataFrame) -> None:
    weights = np.arange(1000) % 3
    some = loans[["duration", "checking_status"]]
    weighted = ScorecardClassifier(bad="bad").fit(some, loans["class"], weights)
    times = np.repeat(np.arange(1000), weights)
    repeated = ScorecardClassifier(bad="bad").fit(some.iloc[times], loans["class"].iloc[times])
    np.testing.assert_allclose(weighted.decision_function(some), repeated.decision_function(some), rtol=1e-9)
    half_as_many = Bins(min_events=5, min_nonevents=5, rare=0.0)  # of which ten are the default
    halves = ScorecardClassifier(half_as_many, bad="bad").fit(some, loans["class"], weights / 2)
    np.testing.assert_allclose(halves.decision_function(some), repeated.decision_function(some), rtol=1e-9)


def test_options_are_parameters_of_searches(loans: pd.DataFrame) -> None:
    stated = Bins(unseen="neutral", empty="neutral")
    search = GridSearchCV(
        ScorecardClassifier(stated, bad="bad"), {"bins__max_bins": [2, 8]}, cv=3, scoring="neg_log_loss"
    )
    search.fit(loans[COLUMNS], loans["class"])
    assert search.best_estimator_.bins == Bins(
        unseen="neutral", empty="neutral", max_bins=search.best_params_["bins__max_bins"]
    )
    assert clone(search.best_estimator_).get_params()["bins__unseen"] == "neutral"
    assert stated.max_bins == 10
    chain = make_pipeline(WoeEncoder(stated, bad="bad"), LogisticRegression(C=np.inf))
    assert (
        chain.set_params(woeencoder__bins__max_bins=3).fit(loans[COLUMNS], loans["class"])["woeencoder"].bins.max_bins
        == 3
    )


def test_options_that_are_not_there_are_named() -> None:
    with pytest.raises(ArgumentError, match=r"no argument 'max_bin'. Did you mean"):
        WoeEncoder().set_params(bins__max_bin=3)
    with pytest.raises(DataError, match=r"bins= is a dict, not one Bins"):
        WoeEncoder({"age": Bins()}).set_params(bins__max_bins=3)
    assert "bins__max_bins" not in WoeEncoder({"age": Bins()}).get_params()


def test_cards_and_bins_are_pickled_whole(loans: pd.DataFrame) -> None:
    model = ScorecardClassifier(bad="bad").fit(loans[COLUMNS], loans["class"])
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.points(loans[COLUMNS]), model.points(loans[COLUMNS]))
    binned = again.scorecard_.binnings["duration"]
    assert binned.merge(1, 2).edits[0].kind == "merge"
    assert again.scorecard_.to_text() == model.scorecard_.to_text()


def test_a_card_without_a_column_of_two_bins_warns_and_predicts_the_rate() -> None:
    X, y = np.ones((30, 1)), np.arange(30) % 3 == 0
    with pytest.warns(lk.errors.DataWarning, match="No column has two bins"):
        model = ScorecardClassifier().fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 1 / 3, rtol=1e-9)
    with pytest.raises(DataError, match=r"No variable has two rates \(x: it has one value\)"):
        lk.scorecard(["x"], {"x": X[:, 0], "y": y}, target="y")


def test_a_variable_that_says_nothing_beside_the_others_is_left_out_of_the_card(loans: pd.DataFrame) -> None:
    data = loans.assign(one=1.0, again=loans["duration"])
    card = lk.scorecard(["duration", "one", "again"], data, target="class", event="bad")
    assert card.card.names == ("duration",)
    assert card.selection()["reason"].tolist() == [
        "it has one value",
        "its weight of evidence is determined by those of the others",
    ]


def test_a_variable_that_separates_good_and_bad_may_have_known_the_outcome() -> None:
    data = {"x": np.arange(60.0), "y": np.arange(60) > 29}
    with pytest.raises(
        DataError, match=r"x: the limits of size and counts leave one bin\).*it may have known the outcome"
    ):
        lk.scorecard(["x"], data, target="y")
    corrected = Bins(min_events=0, min_nonevents=0)
    with pytest.raises(SeparationError, match=r"The weights of evidence separate good and bad"):
        lk.scorecard(["x"], data, target="y", bins=corrected)
    X = np.column_stack([data["x"]])
    with pytest.warns(lk.errors.DataWarning, match="separated by the weights of evidence"):
        model = ScorecardClassifier(corrected).fit(X, data["y"])
    assert (model.predict(X) == data["y"]).all()
    assert np.isfinite(model.points(X)).all()


def test_what_cannot_be_read_is_refused(loans: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match="Sparse data was passed"):
        WoeEncoder().fit(csr_array(np.eye(6)), np.arange(6) % 2)
    with pytest.raises(DataError, match=r"an array must hold numbers. Give a data frame"):
        WoeEncoder().fit(loans[COLUMNS].to_numpy(), loans["class"])
    with pytest.raises(ResponseError, match=r"bad='worse' is none of the labels of y"):
        ScorecardClassifier(bad="worse").fit(loans[COLUMNS], loans["class"])
    model = WoeEncoder(bad="bad").fit(loans[["purpose"]], loans["class"])
    with pytest.raises(DataError, match=r"level 'yacht' was not there"):
        model.transform(pd.DataFrame({"purpose": ["yacht"]}))
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(loans[["age"]])


def test_words_do_not_say_which_of_them_is_bad(loans: pd.DataFrame) -> None:
    some = loans[["duration", "checking_status"]]
    with pytest.raises(ResponseError, match=r"Which of the labels 'bad' and 'good' of y is bad\? Name it by bad="):
        WoeEncoder().fit(some, loans["class"])
    with pytest.warns(lk.errors.DataWarning, match=r"'good', the second of the sorted labels of y, is taken"):
        taken = ScorecardClassifier().fit(some, loans["class"])
    named = ScorecardClassifier(bad="good").fit(some, loans["class"])
    np.testing.assert_array_equal(taken.points(some), named.points(some))
    bad = WoeEncoder(bad="bad").fit_transform(some, loans["class"])
    for y in ((loans["class"] == "bad"), (loans["class"] == "bad").astype(int)):  # of which nothing is asked
        np.testing.assert_array_equal(WoeEncoder().fit_transform(some, y), bad)


def test_options_of_another_type_are_refused() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1))
    y = (x[:, 0] + rng.normal(size=200) > 0).astype(int)
    for options in ({"scaling": 5}, {"selection": "iv"}, {"bins": "up"}):
        with pytest.raises(DataError, match=r"give lk.scorecard."):
            ScorecardClassifier(**options).fit(x, y)
