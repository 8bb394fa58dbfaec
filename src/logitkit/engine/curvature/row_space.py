r"""The covariance of a posterior with more coefficients than rows, from what the rows tell and the prior beyond it.

With prior variances :math:`v d_j^2` of q coefficients, the rows tell of :math:`\gamma = d^{-1} \beta` along r of its q
directions only, an orthonormal B. Along them, and for the u free coefficients of centred columns, the posterior has a
covariance S; across them it is the prior (equation 20 of ``docs/maths/penalties.md``):

.. math:: \operatorname{Cov}(\gamma) = B S_{aa} B' + v (I - B B') .
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.curvature.vcov import Vcov, require_writable
from logitkit.typing import FloatArray, IntArray

__all__ = ["RowSpaceVcov"]

ROWS_OF_PART = 2_048


@dataclass(frozen=True, eq=False)
class RowSpaceVcov(Vcov):
    """The covariance of p coefficients, of which the rows tell in k directions.

    Parameters
    ----------
    free : (u,) int array
        Coefficients without a prior.
    basis : (p, r) array
        B, with rows of zeros for other coefficients.
    deviation : (p,) array
        d, zero for coefficients without a prior and for those that are held.
    centre : (p,) array
        What was taken off the columns; zero where nothing was.
    intercept : int
        Which free coefficient took it up; -1 for none.
    inner : (u + r, u + r) array
        S: of the free coefficients of centred columns, then of the directions.
    variance : float
        v.

    Examples
    --------
    One row and two coefficients: their difference is not told of, and keeps its variance.

    >>> vcov = RowSpaceVcov(
    ...     np.empty(0, dtype=int), np.full((2, 1), 0.5**0.5), np.ones(2), np.zeros(2), -1, np.array([[0.25]]), 4.0
    ... )
    >>> bool(np.isclose(np.array([1.0, -1.0]) @ vcov.array() @ np.array([1.0, -1.0]), 8.0))
    True
    """

    free: IntArray
    basis: FloatArray
    deviation: FloatArray
    centre: FloatArray
    intercept: int
    inner: FloatArray
    variance: float

    @property
    def size(self) -> int:
        """Number of coefficients, p."""
        return int(self.deviation.size)

    def among(self, p: int, places: IntArray) -> RowSpaceVcov:
        """Return the covariance with coefficients that do not vary put between, p in all."""
        basis, deviation, centre = np.zeros((p, self.basis.shape[1])), np.zeros(p), np.zeros(p)
        basis[places], deviation[places], centre[places] = self.basis, self.deviation, self.centre
        intercept = -1 if self.intercept < 0 else int(places[self.intercept])
        return replace(
            self,
            free=places[self.free],
            basis=basis,
            deviation=deviation,
            centre=centre,
            intercept=intercept,
        )

    def diagonal(self) -> FloatArray:
        """Return the variances, shape (p,)."""
        basis, u = self.basis, self.free.size
        inside = np.einsum("ij,ij->i", basis @ self.inner[u:, u:], basis)
        beyond = np.maximum(1.0 - np.einsum("ij,ij->i", basis, basis), 0.0)
        out = self.deviation**2 * (inside + self.variance * beyond)
        out[self.free] = self.inner.diagonal()[:u]
        if self.intercept >= 0:
            own = np.zeros((1, self.size))
            own[0, self.intercept] = 1.0
            out[self.intercept] = self._row_variances(own)[0]
        return np.asarray(out)

    def times(self, functions: FloatArray) -> FloatArray:
        """Return J V, shape (m, p)."""
        told, beyond = self._parts(functions)
        known = told @ self.inner
        u = self.free.size
        out = (known[:, u:] @ self.basis.T + self.variance * beyond) * self.deviation
        if self.intercept >= 0:
            moved = out @ self.centre
        out[:, self.free] = known[:, :u]
        if self.intercept >= 0:
            out[:, self.intercept] -= moved
        return np.asarray(out)

    def row_variances(self, rows: Matrix) -> FloatArray:
        """Return x' V x of every row of a matrix of p columns, shape (n,)."""
        out = np.empty(rows.n_rows)
        for start in range(0, rows.n_rows, ROWS_OF_PART):
            stop = min(start + ROWS_OF_PART, rows.n_rows)
            out[start:stop] = self._row_variances(rows.rows(start, stop).to_dense())
        return out

    def array(self) -> FloatArray:
        """Return the covariance written out, or refuse because of its size."""
        require_writable(self.size)
        whole = self.times(np.eye(self.size))
        return np.asarray(0.5 * (whole + whole.T))

    def _row_variances(self, rows: FloatArray) -> FloatArray:
        told, beyond = self._parts(rows)
        known = np.einsum("ij,ij->i", told @ self.inner, told)
        return np.asarray(known + self.variance * np.einsum("ij,ij->i", beyond, beyond))

    def _parts(self, functions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return linear functions of the coefficients as those of what S is of, and of what is across, (m, p)."""
        centred = functions
        if self.intercept >= 0:
            centred = functions - functions[:, self.intercept, None] * self.centre
        whitened = centred * self.deviation
        along = whitened @ self.basis
        return np.hstack([functions[:, self.free], along]), whitened - along @ self.basis.T
