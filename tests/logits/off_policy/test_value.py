"""The value of a policy from another's log, against plain sums, the bootstrap and simulations whose truth is known."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from logitkit.errors import DataError, DataWarning
from logitkit.logits import RewardModel, off_policy_value
from logitkit.logits.off_policy.reward_model import expected_rewards
from tolerances import EXACT, ITERATIVE

RATES = np.array([[0.1, 0.2, 0.5], [0.3, 0.1, 0.2]])  # of three actions in two kinds of rows
LOGGED = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]])
POLICY = np.array([[0.2, 0.2, 0.6], [0.5, 0.4, 0.1]])
TRUTH = float((POLICY * RATES).sum(axis=1).mean())


def logged(rng: Any, n: int) -> tuple[Any, Any, Any, Any, Any]:
    """Return kinds of rows, actions, rewards, propensities and the policy's probabilities."""
    kind = rng.integers(0, 2, n)
    action = (rng.random(n)[:, None] > np.cumsum(LOGGED[kind], axis=1)).sum(axis=1)
    reward = (rng.random(n) < RATES[kind, action]).astype(float)
    return kind, action, reward, LOGGED[kind, action], POLICY[kind]


def test_estimates_and_errors_are_the_sums_of_their_definitions() -> None:
    rng = np.random.default_rng(1)
    _, action, r, p, policy = logged(rng, 1_000)
    expected = rng.random((1_000, 3))
    rows = range(1_000)
    w = [policy[i, action[i]] / p[i] for i in rows]
    ips = [w[i] * r[i] for i in rows]
    dr = [sum(policy[i, a] * expected[i, a] for a in range(3)) + w[i] * (r[i] - expected[i, action[i]]) for i in rows]
    for method, terms in (("ips", ips), ("dr", dr)):
        model = expected if method == "dr" else None
        found = off_policy_value(r, p, policy, method, action=action, model=model)
        assert found.value == pytest.approx(np.mean(terms), rel=EXACT)
        assert found.std_error == pytest.approx(np.std(terms, ddof=1) / np.sqrt(1_000), rel=EXACT)
        np.testing.assert_allclose(found.terms, terms, rtol=EXACT, atol=EXACT)
    found = off_policy_value(r, p, policy[range(1_000), action])
    assert found.value == pytest.approx(sum(ips) / sum(w), rel=EXACT)
    assert found.effective_size == pytest.approx(sum(w) ** 2 / sum(x * x for x in w), rel=EXACT)
    assert found.rewarded_size == pytest.approx(sum(ips) ** 2 / sum(x * x for x in ips), rel=EXACT)
    assert found.terms.mean() == pytest.approx(found.value, rel=EXACT)
    assert found.largest_weights[0] == max(w)
    assert w[found.largest_rows[1]] == found.largest_weights[1]


def test_a_policy_valued_from_its_own_log_has_the_mean_reward() -> None:
    rng = np.random.default_rng(2)
    r = (rng.random(400) < 0.3).astype(float)
    p = rng.uniform(0.1, 0.9, 400)
    for method in ("ips", "snips"):
        found = off_policy_value(r, p, p, method)
        assert found.value == pytest.approx(r.mean(), rel=EXACT) == found.logged_value
        assert found.std_error == pytest.approx(r.std(ddof=1) / 20, rel=EXACT)
        assert found.effective_size == pytest.approx(400, rel=EXACT)


def test_the_error_by_linearisation_is_near_that_of_the_jackknife() -> None:
    rng = np.random.default_rng(3)
    _, action, r, p, policy = logged(rng, 2_000)
    w = policy[np.arange(2_000), action] / p
    left = (w @ r - w * r) / (w.sum() - w)
    jackknife = np.sqrt(1_999 / 2_000 * ((left - left.mean()) ** 2).sum())
    found = off_policy_value(r, p, w * p)
    assert found.std_error == pytest.approx(jackknife, rel=2e-3)  # they differ in terms of order 1 / n


def test_rows_of_a_cluster_count_as_one() -> None:
    rng = np.random.default_rng(4)
    _, action, r, p, policy = logged(rng, 500)
    target = policy[np.arange(500), action]
    once = off_policy_value(r, p, target)
    user = np.arange(500).repeat(3)
    thrice = off_policy_value(r.repeat(3), p.repeat(3), target.repeat(3), clusters=user)
    assert (thrice.n, thrice.n_clusters) == (1_500, 500)
    assert thrice.std_error == pytest.approx(once.std_error, rel=EXACT)


def test_the_reward_model_maximises_the_likelihood_with_its_prior_on_the_other_folds() -> None:
    rng = np.random.default_rng(5)
    kind, action, r, _, _ = logged(rng, 120)
    x = kind + rng.normal(0.0, 1.0, 120)
    model = RewardModel(x[:, None], folds=3, seed=2)
    clusters = np.arange(120) // 2
    found = expected_rewards(model, r, action, 3, clusters)
    fold = (np.random.Generator(np.random.PCG64(2)).permutation(60) % 3)[clusters]
    own = np.column_stack([np.ones(120), action[:, None] == np.arange(3), x / x.std()])
    rest = fold != 1

    def loss(b: Any) -> float:
        eta = own[rest] @ b
        prior = np.sum(np.logaddexp(0.0, b) - b / 2.0)  # log-F(1, 1)
        return float(np.sum(np.logaddexp(0.0, eta) - r[rest] * eta) + prior)

    b = minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-8}).x
    for a in range(3):
        eta = b[0] + b[1 + a] + b[4] * x[~rest] / x.std()
        np.testing.assert_allclose(found[~rest, a], 1.0 / (1.0 + np.exp(-eta)), rtol=ITERATIVE)


