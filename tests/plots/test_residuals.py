"""Residuals against leverage: points, bubbles, contours and names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.diagnostics.residuals.influence import Influence, influence
from logitkit.errors import DataError, ResponseError, UnsupportedError
from logitkit.plots.residuals import DRAWN_MOST, plot_residuals
from tolerances import EXACT


def measured(leverage, distance, pearson, deviance, rank, positions) -> Influence:
    """Influence of what the figure draws."""
    return Influence(
        ("no", "yes"),
        leverage,
        distance,
        pearson**2,
        deviance**2,
        pearson**2,
        leverage,
        pearson,
        deviance,
        distance,
        rank,
        positions,
    )


def names(ax):
    return [text for text in ax.texts if text.get_text().isdigit()]


@pytest.mark.parametrize("kind", ["deviance", "pearson"])
def test_points_are_the_rows(drawn, kind):
    ax = plot_residuals(drawn.influence, kind=kind)
    (points,) = ax.collections
    found = np.array(sorted(map(tuple, points.get_offsets())))
    residual = getattr(drawn.influence, f"standardized_{kind}")
    expected = np.array(sorted(zip(drawn.influence.leverage, residual, strict=True)))
    assert_array_equal(found, expected)
    assert kind.capitalize() in ax.get_ylabel().replace("deviance", "Deviance")


def test_bubbles_grow_with_cooks_distance_and_the_largest_is_on_top(drawn):
    ax = plot_residuals(drawn.influence)
    (points,) = ax.collections
    distance = np.sort(drawn.influence.cooks_distance)
    assert_allclose(points.get_sizes(), 6.0 + 160.0 * distance / distance[-1], rtol=EXACT)


def test_the_largest_are_named_at_their_places(drawn):
    ax = plot_residuals(drawn.influence, n_labels=3)
    largest = np.argsort(-drawn.influence.cooks_distance)[:3]
    assert [text.get_text() for text in names(ax)] == [str(i) for i in largest]
    for text, row in zip(names(ax), largest, strict=True):
        assert text.xy == (drawn.influence.leverage[row], drawn.influence.standardized_deviance[row])


def test_rows_may_have_names_of_their_own(drawn):
    labels = [f"loan {i}" for i in range(189)]
    ax = plot_residuals(drawn.influence, labels=labels, n_labels=1)
    assert labels[int(np.argmax(drawn.influence.cooks_distance))] in [text.get_text() for text in ax.texts]
    with pytest.raises(DataError, match="2 entries and there are 189 rows"):
        plot_residuals(drawn.influence, labels=["a", "b"])


def test_names_do_not_cover_each_other():
    n = 5
    h = np.full(n, 0.1) + 1e-4 * np.arange(n)
    crowd = measured(h, np.arange(1.0, n + 1), np.ones(n), np.ones(n), 2, np.arange(100, 100 + n))
    ax = plot_residuals(crowd)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in names(ax)]
    assert len(boxes) == n
    overlaps = [a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert sum(overlaps) == 0


def strong():
    """Two rows with Cook's distance 1 and 2, k = 2."""
    h = np.array([0.2, 0.5, 0.05])
    distance = np.array([1.0, 2.0, 0.0])
    r = np.sqrt(distance * 2 * (1 - h) / h)
    return measured(h, distance, r, r, 2, np.arange(3))


def test_contours_hold_points_of_their_distance():
    ax = plot_residuals(strong(), kind="pearson")
    curves = [found for found in ax.lines if found.get_linestyle() == "--"]
    assert curves
    seen = set()
    for curve in curves:
        h, r = curve.get_data()
        distance = r**2 * h / (2 * (1 - h))
        assert_allclose(distance, distance[0], rtol=1e-9)
        seen.add(round(float(distance[0]), 9))
    assert seen == {0.5, 1.0}
    assert any("dashed lines" in text.get_text() for text in ax.texts)


def test_no_contours_for_deviance_residuals_or_out_of_reach(drawn):
    for ax in (plot_residuals(strong()), plot_residuals(drawn.influence, kind="pearson")):
        assert not [found for found in ax.lines if found.get_linestyle() == "--"]
        assert not any("dashed lines" in text.get_text() for text in ax.texts)


def test_many_rows_are_thinned_and_the_largest_kept():
    rng = np.random.default_rng(0)
    n = 3 * DRAWN_MOST
    many = measured(rng.random(n) / 10, rng.random(n), rng.standard_normal(n), rng.standard_normal(n), 3, np.arange(n))
    ax = plot_residuals(many)
    (points,) = ax.collections
    drawn_rows = set(map(tuple, points.get_offsets()))
    assert len(drawn_rows) == DRAWN_MOST
    for row in np.argsort(-many.cooks_distance)[: DRAWN_MOST // 2]:
        assert (many.leverage[row], many.standardized_deviance[row]) in drawn_rows
    assert any("4,000 of 12,000 rows drawn" in text.get_text() for text in ax.texts)


def test_rows_fitted_alone_are_left_out_and_counted(drawn):
    gone = drawn.influence.cooks_distance.copy()
    gone[:2] = np.nan
    ax = plot_residuals(replace(drawn.influence, cooks_distance=gone))
    (points,) = ax.collections
    assert len(points.get_offsets()) == 187
    assert any("2 with leverage 1 left out" in text.get_text() for text in ax.texts)
    with pytest.raises(DataError, match="saturated"):
        plot_residuals(replace(drawn.influence, cooks_distance=np.full(189, np.nan)))


def test_another_kind_is_refused(drawn):
    with pytest.raises(UnsupportedError, match="'deviance' and 'pearson'"):
        plot_residuals(drawn.influence, kind="working")


@pytest.mark.parametrize("kind", ["deviance", "pearson"])
def test_an_outcome_of_several_is_drawn_against_the_others(kind):
    fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    found = influence(fit.record, fit.design)
    ax = plot_residuals(found, kind=kind, outcome=2)
    (points,) = ax.collections
    expected = np.array(sorted(zip(found.outcome_leverage[2], getattr(found, f"standardized_{kind}")[2], strict=True)))
    assert_array_equal(np.array(sorted(map(tuple, points.get_offsets()))), expected)
    assert ax.get_ylabel() == f"Standardised {kind.replace('pearson', 'Pearson')} residual of other"
    assert "dashed" not in " ".join(text.get_text() for text in [*ax.texts, *ax.figure.texts])
    with pytest.raises(UnsupportedError, match="Each of the 3 outcomes has its own residuals"):
        plot_residuals(found, kind=kind)


def test_the_figure_of_a_fit_names_the_outcome():
    fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    assert fit.plot.residuals(outcome="black").get_ylabel() == "Standardised deviance residual of black"
    with pytest.raises(ResponseError, match="outcome='green' is not an outcome"):
        fit.plot.residuals(outcome="green")
