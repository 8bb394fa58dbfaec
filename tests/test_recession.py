"""The cone's rays and signs against linear programs, for cones that fall apart and cones that do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import logitkit as lk
from logitkit import recession
from logitkit.recession import make_cone


def sign_by_program(function: np.ndarray, constraints: np.ndarray) -> float:
    ends = [
        linprog(side * function, A_ub=-constraints, b_ub=np.zeros(len(constraints)), bounds=(-1, 1)).fun
        for side in (1.0, -1.0)
    ]
    if ends[0] >= -1e-7:
        return 1.0
    return -1.0 if -ends[1] <= 1e-7 else np.nan


def random_cone(rng: np.random.Generator, d: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    interior = rng.normal(size=d)
    rows = rng.normal(size=(m, d))
    rows *= np.sign(rows @ interior)[:, None]
    return rows, interior


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 5, 6, 8])
@pytest.mark.parametrize("limit", [50_000, 0])  # 0: no hull is made, and least squares decides
def test_signs_are_those_of_linear_programs(monkeypatch, dimension, limit):
    monkeypatch.setattr(recession, "FACETS_MOST", limit)
    rng = np.random.default_rng(dimension)
    for m in (dimension, dimension + 2, 40):
        rows, interior = random_cone(rng, dimension, m)
        cone = make_cone(np.eye(dimension), rows, interior)
        if not cone.generators.size:
            assert (cone.rays @ rows.T > -1e-7).all()
        inside = rng.exponential(size=(4, m)) @ rows  # combinations of the constraints: never negative
        functions = np.vstack([rng.normal(size=(12, dimension)), inside, -inside, np.eye(dimension)])
        expected = [sign_by_program(function, rows) for function in functions]
        np.testing.assert_array_equal(cone.signs(functions), expected)


def test_levels_with_slopes_of_their_own_are_blocks():
    rng = np.random.default_rng(0)
    n, levels, empty = 4_000, 20, 6
    group, x = rng.integers(0, levels, n), rng.normal(size=n)
    y = (rng.random(n) < 0.3).astype(int)
    y[group < empty] = 0
    data = {"y": y, "g": group, "x": x}
    fit = lk.logit("y ~ 0 + C(g) + C(g):x", data)
    cone = fit.separation.cone
    assert fit.separation.n_rows == (group < empty).sum()
    assert cone.dimension == 2 * empty
    assert cone.rays.shape == (2 * empty, 2 * empty)  # two rays for each level: no product of levels
    # A level without events: the logit falls without bound within the range of its x, and is undetermined far outside.
    inside = fit.predict({"g": np.arange(empty), "x": np.zeros(empty)})
    assert (inside == 0.0).all()
    with pytest.warns(lk.errors.DataWarning, match=f"Missing predictions: {empty}"):
        assert np.isnan(fit.predict({"g": np.arange(empty), "x": np.full(empty, 99.0)})).all()
    assert (fit.predict() == fit.augment()["fitted"].to_numpy()).all()
