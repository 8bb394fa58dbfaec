"""Separation of rows that differ by next to nothing: which rows are separated is known by construction."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.existence.separation import find_separation
from logitkit.typing import FloatArray

JITTERS = [1e-13, 1e-9, 1e-8, 1e-7, 1e-6]


def nearly_twice(rows: FloatArray, jitter: float, rng: np.random.Generator) -> FloatArray:
    return np.vstack([rows, rows + jitter * rng.normal(size=rows.shape)])


def separated_block(seed: int, jitter: float) -> tuple[FloatArray, FloatArray]:
    """Rows of which each is 1e-3 or more away from the plane between the outcomes."""
    rng = np.random.default_rng(seed)
    direction = np.array([1.0, -1.0, 1.0, 2.0, 0.5])
    rows = rng.normal(size=(150, 5))
    rows = nearly_twice(rows[np.abs(rows @ direction) > 2e-3], jitter, rng)
    return rows, (rows @ direction > 0.0).astype(float)


def overlapping_block(seed: int, jitter: float) -> tuple[FloatArray, FloatArray]:
    """Rows whose outcomes are drawn without regard to them: 200 in three or four dimensions overlap by far."""
    rng = np.random.default_rng(seed)
    rows = nearly_twice(rng.normal(size=(100, 3)), jitter, rng)
    return rows, rng.integers(0, 2, 200).astype(float)


@pytest.mark.parametrize("jitter", JITTERS)
@pytest.mark.parametrize("seed", [0, 1])
def test_complete_separation_is_found(jitter: float, seed: int):
    rows, y = separated_block(seed, jitter)
    noise = np.random.default_rng(seed).normal(size=(len(y), 2))
    found = find_separation(Dense(np.column_stack([np.ones(len(y)), rows, noise])), Response(y))
    assert found is not None
    assert found.rows.all()


@pytest.mark.parametrize("jitter", JITTERS)
@pytest.mark.parametrize("seed", [0, 1])
def test_separation_of_some_of_the_rows_is_found(jitter: float, seed: int):
    ours, other = separated_block(seed, jitter), overlapping_block(seed, jitter)
    x = np.zeros((len(ours[1]) + 200, 8))
    x[:-200, :5], x[-200:, 5:] = ours[0], other[0]
    x[:-200, 5:] = np.random.default_rng(seed).normal(size=(len(ours[1]), 3))
    found = find_separation(Dense(x), Response(np.append(ours[1], other[1])))
    assert found is not None
    assert_array_equal(found.rows, np.arange(len(x)) < len(ours[1]))
    signed = (2.0 * ours[1] - 1.0) * (x[:-200] @ found.direction)
    assert signed.min() > 0.0  # the certificate: every separated row moves to its side, and no other row moves
    assert np.abs(x[-200:] @ found.direction).max() < 1e-12


@pytest.mark.parametrize("jitter", JITTERS)
@pytest.mark.parametrize("seed", [0, 1])
def test_overlap_is_not_taken_for_separation(jitter: float, seed: int):
    rows, y = overlapping_block(seed, jitter)
    assert find_separation(Dense(np.column_stack([np.ones(200), rows])), Response(y)) is None


@pytest.mark.parametrize("jitter", [1e-8, 1e-7, 1e-6])
def test_what_a_direction_shows_by_rounding_alone_is_found(jitter: float):
    """Two rows of both outcomes on a line that separates the others: the two pull apart by the jitter."""
    rng = np.random.default_rng(3)
    x = np.column_stack(
        [np.ones(42), np.append(rng.uniform(0.1, 1.0, 40) * np.repeat([1.0, -1.0], 20), [0.0, -jitter])]
    )
    y = np.append(np.repeat([1.0, 0.0], 20), [1.0, 0.0])
    x = np.column_stack([x, np.append(rng.normal(size=40), [1.0, 1.0])])
    found = find_separation(Dense(x), Response(y))
    assert found is not None
    assert found.rows[:40].all()
    signed = (2.0 * y - 1.0) * (x @ found.direction)
    assert signed[:40].min() > 0.0
    assert signed.min() > -1e-15
    other = y.copy()
    other[-2:] = other[-2:][::-1]  # now the two overlap by the jitter, and nothing is separated
    assert find_separation(Dense(x), Response(other)) is None


def test_a_row_on_the_span_of_rows_that_stay_is_not_moved_by_rounding():
    """Rows 1, 2 and 6 stay, in rational numbers: 6 is a combination of the two, whose weights are large."""
    tiny = 2.0**-19
    x = [[1, 2, -2 * tiny], [1, -1 + tiny, 2], [1, -1, 2], [1, -1 + 2 * tiny, 2 - tiny]]
    x += [[1, -1 - 2 * tiny, 2 + tiny], [1, 2 + 2 * tiny, 2 + tiny], [1, 2, 2]]
    found = find_separation(Dense(np.array(x)), Response(np.array([0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0])))
    assert found is not None
    assert np.flatnonzero(found.rows).tolist() == [0, 3, 4, 5]
