"""Rows of several models as a pool sees them: what each member makes of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.functions import log_sigmoid, log_softmax
from logitkit.logits.pools.least import Loss
from logitkit.logits.read import read_codes, read_logits
from logitkit.logits.threads import over_rows
from logitkit.numerics.kernels.event_scores import likelihoods
from logitkit.numerics.kernels.pools import event_pool_loss, linear_pool_loss, log_pool_loss
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["LEAST", "PoolRows", "event_rows", "linear_rows", "log_likelihoods", "log_rows", "read_members"]

FIRST = 100  # rows that nearly always tell that two members differ
LEAST = 1e-130  # probabilities from here on need no common factor


@dataclass(frozen=True)
class PoolRows:
    """The rows from which a pool is learnt.

    Parameters
    ----------
    numbers : (n, J) or (n, K - 1, J) array
        For a linear pool, likelihoods of the members; for a logarithmic pool, differences of logits.
    counts : (n,) array
        How often each row counts.

    Examples
    --------
    >>> rows = PoolRows(np.array([[0.2, 0.8]]), np.ones(1))
    >>> value, gradient, hessian = rows.loss(np.array([0.5, 0.5]))
    >>> bool(np.isclose(value, np.log(2.0))), gradient.round(12).tolist()
    (True, [-0.4, -1.6])
    """

    numbers: FloatArray = field(repr=False)
    counts: FloatArray = field(repr=False)

    @property
    def loss(self) -> Loss:
        """Minus the log-likelihood as a function of the weights, with both derivatives."""
        n, m = self.numbers.shape[0], self.numbers.shape[-1]
        groups = row_groups(n, self.numbers[0].size, 8 * m * (m + 1))

        def part(group: int, weights: FloatArray) -> tuple[float, FloatArray]:
            first, after = groups.bounds[group]
            sums = np.empty((m + 1, m))
            here, counts = self.numbers[first:after], self.counts[first:after]
            if self.numbers.ndim == 2:
                return linear_pool_loss(here, counts, weights, sums), sums
            if self.numbers.shape[1] == 1:
                return event_pool_loss(here[:, 0], counts, weights, sums), sums
            return log_pool_loss(here, counts, weights, sums), sums

        def loss(weights: FloatArray) -> tuple[float, FloatArray, FloatArray]:
            value, sums = 0.0, np.zeros((m + 1, m))
            tasks = ordered_map(lambda group: part(group, weights), len(groups.bounds), light=groups.light)
            for one, here in tasks:
                value += one
                sums += here
            lower = np.tril(sums[1:])
            return value, sums[0], lower + np.tril(lower, -1).T

        return loss

    def require_apart(self, names: tuple[str, ...]) -> None:
        """Refuse two members that agree in all rows: their weights are not identified."""
        flat = self.numbers.reshape(-1, self.numbers.shape[-1])
        first = flat[:FIRST]
        for j in range(flat.shape[1]):
            for k in range(j):
                if np.array_equal(first[:, j], first[:, k]) and np.array_equal(flat[:, j], flat[:, k]):
                    raise UnsupportedError(
                        f"Members {names[k]} and {names[j]} say the same in all rows: leave one of them out."
                    )


def read_members(members: Any) -> tuple[tuple[str, ...], list[FloatArray]]:
    """Return the names and the logits of the members of a pool.

    Parameters
    ----------
    members : mapping or sequence of array-like
        Logits of the same rows, each (n,) for an event, or (n, K) for K outcomes.

    Returns
    -------
    names : tuple of str
        Keys, or numbers from 0.
    logits : list of array
        All of one shape.

    Raises
    ------
    DataError
        If there are fewer than two members, shapes differ, or logits are refused; the member is named.

    Examples
    --------
    >>> names, logits = read_members({"a": [0, 1], "b": [2, 3]})
    >>> names, logits[1].tolist()
    (('a', 'b'), [2.0, 3.0])
    """
    if isinstance(members, Mapping):
        names, given = tuple(str(name) for name in members), list(members.values())
    elif isinstance(members, np.ndarray) and members.ndim == 2:
        n, k = members.shape
        raise DataError(
            f"members are one array of shape ({n}, {k}), which may be {n} members of {k} rows, or {n} rows of {k} "
            "members or outcomes: give list(array) if each row of it is a member, or list(array.T) if each column is."
        )
    elif isinstance(members, list | tuple | np.ndarray):
        names, given = tuple(str(j) for j in range(len(members))), list(members)
    else:
        raise DataError(
            f"members is a {type(members).__name__}: give a list of logits, or a mapping from names to logits, such as "
            "dict(frame.items()) of the columns of a frame."
        )
    if len(given) < 2:
        raise DataError(f"There are logits of {len(given)} in members=: a pool needs at least two.")
    logits = []
    for name, values in zip(names, given, strict=True):
        try:
            logits.append(read_logits(values))
        except DataError as error:
            raise DataError(f"Member {name}: {error}") from error
        if logits[-1].shape != logits[0].shape:
            raise DataError(
                f"logits of member {name} have shape {logits[-1].shape}, and those of member {names[0]} "
                f"{logits[0].shape}: all members see the same rows."
            )
    return names, logits


def linear_rows(log_likelihoods: FloatArray, counts: FloatArray) -> PoolRows:
    """Return rows of a linear pool.

    Parameters
    ----------
    log_likelihoods : (n, J) array
        Log of the probability that each member gave to the outcome.
    counts : (n,) array
        How often each row counts.

    Returns
    -------
    PoolRows
        Each row divided by its largest likelihood.

    Examples
    --------
    >>> linear_rows(np.log([[0.2, 0.8]]) - 1e4, np.ones(1)).numbers.round(12).tolist()
    [[0.25, 1.0]]
    """
    used = counts > 0.0
    kept = log_likelihoods if used.all() else log_likelihoods[used]
    likelihoods = kept - kept.max(axis=1, keepdims=True)
    return PoolRows(np.exp(likelihoods, out=likelihoods), np.ascontiguousarray(counts[used]))


def event_rows(logits: list[FloatArray], y: FloatArray, counts: FloatArray) -> PoolRows | None:
    """Return rows of a linear pool of the logits of an event, none of them extreme.

    Parameters
    ----------
    logits : list of (n,) or (n, K) array
        Logits of the members.
    y : (n,) array
        Events, or their proportions, or numbers of outcomes.
    counts : (n,) array
        How often each row counts.

    Returns
    -------
    PoolRows or None
        None where the logits are of several outcomes, or so large that likelihoods need a common factor.

    Examples
    --------
    >>> event_rows([np.zeros(1), np.zeros(1)], np.ones(1), np.ones(1)).numbers.tolist()
    [[0.5, 0.5]]
    """
    if logits[0].ndim == 2:
        return None
    rows, happened, parts, whole = _counting(*_one_outcome_a_row(y, counts), y.size)
    numbers, extreme = np.empty((rows.size, len(logits))), [False]

    def part(first: int, after: int) -> None:
        for j, z in enumerate(logits):
            here = z[first:after] if whole else z[rows[first:after]]
            likelihoods(here, happened[first:after], numbers[first:after, j])
        if numbers[first:after].min() < LEAST:
            extreme.append(True)

    over_rows(part, rows.size, len(logits))
    return None if any(extreme) else PoolRows(numbers, parts)


def log_likelihoods(logits: list[FloatArray], y: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the log of the probability that each member gave to the outcome, and how often each row counts.

    Parameters
    ----------
    logits : list of (n,) or (n, K) array
        Logits of the members.
    y : (n,) array
        Events, or their proportions, or numbers of outcomes.
    counts : (n,) array
        How often each row counts.

    Returns
    -------
    log_likelihoods : (N, J) array
        A row with a proportion of events becomes two rows, one per outcome.
    counts : (N,) array
        How often each of these rows counts.

    Examples
    --------
    >>> found, counts = log_likelihoods([np.zeros(1), np.zeros(1)], np.array([0.25]), np.ones(1))
    >>> np.exp(found).tolist(), counts.tolist()
    ([[0.5, 0.5], [0.5, 0.5]], [0.25, 0.75])
    """
    if logits[0].ndim == 2:
        places = read_codes(y, *logits[0].shape)[:, None]
        return np.column_stack([np.take_along_axis(log_softmax(z), places, axis=1)[:, 0] for z in logits]), counts
    rows, happened, parts = _one_outcome_a_row(y, counts)
    sign = np.where(happened, 1.0, -1.0)
    whole = rows.size == y.size  # no row is two
    return np.column_stack([log_sigmoid(sign * (z if whole else z[rows])) for z in logits]), parts


