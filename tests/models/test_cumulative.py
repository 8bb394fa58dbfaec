"""The cumulative family: its methods agree with one another, with finite differences and with what it contains."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from logitkit.design.response.response import NO_SHARES, Response
from logitkit.models.cumulative import Cumulative, crossed
from logitkit.models.links import LINKS, Link
from logitkit.models.multinomial import Multinomial
from tolerances import EXACT, ROUTE

RISING = [link for link in LINKS.values() if link.rises_to_one]
NAMES = [link.name for link in RISING]
STEP = 1e-5
DIFFERENCES = 1e-7  # central differences are right to step squared times a third derivative, and rounding over the step


def case(counts: bool, k: int = 4, n: int = 40) -> tuple[np.ndarray, Response]:
    rng = np.random.default_rng(k)
    eta = np.sort(rng.normal(scale=1.3, size=(k - 1, n)), axis=0) + 0.1 * np.arange(k - 1)[:, None]
    if not counts:
        return eta, Response(rng.integers(0, k, n).astype(float), n_outcomes=k)
    table = rng.multinomial(6, np.full(k, 1 / k), n).T
    trials = table.sum(axis=0).astype(float)
    return eta, Response(np.zeros(n), trials, n_outcomes=k).with_shares(table / trials)


def derivative(function, eta: np.ndarray) -> np.ndarray:
    """Central differences, the predictor as the first axis after those of the values."""
    found = []
    for k in range(len(eta)):
        step = np.zeros_like(eta)
        step[k] = STEP
        found.append((function(eta + step) - function(eta - step)) / (2 * STEP))
    return np.stack(found)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
@pytest.mark.parametrize("counts", [False, True])
def test_losses_and_slopes(link: Link, counts: bool) -> None:
    family, (eta, response) = Cumulative(4, link), case(counts)
    logs, shares = family.log_probabilities(eta), response.indicators()
    assert_allclose(family.losses(eta, response), -(shares * logs).sum(axis=0), rtol=EXACT)
    found = family.slopes(eta, response)
    assert_allclose(found, derivative(lambda e: family.losses(e, response), eta), rtol=DIFFERENCES, atol=DIFFERENCES)
    assert_allclose(np.exp(logs), family.probabilities(eta), rtol=EXACT)
    assert_allclose(family.log_constants(response), Multinomial(4).log_constants(response), rtol=EXACT)
    assert np.all(family.saturated_losses(response) <= family.losses(eta, response) + EXACT)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_curvatures_are_the_expected_ones(link: Link) -> None:
    family, (eta, _) = Cumulative(4, link), case(counts=False)
    p = family.probabilities(eta)
    gradient = derivative(family.log_probabilities, eta)
    assert_allclose(
        family.curvatures(eta), np.einsum("kn,akn,bkn->abn", p, gradient, gradient), rtol=1e-6, atol=DIFFERENCES
    )


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_log_odds_and_their_jacobian(link: Link) -> None:
    family, (eta, _) = Cumulative(4, link), case(counts=False)
    p = family.probabilities(eta)
    assert_allclose(family.log_odds(eta), np.log(p) - np.log1p(-p), rtol=1e-10, atol=1e-10)
    jacobian = family.log_odds_jacobian(eta)
    assert jacobian.shape == (4, 3, eta.shape[1])
    found = derivative(family.log_odds, eta)
    assert_allclose(jacobian, np.moveaxis(found, 0, 1), rtol=1e-6, atol=DIFFERENCES)


def test_log_odds_far_out() -> None:
    eta = np.array([[-200.0], [200.0]])
    assert_allclose(Cumulative(3).log_odds(eta)[:, 0], [-200.0, 200.0 - np.log(2.0), -200.0], rtol=EXACT)
    jacobian = Cumulative(3).log_odds_jacobian(eta)[:, :, 0]
    assert_allclose(jacobian, [[1.0, 0.0], [-0.5, 0.5], [0.0, -1.0]], rtol=EXACT)


def test_rows_whose_thresholds_cross_have_no_probabilities() -> None:
    eta = np.array([[0.0, 0.5, np.nan], [1.0, 0.2, 1.0]])
    assert crossed(eta).tolist() == [False, True, True]
    family = Cumulative(3)
    for numbers in (family.probabilities(eta), family.log_probabilities(eta), family.log_odds(eta)):
        assert np.isfinite(numbers[:, 0]).all()
        assert np.isnan(numbers[:, 1:]).all()
    assert np.isnan(family.log_odds_jacobian(eta)[:, :, 1:]).all()
    # The loss asks the thresholds of the row's own outcome only.
    losses = family.losses(eta[:, :2], Response(np.array([1.0, 2.0]), n_outcomes=3))
    assert_allclose(losses[1], np.log1p(np.exp(0.2)), rtol=EXACT)
    assert family.losses(eta[:, :2], Response(np.array([1.0, 1.0]), n_outcomes=3))[1] == np.inf


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_the_null_model_reproduces_the_totals(link: Link) -> None:
    totals = np.array([5.0, 1.0, 7.0, 3.5])
    family = Cumulative(4, link)
    eta = np.repeat(family.null(totals)[:, None], 3, axis=1)
    assert_allclose(family.probabilities(eta)[:, 0], totals / totals.sum(), rtol=1e-12)
    slope, bands = np.empty((3, 1)), (np.empty((3, 1)), np.empty((2, 1)))
    shares = (totals / totals.sum())[:, None]
    family.rows(eta[:, :1], np.zeros(1, np.int32), shares, np.ones(1), bands, slope)
    assert_allclose(slope, 0.0, atol=1e-13)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_merging_outcomes_drops_a_threshold(link: Link) -> None:
    eta, _ = case(counts=False)
    p = Cumulative(4, link).probabilities(eta)
    merged = Cumulative(3, link).probabilities(eta[[0, 2]])
    assert_allclose(merged, [p[0], p[1] + p[2], p[3]], rtol=1e-12)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_a_reversed_order_has_the_mirrored_link(link: Link) -> None:
    eta, response = case(counts=True)
    there = Cumulative(4, link).losses(eta, response)
    back = response.with_shares(np.ascontiguousarray(response.indicators()[::-1]))
    assert_allclose(Cumulative(4, LINKS[str(link.mirror)]).losses(-eta[::-1], back), there, rtol=1e-12)


def test_a_fit_by_a_general_optimiser_has_no_slope_left() -> None:
    rng = np.random.default_rng(1)
    x, family = rng.normal(size=80), Cumulative(3, LINKS["probit"])
    y = (x + rng.normal(size=80) > np.array([[-0.5], [0.8]])).sum(axis=0)

    def evaluate(theta: np.ndarray) -> tuple[float, np.ndarray]:
        eta, slope = theta[:2, None] - x * theta[2], np.empty((2, 80))
        bands = np.empty((2, 80)), np.empty((1, 80))
        value, *_ = family.rows(eta, y.astype(np.int32), NO_SHARES, np.ones(80), bands, slope)
        return value, np.append(slope.sum(axis=1), -(slope @ x).sum())

    start = np.append(family.null(np.bincount(y)), 0.0)
    found = minimize(evaluate, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    assert_allclose(found.jac, 0.0, atol=1e-7)
    below = np.stack([LINKS["probit"].inverse(c - x * found.x[2]) for c in found.x[:2]])
    direct = -np.log(np.diff(np.vstack([0 * x, below, 0 * x + 1]), axis=0)[y, np.arange(80)]).sum()
    assert_allclose(found.fun, direct, rtol=ROUTE)


def test_drawn_rows_have_the_probabilities() -> None:
    generator = np.random.default_rng(6)
    p = Cumulative(3).probabilities(np.array([[-1.0] * 400, [0.5] * 400]))
    drawn = Cumulative(3).draw(generator, np.full(400, 50), p)
    assert_allclose(drawn.mean(axis=1), p[:, 0], atol=4 * np.sqrt(0.25 / 20_000))
