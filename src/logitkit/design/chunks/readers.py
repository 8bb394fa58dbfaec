"""Sources that are asked anew for their rows in every pass: functions and lazy frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from logitkit.design.chunks.budget import BYTES_OF_TEXT, CHUNKS_OF_MEMORY, NONE_HELD, Held, bytes_of_kinds
from logitkit.design.chunks.checked import CheckedSource
from logitkit.design.chunks.source import ROWS_AT_ONCE, Batch
from logitkit.design.table.arrow import as_arrow, in_plain_text
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError

OF_POLARS, OF_ITS_THREAD = 100_000_000, 50_000_000  # row groups on their way, as measured of groups of 250,000 rows
OF_SLICES = 45_000_000  # as measured of one slice after another
SLICED_MOST = 2  # times what polars holds else, of memory
SCAN = ("Parquet SCAN ", "PROJECT ", "ESTIMATED ROWS: ")  # what the plan of a frame that is nothing but files has
__all__ = ["ReaderSource", "function_source", "lazy_source"]


@dataclass(frozen=True)
class ReaderSource:
    """What opens a reader of frames for each pass.

    Parameters
    ----------
    label : str
        What it is called in messages.
    names : tuple of str
        Columns.
    opens : callable
        Of the columns and the rows that are wanted at once; returns an iterable of frames.
    n_rows : int or None
        Not known before a pass.
    row_bytes : float
        Not known.
    bytes_of : dict
        About the bytes of a value of each column.
    holds : callable, optional
        Of the columns and the rows of a chunk; returns what the reader holds beside chunks.
    """

    label: str
    names: tuple[str, ...]
    opens: Callable[[Sequence[str], int], Iterable[Any]]
    n_rows: int | None = None
    row_bytes: float = 0.0
    bytes_of: Mapping[str, float] = field(default_factory=dict)
    holds: Callable[[Sequence[str], int], Held] | None = None

    def held(self, columns: Sequence[str], size: int) -> Held:
        """Return what is held beside chunks."""
        return NONE_HELD if self.holds is None else self.holds(columns, size)

    def decoded(self, columns: Sequence[str]) -> float:
        """Return about the bytes of a row of some columns, with numbers as doubles."""
        return sum(self.bytes_of.get(name, 8.0) for name in columns)

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the frames that the reader gives, those of one type for all."""
        schema: Any = None
        for number, frame in enumerate(self.opens(columns, size)):
            where = f"{self.label}, frame {number + 1:,}"
            table = _as_arrow(frame, where)
            absent = next((name for name in columns if name not in table.column_names), None)
            if absent is not None:
                raise DataError(f"{where} has no column {absent!r}; its columns are {', '.join(table.column_names)}.")
            table = table.select(list(columns)).replace_schema_metadata(None)
            schema = table.schema if schema is None else schema
            for name in columns:
                if table.schema.field(name).type != schema.field(name).type:
                    raise DataError(
                        f"{where} has {name!r} as {table.schema.field(name).type}, the first frame as "
                        f"{schema.field(name).type}: give every frame the same types."
                    )
            yield Batch(table, where)


def function_source(function: Callable[[], Iterable[Any]]) -> CheckedSource:
    """Return a function of no argument, which returns an iterator of frames or an Arrow reader, as a source.

    Examples
    --------
    >>> source = function_source(lambda: iter([{"x": [1.0, 2.0]}, {"x": [3.0]}]))
    >>> [batch.table.num_rows for batch in source.batches(["x"], 2)]
    [2, 1]
    """
    called = _Calls(function, f"{getattr(function, '__name__', type(function).__name__)}()")
    opened = iter(called())
    first = next(opened, None)
    if first is None:
        raise DataError(f"{called.label} returned no frame.")
    table = _as_arrow(first, called.label).slice(0, ROWS_AT_ONCE)
    names = tuple(table.column_names)
    rows = max(table.num_rows, 1)
    bytes_of = {name: max(bytes_of_kinds([table[name].type], table[name].nbytes / rows), 8.0) for name in names}
    if hasattr(opened, "close"):
        opened.close()
    require_distinct_names(names)
    source = ReaderSource(called.label, names, lambda columns, size: called(), bytes_of=bytes_of)  # noqa: ARG005
    return CheckedSource(
        source, remedy="It must give the same rows in the same order whenever it is called: seed what is random."
    )


