"""Weighted products of two matrices of the same rows, for every pair of kinds."""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.columnar import Columnar
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import Sparse
from logitkit.numerics.kernels.categorical import add_coded_with_dense, add_pair_gram
from logitkit.numerics.kernels.sparse import add_sparse_pair, add_sparse_with_coded, add_sparse_with_dense
from logitkit.typing import FloatArray

__all__ = ["add_cross"]


def add_cross(left: Matrix, right: Matrix, weights: FloatArray, out: FloatArray) -> None:
    """Add A' diag(weights) B of two blocks of the same rows.

    Examples
    --------
    >>> a = Categorical(np.array([0, 1, 1], dtype=np.int32), 2)
    >>> b = Dense(np.array([[1.0], [2.0], [3.0]]))
    >>> out = np.zeros((2, 1))
    >>> add_cross(a, b, np.ones(3), out)
    >>> out.tolist()
    [[1.0], [5.0]]
    """
    match left, right:
        case Columnar(), _:
            add_cross(left.written_out(), right, weights, out)
        case _, Columnar():
            add_cross(left, right.written_out(), weights, out)
        case Categorical(), Categorical():
            add_pair_gram(left.codes, left.scale, right.codes, right.scale, weights, out)
        case Categorical(), Dense():
            add_coded_with_dense(left.codes, left.scale, np.ascontiguousarray(right.array), weights, out)
        case Categorical(), Sparse():
            add_sparse_with_coded(right.indptr, right.indices, right.values, left.codes, left.scale, weights, out)
        case Sparse(), Dense():
            add_sparse_with_dense(
                left.indptr, left.indices, left.values, np.ascontiguousarray(right.array), weights, out
            )
        case Sparse(), Sparse():
            add_sparse_pair(
                left.indptr, left.indices, left.values, right.indptr, right.indices, right.values, weights, out
            )
        case Dense(), Dense():
            out += (left.array * weights[:, None]).T @ right.array
        case ((Categorical() | Sparse() | Dense()), (Categorical() | Sparse() | Dense())):
            add_cross(right, left, weights, out.T)
        case _:
            raise TypeError(f"No product of {type(left).__name__} with {type(right).__name__} is known.")
