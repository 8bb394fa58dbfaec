"""Blocks of rows as Parquet files."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

from logitkit.design.table.frame import read_table

__all__ = ["key_column", "write_block"]


def key_column(table: Any, key: str) -> Any:
    """Return a column of a table of any kind, as it is stored.

    Examples
    --------
    >>> key_column({"a": [1, 2]}, "a").tolist()
    [1, 2]
    """
    return table.column(key) if hasattr(table, "column_names") else read_table(table).column(key)


def write_block(path: Path, columns: dict[str, Any]) -> None:
    """Write a file whole, and force it to the disk; two that write the same one do not disturb each other.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "part.parquet"
    >>> write_block(place, {"row": [0, 1]})
    >>> place.exists()
    True
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            name: values if isinstance(values, pa.ChunkedArray) else pa.array(values, from_pandas=True)
            for name, values in columns.items()
        }
    )
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("wb") as file:
            pq.write_table(table, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
