"""The population stability index: its value by hand, its law by simulation, its interval by coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import chdtrc, chdtri

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.criteria import information_parts, information_value
from logitkit.scorecard.monitoring.index import Resampled, StabilityIndex, stability_index
from tolerances import EXACT

NO_INTERVAL = Resampled(replicates=0)


def index(base: object, recent: object, resampled: Resampled = NO_INTERVAL) -> StabilityIndex:
    first, second = np.asarray(base, dtype=float), np.asarray(recent, dtype=float)
    return stability_index(first, second, tuple(map(str, range(first.size))), "x", resampled)


def test_the_index_is_the_symmetric_divergence_of_proportions() -> None:
    base, recent = np.array([120.0, 300, 380, 200]), np.array([90.0, 150, 160, 100])
    p, q = base / 1000, recent / 500
    by_hand = sum(b * np.log(b / a) + a * np.log(a / b) for a, b in zip(p, q, strict=True))
    found = index(base, recent)
    assert found.value == pytest.approx(by_hand, rel=EXACT)
    assert found.value == pytest.approx(information_value(base, recent).value, rel=EXACT)
    assert found.by_chance == pytest.approx(3 * (1 / 1000 + 1 / 500), rel=EXACT)
    assert found.p_value == pytest.approx(float(chdtrc(3, by_hand / (1 / 1000 + 1 / 500))), rel=EXACT)
    assert np.isnan(found.low)
    assert index(recent, base).value == pytest.approx(by_hand, rel=EXACT)


def test_an_empty_cell_has_a_half_added_and_a_bin_without_rows_is_left_out() -> None:
    found = index([50, 50, 0, 0], [40, 50, 10, 0])
    by_hand = (0.4 - 0.5) * np.log(0.4 / 0.5) + (10.5 / 100 - 0.5 / 100) * np.log(10.5 / 0.5)
    assert found.value == pytest.approx(by_hand, rel=EXACT)
    assert found.dof == 2
    assert found.corrected.tolist() == [False, False, True, False]
    assert np.isnan(index([50], [20]).p_value)


def test_parts_of_many_tables_are_those_of_each() -> None:
    rng = np.random.default_rng(4)
    base, recent = rng.multinomial(40, np.full(6, 1 / 6), 20), rng.multinomial(30, np.full(6, 1 / 6), 20)
    parts = information_parts(base.astype(float), recent.astype(float))
    for row in range(20):
        np.testing.assert_allclose(parts[row], index(base[row], recent[row]).parts, rtol=EXACT, atol=0)


def test_by_chance_the_index_is_chi_square_for_bins_fixed_beforehand() -> None:
    # 4,000 pairs of samples of one population, with unequal bins: the mean, and the level of the test.
    rng = np.random.default_rng(11)
    p, n, m, repeats = np.array([0.05, 0.1, 0.15, 0.3, 0.4]), 2000, 800, 4000
    values = information_parts(rng.multinomial(n, p, repeats) * 1.0, rng.multinomial(m, p, repeats) * 1.0).sum(axis=1)
    statistics = values / (1 / n + 1 / m)
    assert statistics.mean() == pytest.approx(4.0, abs=4 * np.sqrt(8 / repeats) + 0.02)  # bias of order 1 / (m p)
    for level in (0.5, 0.1, 0.05, 0.01):
        error = np.sqrt(level * (1 - level) / repeats)
        assert (statistics > chdtri(4, level)).mean() == pytest.approx(level, abs=4 * error + 0.003)


def test_the_law_is_the_same_where_bins_are_quantiles_of_the_base() -> None:
    # Neither sample is independent of the bins; the difference of the empirical distributions at the cut points is.
    rng = np.random.default_rng(12)
    n, repeats = 1000, 1500
    statistics = np.empty(repeats)
    for r in range(repeats):
        base, recent = np.sort(rng.standard_normal(n)), rng.standard_normal(n)
        cuts = base[n // 10 :: n // 10]
        counts = np.bincount(np.searchsorted(cuts, recent, side="right"), minlength=10)
        statistics[r] = index(np.full(10, n / 10), counts).statistic
    assert statistics.mean() == pytest.approx(9.0, abs=4 * np.sqrt(18 / repeats) + 0.05)
    assert (statistics > chdtri(9, 0.05)).mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / repeats) + 0.004)


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0.0, 0.1, 0.35, 0.5])
@pytest.mark.parametrize(("n", "m"), [(1000, 1000), (5000, 500), (20_000, 20_000)])
def test_the_interval_covers_as_the_page_says(n: int, m: int, shift: float) -> None:
    rng = np.random.default_rng(1)
    p = np.full(10, 0.1)
    q = p * np.exp(shift * np.linspace(-1.7, 1.7, 10))
    q /= q.sum()
    true = ((q - p) * np.log(q / p)).sum()
    covered = 0
    for seed in range(1000):
        found = index(rng.multinomial(n, p), rng.multinomial(m, q), Resampled(replicates=400, seed=seed))
        covered += found.low <= true <= found.high
    assert covered >= 915  # 95 % less 3 points of the method, less 5 standard errors of a simulation beside


def test_the_interval_is_twice_the_index_less_resampled_quantiles() -> None:
    base, recent = np.array([400.0, 300, 300]), np.array([100.0, 150, 250])
    found = index(base, recent, Resampled(level=0.9, replicates=500, seed=3))
    rng = np.random.default_rng(3)
    first, second = (rng.multinomial(int(c.sum()), c / c.sum(), 500) for c in (base, recent))
    values = [index(a, b).value for a, b in zip(first, second, strict=True)]
    high, low = np.quantile(values, [0.95, 0.05])
    np.testing.assert_allclose([found.low, found.high], [2 * found.value - high, 2 * found.value - low], rtol=1e-12)
    assert index(base, base, Resampled()).low == 0.0


def test_a_weight_of_two_is_the_row_twice() -> None:
    rng = np.random.default_rng(5)
    base, recent = rng.standard_normal(200), rng.standard_normal(150) + 0.3
    base[:4] = np.nan
    once = lk.scorecard.psi(base, recent, weights=(np.full(200, 2.0), np.full(150, 2.0)))
    twice = lk.scorecard.psi(np.repeat(base, 2), np.repeat(recent, 2))
    assert once.value == twice.value
    assert (once.low, once.high, once.p_value) == (twice.low, twice.high, twice.p_value)
    assert once.table().loc["Missing", "base"] == 8


def test_levels_that_the_base_has_not_are_a_bin() -> None:
    found = lk.scorecard.psi(pd.Series(list("aabb"), name="grade"), pd.Series(list("abcc")))
    assert found.table().loc["Not seen before", "recent"] == 2
    assert found.name == "grade"
    assert "PSI by chance" in found.to_text()


def test_bins_of_a_variable_and_stated_cut_points_are_used() -> None:
    loans = lk.datasets.load_german_credit()
    variable = lk.scorecard.binning("age", loans, target="class", event="bad")
    first, second = loans["age"].iloc[:500], loans["age"].iloc[500:]
    by_variable = lk.scorecard.psi(first, second, bins=variable, replicates=0)
    by_cuts = lk.scorecard.psi(first, second, bins=list(variable.rule.cuts), replicates=0)
    assert by_variable.value == by_cuts.value
    assert by_variable.dof == len(variable.rule.cuts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(base=[], recent=[1.0]), "base sample has no rows"),
        (dict(base=[1.0, 2.0], recent=["a"]), "numbers and the other levels"),
        (dict(base=["a"], recent=["a"], bins=[1.0]), "levels, which are bins as they are"),
        (dict(base=[1.0], recent=[1.0], bins=[3.0, 2.0]), "increasing order"),
        (dict(base=[1.0], recent=[1.0], bins="ten"), "increasing order"),
        (dict(base=[1.0], recent=[1.0], weights=[1.0, 2.0, 3.0]), "give a pair"),
        (dict(base=[1.0], recent=[1.0], weights=([-1.0], None)), "not negative"),
        (dict(base=[1.0], recent=[1.0], weights=([1.0, 1.0], None)), "2 weights and 1 rows"),
        (dict(base=[1.0], recent=[1.0], replicates=5), "at least 100"),
        (dict(base=[1.0], recent=[1.0], level=95), "between 0 and 1"),
        (dict(base="score", recent=[1.0]), "one value per row"),
    ],
)
def test_samples_that_cannot_be_compared_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        lk.scorecard.psi(**arguments)  # type: ignore[arg-type]
