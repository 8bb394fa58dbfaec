r"""Consecutive rows with their linear predictors, and the sums over them for single averages.

The averaged quantity is a function of the predictors, so its derivatives with respect to the coefficients are sums of
columns times derivatives with respect to the predictors (``docs/maths/effects.md``, equations 1 and 3). The
contribution of columns that do not change is computed once.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.inference.effects.pieces import Level, Piece, RowsOfFit, Slope, one_row
from logitkit.inference.effects.scales import Scale
from logitkit.inference.functions import function_sides
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["RowBlock"]


class RowBlock:
    """Consecutive rows with the linear predictors that several pieces share.

    Parameters
    ----------
    record : FitRecord
        The fit.
    rows : RowsOfFit
        All rows.
    table : (m, p) array
        Coefficients by linear predictor and column.
    start, stop : int
        Positions of the first row and of the end.
    given : bool, default True
        Whether the coefficients are those of the fit, so that rows have the limits that it has under separation.
    """

    def __init__(
        self, record: FitRecord, rows: RowsOfFit, table: FloatArray, start: int, stop: int, given: bool = True
    ) -> None:
        self.record, self.table, self.start, self.stop = record, table, start, stop
        whole = start == 0 and stop == rows.matrix.n_rows
        self._whole = whole
        self.base = rows.matrix if whole else rows.matrix.rows(start, stop)
        self.offset = None if rows.offset is None else rows.offset[:, start:stop]
        self._given = given
        self._own: FloatArray | None = None
        self._others: dict[bytes, FloatArray] = {}

    def _rows(self, matrix: Matrix) -> Matrix:
        return matrix if self._whole else matrix.rows(self.start, self.stop)

    def _predictors(self, matrix: Matrix, offset: FloatArray | None) -> FloatArray:
        """Return the linear predictors of rows of all columns, at their limits where they are those of the fit."""
        if self._given:
            return linear_predictors(self.record, matrix, offset)
        eta = matrix.matvecs(self.table)
        return eta if offset is None else eta + offset

    def own(self) -> FloatArray:
        """Return the linear predictors of the rows as they are, (m, b)."""
        if self._own is None:
            self._own = self._predictors(self.base, self.offset)
        return self._own

    def _at(self, level: Level) -> FloatArray:
        """Return the linear predictors of the rows at a level, (m, b)."""
        matrix = self._rows(level.matrix)
        if level.places is None:
            return self._predictors(matrix, None if level.offset is None else level.offset[:, self.start : self.stop])
        return self.without(level.places) + self._times(matrix, level.places)

    def without(self, places: IntArray) -> FloatArray:
        """Return the part of the linear predictors that all other columns make, (m, b)."""
        key = places.tobytes()
        if key not in self._others:
            others = self.table.copy()
            others[:, places] = 0.0
            found = np.zeros((len(others), self.stop - self.start))
            for k in np.flatnonzero(others.any(axis=1)):
                found[k] = self.base.matvec(others[k])
            self._others[key] = found if self.offset is None else found + self.offset
        return self._others[key]

    def _times(self, matrix: Matrix, places: IntArray) -> FloatArray:
        """Return the part of the predictors that some columns make, (m, b); (m, 1) where rows are all the same."""
        coef, row = np.ascontiguousarray(self.table[:, places]), one_row(matrix)
        return matrix.matvecs(coef) if row is None else (coef @ row)[:, None]

    def of(self, piece: Piece, scale: Scale) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Return values (L, b), and derivatives (L, m, b) by the predictors and by their change."""
        if isinstance(piece, Level):
            eta = self._at(piece)
            return *scale.both(eta), None
        eta, change = self.own(), self._change(piece)
        slopes = scale.slopes(eta)
        if self._separated:  # what is at its limit does not change, however fast its predictor does
            with np.errstate(invalid="ignore"):
                value = np.where(slopes == 0.0, 0.0, slopes * change).sum(axis=1)
            change = np.where((slopes == 0.0).all(axis=0), 0.0, np.where(np.isinf(change), np.nan, change))
        else:
            value = np.einsum("lmn,mn->ln", slopes, change)
        curved = scale.curvatures(eta, change)
        if piece.proportional:
            level = scale.values(eta)
            curved = curved / level[:, None] - slopes * (value / level**2)[:, None]
            slopes = slopes / level[:, None]
            value = value / level
        if piece.factor is not None:
            factor = piece.factor[self.start : self.stop]
            value, slopes, curved = value * factor, slopes * factor, curved * factor
        return value, curved, slopes

    @property
    def _separated(self) -> bool:
        return self._given and self.record.is_separated

    def _change(self, piece: Slope) -> FloatArray:
        """Return the derivatives of the linear predictors along a change of columns, (m, b), infinite ones included."""
        matrix = self._rows(piece.matrix)
        found = np.broadcast_to(self._times(matrix, piece.places), (len(self.table), self.stop - self.start)).copy()
        if self._separated and self.record.limit.cone is not None:
            rows = np.zeros((self.stop - self.start, self.base.n_columns))
            rows[:, piece.places] = matrix.to_dense()
            for a, unit in enumerate(np.eye(len(found))):
                functions = self.record.predictors.rows(rows, np.tile(unit, (len(rows), 1)))
                sides = function_sides(self.record, functions)
                found[a] = np.where(
                    sides == 0.0, found[a], np.where(np.isnan(sides), np.nan, np.copysign(np.inf, sides))
                )
        return found if piece.offset is None else found + piece.offset[:, self.start : self.stop]

    def add(self, piece: Piece, base: FloatArray, direct: FloatArray | None, sums: FloatArray) -> None:
        """Add the products of columns and derivatives, (L, m, b) each, to sums of shape (L, m, p)."""
        matrix, places = self._rows(piece.matrix), piece.places
        if isinstance(piece, Slope):
            assert direct is not None
            sums += self.products(base)
            sums[..., places] += _products(matrix, direct)
        elif places is None:
            sums += _products(matrix, base)
        else:
            found, row = self.products(base), one_row(matrix)
            found[..., places] = _products(matrix, base) if row is None else base.sum(axis=-1)[..., None] * row
            sums += found

    def products(self, derivatives: FloatArray) -> FloatArray:
        """Return the products of the columns as they are with derivatives, (..., b), shape (..., p)."""
        return _products(self.base, derivatives)


def _products(matrix: Matrix, derivatives: FloatArray) -> FloatArray:
    """Return the products of columns with derivatives, (..., b), shape (..., p)."""
    found = matrix.rmatvecs(derivatives.reshape(-1, derivatives.shape[-1]))
    return found.reshape(*derivatives.shape[:-1], matrix.n_columns)
