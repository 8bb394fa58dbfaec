"""Sizes that would not end are refused with the way round, or solved in a way that ends."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.errors import UnsupportedError


def coordinates(select: Any, taken: Any, shared: Any) -> LevelCoordinates:
    nothing = np.empty(0, dtype=np.int64)
    places = np.arange(shared.shape[1] + 1)
    return LevelCoordinates(None, places, shared.shape[1], nothing, select, taken, shared, nothing)  # type: ignore[arg-type]


def one_by_one(given: LevelCoordinates, solved: Any) -> Any:
    """Infinite parts of each coefficient, summed up level by level."""
    rise, fall = np.zeros(given.select.size, dtype=bool), np.zeros(given.select.size, dtype=bool)
    for column in np.flatnonzero(np.isinf(solved)):
        share = (given.select == column) - given.taken @ given.shared[:, column]
        share = np.where(np.abs(share) > 1e-9, share, 0.0) * np.sign(solved[column])
        rise, fall = rise | (share > 0), fall | (share < 0)
    return np.where(rise & fall, np.nan, np.where(rise, np.inf, np.where(fall, -np.inf, 0.0)))


@pytest.mark.parametrize("seed", range(8))
def test_infinite_levels_make_infinite_what_depends_on_them(seed: int):
    rng = np.random.default_rng(seed)
    m, p = 9, 11
    select = np.where(rng.random(p) < 0.8, rng.integers(0, m, p), -1)
    taken, shared = rng.integers(0, 2, (p, 2)).astype(float), np.zeros((2, m))
    shared[0, 3], shared[1, 5], shared[1, 6] = 1.0, 1.0, -1.0
    solved = np.where(rng.random(m) < 0.5, np.inf * rng.choice([-1.0, 1.0], m), 0.0)
    given = coordinates(select, taken, shared)
    assert_array_equal(given.coef(solved), one_by_one(given, solved))


def test_a_hundred_thousand_infinite_levels_take_no_square_of_their_number():
    m = 200_000
    shared = np.zeros((1, m))
    shared[0, -1] = 1.0
    solved = np.where(np.arange(m) % 2 == 0, np.inf, 0.5)
    start = time.process_time()
    found = coordinates(np.arange(m), np.ones((m, 1)), shared).coef(solved)
    assert time.process_time() - start < 2.0  # by levels times levels it took minutes
    assert np.isinf(found).sum() == m // 2


def test_outcomes_whose_second_derivatives_would_take_hours_are_refused_at_once():
    rng = np.random.default_rng(0)
    n = 8_000
    data = {f"x{j}": rng.normal(size=n) for j in range(60)} | {"y": np.char.mod("%d", np.arange(n) % 400)}
    start = time.process_time()
    # A column with one coefficient for all outcomes: no products are known of such a model.
    with pytest.raises(UnsupportedError, match=r"400 outcomes and 61 columns have 23,941 coefficients.*lk\.Ridge"):
        lk.multinomial("y ~ " + " + ".join(f"x{j}" for j in range(60)), data, equal="x0", reference="0")
    assert time.process_time() - start < 20.0


def test_many_outcomes_keep_their_second_derivatives():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1_500, 3))
    y = (x @ rng.normal(size=(3, 30)) * 0.3 + rng.gumbel(size=(1_500, 30))).argmax(axis=1)
    data = {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": np.char.mod("%02d", y)}
    fit = lk.multinomial("y ~ a + b + c", data)
    assert fit.converged
    assert sum(not step.kept for step in fit.record.trace) <= 5
