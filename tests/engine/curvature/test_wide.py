"""Second derivatives cut by columns, against NumPy, and whatever the number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.engine.curvature.wide import wide_gram
from logitkit.numerics.threads.blas import single_threaded_blas

SINGLE = 1e-5  # sums of a few hundred products in single precision


@pytest.mark.parametrize(("n", "p"), [(1, 1), (40, 3), (300, 400), (300, 401), (700, 1_000)])
@pytest.mark.parametrize("kind", ["rows", "rows with room", "columns", "integers"])
def test_it_is_the_product(n: int, p: int, kind: str) -> None:
    rng = np.random.default_rng(n + p)
    weights, shares = rng.random(n), rng.uniform(0.5, 2.0, p)
    space = rng.integers(-3, 4, (n, p + 5)).astype(float)
    X = {
        "rows": np.ascontiguousarray(space[:, :p]),
        "rows with room": space[:, :p],
        "columns": np.asfortranarray(space[:, :p]),
        "integers": space[:, :p].astype(np.int8),
    }[kind]
    found = wide_gram(Dense(X), weights, shares)
    expected = (shares * space[:, :p]).T @ (weights[:, None] * space[:, :p] * shares)
    size = np.sqrt(np.multiply.outer(expected.diagonal(), expected.diagonal()))
    assert (np.abs(found - expected) <= SINGLE * size + 1e-30).all()
    assert_array_equal(found, found.T)


def test_bits_do_not_depend_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    X, weights = Dense(rng.standard_normal((500, 900))), rng.random(500)
    found = []
    for threads in (1, 2, 3):
        lk.set_threads(threads)
        with single_threaded_blas():
            found.append(wide_gram(X, weights, np.ones(900)))
    lk.set_threads(None)
    assert_array_equal(found[1], found[0])
    assert_array_equal(found[2], found[0])


def test_large_columns_do_not_overflow_single_precision() -> None:
    X = np.random.default_rng(1).standard_normal((50, 4)) * np.array([1.0, 1e30, 1e-30, 1e3])
    shares = 1.0 / X.std(axis=0)
    found = wide_gram(Dense(X), np.full(50, 0.25), shares)
    assert_allclose(found.diagonal(), 0.25 * ((X * shares) ** 2).sum(axis=0), rtol=SINGLE)
