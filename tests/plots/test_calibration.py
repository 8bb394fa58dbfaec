"""The calibration figure shows bins, intervals, diagonal and histogram."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.plots.calibration import plot_calibration
from tolerances import EXACT


def test_points_and_intervals_are_the_bins(drawn):
    ax = plot_calibration(drawn.calibration)
    bins = drawn.calibration.bins
    (container,) = ax.containers
    points, _, (bars,) = container
    assert_array_equal(points.get_data(), [bins.predicted, bins.observed])
    ends = np.array(bars.get_segments())
    assert_allclose(ends[:, 0, 1], bins.low, rtol=EXACT, atol=EXACT)
    assert_allclose(ends[:, 1, 1], bins.high, rtol=EXACT)


def test_the_diagonal_spans_equal_axes(drawn):
    ax = plot_calibration(drawn.calibration)
    x, y = next(found for found in ax.lines if found.get_label() == "perfect calibration").get_data()
    assert_array_equal(x, y)
    assert ax.get_xlim() == ax.get_ylim() == (0.0, x[-1])
    assert x[-1] >= drawn.calibration.bins.high.max()


def test_the_histogram_lies_below_on_the_same_axis(drawn):
    ax = plot_calibration(drawn.calibration)
    (below,) = ax.child_axes
    assert_array_equal([bar.get_height() for bar in below.patches], drawn.calibration.histogram)
    assert below.get_xlim() == ax.get_xlim()
    assert below.get_xlabel() == "Predicted probability"
    ax.figure.canvas.draw()
    assert below.get_window_extent().y1 < ax.get_window_extent().y0


@pytest.mark.parametrize(("share", "words"), [(1.0, []), (0.5, ["beyond"])])
def test_predictions_beyond_the_frame_are_counted(drawn, share, words):
    result = drawn.calibration
    narrow = replace(
        result.bins,
        **{name: share * getattr(result.bins, name) for name in ("predicted", "observed", "low", "high")},
    )
    (below,) = plot_calibration(replace(result, bins=narrow)).child_axes
    assert [text.get_text().split()[-1] for text in below.texts] == words


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
