"""The design matrix as products, by rows: what every storage kind answers.

The engine never reads single cells. It passes over blocks of rows that fit in cache and calls the products of the
block, so families and solvers know nothing of storage.

A kind may sum in columns of its own, its *inner* columns: codes of all levels where the model has contrasts of them,
or parts side by side where the formula mixes them. Products of a block are then taken there, and the two maps
``spread`` (coefficients to inner coefficients) and ``collect`` (sums back to the model's columns) are applied once an
evaluation, not once a block. A kind without such columns is its own inner matrix.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from logitkit.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.design.chunks.stream import Stream

__all__ = ["Matrix", "mirrored"]

MIRRORED = 64  # rows and columns


class Matrix(ABC):
    """X as products, n rows and p columns."""

    __slots__ = ()

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of rows."""

    @property
    @abstractmethod
    def n_columns(self) -> int:
        """Number of columns."""

    def with_weights(self, weights: FloatArray | BoolArray | None) -> Iterator[tuple[Matrix, FloatArray | BoolArray]]:
        """Yield rows with their weights: all at once, or a chunk at a time with weights of its own."""
        assert weights is not None
        yield self, weights

    @property
    def stream(self) -> Stream | None:
        """Where all its rows and columns come from, when they are read in chunks and not held."""
        return None

    @property
    def width(self) -> int:
        """Numbers that a row holds, which decides how many rows fill a cache."""
        return self.n_columns

    @property
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram``."""
        return 0

    @property
    def gram_cost(self) -> float:
        """About what X'WX costs, in units of what X v and X'v cost together."""
        return 1.0 + self.n_columns / 30.0

    @property
    def is_part(self) -> bool:
        """Whether its rows are a part of more rows, whose other parts are summed on other threads."""
        return False

    @property
    def is_few(self) -> bool:
        """Whether the matrix is dense, stored by rows, and too small for BLAS or threads to pay."""
        return False

    @property
    def standing(self) -> int:
        """Where it stands among kinds side by side: factors (0), factors times numbers, sparse columns, numbers (3)."""
        return 3

    @property
    def order(self) -> Literal["C", "F"]:
        """How vectors side by side, shape (m, p), are best stored for ``matvecs`` and ``add_rmatvecs``."""
        return "C"

    @property
    def inner(self) -> Matrix:
        """The matrix in whose columns blocks of rows are summed."""
        return self

    def spread(self, coef: FloatArray) -> FloatArray:
        """Return coefficients of the columns as coefficients of the inner columns."""
        return coef

    def collect(self, sums: FloatArray) -> FloatArray:
        """Return the sums of ``inner.add_rmatvec`` as a vector over the columns, shape (p,)."""
        return sums

    def collect_gram(self, sums: FloatArray) -> FloatArray:
        """Return the sums of ``inner.add_gram`` as a whole matrix over the columns, shape (p, p)."""
        return sums

    def collect_squares(self, squares: FloatArray) -> FloatArray:
        """Return the sums of ``inner.add_squares`` as a positive diagonal over the columns, to precondition by."""
        return self.collect(squares)

    @abstractmethod
    def rows(self, start: int, stop: int) -> Matrix:
        """Return the rows ``start <= i < stop`` as a matrix of their own, in the form that products are fastest in."""

    @abstractmethod
    def take(self, index: IntArray) -> Matrix:
        """Return the rows at the given positions as a matrix of their own."""

    @abstractmethod
    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""

    def add_matvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X v to ``out``, shape (n,)."""
        out += self.matvec(vector)

    @abstractmethod
    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``, shape (p,); for an inner matrix only."""

    @property
    def has_finite_sum(self) -> bool:
        """Whether the sum of all cells is a number: then each of them is."""
        return bool(np.isfinite(self.matvec(np.ones(self.n_columns)).sum()))

    def matvecs(self, vectors: FloatArray) -> FloatArray:
        """Return X v for several vectors, shape (m, n) of vectors of shape (m, p)."""
        return np.stack([self.matvec(vector) for vector in vectors]) if len(vectors) else np.empty((0, self.n_rows))

    def add_rmatvecs(self, vectors: FloatArray, out: FloatArray) -> None:
        """Add X' v to each row of ``out``, shape (m, p), for vectors of shape (m, n); for an inner matrix only."""
        for vector, sums in zip(vectors, out, strict=True):
            self.add_rmatvec(vector, sums)

    @abstractmethod
    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X to ``out``, at least on and above the diagonal; for an inner matrix only.

        ``weights`` are not negative, and ``buffer`` is scratch of n times ``dense_width``.
        """

    def add_rough_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X as ``add_gram`` does, to seven digits where that is faster."""
        self.add_gram(weights, out, buffer)

    @abstractmethod
    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X to ``diagonal``, shape (p,)."""

    @abstractmethod
    def to_dense(self) -> FloatArray:
        """Return the matrix itself in float64, shape (n, p)."""

    def to_sparse(self) -> Any:
        """Return the matrix as a scipy.sparse.csr_array in float64, shape (n, p)."""
        from scipy.sparse import csr_array

        return csr_array(self.to_dense())

    def columns(self, index: IntArray) -> Matrix:
        """Return some columns as a matrix of their own."""
        from logitkit.design.matrix.sparse import sparse_matrix

        return sparse_matrix(self.to_sparse()[:, index])

    def span(self, first: int, last: int) -> Matrix:
        """Return columns that follow one another, without a copy of them where the storage allows it."""
        return self.columns(np.arange(first, last))

    def rmatvec(self, vector: FloatArray) -> FloatArray:
        """Return X' v, shape (p,)."""
        inner = self.inner
        sums = np.zeros(inner.n_columns)
        inner.add_rmatvec(vector, sums)
        return self.collect(sums)

    def rmatvecs(self, vectors: FloatArray) -> FloatArray:
        """Return X' v for several vectors, shape (m, p) of vectors of shape (m, n)."""
        inner = self.inner
        sums = np.zeros((len(vectors), inner.n_columns), order=inner.order)
        inner.add_rmatvecs(vectors, sums)
        return np.stack([self.collect(each) for each in sums]) if len(vectors) else np.empty((0, self.n_columns))

    def gram(self, weights: FloatArray) -> FloatArray:
        """Return X' diag(weights) X, shape (p, p); ``weights`` not negative."""
        inner = self.inner
        sums = np.zeros((inner.n_columns, inner.n_columns))
        inner.add_gram(weights, sums, np.empty(self.n_rows * inner.dense_width))
        return self.collect_gram(sums)


def mirrored(sums: FloatArray) -> FloatArray:
    """Return a symmetric matrix from its cells on and above the diagonal.

    Parameters
    ----------
    sums : (p, p) array
        What is below the diagonal is not read.

    Returns
    -------
    (p, p) array
        Symmetric.

    Examples
    --------
    >>> mirrored(np.array([[1.0, 2.0], [0.0, 3.0]])).tolist()
    [[1.0, 2.0], [2.0, 3.0]]
    """
    out = np.array(sums)
    for start in range(0, len(out), MIRRORED):  # so few at a time that they stay in the cache
        stop = start + MIRRORED
        own = np.triu(out[start:stop, start:stop])
        out[start:stop, start:stop] = own + np.triu(own, 1).T
        out[stop:, start:stop] = out[start:stop, stop:].T
    return out
