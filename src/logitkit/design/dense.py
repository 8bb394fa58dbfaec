"""A dense matrix in any numeric type, brought to float64 block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.kernels.scaling import scale_rows
from logitkit.typing import FloatArray, IntArray

__all__ = ["Dense"]


@dataclass(frozen=True, slots=True)
class Dense:
    """A two-dimensional array behind the ``Matrix`` protocol.

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
    >>> bool(np.allclose(x.gram(w, np.empty(4)), full.T @ np.diag(w) @ full))
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

    def rows(self, start: int, stop: int) -> Dense:
        """Return a view of consecutive rows, in float64."""
        return Dense(np.asarray(self.array[start:stop], dtype=np.float64))

    def take(self, index: IntArray) -> Dense:
        """Return a copy of the rows at the given positions, in float64."""
        return Dense(np.asarray(self.array[index], dtype=np.float64))

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        return np.asarray(self.array @ vector)

    def rmatvec(self, vector: FloatArray) -> FloatArray:
        """Return X' v, shape (p,)."""
        return np.asarray(vector @ self.array)

    def gram(self, weights: FloatArray, buffer: FloatArray) -> FloatArray:
        """Return X' diag(weights) X by one symmetric product of the rows scaled by root weights."""
        n, p = self.array.shape
        if self.array.flags.c_contiguous and self.array.dtype == np.float64:
            scaled = buffer[: n * p].reshape(n, p)
            scale_rows(self.array, weights, scaled)
        else:
            scaled = buffer[: n * p].reshape(p, n).T
            np.multiply(self.array, np.sqrt(weights)[:, None], out=scaled)
        # numpy sees one array on both sides and calls the symmetric product, at half the cost.
        return np.asarray(scaled.T @ scaled)

    def to_dense(self) -> FloatArray:
        """Return the array in float64, shape (n, p)."""
        return np.asarray(self.array, dtype=np.float64)
