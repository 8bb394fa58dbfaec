"""The cone's rays and signs against linear programs, for cones that fall apart and cones that do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import logitkit as lk
from logitkit.engine.existence import recession
from logitkit.engine.existence.recession import RecessionCone, make_cone, null_space


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


def test_the_subspace_that_a_cone_leaves_undetermined_is_the_same_by_rays_and_by_constraints() -> None:
    """And it is what linear programs say: a combination that the image of the cone holds with both signs."""
    rng = np.random.default_rng(5)
    sizes = set()
    for d, m, k in ((2, 2, 1), (3, 3, 2), (3, 5, 2), (4, 4, 3), (4, 6, 2), (5, 5, 3), (5, 5, 5)):
        interior = rng.normal(size=d)
        rows = rng.integers(-2, 3, (m + d, d)).astype(float)
        rows = rows[(rows != 0.0).any(axis=1)]
        rows *= np.where(rows @ interior < 0.0, -1.0, 1.0)[:, None]
        cone = make_cone(np.eye(d), rows, interior)
        functions = np.vstack([rng.integers(-1, 2, (k - 1, d)), rows[:1]]).astype(float)
        found = cone.undetermined(functions)
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        other = RecessionCone(np.eye(d), interior[None, :], unit).undetermined(functions)
        np.testing.assert_allclose(found @ found.T, other @ other.T, atol=1e-8)
        # Each of its directions is reached both ways; what is orthogonal to it is not.
        for direction in found.T:
            assert _reaches(rows, functions, direction)
            assert _reaches(rows, functions, -direction)
        rest = null_space(found.T)[0] if found.shape[1] else np.eye(k)
        total = rest @ rng.normal(size=rest.shape[1])
        assert not rest.shape[1] or not (_reaches(rows, functions, total) and _reaches(rows, functions, -total))
        sizes.add(found.shape[1])
    assert len(sizes) > 1


def _reaches(rows: np.ndarray, functions: np.ndarray, value: np.ndarray) -> bool:
    """Tell whether some u with rows u >= 0 has functions u = value."""
    d = rows.shape[1]
    found = linprog(np.zeros(d), A_ub=-rows, b_ub=np.zeros(len(rows)), A_eq=functions, b_eq=value, bounds=(None, None))
    return found.status == 0
