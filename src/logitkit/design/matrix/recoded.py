r"""A matrix whose columns are combinations of simpler ones: :math:`X = Z T` with a small sparse T.

The columns of Z are codes of all levels of a factor, those of X its contrasts: sum, Helmert, polynomial or the user's
own. Rows are only ever met in Z; T is applied to coefficients before a pass over the rows, and to sums after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import FloatArray, IntArray

__all__ = ["Recoded"]


@dataclass(frozen=True, slots=True)
class Recoded(Matrix):
    """Linear combinations of the columns of another matrix.

    Parameters
    ----------
    matrix : Matrix
        Z, n rows and s columns.
    recode : scipy.sparse.csr_array, shape (s, p)
        T.

    Examples
    --------
    Sum contrasts of two levels:

    >>> from scipy.sparse import csr_array
    >>> from logitkit.design.matrix.categorical import Categorical
    >>> levels = Categorical(np.array([0, 1, 0], dtype=np.int32), 2)
    >>> Recoded(levels, csr_array([[1.0], [-1.0]])).to_dense().ravel().tolist()
    [1.0, -1.0, 1.0]
    """

    matrix: Matrix
    recode: Any

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.matrix.n_rows

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.recode.shape[1])

    @property
    def width(self) -> int:
        """Numbers that a row holds."""
        return self.matrix.width

    @property
    def inner(self) -> Matrix:
        """The matrix in whose columns blocks of rows are summed."""
        return self.matrix.inner

    def spread(self, coef: FloatArray) -> FloatArray:
        """Return coefficients of the inner columns, T b."""
        return self.matrix.spread(np.asarray(self.recode @ coef))

    def collect(self, sums: FloatArray) -> FloatArray:
        """Return T' s."""
        return np.asarray(self.recode.T @ self.matrix.collect(sums))

    def collect_gram(self, sums: FloatArray) -> FloatArray:
        """Return T' G T."""
        half = self.recode.T @ self.matrix.collect_gram(sums)
        # Twice from the left, because a sparse matrix on the right would be multiplied row by row.
        gram = np.asarray(self.recode.T @ np.ascontiguousarray(half.T))
        return np.asarray(0.5 * (gram + gram.T))

    def collect_squares(self, squares: FloatArray) -> FloatArray:
        """Return (T * T)' s, a diagonal of the right size where the columns of Z are orthogonal."""
        return np.asarray(self.recode.multiply(self.recode).T @ self.matrix.collect_squares(squares))

    def rows(self, start: int, stop: int) -> Recoded:
        """Return consecutive rows."""
        return Recoded(self.matrix.rows(start, stop), self.recode)

    def take(self, index: IntArray) -> Recoded:
        """Return the rows at the given positions."""
        return Recoded(self.matrix.take(index), self.recode)

    def columns(self, index: IntArray) -> Recoded:
        """Return some columns, with the columns of Z that they need."""
        own = self.recode[:, index].tocsr()
        used = np.flatnonzero(np.diff(own.indptr) > 0)
        return Recoded(self.matrix.columns(used), own[used])

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        return self.matrix.matvec(np.asarray(self.recode @ vector))

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        out += self.rmatvec(vector)

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X to ``out``."""
        del buffer
        out += self.gram(weights)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        diagonal += self.gram(weights).diagonal()

    def to_sparse(self) -> Any:
        """Return the columns as a scipy.sparse.csr_array."""
        from scipy.sparse import csr_array

        return csr_array(self.matrix.to_sparse() @ self.recode)

    def to_dense(self) -> FloatArray:
        """Return the columns written out, shape (n, p)."""
        return np.asarray(self.matrix.to_dense() @ self.recode)
