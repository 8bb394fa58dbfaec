"""The population of a card that assumes outcomes of rejects: accepts and rejects apart, in print and in files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.scorecard import Bins
from tolerances import EXACT


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit().assign(times=1.0 + np.arange(1000) % 2)


@pytest.fixture(scope="module")
def accepted(loans: pd.DataFrame) -> pd.Series:
    return loans["duration"] + np.arange(1000) % 24 <= 36


@pytest.fixture(scope="module")
def own(loans: pd.DataFrame, accepted: pd.Series) -> lk.scorecard.Scorecard:
    bins = Bins(unseen="neutral", empty="neutral")
    card = lk.scorecard(["housing", "age"], loans[accepted], target="class", event="bad", bins=bins)
    found = lk.scorecard.reject_inference(card, loans[accepted], loans[~accepted], reject_weights="times")
    assert found.scorecard.population.rejects is None
    return found.adopted("parcelling")


def test_accepts_and_rejects_are_shown_apart(
    own: lk.scorecard.Scorecard, loans: pd.DataFrame, accepted: pd.Series, tmp_path: Path
) -> None:
    accepts, rejects = loans[accepted], loans[~accepted]
    bad, weight = int((accepts["class"] == "bad").sum()), rejects["times"].sum()
    who = own.population.rejects
    assert who is not None
    assert (who.n, who.weight) == (len(rejects), weight)
    together = (bad + weight * who.bad_rate) / (len(accepts) + weight)
    assert who.bad_rate_of_all == pytest.approx(together, rel=EXACT)
    expected = (
        f"Accepts {len(accepts)}",
        f"Bad accepts {bad} ({100 * bad / len(accepts):.2f}%)",
        f"Rejects {len(rejects)} (weight {weight:.2f}",
        f"Bad rejects, assumed {100 * who.bad_rate:.2f}%",
        f"Bad of all, assumed {100 * together:.2f}%",
        who.method,
    )
    for text in (own.to_text(160), own.summary().to_text(160)):
        words = " ".join(text.split())
        for part in expected:
            assert part in words
    assert f"Assumed of rejects: {who.assumption}" in " ".join(own.to_text(160).split())
    page = own.report(tmp_path / "card.html").read_text(encoding="utf-8")
    for words in (
        "Accepts: outcomes are known",
        f"Rejects: outcomes are assumed ({who.method})",
        f"all applicants, of whom {100 * together:.2f}% are assumed to be bad",
    ):
        assert words in page


def test_files_and_verification_have_both(
    own: lk.scorecard.Scorecard, loans: pd.DataFrame, accepted: pd.Series, tmp_path: Path
) -> None:
    loaded = lk.load(own.save(tmp_path / "card.json"))
    assert loaded.population.rejects == own.population.rejects
    assert loaded.to_text() == own.to_text()
    given = dict(rejects=loans[~accepted], reject_weights="times")
    assert own.verify(loans[accepted], **given).agrees
    who = own.population.rejects
    assert who is not None
    told = replace(own, population=replace(own.population, rejects=replace(who, bad_rate=who.bad_rate + 0.01)))
    wrong = told.verify(loans[accepted], **given).table(all=False)
    assert wrong["item"].tolist() == ["rejects and their bad rates"]