def log_rows(logits: list[FloatArray], y: FloatArray, counts: FloatArray) -> PoolRows:
    """Return rows of a logarithmic pool.

    Parameters
    ----------
    logits : list of (n,) or (n, K) array
        Logits of the members.
    y : (n,) array
        Events, or their proportions, or numbers of outcomes.
    counts : (n,) array
        How often each row counts.

    Returns
    -------
    PoolRows
        Logits of the outcomes that did not occur, minus the logit of the one that did.

    Examples
    --------
    >>> log_rows([np.array([2.0]), np.array([3.0])], np.ones(1), np.ones(1)).numbers.tolist()
    [[[-2.0, -3.0]]]
    """
    if logits[0].ndim == 2:
        n, k = logits[0].shape
        used = np.flatnonzero(counts > 0.0)
        codes = read_codes(y, n, k)[used]
        others = np.arange(k - 1) + (np.arange(k - 1) >= codes[:, None])
        numbers = np.empty((used.size, k - 1, len(logits)))
        for j, z in enumerate(logits):
            here = z[used]
            numbers[:, :, j] = np.take_along_axis(here, others, axis=1) - here[np.arange(used.size), codes][:, None]
        return PoolRows(numbers, counts[used])
    rows, happened, parts = _one_outcome_a_row(y, counts)
    rows, happened, parts, whole = _counting(rows, happened, parts, y.size)
    differences = np.empty((rows.size, 1, len(logits)))
    sign = np.where(happened, -1.0, 1.0)

    def part(first: int, after: int) -> None:
        for j, z in enumerate(logits):
            here = z[first:after] if whole else z[rows[first:after]]
            np.multiply(sign[first:after], here, out=differences[first:after, 0, j])

    over_rows(part, rows.size, len(logits))
    return PoolRows(differences, parts)


def _counting(
    rows: IntArray, happened: BoolArray, parts: FloatArray, n: int
) -> tuple[IntArray, BoolArray, FloatArray, bool]:
    """Return the rows that count, what happened and how often, and whether they are the n rows as they are."""
    used = np.flatnonzero(parts > 0.0)
    if used.size < rows.size:
        return rows[used], happened[used], parts[used], False
    return rows, happened, parts, rows.size == n


def _one_outcome_a_row(y: FloatArray, counts: FloatArray) -> tuple[IntArray, BoolArray, FloatArray]:
    """Return rows, whether the event happened and how often: a proportion is two rows."""
    mixed = np.flatnonzero((y > 0.0) & (y < 1.0))
    if not mixed.size:
        return np.arange(y.size), y > 0.0, np.ascontiguousarray(counts)
    rows = np.concatenate([np.arange(y.size), mixed])
    happened = np.concatenate([y > 0.0, np.zeros(mixed.size, dtype=bool)])
    parts = np.concatenate([np.where(y > 0.0, y, 1.0) * counts, (1.0 - y[mixed]) * counts[mixed]])
    return rows, happened, parts
