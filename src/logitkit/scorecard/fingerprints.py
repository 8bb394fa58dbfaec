"""Fingerprints of rows: of each column in the order of the rows, and of all rows in whatever order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logitkit.design.table.frame import coded_values, holds_numbers, numeric_values

__all__ = ["column_fingerprint", "digest", "rows_fingerprint", "table_fingerprints"]

Words: TypeAlias = NDArray[np.uint64]
#: The steps of the finalizer of SplitMix64 (Steele, Lea and Flood 2014), which spreads every bit over all others.
STEPS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
LAST, APART = np.uint64(31), np.uint64(0x9E3779B97F4A7C15)


def column_fingerprint(values: Any) -> str:
    """Return the SHA-256 of a column, the same for equal values whatever their type of storage.

    Parameters
    ----------
    values : (n,) Series
        Numbers, booleans or levels.

    Returns
    -------
    str
        64 hexadecimal digits. Numbers count as doubles, negative zero as zero, and all missing values as one.

    Examples
    --------
    >>> import pandas as pd
    >>> text = pd.Series(["b", "a", None])
    >>> column_fingerprint(text) == column_fingerprint(text.astype("category"))
    True
    >>> column_fingerprint(pd.Series([1, 2])) == column_fingerprint(pd.Series([1.0, 2.0]))
    True
    """
    return _print_of(*_content(values))


def rows_fingerprint(columns: Mapping[str, Any]) -> str:
    """Return a fingerprint of the rows of a table that is the same in whatever order they are.

    Parameters
    ----------
    columns : mapping of str to (n,) Series
        All columns that count.

    Returns
    -------
    str
        32 hexadecimal digits: two sums over rows, modulo 2 ** 64, of words that are spread from all values of the row.
        It tells rows in another order from other rows. It is no proof against someone who looks for rows of equal sums,
        as the SHA-256 of columns is.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"a": [1, 2, 2], "b": ["x", "y", None]})
    >>> rows_fingerprint(data) == rows_fingerprint(data[::-1]) != rows_fingerprint(data.assign(a=[2, 1, 2]))
    True
    """
    return table_fingerprints(columns)[1]


def table_fingerprints(columns: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the fingerprints of every column of a table, by name, and of its rows in whatever order."""
    prints = []
    row: Words = np.zeros(1, dtype=np.uint64)
    for name in columns:
        levels, cells = _content(columns[name])
        prints.append((name, _print_of(levels, cells)))
        row = _spread(row + _words_of(levels, cells))
    sums = (row.sum(dtype=np.uint64), _spread(row).sum(dtype=np.uint64))
    return tuple(prints), "".join(f"{int(each):016x}" for each in sums)


def digest(head: bytes, values: Any) -> str:
    """Return the SHA-256 of an array under a heading."""
    found = hashlib.sha256(head)
    found.update(np.ascontiguousarray(values).data)
    return found.hexdigest()


def _content(values: Any) -> tuple[list[str] | None, NDArray[Any]]:
    """Return the levels that occur, as text in order, with the place of each row among them; no levels and doubles.

    Places are -1 where a level is missing.
    """
    if holds_numbers(values):
        numbers = numeric_values(values, "a column") + 0.0
        numbers[np.isnan(numbers)] = np.nan
        return None, numbers.astype("<f8", copy=False)
    coded = coded_values(values)
    levels = sorted(coded.occurring(), key=lambda level: (type(level).__name__, str(level)))
    return [str(level) for level in levels], np.asarray(coded.recoded(levels)).astype("<i4")


def _print_of(levels: list[str] | None, cells: NDArray[Any]) -> str:
    return digest(b"numbers" if levels is None else repr(levels).encode("utf-8", "surrogatepass"), cells)


def _words_of(levels: list[str] | None, cells: NDArray[Any]) -> Words:
    """Return one word per row, the same for equal values."""
    if levels is None:
        return cells.view("<u8").astype(np.uint64, copy=False)
    prints = [hashlib.sha256(level.encode("utf-8", "surrogatepass")).digest()[:8] for level in levels]
    words = np.array([int.from_bytes(each, "little") for each in prints] + [0], dtype=np.uint64)
    return np.asarray(words[cells])  # the last one is that of missing values


def _spread(words: Words) -> Words:
    """Return words of which every bit depends on all bits, one for one, in the place of those given."""
    words += APART
    for shift, factor in STEPS:
        words ^= words >> shift
        words *= factor
    words ^= words >> LAST
    return words
