"""A combination of columns that is one on every row: found on a few rows and on all alike, and by least squares."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design import constant
from logitkit.design.constant import constant_combination
from logitkit.design.matrix.dense import Dense

N = constant.MANY * constant.FEW + 1


def columns(kind: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 6)) * [1.0, 1e-3, 1e3, 1.0, 1.0, 1.0]
    if kind == "a constant":
        X[:, 3] = 2.5
    elif kind == "shares":
        X[:, 0] = 1.0 - X[:, 3:5].sum(axis=1)
    elif kind == "levels":
        X = np.eye(6)[rng.integers(0, 6, N)]
    elif kind == "one row differs":
        X[:, 3] = 1.0
        X[N - 2, 3] = 1.001
    elif kind == "a rare level":
        X = np.eye(6)[rng.integers(0, 5, N)]
        X[N // 2 + 1] = np.eye(6)[5]
    elif kind == "sorted halves":
        X[:, 3] = np.arange(N) > N // 2
    return X


@pytest.mark.parametrize(
    ("kind", "is_there"),
    [
        ("nothing", False),
        ("a constant", True),
        ("shares", True),
        ("levels", True),
        ("one row differs", False),
        ("a rare level", True),
        ("sorted halves", False),
    ],
)
def test_of_many_rows(kind: str, is_there: bool) -> None:
    X = columns(kind)
    found = constant_combination(Dense(X), np.ones(N, dtype=bool))
    assert (found is not None) == is_there
    best = np.linalg.lstsq(X, np.ones(N), rcond=None)[0]
    assert bool(np.abs(X @ best - 1.0).max() < 1e-9) == is_there
    if found is not None:
        assert_allclose(X @ found, 1.0, atol=1e-7)


def test_rows_that_are_not_used_do_not_count() -> None:
    X, used = columns("one row differs"), np.ones(N, dtype=bool)
    used[N - 2] = False
    found = constant_combination(Dense(X), used)
    assert found is not None
    assert_allclose(X[used] @ found, 1.0, atol=1e-7)


def test_of_columns_that_were_kept() -> None:
    X = columns("a constant")
    assert constant_combination(Dense(X), np.ones(N, dtype=bool), np.array([0, 1, 2, 4, 5])) is None
    assert constant_combination(Dense(X), np.ones(N, dtype=bool), np.array([0, 3])) is not None


def test_a_few_rows_tell_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, given = [], constant._least_squares

    def least_squares(matrix: Dense, mask: np.ndarray, kept: np.ndarray | None) -> object:
        rows.append(matrix.n_rows)
        return given(matrix, mask, kept)

    monkeypatch.setattr(constant, "_least_squares", least_squares)
    for kind, tried in (("nothing", [constant.FEW]), ("levels", [constant.FEW]), ("a rare level", [constant.FEW, N])):
        rows.clear()
        constant_combination(Dense(columns(kind)), np.ones(N, dtype=bool))
        assert rows == tried
