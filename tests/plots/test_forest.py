"""The forest figure: a logarithmic axis, a row for every ratio, and words for what has no place on it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.errors import DataError
from logitkit.plots.forest import plot_forest
from logitkit.plots.style import MUTED

NAMES = ["age", "smoke", "ui"]
RATIO = np.array([0.97, 2.5, 2.1])
LOW = np.array([0.91, 1.15, 0.87])
HIGH = np.array([1.05, 5.5, 5.3])


def markers(ax, shape="s"):
    return [found for found in ax.lines if found.get_marker() == shape]


def segments(ax):
    return np.array([s for found in ax.collections for s in found.get_segments()])


def test_ratios_and_intervals_stand_in_their_rows():
    ax = plot_forest(NAMES, RATIO, LOW, HIGH, level=0.95, title="Odds")
    assert ax.get_xscale() == "log"
    (points,) = markers(ax)
    assert_array_equal(points.get_data(), [RATIO, [0, 1, 2]])
    assert_allclose(segments(ax)[:, :, 0], np.column_stack([LOW, HIGH]))
    assert_array_equal(segments(ax)[:, 0, 1], [0, 1, 2])
    assert [text.get_text() for text in ax.get_yticklabels()] == NAMES
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row at the top
    assert "95%" in ax.get_xlabel()


def test_the_null_line_stands_at_1_and_everything_is_in_view():
    ax = plot_forest(NAMES, RATIO, LOW, HIGH)
    null = [found for found in ax.lines if found.get_color() == MUTED]
    assert_array_equal(null[0].get_xdata(), [1.0, 1.0])
    left, right = ax.get_xlim()
    assert left < min(LOW.min(), 1.0)
    assert right > HIGH.max()


def test_what_has_no_place_on_the_axis_is_said_in_words():
    ax = plot_forest(
        [*NAMES, "up", "down", "gone"],
        np.append(RATIO, [np.inf, 0.0, np.nan]),
        np.append(LOW, [np.nan] * 3),
        np.append(HIGH, [np.nan] * 3),
    )
    words = {int(text.get_position()[1]): text.get_text() for text in ax.texts}
    assert words.keys() == {3, 4, 5}
    assert "infinite" in words[3]
    assert "zero" in words[4]
    assert words[5] == "no estimate"
    assert len(ax.get_yticks()) == 6
    assert len(markers(ax)[0].get_xdata()) == 3


def test_nothing_but_words_can_be_drawn():
    ax = plot_forest(["x"], np.array([np.inf]), np.array([np.nan]), np.array([np.nan]))
    ax.figure.canvas.draw()
    assert len(ax.texts) == 1


def test_an_estimate_without_interval_is_a_point():
    ax = plot_forest(NAMES, RATIO, np.array([0.91, np.nan, 0.87]), np.array([1.05, np.nan, 5.3]))
    assert len(segments(ax)) == 2
    assert len(markers(ax)[0].get_xdata()) == 3


def test_an_interval_too_wide_to_show_ends_in_an_arrow():
    ax = plot_forest(NAMES, RATIO, np.array([0.91, 1e-9, 0.87]), np.array([1.05, 1e9, 5.3]))
    left, right = ax.get_xlim()
    assert 0.1 < left < right < 20.0
    assert_allclose(markers(ax, "<")[0].get_data(), [[left], [1]])
    assert_allclose(markers(ax, ">")[0].get_data(), [[right], [1]])
    assert_allclose(segments(ax)[1, :, 0], [left, right])


@pytest.mark.parametrize("spread", [1.2, 10.0, 1e4, 1e12])
def test_the_axis_has_a_few_plain_numbers(spread):
    ax = plot_forest(["a", "b"], np.array([1 / spread, spread]), np.full(2, 1 / spread), np.full(2, spread))
    ax.figure.canvas.draw()
    ticks = [t for t in ax.get_xticks() if ax.get_xlim()[0] <= t <= ax.get_xlim()[1]]
    assert 2 <= len(ticks) <= 9
    assert 1.0 in ticks
    assert "1" in [text.get_text() for text in ax.get_xticklabels()]


def test_long_names_keep_their_ends():
    name = "C(checking_status, contr.treatment('no checking'))[T.at least 200]"
    (label,) = plot_forest([name], RATIO[:1], LOW[:1], HIGH[:1]).get_yticklabels()
    assert len(label.get_text()) < 50
    assert label.get_text().endswith("[T.at least 200]")


def test_sizes_must_agree():
    with pytest.raises(DataError, match=r"\(2, 3, 3, 3\)"):
        plot_forest(NAMES[:2], RATIO, LOW, HIGH)
    with pytest.raises(DataError, match="not be 0"):
        plot_forest([], np.zeros(0), np.zeros(0), np.zeros(0))
