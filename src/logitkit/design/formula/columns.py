"""Columns of a design before they are laid out, and their layout as a matrix.

A column is a product of numbers and of one contrast of each of some factors. Nothing of the length of the table is
made for it: numbers are the table's own, factors are codes. The layout gathers what belongs together: all numeric
columns in one dense part, and for each set of factors and numbers one coded part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.table.memory import require_room
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["CodedFactor", "Column", "as_numbers", "lay_out"]

ROWS_AT_ONCE = 8_192  # rows by some columns fit in cache, so that filling column by column stays in it
CODE_LIMIT = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True, eq=False)
class CodedFactor:
    """A factor as codes of its levels, and the contrasts that code the levels.

    Parameters
    ----------
    codes : (n,) int array
        Level of each row of the table; negative where a row is left out.
    coding : scipy sparse array, shape (k, q)
        One row a level, one column a contrast.
    picks : (q,) int array or None
        The level that each contrast indicates, when all of them indicate one level each and no two the same.
    """

    codes: NDArray[Any]
    coding: Any
    picks: IntArray | None

    @classmethod
    def of(cls, codes: NDArray[Any], coding: Any) -> CodedFactor:
        """Return a factor, looking whether its contrasts are mere choices of levels."""
        from scipy.sparse import csc_array

        columns = csc_array(coding, dtype=np.float64)
        columns.eliminate_zeros()
        single = bool(np.all(np.diff(columns.indptr) == 1)) and bool(np.all(columns.data == 1.0))
        picks = columns.indices.astype(np.int64) if single else None
        if picks is not None and np.unique(picks).size < picks.size:
            picks = None
        return cls(codes, columns, picks)

    @property
    def n_levels(self) -> int:
        """Number of levels, k."""
        return int(self.coding.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A product: a constant, numbers, and one contrast of each of some factors.

    Parameters
    ----------
    numbers : tuple of array
        Each one number per row of the table, (n,) or a scipy sparse column of shape (n, 1).
    contrasts : tuple of (CodedFactor, int)
        Factors and which of their contrasts.
    constant : float
        The same in every row.
    """

    numbers: tuple[Any, ...] = ()
    contrasts: tuple[tuple[CodedFactor, int], ...] = ()
    constant: float = 1.0

    def times(self, other: Column) -> Column:
        """Return the product of two columns."""
        return Column(self.numbers + other.numbers, self.contrasts + other.contrasts, self.constant * other.constant)

    def __rmul__(self, constant: float) -> Column:
        """Return the column times a number."""
        return self if constant == 1 else Column(self.numbers, self.contrasts, constant * self.constant)

    @property
    def kind(self) -> Any:
        """What the columns of one part share: their factors and numbers; without factors, whether they are sparse."""
        if not self.contrasts:
            return any(map(_is_sparse, self.numbers))
        return tuple(id(factor) for factor, _ in self.contrasts), tuple(map(id, self.numbers)), self.constant


def lay_out(
    columns: Sequence[Column],
    n_rows: int,
    positions: IntArray | None,
    numeric: Callable[[Sequence[Column], int, IntArray | None], Matrix] | None = None,
) -> Matrix:
    """Return columns as a matrix; ``numeric`` puts those of numbers side by side, written out by default.

    Examples
    --------
    >>> factor = CodedFactor.of(np.array([0, 1, 1]), np.array([[0.0], [1.0]]))
    >>> x = Column((np.array([5.0, 6.0, 7.0]),))
    >>> lay_out([Column(), x, Column(contrasts=((factor, 0),))], 3, None).to_dense().tolist()
    [[1.0, 5.0, 0.0], [1.0, 6.0, 1.0], [1.0, 7.0, 1.0]]
    """
    groups: dict[Any, list[int]] = {}
    for place, column in enumerate(columns):
        groups.setdefault(column.kind, []).append(place)
    # Columns of numbers come first, whatever comes first in the formula.
    order = sorted(groups, key=lambda kind: kind is not False)
    parts: list[Matrix] = []
    recodes: list[Any] = []
    part: Matrix
    for kind in order:
        chosen = [columns[place] for place in groups[kind]]
        if kind is False:
            part, recode = (numeric or _dense)(chosen, n_rows, positions), None
        elif kind is True:
            part, recode = _sparse(chosen, positions), None
        else:
            part, recode = _coded(chosen, positions)
        parts.append(part)
        recodes.append(recode)
    if not parts:
        return Dense(np.empty((n_rows if positions is None else positions.size, 0)))
    places = [np.array(groups[kind], dtype=np.int64) for kind in order]
    if all(recode is None for recode in recodes):
        return parts[0] if len(parts) == 1 else Blocks(parts, places)
    return _recoded(parts, recodes, places, len(columns))


