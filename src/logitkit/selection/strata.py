"""Rows dealt to folds so that every fold holds about the same of each outcome, within each stratum.

The bounds on how even folds are stand in ``docs/maths/cross-validation.md``, equation 3.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.response.response import Response
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["heavy_first", "stratified"]


def stratified(response: Response, stratum: IntArray, folds: int, generator: np.random.Generator) -> IntArray:
    """Return the fold of each row, with each outcome and stratum spread evenly over the folds.

    Parameters
    ----------
    response : Response
        n rows of positive weight.
    stratum : (n,) int array
        Code of the stratum of each row.
    folds : int
        Number of folds.
    generator : numpy.random.Generator
        Source of the draw.

    Returns
    -------
    (n,) int array
        Folds, numbered from 0.

    Examples
    --------
    >>> y, stratum = np.repeat([0.0, 1.0], 6), np.tile([0, 0, 1], 4)
    >>> fold = stratified(Response(y), stratum, 2, np.random.default_rng(1))
    >>> [int(np.sum((fold == 0) & (y == outcome) & (stratum == s))) for outcome in (0, 1) for s in (0, 1)]
    [2, 1, 2, 1]
    """
    y, weights = response.y, response.weights
    fold = np.empty(y.size, dtype=np.int64)
    dealt = 0
    for outcome in response.pure_outcomes:
        for rows in _of_each(stratum, np.flatnonzero(y == outcome)):
            order = rows[heavy_first(weights[rows], folds, generator)]
            # The deal goes on where the last stratum ended, so that the numbers of rows are even too.
            fold[order] = (dealt + np.arange(order.size)) % folds
            dealt += order.size
    mixed = ~np.isin(y, response.pure_outcomes)
    for rows in _of_each(stratum, np.flatnonzero(mixed)):
        order = rows[heavy_first(weights[rows], folds, generator)]
        _deal_counts(response, np.flatnonzero(stratum == stratum[rows[0]]), mixed, order, fold, folds)
    return fold


def heavy_first(weights: FloatArray, folds: int, generator: np.random.Generator) -> IntArray:
    """Return positions in descending order of weight, shuffled within each round; ties are in random order.

    Parameters
    ----------
    weights : (n,) array
        Positive weights.
    folds : int
        Number of folds, which is the length of a round.
    generator : numpy.random.Generator
        Source of the draw.

    Returns
    -------
    (n,) int array
        A permutation.

    Examples
    --------
    >>> heavy_first(np.array([1.0, 9.0, 5.0]), 2, np.random.default_rng(1)).tolist()[2]
    0
    """
    order = generator.permutation(weights.size)
    order = order[np.argsort(-weights[order], kind="stable")]
    whole = weights.size - weights.size % folds
    order[:whole] = generator.permuted(order[:whole].reshape(-1, folds), axis=1).ravel()
    return np.asarray(order)


def _of_each(stratum: IntArray, rows: IntArray) -> list[IntArray]:
    """Return the rows of each stratum among some rows, ascending within each."""
    order = rows[np.argsort(stratum[rows], kind="stable")]
    return [part for part in np.split(order, np.flatnonzero(np.diff(stratum[order])) + 1) if part.size]


def _deal_counts(
    response: Response, members: IntArray, mixed: BoolArray, order: IntArray, fold: IntArray, folds: int
) -> None:
    """Put each row of counts of both outcomes into the fold where its stratum lacks them most, in the given order."""
    y, weights = response.y, response.weights
    pure = members[~mixed[members]]
    shares = [
        weights * part / max(float(weights[members] @ part[members]), np.finfo(float).tiny) for part in (y, 1.0 - y)
    ]
    held = [np.bincount(fold[pure], weights=share[pure], minlength=folds).tolist() for share in shares]
    held_events, held_nonevents = held
    for row in order:
        event, nonevent = float(shares[0][row]), float(shares[1][row])
        # The increase of the sum of squared shares, which is least when they are even.
        costs = [event * e + nonevent * n for e, n in zip(held_events, held_nonevents, strict=True)]
        least = costs.index(min(costs))
        fold[row] = least
        held_events[least] += event
        held_nonevents[least] += nonevent
