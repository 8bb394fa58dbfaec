"""Rows of queries in the order of their scores, in blocks of equal scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.labels import read_groups
from logitkit.logits.read import read_numbers
from logitkit.typing import FloatArray, IntArray

__all__ = ["Ordered", "in_order"]


@dataclass(frozen=True)
class Ordered:
    """Rows that are sorted by query, and within each from the highest score to the lowest.

    Parameters
    ----------
    queries : (q,) array
        Labels, in ascending order.
    first : (q,) int array
        Where the rows of each query begin.
    relevance : (n,) array
        How relevant each row is, in this order.
    position : (n,) int array
        Rows of the same query before it.
    query : (n,) int array
        Which query it belongs to.
    blocks : (b,) int array
        Where rows of equal scores begin; queries do not share a block.
    """

    queries: Any
    first: IntArray
    relevance: FloatArray
    position: IntArray
    query: IntArray
    blocks: IntArray

    @property
    def block_sizes(self) -> IntArray:
        """Rows of each block, (b,)."""
        return np.diff(np.append(self.blocks, self.relevance.size))

    def by_query(self, of_blocks: FloatArray) -> FloatArray:
        """Return the sums over the blocks of each query, (q,)."""
        return np.add.reduceat(of_blocks, np.searchsorted(self.blocks, self.first))


def in_order(scores: Any, y: Any, groups: Any) -> Ordered:
    """Sort rows by query and score.

    Parameters
    ----------
    scores : (n,) array-like
        The higher, the earlier.
    y : (n,) array-like
        How relevant each row is, at least 0.
    groups : (n,) array-like or None
        Queries; one if None.

    Returns
    -------
    Ordered
        The rows in order.

    Raises
    ------
    DataError
        If shapes differ, or a number is not finite or a relevance negative; its row is named.

    Examples
    --------
    >>> rows = in_order([1.0, 3.0, 2.0, 2.0], [0, 1, 0, 1], ["a", "a", "b", "b"])
    >>> rows.relevance.tolist(), rows.position.tolist(), rows.blocks.tolist()
    ([1.0, 0.0, 0.0, 1.0], [0, 1, 0, 1], [0, 1, 2])
    """
    values, relevance = read_numbers(scores, "Scores"), read_numbers(y, "Relevances").astype(np.float64, copy=False)
    if values.ndim != 1 or relevance.shape != values.shape:
        raise DataError(f"Scores have shape {values.shape} and relevance {relevance.shape}: give (n,) of both.")
    if relevance.min() < 0.0:
        row = int(np.argmax(relevance < 0.0))
        raise DataError(f"y is {relevance[row]:g} in row {row} (from 0): relevance is at least 0.")
    labels, codes = read_groups(groups, values.size)
    order = np.argsort(-values, kind="stable")
    order = order[np.argsort(codes[order], kind="stable")]
    query, by_score = codes[order], values[order]
    begins = np.diff(query, prepend=-1) != 0
    first = np.flatnonzero(begins)
    position = np.arange(values.size) - first[query]
    begins[1:] |= by_score[1:] != by_score[:-1]
    return Ordered(labels, first, relevance[order], position, query, np.flatnonzero(begins))