def as_numbers(values: Any) -> Any:
    """Return one value per row as an array, or as a scipy sparse column where most are stored as zero.

    Examples
    --------
    >>> as_numbers([1.0, 2.0]).tolist()
    [1.0, 2.0]
    """
    stored = getattr(values, "array", values)  # a data frame's column is slow to say what it has not got
    if _is_sparse(stored):
        return values
    index = getattr(stored, "sp_index", None)
    if index is not None and stored.fill_value == 0:
        from scipy.sparse import csc_array

        rows = index.to_int_index().indices
        return csc_array((stored.sp_values, rows, [0, rows.size]), shape=(len(stored), 1))
    numbers = np.asarray(stored)
    if numbers.ndim != 1:
        raise ValueError(f"values of shape {numbers.shape} are not one number per row")
    return numbers


def _is_sparse(numbers: Any) -> bool:
    return hasattr(numbers, "indptr")


def _full(numbers: Any) -> NDArray[Any]:
    """Return numbers as a vector."""
    return np.asarray(numbers.toarray().ravel() if _is_sparse(numbers) else numbers)


def _dense(columns: Sequence[Column], n_rows: int, positions: IntArray | None) -> Dense:
    """Return numeric columns side by side, filled by blocks of rows that stay in cache."""
    size = n_rows if positions is None else positions.size
    require_room(
        8 * size * len(columns),
        f"A design of {size:,} rows and {len(columns):,} numeric columns",
        "Factors written as C(...) are stored as codes instead of columns of zeros and ones; mostly-zero columns are "
        "stored sparsely when they are pandas Sparse; otherwise use fewer columns or rows.",
    )
    out = np.empty((size, len(columns)))

    def fill(place: int) -> None:
        start = place * ROWS_AT_ONCE
        rows: Any = slice(start, start + ROWS_AT_ONCE)
        block = out[rows]
        if positions is not None:
            rows = positions[rows]
        for j, column in enumerate(columns):
            if not column.numbers:
                block[:, j] = column.constant
            elif len(column.numbers) == 1 and column.constant == 1.0:
                block[:, j] = column.numbers[0][rows]
            else:
                block[:, j] = column.constant * _product([numbers[rows] for numbers in column.numbers])

    for _ in ordered_map(fill, -(-size // ROWS_AT_ONCE), light=True):
        pass
    return Dense(out)


def _product(numbers: Sequence[Any]) -> FloatArray:
    """Return a product in float64: whole numbers of few bits would run over."""
    return reduce(np.multiply, (np.asarray(each, dtype=np.float64) for each in numbers))


def _sparse(columns: Sequence[Column], positions: IntArray | None) -> Matrix:
    """Return columns that have a sparse multiplier, without their zeros."""
    from scipy.sparse import hstack

    from logitkit.design.matrix.sparse import sparse_matrix

    made = []
    for column in columns:
        first = next(numbers for numbers in column.numbers if _is_sparse(numbers))
        one = first.tocsc(copy=True).astype(np.float64)
        for numbers in column.numbers:
            if numbers is not first:
                one.data = one.data * np.asarray(_full(numbers)[one.indices], dtype=np.float64)
        one.data = one.data * column.constant
        made.append(one)
    whole = hstack(made, format="csr")
    return sparse_matrix(whole if positions is None else whole[positions])


def _coded(columns: Sequence[Column], positions: IntArray | None) -> tuple[Matrix, Any]:
    """Return columns that share factors and numbers as codes, and the contrasts of these when they are no choices."""
    factors = [factor for factor, _ in columns[0].contrasts]
    sizes = [factor.n_levels for factor in factors]
    which = [np.array(each, dtype=np.int64) for each in zip(*_chosen(columns), strict=True)]
    picked = [f.picks[w] for f, w in zip(factors, which, strict=True) if f.picks is not None]
    chosen = len(picked) == len(factors)
    columns_of = None
    if chosen:
        levels = np.ravel_multi_index(tuple(picked), tuple(sizes))
        columns_of = np.full(math.prod(sizes), -1, dtype=np.int32)
        columns_of[levels] = np.arange(len(columns), dtype=np.int32)
    codes = _combined(factors, sizes, columns_of, positions)
    constant = columns[0].constant
    numbers = [_full(each) for each in columns[0].numbers]
    scale = None
    if numbers:
        scale = _product(numbers if positions is None else [each[positions] for each in numbers])
        scale = np.ascontiguousarray(scale if constant == 1.0 else constant * scale)
    elif constant != 1.0:
        scale = np.full(codes.size, constant)
    width = len(columns) if chosen else math.prod(sizes)
    part = Categorical(codes, width) if scale is None else Categorical(codes, width, scale)
    if chosen:
        return part, None
    from scipy.sparse import csc_array, kron

    whole = reduce(lambda left, right: csc_array(kron(left, right, format="csc")), [f.coding for f in factors])
    place = np.ravel_multi_index(tuple(which), tuple(factor.coding.shape[1] for factor in factors))
    return part, whole[:, place]


def _chosen(columns: Sequence[Column]) -> list[list[int]]:
    return [[contrast for _, contrast in column.contrasts] for column in columns]


def _combined(
    factors: Sequence[CodedFactor], sizes: Sequence[int], columns_of: CodeArray | None, positions: IntArray | None
) -> CodeArray:
    """Return the combined level of each row used, or the column that stands for it."""
    n_rows = factors[0].codes.size if positions is None else positions.size
    out = np.empty(n_rows, dtype=np.int32)
    kind = np.int32 if math.prod(sizes) <= CODE_LIMIT else np.int64

    for start in range(0, n_rows, ROWS_AT_ONCE):
        rows: Any = slice(start, start + ROWS_AT_ONCE)
        where = rows if positions is None else positions[rows]
        level = factors[0].codes[where]
        for factor, size in zip(factors[1:], sizes[1:], strict=True):
            level = level.astype(kind) * size + factor.codes[where]
        if columns_of is None:
            out[rows] = level
        else:
            np.take(columns_of, level, out=out[rows], mode="clip")
    return out


def _recoded(parts: Sequence[Matrix], recodes: Sequence[Any], places: Sequence[IntArray], n_columns: int) -> Matrix:
    """Return parts in their own columns, recoded to those of the design."""
    from scipy.sparse import coo_array

    from logitkit.design.matrix.recoded import Recoded

    rows, columns, values, own = [], [], [], []
    start = 0
    for part, recode, place in zip(parts, recodes, places, strict=True):
        own.append(np.arange(start, start + part.n_columns, dtype=np.int64))
        if recode is None:
            rows.append(own[-1])
            columns.append(place)
            values.append(np.ones(place.size))
        else:
            entries = recode.tocoo()
            rows.append(start + entries.coords[0])
            columns.append(place[entries.coords[1]])
            values.append(entries.data)
        start += part.n_columns
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    recode = coo_array(entries, shape=(start, n_columns)).tocsr()
    return Recoded(parts[0] if len(parts) == 1 else Blocks(parts, own), recode)
