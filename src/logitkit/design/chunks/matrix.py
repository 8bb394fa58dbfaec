"""X as a matrix of which no row is held: rows are decoded from the source when they are asked for.

Products with all of X take one pass. What asks for rows in order, a few at a time, finds those of the last chunks
decoded already. Everything that works on a matrix works on this one, if at the price of passes; sums over rows that
are worth their own loop take the chunks themselves (``Design.chunks``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from logitkit.design.chunks.stream import Stream
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["ChunkedMatrix"]


class _Held:
    """The chunks that were decoded last, and the pass that goes on from them."""

    MOST = 2

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.parts: OrderedDict[int, Matrix] = OrderedDict()
        self.going: Iterator[Matrix] | None = None
        self.next = 0

    def get(self, matrix: ChunkedMatrix, number: int) -> Matrix:
        """Return the rows of a chunk; the pass begins anew where it is behind."""
        with self.lock:
            while number not in self.parts:
                if self.going is None or number < self.next:
                    self.going, self.next = matrix.chunks(), 0
                self.parts[self.next] = next(self.going)
                self.next += 1
                while len(self.parts) > self.MOST:
                    self.parts.popitem(last=False)
            return self.parts[number]


@dataclass(frozen=True, eq=False)
class ChunkedMatrix(Matrix):
    """X of a stream.

    Parameters
    ----------
    source : Stream
        Its rows.
    info : DesignInfo
        How they are coded.
    chosen : (q,) int array or None
        Columns; None for all.
    """

    source: Stream
    info: DesignInfo
    chosen: IntArray | None = None
    _held: _Held = field(default_factory=_Held, repr=False)

    @property
    def stream(self) -> Stream | None:
        """The stream, where these are all of its columns."""
        return self.source if self.chosen is None else None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.source.n_rows

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.info.names) if self.chosen is None else int(self.chosen.size)

    @property
    def width(self) -> int:
        """Numbers that a row holds."""
        return self._part(self.source.sample.matrix).width

    @property
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram`` of a block."""
        return self.n_columns

    def chunks(self) -> Iterator[Matrix]:
        """Yield the rows of one chunk after another."""
        for design in self.source.designs(self.info):
            self.source.require_order("X")
            yield self._part(design.matrix)

    def with_weights(self, weights: FloatArray | BoolArray | None) -> Iterator[tuple[Matrix, FloatArray | BoolArray]]:
        """Yield the rows of one chunk after another, with the weights that are read with them unless some are given."""
        if weights is not None:
            yield self, weights
            return
        for design in self.source.designs(self.info):
            yield self._part(design.matrix), design.response.weights

    def rows(self, start: int, stop: int) -> Matrix:
        """Return consecutive rows, written out."""
        first = self.source.first_rows
        parts = []
        number = int(np.searchsorted(first, start, side="right")) - 1
        while start < stop:
            end = min(stop, first[number + 1])
            if start < end:
                parts.append(self._of(number).rows(start - first[number], end - first[number]))
            start, number = max(start, end), number + 1
        # Written out: a block of rows must be summed in the columns of the whole, whatever its storage.
        return Dense(np.concatenate([part.to_dense() for part in parts]) if parts else np.empty((0, self.n_columns)))

    def take(self, index: IntArray) -> Matrix:
        """Return the rows at the given positions, written out, in one pass."""
        index = np.asarray(index, dtype=np.int64)
        self.source.require_room(index.size * self.n_columns, "Rows of X")
        out = np.empty((index.size, self.n_columns))
        order = np.argsort(index, kind="stable")
        bounds = np.searchsorted(index[order], self.source.first_rows)
        for number, (first, last) in enumerate(pairwise(bounds)):
            if first < last:
                places = order[first:last]
                out[places] = self._of(number).take(index[places] - self.source.first_rows[number]).to_dense()
        return Dense(out)

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v."""
        self.source.require_room(self.n_rows, "A number per row")
        return np.concatenate([part.matvec(vector) for part in self.chunks()])

    def matvecs(self, vectors: FloatArray) -> FloatArray:
        """Return X v for several vectors, in one pass."""
        self.source.require_room(len(vectors) * self.n_rows, "Several numbers per row")
        return np.concatenate([part.matvecs(vectors) for part in self.chunks()], axis=1)

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        for part, here in self._beside(vector):
            out += part.rmatvec(here)

    def add_rmatvecs(self, vectors: FloatArray, out: FloatArray) -> None:
        """Add X' v of several vectors, in one pass."""
        for part, here in self._beside(vectors):
            out += part.rmatvecs(here)

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X."""
        del buffer
        for part, here in self._beside(weights):
            out += part.gram(here)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        for part, here in self._beside(weights):
            squares = np.zeros(part.inner.n_columns)
            part.inner.add_squares(here, squares)
            diagonal += part.collect_squares(squares)

    def to_dense(self) -> FloatArray:
        """Return all rows, written out."""
        self.source.require_room(self.n_rows * self.n_columns, "X written out")
        return np.concatenate([part.to_dense() for part in self.chunks()])

    def columns(self, index: IntArray) -> ChunkedMatrix:
        """Return some columns."""
        chosen = np.arange(self.n_columns) if self.chosen is None else self.chosen
        return ChunkedMatrix(self.source, self.info, chosen[index])

    def _beside(self, values: FloatArray) -> Iterator[tuple[Matrix, FloatArray]]:
        start = 0
        for part in self.chunks():
            yield part, np.ascontiguousarray(values[..., start : start + part.n_rows])
            start += part.n_rows

    def _part(self, matrix: Matrix) -> Matrix:
        return matrix if self.chosen is None else matrix.columns(self.chosen)

    def _of(self, number: int) -> Matrix:
        """Return the rows of a chunk, decoded now or among the last ones."""
        return self._held.get(self, number)
