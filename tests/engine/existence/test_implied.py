"""Constraints that others imply against linear programs, one for each constraint, and against plain algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from logitkit.engine.existence import implied as room
from logitkit.engine.existence.implied import distinct_rows, implied, without_implied


def holds(function: np.ndarray, constraints: np.ndarray) -> bool:
    """Tell by a linear program whether a function is nowhere negative where the constraints hold."""
    found = linprog(function, A_ub=-constraints, b_ub=np.zeros(len(constraints)), bounds=(-1, 1))
    return bool(found.fun > -1e-7)


def needed_by_programs(unit: np.ndarray) -> list[int]:
    return [i for i in range(len(unit)) if not holds(unit[i], np.delete(unit, i, axis=0))]


def constraints(kind: str, seed: int, d: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct constraints of unit length, and a point inside."""
    rng = np.random.default_rng(seed)
    inside = rng.normal(size=d)
    rows = rng.normal(size=(40, d)) if kind == "any" else rng.integers(-2, 3, (60, d)).astype(float)
    if kind == "narrow":  # all along the point but for a thousandth: none is far from the others
        rows = inside + 1e-3 * rng.normal(size=(40, d))
    rows = rows[np.abs(rows @ inside) > 1e-6]
    rows *= np.sign(rows @ inside)[:, None]
    rows = rows[distinct_rows(rows)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), inside / np.linalg.norm(inside)


@pytest.mark.parametrize("kind", ["any", "whole numbers", "narrow"])
@pytest.mark.parametrize("tight", [1, 2, 10**6])  # 10**6: none are sorted out before
def test_what_is_needed_is_what_linear_programs_say(monkeypatch, kind, tight):
    monkeypatch.setattr(room, "TIGHT", tight)
    for seed in range(2):
        unit, inside = constraints(kind, seed)
        expected = needed_by_programs(unit)
        assert 4 <= len(expected) < len(unit)
        np.testing.assert_array_equal(without_implied(unit, inside), unit[expected])


@pytest.mark.parametrize("kind", ["any", "whole numbers", "narrow"])
@pytest.mark.parametrize("rounds", [0, 5])
def test_functions_are_implied_where_linear_programs_say_so(monkeypatch, kind, rounds):
    monkeypatch.setattr(room, "ROUNDS", rounds)
    unit, inside = constraints(kind, 7)
    rng = np.random.default_rng(1)
    within = rng.exponential(size=(20, len(unit))) @ unit
    functions = np.vstack(
        [within, -within[:2], unit[:6], rng.normal(size=(20, 4)), inside + 0.3 * rng.normal(size=(10, 4))]
    )
    functions /= np.linalg.norm(functions, axis=1, keepdims=True)
    found = implied(functions, unit, inside)
    np.testing.assert_array_equal(found, [holds(function, unit) for function in functions])
    assert found[:20].all()
    assert 1 < np.count_nonzero(~found) < len(found)


def test_positive_weights_show_most_and_nothing_that_is_not_so():
    unit, inside = constraints("any", 3)
    functions = np.random.default_rng(2).normal(size=(100, 4)) + 2.0 * inside
    functions /= np.linalg.norm(functions, axis=1, keepdims=True)
    shown = room._shown(functions, unit, room._central(unit, inside))
    true = np.array([holds(function, unit) for function in functions])
    assert not (shown & ~true).any()
    assert shown.sum() > 0.9 * true.sum() > 10


@pytest.mark.parametrize("collide", [False, True])
def test_distinct_rows_are_those_of_a_sort_of_whole_rows(monkeypatch, collide):
    """Even where two rows have the same sum, by which they are sorted."""

    class Ones:
        def random(self, size: tuple[int, ...]) -> np.ndarray:
            return np.ones(size)

    rng = np.random.default_rng(4)
    rows = rng.integers(-2, 3, (200, 3)).astype(float)
    rows = np.vstack([rows[np.any(rows != 0.0, axis=1)], np.eye(3), 3.0 * np.eye(3)])
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = np.sort(np.unique(np.round(unit, 12), axis=0, return_index=True)[1])
    if collide:
        monkeypatch.setattr(np.random, "default_rng", lambda seed: Ones())
    np.testing.assert_array_equal(distinct_rows(rows), expected)
    assert len(expected) < len(rows)
