"""What is given beside the rows of a fit afterwards: clusters, times and other values, one a row of its table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.design.table.extras import ARRAY
from logitkit.design.table.frame import Table, codes_of, is_missing, read_table, row_values
from logitkit.design.table.levels import whole_number_codes
from logitkit.errors import DataError, UnsupportedError
from logitkit.typing import FloatArray, IntArray

__all__ = ["SEVERAL_MOST", "clusters_beside", "clusters_named", "several", "time_keys", "values_beside"]

NO_CODES: IntArray = np.empty(0, dtype=np.int64)
WHOLE_MOST = 2.0**53  # whole numbers up to it are exact
SEVERAL_MOST = 4  # crossed clusterings: their combinations are 15


def values_beside(value: Any, design: Design, role: str) -> tuple[Any, str]:
    """Return values of the rows of a design and their name, given as a column of its table or an array as long.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4], "g": list("abab")}).design
    >>> values, name = values_beside("g", design, "cluster")
    >>> values.tolist(), name
    (['a', 'b', 'a', 'b'], 'g')
    """
    if design.in_chunks:
        raise UnsupportedError(
            f"{role}= needs a value of every row at once, and the rows are read in chunks: read the files into a table."
        )
    if design.table is None:
        if isinstance(value, str):
            raise DataError(
                f"{role}={value!r}: the rows of the fit came as a matrix, so give an array, a value per row."
            )
        n = design.counts.given
        table = Table(None, (), n, None if design.index is None else design.index)
    else:
        table = read_table(design.table)
    series, name = row_values(value, table, role)
    series = series.iloc[design.places]
    missing = is_missing(series)
    if missing.any():
        raise DataError(
            f"{role} ({name}) is missing in {int(np.count_nonzero(missing))} of the rows of the fit. Fill it in, or "
            "fit without these rows."
        )
    return series, name


def several(value: Any) -> list[Any]:
    """Return clusterings one by one: a list of column names or of arrays is several, anything else is one.

    Examples
    --------
    >>> several("firm"), several(["firm", "year"]), several([1, 1, 2])
    (['firm'], ['firm', 'year'], [[1, 1, 2]])
    """
    if not isinstance(value, (list, tuple)) or not value or len(value) > SEVERAL_MOST:
        return [value]
    whole = all(isinstance(each, str) or (hasattr(each, "__len__") and not isinstance(each, bytes)) for each in value)
    return list(value) if whole else [value]


def clusters_beside(value: Any, design: Design) -> tuple[Clusters, ...]:
    """Return one or several clusterings of the rows of a design; of rows that are read in chunks, their names.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4], "g": list("abab")}).design
    >>> clusters_beside("g", design)[0].count
    2
    """
    if design.stream is not None:
        given = several(value)
        design.stream.require_columns(given, "cluster")
        return tuple(Clusters(NO_CODES, 0, name) for name in given)
    found = []
    for each in several(value):
        coded, name = _of_whole_numbers(each, design), ARRAY
        if coded is None:
            series, name = values_beside(each, design, "cluster")
            coded = codes_of(series)
        found.append(Clusters(*coded, name))
    return tuple(found)


def _of_whole_numbers(value: Any, design: Design) -> tuple[IntArray, int] | None:
    """Return the codes of an array of whole numbers for the rows of a design, None for what takes a closer look."""
    is_whole = type(value) is np.ndarray and value.ndim == 1 and value.dtype.kind in "iu"
    return whole_number_codes(value[design.places]) if is_whole and value.size == design.counts.given else None


def clusters_named(names: Sequence[str], design: Design, role: str = "cluster") -> tuple[Clusters, ...]:
    """Return clusterings of the rows of a chunk by the columns of its table, with what each cluster is.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4], "g": list("abab")}).design
    >>> clusters_named(["g"], design)[0].values
    ('a', 'b')
    """
    found = []
    for each in names:
        series, name = values_beside(each, design, role)
        codes, count = codes_of(series)
        first = np.unique(codes, return_index=True)[1]
        found.append(Clusters(codes, count, name, tuple(series.iloc[first].tolist())))
    return tuple(found)


def time_keys(name: str, design: Design) -> FloatArray:
    """Return the times of the rows of a chunk as numbers in the same order: dates are microseconds.

    Examples
    --------
    >>> import logitkit as lk
    >>> time_keys("t", lk.logit("y ~ 1", {"y": [0, 1], "t": [3, 1]}).design).tolist()
    [3.0, 1.0]
    """
    series, _ = values_beside(name, design, "time")
    values = np.asarray(series)
    if values.dtype.kind not in "iufb":
        try:
            if any(isinstance(each, str) for each in values[:1].tolist()):
                raise TypeError
            dates = np.asarray(series, dtype="datetime64[ns]")
        except (TypeError, ValueError) as error:
            raise UnsupportedError(
                f"time={name!r} holds {values[0]!r:.40}, and rows that are read in chunks are sorted by numbers or "
                "dates: give a column of these."
            ) from error
        if (dates.astype(np.int64) % 1_000).any():
            raise UnsupportedError(f"time={name!r} holds times finer than a microsecond: give whole numbers.")
        values = dates.astype("datetime64[us]").astype(np.int64)
    if values.dtype.kind in "iu" and values.size and np.abs(values.astype(np.float64)).max() > WHOLE_MOST:
        raise UnsupportedError(f"time={name!r} holds whole numbers beyond 2^53, which differ in their last digits.")
    return values.astype(np.float64)
