"""Columns in parts, each a matrix of its own: what models use whose predictors take columns in different ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import FloatArray, IntArray

__all__ = ["Parted", "in_parts"]


@dataclass(frozen=True, eq=False)
class Parted(Matrix):
    """Matrices of the same rows side by side, no product of two of which is ever taken as a whole.

    Parameters
    ----------
    parts : tuple of Matrix
        Columns one after another.

    Examples
    --------
    >>> Parted((Dense(np.ones((2, 1))), Dense(np.array([[2.0], [3.0]])))).to_dense().tolist()
    [[1.0, 2.0], [1.0, 3.0]]
    """

    parts: tuple[Matrix, ...]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.parts[0].n_rows

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return sum(part.n_columns for part in self.parts)

    @property
    def width(self) -> int:
        """Numbers that a row holds."""
        return sum(part.width for part in self.parts)

    def rows(self, start: int, stop: int) -> Parted:
        """Return consecutive rows."""
        return Parted(tuple(part.rows(start, stop) for part in self.parts))

    def take(self, index: IntArray) -> Parted:
        """Return the rows at the given positions."""
        return Parted(tuple(part.take(index) for part in self.parts))

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        out = np.zeros(self.n_rows)
        for part, start in zip(self.parts, self._starts(), strict=True):
            out += part.matvec(vector[start : start + part.n_columns])
        return out

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        for part, start in zip(self.parts, self._starts(), strict=True):
            out[start : start + part.n_columns] += part.rmatvec(vector)

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X, written out."""
        cells = Dense(self.to_dense())
        cells.add_gram(weights, out, buffer if buffer.size else np.empty(cells.array.size))

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        Dense(self.to_dense()).add_squares(weights, diagonal)

    def to_dense(self) -> FloatArray:
        """Return the columns written out."""
        return np.hstack([part.to_dense() for part in self.parts])

    def _starts(self) -> list[int]:
        return [0, *np.cumsum([part.n_columns for part in self.parts])[:-1].tolist()]


def in_parts(matrix: Matrix, columns: tuple[IntArray, ...]) -> Parted:
    """Return the columns of a matrix in parts."""
    if isinstance(matrix, Parted):
        return matrix
    return Parted(tuple(_some(matrix, part) for part in columns))


def _some(matrix: Matrix, columns: IntArray) -> Matrix:
    """Return some columns, without a copy where they follow one another."""
    first, last = (int(columns[0]), int(columns[0]) + columns.size) if columns.size else (0, 0)
    if not np.array_equal(columns, np.arange(first, last)):
        return matrix.columns(columns)
    return matrix if columns.size == matrix.n_columns else matrix.span(first, last)
