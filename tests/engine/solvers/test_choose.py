"""Which way a fit is solved follows from the shape of its design alone."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.design.matrix.arrow import arrow_layout
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.table import memory
from logitkit.engine.solvers import choose
from logitkit.engine.solvers.choose import choose_plan, layout_that_pays, layout_when_large, sample_size
from logitkit.errors import DataError


def factor(levels: int, n: int = 50) -> Categorical:
    return Categorical((np.arange(n) % levels).astype(np.int32), levels)


def beside(*parts: Matrix) -> Blocks:
    ends = np.cumsum([part.n_columns for part in parts])
    places = tuple(np.arange(end - part.n_columns, end) for part, end in zip(parts, ends, strict=True))
    return Blocks(parts, places)


@pytest.mark.parametrize(
    ("n", "p", "words"),
    [
        (100, 2, "Newton's method"),
        (399, 1_000, "Newton's method"),
        (400, 1_000, "Newton's method, the Hessian reused between steps"),
        (200_000, 2, "Newton's method, the Hessian reused between steps"),
        (199_999, 2, "Newton's method"),
    ],
)
def test_few_columns_take_one_array_and_many_numbers_keep_it(n, p, words):
    plan = choose_plan(Dense(np.broadcast_to(1.0, (n, p))))
    assert (plan.kind, plan.words) == ("dense", words)
    assert plan.layout is None


def test_more_columns_need_a_factor_that_leaves_few(monkeypatch):
    monkeypatch.setattr(choose, "DENSE_MOST", 5)
    assert choose_plan(beside(Dense(np.ones((50, 2))), factor(3))).kind == "dense"
    plan = choose_plan(beside(Dense(np.ones((50, 2))), factor(4)))
    assert plan.kind == "arrow"
    assert plan.keeps
    assert plan.layout is not None
    assert plan.layout.head.size == 4
    assert plan.words == "Newton's method, 4 levels of one factor eliminated, the Hessian reused between steps"
    # The largest factor is the head, wherever it stands.
    plan = choose_plan(beside(factor(3), Dense(np.ones((50, 2))), factor(9)))
    assert plan.layout is not None
    assert plan.layout.head.tolist() == list(range(5, 14))


def test_other_wide_designs_take_one_array_if_there_is_room(monkeypatch):
    monkeypatch.setattr(choose, "DENSE_MOST", 5)
    without_a_factor, too_much_beside_it = (
        Dense(np.ones((50, 6))),
        beside(factor(4), Dense(np.ones((50, 2))), factor(9)),
    )
    for design in (without_a_factor, too_much_beside_it):
        assert choose_plan(design).kind == "dense"
    monkeypatch.setattr(memory, "SMALL", 0)
    monkeypatch.setattr(memory, "available_bytes", lambda: 100)
    for design in (without_a_factor, too_much_beside_it):
        with pytest.raises(DataError, match=f"The design has {design.n_columns} columns; its Hessian"):
            choose_plan(design)
    with pytest.raises(DataError, match="The products of 9 levels with 2 columns"):
        choose_plan(beside(factor(9), Dense(np.ones((50, 2)))))


def test_a_design_of_many_cells_is_eliminated_when_in_doubt(monkeypatch):
    design = beside(Dense(np.ones((50, 2))), factor(9))
    assert layout_when_large(design) is None
    monkeypatch.setattr(choose, "CELLS_MOST", 50 * 11 - 1)
    layout = layout_when_large(design)
    assert layout is not None
    assert layout.head.size == 9
    assert layout_when_large(Dense(np.ones((50, 11)))) is None


def test_a_factor_is_eliminated_where_that_takes_less_time(monkeypatch):
    monkeypatch.setattr(choose, "ELIMINATED_LEAST", 9)
    monkeypatch.setattr(choose, "CUBE_A_ROW", 9**3 / 50)
    design = beside(Dense(np.ones((50, 2))), factor(9))
    layout = layout_that_pays(design)
    assert layout is not None
    assert layout.head.size == 9
    assert layout_that_pays(beside(Dense(np.ones((50, 6))), factor(5))) is None  # which leaves more than half
    assert layout_that_pays(Dense(np.ones((50, 11)))) is None
    monkeypatch.setattr(choose, "CUBE_A_ROW", 9**3 / 50 + 1)
    assert layout_that_pays(design) is None
    monkeypatch.setattr(choose, "CUBE_A_ROW", 0)
    monkeypatch.setattr(choose, "ELIMINATED_LEAST", 10)
    assert layout_that_pays(design) is None


def test_a_factor_times_a_number_is_no_head():
    """Its columns are orthogonal, but no intercept of a level: what is done to a head would be wrong for it."""
    slopes = Categorical((np.arange(50) % 9).astype(np.int32), 9, np.linspace(-1.0, 1.0, 50))
    assert arrow_layout(beside(Dense(np.ones((50, 1))), slopes)) is None
    layout = arrow_layout(beside(slopes, factor(7)))
    assert layout is not None
    assert layout.head.tolist() == list(range(9, 16))


@pytest.mark.parametrize(
    ("n", "p", "width", "size"),
    [
        (1_000, 10, 10, 0),
        (39_999, 10, 10, 0),
        (40_000, 10, 10, 2_500),
        (1_000_000, 50, 50, 62_500),
        # Sixteen rows a column, where that is more than a sixteenth; none, where that is more than two thirds.
        (100_000, 1_000, 50, 16_000),
        (100_000, 4_166, 50, 66_656),
        (100_000, 4_167, 50, 0),
        # Few numbers a row: it is the numbers that make a walk slow.
        (399_999, 300, 1, 0),
        (400_000, 300, 1, 25_000),
        # Levels that a sample has few rows of, before rows are many.
        (199_999, 204, 4, 0),
        (200_000, 204, 4, 12_500),
        (200_000, 205, 4, 0),
        (250_000, 1_000, 4, 16_000),
    ],
)
def test_how_many_rows_are_drawn(n, p, width, size):
    assert sample_size(n, p, width) == size
