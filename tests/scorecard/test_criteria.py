"""Weight of evidence and information value, beside closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest

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
    assert woe[0] == pytest.approx(np.log(30.5 / 40) - np.log(0.5 / 20), rel=1e-14)
    assert np.isnan(woe[2])
    assert information_value(events, nonevents).parts[2] == 0.0
