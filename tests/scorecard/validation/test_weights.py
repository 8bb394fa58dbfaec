"""Weights of rows: counts are the rows repeated; sampling weights have the errors of the sample that was drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.scorecard.monitoring.index import Resampled, Sample, stability_index
from logitkit.scorecard.validation.bands import bands_of
from logitkit.scorecard.validation.by_grade import calibrate_grades
from logitkit.scorecard.validation.one_factor import jeffreys_p_value, tail_probability
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.validation.profit import profit_curve
from logitkit.scorecard.validation.samples import rank_sample
from logitkit.scorecard.weighting import RowWeights
from tolerances import EXACT, ROUTE

COLUMNS = ["checking_status", "duration", "age"]
NONE = Resampled(replicates=0)
Card = lk.scorecard.Scorecard
Answer = Callable[[Card, pd.DataFrame, dict[str, Any]], pd.DataFrame]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    loans = lk.datasets.load_german_credit()
    rng = np.random.default_rng(8)
    days = pd.Timestamp("2007-01-10") + pd.to_timedelta(np.arange(1000) * 120 // 1000, unit="D")
    return loans.assign(count=rng.integers(0, 4, 1000), day=days, gain=rng.random(1000), young=loans["age"] < 26)


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> Card:
    return lk.scorecard(COLUMNS, loans.iloc[::2], target="class", event="bad")


def with_an_open_one(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{"class": rows["class"].mask(rows["duration"] == 24)})


ANSWERS: dict[str, Answer] = {
    "validate": lambda card, rows, w: card.validate(with_an_open_one(rows), **w).table(),
    "samples": lambda card, rows, w: card.validate(rows, by="young", **w).change(),
    "bands": lambda card, rows, w: card.bands(rows, n=6, **w).table(),
    "line": lambda card, rows, w: pd.DataFrame(
        [[getattr(card.bands(rows, **w).line, name) for name in ("intercept", "slope", "slope_error", "p_value")]]
    ),
    "calibration": lambda card, rows, w: card.calibration_by_grade(rows, [490, 540], correlation=0.1, **w).table(),
    "grades": lambda card, rows, w: card.grades(rows, **w).with_margin(a=0.01).table(),
    "fairness": lambda card, rows, w: card.fairness(with_an_open_one(rows), by="young", cut=510, **w).table(),
    "profit": lambda card, rows, w: card.profit(rows, gain="gain", loss=4.0, **w).table(),
    "stability": lambda card, rows, w: card.stability(rows, replicates=100, **w).table(),
    "bins": lambda card, rows, w: card.stability(rows, replicates=100, **w).bins(),
    "base": lambda card, rows, w: card.stability(
        rows[rows["young"]], base=rows, base_weights=w.get("weights"), replicates=100, **w
    ).table(),
    "base of a monitor": lambda card, rows, w: card.monitor(
        rows, period="day", base=rows, base_weights=w.get("weights"), replicates=0, **w
    ).indices(),
    "monitor": lambda card, rows, w: card.monitor(rows, period="day", known=1, replicates=100, **w).table(),
    "indices": lambda card, rows, w: card.monitor(rows, period="day", known=1, replicates=100, **w).indices(),
    "outcomes": lambda card, rows, w: card.monitor(rows, period="day", known=1, replicates=0, **w).outcomes(),
    "periods": lambda card, rows, w: (
        card.binnings["duration"]
        .stability(rows, period="day", target="class", event="bad", replicates=100, **w)
        .table()
    ),
    "by_period": lambda card, rows, w: (
        card.binnings["duration"]
        .stability(rows, period="day", target="class", event="bad", base="first", replicates=100, **w)
        .by_period()
    ),
}


@pytest.mark.parametrize("verb", ANSWERS)
def test_a_count_is_the_row_so_many_times(card: Card, loans: pd.DataFrame, verb: str) -> None:
    rows = loans.iloc[1::2]
    repeated = rows.loc[rows.index.repeat(rows["count"])].reset_index(drop=True)
    weighed, plain = ANSWERS[verb](card, rows, {"weights": "count"}), ANSWERS[verb](card, repeated, {})
    pd.testing.assert_frame_equal(weighed, plain, rtol=EXACT, atol=1e-11, check_dtype=False)


@pytest.mark.parametrize("verb", [verb for verb in ANSWERS if verb != "line"])  # whose errors are a sandwich
def test_equal_sampling_weights_change_counts_alone(card: Card, loans: pd.DataFrame, verb: str) -> None:
    rows = loans.iloc[1::2].assign(equal=2.5)
    weighed, plain = ANSWERS[verb](card, rows, {"weights": "equal"}), ANSWERS[verb](card, rows, {})
    drawn = ("ks_low", "ks_high", "psi_low", "psi_high", "csi_low", "csi_high")  # another way of drawing rows again
    # The covariance of the line of odds and z have n / (n - 1), or residuals for variances.
    other = ("left_out", "rows", "bads", "goods", "known", "events", "recent", "n", "bad", "expected", "z", "p_value")
    for name in weighed.columns:
        if isinstance(name, str) and (name.startswith(("profit", "expected_")) or name in other):
            continue
        if weighed[name].dtype.kind not in "fi":
            assert weighed[name].astype(str).tolist() == plain[name].astype(str).tolist()
        elif name not in drawn:
            np.testing.assert_allclose(weighed[name], plain[name], rtol=ROUTE, atol=1e-10, err_msg=str(name))


def surveyed() -> tuple[ScoredRows, np.ndarray]:
    """Return the rows of the R script below, and their groups."""
    i = np.arange(120)
    points = np.round(500 + 60 * np.sin(1.7 * i) + 25 * np.cos(0.31 * i * i))
    bad = np.sin(2.3 * i) + 0.5 * np.cos(1.1 * i) - (points - 500) / 70 > 0.35
    weights = np.where(bad, 1.5, 4.0) + (i % 5) * 0.5
    log_odds = -np.log(20) - np.log(2) / 20 * (points - 500)
    return ScoredRows(points, log_odds, bad, weights=RowWeights(weights, sampling=True)), i % 2


# R 4.5, survey 4.4: des <- svydesign(ids = ~1, weights = ~w, data = d); l <- log(20) + log(2) / 20 * (points - 500)
# svymean of bad on subset(des, points < 480);
# svyglm(good ~ l, des, quasibinomial), iterated until converged
# svytotal(~I(worth * (points >= 490)), des), worth -5 of a bad and 1 of a good
# withReplicates(as.svrepdesign(svydesign(ids = ~1, strata = ~bad, weights = ~w, data = d), type = "JKn"), area)
# svychisq(~side + cut(points, c(-Inf, 460, 500, 540, Inf)), statistic = "F"), strata = ~side: ndf and F
RATE, RATE_ERROR = 0.464285714285714, 0.0779270542435651
LINE = [-0.990737513813262, 0.880112838998052, 0.461609068250562, 0.155906713027231]
PROFIT, PROFIT_ERROR = 144.5, 56.4696505086709
AREA, AREA_ERROR = 0.828373775677308, 0.0372123157078547
INDEX_DOF, INDEX_F = 2.98439298613096, 0.190421386462498


def test_rates_lines_and_profits_have_the_errors_of_a_survey() -> None:
    rows, _ = surveyed()
    bands = bands_of(rows, lk.scorecard.Scaling(base_points=500, base_odds=20, points_to_double=20), cuts=[480])
    assert bands.rate[0] == pytest.approx(RATE, rel=EXACT)
    size = RATE * (1 - RATE) / (RATE_ERROR**2 * 119 / 120)  # the package has n / (n - 1)
    z = 1.959963984540054
    centre, half = (RATE + z**2 / 2 / size) / (1 + z**2 / size), np.sqrt(RATE * (1 - RATE) / size + z**2 / 4 / size**2)
    ends = centre - z * half / (1 + z**2 / size), centre + z * half / (1 + z**2 / size)
    assert (bands.rate_low[0], bands.rate_high[0]) == pytest.approx(ends, rel=ROUTE)
    line = bands.line
    assert [line.intercept, line.slope, line.intercept_error, line.slope_error] == pytest.approx(LINE, rel=1e-6)
    profit = profit_curve(rows, np.ones(120), np.full(120, 5.0))
    at = int(np.flatnonzero(profit.cuts >= 490)[-1])
    assert profit.profit[at] == pytest.approx(PROFIT, rel=EXACT)
    half = z * PROFIT_ERROR * np.sqrt(119 / 120)
    assert profit.profit_high[at] - profit.profit[at] == pytest.approx(half, rel=ROUTE)


def test_the_error_of_the_area_is_that_of_its_derivatives_by_the_weights() -> None:
    rows, _ = surveyed()

    def area(weights: np.ndarray) -> float:
        bad, good = rows.points[rows.bad], rows.points[~rows.bad]
        wins = (bad[:, None] < good) + 0.5 * (bad[:, None] == good)
        pairs = np.outer(weights[rows.bad], weights[~rows.bad])
        return float((wins * pairs).sum() / pairs.sum())

    found, w = rank_sample("a", rows, 0.95), rows.w
    step = 1e-4
    moved = [(area(w + step * e) - area(w - step * e)) / (2 * step) for e in np.eye(120)]
    variance = 0.0
    for own in (rows.bad, ~rows.bad):
        size = w[own].sum() ** 2 / (w[own] ** 2).sum()
        variance += size / (size - 1) * float(((w * np.array(moved)) ** 2)[own].sum())
    assert found.gini == pytest.approx(2 * area(w) - 1, rel=EXACT)
    assert found.gini == pytest.approx(2 * AREA - 1, rel=EXACT)
    assert found.gini_error == pytest.approx(2 * np.sqrt(variance), rel=1e-6)
    assert found.gini_error == pytest.approx(2 * AREA_ERROR, rel=0.01)  # the jackknife, not linearised


def test_the_index_of_weighted_samples_has_the_law_of_rao_and_scott() -> None:
    rows, side = surveyed()
    own = [side == 0, side == 1]
    cuts = [460 + 1e-9, 500 + 1e-9, 540 + 1e-9]  # R's intervals are closed on the right
    found = lk.scorecard.psi(
        rows.points[own[0]], rows.points[own[1]], bins=cuts, weights=(rows.w[own[0]], rows.w[own[1]]), replicates=0
    )
    assert found.dof == pytest.approx(INDEX_DOF, rel=1e-3)  # there with the mean weight of each cell, not of each bin
    assert found.statistic / found.dof == pytest.approx(INDEX_F, rel=0.03)  # Pearson's statistic there
    assert found.by_chance == pytest.approx(found.value / found.statistic * found.dof, rel=EXACT)
    total = [rows.w[part].sum() for part in own]
    assert found.base.sum() == pytest.approx(total[0], rel=EXACT)


def applicants(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return log-odds of bad in a population, and who is bad by them."""
    log_odds = rng.normal(-2.2, 1.0, n)
    return log_odds, rng.random(n) < 1.0 / (1.0 + np.exp(-log_odds))


