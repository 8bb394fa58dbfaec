"""Parquet files, and folders of them, as a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logitkit.design.chunks.source import Batch
from logitkit.errors import DataError

__all__ = ["ParquetSource", "parquet_source"]


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files in the order of their names.

    Parameters
    ----------
    label : str
        What it is called in messages.
    files : tuple of str
        Paths.
    names : tuple of str
        Columns, the same in every file.
    sizes : tuple of int
        Rows of each file.
    row_bytes : float
        Bytes of a row, uncompressed.
    schema : pyarrow.Schema
        The types that every file is read as.
    """

    label: str
    files: tuple[str, ...]
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    row_bytes: float
    schema: Any

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(self.sizes)

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one file after another."""
        import pyarrow as pa

        wanted = pa.schema([self.schema.field(name) for name in columns])
        for path, n_rows in zip(self.files, self.sizes, strict=True):
            first = 0
            for batch in self._of_file(path, columns, size):
                table = pa.Table.from_batches([batch]).select(list(columns))
                yield Batch(table.cast(wanted) if table.schema != wanted else table, f"{path}, row {first:,}")
                first += batch.num_rows
            if first != n_rows:
                raise DataError(f"{path} has {first:,} rows and had {n_rows:,}: it changed while it was read.")

    def _of_file(self, path: str, columns: Sequence[str], size: int) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import parquet

        try:
            # One batch at a time: a whole row group may be larger than the memory that is granted.
            with parquet.ParquetFile(path, pre_buffer=False) as file:
                yield from file.iter_batches(batch_size=size, columns=list(columns), use_threads=False)
        except FileNotFoundError:
            raise DataError(f"{path} is gone; it was there when the source was opened.") from None
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path} cannot be read to its end; is it complete? {error}") from error


def parquet_source(paths: Sequence[Path], label: str) -> ParquetSource:
    """Return Parquet files as a source, in the order given."""
    import pyarrow as pa
    from pyarrow import parquet

    names: tuple[str, ...] = ()
    schema: Any = None
    sizes: list[int] = []
    n_bytes = 0
    for path in paths:
        try:
            metadata = parquet.read_metadata(path)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path} is no complete Parquet file: {error}") from error
        found = metadata.schema.to_arrow_schema()
        if schema is None:
            names, schema = tuple(found.names), found.remove_metadata()
        elif found.remove_metadata() != schema:
            raise DataError(f"{path} and {paths[0]} do not agree: {_difference(found, schema)}")
        sizes.append(metadata.num_rows)
        n_bytes += sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    return ParquetSource(label, tuple(map(str, paths)), names, tuple(sizes), n_bytes / max(sum(sizes), 1), schema)


def _difference(found: Any, first: Any) -> str:
    """Return in words how two schemas differ."""
    for name in first.names:
        if name not in found.names:
            return f"the first has no column {name!r}. Give every file the same columns."
        if found.field(name).type != first.field(name).type:
            return (
                f"column {name!r} is {found.field(name).type} in the first and {first.field(name).type} in the "
                "second. Write both with the same type."
            )
    extra = next((name for name in found.names if name not in first.names), None)
    if extra is not None:
        return f"the second has no column {extra!r}. Give every file the same columns."
    return "their columns are in another order. Write all files with the same order."
