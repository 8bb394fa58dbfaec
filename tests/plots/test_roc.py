"""The ROC figure shows the curve's points and its area."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.plots.export import svg_of
from logitkit.plots.labels import TOGETHER
from logitkit.plots.roc import DRAWN_MOST, plot_roc
from logitkit.plots.style import ACCENT, PRIMARY, page_axes


def changed(roc, **values):
    """The discrimination of an event whose curve and area have other values."""
    (name,) = roc.curves
    area = {
        "estimate" if key == "auc" else key: value for key, value in values.items() if key in ("auc", "low", "high")
    }
    return replace(
        roc,
        curves={name: replace(roc.curve, **values)},
        hand_till=replace(roc.hand_till, **area),
        level=values.get("level", roc.level),
    )


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
    assert text.get_text() == "AUC 0.746\n95% interval 0.673 to 0.820\n(on the rows of the fit)"
    (text,) = plot_roc(replace(changed(drawn.roc, low=np.nan, high=np.nan), in_sample=False)).texts
    assert text.get_text() == "AUC 0.746"


def test_labelled_curves_share_the_axes(drawn):
    ax = plot_roc(drawn.roc, label="first")
    plot_roc(changed(drawn.roc, auc=0.6), ax, label="second")
    plot_roc(drawn.roc, ax, label="third", color="black")
    assert [text.get_text().replace(TOGETHER, " ") for text in ax.get_legend().get_texts()] == [
        "first (AUC 0.746)",
        "second (AUC 0.600)",
        "third (AUC 0.746)",
    ]
    colours = [line(ax, name).get_color() for name in ("first", "second", "third")]
    assert colours == [PRIMARY, ACCENT, "black"]
    assert [handle.get_color() for handle in ax.get_legend().legend_handles] == colours
    assert (list(ax.texts), list(ax.collections)) == ([], [])  # neither words nor area to overprint
    assert [found.get_label() for found in ax.lines].count("chance") == 1


def test_a_second_curve_takes_words_and_area_of_the_first_into_a_legend(drawn):
    ax = plot_roc(drawn.roc)
    plot_roc(changed(drawn.roc, auc=0.6), ax)
    plot_roc(changed(drawn.roc, auc=0.7), ax, label="all predictors of the table, and their interactions")
    assert (list(ax.texts), list(ax.collections)) == ([], [])
    texts = [text.get_text().replace(TOGETHER, " ") for text in ax.get_legend().get_texts()]
    assert texts[:2] == ["curve 1 (AUC 0.746)", "curve 2 (AUC 0.600)"]
    assert texts[2].replace("\n", " ") == "all predictors of the table, and their interactions (AUC 0.700)"
    curves = [found for found in ax.lines if found.get_label() != "chance"]
    assert len({curve.get_color() for curve in curves}) == 3
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().x0 >= ax.bbox.x1  # five lines stand beside the axes


def many_points(roc, n, power):
    """A curve of n steps, up by chance and otherwise to the right."""
    up = np.random.default_rng(5).random(n) < (1.0 - np.arange(n) / n) ** power
    tpr = np.append(0.0, np.cumsum(up) / up.sum())
    fpr = np.append(0.0, np.cumsum(~up) / (~up).sum())
    return changed(roc, fpr=fpr, tpr=tpr)


def test_a_curve_of_many_points_is_thinned_where_it_is_drawn_and_not_in_the_result(drawn):
    for power in (0.5, 1.0, 30.0):
        roc = many_points(drawn.roc, 200_000, power)
        x, y = line(plot_roc(roc), "ROC curve").get_data()
        assert 0.5 * DRAWN_MOST < x.size <= DRAWN_MOST
        assert (x[0], y[0], x[-1], y[-1]) == (0.0, 0.0, 1.0, 1.0)
        assert roc.fpr.size == 200_001
        # Every point of the curve lies within two thousandths of what is drawn, measured across the diagonal.
        drawn_across = np.interp(roc.fpr + roc.tpr, x + y, y - x)
        assert np.abs(drawn_across - (roc.tpr - roc.fpr)).max() < 0.002
        points = set(zip(roc.fpr, roc.tpr, strict=True))
        assert all(point in points for point in zip(x, y, strict=True))


def test_the_picture_does_not_grow_with_the_rows(drawn):
    sizes = [len(svg_of(plot_roc(many_points(drawn.roc, n, 1.0), page_axes()))) for n in (2_000, 200_000)]
    assert sizes[1] < 1.1 * sizes[0]


def test_levels_are_not_rounded(drawn):
    (text,) = plot_roc(changed(drawn.roc, level=0.999)).texts
    assert "99.9% interval" in text.get_text()


def test_a_square_figure_has_room_for_the_legend_beside_it():
    rng = np.random.default_rng(1)
    data = {"x": rng.normal(size=300), "y": rng.choice([f"a long name of outcome {k}" for k in range(7)], 300)}
    ax = lk.multinomial("y ~ x", data).plot.roc()
    width, height = ax.figure.get_size_inches()
    ax.figure.draw_without_rendering()
    left, low, right, high = ax.figure.get_tightbbox().extents
    assert min(left, low) >= 0.0
    assert right <= width
    assert high <= height
