r"""Products of all columns with residuals, where only those are computed that can matter.

Along a path the residuals r of a solution are nearly a combination of those of solutions before, whose products are
known. With :math:`r = \sum_k a_k r_k + e`,

.. math:: |x_j' r - \sum_k a_k x_j' r_k| = |x_j' e| \le \lVert x_j - \bar x_j \rVert \lVert e \rVert
    + |\bar x_j| |\sum_i e_i| ,
    \qquad |x_j' e| \le \lVert x_j \rVert_1 \lVert e \rVert_\infty ,

and a column whose product is below its strength whatever e does is not looked at (``docs/maths/penalties.md``,
equation 22). The others are computed; when they are too many, all are, and these residuals are one more to refer to.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.growing import SparseColumns
from logitkit.engine.moments import Moments, column_moments
from logitkit.engine.objective import Objective
from logitkit.numerics.kernels.column_descent import column_sizes, dot_columns, reaching
from logitkit.numerics.kernels.dense import copy_columns, write_dots
from logitkit.numerics.once import once
from logitkit.numerics.threads.local import get_threads, ordered_map
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["ColumnProducts", "SparseProducts", "WideProducts"]

KEPT = 6  # residuals that are referred to
ENTRIES_OF_PART = 262_144  # of sparse columns, which a thread is worth
LONG = 100  # entries of a sparse column, on average: of shorter ones the products are sooner made than bounded
ENTRIES_FEW = 1 << 20  # of all columns: a pass over them takes no longer than a bound
MANY = 0.25  # of the columns: more are as soon computed all
MANY_SPARSE = 0.1  # a reference more costs little there, and leaves fewer columns to look at
LEAST = 1e-12  # of a sum of squares, which rounding may take from a length that is squared
ROUNDING = 1e-9  # of a strength: what sums of products may be off by


class ColumnProducts(ABC):
    """Products of the scaled columns with one vector of residuals after another."""

    many = MANY

    def __init__(self) -> None:
        #: Residuals that are referred to, (k, n), with their products with one another, and with the columns, (k, p).
        self._known: tuple[FloatArray, FloatArray, FloatArray] | None = None
        self._kept = 0  # how many there have been

    @abstractmethod
    def all_of(self, rows: FloatArray) -> FloatArray:
        """Return all products, shape (p,)."""

    @abstractmethod
    def some_of(self, rows: FloatArray, index: IntArray) -> FloatArray:
        """Return those of some columns, shape (k,)."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Lengths of the centred columns, absolute sums of the columns and sums of absolute values, each (p,)."""

    def below(self, rows: FloatArray, limit: FloatArray, known: BoolArray) -> FloatArray:
        """Return products, shape (p,), of which those that are below a limit need not be right, but are below it."""
        if self._known is not None:
            found, near = self._approximate(rows, limit, *self._known)
            index = near[~known[near]]
            if index.size <= self.many * limit.size:
                found[index] = self.some_of(rows, index)
                return found
        found = self.all_of(rows)
        self._refer_to(rows, found)
        return found

    def _refer_to(self, rows: FloatArray, products: FloatArray) -> None:
        """Refer to these residuals too, in the place of the oldest."""
        if self._known is None:
            self._known = np.zeros((KEPT, rows.size)), np.zeros((KEPT, KEPT)), np.zeros((KEPT, products.size))
        place = self._kept % KEPT
        known, gram, of_known = self._known
        known[place], of_known[place] = rows, products
        gram[place] = gram[:, place] = known @ rows
        self._kept += 1

    def _approximate(
        self, rows: FloatArray, limit: FloatArray, known: FloatArray, gram: FloatArray, products: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        """Return the products of the nearest combination, and which of the right ones may reach their limit."""
        used = min(self._kept, KEPT)
        shares = np.linalg.lstsq(gram[:used, :used], known[:used] @ rows, rcond=None)[0]
        rest = rows - shares @ known[:used]
        mean = float(rest.mean())
        found = np.asarray(shares @ products[:used])
        spread, peak = float(np.linalg.norm(rest - mean)), float(np.abs(rest).max(initial=0.0))
        return found, reaching(found, *self.sizes, spread, abs(mean), peak, limit, 1.0 - ROUNDING)


class WideProducts(ColumnProducts):
    """Those of a matrix that is stored by rows.

    Columns that were asked for once are kept one after another: in a wide row each number is far from the next.

    Parameters
    ----------
    objective : Objective
        Of all columns.
    scale : (p,) array
        What the columns are divided by.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.models.binomial import Binomial
    >>> objective = Objective(Dense(np.eye(3)), Response(np.zeros(3)), Binomial())
    >>> products = WideProducts(objective, np.ones(3))
    >>> products.below(np.array([1.0, 2.0, 3.0]), np.full(3, 9.0), np.zeros(3, dtype=bool)).tolist()
    [1.0, 2.0, 3.0]
    """

    def __init__(self, objective: Objective, scale: FloatArray) -> None:
        super().__init__()
        self.objective, self.scale = objective, scale
        self._place: IntArray = np.full(scale.size, -1)
        #: Columns that were asked for, one after another, as given, with room for more.
        self.columns: FloatArray = np.empty((0, objective.matrix.n_rows))
        self._used = 0

    def all_of(self, rows: FloatArray) -> FloatArray:
        """Return all products, shape (p,)."""
        return self.objective.pull(rows) / self.scale

    def some_of(self, rows: FloatArray, index: IntArray) -> FloatArray:
        """Return those of some columns, shape (k,)."""
        place, out = self.places_of(index), np.empty(index.size)
        write_dots(self.columns, place, rows, out)
        return out / self.scale[index]

    def keep(self, array: FloatArray) -> None:
        """Keep all columns of a small matrix, which are not asked for one by one then."""
        self.columns, self._used = np.ascontiguousarray(array.T), array.shape[1]
        self._place = np.arange(self._used)

    def places_of(self, index: IntArray) -> IntArray:
        """Return where some columns are among those that are kept, which they are from now on."""
        place = self._place[index]
        if place.size and place.min() < 0:
            new = index[place < 0]
            matrix = self.objective.matrix
            before, self._used = self._used, self._used + new.size
            if self._used > len(self.columns):
                space = np.empty((min(2 * self._used, matrix.n_columns), matrix.n_rows))
                space[:before] = self.columns[:before]
                self.columns = space
            space = self.columns[before : self._used]
            if isinstance(matrix, Dense) and matrix.array.dtype == np.float64 and matrix.array.flags.c_contiguous:
                copy_columns(matrix.array, new, space)
            else:
                space[:] = matrix.columns(new).to_dense().T
            self._place[new] = np.arange(before, self._used)
            place = self._place[index]
        return place

    @once
    def mean(self) -> FloatArray:
        """Mean of each column as given, shape (p,)."""
        return self._moments.mean

    @once
    def _moments(self) -> Moments:
        return column_moments(self.objective.matrix, np.ones(self.objective.matrix.n_rows))

    @once
    def sizes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Lengths of the centred columns, absolute sums of the columns and sums of absolute values, each (p,)."""
        moments, n = self._moments, float(self.objective.matrix.n_rows)
        lengths, sums = np.sqrt(n) * moments.deviation / self.scale, n * np.abs(moments.mean) / self.scale
        return (
            lengths,
            sums,
            np.sqrt(n * lengths**2 + sums**2),
        )  # the last at most, which no entry of a pass is spent on


class SparseProducts(ColumnProducts):
    """Those of sparse columns.

    Parameters
    ----------
    columns : SparseColumns
        Divided by their scale.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> columns = SparseColumns(Dense(np.array([[2.0, 0.0], [0.0, 1.0]])), np.ones(2))
    >>> SparseProducts(columns).all_of(np.array([1.0, 3.0])).tolist()
    [2.0, 3.0]
    """

    many = MANY_SPARSE

    def __init__(self, columns: SparseColumns) -> None:
        super().__init__()
        self.columns = columns

    def all_of(self, rows: FloatArray) -> FloatArray:
        """Return all products, shape (p,)."""
        indptr = self.columns.parts[0]
        size = int(indptr[-1])
        parts = max(min(size // ENTRIES_OF_PART, get_threads()), 1)  # each column is a sum of its own
        edges = np.searchsorted(indptr, np.linspace(0, size, parts + 1))
        edges[0], edges[-1] = 0, self.columns.n_columns
        out = np.zeros(self.columns.n_columns)

        def fill(part: int) -> None:
            self.columns.write_products(rows, int(edges[part]), int(edges[part + 1]), out)

        for _ in ordered_map(fill, parts, joins=True):
            pass
        return out

    def below(self, rows: FloatArray, limit: FloatArray, known: BoolArray) -> FloatArray:
        """Return products, shape (p,), of which those that are below a limit need not be right, but are below it."""
        if self.columns.parts[0][-1] < max(LONG * limit.size, ENTRIES_FEW):
            return self.all_of(rows)
        return super().below(rows, limit, known)

    def some_of(self, rows: FloatArray, index: IntArray) -> FloatArray:
        """Return those of some columns, shape (k,)."""
        out = np.empty(index.size)
        dot_columns(*self.columns.parts, index, rows, out)
        return out

    @once
    def sizes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Lengths of the centred columns, absolute sums of the columns and sums of absolute values, each (p,)."""
        sums, squares, heights = np.empty((3, self.columns.n_columns))
        column_sizes(self.columns.parts[0], self.columns.parts[2], sums, squares, heights)
        lengths = np.sqrt(np.maximum(squares - sums**2 / self.columns.n_rows, 0.0) + LEAST * squares)
        return lengths, np.abs(sums), heights
