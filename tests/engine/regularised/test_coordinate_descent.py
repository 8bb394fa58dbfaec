"""The quadratic model that grows, and factors in memory that is used again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.engine.regularised.coordinate_descent import QuadraticModel
from logitkit.engine.regularised.direct import factorise
from logitkit.models.penalties.penalty import Penalty

CLOSE = 1e-9  # of an inverse whose condition is a few hundred


def second_derivatives(p: int, seed: int = 0) -> np.ndarray:
    root = np.random.default_rng(seed).standard_normal((2 * p, p))
    return root.T @ root / p


@pytest.mark.parametrize("free", [[], [0], [0, 7]])
@pytest.mark.parametrize("room", [0, 3, 64])
def test_a_model_that_grew_is_that_of_all_columns(free: list[int], room: int) -> None:
    p = 90
    H = second_derivatives(p)
    marks = np.isin(np.arange(p), free)
    whole = QuadraticModel(H, marks)
    grown = QuadraticModel(H[:60, :60], marks[:60], room=room)
    for size, more in [(60, 65), (65, 66), (66, p)]:
        new, rest = np.arange(size, more), np.setdiff1d(np.arange(size), free)
        parts = [(free, free), (free, rest), (free, new), (rest, new), (new, new)]
        grown.extend(*(H[np.ix_(first, second)] for first, second in parts))
    assert_allclose(grown.schur, whole.schur, rtol=CLOSE, atol=CLOSE)
    l1 = np.where(marks, 0.0, 0.3)
    unbounded = np.full(p, np.inf)
    penalty = Penalty(l1, np.zeros(p), -unbounded, unbounded, None)
    gradient = np.random.default_rng(1).standard_normal(p)
    found, expected = (model.minimise(gradient, np.zeros(p), penalty, 1e-24) for model in (grown, whole))
    assert 5 < np.count_nonzero(expected) < p - 5
    assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
    slope = gradient + H @ expected  # the conditions of optimality, which know nothing of models
    active = (expected != 0.0) & ~marks
    assert_allclose(slope[marks], 0.0, atol=CLOSE)
    assert_allclose(slope[active], -0.3 * np.sign(expected[active]), rtol=1e-7)
    assert (np.abs(slope[~marks]) <= 0.3 + CLOSE).all()


def test_a_factor_takes_the_place_of_the_one_before() -> None:
    H, rng = second_derivatives(120), np.random.default_rng(2)
    space = np.empty(100 * 100)
    for k in (100, 7, 60):
        inside, ridge = np.sort(rng.permutation(120)[:k]), rng.random(k)
        factor = factorise(H, inside, ridge, space[: k * k])
        block, vector = H[np.ix_(inside, inside)] + np.diag(ridge), rng.standard_normal(k)
        assert_allclose(factor.solve(vector), np.linalg.solve(block, vector), rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("k", [4, 80])
def test_without_curvature_there_is_no_step(k: int) -> None:
    H = second_derivatives(k)
    H[:, 1] = H[1] = 0.0
    inside = np.arange(k)
    found = factorise(H, inside, np.zeros(k), np.empty(k * k)).solve(np.ones(k))
    others = inside != 1
    assert abs(found[1]) <= CLOSE
    assert_allclose(found[others], np.linalg.solve(H[np.ix_(others, others)], np.ones(k - 1)), rtol=CLOSE, atol=CLOSE)