def outcome_sample(rng: np.random.Generator, n: int) -> ScoredRows:
    """Return all bads and one good in five, with their weights."""
    log_odds, bad = applicants(rng, n)
    kept = bad | (rng.random(n) < 0.2)
    weights = RowWeights(np.where(bad[kept], 1.0, 5.0), sampling=True)
    return ScoredRows(np.round(500 - 30 * log_odds[kept]), log_odds[kept], bad[kept], weights=weights)


@pytest.mark.slow
def test_intervals_of_a_sample_drawn_by_outcomes_cover() -> None:
    whole_log_odds, whole_bad = applicants(np.random.default_rng(99), 400_000)
    whole = rank_sample("all", ScoredRows(np.round(500 - 30 * whole_log_odds), whole_log_odds, whole_bad), 0.95)
    riskier = np.round(500 - 30 * whole_log_odds) < 540
    truth = whole.gini, whole.ks, whole_bad[riskier].mean()
    draws, covered, rejected, naive = 400, np.zeros(3), np.zeros(3), 0
    for seed in range(draws):
        rows = outcome_sample(np.random.default_rng(seed), 2500)
        found = rank_sample("a", rows, 0.95)
        bands = bands_of(rows, lk.scorecard.Scaling(), cuts=[540])
        ends = (found.gini_low, found.gini_high), (found.ks_low, found.ks_high), (bands.rate_low[0], bands.rate_high[0])
        covered += [low <= value <= high for value, (low, high) in zip(truth, ends, strict=True)]
        place = (rows.points >= 540).astype(int) + (rows.points >= 580)
        sums = [np.bincount(place, v, 3) for v in (rows.w, rows.w * rows.bad, rows.w * rows.probability)]
        spread = np.bincount(place, rows.spread * rows.bad, 3), np.bincount(place, rows.spread * ~rows.bad, 3)
        tests = calibrate_grades("abc", sums[0], sums[1], sums[2] / sums[0], spread=spread)
        rejected += [tests.binomial[-1] < 0.05, tests.jeffreys[-1] < 0.05, tests.p_value < 0.05]
        counts = calibrate_grades("abc", np.round(sums[0]), sums[1], sums[2] / sums[0])
        naive += counts.p_value < 0.05
    assert (covered / draws > 0.92).all(), covered / draws
    assert (np.abs(rejected / draws - 0.05) < 0.04).all(), rejected / draws
    assert naive / draws > 0.1


