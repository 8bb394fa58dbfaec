"""The ROC figure shows the curve's points and its area."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.testing import assert_array_equal

from logitkit.plots.roc import plot_roc


def line(ax, label):
    return next(found for found in ax.lines if found.get_label() == label)


def test_the_line_is_the_curve(drawn):
    ax = plot_roc(drawn.roc, title="Low birth weight")
    x, y = line(ax, "ROC curve").get_data()
    assert_array_equal(x, drawn.roc.fpr)
    assert_array_equal(y, drawn.roc.tpr)
    assert_array_equal(line(ax, "chance").get_data(), [[0.0, 1.0], [0.0, 1.0]])
    assert ax.get_title(loc="left") == "Low birth weight"


def test_the_frame_is_the_unit_square(drawn):
    ax = plot_roc(drawn.roc)
    assert (ax.get_xlim(), ax.get_ylim(), ax.get_aspect()) == ((0.0, 1.0), (0.0, 1.0), 1.0)
    assert "specificity" in ax.get_xlabel()
    assert "sensitivity" in ax.get_ylabel()


def test_the_area_is_written_with_its_interval_if_there_is_one(drawn):
    (text,) = plot_roc(drawn.roc).texts
    assert text.get_text() == "AUC 0.746\n95% interval 0.673 to 0.820"
    (text,) = plot_roc(replace(drawn.roc, low=np.nan, high=np.nan)).texts
    assert text.get_text() == "AUC 0.746"
