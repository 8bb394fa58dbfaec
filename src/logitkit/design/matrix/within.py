r"""Columns as differences from the means of their level: :math:`\tilde x_i = x_i - f_{l(i)}`.

With one intercept per level that is eliminated, the score of row i for the other coefficients, the level's intercept
following along, is its residual times :math:`\tilde x_i`, where :math:`f_l` are the means of the columns in level l
weighted by the curvature of the rows (``docs/maths/incidental.md``, equations 1 to 3). Sandwiches, leverages and
variances of predictions are sums over such rows; they are made a block at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import FloatArray, IntArray

__all__ = ["Within", "level_means"]

BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Within(Matrix):
    """A matrix less the means of each row's level; nothing of size n is copied.

    Parameters
    ----------
    matrix : Matrix
        The columns as given, n rows and q columns.
    codes : (n,) int array
        Level of each row, from 0.
    means : (m, q) array
        What is taken from the rows of each level.

    Examples
    --------
    >>> x = Dense(np.array([[1.0], [3.0], [5.0]]))
    >>> Within(x, np.array([0, 0, 1]), np.array([[2.0], [5.0]])).to_dense().ravel().tolist()
    [-1.0, 1.0, 0.0]
    """

    matrix: Matrix
    codes: IntArray
    means: FloatArray

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.matrix.n_rows

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.means.shape[1])

    @property
    def width(self) -> int:
        """Numbers that a row holds when it is written out."""
        return max(self.matrix.n_columns, self.n_columns)

    @property
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram`` of a block."""
        return self.n_columns

    def rows(self, start: int, stop: int) -> Dense:
        """Return consecutive rows as a dense block."""
        return Dense(self.matrix.rows(start, stop).to_dense() - self.means[self.codes[start:stop]])

    def take(self, index: IntArray) -> Dense:
        """Return the rows at the given positions."""
        return Dense(self.matrix.take(index).to_dense() - self.means[self.codes[index]])

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        blocks = [self.rows(start, stop).array @ vector for start, stop in _blocks(self.n_rows)]
        return np.concatenate(blocks) if blocks else np.empty(0)

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        for start, stop in _blocks(self.n_rows):
            out += vector[start:stop] @ self.rows(start, stop).array

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X."""
        del buffer
        for start, stop in _blocks(self.n_rows):
            scaled = self.rows(start, stop).array * np.sqrt(weights[start:stop])[:, None]
            out += scaled.T @ scaled

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        for start, stop in _blocks(self.n_rows):
            self.rows(start, stop).add_squares(weights[start:stop], diagonal)

    def to_dense(self) -> FloatArray:
        """Return the rows written out, shape (n, q)."""
        return np.asarray(self.matrix.to_dense() - self.means[self.codes])


def level_means(matrix: Matrix, codes: IntArray, weights: FloatArray, n_levels: int) -> FloatArray:
    """Return the weighted means of the columns in each level.

    Examples
    --------
    >>> x = Dense(np.array([[1.0], [3.0], [5.0]]))
    >>> level_means(x, np.array([0, 0, 1]), np.array([3.0, 1.0, 2.0]), 3).ravel().tolist()
    [1.5, 5.0, 0.0]
    """
    from scipy.sparse import csr_array

    sums = np.zeros((n_levels, matrix.n_columns))
    for start, stop in _blocks(matrix.n_rows):
        own = (weights[start:stop], (codes[start:stop], np.arange(stop - start)))
        part = csr_array(own, shape=(n_levels, stop - start))
        # Only the levels of the block: a sum over all of them would cost m a block.
        present = np.flatnonzero(np.diff(part.indptr))
        sums[present] += part[present] @ matrix.rows(start, stop).to_dense()
    total = np.bincount(codes, weights, n_levels)
    return np.asarray(sums / np.where(total > 0.0, total, 1.0)[:, None])


def _blocks(n_rows: int) -> list[tuple[int, int]]:
    return [(start, min(start + BLOCK, n_rows)) for start in range(0, n_rows, BLOCK)]
