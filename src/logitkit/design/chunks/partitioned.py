"""Partitioned folders, ``year=2005/part-0.parquet``: what the names of folders say are columns of the files in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.budget import BYTES_OF_TEXT, Held, bytes_of_kinds
from logitkit.design.chunks.source import Batch, Source
from logitkit.errors import DataError

__all__ = ["FileSource", "PartitionedSource", "is_partitioned", "partitioned_source"]


class FileSource(Source, Protocol):
    """Files that are read in order."""

    def of_files(self, start: int, stop: int) -> Source:
        """Return some of the files as a source."""


class Section(NamedTuple):
    """The files of one folder.

    Parameters
    ----------
    source : Source
        The files.
    values : dict
        What the folder says, by column.
    """

    source: Source
    values: Mapping[str, Any]


@dataclass(frozen=True)
class PartitionedSource:
    """Files in folders that are named for values of columns.

    Parameters
    ----------
    label : str
        What it is called in messages.
    sections : tuple of Section
        The folders, in the order of their names.
    kinds : dict
        Arrow types of the columns that folders are named for.
    """

    label: str
    sections: tuple[Section, ...]
    kinds: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the files, and of the folders."""
        return (*self.sections[0].source.names, *self.kinds)

    @property
    def n_rows(self) -> int | None:
        """Number of rows, where the files know it."""
        sizes = [section.source.n_rows for section in self.sections]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    @property
    def row_bytes(self) -> float:
        """About the bytes of a row."""
        rows = [section.source.n_rows or 0 for section in self.sections]
        n_bytes = sum(n * section.source.row_bytes for n, section in zip(rows, self.sections, strict=True))
        return n_bytes / max(sum(rows), 1) + 8.0 * len(self.kinds)

    def decoded(self, columns: Sequence[str]) -> float:
        """Return about the bytes of a row of some columns, with numbers as doubles."""
        source, files = self.sections[0].source, [name for name in columns if name not in self.kinds]
        own = getattr(source, "decoded", None)
        folders = bytes_of_kinds([self.kinds[name] for name in columns if name in self.kinds])
        return folders + (float(own(files)) if own is not None else float(BYTES_OF_TEXT * len(files)))

    def held(self, columns: Sequence[str], size: int) -> Held:
        """Return what is held to read chunks of some rows: the most of any folder."""
        sources = [section.source for section in self.sections if hasattr(section.source, "held")]
        if not sources:
            return Held()

        def rows_of(source: Any) -> int:
            return max((max(each, default=0) for each in getattr(source, "groups", ())), default=0)

        largest: Any = max(sources, key=rows_of)
        found: Held = largest.held([name for name in columns if name not in self.kinds], size)
        return found

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one folder after another."""
        for section in self.sections:
            for batch in section.source.batches(self._of_files(section, columns), size):
                yield _with_values(section.values, self.kinds, columns, batch)

    def __getattr__(self, name: str) -> Any:
        """Return ``parts`` and ``own_parts`` where the files can be read in parts, and what tells that they changed."""
        own = {"parts": self._parts, "own_parts": self._own_parts, "require_unchanged": self._require_unchanged}
        if name in own and all(hasattr(section.source, name) for section in self.sections):
            return own[name]
        raise AttributeError(name)

    def _parts(self, columns: Sequence[str], size: int) -> Iterator[Part]:
        """Yield what is read at once."""
        for section in self.sections:
            for part in section.source.parts(self._of_files(section, columns), size):  # type: ignore[attr-defined]
                read = partial(_read, section.values, self.kinds, tuple(columns), part)
                yield Part(part.n_rows, read, check=part.check)

    def _require_unchanged(self) -> None:
        """Refuse files that are not what they were."""
        for section in self.sections:
            section.source.require_unchanged()  # type: ignore[attr-defined]

    def _own_parts(self, columns: Sequence[str]) -> Iterator[Part]:
        """Yield what can be read by itself and by another process."""
        for section in self.sections:
            for part in section.source.own_parts(self._of_files(section, columns)):  # type: ignore[attr-defined]
                read = partial(_read, section.values, self.kinds, tuple(columns), part)
                yield Part(part.n_rows, read, part.where)

    def _of_files(self, section: Section, columns: Sequence[str]) -> list[str]:
        """Return the columns that files are read for; any one says how many rows there are."""
        return [name for name in columns if name not in self.kinds] or [section.source.names[0]]


def _read(values: Mapping[str, Any], kinds: Mapping[str, Any], columns: Sequence[str], part: Part) -> Batch:
    return _with_values(values, kinds, columns, part.read())


def _with_values(values: Mapping[str, Any], kinds: Mapping[str, Any], columns: Sequence[str], batch: Batch) -> Batch:
    """Return rows with what their folder says."""
    import pyarrow as pa

    table, arrays = batch.table, []
    for name in columns:
        if name in kinds:
            value = pa.scalar(values[name], type=kinds[name])
            arrays.append(pa.chunked_array([pa.repeat(value, table.num_rows)]))
        else:
            arrays.append(table[name])
    return Batch(pa.table(dict(zip(columns, arrays, strict=True))), batch.where)


def is_partitioned(place: Path, paths: Sequence[Path]) -> bool:
    """Tell whether folders below a place are named for values of columns.

    Examples
    --------
    >>> is_partitioned(Path("loans"), [Path("loans/year=2005/part-0.parquet")])
    True
    """
    return any("=" in part for path in paths for part in path.relative_to(place).parts[:-1])


def partitioned_source(place: Path, paths: Sequence[Path], kind: str, whole: FileSource) -> PartitionedSource:
    """Return the files below a folder as a source, with the types of values that ``pyarrow.dataset`` finds.

    Parameters
    ----------
    place : Path
        The folder.
    paths : sequence of Path
        Its files, in order.
    kind : str
        Format of the files, as pyarrow calls it.
    whole : FileSource
        The files, without what folders say.
    """
    import pyarrow as pa
    from pyarrow import dataset

    written = str(place)
    folders = {part.partition("=")[0] for path in paths for part in path.relative_to(place).parts[:-1] if "=" in part}
    twice = next((name for name in whole.names if name in folders), None)
    if twice is not None:
        raise DataError(f"Column {twice!r} is in the files of {written}, and folders are named for it: rename one.")
    options: dict[str, Any] = {"format": kind, "partitioning": "hive", "partition_base_dir": written}
    try:
        found = dataset.dataset(list(map(str, paths)), **options)
        values = {each.path: dataset.get_partition_keys(each.partition_expression) for each in found.get_fragments()}
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"The names of the folders in {written} cannot be read: {error}") from error
    kinds = {each.name: each.type for each in found.partitioning.schema}
    for path in paths:
        absent = next((name for name in kinds if name not in values[str(path)]), None)
        if absent is not None:
            raise DataError(f"{path} is in no folder {absent}=..., as other files of {written} are.")
    sections, start = [], 0
    for _, files in groupby(paths, key=lambda path: path.parent):
        stop = start + len(list(files))
        sections.append(Section(whole.of_files(start, stop), values[str(paths[start])]))
        start = stop
    return PartitionedSource(written, tuple(sections), kinds)
