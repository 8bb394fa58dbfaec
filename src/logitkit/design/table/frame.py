"""Tables of any kind, read column by column into pandas without touching the caller's data.

Code specific to pandas, polars, Arrow or files is here, but for what brings columns to NumPy's types (``plain.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.table.levels import Coded, is_ordered
from logitkit.design.table.names import require_distinct_names, require_text_names
from logitkit.design.table.plain import PlainColumns, is_plain_number, plain_values
from logitkit.errors import DataError, nearest_name
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "Table",
    "as_levels",
    "coded_values",
    "declared_order",
    "holds_numbers",
    "is_missing",
    "is_number",
    "labelled",
    "levels_of",
    "read_table",
    "with_levels",
]

SHARED = int(pd.__version__.partition(".")[0]) < 3  # whether a copy that is not deep shares what is written into it


class Table:
    """Columns of a table by name, with the number of rows and the table's own row labels.

    Parameters
    ----------
    native : object
        What the caller gave, kept as it is.
    names : sequence of str
        Column names.
    n_rows : int
        Number of rows.
    index : pandas.Index or None
        Row labels, for a pandas frame.
    """

    def __init__(self, native: Any, names: Sequence[str], n_rows: int, index: pd.Index | None) -> None:
        self.native = native
        self.names = tuple(names)
        self.n_rows = n_rows
        self.index = index
        self._known = frozenset(names)
        self._columns: dict[str, pd.Series] = {}

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a column of that name."""
        return name in self._known

    def column(self, name: str) -> pd.Series:
        """Return one column as a pandas Series, or raise an error that names the nearest."""
        if name not in self._known:
            raise DataError(f"There is no column {name!r}. {nearest_name(name, self.names)}")
        if name not in self._columns:  # read once: other libraries' columns are brought to pandas here
            column = self.native[name] if self.index is not None else _to_pandas(self.native.get_column(name))
            if not name.strip():
                raise DataError(f"Column {self.names.index(name) + 1} of the table has no name; give it one.")
            if isinstance(column, pd.DataFrame):
                raise DataError(f"There are {column.shape[1]} columns called {name!r}; rename them.")
            self._columns[name] = pd.Series(column) if not isinstance(column, pd.Series) else column
        return self._columns[name]

    def missing(self, names: Sequence[str]) -> dict[str, BoolArray]:
        """Return where each of the named columns is missing, for those that are somewhere."""
        out = {}
        for name in names:
            where = is_missing(self.column(name))
            if where.any():
                out[name] = where
        return out

    def frame(self, names: Sequence[str], positions: IntArray | None) -> pd.DataFrame:
        """Return the named columns at the given rows in plain numpy types, with rows numbered from 0."""
        columns = {}
        for name in names:
            column = self.column(name)
            if positions is not None:
                column = column.iloc[positions]
            columns[name] = plain_values(column, name)
        n_rows = self.n_rows if positions is None else positions.size
        return pd.DataFrame(columns, index=pd.RangeIndex(n_rows), copy=False)

    def plain_columns(self, names: Sequence[str], positions: IntArray | None) -> PlainColumns:
        """Return what ``frame`` does, without a data frame: a formula asks for one column at a time."""
        if positions is not None or not _counts_from_zero(self.index):
            frame = self.frame(names, positions)
            return PlainColumns({name: frame[name] for name in names}, len(frame))
        rows = pd.RangeIndex(self.n_rows)
        columns = {}
        for name in names:
            column = self.column(name).copy(deep=SHARED)  # a function of the formula may write into it
            if not is_plain_number(column.dtype):
                column = pd.Series(plain_values(column, name), rows, name=name, copy=False)
            columns[name] = column
        return PlainColumns(columns, self.n_rows)


def _counts_from_zero(index: pd.Index | None) -> bool:
    """Tell whether row labels are the numbers of the rows."""
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None


def read_table(data: Any) -> Table:
    """Return a view of any table: pandas, polars, Arrow, another that narwhals reads, or a dict of columns.

    Examples
    --------
    >>> read_table({"x": [1, 2], "y": [0, 1]}).names
    ('x', 'y')
    """
    if isinstance(data, pd.DataFrame):
        names = data.columns.tolist()
        require_text_names(names)
        return Table(data, names, len(data), data.index)
    if isinstance(data, np.ndarray) and data.dtype.names:  # records
        data = {name: data[name] for name in data.dtype.names}
    if isinstance(data, Mapping):
        _require_one_index(data)
        if data and all(
            isinstance(values, (str, bytes)) or not hasattr(values, "__iter__") for values in data.values()
        ):
            first = next(iter(data))
            raise DataError(
                f"The dict holds single values, such as {first!r}: {data[first]!r:.40}, not columns. For one row put "
                f"each value into a list: {{{first!r}: [{data[first]!r:.40}], ...}}."
            )
        try:
            frame = pd.DataFrame({name: _vector(values) for name, values in data.items()})
        except ValueError as error:
            sizes = ", ".join(f"{name}: {np.shape(values)}" for name, values in data.items())
            raise DataError(f"The columns of the dict do not form a table ({error}). Sizes: {sizes}.") from error
        require_text_names(frame.columns)
        return Table(frame, list(frame.columns), len(frame), frame.index)
    import narwhals as nw

    if type(data).__name__ == "RecordBatch" and hasattr(data, "schema"):  # of Arrow: a table of one batch
        data = nw.from_arrow(data, backend="pyarrow").to_native()
    require_distinct_names(getattr(data, "column_names", ()))  # an Arrow table may have two of a name
    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError as error:
        raise DataError(
            f"data is a {type(data).__module__}.{type(data).__qualname__}, which is not a table in memory. "
            "Give a pandas, polars or Arrow table, or a dict of columns; collect a lazy frame first."
        ) from error
    return Table(frame, frame.columns, len(frame), None)


