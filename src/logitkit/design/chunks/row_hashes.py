"""Hashes of rows: their sum modulo 2^64 is the same for the same rows in any order, and in any pieces."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from logitkit.numerics.kernels.row_hashes import add_words, hashes_in_order, hashes_of_text

__all__ = ["RowHash", "hash_of_rows", "row_hashes"]

MISSING = np.uint64(0xD1B54A32D192ED03)  # the word of a missing value


class RowHash(NamedTuple):
    """What rows are compared by.

    Parameters
    ----------
    n_rows : int
        How many.
    total : int
        The sum of their hashes modulo 2^64.
    ordered : int
        A hash that depends on their order too.
    """

    n_rows: int
    total: int
    ordered: int


def hash_of_rows(table: Any) -> RowHash:
    """Return the hash of the rows of an Arrow table.

    Examples
    --------
    >>> import pyarrow as pa
    >>> one, other = pa.table({"x": [1.0, 2.0], "g": ["a", None]}), pa.table({"x": [2.0, 1.0], "g": [None, "a"]})
    >>> hash_of_rows(one).total == hash_of_rows(other).total, hash_of_rows(one) == hash_of_rows(other)
    (True, False)
    """
    hashes = row_hashes(table)
    return RowHash(hashes.size, int(hashes.sum(dtype=np.uint64)), int(hashes_in_order(hashes)))


def row_hashes(table: Any) -> NDArray[np.uint64]:
    """Return a hash of each row of an Arrow table; a level has that of its value, whatever its code."""
    hashes = np.zeros(table.num_rows, dtype=np.uint64)
    for column in table.itercolumns():
        start = 0
        for array in column.chunks:
            add_words(_words(array), hashes[start : start + len(array)])
            start += len(array)
    return hashes


def _words(array: Any) -> NDArray[np.uint64]:
    """Return a word for each value of an Arrow array."""
    import pyarrow as pa

    kind = array.type
    if pa.types.is_dictionary(kind):
        words = np.append(_words(array.dictionary), MISSING)
        codes = array.indices.cast(pa.int64()).fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
        return np.asarray(words[codes])
    if pa.types.is_null(kind):
        return np.full(len(array), MISSING)
    words = _numbers(array) if _is_number(kind) else _texts(array)
    if array.null_count:
        words = np.where(array.is_null().to_numpy(zero_copy_only=False), MISSING, words)
    return words


def _is_number(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind))


def _numbers(array: Any) -> NDArray[np.uint64]:
    """Return the bits of numbers in 64 bits; minus zero is zero, and one not-a-number is as any other."""
    import pyarrow as pa

    kind = array.type
    plain = array.fill_null(False if pa.types.is_boolean(kind) else 0) if array.null_count else array
    found = plain.to_numpy(zero_copy_only=False)
    if not pa.types.is_floating(kind):
        whole = found.astype(np.int64 if found.dtype.kind != "u" else np.uint64, copy=False)
        return np.asarray(whole.view(np.uint64))
    numbers = found.astype(np.float64) + 0.0
    if np.isnan(numbers.sum()):
        numbers[np.isnan(numbers)] = np.nan
    return np.asarray(numbers.view(np.uint64))


def _texts(array: Any) -> NDArray[np.uint64]:
    """Return hashes of text, of bytes of any length, and of whatever else by its bits."""
    import pyarrow as pa
    from pyarrow import compute

    kind = array.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (text or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        if pa.types.is_temporal(kind):
            width = pa.int32() if kind.bit_width == 32 else pa.int64()
            return _numbers(compute.fill_null(array.view(width), 0))
        array = array.cast(pa.string())
        kind = array.type
    large = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    _, places, data = array.buffers()
    starts = np.frombuffer(places, dtype=np.int64 if large else np.int32) if places else np.zeros(1, dtype=np.int32)
    starts = starts[array.offset : array.offset + len(array) + 1].astype(np.int64)
    return hashes_of_text(starts, np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8))
