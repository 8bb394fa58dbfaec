r"""Covariances as objects, so that that of 20,000 coefficients need not be written out.

For an arrow (``design/matrix/arrow.py``) with :math:`F = D^{-1} C` and :math:`S = A - C' D^{-1} C`,

.. math:: V = \begin{pmatrix} D^{-1} + F S^{-1} F' & -F S^{-1} \\ -S^{-1} F' & S^{-1} \end{pmatrix},

so a row with level l of the head and values r of the rest has the variance
:math:`1 / d_l + (r - f_l)' S^{-1} (r - f_l)`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.curvature.hessian import LEVELS, ArrowFactor, DenseHessian, Hessian
from logitkit.errors import UnsupportedError
from logitkit.numerics.once import once
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray, IntArray

__all__ = ["ArrowVcov", "DeferredVcov", "DenseVcov", "Vcov", "WithheldVcov", "require_writable", "vcov_of"]

FACTORED_LEAST = 64  # columns of an information that is inverted by its factor, in half of the arithmetic
CELLS_MOST = 64_000_000  # of a covariance that is written out: 512 MB


class Vcov(ABC):
    """The covariance of q coefficients."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of coefficients, q."""

    @abstractmethod
    def diagonal(self) -> FloatArray:
        """Return the variances, shape (q,)."""

    @abstractmethod
    def times(self, functions: FloatArray) -> FloatArray:
        """Return J V for m linear functions J, shape (m, q)."""

    @abstractmethod
    def row_variances(self, rows: Matrix) -> FloatArray:
        """Return x' V x of every row of a matrix of q columns, shape (n,)."""

    @abstractmethod
    def array(self) -> FloatArray:
        """Return the covariance written out, shape (q, q), or refuse because of its size."""

    def variances(self, functions: FloatArray) -> FloatArray:
        """Return the variances of m linear functions J, shape (m,)."""
        return np.asarray(np.einsum("ij,ij->i", self.times(functions), functions))

    def block(self, columns: IntArray) -> FloatArray:
        """Return the covariance of some coefficients, shape (m, m)."""
        functions = np.zeros((columns.size, self.size))
        functions[np.arange(columns.size), columns] = 1.0
        return self.times(functions)[:, columns]


@dataclass(frozen=True, eq=False)
class DenseVcov(Vcov):
    """A covariance in one array.

    Parameters
    ----------
    values : (q, q) array
        Symmetric; it is made read-only.

    Examples
    --------
    >>> DenseVcov(np.diag([1.0, 4.0])).times(np.array([[1.0, 1.0]])).tolist()
    [[1.0, 4.0]]
    """

    values: FloatArray

    def __post_init__(self) -> None:
        """Make the array read-only."""
        self.values.flags.writeable = False

    @property
    def size(self) -> int:
        """Number of coefficients, q."""
        return int(self.values.shape[0])

    def diagonal(self) -> FloatArray:
        """Return the variances, shape (q,)."""
        return self.values.diagonal()

    def times(self, functions: FloatArray) -> FloatArray:
        """Return J V, shape (m, q)."""
        return np.asarray(functions @ self.values)

    def row_variances(self, rows: Matrix) -> FloatArray:
        """Return x' V x of every row, shape (n,)."""
        dense = rows.to_dense()
        return np.asarray(np.einsum("ij,ij->i", dense @ self.values, dense))

    def array(self) -> FloatArray:
        """Return the array."""
        return self.values

    def block(self, columns: IntArray) -> FloatArray:
        """Return the covariance of some coefficients, shape (m, m)."""
        return np.asarray(self.values[np.ix_(columns, columns)])


@dataclass(frozen=True)
class WithheldVcov(Vcov):
    """An unavailable covariance, with the reason.

    Parameters
    ----------
    n_params : int
        Number of coefficients.
    reason : str
        Why, and what to do.

    Examples
    --------
    >>> WithheldVcov(2, "No.").diagonal().tolist()
    [nan, nan]
    """

    n_params: int
    reason: str

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.n_params

    def diagonal(self) -> FloatArray:
        """Return missing variances, shape (p,)."""
        return np.full(self.n_params, np.nan)

    def variances(self, functions: FloatArray) -> FloatArray:
        """Return missing variances, shape (m,)."""
        return np.full(len(functions), np.nan)

    def times(self, functions: FloatArray) -> FloatArray:
        """Refuse."""
        del functions
        raise UnsupportedError(self.reason)

    def row_variances(self, rows: Matrix) -> FloatArray:
        """Refuse."""
        del rows
        raise UnsupportedError(self.reason)

    def array(self) -> FloatArray:
        """Refuse."""
        raise UnsupportedError(self.reason)


class DeferredVcov(Vcov):
    """A covariance that is computed when it is first asked for, because it costs more than the coefficients.

    Parameters
    ----------
    size : int
        Number of coefficients.
    make : callable
        Returns it.

    Examples
    --------
    >>> DeferredVcov(2, lambda: DenseVcov(np.diag([1.0, 4.0]))).diagonal().tolist()
    [1.0, 4.0]
    """

    def __init__(self, size: int, make: Callable[[], Vcov]) -> None:
        self._size, self._make = size, make

    def __reduce__(self) -> tuple[Callable[[Vcov], Vcov], tuple[Vcov]]:
        """Go into another process as what it is there: a covariance without the rows that it is made from."""
        return _itself, (self.made,)

    @once
    def made(self) -> Vcov:
        """The covariance."""
        return self._make()

    @property
    def size(self) -> int:
        """Number of coefficients, q."""
        return self._size

    def diagonal(self) -> FloatArray:
        """Return the variances, shape (q,)."""
        return self.made.diagonal()

    def times(self, functions: FloatArray) -> FloatArray:
        """Return J V, shape (m, q)."""
        return self.made.times(functions)

    def variances(self, functions: FloatArray) -> FloatArray:
        """Return the variances of m linear functions J, shape (m,)."""
        return self.made.variances(functions)

    def row_variances(self, rows: Matrix) -> FloatArray:
        """Return x' V x of every row, shape (n,)."""
        return self.made.row_variances(rows)

    def array(self) -> FloatArray:
        """Return the covariance written out."""
        return self.made.array()

    def block(self, columns: IntArray) -> FloatArray:
        """Return the covariance of some coefficients, shape (m, m)."""
        return self.made.block(columns)


