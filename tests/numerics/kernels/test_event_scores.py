"""Scores, probabilities and pooled losses of events against plain formulas in long double."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.logits.scores import brier_score, log_loss, mean_scores
from logitkit.numerics.kernels.event_scores import add_chances, event_scores, likelihoods
from logitkit.numerics.kernels.pools import event_pool_loss, linear_pool_loss, log_pool_loss
from tolerances import EXACT

LARGE = np.array([0.0, -0.0, 1e-9, -1e-9, 36.0, -36.0, 710.0, -710.0, 1e4, -1e4, 0.88, -0.89])


def problem(n=600):
    rng = np.random.default_rng(5)
    x = np.concatenate([LARGE, rng.normal(0.0, 4.0, n)])
    y = np.where(rng.random(x.size) < 0.2, rng.random(x.size), rng.integers(0, 2, x.size))
    return x, y, rng.integers(0, 4, x.size).astype(float)


def test_scores_are_right_to_the_last_places():
    x, y, w = problem()
    for i in range(x.size):  # row by row: no error is lost in a sum
        losses, squares = event_scores(x[i : i + 1], y[i : i + 1], np.ones(1))
        z, share = np.longdouble(x[i]), np.longdouble(y[i])
        both = np.log1p(np.exp(-abs(z)))
        expected = both + share * max(-z, 0) + (1 - share) * max(z, 0)
        p, q = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z))
        assert losses == pytest.approx(float(expected), rel=1e-15, abs=1e-320)
        assert squares == pytest.approx(float(share * q * q + (1 - share) * p * p), rel=2e-15, abs=1e-320)
    means = mean_scores(x, y, w)
    assert_allclose(means, [log_loss(x, y, w), brier_score(x, y, w)], rtol=EXACT)
    # Of two outcomes the squares are added up over both.
    logits, shares = np.column_stack([np.zeros(x.size), x]), np.column_stack([1.0 - y, y])
    assert_allclose(mean_scores(logits, shares, w), [means[0], 2.0 * means[1]], rtol=EXACT)


def test_chances_and_likelihoods_are_probabilities():
    x, _, _ = problem()
    p = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    q = 1 / (1 + np.exp(x.astype(np.longdouble)))
    event, none, out = np.zeros(x.size), np.zeros(x.size), np.empty(x.size)
    add_chances(x, 0.3, event, none)
    assert_allclose(event, (0.3 * p).astype(float), rtol=2e-15, atol=1e-320)
    assert_allclose(none, (0.3 * q).astype(float), rtol=2e-15, atol=1e-320)
    happened = np.arange(x.size) % 3 == 0
    likelihoods(x, happened, out)
    assert_allclose(out, np.where(happened, p, q).astype(float), rtol=2e-15, atol=1e-320)


def test_losses_of_an_event_are_those_of_two_outcomes():
    rng = np.random.default_rng(6)
    d, counts = rng.normal(0.0, 3.0, (1_300, 3)), rng.integers(0, 3, 1_300).astype(float)
    d[:4] *= 200.0
    for weights in (np.array([0.2, 0.5, 0.7]), np.zeros(3)):
        one, two = np.empty((4, 3)), np.empty((4, 3))
        losses = event_pool_loss(d, counts, weights, one), log_pool_loss(d[:, None], counts, weights, two)
        assert losses[0] == pytest.approx(losses[1], rel=EXACT)
        lower = np.tri(4, 3, -1, dtype=bool) | (np.arange(4) == 0)[:, None]
        assert_allclose(one[lower], two[lower], rtol=1e-11)  # sums of terms of both signs


def test_the_loss_of_a_linear_pool_has_the_logs_of_its_means():
    rng = np.random.default_rng(7)
    likelihoods_, counts = rng.random((900, 3)), rng.integers(0, 3, 900).astype(float)
    for scale in (1.0, 1e-130, 1e-305):  # the last has numbers without all their bits, whose logs NumPy's are
        p, w, sums = likelihoods_ * scale, np.array([0.2, 0.3, 0.5]), np.empty((4, 3))
        found = linear_pool_loss(p, counts, w, sums)
        assert found == pytest.approx(-(counts @ np.log(p @ w)), rel=EXACT)
        assert_allclose(sums[0], -((counts / (p @ w)) @ p), rtol=EXACT)
    p[3] = 0.0
    assert linear_pool_loss(p, counts, w, sums) == np.inf