def test_features_of_actions_and_perfect_features_are_taken() -> None:
    rng = np.random.default_rng(6)
    kind, action, r, p, policy = logged(rng, 3_000)
    features = np.log(RATES / (1.0 - RATES))[kind][:, :, None]
    found = off_policy_value(r, p, policy, "dr", action=action, model=RewardModel(features, folds=2))
    perfect = off_policy_value(r, p, policy, "dr", action=action, model=RATES[kind])
    assert found.value == pytest.approx(perfect.value, abs=0.2 * perfect.std_error)
    assert perfect.std_error < off_policy_value(r, p, policy, "ips", action=action).std_error


def test_the_interval_of_log_odds_stays_within_0_and_1() -> None:
    r = np.zeros(400)
    r[:2] = 1.0
    with pytest.warns(DataWarning, match=r"as much as 2\.0 of equal weight"):
        found = off_policy_value(r, np.full(400, 0.5), np.full(400, 0.5))
    low, high = found.logit_interval
    assert found.conf_low < 0.0 < low < found.value < high < 1.0
    slope = found.std_error / (found.value * (1 - found.value))
    assert np.log(high / (1 - high)) - np.log(found.value / (1 - found.value)) == pytest.approx(
        1.959963984540054 * slope, rel=EXACT
    )


def test_rules_of_the_warnings() -> None:
    r, p, target = np.ones(400), np.full(400, 0.5), np.full(400, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert off_policy_value(r, p, target).concerns == ()
    p[7] = 0.01  # a weight of 50 among 399 of 1
    with pytest.warns(DataWarning, match="Row 7 .from 0. has 11% of all weight"):
        assert len(off_policy_value(r, p, target).concerns) == 1
    wrong = np.random.default_rng(8).uniform(0.2, 0.3, 400)
    with pytest.warns(DataWarning, match="should be 1"):
        off_policy_value(r, wrong, target)


ONES = np.full(3, 0.5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: off_policy_value([1, 0, 1], [0.5, 0.0, 0.5], ONES), r"propensity of row 1 \(from 0\) is 0"),
        (lambda: off_policy_value([1, 0, 1], [0.5, 0.5, 1.5], ONES), r"propensity of row 2 \(from 0\) is 1\.5"),
        (lambda: off_policy_value([1, 0, np.nan], ONES, ONES), "not finite in row 2"),
        (lambda: off_policy_value([1, 0, 1], ONES, [0.5, 0.5, -0.1]), "target is -0.1 in row 2"),
        (lambda: off_policy_value([1, 0, 1], ONES, [0.5, 0.5]), "target has shape"),
        (lambda: off_policy_value([1, 0, 1], ONES, np.zeros(3)), "all weights are zero"),
        (lambda: off_policy_value([1, 0, 1], ONES[:2], ONES), "Propensities have shape"),
        (lambda: off_policy_value([1], [0.5], [0.5]), "at least two rows"),
        (lambda: off_policy_value([1, 0, 1], ONES, ONES, "dm"), "method='dm'"),
        (lambda: off_policy_value([1, 0, 1], ONES, ONES, "dr"), "all actions"),
        (lambda: off_policy_value([1, 0, 1], ONES, ONES, model=RewardModel()), "for method='dr'"),
        (lambda: off_policy_value([1, 0, 1], ONES, np.full((3, 2), 0.5)), "action= must say"),
        (lambda: off_policy_value([1, 0, 1], ONES, np.full((3, 2), 0.4), action=[0, 1, 0]), "add up to"),
        (lambda: off_policy_value([1, 0, 1], ONES, np.full((3, 2), 0.5), action=[0, 2, 0]), "action is 2 in row 1"),
        (
            lambda: off_policy_value([1, 0, 3], ONES, np.full((3, 2), 0.5), "dr", action=[0, 1, 0]),
            "rewards within 0 and 1",
        ),
        (
            lambda: off_policy_value(
                [1, 0, 1], ONES, np.full((3, 2), 0.5), "dr", action=[0, 1, 0], model=RewardModel(folds=4)
            ),
            "folds=4",
        ),
        (
            lambda: off_policy_value(
                [1, 0, 1], ONES, np.full((3, 2), 0.5), "dr", action=[0, 1, 0], model=RewardModel([[1.0]], folds=2)
            ),
            "features have shape",
        ),
        (
            lambda: off_policy_value([1, 0, 1], ONES, np.full((3, 2), 0.5), "dr", action=[0, 1, 0], model=ONES),
            "Expected rewards have shape",
        ),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The mean weight:logitkit.errors.DataWarning")  # one log in some thousands
@pytest.mark.parametrize("method", ["ips", "snips", "dr"])
def test_intervals_cover_the_truth(method: str) -> None:
    rng = np.random.default_rng(9)
    covered, errors, values = 0, [], []
    for _ in range(1_000):
        _, action, r, p, policy = logged(rng, 1_500)
        model = RewardModel(folds=2) if method == "dr" else None
        found = off_policy_value(r, p, policy, method, action=action, model=model)
        covered += found.conf_low <= TRUTH <= found.conf_high
        errors.append(found.std_error)
        values.append(found.value)
    assert 0.929 < covered / 1_000 < 0.971  # three standard errors of 0.007
    assert np.mean(values) == pytest.approx(TRUTH, abs=3 * np.std(values) / np.sqrt(1_000))
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.08)
