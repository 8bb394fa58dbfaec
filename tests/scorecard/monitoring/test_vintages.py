"""Vintage curves: brute force over accounts, the product-limit estimate, and what is not yet known."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from tolerances import EXACT


@pytest.fixture(scope="module")
def accounts() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    opened = pd.Timestamp("2005-01-01") + pd.to_timedelta(rng.integers(0, 900, 600), unit="D")
    days = rng.exponential(2500, 600)
    bad = (opened + pd.to_timedelta(days, unit="D")).where(days < 1500)
    return pd.DataFrame({"opened": opened, "bad": bad})


@pytest.mark.parametrize(("every", "code"), [("quarter", "Q"), ("month", "M"), ("year", "Y")])
def test_rates_are_those_of_a_count_account_by_account(accounts: pd.DataFrame, every: str, code: str) -> None:
    table = lk.scorecard.vintages(accounts, opened="opened", event="bad", until="2007-04-30", every=every).table()  # type: ignore[arg-type]
    month = lambda day: 12 * day.year + day.month  # noqa: E731
    last = month(pd.Timestamp("2007-04-01"))
    own = accounts[accounts["opened"] < "2007-05-01"]
    cohort = own["opened"].dt.to_period(code).astype(str)
    rows = 0
    for name, group in own.groupby(cohort):
        ages = [month(day) for day in group["opened"]]
        for t in range(last - max(ages) + 1):
            bad = sum(not pd.isna(b) and month(b) - a <= t for a, b in zip(ages, group["bad"], strict=True))
            found = table.loc[(name, t)]
            assert (found["rows"], found["events"]) == (len(group), bad)
            rows += 1
    assert rows == len(table)


def test_the_proportion_is_the_product_limit_where_nothing_is_censored(accounts: pd.DataFrame) -> None:
    found = lk.scorecard.vintages(accounts, opened="opened", event="bad", until="2007-12-31", every="year")
    table = found.table().loc["2006"]
    at_risk, survival = table["rows"].iloc[0], 1.0
    for rate, new in zip(table["event_rate"], np.diff(table["events"], prepend=0.0), strict=True):
        survival *= 1.0 - new / at_risk
        at_risk -= new
        assert 1.0 - survival == pytest.approx(rate, rel=1e-10, abs=EXACT)


def test_later_events_and_accounts_are_not_known(accounts: pd.DataFrame) -> None:
    until = "2006-08-15"  # August is not over
    found = lk.scorecard.vintages(accounts, opened="opened", event="bad", until=until)
    known = accounts.assign(bad=accounts["bad"].where(accounts["bad"] < "2006-08-01"))
    same = lk.scorecard.vintages(known[known["opened"] < "2006-08-01"], opened="opened", event="bad", until=until)
    pd.testing.assert_frame_equal(found.table(), same.table())
    assert found.until == "2006-07"
    assert found.n_later == int((accounts["opened"] >= "2006-08-01").sum())
    assert f"{found.n_later}" in found.to_text()


def test_a_line_is_drawn_per_cohort_as_far_as_it_has_come(accounts: pd.DataFrame) -> None:
    found = lk.scorecard.vintages(accounts, opened="opened", event="bad", until="2007-06-30")
    lines = found.plot().lines
    assert len(lines) == len(found.cohorts)
    drawn = [int((~np.isnan(line.get_ydata())).sum()) for line in lines]
    assert drawn == found.table().groupby("cohort").size().tolist()
    assert drawn == sorted(drawn, reverse=True)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).table(), found.table())


def test_accounts_without_a_date_of_opening_are_left_out_and_counted(accounts: pd.DataFrame) -> None:
    some = accounts.assign(opened=accounts["opened"].mask(np.arange(len(accounts)) % 7 == 0))
    stated = {"opened": "opened", "event": "bad", "until": "2009-06-30"}
    found = lk.scorecard.vintages(some, **stated)
    assert found.n_undated == some["opened"].isna().sum()
    pd.testing.assert_frame_equal(found.table(), lk.scorecard.vintages(some.dropna(subset="opened"), **stated).table())
    assert "Without a date of opening, left out" in found.to_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(until="soon"), "is no date"),
        (dict(until=None), "until= is missing"),
        (dict(until="1999-12-31"), "opened after until"),
        (dict(opened="open"), "Did you mean 'opened'"),
        (dict(opened="text"), "must hold dates"),
        (dict(opened="none"), "is missing in every row"),
        (dict(opened="bad", event="opened"), "first in row 1"),
        (dict(until=5), "until=5 is no date"),
        (dict(until="today"), "is no date"),
        (dict(until=float("nan")), "until= is missing"),
        (dict(opened=None), "opened=None: give the name of a column"),
        (dict(event="before"), "is before 'opened' in 600 rows"),
        (dict(every="week"), "every='week'"),
        (dict(level=95), "between 0 and 1"),
    ],
)
def test_accounts_without_dates_are_refused(accounts: pd.DataFrame, arguments: dict[str, object], message: str) -> None:
    given = accounts.assign(none=pd.NaT, text="2007", before=accounts["opened"] - pd.Timedelta(days=40))
    stated = {"opened": "opened", "event": "bad", "until": "2007-06-30", **arguments}
    with pytest.raises(DataError, match=message):
        lk.scorecard.vintages(given, **stated)  # type: ignore[arg-type]
