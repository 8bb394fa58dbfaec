"""What is a source: paths of files, and later datasets, lazy frames and queries."""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import Any

from logitkit.design.chunks.parquet import parquet_source
from logitkit.design.chunks.source import Source
from logitkit.errors import DataError

__all__ = ["source_of"]

PARQUET = (".parquet", ".pq")


def source_of(data: Any) -> Source | None:
    """Return what is read in chunks, None for a table in memory.

    Examples
    --------
    >>> source_of({"x": [1.0]}) is None
    True
    >>> source_of("no-such-folder/*.parquet")
    Traceback (most recent call last):
    logitkit.errors.DataError: There is no file 'no-such-folder/*.parquet'.
    """
    if isinstance(data, (str, Path)):
        return _of_paths([Path(path) for path in _found(str(data))], f"{data!s}")
    return None


def _found(written: str) -> list[str]:
    """Return the files that a path, a folder or a pattern stands for, by name."""
    path = Path(written)
    if path.is_dir():
        found = [
            str(each) for each in path.rglob("*") if each.suffix in PARQUET and not each.name.startswith((".", "_"))
        ]
        if not found:
            raise DataError(f"The folder {written!r} holds no file that ends in {' or '.join(PARQUET)}.")
        return sorted(found)
    found = [written] if path.is_file() else sorted(glob(written, recursive=True))  # noqa: PTH207 - absolute patterns
    if not found:
        raise DataError(f"There is no file {written!r}.")
    return found


def _of_paths(paths: list[Path], label: str) -> Source:
    strange = next((path for path in paths if path.suffix not in PARQUET), None)
    if strange is not None:
        raise DataError(f"'{strange}' does not end in {' or '.join(PARQUET)}: read it into a table first.")
    return parquet_source(paths, label)
