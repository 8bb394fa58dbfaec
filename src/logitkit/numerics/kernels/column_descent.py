r"""Coordinate descent on a quadratic model whose second derivatives are never summed: by columns of the design.

The model of ``numerics/kernels/coordinate_descent.py`` with :math:`H = X' C X`. The loops hold one number per row,
:math:`s + C X (b - b_0)`, so that a coordinate costs the entries of its column (``docs/maths/penalties.md``,
equation 11). At the minimum these numbers are a dual point.
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = [
    "add_columns",
    "column_sizes",
    "descend_columns",
    "dot_columns",
    "rows_of_columns",
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
            for i in range(indptr[columns[k]], indptr[columns[k] + 1]):
                out[indices[i]] += b * values[i]


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
        for i in range(indptr[columns[k]], indptr[columns[k] + 1]):
            total += values[i] * rows[indices[i]]
        out[k] = total


@compiled
def column_sizes(indptr: IntArray, values: FloatArray, sums: FloatArray, squares: FloatArray) -> None:
    """Write the sums of columns and of their squares.

    Parameters
    ----------
    indptr, values : arrays
        The matrix by columns.
    sums, squares : (p,) array
        Overwritten.
    """
    for j in range(indptr.shape[0] - 1):
        total = squared = 0.0
        for i in range(indptr[j], indptr[j + 1]):
            total += values[i]
            squared += values[i] * values[i]
        sums[j] = total
        squares[j] = squared


@compiled
def rows_of_columns(
    indptr: IntArray, indices: CodeArray, values: FloatArray, columns: IntArray, starts: IntArray
) -> tuple[CodeArray, FloatArray]:
    """Return some columns row by row.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix by columns.
    columns : (m,) int array
        Which; they are numbered from 0.
    starts : (n + 1,) int array
        Overwritten with where each row begins.

    Returns
    -------
    indices, values : arrays
        Column numbers, increasing within a row, and entries.
    """
    n = starts.shape[0] - 1
    starts[:] = 0
    for k in range(columns.shape[0]):
        for i in range(indptr[columns[k]], indptr[columns[k] + 1]):
            starts[indices[i] + 1] += 1
    for i in range(n):
        starts[i + 1] += starts[i]
    next_of = starts[:n].copy()
    own = np.empty(starts[n], dtype=np.int32)
    entries = np.empty(starts[n])
    for k in range(columns.shape[0]):
        for i in range(indptr[columns[k]], indptr[columns[k] + 1]):
            place = next_of[indices[i]]
            own[place] = k
            entries[place] = values[i]
            next_of[indices[i]] = place + 1
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
        for i in range(indptr[columns[k]], indptr[columns[k] + 1]):
            total += weights[indices[i]] * values[i] * values[i]
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
    first, last = indptr[column], indptr[column + 1]
    gradient = 0.0
    for i in range(first, last):
        gradient += values[i] * slope[indices[i]]
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
        row = indices[i]
        slope[row] += curvature[row] * values[i] * change
    return float(abs(change) * bend)
