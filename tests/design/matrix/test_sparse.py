"""Sparse columns: every format of scipy's, none of them changed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.errors import DataError
from oracles.kinds import assert_sums

CELLS = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [3.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
def test_every_format(form: str, kind: type) -> None:
    given = kind(CELLS).asformat(form)
    matrix = sparse_matrix(given)
    assert matrix.to_dense().tolist() == CELLS.tolist()
    assert matrix.indptr.dtype == np.int64
    assert matrix.indices.dtype == np.int32
    assert matrix.values.dtype == np.float64
    expected = CELLS.T @ (WEIGHTS[:, np.newaxis] * CELLS)
    assert_sums(matrix.gram(WEIGHTS), expected, np.abs(expected))
    assert np.array_equal(given.toarray(), CELLS)


def test_compressed_rows_in_float64_are_not_copied() -> None:
    given = sparse.csr_array(CELLS)
    matrix = sparse_matrix(given)
    assert np.shares_memory(matrix.values, given.data)
    assert np.shares_memory(matrix.indices, given.indices)
    assert np.shares_memory(matrix.rows(1, 3).values, given.data)


@pytest.mark.parametrize("first", [1.0, 0.0])
def test_a_column_that_begins_every_row_is_that_column(first: float) -> None:
    cells = np.column_stack([np.arange(1.0, 5.0), CELLS])
    cells[2, 0] = first
    for rows in (slice(0, 4), slice(1, 3), slice(3, 3)):
        matrix = sparse_matrix(sparse.csr_array(cells)).rows(rows.start, rows.stop)
        for j in range(4):
            assert matrix.columns(np.array([j])).to_dense().tolist() == cells[rows, [j]].tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.bool_])
def test_other_types_of_value(dtype: type) -> None:
    given = sparse.csr_array(CELLS).astype(dtype)
    assert sparse_matrix(given).to_dense().tolist() == given.toarray().astype(float).tolist()


def test_unsorted_columns_are_sorted_in_a_copy() -> None:
    given = sparse.csr_array((np.array([-1.0, 3.0]), np.array([2, 0]), np.array([0, 0, 0, 2, 2])), shape=(4, 3))
    matrix = sparse_matrix(given)
    assert matrix.indices.tolist() == [0, 2]
    assert matrix.gram(WEIGHTS)[0, 2] == matrix.gram(WEIGHTS)[2, 0] == -9.0
    assert given.indices.tolist() == [2, 0]


def test_entries_given_twice_in_coordinates_are_their_sum() -> None:
    entries = (np.array([1.0, 2.0, 4.0]), (np.array([0, 0, 0]), np.array([1, 1, 0])))
    given = sparse.coo_array(entries, shape=(1, 3))
    matrix = sparse_matrix(given)
    assert matrix.to_dense().tolist() == [[4.0, 3.0, 0.0]]
    assert matrix.gram(np.ones(1)).tolist() == [[16.0, 12.0, 0.0], [12.0, 9.0, 0.0], [0.0, 0.0, 0.0]]
    assert given.nnz == 3


@pytest.mark.parametrize("form", ["csr", "csc"])
def test_compressed_entries_given_twice_are_refused(form: str) -> None:
    csr = (np.array([4.0, 1.0, 2.0]), np.array([0, 1, 1]), np.array([0, 3]))
    csc = (np.array([4.0, 1.0, 2.0]), np.array([0, 0, 0]), np.array([0, 1, 3, 3]))
    given = sparse.csr_array(csr, shape=(1, 3)) if form == "csr" else sparse.csc_array(csc, shape=(1, 3))
    with pytest.raises(DataError, match="twice"):
        sparse_matrix(given)


def test_complex_values_are_refused() -> None:
    with pytest.raises(DataError, match="real"):
        sparse_matrix(sparse.csr_array(np.array([[1.0j]])))


def test_the_width_is_what_a_row_holds_on_average() -> None:
    full = sparse_matrix(sparse.csr_array(np.ones((10, 8))))
    assert full.width == 13  # eight values, and eight indices of half a number
    assert sparse_matrix(sparse.csr_array((10, 8))).width == 1
    assert sparse_matrix(sparse.csr_array((0, 8))).width == 1


def test_rows_of_rows_and_rows_at_positions() -> None:
    rng = np.random.default_rng(1)
    cells = rng.normal(size=(30, 4)) * (rng.random((30, 4)) < 0.3)
    part = sparse_matrix(sparse.csr_array(cells)).rows(5, 25).rows(2, 10)
    assert np.array_equal(part.to_dense(), cells[7:15])
    index = np.array([7, 0, 0, 3])
    assert np.array_equal(part.take(index).to_dense(), cells[7:15][index])
    assert np.array_equal(part.take(np.empty(0, dtype=np.int64)).to_dense(), np.zeros((0, 4)))
