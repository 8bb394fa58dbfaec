r"""What a policy would earn, from the log of another policy whose probabilities are known.

``ips`` weighs rewards by how much more often the policy would have done what was done; ``snips`` divides by the sum of
these weights; ``dr`` adds them to what a model of rewards expects, and is right if the propensities or the model are
(``docs/maths/off_policy.md``, equations 1 to 7).

References
----------
Horvitz, D. G. and Thompson, D. J. (1952) A generalization of sampling without replacement from a finite universe. JASA.
Swaminathan, A. and Joachims, T. (2015) The self-normalized estimator for counterfactual learning. NeurIPS.
Dudik, M., Langford, J. and Li, L. (2011) Doubly robust policy evaluation and learning. ICML.
Chernozhukov, V. et al. (2018) Double/debiased machine learning. The Econometrics Journal 21, C1-C68.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import expit, logit

from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError, DataWarning, warn_caller
from logitkit.logits.labels import read_groups
from logitkit.logits.off_policy.reward_model import RewardModel, expected_rewards
from logitkit.logits.read import read_codes, read_numbers, read_proportions
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["OffPolicyValue", "off_policy_value"]

LARGE_SHARE = 0.05  # of the sum of weights, in one row
FEW_REWARDS = 30.0  # rewarded rows, counted as equally weighted ones
FAR = 4.0  # standard errors of the mean weight from 1
SHOWN = 5  # largest weights that are named


@dataclass(frozen=True, eq=False)
class OffPolicyValue:
    """The value of a policy, estimated from the log of another policy.

    Parameters
    ----------
    method : {'ips', 'snips', 'dr'}
        The estimator.
    value, std_error : float
        Mean reward of a row under the policy, and its standard error.
    conf_low, conf_high : float
        Normal confidence interval.
    level : float
        Its confidence level.
    n, n_clusters : int
        Number of rows of the log, and number of independent clusters.
    logged_value : float
        Mean reward under the policy that made the log.
    effective_size : float
        Effective number of rows: the squared sum of the weights over the sum of their squares.
    rewarded_size : float
        The same for the products of weights and rewards; nan without rewards.
    mean_weight, mean_weight_error : float
        Mean of the weights, which is 1 in expectation, and its standard error.
    largest_rows : (m,) int array
        The rows with the largest weights, at most five.
    largest_weights : (m,) array
        Their weights.
    terms : (n,) array
        Contribution of each row; their mean is the value, up to rounding.
    concerns : tuple of str
        Reasons why the interval may be too narrow, by the rules of the maths page; each gave a warning.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.off_policy_value(np.tile([1, 0], 50), np.full(100, 0.5), np.tile([0.8, 0.2], 50))
    >>> found.value, found.effective_size.__round__(6)
    (0.8, 73.529412)
    """

    method: str
    value: float
    std_error: float
    conf_low: float
    conf_high: float
    level: float
    n: int
    n_clusters: int
    logged_value: float
    effective_size: float
    rewarded_size: float
    mean_weight: float
    mean_weight_error: float
    largest_rows: IntArray
    largest_weights: FloatArray
    terms: FloatArray = field(repr=False)
    concerns: tuple[str, ...]

    @property
    def logit_interval(self) -> tuple[float, float]:
        """Interval from the log odds of the value, for rewards between 0 and 1; it never leaves these bounds.

        It is less symmetric than the normal interval, and has better coverage if rewards are rare. It is missing
        unless the value lies between 0 and 1.
        """
        if not 0.0 < self.value < 1.0:
            return float("nan"), float("nan")
        centre = logit(self.value)
        half = float(NORMAL.quantile(self.level)) * self.std_error / (self.value * (1.0 - self.value))
        return float(expit(centre - half)), float(expit(centre + half))


def off_policy_value(
    reward: Any,
    propensity: Any,
    target: Any,
    method: str = "snips",
    *,
    action: Any = None,
    model: Any = None,
    clusters: Any = None,
    level: float = 0.95,
) -> OffPolicyValue:
    """Estimate the mean reward that a policy would have had, with an interval.

    Parameters
    ----------
    reward : (n,) array-like
        The reward that followed, such as 1 for a click.
    propensity : (n,) array-like
        Probability with which the logging policy chose its action; above 0.
    target : (n,) or (n, A) array-like
        Probability with which the new policy would choose the same action, or each of the A actions.
    method : {'snips', 'ips', 'dr'}, default 'snips'
        The estimator. ``'dr'`` needs ``target`` for all actions, and ``action``.
    action : (n,) array-like, optional
        The action chosen, from 0 to A - 1.
    model : RewardModel or (n, A) array-like, optional
        For ``'dr'``: features and folds of the package's own model of rewards, or the rewards that another model
        expects of each action. That model must not be fitted to these rows. By default each action has its own rate.
    clusters : (n,) array-like, optional
        Users or sessions, whose rows depend on one another.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    OffPolicyValue
        Value, interval, effective sizes and the largest weights.

    Raises
    ------
    DataError
        If a propensity is 0 or not a probability (its row is named), shapes differ, a number is not finite, or an
        argument that the method needs is missing.

    Warns
    -----
    DataWarning
        If one row has more than a twentieth of the total weight, the effective number of rewarded rows is below 30, or
        the mean weight is more than four standard errors from 1.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(1)
    >>> action = rng.choice(2, 4_000, p=[0.8, 0.2])
    >>> reward = rng.random(4_000) < np.array([0.1, 0.3])[action]
    >>> policy = np.tile([0.5, 0.5], (4_000, 1))  # truth: 0.2
    >>> found = lk.logits.off_policy_value(reward, np.array([0.8, 0.2])[action], policy, "dr", action=action)
    >>> round(found.conf_low, 3), round(found.conf_high, 3)
    (0.181, 0.214)
    """
    require_level(level)
    require_choice("method", method, ("snips", "ips", "dr"))
    r = read_numbers(reward, "Rewards").astype(np.float64, copy=False)
    if r.ndim != 1 or r.size < 2:
        raise DataError(f"Rewards have shape {r.shape}: give (n,), of at least two rows.")
    codes = np.arange(r.size) if clusters is None else read_groups(clusters, r.size, "clusters")[1]
    policy, did = _read_target(target, action, r.size)
    chosen = policy[np.arange(r.size), did]
    w = chosen / _read_propensity(propensity, r.size)
    if method == "dr":
        if policy.shape[1] < 2:
            raise DataError("method='dr' needs target of shape (n, A), all actions of each row, and action.")
        expected = _expected(model, r, did, policy.shape[1], codes)
        terms = (policy * expected).sum(axis=1) + w * (r - expected[np.arange(r.size), did])
        value = float(terms.mean())
    elif model is not None:
        raise DataError(f"A model of rewards is for method='dr', and method is {method!r}.")
    else:
        terms, value = w * r, float((w * r).mean())
        if method == "snips":
            if w.sum() <= 0.0:
                raise DataError("The policy never does what the log did: all weights are zero, and nothing is known.")
            value = float(w @ r / w.sum())
            terms = value + w * (r - value) / w.mean()
    error, weight_error = _error(terms - value, codes), _error(w - w.mean(), codes)
    half = float(NORMAL.quantile(level)) * error
    least = np.partition(w, max(r.size - SHOWN, 0))[max(r.size - SHOWN, 0)]
    large = np.flatnonzero(w >= least)
    order = large[np.argsort(-w[large], kind="stable")][:SHOWN]
    sizes = _effective(w), _effective(w * r)
    concerns = _concerns(w, sizes[1], weight_error)
    for each in concerns:
        warn_caller(each, DataWarning)
    return OffPolicyValue(
        method, value, error, value - half, value + half, level, r.size, int(codes.max()) + 1, float(r.mean()), *sizes,
        float(w.mean()), weight_error, order, w[order], terms, concerns,
    )  # fmt: skip


def _read_target(target: Any, action: Any, n: int) -> tuple[FloatArray, IntArray]:
    """Return probabilities of the policy, (n, A) or of the one action that was chosen, and which column that is."""
    values = read_numbers(target, "Probabilities of the target").astype(np.float64, copy=False)
    if values.ndim == 2 and values.shape[0] == n and values.shape[1] > 1:
        if action is None:
            raise DataError("target has all actions of each row: action= must say which was chosen.")
        policy = np.asarray(read_proportions(values, np.zeros(values.shape)), dtype=np.float64)
        return policy, read_codes(action, n, values.shape[1], "action").astype(np.int64)
    if values.shape != (n,):
        raise DataError(f"target has shape {values.shape}: give ({n},), or ({n}, A) of all actions.")
    bad = (values < 0.0) | (values > 1.0)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"target is {values[row]:g} in row {row} (from 0): give probabilities.")
    return values[:, None], np.zeros(n, np.int64)


def _read_propensity(propensity: Any, n: int) -> FloatArray:
    """Return propensities, each above 0 and at most 1."""
    values = read_numbers(propensity, "Propensities").astype(np.float64, copy=False)
    if values.shape != (n,):
        raise DataError(f"Propensities have shape {values.shape}, and there are {n} rewards.")
    bad = ~((values > 0.0) & (values <= 1.0))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"The propensity of row {row} (from 0) is {values[row]:g}, of {int(bad.sum())} such rows: what was done "
            "had a probability above 0 and at most 1. Rows whose propensity is not known cannot be weighed."
        )
    return values


def _expected(model: Any, reward: FloatArray, action: IntArray, n_actions: int, clusters: IntArray) -> FloatArray:
    """Return expected rewards of all actions, by the package's model or as they were given."""
    if model is None or isinstance(model, RewardModel):
        return expected_rewards(model or RewardModel(), reward, action, n_actions, clusters)
    values = read_numbers(model, "Expected rewards").astype(np.float64, copy=False)
    if values.shape != (reward.size, n_actions):
        raise DataError(f"Expected rewards have shape {values.shape}: give ({reward.size}, {n_actions}).")
    return values


