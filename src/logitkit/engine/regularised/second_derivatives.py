"""Second derivatives of some columns of few rows that are kept from one strength to the next, and their factor."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from logitkit.numerics.kernels.dense import write_weighted
from logitkit.numerics.threads.lapack import cholesky
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["KeptDerivatives"]

SINGLE_FROM = 30_000_000  # products of numbers in a sum: more are added in single precision
FACTORISED_LATER = 64  # columns which a solver joins to a factor one by one in less time than LAPACK is called

#: Columns one after another, which of them, what is taken off each, and what it is multiplied with then.
Columns: TypeAlias = tuple[FloatArray, IntArray, FloatArray, FloatArray]


class KeptDerivatives:
    """Those of the columns in use at the rows where they were summed, which grow by columns.

    Parameters
    ----------
    n_rows : int
        How many rows there are.
    """

    def __init__(self, n_rows: int) -> None:
        self._roots = np.empty(n_rows)  # of the curvature of the rows
        self._weighted: FloatArray = np.empty((0, n_rows))
        #: Of which the first k rows and columns are those of the columns in use; as precise as they were summed.
        self.second: FloatArray = np.empty((0, 0))
        #: U with U'U the second derivatives of the columns that ``order`` names, by their place among those in use.
        self.factor: FloatArray = np.empty((0, 0))
        self.order: IntArray = np.empty(0, dtype=np.int64)
        self.size, self.bend = 0, 1.0  # of the factor, and what they are multiplied with

    def sum(self, columns: Columns, curvature: FloatArray, inside: BoolArray, squares: FloatArray) -> None:
        """Sum those of some columns anew, and factorise some, none of them where these are collinear or few."""
        k, n = squares.size, curvature.size
        self._roots, self.bend = np.sqrt(curvature), 1.0
        kind = np.float32 if k * k * n > SINGLE_FROM else np.float64
        room = len(self.second) if k <= len(self.second) else k + k // 2 + 64
        if room > len(self.second):
            self.factor, self.order = np.empty((room, room)), np.empty(room, dtype=np.int64)
        if len(self.second) < room or self.second.dtype != kind:
            self.second, self._weighted = np.empty((room, room), dtype=kind), np.empty((room, n), dtype=kind)
        own = self._weighted[:k]
        write_weighted(*columns, self._roots, own)
        self.second[:k, :k] = own @ own.T
        self._factorise(np.flatnonzero(inside), squares)

    def append(self, before: int, columns: Columns) -> None:
        """Sum those of new columns, at the rows where the others were summed."""
        after = before + columns[1].size
        if after > len(self.second):
            room = after + after // 2
            self.second, self.factor = _larger(self.second, room, room), _larger(self.factor, room, room)
            self.order = np.concatenate([self.order, np.empty(room - self.order.size, dtype=np.int64)])
            self._weighted = _larger(self._weighted, room, self._weighted.shape[1])
        own = self._weighted[before:after]
        write_weighted(*columns, self._roots, own)
        cross = own @ self._weighted[:after].T
        self.second[before:after, :after] = cross
        self.second[:before, before:after] = cross[:, :before].T

    def _factorise(self, inside: IntArray, squares: FloatArray) -> None:
        size = self.size = inside.size
        if size <= FACTORISED_LATER:
            self.size = 0
            return
        block = self.second[np.ix_(inside, inside)].astype(np.float64)
        block.flat[:: size + 1] += squares[inside]
        found, info = cholesky(block, overwrite=True)
        self.factor[:size, :size] = found
        self.order[:size] = inside
        if info != 0 or not np.isfinite(found.diagonal()).all():
            self.size = 0


def _larger(array: FloatArray, rows: int, columns: int) -> FloatArray:
    out = np.empty((rows, columns), dtype=array.dtype)
    out[: array.shape[0], : array.shape[1]] = array
    return out
