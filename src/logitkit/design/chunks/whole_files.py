"""Whole Parquet files of numbers, decoded by polars where it is installed, in two thirds of the time of pyarrow.

pyarrow spends a nanosecond per value on whether it is missing, also where none is. What polars hands over are the same
numbers as Arrow arrays; a file that it cannot read is left to pyarrow, which says what is wrong with it. polars takes
threads of its own beside the one that asks, so that it is not used where one thread is all that may work.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from logitkit.design.chunks.columns import is_numeric

__all__ = ["suits", "whole_table"]

BYTES_LEAST = 100_000_000  # of all files: for less it is not worth the import
NUMBERS_LEAST = 1 << 20  # of a chunk: where less memory is granted, a whole file may be more than it holds
PART_LEAST = 0.5  # of the columns: the others are read too


def suits(schema: Any, columns: Sequence[str], n_bytes: float, size: int) -> bool:
    """Tell whether files are worth reading whole.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the files.
    columns : sequence of str
        Those that are wanted.
    n_bytes : float
        Of all files.
    size : int
        Rows of a chunk.

    Examples
    --------
    >>> import pyarrow as pa
    >>> suits(pa.schema({"x": pa.float32()}), ["x"], n_bytes=1e6, size=1 << 20)
    False
    """
    if n_bytes < BYTES_LEAST or size * len(columns) < NUMBERS_LEAST or len(columns) < PART_LEAST * len(schema):
        return False
    return all(is_numeric(schema.field(name).type) for name in columns) and _is_installed()


@cache
def _is_installed() -> bool:
    try:
        import polars as pl  # noqa: F401
    except ImportError:
        return False
    return True


def whole_table(path: str, columns: Sequence[str]) -> Any:
    """Return columns of a file as an Arrow table, None where polars cannot read it."""
    import polars as pl

    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - without a buffer of Python's
        content = file.read()
    try:
        found = pl.read_parquet(content, columns=list(columns), parallel="none", use_statistics=False)
        return found.to_arrow()
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001 - pyarrow says what is wrong
        return None
