"""A design of several parts: numbers, factors and sparse columns side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations
from typing import Any

import numpy as np

from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix, mirrored
from logitkit.errors import DataError
from logitkit.numerics.once import once
from logitkit.typing import FloatArray, IntArray

__all__ = ["Blocks", "Joined"]


@dataclass(frozen=True)
class Joined(Matrix):
    """Parts side by side, the columns of each part next to one another.

    Parameters
    ----------
    parts : tuple of Matrix
        Of the same rows: coded, sparse or dense.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> x = Joined((Categorical(np.array([0, -1], dtype=np.int32), 1), Dense(np.array([[2.0], [3.0]]))))
    >>> x.matvec(np.array([10.0, 1.0])).tolist()
    [12.0, 3.0]
    """

    parts: tuple[Matrix, ...]

    @once
    def starts(self) -> tuple[int, ...]:
        """First column of each part, and the number of columns."""
        return tuple(accumulate((part.n_columns for part in self.parts), initial=0))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.parts[0].n_rows

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self.starts[-1]

    @once
    def width(self) -> int:
        """Numbers that a row holds."""
        return sum(part.width for part in self.parts)

    @once
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram``."""
        return max(part.dense_width for part in self.parts)

    @once
    def gram_cost(self) -> float:
        """About what X'WX costs, in units of what X v and X'v cost together: a table for each pair of parts."""
        width = self.width
        return 1.0 + 0.5 * width * width / (self.dense_width / 4.0 + 2.0 * len(self.parts)) / 4.0

    @property
    def is_part(self) -> bool:
        """Whether its rows are a part of more rows."""
        return any(part.is_part for part in self.parts)

    def rows(self, start: int, stop: int) -> Joined:
        """Return consecutive rows of every part."""
        return self._with_parts(tuple(part.rows(start, stop) for part in self.parts))

    def take(self, index: IntArray) -> Joined:
        """Return the rows at the given positions."""
        return self._with_parts(tuple(part.take(index) for part in self.parts))

    @property
    def has_finite_sum(self) -> bool:
        """Whether the sum of all cells is a number."""
        return all(part.has_finite_sum for part in self.parts)

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        out = np.zeros(self.n_rows)
        for part, start in zip(self.parts, self.starts, strict=False):
            part.add_matvec(vector[start : start + part.n_columns], out)
        return out

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        for part, start in zip(self.parts, self.starts, strict=False):
            part.add_rmatvec(vector, out[start : start + part.n_columns])

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X on and above the diagonal."""
        self._add_gram_from(0, weights, out, buffer)

    def add_rough_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X on and above the diagonal, numbers with numbers to seven digits."""
        self._add_gram_from(0, weights, out, buffer, rough=True)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        for part, start in zip(self.parts, self.starts, strict=False):
            part.add_squares(weights, diagonal[start : start + part.n_columns])

    def add_arrow(
        self,
        weights: FloatArray,
        level: int,
        diagonal: FloatArray,
        border: FloatArray,
        rest: FloatArray,
        buffer: FloatArray,
    ) -> None:
        """Add X' diag(weights) X in the shape of an arrow, for a first part that is coded."""
        from logitkit.design.matrix.cross import add_cross

        head = self.parts[0]
        assert isinstance(head, Categorical)
        shifted = Categorical(
            np.where(head.codes < 0, head.codes, head.codes - np.int32(level)), diagonal.size, head.scale
        )
        shifted.add_squares(weights, diagonal)
        offset = self.starts[1]
        for part, start in zip(self.parts[1:], self.starts[1:], strict=False):
            add_cross(shifted, part, weights, border[:, start - offset : start - offset + part.n_columns])
        self._add_gram_from(1, weights, rest, buffer)

    def collect_gram(self, sums: FloatArray) -> FloatArray:
        """Return the sums with the cells below the diagonal."""
        return mirrored(sums)

    def to_sparse(self) -> Any:
        """Return the parts as a scipy.sparse.csr_array."""
        from scipy.sparse import hstack

        return hstack([part.to_sparse() for part in self.parts], format="csr")

    def to_dense(self) -> FloatArray:
        """Return the parts written out, shape (n, p)."""
        return np.hstack([part.to_dense() for part in self.parts])

    def _add_gram_from(
        self, first: int, weights: FloatArray, out: FloatArray, buffer: FloatArray, rough: bool = False
    ) -> None:
        from logitkit.design.matrix.cross import add_cross

        offset = self.starts[first]
        spans = [
            (part, slice(start - offset, start - offset + part.n_columns))
            for part, start in zip(self.parts[first:], self.starts[first:], strict=False)
        ]
        for part, span in spans:
            (part.add_rough_gram if rough else part.add_gram)(weights, out[span, span], buffer)
        for (left, rows), (right, columns) in combinations(spans, 2):
            add_cross(left, right, weights, out[rows, columns])

    def _with_parts(self, parts: tuple[Matrix, ...]) -> Joined:
        """Return the same columns for other rows, without counting them again: this runs for every block of rows."""
        made = Joined(parts)
        made.__dict__.update({name: self.__dict__[name] for name in ("starts",) if name in self.__dict__})
        return made


def _rank(part: Matrix) -> tuple[int, int]:
    """Where a part stands among the inner columns: factors, the largest first, factors times numbers, numbers last.

    A table of weighted sums by level then has the sums of one level side by side.
    """
    return part.standing, -part.n_columns


