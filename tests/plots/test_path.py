"""The figures of a path and of its cross-validation show the numbers of their records."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

import logitkit as lk
from logitkit.engine.regularised.path import PathStatus
from logitkit.errors import DataError
from logitkit.plots.export import svg_of
from logitkit.plots.path import NAMED_MOST, _apart, plot_cross_validation, plot_path
from logitkit.plots.style import page_axes

FORMULA = "low ~ age + lwt + C(race) + smoke + ptl + ht + ui + ftv"


@pytest.fixture(scope="module")
def path():
    return lk.path(FORMULA, lk.datasets.load_lbw(), penalty=lk.Lasso())


@pytest.fixture(scope="module")
def cv():
    return lk.cross_validate(FORMULA, lk.datasets.load_lbw(), penalty=lk.Lasso(), folds=lk.Folds(5, seed=4))


@pytest.fixture(scope="module")
def scale(path):
    return path._given.strengths.scale


def named(ax):
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def test_lines_are_the_scaled_coefficients(path, scale):
    ax = plot_path(path.record, scale)
    scaled = path.coef * scale
    largest = scaled.iloc[-1].drop("Intercept").abs().nlargest(NAMED_MOST).index
    assert set(named(ax)) == set(largest)
    for name, line in named(ax).items():
        x, y = line.get_data()
        np.testing.assert_array_equal(x, path.strengths)
        np.testing.assert_array_equal(y, scaled[name])
    (grey,) = ax.collections
    others = scaled.columns.difference([*largest, "Intercept"])
    assert len(grey.get_segments()) == (scaled[others] != 0.0).any().sum()


def test_the_strongest_penalty_is_on_the_left(path, scale):
    ax = plot_path(path.record, scale)
    left, right = ax.get_xlim()
    assert left > path.strengths[0]
    assert right < path.strengths[-1]
    assert ax.get_xscale() == "log"


def test_names_do_not_overlap_and_have_the_colour_of_their_line(path, scale):
    ax = plot_path(path.record, scale, page_axes((6.4, 4.4)))
    ax.figure.draw_without_rendering()
    texts = [text for text in ax.texts if text.get_text() in named(ax)]
    assert len(texts) == NAMED_MOST
    boxes = sorted((Text.get_window_extent(text) for text in texts), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))
    assert all(box.x1 <= ax.figure.bbox.x1 for box in boxes)
    for text in texts:
        assert to_rgba(text.get_color()) == to_rgba(named(ax)[text.get_text()].get_color())


def test_heights_are_moved_as_little_as_needed():
    np.testing.assert_allclose(_apart(np.array([10.0, 50.0]), [5.0, 5.0], 100.0), [10.0, 50.0])
    np.testing.assert_allclose(_apart(np.array([10.0, 10.0]), [5.0, 5.0], 100.0), [10.0, 15.0])
    np.testing.assert_allclose(_apart(np.array([10.0, 10.0]), [5.0, 15.0], 100.0), [10.0, 20.0])  # three lines
    np.testing.assert_allclose(_apart(np.array([99.0, 98.0, 97.0]), [5.0] * 3, 100.0), [100.0, 95.0, 90.0])


def test_the_legend_of_the_choices_covers_neither_their_lines_nor_the_scores(cv):
    for figure, n in ((Figure(figsize=(6.4, 4.4), layout="constrained"), 1), (Figure(figsize=(9.0, 3.5)), 2)):
        ax = plot_cross_validation(cv.record, figure.add_subplot(1, n, 1))
        figure.draw_without_rendering()
        legend = ax.get_legend().get_window_extent()
        lines = [line for line in ax.lines if line.get_label().startswith(("best", "one standard"))]
        assert len(lines) == 2
        assert max(line.get_window_extent().y1 for line in lines) <= legend.y0
        points = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_ydata())]
        tops = [ax.transData.transform((0.1, max(line.get_ydata())))[1] for line in points]
        assert max(tops) <= legend.y0
        assert legend.y1 <= ax.bbox.y1
        ticks = [label.get_window_extent() for label in ax.get_xticklabels(which="both") if label.get_text()]
        assert len(ticks) >= 2
        assert all(left.x1 < right.x0 or right.x1 < left.x0 for left, right in pairwise(ticks))


def test_long_names_stand_beside_their_lines_uncut(path, scale):
    names = [name if name == "Intercept" else f"{name}: a measurement with a long name" for name in path.record.names]
    ax = plot_path(replace(path.record, names=tuple(names)), scale, page_axes((6.4, 4.4)))
    ax.figure.draw_without_rendering()
    texts = [text for text in ax.texts if text.get_text()]
    assert {" ".join(text.get_text().split()) for text in texts} <= set(names)
    boxes = sorted((Text.get_window_extent(text) for text in texts), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


def test_the_numbers_along_the_top_are_those_of_their_strengths(path, scale, cv):
    for ax, record in (
        (plot_path(path.record, scale), path.record),
        (plot_cross_validation(cv.record), cv.record.path),
    ):
        (top,) = ax.child_axes
        counts = dict(zip(record.strengths, record.n_nonzero, strict=True))
        assert len(top.get_xticks()) > 2
        for place, label in zip(top.get_xticks(), top.get_xticklabels(), strict=True):
            assert label.get_text() == str(counts[place])


def test_how_a_path_ended_is_said(path, scale):
    assert path.record.status is PathStatus.FLAT
    assert "ended early: smaller strengths explain no more" in plot_path(path.record, scale).get_xlabel()
    whole = plot_path(replace(path.record, status=PathStatus.COMPLETE), scale).get_xlabel()
    assert whole == "Strength of the penalty (log scale)\nlasso"


def test_a_strength_of_zero_has_no_place():
    given = lk.path(FORMULA, lk.datasets.load_lbw(), penalty=lk.Lasso(), strengths=[0.1, 0.01, 0.0])
    ax = given.plot()
    assert "strength 0 is not drawn" in ax.get_xlabel()
    assert all(line.get_xdata().min() > 0.0 for line in named(ax).values())
    alone = lk.path(FORMULA, lk.datasets.load_lbw(), penalty=lk.Lasso(), strengths=[0.0])
    with pytest.raises(DataError, match="No strength is positive"):
        alone.plot()


def test_one_strength_and_a_path_without_a_choice_are_drawn():
    for strengths in ([0.02], [5.0, 4.0]):
        svg_of(lk.path(FORMULA, lk.datasets.load_lbw(), penalty=lk.Lasso(), strengths=strengths).plot(page_axes()))


def test_scores_are_drawn_with_their_errors(cv):
    ax = plot_cross_validation(cv.record)
    (bars,) = ax.collections
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    scores = cv.scores
    np.testing.assert_allclose(ends.mean(axis=1), scores["mean"], rtol=1e-12)
    np.testing.assert_allclose(np.ptp(ends, axis=1), 2.0 * scores["std_error"], rtol=1e-9)
    points = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(points[0].get_data(), [cv.strengths, scores["mean"]])
    assert ax.get_ylabel() == "Deviance, mean ± s.e."


def test_both_choices_are_marked(cv):
    ax = plot_cross_validation(cv.record, title="Births")
    assert cv.best_strength != cv.one_se_strength
    marked = {line.get_xdata()[0] for line in ax.lines if line.get_marker() != "o"}
    assert marked == {cv.best_strength, cv.one_se_strength}
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words[0].startswith(f"best: {cv.best_strength:.3g} (")
    assert words[1].startswith(f"one standard error: {cv.one_se_strength:.3g} (")
    assert ax.get_legend().get_title().get_text() == cv.record.folds.words
    assert ax.get_title(loc="left") == "Births"
    (one,) = plot_cross_validation(replace(cv.record, one_se=cv.record.best)).get_legend().get_texts()
    assert one.get_text().startswith("best, and one standard error: ")


def test_means_over_fewer_splits_are_hollow(cv):
    fewer = cv.record.curve.n_scores.copy()
    fewer[-3:] -= 1
    ax = plot_cross_validation(replace(cv.record, curve=replace(cv.record.curve, n_scores=fewer)))
    hollow = [line for line in ax.lines if line.get_marker() == "o" and line.get_markerfacecolor() == "white"]
    np.testing.assert_array_equal(hollow[0].get_xdata(), cv.strengths[-3:])


def test_they_are_drawn_where_they_are_asked_to_be(path, cv):
    for result in (path, cv):
        ax = page_axes()
        assert result.plot(ax) is ax
