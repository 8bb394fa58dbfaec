r"""Coordinate descent on a quadratic model whose second derivatives are never summed: by columns of the design.

The model of ``numerics/kernels/coordinate_descent.py`` with :math:`H = X' C X`. The loops hold one number per row,
:math:`s + C X (b - b_0)`, so that a coordinate costs the entries of its column (``docs/maths/penalties.md``,
equation 11). At the minimum these numbers are a dual point.

Entries and rows are counted in unsigned numbers: of others numba asks at each whether it is negative, which is a fifth
of the time.
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = [
    "add_columns",
    "column_sizes",
    "columns_of_rows",
    "count_columns",
    "descend_columns",
    "dot_columns",
    "joined_rows",
    "reaching",
    "weighted_squares",
]


@compiled
def add_columns(
    indptr: IntArray, indices: CodeArray, values: FloatArray, columns: IntArray, coef: FloatArray, out: FloatArray
) -> None:
    """Add a combination of some columns: ``out += sum_k coef[k] x[:, columns[k]]``.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix by columns.
    columns : (m,) int array
        Which.
    coef : (m,) array
        A number each.
    out : (n,) array
        Added to.
    """
    for k in range(columns.shape[0]):
        b = coef[k]
        if b != 0.0:
            for i in range(np.uint64(indptr[columns[k]]), np.uint64(indptr[columns[k] + 1])):
                out[np.uint32(indices[i])] += b * values[i]


@compiled
def dot_columns(
    indptr: IntArray, indices: CodeArray, values: FloatArray, columns: IntArray, rows: FloatArray, out: FloatArray
) -> None:
    """Write the products of some columns with one number per row.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix by columns.
    columns : (m,) int array
        Which.
    rows : (n,) array
        One a row.
    out : (m,) array
        Overwritten.
    """
    for k in range(columns.shape[0]):
        total = 0.0
        for i in range(np.uint64(indptr[columns[k]]), np.uint64(indptr[columns[k] + 1])):
            total += values[i] * rows[np.uint32(indices[i])]
        out[k] = total


@compiled
def column_sizes(
    indptr: IntArray, values: FloatArray, sums: FloatArray, squares: FloatArray, heights: FloatArray
) -> None:
    """Write the sums of columns, of their squares and of their absolute values.

    Parameters
    ----------
    indptr, values : arrays
        The matrix by columns.
    sums, squares, heights : (p,) array
        Overwritten.
    """
    for j in range(indptr.shape[0] - 1):
        total = squared = height = 0.0
        for i in range(np.uint64(indptr[j]), np.uint64(indptr[j + 1])):
            total += values[i]
            squared += values[i] * values[i]
            height += abs(values[i])
        sums[j] = total
        squares[j] = squared
        heights[j] = height


@compiled
def reaching(  # noqa: PLR0917 - arrays and scalars only
    found: FloatArray,
    lengths: FloatArray,
    sums: FloatArray,
    heights: FloatArray,
    spread: float,
    mean: float,
    peak: float,
    limit: FloatArray,
    share: float,
) -> IntArray:
    """Return the columns whose product may reach a limit.

    Parameters
    ----------
    found : (p,) array
        Products that may be off.
    lengths, sums, heights : (p,) array
        By at most ``spread * lengths + mean * sums``, and by at most ``peak * heights``.
    spread, mean, peak : float
        See there.
    limit : (p,) array
        Of the size of the product.
    share : float
        Of the limit: what counts as reaching it.

    Returns
    -------
    (k,) int array
        Increasing; a product that is not a number may be anything.
    """
    index = np.empty(found.shape[0], dtype=np.int64)
    count = 0
    for j in range(found.shape[0]):
        if not abs(found[j]) + min(spread * lengths[j] + mean * sums[j], peak * heights[j]) < share * limit[j]:
            index[count] = j
            count += 1
    return index[:count]


@compiled
def count_columns(indices: CodeArray, out: IntArray) -> None:
    """Write how many entries each column has.

    Parameters
    ----------
    indices : (nnz,) int array
        Column numbers.
    out : (p,) int array
        Overwritten.
    """
    out[:] = 0
    for i in range(indices.shape[0]):
        out[np.uint32(indices[i])] += 1


@compiled
def columns_of_rows(
    indptr: IntArray,
    indices: CodeArray,
    values: FloatArray,
    scale: FloatArray,
    first: int,
    next_of: IntArray,
    rows: CodeArray,
    entries: FloatArray,
) -> None:
    """Write rows of a matrix by columns, each divided by its scale.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix by rows.
    scale : (p,) array
        One a column.
    first : int
        Number of the first row.
    next_of : (p,) int array
        Where the next entry of each column is written; moved.
    rows, entries : arrays
        Written with row numbers, increasing within a column, and entries.
    """
    for row in range(indptr.shape[0] - 1):
        for i in range(np.uint64(indptr[row]), np.uint64(indptr[row + 1])):
            column = np.uint32(indices[i])
            place = np.uint64(next_of[column])
            rows[place] = first + row
            entries[place] = values[i] / scale[column]
            next_of[column] += 1


@compiled
def joined_rows(
    indptr: IntArray,
    indices: CodeArray,
    values: FloatArray,
    columns: IntArray,
    before: tuple[IntArray, CodeArray, FloatArray],
    number: IntArray,
    starts: IntArray,
) -> tuple[CodeArray, FloatArray]:
    """Return columns row by row: some of those that there are already, and more.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix by columns.
    columns : (m,) int array
        Those that join; they are numbered after the others.
    before : (starts, indices, values)
        k columns row by row.
    number : (k,) int array
        Their numbers from now on, increasing; -1 for those that leave.
    starts : (n + 1,) int array
        Overwritten with where each row begins.

    Returns
    -------
    indices, values : arrays
        Column numbers, increasing within a row, and entries.
    """
    n, kept = starts.shape[0] - 1, 0
    for k in range(number.shape[0]):
        kept += number[k] >= 0
    old_starts, old_indices, old_values = before
    starts[:] = 0
    for k in range(columns.shape[0]):
        for i in range(np.uint64(indptr[columns[k]]), np.uint64(indptr[columns[k] + 1])):
            starts[np.uint64(np.uint32(indices[i])) + np.uint64(1)] += 1
    for row in range(n):
        for i in range(np.uint64(old_starts[row]), np.uint64(old_starts[row + 1])):
            starts[row + 1] += number[np.uint32(old_indices[i])] >= 0
        starts[row + 1] += starts[row]
    next_of = starts[:n].copy()
    own, entries = np.empty(starts[n], dtype=np.int32), np.empty(starts[n])
    for row in range(n):
        place = next_of[row]
        for i in range(np.uint64(old_starts[row]), np.uint64(old_starts[row + 1])):
            k = number[np.uint32(old_indices[i])]
            if k >= 0:
                own[place], entries[place] = k, old_values[i]
                place += 1
        next_of[row] = place
    for k in range(columns.shape[0]):
        for i in range(np.uint64(indptr[columns[k]]), np.uint64(indptr[columns[k] + 1])):
            where = np.uint32(indices[i])
            place = next_of[where]
            own[place], entries[place] = kept + k, values[i]
            next_of[where] = place + 1
    return own, entries


@compiled
def weighted_squares(
    indptr: IntArray, indices: CodeArray, values: FloatArray, columns: IntArray, weights: FloatArray, out: FloatArray
) -> None:
    """Write the weighted sum of squares of some columns.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix by columns.
    columns : (m,) int array
        Which.
    weights : (n,) array
        One a row.
    out : (m,) array
        Written.
    """
    for k in range(columns.shape[0]):
        total = 0.0
        for i in range(np.uint64(indptr[columns[k]]), np.uint64(indptr[columns[k] + 1])):
            total += weights[np.uint32(indices[i])] * values[i] * values[i]
        out[k] = total


@compiled
def descend_columns(  # noqa: PLR0917 - arrays and scalars only
    indptr: IntArray,
    indices: CodeArray,
    values: FloatArray,
    columns: IntArray,
    curvature: FloatArray,
    slope: FloatArray,
    squares: FloatArray,
    coef: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    tol: float,
    max_sweeps: int,
) -> tuple[int, float]:
    r"""Minimise the model one coordinate at a time, cycling over those that are not zero until they rest.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix by columns.
    columns : (m,) int array
        Those in use.
    curvature : (n,) array
        C, of each row.
    slope : (n,) array
        s, of each row; becomes :math:`s + C X (b - b_0)`.
    squares : (m,) array
        Diagonal of :math:`X' C X`.
    coef, l1, l2, lower, upper : (m,) array
        First iterate, overwritten; strengths and bounds.
    tol : float
        Stop when a sweep over all coordinates meets no condition that was off by more than this.
    max_sweeps : int
        Largest number of sweeps, of all coordinates or of those that are not zero.

    Returns
    -------
    sweeps : int
        How many were made.
    off : float
        What the last sweep over all coordinates met.
    """
    m = columns.shape[0]
    active = np.empty(m, dtype=np.int64)
    sweeps = 0
    off = np.inf
    while sweeps < max_sweeps:
        off = 0.0
        n_active = 0
        for k in range(m):
            moved = _visit(
                indptr, indices, values, columns[k], k, curvature, slope, squares, coef, l1, l2, lower, upper
            )
            off = max(off, moved)
            if coef[k] != 0.0 or l1[k] == 0.0:
                active[n_active] = k
                n_active += 1
        sweeps += 1
        if off <= tol:
            break
        while sweeps < max_sweeps:
            inner = 0.0
            for a in range(n_active):
                k = active[a]
                moved = _visit(
                    indptr, indices, values, columns[k], k, curvature, slope, squares, coef, l1, l2, lower, upper
                )
                inner = max(inner, moved)
            sweeps += 1
            if inner <= 0.5 * tol:
                break
    return sweeps, off


@compiled
def _visit(  # noqa: PLR0917 - arrays and scalars only
    indptr: IntArray,
    indices: CodeArray,
    values: FloatArray,
    column: int,
    k: int,
    curvature: FloatArray,
    slope: FloatArray,
    squares: FloatArray,
    coef: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> float:
    """Set one coordinate to its minimum, and return by how much its condition was off."""
    bend = squares[k] + l2[k]
    if bend <= 0.0:
        return 0.0
    first, last = np.uint64(indptr[column]), np.uint64(indptr[column + 1])
    gradient = 0.0
    for i in range(first, last):
        gradient += values[i] * slope[np.uint32(indices[i])]
    pull = squares[k] * coef[k] - gradient
    new = 0.0
    if pull > l1[k]:
        new = (pull - l1[k]) / bend
    elif pull < -l1[k]:
        new = (pull + l1[k]) / bend
    new = min(max(new, lower[k]), upper[k])
    change = new - coef[k]
    if change == 0.0:
        return 0.0
    coef[k] = new
    for i in range(first, last):
        row = np.uint32(indices[i])
        slope[row] += curvature[row] * values[i] * change
    return float(abs(change) * bend)
