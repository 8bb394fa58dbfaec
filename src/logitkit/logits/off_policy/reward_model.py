"""Expected rewards of every action in every row, by logit models of rows of other folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.functions import sigmoid
from logitkit.logits.read import read_numbers
from logitkit.logits.recalibration.binary_fit import fit_binary
from logitkit.options import require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["RewardModel", "expected_rewards"]


@dataclass(frozen=True)
class RewardModel:
    r"""Logit model of rewards between 0 and 1, for the doubly robust estimate.

    Each row is predicted by a model fitted to the other folds. Every coefficient has a log-F(1, 1) prior, with features
    in units of their standard deviation (Greenland and Mansournia 2015). The prior keeps it finite if an action never
    had a reward (``docs/maths/off_policy.md``, equation 8).

    Parameters
    ----------
    features : (n, p) or (n, A, p) array-like, optional
        Features of each row, beside an intercept for each action; or features of each action in each row, beside one
        intercept. Without them, each action has its own rate.
    folds : int, default 5
        Number of folds, at least 2; clusters are not split.
    seed : int, default 0
        Seed that makes the folds repeatable.

    References
    ----------
    Greenland, S. and Mansournia, M. A. (2015) Penalization, bias reduction, and default priors in logistic and related
    categorical and survival regressions. Statistics in Medicine 34, 3133-3143.

    Examples
    --------
    >>> RewardModel(folds=10).folds
    10
    """

    features: Any = None
    folds: int = 5
    seed: int = 0


def expected_rewards(
    model: RewardModel, reward: FloatArray, action: IntArray, n_actions: int, clusters: IntArray
) -> FloatArray:
    """Return what models of the other folds expect of every action.

    Parameters
    ----------
    model : RewardModel
        Features and folds.
    reward : (n,) array
        Within 0 and 1.
    action : (n,) int array
        What was done, from 0.
    n_actions : int
        A.
    clusters : (n,) int array
        Numbers from 0; rows of one cluster are in the same fold.

    Returns
    -------
    (n, A) array
        Within 0 and 1.

    Raises
    ------
    DataError
        If rewards are not within 0 and 1, features have another shape, or there are fewer clusters than folds.

    Examples
    --------
    >>> found = expected_rewards(RewardModel(folds=2), np.tile([0.0, 1.0], 50), np.tile([0, 1], 50), 2, np.arange(100))
    >>> bool((found[:, 1] > 0.9).all()), bool((found[:, 0] < 0.1).all())
    (True, True)
    """
    if reward.min() < 0.0 or reward.max() > 1.0:
        raise DataError(
            f"Rewards are from {reward.min():g} to {reward.max():g}: the logit model takes rewards within 0 and 1. "
            "Give model=, an array of the rewards that a model of your own expects of each action."
        )
    n, count = reward.size, int(clusters.max()) + 1
    if not isinstance(model.folds, int | np.integer) or not 2 <= model.folds <= count:
        raise DataError(f"folds={model.folds!r}: give a whole number from 2 to {count}, the rows or clusters.")
    by_row, by_action = _features(model.features, n, n_actions)
    scale = np.concatenate([_spread(by_row), _spread(by_action.reshape(n * n_actions, by_action.shape[2]))])
    fold_of_cluster = np.random.Generator(np.random.PCG64(require_seed(model.seed))).permutation(count) % model.folds
    fold = fold_of_cluster[clusters]
    if not scale.size:
        return _rates(reward, action, n_actions, fold, model.folds)[fold]
    q = scale.size + 1 + (0 if by_action.shape[2] else n_actions)
    columns, shares = np.zeros((n + q, q)), np.append(reward, np.full(q, 0.5))
    _write_columns(by_row, by_action, action, scale, columns[:n])
    columns[n:] = np.eye(q)
    found = np.empty((n, n_actions))
    for k in range(model.folds):
        judged = np.flatnonzero(fold == k)
        coef, _ = fit_binary(columns, shares, np.append(fold != k, np.ones(q)).astype(np.float64))
        if by_action.shape[2]:
            eta = by_action[judged] @ (coef[1:] / scale) + coef[0]
        else:
            eta = (by_row[judged] @ (coef[1 + n_actions :] / scale))[:, None] + (coef[0] + coef[1 : 1 + n_actions])
        found[judged] = sigmoid(eta)
    return found


def _rates(reward: FloatArray, action: IntArray, n_actions: int, fold: IntArray, folds: int) -> FloatArray:
    """Return what each action's rate in the other folds says, (folds, A): of sums, since there are no features."""
    place, size = fold * n_actions + action, folds * n_actions
    tried = np.bincount(place, minlength=size).reshape(folds, n_actions).astype(np.float64)
    earned = np.bincount(place, reward, size).reshape(folds, n_actions)
    columns = np.vstack([np.column_stack([np.ones(n_actions), np.eye(n_actions)]), np.eye(n_actions + 1)])
    out = np.empty((folds, n_actions))
    for k in range(folds):
        others = np.arange(folds) != k
        times, sums = tried[others].sum(axis=0), earned[others].sum(axis=0)
        shares = np.minimum(sums / np.maximum(times, 1.0), 1.0)
        weights = np.append(times, np.ones(n_actions + 1))
        coef, _ = fit_binary(columns, np.append(shares, np.full(n_actions + 1, 0.5)), weights)
        out[k] = sigmoid(coef[0] + coef[1:])
    return out


def _features(features: Any, n: int, n_actions: int) -> tuple[FloatArray, FloatArray]:
    """Return features of rows, (n, p), and of actions in rows, (n, A, p): one of both without columns."""
    if features is None:
        return np.empty((n, 0)), np.empty((n, n_actions, 0))
    values = read_numbers(features, "Features").astype(np.float64, copy=False)
    if values.ndim == 2 and values.shape[0] == n:
        return values, np.empty((n, n_actions, 0))
    if values.ndim == 3 and values.shape[:2] == (n, n_actions):
        return np.empty((n, 0)), values
    raise DataError(f"features have shape {values.shape}: give ({n}, p), or ({n}, {n_actions}, p) of each action.")


def _spread(values: FloatArray) -> FloatArray:
    """Return the standard deviation of each column, 1 where it does not vary."""
    found = values.std(axis=0) if values.shape[1] else np.empty(0)
    return np.where(found > 0.0, found, 1.0)


def _write_columns(
    by_row: FloatArray, by_action: FloatArray, action: IntArray, scale: FloatArray, out: FloatArray
) -> None:
    """Write the columns of the model: an intercept, what the action adds to it, and features over their spread."""
    rows = np.arange(action.size)
    out[:, 0] = 1.0
    if by_action.shape[2]:
        out[:, 1:] = by_action[rows, action] / scale
        return
    out[rows, 1 + action] = 1.0
    out[:, out.shape[1] - scale.size :] = by_row / scale
