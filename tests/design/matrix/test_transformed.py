"""Centring and a change of basis, on rows of any kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from logitkit.design.matrix import transformed
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.design.matrix.transformed import Transformed
from oracles.kinds import assert_sums

RNG = np.random.default_rng(8)
CELLS = RNG.normal(size=(37, 3))
CENTRE, BASIS = RNG.normal(size=3), RNG.normal(size=(3, 2))


@pytest.mark.parametrize("block", [1, 10, 37, 100])
def test_blocks_of_any_size_are_one_block(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformed, "BLOCK", block)
    z = Transformed(Dense(CELLS), CENTRE, BASIS)
    expected = (CELLS - CENTRE) @ BASIS
    size = (np.abs(CELLS) + np.abs(CENTRE)) @ np.abs(BASIS)
    v, r = np.array([2.0, -3.0]), np.arange(37.0)
    assert_sums(z.matvec(v), expected @ v, size @ np.abs(v))
    assert_sums(z.rmatvec(r), expected.T @ r, size.T @ r)


def test_a_large_mean_costs_no_digits() -> None:
    # Whole numbers beside a power of two: centring is exact, so the products are those of the small numbers.
    small = RNG.integers(-9, 10, size=(50, 2)).astype(float)
    centre, basis, v = np.array([2.0**40, 2.0**45]), np.eye(2), np.array([1.0, 2.0])
    z, w = Transformed(Dense(small + centre), centre, basis), RNG.integers(1, 5, 50).astype(float)
    assert z.matvec(v).tolist() == (small @ v).tolist()
    assert z.rmatvec(w).tolist() == (small.T @ w).tolist()
    bound = np.abs(small).T @ (w[:, np.newaxis] * np.abs(small))
    assert_sums(z.gram(w), small.T @ (w[:, np.newaxis] * small), bound)
    assert_sums(z.rows(10, 30).gram(w[10:30]), small[10:30].T @ (w[10:30, np.newaxis] * small[10:30]), bound)


def test_every_kind_below_is_the_same_matrix() -> None:
    codes = np.where(CELLS[:, 0] > 0, 0, -1).astype(np.int32)
    cells = np.column_stack([(codes == 0).astype(float), CELLS[:, 1], np.where(CELLS[:, 2] > 1, CELLS[:, 2], 0.0)])
    blocks = Blocks(
        (Dense(cells[:, 1:2]), Categorical(codes, 1), sparse_matrix(sparse.csr_array(cells[:, 2:]))),
        (np.array([1]), np.array([0]), np.array([2])),
    )
    dense, coded = Transformed(Dense(cells), CENTRE, BASIS), Transformed(blocks, CENTRE, BASIS)
    assert np.array_equal(dense.to_dense(), coded.to_dense())
    assert isinstance(coded.rows(3, 20), Dense)
    assert np.array_equal(dense.rows(3, 20).to_dense(), coded.rows(3, 20).to_dense())
    assert np.array_equal(dense.take(np.array([5, 5, 0])).to_dense(), coded.take(np.array([5, 5, 0])).to_dense())
    assert coded.inner is coded


def test_a_column_left_out_has_no_say() -> None:
    cells = CELLS.copy()
    cells[:, 1] = 1e300
    basis = BASIS.copy()
    basis[1] = 0.0
    kept = Transformed(Dense(CELLS[:, [0, 2]]), CENTRE[[0, 2]], BASIS[[0, 2]])
    assert_sums(
        Transformed(Dense(cells), CENTRE, basis).to_dense(),
        kept.to_dense(),
        (np.abs(CELLS[:, [0, 2]]) + np.abs(CENTRE[[0, 2]])) @ np.abs(BASIS[[0, 2]]),
    )
