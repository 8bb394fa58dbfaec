r"""Averages over rows of what a model says of them with some columns changed, with exact Jacobians.

Two kinds of average make every effect (``docs/maths/effects.md``, equations 1 to 4). A *level* is the mean of the
probabilities with some columns at other values, :math:`\sum_i \omega_i p_k(\eta_i)`. A *slope* is the mean of their
derivatives along a change of the columns, :math:`\sum_i \omega_i \sum_a (\partial p_k / \partial \eta_a) u_{ia}` with
:math:`u_i` the derivatives of the linear predictors, which are linear in the coefficients. Only the columns that change
are given: the part of the linear predictors that the others make is computed once. Rows are summed in groups that
depend on their number alone, so that results are the same on any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.record import FitRecord
from logitkit.inference.effects.pieces import Level, Piece, RowsOfFit, Slope, one_row
from logitkit.inference.effects.scales import LinkScale, Scale
from logitkit.inference.functions import function_sides
from logitkit.inference.linear_predictors import linear_predictors, predictor_functions
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import FloatArray, IntArray

__all__ = ["Averages", "averages", "row_values", "values_at"]

COLUMNS_OF_BLOCK = 8  # numbers per row that are at work at a time


@dataclass(frozen=True)
class Averages:
    """Averages with their Jacobian.

    Parameters
    ----------
    value : (P, L) array
        Of each piece and each of the L values; missing where rows have none.
    jacobian : (P, L, q) array
        Derivatives by the coefficients that were solved for.
    by_row : (P, L, n) array or None
        What is averaged.

    Examples
    --------
    >>> Averages(np.zeros((1, 1)), np.zeros((1, 1, 2))).by_row is None
    True
    """

    value: FloatArray
    jacobian: FloatArray
    by_row: FloatArray | None = None


def averages(
    record: FitRecord,
    rows: RowsOfFit,
    pieces: Sequence[Piece],
    shares: FloatArray,
    scale: Scale,
    *,
    keep_rows: bool = False,
) -> Averages:
    """Return averages over rows with their exact Jacobian.

    Parameters
    ----------
    record : FitRecord
        The fit.
    rows : RowsOfFit
        n rows.
    pieces : sequence of Level or Slope
        P averages.
    shares : (n,) array
        How much each row counts; they sum to one.
    scale : ProbabilityScale or LinkScale
        What is averaged.
    keep_rows : bool, default False
        Whether to return what is averaged, too.

    Returns
    -------
    Averages
        Under separation at the limit; on the scale of the link at finite coefficients, whose limits ``in_the_limit``
        has.

    Examples
    --------
    The mean of the fitted probabilities is the proportion of events:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> X = fit.design.matrix
    >>> as_it_is = Level(None, X)
    >>> given = fit.record, RowsOfFit(X, None), [as_it_is], np.full(189, 1 / 189)
    >>> from logitkit.inference.effects.pieces import Level, RowsOfFit
    >>> from logitkit.inference.effects.scales import ProbabilityScale
    >>> found = averages(*given, ProbabilityScale(fit.record.family, [1]))
    >>> round(float(found.value[0, 0]), 9) == round(59 / 189, 9)
    True
    """
    n, p = rows.matrix.n_rows, rows.matrix.n_columns
    table, given = record.finite_table, not _at_finite(record, scale)
    m, count = len(table), len(scale.values(np.zeros((len(table), 1))))
    kept = np.empty((len(pieces), count, n)) if keep_rows else None
    # Of large blocks the calls cost little, and each array of a piece still fits in cache.
    groups = row_groups(n, COLUMNS_OF_BLOCK, 8 * len(pieces) * count * m * p)

    def run(group: int) -> tuple[FloatArray, FloatArray]:
        value, sums = np.zeros((len(pieces), count)), np.zeros((len(pieces), count, m, p))
        for start, stop in groups.blocks(group):
            block, own = _Block(record, rows, table, start, stop, given), shares[start:stop]
            for place, piece in enumerate(pieces):
                if kept is None and block.add_steady(piece, scale, own, value[place], sums[place]):
                    continue
                values, base, direct = block.of(piece, scale)
                value[place] += values @ own
                if kept is not None:
                    kept[place, :, start:stop] = values
                block.add(piece, base * own, None if direct is None else direct * own, sums[place])
        return value, sums

    with single_threaded_blas():
        value, sums = _summed(ordered_map(run, len(groups.bounds)))
    flat = np.array([[record.predictors.gather(each) for each in piece] for piece in sums])
    flat = flat.reshape(len(pieces), count, -1)
    if record.aliased.size:
        flat[:, :, record.aliased] = 0.0
    jacobian = record.coordinates.jacobian(flat.reshape(-1, flat.shape[2]))
    return Averages(value, jacobian.reshape(len(pieces), count, -1), kept)


def row_values(record: FitRecord, rows: RowsOfFit, pieces: Sequence[Piece], scale: Scale) -> Averages:
    """Return what ``averages`` averages for each row by itself.

    Parameters
    ----------
    record : FitRecord
        The fit.
    rows : RowsOfFit
        n rows.
    pieces : sequence of Level or Slope
        P values of each.
    scale : ProbabilityScale or LinkScale
        What is asked for.

    Returns
    -------
    Averages
        Value (n, P, L) and Jacobian (n, P, L, q).

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.effects.pieces import Level, RowsOfFit
    >>> from logitkit.inference.effects.scales import ProbabilityScale
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> X = fit.design.matrix
    >>> found = row_values(fit.record, RowsOfFit(X, None), [Level(None, X)], ProbabilityScale(fit.record.family, [1]))
    >>> bool(np.allclose(found.value[:, 0, 0], fit.predict()))
    True
    """
    table = record.finite_table
    n, q = rows.matrix.n_rows, record.inner_coef.size
    block = _Block(record, rows, table, 0, n, given=not _at_finite(record, scale))
    dense = rows.matrix.to_dense()
    values, jacobians = [], []
    for piece in pieces:
        value, base, direct = block.of(piece, scale)
        own, moving = dense, np.zeros_like(dense)
        if isinstance(piece, Slope):
            moving[:, piece.places] = piece.matrix.to_dense()
        elif piece.places is None:
            own = piece.matrix.to_dense()
        else:
            own = dense.copy()
            own[:, piece.places] = piece.matrix.to_dense()
        found = np.stack([predictor_functions(record, Dense(own), each) for each in base])
        if direct is not None:
            found += np.stack([_change_functions(record, moving, each) for each in direct])
        values.append(value)
        jacobians.append(found)
    return Averages(
        np.stack(values).transpose(2, 0, 1), np.stack(jacobians).transpose(2, 0, 1, 3).reshape(n, len(pieces), -1, q)
    )


def values_at(
    record: FitRecord, rows: RowsOfFit, pieces: Sequence[Piece], scale: Scale, table: FloatArray
) -> FloatArray:
    """Return what is averaged with other coefficients, (P, L, n).

    Parameters
    ----------
    record : FitRecord
        The fit, without separation.
    rows : RowsOfFit
        n rows.
    pieces : sequence of Level or Slope
        P averages.
    scale : ProbabilityScale or LinkScale
        What is averaged.
    table : (m, p) array
        Coefficients by linear predictor and column.

    Returns
    -------
    (P, L, n) array
        Missing where coefficients are infinite.

    Examples
    --------
    With no slopes every row has the probability of the intercept:

    >>> import logitkit as lk
    >>> from logitkit.inference.effects.pieces import Level, RowsOfFit
    >>> from logitkit.inference.effects.scales import ProbabilityScale
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> X, scale = fit.design.matrix, ProbabilityScale(fit.record.family, [1])
    >>> found = values_at(fit.record, RowsOfFit(X, None), [Level(None, X)], scale, np.array([[0.0, 0.0]]))
    >>> bool(np.all(found == 0.5))
    True
    """
    block = _Block(record, rows, table, 0, rows.matrix.n_rows, given=False)
    return np.stack([block.of(piece, scale)[0] for piece in pieces])


def _at_finite(record: FitRecord, scale: Scale) -> bool:
    """Tell whether averages are linear functions of coefficients of which some are infinite."""
    return record.is_separated and isinstance(scale, LinkScale)


def _change_functions(record: FitRecord, change: FloatArray, weights: FloatArray) -> FloatArray:
    """Return changes of the columns as functions of the coefficients solved for, which no centre is taken from."""
    flat = record.predictors.rows(change, weights.T)
    if record.aliased.size:
        flat[:, record.aliased] = 0.0
    return record.coordinates.jacobian(flat)


def _summed(parts: Iterable[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Return the sums of the groups, in their order."""
    total: tuple[FloatArray, FloatArray] | None = None
    for value, sums in parts:
        total = (value, sums) if total is None else (total[0] + value, total[1] + sums)
    assert total is not None
    return total


