"""Cholesky factors without the interpreter's lock: scipy's bits, and other threads run meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg.lapack import dpotrf, dpotrs

from logitkit.numerics.threads import lapack
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.lapack import SMALL, cholesky, cholesky_solve, single_cholesky, single_solve


def symmetric(p: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((p + 5, p))
    return rows.T @ rows


@pytest.mark.parametrize("p", [1, SMALL - 1, SMALL, 133])
@pytest.mark.parametrize("order", ["C", "F"])
def test_bits_are_those_of_scipy(p: int, order: str) -> None:
    matrix = np.array(symmetric(p), order=order)
    before = matrix.copy()
    sides = np.random.default_rng(1).standard_normal((p, 3))
    with single_threaded_blas():
        factor, info = cholesky(matrix)
        lower = int(matrix.flags.c_contiguous)  # the upper triangle in C order is the lower one of the transpose
        there = dpotrf(matrix.T if lower else matrix, lower=lower)[0]
        assert info == 0
        assert_array_equal(np.triu(factor), np.triu(there.T if lower else there))
        assert_allclose(np.triu(factor).T @ np.triu(factor), matrix, rtol=1e-12, atol=1e-12)
        for given in (sides[:, 0], sides, sides[:, ::2]):
            kept = given.copy()
            assert_array_equal(cholesky_solve(factor, given), dpotrs(there, given, lower=lower)[0])
            assert_array_equal(given, kept)
        other = np.asfortranarray(factor) if lower else np.ascontiguousarray(factor)
        assert_allclose(cholesky_solve(other, sides), dpotrs(there, sides, lower=lower)[0], rtol=1e-9)
    assert_array_equal(matrix, before)


@pytest.mark.parametrize("p", [1, SMALL - 1, 133])
@pytest.mark.parametrize("published", [True, False])
def test_single_precision(p: int, published: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not published:
        monkeypatch.setattr(lapack, "_routine", lambda name, n_integers: None)
    matrix, side = symmetric(p) + p * np.eye(p), np.random.default_rng(1).standard_normal(p)
    with single_threaded_blas():
        factor, info = single_cholesky(matrix.astype(np.float32))
        found = single_solve(factor, side)
        broken = matrix.astype(np.float32)
        broken[-1, -1] = -1.0
        assert single_cholesky(broken)[1] == p
    assert info == 0
    assert factor.dtype == found.dtype == np.float32
    # Cells are up to 300 and the condition is 5: single precision leaves some 2e-7 of a cell, and 1e-8 of a solution.
    assert_allclose(np.triu(factor).T @ np.triu(factor), matrix, rtol=0, atol=1e-4)
    assert_allclose(found, np.linalg.solve(matrix, side), rtol=0, atol=1e-7)


@pytest.mark.parametrize("p", [4, 133])
def test_the_minor_that_is_not_positive_is_named(p: int) -> None:
    matrix = symmetric(p)
    matrix[2, 2] = -1.0
    assert cholesky(matrix)[1] == dpotrf(matrix)[1] == 3
    assert cholesky(np.full((p, p), np.nan))[1] == dpotrf(np.full((p, p), np.nan))[1]


def test_where_addresses_are_not_to_be_had_scipy_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, side = symmetric(80), np.arange(80.0)
    with single_threaded_blas():
        factor, _ = cholesky(matrix)
        expected = cholesky_solve(factor, side)
        monkeypatch.setattr(lapack, "_routine", lambda name, n_integers: None)
        assert_array_equal(np.triu(cholesky(matrix)[0]), np.triu(factor))
        assert_array_equal(cholesky_solve(factor, side), expected)


@pytest.mark.parametrize("what", ["factor", "solution"])
def test_other_threads_run_meanwhile(what: str) -> None:
    """A thread that held the lock of the interpreter would let this one wait for most of its work."""
    matrix, sides = np.eye(2_500) + 0.5, np.ones((2_500, 700))
    with single_threaded_blas():
        factor = cholesky(matrix)[0]
        work = {"factor": lambda: cholesky(matrix), "solution": lambda: cholesky_solve(factor, sides)}[what]
        # A busy machine may let us wait, but not every time; with the lock held, all of the work is one wait.
        assert any(longest_wait_beside(work) < 0.7 for _ in range(20))


def longest_wait_beside(work: Callable[[], object]) -> float:
    """Return the longest time between two looks at the clock while a thread works, as a share of its work."""
    worker = threading.Thread(target=work)
    worker.start()
    begin = last = time.perf_counter()
    longest = 0.0
    while worker.is_alive():
        time.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest / (last - begin)
