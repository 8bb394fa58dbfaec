"""Rows as the compiled passes take them, and how their columns are standardised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import Sparse
from logitkit.design.response.response import Response
from logitkit.errors import UnsupportedError
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["Rows", "Standard", "rows_of", "standard_of"]

SAMPLE_MOST = 8_192  # rows from which scales and curvatures are found
TURNS = 30  # of the power iteration, which comes within some percent
ABOVE = 1.1  # what it may have missed
NARROW = 1e-12  # of its largest value: a column whose deviation is less is constant


@dataclass(frozen=True)
class Rows:
    """Rows of a design.

    Parameters
    ----------
    X : (n, p) array, or tuple of arrays
        Dense, or where sparse rows begin, their columns and values.
    y, weights : (n,) array
        Proportions of the event, or codes of outcomes; weights.
    offset : (m, n) or (0, n) array
        Offsets.
    n_columns : int
        Number of columns, p.
    """

    X: Any
    y: FloatArray
    weights: FloatArray
    offset: FloatArray
    n_columns: int

    @property
    def is_sparse(self) -> bool:
        """Whether zeros are not stored."""
        return isinstance(self.X, tuple)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.y.shape[0])


def rows_of(matrix: Matrix, response: Response) -> Rows:
    """Return the rows of a design that are held; dense float32 and float64 and sparse ones are not copied."""
    if response.shares is not None:
        raise UnsupportedError("Counted outcomes are not learnt row by row: give one row per trial.")
    X: Any
    if isinstance(matrix, Sparse):
        X = (matrix.indptr, matrix.indices, np.asarray(matrix.values, dtype=np.float64))
    elif isinstance(matrix, Dense) and matrix.array.dtype in (np.float32, np.float64):
        X = np.ascontiguousarray(matrix.array)
    else:
        X = np.ascontiguousarray(matrix.to_dense())
    offset = np.empty((0, response.n_rows)) if response.offset is None else np.ascontiguousarray(response.offset)
    y = np.ascontiguousarray(response.y, dtype=np.float64)
    return Rows(X, y, np.ascontiguousarray(response.weights, dtype=np.float64), offset, matrix.n_columns)


@dataclass(frozen=True)
class Standard:
    """How columns are standardised, and how curved the loss then is.

    Parameters
    ----------
    centre, scale : (p,) array
        What is subtracted from the columns, and what they are divided by.
    place : int
        Which coefficient is the intercept: that of a column, or p, one without a column; -1 for none.
    mean_weight : float
        Of a row.
    mean, largest : float
        Largest eigenvalue of the mean of z z', and largest z'z, of standardised rows z.
    """

    centre: FloatArray
    scale: FloatArray
    place: int
    mean_weight: float
    mean: float
    largest: float

    @property
    def own(self) -> bool:
        """Whether the intercept has no column."""
        return self.place == self.scale.size

    def curvature(self, batch: int, n_outcomes: int) -> float:
        """Return how curved the loss of a mini-batch is (Gazagnadou, Gower and Salmon 2019)."""
        most = 0.25 if n_outcomes == 2 else 0.5
        return most * (self.mean * (batch - 1) + self.largest) / batch

    def shrunk(self, ridge: float) -> FloatArray:
        """Return the strength of a ridge on each coefficient, none on the intercept, shape (p + 1,)."""
        out = np.full(self.scale.size + 1, ridge)
        out[-1] = 0.0
        if self.place >= 0:
            out[self.place] = 0.0
        return out

    def raw(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients of columns as they are, and last of an intercept without one, shape (m, p + 1)."""
        out = coef.copy()
        out[:, :-1] /= self.scale
        if self.place >= 0:
            out[:, self.place] -= out[:, :-1] @ self.centre
        return out


def standard_of(rows: Rows, place: int, seed: int) -> Standard:
    """Return how columns are standardised, from some of the rows.

    Dense columns get mean zero, where there is an intercept, and standard deviation one; sparse columns are divided by
    their largest absolute value, which leaves zeros zero and rare columns small.

    Parameters
    ----------
    rows : Rows
        Rows that are held.
    place : int
        Which coefficient is the intercept.
    seed : int
        Of the draw.

    Returns
    -------
    Standard
        Its parts.
    """
    n = rows.n_rows
    used = np.flatnonzero(rows.weights > 0.0) if n <= SAMPLE_MOST else None
    if used is None or used.size == 0:
        used = np.unique(np.random.default_rng(seed).integers(0, n, SAMPLE_MOST))
    if rows.is_sparse:
        from scipy.sparse import csr_array

        begins, columns, values = rows.X
        part = csr_array((values, columns, begins), shape=(n, rows.n_columns))[used]
        scale = np.asarray(abs(part).max(axis=0).todense()).ravel().astype(np.float64)
        scale[scale == 0.0] = 1.0
        centre = np.zeros(scale.size)
        z: Any = part.multiply(1.0 / scale).tocsr()
        squares = np.asarray(z.multiply(z).sum(axis=1)).ravel()
    else:
        part = np.asarray(rows.X[used], dtype=np.float64)
        centre = part.mean(axis=0) if place >= 0 else np.zeros(part.shape[1])
        if 0 <= place < part.shape[1]:
            centre[place] = 0.0
        scale = np.sqrt(np.mean((part - centre) ** 2, axis=0))
        scale[scale <= NARROW * np.abs(part).max(axis=0, initial=0.0)] = 1.0
        z = (part - centre) / scale
        squares = (z * z).sum(axis=1)
    own = float(place == scale.size)
    weights = rows.weights[used]
    heavy = weights / max(float(weights.mean()), np.finfo(float).tiny)
    vector = np.random.default_rng(0).normal(size=scale.size + 1)
    length = 1.0
    with single_threaded_blas():  # products so small that handing them over costs more
        for _ in range(TURNS):
            vector /= np.linalg.norm(vector)
            image = heavy * (z @ vector[:-1] + own * vector[-1])
            vector = np.append(z.T @ image, own * image.sum()) / used.size
            length = float(np.linalg.norm(vector))
            if length == 0.0:
                break
    largest = float(np.max(heavy * (squares + own), initial=0.0))
    mean = min(ABOVE * length, largest) or 1.0
    return Standard(centre, scale, place, float(rows.weights.mean()) or 1.0, mean, max(largest, mean))
