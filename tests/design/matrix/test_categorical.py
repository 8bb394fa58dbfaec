"""Coded columns: one code a row, and what a factor without rows does."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.design.matrix.categorical import Categorical
from oracles.kinds import assert_sums


def test_sums_by_level_are_those_of_the_rows_of_the_level() -> None:
    rng = np.random.default_rng(3)
    codes, scale, v = rng.integers(0, 4, 200).astype(np.int32), rng.normal(size=200), rng.normal(size=200)
    w = rng.random(200)
    plain, times = Categorical(codes, 4), Categorical(codes, 4, scale)
    for level in range(4):
        rows = codes == level
        assert_sums(plain.rmatvec(v)[level], np.sum(v[rows]), np.sum(np.abs(v[rows])))
        assert_sums(times.rmatvec(v)[level], np.sum((scale * v)[rows]), np.sum(np.abs((scale * v)[rows])))
        assert_sums(plain.gram(w)[level, level], np.sum(w[rows]), np.sum(w[rows]))
        assert_sums(times.gram(w)[level, level], np.sum((w * scale**2)[rows]), np.sum((w * scale**2)[rows]))
    assert np.array_equal(plain.gram(w), np.diag(np.diag(plain.gram(w))))


def test_reference_rows_get_nothing_and_give_nothing() -> None:
    x = Categorical(np.array([-1, 1, -5], dtype=np.int32), 3)
    assert x.matvec(np.array([1.0, 2.0, 4.0])).tolist() == [0.0, 2.0, 0.0]
    assert x.rmatvec(np.array([10.0, 20.0, 40.0])).tolist() == [0.0, 20.0, 0.0]
    assert x.gram(np.array([10.0, 20.0, 40.0])).tolist() == [[0.0] * 3, [0.0, 20.0, 0.0], [0.0] * 3]


@pytest.mark.parametrize("n_columns", [0, 2])
def test_a_factor_without_any_used_column(n_columns: int) -> None:
    x = Categorical(np.full(5, -1, dtype=np.int32), n_columns)
    assert x.to_dense().tolist() == [[0.0] * n_columns] * 5
    assert x.matvec(np.ones(n_columns)).tolist() == [0.0] * 5
    assert x.rmatvec(np.ones(5)).tolist() == [0.0] * n_columns
    assert x.gram(np.ones(5)).tolist() == [[0.0] * n_columns] * n_columns


def test_rows_are_views_and_a_row_is_one_number_or_two() -> None:
    codes, scale = np.arange(6, dtype=np.int32), np.arange(6.0)
    plain, times = Categorical(codes, 6), Categorical(codes, 6, scale)
    assert (plain.width, times.width) == (1, 2)
    assert (plain.scaled, times.scaled) == (False, True)
    assert (plain.dense_width, times.dense_width) == (0, 0)
    part = times.rows(1, 3)
    assert np.shares_memory(part.codes, codes)
    assert np.shares_memory(part.scale, scale)
    assert part.n_columns == 6
    assert part.to_dense()[1].tolist() == [0.0, 0.0, 2.0, 0.0, 0.0, 0.0]


def test_squares_are_the_diagonal() -> None:
    x = Categorical(np.array([0, 2, 2], dtype=np.int32), 3, np.array([-1.0, 2.0, 3.0]))
    diagonal = np.array([100.0, 200.0, 300.0])
    x.add_squares(np.array([1.0, 10.0, 1.0]), diagonal)
    assert diagonal.tolist() == [101.0, 200.0, 349.0]


def test_a_zero_in_the_scale_is_a_zero_and_not_a_missing_scale() -> None:
    x = Categorical(np.array([0], dtype=np.int32), 1, np.array([0.0]))
    assert x.to_dense().tolist() == [[0.0]]
    assert x.rmatvec(np.array([3.0])).tolist() == [0.0]
