r"""Products with compressed sparse rows: ``values[indptr[i]:indptr[i + 1]]`` in columns ``indices[...]``.

All functions add to what ``out`` holds. Gram matrices get only the cells on and above the diagonal, where the column
numbers of a row increase. Entries and columns are counted in unsigned numbers: of others numba asks at each whether it
is negative.
"""

from __future__ import annotations

import numpy as np

from logitkit.numerics.kernels import compiled
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = [
    "add_sparse_gram",
    "add_sparse_moments",
    "add_sparse_outer",
    "add_sparse_pair",
    "add_sparse_rows",
    "add_sparse_squares",
    "add_sparse_sums",
    "add_sparse_values",
    "add_sparse_with_coded",
    "add_sparse_with_dense",
]


@compiled
def add_sparse_values(
    indptr: IntArray, indices: CodeArray, values: FloatArray, vector: FloatArray, out: FloatArray
) -> None:
    """Add the product with a vector: ``out[i] += sum_j x_ij vector[j]``.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix, n rows and p columns.
    vector : (p,) array
        One number a column.
    out : (n,) array
        Added to.
    """
    for i in range(indptr.shape[0] - 1):
        total = 0.0
        for k in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
            total += values[k] * vector[np.uint32(indices[k])]
        out[i] += total


@compiled
def add_sparse_sums(
    indptr: IntArray, indices: CodeArray, values: FloatArray, vector: FloatArray, out: FloatArray
) -> None:
    """Add the product of the transpose with a vector: ``out[j] += sum_i x_ij vector[i]``.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix, n rows and p columns.
    vector : (n,) array
        One number a row.
    out : (p,) array
        Added to.
    """
    for i in range(indptr.shape[0] - 1):
        v = vector[i]
        if v != 0.0:
            for k in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                out[np.uint32(indices[k])] += values[k] * v


@compiled
def add_sparse_moments(
    indptr: IntArray, indices: CodeArray, values: FloatArray, weights: FloatArray, first: FloatArray, second: FloatArray
) -> None:
    """Add the weighted sums of columns and of their squares.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix, n rows and p columns.
    weights : (n,) array
        One number a row.
    first, second : (p,) array
        Added to.
    """
    for i in range(indptr.shape[0] - 1):
        w = weights[i]
        if w != 0.0:
            for k in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                column, value = np.uint32(indices[k]), values[k]
                first[column] += value * w
                second[column] += value * value * w


@compiled
def _add_multiple(value: float, vector: FloatArray, out: FloatArray) -> None:
    """Add a multiple of a vector."""
    for k in range(out.shape[0]):
        out[k] += value * vector[k]


@compiled
def add_sparse_squares(
    indptr: IntArray, indices: CodeArray, values: FloatArray, weights: FloatArray, out: FloatArray
) -> None:
    """Add the weighted sums of squares of the columns: ``out[j] += sum_i weights[i] x_ij**2``.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix, n rows and p columns.
    weights : (n,) array
        One number a row.
    out : (p,) array
        Added to.
    """
    for i in range(indptr.shape[0] - 1):
        w = weights[i]
        if w != 0.0:
            for k in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                out[np.uint32(indices[k])] += w * (values[k] * values[k])


@compiled
def add_sparse_rows(
    indptr: IntArray, indices: CodeArray, values: FloatArray, vectors: FloatArray, out: FloatArray
) -> None:
    """Add X V to ``out``, row by row.

    Parameters
    ----------
    indptr, indices, values : array
        Compressed rows of X, n by p.
    vectors : (p, m) array
        V, in C order.
    out : (n, m) array
        Added to.
    """
    for i in range(out.shape[0]):
        for entry in range(indptr[i], indptr[i + 1]):
            _add_multiple(values[entry], vectors[indices[entry]], out[i])


@compiled
def add_sparse_outer(
    indptr: IntArray, indices: CodeArray, values: FloatArray, vectors: FloatArray, out: FloatArray
) -> None:
    """Add X' V to ``out``, row by row of X.

    Parameters
    ----------
    indptr, indices, values : array
        Compressed rows of X, n by p.
    vectors : (n, m) array
        V, in C order.
    out : (p, m) array
        Added to.
    """
    for i in range(vectors.shape[0]):
        for entry in range(indptr[i], indptr[i + 1]):
            _add_multiple(values[entry], vectors[i], out[indices[entry]])


@compiled
def add_sparse_gram(
    indptr: IntArray, indices: CodeArray, values: FloatArray, weights: FloatArray, out: FloatArray
) -> None:
    """Add the weighted Gram matrix, on and above the diagonal.

    Parameters
    ----------
    indptr, indices, values : arrays
        The matrix, n rows and p columns, column numbers increasing within a row.
    weights : (n,) array
        One number a row.
    out : (p, p) array
        Added to.
    """
    for i in range(indptr.shape[0] - 1):
        w = weights[i]
        if w != 0.0:
            last = np.uint64(indptr[i + 1])
            for k in range(np.uint64(indptr[i]), last):
                left = w * values[k]
                row = np.uint32(indices[k])
                for m in range(k, last):
                    out[row, np.uint32(indices[m])] += left * values[m]


@compiled
def add_sparse_with_dense(
    indptr: IntArray,
    indices: CodeArray,
    values: FloatArray,
    array: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """Add the weighted product of the transposed sparse matrix with a dense one.

    Parameters
    ----------
    indptr, indices, values : arrays
        The sparse matrix, n rows and p columns.
    array : (n, k) array
        The dense rows.
    weights : (n,) array
        One number a row.
    out : (p, k) array
        Added to.
    """
    for i in range(indptr.shape[0] - 1):
        for m in range(indptr[i], indptr[i + 1]):
            left = weights[i] * values[m]
            for j in range(array.shape[1]):
                out[indices[m], j] += left * array[i, j]


@compiled
def add_sparse_with_coded(
    indptr: IntArray,
    indices: CodeArray,
    values: FloatArray,
    codes: CodeArray,
    scale: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """Add the weighted product of the transposed coded matrix with a sparse one.

    Parameters
    ----------
    indptr, indices, values : arrays
        The sparse matrix, n rows and p columns.
    codes : (n,) int32 array
        Column of each row of the coded matrix, negative for none.
    scale : (n,) or (0,) array
        Value of each row of the coded matrix.
    weights : (n,) array
        One number a row.
    out : (L, p) array
        Added to.
    """
    plain = scale.shape[0] == 0
    for i in range(indptr.shape[0] - 1):
        code = codes[i]
        if code >= 0:
            w = weights[i] if plain else weights[i] * scale[i]
            for k in range(indptr[i], indptr[i + 1]):
                out[code, indices[k]] += w * values[k]


@compiled
def add_sparse_pair(
    indptr: IntArray,
    indices: CodeArray,
    values: FloatArray,
    other_indptr: IntArray,
    other_indices: CodeArray,
    other_values: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """Add the weighted product of one transposed sparse matrix with another.

    Parameters
    ----------
    indptr, indices, values : arrays
        The first matrix, n rows and p columns.
    other_indptr, other_indices, other_values : arrays
        The second, n rows and q columns.
    weights : (n,) array
        One number a row.
    out : (p, q) array
        Added to.
    """
    for i in range(indptr.shape[0] - 1):
        for k in range(indptr[i], indptr[i + 1]):
            left = weights[i] * values[k]
            for m in range(other_indptr[i], other_indptr[i + 1]):
                out[indices[k], other_indices[m]] += left * other_values[m]
