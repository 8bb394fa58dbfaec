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

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import FloatArray, IntArray

__all__ = ["Transformed"]

BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Transformed(Matrix):
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

    @property
    def width(self) -> int:
        """Numbers that a row holds when it is written out."""
        return max(self.matrix.n_columns, self.n_columns)

    @property
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram`` of a block."""
        return self.n_columns

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

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add Z' v to ``out``."""
        total, start = np.zeros(self.matrix.n_columns), 0
        for block in self._centred_blocks():
            total += vector[start : start + len(block)] @ block
            start += len(block)
        out += total @ self.basis

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add Z' diag(weights) Z of all rows at once."""
        del buffer
        scaled = self.to_dense() * np.sqrt(weights)[:, None]
        out += scaled.T @ scaled

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of Z' diag(weights) Z."""
        Dense(self.to_dense()).add_squares(weights, diagonal)

    def to_dense(self) -> FloatArray:
        """Return the transformed rows, shape (n, q)."""
        return np.asarray((self.matrix.to_dense() - self.centre) @ self.basis)

    def _centred_blocks(self) -> Iterator[FloatArray]:
        """Yield X - 1 c', some rows at a time; centring comes before products, or it would cost digits."""
        for start in range(0, max(self.n_rows, 1), BLOCK):
            yield self.matrix.rows(start, min(start + BLOCK, self.n_rows)).to_dense() - self.centre
