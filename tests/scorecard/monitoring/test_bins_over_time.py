"""Bins over time: every number from the rows of its period alone."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.diagnostics.rows.proportions import wilson_interval
from logitkit.errors import DataError, ResponseError
from logitkit.results.cards.bin_stability import BinStability
from logitkit.results.cards.binned import BinnedVariable
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    loans = lk.datasets.load_german_credit()
    days = pd.Timestamp("2007-01-15") + pd.to_timedelta(np.arange(1000) % 120, unit="D")
    return loans.assign(day=days, part=np.arange(1000) % 3)


@pytest.fixture(scope="module")
def variable(loans: pd.DataFrame) -> BinnedVariable:
    return lk.scorecard.binning("duration", loans, target="class", event="bad")


@pytest.fixture(scope="module")
def found(loans: pd.DataFrame, variable: BinnedVariable) -> BinStability:
    return variable.stability(loans, period="day", target="class", event="bad")


def test_each_period_counts_its_own_rows(loans: pd.DataFrame, variable: BinnedVariable, found: BinStability) -> None:
    assert found.periods == ("2007-01", "2007-02", "2007-03", "2007-04", "2007-05")
    assert found.table()["rows"].sum() == 1000
    for period in found.periods:
        own = loans[loans["day"].dt.strftime("%Y-%m") == period]
        labels = np.array(variable.rule.labels())[variable.rule.codes(own["duration"], "duration")]
        counts = (own["class"] == "bad").groupby(labels).agg(["size", "sum"])
        n_bad = int(counts["sum"].sum())
        table = found.table().loc[period]
        assert set(table.index) == set(counts.index)
        for label, (n, bad) in counts.iterrows():
            row = table.loc[label]
            assert (row["rows"], row["known"], row["events"]) == (n, n, bad)
            low, high = wilson_interval(np.array([bad / n]), np.array([float(n)]), 0.95)
            np.testing.assert_allclose(row[["event_rate_low", "event_rate_high"]].astype(float), [low[0], high[0]])
            if 0 < bad < n:
                by_hand = np.log((n - bad) / (len(own) - n_bad)) - np.log(bad / n_bad)
                assert row["woe"] == pytest.approx(by_hand, rel=ROUTE)


def test_indices_are_those_of_the_columns(loans: pd.DataFrame, variable: BinnedVariable, found: BinStability) -> None:
    by_period = found.by_period()
    for period in found.periods:
        own = loans.loc[loans["day"].dt.strftime("%Y-%m") == period, "duration"]
        alone = lk.scorecard.psi(loans["duration"], own, bins=variable)
        row = by_period.loc[period]
        assert (row["psi"], row["psi_low"], row["psi_high"]) == (alone.value, alone.low, alone.high)
    first = variable.stability(loans, period="part", base="first").by_period()
    assert np.isnan(first["psi"].iloc[0])
    later = lk.scorecard.psi(
        loans.loc[loans["part"] == 0, "duration"], loans.loc[loans["part"] == 2, "duration"], bins=variable
    )
    assert first.loc["2", "psi"] == pytest.approx(later.value, rel=EXACT)
    assert "iv" not in first


def test_the_whole_table_as_one_period_is_the_table_of_the_bins(loans: pd.DataFrame, variable: BinnedVariable) -> None:
    once = variable.stability(loans.assign(all=1), period="all", target="class", event="bad")
    table, bins = once.table().loc["1"], variable.table().set_index("label")
    for name in ("rows", "share", "events", "event_rate", "woe"):
        np.testing.assert_allclose(table[name], bins.loc[table.index, name], rtol=EXACT)
    row = once.by_period().iloc[0]
    assert (row["psi"], row["reversals"]) == (0.0, 0)
    assert row["iv"] == pytest.approx(variable.information.value, rel=EXACT)


def test_reversals_are_neighbours_in_the_other_order(loans: pd.DataFrame, variable: BinnedVariable) -> None:
    swapped = loans.assign(all=1, other=np.where(loans["class"] == "bad", "good", "bad"))
    turned = variable.stability(swapped, period="all", target="other", event="bad").by_period()
    assert turned["reversals"].iloc[0] == variable.rule.n_values - 1


def test_rows_without_an_outcome_count_among_the_rows(loans: pd.DataFrame, variable: BinnedVariable) -> None:
    later = loans.assign(outcome=loans["class"].where(loans["part"] < 2, "open"))
    later.loc[later["outcome"] == "open", "outcome"] = np.where(np.arange(333) % 2, None, "open")
    found = variable.stability(later, period="part", target="outcome", event="bad", indeterminate="open")
    assert found.by_period()["rows"].tolist() == [334.0, 333.0, 333.0]
    assert np.isnan(found.by_period()["event_rate"].iloc[2])
    assert (found.table().loc["2", "known"] == 0).all()
    assert "Reversals" in found.to_text()


def test_quarters_and_years_are_periods_too(loans: pd.DataFrame, variable: BinnedVariable) -> None:
    assert variable.stability(loans, period="day", every="quarter").periods == ("2007Q1", "2007Q2")
    assert variable.stability(loans, period="day", every="year").periods == ("2007",)


def test_a_line_is_drawn_per_bin(found: BinStability) -> None:
    used = int(found.rows.any(axis=0).sum())
    for what in ("share", "event_rate"):
        ax = found.plot(what)  # type: ignore[arg-type]
        assert len(ax.lines) == used
        assert len(ax.get_legend().get_texts()) == used
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).table(), found.table())


def test_periods_that_are_none_are_refused(loans: pd.DataFrame, variable: BinnedVariable) -> None:
    with pytest.raises(DataError, match="missing in 1 rows"):
        variable.stability(loans.assign(day=loans["day"].mask(loans.index == 3)), period="day")
    with pytest.raises(DataError, match=r"no column 'dya'.*Did you mean 'day'"):
        variable.stability(loans, period="dya")
    with pytest.raises(DataError, match="every='week'"):
        variable.stability(loans, period="day", every="week")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no outcome is known"):
        variable.stability(loans, period="day").plot("event_rate")


def test_dates_may_be_text_or_dates_of_python(
    loans: pd.DataFrame, variable: BinnedVariable, found: BinStability
) -> None:
    for days in (loans["day"].dt.strftime("%Y-%m-%d"), loans["day"].dt.date, loans["day"].dt.tz_localize("UTC")):
        again = variable.stability(loans.assign(day=days), period="day", target="class", event="bad")
        pd.testing.assert_frame_equal(again.by_period(), found.by_period())
    months = variable.stability(loans.assign(day=loans["day"].dt.strftime("%Y-%m")), period="day")
    assert months.periods == found.periods
    with pytest.raises(DataError, match="has the form of dates, and one of them is none"):
        variable.stability(loans.assign(day="2007-02-30"), period="day")


def test_a_single_outcome_that_need_not_mean_good_is_refused(loans: pd.DataFrame, variable: BinnedVariable) -> None:
    late = loans.assign(status="default")
    with pytest.raises(ResponseError, match="'status' has 'default' alone and no 'bad'"):
        variable.stability(late, period="day", target="status", event="bad")
    none = variable.stability(late.assign(status=0), period="day", target="status", event=1)
    assert none.table()["events"].sum() == 0
