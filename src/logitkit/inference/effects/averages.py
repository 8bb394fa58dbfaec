r"""Averages over rows of model predictions with some columns changed, with exact Jacobians.

Every effect is built from two kinds of average (``docs/maths/effects.md``, equations 1 to 4). A *level* is the mean of
the probabilities with some columns at other values, :math:`\sum_i \omega_i p_k(\eta_i)`. A *slope* is the mean of their
derivatives along a change of the columns, :math:`\sum_i \omega_i \sum_a (\partial p_k / \partial \eta_a) u_{ia}` with
:math:`u_i` the derivatives of the linear predictors, which are linear in the coefficients. Only the columns that change
are given; the contribution of the other columns to the linear predictors is computed once. Rows are summed in groups
that depend only on the number of rows, so results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.engine.record import FitRecord
from logitkit.inference.effects.pieces import Piece, RowsOfFit, Slope
from logitkit.inference.effects.row_block import RowBlock
from logitkit.inference.effects.scales import LinkScale, Scale
from logitkit.inference.effects.shared_sums import OnePiece, SharedSums, parted
from logitkit.inference.linear_predictors import predictor_functions
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import FloatArray

__all__ = ["Averages", "averages", "row_values", "values_at"]

COLUMNS_OF_BLOCK = 8  # numbers per row that are at work at a time


@dataclass(frozen=True)
class Averages:
    """Averages with their Jacobian.

    Parameters
    ----------
    value : (P, L) array
        Averages for each piece and each of the L values; missing where rows have none.
    jacobian : (P, L, q) array
        Derivatives with respect to the coefficients that were solved for.
    by_row : (P, L, n) array or None
        The values of each row, before averaging.

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
        Normalised weight of each row; they sum to one.
    scale : ProbabilityScale or LinkScale
        The quantity that is averaged.
    keep_rows : bool, default False
        Whether to also return the values of each row.

    Returns
    -------
    Averages
        Under separation, probabilities are at their limits. On the link scale, values are at finite coefficients, and
        ``in_the_limit`` gives the limits.

    Examples
    --------
    The mean of the fitted probabilities is the proportion of events:

    >>> import logitkit as lk
    >>> from logitkit.inference.effects.pieces import Level, RowsOfFit
    >>> from logitkit.inference.effects.scales import ProbabilityScale
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> X = fit.design.matrix
    >>> as_it_is = Level(None, X)
    >>> given = fit.record, RowsOfFit(X, None), [as_it_is], np.full(189, 1 / 189)
    >>> found = averages(*given, ProbabilityScale(fit.record.family, [1]))
    >>> round(float(found.value[0, 0]), 9) == round(59 / 189, 9)
    True
    """
    n, p = rows.matrix.n_rows, rows.matrix.n_columns
    table, given = record.finite_table, not _at_finite(record, scale)
    m, count = len(table), len(scale.values(np.zeros((len(table), 1))))
    shape = count, m, p
    kept = np.empty((len(pieces), count, n)) if keep_rows else None
    # Of large blocks the calls cost little, and each array of a piece still fits in cache.
    groups = row_groups(n, COLUMNS_OF_BLOCK, 8 * len(pieces) * count * m * p)

    def run(group: int) -> tuple[FloatArray, FloatArray]:
        value, sums = np.zeros((len(pieces), count)), np.zeros((len(pieces), *shape))
        parts: list[SharedSums]
        if kept is None:
            parts = parted(pieces, shape, is_separated=given and record.is_separated)
        else:
            parts = [OnePiece(place, piece, shape, kept[place]) for place, piece in enumerate(pieces)]
        for start, stop in groups.blocks(group):
            block = RowBlock(record, rows, table, start, stop, given)
            for part in parts:
                part.add(block, scale, shares[start:stop])
        for part in parts:
            part.write(value, sums)
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
    """Return the values that ``averages`` averages, for each row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    rows : RowsOfFit
        n rows.
    pieces : sequence of Level or Slope
        P values for each row.
    scale : ProbabilityScale or LinkScale
        The scale of the values.

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
    block = RowBlock(record, rows, table, 0, n, given=not _at_finite(record, scale))
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
    """Return the values of each row at other coefficients, shape (P, L, n).

    Parameters
    ----------
    record : FitRecord
        A fit without separation.
    rows : RowsOfFit
        n rows.
    pieces : sequence of Level or Slope
        P averages.
    scale : ProbabilityScale or LinkScale
        The quantity that is averaged.
    table : (m, p) array
        Coefficients by linear predictor and column.

    Returns
    -------
    (P, L, n) array
        Missing where coefficients are infinite.

    Examples
    --------
    With all slopes zero, every row has the probability given by the intercept:

    >>> import logitkit as lk
    >>> from logitkit.inference.effects.pieces import Level, RowsOfFit
    >>> from logitkit.inference.effects.scales import ProbabilityScale
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> X, scale = fit.design.matrix, ProbabilityScale(fit.record.family, [1])
    >>> found = values_at(fit.record, RowsOfFit(X, None), [Level(None, X)], scale, np.array([[0.0, 0.0]]))
    >>> bool(np.all(found == 0.5))
    True
    """
    block = RowBlock(record, rows, table, 0, rows.matrix.n_rows, given=False)
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
