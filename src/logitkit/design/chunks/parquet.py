"""Parquet files, and folders of them, as a source."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.budget import BYTES_OF_TEXT, Held, bytes_of_kinds
from logitkit.design.chunks.files import FileState, reading_of, require_same, state_of
from logitkit.design.chunks.pages import bytes_of_pages
from logitkit.design.chunks.plain import PlainColumns
from logitkit.design.chunks.source import Batch
from logitkit.design.table.arrow import without_views
from logitkit.design.table.names import name_misfit
from logitkit.errors import DataError
from logitkit.numerics.threads.local import get_threads

__all__ = ["ParquetSource", "parquet_source"]

BUFFER = 1 << 17  # bytes of each column of a large row group that are fetched at once
THREADED_LEAST = 1 << 16  # rows of a chunk
GROUP_MOST, FEW_THREADS = 4, 4  # chunks of rows in a row group that is read at once, where few threads hold one
GROUP_MOST_OF_MANY = 2
TEXTS_READ = 1 << 10  # rows of text whose length is looked at
TEXT_LEAST = 16.0  # bytes of a text, with where it begins


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files in the order of their names.

    Parameters
    ----------
    label : str
        What it is called in messages.
    files : tuple of FileState
        The files, as they were when they were opened.
    names : tuple of str
        Columns, the same in every file.
    sizes : tuple of int
        Rows of each file.
    row_bytes : float
        Bytes of a row, uncompressed.
    schema : pyarrow.Schema
        The types that every file is read as.
    groups : tuple of tuple of int
        Rows of each row group of each file.
    plain : PlainColumns
        Where columns are that need not be decoded.
    """

    label: str
    files: tuple[FileState, ...]
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    row_bytes: float
    schema: Any
    groups: tuple[tuple[int, ...], ...] = ()
    plain: PlainColumns = field(default_factory=PlainColumns, repr=False, compare=False)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(self.sizes)

    def decoded(self, columns: Sequence[str]) -> float:
        """Return about the bytes of a row of some columns, with numbers as doubles; the first rows tell of text."""
        kinds = [self.schema.field(name).type for name in columns]
        numbers = bytes_of_kinds(kinds, 0.0)
        texts = [name for name, kind in zip(columns, kinds, strict=True) if not bytes_of_kinds([kind], 0.0)]
        return numbers + (self._bytes_of(texts) if texts else 0.0)

    def held(self, columns: Sequence[str], size: int) -> Held:
        """Return what is held to read chunks of some rows: pages of large row groups, or whole small ones."""
        place, largest = max(
            enumerate(max(groups, default=0) for groups in self.groups), key=lambda each: each[1], default=(0, 0)
        )
        if largest <= _rows_at_once(size):
            stored = self.row_bytes * len(columns) / max(len(self.names), 1)
            beyond = max(largest / size, 1.0) - 1.0  # chunks of a row group that wait for their turn
            return Held(0, stored + beyond * bytes_of_kinds([self.schema.field(name).type for name in columns]))
        path = self.files[place].path
        try:
            n_bytes = bytes_of_pages(path, _footer(self.files[place]), columns)
        except (OSError, DataError):  # which the pass will say
            n_bytes = 0
        return Held(
            n_bytes,
            0.0,
            f"a page of each column and its dictionary in {path}, whose row groups have {largest:,} rows,",
            "write the files with smaller pages (of pyarrow: data_page_size= and dictionary_pagesize_limit=)",
            another=n_bytes,  # two row groups are read at once at their border
        )

    def _bytes_of(self, columns: Sequence[str]) -> float:
        """Return the bytes of a row of columns of text, by the first rows."""
        import pyarrow as pa
        from pyarrow import parquet

        path = next((state.path for state, n_rows in zip(self.files, self.sizes, strict=True) if n_rows), None)
        if path is not None:
            try:
                with parquet.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER) as file:
                    rows = next(file.iter_batches(batch_size=TEXTS_READ, columns=list(columns), use_threads=False))
                return float(max(rows.nbytes / rows.num_rows, TEXT_LEAST * len(columns)))
            except (OSError, pa.ArrowException, StopIteration):
                pass  # the pass will say what is wrong
        return float(BYTES_OF_TEXT * len(columns))

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one file after another."""
        import pyarrow as pa

        wanted = pa.schema([self.schema.field(name) for name in columns])
        for state, n_rows in zip(self.files, self.sizes, strict=True):
            first, path = 0, state.path
            for batch in self._of_file(state, columns, size):
                table = pa.Table.from_batches([batch]).select(list(columns))
                yield Batch(table.cast(wanted) if table.schema != wanted else table, f"{path}, row {first:,}")
                first += batch.num_rows
            if first != n_rows:
                raise DataError(f"{path} has {first:,} rows and had {n_rows:,}: it changed while it was read.")

    def parts(self, columns: Sequence[str], size: int) -> Iterator[Part]:
        """Yield what is read at once: row groups of at most about ``size`` rows together, or a part of a large one."""
        most = _rows_at_once(size)
        for state, n_rows, groups in zip(self.files, self.sizes, self.groups, strict=True):
            file, first = _File(state, n_rows, tuple(columns), self.schema, self.plain), 0
            together: list[int] = []
            check = partial(require_same, state)
            for group, rows in enumerate(groups):
                held = sum(groups[each] for each in together)
                if together and held + rows > size:
                    yield Part(held, partial(file.read, tuple(together), held, first), check=check)
                    first, together = first + held, []
                if rows <= most:
                    together.append(group)
                    continue
                large = _LargeGroup(file, group, size, first, rows)
                for start in range(0, rows, size):
                    yield Part(min(size, rows - start), partial(large.read, start // size), check=check)
                first += rows
            if together:
                held = sum(groups[each] for each in together)
                yield Part(held, partial(file.read, tuple(together), held, first), check=check)

    def of_files(self, start: int, stop: int) -> ParquetSource:
        """Return some of the files as a source."""
        kept = slice(start, stop)
        return replace(self, files=self.files[kept], sizes=self.sizes[kept], groups=self.groups[kept])

    def own_parts(self, columns: Sequence[str]) -> Iterator[Part]:
        """Yield the row groups, each of which can be read by itself and by another process."""
        for state, n_rows, groups in zip(self.files, self.sizes, self.groups, strict=True):
            file, first = _File(state, n_rows, tuple(columns), self.schema, self.plain), 0
            for group, rows in enumerate(groups):
                yield Part(rows, partial(file.read, (group,), rows, first), f"{state.path}, row {first:,}")
                first += rows

    def _of_file(self, state: FileState, columns: Sequence[str], size: int) -> Iterator[Any]:
        from pyarrow import parquet

        with reading_of(state), parquet.ParquetFile(state.path, pre_buffer=False, buffer_size=BUFFER) as file:
            # One batch at a time: a whole row group may be larger than the memory that is granted.
            yield from file.iter_batches(batch_size=size, columns=list(columns), use_threads=False)


@dataclass(frozen=True)
class _File:
    """A file whose row groups are read by themselves."""

    state: FileState
    n_rows: int
    columns: tuple[str, ...]
    schema: Any
    plain: PlainColumns

    @property
    def path(self) -> str:
        """Where it is."""
        return self.state.path

    def read(self, groups: tuple[int, ...], n_rows: int, first: int) -> Batch:
        """Return row groups that follow one another, on one thread: others read other files."""
        import pyarrow as pa

        with reading_of(self.state):
            plain = [self.plain.read(self.path, group, self.fields) for group in groups]
        ready = [name for name in self.columns if all(name in found for found in plain)]
        if len(ready) == len(self.columns):
            return self.batch(pa.table(self._joined(plain, ready)), n_rows, first)
        coded = [name for name in self.columns if name not in ready]
        with self.opened() as file:
            table = file.read_row_groups(groups, columns=coded, use_threads=False)
        if ready:
            columns = dict(zip(table.column_names, table.columns, strict=True)) | self._joined(plain, ready)
            table = pa.table({name: columns[name] for name in self.columns})
        return self.batch(table, n_rows, first)

    def rows(self, group: int, start: int, stop: int, first: int) -> Batch | None:
        """Return some rows of a row group, None where these have to be decoded."""
        import pyarrow as pa

        with reading_of(self.state):
            found = self.plain.read(self.path, group, self.fields, (start, stop), whole=True)
        return self.batch(pa.table(found), stop - start, first + start) if found else None

    @property
    def fields(self) -> list[Any]:
        """The columns with their types."""
        return [self.schema.field(name) for name in self.columns]

    def _joined(self, found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
        """Return columns of several row groups below one another."""
        import pyarrow as pa

        return {name: pa.chunked_array([each[name] for each in found]) for name in names}

    @contextmanager
    def opened(self, buffer: int = 0) -> Iterator[Any]:
        """Open the file, as long as it has the rows that it had; without a buffer a column is fetched whole."""
        from pyarrow import parquet

        with reading_of(self.state), parquet.ParquetFile(self.path, pre_buffer=False, buffer_size=buffer) as file:
            self.require(file.metadata.num_rows, self.n_rows)
            yield file

    def batch(self, table: Any, n_rows: int, first: int) -> Batch:
        """Return rows in the types of the source."""
        import pyarrow as pa

        self.require(table.num_rows, n_rows)
        wanted = pa.schema([self.schema.field(name) for name in self.columns])
        table = table.select(self.columns).replace_schema_metadata()
        return Batch(table.cast(wanted) if table.schema != wanted else table, f"{self.path}, row {first:,}")

    def require(self, found: int, n_rows: int) -> None:
        """Refuse a file that has other rows than before."""
        if found != n_rows:
            raise DataError(f"{self.path} has {found:,} rows and had {n_rows:,}: it changed while it was read.")


class _LargeGroup:
    """A row group that is too large to be read at once: its parts are decoded in order, by whoever needs one."""

    def __init__(self, file: _File, group: int, size: int, first: int, n_rows: int) -> None:
        self.file, self.group, self.size, self.first, self.n_rows = file, group, size, first, n_rows
        self.n_parts = -(-n_rows // size)
        self.lock = threading.Lock()
        self.parts = self._parts()
        self.made: dict[int, Batch] = {}
        self.next = 0

    def read(self, number: int) -> Batch:
        """Return a part, after those before it where these have to be decoded."""
        start = number * self.size
        plain = self.file.rows(self.group, start, min(start + self.size, self.n_rows), self.first)
        if plain is not None:
            return plain
        with self.lock:
            while number not in self.made:
                found = next(self.parts, None)
                if found is None:
                    raise DataError(f"{self.file.path} has fewer rows than it had: it changed while it was read.")
                self.made[self.next] = found
                self.next += 1
                if self.next == self.n_parts:
                    self.parts.close()  # with the file, which the generator would hold until the next collection
            return self.made.pop(number)

    def _parts(self) -> Generator[Batch, None, None]:
        import pyarrow as pa

        held: list[Any] = []
        first, n_held = self.first, 0
        options: dict[str, Any] = {"row_groups": [self.group], "columns": list(self.file.columns)}
        with self.file.opened(BUFFER) as file:
            # One column on each thread, as there is one row group for all; small chunks are of those who have no room.
            threads = get_threads() > 1 and self.size >= THREADED_LEAST
            for batch in file.iter_batches(batch_size=self.size, use_threads=threads, **options):
                held.append(batch)
                n_held += batch.num_rows
                while n_held >= self.size:
                    table = pa.Table.from_batches(held)
                    yield self.file.batch(table.slice(0, self.size), self.size, first)
                    first, n_held = first + self.size, n_held - self.size
                    held = table.slice(self.size).to_batches()
        if n_held:
            yield self.file.batch(pa.Table.from_batches(held), n_held, first)


def parquet_source(paths: Sequence[Path], label: str) -> ParquetSource:
    """Return Parquet files as a source, in the order given."""
    names: tuple[str, ...] = ()
    schema: Any = None
    states = tuple(map(state_of, paths))
    sizes: list[int] = []
    groups: list[tuple[int, ...]] = []
    n_bytes = 0
    for state in states:
        metadata = _footer(state)
        found = without_views(metadata.schema.to_arrow_schema().remove_metadata())
        if schema is None:
            wrong = name_misfit(found.names)
            if wrong is not None:
                raise DataError(f"{state.path}: {wrong}; give each column a name of its own.")
            names, schema = tuple(found.names), found
        elif found != schema:
            raise DataError(f"{state.path} and {paths[0]} do not agree: {_difference(found, schema)}")
        sizes.append(metadata.num_rows)
        found_groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        groups.append(tuple(group.num_rows for group in found_groups))
        n_bytes += sum(group.total_byte_size for group in found_groups)
    row_bytes = n_bytes / max(sum(sizes), 1)
    return ParquetSource(label, states, names, tuple(sizes), row_bytes, schema, tuple(groups))


def _rows_at_once(size: int) -> int:
    """Return the rows of the largest row groups that are read at once, for chunks of some rows."""
    few = get_threads() <= FEW_THREADS and size >= THREADED_LEAST
    return size * (GROUP_MOST if few else GROUP_MOST_OF_MANY)


def _footer(state: FileState) -> Any:
    """Return what a file says of its rows."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.read_metadata(state.path)
    except PermissionError as error:
        raise DataError(f"{state.path} may not be read: {error.strerror or error}.") from error
    except (OSError, pa.ArrowException) as error:
        how = "is empty" if state.n_bytes == 0 else "is no complete Parquet file"
        raise DataError(f"{state.path} {how}: {error}") from error


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
