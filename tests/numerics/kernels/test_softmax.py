"""The compiled softmax against scipy's, far in the tails, at infinity, and with the compiler switched off."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import logsumexp, softmax

from logitkit.models.multinomial import NO_SHARES, Multinomial
from logitkit.numerics.kernels.softmax import softmax_rows
from numerics.kernels.uncompiled import with_and_without_the_compiler
from oracles.likelihood import central_difference
from tolerances import EXACT

SCRIPT = """
import json
import numpy as np
from logitkit.numerics.kernels.softmax import softmax_rows

rng = np.random.default_rng(8)
numbers = []
for k in (2, 3, 7):
    for counted in (False, True):
        eta = rng.normal(size=(k, 600)) * 10.0 ** rng.uniform(-2, 2.9, 600)
        codes = rng.integers(0, k, 600).astype(np.int32)
        shares = rng.dirichlet(np.ones(k), 600).T.copy() if counted else np.empty((0, 0))
        slope, others = np.empty_like(eta), np.empty_like(eta)
        value, closest = softmax_rows(eta, codes, shares, rng.integers(0, 3, 600).astype(float), slope, others)
        numbers += [value, closest, *slope[:, :40].ravel(), *others[:, :40].ravel(), *eta[:, -40:].ravel()]
print(json.dumps([hasattr(softmax_rows, "py_func"), [float(number) for number in numbers]]))
"""


def evaluate(
    eta: np.ndarray, codes: np.ndarray, weights: np.ndarray, shares: np.ndarray = NO_SHARES
) -> tuple[float, float, np.ndarray, np.ndarray, np.ndarray]:
    """Give value, closest, probabilities, what is left to one, and slopes."""
    mean, slope, others = np.array(eta, order="C"), np.full(eta.shape, np.nan), np.full(eta.shape, np.nan)
    value, closest = softmax_rows(mean, codes.astype(np.int32), shares, weights, slope, others)
    return value, closest, mean, others, slope


def rest(eta: np.ndarray, k: int) -> np.ndarray:
    """Give 1 - p without cancellation: by the logarithms."""
    left = logsumexp(np.delete(eta, k, axis=0), axis=0) - logsumexp(eta, axis=0)
    return np.exp(left)


@pytest.mark.parametrize("k", [2, 3, 4, 9])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 30.0, 700.0])
@pytest.mark.parametrize("n", [1, 255, 256, 700])
def test_one_outcome_a_row(k: int, scale: float, n: int) -> None:
    rng = np.random.default_rng(k)
    eta, codes, weights = scale * rng.normal(size=(k, n)), rng.integers(0, k, n), rng.random(n) + 0.1
    value, closest, mean, others, slope = evaluate(eta, codes, weights)
    expected = softmax(eta, axis=0)
    assert_allclose(mean, expected, rtol=EXACT, atol=1e-300)
    for outcome in range(k):
        assert_allclose(others[outcome], rest(eta, outcome), rtol=EXACT * max(1.0, scale), atol=1e-300)
    own = codes == np.arange(k)[:, None]
    above = logsumexp(np.where(own, -np.inf, eta), axis=0) - eta[codes, np.arange(n)]
    assert_allclose(value, weights @ np.logaddexp(0.0, above), rtol=EXACT)
    assert_allclose(slope, weights * np.where(own, -others, mean), rtol=EXACT, atol=1e-300)
    assert closest == np.where(own, np.inf, weights * mean).min()


@pytest.mark.parametrize("k", [2, 3, 6])
def test_shares(k: int) -> None:
    rng = np.random.default_rng(k)
    n = 300
    eta, weights = 5 * rng.normal(size=(k, n)), rng.integers(0, 3, n).astype(float)
    counts = rng.integers(0, 3, size=(k, n))
    counts[0, counts.sum(axis=0) == 0] = 1
    shares = counts / counts.sum(axis=0)
    value, closest, mean, _, slope = evaluate(eta, np.zeros(n), weights, shares)
    loss = logsumexp(eta, axis=0) - (shares * eta).sum(axis=0)
    assert_allclose(value, weights @ loss, rtol=EXACT)
    assert_allclose(slope, weights * (softmax(eta, axis=0) - shares), rtol=EXACT, atol=EXACT)
    open_ = (counts == 0) & (weights > 0.0)
    assert_allclose(closest, (weights * mean)[open_].min(), rtol=EXACT)
    # A share of one is an outcome: the same numbers to the bit.
    codes = rng.integers(0, k, n)
    whole = np.eye(k)[codes].T.copy()
    one, other = evaluate(eta, codes, weights), evaluate(eta, np.zeros(n), weights, whole)
    assert_allclose(one[0], other[0], rtol=EXACT)
    assert one[1] == other[1]
    assert np.array_equal(one[2], other[2])
    assert np.array_equal(one[4], other[4])


def test_the_tails() -> None:
    eta = np.array(
        [[0.0, 0.0, 0.0, -800.0, 800.0], [800.0, -800.0, 40.0, 800.0, 800.0], [-800.0, 700.0, -40.0, 0.0, 0.0]]
    )
    codes, ones = np.array([0, 1, 2, 0, 2]), np.ones(5)
    losses = Multinomial(3).loss(eta, codes.astype(np.int32), NO_SHARES)
    assert_allclose(losses, [800.0, 1500.0, 80.0, 1600.0, 800.0 + np.log(2.0)], rtol=EXACT)
    value, closest, mean, others, slope = evaluate(eta, codes, ones)
    assert_allclose(value, losses.sum(), rtol=EXACT)
    assert closest == 0.0
    assert np.isfinite([mean, others, slope]).all()
    assert_allclose(others[1, 2], np.exp(-40.0) + np.exp(-80.0), rtol=EXACT)
    assert_allclose(mean[:, 4], [0.5, 0.5, 0.0], rtol=EXACT)


def test_outcomes_that_a_row_cannot_have() -> None:
    eta = np.array([[0.3, -np.inf, 1.0], [-np.inf, -np.inf, 2.0], [1.2, 5.0, -np.inf]])
    codes, ones = np.array([0, 2, 1]), np.ones(3)
    value, closest, mean, others, slope = evaluate(eta, codes, ones)
    with np.errstate(invalid="ignore"):
        assert_allclose(mean, softmax(eta, axis=0), rtol=EXACT)
    expected = np.log1p(np.exp(0.9)) + 0.0 + np.log1p(np.exp(-1.0))
    assert_allclose(value, expected, rtol=EXACT)
    assert closest == 0.0
    assert others[2, 1] == 0.0
    assert slope[:, 1].tolist() == [0.0, 0.0, 0.0]
    assert_allclose(slope.sum(axis=0), 0.0, atol=EXACT)
    shares = np.array([[1.0, 0.0, 0.25], [0.0, 0.0, 0.75], [0.0, 1.0, 0.0]])
    counted = evaluate(eta, codes, ones, shares)
    loss = np.log1p(np.exp(0.9)) + np.log1p(np.exp(-1.0)) + 0.25
    assert_allclose(counted[0], loss, rtol=EXACT)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_missing_logit_is_a_missing_loss(place: int) -> None:
    for k in range(3):
        eta = np.array([[0.1, 0.2], [0.3, -0.4], [0.0, 2.0]])
        eta[place, 1] = np.nan
        value, *_ = evaluate(eta, np.array([0, k]), np.ones(2))
        assert np.isnan(value)
        mean = Multinomial(3).mean(eta)
        assert np.isfinite(mean[:, 0]).all()
        assert np.isnan(mean[:, 1]).all()


def test_slopes_are_derivatives_of_the_loss() -> None:
    rng = np.random.default_rng(1)
    family, weights = Multinomial(4), np.array([2.0])
    for shares in (NO_SHARES, np.array([[0.5], [0.0], [0.3], [0.2]])):
        eta, code = rng.normal(size=4), np.array([2], dtype=np.int32)

        def loss(at: np.ndarray, code: np.ndarray = code, shares: np.ndarray = shares) -> np.ndarray:
            return weights * family.loss(at[:, None], code, shares)

        *_, slope = evaluate(eta[:, None], code, weights, shares)
        # A central difference is right to step squared plus rounding over the step: 1e-10.
        assert_allclose(slope[:, 0], central_difference(loss, eta)[0], atol=1e-9)


def test_rows_of_weight_zero_count_for_nothing() -> None:
    eta = np.array([[0.2, 800.0], [0.1, -800.0], [0.0, 5.0]])
    value, closest, mean, _, slope = evaluate(eta, np.array([1, 1]), np.array([1.5, 0.0]))
    assert_allclose(value, 1.5 * (logsumexp(eta[:, 0]) - 0.1), rtol=EXACT)
    assert_allclose(closest, 1.5 * mean[2, 0], rtol=EXACT)
    assert np.abs(slope[:, 1]).tolist() == [0.0, 0.0, 0.0]


def test_the_constant_and_the_saturated_loss() -> None:
    from math import factorial

    counts = np.array([[3.0, 0.0], [2.0, 4.0], [1.0, 0.0]])
    family, trials = Multinomial(3), counts.sum(axis=0)
    expected = [np.log(factorial(6) / (6 * 2)), 0.0]
    assert_allclose(family.log_constant(counts / trials, trials), expected, rtol=EXACT, atol=EXACT)
    shares = counts / trials
    entropy = -(3 / 6 * np.log(3 / 6) + 2 / 6 * np.log(2 / 6) + 1 / 6 * np.log(1 / 6))
    assert_allclose(family.saturated_loss(shares, 2), [entropy, 0.0], rtol=EXACT, atol=EXACT)


def test_the_loops_are_the_same_without_the_compiler() -> None:
    (compiled, fast), (interpreted, slow) = with_and_without_the_compiler(SCRIPT)
    assert compiled
    assert not interpreted
    assert_allclose(fast, slow, rtol=EXACT, atol=1e-300)