def is_missing(values: Any) -> BoolArray:
    """Return where values are missing: None, NaN, NaT or NA."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":  # as pandas finds it, without what it wraps around it
        if dtype.kind != "f":
            return np.zeros(np.shape(values), dtype=bool)
        where: BoolArray = np.isnan(values.to_numpy() if isinstance(values, pd.Series) else np.asarray(values))
        return where
    return np.asarray(pd.isna(values), dtype=bool)


def levels_of(values: Any) -> list[Any]:
    """Return the distinct values that occur, in categorical order if there is one, else sorted."""
    series = pd.Series(values)
    if isinstance(series.dtype, pd.CategoricalDtype):
        present = set(series.unique())
        return [level for level in series.cat.categories.tolist() if level in present]
    distinct = series.unique().tolist()
    try:
        return sorted(distinct)
    except TypeError:
        return sorted(distinct, key=lambda value: (type(value).__name__, str(value)))


def coded_values(values: Any, name: str | None = None) -> Coded:
    """Return values as codes of their levels: those of a categorical as they are, others sorted; lists are refused."""
    stored = values.array if isinstance(values, (pd.Series, pd.Index)) else values
    if isinstance(stored, pd.Categorical):
        return Coded(stored.codes, stored.categories.tolist(), declared=True)
    try:
        found = pd.Categorical(pd.Series(values))
    except TypeError as error:  # from the table of hashes
        one = next((value for value in values if isinstance(value, list | dict | set | np.ndarray)), None)
        raise DataError(
            f"{'A column' if name is None else repr(name)} has values of type {type(one).__name__}, for example "
            f"{one!r:.40}; levels are text, numbers, booleans or dates."
        ) from error
    return Coded(found.codes, found.categories.tolist(), declared=False)


def with_levels(values: Any, levels: Sequence[Any]) -> Any:
    """Return values as ordered categories of these levels."""
    return pd.Series(pd.Categorical(pd.Series(values).astype(object), categories=list(levels), ordered=True))


def labelled(codes: Any, levels: Sequence[tuple[int, str]]) -> Any:
    """Return codes as categories: of each level its code and its name, in order; codes of no level are missing.

    Examples
    --------
    >>> labelled([2, 0, 1], [(2, "high"), (0, "low")]).tolist()
    ['high', 'low', nan]
    """
    given = np.asarray(codes)
    places = np.full(max(int(given.max(initial=0)), *(code for code, _ in levels)) + 1, -1, dtype=np.int32)
    for place, (code, _) in enumerate(levels):
        places[code] = place
    return pd.Series(pd.Categorical.from_codes(places[given], pd.Index([name for _, name in levels])))


def declared_order(values: Any) -> list[Any] | None:
    """Return the categories of values of any library in the order that was declared to mean something; None without.

    Examples
    --------
    >>> declared_order(pd.Categorical(["low", "top"], ["top", "low"], ordered=True)), declared_order(["low", "top"])
    (['top', 'low'], None)
    """
    column = _vector(values)
    return list(column.dtype.categories.tolist()) if is_ordered(column) else None


def as_levels(levels: Any) -> list[Any]:
    """Return levels as a categorical has them, refusing missing ones and those that are given twice."""
    return list(pd.CategoricalDtype(levels).categories.tolist())


def row_values(value: Any, table: Table, role: str) -> tuple[pd.Series, str]:
    """Return weights, offset or clusters given as a column name or as an array aligned with the table."""
    if isinstance(value, str):
        if value not in table:
            raise DataError(f"{role}={value!r}: there is no such column. {nearest_name(value, table.names)}")
        return table.column(value), value
    if isinstance(value, pd.Series):
        if table.index is not None and len(value) == table.n_rows and not value.index.equals(table.index):
            raise DataError(
                f"{role} is a Series whose index differs from that of the table; rows could be mispaired. Reindex it "
                f"to the table, or pass {role}.to_numpy() if the order is right."
            )
        series = value
    else:
        column = _vector(value)
        shape: tuple[int, ...] = (len(column),) if isinstance(column, list) else np.shape(column)
        if len(shape) == 2 and shape[1] == 1:  # a table or a matrix of one column is that column
            column = column.iloc[:, 0] if isinstance(column, pd.DataFrame) else column[:, 0]
            return row_values(column, table, role)
        if len(shape) != 1:
            raise DataError(f"{role} has shape {shape}; give one value per row.")
        series = pd.Series(column)
    if len(series) != table.n_rows:
        if role == "cluster" and len(series) and all(isinstance(name, str) and name in table for name in series):
            raise DataError(
                f"cluster={list(series)!r} names several columns; a fit takes one. Clusters that cross are for "
                "fit.robust('cluster', cluster=[...])."
            )
        raise DataError(f"{role} has {len(series)} values and the table has {table.n_rows} rows; they must agree.")
    return series, "<array>"


def numeric_values(series: pd.Series, role: str) -> FloatArray:
    """Return a column as float64 with missing values as nan, or refuse text, dates and other objects."""
    if isinstance(series.dtype, pd.SparseDtype):
        series = pd.Series(np.asarray(series), index=series.index)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiub":
        return series.to_numpy(dtype=np.float64)
    missing = is_missing(series)
    out = np.full(len(series), np.nan)
    if missing.all():
        return out
    present = series[~missing]
    values = None if isinstance(series.dtype, pd.CategoricalDtype) else plain_values(present, role)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
        raise DataError(f"{role} must be numeric; its values are {series.dtype}, for example {present.iloc[0]!r}.")
    out[~missing] = values
    return out


def is_number(values: Any) -> bool:
    """Tell whether a column holds numbers with an order, rather than levels or booleans."""
    kind = values.dtype
    return bool(pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind))


def holds_numbers(values: Any) -> bool:
    """Tell whether a column holds numbers with an order, as objects too: whole numbers, floats or decimals of Python.

    Examples
    --------
    >>> holds_numbers(pd.Series([30, None], dtype=object)), holds_numbers(pd.Series([True, None], dtype=object))
    (True, False)
    """
    if not pd.api.types.is_object_dtype(values.dtype):
        return is_number(values)
    return pd.api.types.infer_dtype(values, skipna=True) in {"integer", "floating", "mixed-integer-float", "decimal"}


def codes_of(column: Any) -> tuple[IntArray, int]:
    """Return integer codes of the distinct values and how many there are."""
    values = getattr(column, "array", column)  # of a series an index of the levels would be made
    try:
        codes, levels = pd.factorize(values)
    except TypeError as error:
        wanted = "cluster must be one value per row; the values are of type"
        raise DataError(f"{wanted} {type(values[0]).__name__}, for example {values[0]!r}.") from error
    return codes.astype(np.int64), len(levels)


def _vector(values: Any) -> Any:
    """Bring array-likes that pandas does not know (polars and Arrow columns, tuples) to something it does."""
    if isinstance(values, np.ma.MaskedArray):
        if not np.ma.getmaskarray(values).any():
            return np.asarray(values.data)
        kind = np.float64 if values.dtype.kind in "fiub" else object
        return np.where(np.ma.getmaskarray(values), np.nan, values.data.astype(kind))
    if isinstance(values, (pd.Series, pd.DataFrame, pd.api.extensions.ExtensionArray, pd.Index, np.ndarray, list)):
        return values
    if hasattr(values, "to_pandas"):
        import narwhals as nw

        column = nw.from_native(values, series_only=True, pass_through=True)
        return _to_pandas(column) if isinstance(column, nw.Series) else values.to_pandas()
    return np.asarray(values)


def _to_pandas(column: Any) -> pd.Series:
    """Return a narwhals column as a pandas Series, with an order of categories that depends on the data alone.

    Numbers without gaps are not copied, and whole numbers with gaps stay whole: they may be names of levels. An Arrow
    dictionary keeps its order. A polars Categorical has none but the alphabet's: what polars hands over is the order
    in which the process first met the values, and a reference level must not depend on that.
    """
    import narwhals as nw

    if column.dtype.is_integer() or column.dtype in (nw.Float64, nw.Float32):
        gaps = column.null_count() > 0
        if not gaps:
            return pd.Series(column.to_numpy(), copy=False)
        if column.dtype.is_integer():
            return pd.Series(pd.arrays.IntegerArray(column.fill_null(0).to_numpy(), column.is_null().to_numpy()))
    if column.dtype != nw.Categorical:
        return pd.Series(column.to_pandas())
    native = column.to_native()
    if nw.get_native_namespace(column).__name__ == "pyarrow":
        return pd.Series(native.to_pandas())
    series = pd.Series(column.to_pandas())
    return series.cat.set_categories(sorted(series.cat.categories))


def _require_one_index(columns: Mapping[str, Any]) -> None:
    """Refuse Series with different labels: pandas would match them by label and leave gaps."""
    labelled = {name: values for name, values in columns.items() if isinstance(values, pd.Series)}
    for first, name in zip(list(labelled)[:1] * len(labelled), labelled, strict=True):
        if len(labelled[name]) == len(labelled[first]) and not labelled[name].index.equals(labelled[first].index):
            raise DataError(
                f"The columns {first!r} and {name!r} are Series whose indices differ; rows could be mispaired. Reindex "
                "one to the other, or give .to_numpy() if the order is right."
            )
