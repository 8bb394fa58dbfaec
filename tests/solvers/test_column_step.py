"""Newton's steps on sparse columns: what a factor of other columns and another curvature leaves of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import random_array

from logitkit.design.growing import SparseColumns
from logitkit.design.sparse import sparse_matrix
from logitkit.penalties.penalty import Penalty
from logitkit.solvers.column_step import PRECISE, ColumnStep

N, P = 400, 120


def problem(seed: int = 0) -> tuple[np.ndarray, ColumnStep, np.random.Generator]:
    rng = np.random.default_rng(seed)
    X = random_array((N, P), density=0.1, rng=rng, format="csr")
    X.data = 1.0 + rng.random(X.nnz)
    columns = SparseColumns(sparse_matrix(X), np.ones(P))
    return X.toarray(), ColumnStep(columns.parts), rng


def penalty_of(k: int, l2: float) -> Penalty:
    unbounded = np.full(k, np.inf)
    return Penalty(np.full(k, 0.3), np.full(k, l2), -unbounded, unbounded, None)


@pytest.mark.parametrize("l2", [0.0, 2.0])
def test_a_step_with_its_own_factor_is_newtons(l2: float) -> None:
    X, steps, rng = problem()
    columns = np.sort(rng.permutation(P)[:70])
    own, curvature, rows = X[:, columns], rng.uniform(0.05, 0.25, N), 0.1 * rng.standard_normal(N)
    coef = rng.choice([-9.0, 9.0], 70)  # so far from zero that no sign changes
    penalty = penalty_of(70, l2)
    away = own.T @ rows + 0.3 * np.sign(coef) + l2 * coef
    step = np.linalg.solve(own.T @ (curvature[:, None] * own) + l2 * np.eye(70), -away)
    found, moved = coef.copy(), rows.copy()
    steps.take(columns, penalty, curvature, found, moved)
    assert_allclose(found, coef + step, rtol=1e-8)
    assert_allclose(moved, rows + curvature * (own @ step), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("l2", [0.0, 2.0])
@pytest.mark.parametrize("left", [0, 5])
def test_an_older_factor_serves(l2: float, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    X, steps, rng = problem(1)
    first = np.sort(rng.permutation(P)[:70])
    curvature = rng.uniform(0.05, 0.25, N)
    steps.take(first, penalty_of(70, l2), curvature, np.full(70, 9.0), np.zeros(N))
    monkeypatch.setattr(steps, "_renew", None)  # it is not asked for
    columns = np.sort(np.r_[first[left:], np.setdiff1d(np.arange(P), first)[:6]])
    k = columns.size
    curvature = curvature * rng.uniform(0.8, 1.2, N)
    own, rows, coef = X[:, columns], 0.1 * rng.standard_normal(N), np.full(k, 9.0)
    hessian = own.T @ (curvature[:, None] * own) + l2 * np.eye(k)
    away = own.T @ rows + 0.3 + l2 * coef
    found, moved = coef.copy(), rows.copy()
    steps.take(columns, penalty_of(k, l2), curvature, found, moved)
    step = found - coef
    assert_allclose(moved, rows + curvature * (own @ step), rtol=1e-9, atol=1e-12)
    least, gained = 0.5 * away @ np.linalg.solve(hessian, away), -(away @ step + 0.5 * step @ hessian @ step)
    # The squared residual is measured by the older factor, which is near the own one.
    assert (1.0 - 3.0 * PRECISE) * least <= gained <= (1.0 + 1e-12) * least


@pytest.mark.parametrize("older", [False, True])
def test_a_column_of_rows_without_curvature_does_not_move(older: bool) -> None:
    X, steps, rng = problem(2)
    columns, curvature = np.arange(40), np.full(N, 0.2)
    if older:
        steps.take(columns, penalty_of(40, 0.0), curvature, np.full(40, 9.0), np.zeros(N))
    curvature = np.where(X[:, 7] != 0.0, 0.0, curvature)
    rows = np.where(curvature == 0.0, 0.0, 0.1 * rng.standard_normal(N))
    coef = np.full(40, 9.0)
    steps.take(columns, penalty_of(40, 0.0), curvature, coef, rows)
    assert coef[7] == 9.0
    assert np.isfinite(rows).all()
    others = np.delete(X[:, :40], 7, axis=1)
    slope = others.T @ rows + 0.3
    assert np.abs(slope).max() < (0.1 if older else 1e-9)
