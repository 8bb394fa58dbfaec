"""Newton's steps on sparse columns: what a factor of other columns and another curvature leaves of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import random_array
from scipy.special import expit

import logitkit as lk
from logitkit.design.matrix.growing import SparseColumns
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.engine.regularised import column_step
from logitkit.engine.regularised.column_step import ALONE, PRECISE, ColumnStep
from logitkit.models.penalties.penalty import Penalty

N, P = 400, 120


def problem(seed: int = 0) -> tuple[np.ndarray, ColumnStep, np.random.Generator]:
    rng = np.random.default_rng(seed)
    X = random_array((N, P), density=0.1, rng=rng, format="csr")
    X.data = 1.0 + rng.random(X.nnz)
    columns = SparseColumns(sparse_matrix(X), np.ones(P))
    return X.toarray(), ColumnStep(columns.parts, N), rng


def penalty_of(k: int, l2: float) -> Penalty:
    unbounded = np.full(k, np.inf)
    return Penalty(np.full(k, 0.3), np.full(k, l2), -unbounded, unbounded, None)


def squares_of(columns: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    return curvature @ columns**2


@pytest.mark.parametrize("l2", [0.0, 2.0])
@pytest.mark.parametrize("size", [1.0, 1e9])
def test_a_step_with_its_own_factor_is_newtons(l2: float, size: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_step, "WORTH_MOST", 0)  # the factor is made
    X, steps, rng = problem()
    X, l2 = size * X, size**2 * l2
    steps.parts[2][:] *= size
    # A factor in single precision, after one iteration; of squares that are too large for it in double.
    near = 1e-5 if size == 1.0 else 1e-8
    columns = np.sort(rng.permutation(P)[:70])
    own, curvature, rows = X[:, columns], rng.uniform(0.05, 0.25, N), 0.1 * rng.standard_normal(N)
    coef = rng.choice([-9.0, 9.0], 70) / size**2  # so far from zero that no sign changes
    rows /= size
    penalty = penalty_of(70, l2)
    away = own.T @ rows + 0.3 * np.sign(coef) + l2 * coef
    step = np.linalg.solve(own.T @ (curvature[:, None] * own) + l2 * np.eye(70), -away)
    found, moved = coef.copy(), rows.copy()
    steps.take(columns, penalty, squares_of(own, curvature), curvature, found, moved, 0.0)
    assert_allclose(found - coef, step, atol=near * np.abs(step).max())
    assert_allclose(moved, rows + curvature * (own @ (found - coef)), rtol=1e-9, atol=1e-10 / size)


def test_columns_that_come_and_go_are_those_of_the_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_step, "WORTH_MOST", 0)
    X, steps, rng = problem(4)
    curvature, rows = rng.uniform(0.05, 0.25, N), 0.1 * rng.standard_normal(N)
    for size in (40, 90, 20, 60):  # of which less than COMMON are those before
        columns = np.sort(rng.permutation(P)[:size])
        own, coef, moved = X[:, columns], np.full(size, 9.0), rows.copy()
        steps.take(columns, penalty_of(size, 0.0), squares_of(own, curvature), curvature, coef, moved, 0.0)
        step = np.linalg.solve(own.T @ (curvature[:, None] * own), -(own.T @ rows + 0.3))
        assert_allclose(coef - 9.0, step, atol=1e-4 * np.abs(step).max())  # the factor is in single precision


def test_a_sign_that_would_change_is_held_in_the_rows_too() -> None:
    X, steps, rng = problem(5)
    columns, curvature = np.arange(50), rng.uniform(0.05, 0.25, N)
    own, coef, rows = X[:, :50], rng.choice([-0.01, 5.0], 50), rng.standard_normal(N)
    found, moved = coef.copy(), rows.copy()
    steps.take(columns, penalty_of(50, 0.0), squares_of(own, curvature), curvature, found, moved, 0.0)
    away = own.T @ rows + 0.3 * np.sign(coef)
    there = coef - np.linalg.solve(own.T @ (curvature[:, None] * own), away)
    assert (there * coef < 0.0).any()
    assert (found * coef >= 0.0).all()
    assert_allclose(moved, rows + curvature * (own @ (found - coef)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("l2", [0.0, 2.0])
@pytest.mark.parametrize("left", [0, 5])
def test_an_older_factor_serves(l2: float, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    X, steps, rng = problem(1)
    first = np.sort(rng.permutation(P)[:70])
    curvature = rng.uniform(0.05, 0.25, N)
    steps.take(
        first, penalty_of(70, l2), squares_of(X[:, first], curvature), curvature, np.full(70, 9.0), np.zeros(N), 0.0
    )
    monkeypatch.setattr(steps, "_renew", None)  # it is not asked for
    columns = np.sort(np.r_[first[left:], np.setdiff1d(np.arange(P), first)[:6]])
    k = columns.size
    curvature = curvature * rng.uniform(0.8, 1.2, N)
    own, rows, coef = X[:, columns], 0.1 * rng.standard_normal(N), np.full(k, 9.0)
    hessian = own.T @ (curvature[:, None] * own) + l2 * np.eye(k)
    away = own.T @ rows + 0.3 + l2 * coef
    found, moved = coef.copy(), rows.copy()
    steps.take(columns, penalty_of(k, l2), squares_of(own, curvature), curvature, found, moved, 0.0)
    step = found - coef
    assert_allclose(moved, rows + curvature * (own @ step), rtol=1e-9, atol=1e-12)
    least, gained = 0.5 * away @ np.linalg.solve(hessian, away), -(away @ step + 0.5 * step @ hessian @ step)
    # The squared residual is measured by the older factor, which is near the own one.
    assert (1.0 - 3.0 * PRECISE) * least <= gained <= (1.0 + 1e-12) * least


@pytest.mark.parametrize("l2", [0.0, 2.0])
@pytest.mark.parametrize("tol", [0.0, 0.01])
def test_without_a_factor_the_diagonal_serves(l2: float, tol: float, monkeypatch: pytest.MonkeyPatch) -> None:
    X, steps, rng = problem(4)
    monkeypatch.setattr(column_step, "CUBED", 1.0)  # as of so many columns that a factor is dear
    monkeypatch.setattr(steps, "_renew", None)  # none is made
    columns = np.sort(rng.permutation(P)[:70])
    own, curvature, rows = X[:, columns], rng.uniform(0.05, 0.25, N), 0.1 * rng.standard_normal(N)
    coef, penalty = np.full(70, 9.0), penalty_of(70, l2)
    hessian = own.T @ (curvature[:, None] * own) + l2 * np.eye(70)
    away = own.T @ rows + 0.3 + l2 * coef
    found, moved = coef.copy(), rows.copy()
    steps.take(columns, penalty, squares_of(own, curvature), curvature, found, moved, tol)
    step = found - coef
    assert_allclose(moved, rows + curvature * (own @ step), rtol=1e-9, atol=1e-12)
    least, gained = 0.5 * away @ np.linalg.solve(hessian, away), -(away @ step + 0.5 * step @ hessian @ step)
    left = np.abs(away + hessian @ step).max()
    assert gained <= (1.0 + 1e-12) * least
    # The squared residual is measured by the diagonal: the columns overlap, which may make the rest ten times as large.
    assert left <= tol or gained >= (1.0 - 10.0 * ALONE) * least


def test_no_columns() -> None:
    _, steps, _ = problem(2)
    none, rows = np.empty(0), np.ones(N)
    steps.take(none.astype(int), penalty_of(0, 0.0), none, np.ones(N), none, rows, 0.0)
    assert (rows == 1.0).all()


def test_what_sparse_columns_without_curvature_do() -> None:
    """Every coefficient comes to zero where there is no intercept, and some rows have no curvature left."""
    rng = np.random.default_rng(3)
    X = random_array((60, 1_005), density=0.05, rng=rng, format="csr")
    y = (rng.random(60) < 0.5).astype(float)
    offset = np.where(rng.random(60) < 0.3, 800.0, 0.0) * np.sign(y - 0.5)
    for penalty in (lk.Lasso(), lk.Lasso(keep="x3"), lk.Lasso() + lk.Bounds(lower=dict.fromkeys(["x0", "x1"], 0.0))):
        path = lk.path_matrix(X, y, penalty=penalty, offset=offset, n_strengths=12, ratio=0.05)
        assert path.strengths.size == 12, penalty
        coef = path.record.coef[-1]
        eta = X @ coef + offset
        slope = X.T @ (expit(eta) - y) / 60.0
        scale = X.toarray().std(axis=0)
        still = (coef == 0.0) & (scale > 0.0) & (np.arange(1_005) > 3)  # those without bounds
        assert np.abs(slope[still] / scale[still]).max() < path.strengths[-1] * (1.0 + 1e-2)  # at a gap of 1e-7
