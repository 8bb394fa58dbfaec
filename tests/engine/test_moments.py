"""Weighted means and standard deviations of the columns of every kind of matrix."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import csc_array

from logitkit.design.build import build_design
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.engine.moments import column_moments
from oracles.kinds import KINDS, row_weights
from tolerances import EXACT

#: A column whose deviation is smaller, beside its largest number, is one number: what rounding makes of a constant.
CONSTANT = 1e-12
#: Kinds whose columns combine columns that are not levels of one factor: their squares are no sum of the parts'.
COMBINED = {"recoded blocks", "recoded sparse", "recoded joined", "recoded twice"}


def expected(cells: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation in rational arithmetic."""
    total = sum(Fraction(float(w)) for w in weights)
    mean, deviation = [], []
    for column in cells.T:
        terms = [(Fraction(float(w)), Fraction(float(x))) for w, x in zip(weights, column, strict=True)]
        centre = sum(w * x for w, x in terms) / total
        variance = sum(w * (x - centre) ** 2 for w, x in terms) / total
        mean.append(float(centre))
        deviation.append(float(variance) ** 0.5)
    return np.array(mean), np.array(deviation)


def assert_moments(matrix: Matrix, cells: np.ndarray, size: np.ndarray, weights: np.ndarray) -> None:
    """Compare, to rounding of the largest number of each column."""
    found = column_moments(matrix, weights)
    mean, deviation = expected(cells, weights)
    largest = size.max(axis=0, initial=0.0)
    assert np.all(np.abs(found.mean - mean) <= EXACT * largest)
    # Squares that cancel leave the root of what they are rounded to: the code sums them again where little is left.
    varies = deviation > 1e-11 * largest
    assert np.all(np.abs(found.deviation - deviation)[varies] <= 1e-9 * deviation[varies] + EXACT * largest[varies])
    still = deviation <= 1e-13 * np.abs(cells).max(axis=0, initial=0.0)
    assert np.all(found.deviation[still & (size.max(axis=0, initial=0.0) == np.abs(cells).max(axis=0))] == 0.0)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - COMBINED))
@given(data=st.data(), n=st.integers(1, 20))
def test_every_kind(kind: str, data: st.DataObject, n: int) -> None:
    case = data.draw(KINDS[kind](n))
    weights = data.draw(row_weights(n))
    weights[data.draw(st.integers(0, n - 1))] = 1.0
    assert_moments(case.matrix, case.cells, case.size, weights)


@pytest.mark.parametrize("far", [1e3, 1e6, 1e9, -1e9])
def test_a_far_mean_costs_no_digits(far: float) -> None:
    rng = np.random.default_rng(1)
    cells = np.round(far + rng.normal(size=(200, 3)) * [1.0, 10.0, 0.01], 4)
    weights = rng.exponential(size=200)
    mean, deviation = expected(cells, weights)
    for matrix in (Dense(cells), Dense(np.asfortranarray(cells)), sparse_matrix(csc_array(cells))):
        found = column_moments(matrix, weights)
        assert_allclose(found.mean, mean, rtol=1e-15)
        assert_allclose(found.deviation, deviation, rtol=EXACT * 1e4 if abs(far) > 1e6 else 1e-9)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e9 + 0.1, -1e-9, 7.0])
def test_a_constant_has_deviation_zero(value: float) -> None:
    n, weights = 1001, np.random.default_rng(0).exponential(size=1001)
    cells = np.column_stack([np.full(n, value), np.arange(n)])
    for matrix in (Dense(cells), Dense(np.asfortranarray(cells)), sparse_matrix(csc_array(cells))):
        found = column_moments(matrix, weights)
        assert found.deviation[0] == 0.0
        assert_allclose(found.mean[0], value, rtol=EXACT)
        assert found.deviation[1] > 0.0


def test_a_column_that_varies_in_rows_without_weight_is_constant() -> None:
    found = column_moments(Dense(np.array([[1.0], [1.0], [5.0]])), np.array([2.0, 1.0, 0.0]))
    assert found.deviation.tolist() == [0.0]


def test_small_and_large_columns_keep_their_own_size() -> None:
    base = np.random.default_rng(2).normal(size=(300, 1))
    cells = np.hstack([base * 10.0**k for k in range(-12, 13, 4)])
    found = column_moments(Dense(cells), np.ones(300))
    assert_allclose(found.deviation / 10.0 ** np.arange(-12, 13, 4), base.std(), rtol=EXACT)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x + C(g, contr.sum)",
        "y ~ C(g, contr.helmert):x",
        "y ~ C(g, contr.poly) * C(h, contr.sum)",
        "y ~ C(k, contr.poly) + C(g, contr.sum):x",
        "y ~ C(k, contr.sum):C(g, contr.helmert) + x + k:h",
    ],
)
def test_contrasts_and_their_products_in_a_formula(formula: str) -> None:
    """Large factors, so that their levels stay codes."""
    rng, n = np.random.default_rng(4), 3000
    data = {
        "x": rng.normal(50.0, 1.0, n),
        "g": rng.choice(list("abcd"), n),
        "h": rng.choice(list("uvw"), n),
        "k": rng.choice([f"level {i}" for i in range(30)], n),
        "y": rng.integers(0, 2, n),
    }
    weights = rng.exponential(size=n)
    design = build_design(
        formula,
        data,
        namespace={},
        weights=weights,
        weight_kind="precision",
        cluster=None,
        missing="drop",
        absorb=None,
    )
    cells = design.matrix.to_dense()
    centre = np.average(cells, axis=0, weights=weights)
    found = column_moments(design.matrix, weights)
    assert_allclose(found.mean, centre, rtol=EXACT, atol=EXACT * np.abs(cells).max())
    root = np.sqrt(np.average((cells - centre) ** 2, axis=0, weights=weights))
    assert_allclose(found.deviation, root, rtol=1e-10, atol=EXACT * np.abs(cells).max())


def test_levels_and_numbers_of_a_design() -> None:
    rng = np.random.default_rng(3)
    codes, number = rng.integers(0, 3, 500).astype(np.int32), rng.normal(1e5, 1.0, 500)
    matrix = Blocks([Categorical(codes, 3), Dense(number[:, None])], [np.array([0, 2, 3]), np.array([1])])
    cells = np.column_stack([codes == 0, number, codes == 1, codes == 2]).astype(float)
    assert_moments(matrix, cells, np.abs(cells), rng.exponential(size=500))
