"""Figures of several outcomes: what is drawn where, in which colour, and what is said in words instead."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, ResponseError, UnsupportedError
from logitkit.plots.forest import Forest, plot_forest
from logitkit.plots.labels import plain
from logitkit.plots.style import MUTED, OUTCOMES_MOST, looks
from logitkit.plots.term_rows import TermRow
from logitkit.plots.ternary import corner_coordinates, plot_ternary
from logitkit.results.effects import average_predictions as averages
from logitkit.results.rows import Rows


def trips(n: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"cost": rng.normal(size=n), "time": rng.normal(size=n), "g": rng.choice(["u", "v"], n)})
    eta = np.column_stack([np.zeros(n), 0.7 * frame["cost"], 0.4 - 0.6 * frame["time"]])
    frame["mode"] = np.array(["bus", "car", "walk"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return frame


def average_predictions_of(
    fit: Any, variable: str, data: Any = None, values: Any = None, level: Any = None, **given: Any
) -> Any:
    return averages.average_predictions_of(Rows(fit.record, fit.design, data, **given), variable, values, level)


@pytest.fixture(scope="module")
def fit() -> Any:
    return lk.multinomial("mode ~ cost + time + g", trips())


def legend(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def points(ax: Any, look: Any) -> Any:
    return next(line for line in ax.lines if line.get_marker() == look.mark and line.get_color() == look.color)


def rows_of(ax: Any) -> list[str]:
    return [text.get_text().strip() for text in ax.get_yticklabels()]


def test_looks_are_all_different() -> None:
    assert len({(look.color, look.hatch) for look in looks(28)}) == 28
    assert len(set(looks(28))) == 28
    assert len({look.color for look in looks(7)}) == len({look.mark for look in looks(7)}) == 7


def test_coefficients_have_a_row_a_term_and_a_mark_an_outcome(fit: Any) -> None:
    ax = fit.plot.coefficients()
    assert rows_of(ax) == ["cost", "time", "g", "u (reference)", "v"]
    assert legend(ax) == ["car", "walk"]
    for outcome, look in zip(["car", "walk"], looks(3)[1:], strict=True):
        drawn = points(ax, look)
        assert_allclose(drawn.get_xdata(), fit.coef[outcome].drop("Intercept"))
        assert_allclose(np.diff(drawn.get_ydata()), [1.0, 1.0 + 2 * 0.27 / 0.34])
    assert "against bus, 95% intervals" in ax.get_xlabel()
    left, right = ax.get_xlim()
    assert left < 0.0 < right


def test_ratios_are_on_a_logarithmic_axis_and_against_whom_is_said(fit: Any) -> None:
    ax = fit.plot.forest(against="walk", level=0.9)
    assert ax.get_xscale() == "log"
    assert legend(ax) == ["bus", "car"]
    assert "against walk, 90% intervals" in ax.get_xlabel()
    expected = fit.odds_ratios(against="walk")["odds_ratio"]
    for outcome, look in zip(["bus", "car"], looks(3), strict=False):
        assert_allclose(points(ax, look).get_xdata(), expected.loc[outcome])
    null = [line for line in ax.lines if line.get_color() == MUTED]
    assert list(null[0].get_xdata()) == [1.0, 1.0]


def test_in_symmetric_form_every_outcome_is_drawn_against_their_mean() -> None:
    fit = lk.multinomial("mode ~ cost", trips(), reference=None)
    ax = fit.plot.coefficients()
    assert legend(ax) == ["bus", "car", "walk"]
    assert "against the mean of all outcomes" in ax.get_xlabel()
    assert legend(fit.plot.forest()) == ["car", "walk"]


def test_what_an_outcome_does_not_have_is_left_out() -> None:
    fit = lk.multinomial("mode ~ cost + time", trips(), per_outcome={"car": "cost"})
    ax = fit.plot.coefficients()
    assert len(points(ax, looks(3)[1]).get_xdata()) == 1
    assert len(points(ax, looks(3)[2]).get_xdata()) == 2
    assert not ax.texts
    ratios = fit.plot.forest()
    assert len(points(ratios, looks(3)[1]).get_xdata()) == 1
    assert not ratios.texts
    # Against an outcome that has the term, the one that has none is drawn too.
    assert len(points(fit.plot.forest(against="walk"), looks(3)[1]).get_xdata()) == 2


def coefficients(terms: tuple[TermRow, ...], outcomes: tuple[str, ...], *values: np.ndarray) -> Forest:
    return Forest(terms, *values, what="Coefficient", ratios=False, level=0.95, outcomes=outcomes, against="bus")


def test_infinite_and_missing_ones_are_named_in_words() -> None:
    nan, inf = np.nan, np.inf
    table = np.array([[inf, 0.5], [nan, -inf]])
    ends = np.where(np.isfinite(table), table, nan)
    terms = (TermRow("x"), TermRow("z"))
    drawn = coefficients(terms, ("car", "walk"), table, ends - 0.2, ends + 0.2)
    assert [text.get_text() for text in plot_forest(drawn).texts] == [
        "infinite (separated) →",
        "no estimate",
        "← minus infinite (separated)",
    ]
    values = (np.exp(values) for values in (table, ends - 0.2, ends + 0.2))
    ratios = coefficients(terms, ("car", "walk"), *values)._replace(ratios=True)
    assert [text.get_text() for text in plot_forest(ratios).texts][-1] == "← zero (separated)"


def test_an_interval_far_longer_than_any_estimate_is_cut() -> None:
    one = np.array([[0.5], [1.0]])
    ends = np.array([[-200.0], [0.9]]), np.array([[201.0], [1.1]])
    drawn = coefficients((TermRow("x"), TermRow("z")), ("car",), one, *ends)
    ax = plot_forest(drawn)
    assert ax.get_xlim()[1] < 4.0
    assert {line.get_marker() for line in ax.lines if len(line.get_xdata())} >= {"<", ">"}
    with pytest.raises(DataError, match="shapes"):
        plot_forest(drawn._replace(low=one[:1]))


def test_intervals_of_the_usual_length_are_whole_however_small_the_estimates() -> None:
    estimate = np.array([[0.1], [-0.05], [0.02]])
    rows = tuple(TermRow(name) for name in "xyz")
    ax = plot_forest(coefficients(rows, ("car",), estimate, estimate - 1.0, estimate + 1.2))
    assert ax.get_xlim()[0] < -1.05
    assert ax.get_xlim()[1] > 1.3
    assert not {line.get_marker() for line in ax.lines} & {"<", ">"}


def test_a_model_of_intercepts_has_nothing_to_draw() -> None:
    fit = lk.multinomial("mode ~ 1", trips())
    for draw in (fit.plot.coefficients, fit.plot.forest):
        with pytest.raises(UnsupportedError, match="besides the intercepts"):
            draw()


def test_effects_are_lines_with_bands(fit: Any) -> None:
    rows = trips()
    ax = fit.plot.average_predictions("cost", rows)
    found = average_predictions_of(fit, "cost", rows)
    for row, line in zip(found.probability, ax.lines, strict=True):
        assert_allclose(line.get_xdata(), found.values)
        assert_allclose(line.get_ydata(), row)
    assert len(ax.collections) == 3
    assert legend(ax) == ["bus", "car", "walk"]
    low, high = ax.get_ylim()
    assert low <= found.low.min()
    assert found.high.max() <= high
    assert "95%" in ax.get_ylabel()


def test_effects_of_levels_are_points_side_by_side(fit: Any) -> None:
    ax = fit.plot.average_predictions("g", trips())
    assert [text.get_text() for text in ax.get_xticklabels()] == ["u", "v"]
    assert [line.get_marker() for line in ax.lines] == [look.mark for look in looks(3)]
    assert len({tuple(line.get_xdata()) for line in ax.lines}) == 3


@pytest.mark.parametrize("variable", ["cost", "g"])
def test_stacked_effects_add_to_one(fit: Any, variable: str) -> None:
    rows = trips()
    ax = fit.plot.average_predictions(variable, rows, "stacked")
    assert legend(ax) == ["walk", "car", "bus"]  # from the top, as they lie
    found = average_predictions_of(fit, variable, rows)
    if variable == "g":
        tops = [patch.get_y() + patch.get_height() for patch in ax.patches]
        assert_allclose(tops, np.cumsum(found.probability, axis=0).ravel())
        assert to_hex(ax.patches[0].get_facecolor()) == looks(3)[0].color.lower()
    else:
        top = ax.collections[-1].get_paths()[0].vertices[:, 1]
        assert_allclose(top.max(), 1.0)


def test_dollar_signs_are_no_formulas() -> None:
    rows = trips()
    rows["mode"] = rows["mode"].map({"bus": "$a$", "car": "$b_c$", "walk": "$"})
    fit = lk.multinomial("mode ~ cost", rows)
    for ax in (fit.plot.coefficients(), fit.plot.ternary(), fit.plot.average_predictions("cost", rows)):
        ax.figure.canvas.draw()
        assert plain("$b_c$") in legend(ax)


def test_another_kind_is_refused(fit: Any) -> None:
    with pytest.raises(DataError, match="kind='pie'"):
        fit.plot.average_predictions("cost", trips(), "pie")


def test_a_triangle_has_certain_rows_at_its_corners(fit: Any) -> None:
    corners = corner_coordinates(np.eye(3)).T
    assert_allclose(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1), 1.0)
    assert_allclose(corner_coordinates(np.full((3, 1), 1 / 3))[:, 0], corners.mean(axis=0))
    ax = fit.plot.ternary()
    rows = trips()
    assert legend(ax) == ["bus", "car", "walk"]
    x, y = corner_coordinates(fit.predict().to_numpy().T)
    for outcome, look in zip(fit.outcomes, looks(3), strict=True):
        drawn = next(line for line in ax.lines if line.get_marker() == look.mark and len(line.get_xdata()))
        here = (rows["mode"] == outcome).to_numpy()
        assert_allclose(drawn.get_xdata(), x[here])
        assert_allclose(drawn.get_ydata(), y[here])
    assert len(fit.plot.ternary(rows.iloc[:20]).lines) == len(ax.lines)


def test_a_triangle_has_three_corners() -> None:
    rows = trips()
    with pytest.raises(UnsupportedError, match="there are 2 outcomes"):
        lk.multinomial("g ~ cost", rows).plot.ternary()
    with pytest.raises(DataError, match=r"it must be \(3, 5\)"):
        plot_ternary(np.full((3, 4), 1 / 3), ["a", "b", "c"], np.zeros(5, int))


@pytest.mark.parametrize("name", ["coefficients", "forest", "average_predictions", "ternary"])
def test_every_figure_is_drawn_where_it_is_told(fit: Any, name: str) -> None:
    ax = Figure().add_subplot()
    given = ("cost", trips()) if name == "average_predictions" else ()
    assert getattr(fit.plot, name)(*given, ax=ax) is ax
    ax.figure.canvas.draw()
    assert ax.has_data()


def test_the_roc_curves_are_those_of_the_discrimination(fit: Any) -> None:
    ax = fit.plot.roc()
    found = fit.discrimination()
    lines = {line.get_label(): line for line in ax.lines}
    assert set(found.curves) <= set(lines)
    for outcome, curve in found.curves.items():
        assert_allclose(lines[outcome].get_ydata(), curve.tpr)
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == [f"{outcome} (AUC\N{NO-BREAK SPACE}{curve.auc:.3f})" for outcome, curve in found.curves.items()]


def test_the_points_of_calibration_are_the_bins_of_every_outcome(fit: Any) -> None:
    ax = fit.plot.calibration(bins=5)
    found = fit.calibration(bins=5)
    drawn = [container.lines[0].get_ydata() for container in ax.containers]
    assert len(drawn) == len(found.outcomes)
    for values, bins in zip(drawn, found.bins, strict=True):
        assert_allclose(values, bins.observed)


def modes(n_outcomes: int) -> Any:
    rng = np.random.default_rng(n_outcomes)
    x = rng.normal(size=40 * n_outcomes)
    eta = np.outer(x, np.linspace(-1.0, 1.0, n_outcomes))
    names = np.array([f"mode {chr(97 + k)}" for k in range(n_outcomes)])
    frame = pd.DataFrame({"x": x, "y": names[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]})
    return lk.multinomial("y ~ x", frame), frame


def colours(ax: Any) -> dict[str, str]:
    """The colour of each entry of a legend, by the outcome that it names."""
    names = [text.split(" (AUC")[0] for text in legend(ax)]
    found = {}
    for name, handle in zip(names, ax.get_legend().legend_handles, strict=True):
        color = handle.get_facecolor()[:3] if hasattr(handle, "get_facecolor") else handle.get_color()
        found[name] = to_hex(color)
    return found


@pytest.mark.parametrize("n_outcomes", [3, 7])
def test_every_outcome_is_drawn_and_has_one_colour_in_all_figures_of_the_fit(n_outcomes: int) -> None:
    fit, rows = modes(n_outcomes)
    figures = {
        "roc": fit.plot.roc(),
        "calibration": fit.plot.calibration(),
        "coefficients": fit.plot.coefficients(),
        "ratios": fit.plot.forest(against="mode c"),
        "effects": fit.plot.average_predictions("x", rows),
        "stacked": fit.plot.average_predictions("x", rows, "stacked"),
    }
    if n_outcomes == 3:
        figures["ternary"] = fit.plot.ternary()
    of_outcome = {outcome: look.color.lower() for outcome, look in zip(fit.outcomes, looks(n_outcomes), strict=True)}
    for name, ax in figures.items():
        found = colours(ax)
        assert found == {outcome: of_outcome[outcome] for outcome in found}, name
        missing = {"coefficients": {"mode a"}, "ratios": {"mode c"}}.get(name, set())
        assert set(fit.outcomes) - set(found) == missing


def test_of_many_outcomes_the_figure_says_which_it_leaves_out_and_why() -> None:
    fit, rows = modes(OUTCOMES_MOST + 2)
    for ax in (
        fit.plot.roc(),
        fit.plot.calibration(),
        fit.plot.average_predictions("x", rows),
        fit.plot.coefficients(),
    ):
        drawn = colours(ax)
        assert len(drawn) == OUTCOMES_MOST
        texts = [text.get_text().replace("\n", " ") for text in ax.texts]
        (note,) = [text for text in texts if "are drawn, as more could not be told apart" in text]
        left = set(fit.outcomes) - set(drawn) - ({"mode a"} if "first" in note else set())
        assert set(note.split("not drawn: ")[1].rstrip(".").split(", ")) == left


def test_an_outcome_that_no_row_has_is_named_below_the_curves() -> None:
    fit, rows = modes(3)
    ax = fit.plot.roc(rows[rows["y"] != "mode b"])
    assert set(colours(ax)) == {"mode a", "mode c"}
    assert colours(ax)["mode c"] == looks(3)[2].color.lower()
    assert "Without a curve" in ax.texts[-1].get_text()
    assert "mode b" in ax.texts[-1].get_text()


def test_outcomes_can_be_asked_for() -> None:
    fit, _ = modes(OUTCOMES_MOST + 2)
    look = dict(zip(fit.outcomes, looks(len(fit.outcomes)), strict=True))
    for draw in (fit.plot.roc, fit.plot.calibration):
        ax = draw(outcomes=["mode n", "mode b"])
        assert colours(ax) == {name: look[name].color.lower() for name in ("mode n", "mode b")}
        assert not any("are drawn, as" in text.get_text() for text in ax.texts)
        with pytest.raises(UnsupportedError, match="14 outcomes were requested; more than 12"):
            draw(outcomes=fit.outcomes)
        with pytest.raises(ResponseError, match="'z' is not an outcome"):
            draw(outcomes="z")


@pytest.mark.parametrize("given", ["plain", "weights", "offset", "offsets"])
def test_effects_are_over_the_rows_of_the_fit_unless_others_are_given(given: str) -> None:
    rows = trips().assign(w=lambda frame: 0.5 + frame.index % 3, o=lambda frame: frame["time"] / 2.0)
    rows.loc[3, "mode"] = None
    rows.loc[5, "cost"] = np.nan
    used = rows.dropna()
    nothing = np.zeros(len(rows))
    options: dict[str, Any] = {
        "plain": {},
        "weights": {"weights": rows["w"].to_numpy(), "weight_kind": "precision"},
        "offset": {"offset": {"car": rows["o"].to_numpy()}},
        "offsets": {"offset": np.column_stack([nothing, rows["o"], nothing])},
    }[given]
    fit = lk.multinomial("mode ~ cost + g", rows, **options)
    again: dict[str, Any] = {
        "weights": {"weights": used["w"].to_numpy()},
        "offset": {"offset": {"car": used["o"]}},
    }.get(given, {})
    if given == "offsets":
        again = {"offset": np.column_stack([nothing, rows["o"], nothing])[used.index]}
    own, same = average_predictions_of(fit, "cost", None), average_predictions_of(fit, "cost", used, **again)
    assert_allclose(own.probability, same.probability)
    assert own.n_rows == len(used)
    assert fit.plot.average_predictions("g").has_data()


def test_effects_over_the_rows_of_the_fit_need_its_table_as_it_was() -> None:
    table = {"y": np.array(list("abcab") * 8), "x": np.arange(40.0) % 7}
    fit = lk.multinomial("y ~ x", table)
    assert fit.plot.average_predictions("x").has_data()
    table["x"][0] = 5.0
    with pytest.raises(DataError, match="has changed since the fit"):
        fit.plot.average_predictions("x")
    with pytest.raises(DataError, match="has no table"):
        pickle.loads(pickle.dumps(fit)).plot.average_predictions("x")


def test_the_figures_show_themselves_as_a_list(fit: Any) -> None:
    lines = repr(fit.plot).splitlines()
    names = ["forest()", "coefficients()", "average_predictions(variable)", "roc()", "calibration()", "residuals()"]
    names.append("ternary()")
    assert {line.split()[0] for line in lines[1:]} >= {f"plot.{name}" for name in names}
    assert "ROC curve of the event, or of each of several outcomes" in repr(fit.plot)
