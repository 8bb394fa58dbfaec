r"""A matrix seen through centring and a change of basis: :math:`Z = (X - 1 c') B`.

Used when the columns as given are badly conditioned: centring is done on each row block before any product,
so nothing is lost to cancellation, and the basis is the inverse of the triangular factor of the centred
columns, so that the products are well conditioned. Columns that are left out of the model have rows of zeros
in ``basis``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from logitkit.design.dense import Dense
from logitkit.design.matrix import Matrix
from logitkit.typing import FloatArray, IntArray

__all__ = ["Transformed"]

BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Transformed:
    """A view of a matrix after centring and a change of basis; nothing of size n is copied.

    Parameters
    ----------
    matrix : Matrix
        The matrix as given, n rows and p columns.
    centre : (p,) array
        Subtracted from each column; zero for the intercept.
    basis : (p, q) array
        The new columns in terms of the centred old ones.

    Examples
    --------
    >>> import numpy as np
    >>> x = Dense(np.array([[1.0, 5.0], [1.0, 7.0]]))
    >>> z = Transformed(x, np.array([0.0, 6.0]), np.diag([1.0, 2.0]))
    >>> z.to_dense().tolist()
    [[1.0, -2.0], [1.0, 2.0]]
    """

    matrix: Matrix
    centre: FloatArray
    basis: FloatArray

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.matrix.n_rows

    @property
    def n_columns(self) -> int:
        """Number of columns after the change of basis."""
        return int(self.basis.shape[1])

    def rows(self, start: int, stop: int) -> Dense:
        """Return consecutive rows, transformed, as a dense block."""
        return Dense((self.matrix.rows(start, stop).to_dense() - self.centre) @ self.basis)

    def take(self, index: IntArray) -> Dense:
        """Return the rows at the given positions, transformed."""
        return Dense((self.matrix.take(index).to_dense() - self.centre) @ self.basis)

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return Z v, shape (n,)."""
        inner = self.basis @ vector
        return np.concatenate([block @ inner for block in self._centred_blocks()])

    def rmatvec(self, vector: FloatArray) -> FloatArray:
        """Return Z' v, shape (q,)."""
        total, start = np.zeros(self.matrix.n_columns), 0
        for block in self._centred_blocks():
            total += vector[start : start + len(block)] @ block
            start += len(block)
        return np.asarray(total @ self.basis)

    def gram(self, weights: FloatArray, buffer: FloatArray) -> FloatArray:
        """Return Z' diag(weights) Z of all rows at once, shape (q, q)."""
        del buffer  # sized for the given matrix, not for the transformed one
        scaled = self.to_dense() * np.sqrt(weights)[:, None]
        return np.asarray(scaled.T @ scaled)

    def to_dense(self) -> FloatArray:
        """Return the transformed rows, shape (n, q)."""
        return np.asarray((self.matrix.to_dense() - self.centre) @ self.basis)

    def _centred_blocks(self) -> Iterator[FloatArray]:
        """Yield X - 1 c', some rows at a time; centring comes before products, or it would cost digits."""
        for start in range(0, max(self.n_rows, 1), BLOCK):
            yield self.matrix.rows(start, min(start + BLOCK, self.n_rows)).to_dense() - self.centre
