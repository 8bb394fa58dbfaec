"""Where the path of a penalty of several outcomes starts, by the gradient of the intercepts' model in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from tolerances import ROUTE

NAMES = ["Intercept", "a", "b", "c"]


def pulls(X, codes):
    """The gradient of the mean loss at the null model, a row a standardised column and a column an outcome."""
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    seen = np.eye(codes.max() + 1)[codes]
    return Z.T @ (seen - seen.mean(axis=0)) / len(codes)


@pytest.mark.parametrize(
    ("penalty", "largest"),
    [
        (lk.Lasso(), lambda pull: np.abs(pull).max()),
        (lk.Lasso(across_outcomes=True), lambda pull: np.linalg.norm(pull, axis=1).max()),
        (lk.ElasticNet(l1_ratio=0.5, across_outcomes=True), lambda pull: 2.0 * np.linalg.norm(pull, axis=1).max()),
    ],
)
def test_the_largest_strength_is_the_smallest_that_chooses_nothing(penalty, largest):
    rng = np.random.default_rng(4)
    X = rng.normal(size=(200, 3)) * [1.0, 5.0, 0.2]
    codes = (X @ rng.normal(size=(3, 3)) / [1.0, 5.0, 0.2] + rng.gumbel(size=(200, 3))).argmax(axis=1)
    full = np.column_stack([np.ones(200), X])
    path = lk.path_matrix(full, codes, NAMES, penalty=penalty, model=lk.Multinomial(), n_strengths=5)
    first = float(path.record.strengths[0])
    assert_allclose(first, largest(pulls(X, codes)), rtol=ROUTE)
    for strength, moves in ((first * (1.0 + 1e-6), False), (first * 0.99, True)):
        assert (path.at(strength).coef.iloc[1:] != 0.0).any(axis=None) == moves


def test_columns_with_a_length_of_their_own_strength_stay_in_while_the_rest_wait():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(300, 3))
    codes = (X @ rng.normal(size=(3, 3)) + rng.gumbel(size=(300, 3))).argmax(axis=1)
    full = np.column_stack([np.ones(300), X])
    rest = lk.Lasso(0.02, keep=["b", "c"], across_outcomes=True)
    penalty = lk.Lasso(keep=["a"], across_outcomes=True) + rest
    path = lk.path_matrix(full, codes, NAMES, penalty=penalty, model=lk.Multinomial(), n_strengths=5)
    # With b and c held at zero the model is that of a alone, at its strength.
    small = lk.multinomial_matrix(
        full[:, :2], codes, NAMES[:2], reference=None, penalty=lk.Lasso(0.02, across_outcomes=True)
    )
    shares = small.predict(full[:, :2]).to_numpy()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    pull = Z[:, 1:].T @ (np.eye(3)[codes] - shares) / 300
    # The start is taken at a solution to a gap of 1e-8, whose root is the error of a gradient.
    assert_allclose(float(path.record.strengths[0]), np.linalg.norm(pull, axis=1).max(), rtol=1e-4)
