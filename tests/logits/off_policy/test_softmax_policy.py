"""Softmax policies: the gradient over all choices by finite differences; what is learnt where the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import check_grad

from logitkit.errors import DataError
from logitkit.logits import SimulatedBandit, SoftmaxPolicy, off_policy_value, reinforce
from tolerances import EXACT, ROUTE

X = np.array([[1.0, 0.5], [1.0, -1.0], [1.0, 2.0]])
COEF = np.array([[0.2, -0.4], [0.0, 0.3], [-0.5, 0.1]])
REWARD = np.array([[1.0, 3.0, 2.0], [0.0, -1.0, 4.0], [2.0, 2.5, 0.5]])


def expected_reward(flat: Any) -> float:
    """The expected reward by its definition: the mean over rows of the sum over actions."""
    z = X[:2] @ flat.reshape(3, 2).T
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return float((p * REWARD[:2]).sum(axis=1).mean())


def over_all_choices(baseline: bool, shift: float = 0.0) -> tuple[Any, float]:
    """The mean of the estimated gradient and its total variance, over all 9 pairs of choices in two rows."""
    policy = SoftmaxPolicy(COEF)
    p, mean, square = policy.probabilities(X[:2]), np.zeros((3, 2)), 0.0
    for actions in product(range(3), repeat=2):
        chance = np.prod(p[range(2), actions])
        found = policy.gradient(X[:2], actions, REWARD[range(2), actions] + shift, baseline=baseline)
        mean += chance * found
        square += chance * float((found**2).sum())
    return mean, square - float((mean**2).sum())


@pytest.mark.parametrize("baseline", [True, False])
def test_the_mean_over_all_choices_is_the_gradient_of_the_expected_reward(baseline: bool) -> None:
    error = check_grad(expected_reward, lambda _: over_all_choices(baseline)[0].ravel(), COEF.ravel())
    assert error < 1e-6  # of forward differences with steps of 1.5e-8


def test_the_baseline_takes_out_what_all_rewards_have_in_common() -> None:
    mean, variance = over_all_choices(True, shift=10.0)
    again, same = over_all_choices(True)
    np.testing.assert_allclose(mean, again, rtol=ROUTE)
    assert variance == pytest.approx(same, rel=ROUTE)
    assert over_all_choices(False, shift=10.0)[1] > 20 * variance


def test_the_first_round_is_a_step_along_the_gradient() -> None:
    told: dict[str, Any] = {}

    def bandit(features: Any, action: Any, generator: Any) -> Any:
        told.update(features=features, action=action, reward=generator.random(action.size))
        return told["reward"]

    found = reinforce(bandit, X, 3, rounds=1, batch=20, rate=0.5, seed=4)
    by_hand = np.zeros((3, 2))
    others = [np.delete(told["reward"], i).mean() for i in range(20)]
    for i in range(20):
        slope = (np.arange(3) == told["action"][i]) - 1 / 3
        by_hand += np.outer(slope, told["features"][i]) * (told["reward"][i] - others[i]) / 20
    np.testing.assert_allclose(found.coef, 0.5 * by_hand, rtol=ROUTE, atol=EXACT)
    assert found.rewards == pytest.approx([told["reward"].mean()], rel=EXACT)


def test_a_policy_learns_what_is_best_in_each_kind_of_row() -> None:
    rng = np.random.default_rng(5)
    features = np.column_stack([np.ones(400), rng.integers(0, 2, 400)])
    bandit = SimulatedBandit(np.array([[0.0, -2.0], [-2.0, 4.0], [-1.0, 0.0]]))  # the first, or the second
    best = bandit.expected(features).max(axis=1).mean()
    found = reinforce(bandit, features, 3, rounds=400, rate=2.0, seed=1)
    value = bandit.value(features, found.probabilities(features))
    even = bandit.value(features, np.full((400, 3), 1 / 3))
    assert even + 0.95 * (best - even) < value < best
    assert np.array_equal(found.coef, reinforce(bandit, features, 3, rounds=400, rate=2.0, seed=1).coef)
    # It is valued from the log of another policy, too.
    rows = features[rng.integers(0, 400, 5_000)]
    logged = bandit.log(SoftmaxPolicy(np.zeros((3, 2))), rows, seed=2)
    np.testing.assert_allclose(logged.propensity, 1 / 3, rtol=EXACT)
    assert set(logged.action) == {0, 1, 2}
    valued = off_policy_value(logged.reward, logged.propensity, found.probabilities(rows), action=logged.action)
    assert abs(valued.value - bandit.value(rows, found.probabilities(rows))) < 3 * valued.std_error


def test_choices_have_the_probabilities_of_the_policy() -> None:
    policy = SoftmaxPolicy(COEF)
    rows = np.repeat(X, 20_000, axis=0)
    action = policy.draw(rows, seed=3).reshape(3, -1)
    p = policy.probabilities(X)
    for a in range(3):
        assert (np.abs((action == a).mean(axis=1) - p[:, a]) < 4 * np.sqrt(p[:, a] / 20_000)).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: SoftmaxPolicy(COEF).logits([1.0, 2.0]), r"give \(n, 2\)"),
        (lambda: SoftmaxPolicy(COEF).gradient(X, [0, 1, 3], np.ones(3)), "action is 3 in row 2"),
        (lambda: SoftmaxPolicy(COEF).gradient(X, [0, 1, 2], np.ones(2)), "Rewards have shape"),
        (lambda: SoftmaxPolicy(COEF).gradient(X[:1], [0], [1.0]), "baseline=False"),
        (lambda: reinforce(lambda x, a, g: a * np.nan, X, 3), "Rewards of round 0 are not finite in row 0"),
        (lambda: reinforce(SimulatedBandit(COEF), X, 1), "n_actions=1"),
        (lambda: reinforce(SimulatedBandit(COEF), X, 3, batch=1), "batch=1"),
        (lambda: reinforce(SimulatedBandit(COEF), X, 3, rate=0.0), "rate=0.0"),
        (lambda: reinforce(SimulatedBandit(COEF), [1.0], 3), r"give \(n, p\)"),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()


def test_bandits_without_numbers_or_rewards_are_refused() -> None:
    for coef, told in (([[np.nan], [0.0]], "not finite in row 0"), ([1.0, 2.0], "one row per action")):
        with pytest.raises(DataError, match=told):
            SimulatedBandit(coef)  # type: ignore[arg-type]
    assert SimulatedBandit([[0.0], [0.0]]).expected([[1.0]]).tolist() == [[0.5, 0.5]]  # type: ignore[arg-type]
    with pytest.raises(DataError, match="bandit=3: give a function"):
        reinforce(3, np.ones((3, 1)), n_actions=2)  # type: ignore[arg-type]
