"""Hessians of every shape are factorised and solved with as the array that they stand for."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

from engine.curvature.shapes import arrow_and_array
from logitkit.design.matrix.arrow import ArrowLayout
from logitkit.engine.curvature import hessian as module
from logitkit.engine.curvature.hessian import (
    ArrowFactor,
    ArrowHessian,
    BoundedFactor,
    DenseFactor,
    DenseHessian,
    ProductHessian,
)
from tolerances import EXACT, ROUTE


def correlation(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scale = 1.0 / np.sqrt(np.diag(array))
    return array * np.outer(scale, scale), scale


def assert_solves(found: np.ndarray, array: np.ndarray, vector: np.ndarray) -> None:
    """Compare with numpy in the norm of the array, so that columns of any unit count alike."""
    scaled, scale = correlation(array)
    expected = np.linalg.solve(scaled, scale * vector)
    assert_allclose(found / scale, expected, rtol=0, atol=ROUTE * np.abs(expected).max())


@pytest.mark.parametrize("seed", range(5))
def test_a_dense_factor_solves_whatever_the_units_of_the_columns(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(40, 6)) * 10.0 ** rng.uniform(-8, 8, 6)
    array, vector = root.T @ root, root.T @ rng.normal(size=40)
    factor = DenseHessian(array).factorise()
    assert isinstance(factor, DenseFactor)
    assert factor.definite
    assert_solves(factor.solve(vector), array, vector)
    # The least squared pivot: the smallest share of a column that the columns before it leave, by least squares.
    shares = []
    for j in range(6):
        basis = np.linalg.qr(root[:, :j] / np.abs(root[:, :j]).max(axis=0))[0]
        left = root[:, j] - basis @ (basis.T @ root[:, j])
        shares.append(np.sum(left**2) / np.sum(root[:, j] ** 2))
    assert_allclose(factor.least_pivot, min(shares), rtol=ROUTE)


def test_a_dense_hessian_is_scaled_and_added_to():
    array = np.array([[2.0, 0.5], [0.5, 1.0]])
    hessian = DenseHessian(array)
    assert hessian.finite
    assert not DenseHessian(np.array([[np.nan]])).finite
    assert hessian.diagonal().tolist() == [2.0, 1.0]
    assert hessian.scaled(4.0).array.tolist() == [[8.0, 2.0], [2.0, 4.0]]
    assert hessian.plus_diagonal(np.array([1.0, 3.0])).array.tolist() == [[3.0, 0.5], [0.5, 4.0]]
    assert array.tolist() == [[2.0, 0.5], [0.5, 1.0]]


def test_an_empty_hessian_solves_nothing():
    factor = DenseHessian(np.empty((0, 0))).factorise()
    assert factor.solve(np.empty(0)).size == 0
    assert factor.definite


def test_where_curvature_is_gone_the_spectrum_is_bounded():
    """The direction leads down, its part within the range is the solution there, and nothing overflows."""
    root = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]])
    array = root.T @ root
    factor = DenseHessian(array).factorise()
    assert isinstance(factor, BoundedFactor)
    assert not factor.definite
    inside = array @ np.array([0.3, -0.1, 0.5])
    assert_allclose(array @ factor.solve(inside), inside, rtol=ROUTE)
    outside = np.array([1.0, -1.0, 0.0])
    step = factor.solve(outside)
    assert outside @ step > 1e10
    nothing = DenseHessian(np.zeros((2, 2))).factorise().solve(np.array([1e100, -1.0]))
    assert np.isfinite(nothing).all()
    assert nothing[0] > 0.0 > nothing[1]


def test_a_nearly_singular_hessian_is_solved_with_and_not_trusted():
    x = np.linspace(-1, 1, 50)
    root = np.column_stack([x, x + 1e-7 * x**2])
    factor = DenseHessian(root.T @ root).factorise()
    assert not factor.definite
    root = np.column_stack([x, x + 1e-5 * x**2])
    assert DenseHessian(root.T @ root).factorise().definite


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("step", [7, 2_048])
def test_an_arrow_solves_as_the_array(seed, step, monkeypatch):
    monkeypatch.setattr(module, "LEVELS", step)
    arrow, array = arrow_and_array(seed)
    vector = array @ np.random.default_rng(seed).normal(size=array.shape[0])
    factor = arrow.factorise()
    assert factor.definite
    assert_solves(factor.solve(vector), array, vector)
    assert_allclose(arrow.diagonal(), np.diag(array), rtol=EXACT)


def test_an_arrow_is_scaled_and_added_to_as_the_array():
    arrow, array = arrow_and_array(1)
    strengths = np.random.default_rng(2).random(array.shape[0]) * np.diag(array)
    changed = arrow.scaled(3.0).plus_diagonal(strengths)
    vector = np.random.default_rng(3).normal(size=array.shape[0]) * np.sqrt(np.diag(array))
    assert_solves(changed.factorise().solve(vector), 3.0 * array + np.diag(strengths), vector)
    assert_allclose(arrow.diagonal(), np.diag(array), rtol=EXACT)


def test_pivots_of_an_arrow_are_shares_that_neither_levels_nor_earlier_columns_explain():
    rng = np.random.default_rng(4)
    codes, x = np.repeat(np.arange(6), 10), rng.normal(size=(60, 2))
    top = np.eye(6)[codes]
    layout = ArrowLayout(np.arange(6), np.arange(6), np.arange(6, 8), None)
    arrow = ArrowHessian(layout, top.sum(axis=0), top.T @ x, x.T @ x)
    within = x - top @ (top.T @ x / 10.0)
    second = within[:, 1] - within[:, 0] * (within[:, 0] @ within[:, 1]) / (within[:, 0] @ within[:, 0])
    shares = [np.sum(within[:, 0] ** 2) / np.sum(x[:, 0] ** 2), np.sum(second**2) / np.sum(x[:, 1] ** 2)]
    factor = arrow.factorise()
    assert isinstance(factor.inner, DenseFactor)
    assert_allclose(factor.inner.factor.diagonal() ** 2, shares, rtol=ROUTE)
    assert_allclose(factor.least_pivot, min(shares), rtol=ROUTE)


def test_an_arrow_with_a_level_without_curvature_or_a_column_of_the_levels_is_not_definite():
    arrow, _ = arrow_and_array(5)
    head, border = arrow.head.copy(), arrow.border.copy()
    head[3], border[3] = 0.0, 0.0
    empty = ArrowHessian(arrow.layout, head, border, arrow.rest).factorise()
    assert isinstance(empty, ArrowFactor)
    assert not empty.definite
    assert np.isfinite(empty.solve(np.ones(34))).all()
    layout = ArrowLayout(np.arange(2), np.arange(2), np.array([2]), None)
    explained = ArrowHessian(layout, np.array([3.0, 5.0]), np.array([[3.0], [0.0]]), np.array([[3.0]])).factorise()
    assert not explained.definite


def test_an_arrow_that_is_not_finite_says_so():
    arrow, _ = arrow_and_array(6, levels=3, others=2)
    assert arrow.finite
    for name in ("head", "border", "rest"):
        parts = {each: getattr(arrow, each).copy() for each in ("head", "border", "rest")}
        parts[name].flat[0] = np.nan
        assert not ArrowHessian(arrow.layout, **parts).finite


def by_products(array: np.ndarray, added: np.ndarray | None = None) -> ProductHessian:
    return ProductHessian(np.diag(array).copy(), partial(np.matmul, array), added)


@pytest.mark.parametrize("precision", [1e-2, 1e-10])
def test_conjugate_gradients_reach_the_precision_they_state(precision, monkeypatch):
    monkeypatch.setattr(module, "PRECISION", precision)
    rng = np.random.default_rng(7)
    root = rng.normal(size=(80, 12)) * 10.0 ** rng.uniform(-4, 4, 12)
    array, vector = root.T @ root, root.T @ rng.normal(size=80)
    factor = by_products(array).factorise()
    found = factor.solve(vector)
    residual = vector - array @ found
    inverse = 1.0 / np.diag(array)
    assert residual @ (inverse * residual) <= (1.01 * precision) ** 2 * (vector @ (inverse * vector))
    if precision < 1e-9:
        scaled, scale = correlation(array)
        # The error is the residual times the condition of the scaled array.
        bound = 10 * precision * np.linalg.cond(scaled) * np.abs(found / scale).max()
        assert_allclose(found / scale, np.linalg.solve(scaled, scale * vector), rtol=0, atol=bound)
    # However early it is stopped, the step is one down the gradient.
    assert vector @ found > 0.0


def test_products_are_scaled_and_added_to(monkeypatch):
    monkeypatch.setattr(module, "PRECISION", 1e-12)
    rng = np.random.default_rng(8)
    root, strengths = rng.normal(size=(5, 12)), rng.random(12) + 0.5
    array, vector = root.T @ root, rng.normal(size=12)
    hessian = by_products(array).plus_diagonal(strengths).scaled(2.0).plus_diagonal(strengths)
    assert_allclose(hessian.diagonal(), 2.0 * np.diag(array) + 3.0 * strengths, rtol=EXACT)
    factor = hessian.factorise()
    assert_solves(factor.solve(vector), 2.0 * array + np.diag(3.0 * strengths), vector)
    # The added diagonal bounds the smallest eigenvalue of the scaled array from below: it is definite, and it is known.
    scaled, _ = correlation(2.0 * array + np.diag(3.0 * strengths))
    assert 0.0 < factor.least_pivot <= np.linalg.eigvalsh(scaled)[0] + EXACT
    assert factor.definite
    # Without one nothing is known, and nothing is claimed.
    assert not by_products(array + np.eye(12)).factorise().definite
    assert not by_products(np.array([[np.inf]])).finite


def test_a_right_hand_side_of_zero_gives_zero():
    assert by_products(np.eye(3)).factorise().solve(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]
