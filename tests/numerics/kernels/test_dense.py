"""Sums over the rows of dense matrices, against NumPy, whatever the number of rows and the room between them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.design.matrix.dense import Dense
from logitkit.numerics.kernels.binomial import logit_rows, logit_walk
from logitkit.numerics.kernels.dense import (
    add_by_code,
    add_moments,
    add_row_sums,
    copy_columns,
    row_products,
    write_dots,
)
from logitkit.numerics.kernels.symmetric import fill_rest
from logitkit.numerics.unshared import unshared_zeros

SIZES = [(1, 1), (3, 2), (4, 5), (63, 7), (64, 1), (65, 33), (130, 17), (300, 9), (21, 12_600)]


def numbers(n: int, p: int, room: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an array of rows with more room than they use, and the part that is used."""
    whole = np.random.default_rng(n + p).standard_normal((n, p + room))
    return whole, whole[:, :p]


@pytest.mark.parametrize(("n", "p"), SIZES)
@pytest.mark.parametrize("room", [0, 3])
@pytest.mark.parametrize("offset", [False, True])
def test_a_walk_is_the_rows_and_their_gradient(n: int, p: int, room: int, offset: bool) -> None:
    rng = np.random.default_rng(n)
    whole, X = numbers(n, p, room)
    coef, y, weights = rng.standard_normal(p), rng.random(n), rng.random(n)
    shift = rng.standard_normal(n) if offset else np.empty(0)
    slope, curvature, gradient = np.empty(n), np.empty(n), rng.standard_normal(p)
    before = gradient.copy()
    sums = logit_walk(whole, coef, shift, y, weights, slope, curvature, gradient)
    eta = X @ coef + (shift if offset else 0.0)
    expected_slope, expected_curvature = np.empty(n), np.empty(n)
    expected = logit_rows(eta, y, weights, expected_slope, expected_curvature)
    assert_allclose(sums, expected, rtol=1e-12)
    assert_allclose(slope, expected_slope, rtol=1e-12, atol=1e-14)
    assert_allclose(curvature, expected_curvature, rtol=1e-12)
    assert_allclose(gradient, before + expected_slope @ X, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("n", "p"), SIZES)
def test_sums_of_columns_and_squares(n: int, p: int) -> None:
    whole, X = numbers(n, p, 2)
    weights, first, second = np.random.default_rng(n).random(n), np.ones(p), np.ones(p)
    add_moments(np.ascontiguousarray(X), weights, first, second)
    assert_allclose(first, 1.0 + weights @ X, rtol=1e-12, atol=1e-12)
    assert_allclose(second, 1.0 + weights @ X**2, rtol=1e-12)
    out = np.ones(p)
    add_row_sums(whole, weights, out)
    assert_allclose(out, 1.0 + weights @ X, rtol=1e-12, atol=1e-12)
    index = np.arange(n)[::-2]
    dots = np.empty(index.size)
    write_dots(np.ascontiguousarray(X), index, out, dots)
    assert_allclose(dots, (X @ out)[index], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order", ["C", "F", "room", "steps", "single"])
def test_a_dense_matrix_of_any_storage_sums_the_same(order: str) -> None:
    whole, X = numbers(37, 6, 4)
    stored = {
        "C": np.ascontiguousarray(X),
        "F": np.asfortranarray(X),
        "room": X,
        "steps": np.repeat(X, 2, axis=1)[:, ::2],
        "single": X.astype(np.float32),
    }[order]
    expected, close = (X, 1e-12) if order != "single" else (stored.astype(float), 1e-5)
    matrix, v = Dense(stored), np.linspace(-1.0, 1.0, 37)
    kept = stored.copy()
    assert_allclose(matrix.rmatvec(v), v @ expected, rtol=close, atol=close)
    w = np.linspace(0.1, 1.0, 37)
    assert_allclose(matrix.gram(w), expected.T @ np.diag(w) @ expected, rtol=close, atol=close)
    by_row = matrix.by_row
    assert (by_row is None) == (order in {"F", "steps", "single"})
    if by_row is not None:
        assert_array_equal(by_row[:-1, :6], X[:-1])
    assert_array_equal(stored, kept)
    assert whole.shape == (37, 10)


def test_rows_are_added_to_those_of_their_codes() -> None:
    rng = np.random.default_rng(2)
    codes, scale, cells = rng.integers(0, 5, 30), rng.standard_normal(30), rng.standard_normal((30, 3))
    out = np.ones((6, 3))
    add_by_code(codes, scale, cells, out)
    expected = np.ones((6, 3))
    np.add.at(expected, codes, cells * scale[:, None])
    assert_allclose(out, expected, rtol=1e-12)


def test_no_rows_and_no_columns_have_no_storage() -> None:
    assert Dense(np.empty((0, 3))).by_row is None
    assert Dense(np.empty((3, 0))).by_row is None
    assert_array_equal(Dense(np.empty((3, 0))).rmatvec(np.ones(3)), np.empty(0))


def test_the_rest_of_second_derivatives_is_their_schur_complement() -> None:
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((30, 7))
    hessian, scale = rows.T @ rows, rng.uniform(0.5, 2.0, 7)
    free, rest = np.array([1, 4]), np.array([0, 2, 3, 5, 6])
    scaled = hessian / np.multiply.outer(scale, scale)
    cross = np.ascontiguousarray(scaled[np.ix_(free, rest)])
    border = np.linalg.solve(scaled[np.ix_(free, free)], cross)
    out = np.empty((5, 5))
    fill_rest(hessian, rest, 1.0 / scale[rest], cross, border, out)
    assert_allclose(np.linalg.inv(out), np.linalg.inv(scaled)[np.ix_(rest, rest)], rtol=1e-9)


def test_unshared_arrays_share_no_pair_of_cache_lines() -> None:
    arrays = [unshared_zeros(5) for _ in range(50)] + [unshared_zeros(3, 4) for _ in range(50)]
    lines = [set(range(a.ctypes.data // 128, (a.ctypes.data + a.nbytes - 1) // 128 + 1)) for a in arrays]
    assert all(a.ctypes.data % 128 == 0 for a in arrays)
    assert sum(len(own) for own in lines) == len(set.union(*lines))
    assert all((a == 0.0).all() for a in arrays)


@pytest.mark.parametrize(("n", "p"), SIZES)
def test_products_of_rows_are_numpys_and_do_not_depend_on_their_place(n: int, p: int) -> None:
    X = np.ascontiguousarray(numbers(n, p, 0)[1])
    vector = np.random.default_rng(p).standard_normal(p)
    found = row_products(X, vector)
    assert_allclose(found, X @ vector, rtol=1e-12, atol=1e-12 * np.sqrt(p))
    assert_array_equal(row_products(np.ascontiguousarray(X[::-1]), vector), found[::-1])
    assert_array_equal(row_products(np.ascontiguousarray(X[n // 2 :]), vector), found[n // 2 :])


def test_columns_are_copied_one_after_another() -> None:
    array = np.arange(300.0 * 7).reshape(300, 7)
    index, out = np.array([5, 0, 5]), np.empty((3, 300))
    copy_columns(array, index, out)
    assert_array_equal(out, array[:, index].T)
