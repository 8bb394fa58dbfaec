"""The forest figure: a logarithmic axis, a row for every ratio, and words for what has no place on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.plots import forest
from logitkit.plots.forest import WIDTH_MOST, Forest, forest_size
from logitkit.plots.log_axis import log_ticks, tick_text
from logitkit.plots.style import MUTED, looks
from logitkit.plots.term_rows import TermRow

NAMES = ["age", "smoke", "ui"]
RATIO = np.array([0.97, 2.5, 2.1])
LOW = np.array([0.91, 1.15, 0.87])
HIGH = np.array([1.05, 5.5, 5.3])


def plot_forest(labels, *values, ax=None, title="", **options):
    """Draw plain rows of numbers."""
    rows = tuple(TermRow(label) for label in labels)
    return forest.plot_forest(Forest(rows, *(np.array(v)[:, None] for v in values), **options), ax, title=title)


def like_rows(labels, estimate, low, high, numbers):
    """Rows that are alike but for their labels and numbers."""
    rows = tuple(TermRow(label) for label in labels)
    ones = np.ones((len(rows), 1))
    return Forest(rows, estimate * ones, low * ones, high * ones, numbers=tuple(numbers))


def boxes(ax, *artists):
    """Frames of texts, once all is laid out."""
    ax.figure.draw_without_rendering()
    return [artist.get_window_extent() for artist in artists]


def are_apart(found):
    return not any(one.overlaps(other) for i, one in enumerate(found) for other in found[:i])


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
    assert not ax.texts
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
    assert are_apart(boxes(ax, *ax.get_xticklabels()))


@pytest.mark.parametrize("columns", [1, 3])
def test_ticks_have_room_on_a_wide_axis_and_in_a_narrow_place(columns):
    figure = Figure(figsize=(6.4, 2.0))
    ax = figure.add_subplot(1, columns, 1)
    plot_forest(["a", "b"], [1e-5, 3e4], [1e-5, 1e4], [1e-4, 1e5], ax=ax)
    assert are_apart(boxes(ax, *ax.get_xticklabels()))
    assert len(ax.get_xticklabels()) >= 2
    assert log_ticks(1e-5, 1e5, 1.0)  # of a place that has no room one is left
    assert tick_text(1e-5) == "10⁻⁵"


def test_long_labels_are_wrapped_and_not_cut():
    name = "C(checking_status, contr.treatment('no checking'))[T.at least 200, or salary for at least one year]"
    rows = like_rows((name, "x" * 120, "age"), 2.0, 1.0, 3.0, [("2.000", "1.000 to 3.000")] * 3)
    ax = forest.plot_forest(rows)
    labels = ax.get_yticklabels()
    for label, row in zip(labels, rows.terms, strict=True):
        assert "".join(label.get_text().split()) == "".join(row.label.split())
        assert max(map(len, label.get_text().split("\n"))) < 40
    found = boxes(ax, *labels, *ax.texts)
    assert are_apart(found)
    inside = ax.figure.bbox
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 <= inside.y1 for box in found)
    assert forest_size(rows)[0] <= WIDTH_MOST


@pytest.mark.parametrize("n", [3, 12, 40])
def test_numbers_stand_in_their_rows_under_their_heads(n):
    numbers = [("1.500", f"0.{i:03} to 3.000") for i in range(n)]
    rows = like_rows([f"predictor {i}" for i in range(n)], 1.5, 0.7, 3.0, numbers)
    ax = forest.plot_forest(rows._replace(level=0.95), title="Odds of the event")
    texts = [text.get_text() for text in ax.texts]
    assert texts[:2] == ["Odds ratio", "95% interval"]
    assert texts[2:] == [text for cells in numbers for text in cells]
    found = boxes(ax, *ax.texts, *ax.get_yticklabels(), ax._left_title)
    assert are_apart(found)
    for row in range(n):
        middle = 0.5 * (found[2 + 2 * row].y0 + found[2 + 2 * row].y1)
        assert abs(middle - ax.transData.transform((1.0, row))[1]) < 2.0
    assert min(box.x0 for box in found[: 2 + 2 * n]) > ax.bbox.x1


def births():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"age": rng.normal(30.0, 5.0, 200), "race": rng.choice(["black", "other", "white"], 200)})
    frame["parity"] = rng.integers(0, 3, 200)
    frame["low"] = (rng.random(200) < 1.0 / (1.0 + np.exp(3.0 - 0.1 * frame["age"]))).astype(int)
    return frame


FORMULA = "low ~ age + C(race, contr.treatment('white')) + C(parity)"


def shown(ax):
    return [text.get_text().strip() for text in ax.get_yticklabels()]


def test_a_factor_has_a_heading_and_its_reference():
    fit = lk.logit(FORMULA, births())
    ax = fit.plot.forest()
    levels = ["white (reference)", "black", "other", "parity", "0 (reference)", "1", "2"]
    assert shown(ax) == ["age", "race", *levels]
    assert [text.get_fontweight() for text in ax.get_yticklabels()][:3] == ["normal", "bold", "normal"]
    assert_allclose(markers(ax)[0].get_xdata(), fit.odds_ratios()["odds_ratio"])
    assert_array_equal(markers(ax)[0].get_ydata(), [0, 3, 4, 7, 8])
    assert_array_equal(markers(ax)[1].get_data(), [[1.0, 1.0], [2, 6]])
    numbers = [text.get_text() for text in ax.texts]
    assert numbers.count("1") == 2
    assert f"{fit.odds_ratios()['odds_ratio'].iloc[0]:.3f}" in numbers


def test_terms_level_labels_and_title_can_be_chosen():
    fit = lk.logit(FORMULA, births())
    ax = fit.plot.forest(
        terms=["C(parity)", "age"], level=0.9, title="Births", units={"age": 10}, labels={"C(parity)": "Earlier births"}
    )
    assert shown(ax) == ["Earlier births", "0 (reference)", "1", "2", "age (per 10)"]
    assert ax.get_title(loc="left") == "Births"
    assert "90% interval" in [text.get_text() for text in ax.texts]
    expected = fit.odds_ratios({"age": 10}, level=0.9).iloc[[3, 4, 0]]
    assert_allclose(segments(ax)[:, :, 0], expected[["conf_low", "conf_high"]])
    one = fit.plot.forest(terms=["C(parity)[T.2]"])
    assert shown(one) == ["parity", "0 (reference)", "2"]
    with pytest.raises(FormulaError, match="Did you mean 'C\\(parity\\)'"):
        fit.plot.forest(terms=["C(party)"])
    with pytest.raises(FormulaError, match="terms is empty"):
        fit.plot.forest(terms=[])


def test_a_ratio_that_overflows_is_not_called_separated():
    rows = births().assign(small=lambda frame: frame["age"] * 1e-5)
    ax = lk.logit("low ~ small", rows).plot.forest()
    assert [text.get_text() for text in ax.texts][:1] == ["beyond the largest number"]


def test_a_forest_has_a_row():
    with pytest.raises(DataError, match="no row to draw"):
        plot_forest([], [], [], [])


def test_coefficients_of_an_event_have_their_numbers_beside() -> None:
    fit = lk.logit(FORMULA, births())
    ax = fit.plot.coefficients({"age": 10}, level=0.9, terms=["age", "C(parity)"])
    expected = fit.tidy(level=0.9).set_index("term").loc[["age", "C(parity)[T.1]", "C(parity)[T.2]"]]
    scale = [10.0, 1.0, 1.0]
    assert shown(ax) == ["age (per 10)", "parity", "0 (reference)", "1", "2"]
    assert_allclose(markers(ax)[0].get_xdata(), scale * expected["estimate"])
    assert_allclose(segments(ax)[:, :, 0].T, scale * expected[["conf_low", "conf_high"]].to_numpy().T)
    assert_array_equal(markers(ax)[1].get_xdata(), [0.0])  # the reference level, on the line of no effect
    assert ax.get_xscale() == "linear"
    assert [text.get_text() for text in ax.texts][:2] == ["Coefficient", "90% interval"]


def test_rows_of_several_outcomes_can_be_chosen_and_named() -> None:
    rows = births().assign(size=lambda frame: np.array(["a", "b", "c"])[frame["parity"]])
    fit = lk.multinomial("size ~ age + C(race)", rows)
    ax = fit.plot.forest(terms=["age"], labels={"age": "Age of the mother"}, against="c")
    assert shown(ax) == ["Age of the mother"]
    ratios = fit.odds_ratios(against="c")["odds_ratio"]
    for outcome, look in zip("ab", looks(3), strict=False):
        (points,) = [line for line in markers(ax, look.mark) if line.get_color() == look.color]
        assert_allclose(points.get_xdata(), ratios.loc[outcome, "age"])


def test_odds_of_an_event_are_against_nothing_else() -> None:
    with pytest.raises(UnsupportedError, match="against=0 applies to models of several outcomes"):
        lk.logit("low ~ age", births()).plot.forest(against=0)


def test_coefficients_without_a_ratio_are_drawn_as_they_are() -> None:
    fit = lk.logit("low ~ age", births(), link="probit")
    with pytest.raises(UnsupportedError, match="no name of its own, so there is no ratio to draw"):
        fit.plot.forest()
    assert fit.plot.coefficients().get_xlabel() == "Coefficient, 95% intervals"
    assert lk.logit("low ~ age", births(), link="cloglog").plot.forest().get_xlabel().startswith("Hazard ratio")


def test_common_slopes_are_named_beside_those_of_thresholds() -> None:
    rows = births().assign(size=lambda frame: pd.Categorical(frame["parity"], ordered=True))
    ax = lk.ordinal("size ~ age + low", rows, nominal="low").plot.coefficients()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["common", "0|1", "1|2"]
