"""The calibration figure shows bins, intervals, diagonal and histogram."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.plots.calibration import plot_calibration
from tolerances import EXACT


def test_points_and_intervals_are_the_bins(drawn):
    ax = plot_calibration(drawn.calibration)
    bins = drawn.calibration.bins
    container, _ = ax.containers
    points, _, (bars,) = container
    assert_array_equal(points.get_data(), [bins.predicted, bins.observed])
    ends = np.array(bars.get_segments())
    assert_allclose(ends[:, 0, 1], bins.low, rtol=EXACT, atol=EXACT)
    assert_allclose(ends[:, 1, 1], bins.high, rtol=EXACT)


def test_the_diagonal_spans_equal_axes(drawn):
    ax = plot_calibration(drawn.calibration)
    x, y = next(found for found in ax.lines if found.get_label() == "perfect calibration").get_data()
    assert_array_equal(x, y)
    assert ax.get_xlim() == (x[0], x[-1]) == (0.0, ax.get_ylim()[1])
    assert 0.0 <= ax.get_yticks()[0] < ax.get_yticks()[-1] <= x[-1]  # no rate is negative
    assert x[-1] >= drawn.calibration.bins.high.max()


def test_the_histogram_lies_below_zero_on_the_same_axis(drawn):
    ax = plot_calibration(drawn.calibration)
    heights = np.array([bar.get_height() for bar in ax.patches])
    counts = drawn.calibration.histogram
    assert_allclose(heights / heights.sum(), counts / counts.sum(), rtol=EXACT)
    assert_array_equal([bar.get_x() for bar in ax.patches], drawn.calibration.histogram_edges[:-1])
    assert {bar.get_y() for bar in ax.patches} == {ax.get_ylim()[0]}
    assert ax.get_ylim()[0] + heights.max() < 0.0


def test_nothing_leaves_the_axes_of_a_plain_figure(drawn):
    """Without a layout engine nobody makes room for what hangs out of the Axes, which took the histogram away."""
    figure = Figure(figsize=(8.0, 4.0))
    ax = plot_calibration(drawn.calibration, figure.add_subplot(1, 2, 1))
    figure.canvas.draw()
    given = ax.get_position().frozen()
    assert figure.axes == [ax]
    assert ax.child_axes == []
    plain = figure.add_subplot(1, 2, 2)
    assert (given.y0, given.y1) == (plain.get_position().y0, plain.get_position().y1)
    inside = ax.get_tightbbox()
    assert inside.y0 >= 0.0
    assert inside.y1 <= figure.bbox.y1


def test_labelled_points_share_the_axes_in_colours_of_their_own(drawn):
    ax = plot_calibration(drawn.calibration, label="first")
    top = ax.get_xlim()[1]
    plot_calibration(drawn.calibration_elsewhere, ax, label="second")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["first", "second"]
    assert len({container[0].get_color() for container in ax.containers}) == 2
    assert (list(ax.texts), list(ax.patches)) == ([], [])
    (diagonal,) = [found for found in ax.lines if found.get_label() == "perfect calibration"]
    assert ax.get_xlim()[1] == ax.get_ylim()[1] == diagonal.get_xdata()[1] >= top


def test_histogram_and_words_go_when_other_points_join(drawn):
    ax = plot_calibration(drawn.calibration)
    plot_calibration(drawn.calibration_elsewhere, ax)
    plot_calibration(drawn.calibration_elsewhere, ax, label="third", color="black")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["points 1", "points 2", "third"]
    assert (list(ax.texts), list(ax.patches)) == ([], [])
    assert ax.get_ylim() == ax.get_xlim() == ax.spines["left"].get_bounds()
    assert ax.containers[-1][0].get_color() == "black"


@pytest.mark.parametrize(("share", "words"), [(1.0, []), (0.5, ["beyond"])])
def test_predictions_beyond_the_frame_are_counted(drawn, share, words):
    result = drawn.calibration
    narrow = replace(
        result.bins,
        **{name: share * getattr(result.bins, name) for name in ("predicted", "observed", "low", "high")},
    )
    texts = plot_calibration(replace(result, tables=(narrow,))).texts
    assert [text.get_text().split()[-1] for text in texts if "%" in text.get_text()] == words


def test_slope_and_intercept_are_written_only_where_they_say_something(drawn):
    (text,) = plot_calibration(drawn.calibration).texts
    assert "on the rows of the fit" in text.get_text()
    assert "Slope" not in text.get_text()
    result = replace(drawn.calibration_elsewhere, in_sample=False)
    (text,) = plot_calibration(result).texts
    assert f"Slope {result.slope:.3f} (s.e. {result.slope_std_error:.3f})" in text.get_text()
    assert f"Observed / expected {result.ratio:.3f}" in text.get_text()


def test_the_words_stay_off_the_points(drawn):
    """Points above the diagonal leave the lower right corner free, others the upper left."""
    assert plot_calibration(drawn.calibration_elsewhere).texts[0].get_position()[0] > 0.5
    assert plot_calibration(drawn.calibration).texts[0].get_position()[0] < 0.5