def test_by_chance_a_weighted_index_is_what_it_is_said_to_be() -> None:
    # Weights that depend on the bins: 1,000 pairs of samples of one population.
    rng = np.random.default_rng(3)
    n, m, repeats, weight = 800, 400, 1000, np.array([1.0, 1.0, 3.0, 6.0])
    drawn = [rng.multinomial(size, [0.4, 0.3, 0.2, 0.1], repeats) for size in (n, m)]
    found = [
        stability_index(Sample(a * weight, a * weight**2), Sample(b * weight, b * weight**2), tuple("abcd"), "x", NONE)
        for a, b in zip(*drawn, strict=True)
    ]
    values, expected = np.array([one.value for one in found]), np.array([one.by_chance for one in found])
    assert values.mean() == pytest.approx(expected.mean(), rel=0.07)
    rejected = np.mean([one.p_value < 0.05 for one in found])
    assert rejected == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / repeats))
    as_rows = np.mean(
        [
            stability_index(a * weight, b * weight, tuple("abcd"), "x", NONE).p_value < 0.05
            for a, b in zip(*drawn, strict=True)
        ]
    )
    assert as_rows > 0.2


def test_a_card_made_with_weights_says_what_rows_count(loans: pd.DataFrame, tmp_path: Path) -> None:
    card = lk.scorecard(COLUMNS, loans.iloc[::2], target="class", event="bad", weights="count")
    rows = loans.iloc[1::2]
    watched = card.stability(rows, replicates=0), card.monitor(rows, period="day", replicates=0)
    for found in (card.validate(rows), card.bands(rows), card.profit(rows, gain=1.0, loss=4.0), *watched):
        assert "made with weights, and rows count one each" in " ".join(found.to_text().split())
    assert "made with weights" not in card.validate(rows, weights="count").to_text()
    page = card.report(tmp_path / "card.html", {"later": rows}, weights="count").read_text()
    own = card.validate(loans.iloc[::2], weights="count").samples[0]
    assert f"{own.gini:.4f}" in page
    assert f"{own.n:,}" in page
    twice = card.validate({"a": rows, "b": rows}, weights={"a": rows["count"], "b": rows["count"]})
    assert twice.samples[0].gini == twice.samples[1].gini
    with pytest.raises(DataError, match="a mapping with 'a'"):
        card.validate({"a": rows}, weights=rows["count"])


