"""The twins of the coded and sparse products themselves, against the columns written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from oracles.products import (
    coded_cells,
    coded_gram,
    coded_pair,
    coded_sums,
    coded_values,
    coded_with_dense,
    contrasts,
    sparse_cells,
    sparse_gram,
    sparse_pair,
    sparse_sums,
    sparse_values,
    sparse_with_coded,
    sparse_with_dense,
)
from tolerances import EXACT

N = 30
RNG = np.random.default_rng(21)
CODES, OTHERS = RNG.integers(-1, 4, N), RNG.integers(-1, 3, N)
SCALE, NONE, W, X = RNG.normal(size=N), np.empty(0), RNG.random(N), RNG.normal(size=(N, 2))
STORED = RNG.random((N, 5)) < 0.4
ROWS = (np.concatenate([[0], np.cumsum(STORED.sum(axis=1))]), np.nonzero(STORED)[1], RNG.normal(size=STORED.sum()))
SPARSE = np.zeros((N, 5))
SPARSE[STORED] = ROWS[2]


def close(found: np.ndarray, expected: np.ndarray) -> None:
    assert_allclose(found, expected, rtol=EXACT, atol=EXACT)


def test_written_out() -> None:
    assert coded_cells(np.array([1, -1, 0]), np.array([2.0, 3.0, 4.0]), 2).tolist() == [[0, 2], [0, 0], [4, 0]]
    assert coded_cells(np.array([1]), NONE, 3).tolist() == [[0, 1, 0]]
    assert np.array_equal(sparse_cells(ROWS, 5), SPARSE)


@pytest.mark.parametrize("scale", [NONE, SCALE], ids=["plain", "scaled"])
def test_coded(scale: np.ndarray) -> None:
    cells, other = coded_cells(CODES, scale, 4), coded_cells(OTHERS, SCALE, 3)
    values, sums, gram, pair, dense = (np.ones(shape) for shape in (N, 4, 4, (4, 3), (4, 2)))
    coded_values(CODES, scale, np.arange(4.0), values)
    coded_sums(CODES, scale, W, sums)
    coded_gram(CODES, scale, W, gram)
    coded_pair(CODES, scale, OTHERS, SCALE, W, pair)
    coded_with_dense(CODES, scale, X, W, dense)
    weighted = W[:, np.newaxis] * cells
    close(values, 1 + cells @ np.arange(4.0))
    close(sums, 1 + cells.T @ W)
    close(gram, 1 + np.diag(cells.T @ weighted))
    close(pair, 1 + weighted.T @ other)
    close(dense, 1 + weighted.T @ X)


def test_sparse() -> None:
    values, sums, gram, dense, coded, pair = (np.ones(shape) for shape in (N, 5, (5, 5), (5, 2), (4, 5), (5, 5)))
    sparse_values(*ROWS, np.arange(5.0), values)
    sparse_sums(*ROWS, W, sums)
    sparse_gram(*ROWS, W, gram)
    sparse_with_dense(*ROWS, X, W, dense)
    sparse_with_coded(*ROWS, CODES, SCALE, W, coded)
    sparse_pair(*ROWS, ROWS[0], ROWS[1], 2 * ROWS[2], W, pair)
    weighted = W[:, np.newaxis] * SPARSE
    close(values, 1 + SPARSE @ np.arange(5.0))
    close(sums, 1 + SPARSE.T @ W)
    close(gram, 1 + np.triu(SPARSE.T @ weighted))
    close(dense, 1 + weighted.T @ X)
    close(coded, 1 + coded_cells(CODES, SCALE, 4).T @ weighted)
    close(pair, 1 + 2 * SPARSE.T @ weighted)


@pytest.mark.parametrize("name", ["treatment", "sum", "helmert", "poly"])
@pytest.mark.parametrize("n_levels", [2, 3, 6])
def test_contrasts_and_a_constant_span_every_level(name: str, n_levels: int) -> None:
    recode = contrasts(name, n_levels)
    assert recode.shape == (n_levels, n_levels - 1)
    assert np.linalg.matrix_rank(np.column_stack([np.ones(n_levels), recode])) == n_levels
    if name != "treatment":
        close(recode.sum(axis=0), np.zeros(n_levels - 1))
