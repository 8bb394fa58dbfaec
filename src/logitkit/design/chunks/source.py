"""A source: a table that is read in passes, a chunk of rows at a time, always in the same order.

A new kind of source is one file that answers this protocol, and an entry in ``opened.py``. A source hands out Arrow
tables of any sizes; :func:`rechunked` cuts them into chunks of one size, so that sums over rows do not depend on how
the rows are spread over files.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from logitkit.errors import DataError, nearest_name

if TYPE_CHECKING:
    from logitkit.design.chunks.kept import KeptChunk

__all__ = ["ROWS_AT_ONCE", "Batch", "Chunk", "Named", "Source", "joined", "rechunked", "require_named"]

ROWS_AT_ONCE = 1 << 15  # that are asked of other libraries: what they read ahead is counted in batches


class Batch(NamedTuple):
    """A piece of consecutive rows, as the source divides them.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    where : str
        Their place in the source, for messages.
    """

    table: Any
    where: str


class Chunk(NamedTuple):
    """Rows ``start`` to ``start + table.num_rows`` of a source.

    Parameters
    ----------
    number : int
        Number of the chunk, from 0.
    start : int
        Place of its first row among all rows.
    table : pyarrow.Table
        The rows.
    where : str
        Place of the first row in the source, for messages.
    kept : KeptChunk or None
        The chunk itself, if it stays in memory for the next pass.
    is_read : bool
        Whether it was read in this pass.
    """

    number: int
    start: int
    table: Any
    where: str
    kept: KeptChunk | None = None
    is_read: bool = True


class Source(Protocol):
    """A table that is read in passes."""

    @property
    def label(self) -> str:
        """Name of the source in messages."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def n_rows(self) -> int | None:
        """Number of rows, if known before a pass."""

    @property
    def row_bytes(self) -> float:
        """Approximate stored bytes per row over all columns; zero if not known."""

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the named columns of all rows in order, at most about ``size`` rows at once."""


class Named(NamedTuple):
    """The properties of a source without its rows.

    Parameters
    ----------
    label : str
        Name of the source in messages.
    names : tuple of str
        Names of the columns.
    n_rows : int or None
        Not told.
    row_bytes : float
        Not told.
    """

    label: str
    names: tuple[str, ...]
    n_rows: int | None = None
    row_bytes: float = 0.0

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield no rows: they are elsewhere."""
        del columns, size
        return iter(())


def rechunked(batches: Iterable[Batch], size: int) -> Generator[Chunk, None, None]:
    """Cut batches of any sizes into chunks of ``size`` rows, the last one smaller.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batches = [Batch(pa.table({"x": [1, 2, 3]}), "a"), Batch(pa.table({"x": [4, 5]}), "b")]
    >>> [(chunk.start, chunk.table["x"].to_pylist(), chunk.where) for chunk in rechunked(batches, 2)]
    [(0, [1, 2], 'a'), (2, [3, 4], 'a, row 2'), (4, [5], 'b, row 1')]
    """
    held: list[Any] = []
    n_held = number = 0
    where = ""
    for table, place in batches:
        first = 0
        while first < table.num_rows:
            part = table.slice(first, size - n_held)
            where = where if held else further(place, first)
            held.append(part)
            n_held += part.num_rows
            first += part.num_rows
            if n_held == size:
                yield Chunk(number, number * size, joined(held), where)
                held, n_held, number = [], 0, number + 1
    if held:
        yield Chunk(number, number * size, joined(held), where)


def further(where: str, n_rows: int) -> str:
    """Return the place of a row that is a given number of rows after another.

    Examples
    --------
    >>> further("a.parquet, row 1,000", 24), further("frame 3", 2), further("frame 3", 0)
    ('a.parquet, row 1,024', 'frame 3, row 2', 'frame 3')
    """
    if n_rows == 0:
        return where
    place, found, row = where.rpartition(", row ")
    return f"{place}, row {int(row.replace(',', '')) + n_rows:,}" if found else f"{where}, row {n_rows:,}"


def joined(tables: list[Any]) -> Any:
    """Return tables joined by rows, with one dictionary for each categorical column."""
    if len(tables) == 1:
        return tables[0]
    import pyarrow as pa

    return pa.concat_tables(tables).unify_dictionaries()


def require_named(source: Source, columns: Iterable[str]) -> None:
    """Refuse columns that a source does not have."""
    for name in columns:
        if name not in source.names:
            raise DataError(f"{source.label} has no column {name!r}. {nearest_name(name, source.names)}")
