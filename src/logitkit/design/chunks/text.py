"""Files of comma-separated values as a source.

The types of the columns are stated once, for all files: those of the beginning of every file together, as
``pandas.read_csv`` would find them. Whole numbers and fractions are fractions, what is nowhere is a fraction that is
missing, and dates are text. A value further on that is not of the type is refused, with its file and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from logitkit.design.chunks.ahead import UNCOUNTED, Part
from logitkit.design.chunks.budget import Held, bytes_of_kinds
from logitkit.design.chunks.files import FileState, reading_of, require_same, state_of
from logitkit.design.chunks.source import Batch, joined
from logitkit.design.table.names import name_misfit
from logitkit.errors import DataError

__all__ = ["TextSource", "text_source"]

BLOCK = 1 << 21  # bytes that are read at once, and that types are taken from
BLOCK_LEAST = 1 << 16  # of those that are read at once for small chunks
THREADED_LEAST = 1 << 16  # rows of a chunk
BLOCKS_HELD = 36  # as measured: text, where its values are, and the values, of several blocks on their way
SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}
#: What pandas takes for a missing value.
ABSENT = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
    *("NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)


@dataclass(frozen=True)
class TextSource:
    """CSV files in the order of their names.

    Parameters
    ----------
    label : str
        What it is called in messages.
    files : tuple of FileState
        The files, as they were when they were opened.
    schema : pyarrow.Schema
        The types that every file is read as.
    n_rows : int or None
        Not known before a pass.
    row_bytes : float
        Not known.
    """

    label: str
    files: tuple[FileState, ...]
    schema: Any
    n_rows: int | None = None
    row_bytes: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """Columns, the same in every file."""
        return tuple(self.schema.names)

    def decoded(self, columns: Sequence[str]) -> float:
        """Return about the bytes of a row of some columns, with numbers as doubles."""
        return bytes_of_kinds([self.schema.field(name).type for name in columns])

    def held(self, columns: Sequence[str], size: int) -> Held:
        """Return what is held to read chunks of some rows: blocks of text, on each thread."""
        del columns
        return Held(BLOCKS_HELD * self._block(size), what=f"blocks of text of {self.label}")

    def _block(self, size: int) -> int:
        """Return the bytes of text that are read at once, for chunks of some rows."""
        return BLOCK if size >= THREADED_LEAST else min(BLOCK_LEAST, BLOCK)

    def of_files(self, start: int, stop: int) -> TextSource:
        """Return some of the files as a source, with the types of all."""
        return replace(self, files=self.files[start:stop])

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one file after another, a block of its text at a time."""
        import pyarrow as pa

        for state in self.files:
            first = 0
            with (
                reading_of(state),
                _opened(state.path, self.schema, columns, self._block(size), size >= THREADED_LEAST) as reader,
            ):
                while True:
                    try:
                        batch = reader.read_next_batch()
                    except StopIteration:
                        break
                    except pa.ArrowInvalid as error:
                        raise self._misfit(state.path, first, str(error)) from error
                    if batch.num_rows:
                        yield Batch(pa.Table.from_batches([batch]), f"{state.path}, row {first:,}")
                    first += batch.num_rows

    def require_unchanged(self) -> None:
        """Refuse files that are not what they were, without reading them."""
        for state in self.files:
            require_same(state)

    def own_parts(self, columns: Sequence[str]) -> Iterator[Part]:
        """Yield the files, each of which can be read by itself and by another process."""
        for number, state in enumerate(self.files):
            yield Part(UNCOUNTED, partial(_whole, self.of_files(number, number + 1), tuple(columns)), state.path)

    def _misfit(self, path: str, first: int, error: str) -> DataError:
        """Return the error for text that does not fit the columns or their types."""
        found = re.search(r"CSV column #(\d+): .*?invalid value '(.*)'", error, re.DOTALL)
        if found is None:
            return DataError(f"{path}, after row {first:,}: {error.strip()}.")
        header = _names(path)
        name = header[int(found[1])] if int(found[1]) < len(header) else found[1]
        return DataError(
            f"{path}, after row {first:,}: column {name!r} has {found[2]!r:.60} and is {self.schema.field(name).type} "
            "in the beginning of every file. Correct the value, or give the types yourself: "
            "pyarrow.dataset.dataset(files, format='csv', schema=...)."
        )


