"""Numeric columns as a table has them: each of its own type, column by column, and brought to float64 in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.numerics.kernels.columnar import CONSTANT, KINDS, add_gram, add_sums, add_values, holds_nan, write_rows
from logitkit.typing import FloatArray, IntArray

__all__ = ["Columnar", "Placed"]

CODES = {np.dtype(name): code for name, code in KINDS.items()}
WRITTEN = np.dtype(np.float64)  # what numbers of other types become


class Placed(Protocol):
    """The numbers of a column in pieces, known by their addresses."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Their type."""

    def addresses(self) -> list[int]:
        """Return where the numbers of each piece begin."""

    def __getitem__(self, piece: int) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Columnar(Matrix):
    """Columns that are read where they lie; :meth:`of` makes one.

    Parameters
    ----------
    addresses : (s, p) int array
        Where the numbers of each column begin, of each piece of the rows; of a constant column its value.
    kinds : (p,) int8 array
        Types of the columns.
    bounds : (s + 1,) int array
        First row of each piece, and the number of all rows of the pieces.
    start, stop : int
        Those of the rows that are its own.
    held : sequence of sequences of arrays
        The numbers themselves, by column and piece, so that they stay in memory.
    """

    addresses: IntArray
    kinds: NDArray[np.int8]
    bounds: IntArray
    start: int
    stop: int
    held: Sequence[Any] = field(repr=False)

    @classmethod
    def of(cls, columns: Sequence[Sequence[NDArray[Any]] | Placed | int], sizes: Sequence[int]) -> Columnar:
        """Return columns as a matrix.

        Parameters
        ----------
        columns : sequence of (sequence of arrays, Placed, or int)
            The numbers of each column in pieces, or where they lie, or the number that it has in every row.
        sizes : sequence of int
            Rows of each piece, the same for all columns.

        Examples
        --------
        >>> whole = np.array([1, 2, 3], dtype=np.int64)
        >>> x = Columnar.of([1, [whole[:2], whole[2:]]], [2, 1])
        >>> x.to_dense().tolist(), x.matvec(np.array([0.5, 10.0])).tolist()
        ([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]], [10.5, 20.5, 30.5])
        """
        kinds = np.empty(len(columns), dtype=np.int8)
        addresses = np.empty((len(sizes), len(columns)), dtype=np.int64)
        held: list[Any] = []
        for j, column in enumerate(columns):
            if isinstance(column, int):
                kinds[j], addresses[:, j] = CONSTANT, column
                held.append(column)
                continue
            if not isinstance(column, Sequence) and column.dtype in CODES:
                kinds[j], addresses[:, j] = CODES[column.dtype], column.addresses()
                held.append(column)
                continue
            pieces = [np.ascontiguousarray(column[piece]) for piece in range(len(sizes))]
            kind = pieces[0].dtype if pieces else WRITTEN
            if kind not in CODES:
                kind, pieces = WRITTEN, [piece.astype(np.float64) for piece in pieces]
            kinds[j] = CODES[kind]
            addresses[:, j] = [piece.__array_interface__["data"][0] for piece in pieces]
            held.append(pieces)
        bounds = np.array([0, *accumulate(sizes)], dtype=np.int64)
        return cls(addresses, kinds, bounds, 0, int(bounds[-1]), held)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as numbers: an address says nothing to another process."""
        return Dense, (self.to_dense(),)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.stop - self.start

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.kinds.size)

    @property
    def is_part(self) -> bool:
        """Whether its rows are a part of more rows: those of a chunk always are."""
        return True

    def rows(self, start: int, stop: int) -> Columnar:
        """Return consecutive rows, which are not copied."""
        stop = min(stop, self.n_rows)
        return replace(self, start=self.start + start, stop=self.start + stop)

    def take(self, index: IntArray) -> Dense:
        """Return the rows at the given positions, in float64."""
        places = np.asarray(index, dtype=np.int64)
        if places.size * 2 > self.n_rows:
            return Dense(self.to_dense()[places])
        places = self.start + np.where(places < 0, places + self.n_rows, places)
        piece = np.searchsorted(self.bounds, places, side="right") - 1
        out = np.empty((places.size, self.n_columns))
        for k in np.unique(piece):
            here = np.flatnonzero(piece == k)
            within = places[here] - self.bounds[k]
            for j, column in enumerate(self.held):
                out[here, j] = column if isinstance(column, int) else column[k][within]
        return Dense(out)

    def columns(self, index: IntArray) -> Columnar:
        """Return some columns, which are not copied."""
        places = np.arange(self.n_columns)[index]
        held = [self.held[j] for j in places]
        return replace(self, addresses=self.addresses[:, places].copy(), kinds=self.kinds[places], held=held)

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        out = np.zeros(self.n_rows)
        add_values(self.addresses, self.kinds, self.bounds, self.start, np.ascontiguousarray(vector), out)
        return out

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        add_sums(self.addresses, self.kinds, self.bounds, self.start, np.ascontiguousarray(vector), out)

    def matvecs(self, vectors: FloatArray) -> FloatArray:
        """Return X v for several vectors, from rows that are written out."""
        return self.written_out().matvecs(vectors)

    def add_rmatvecs(self, vectors: FloatArray, out: FloatArray) -> None:
        """Add X' v to each row of ``out``, from rows that are written out."""
        self.written_out().add_rmatvecs(vectors, out)

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X."""
        del buffer
        add_gram(self.addresses, self.kinds, self.bounds, self.start, np.ascontiguousarray(weights), out)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        self.written_out().add_squares(weights, diagonal)

    @property
    def holds_nan(self) -> bool:
        """Whether some number of the pieces is none."""
        return bool(holds_nan(self.addresses, self.kinds, self.bounds))

    def written_out(self) -> Dense:
        """Return the same rows in float64."""
        return Dense(self.to_dense())

    def to_dense(self) -> FloatArray:
        """Return the rows in float64, shape (n, p)."""
        out = np.empty((self.n_rows, self.n_columns))
        write_rows(self.addresses, self.kinds, self.bounds, self.start, out)
        return out
