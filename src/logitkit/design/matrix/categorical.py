"""Coded columns: a factor, or a factor times a number, as one integer code a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.numerics.kernels.categorical import add_coded_gram, add_coded_sums, add_coded_values
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["Categorical"]

NO_SCALE = np.empty(0)


@dataclass(frozen=True, slots=True)
class Categorical(Matrix):
    """An indicator matrix that is never written out: row i has its value in column ``codes[i]`` and zeros elsewhere.

    Parameters
    ----------
    codes : (n,) int32 array
        Column of each row; negative for a row of zeros, which the reference level has.
    n_columns : int
        Number of columns, more than any code.
    scale : (n,) array, optional
        Value of each row, for an interaction with a number; one where it is left out.

    Examples
    --------
    >>> import numpy as np
    >>> Categorical(np.array([0, -1, 1], dtype=np.int32), 2).to_dense().tolist()
    [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    """

    codes: CodeArray
    n_columns: int = field()
    scale: FloatArray = field(default_factory=lambda: NO_SCALE)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.codes.shape[0])

    @property
    def width(self) -> int:
        """Numbers that a row holds."""
        return 1 if self.scale.size == 0 else 2

    @property
    def scaled(self) -> bool:
        """Whether rows have values other than one."""
        return self.scale.size > 0

    def rows(self, start: int, stop: int) -> Categorical:
        """Return a view of consecutive rows."""
        return Categorical(self.codes[start:stop], self.n_columns, self.scale[start:stop])

    @property
    def has_finite_sum(self) -> bool:
        """Whether the sum of all cells is a number."""
        return bool(np.isfinite(self.scale.sum()))

    def take(self, index: IntArray) -> Categorical:
        """Return a copy of the rows at the given positions."""
        return Categorical(self.codes[index], self.n_columns, self.scale[index] if self.scaled else self.scale)

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        out = np.zeros(self.n_rows)
        self.add_matvec(vector, out)
        return out

    @property
    def standing(self) -> int:
        """Where it stands among kinds side by side."""
        return int(self.scaled)

    def add_matvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X v to ``out``."""
        add_coded_values(self.codes, self.scale, vector, out)

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        add_coded_sums(self.codes, self.scale, vector, out)

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X, which is diagonal."""
        del buffer
        diagonal = np.zeros(self.n_columns)
        self.add_squares(weights, diagonal)
        np.einsum("ii->i", out)[...] += diagonal

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        add_coded_gram(self.codes, self.scale, weights, diagonal)

    def to_sparse(self) -> Any:
        """Return the indicators times their values as a scipy.sparse.csr_array."""
        from scipy.sparse import csr_array

        used = self.codes >= 0
        values = self.scale[used] if self.scaled else np.ones(int(np.count_nonzero(used)))
        indptr = np.concatenate([[0], np.cumsum(used)])
        return csr_array((values, self.codes[used], indptr), shape=(self.n_rows, self.n_columns))

    def to_dense(self) -> FloatArray:
        """Return the indicators times their values, shape (n, L)."""
        out = np.zeros((self.n_rows, self.n_columns))
        used = np.flatnonzero(self.codes >= 0)
        out[used, self.codes[used]] = self.scale[used] if self.scaled else 1.0
        return out