def _itself(vcov: Vcov) -> Vcov:
    return vcov


class ArrowVcov(Vcov):
    """The covariance of the coefficients of a wide design, from its factorised information.

    Parameters
    ----------
    factor : ArrowFactor
        Of the information at the estimate.
    """

    def __init__(self, factor: ArrowFactor) -> None:
        self.factor = factor

    @property
    def size(self) -> int:
        """Number of coefficients, q."""
        return int(self.factor.head.size + self.factor.scale.size)

    @once
    def _variances(self) -> FloatArray:
        factor, layout = self.factor, self.factor.layout
        out = np.empty(self.size)
        unit = factor.whitened(np.eye(factor.scale.size))
        out[layout.rest] = (unit**2).sum(axis=1)

        def of_levels(part: int) -> FloatArray:
            span = slice(part * LEVELS, (part + 1) * LEVELS)
            own = factor.head[span]
            rows = factor.whitened(factor.border[span] / own[:, None])
            return np.asarray(1.0 / own + np.einsum("ij,ij->i", rows, rows))

        parts = list(ordered_map(of_levels, -(-factor.head.size // LEVELS)))
        out[layout.head] = np.concatenate(parts) if parts else np.empty(0)
        out.flags.writeable = False
        return out

    def diagonal(self) -> FloatArray:
        """Return the variances, shape (q,)."""
        return self._variances

    def rest_array(self) -> FloatArray:
        """Return the covariance of the rest, in the order of its columns, shape (k, k)."""
        order = np.argsort(self.factor.layout.rest)
        white = self.factor.whitened(np.eye(order.size))
        covariance = white @ white.T
        return np.asarray(covariance[order[:, None], order])

    def times(self, functions: FloatArray) -> FloatArray:
        """Return J V, shape (m, q)."""
        return np.array([self.factor.solve(row) for row in functions]).reshape(functions.shape)

    def row_variances(self, rows: Matrix) -> FloatArray:
        """Return x' V x of every row, shape (n,)."""
        from scipy.sparse import csr_array

        dense_parts = []
        layout = self.factor.layout
        for start in range(0, rows.n_rows, LEVELS):
            block = csr_array(rows.rows(start, min(start + LEVELS, rows.n_rows)).to_sparse())
            top, below = csr_array(block[:, layout.head]), block[:, layout.rest].toarray()
            shares = csr_array(top / self.factor.head)
            away = below - shares @ self.factor.border
            white = self.factor.whitened(away)
            own = np.asarray(shares.multiply(top).sum(axis=1)).ravel()
            dense_parts.append(own + np.einsum("ij,ij->i", white, white))
        return np.concatenate(dense_parts) if dense_parts else np.empty(0)

    def array(self) -> FloatArray:
        """Return the covariance written out, or refuse because of its size."""
        require_writable(self.size)
        return self.times(np.eye(self.size))


def require_writable(size: int) -> None:
    """Refuse to write out a covariance that is too large.

    Examples
    --------
    >>> require_writable(100)
    """
    if size**2 > CELLS_MOST:
        raise UnsupportedError(
            f"The covariance of {size:,} coefficients would take {8 * size**2 / 1e9:.1f} GB. Standard errors, tests "
            "and predictions do not need it: fit.std_error, fit.test('a = b'), fit.predictions(...)."
        )


def vcov_of(hessian: Hessian) -> Vcov:
    """Return the inverse of an information as a covariance; nan where it is singular.

    Examples
    --------
    >>> vcov_of(DenseHessian(np.diag([2.0, 4.0]))).diagonal().tolist()
    [0.5, 0.25]
    """
    if isinstance(hessian, DenseHessian):
        return DenseVcov(_inverse(hessian.array))
    factor = hessian.factorise()
    if not isinstance(factor, ArrowFactor):
        raise UnsupportedError(
            f"Standard errors of {hessian.diagonal().size:,} coefficients without a factor to eliminate would need an "
            "array of that size squared."
        )
    return ArrowVcov(factor)


def _inverse(information: FloatArray) -> FloatArray:
    """Return the inverse of an information after scaling it to a unit diagonal; nan where it is singular."""
    if information.size == 0:
        return information.copy()
    if not (information.diagonal() > 0.0).all():
        return np.full(information.shape, np.nan)
    scale = 1.0 / np.sqrt(information.diagonal())
    if len(information) >= FACTORED_LEAST:
        from logitkit.numerics.threads.lapack import inverse_of_factor

        found = inverse_of_factor(information * scale[:, None] * scale)
        if found is not None:
            found *= scale[:, None] * scale
            return found
    try:
        inverse = np.linalg.inv(information * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        return np.full(information.shape, np.nan)
    inverse *= scale[:, None] * scale
    return np.asarray(0.5 * (inverse + inverse.T))