def _whole(source: TextSource, columns: tuple[str, ...]) -> Batch:
    """Return the rows of a file."""
    import pyarrow as pa

    tables = [batch.table for batch in source.batches(columns, 0)]
    if not tables:
        tables = [pa.schema([source.schema.field(name) for name in columns]).empty_table()]
    return Batch(joined(tables), f"{source.files[0].path}, row 0")


def text_source(paths: Sequence[Path], label: str) -> TextSource:
    """Return CSV files as a source, in the order given."""
    import pyarrow as pa

    states = tuple(map(state_of, paths))
    kinds: dict[str, Any] = {}
    origin: dict[str, Path] = {}
    for path, state in zip(paths, states, strict=True):
        with reading_of(state):
            found = _beginning(path)
        if kinds and set(found.names) != set(kinds):
            name = min(set(found.names) ^ set(kinds))
            have, lack = (path, paths[0]) if name in found.names else (paths[0], path)
            raise DataError(f"{have} has a column {name!r} and {lack} has none: give every file the same columns.")
        for name in found.names:
            kind = found.field(name).type
            both = _both(kinds.get(name, pa.null()), kind)
            if both is None:
                raise DataError(
                    f"Column {name!r} is {kinds[name]} in {origin[name]} and {kind} in {path}: write both with the "
                    "same type."
                )
            if name not in kinds or both != kinds[name]:
                kinds[name], origin[name] = both, path
    # What is missing everywhere is a number to pandas.
    schema = pa.schema([(name, pa.float64() if pa.types.is_null(kind) else kind) for name, kind in kinds.items()])
    return TextSource(label, states, schema)


def _opened(
    path: str | Path,
    schema: Any = None,
    columns: Sequence[str] | None = None,
    block: int = 0,
    threads: bool = True,
) -> Any:
    """Return a reader of a file."""
    import pyarrow as pa
    from pyarrow import csv

    kinds = None if schema is None else {name: schema.field(name).type for name in columns or schema.names}
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=block or BLOCK, use_threads=threads),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=kinds,
            include_columns=None if columns is None else list(columns),
            strings_can_be_null=True,
            null_values=ABSENT,
        ),
        memory_pool=pa.default_memory_pool(),  # without it a reader takes that of the beginning, whatever is set since
    )


def _beginning(path: Path) -> Any:
    """Return the types of the first block of a file."""
    import pyarrow as pa

    try:
        with _opened(path, threads=False) as reader:
            schema = reader.schema
        names = schema.names
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text in UTF-8: {error}") from error
    except pa.ArrowInvalid as error:
        empty = Path(path).stat().st_size == 0
        raise DataError(
            f"{path} is empty: it has no names of columns. Remove it, or write the names into it."
            if empty
            else f"{path} cannot be read as comma-separated values: {error}"
        ) from error
    columns = (
        list(schema)[1:] if not names[0].strip() else list(schema)
    )  # without names of the rows, as pandas writes them
    wrong = name_misfit([each.name for each in columns])
    if wrong is not None:
        raise DataError(f"{path}: {wrong}; give each column a name of its own.")
    for character, written in SEPARATORS.items():
        if len(names) == 1 and character in names[0]:
            raise DataError(
                f"{path} has one column, {names[0]!r}: it appears to be separated by {written}. Write it with "
                "commas, or give a pyarrow.dataset.Dataset with its format."
            )
    foreign = next((each.name for each in columns if pa.types.is_binary(each.type)), None)
    if foreign is not None:
        raise DataError(f"{path}: column {foreign!r} is no text in UTF-8. Write the file in UTF-8.")
    return pa.schema([(each.name, pa.string() if pa.types.is_temporal(each.type) else each.type) for each in columns])


def _both(one: Any, other: Any) -> Any:
    """Return the type of the values of two types, None where there is none."""
    from pyarrow import types

    if one == other or types.is_null(other):
        return one
    if types.is_null(one):
        return other
    numbers = {one, other}
    plain = all(types.is_integer(kind) or types.is_floating(kind) for kind in numbers)
    return next(kind for kind in numbers if types.is_floating(kind)) if plain else None


def _names(path: str) -> list[str]:
    """Return the names in the first line of a file."""
    with _opened(path, threads=False) as reader:
        found: list[str] = reader.schema.names
    return found
