r"""Combinations of columns that vanish on every row of a fit, which determine the estimable rows.

An aliased column is a combination of others there, :math:`x_j = \sum_k b_{kj} x_k`. Let :math:`N` hold
:math:`e_j - b_j` for each of them. A row x is *estimable* when :math:`x'N = 0`: then :math:`x'\beta` is the same for
every :math:`\beta` that fits equally well, whichever columns were dropped. Else it depends on the coding
(``docs/maths/rank.md``, equation 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Vanishing", "column_sizes", "vanishing_combinations"]

BREAKS = 1e-7  # of a combination's terms, on the row and on the rows of the fit: single precision rounds by 6e-8
ROUNDING = 1e-12  # of the largest term of a combination, in units of its column's size: less is no term
BLOCK = 32_768
DENSE_MOST = 64  # columns that are written out


@dataclass(frozen=True, eq=False)
class Vanishing:
    """N, by its nonzero entries.

    Parameters
    ----------
    aliased : (k,) int array
        The column that each combination explains; its own entry there is 1.
    columns, numbers : (z,) int arrays
        Row and column in N of each entry: a column of the design, and a combination.
    values : (z,) array
        The entries.
    scale : (k,) array
        Size of the terms of each combination on the rows of the fit.
    levels : (m, k) array or None
        What each level of an absorbed factor adds; nan for a level whose predictions are certain whatever the columns.

    Examples
    --------
    The second column was twice the first:

    >>> from logitkit.design.matrix.dense import Dense
    >>> twice = vanishing_combinations(np.array([[-2.0], [1.0]]), np.array([1]), np.array([1.0, 2.0]))
    >>> twice.broken(Dense(np.array([[3.0, 6.0], [3.0, 7.0]])))[0].tolist()
    [False, True]
    """

    aliased: IntArray
    columns: IntArray
    numbers: IntArray
    values: FloatArray
    scale: FloatArray
    levels: FloatArray | None = None

    def broken(self, matrix: Matrix, levels: IntArray | None = None) -> tuple[BoolArray, IntArray]:
        """Return which rows are not estimable, shape (n,), and the aliased columns that make them so."""
        from scipy.sparse import csr_array

        rows = np.zeros(matrix.n_rows, dtype=bool)
        found = np.zeros(self.aliased.size, dtype=bool)
        if self.aliased.size == 0 or matrix.n_rows == 0:
            return rows, self.aliased[found]
        used, place = np.unique(self.columns, return_inverse=True)
        shape = (used.size, self.aliased.size)
        null: Any = csr_array((self.values, (place, self.numbers)), shape=shape)
        dense = null.toarray() if used.size <= DENSE_MOST or self.levels is not None else None
        for start in range(0, matrix.n_rows, BLOCK):
            stop = min(start + BLOCK, matrix.n_rows)
            block = matrix.rows(start, stop).columns(used)
            if dense is not None:
                values = block.to_dense()
                change, size = values @ dense, np.abs(values) @ np.abs(dense)
                if self.levels is not None and levels is not None:
                    shift = self.levels[levels[start:stop]]
                    change, size = change + shift, size + np.abs(shift)
                at, number = np.nonzero(np.abs(change) > BREAKS * (size + self.scale))
            else:  # a row touches few of many combinations
                entries = block.to_sparse()
                excess: Any = csr_array(abs(entries @ null) - BREAKS * (abs(entries) @ abs(null))).tocoo()
                off = excess.data > BREAKS * self.scale[excess.col]
                at, number = excess.row[off], excess.col[off]
            rows[start + at] = True
            found[number] = True
        return rows, self.aliased[found]

    def terms(self, column: int) -> tuple[IntArray, FloatArray]:
        """Return the columns that explain an aliased one, and their coefficients."""
        number = int(np.flatnonzero(self.aliased == column)[0])
        own = (self.numbers == number) & (self.columns != column)
        return self.columns[own], -self.values[own]


def vanishing_combinations(
    null: FloatArray, aliased: IntArray, size: FloatArray, levels: FloatArray | None = None
) -> Vanishing:
    """Return combinations without what is rounding, each in terms of its aliased column and columns that were kept.

    Parameters
    ----------
    null : (p, k) array
        A basis of the combinations that vanish; the k rows of the aliased columns are a regular matrix.
    aliased : (k,) int array
        The columns that they explain.
    size : (p,) array
        Root mean square of each column on the rows of the fit.
    levels : (m, k) array, optional
        What each level of an absorbed factor adds to the combinations of ``null``.

    Returns
    -------
    Vanishing
        Of the same span.

    Examples
    --------
    >>> found = vanishing_combinations(np.array([[-2.0, 0.0], [2.0, 1.0], [0.0, 1.0]]), np.array([1, 2]), np.ones(3))
    >>> found.aliased.tolist(), found.columns.tolist(), found.values.tolist()
    ([1, 2], [0, 0, 1, 2], [-1.0, 1.0, 1.0, 1.0])
    """
    unit = np.where(size > 0.0, size, 1.0)[:, None]
    sized = null * unit
    turn = np.linalg.inv(sized[aliased]) if aliased.size else np.empty((0, 0))
    sized = sized @ turn
    sized[np.abs(sized) <= ROUNDING * np.abs(sized).max(axis=0, initial=0.0)] = 0.0
    sized[aliased] = np.eye(aliased.size)
    own = size[aliased] > 0.0
    factor = 1.0 / unit[aliased, 0]
    columns, numbers = np.nonzero(sized)
    values = sized[columns, numbers] / unit[columns, 0] / factor[numbers]
    scale = np.abs(sized).sum(axis=0) / factor * own
    added = None if levels is None else (levels @ turn) / factor
    return Vanishing(aliased, columns, numbers, values, scale, added)


def column_sizes(matrix: Matrix, used: BoolArray) -> FloatArray:
    """Return about the root mean square of each column on some rows, zero for a column of zeros, shape (p,).

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> column_sizes(Dense(np.array([[3.0, 0.0], [-3.0, 0.0]])), np.array([True, True])).tolist()
    [3.0, 0.0]
    """
    inner = matrix.inner
    squares = np.zeros(inner.n_columns)
    inner.add_squares(used.astype(np.float64), squares)
    return np.sqrt(matrix.collect_squares(squares) / max(int(np.count_nonzero(used)), 1))
