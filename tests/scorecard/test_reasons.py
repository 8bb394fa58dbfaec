"""Reason codes and what-if: points compared, by loops over rows."""

from __future__ import annotations

import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import DataError

COLUMNS = ["checking_status", "duration", "purpose", "age"]


@pytest.fixture(scope="module")
def card() -> lk.scorecard.Scorecard:
    return lk.scorecard(COLUMNS, lk.datasets.load_german_credit(), target="class", event="bad")


@pytest.mark.parametrize("method", ["below_maximum", "below_neutral"])
def test_reasons_are_what_costs_most(card: lk.scorecard.Scorecard, method: str) -> None:
    loans = lk.datasets.load_german_credit().head(60)
    everybody = card.points(lk.datasets.load_german_credit())
    reference = everybody.max() if method == "below_maximum" else everybody.mean()
    found = card.reasons(loans, n=3, method=method)  # type: ignore[arg-type]
    for i, (_, own) in enumerate(card.points(loans).iterrows()):
        lost = (reference - own).sort_values(ascending=False, kind="stable")
        lost = lost[lost > 1e-12].head(3)
        names = found.iloc[i][[f"reason_{m}" for m in (1, 2, 3)]].dropna().tolist()
        points = found.iloc[i][[f"points_{m}" for m in (1, 2, 3)]].dropna().to_numpy(dtype=float)
        np.testing.assert_allclose(points, lost.to_numpy(), rtol=1e-12)
        assert len(set(lost)) < len(lost) or names == list(lost.index)


def test_an_applicant_with_the_most_points_has_no_reason(card: lk.scorecard.Scorecard) -> None:
    loans = lk.datasets.load_german_credit()
    best = loans.loc[[card.points(loans).sum(axis=1).idxmax()]]
    assert (card.points(best).iloc[0] == card.points(loans).max()).all()
    assert card.reasons(best).isna().to_numpy().all()


def test_what_if_is_the_score_with_one_value_changed(card: lk.scorecard.Scorecard) -> None:
    loans = lk.datasets.load_german_credit()
    found = card.what_if(loans, row=7).query("variable == 'checking_status'")
    for level in loans["checking_status"].unique():
        changed = card.score(loans.iloc[[7]].assign(checking_status=level)).iloc[0]
        row = found[found["label"] == level].iloc[0]
        assert row["points"] == changed["points"]
        assert row["probability"] == pytest.approx(changed["probability"], rel=1e-12)
        assert row["own"] == (loans["checking_status"].iloc[7] == level)
        assert row["gain"] == changed["points"] - card.score(loans)["points"].iloc[7]
    with pytest.raises(DataError, match="rows from 0 to 999"):
        card.what_if(loans, row=1000)
