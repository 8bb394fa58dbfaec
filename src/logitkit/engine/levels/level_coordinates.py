r"""Coordinates of a wide design: one intercept per level of its largest factor, instead of an intercept and contrasts.

The solver's q coefficients are :math:`\alpha_l` for every level l that occurs, the reference level included, and the
coefficients of the other columns. The p coefficients of the columns as given are

.. math:: \beta = E x - R\, U x,

where E picks at most one of the q for each of the p, U holds a few linear functions of the q (the intercept of the
reference level, what aliased columns would have had), and R says which of the p they are taken from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.arrow import ArrowLayout, parts_of
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.matrix.vanishing import Vanishing
from logitkit.engine.curvature.vcov import Vcov
from logitkit.typing import FloatArray, IntArray

__all__ = ["LevelCoordinates"]

ROUNDING = 1e-9  # of a share: what is left when a coefficient takes the same level twice with opposite signs


@dataclass(frozen=True, eq=False)
class LevelCoordinates:
    """How the intercepts of levels and the other coefficients give those of the columns as given.

    Parameters
    ----------
    layout : ArrowLayout
        Which of the p columns are the factor.
    places : (s + 1,) int32 array
        For each code of the factor's column, and last for the rows without one, its place among the m levels; negative
        for a level that does not occur.
    n_levels : int
        The number of levels, m.
    kept : (k,) int array
        Which of the other columns are solved for, as positions in ``layout.rest``.
    select : (p,) int array
        E: for each column the coefficient that it takes, of the m + k; negative for none.
    taken : (p, r) array
        R.
    shared : (r, m + k) array
        U.
    aliased : int array
        Columns that were dropped, in order.
    vanishing : Vanishing or None
        The combinations that the aliased columns were; None where none is.
    undecided : Vanishing or None
        Combinations that vanish on the rows fitted, and not on those of levels with one outcome: the linear predictor
        of another row that they move is undetermined.
    """

    layout: ArrowLayout
    places: IntArray
    n_levels: int
    kept: IntArray
    select: IntArray
    taken: FloatArray
    shared: FloatArray
    aliased: IntArray
    vanishing: Vanishing | None = None
    undecided: Vanishing | None = None

    def matrix(self, given: Matrix) -> Matrix:
        """Return the matrix that the solver works on."""
        from scipy.sparse import block_diag, csr_array, eye_array

        if given.n_rows == 0:
            return Dense(np.empty((0, self.n_levels + self.kept.size)))
        own, _ = parts_of(given)
        head = own[0]
        assert isinstance(head, Categorical)
        levels = Categorical(self.places[head.codes].astype(np.int32), self.n_levels)
        parts = (levels, *own[1:])
        ends = np.cumsum([part.n_columns for part in parts])
        columns = [np.arange(end - part.n_columns, end) for part, end in zip(parts, ends, strict=True)]
        rest = csr_array(self.layout.rest_recode()[:, self.kept])
        recode = csr_array(block_diag((eye_array(self.n_levels), rest), format="csr"))
        return Recoded(Blocks.in_order(parts, columns), recode)

    def coef(self, solved: FloatArray) -> FloatArray:
        """Return coefficients of the columns as given, zero where aliased, shape (p,).

        An infinite intercept of a level makes infinite what depends on it, and leaves open (nan) what depends on two
        that pull apart.
        """
        finite = np.isfinite(solved)
        plain = np.where(finite, solved, 0.0)
        value = self._picked(plain) - self.taken @ (self.shared @ plain)
        if finite.all():
            return np.asarray(value)
        # Most levels are taken by their own coefficient only; the few that others take too are gone through one by one.
        several = np.any(self.shared != 0.0, axis=0)
        pull = self._picked(np.where(np.isinf(solved) & ~several, np.sign(solved), 0.0))
        upward, downward = pull > 0.0, pull < 0.0
        for column in np.flatnonzero(np.isinf(solved) & several):
            # What it adds to each coefficient, after what cancels: infinite parts cannot be added up one by one.
            share = -(self.taken @ self.shared[:, column])
            share[self.select == column] += 1.0
            share = np.where(np.abs(share) > ROUNDING, share, 0.0) * np.sign(solved[column])
            upward |= share > 0.0
            downward |= share < 0.0
        infinite = np.where(upward & downward, np.nan, np.where(upward, np.inf, -np.inf))
        return np.where(upward | downward, infinite, value)

    def jacobian(self, functions: FloatArray) -> FloatArray:
        """Return linear functions of the p coefficients, shape (m, p), as functions of the q that are solved for."""
        out = np.asarray(-(functions @ self.taken) @ self.shared)
        own = self.select >= 0
        np.add.at(out.T, self.select[own], functions[:, own].T)
        return out

    def vcov(self, solved: FloatArray) -> FloatArray:
        """Return the covariance of the coefficients of the columns as given, shape (p, p)."""
        whole = self.jacobian(np.eye(self.select.size))
        return np.asarray(whole @ solved @ whole.T)

    def variances(self, solved: Vcov) -> FloatArray:
        """Return the variances of the coefficients of the columns as given, shape (p,)."""
        own = self._picked(solved.diagonal())
        if self.shared.shape[0] == 0:
            return own
        product = solved.times(self.shared)
        crossed = np.array([self._picked(row) for row in product]).T
        squares = product @ self.shared.T
        both = np.einsum("ij,ij->i", crossed, self.taken)
        return np.asarray(own - 2.0 * both + np.einsum("ij,jk,ik->i", self.taken, squares, self.taken))

    def _picked(self, values: FloatArray) -> FloatArray:
        return np.where(self.select >= 0, values[self.select], 0.0)
