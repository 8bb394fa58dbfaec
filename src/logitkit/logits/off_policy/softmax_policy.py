r"""Policies that choose by a softmax of linear logits, learnt from the rewards of their own choices.

``reinforce`` climbs the expected reward by the gradient of Williams (1992): rewards less a baseline times the slopes of
the log probability of what was chosen. The baseline of a row is the mean reward of the other rows of its batch, which
leaves the gradient unbiased (Kool et al. 2019; ``docs/maths/reinforce.md``, equations 1 to 4).

References
----------
Williams, R. J. (1992) Simple statistical gradient-following algorithms for connectionist reinforcement learning.
Machine Learning 8, 229-256.
Kool, W., van Hoof, H. and Welling, M. (2019) Buy 4 REINFORCE samples, get a baseline for free! ICLR workshop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.functions import sigmoid, softmax
from logitkit.logits.generators import generator_of
from logitkit.logits.read import read_codes, read_numbers, read_proportions
from logitkit.options import is_count, is_finite_number, require_flag, require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["Logged", "SimulatedBandit", "SoftmaxPolicy", "reinforce"]


class Logged(NamedTuple):
    """A log of the choices of a policy, in the form that ``off_policy_value`` takes.

    Parameters
    ----------
    action : (n,) int array
        The action chosen, from 0.
    reward : (n,) array
        The reward that followed.
    propensity : (n,) array
        The probability with which the action was chosen.

    Examples
    --------
    >>> import logitkit as lk
    >>> bandit = lk.logits.SimulatedBandit(np.zeros((2, 1)))
    >>> logged = bandit.log(lk.logits.SoftmaxPolicy(np.zeros((2, 1))), np.ones((3, 1)), seed=1)
    >>> logged.propensity.tolist()
    [0.5, 0.5, 0.5]
    """

    action: IntArray
    reward: FloatArray
    propensity: FloatArray


@dataclass(frozen=True, eq=False)
class SoftmaxPolicy:
    """A policy whose probabilities are the softmax of linear functions of features.

    Parameters
    ----------
    coef : (A, p) array
        Coefficients, one row per action.
    rewards : (rounds,) array
        Mean reward of each round of learning; empty if the policy was not learnt.

    Examples
    --------
    >>> import logitkit as lk
    >>> policy = lk.logits.SoftmaxPolicy(np.array([[0.0], [np.log(3.0)]]))
    >>> policy.probabilities([[1.0]]).round(12).tolist()
    [[0.25, 0.75]]
    """

    coef: FloatArray
    rewards: FloatArray = field(default_factory=partial(np.empty, 0))

    def __post_init__(self) -> None:
        object.__setattr__(self, "coef", _read_coefficients(self.coef))

    def logits(self, features: Any) -> FloatArray:
        """Return the logits of each action.

        Parameters
        ----------
        features : (n, p) array-like
            Features of each row; a column of ones is an intercept.

        Returns
        -------
        (n, A) array
            Features times coefficients.

        Raises
        ------
        DataError
            If the shape is wrong, or a number is not finite.
        """
        return np.asarray(_read_features(features, self.coef.shape[1]) @ self.coef.T)

    def probabilities(self, features: Any) -> FloatArray:
        """Return the probability with which each action is chosen.

        Parameters
        ----------
        features : (n, p) array-like
            As for ``logits``.

        Returns
        -------
        (n, A) array
            Probabilities; rows add up to 1.

        Raises
        ------
        DataError
            As for ``logits``.
        """
        values = self.logits(features)
        # None is above zero: rows of logits may be within 0 and 1 and add up to 1 without being probabilities.
        return np.asarray(softmax(values - values.max(axis=1, keepdims=True)), dtype=np.float64)

    def draw(self, features: Any, *, seed: Any = None) -> IntArray:
        """Return a choice for each row.

        Parameters
        ----------
        features : (n, p) array-like
            As for ``logits``.
        seed : int or numpy.random.Generator, optional
            Seed that makes the draws repeatable.

        Returns
        -------
        (n,) int array
            Actions, from 0.

        Raises
        ------
        DataError
            As for ``logits``.
        """
        sums = np.cumsum(self.probabilities(features), axis=1)[:, :-1]  # the last action has what is left
        return np.asarray((generator_of(seed).random((sums.shape[0], 1)) >= sums).sum(axis=1))

    def gradient(self, features: Any, action: Any, reward: Any, *, baseline: bool = True) -> FloatArray:
        """Return an unbiased estimate of the gradient of the expected reward, from choices of this policy.

        Parameters
        ----------
        features : (n, p) array-like
            As for ``logits``.
        action, reward : (n,) array-like
            The actions chosen, and the rewards that followed.
        baseline : bool, default True
            Whether the mean reward of the other rows is subtracted from each reward; needs two rows.

        Returns
        -------
        (A, p) array
            Derivatives with respect to the coefficients.

        Raises
        ------
        DataError
            If a shape is wrong, a number is not finite, or an action does not exist.
        """
        rows = _read_features(features, self.coef.shape[1])
        gained = read_numbers(reward, "Rewards").astype(np.float64, copy=False)
        if gained.shape != (rows.shape[0],):
            raise DataError(f"Rewards have shape {gained.shape}, and there are {rows.shape[0]} rows.")
        if baseline and gained.size < 2:
            raise DataError("The baseline of a row is the mean of the others: give two rows, or baseline=False.")
        did = read_codes(action, rows.shape[0], self.coef.shape[0], "action")
        n = gained.size
        advantage = (gained - gained.mean()) * (n / (n - 1.0)) if baseline else gained
        slopes = -self.probabilities(rows)
        slopes[np.arange(n), did] += 1.0
        return np.asarray((slopes * advantage[:, None]).T @ rows / n)


@dataclass(frozen=True, eq=False)
class SimulatedBandit:
    """A simulated bandit: rewards are 0 or 1, and their log odds are linear in the features, by action.

    Parameters
    ----------
    coef : (A, p) array
        Coefficients, one row per action.

    Examples
    --------
    >>> import logitkit as lk
    >>> bandit = lk.logits.SimulatedBandit(np.log([[1.0], [3.0]]))
    >>> bandit.expected([[1.0]]).round(12).tolist()
    [[0.5, 0.75]]
    >>> bandit.value([[1.0]], [[0.5, 0.5]])
    0.625
    """

    coef: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "coef", _read_coefficients(self.coef))

    def __call__(self, features: Any, action: Any, generator: np.random.Generator) -> FloatArray:
        """Return rewards of actions, drawn."""
        p = self.expected(features)
        did = read_codes(action, p.shape[0], p.shape[1], "action")
        return np.asarray(generator.random(p.shape[0]) < p[np.arange(p.shape[0]), did], dtype=np.float64)

    def expected(self, features: Any) -> FloatArray:
        """Return the probability of a reward for each action.

        Parameters
        ----------
        features : (n, p) array-like
            Features of each row.

        Returns
        -------
        (n, A) array
            Probabilities.
        """
        return np.asarray(sigmoid(_read_features(features, self.coef.shape[1]) @ self.coef.T), dtype=np.float64)

    def value(self, features: Any, target: Any) -> float:
        """Return the exact expected reward of a policy, without draws.

        Parameters
        ----------
        features : (n, p) array-like
            Features of each row.
        target : (n, A) array-like
            The probability with which the policy chooses each action.

        Returns
        -------
        float
            Mean over the rows.

        Raises
        ------
        DataError
            If the probabilities have a wrong shape, or those of a row do not add up to 1.
        """
        expected = self.expected(features)
        if np.shape(target) != expected.shape:
            raise DataError(f"target has shape {np.shape(target)}: give probabilities of shape {expected.shape}.")
        return float((expected * read_proportions(target, expected)).sum(axis=1).mean())

    def log(self, policy: SoftmaxPolicy, features: Any, *, seed: Any = None) -> Logged:
        """Return the choices of a policy in the given rows, with rewards and propensities.

        Parameters
        ----------
        policy : SoftmaxPolicy
            The policy that chooses.
        features : (n, p) array-like
            Features of each row.
        seed : int or numpy.random.Generator, optional
            Seed that makes the draws repeatable.

        Returns
        -------
        Logged
            ``action``, ``reward`` and ``propensity``, (n,) each.
        """
        if not isinstance(policy, SoftmaxPolicy) or len(policy.coef) != len(self.coef):
            raise DataError(
                f"policy={policy!r:.40}: give a SoftmaxPolicy of the {len(self.coef)} actions of this bandit."
            )
        generator = generator_of(seed)
        action = policy.draw(features, seed=generator)
        chosen = policy.probabilities(features)[np.arange(action.size), action]
        return Logged(action, self(features, action, generator), chosen)


def reinforce(
    bandit: Callable[[FloatArray, IntArray, np.random.Generator], Any],
    features: Any,
    n_actions: int,
    *,
    rounds: int = 500,
    batch: int = 100,
    rate: float = 1.0,
    baseline: bool = True,
    seed: int = 0,
) -> SoftmaxPolicy:
    """Learn a softmax policy from the rewards of its own choices, by REINFORCE.

    Each round draws rows, lets the policy choose, gets rewards from the bandit and takes a step along the gradient. The
    policy begins with equal probabilities.

    Parameters
    ----------
    bandit : callable
        Returns rewards, (b,), given features, (b, p), actions, (b,), and a random number generator; for example a
        ``SimulatedBandit``.
    features : (n, p) array-like
        Rows from which each round draws; a column of ones is an intercept.
    n_actions : int
        Number of actions, A, at least 2.
    rounds, batch : int, default 500 and 100
        Number of steps, and rows per step, drawn with replacement.
    rate : float, default 1
        Factor of the gradient in each step.
    baseline : bool, default True
        Whether the mean of the others in the batch is subtracted from each reward, which makes steps less noisy.
    seed : int, default 0
        Seed that makes the run repeatable.

    Returns
    -------
    SoftmaxPolicy
        The policy after the last step, with the mean reward of each round.

    Raises
    ------
    DataError
        If an option is invalid, or features or rewards are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> bandit = lk.logits.SimulatedBandit(np.log([[0.1], [0.5], [2.0]]))
    >>> policy = lk.logits.reinforce(bandit, np.ones((1, 1)), 3, rounds=300)
    >>> policy.probabilities([[1.0]]).round(1).tolist()
    [[0.0, 0.0, 1.0]]
    """
    if not callable(bandit):
        raise DataError(f"bandit={bandit!r:.60}: give a function that returns rewards, or a SimulatedBandit.")
    for name, value, least in (("n_actions", n_actions, 2), ("rounds", rounds, 1), ("batch", batch, 2)):
        if not is_count(value, least):
            raise DataError(f"{name}={value!r:.40}: give a whole number of at least {least}.")
    if isinstance(bandit, SimulatedBandit) and len(bandit.coef) != n_actions:
        raise DataError(f"n_actions={n_actions}, and the bandit has {len(bandit.coef)} actions.")
    if not is_finite_number(rate) or rate <= 0.0:
        raise DataError(f"rate={rate!r:.40}: give a finite number above 0.")
    require_flag("baseline", baseline)
    if require_seed(seed) is None:
        raise DataError("seed=None: give a number, so that the course can be repeated.")
    rows = _read_features(features, None)
    generator = np.random.Generator(np.random.PCG64(seed))
    coef, rewards = np.zeros((n_actions, rows.shape[1])), np.empty(rounds)
    for each in range(rounds):
        policy = SoftmaxPolicy(coef)
        drawn = rows[generator.integers(0, rows.shape[0], batch)]
        action = policy.draw(drawn, seed=generator)
        reward = read_numbers(bandit(drawn, action, generator), f"Rewards of round {each}", "look at the bandit")
        rewards[each] = reward.mean()
        coef = coef + rate * policy.gradient(drawn, action, reward, baseline=baseline)
    return SoftmaxPolicy(coef, rewards)


def _read_coefficients(coef: Any) -> FloatArray:
    """Return coefficients, one row per action."""
    found = read_numbers(coef, "Coefficients", "").astype(np.float64, copy=False)
    if found.ndim != 2 or len(found) < 2:
        raise DataError(f"Coefficients have shape {found.shape}: give (A, p), one row per action, A at least 2.")
    return found


def _read_features(features: Any, width: int | None) -> FloatArray:
    """Return features, of so many columns where a number is given."""
    values = read_numbers(features, "Features").astype(np.float64, copy=False)
    if values.ndim != 2 or (width is not None and values.shape[1] != width):
        raise DataError(f"features have shape {values.shape}: give (n, {'p' if width is None else width}).")
    return values