def _error(deviations: FloatArray, clusters: IntArray) -> float:
    """Return the standard error of a mean from deviations of rows, whose clusters are independent."""
    sums = np.bincount(clusters, weights=deviations)
    c = sums.size
    return float(np.sqrt(sums @ sums * c / (c - 1.0)) / deviations.size) if c > 1 else float("nan")


def _effective(values: FloatArray) -> float:
    """Return the squared sum over the sum of squares; nan where all are zero."""
    squares = float(values @ values)
    return float(values.sum() ** 2 / squares) if squares > 0.0 else float("nan")


def _concerns(w: FloatArray, rewarded: float, weight_error: float) -> tuple[str, ...]:
    """Return what makes the interval doubtful."""
    found = []
    row, total = int(np.argmax(w)), float(w.sum())
    if w[row] > LARGE_SHARE * total:
        found.append(
            f"Row {row} (from 0) has {w[row] / total:.0%} of all weight: the value rests on few rows, and its interval "
            "is too narrow if others like them are not in the log."
        )
    if not rewarded >= FEW_REWARDS:
        few = 0.0 if np.isnan(rewarded) else rewarded
        found.append(
            f"Rewarded rows tell as much as {few:.1f} of equal weight, fewer than {FEW_REWARDS:.0f}: the normal "
            "interval is rough, and its lower limit the more so."
        )
    if abs(w.mean() - 1.0) > FAR * weight_error > 0.0:
        found.append(
            f"The mean weight is {w.mean():.4g} with a standard error of {weight_error:.2g}, and should be 1: "
            "propensities are not those of the log, or the policy does what the log never did."
        )
    return tuple(found)
