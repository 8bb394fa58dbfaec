"""Columns that are mostly zero, as compressed sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from logitkit.design.matrix.matrix import Matrix, mirrored
from logitkit.errors import DataError
from logitkit.numerics.kernels.sparse import (
    add_sparse_gram,
    add_sparse_outer,
    add_sparse_rows,
    add_sparse_squares,
    add_sparse_sums,
    add_sparse_values,
)
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["Sparse", "sparse_matrix"]


@dataclass(frozen=True, slots=True)
class Sparse(Matrix):
    """A sparse matrix by rows.

    Parameters
    ----------
    indptr : (n + 1,) int64 array
        Where each row begins in the two others.
    indices : (nnz,) int32 array
        Column numbers, increasing within a row and each at most once.
    values : (nnz,) array
        The values there.
    n_columns : int
        Number of columns.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> sparse_matrix(csr_array([[0.0, 2.0], [3.0, 0.0]])).rmatvec(np.array([1.0, 10.0])).tolist()
    [30.0, 2.0]
    """

    indptr: IntArray
    indices: CodeArray
    values: FloatArray
    n_columns: int

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.indptr.shape[0]) - 1

    @property
    def width(self) -> int:
        """Numbers that a row holds on average, indices counted as half."""
        return int(1.5 * self.values.size / max(self.n_rows, 1)) + 1

    def rows(self, start: int, stop: int) -> Sparse:
        """Return a view of consecutive rows."""
        return Sparse(self.indptr[start : stop + 1], self.indices, self.values, self.n_columns)

    def columns(self, index: IntArray) -> Matrix:
        """Return some columns as a matrix of their own; a single one by a look at the column numbers."""
        if index.size != 1 or index[0] < 0:
            return super(Sparse, self).columns(index)
        first, last, column = self.indptr[0], self.indptr[-1], int(index[0])
        begins = self.indptr[:-1]
        if (self.indptr[1:] > begins).all() and (self.indices[begins] == column).all():  # as that of an intercept
            n_rows = begins.size
            return Sparse(np.arange(n_rows + 1), np.zeros(n_rows, dtype=np.int32), self.values[begins], 1)
        where = np.flatnonzero(self.indices[first:last] == column)
        starts = np.searchsorted(where, self.indptr - first)
        return Sparse(starts, np.zeros(where.size, dtype=np.int32), self.values[first:last][where], 1)

    def take(self, index: IntArray) -> Sparse:
        """Return a copy of the rows at the given positions."""
        return sparse_matrix(self.to_sparse()[index])

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        out = np.zeros(self.n_rows)
        self.add_matvec(vector, out)
        return out

    @property
    def standing(self) -> int:
        """Where it stands among kinds side by side."""
        return 2

    def add_matvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X v to ``out``."""
        add_sparse_values(self.indptr, self.indices, self.values, vector, out)

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        add_sparse_sums(self.indptr, self.indices, self.values, vector, out)

    @property
    def order(self) -> Literal["C", "F"]:
        """One column's numbers side by side, which a row visits a few of."""
        return "F"

    def matvecs(self, vectors: FloatArray) -> FloatArray:
        """Return X v for several vectors, row by row."""
        out = np.zeros((self.n_rows, vectors.shape[0]))
        add_sparse_rows(self.indptr, self.indices, self.values, np.ascontiguousarray(vectors.T), out)
        return out.T

    def add_rmatvecs(self, vectors: FloatArray, out: FloatArray) -> None:
        """Add X' v to each row of ``out``, row by row of X."""
        if not out.flags.f_contiguous:
            super(Sparse, self).add_rmatvecs(vectors, out)
            return
        add_sparse_outer(self.indptr, self.indices, self.values, np.ascontiguousarray(vectors.T), out.T)

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X on and above the diagonal."""
        del buffer
        add_sparse_gram(self.indptr, self.indices, self.values, weights, out)

    def collect_gram(self, sums: FloatArray) -> FloatArray:
        """Return the sums with the cells below the diagonal."""
        return mirrored(sums)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        add_sparse_squares(self.indptr, self.indices, self.values, weights, diagonal)

    def to_dense(self) -> FloatArray:
        """Return the matrix with its zeros, shape (n, p)."""
        return np.asarray(self.to_sparse().toarray())

    def to_sparse(self) -> Any:
        """Return the rows as a scipy.sparse.csr_array."""
        from scipy.sparse import csr_array

        first = self.indptr[0]
        last = self.indptr[-1]
        parts = (self.values[first:last], self.indices[first:last], self.indptr - first)
        return csr_array(parts, shape=(self.n_rows, self.n_columns))


def sparse_matrix(array: Any) -> Sparse:
    """Return a scipy sparse array or matrix of any format as rows."""
    if np.dtype(array.dtype).kind not in "fiub":
        raise DataError(f"The sparse matrix holds {array.dtype}; it must be real numbers.")
    rows = array.tocsr()
    if not rows.has_sorted_indices:
        rows = rows.sorted_indices()
    if not rows.has_canonical_format:
        raise DataError(
            "The sparse matrix has entries that occur twice. Call its sum_duplicates() if their sum is meant, and look "
            "where they come from if not."
        )
    return Sparse(
        rows.indptr.astype(np.int64, copy=False),
        rows.indices.astype(np.int32, copy=False),
        np.asarray(rows.data, dtype=np.float64),
        int(rows.shape[1]),
    )
