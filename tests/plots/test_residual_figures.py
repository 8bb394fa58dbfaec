"""Figures of residuals and influence: what is drawn is what the verbs say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.diagnostics.residuals.added import added_variable
from logitkit.diagnostics.residuals.binned import binned_residuals
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE


@pytest.fixture(scope="module")
def lbw():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(lbw):
    return lk.logit("low ~ age + lwt + C(race) + smoke", lbw)


def offsets(ax, place=0):
    return np.asarray(ax.collections[place].get_offsets())


def test_added_variable_is_residuals_of_weighted_regressions():
    """R's lm of the column, and of the working response, on the other columns, with working weights."""
    vaso = json.loads((Path(__file__).parents[1] / "references" / "diagnostics" / "vaso.json").read_text())
    fit = lk.logit("y ~ log(rate) + log(volume)", {name: vaso[name] for name in ("y", "rate", "volume")})
    found = added_variable(fit.record, fit.design, "log(rate)")
    assert_allclose(found.x, vaso["added"]["x"], rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(found.y, vaso["added"]["y"], rtol=REFERENCE, atol=1e-6)  # R's weights are of the step before
    ax = fit.plot.added_variable("log(rate)")
    (line,) = (each for each in ax.lines if len(each.get_xdata()) == 2 and each.get_ydata()[0] != 0.0)
    assert_allclose(np.diff(line.get_ydata()) / np.diff(line.get_xdata()), fit.coef["log(rate)"], rtol=ROUTE)
    assert_allclose(offsets(ax), np.column_stack([found.x, found.y]), rtol=EXACT)


def test_added_variable_beside_absorbed_levels(lbw):
    absorbed, dummies = lk.logit("low ~ age + lwt", lbw, absorb="race"), lk.logit("low ~ age + lwt + C(race)", lbw)
    one, other = (added_variable(each.record, each.design, "lwt") for each in (absorbed, dummies))
    assert_allclose(one.x, other.x, rtol=1e-6, atol=1e-7)  # two solvers, each to its tolerance


def test_binned_residuals_are_means_of_bins(lbw, fit):
    found = binned_residuals(fit.record, fit.design, 1, bins=9)
    p, y = fit.predict().to_numpy(), lbw["low"].to_numpy()
    parts = np.array_split(np.argsort(p, kind="stable"), 9)
    assert_allclose(found.size, [part.size for part in parts])
    assert_allclose(found.residual, [(y - p)[part].mean() for part in parts], atol=1e-12)
    limits = [2 * np.sqrt((p * (1 - p))[part].sum()) / part.size for part in parts]
    assert_allclose(found.limit, limits, rtol=ROUTE)
    ax = fit.plot.binned_residuals(bins=9)
    drawn = np.concatenate([offsets(ax, 1), offsets(ax, 2)])
    assert len(drawn) == 9
    by_age = fit.plot.binned_residuals(by="age", bins=5)
    assert by_age.get_xlabel() == "age"
    weighted = lk.logit("low ~ age", lbw.assign(w=2), weights="w")
    plain = lk.logit("low ~ age", lbw)
    one, other = (binned_residuals(each.record, each.design, 1, bins=5) for each in (weighted, plain))
    assert_allclose(one.residual, other.residual, atol=1e-9)
    assert_allclose(one.limit, other.limit / np.sqrt(2), rtol=1e-9)


def test_partial_residuals_are_drawn_with_the_fitted_line(lbw, fit):
    ax = fit.plot.partial_residuals("lwt")
    assert_allclose(offsets(ax)[:, 1], fit.residuals("partial")["lwt"], rtol=EXACT)
    x, y = ax.lines[0].get_data()
    assert_allclose(np.polyfit(x, y, 1)[0], fit.coef["lwt"], rtol=ROUTE)
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"fitted", "smooth"}


def test_terms_of_several_columns_are_drawn_against_their_variable(lbw, fit):
    """A factor has the fitted part at each level, and a spline along its variable."""
    ax = fit.plot.partial_residuals("C(race)")
    levels = [label.get_text() for label in ax.get_xticklabels()]
    assert levels == ["black", "other", "white"]
    assert ax.get_xlabel() == "race"
    fitted = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert_allclose(np.subtract(fitted[:2], fitted[2]), fit.coef.filter(like="C(race)"), rtol=ROUTE)
    assert_allclose(np.sort(offsets(ax)[:, 1]), np.sort(fit.residuals("partial")["C(race)"]), rtol=EXACT)
    # At the estimate the working weights of each level average the working residuals to nothing.
    means = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "-"]
    assert_allclose(means, fitted, atol=1e-6)
    curved = lk.logit("low ~ bs(age, df=4) + lwt", lbw)
    ax = curved.plot.partial_residuals("bs(age, df=4)")
    x, y = ax.lines[0].get_data()
    assert_allclose(x, np.sort(lbw["age"]))
    spline = curved.residuals("partial")["bs(age, df=4)"] - curved.residuals("working")
    assert_allclose(np.unique(y.round(9)), np.unique(spline.to_numpy().round(9)), atol=2e-9)


