"""Second derivatives of some columns of few rows that are kept from one strength to the next, and their factor."""

from __future__ import annotations

import numpy as np

from logitkit.engine.regularised.products import WideProducts
from logitkit.numerics.kernels.dense import write_weighted
from logitkit.numerics.threads.lapack import cholesky
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["KeptDerivatives"]

SINGLE_FROM = 30_000_000  # products of numbers in a sum: more are added in single precision


class KeptDerivatives:
    """Those of the columns in use at the rows where they were summed, which grow by columns.

    Parameters
    ----------
    products : WideProducts
        Keeps the columns.
    share : (p,) array
        What each column is multiplied with.
    mean : (p,) array
        What is taken off each column before.
    """

    def __init__(self, products: WideProducts, share: FloatArray, mean: FloatArray) -> None:
        self._products, self._share, self._mean = products, share, mean
        self._roots: FloatArray | None = None  # of the curvature of the rows
        self._weighted: FloatArray = np.empty((0, 0))
        #: Of which the first k rows and columns are those of the columns in use.
        self.second: FloatArray = np.empty((0, 0))
        #: U with U'U the second derivatives of the columns that ``order`` names, by their place among those in use.
        self.factor: FloatArray = np.empty((0, 0))
        self.order: IntArray = np.empty(0, dtype=np.int64)
        self.size, self.bend = 0, 1.0  # of the factor, and what they are multiplied with

    def sum(self, columns: IntArray, curvature: FloatArray, inside: BoolArray, squares: FloatArray) -> None:
        """Sum those of some columns anew, and factorise some, none of them where these are collinear."""
        k, n = columns.size, curvature.size
        self._roots, self.bend = np.sqrt(curvature), 1.0
        single = k * k * n > SINGLE_FROM
        own = self._columns(columns).astype(np.float32) if single else self._columns(columns)
        room = len(self.second) if k <= len(self.second) else k + k // 2 + 64
        if room > len(self.second):
            self.second, self.factor = np.empty((room, room)), np.empty((room, room))
            self.order = np.empty(room, dtype=np.int64)
        if len(self._weighted) < room or self._weighted.dtype != own.dtype:
            self._weighted = np.empty((room, n), dtype=own.dtype)
        self._weighted[:k] = own
        self.second[:k, :k] = own @ own.T
        self._factorise(np.flatnonzero(inside), squares)

    def append(self, before: int, new: IntArray) -> None:
        """Sum those of new columns, at the rows where the others were summed."""
        after = before + new.size
        if after > len(self.second):
            room = after + after // 2
            self.second, self.factor = _larger(self.second, room, room), _larger(self.factor, room, room)
            self.order = np.concatenate([self.order, np.empty(room - self.order.size, dtype=np.int64)])
            self._weighted = _larger(self._weighted, room, self._weighted.shape[1])
        own = self._columns(new)
        self._weighted[before:after] = own
        cross = self._weighted[before:after] @ self._weighted[:after].T
        self.second[before:after, :after] = cross
        self.second[:before, before:after] = cross[:, :before].T

    def _columns(self, columns: IntArray) -> FloatArray:
        assert self._roots is not None
        place, out = self._products.places_of(columns), np.empty((columns.size, self._roots.size))
        write_weighted(self._products.columns, place, self._mean[columns], self._share[columns], self._roots, out)
        return out

    def _factorise(self, inside: IntArray, squares: FloatArray) -> None:
        size = self.size = inside.size
        block = self.second[inside][:, inside]
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
