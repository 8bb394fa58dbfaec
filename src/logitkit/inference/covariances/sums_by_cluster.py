"""Sums of scores by cluster, and of their squares."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from logitkit.design.response.response import Response
from logitkit.numerics.ascending import by_code
from logitkit.numerics.kernels.dense import add_by_code
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray, IntArray

__all__ = ["ROWS_OF_PART", "RowScores", "cluster_meat", "cluster_table"]

TABLE_MOST = 32_000_000  # numbers of the sums of all clusters that are held at once: 256 MB
ROWS = 8_192  # that are written out at once
ROWS_OF_PART = 65_536  # a part of the rows, which a thread adds to sums of its own
PARTS_MOST = 8
CELLS_OF_PARTS = 4_000_000  # numbers of the sums of all parts


class RowScores(Protocol):
    """The scores of n rows by q coefficients, which are written out for some rows at a time."""

    @property
    def response(self) -> Response:
        """The n rows."""

    @property
    def block(self) -> int:
        """How many rows are written out at once."""

    @property
    def size(self) -> int:
        """Number of coefficients, q."""

    def of(self, rows: IntArray) -> FloatArray:
        """Return the scores of some rows.

        Parameters
        ----------
        rows : (r,) int array
            Positions of the rows.

        Returns
        -------
        (r, q) array
            One row per row.
        """

    def piece(self, start: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Return the scores of consecutive rows as numbers and what each row of them is multiplied by.

        Parameters
        ----------
        start, stop : int
            Positions of the first row and of the end.

        Returns
        -------
        cells : (r, q) array
            One row per row.
        scale : (r,) array
            Its factor.
        """


def cluster_meat(codes: IntArray, found: RowScores) -> FloatArray:
    """Return the sum over clusters of the squares of their summed scores.

    The sums of all clusters are held at once, in parts of the rows where clusters are few. Where there are too many for
    that, rows are taken in the order of their clusters; the cluster that a block ends in is carried on to the next, so
    that memory does not grow with rows or clusters.

    Parameters
    ----------
    codes : (n,) int array
        Cluster of each row.
    found : RowScores
        Scores of the rows.

    Returns
    -------
    (q, q) array
        Symmetric; the same bits on any number of threads.

    Examples
    --------
    Two rows of one cluster whose scores cancel at the estimate:

    >>> import logitkit as lk
    >>> from logitkit.inference.covariances.sandwich import scores
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1]})
    >>> float(cluster_meat(np.array([0, 0]), scores(fit.record, fit.design))[0, 0])
    0.0
    """
    count = int(codes.max(initial=-1)) + 1
    if max(count * found.size, 1) > TABLE_MOST:
        return _in_order(codes, found)
    table = cluster_table(codes, found, count)
    return np.asarray(table.T @ table)


def cluster_table(codes: IntArray, found: RowScores, count: int) -> FloatArray:
    """Return the sums of the scores by cluster, (G, q): the same bits on any number of threads.

    Parameters
    ----------
    codes : (n,) int array
        Cluster of each row.
    found : RowScores
        Scores of the rows.
    count : int
        G.

    Returns
    -------
    (G, q) array
        One row per cluster.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.covariances.sandwich import scores
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 0]})
    >>> cluster_table(np.array([0, 1, 1, 0]), scores(fit.record, fit.design), 2).tolist()
    [[-1.0], [1.0]]
    """
    n, cells = codes.size, max(count * found.size, 1)
    parts = max(min(PARTS_MOST, n // ROWS_OF_PART, CELLS_OF_PARTS // cells), 1)
    if parts == 1:
        return _sums(codes, found, 0, n, count)
    bounds = np.linspace(0, n, parts + 1).astype(np.int64)
    table = np.zeros((count, found.size))
    for own in ordered_map(lambda part: _sums(codes, found, int(bounds[part]), int(bounds[part + 1]), count), parts):
        table += own
    return table


def _sums(codes: IntArray, found: RowScores, start: int, stop: int, count: int) -> FloatArray:
    """Return the sums of the scores of consecutive rows by cluster, (G, q)."""
    table = np.zeros((count, found.size))
    for first in range(start, stop, ROWS):
        last = min(first + ROWS, stop)
        cells, scale = found.piece(first, last)
        add_by_code(codes[first:last], np.ascontiguousarray(scale), np.ascontiguousarray(cells), table)
    return table


def _in_order(codes: IntArray, found: RowScores) -> FloatArray:
    """Return the same from the rows in the order of their clusters."""
    order = by_code(codes)
    meat, carried, carried_code = np.zeros((found.size, found.size)), np.zeros(found.size), -1
    for start in range(0, order.size, found.block):
        rows = order[start : start + found.block]
        scores = found.of(rows)
        first = np.flatnonzero(np.diff(codes[rows], prepend=-1))
        sums = np.add.reduceat(scores, first, axis=0)
        if codes[rows[0]] == carried_code:
            sums[0] += carried
        else:
            meat += np.multiply.outer(carried, carried)
        carried, carried_code = sums[-1], int(codes[rows[-1]])
        meat += sums[:-1].T @ sums[:-1]
    return meat + np.multiply.outer(carried, carried)
