"""``fit.profile()``: curves, their table and figure."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError
from references.load import load_fixture
from tolerances import ROUTE


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    return lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())


def test_points_are_fits_with_the_coefficient_held(fit: lk.Fit) -> None:
    births = lk.datasets.load_lbw()
    curve = fit.profile("lwt").to_frame()
    for _, point in curve.iloc[::4].iterrows():
        held = lk.logit("low ~ age + smoke", births.assign(held=point["value"] * births["lwt"]), offset="held")
        assert_allclose(2 * (fit.loglik - held.loglik), point["statistic"], atol=3e-8)
    assert (np.diff(curve["root"]) > 0).all()
    assert (np.diff(curve["value"]) > 0).all()


def test_its_intervals_are_those_of_confint(fit: lk.Fit) -> None:
    found = fit.profile(level=0.9)
    assert_allclose(np.column_stack([found.low, found.high]), fit.confint("profile", 0.9), rtol=ROUTE)
    shifted = fit.profile("smoke - 1")
    ends = fit.confint("profile", of="smoke - 1").to_numpy()[0]
    assert_allclose([shifted.low[0], shifted.high[0]], ends, rtol=ROUTE)
    assert_allclose(shifted.wald.estimate, fit.coef["smoke"] - 1, rtol=ROUTE)


def test_it_prints_with_its_asymmetry(fit: lk.Fit) -> None:
    text = fit.profile().to_text()
    assert "Profile likelihood" in text
    assert "Asymmetry" in text
    again = pickle.loads(pickle.dumps(fit.profile("age")))
    assert again.to_text() == fit.profile("age").to_text()


def test_one_curve_is_drawn_on_its_scale_and_several_in_standard_errors(fit: lk.Fit) -> None:
    ax = fit.profile("age").plot(title="Age")
    assert (ax.get_xlabel(), ax.get_title(loc="left")) == ("age", "Age")
    curve = ax.lines[1]
    assert_allclose(curve.get_ydata()[0], (1.2 * fit.profile("age").critical) ** 2, rtol=1e-9)
    several = fit.profile().plot()
    assert [text.get_text() for text in several.get_legend().get_texts()] == list(fit.coef.index)
    dashed = several.lines[2]
    assert_allclose(dashed.get_xdata(), dashed.get_ydata())


def test_an_infinite_coefficient_has_one_branch() -> None:
    fit = lk.logit("HG ~ NV + PI + EH", load_fixture("endometrial"))
    found = fit.profile("NV")
    frame = found.to_frame()
    assert (frame["root"] < 0.0).all()
    assert np.isposinf(found.high[0])
    assert found.plot().lines
    separated = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    with pytest.raises(DataError, match="one by one"):
        separated.profile().plot()
