"""Weights of pools, learnt from outcomes by maximum likelihood."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.logits.pools.least import Least, least
from logitkit.logits.pools.pool import Pool, pooled
from logitkit.logits.pools.rows import PoolRows, event_rows, linear_rows, log_likelihoods, log_rows, read_members
from logitkit.logits.read import read_codes, read_numbers, read_outcomes, read_weights
from logitkit.logits.scores import mean_scores
from logitkit.numerics.threads.local import threads_in_use
from logitkit.options import require_flag
from logitkit.typing import FloatArray

__all__ = ["linear_pool", "log_pool", "pool_of_likelihoods"]

NO_LOSS = 1e-9  # per unit of weight: less is no mistake in any row
RUN_OFF = 1e5  # a weight beyond which outcomes are separated
DETERMINED = 1e-11  # least eigenvalue of the information in units of its diagonal


def linear_pool(members: Any, y: Any = None, weights: Any = None, *, given: Any = None) -> Pool:
    """Average the probabilities of several models, with maximum likelihood weights.

    Parameters
    ----------
    members : sequence or mapping of array-like
        Logits of the same rows by each member: (n,) for an event, (n, K) for K outcomes; preferably for rows that no
        member was fitted to.
    y : (n,) array-like, optional
        0 or 1, or the proportion of events; for K outcomes, their numbers from 0 to K - 1. Without y no weights are
        learnt.
    weights : (n,) array-like, optional
        How often each row counts.
    given : (J,) array-like, optional
        Known weights of the members, which are then not learnt. Without these and without y all are equal.

    Returns
    -------
    Pool
        It has ``transform(members)``, ``weights``, ``interval()``, and scores of the members and of the pool.

    Raises
    ------
    DataError
        If shapes differ, logits are not finite or look like probabilities, or outcomes are out of range.
    UnsupportedError
        If a member is determined by the others in all rows, so that the weights are not identified.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(0.0, 2.0, (2, 4000))
    >>> p = 0.7 / (1 + np.exp(-a)) + 0.3 / (1 + np.exp(-b))
    >>> pool = linear_pool([a, b], rng.random(4000) < p)
    >>> pool.weights.round(1).tolist(), bool(pool.log_loss < pool.member_log_loss.min())
    ([0.7, 0.3], True)
    """
    names, logits = read_members(members)
    start = _given(given, len(names), True)
    if y is None or given is not None:
        return _scored(Pool("linear", names, start, True), logits, y, weights)
    counts, outcomes = read_weights(weights, logits[0].shape[0]), _outcomes(y, logits)
    with threads_in_use():
        rows = event_rows(logits, outcomes, counts)
        if rows is None:
            pool = pool_of_likelihoods(names, *log_likelihoods(logits, outcomes, counts))
        else:
            pool = _linear(names, rows)
        return _scored(pool, logits, y, weights)


def pool_of_likelihoods(names: tuple[str, ...], found: FloatArray, counts: FloatArray) -> Pool:
    """Learn the weights of a linear pool from the likelihoods of its members.

    Parameters
    ----------
    names : tuple of str
        The J members.
    found : (n, J) array
        Log of the probability that each member gave to the outcome; minus infinity for probability zero.
    counts : (n,) array
        How often each row counts.

    Returns
    -------
    Pool
        The pool, without scores.

    Examples
    --------
    >>> found = np.log([[0.8, 0.2], [0.2, 0.8]])
    >>> pool_of_likelihoods(("a", "b"), found, np.array([3.0, 3.0])).weights.round(9).tolist()
    [0.5, 0.5]
    """
    excluded = ~np.isfinite(found).any(axis=1) & (counts > 0.0)
    if excluded.any():
        raise DataError(
            f"All members excluded what happened in row {int(np.argmax(excluded))} (from 0): no weights are right."
        )
    return _linear(names, linear_rows(found, counts))


def _linear(names: tuple[str, ...], rows: PoolRows) -> Pool:
    """Return a linear pool learnt from rows."""
    rows.require_apart(names)
    with threads_in_use():
        best = least(rows.loss, np.full(len(names), 1.0 / len(names)), float(rows.counts.sum()), True)
    return _learnt(Pool("linear", names, best.at, True), rows, best)


def log_pool(members: Any, y: Any = None, weights: Any = None, *, sum_to_one: bool = False, given: Any = None) -> Pool:
    """Add up the logits of several models, with maximum likelihood weights.

    Parameters
    ----------
    members : sequence or mapping of array-like
        Logits of the same rows by each member: (n,) for an event, (n, K) for K outcomes; preferably for rows that no
        member was fitted to.
    y : (n,) array-like, optional
        0 or 1, or the proportion of events; for K outcomes, their numbers from 0 to K - 1. Without y no weights are
        learnt.
    weights : (n,) array-like, optional
        How often each row counts.
    sum_to_one : bool, default False
        Whether the weights add up to one. A free sum also calibrates how extreme the pooled logits are.
    given : (J,) array-like, optional
        Known weights of the members, which are then not learnt. Without these and without y all are 1 / J.

    Returns
    -------
    Pool
        It has ``transform(members)``, ``weights``, ``interval()``, and scores of the members and of the pool.

    Raises
    ------
    DataError
        If shapes differ, logits are not finite or look like probabilities, or outcomes are out of range.
    SeparationError
        If sums of logits separate the outcomes, so that no finite weights are best.
    UnsupportedError
        If a member is determined by the others in all rows, so that the weights are not identified.

    Examples
    --------
    Two models that each know one half of the truth:

    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(0.0, 1.0, (2, 4000))
    >>> pool = log_pool([a, b], rng.random(4000) < 1 / (1 + np.exp(-a - b)))
    >>> pool.weights.round(1).tolist()
    [1.0, 1.0]
    """
    require_flag("sum_to_one", sum_to_one)
    names, logits = read_members(members)
    start = _given(given, len(names), sum_to_one)
    if y is None or given is not None:
        return _scored(Pool("log", names, start, sum_to_one), logits, y, weights)
    counts = read_weights(weights, logits[0].shape[0])
    outcomes, total = _outcomes(y, logits), float(counts.sum())
    with threads_in_use():
        rows = log_rows(logits, outcomes, counts)
        rows.require_apart(names)
        best = least(rows.loss, start, total, sum_to_one)
    if not sum_to_one and (best.at.max() > RUN_OFF or best.value < NO_LOSS * total):
        raise SeparationError(
            "Sums of these logits separate the outcomes: no finite weights are best. Learn them on rows that the "
            "members were not fitted to, on more of them, or with sum_to_one=True."
        )
    with threads_in_use():
        return _scored(_learnt(Pool("log", names, best.at, sum_to_one), rows, best), logits, y, weights)


def _outcomes(y: Any, logits: list[FloatArray]) -> FloatArray:
    """Return events or their proportions, or the numbers of outcomes."""
    if logits[0].ndim == 1:
        return read_outcomes(y, logits[0])
    return read_codes(y, *logits[0].shape).astype(np.float64)


def _given(given: Any, n_members: int, adds_up: bool) -> FloatArray:
    """Return weights of the members as they were given, equal ones by default."""
    if given is None:
        return np.full(n_members, 1.0 / n_members)
    found = read_numbers(given, "Weights in given=", "").astype(np.float64)
    if found.shape != (n_members,) or found.min() < 0.0:
        raise DataError(f"given={found.tolist()!r:.80}: give one number of at least 0 for each of {n_members} members.")
    if adds_up and abs(found.sum() - 1.0) > 1e-9:
        raise DataError(f"given adds up to {found.sum():g}, and weights of this pool add up to 1.")
    return found


def _learnt(pool: Pool, rows: PoolRows, best: Least) -> Pool:
    """Return a pool with the errors of its weights and how far they may be from the best."""
    m, inside = best.at.size, np.flatnonzero(best.at > 0.0)
    vcov = np.zeros((m, m))
    block = best.hessian[np.ix_(inside, inside)]
    basis = np.eye(inside.size)
    if pool.adds_up:
        basis = np.linalg.qr(np.ones((inside.size, 1)), mode="complete")[0][:, 1:]
    information = basis.T @ block @ basis
    if information.size:
        size = np.sqrt(np.maximum(np.diag(information), 1e-300))
        if np.linalg.eigvalsh(information / np.outer(size, size))[0] < DETERMINED:
            raise UnsupportedError(
                "What some members say follows from what the others say, in all rows: their weights cannot be told "
                "apart. Leave members out."
            )
        vcov[np.ix_(inside, inside)] = basis @ np.linalg.inv(information) @ basis.T
    most = 1.0 if pool.adds_up else 2.0 * best.at.sum() + 1.0
    lowest = best.gradient.min() if pool.adds_up else min(best.gradient.min(), 0.0)
    gap = max(float(best.gradient @ best.at - most * lowest), 0.0)
    error = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    return replace(pool, std_error=error, vcov=vcov, gap=gap, n=float(rows.counts.sum()), rows=rows)


def _scored(pool: Pool, logits: list[FloatArray], y: Any, weights: Any) -> Pool:
    """Return a pool with the scores of its members and its own, where outcomes are known."""
    if y is None:
        return pool
    shares, counts = read_outcomes(y, logits[0]), read_weights(weights, logits[0].shape[0])
    own = mean_scores(pooled(pool.kind, logits, pool.weights), shares, counts)
    each = np.array([mean_scores(z, shares, counts) for z in logits])
    return replace(
        pool,
        n=float(counts.sum()),
        log_loss=own[0],
        brier=own[1],
        member_log_loss=each[:, 0],
        member_brier=each[:, 1],
    )
