"""Dense arrays: read as they are, never copied whole."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.design.matrix.dense import Dense
from oracles.kinds import assert_sums


def test_rows_of_float64_are_a_view_and_other_types_are_brought_up_block_by_block() -> None:
    array = np.arange(12.0).reshape(6, 2)
    assert np.shares_memory(array, Dense(array).rows(2, 4).array)
    assert np.shares_memory(array, Dense(array).to_dense())
    single = array.astype(np.float32)
    block = Dense(single).rows(2, 4)
    assert block.array.dtype == np.float64
    assert block.array.nbytes == 2 * 2 * 8
    assert Dense(single).array is single


@pytest.mark.parametrize("array", [np.ones((4, 3)), np.asfortranarray(np.ones((4, 3))), np.ones((4, 3), np.int8)])
def test_the_gram_matrix_needs_a_buffer_of_its_own_size_and_no_more(array: np.ndarray) -> None:
    matrix = Dense(array)
    assert matrix.dense_width == 3
    buffer, sums = np.full(4 * 3 + 1, -7.0), np.zeros((3, 3))
    matrix.add_gram(np.full(4, 4.0), sums, buffer)
    assert sums.tolist() == [[16.0] * 3] * 3
    assert buffer[-1] == -7.0


@pytest.mark.parametrize(
    "array",
    [
        # One row or one column is in both orders at once, whatever its strides.
        np.asfortranarray(np.arange(12.0).reshape(4, 3))[2:3],
        np.arange(12.0).reshape(4, 3)[:, 1:2],
        np.asfortranarray(np.arange(12.0).reshape(4, 3))[:, 1:2],
        np.arange(12.0).reshape(4, 3)[::-1],
    ],
    ids=["a row in Fortran order", "a column", "a column in Fortran order", "rows backwards"],
)
def test_views_whose_order_is_not_told_by_their_flags(array: np.ndarray) -> None:
    n, p = array.shape
    weights, cells = np.arange(1.0, n + 1), np.array(array.tolist())
    expected = cells.T @ (weights[:, np.newaxis] * cells)
    assert_sums(Dense(array).gram(weights), expected, expected)
    assert_sums(Dense(array).rmatvec(weights), cells.T @ weights, cells.T @ weights)
    assert_sums(Dense(array).matvec(np.ones(p)), cells.sum(axis=1), cells.sum(axis=1))


def test_whole_numbers_do_not_overflow() -> None:
    array = np.array([[100, 127], [127, 1]], dtype=np.int8)
    assert Dense(array).rmatvec(np.array([10.0, 10.0])).tolist() == [2270.0, 1280.0]
    expected = np.array([[26129.0, 12827.0], [12827.0, 16130.0]])
    assert_sums(Dense(array).gram(np.ones(2)), expected, expected)
