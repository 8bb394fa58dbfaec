"""The stability of a card: indices of scores and variables, and the change of the mean score split by variable."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from tolerances import EXACT

COLUMNS = ["checking_status", "duration", "purpose", "age"]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(COLUMNS, loans.iloc[:600], target="class", event="bad")


def test_the_rows_of_the_card_are_those_that_it_kept(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    kept = card.stability(loans.iloc[600:])
    given = card.stability(loans.iloc[600:], base=loans.iloc[:600])
    pd.testing.assert_frame_equal(kept.table(), given.table(), check_exact=False, rtol=EXACT, atol=1e-11)
    pd.testing.assert_frame_equal(kept.bins(), given.bins(), check_exact=False, rtol=EXACT, atol=1e-11)
    same = card.stability(loans.iloc[:600], replicates=0).table()
    np.testing.assert_array_equal(same["psi"], 0.0)
    np.testing.assert_allclose(same["points_change"], 0.0, atol=1e-11)


def test_indices_are_those_of_labels_and_points(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    first, second = loans.iloc[:600], loans.iloc[600:]
    found = card.stability(second, replicates=0)
    for name in COLUMNS:
        rule = card.binnings[name].rule
        shares = [np.bincount(rule.codes(t[name], name), minlength=rule.n_codes) / len(t) for t in (first, second)]
        used = shares[0] > 0
        by_hand = ((shares[1] - shares[0])[used] * np.log(shares[1][used] / shares[0][used])).sum()
        assert found.table().loc[name, "psi"] == pytest.approx(by_hand, rel=EXACT)
    cuts = list(card.development.cuts)
    by_points = lk.scorecard.psi(card.score(first)["points"], card.score(second)["points"], bins=cuts, replicates=0)
    assert found.score.value == pytest.approx(by_points.value, rel=EXACT)
    assert np.ptp(found.groups()["base"]) <= 20  # groups of about 60


def test_points_that_variables_moved_sum_to_the_change_of_the_mean_score(
    loans: pd.DataFrame, card: lk.scorecard.Scorecard
) -> None:
    first, second = loans.iloc[:600], loans.iloc[600:]
    found = card.stability(second, replicates=0)
    moved = card.score(second)["points"].mean() - card.score(first)["points"].mean()
    assert found.mean_points()["change"].sum() == pytest.approx(moved, rel=1e-10)
    own = card.points(second).mean() - card.points(first).mean()
    pd.testing.assert_series_equal(found.mean_points()["change"][COLUMNS], own, check_names=False)
    sums = found.bins().groupby("variable")["points_change"].sum()
    pd.testing.assert_series_equal(sums[COLUMNS], own, check_names=False)
    points = [card.score(t)["points"].to_numpy() for t in (first, second)]
    error = np.sqrt(sum(p.var() / p.size for p in points))
    assert found.table().loc["Score", "points_std_error"] == pytest.approx(error, rel=EXACT)


def test_values_that_scoring_refuses_are_counted(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    later = loans.iloc[600:].reset_index(drop=True)
    later.loc[:9, "duration"] = np.nan
    later.loc[5:14, "purpose"] = "yacht"
    with pytest.raises(DataError):
        card.score(later)
    found = card.stability(later, replicates=0)
    bins = found.bins().set_index(["variable", "label"])["recent"]
    assert bins["duration", "Missing"] == 10
    assert bins["purpose", "Not seen before"] == 10
    refused = 15 if np.isnan(card.binnings["purpose"].woe_at_scoring[-1]) else 10
    assert found.groups().loc["No score", "recent"] == refused
    rest = later.drop(index=range(refused))
    moved = card.score(rest)["points"].mean() - card.score(loans.iloc[:600])["points"].mean()
    assert found.mean_points()["change"].sum() == pytest.approx(moved, rel=1e-10)


def test_weights_are_rows_that_stand_for_many(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    later = loans.iloc[600:].reset_index(drop=True)
    times = 1 + np.arange(400) % 3
    weighted = card.stability(later, weights=times)
    repeated = card.stability(later.loc[np.repeat(np.arange(400), times)])
    pd.testing.assert_frame_equal(weighted.table(), repeated.table(), rtol=1e-10)


def test_a_stability_reads_as_text_and_html(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    found = card.stability(loans.iloc[600:])
    assert "PSI by chance" in found.to_text()
    assert "checking_status" in found.to_html()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).bins(), found.bins())


def test_what_cannot_be_compared_is_refused(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    with pytest.raises(DataError, match="needs a column 'duration'"):
        card.stability(loans.drop(columns="duration"))
    with pytest.raises(DataError, match="No row has a score"):
        card.stability(loans.assign(duration=np.nan))
    with pytest.raises(DataError, match="none are given"):
        card.stability(loans, base_weights=np.ones(1000))
    with pytest.raises(DataError, match="not negative"):
        card.stability(loans, weights=-np.ones(1000))
