"""Which columns of a wide design are explained, and which of them go: pivots of S, and the order of the formula."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.engine.levels.level_rank import SHARE, aliased_in_order, null_directions
from tolerances import EXACT, ROUTE


def first_independent(X: np.ndarray) -> list[int]:
    """Give the columns that earlier columns explain, by the rank of every leading set."""
    return [
        j
        for j in range(X.shape[1])
        if np.linalg.matrix_rank(X[:, : j + 1]) == np.linalg.matrix_rank(X[:, :j], tol=None)
    ]


def correlation(X: np.ndarray) -> np.ndarray:
    scaled = X / np.linalg.norm(X, axis=0)
    return scaled.T @ scaled


@pytest.mark.parametrize("seed", range(8))
def test_columns_that_earlier_columns_explain_are_found_with_what_makes_them_vanish(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(-3, 4, size=(40, 9)).astype(float)
    for j in rng.choice(np.arange(2, 9), 3, replace=False):
        X[:, j] = X[:, :j] @ rng.integers(-1, 2, j)
        X[:, j] += (np.abs(X[:, j]).max() == 0) * X[:, 0]
    kept, directions = null_directions(correlation(X))
    expected = first_independent(X)
    assert kept.tolist() == [j for j in range(9) if j not in expected]
    assert directions.shape == (9, len(expected))
    scaled = X / np.linalg.norm(X, axis=0)
    assert_allclose(scaled @ directions, 0.0, atol=ROUTE)
    # Each vanishing combination has one in the column that is left out, and zero in the others.
    assert_allclose(directions[expected], np.eye(len(expected)), atol=EXACT)


def test_a_share_just_above_the_bound_is_kept_and_one_below_is_not():
    for share, alone in ((4 * SHARE, True), (SHARE / 4, False)):
        inner = np.sqrt(1.0 - share)
        kept, directions = null_directions(np.array([[1.0, inner], [inner, 1.0]]))
        assert (kept.tolist() == [0, 1]) == alone
        assert directions.shape[1] == (0 if alone else 1)


def test_a_column_of_which_the_levels_leave_nothing():
    kept, directions = null_directions(np.array([[0.5, 0.0], [0.0, 1e-17]]))
    assert kept.tolist() == [0]
    assert directions.tolist() == [[0.0], [1.0]]


def test_no_columns():
    kept, directions = null_directions(np.empty((0, 0)))
    assert kept.size == 0
    assert directions.shape == (0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_of_columns_that_determine_one_another_the_later_go(seed):
    """Whatever basis of the combinations is given: by the rank of every leading set of columns."""
    rng = np.random.default_rng(seed)
    p, rank = 9, int(rng.integers(3, 8))
    X = rng.integers(-2, 3, size=(30, rank)) @ rng.integers(-2, 3, size=(rank, p))
    _, values, vectors = np.linalg.svd(X.astype(float))
    null = vectors[np.sum(values > 1e-9 * values[0]) :].T
    mixed = null @ rng.normal(size=(null.shape[1], null.shape[1])) * 10.0 ** rng.uniform(-4, 4, null.shape[1])
    found = aliased_in_order(mixed)
    assert found.tolist() == first_independent(X.astype(float))
    kept = np.setdiff1d(np.arange(p), found)
    assert np.linalg.matrix_rank(X[:, kept]) == kept.size == np.linalg.matrix_rank(X)


def test_what_goes_is_the_last_set_of_all_that_could_go():
    """Brute force: of all sets whose removal leaves no combination, the one whose columns come last."""
    null = np.array([[1.0, 0.0], [-1.0, 1.0], [0.0, 2.0], [1.0, -1.0], [0.0, 0.0]])
    possible = [pair for pair in combinations(range(5), 2) if abs(np.linalg.det(null[list(pair)])) > 1e-9]
    assert tuple(aliased_in_order(null).tolist()) == max(possible)


def test_no_combination_takes_no_column():
    assert aliased_in_order(np.empty((4, 0))).size == 0
