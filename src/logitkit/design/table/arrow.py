"""Frames of any library as tables of Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["as_arrow", "in_plain_text", "text_of", "without_views"]


def as_arrow(data: Any) -> Any:
    """Return a frame of any library, or a dict of columns, as a table of Arrow.

    Examples
    --------
    >>> as_arrow({"x": [1.0, 2.0]}).num_rows
    2
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, Mapping):
        return pa.table(dict(data))
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True)
    if nw.get_native_namespace(frame).__name__ == "polars":
        # The order of such categories is that in which the process met them; that of text is the alphabet's.
        frame = frame.with_columns(*(nw.col(name).cast(nw.String) for name in text_of(frame.schema)))
    return frame.to_arrow()


def without_views(schema: Any) -> Any:
    """Return a schema of Arrow with text and bytes for views of these, of which pyarrow cannot take rows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> without_views(pa.schema({"g": pa.string_view(), "x": pa.int8()})).types
    [DataType(large_string), DataType(int8)]
    """
    import pyarrow as pa

    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    return pa.schema([field.with_type(plain.get(field.type, field.type)) for field in schema])


def in_plain_text(table: Any) -> Any:
    """Return a table of Arrow with text and bytes for views of these.

    Examples
    --------
    >>> import pyarrow as pa
    >>> in_plain_text(pa.table({"g": pa.array(["a"], pa.string_view())})).schema.types
    [DataType(large_string)]
    """
    wanted = without_views(table.schema)
    return table if wanted.equals(table.schema) else table.cast(wanted)


def text_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the columns of categories that have no order of their own."""
    return [name for name, dtype in schema.items() if str(dtype) == "Categorical"]
