"""Designs from a ready matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.design import Design, RowCounts
from logitkit.design.formula.terms import INTERCEPT, ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.binary import missing_outcome
from logitkit.design.response.reading import BinaryReader, OutcomeReader, RowsUsed
from logitkit.design.table.checks import require_weight_kind
from logitkit.design.table.extras import ARRAY, Extras, offset_role
from logitkit.design.table.frame import Table, is_missing, numeric_values, read_table, row_values
from logitkit.design.table.names import stated_names
from logitkit.errors import DataError, nearest_name
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import BoolArray, WeightKind

__all__ = ["as_matrix", "labelled_rows", "missing_rows", "ready_design"]

ROWS_AT_ONCE = 262_144  # of one column that are looked at by a thread


def ready_design(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    weights: Any = None,
    weight_kind: WeightKind = "frequency",
    cluster: Any = None,
    reader: OutcomeReader | None = None,
) -> Design:
    """Build the design of a fit on a matrix that holds its own intercept.

    Examples
    --------
    >>> design = ready_design(np.ones((2, 1)), [0, 1], names=["Intercept"])
    >>> design.info.intercept
    0
    """
    reader = reader or BinaryReader()
    matrix, own_names, index = as_matrix(X)
    n, p = matrix.n_rows, matrix.n_columns
    if names is None:
        names = own_names or tuple(f"x{j}" for j in range(p))
    labels = stated_names(names, p)
    if n == 0 or p == 0:
        raise DataError(f"X has shape {(n, p)}: there is nothing to fit.")
    if INTERCEPT in labels and not _all_ones(matrix, labels.index(INTERCEPT)):
        raise DataError(f"The column called {INTERCEPT!r} is not all ones; rename it, or make it all ones.")
    require_weight_kind(weight_kind, given=weights is not None)
    labelled = labelled_rows(y, n, index)
    values = _outcome(y, labelled)
    if missing_outcome(values).any():
        raise DataError("y has missing values; drop those rows, or use a formula, which drops and counts such rows.")
    given = {"weights": weights, "offset": reader.offset, "cluster": cluster}
    given |= {offset_role(outcome): value for outcome, value in reader.offsets.items()}
    for role, value in given.items():
        if isinstance(value, str):
            raise DataError(f"{role}={value!r}: with a ready matrix give an array, one value per row.")
    series = {role: row_values(value, labelled, role)[0] for role, value in given.items() if value is not None}
    extras = Extras(series, dict.fromkeys(series, ARRAY))
    for name, where in extras.missing().items():
        first, count = int(np.argmax(where)), int(where.sum())
        raise DataError(f"The values of {name} are nan in row {first} (from 0), {count} in all; drop those rows.")
    positions = np.arange(n)
    response, response_info = reader.read(values, "y", RowsUsed(extras, positions, weight_kind, None))
    if series:
        response_info = replace(
            response_info,
            weights=None if weights is None else ARRAY,
            offset=None if reader.offset is None else ARRAY,
            cluster=None if cluster is None else ARRAY,
            weight_kind=weight_kind,
        )
    return Design(
        matrix, response, DesignInfo(labels, ColumnTerms(labels), response_info), RowCounts(n), positions, index
    )


def _outcome(y: Any, labelled: Table) -> Any:
    """Return the outcome of each row; numbers in an array are what they are, and need no table to be read."""
    if type(y) is np.ndarray and y.dtype.kind in "fiub" and y.shape == (labelled.n_rows,):
        return y
    values, _ = row_values(y, labelled, "y")
    return read_table({"y": values}).frame(["y"], None)["y"]


def labelled_rows(y: Any, n_rows: int, index: Any) -> Table:
    """Return the rows of a ready matrix as a table without columns, beside which values of each row can be read.

    Parameters
    ----------
    y : (n,) array-like
        Outcome, whose labels count where the matrix has none.
    n_rows : int
        Number of rows.
    index : object
        Row labels of the matrix, or None.

    Returns
    -------
    Table
        No columns.
    """
    own = getattr(y, "index", None)  # of a Series its labels, of a list a method
    return Table(None, (), n_rows, own if index is None and not callable(own) else index)


def as_matrix(X: Any, expected: Sequence[str] | None = None) -> tuple[Matrix, tuple[str, ...] | None, Any]:
    """Return a matrix, its column names if it has any, and its row labels."""
    if hasattr(X, "tocsr"):
        from logitkit.design.matrix.sparse import sparse_matrix

        sparse = sparse_matrix(X)
        _require_width(sparse.n_columns, expected)
        return sparse, None, None
    if isinstance(X, np.ma.MaskedArray) and np.ma.getmaskarray(X).any():
        raise DataError("X is a masked array with masked entries; drop those rows, and give a plain array.")
    if isinstance(X, np.ndarray):
        array, names, index = X, None, None
    elif hasattr(X, "columns"):
        table = read_table(X)
        labels = table.names if expected is None else tuple(expected)
        for label in labels:
            if label not in table:
                raise DataError(f"X has no column {label!r}. {nearest_name(label, table.names)}")
        columns = [numeric_values(table.column(label), f"Column {label!r} of X") for label in labels]
        array = np.column_stack(columns) if columns else np.empty((table.n_rows, 0))
        names, index = labels, table.index
    else:
        array, names, index = np.asarray(X), None, None
    if array.ndim != 2:
        raise DataError(f"X has shape {array.shape}; it must have two dimensions, rows and columns.")
    if array.dtype.kind not in "fiub":
        raise DataError(f"X holds {array.dtype}; a ready matrix must be numbers. For text or categories use a formula.")
    _require_width(array.shape[1], expected)
    return Dense(array), names, index


def missing_rows(matrix: Matrix) -> BoolArray:
    """Return which rows of a ready matrix have a missing value."""
    if isinstance(matrix, Dense):
        return np.asarray(np.any(is_missing(matrix.array), axis=1), dtype=bool)
    entries = matrix.to_sparse().tocoo()
    out = np.zeros(matrix.n_rows, dtype=bool)
    out[entries.coords[0][np.isnan(entries.data)]] = True
    return out


def _require_width(n_columns: int, expected: Sequence[str] | None) -> None:
    if expected is not None and n_columns != len(expected):
        raise DataError(f"X has {n_columns} columns and the model has {len(expected)}; they must agree.")


def _all_ones(matrix: Matrix, column: int) -> bool:
    """Tell whether every value of a column is one."""
    if isinstance(matrix, Dense):
        values = matrix.array[:, column]  # far apart in memory
        if matrix.n_rows <= ROWS_AT_ONCE:
            return bool((values == 1).all())
        blocks = range(0, matrix.n_rows, ROWS_AT_ONCE)
        return all(ordered_map(lambda k: bool((values[blocks[k] : blocks[k] + ROWS_AT_ONCE] == 1).all()), len(blocks)))
    values = matrix.columns(np.array([column])).to_sparse().data
    return values.size == matrix.n_rows and bool(np.all(values == 1))