class _Block:
    """Consecutive rows with the linear predictors that several pieces share."""

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
        self._steady: tuple[FloatArray, FloatArray] | None = None

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
        key = level.places.tobytes()
        if key not in self._others:
            others = self.table.copy()
            others[:, level.places] = 0.0
            found = np.zeros((len(others), self.stop - self.start))
            for k in np.flatnonzero(others.any(axis=1)):
                found[k] = self.base.matvec(others[k])
            self._others[key] = found if self.offset is None else found + self.offset
        return self._others[key] + self._times(matrix, level.places)

    def _times(self, matrix: Matrix, places: IntArray) -> FloatArray:
        """Return the part of the predictors that some columns make, (m, b); (m, 1) where rows are all the same."""
        coef, row = np.ascontiguousarray(self.table[:, places]), one_row(matrix)
        return matrix.matvecs(coef) if row is None else (coef @ row)[:, None]

    def add_steady(self, piece: Piece, scale: Scale, own: FloatArray, value: FloatArray, sums: FloatArray) -> bool:
        """Add a slope along which the only predictor of all rows changes alike; tell whether it is one."""
        if not isinstance(piece, Slope) or piece.factor is not None or piece.proportional or piece.offset is not None:
            return False
        row = one_row(piece.matrix)
        if row is None or len(self.table) > 1 or self._separated:
            return False
        if self._steady is None:
            eta = self.own()
            curved = scale.curvatures(eta, np.ones(eta.shape))[:, 0] * own
            total = (scale.slopes(eta)[:, 0] * own).sum(axis=1)
            self._steady = total, np.stack([self.base.rmatvec(each) for each in curved])
        total, pulled = self._steady
        change = float(self.table[0, piece.places] @ row)
        value += change * total
        sums[:, 0] += change * pulled
        sums[:, 0, piece.places] += total[:, None] * row
        return True

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
        for l, a in np.ndindex(*base.shape[:2]):  # noqa: E741 - the l-th value
            if isinstance(piece, Slope):
                assert direct is not None
                sums[l, a] += self.base.rmatvec(base[l, a])
                sums[l, a, places] += matrix.rmatvec(direct[l, a])
            elif places is None:
                sums[l, a] += matrix.rmatvec(base[l, a])
            else:
                own, row = self.base.rmatvec(base[l, a]), one_row(matrix)
                own[places] = matrix.rmatvec(base[l, a]) if row is None else base[l, a].sum() * row
                sums[l, a] += own
