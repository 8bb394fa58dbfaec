"""Covariances that are not written out are those of the inverse that is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from engine.curvature.shapes import arrow_and_array
from logitkit.design.matrix.arrow import ArrowLayout
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.engine.curvature import vcov as module
from logitkit.engine.curvature import vcov as vcov_module
from logitkit.engine.curvature.hessian import ArrowFactor, DenseHessian, ProductHessian
from logitkit.engine.curvature.vcov import ArrowVcov, DenseVcov, Vcov, vcov_of
from logitkit.errors import UnsupportedError
from tolerances import EXACT, ROUTE


def inverse_of(array: np.ndarray) -> np.ndarray:
    """Invert after scaling to a unit diagonal, as a matrix of columns in any unit must be."""
    scale = 1.0 / np.sqrt(np.diag(array))
    return np.linalg.inv(array * np.outer(scale, scale)) * np.outer(scale, scale)


def assert_covariance(found: np.ndarray, expected: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """Compare in units of the standard errors of both sides."""
    unit = np.sqrt(np.outer(left, right))
    assert_allclose(found / unit, expected / unit, rtol=0, atol=ROUTE)


@pytest.fixture(params=[0, 1, 2])
def case(request: pytest.FixtureRequest) -> tuple[Vcov, np.ndarray]:
    arrow, array = arrow_and_array(request.param)
    return vcov_of(arrow), inverse_of(array)


def test_variances_rows_blocks_and_the_whole_of_an_arrow(case):
    vcov, inverse = case
    assert isinstance(vcov, ArrowVcov)
    q = inverse.shape[0]
    variances = np.diag(inverse)
    assert vcov.size == q
    assert_allclose(vcov.diagonal(), variances, rtol=ROUTE)
    rng = np.random.default_rng(9)
    functions = rng.normal(size=(3, q)) / np.sqrt(variances)
    own = np.einsum("ij,jk,ik->i", functions, inverse, functions)
    assert_covariance(vcov.times(functions), functions @ inverse, own, variances)
    columns = rng.permutation(q)[:7]
    assert_covariance(vcov.block(columns), inverse[np.ix_(columns, columns)], variances[columns], variances[columns])
    assert_covariance(vcov.array(), inverse, variances, variances)


def test_the_covariance_of_the_rest_is_in_the_order_of_its_columns():
    arrow, array = arrow_and_array(8)
    columns = np.sort(arrow.layout.rest)
    vcov = vcov_of(arrow)
    assert isinstance(vcov, ArrowVcov)
    inverse = inverse_of(array)
    variances = np.diag(inverse)[columns]
    assert_covariance(vcov.rest_array(), inverse[np.ix_(columns, columns)], variances, variances)


@pytest.mark.parametrize("step", [3, 2_048])
def test_levels_are_taken_some_at_a_time(step, monkeypatch):
    monkeypatch.setattr(module, "LEVELS", step)
    arrow, array = arrow_and_array(3)
    rows = np.random.default_rng(10).normal(size=(11, array.shape[0])) / np.sqrt(np.diag(array))
    vcov, inverse = vcov_of(arrow), inverse_of(array)
    assert_allclose(vcov.diagonal(), np.diag(inverse), rtol=ROUTE)
    expected = np.einsum("ij,jk,ik->i", rows, inverse, rows)
    for matrix in (Dense(rows), sparse_matrix(csr_array(rows))):
        assert_allclose(vcov.row_variances(matrix), expected, rtol=ROUTE)
    assert_allclose(vcov_of(DenseHessian(array)).row_variances(Dense(rows)), expected, rtol=ROUTE)
    assert vcov.row_variances(Dense(rows[:0])).size == 0
    assert vcov.times(rows[:0]).shape == (0, array.shape[0])


def test_a_level_that_is_held_fast_has_no_variance_and_costs_the_others_none():
    arrow, array = arrow_and_array(4)
    factor = arrow.factorise()
    head, border = factor.head.copy(), factor.border.copy()
    held = np.array([2, 17])
    whole = np.delete(np.delete(array, arrow.layout.head[held], 0), arrow.layout.head[held], 1)
    # Without the rows of the levels: their curvature leaves the rest, as it leaves the head.
    rest = arrow.rest - border[held].T @ (border[held] / head[held][:, None])
    kept = np.setdiff1d(np.arange(array.shape[0]), arrow.layout.head[held])
    position = {column: place for place, column in enumerate(kept)}
    places = [position[column] for column in arrow.layout.rest]
    whole[np.ix_(places, places)] = rest
    inner = factor.inner
    head[held], border[held] = np.inf, 0.0
    vcov = ArrowVcov(ArrowFactor(arrow.layout, head, border, inner, factor.scale, factor.least_pivot))
    assert vcov.diagonal()[arrow.layout.head[held]].tolist() == [0.0, 0.0]
    assert_allclose(vcov.diagonal()[kept], np.diag(inverse_of(whole)), rtol=ROUTE)


def test_an_array_above_the_limit_is_refused_with_its_size_and_the_rest_is_not(monkeypatch):
    arrow, array = arrow_and_array(5)
    monkeypatch.setattr(module, "CELLS_MOST", array.size - 1)
    vcov = vcov_of(arrow)
    with pytest.raises(UnsupportedError, match=r"covariance of 34 coefficients would take .* GB"):
        vcov.array()
    assert_allclose(vcov.diagonal(), np.diag(inverse_of(array)), rtol=ROUTE)
    assert vcov.block(np.array([1, 3])).shape == (2, 2)


def test_a_dense_covariance_is_the_inverse_and_read_only():
    _, array = arrow_and_array(6)
    vcov = vcov_of(DenseHessian(array))
    assert isinstance(vcov, DenseVcov)
    inverse = inverse_of(array)
    variances = np.diag(inverse)
    assert_covariance(vcov.array(), inverse, variances, variances)
    assert np.array_equal(vcov.array(), vcov.array().T)
    columns = np.array([5, 1])
    assert np.array_equal(vcov.block(columns), vcov.array()[np.ix_(columns, columns)])
    with pytest.raises(ValueError, match="read-only"):
        vcov.array()[0, 0] = 0.0


def test_a_singular_information_has_no_covariance():
    for array in (np.zeros((2, 2)), np.ones((2, 2))):
        found = vcov_of(DenseHessian(array)).diagonal()
        # Of ones: nan, or so large that nobody takes it for a variance.
        assert np.all(np.isnan(found) | (np.abs(found) > 1e10))


def test_products_have_no_covariance_and_say_so():
    hessian = ProductHessian(np.ones(3), lambda vector: vector)
    with pytest.raises(UnsupportedError, match="Standard errors of 3 coefficients"):
        vcov_of(hessian)


def test_the_variance_of_a_row_is_that_of_its_level_and_what_is_beside_it():
    """The formula of the module, one row at a time: 1 / d + (r - f)' S^-1 (r - f)."""
    arrow, array = arrow_and_array(7, levels=5, others=2, rows=40)
    D, C, A = arrow.head, arrow.border, arrow.rest
    S, F = A - C.T @ (C / D[:, None]), C / D[:, None]
    r = np.array([0.4, -2.0]) * np.sqrt(1 / np.diag(A))
    row = np.zeros((1, 7))
    row[0, arrow.layout.head[3]] = 1.0
    row[0, arrow.layout.rest] = r
    by_hand = 1 / D[3] + (r - F[3]) @ np.linalg.solve(S, r - F[3])
    assert_allclose(vcov_of(arrow).row_variances(Dense(row)), by_hand, rtol=ROUTE)
    assert_allclose(row[0] @ inverse_of(array) @ row[0], by_hand, rtol=ROUTE)


def test_a_head_alone():
    layout = ArrowLayout(np.arange(2), np.arange(2), np.empty(0, dtype=np.int64), None)
    factor = ArrowFactor(
        layout, np.array([2.0, 4.0]), np.empty((2, 0)), DenseHessian(np.empty((0, 0))).factorise(), np.empty(0), 1.0
    )
    assert_allclose(ArrowVcov(factor).array(), np.diag([0.5, 0.25]), rtol=EXACT)


def test_a_large_information_is_inverted_by_its_factor(monkeypatch):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 60)) * 10.0 ** rng.integers(-3, 4, 60)
    information = rows.T @ rows
    plain = vcov_of(DenseHessian(information)).array()
    monkeypatch.setattr(vcov_module, "FACTORED_LEAST", 1)
    found = vcov_of(DenseHessian(information)).array()
    scale = np.sqrt(plain.diagonal())
    assert_allclose(found / scale[:, None] / scale, plain / scale[:, None] / scale, rtol=ROUTE, atol=ROUTE)
    np.testing.assert_array_equal(found, found.T)
    assert np.isnan(vcov_of(DenseHessian(np.ones((3, 3)))).array()).all()  # as by the other way