def test_ceres_residuals_are_those_of_the_model_with_the_means_of_the_others():
    """By plain NumPy: tricube local lines, a fit with them, its working residuals."""
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(-2, 2, 120))
    z = x**2 + 0.3 * rng.normal(size=120)
    y = (rng.random(120) < 1 / (1 + np.exp(-(np.exp(x / 2) - 1 - 0.5 * z)))).astype(int)
    fit = lk.logit("y ~ x + z", {"y": y, "x": x, "z": z})
    mean = np.empty(120)
    for i in range(120):
        distance = np.abs(x - x[i])
        w = np.clip(1 - (distance / np.sort(distance)[79]) ** 3, 0, None) ** 3
        mean[i] = np.polyfit(x - x[i], z, 1, w=np.sqrt(w))[1]
    larger = lk.logit("y ~ x + z + m", {"y": y, "x": x, "z": z, "m": mean})
    part = larger.coef["x"] * x + larger.coef["m"] * mean
    expected = part - part.mean() + larger.residuals("working")
    ax = fit.plot.partial_residuals("x", method="ceres")
    assert_allclose(offsets(ax)[:, 1], expected, rtol=1e-5, atol=1e-5)
    assert ax.get_ylabel() == "CERES residual"
    with pytest.raises(DataError, match="method"):
        fit.plot.partial_residuals("x", method="loess")


def test_influence_is_drawn_by_row_and_by_coefficient(fit):
    figure = fit.plot.influence_index()
    assert [ax.get_ylabel() for ax in figure.axes][:2] == ["Leverage", "Cook's distance"]
    worst = fit.influence()["cooks_distance"].idxmax()
    assert str(worst) in [text.get_text() for text in figure.axes[1].texts]
    ax = fit.plot.dfbetas(terms=["smoke", "age"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["smoke", "age"]
    assert_allclose(np.sort(offsets(ax)[:, 0]), np.sort(fit.dfbetas()["smoke"]), rtol=EXACT)


def test_simulated_residuals_have_two_panels(fit):
    figure = fit.simulated_residuals(seed=1).plot()
    assert len(figure.axes) == 2
    assert_allclose(offsets(figure.axes[0])[:, 1], np.sort(fit.simulated_residuals(seed=1).residuals), rtol=EXACT)
    assert "dispersion: p = " in figure.axes[0].texts[0].get_text()
    assert len(fit.plot.simulated_residuals(seed=1).axes) == 2


def test_several_outcomes_and_given_rows(lbw, fit):
    nominal = lk.multinomial("race ~ age + lwt", lbw)
    assert nominal.plot.binned_residuals(outcome="black").get_xlabel() == "Predicted probability of black"
    assert nominal.plot.dfbetas() is not None
    assert len(nominal.plot.influence_index().axes) == 4
    assert fit.on(lbw.head(100)).plot.binned_residuals() is not None


def test_what_has_no_figure_is_refused(lbw, fit):
    with pytest.raises(UnsupportedError, match="name the outcome to draw"):
        lk.multinomial("race ~ age", lbw).plot.binned_residuals()
    with pytest.raises(UnsupportedError, match="of terms of one column"):
        fit.plot.partial_residuals("C(race)", method="ceres")
    crossed = lk.logit("low ~ age:C(race) + lwt", lbw)
    with pytest.raises(UnsupportedError, match="has 3 columns and is of 2 variables"):
        crossed.plot.partial_residuals("age:C(race)")
    with pytest.raises(DataError, match="is no term of the fit"):
        fit.plot.partial_residuals("lwtt")
    with pytest.raises(DataError, match="is no coefficient of the fit"):
        fit.plot.added_variable("lwtt")
    with pytest.raises(DataError, match="is no coefficient of the fit"):
        fit.plot.dfbetas(terms=["lwtt"])
    with pytest.raises(DataError, match="bins=1 must be"):
        fit.plot.binned_residuals(bins=1)
    with pytest.raises(DataError, match="values that are no numbers"):
        fit.plot.binned_residuals(by="race")
