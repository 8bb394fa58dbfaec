"""Datasets of pyarrow as a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from logitkit.design.chunks.checked import CheckedSource
from logitkit.design.chunks.source import ROWS_AT_ONCE, Batch
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError

__all__ = ["DatasetSource", "dataset_source"]

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

        options = {"batch_size": min(size, ROWS_AT_ONCE), "batch_readahead": AHEAD, "fragment_readahead": 1}
        where, first = self.label, 0
        try:
            for batch, fragment in self.dataset.scanner(columns=list(columns), **options).scan_batches():
                place = getattr(fragment, "path", self.label)
                where, first = place, first if place == where else 0
                if batch.num_rows:
                    yield Batch(pa.Table.from_batches([batch]), f"{where}, row {first:,}")
                first += batch.num_rows
        except FileNotFoundError as error:
            raise DataError(f"A file of {self.label} is gone: {error}") from None
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{self.label} cannot be read to its end, after {where}, row {first:,}: {error}") from error


def dataset_source(dataset: Any, label: str) -> CheckedSource:
    """Return a dataset of pyarrow as a source.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from pyarrow import dataset
    >>> source = dataset_source(dataset.dataset(pa.table({"x": [1, 2, 3]})), "three rows")
    >>> [batch.table.num_rows for batch in source.batches(["x"], 2)]
    [2, 1]
    """
    import pyarrow as pa

    names = tuple(dataset.schema.names)
    require_distinct_names(names)
    # Only Parquet files say how many rows they have.
    counted = type(getattr(dataset, "format", None)).__name__ == "ParquetFileFormat"
    try:
        source = DatasetSource(label, dataset, names, dataset.count_rows() if counted else None)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{label} cannot be read: {error}") from error
    return CheckedSource(source, remedy="Fit again, when nothing writes to its files.")
