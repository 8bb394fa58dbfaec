"""Separation within levels of rows that differ by next to nothing decides as with a column per level."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.existence.separation import find_separation
from logitkit.engine.levels.level_separation import find_level_separation
from logitkit.errors import ConvergenceWarning


@pytest.mark.parametrize("jitter", [1e-8, 1e-7, 1e-6])
@pytest.mark.parametrize("seed", range(6))
def test_the_rows_are_those_of_the_model_with_a_column_per_level(jitter: float, seed: int):
    rng = np.random.default_rng(seed)
    x, own = rng.normal(size=(40, 2)), np.repeat(np.arange(5), 8)
    x = np.vstack([x, x + jitter * rng.normal(size=x.shape)])
    own = np.tile(own, 2)
    y = (x @ rng.normal(size=2) + 0.5 * rng.normal(size=5)[own] > 0.0).astype(float)
    overlaps = seed % 3 == 0
    if overlaps:
        y[0] = 1.0 - y[0]  # one row, which its double contradicts
    counts = np.bincount(own, y)
    kept = ((counts > 0) & (counts < 16))[own]
    x, own, y = x[kept], np.unique(own[kept], return_inverse=True)[1], y[kept]
    order = np.argsort(own, kind="stable")
    x, own, y = x[order], own[order], y[order]
    levels = int(own.max()) + 1
    absorbed = find_level_separation(Dense(x), Response(y), own, levels)
    columns = find_separation(Dense(np.column_stack([np.eye(levels)[own], x])), Response(y))
    assert (columns is None) == overlaps
    assert (absorbed is None) == overlaps
    if absorbed is not None and columns is not None:
        assert_array_equal(absorbed.rows, columns.rows)


def fit_in_levels(x: list[list[float]], y: list[int], g: list[int]) -> lk.Fit:
    cells = np.array(x)
    return lk.logit("y ~ a + b", {"a": cells[:, 0], "b": cells[:, 1], "y": y, "g": g}, absorb="g")


def test_the_search_ends_where_the_program_is_solved_to_less_than_is_asked():
    """The same pair of rows is violated by 1e-9 again and again."""
    u = 2.0**-31
    x = [[-1, 2 - u], [1, 0], [-1 + u, 1], [-1 + 2 * u, 1 - 2 * u], [-1 + 2 * u, 2 - 2 * u], [1, u], [-1, 2], [-1, 1]]
    fit = fit_in_levels([*x, [1 - 2 * u, 0], [-1, 1]], [0, 0, 0, 1, 1, 0, 0, 1, 0, 0], [2, 2, 2, 0, 2, 2, 2, 1, 0, 2])
    assert not fit.record.is_separated


def test_a_fit_without_curvature_along_a_direction_is_not_called_converged():
    """Rows that differ by 1e-9, which double precision cannot tell to be separated."""
    u = 2.0**-30
    x = [[1 - u, -1 - u], [-1 - u, -1], [-1 + 2 * u, -1 - 2 * u], [1, -1], [1, -1], [1, -1 + u], [1 + u, 1]]
    with pytest.warns(ConvergenceWarning):
        fit = fit_in_levels(x, [1, 1, 1, 0, 0, 0, 1], [1, 1, 2, 0, 1, 0, 1])
    assert not fit.converged
