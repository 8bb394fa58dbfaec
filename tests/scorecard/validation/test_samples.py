"""Discrimination of a card: areas, distances and profiles by brute force, and what their intervals cover."""

from __future__ import annotations

import pickle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import ks_2samp, norm  # noqa: TID251 - an oracle may take its time

import logitkit as lk
from logitkit.errors import DataError, ResponseError
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.validation.samples import rank_sample

COLUMNS = ["checking_status", "duration", "purpose", "age"]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(COLUMNS, loans.iloc[::2], target="class", event="bad")


def drawn(seed: int, n_bad: int, n_good: int, distance: float) -> ScoredRows:
    rng = np.random.default_rng(seed)
    log_odds = np.concatenate([rng.normal(distance, 1.0, n_bad), rng.normal(0.0, 1.0, n_good)])
    bad = np.arange(n_bad + n_good) < n_bad
    return ScoredRows(np.round(-40.0 * log_odds), log_odds, bad)


def test_gini_and_ks_are_those_of_all_pairs_of_rows() -> None:
    rows = drawn(1, 40, 200, 0.9)
    found = rank_sample("a", rows, 0.95)
    bad, good = rows.points[rows.bad], rows.points[~rows.bad]
    wins = (bad[:, None] < good).mean() - (bad[:, None] > good).mean()
    assert found.gini == pytest.approx(wins, abs=1e-14)
    reference = ks_2samp(bad, good, method="asymp")
    assert found.ks == pytest.approx(reference.statistic, abs=1e-14)
    below = found.ks_points
    assert (bad <= below).mean() - (good <= below).mean() == pytest.approx(found.ks, abs=1e-14)
    same = drawn(5, 400, 2000, 0.05)
    # scipy has a correction of finite samples on top of the limit.
    reference = ks_2samp(same.points[same.bad], same.points[~same.bad], method="asymp")
    assert rank_sample("a", same, 0.95).ks_p_value == pytest.approx(reference.pvalue, abs=0.03)


def test_the_profile_has_the_area_of_the_gini_coefficient() -> None:
    rows = drawn(2, 60, 240, 0.7)
    found = rank_sample("a", rows, 0.95)
    area = np.trapezoid(found.cap.bad, found.cap.rows)
    assert area == pytest.approx(0.5 + found.gini * (1.0 - rows.rate) / 2.0, abs=1e-14)
    riskiest = np.argsort(rows.points, kind="stable")[:30]
    cut = rows.points[riskiest[-1]]
    at = (rows.points <= cut).mean()
    assert found.cap.at(at) == pytest.approx((rows.points[rows.bad] <= cut).mean(), abs=1e-14)
    assert ((found.cap.low <= found.cap.high) & (found.cap.low >= 0.0) & (found.cap.high <= 1.0)).all()


def test_a_card_whose_points_rise_with_risk_has_the_same_discrimination() -> None:
    rows = drawn(3, 50, 150, 0.8)
    turned = ScoredRows(-rows.points, rows.log_odds, rows.bad, safer=-1)
    one, other = rank_sample("a", rows, 0.95), rank_sample("a", turned, 0.95)
    assert (one.gini, one.ks, one.ks_points) == (other.gini, other.ks, -other.ks_points)


def test_rows_in_many_cells_have_the_band_of_the_rows_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    log_odds = rng.normal(size=3000)
    rows = ScoredRows(-log_odds, log_odds, rng.random(3000) < 1.0 / (1.0 + np.exp(1.0 - log_odds)))
    monkeypatch.setattr("logitkit.scorecard.validation.samples.DRAWS", 100)
    pooled = rank_sample("a", rows, 0.95)
    monkeypatch.setattr("logitkit.scorecard.validation.samples.CELLS", 3000)
    whole = rank_sample("a", rows, 0.95)
    np.testing.assert_allclose(pooled.cap.low, whole.cap.low, atol=0.02)
    assert pooled.ks_low == pytest.approx(whole.ks_low, abs=0.01)


