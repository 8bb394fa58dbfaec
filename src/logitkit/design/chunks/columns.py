"""Columns of a chunk of rows as numpy has them, without a copy where Arrow's own numbers serve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.matrix.columnar import Columnar
from logitkit.design.table.frame import read_table
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, CodeArray, IntArray

__all__ = [
    "ChunkColumns",
    "Pieces",
    "bytes_of",
    "is_half",
    "is_measure",
    "is_numeric",
    "may_be_levels",
    "missing_in",
]


def is_numeric(kind: Any) -> bool:
    """Tell whether an Arrow type is a number that numpy has too, or a boolean."""
    from pyarrow import types

    plain = types.is_float32(kind) or types.is_float64(kind) or types.is_integer(kind)
    return bool(plain or types.is_boolean(kind))


def is_measure(kind: Any) -> bool:
    """Tell whether an Arrow type is a number and no boolean, which a formula enters as it is."""
    from pyarrow import types

    return is_numeric(kind) and not types.is_boolean(kind)


def is_half(kind: Any) -> bool:
    """Tell whether an Arrow type is a number of half precision, which may be nan without being missing to Arrow."""
    from pyarrow import types

    return bool(types.is_float16(kind))


def may_be_levels(kind: Any) -> bool:
    """Tell whether values of an Arrow type are the same levels in pandas: text, booleans and whole numbers are."""
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_boolean(kind) or types.is_integer(kind)
    )


def missing_in(table: Any, names: Sequence[str]) -> dict[str, BoolArray]:
    """Return where each of the named columns is missing, for those that are somewhere.

    Examples
    --------
    >>> import pyarrow as pa
    >>> missing_in(pa.table({"x": [1.0, float("nan")], "g": ["a", "b"]}), ["x", "g"])
    {'x': array([False,  True])}
    """
    columns = ChunkColumns(table)
    kinds = {name: table.schema.field(name).type for name in names}
    other = {name for name, kind in kinds.items() if not (is_numeric(kind) or may_be_levels(kind))}
    numbers = [name for name in names if is_numeric(kinds[name])]
    nan = Columnar.of([columns.numbers(name).pieces for name in numbers], columns.sizes).holds_nan
    found = {}
    for name in names:
        if name in other:
            where: BoolArray | None = read_table(table).missing([name]).get(name)
        else:
            looked = columns.have_nulls([name]) or (nan and name in numbers)
            where = columns.missing(name) if looked else None
        if where is not None:
            found[name] = where
    return found


class Pieces:
    """Numbers of a column in pieces, which become one array where that is asked for.

    Parameters
    ----------
    pieces : sequence of arrays
        In the order of the rows.
    """

    def __init__(self, pieces: Sequence[NDArray[Any]]) -> None:
        self.pieces = pieces

    @once
    def whole(self) -> NDArray[Any]:
        """The pieces as one array."""
        return self.pieces[0] if len(self.pieces) == 1 else np.concatenate(self.pieces)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.whole, dtype=dtype, copy=copy)


class _Placed:
    """The numbers of a column, which are known by their addresses and become arrays where one is asked for."""

    def __init__(self, columns: ChunkColumns, name: str, dtype: np.dtype[Any]) -> None:
        self.columns, self.name, self.dtype = columns, name, dtype

    def addresses(self) -> list[int]:
        """Return where the numbers of each piece begin."""
        width = self.dtype.itemsize
        return [array.buffers()[1].address + width * array.offset for array in self.columns.arrays(self.name)]

    def __getitem__(self, piece: int) -> NDArray[Any]:
        return self.columns.numbers(self.name).pieces[piece]


class ChunkColumns:
    """The columns of a chunk.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    """

    def __init__(self, table: Any) -> None:
        self.n_rows = table.num_rows
        self.batches = [batch for batch in table.to_batches() if batch.num_rows]
        self.sizes = [batch.num_rows for batch in self.batches]
        self._places = {name: place for place, name in enumerate(table.column_names)}
        self._schema = table.schema
        self._known: dict[str, Pieces] = {}
        self._arrays: dict[str, list[Any]] = {}

    def arrays(self, name: str) -> list[Any]:
        """Return the Arrow arrays of a column."""
        if name not in self._arrays:
            place = self._places[name]
            self._arrays[name] = [batch.column(place) for batch in self.batches]
        return self._arrays[name]

    def matrix(self, names: Sequence[str]) -> Columnar:
        """Return a constant and columns of numbers as a matrix, which has their addresses alone."""
        columns: list[Any] = [1]
        for name in names:
            is_own = name in self._places and name not in self._known
            dtype = self._dtype(name) if is_own else None
            columns.append(
                self.numbers(name).pieces if dtype is None or dtype.kind == "b" else _Placed(self, name, dtype)
            )
        return Columnar.of(columns, self.sizes)

    def _dtype(self, name: str) -> np.dtype[Any]:
        """Return the type of a column of numbers as numpy has it."""
        dtype: np.dtype[Any] = np.dtype(self._schema.field(self._places[name]).type.to_pandas_dtype())
        return dtype

    def numbers(self, name: str) -> Pieces:
        """Return the numbers of a column; where one is missing, anything may stand."""
        if name not in self._known:
            dtype = self._dtype(name)
            self._known[name] = Pieces([_numbers(array, dtype) for array in self.arrays(name)])
        return self._known[name]

    def keep(self, name: str, values: NDArray[Any]) -> None:
        """Keep computed numbers as those of one more column."""
        self._known[name] = Pieces(np.split(values, np.cumsum(self.sizes)[:-1]))

    def have_nulls(self, names: Sequence[str]) -> bool:
        """Tell whether Arrow counts a missing value in some of the columns."""
        return any(
            array.null_count or (hasattr(array, "dictionary") and array.dictionary.null_count)
            for name in names
            for array in self.arrays(name)
        )

    def missing(self, name: str) -> BoolArray | None:
        """Return where a column is missing or not a number, None where it is nowhere."""
        from pyarrow import compute, types

        arrays = self.arrays(name)
        kind = self._schema.field(self._places[name]).type
        if types.is_dictionary(kind):
            arrays = [array.dictionary_decode() for array in arrays]
        floating = types.is_floating(kind)
        found = [compute.is_null(array, nan_is_null=floating).to_numpy(zero_copy_only=False) for array in arrays]
        where = np.concatenate(found)
        return where if where.any() else None

    def codes(self, name: str, place: dict[Any, int], kept: IntArray | None) -> CodeArray | None:
        """Return the place of each row's level, and None where a row that is kept has another level."""
        parts = []
        for array in self.arrays(name):
            coded = array if hasattr(array, "dictionary") else array.dictionary_encode()
            places = [place.get(level, -1) for level in coded.dictionary.to_pylist()]
            indices = coded.indices
            if indices.null_count:
                indices = indices.fill_null(len(places))
            where = np.array([*places, -1], dtype=np.int32)
            parts.append(where[indices.to_numpy(zero_copy_only=False)])
        codes = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype=np.int32), *parts])
        used = codes if kept is None else codes[kept]
        return None if used.size and used.min() < 0 else codes


def _numbers(array: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind == "b":  # bits in Arrow
        from pyarrow import compute, uint8

        return _numbers(compute.cast(array, uint8()), np.dtype(np.int8))
    return np.frombuffer(array.buffers()[1], dtype=dtype, count=len(array) + array.offset)[array.offset :]


def bytes_of(table: Any) -> int:
    """Return the bytes of a table; where every value takes as many, they are not looked at.

    Examples
    --------
    >>> import pyarrow as pa
    >>> bytes_of(pa.table({"x": pa.array([1.0, 2.0], pa.float32())})), bytes_of(pa.table({"g": ["a", "bc"]})) > 3
    (8, True)
    """
    kinds = table.schema.types
    if not all(map(is_numeric, kinds)):
        return int(table.nbytes)
    return int(table.num_rows * sum(kind.bit_width for kind in kinds) // 8)