def test_sampling_weights_of_a_card_are_known_to_its_stability(loans: pd.DataFrame) -> None:
    weights = np.where(loans["age"] < 30, 0.5, 2.5)
    card = lk.scorecard(COLUMNS, loans, target="class", event="bad", weights=weights)
    kept = card.stability(loans, weights=weights, replicates=0).table()
    given = card.stability(loans, base=loans, base_weights=weights, weights=weights, replicates=0).table()
    np.testing.assert_allclose(kept["psi"], 0.0, atol=1e-12)
    assert kept.loc["Score", "by_chance"] == pytest.approx(given.loc["Score", "by_chance"], rel=0.1)
    assert kept.loc["Score", "by_chance"] > 1.2 * 9 * 2 / weights.sum()


def test_bins_of_weights_that_do_not_count_have_no_law_of_their_own(loans: pd.DataFrame) -> None:
    card = lk.scorecard(COLUMNS, loans, target="class", event="bad", weights=np.full(1000, 0.3))
    variable = card.binnings["duration"]
    with pytest.raises(UnsupportedError, match="Take base='first'"):
        variable.stability(loans, period="day")
    assert variable.stability(loans, period="day", base="first", replicates=0).by_period()["psi"].notna().sum() == 4


def test_effective_numbers_between_whole_ones_have_probabilities_between() -> None:
    for rho in (0.0, 0.1):
        for test in (tail_probability, jeffreys_p_value):
            values = [
                test(n, d, 0.08, rho) for n, d in ((50, 6), (50.0, 6.0), (50 + 1e-9, 6 + 1e-9), (50.5, 6.5), (51, 7))
            ]
            assert values[0] == values[1] == pytest.approx(values[2], rel=1e-7)
            assert values[2] > values[3] > values[4]


def test_rows_drawn_again_by_weights_have_the_bands_of_rows() -> None:
    rows, _ = surveyed()
    plain = rank_sample("a", replace(rows, weights=None), 0.95)
    equal = rank_sample("a", replace(rows, weights=RowWeights(np.full(120, 2.5), sampling=True)), 0.95)
    np.testing.assert_allclose(equal.cap.low, plain.cap.low, atol=0.04)
    np.testing.assert_allclose(equal.cap.high, plain.cap.high, atol=0.04)
    assert (equal.ks_low, equal.ks_high) == pytest.approx((plain.ks_low, plain.ks_high), abs=0.01)
