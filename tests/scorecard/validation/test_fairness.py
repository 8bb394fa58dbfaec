"""Fairness between groups: measures by counting, limits by the equations that define them, and what they cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.validation.fairness import Measure, _proportion, newcombe
from logitkit.scorecard.validation.outcomes import ScoredRows

Z = 1.959963984540054


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(["checking_status", "duration", "purpose"], loans, target="class", event="bad")


def wilson(events: int, n: int) -> np.ndarray:
    """The rates p with (events / n - p)^2 = z^2 p (1 - p) / n."""
    rate = events / n
    return np.sort(np.roots([1 + Z**2 / n, -2 * rate - Z**2 / n, rate**2]).real)


def test_measures_are_those_of_counts(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    young = (loans["age"] < 26).rename("young")
    table = card.fairness(loans.assign(young=young), by="young", cut=505).table()
    scores = card.score(loans)
    approved, bad = scores["points"] >= 505, loans["class"] == "bad"
    for level in (False, True):
        own, row = young == level, table.loc[str(level)]
        assert row["approval_rate"] == approved[own].mean()
        assert row["goods_approved"] == approved[own & ~bad].mean()
        assert row["bads_approved"] == approved[own & bad].mean()
        assert row["calibration"] == pytest.approx(bad[own].sum() / scores["probability"][own].sum(), rel=1e-12)
        low, high = wilson(int(bad[own].sum()), int(own.sum())) / scores["probability"][own].mean()
        assert (row["calibration_low"], row["calibration_high"]) == pytest.approx((low, high), rel=1e-9)
        assert row["gini"] == card.validate(loans[own]).samples[0].gini
    one, other = table.loc["True"], table.loc["False"]
    assert one["impact_ratio"] == one["approval_rate"] / other["approval_rate"]
    assert other["impact_ratio"] == 1.0
    assert one["opportunity"] == one["goods_approved"] - other["goods_approved"]
    # Katz: the logarithm of the ratio, with the sum of 1/approved - 1/n over both groups as its variance.
    variance = sum(1 / approved[young == level].sum() - 1 / (young == level).sum() for level in (False, True))
    ends = one["impact_ratio"] * np.exp([-Z * np.sqrt(variance), Z * np.sqrt(variance)])
    assert (one["impact_ratio_low"], one["impact_ratio_high"]) == pytest.approx(tuple(ends), rel=1e-9)


def among_rows(which: np.ndarray) -> Measure:
    rows = ScoredRows(np.zeros(which.size), np.zeros(which.size), which)
    return _proportion(rows, which, 0.95)[0]


def test_differences_have_limits_from_those_of_wilson() -> None:
    one, other = among_rows(np.arange(70) < 56), among_rows(np.arange(80) < 48)
    (l1, u1), (l2, u2) = wilson(56, 70), wilson(48, 80)
    found = newcombe(one, other)
    assert found.estimate == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2 - np.hypot(0.8 - l1, u2 - 0.6), rel=1e-9)
    assert found.high == pytest.approx(0.2 + np.hypot(u1 - 0.8, 0.6 - l2), rel=1e-9)


def test_limits_of_differences_cover_what_they_say() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        one = among_rows(rng.random(60) < 0.85)
        other = among_rows(rng.random(150) < 0.7)
        found = newcombe(one, other)
        covered += found.low <= 0.15 <= found.high
    assert covered / 2000 == pytest.approx(0.95, abs=0.02)  # four standard errors of a simulation


def test_applicants_without_an_outcome_count_as_applicants(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    some = loans.assign(**{"class": loans["class"].astype(str).where(loans.index % 3 > 0, None)})
    found = card.fairness(some, by=loans["age"] < 26, cut=505)
    whole = card.fairness(loans, by=loans["age"] < 26, cut=505)
    for one, other in zip(found.groups, whole.groups, strict=True):
        assert one.approval == other.approval
        assert one.n_known < one.n
    unknown = some.assign(**{"class": some["class"].where(loans["age"] >= 26, None)})
    young = card.fairness(unknown, by=loans["age"] < 26, cut=505).groups[1]
    assert young.n_known == 0
    assert np.isnan(young.gini.estimate)
    assert young.impact == whole.groups[1].impact


def test_a_group_that_is_never_approved_has_no_interval_of_its_ratio(
    loans: pd.DataFrame, card: lk.scorecard.Scorecard
) -> None:
    best = card.score(loans)["points"].max()
    low = card.score(loans)["points"] < 480
    found = card.fairness(loans, by=low, cut=best, reference=False)
    assert found.groups[1].impact.estimate == 0.0
    assert np.isnan(found.groups[1].impact.low)
    assert isinstance(found.groups[0].impact, Measure)
    assert "Approved from" in found.to_text()


def test_groups_that_cannot_be_compared_are_refused(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    with pytest.raises(DataError, match="1 group"):
        card.fairness(loans, by=loans["age"] > 0, cut=500)
    with pytest.raises(DataError, match="reference='x' is none of the groups"):
        card.fairness(loans, by="housing", cut=500, reference="x")
    with pytest.raises(DataError, match="cut='high'"):
        card.fairness(loans, by="housing", cut="high")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="by= has missing values"):
        card.fairness(loans, by=loans["housing"].astype(object).where(loans.index > 3, None), cut=500)
