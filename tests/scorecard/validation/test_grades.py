"""Grades against every partition, calibration to a tendency, and margins against posterior quantiles."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaincinv, logit

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.validation.grades import best_grades, central_pd, upper_rate
from logitkit.scorecard.validation.one_factor import jeffreys_p_value
from logitkit.scorecard.validation.outcomes import ScoredRows


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(["checking_status", "duration", "purpose"], loans, target="class", event="bad")


def information(bad: np.ndarray, good: np.ndarray) -> float:
    p, q = bad / bad.sum(), good / good.sum()
    return float(((q - p) * np.log(q / p)).sum())


@pytest.mark.parametrize("safer", [1, -1])
def test_grades_are_the_best_monotone_partition_of_the_points(safer: int) -> None:
    rng = np.random.default_rng(3)
    points = safer * rng.integers(0, 9, 900).astype(float)
    bad = rng.random(900) < 0.35 - 0.03 * safer * points + 0.08 * (points == safer * 4)
    rows = ScoredRows(points, -safer * points, bad, safer)
    found = best_grades(pd.Series(points), rows, Bins(max_bins=5, min_size=0.1))
    values = np.unique(points)
    best = -np.inf
    for k in range(1, 6):
        for inner in combinations(range(1, values.size), k - 1):
            edges = [0, *inner, values.size]
            own = [np.isin(points, values[a:b]) for a, b in pairwise(edges)]
            d = np.array([bad[o].sum() for o in own], dtype=float)
            n = np.array([o.sum() for o in own], dtype=float)
            if (n < 90).any() or (d == 0).any() or (d == n).any() or (safer * np.diff(d / n) > 0).any():
                continue
            best = max(best, information(d, n - d))
    assert found.partition.value == pytest.approx(best, rel=1e-10)
    assert information(found.bad, found.n - found.bad) == pytest.approx(best, rel=1e-10)
    assert found.monotone
    np.testing.assert_array_equal(np.bincount(found.places(points)), found.n)


@pytest.mark.parametrize("method", ["odds", "scale"])
def test_the_mean_is_the_central_tendency_and_what_the_method_keeps_is_kept(method: str) -> None:
    rate, shares = np.array([0.3, 0.1, 0.02]), np.array([1.0, 3.0, 6.0])
    found = central_pd(rate, shares, 0.05, method)  # type: ignore[arg-type]
    assert found @ shares / 10.0 == pytest.approx(0.05, rel=1e-13)
    kept = logit(found) - logit(rate) if method == "odds" else found / rate
    np.testing.assert_allclose(kept, kept[0], rtol=1e-10)


def test_limits_are_quantiles_of_the_posterior() -> None:
    assert upper_rate(500, 12, 0.9) == betaincinv(12.5, 488.5, 0.9)
    limit = upper_rate(500, 12, 0.9, 0.06)
    assert jeffreys_p_value(500, 12, limit, 0.06) == pytest.approx(0.9, abs=1e-9)
    assert limit > upper_rate(500, 12, 0.9)
    assert upper_rate(10, 10, 0.9) == 1.0


def test_limits_cover_the_rates_that_defaults_are_drawn_from() -> None:
    rng = np.random.default_rng(1)
    defaults = rng.binomial(400, 0.03, 3000)
    limits = {d: upper_rate(400, d, 0.9) for d in np.unique(defaults)}
    # Limits of counts jump from count to count, so that the level is met nearly; four errors of a simulation.
    assert np.mean([limits[d] >= 0.03 for d in defaults]) == pytest.approx(0.9, abs=0.025)


def test_grades_of_a_card_are_calibrated_and_given_margins(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    grades = card.grades(loans)
    table = grades.table()
    assert table["bads"].sum() == 300
    assert table["bad_rate"].is_monotonic_decreasing
    calibrated = grades.to_central_tendency(0.12)
    assert calibrated.best @ grades.n / 1000 == pytest.approx(0.12, rel=1e-12)
    final = calibrated.with_margin(level=0.9, a=0.002, b=[0.001] * len(table))
    margin = final.margin
    assert margin is not None
    np.testing.assert_allclose(margin.estimation, final.best * (margin.upper / grades.rate - 1.0), rtol=1e-12)
    np.testing.assert_allclose(final.pd, final.best + 0.003 + margin.estimation, rtol=1e-12)
    points = card.score(loans)["points"]
    own = grades.assign(points)
    np.testing.assert_array_equal(own.value_counts().sort_index().to_numpy(), table["rows"])
    tested = card.calibration_by_grade(loans, final)
    np.testing.assert_array_equal(tested.pd[:-1], final.pd)
    text = final.to_text(140)
    assert "Central tendency" in text
    assert "Margins A and B are as stated" in text
    weights = np.linspace(1.0, 2.0, len(table))
    other = grades.to_central_tendency(0.12, "scale", weights)
    assert other.best @ weights / weights.sum() == pytest.approx(0.12, rel=1e-12)


def test_what_makes_no_grades_is_refused(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    grades = card.grades(loans)
    for call, message in [
        (lambda: card.grades(loans, bins=Bins(shape="peak")), "shape='peak'"),
        (lambda: card.grades(loans, bins=Bins(special=[500])), "special"),
        (lambda: grades.to_central_tendency(1.2), "central_tendency=1.2"),
        (lambda: grades.to_central_tendency(0.6, "scale"), "brings a grade to 1"),
        (lambda: grades.to_central_tendency(0.1, shares=[1.0]), "one proportion for each"),
        (lambda: grades.with_margin(a=-0.1), "a=-0.1"),
        (lambda: grades.with_margin(b=[0.1]), "one for each"),
        (lambda: grades.with_margin(correlation=1.0), "correlation=1.0"),
    ]:
        with pytest.raises(DataError, match=message):
            call()
