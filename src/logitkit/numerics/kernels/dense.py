"""What is done with the rows of a dense matrix and is no product: scaling them, and sums of columns and squares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.numerics.kernels import compiled, compiled_sum
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "add_by_code",
    "add_moments",
    "add_row_sums",
    "copy_columns",
    "row_products",
    "scale_both",
    "scale_rows",
    "write_dots",
    "write_weighted",
]

COPIED = 128  # rows of which columns are copied together: their pages of memory are looked up once


@compiled
def scale_rows(array: FloatArray, weights: FloatArray, out: NDArray[Any]) -> None:
    """Write ``sqrt(weights[i]) * array[i, j]`` to ``out``, which may have fewer columns."""
    for i in range(out.shape[0]):
        root = math.sqrt(weights[i])
        for j in range(out.shape[1]):
            out[i, j] = root * array[i, j]


@compiled
def scale_both(array: FloatArray, weights: FloatArray, shares: FloatArray, out: NDArray[Any]) -> None:
    """Write ``sqrt(weights[i]) * array[i, j] * shares[j]`` to ``out``."""
    for i in range(out.shape[0]):
        root = math.sqrt(weights[i])
        for j in range(shares.shape[0]):
            out[i, j] = root * array[i, j] * shares[j]


@compiled_sum
def add_by_code(codes: IntArray, scale: FloatArray, cells: FloatArray, out: FloatArray) -> None:
    """Add each row of numbers, times its factor, to the row of ``out`` that its code names.

    Parameters
    ----------
    codes : (n,) int array
        From 0, less than G.
    scale : (n,) array
        One factor per row.
    cells : (n, q) array
        In C order.
    out : (G, q) array
        Added to.
    """
    for i in range(codes.shape[0]):
        code, factor = codes[i], scale[i]
        for j in range(cells.shape[1]):
            out[code, j] += factor * cells[i, j]


@compiled_sum
def add_moments(array: FloatArray, weights: FloatArray, first: FloatArray, second: FloatArray) -> None:
    """Add the weighted sums of columns and of their squares, in one reading.

    Parameters
    ----------
    array : (n, p) array
        Rows, in C order for speed.
    weights : (n,) array
        One a row.
    first, second : (p,) array
        Added to.
    """
    whole = array.shape[0] // 2 * 2
    for i in range(0, whole, 2):
        w, v = weights[i], weights[i + 1]
        for j in range(array.shape[1]):
            x, z = array[i, j], array[i + 1, j]
            first[j] += w * x + v * z
            second[j] += w * x * x + v * z * z
    for i in range(whole, array.shape[0]):
        for j in range(array.shape[1]):
            first[j] += weights[i] * array[i, j]
            second[j] += weights[i] * array[i, j] * array[i, j]


@compiled_sum
def row_products(rows: FloatArray, vector: FloatArray) -> FloatArray:
    """Return the product of each row with a vector.

    Parameters
    ----------
    rows : (n, p) array
        In C order.
    vector : (p,) array
        One number a column.

    Returns
    -------
    (n,) array
        A row gives the same bits wherever it stands.
    """
    out = np.empty(rows.shape[0])
    for i in range(rows.shape[0]):
        total = 0.0
        for j in range(vector.shape[0]):
            total += rows[i, j] * vector[j]
        out[i] = total
    return out


@compiled_sum
def write_dots(rows: FloatArray, index: IntArray, vector: FloatArray, out: FloatArray) -> None:
    """Write the products of some rows with a vector.

    Parameters
    ----------
    rows : (m, n) array
        In C order.
    index : (k,) int array
        Which.
    vector : (n,) array
        One number a column.
    out : (k,) array
        Overwritten.
    """
    for k in range(index.shape[0]):
        row = rows[index[k]]
        total = 0.0
        for i in range(vector.shape[0]):
            total += row[i] * vector[i]
        out[k] = total


@compiled
def copy_columns(array: FloatArray, index: IntArray, out: FloatArray) -> None:
    """Write some columns one after another.

    Parameters
    ----------
    array : (n, p) array
        Rows, in C order.
    index : (k,) int array
        Which.
    out : (k, n) array
        Overwritten.
    """
    for first in range(0, array.shape[0], COPIED):
        for k in range(index.shape[0]):
            j, column = index[k], out[k]
            for i in range(first, min(first + COPIED, array.shape[0])):
                column[i] = array[i, j]


@compiled_sum
def add_row_sums(array: FloatArray, vector: FloatArray, out: FloatArray) -> None:
    """Add the product of the transpose with a vector: ``out[j] += sum_i vector[i] x_ij``.

    Parameters
    ----------
    array : (n, q) array
        Rows, in C order, of which the first p numbers are those of the matrix.
    vector : (n,) array
        One number a row.
    out : (p,) array
        Added to.
    """
    whole = vector.shape[0] // 4 * 4
    for i in range(0, whole, 4):
        first, second, third, fourth = vector[i], vector[i + 1], vector[i + 2], vector[i + 3]
        for j in range(out.shape[0]):
            low, high = (
                first * array[i, j] + second * array[i + 1, j],
                third * array[i + 2, j] + fourth * array[i + 3, j],
            )
            out[j] += low + high
    for i in range(whole, vector.shape[0]):
        for j in range(out.shape[0]):
            out[j] += vector[i] * array[i, j]


@compiled_sum
def write_weighted(
    columns: FloatArray, place: IntArray, mean: FloatArray, share: FloatArray, roots: FloatArray, out: FloatArray
) -> None:
    """Write some centred and divided columns, each row times a weight.

    Parameters
    ----------
    columns : (m, n) array
        Columns as given, one after another.
    place : (k,) int array
        Which of them.
    mean, share : (k,) array
        What is taken off each column, and what it is multiplied with then.
    roots : (n,) array
        A weight a row.
    out : (k, n) array
        Overwritten.
    """
    for j in range(place.shape[0]):
        column, target, middle, own = columns[place[j]], out[j], mean[j], share[j]
        for i in range(roots.shape[0]):
            target[i] = (column[i] - middle) * (own * roots[i])
