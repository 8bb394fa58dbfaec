r"""A ridge of more columns than rows, reduced to the directions that the rows tell of.

With :math:`D = c D_0` the strengths of q penalised coefficients about a centre m, and
:math:`\gamma = D_0^{1/2}(\beta - m)`, the penalty is :math:`\tfrac{c}{2} \lVert \gamma \rVert^2` and the rows see
:math:`Z\gamma` with :math:`Z = (X - 1 \bar x') D_0^{-1/2}`. What of :math:`\gamma` is across the rows of Z changes no
row and costs something, so it is zero: :math:`\gamma = B a` with B an orthonormal basis of the rows, from
:math:`Z' = B R`. Left are n coefficients a, of the columns of R', and the free ones (equations 18 and 19 of
``docs/maths/penalties.md``). The basis is that of every strength c.

References
----------
Hastie, T. and Tibshirani, R. (2004) Efficient quadratic regularization for expression arrays. Biostatistics 5, 329-340.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.row_space import RowSpaceVcov
from logitkit.engine.curvature.vcov import vcov_of
from logitkit.engine.objective import Objective
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.typing import FloatArray, IntArray

__all__ = ["RowSpace", "is_reducible"]

ROWS_MOST = 2_500  # as many columns as an array of second derivatives may have
CELLS_MOST = 50_000_000  # of the design written out: 400 MB
ALIKE = 1e-14  # of strengths that are multiples of one another, but for rounding


def is_reducible(matrix: Matrix, quadratic: Quadratic) -> bool:
    """Tell whether a ridge is better solved among the directions of the rows.

    Examples
    --------
    >>> is_reducible(Dense(np.ones((2, 4))), Quadratic(np.array([0.0, 1.0, 1.0, 1.0])))
    True
    """
    n, p = matrix.n_rows, matrix.n_columns
    if quadratic.strengths.ndim != 1 or n > ROWS_MOST or n * p > CELLS_MOST:
        return False
    return int(np.count_nonzero(quadratic.strengths)) > n


class RowSpace:
    """Rows and their ridge in as many coefficients as there are rows, and the free ones.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    family : Binomial
        Distribution and link.
    quadratic : Quadratic
        The ridge; coefficients of strength zero are free.
    intercept : int or None
        Position of the intercept.

    Examples
    --------
    >>> response = Response(np.array([0.0, 1.0]))
    >>> space = RowSpace(Dense(np.eye(2, 3)), response, Binomial(), Quadratic(np.ones(3)), None)
    >>> space.outward(np.zeros(2)).tolist()
    [0.0, 0.0, 0.0]
    """

    def __init__(
        self, matrix: Matrix, response: Response, family: Binomial, quadratic: Quadratic, intercept: int | None
    ) -> None:
        strengths = quadratic.strengths
        self.strengths, self.middle = strengths, quadratic.centre
        self.free: IntArray = np.flatnonzero(strengths == 0.0)
        own = np.flatnonzero(strengths > 0.0)
        self.deviation = np.zeros(strengths.size)
        self.deviation[own] = 1.0 / np.sqrt(strengths[own])
        cells = matrix.to_dense()
        self.intercept = intercept if intercept is not None and strengths[intercept] == 0.0 else -1
        self.mean = np.zeros(strengths.size)
        if self.intercept >= 0:  # what centring takes off, the intercept takes up
            self.mean[own] = response.weights @ cells[:, own] / response.total
        rows = (cells[:, own] - self.mean[own]) * self.deviation[own]
        basis, triangle = np.linalg.qr(rows.T)
        self.basis = np.zeros((strengths.size, basis.shape[1]))
        self.basis[own] = basis
        reduced = np.ascontiguousarray(np.hstack([cells[:, self.free], triangle.T]))
        if self.middle is not None:
            offset = matrix.matvec(self._centred(np.where(strengths > 0.0, self.middle, 0.0)))
            total = offset if response.shift is None else response.shift + offset
            response = replace(response, offset=total[None])
        self._given = Dense(reduced), response, family

    def share(self, quadratic: Quadratic) -> float | None:
        """Return c where a ridge is c times that of the basis, None where it is no multiple."""
        largest = int(np.argmax(self.strengths))
        share = float(quadratic.strengths[largest] / self.strengths[largest])
        same = (self.middle is None) == (quadratic.centre is None)
        if self.middle is not None and quadratic.centre is not None:
            same = np.array_equal(self.middle, quadratic.centre)
        alike = np.abs(quadratic.strengths - share * self.strengths) <= ALIKE * share * self.strengths
        return share if share > 0.0 and same and bool(alike.all()) else None

    def objective(self, share: float) -> Objective:
        """Return the objective of the free coefficients and the directions, at c times the strength of the basis."""
        matrix, response, family = self._given
        return Objective(matrix, response, family, None, Quadratic(self._ridge(share)))

    def outward(self, inner: FloatArray) -> FloatArray:
        """Return coefficients of the columns as given, shape (p,), from those of the reduced ones."""
        coef = self.deviation * (self.basis @ inner[self.free.size :])
        if self.middle is not None:
            coef += np.where(self.strengths > 0.0, self.middle, 0.0)
        coef[self.free] = inner[: self.free.size]
        return self._centred(coef)

    def inward(self, coef: FloatArray) -> FloatArray:
        """Return coefficients of the reduced columns, shape (u + r,)."""
        away = coef if self.middle is None else coef - self.middle
        along = (away * np.sqrt(self.strengths)) @ self.basis
        free = np.array(coef[self.free])
        if self.intercept >= 0:
            free[self.free == self.intercept] += self.mean @ coef
        return np.concatenate([free, along])

    def posterior(self, coef: FloatArray, share: float) -> tuple[RowSpaceVcov, float]:
        """Return the covariance of the coefficients at the solution, and the effective degrees of freedom."""
        here = self.objective(share).evaluate(self.inward(coef))
        assert isinstance(here.hessian, DenseHessian)
        inner = vcov_of(here.hessian).array()
        information = here.hessian.array - np.diag(self._ridge(share))
        free, basis, deviation = self.free, self.basis, self.deviation
        vcov = RowSpaceVcov(free, basis, deviation, self.mean, self.intercept, inner, 1.0 / share)
        return vcov, float(np.sum(inner * information))

    def _ridge(self, share: float) -> FloatArray:
        return np.repeat([0.0, share], [self.free.size, self.basis.shape[1]])

    def _centred(self, coef: FloatArray) -> FloatArray:
        """Return coefficients of the columns as given from those of centred columns."""
        if self.intercept >= 0:
            coef = coef.copy()
            coef[self.intercept] -= self.mean @ coef
        return coef
