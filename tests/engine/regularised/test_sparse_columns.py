"""Sparse columns one after another: how they come from rows, what is known of each, and what moved rows say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, random_array
from tests.tolerances import EXACT

from logitkit.design.matrix import growing
from logitkit.design.matrix.growing import SparseColumns
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.numerics.kernels.column_descent import column_sizes, joined_rows
from logitkit.numerics.kernels.dual_rows import (
    add_curved,
    admitted_columns,
    beyond,
    curved_gram,
    moved_rows,
    predicted_coef,
)
from logitkit.numerics.threads.local import set_threads

N, P = 40, 25


def drawn(seed: int) -> csr_array:
    rng = np.random.default_rng(seed)
    X = csr_array(random_array((N, P), density=0.1, rng=rng, format="csr"))
    X.data = rng.standard_normal(X.nnz)
    return X


def test_columns_of_rows_are_those_of_scipy() -> None:
    X, scale = drawn(0), np.random.default_rng(1).uniform(0.5, 2.0, P)
    whole = sparse_matrix(X)
    for matrix, rows in ((whole, X), (whole.rows(7, 31), X[7:31])):  # and those of a view that begins later
        indptr, indices, values = SparseColumns(matrix, scale).parts
        known = rows.tocsc()
        assert_array_equal(indptr, known.indptr)
        assert_array_equal(indices, known.indices)
        assert_array_equal(values, known.data / np.repeat(scale, np.diff(known.indptr)))


def test_some_columns_are_those_of_the_whole() -> None:
    X = drawn(2)
    matrix, columns = sparse_matrix(X), SparseColumns(sparse_matrix(X), np.ones(P))
    for index in (np.array([3]), np.array([24, 0, 3]), np.empty(0, dtype=np.int64)):
        assert_array_equal(matrix.columns(index).to_dense(), X.toarray()[:, index])
        assert_array_equal(columns.pick(index).to_dense(), X.toarray()[:, index])
    assert_array_equal(matrix.rows(5, 20).columns(np.array([3])).to_dense(), X.toarray()[5:20, [3]])


def test_columns_of_rows_are_the_same_wherever_rows_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    X, scale = drawn(6), np.random.default_rng(7).uniform(0.5, 2.0, P)
    whole = SparseColumns(sparse_matrix(X), scale).parts
    monkeypatch.setattr(growing, "ENTRIES_OF_PART", 10)
    set_threads(3)
    for one, other in zip(whole, SparseColumns(sparse_matrix(X), scale).parts, strict=True):
        assert_array_equal(one, other)
    set_threads(None)


def test_rows_of_columns_that_join_and_leave() -> None:
    X, none = drawn(8), np.empty(0, dtype=np.int64)
    parts, starts = SparseColumns(sparse_matrix(X), np.ones(P)).parts, np.zeros(N + 1, dtype=np.int64)
    rows = starts, np.empty(0, dtype=np.int32), np.empty(0)
    first, after = np.array([7, 2, 20]), np.array([7, 20, 4, 3])
    for number, joining, there in ((none, first, first), (np.array([0, -1, 1]), np.array([4, 3]), after)):
        starts = np.empty(N + 1, dtype=np.int64)
        rows = (starts, *joined_rows(*parts, joining, rows, number, starts))
        known = X[:, there].tocsr()
        known.sort_indices()
        assert_array_equal(rows[0], known.indptr)
        assert_array_equal(rows[1], known.indices)
        assert_array_equal(rows[2], known.data)


def test_sizes_of_columns() -> None:
    X = drawn(3)
    parts, (sums, squares, heights) = SparseColumns(sparse_matrix(X), np.ones(P)).parts, np.empty((3, P))
    column_sizes(parts[0], parts[2], sums, squares, heights)
    dense = X.toarray()
    assert_allclose(sums, dense.sum(axis=0), rtol=EXACT, atol=EXACT)
    assert_allclose(squares, (dense**2).sum(axis=0), rtol=EXACT, atol=EXACT)
    assert_allclose(heights, np.abs(dense).sum(axis=0), rtol=EXACT, atol=EXACT)


def test_a_move_is_measured_by_the_curvature() -> None:
    rng = np.random.default_rng(4)
    slope, curvature = rng.standard_normal(N), rng.uniform(0.1, 0.25, N)
    rows = slope + rng.uniform(-1.0, 1.0, N) * curvature
    slope[0] = rows[0] = curvature[0] = 0.0  # a row without weight counts for nothing
    moved, pearson, near = moved_rows(rows, slope, curvature)
    assert_allclose(moved, np.sum((rows - slope)[1:] ** 2 / curvature[1:]), rtol=EXACT)
    assert_allclose(pearson, np.sum(slope[1:] ** 2 / curvature[1:]), rtol=EXACT)
    assert near
    rows[5] = slope[5] + 1.01 * curvature[5]
    assert not moved_rows(rows, slope, curvature)[2]
    rows[5] = np.nan
    assert not moved_rows(rows, slope, curvature)[2]


def test_a_few_columns_weighted_by_the_curvature() -> None:
    rng = np.random.default_rng(5)
    columns, curvature, gram = rng.standard_normal((3, N)), rng.uniform(0.1, 0.25, N), np.empty((3, 3))
    curved_gram(columns, curvature, gram)
    assert_allclose(gram, (columns * curvature) @ columns.T, rtol=EXACT, atol=EXACT)
    rows, step = rng.standard_normal(N), rng.standard_normal(3)
    moved = rows.copy()
    add_curved(columns, curvature, step, moved)
    assert_allclose(moved, rows + curvature * (step @ columns), rtol=EXACT, atol=EXACT)


def test_columns_beyond_their_limit_are_those_outside_the_set() -> None:
    products, limit = np.array([1.0, -3.0, np.nan, 2.0, -2.5, 9.0]), np.full(6, 2.0)
    inside = np.array([False, False, False, False, False, True])
    assert beyond(products, limit, inside).tolist() == [1, 2, 4]


def test_the_strong_rule_lets_in_what_is_near_and_penalised() -> None:
    products, l1 = np.array([0.5, -0.5, 0.49, 5.0, 5.0, 0.0]), np.array([0.75, 0.75, 0.75, 0.0, 0.0, 0.75])
    before, l2 = np.array([1.0, 1.1, 1.0, 0.0, 0.0, 1.6]), np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    # 2 * 0.75 - 1 = 0.5; the last is asked for nothing, the fourth has no penalty
    none = np.empty(0)
    assert np.flatnonzero(admitted_columns(products, l1, before, l2, none, none, 1.5, 0.98)).tolist() == [0, 1, 4, 5]


def test_a_product_that_goes_elsewhere_is_not_let_in() -> None:
    products, ones = np.array([0.9, 0.9, -0.9, 0.9, 1.2]), np.ones(5)
    earlier, before = np.array([0.7, 1.1, -0.6, 0.9, 1.5]), 1.2 * ones
    # The step of the strength, 0.2, is the one before: products go on to 1.1, 0.7, -1.2, 0.9 and 0.9.
    inside = admitted_columns(products, ones, before, 0.0 * ones, 1.4 * ones, earlier, 1.5, 0.98)
    assert inside.tolist() == [True, False, True, False, True]
    # A step of more than 1.5 times the one before tells nothing.
    assert admitted_columns(products, ones, before, 0.0 * ones, 1.3 * ones, earlier, 1.5, 0.98).all()


def test_solutions_go_on_as_they_did_and_keep_their_signs() -> None:
    coef, start = np.array([2.0, 2.0, -1.0, 0.0, 1.0, -1.0, 3.0]), np.array([1.0, 3.0, 0.0, 1.0, 3.0, 2.0, 2.0])
    free, bound = np.arange(7) == 5, np.where(np.arange(7) == 6, 3.5, np.inf)
    found = predicted_coef(coef, start, 1.0, free, -bound, bound)
    # A new one and one that left stay; one that would come to zero or beyond stays, unless it has no penalty.
    assert found.tolist() == [3.0, 1.0, -1.0, 0.0, 1.0, -4.0, 3.5]
