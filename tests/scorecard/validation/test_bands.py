"""Bands of points by counting, and the line of odds against a logistic regression of the rows."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.plots.odds_line import plot_odds_line
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.validation.bands import bands_of, odds_line
from logitkit.scorecard.validation.outcomes import ScoredRows

SCALING = Scaling(points_to_double=20, base_points=600, base_odds=50)


def drawn(n: int, level: float = 0.0, slope: float = 1.0, seed: int = 0) -> ScoredRows:
    """Rows whose log-odds of good are level + slope times those that the points promise."""
    rng = np.random.default_rng(seed)
    points = np.round(rng.normal(560.0, 30.0, n))
    promised = SCALING.log_odds(points)
    bad = rng.random(n) < 1.0 / (1.0 + np.exp(level + slope * promised))
    return ScoredRows(points, -promised, bad)


def test_bands_count_the_rows_between_cuts() -> None:
    rows = drawn(2000)
    found = bands_of(rows, SCALING, cuts=[530, 560, 600])
    assert found.labels == ("below 530", "530 to below 560", "560 to below 600", "600 and above")
    inside = [
        (rows.points >= low) & (rows.points < high) for low, high in [(0, 530), (530, 560), (560, 600), (600, 999)]
    ]
    np.testing.assert_array_equal(found.bad, [(rows.bad & own).sum() for own in inside])
    np.testing.assert_array_equal(found.good, [(~rows.bad & own).sum() for own in inside])
    np.testing.assert_allclose(found.expected, [rows.probability[own].mean() for own in inside], rtol=1e-12)
    np.testing.assert_allclose(found.mean_points, [rows.points[own].mean() for own in inside], rtol=1e-12)
    np.testing.assert_allclose(found.odds, found.good / found.bad)
    assert found.cumulative_bad[-1] == found.cumulative_good[-1] == 1.0
    below = rows.points < 560
    assert found.distance[1] == pytest.approx(below[rows.bad].mean() - below[~rows.bad].mean(), abs=1e-14)


def test_bands_of_equal_counts_keep_equal_points_together_and_apply_to_other_rows() -> None:
    rows, others = drawn(5000, seed=1), drawn(800, seed=2)
    found = bands_of(rows, SCALING, n=8)
    assert found.rows.size == 8
    assert found.rows.max() - found.rows.min() < 2.5 * np.bincount(rows.points.astype(int)).max()
    again = bands_of(others, SCALING, cuts=found.cuts)
    assert again.labels == found.labels
    assert again.rows.sum() == 800


def test_bands_of_a_card_whose_points_rise_with_risk_are_the_same_bands() -> None:
    rows = drawn(1000)
    turned = ScoredRows(-rows.points, rows.log_odds, rows.bad, safer=-1)
    one = bands_of(rows, SCALING, cuts=[529.5, 570.5])
    other = bands_of(turned, Scaling(points_to_double=-20, base_points=-600), cuts=[-570.5, -529.5])
    np.testing.assert_array_equal(one.bad, other.bad)
    assert other.labels[0] == "-529.5 and above"
    assert (one.line.slope, one.line.intercept) == pytest.approx((other.line.slope, other.line.intercept), abs=1e-9)


def test_the_line_of_odds_is_the_logistic_regression_of_good_on_what_was_promised() -> None:
    rows = drawn(3000, level=-0.4, slope=0.8)
    line = odds_line(rows.tally, SCALING)
    fit = lk.logit("good ~ promised", {"good": ~rows.bad, "promised": SCALING.log_odds(rows.points)})
    assert (line.intercept, line.slope) == pytest.approx(tuple(fit.coef), abs=1e-8)
    assert (line.intercept_error, line.slope_error) == pytest.approx(tuple(fit.std_error), rel=1e-6)
    off = fit.coef.to_numpy() - [0.0, 1.0]
    assert line.statistic == pytest.approx(off @ np.linalg.solve(fit.vcov.to_numpy(), off), rel=1e-6)
    assert line.p_value < 1e-3
    assert line.points_to_double == pytest.approx(20.0 / fit.coef["promised"], rel=1e-8)
    assert line.points_to_double_low < 25.0 < line.points_to_double_high
    # At these points the fitted odds are the base odds.
    fitted = fit.coef["Intercept"] + fit.coef["promised"] * SCALING.log_odds(np.array(line.base_points))
    assert np.exp(fitted) == pytest.approx(50.0, rel=1e-8)


def test_a_scaling_that_holds_is_not_rejected() -> None:
    p_values = [odds_line(drawn(1500, seed=seed).tally, SCALING).p_value for seed in range(40)]
    assert np.mean(np.array(p_values) < 0.05) < 0.2
    assert 0.3 < np.mean(p_values) < 0.7


@pytest.mark.slow
def test_intervals_of_the_line_cover_what_it_is_drawn_from() -> None:
    """Points that double the odds, by the reciprocal of the slope: 400 samples with about 100 bads."""
    covered = 0
    for seed in range(400):
        line = odds_line(drawn(1500, level=0.3, slope=0.8, seed=seed).tally, SCALING)
        covered += line.points_to_double_low <= 20.0 / 0.8 <= line.points_to_double_high
    assert covered / 400 == pytest.approx(0.95, abs=0.04)  # within 4 standard errors of a simulation


def test_points_that_are_all_equal_have_no_line() -> None:
    rows = ScoredRows(np.full(10, 500.0), np.zeros(10), np.arange(10) < 4)
    found = bands_of(rows, SCALING, cuts=[])
    assert found.labels == ("all",)
    assert np.isnan(found.line.slope)


def test_bands_print_and_give_their_table() -> None:
    loans = lk.datasets.load_german_credit()
    card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    found = card.bands(loans, n=5)
    table = found.table()
    assert isinstance(table, pd.DataFrame)
    assert table["bads"].sum() == 300
    assert table["ks"].max() <= card.validate(loans).samples[0].ks + 1e-12
    assert "Points to double the odds, observed" in found.to_text()
    with pytest.raises(DataError, match="ascending order"):
        card.bands(loans, cuts=[520, 500])
    with pytest.raises(DataError, match="rows are good"):
        card.bands(loans[loans["class"] == "good"])


def test_the_line_is_drawn_beside_the_one_promised_for_several_samples() -> None:
    one, other = bands_of(drawn(2000), SCALING), bands_of(drawn(2000, level=-0.5, seed=3), SCALING)
    ax = plot_odds_line(one, label="development")
    assert plot_odds_line(other, ax, "out of time") is ax
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["promised", "development", "out of time"]
    promised = ax.lines[0]
    np.testing.assert_allclose(promised.get_ydata(), SCALING.log_odds(np.asarray(promised.get_xdata())), rtol=1e-12)
    plt.close("all")
