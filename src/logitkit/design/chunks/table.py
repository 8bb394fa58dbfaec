"""Columns of all rows of a source as one table in memory, where that has room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from logitkit.design.chunks.reading import Reading
from logitkit.design.chunks.source import Source
from logitkit.design.design import Design
from logitkit.errors import DataError, UnsupportedError

__all__ = ["columns_of_source", "columns_of_stream"]


def columns_of_stream(design: Design, names: Sequence[str]) -> Any:
    """Return columns of the rows of a stream that take part, as an Arrow table.

    Examples
    --------
    >>> columns_of_stream.__name__
    'columns_of_stream'
    """
    import pyarrow as pa

    stream = design.stream
    assert stream is not None
    stream.require_columns(names, "a column")
    stream.require_room(stream.n_rows * len(names), f"A table of the columns {', '.join(names)}")
    stream = replace(stream, columns=tuple(dict.fromkeys((*stream.columns, *names))))
    tables = [part.table.select(list(names)).take(part.places) for part in stream.designs(design.info)]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def columns_of_source(source: Source, names: Sequence[str], reading: Reading, size: int = 65_536) -> Any:
    """Return columns of all rows of a source, as an Arrow table.

    Examples
    --------
    >>> columns_of_source.__name__
    'columns_of_source'
    """
    import pyarrow as pa

    absent = [name for name in names if name not in source.names]
    if absent:
        raise DataError(f"{source.label} has no column {absent[0]!r}.")
    tables, held, most = [], 0, reading.n_bytes
    for batch in source.batches(tuple(names), size):
        tables.append(batch.table)
        held += 8 * batch.table.num_rows * len(names)
        if held > most:
            raise UnsupportedError(
                f"A table of the columns {', '.join(names)} of {source.label} takes more than the {most / 1e9:,.2g} GB "
                "that may be held: pass a table of some rows as data."
            )
    if not tables:
        raise DataError(f"{source.label} has no rows.")
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