def test_samples_stand_beside_each_other_with_their_change(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    old, new = loans.iloc[::2], loans.iloc[1::2]
    found = card.validate({"old": old, "new": new})
    table, change = found.table(), found.change()
    assert list(table.index) == ["old", "new"]
    assert change.loc["new", "estimate"] == table.loc["new", "gini"] - table.loc["old", "gini"]
    assert change.loc["new", "std_error"] == np.hypot(*table["gini_std_error"])
    together = card.validate(loans.assign(part=np.arange(1000) % 2), by="part").table()
    np.testing.assert_array_equal(together["gini"], table["gini"])
    # The same rows by the verb of the fit: the log-odds of an unrounded card rank as its points.
    exact = lk.scorecard(COLUMNS, old, target="class", event="bad", scaling=lk.scorecard.Scaling(rounded=False))
    sample = exact.validate(old).samples[0]
    roc = exact.fit.discrimination()
    assert (sample.gini, sample.ks) == pytest.approx((roc.gini, roc.ks), abs=1e-12)
    assert sample.gini_error == pytest.approx(2.0 * roc.std_error, rel=1e-9)
    assert sample.expected == pytest.approx(sample.n_bad, rel=1e-9)
    assert "accuracy ratio" in found.to_text()
    assert pickle.loads(pickle.dumps(found)).table().equals(table)


def test_rows_without_an_outcome_are_left_out_and_counted(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    some = loans.assign(**{"class": loans["class"].astype(str)})
    some.loc[:9, "class"] = None
    some.loc[10:14, "class"] = "open"
    with pytest.raises(ResponseError, match="indeterminate"):
        card.validate(some)
    found = card.validate(some, indeterminate="open")
    assert found.samples[0].n_left_out == 15
    assert "Left out" in found.to_text()
    assert found.samples[0].gini == card.validate(loans.iloc[15:]).samples[0].gini


def test_what_cannot_be_validated_is_refused(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    with pytest.raises(DataError, match="no column 'clas', the target"):
        card.validate(loans, target="clas")
    with pytest.raises(DataError, match="0 events"):
        card.validate(loans[loans["class"] == "good"])
    with pytest.raises(DataError, match="several already"):
        card.validate({"a": loans}, by="age")
    with pytest.raises(DataError, match="nothing to validate"):
        card.validate(loans.assign(**{"class": None}))


@pytest.mark.parametrize("strange", ["default", "bad loan"])
def test_a_value_that_is_neither_good_nor_bad_is_never_taken_for_good(
    loans: pd.DataFrame, card: lk.scorecard.Scorecard, strange: str
) -> None:
    late = loans.iloc[1::2].head(100)
    for outcome in (strange, late["class"].astype(object).where(late["class"] == "bad", strange)):
        with pytest.raises(ResponseError, match=f"'{strange}', which is neither 'bad'"):
            card.calibration_by_grade(late.assign(**{"class": outcome}))
    left_out = late.assign(**{"class": np.where(np.arange(100) < 10, strange, late["class"].astype(str))})
    assert card.validate(left_out, indeterminate=strange).samples[0].n_left_out == 10


def test_profiles_are_drawn_with_their_bands(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    ax = card.validate({"old": loans.iloc[::2], "new": loans.iloc[1::2]}).plot()
    assert [text.get_text()[:9] for text in ax.get_legend().get_texts()] == ["old: Gini", "new: Gini"]
    assert len(ax.collections) == 2
    plt.close("all")


@pytest.mark.slow
def test_intervals_cover_what_they_say() -> None:
    n_bad, n_good, distance = 200, 2000, 0.8
    share = n_bad / (n_bad + n_good)
    cut = brentq(lambda t: share * norm.sf(t - distance) + (1 - share) * norm.sf(t) - 0.2, -5.0, 6.0)
    truth = 2 * norm.cdf(distance / np.sqrt(2)) - 1, 2 * norm.cdf(distance / 2) - 1, norm.sf(cut - distance)
    covered = np.zeros(3)
    for seed in range(300):
        found = rank_sample("a", drawn(seed, n_bad, n_good, distance), 0.95)
        ends = (found.gini_low, found.gini_high), (found.ks_low, found.ks_high), (found.cap.low[20], found.cap.high[20])
        covered += [low <= value <= high for value, (low, high) in zip(truth, ends, strict=True)]
    assert (covered / 300 > 0.91).all()
