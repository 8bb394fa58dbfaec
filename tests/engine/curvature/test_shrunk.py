"""The Hessian of a sample, shrunken towards its diagonal, is nearer to that of all rows, and never far from it."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from scipy.linalg import eigvalsh

from logitkit.engine.curvature.shrunk import shrunken
from tolerances import EXACT


def spread(near: np.ndarray, exact: np.ndarray) -> float:
    """Largest over least of the eigenvalues of one matrix in terms of another, on which the number of steps depends."""
    values = eigvalsh(near, exact)
    return float(values[-1] / values[0])


def test_scatter_of_unrelated_columns_goes_and_their_means_stay() -> None:
    rng = np.random.default_rng(0)
    p, n = 60, 960
    X = np.column_stack([np.ones(n), 3.0 + rng.normal(size=(n, p)) * np.geomspace(0.01, 100.0, p)])
    exact = np.diag(np.r_[1.0, np.geomspace(0.01, 100.0, p) ** 2])
    exact[0, 1:] = exact[1:, 0] = 3.0
    exact[1:, 1:] += 9.0
    sample = X.T @ X / n
    near = shrunken(sample, n, 0)
    assert spread(near, exact) < 0.7 * spread(sample, exact)
    assert_allclose(near.diagonal(), sample.diagonal(), rtol=EXACT)
    assert_allclose(near[0], sample[0], rtol=EXACT)
    # Where the intercept stands does not matter.
    order = np.r_[1 : p + 1, 0]
    assert_allclose(shrunken(sample[np.ix_(order, order)], n, p), near[np.ix_(order, order)], rtol=1e-6)


def test_columns_that_explain_one_another_do_so_afterwards() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(960, 60))
    X[:, 1] = X[:, 0] + 1e-3 * X[:, 1]
    sample = X.T @ X / 960
    values = eigvalsh(shrunken(sample, 960, None), sample)
    assert 0.3 < values[0] < values[-1] < 4.0


def test_what_is_singular_or_has_an_empty_column_stays() -> None:
    for given in (np.ones((3, 3)), np.diag([1.0, 0.0]), np.ones((1, 1))):
        assert np.array_equal(shrunken(given, 100, None), given)