def lazy_source(frame: Any) -> CheckedSource:
    """Return a lazy frame of polars as a source, which is collected in batches.

    The engine has several row groups on their way for each of its threads, whatever the rows of a batch. Where the
    frame is nothing but Parquet files and memory is small, it is collected a slice of its rows at a time instead: of a
    query each slice would begin with the first row.
    """
    import polars as pl

    if not hasattr(frame, "collect_batches"):
        raise DataError("This version of polars does not collect in batches: use a later one, or collect() first.")
    try:
        schema = frame.collect_schema()
        sliced = all(line.startswith(SCAN) for line in frame.explain().splitlines())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"The lazy frame cannot be read: {error}") from error
    names = tuple(schema.names())
    bytes_of = {name: 8.0 if kind.is_numeric() else float(BYTES_OF_TEXT) for name, kind in schema.items()}
    in_batches = OF_POLARS + OF_ITS_THREAD * pl.thread_pool_size()

    def in_slices(columns: Sequence[str], size: int) -> bool:
        granted = CHUNKS_OF_MEMORY * size * sum(bytes_of[name] for name in columns)
        return sliced and granted < SLICED_MOST * in_batches

    def holds(columns: Sequence[str], size: int) -> Held:
        return Held(
            OF_SLICES if in_slices(columns, size) else in_batches,
            what="The buffers of polars",
            remedy="write it by sink_parquet and read the file, or set POLARS_MAX_THREADS=1 before Python starts",
        )

    def opens(columns: Sequence[str], size: int) -> Iterator[Any]:
        chosen = frame.select(list(columns))
        try:
            if in_slices(columns, size):
                yield from _slices(chosen, max(size, ROWS_AT_ONCE))
            else:
                yield from chosen.collect_batches(chunk_size=min(size, ROWS_AT_ONCE), maintain_order=True)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(f"The lazy frame cannot be collected: {error}") from error

    remedy = "Sort it by columns that tell its rows apart, or collect() it where it fits in memory."
    return CheckedSource(ReaderSource("The lazy frame", names, opens, bytes_of=bytes_of, holds=holds), remedy=remedy)


def _slices(frame: Any, size: int) -> Iterator[Any]:
    """Yield a lazy frame a slice of its rows at a time."""
    first, n_rows = 0, size
    while n_rows == size:
        rows = frame.slice(first, size).collect(engine="streaming")
        first, n_rows = first + size, rows.height
        yield rows


class _Calls:
    """A function that is called for each pass, which must return a new iterator every time."""

    def __init__(self, function: Callable[[], Iterable[Any]], label: str) -> None:
        self.function, self.label = function, label
        self.last: Any = None

    def __call__(self) -> Iterable[Any]:
        """Return the frames of a pass."""
        found = self.function()
        if isinstance(found, (str, bytes, dict)) or not hasattr(found, "__iter__") or hasattr(found, "columns"):
            raise DataError(f"{self.label} returned a {type(found).__name__}; it must return an iterator of frames.")
        if isinstance(found, Iterator):
            if found is self.last:
                raise DataError(
                    f"{self.label} returned the same {type(found).__name__} twice, and it can be read once: make a "
                    "new one whenever it is called."
                )
            self.last = found
        return found


def _as_arrow(frame: Any, where: str) -> Any:
    """Return any frame as a table of Arrow."""
    import pyarrow as pa

    try:
        return in_plain_text(as_arrow(frame))
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{where} is a {type(frame).__name__}, not a table: {error}") from error
