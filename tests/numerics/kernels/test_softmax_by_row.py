"""The softmax of logits stored row by row, against that of logits stored outcome by outcome."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.engine.regularised.preconditioner import logarithmic_mean
from logitkit.models.multinomial import NO_SHARES, Multinomial
from logitkit.numerics.kernels.softmax import softmax_by_row
from tolerances import EXACT


def both(eta, codes, shares, weights):
    """Loss, least other mean and slopes of both kernels."""
    K, n = eta.shape
    slope = np.empty((K, n))
    whole = Multinomial(K).rows(eta.copy(), codes, shares, weights, slope, np.empty((K, n)))
    rows = np.ascontiguousarray(eta.T)
    own = softmax_by_row(rows, codes, shares, weights, np.empty(K))
    return (whole, slope), (own, rows.T)


@pytest.mark.parametrize("n_outcomes", [2, 3, 4, 5, 7, 8, 50, 101])
@pytest.mark.parametrize("spread", [0.1, 3.0, 800.0])
@pytest.mark.parametrize("counted", [False, True])
def test_both_ways_to_store_logits_give_one_loss_and_slopes(n_outcomes, spread, counted):
    rng = np.random.default_rng(n_outcomes)
    n = 40
    eta = rng.normal(size=(n_outcomes, n)) * spread
    eta[:, 0] = 1.5  # all the same
    eta[0, 1] = -np.inf
    codes = rng.integers(1, n_outcomes, n).astype(np.int32)
    weights = rng.uniform(0.5, 2.0, n)
    weights[2] = 0.0
    shares = NO_SHARES
    if counted:
        counts = rng.integers(0, 3, (n_outcomes, n)) + np.eye(n_outcomes)[codes].T
        counts[0, 1] = 0.0
        shares = counts / counts.sum(axis=0)
    (whole, slope), (own, by_row) = both(eta, codes, shares, weights)
    assert_allclose(own, whole, rtol=EXACT)
    # A slope is a weight times a probability or what one lacks: each is right to its own last digits.
    assert_allclose(by_row, slope, rtol=1e-12, atol=0.0 if not counted else 1e-15)


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_a_missing_logit_makes_the_loss_missing_whatever_outcome_it_belongs_to(missing):
    eta = np.zeros((6, 3))
    eta[5, 1] = missing
    (whole, _), (own, _) = both(eta, np.zeros(3, np.int32), NO_SHARES, np.ones(3))
    assert np.isnan(whole[0])
    assert np.isnan(own[0])


def test_the_logarithmic_mean_lies_between_and_is_symmetric():
    a, b = np.array([1.0, 1.0, 1e-3, 7.0, 1.0 + 1e-9]), np.array([1.0, 4.0, 1e6, 7.0, 1.0])
    found = logarithmic_mean(a, b)
    assert_allclose(found, logarithmic_mean(b, a), rtol=1e-9)
    assert np.all((found >= np.minimum(a, b)) & (found <= np.maximum(a, b)))
    assert_allclose(found[1], 3.0 / np.log(4.0), rtol=EXACT)
