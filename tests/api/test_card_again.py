"""Cards that are made again from resamples: bins, selection and coefficients."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.inference.resampling.resampling import drawn_weights

NAMES = ["checking_status", "duration", "age", "housing"]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()[[*NAMES, "class"]].iloc[:400]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"selection": lk.scorecard.Selection(p_value=0.01)},
        {"coding": "dummies", "bins": lk.scorecard.Bins(max_bins=2)},
    ],
    ids=["all", "selected", "dummies"],
)
def test_each_card_is_that_of_the_rows_that_were_drawn(loans: pd.DataFrame, options: dict[str, Any]) -> None:
    card = lk.scorecard(NAMES, loans, target="class", event="bad", **options)
    found = card.fit.validate(n=2, seed=5)
    draw = drawn_weights(card.fit.design, "rows", 5)
    for number in range(2):
        rows = loans.iloc[np.repeat(np.arange(len(loans)), draw(number).astype(int))]
        again = lk.scorecard(NAMES, rows, target="class", event="bad", **options)
        p = again.score(loans)["probability"]
        assert_allclose(found.stability.predicted[number], p, rtol=1e-7)
    assert len(found.made) == 1
    assert ("selected" in found.made[0]) == ("selection" in options)


def test_weights_and_changes_by_hand_are_those_of_the_card(loans: pd.DataFrame) -> None:
    weights = np.where(loans["class"] == "bad", 1.0, 2.5) * (loans["age"] < 60)
    own = lk.scorecard.binning("duration", loans, target="class", event="bad", weights=weights).split(30.5)
    card = lk.scorecard(NAMES[:2], loans, target="class", event="bad", weights=weights, bins={"duration": own})
    used = np.flatnonzero(weights > 0)
    fold = np.arange(400) % 2
    found = card.fit.validate("cross-validation", by=lk.Folds(given=fold[used]))
    eta = np.full(400, np.nan)
    for held in (0, 1):
        inside = np.where(fold == held, 0.0, weights)
        again = lk.scorecard(NAMES[:2], loans, target="class", event="bad", weights=inside, bins={"duration": own})
        eta[fold == held] = again.score(loans)["log_odds"][fold == held]
    bad = (loans["class"] == "bad").to_numpy()
    loss = np.average((np.logaddexp(0, eta) - bad * eta)[used], weights=weights[used])
    assert_allclose(found.pooled[found.names.index("log_loss")], loss, rtol=1e-7)
    assert "by hand" in found.made[0]


def test_levels_that_were_not_drawn_have_no_prediction(loans: pd.DataFrame) -> None:
    plain = lk.scorecard(NAMES, loans, target="class", event="bad")
    counts = [drawn_weights(plain.fit.design, "rows", 5)(number) for number in range(2)]
    alone = int(np.flatnonzero((counts[0] == 0) & (counts[1] > 0))[0])
    rows = loans.assign(housing=loans["housing"].astype(str).where(np.arange(400) != alone, "tent"))
    card = lk.scorecard(NAMES, rows, target="class", event="bad", bins=lk.scorecard.Bins(unseen="raise"))
    found = card.fit.validate(n=2, seed=5)
    assert found.replays.n_open.tolist() == [1, 0]
    assert np.isnan(found.stability.predicted[0]).sum() == 1


def test_a_card_without_its_rows_says_so(loans: pd.DataFrame) -> None:
    card = lk.scorecard(NAMES[:2], loans, target="class", event="bad")
    with pytest.raises(lk.errors.DataError, match="does not hold the rows"):
        pickle.loads(pickle.dumps(card)).fit.validate(n=2)
