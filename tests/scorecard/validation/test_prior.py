"""Prior correction: samples drawn by the outcome from a population that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

import logitkit as lk
from logitkit.errors import DataError


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    age, debt = rng.integers(1, 7, 40_000), rng.integers(1, 6, 40_000)
    bad = rng.random(40_000) < expit(-4.0 - 0.4 * age + 0.6 * debt)
    return pd.DataFrame({"age": age, "debt": debt, "bad": bad.astype(int)})


@pytest.fixture(scope="module")
def sample(population: pd.DataFrame) -> pd.DataFrame:
    """All bads, and as many goods."""
    bads = population[population["bad"] == 1]
    return pd.concat([bads, population[population["bad"] == 0].sample(len(bads), random_state=1)])


def test_the_corrected_card_is_calibrated_in_the_population(population: pd.DataFrame, sample: pd.DataFrame) -> None:
    card = lk.scorecard(["age", "debt"], sample, target="bad", scaling=lk.scorecard.Scaling(rounded=False))
    rate = population["bad"].mean()
    corrected = card.with_prior(rate)
    shift = corrected.score(population)["log_odds"] - card.score(population)["log_odds"]
    np.testing.assert_allclose(shift, logit(rate) - logit(0.5), rtol=1e-9)
    found = corrected.validate(population).samples[0]
    # Goods of the sample have an error of their own, about 1 / sqrt(bads) of the odds.
    assert found.expected == pytest.approx(found.n_bad, rel=4.0 / np.sqrt(found.n_bad))
    assert card.validate(population).samples[0].expected > 5 * found.n_bad
    line = corrected.bands(population).line
    assert line.intercept + 3.0 * line.slope == pytest.approx(3.0, abs=0.3)
    assert line.slope == pytest.approx(1.0, abs=0.15)
    whole = lk.scorecard(["age", "debt"], population, target="bad")
    np.testing.assert_allclose(corrected.fit.coef.iloc[1:], whole.fit.coef.iloc[1:], atol=0.25)


def test_a_card_of_the_whole_population_stays_as_it_is(population: pd.DataFrame) -> None:
    card = lk.scorecard(["age", "debt"], population, target="bad")
    same = card.with_prior(population["bad"].mean())
    assert same.card.intercept == pytest.approx(card.card.intercept, abs=1e-12)
    pd.testing.assert_frame_equal(same.table(), card.table())


def test_points_of_bins_stay_and_the_monitor_moves_along(sample: pd.DataFrame) -> None:
    card = lk.scorecard(["age", "debt"], sample, target="bad")
    corrected = card.with_prior(0.02)
    moved = corrected.card.base_points - card.card.base_points
    assert moved == np.round(moved) > 0
    np.testing.assert_array_equal(corrected.points(sample), card.points(sample))
    old, new = card.stability(sample).table(), corrected.stability(sample).table()
    assert new.loc["Score", "psi"] == pytest.approx(old.loc["Score", "psi"], abs=1e-12)


def test_a_corrected_card_is_saved_as_it_is(sample: pd.DataFrame, tmp_path: Path) -> None:
    corrected = lk.scorecard(["age", "debt"], sample, target="bad").with_prior(0.02)
    path = tmp_path / "card.json"
    corrected.save(path)
    pd.testing.assert_frame_equal(lk.load(path).score(sample), corrected.score(sample))
    assert corrected.rounding() is not None


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, "2 %", np.nan])
def test_what_is_no_rate_is_refused(sample: pd.DataFrame, rate: float) -> None:
    card = lk.scorecard(["age"], sample, target="bad")
    with pytest.raises(DataError, match="between 0 and 1"):
        card.with_prior(rate)
