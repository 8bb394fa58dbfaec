"""Datasets of pyarrow as a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from logitkit.design.chunks.ahead import UNCOUNTED, Part
from logitkit.design.chunks.budget import bytes_of_kinds
from logitkit.design.chunks.checked import CheckedSource
from logitkit.design.chunks.source import ROWS_AT_ONCE, Batch
from logitkit.design.table.arrow import in_plain_text
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError, UnsupportedError

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
    states : dict
        Size and time of each file, as they were when its parts were first asked for.
    """

    label: str
    dataset: Any
    names: tuple[str, ...]
    n_rows: int | None
    row_bytes: float = 0.0
    states: dict[str, tuple[Any, Any]] = field(default_factory=dict, repr=False, compare=False)

    def decoded(self, columns: Sequence[str]) -> float:
        """Return about the bytes of a row of some columns, with numbers as doubles."""
        return bytes_of_kinds([self.dataset.schema.field(name).type for name in columns])

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
                    yield Batch(in_plain_text(pa.Table.from_batches([batch])), f"{where}, row {first:,}")
                first += batch.num_rows
        except FileNotFoundError as error:
            raise DataError(f"A file of {self.label} is gone: {error}") from None
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{self.label} cannot be read to its end, after {where}, row {first:,}: {error}") from error

    def own_parts(self, columns: Sequence[str]) -> Iterator[Part]:
        """Yield the files, row groups of Parquet apart, each of which can be read by itself and by another process."""
        chosen = _filter(self.dataset)
        for fragment in self.dataset._get_fragments(chosen):  # noqa: SLF001 - the public one refuses conditions
            if not getattr(fragment, "path", ""):
                raise UnsupportedError(
                    f"executor= needs rows of which each worker can read a part, and a part of {self.label} is in "
                    "memory: give files or a frame of the workers, or leave executor= out."
                )
            state = self.states.setdefault(fragment.path, _state(fragment))
            first = 0
            for own in fragment.split_by_row_group() if hasattr(fragment, "split_by_row_group") else [fragment]:
                counted = self.n_rows is not None and hasattr(own, "row_groups")
                n_rows = sum(group.num_rows for group in own.row_groups) if counted else UNCOUNTED
                where = f"{fragment.path}, row {first:,}" if counted else fragment.path
                read = _Fragment(own, self.dataset.schema, chosen, state, where)
                yield Part(n_rows, partial(read.rows, tuple(columns)), where)
                first += max(n_rows, 0)


@dataclass(frozen=True)
class _Fragment:
    """Rows of a file, as a dataset would give them."""

    fragment: Any
    schema: Any
    filter: Any
    state: tuple[int, Any]
    where: str

    def rows(self, columns: tuple[str, ...]) -> Batch:
        """Return some columns, of a file that is what it was."""
        import pyarrow as pa

        wanted = pa.schema([self.schema.field(name) for name in columns])
        self._require_same()
        try:
            table = self.fragment.to_table(
                schema=self.schema, columns=list(columns), filter=self.filter, use_threads=False
            )
        except (OSError, pa.ArrowException) as error:
            self._require_same()
            raise DataError(f"{self.where} cannot be read to its end; is it complete? {error}") from error
        self._require_same()
        return Batch(table.cast(wanted).replace_schema_metadata(), self.where)

    def _require_same(self) -> None:
        path = self.fragment.path
        try:
            now = _state(self.fragment)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error}.") from error
        if now[0] is None:
            raise DataError(f"{path} is gone, or this worker cannot reach it.")
        if now != self.state:
            raise DataError(f"{path} changed while it was read. Fit again, when nothing writes to it.")


def _state(fragment: Any) -> tuple[Any, Any]:
    """Return the size of a file and when it was written, as far as its system tells."""
    found = fragment.filesystem.get_file_info(fragment.path)
    return found.size, found.mtime_ns


def _filter(dataset: Any) -> Any:
    """Return the condition that rows of a dataset are chosen by."""
    return getattr(dataset, "_scan_options", {}).get("filter")


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
    # Only Parquet files say how many rows they have, and not how many of them meet a condition.
    counted = type(getattr(dataset, "format", None)).__name__ == "ParquetFileFormat" and _filter(dataset) is None
    try:
        source = DatasetSource(label, dataset, names, dataset.count_rows() if counted else None)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{label} cannot be read: {error}") from error
    return CheckedSource(source, remedy="Fit again, when nothing writes to its files.")
