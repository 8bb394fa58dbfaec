"""Weight of evidence and information value, beside closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.diagnostics.rows.proportions import wilson_interval
from logitkit.scorecard.criteria import information_value, weight_of_evidence


def test_two_bins_by_hand() -> None:
    """100 goods and 40 bads: 50 and 10 in the first bin."""
    events, nonevents = np.array([10.0, 30.0]), np.array([50.0, 50.0])
    woe, error = weight_of_evidence(events, nonevents)
    assert woe == pytest.approx([np.log((50 / 100) / (10 / 40)), np.log((50 / 100) / (30 / 40))], rel=1e-14)
    assert error[0] == pytest.approx(np.sqrt(1 / 50 - 1 / 100 + 1 / 10 - 1 / 40), rel=1e-14)
    assert information_value(events, nonevents).value == pytest.approx(0.25 * np.log(2) - 0.25 * np.log(2 / 3))


def test_standard_errors_are_those_of_multinomial_counts() -> None:
    rng = np.random.default_rng(0)
    p, q = np.array([0.1, 0.25, 0.3, 0.35]), np.array([0.4, 0.3, 0.2, 0.1])
    events, nonevents = rng.multinomial(2000, p, 4000), rng.multinomial(8000, q, 4000)
    pairs = list(zip(events.astype(float), nonevents.astype(float), strict=True))
    woes = np.array([weight_of_evidence(e, g)[0] for e, g in pairs])
    values = np.array([information_value(e, g).value for e, g in pairs])
    expected = weight_of_evidence(2000 * p, 8000 * q)[1]
    # The standard deviation of 4,000 draws has a relative error of 1.1 %: five of these.
    assert woes.std(axis=0) == pytest.approx(expected, rel=0.055)
    assert values.std() == pytest.approx(information_value(2000 * p, 8000 * q).std_error, rel=0.055)


def test_an_unrelated_variable_shows_what_is_expected_by_chance() -> None:
    rng = np.random.default_rng(1)
    p = np.array([0.2, 0.3, 0.1, 0.4])
    events, nonevents = rng.multinomial(500, p, 3000), rng.multinomial(1500, p, 3000)
    found = [information_value(e, g) for e, g in zip(events.astype(float), nonevents.astype(float), strict=True)]
    values = np.array([one.value for one in found])
    chance = found[0].by_chance
    assert chance == pytest.approx(3 * (1 / 500 + 1 / 1500), rel=1e-14)
    # (1/G + 1/E) chi-square with 3 degrees of freedom: its mean within five standard errors, and its variance.
    assert values.mean() == pytest.approx(chance, abs=5 * chance * np.sqrt(2 / 3) / np.sqrt(3000))
    assert values.var() == pytest.approx(2 * chance**2 / 3, rel=0.2)


def test_empty_cells_count_as_one_half_and_bins_without_rows_as_nothing() -> None:
    events, nonevents = np.array([0.0, 20.0, 0.0]), np.array([30.0, 10.0, 0.0])
    woe, _ = weight_of_evidence(events, nonevents)
    assert woe[0] == pytest.approx(np.log(31.0 / 40) - np.log(0.5 / 20), rel=1e-14)
    assert woe[0] == pytest.approx(np.log(1.0 + 2 * 30 * 20 / 40), rel=1e-14)
    assert np.isnan(woe[2])
    assert information_value(events, nonevents).parts[2] == 0.0


@pytest.mark.parametrize("n", [1.0, 4.0, 1_000.0])
def test_a_bin_without_events_is_safer_than_the_population_however_small(n) -> None:
    events, nonevents = np.array([0.0, 160.0]), np.array([n, 9_840.0 - n])
    woe = weight_of_evidence(events, nonevents)[0][0]
    assert woe == pytest.approx(np.log(1.0 + 2.0 * n * 160.0 / 9_840.0), rel=1e-12)
    risky = weight_of_evidence(np.array([n / 10.0, 160.0 - n / 10.0]), np.array([0.0, 9_840.0]))[0][0]
    assert risky < 0.0 < woe


def test_limits_take_off_what_chance_adds() -> None:
    found = information_value(np.array([100.0, 300.0]), np.array([500.0, 500.0]))
    half = 1.959963984540054 * found.std_error
    assert found.limits() == pytest.approx((found.value - found.by_chance - half, found.value - found.by_chance + half))
    assert information_value(np.array([20.0, 20.0]), np.array([50.0, 50.0])).limits()[0] == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("bad_rate", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("n_bins", [5, 10])
def test_intervals_of_bins_cover_as_the_page_says(n_bins: int, bad_rate: float) -> None:
    """Weight of evidence and event rate bin by bin, and the information value, of rows drawn from a population."""
    rng = np.random.default_rng(0)
    times = 1000
    for slope in (0.0, 0.3, 1.0, 2.0):
        log_odds = np.log(bad_rate / (1 - bad_rate)) + slope * np.linspace(-1, 1, n_bins)
        rates = 1 / (1 + np.exp(-log_odds))
        p, q = rates / rates.sum(), (1 - rates) / (1 - rates).sum()
        true = ((q - p) * np.log(q / p)).sum()
        for n in (1000, 10_000):
            covered, of_value = np.zeros((2, n_bins)), 0
            for _ in range(times):
                counts = rng.multinomial(n, np.append(rates, 1 - rates) / n_bins).astype(float)
                e, g = counts[:n_bins], counts[n_bins:]
                woe, error = weight_of_evidence(e, g)
                covered[0] += np.abs(woe - np.log(q / p)) <= 1.96 * error
                low, high = wilson_interval(e / (e + g), e + g, 0.95)
                covered[1] += (low <= rates) & (rates <= high)
                low_value, high_value = information_value(e, g).limits()
                of_value += low_value <= true <= high_value
            # 95 %, less or more 4 standard errors of a simulation.
            assert covered.min() / times > 0.922
            assert covered.max() / times < 0.985
            assert of_value / times > 0.9


def test_the_bias_of_given_bins_is_half_the_curvature_times_the_variance() -> None:
    """Beside finite differences, and beside the mean of multinomial counts."""
    p, q, n_events, n_nonevents = np.array([0.1, 0.25, 0.3, 0.35]), np.array([0.4, 0.3, 0.2, 0.1]), 300, 900
    found = information_value(n_events * p, n_nonevents * q)

    def value(at: np.ndarray) -> float:
        return float(((at[4:] - at[:4]) * np.log(at[4:] / at[:4])).sum())

    at, step = np.concatenate([p, q]), 1e-4
    curvature = np.array(
        [
            [
                sum(s * t * value(at + step * (s * i + t * j)) for s in (1, -1) for t in (1, -1)) / (4 * step**2)
                for j in np.eye(8)
            ]
            for i in np.eye(8)
        ]
    )
    variance = np.zeros((8, 8))
    variance[:4, :4] = (np.diag(p) - np.outer(p, p)) / n_events
    variance[4:, 4:] = (np.diag(q) - np.outer(q, q)) / n_nonevents
    assert found.bias == pytest.approx((curvature * variance).sum() / 2, rel=1e-5)  # of differences of step 1e-4

    rng = np.random.default_rng(2)
    counts = (rng.multinomial(n_events, p, 4000), rng.multinomial(n_nonevents, q, 4000))
    drawn = [information_value(e, g) for e, g in zip(*(c.astype(float) for c in counts), strict=True)]
    values = np.array([[one.value, one.corrected] for one in drawn])
    error = values.std(axis=0) / np.sqrt(4000)
    assert values[:, 0].mean() - found.value == pytest.approx(found.bias, abs=4 * error[0])
    assert values[:, 1].mean() == pytest.approx(found.value, abs=4 * error[1])
    assert found.bias > 8 * error[0]  # what is looked for is there to be seen
    same = information_value(n_events * p, n_nonevents * p)
    assert same.bias == pytest.approx(same.by_chance, rel=1e-14)
