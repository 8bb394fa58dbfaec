"""The figures of a fit: where they are drawn, and what the rows of the forest are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from scipy.special import expit

import logitkit as lk
from logitkit.errors import FormulaError, UnsupportedError


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    return lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())


def row_names(ax: Any) -> list[str]:
    return [text.get_text().strip() for text in ax.get_yticklabels()]


def test_a_unit_is_named_where_it_is_not_1(fit: lk.Fit) -> None:
    ax = fit.plot.forest({"age": 10, "lwt": 1, "smoke": -0.5})
    assert row_names(ax) == ["age (per 10)", "lwt", "smoke (per -0.5)"]
    assert row_names(fit.plot.forest({"lwt": 1_000_000})) == ["age", "lwt (per 1,000,000)", "smoke"]


def test_a_label_stands_as_it_was_given(fit: lk.Fit) -> None:
    ax = fit.plot.forest({"age": 10}, labels={"age": "Ten years", "smoke": "Smoker"})
    assert row_names(ax) == ["Ten years", "lwt", "Smoker"]


@pytest.mark.parametrize("name", ["smok", "Intercept"])
def test_a_label_of_no_row_is_refused(fit: lk.Fit, name: str) -> None:
    with pytest.raises(FormulaError, match=f"labels names '{name}'"):
        fit.plot.forest(labels={name: "Smoker"})


def test_an_intercept_has_no_odds_ratio_to_draw() -> None:
    fit = lk.logit("low ~ 1", lk.datasets.load_lbw())
    with pytest.raises(UnsupportedError, match="no odds ratio to draw"):
        fit.plot.forest()


@pytest.mark.parametrize("name", ["forest", "roc", "calibration", "residuals"])
def test_the_axes_are_the_second_argument_of_every_figure(fit: lk.Fit, name: str) -> None:
    ax = Figure().add_subplot()
    assert getattr(fit.plot, name)(None, ax) is ax
    assert ax.has_data()


@pytest.mark.parametrize("name", ["roc", "calibration"])
def test_two_curves_with_labels_share_the_axes(fit: lk.Fit, name: str) -> None:
    births = lk.datasets.load_lbw()
    ax = getattr(fit.plot, name)(label="births")
    assert getattr(fit.plot, name)(births[births["race"] == "white"], ax, label="white", color="black") is ax
    first, second = (text.get_text() for text in ax.get_legend().get_texts())
    assert first.startswith("births")
    assert second.startswith("white")
    assert ax.get_legend().legend_handles[1].get_color() == "black"


def test_coefficients_at_zero_have_no_row() -> None:
    fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(0.05))
    zero = [name for name, value in fit.coef.items() if value == 0.0]
    ax = fit.plot.forest(labels={zero[0]: "Not drawn"})
    assert zero == ["age", "race[T.other]"]
    assert row_names(ax) == ["lwt", "race", "white (reference)", "black", "smoke"]
    assert [text.get_text() for text in ax.texts][-1] == "Not drawn: 2 coefficients at zero."


def test_of_many_coefficients_the_largest_are_drawn() -> None:
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(300), rng.normal(size=(300, 60)) * np.geomspace(0.1, 10.0, 60)])
    y = rng.random(300) < expit(X[:, 10] / 0.2 + X[:, 50])
    names = ["Intercept", *(f"x{j}" for j in range(60))]
    fit = lk.logit_matrix(X, y, names, penalty=lk.Ridge(0.05))
    sizes = np.abs(fit.coef.to_numpy() * X.std(axis=0))[1:]
    ax = fit.plot.forest()
    assert row_names(ax) == [names[1 + j] for j in np.sort(np.argsort(-sizes)[:39])]
    assert [text.get_text() for text in ax.texts][-1] == "Not drawn: 21 smaller coefficients."


def test_a_penalty_that_leaves_nothing_leaves_no_figure() -> None:
    fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw(), penalty=lk.Lasso(10.0))
    with pytest.raises(UnsupportedError, match="every coefficient besides the intercept to zero"):
        fit.plot.forest()


def test_the_figures_show_themselves_as_a_list(fit: lk.Fit) -> None:
    lines = repr(fit.plot).splitlines()
    names = ["forest()", "coefficients()", "average_predictions(variable)", "roc()", "calibration()", "residuals()"]
    assert {line.split()[0] for line in lines[1:]} >= {f"plot.{name}" for name in names}


def endometrial() -> pd.DataFrame:
    return pd.read_csv("tests/references/data/endometrial.csv")


def test_a_forest_of_profile_intervals_has_the_finite_end_of_an_infinite_ratio() -> None:
    """The end is 1.2841 on the scale of logarithms, as confint(glm) of R has it."""
    data = endometrial()
    end = np.exp(1.28414)
    for table, upwards, text in ((data, True, "inf"), (data.assign(NV=1 - data["NV"]), False, "0.0000")):
        fit = lk.logit("HG ~ NV + PI + EH", table)
        ax = fit.plot.forest(method="profile")
        assert ax.get_xlabel() == "Odds ratio, 95% profile-likelihood intervals (log scale)"
        texts = [each.get_text() for each in ax.texts]
        assert text in texts
        assert not any("separated" in each for each in texts)
        left, right = ax.get_xlim()
        wanted = (end, right) if upwards else (left, 1.0 / end)
        lines = [(line[0, 0], line[-1, 0]) for each in ax.collections for line in each.get_segments() if len(line)]
        assert any(np.allclose(line, wanted, rtol=1e-4) for line in lines)  # R has four digits
        plt.close("all")
    coefficients = fit.plot.coefficients(method="profile")
    assert "profile-likelihood" in coefficients.get_xlabel()
    assert "-inf" in [each.get_text().split()[0] for each in coefficients.texts if each.get_text()]


def test_average_predictions_of_an_event_name_it_on_the_axis() -> None:
    ax = lk.logit("low ~ age", lk.datasets.load_lbw()).plot.average_predictions("age")
    assert ax.get_legend() is None
    assert ax.get_ylabel().startswith("Average probability of low = 1")


def test_effects_on_several_outcomes_share_rows_and_have_a_legend() -> None:
    births = lk.datasets.load_lbw()
    fit = lk.multinomial("race ~ age + lwt + smoke", births)
    ax = fit.effects(["age", "smoke"]).plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(fit.outcomes)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["age", "smoke"]
    ratio = lk.logit("low ~ race", births).effects("race", scale="risk_ratio").plot()
    assert ratio.get_xlabel().startswith("Risk ratio: average effects on the risk of low = 1")
    assert all("10^" not in text.get_text() for text in ratio.get_xticklabels())
