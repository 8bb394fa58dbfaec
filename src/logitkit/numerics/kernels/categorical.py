r"""Products with coded columns: one code per row represents a row of an indicator matrix.

Row i of the matrix has the value :math:`s_i` in column ``codes[i]`` and zeros elsewhere; a negative code is a row of
zeros, as the reference level of a factor has. ``scale`` of length zero means that every :math:`s_i` is one. All
functions add to what ``out`` holds.
"""

from __future__ import annotations

from logitkit.numerics.kernels import compiled
from logitkit.typing import CodeArray, FloatArray

__all__ = ["add_coded_gram", "add_coded_sums", "add_coded_values", "add_coded_with_dense", "add_pair_gram"]


@compiled
def add_coded_values(codes: CodeArray, scale: FloatArray, values: FloatArray, out: FloatArray) -> None:
    """Add the product of the coded matrix with a vector: ``out[i] += scale[i] * values[codes[i]]``.

    Parameters
    ----------
    codes : (n,) int32 array
        Column of each row, negative for none.
    scale : (n,) or (0,) array
        Value of each row.
    values : (L,) array
        One number a column.
    out : (n,) array
        Added to.
    """
    if scale.shape[0] == 0:
        for i in range(codes.shape[0]):
            if codes[i] >= 0:
                out[i] += values[codes[i]]
    else:
        for i in range(codes.shape[0]):
            if codes[i] >= 0:
                out[i] += scale[i] * values[codes[i]]


@compiled
def add_coded_sums(codes: CodeArray, scale: FloatArray, vector: FloatArray, out: FloatArray) -> None:
    """Add the product of the transposed matrix with a vector: ``out[codes[i]] += scale[i] * vector[i]``.

    Parameters
    ----------
    codes : (n,) int32 array
        Column of each row, negative for none.
    scale : (n,) or (0,) array
        Value of each row.
    vector : (n,) array
        One number a row.
    out : (L,) array
        Added to.
    """
    if scale.shape[0] == 0:
        for i in range(codes.shape[0]):
            if codes[i] >= 0:
                out[codes[i]] += vector[i]
    else:
        for i in range(codes.shape[0]):
            if codes[i] >= 0:
                out[codes[i]] += scale[i] * vector[i]


@compiled
def add_coded_gram(codes: CodeArray, scale: FloatArray, weights: FloatArray, out: FloatArray) -> None:
    """Add the diagonal of the weighted Gram matrix: ``out[codes[i]] += weights[i] * scale[i]**2``.

    Parameters
    ----------
    codes : (n,) int32 array
        Column of each row, negative for none.
    scale : (n,) or (0,) array
        Value of each row.
    weights : (n,) array
        One number a row.
    out : (L,) array
        Added to.
    """
    if scale.shape[0] == 0:
        for i in range(codes.shape[0]):
            if codes[i] >= 0:
                out[codes[i]] += weights[i]
    else:
        for i in range(codes.shape[0]):
            if codes[i] >= 0:
                out[codes[i]] += weights[i] * scale[i] * scale[i]


@compiled
def add_pair_gram(
    codes: CodeArray,
    scale: FloatArray,
    other_codes: CodeArray,
    other_scale: FloatArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:
    """Add the weighted product of two coded matrices, a table of their codes.

    Parameters
    ----------
    codes, other_codes : (n,) int32 array
        Columns of each row, negative for none.
    scale, other_scale : (n,) or (0,) array
        Values of each row.
    weights : (n,) array
        One number a row.
    out : (L, M) array
        Added to.
    """
    plain = scale.shape[0] == 0
    other_plain = other_scale.shape[0] == 0
    for i in range(codes.shape[0]):
        if codes[i] >= 0 and other_codes[i] >= 0:
            w = weights[i]
            if not plain:
                w *= scale[i]
            if not other_plain:
                w *= other_scale[i]
            out[codes[i], other_codes[i]] += w


@compiled
def add_coded_with_dense(
    codes: CodeArray, scale: FloatArray, array: FloatArray, weights: FloatArray, out: FloatArray
) -> None:
    """Add the weighted product of a coded and a dense matrix: the weighted sums of the rows of each code.

    Parameters
    ----------
    codes : (n,) int32 array
        Column of each row, negative for none.
    scale : (n,) or (0,) array
        Value of each row.
    array : (n, k) array
        The dense rows.
    weights : (n,) array
        One number a row.
    out : (L, k) array
        Added to.
    """
    plain = scale.shape[0] == 0
    for i in range(codes.shape[0]):
        code = codes[i]
        if code >= 0:
            w = weights[i] if plain else weights[i] * scale[i]
            for j in range(array.shape[1]):
                out[code, j] += w * array[i, j]
