"""A card over time: every period as its rows alone give it, and outcomes only once they are known."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, ResponseError
from logitkit.results.cards.monitored import CardMonitor
from tolerances import EXACT, ROUTE

COLUMNS = ["checking_status", "duration", "purpose", "age"]
Limits = lk.scorecard.Limits


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    loans = lk.datasets.load_german_credit()
    days = pd.Timestamp("2007-01-10") + pd.to_timedelta(np.arange(1000) * 180 // 1000, unit="D")
    return loans.assign(day=days, known=days + pd.to_timedelta(np.arange(1000) % 40, unit="D"))


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(COLUMNS, loans.iloc[::2], target="class", event="bad")


@pytest.fixture(scope="module")
def later(loans: pd.DataFrame) -> pd.DataFrame:
    return loans.iloc[1::2]


@pytest.fixture(scope="module")
def found(card: lk.scorecard.Scorecard, later: pd.DataFrame) -> CardMonitor:
    return card.monitor(later, period="day", known=2)


def test_each_period_is_the_stability_of_its_rows(
    card: lk.scorecard.Scorecard, later: pd.DataFrame, found: CardMonitor
) -> None:
    assert found.periods == ("2007-01", "2007-02", "2007-03", "2007-04", "2007-05", "2007-06", "2007-07")
    for period in found.periods[::3]:
        alone = card.stability(later[later["day"].dt.strftime("%Y-%m") == period], replicates=500).table()
        row = found.table().loc[period]
        assert (row["psi"], row["psi_low"], row["psi_high"]) == tuple(
            alone.loc["Score", ["psi", "psi_low", "psi_high"]]
        )
        assert row["mean_change"] == alone.loc["Score", "points_change"]
        np.testing.assert_array_equal(found.variables().loc[period], alone.loc[COLUMNS, "psi"])
        own = found.indices().loc[period]
        np.testing.assert_array_equal(own[["csi_low", "csi_high"]], alone.loc[COLUMNS, ["psi_low", "psi_high"]])
        np.testing.assert_array_equal(own["p_value"], alone.loc[COLUMNS, "p_value"])
        np.testing.assert_array_equal(found.mean_points().loc[period], alone.loc[COLUMNS, "points_change"])
    np.testing.assert_allclose(found.mean_points().sum(axis=1), found.table()["mean_change"], rtol=0, atol=1e-10)


def test_cohorts_are_validated_as_samples_of_their_own(
    card: lk.scorecard.Scorecard, later: pd.DataFrame, found: CardMonitor
) -> None:
    outcomes = found.outcomes()
    assert list(outcomes.index) == list(found.periods[:5])
    assert list(outcomes["known_in"]) == list(found.periods[2:])
    for period, row in outcomes.iterrows():
        own = later[later["day"].dt.strftime("%Y-%m") == period]
        alone = card.validate(own).table().iloc[0]
        assert (row["n"], row["bad"]) == (len(own), (own["class"] == "bad").sum())
        assert row["gini"] == pytest.approx(alone["gini"], rel=ROUTE)
        assert row["ks"] == pytest.approx(alone["ks"], rel=ROUTE)
        chance = card.score(own)["probability"]
        assert row["expected"] == pytest.approx(chance.sum(), rel=ROUTE)
        z = (row["bad"] - chance.sum()) / np.sqrt((chance * (1 - chance)).sum())
        assert row["z"] == pytest.approx(z, rel=ROUTE)


def test_outcomes_that_were_not_known_change_nothing(card: lk.scorecard.Scorecard, later: pd.DataFrame) -> None:
    whole = card.monitor(later, period="day", known="known").outcomes()
    unknown = later["known"] >= "2007-07-01"
    assert unknown.any()
    month = later["day"].dt.strftime("%Y-%m")
    assert set(month[unknown]).isdisjoint(whole.index[whole["known_in"] < "2007-07"])
    hidden = later.assign(known=later["known"].mask(unknown))
    rest = whole[~whole.index.isin(month[unknown])]
    pd.testing.assert_frame_equal(card.monitor(hidden, period="day", known="known").outcomes(), rest)
    flipped = later.assign(**{"class": later["class"].where(~unknown, "bad"), "known": hidden["known"]})
    pd.testing.assert_frame_equal(card.monitor(flipped, period="day", known="known").outcomes(), rest)
    assert (rest["known_in"] == [later.loc[month == p, "known"].max().strftime("%Y-%m") for p in rest.index]).all()


def test_alarms_are_the_first_in_the_order_in_which_they_were_known(
    card: lk.scorecard.Scorecard, later: pd.DataFrame
) -> None:
    worse = later.assign(duration=later["duration"].where(later["day"] < "2007-04-01", 60))
    bad = later["class"].where(later["day"] < "2007-02-01", "bad")
    limits = Limits(psi=0.5, csi=1.0, points=5, gini=0.99)
    found = card.monitor(worse.assign(**{"class": bad}), period="day", known=1, limits=limits)
    alarms = found.first_alarms().set_index(["measure", "name"])
    assert alarms.loc[("CSI", "duration"), "period"] == "2007-04"
    assert alarms.loc[("bad rate", ""), ["period", "known_in"]].tolist() == ["2007-02", "2007-03"]
    assert list(alarms["known_in"]) == sorted(alarms["known_in"])
    table = found.table()
    moved = table.index[table["mean_change"].abs() >= 5][0]
    assert alarms.loc[("mean score", ""), "period"] == moved
    assert alarms.loc[("PSI", ""), "period"] == table.index[table["psi"] >= 0.5][0]
    judged = found.outcomes()
    assert alarms.loc[("Gini", ""), "period"] == judged.index[judged["gini_high"] < 0.99][0]
    assert alarms.loc[("PSI", ""), "p_value"] == table["p_value"][table["psi"] >= 0.5].iloc[0]
    silent = Limits(psi=None, csi=None, points=None, bad_rate=None, gini=None)
    assert card.monitor(worse, period="day", known=1, limits=silent).first_alarms().empty


def test_the_limit_of_the_gini_coefficient_is_that_of_development(
    card: lk.scorecard.Scorecard, loans: pd.DataFrame, later: pd.DataFrame, tmp_path: Path
) -> None:
    own = card.validate(loans.iloc[::2]).samples[0]
    turned = later.assign(
        **{"class": np.where(later["class"] == "bad", "good", "bad")}
    )  # the card ranks them the wrong way
    kept = lk.load(card.save(tmp_path / "card.json"))
    for known in (card, kept):
        found = known.monitor(turned, period="day", known=1, replicates=0)
        alarms = found.first_alarms().set_index("measure")
        assert alarms.loc["Gini", "limit"] == pytest.approx(own.gini_low, rel=EXACT)
        limits = found.limits_used()
        assert limits.loc["Gini coefficient", "source"] == (
            f"lower end of the 95% interval at development (Gini {own.gini:.3f})"
        )
    assert limits.loc["PSI of the score", "limit"] == 0.25
    stated = card.monitor(turned, period="day", known=1, replicates=0, limits=Limits(gini=0.2, psi=None)).limits_used()
    assert stated["source"].tolist()[0] == "no alarm, as stated"
    assert stated.loc["Gini coefficient"].tolist() == [0.2, "as stated"]


def test_the_report_is_a_word_document_too(found: CardMonitor, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document(str(found.report(tmp_path / "monitor.docx", title="Loans")))
    assert document.core_properties.title == "Loans"
    assert len(document.inline_shapes) == 5
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"Gini coefficient", f"{found.outcomes()['gini'].iloc[0]:.3f}"} <= cells
    with pytest.raises(DataError, match="give text or a Path"):
        found.report(5)  # type: ignore[arg-type]


def test_periods_need_not_be_dates_and_rows_need_no_score(card: lk.scorecard.Scorecard, later: pd.DataFrame) -> None:
    table = later.assign(wave=np.arange(500) % 3, duration=later["duration"].mask(later["age"] < 22).astype(float))
    found = card.monitor(table, period="wave", known=1)
    assert found.periods == ("0", "1", "2")
    assert found.table()["no_score"].sum() == (later["age"] < 22).sum()
    assert found.outcomes()["known_in"].tolist() == ["1", "2"]
    assert found.outcomes()["n"].sum() == table.loc[table["wave"] < 2, "duration"].notna().sum()


def test_the_page_has_every_section_and_the_numbers_of_the_verbs(found: CardMonitor, tmp_path: Path) -> None:
    text = found.report(tmp_path / "monitor.html", title="Loans").read_text()
    assert "<title>Loans</title>" in text
    for heading in ("Alarms", "Stability of the score", "Stability of the variables", "Mean score", "Outcomes"):
        assert f">{heading}</h2>" in text
    assert text.count("data:image/svg+xml") == 5
    assert "http" not in text.replace("http://www.w3.org", "")
    assert f"{found.table()['psi'].iloc[-1]:.4f}" in text
    assert f"{found.outcomes()['gini'].iloc[0]:.3f}" in text
    words = " ".join(found.to_text().split())
    assert "CSI of a variable 0.25 customary, from 0.25 on a large change" in words


def test_measures_are_drawn_and_kept(found: CardMonitor) -> None:
    for what, n in (("psi", 4), ("csi", 6), ("points", 6), ("bad_rate", 2), ("gini", 2)):
        assert len(found.plot(what).lines) == n  # type: ignore[arg-type]
    again = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(again.table(), found.table())


def test_what_cannot_be_followed_is_refused(card: lk.scorecard.Scorecard, later: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no column 'date'"):
        card.monitor(later, period="date")
    with pytest.raises(DataError, match="no column 'class'"):
        card.monitor(later.drop(columns="class"), period="day", known=1)
    with pytest.raises(ResponseError, match="1, which is neither 'bad'"):
        card.monitor(later.assign(**{"class": 1}), period="day", known=1)
    with pytest.raises(DataError, match="known=-1"):
        card.monitor(later, period="day", known=-1)
    with pytest.raises(DataError, match="must both hold dates"):
        card.monitor(later, period="day", known="age")
    with pytest.raises(DataError, match="no outcomes are known"):
        card.monitor(later, period="day").plot("gini")
    with pytest.raises(DataError, match="psi=0"):
        Limits(psi=0)
    with pytest.raises(ArgumentError, match="no argument 'csl'"):
        Limits(csl=0.1)


def test_the_points_of_a_monitor_are_those_of_the_score(card: lk.scorecard.Scorecard, later: pd.DataFrame) -> None:
    found = card.monitor(later.assign(all=1), period="all")
    mean = card.score(later)["points"].mean()
    assert found.table()["mean_score"].iloc[0] == pytest.approx(mean, rel=EXACT)
    assert found.cohorts == ()
    assert found.outcomes().empty


def test_rows_that_are_neither_good_nor_bad_are_no_outcomes(card: lk.scorecard.Scorecard, later: pd.DataFrame) -> None:
    open_ = later.index % 5 == 1
    table = later.assign(**{"class": later["class"].mask(open_, "open")})
    some = card.monitor(table, period="day", known=2, indeterminate="open").outcomes()
    gone = card.monitor(later.assign(**{"class": later["class"].mask(open_)}), period="day", known=2).outcomes()
    pd.testing.assert_frame_equal(some, gone)
    assert some["n"].sum() < (later["day"] < "2007-06-01").sum()
