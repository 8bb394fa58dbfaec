"""Weighted products of columns, against NumPy, for every number of columns of a tile and every number of rows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.numerics.kernels.weighted_gram import add_weighted_gram

DOUBLE, SINGLE = np.empty(0), np.empty(0, np.float32)


@pytest.mark.parametrize("p", [*range(1, 34), 47, 50, 100])
def test_products_are_those_of_numpy(p: int) -> None:
    rng = np.random.default_rng(p)
    n = (0, 1, 63, 64, 65, 200)[p % 6]
    X = rng.normal(size=(n, p + p % 3))
    weights, before = rng.random(n), np.add.outer(np.arange(p), np.arange(p)) * 0.5
    out = before.copy()
    add_weighted_gram(X, False, weights, out, DOUBLE)
    assert_allclose(out, before + (X[:, :p].T * weights) @ X[:, :p], rtol=1e-13, atol=1e-12)
    assert np.array_equal(out, out.T)
    columns, by_column = np.full((p, n + 2), np.nan), before.copy()
    columns[:, :n] = X[:, :p].T
    add_weighted_gram(columns, True, weights, by_column, DOUBLE)
    assert np.array_equal(by_column, out)
    rough = before.copy()
    add_weighted_gram(X, False, weights, rough, SINGLE)
    assert_allclose(rough, out, rtol=1e-6, atol=1e-6 * n)
    assert np.array_equal(rough, rough.T)


@pytest.mark.parametrize("like", [DOUBLE, SINGLE], ids=["double", "single"])
def test_nothing_but_the_columns_is_read(like: np.ndarray) -> None:
    whole = np.full((70, 13), np.nan)
    whole[:, :11] = 2.0
    out = np.zeros((11, 11))
    add_weighted_gram(whole, False, np.full(70, 0.25), out, like)
    assert (out == 70.0).all()


def test_sums_of_a_part_of_an_array() -> None:
    X = np.random.default_rng(0).normal(size=(80, 20))
    out = np.zeros((30, 30))
    add_weighted_gram(X, False, np.ones(80), out[5:25, 5:25], DOUBLE)
    assert_allclose(out[5:25, 5:25], X.T @ X, rtol=1e-13, atol=1e-12)
    assert np.count_nonzero(out) == 400


def test_rounding_does_not_grow_with_the_rows() -> None:
    """Every product is 0.1 squared: a sum one by one would be off by some hundred units in the last place."""
    n = 100_000
    out = np.zeros((1, 1))
    add_weighted_gram(np.full((n, 1), 0.1), False, np.ones(n), out, DOUBLE)
    assert_allclose(out[0, 0], 0.1 * 0.1 * n, rtol=5e-14)


@pytest.mark.parametrize(("like", "rtol"), [(DOUBLE, 1e-12), (SINGLE, 1e-5)], ids=["double", "single"])
def test_the_tiles_give_the_same_numbers_uncompiled(like: np.ndarray, rtol: float) -> None:
    X = np.random.default_rng(1).normal(size=(67, 37))
    compiled, plain = np.zeros((2, 37, 37))
    add_weighted_gram(X, False, np.arange(67.0), compiled, like)
    getattr(add_weighted_gram, "py_func", add_weighted_gram)(X, False, np.arange(67.0), plain, like)
    assert_allclose(compiled, plain, rtol=rtol, atol=100.0 * rtol)
