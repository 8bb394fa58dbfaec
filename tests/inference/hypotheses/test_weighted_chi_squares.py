"""Weighted sums of chi-squares: closed forms of equal weights and of pairs of weights, in both tails."""

from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc

from logitkit.inference.hypotheses.weighted_chi_squares import weighted_chi_square

DIGITS = 1e-11


def of_pairs(x: float, weights: np.ndarray) -> float:
    """Return the upper tail where each weight has two degrees of freedom: a sum of exponentials, with 100 digits."""
    getcontext().prec = 100
    own, total = [Decimal(float(w)) for w in weights], Decimal(0)
    for j, weight in enumerate(own):
        share = Decimal(1)
        for other in own[:j] + own[j + 1 :]:
            share *= weight / (weight - other)
        total += share * (-Decimal(x) / (2 * weight)).exp()
    return float(total)


@pytest.mark.parametrize("k", [1, 2, 5, 30, 1000])
@pytest.mark.parametrize("away", [-0.99, -0.5, 0.0, 1.9, 2.1, 8.0, 40.0])
def test_equal_weights_are_a_chi_square(k: int, away: float) -> None:
    x = max(k + away * np.sqrt(2.0 * k), 0.01)
    assert_allclose(weighted_chi_square(3.0 * x, np.full(k, 3.0)), chdtrc(k, x), rtol=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_pairs_of_weights_are_sums_of_exponentials(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = np.exp(2.0 * rng.normal(size=rng.integers(1, 30)))
    for times in (0.05, 0.7, 1.5, 5.0, 40.0):
        x = times * 2.0 * float(weights.sum())
        assert_allclose(weighted_chi_square(x, np.repeat(weights, 2)), of_pairs(x, weights), rtol=DIGITS)


def test_edges() -> None:
    assert weighted_chi_square(0.0, np.ones(2)) == 1.0
    assert np.isnan(weighted_chi_square(1.0, np.zeros(2)))
    assert np.isnan(weighted_chi_square(np.nan, np.ones(2)))
    assert_allclose(weighted_chi_square(4.0, np.array([1.0, 0.0, 1e-30])), chdtrc(1, 4.0), rtol=DIGITS)
