"""Options of the solver and of the process: refused where they are given, not where they would fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import logitkit as lk
from logitkit.errors import DataError


@pytest.mark.parametrize("tol", ["a", None, True, 0, 0.0, -1, -1e-8, 1.5, 1e300, np.nan, np.inf, [1e-8], 1j])
def test_tolerances_that_are_none(tol: Any) -> None:
    with pytest.raises(DataError, match=r"tol=.*positive number"):
        lk.Newton(tol=tol)


@pytest.mark.parametrize("max_iter", ["a", None, True, 0, -3, 1.5, 10.0, np.inf, np.float64(3)])
def test_numbers_of_iterations_that_are_none(max_iter: Any) -> None:
    with pytest.raises(DataError, match=r"max_iter=.*whole number"):
        lk.Newton(max_iter=max_iter)


def test_numpy_numbers_are_numbers() -> None:
    solver = lk.Newton(tol=np.float32(1e-6), max_iter=np.int64(7))
    data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    assert lk.logit("y ~ x", data, solver=solver).converged
    assert lk.Newton(tol=1).tol == 1


def test_threads_may_be_a_numpy_integer() -> None:
    try:
        lk.set_threads(np.int64(2))
        assert lk.get_threads() == 2
        assert type(lk.get_threads()) is int
        for wrong in (np.int64(0), np.float64(2), 2.0, True, np.True_, "2"):
            with pytest.raises(DataError, match="whole number"):
                lk.set_threads(wrong)
    finally:
        lk.set_threads(None)