class Blocks(Matrix):
    """Parts whose columns stand in the order of a formula.

    Parameters
    ----------
    parts : sequence of Matrix
        Of the same rows: coded, sparse or dense.
    columns : sequence of int arrays
        For each part, where its columns stand in the whole; together every position once.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> numbers = Dense(np.array([[1.0, 5.0], [1.0, 6.0]]))
    >>> factor = Categorical(np.array([0, -1], dtype=np.int32), 1)
    >>> Blocks((numbers, factor), (np.array([0, 2]), np.array([1]))).to_dense().tolist()
    [[1.0, 1.0, 5.0], [1.0, 0.0, 6.0]]
    """

    def __init__(self, parts: Sequence[Matrix], columns: Sequence[IntArray]) -> None:
        for part in parts:
            if isinstance(part, Categorical) and part.codes.max(initial=-1) >= part.n_columns:
                # A compiled loop would write beyond its array.
                raise DataError(f"A factor has the code {part.codes.max()} and {part.n_columns} columns.")
        order = sorted(range(len(parts)), key=lambda k: (*_rank(parts[k]), k))
        self.joined = Joined(tuple(parts[k] for k in order))
        self.positions = np.concatenate([np.asarray(columns[k], dtype=np.int64) for k in order])

    @classmethod
    def in_order(cls, parts: Sequence[Matrix], columns: Sequence[IntArray]) -> Blocks:
        """Return the parts with inner columns in the order given, instead of the one that is fastest."""
        return cls._of(Joined(tuple(parts)), np.concatenate([np.asarray(part, dtype=np.int64) for part in columns]))

    @classmethod
    def _of(cls, joined: Joined, positions: IntArray) -> Blocks:
        made = cls.__new__(cls)
        made.joined, made.positions = joined, positions
        return made

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.joined.n_rows

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self.joined.n_columns

    @property
    def width(self) -> int:
        """Numbers that a row holds."""
        return self.joined.width

    @property
    def inner(self) -> Joined:
        """The parts side by side."""
        return self.joined

    def spread(self, coef: FloatArray) -> FloatArray:
        """Return coefficients in the order of the parts."""
        return np.asarray(coef[self.positions])

    def collect(self, sums: FloatArray) -> FloatArray:
        """Return sums in the order of the columns."""
        out = np.empty(sums.shape)
        out[self.positions] = sums
        return out

    def collect_gram(self, sums: FloatArray) -> FloatArray:
        """Return sums in the order of the columns, and below the diagonal."""
        place = np.empty_like(self.positions)
        place[self.positions] = np.arange(place.size)
        return np.asarray(mirrored(sums)[place[:, None], place])

    def rows(self, start: int, stop: int) -> Blocks:
        """Return consecutive rows of every part."""
        return Blocks._of(self.joined.rows(start, stop), self.positions)

    def take(self, index: IntArray) -> Blocks:
        """Return the rows at the given positions."""
        return Blocks._of(self.joined.take(index), self.positions)

    def columns(self, index: IntArray) -> Matrix:
        """Return some columns as a matrix of their own: parts that keep all of theirs as they are, others sparse."""
        place = np.empty_like(self.positions)
        place[self.positions] = np.arange(place.size)
        inner = place[index]
        parts, columns = [], []
        for part, start in zip(self.joined.parts, self.joined.starts, strict=False):
            own = np.flatnonzero((inner >= start) & (inner < start + part.n_columns))
            if own.size:
                kept = inner[own] - start
                whole = np.array_equal(kept, np.arange(part.n_columns))  # a factor stays coded, and is eliminated
                parts.append(part if whole else part.columns(kept))
                columns.append(own)
        if not parts:
            return Dense(np.empty((self.n_rows, 0)))
        return parts[0] if len(parts) == 1 else Blocks(parts, columns)

    @property
    def has_finite_sum(self) -> bool:
        """Whether the sum of all cells is a number."""
        return self.joined.has_finite_sum

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""
        return self.joined.matvec(vector[self.positions])

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add X' v to ``out``."""
        out += self.rmatvec(vector)

    def rmatvecs(self, vectors: FloatArray) -> FloatArray:
        """Return X' v for several vectors, the products of numbers with all of them at once."""
        out = np.empty((len(vectors), self.n_columns))
        for part, start in zip(self.joined.parts, self.joined.starts, strict=False):
            out[:, self.positions[start : start + part.n_columns]] = part.rmatvecs(vectors)
        return out

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add X' diag(weights) X to ``out``."""
        del buffer
        out += self.gram(weights)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of X' diag(weights) X."""
        sums = np.zeros(self.n_columns)
        self.joined.add_squares(weights, sums)
        diagonal += self.collect(sums)

    def to_sparse(self) -> Any:
        """Return the columns as a scipy.sparse.csr_array."""
        place = np.empty_like(self.positions)
        place[self.positions] = np.arange(place.size)
        whole: Any = self.joined.to_sparse()
        return whole[:, place]

    def to_dense(self) -> FloatArray:
        """Return the columns written out, shape (n, p)."""
        out = np.empty((self.n_rows, self.n_columns))
        start = 0
        for part in self.joined.parts:
            out[:, self.positions[start : start + part.n_columns]] = part.to_dense()
            start += part.n_columns
        return out
