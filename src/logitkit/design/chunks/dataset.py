"""Datasets of pyarrow as a source: partitioned folders, text files, and what else it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logitkit.design.chunks.source import Batch
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError

__all__ = ["DatasetSource", "dataset_source", "folder_source", "text_source"]

AHEAD = 2  # batches that are read before they are asked for


@dataclass(frozen=True)
class DatasetSource:
    """A ``pyarrow.dataset.Dataset``, its fragments in their order.

    Parameters
    ----------
    label : str
        What it is called in messages.
    dataset : pyarrow.dataset.Dataset
        The rows.
    names : tuple of str
        Columns.
    n_rows : int or None
        Number of rows, where counting them reads no row.
    row_bytes : float
        About the bytes of a row; zero where that is not known.
    """

    label: str
    dataset: Any
    names: tuple[str, ...]
    n_rows: int | None
    row_bytes: float = 0.0

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one fragment after another."""
        import pyarrow as pa

        options = {"batch_size": size, "batch_readahead": AHEAD, "fragment_readahead": 1}
        where = self.label
        try:
            for fragment in self.dataset.get_fragments():
                where, first = getattr(fragment, "path", self.label), 0
                scanner = fragment.scanner(schema=self.dataset.schema, columns=list(columns), **options)
                for batch in scanner.to_batches():
                    if batch.num_rows:
                        yield Batch(pa.Table.from_batches([batch]), f"{where}, row {first:,}")
                    first += batch.num_rows
        except FileNotFoundError:
            raise DataError(f"{where} is gone; it was there when the source was opened.") from None
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{where} cannot be read to its end, or not as {self.label}: {error}") from error


def dataset_source(dataset: Any, label: str, *, counts: bool = True) -> DatasetSource:
    """Return a dataset of pyarrow as a source.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from pyarrow import dataset
    >>> dataset_source(dataset.dataset(pa.table({"x": [1, 2]})), "two rows").n_rows
    2
    """
    names = tuple(dataset.schema.names)
    require_distinct_names(names)
    return DatasetSource(label, dataset, names, dataset.count_rows() if counts else None)


def folder_source(place: Path) -> DatasetSource:
    """Return a partitioned folder of Parquet files, ``year=2005/part-0.parquet``, as a source."""
    import pyarrow as pa
    from pyarrow import dataset

    try:
        return dataset_source(dataset.dataset(place, format="parquet", partitioning="hive"), str(place))
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{place} cannot be read as a folder of Parquet files: {error}") from error


def text_source(paths: Sequence[Path], label: str) -> DatasetSource:
    """Return CSV files as a source; the types of the columns are those of the first file, and all must have them."""
    import pyarrow as pa
    from pyarrow import csv, dataset

    try:
        with csv.open_csv(paths[0]) as reader:
            schema = reader.schema
        return dataset_source(dataset.dataset(list(map(str, paths)), schema=schema, format="csv"), label, counts=False)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{paths[0]} cannot be read as comma-separated values: {error}") from error
