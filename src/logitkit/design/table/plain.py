"""Columns of a table in numpy's own types, whatever the table has them in."""

from __future__ import annotations

from collections.abc import ItemsView, Mapping
from typing import Any

import numpy as np
import pandas as pd

from logitkit.errors import DataError

__all__ = ["PlainColumns", "is_plain_number", "plain_values"]


class PlainColumns:
    """Columns by name, rows numbered from 0: what a formula asks of a data frame, which costs more to make.

    Parameters
    ----------
    by_name : mapping of str to pandas.Series
        The columns, all of one length.
    n_rows : int
        Number of rows.

    Examples
    --------
    >>> columns = PlainColumns({"x": pd.Series([1.0, 2.0])}, 2)
    >>> "x" in columns.columns, columns["x"].tolist(), len(columns)
    (True, [1.0, 2.0], 2)
    """

    def __init__(self, by_name: Mapping[str, pd.Series], n_rows: int) -> None:
        self.columns = by_name
        self.n_rows = n_rows

    def __len__(self) -> int:
        return self.n_rows

    def __getitem__(self, name: str) -> pd.Series:
        """Return a column."""
        return self.columns[name]

    def items(self) -> ItemsView[str, pd.Series]:
        """Return the columns with their names."""
        return self.columns.items()


def is_plain_number(dtype: Any) -> bool:
    """Tell whether values of a type are numbers, booleans or times as numpy has them.

    Examples
    --------
    >>> is_plain_number(np.dtype(float)), is_plain_number(pd.Int64Dtype())
    (True, False)
    """
    return isinstance(dtype, np.dtype) and dtype.kind in "fiubmM"


def plain_values(column: pd.Series, name: str) -> Any:
    """Return values without missing entries in numpy's own types, text as pandas has it, categories as they are.

    Examples
    --------
    >>> plain_values(pd.Series([1, 2], dtype="Int64"), "x")
    array([1, 2])
    """
    dtype = column.dtype
    if is_plain_number(dtype):
        return column.to_numpy()
    if isinstance(dtype, pd.CategoricalDtype):
        if pd.api.types.infer_dtype(dtype.categories) in {"mixed", "mixed-integer"}:
            raise DataError(_mixed(name, dtype.categories))
        return column.array
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column.array  # as numpy has it, it would lose its zone or become objects
    if isinstance(dtype, pd.SparseDtype):
        return column.array if dtype.fill_value == 0 and dtype.kind in "fiub" else np.asarray(column)
    for is_kind, target in (
        (pd.api.types.is_bool_dtype, bool),
        (pd.api.types.is_integer_dtype, np.int64),
        (pd.api.types.is_float_dtype, np.float64),
    ):
        if not pd.api.types.is_object_dtype(dtype) and is_kind(dtype):
            return column.to_numpy(dtype=target)
    if pd.api.types.is_string_dtype(dtype) and not pd.api.types.is_object_dtype(dtype):
        return column.array if dtype == "str" else column.astype("str").array
    return _plain_objects(pd.Series(column.to_numpy(dtype=object)), name)


def _mixed(name: str, values: Any) -> str:
    kinds = sorted({type(value).__name__ for value in values})
    if len(kinds) == 1:
        return f"Column {name!r} holds {kinds[0]} objects; convert it to numbers or text."
    return f"Column {name!r} mixes {' and '.join(kinds)}; convert it to all numbers or all text."


def _plain_objects(column: pd.Series, name: str) -> Any:
    """Return objects as numbers, dates or text; refuse anything else."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in {"mixed", "mixed-integer"}:
        raise DataError(_mixed(name, column))
    if kind == "boolean":
        return column.to_numpy(dtype=bool)
    if kind in {"integer", "floating", "mixed-integer-float", "decimal"}:
        return column.to_numpy(dtype=np.float64)
    try:
        if kind in {"date", "datetime", "datetime64"}:
            return pd.to_datetime(column).array
        if kind in {"timedelta", "timedelta64"}:
            return pd.to_timedelta(column).to_numpy()
    except ValueError as error:
        raise DataError(f"Column {name!r} holds dates that cannot be interpreted: {error}") from error
    if kind in {"complex", "time", "period"}:
        raise DataError(
            f"Column {name!r} holds {type(column.iloc[0]).__name__} values, which are neither numbers nor categories; "
            "convert them to real numbers or to text."
        )
    return column.to_numpy(dtype=object)
