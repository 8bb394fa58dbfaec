"""Columns picked from a matrix, a few at a time, and products between the columns of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import Sparse, sparse_matrix
from logitkit.numerics.kernels.column_descent import columns_of_rows, count_columns
from logitkit.numerics.kernels.sparse import add_sparse_values
from logitkit.numerics.once import once
from logitkit.numerics.threads.local import get_threads, ordered_map
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["ColumnSource", "GrowingColumns", "SparseColumns", "cross_products"]

ENTRIES_OF_PART = 262_144  # that a thread is worth


class ColumnSource:
    """A matrix that columns are asked of again and again.

    Parameters
    ----------
    matrix : Matrix
        Of any kind. What is not dense is kept by columns, once it is asked for.

    Examples
    --------
    >>> ColumnSource(Dense(np.array([[1.0, 2.0, 3.0]]))).columns(np.array([2, 0])).to_dense().tolist()
    [[3.0, 1.0]]
    """

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix

    @once
    def _by_column(self) -> Any:
        return self.matrix.to_sparse().tocsc()

    def columns(self, index: IntArray) -> Matrix:
        """Return some columns, dense or sparse as the matrix is."""
        if isinstance(self.matrix, Dense):
            return self.matrix.columns(index)
        return sparse_matrix(self._by_column[:, index])


class SparseColumns:
    """Columns divided by a scale, stored one after another.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    scale : (p,) array
        Positive.

    Examples
    --------
    >>> columns, out = SparseColumns(Dense(np.array([[2.0, 3.0]])), np.array([2.0, 1.0])), np.zeros(2)
    >>> columns.write_products(np.ones(1), 0, 2, out)
    >>> out.tolist()
    [1.0, 3.0]
    """

    def __init__(self, matrix: Matrix, scale: FloatArray) -> None:
        rows = matrix if isinstance(matrix, Sparse) else sparse_matrix(matrix.to_sparse())
        first, last = rows.indptr[0], rows.indptr[-1]
        indices, values = np.empty(last - first, dtype=np.int32), np.empty(last - first)
        parts = max(min(int(last - first) // ENTRIES_OF_PART, get_threads()), 1)
        edges = np.linspace(0, rows.n_rows, parts + 1).astype(np.int64)
        counts = np.zeros((parts + 1, scale.size), dtype=np.int64)

        def count(part: int) -> None:
            start, stop = rows.indptr[edges[part]], rows.indptr[edges[part + 1]]
            count_columns(rows.indices[start:stop], counts[part + 1])

        def write(part: int) -> None:
            start, stop = edges[part], edges[part + 1]
            own = rows.indptr[start : stop + 1], rows.indices, rows.values
            columns_of_rows(*own, scale, int(start), counts[part], indices, values)

        # Each part of the rows is written behind those before, wherever the rows are cut.
        for _ in ordered_map(count, parts, joins=True):
            pass
        indptr = np.r_[0, np.cumsum(counts.sum(axis=0))]
        counts[0] = indptr[:-1]
        np.cumsum(counts, axis=0, out=counts)
        for _ in ordered_map(write, parts, joins=True):
            pass
        self.parts: tuple[IntArray, CodeArray, FloatArray] = (indptr, indices, values)
        self.n_rows, self.n_columns = matrix.n_rows, matrix.n_columns

    def write_products(self, rows: FloatArray, first: int, last: int, out: FloatArray) -> None:
        """Add to ``out``, shape (p,), the products of the columns ``first <= j < last`` with one number per row."""
        indptr, indices, values = self.parts
        add_sparse_values(indptr[first : last + 1], indices, values, rows, out[first:last])

    def pick(self, index: IntArray) -> Matrix:
        """Return some of the divided columns as a matrix."""
        from scipy.sparse import csc_array

        indptr, indices, values = self.parts
        where = [slice(indptr[j], indptr[j + 1]) for j in index]
        own = [np.concatenate([each[one] for one in where]) if where else each[:0] for each in (values, indices)]
        starts = np.r_[0, np.cumsum(indptr[index + 1] - indptr[index])]
        return sparse_matrix(csc_array((*own, starts), shape=(self.n_rows, index.size)))


class GrowingColumns:
    """Columns of a matrix, more of which are added at the end; dense ones without copying those there are.

    Parameters
    ----------
    matrix : Matrix
        n rows.

    Examples
    --------
    >>> growing = GrowingColumns(Dense(np.ones((2, 1))))
    >>> growing.append(Dense(np.array([[3.0], [4.0]])))
    >>> growing.matrix.to_dense().tolist()
    [[1.0, 3.0], [1.0, 4.0]]
    """

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self._space: FloatArray | None = None

    def append(self, added: Matrix) -> None:
        """Add columns of the same rows."""
        if not isinstance(self.matrix, Dense) or not isinstance(added, Dense):
            from scipy.sparse import hstack

            self.matrix = sparse_matrix(hstack([self.matrix.to_sparse(), added.to_sparse()], format="csr"))
            return
        before, after = self.matrix.n_columns, self.matrix.n_columns + added.n_columns
        if self._space is None or self._space.shape[1] < after:
            space = np.empty((self.matrix.n_rows, 2 * after))  # rows have room for more
            space[:, :before] = self.matrix.array
            self._space = space
        self._space[:, before:after] = added.array
        self.matrix = Dense(self._space[:, :after])

    def keep(self, which: BoolArray) -> None:
        """Leave out the columns that are not marked, shape (p,)."""
        if isinstance(self.matrix, Dense) and self._space is not None:
            left = int(np.count_nonzero(which))
            self._space[:, :left] = self.matrix.array[:, which]
            self.matrix = Dense(self._space[:, :left])
        else:
            self.matrix = self.matrix.columns(np.flatnonzero(which))


def cross_products(left: Matrix, weights: FloatArray, right: Matrix) -> FloatArray:
    """Return X' diag(weights) Z.

    Examples
    --------
    >>> x = Dense(np.array([[1.0, 2.0], [0.0, 1.0]]))
    >>> cross_products(x, np.array([1.0, 10.0]), x).tolist()
    [[1.0, 2.0], [2.0, 14.0]]
    """
    if isinstance(left, Dense) and isinstance(right, Dense):
        return np.asarray(left.to_dense().T @ (weights[:, None] * right.to_dense()))
    weighted = right.to_sparse().multiply(weights[:, None]).tocsc()
    return np.asarray((left.to_sparse().T @ weighted).toarray())
