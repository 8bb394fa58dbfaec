"""A dense matrix in any numeric type, brought to float64 block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from logitkit.design.matrix.matrix import Matrix
from logitkit.numerics.kernels.dense import add_row_sums, scale_rows
from logitkit.typing import FloatArray, IntArray

__all__ = ["Dense"]

TILED_MOST = 800  # columns up to which tiles of sums are faster than BLAS: it copies what is read again and again
FEW = 32_768  # numbers: their product with a vector takes less time than to hold BLAS to one thread
DOUBLE, SINGLE = np.empty(0), np.empty(0, np.float32)


@dataclass(frozen=True, slots=True)
class Dense(Matrix):
    """A two-dimensional array as a matrix.

    Parameters
    ----------
    array : (n, p) array
        Any numeric type and memory order; it is neither copied nor changed. Row blocks are brought to
        float64 when they are asked for.

    Examples
    --------
    >>> import numpy as np
    >>> x = Dense(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> w = np.array([0.5, 2.0])
    >>> full = x.to_dense()
    >>> bool(np.allclose(x.gram(w), full.T @ np.diag(w) @ full))
    True
    """

    array: NDArray[Any]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.array.shape[0])

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.array.shape[1])

    @property
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram``."""
        return int(self.array.shape[1])

    @property
    def is_few(self) -> bool:
        """Whether the matrix is float64, stored by rows, and too small for BLAS or threads to pay."""
        array = self.array
        return array.size <= FEW and array.dtype == np.float64 and bool(array.flags.c_contiguous)

    @property
    def by_row(self) -> FloatArray | None:
        """The array with rows as long as they are apart, the first p numbers its own; None if stored otherwise.

        The last row may reach beyond the numbers that there are: nothing but its first p may be read.
        """
        array = self.array
        if array.dtype != np.float64 or array.size == 0:
            return None
        if array.flags.c_contiguous:
            return array
        apart, within = (step // array.itemsize for step in array.strides)
        if within != 1 or apart < self.n_columns:
            return None
        return as_strided(array, (self.n_rows, apart), (apart * array.itemsize, array.itemsize))

    def rows(self, start: int, stop: int) -> Dense:
        """Return a view of consecutive rows, in float64."""
        return Dense(np.asarray(self.array[start:stop], dtype=np.float64))

    @property
    def gram_cost(self) -> float:
        """About what X'WX costs in tiles, in units of what X v and X'v cost together, from memory."""
        return 1.0 + self.n_columns / 60.0

    def take(self, index: IntArray) -> Dense:
        """Return a copy of the rows at the given positions, in float64."""
        return Dense(np.asarray(self.array.take(index, axis=0), dtype=np.float64))

    def columns(self, index: IntArray) -> Dense:
        """Return a copy of some columns, in float64."""
        return Dense(np.ascontiguousarray(self.array[:, index], dtype=np.float64))

    def span(self, first: int, last: int) -> Dense:
        """Return a view of columns that follow one another, in float64; of a single one, a copy."""
        some = self.array[:, first:last]
        return Dense(np.asarray(some if last - first > 1 else some.copy(), dtype=np.float64))

    @property
    def has_finite_sum(self) -> bool:
        """Whether the sum of all cells is a number."""
        return bool(np.isfinite(self.array.sum()))

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        return np.asarray(self.array @ vector)

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        numbers = self.by_row
        if numbers is None:
            out += vector @ self.array
        else:
            add_row_sums(numbers, vector, out)

    def matvecs(self, vectors: FloatArray) -> FloatArray:
        """Return X v for several vectors, in one product."""
        return np.asarray(vectors @ self.array.T)

    def add_rmatvecs(self, vectors: FloatArray, out: FloatArray) -> None:
        """Add X' v to each row of ``out``, in one product."""
        out += vectors @ self.array

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X by one symmetric product of the rows scaled by root weights."""
        n, p = self.array.shape
        numbers = self.by_row
        if self._add_tiles(numbers, weights, out, DOUBLE):
            return
        if numbers is not None:
            scaled = buffer[: n * p].reshape(n, p)
            scale_rows(numbers, weights, scaled)
        else:
            scaled = self._like(buffer[: n * p])
            np.multiply(self.array, np.sqrt(weights)[:, None], out=scaled)
        # numpy sees one array on both sides and calls the symmetric product, at half the cost.
        out += scaled.T @ scaled

    def add_rough_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X from rows scaled in single precision, at half the cost."""
        n, p = self.array.shape
        numbers = self.by_row
        if self._add_tiles(numbers, weights, out, SINGLE):
            return
        space = buffer.view(np.float32)[: n * p]
        if numbers is not None:
            scaled = space.reshape(n, p)
            scale_rows(numbers, weights, scaled)
        else:
            scaled = self._like(space)
            np.multiply(self.array, np.sqrt(weights)[:, None], out=scaled, casting="same_kind")
        out += scaled.T @ scaled

    def _add_tiles(self, numbers: FloatArray | None, weights: FloatArray, out: FloatArray, like: NDArray[Any]) -> bool:
        """Add X' diag(weights) X where tiles are faster than BLAS, formed in the precision of ``like``."""
        by_column = numbers is None
        given = Dense(self.array.T).by_row if by_column else numbers
        if given is None or self.n_columns > TILED_MOST:
            return False
        from logitkit.numerics.kernels.weighted_gram import add_weighted_gram

        add_weighted_gram(given, by_column, weights, out, like)
        return True

    def _like(self, space: NDArray[Any]) -> NDArray[Any]:
        """Return room for as many numbers, in the order that they are stored in."""
        n, p = self.array.shape
        by_row = self.array.strides[1] <= self.array.strides[0]
        return space.reshape(n, p) if by_row else space.reshape(p, n).T

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        diagonal += np.einsum("i,ij,ij->j", weights, self.array, self.array)

    def to_dense(self) -> FloatArray:
        """Return the array in float64, shape (n, p)."""
        return np.asarray(self.array, dtype=np.float64)
