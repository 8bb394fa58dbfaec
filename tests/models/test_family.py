"""Every family keeps the contract: its methods agree with one another and with finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design.response.response import Response
from logitkit.models.binomial import Binomial
from logitkit.models.family import Family
from logitkit.models.multinomial import Multinomial
from tolerances import EXACT, ROUTE

STEP = 1e-5
N = 40
# Central differences of step 1e-5 are right to 1e-10 plus rounding of the values over the step.
DIFFERENCES = 1e-8

FAMILIES: list[tuple[Family, int]] = [(Binomial(), 1), (Multinomial(2), 2), (Multinomial(3), 3), (Multinomial(5), 5)]
IDS = ["binomial", "multinomial of 2", "multinomial of 3", "multinomial of 5"]


def case(family: Family, m: int, counts: bool) -> tuple[np.ndarray, Response]:
    rng = np.random.default_rng(7)
    k = family.n_outcomes
    eta = rng.normal(scale=2.0, size=(m, N))
    if not counts:
        return eta, Response(rng.integers(0, k, N).astype(float), n_outcomes=k)
    table = rng.multinomial(6, np.full(k, 1 / k), N).T + np.eye(k)[:, rng.integers(0, k, N)]
    shares, trials = table / table.sum(axis=0), table.sum(axis=0)
    if m == 1:
        return eta, Response(shares[1], trials)
    return eta, Response(np.zeros(N), trials, n_outcomes=k).with_shares(shares)


def derivative(function, eta):
    """Central differences, the predictor as the first axis after those of the values."""
    found = []
    for j in range(len(eta)):
        step = np.zeros_like(eta)
        step[j] = STEP
        found.append((function(eta + step) - function(eta - step)) / (2 * STEP))
    return np.stack(found)


@pytest.mark.parametrize(("family", "m"), FAMILIES, ids=IDS)
@pytest.mark.parametrize("counts", [False, True])
def test_losses_and_their_derivatives(family: Family, m: int, counts: bool) -> None:
    eta, response = case(family, m, counts)
    logs, shares = family.log_probabilities(eta), response.indicators()
    assert_allclose(family.losses(eta, response), -(shares * logs).sum(axis=0), rtol=EXACT, atol=EXACT)
    assert_allclose(
        family.slopes(eta, response), derivative(lambda e: family.losses(e, response), eta), atol=DIFFERENCES
    )
    second = derivative(lambda e: family.slopes(e, response), eta)
    assert_allclose(family.curvatures(eta), second, atol=DIFFERENCES)


@pytest.mark.parametrize(("family", "m"), FAMILIES, ids=IDS)
def test_probabilities_and_log_odds(family: Family, m: int) -> None:
    eta, _ = case(family, m, False)
    mean = family.probabilities(eta)
    assert mean.shape == (family.n_outcomes, N)
    assert_allclose(mean.sum(axis=0), 1.0, rtol=EXACT)
    assert_allclose(np.log(mean), family.log_probabilities(eta), rtol=ROUTE, atol=EXACT)
    assert_allclose(family.log_odds(eta), np.log(mean) - np.log1p(-mean), rtol=ROUTE, atol=ROUTE)
    jacobian = family.log_odds_jacobian(eta)
    assert jacobian.shape == (family.n_outcomes, m, N)
    assert_allclose(jacobian, np.moveaxis(derivative(family.log_odds, eta), 0, 1), atol=DIFFERENCES)


@pytest.mark.parametrize(("family", "m"), FAMILIES, ids=IDS)
def test_saturated_losses_are_the_entropy_and_no_loss_is_less(family: Family, m: int) -> None:
    eta, response = case(family, m, True)
    shares = response.indicators()
    entropy = -np.where(shares > 0.0, shares * np.log(np.where(shares > 0.0, shares, 1.0)), 0.0).sum(axis=0)
    assert_allclose(family.saturated_losses(response), entropy, rtol=EXACT, atol=EXACT)
    assert (family.losses(eta, response) >= entropy - EXACT).all()


@pytest.mark.parametrize(("family", "m"), FAMILIES, ids=IDS)
def test_constants_make_the_probabilities_of_all_counts_sum_to_one(family: Family, m: int) -> None:
    if family.n_outcomes > 3:
        return
    k, trials = family.n_outcomes, 4
    every = np.array(np.meshgrid(*[np.arange(trials + 1)] * k)).reshape(k, -1)
    every = every[:, every.sum(axis=0) == trials]
    eta = np.repeat(np.linspace(-1.0, 1.5, m)[:, None], every.shape[1], axis=1)
    rows = Response(every[1] / trials, np.full(every.shape[1], float(trials)), n_outcomes=k)
    rows = rows if m == 1 else rows.with_shares(every / trials)
    logs = family.log_constants(rows) - trials * family.losses(eta, rows)
    assert_allclose(np.exp(logs).sum(), 1.0, rtol=ROUTE)


@pytest.mark.parametrize(("family", "m"), FAMILIES, ids=IDS)
def test_draws_have_the_probabilities_of_the_rows(family: Family, m: int) -> None:
    rng = np.random.default_rng(11)
    eta = np.repeat(np.linspace(-1.0, 1.0, m)[:, None], 3, axis=1)
    mean = family.probabilities(eta)
    trials = np.array([1_000_000, 1_000_000, 0])
    drawn = family.draw(rng, trials, mean)
    assert_allclose(drawn[:, :2].sum(axis=0), 1.0, rtol=EXACT)
    assert np.isnan(drawn[:, 2]).all()
    # Four standard errors of a proportion of a million trials.
    assert_allclose(drawn[:, :2], mean[:, :2], atol=4 * np.sqrt(0.25 / 1_000_000))


def test_far_out_no_logarithm_is_lost() -> None:
    eta = np.array([[-800.0, 800.0]])
    assert_allclose(Binomial().log_probabilities(eta), [[0.0, -800.0], [-800.0, 0.0]], atol=1e-300)
    logits = np.array([[0.0], [800.0], [-800.0]])
    assert_allclose(Multinomial(3).log_odds(logits)[:, 0], [-800.0, 800.0, -1600.0], rtol=EXACT)


def test_an_outcome_that_is_ruled_out_has_probability_zero_whatever_is_known_of_the_others() -> None:
    logits = np.array([[0.0, np.nan], [1.0, np.nan], [-np.inf, -np.inf]])
    found = Multinomial(3).probabilities(logits)
    assert_allclose(found[:, 0], [1 / (1 + np.e), np.e / (1 + np.e), 0.0], rtol=EXACT)
    assert_allclose(found[:, 1], [np.nan, np.nan, 0.0])
