"""Sources that are asked anew for their rows in every pass: functions and lazy frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from logitkit.design.chunks.source import Batch
from logitkit.design.table.arrow import as_arrow
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError

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
    """

    label: str
    names: tuple[str, ...]
    opens: Callable[[Sequence[str], int], Iterable[Any]]
    n_rows: int | None = None
    row_bytes: float = 0.0

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


def function_source(function: Callable[[], Iterable[Any]]) -> ReaderSource:
    """Return a function of no argument, which returns an iterator of frames, as a source.

    Examples
    --------
    >>> source = function_source(lambda: iter([{"x": [1.0, 2.0]}, {"x": [3.0]}]))
    >>> [batch.table.num_rows for batch in source.batches(["x"], 10)]
    [2, 1]
    """
    label = f"{getattr(function, '__name__', 'the function')}()"
    first = next(iter(_called(function, label)), None)
    if first is None:
        raise DataError(f"{label} returned no frame.")
    names = tuple(_as_arrow(first, label).column_names)
    require_distinct_names(names)
    return ReaderSource(label, names, lambda columns, size: _called(function, label))  # noqa: ARG005


def lazy_source(frame: Any) -> ReaderSource:
    """Return a lazy frame of polars as a source, which is collected in batches."""

    def opens(columns: Sequence[str], size: int) -> Iterator[Any]:
        batches: Iterator[Any] = frame.select(list(columns)).collect_batches(chunk_size=size, maintain_order=True)
        return batches

    return ReaderSource("the lazy frame", tuple(frame.collect_schema().names()), opens)


def _called(function: Callable[[], Iterable[Any]], label: str) -> Iterable[Any]:
    found = function()
    if isinstance(found, (str, bytes, dict)) or not hasattr(found, "__iter__"):
        raise DataError(f"{label} returned a {type(found).__name__}; it must return an iterator of frames.")
    return found


def _as_arrow(frame: Any, where: str) -> Any:
    """Return any frame as a table of Arrow."""
    import pyarrow as pa

    try:
        return as_arrow(frame)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{where} is a {type(frame).__name__}, not a table: {error}") from error
