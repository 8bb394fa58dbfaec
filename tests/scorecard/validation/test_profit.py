"""Profit by cut-off: sums by hand, the break-even rule, and what the intervals cover."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.validation.profit import profit_curve


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(["checking_status", "duration", "purpose"], loans, target="class", event="bad")


def test_profit_is_the_sum_over_those_approved(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    amount = loans["credit_amount"]
    found = card.profit(loans.assign(loss=0.5 * amount), gain=0.05 * amount, loss="loss")
    scores, bad = card.score(loans), (loans["class"] == "bad").to_numpy()
    for k in (0, found.cuts.size // 2, found.cuts.size - 1):
        approved = (scores["points"] >= found.cuts[k]).to_numpy()
        worth = np.where(bad, -0.5 * amount, 0.05 * amount) * approved
        p = scores["probability"].to_numpy()
        assert found.profit[k] == pytest.approx(worth.sum(), rel=1e-12)
        assert found.approval[k] == approved.mean()
        assert found.bad_rate[k] == bad[approved].mean()
        assert found.expected_loss[k] == pytest.approx((p * 0.5 * amount)[approved].sum(), rel=1e-12)
        assert found.expected_profit[k] == pytest.approx(((0.05 - 0.55 * p) * amount)[approved].sum(), rel=1e-9)
        half = 1.959963984540054 * np.sqrt(1000) * worth.std()
        assert found.profit_high[k] - found.profit[k] == pytest.approx(half, rel=1e-9)


def test_equal_amounts_are_best_cut_at_the_break_even_probability(loans: pd.DataFrame) -> None:
    scaling = lk.scorecard.Scaling(rounded=False)
    card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad", scaling=scaling)
    found = card.profit(loans, gain=1.0, loss=4.0)
    assert found.break_even == 0.2
    scores = card.score(loans)
    assert scores["probability"][scores["points"] >= found.cuts[found.best_expected]].max() <= 0.2
    assert scores["probability"][scores["points"] < found.cuts[found.best_expected]].min() >= 0.2
    assert found.profit[found.best] == found.profit.max()


def test_a_cut_off_for_a_proportion_approved(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    found = card.profit(loans, gain=1, loss=5)
    k = found.at_approval(0.6)
    assert found.approval[k] <= 0.6 < found.approval[k + 1]
    assert found.at_approval(1.0) == found.cuts.size - 1
    assert found.at_approval(0.0) == 0
    table = found.table()
    assert table["approval_rate"].is_monotonic_increasing
    assert table.index.is_monotonic_decreasing
    assert "Break-even" in found.to_text()
    assert len(found.plot().lines) == 4
    plt.close("all")


def test_a_card_whose_points_rise_with_risk_has_the_same_profit() -> None:
    rng = np.random.default_rng(1)
    log_odds = rng.normal(-1.0, 1.0, 400)
    bad = rng.random(400) < 1 / (1 + np.exp(-log_odds))
    gain, loss = rng.random(400), 4 * rng.random(400)
    one = profit_curve(ScoredRows(-log_odds, log_odds, bad), gain, loss)
    other = profit_curve(ScoredRows(log_odds, log_odds, bad, safer=-1), gain, loss)
    np.testing.assert_array_equal(one.profit, other.profit)
    np.testing.assert_array_equal(one.cuts, -other.cuts)


def test_intervals_cover_the_profit_of_the_population() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(600):
        points = np.round(rng.normal(0.0, 1.0, 300))
        bad = rng.random(300) < np.where(points >= 0, 0.1, 0.4)
        found = profit_curve(ScoredRows(points, -points, bad), np.ones(300), np.full(300, 5.0))
        k = int(np.flatnonzero(found.cuts == 0)[0])
        # Points of at least zero after rounding have probability 0.6915, and earn 0.9 - 0.5 each on average.
        covered += found.profit_low[k] <= 300 * 0.6914624613 * 0.4 <= found.profit_high[k]
    assert covered / 600 == pytest.approx(0.95, abs=0.03)  # three standard errors of a simulation


def test_amounts_that_are_none_are_refused(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    with pytest.raises(DataError, match="gain= must be numbers that are not negative"):
        card.profit(loans, gain=-1.0, loss=5.0)
    with pytest.raises(DataError, match="loss= must be numbers"):
        card.profit(loans, gain=1.0, loss=np.where(loans["age"] > 30, np.nan, 1.0))
    with pytest.raises(DataError, match="no profit to compare"):
        card.profit(loans, gain=0.0, loss=0.0)
