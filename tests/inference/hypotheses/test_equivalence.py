"""Equivalence and non-inferiority of coefficients, ratios and tables of effects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr

import logitkit as lk
from logitkit.errors import DataError, FormulaError, SeparationError, UnsupportedError
from tolerances import REFERENCE, ROUTE

# R 4.2.2, m <- glm(low ~ age + lwt + smoke, binomial), b and s the estimate and its error: pnorm((b - l) / s,
# lower.tail = FALSE) and pnorm((b - u) / s), for age within -0.1 and 0.05, and for the odds ratio of smoke, 1/3 to 3
OF_R = {"age": (-0.0390200424122, 0.0327243014172), "smoke": (0.6706698881135, 0.3258658894627)}


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(births: pd.DataFrame) -> Any:
    return lk.logit("low ~ age + lwt + smoke", births)


def test_two_one_sided_tests_are_those_of_the_normal_distribution(fit: Any) -> None:
    b, s = OF_R["age"]
    found = fit.equivalence("age", -0.1, 0.05)
    assert_allclose([found.estimate[0], found.std_error[0]], [b, s], rtol=REFERENCE)
    assert_allclose([found.p_low[0], found.p_high[0]], [ndtr(-(b + 0.1) / s), ndtr((b - 0.05) / s)], rtol=1e-7)
    assert found.p_value[0] == max(found.p_low[0], found.p_high[0])
    assert_allclose([found.conf_low[0], found.conf_high[0]], fit.confint(level=0.9).loc["age"], rtol=ROUTE)
    b, s = OF_R["smoke"]
    ratio = fit.equivalence("smoke", 1 / 3, 3.0, ratio=True)
    assert ratio.names == ("exp(smoke)",)
    assert_allclose(ratio.p_high[0], ndtr((b - np.log(3.0)) / s), rtol=1e-7)
    assert_allclose(ratio.estimate[0], np.exp(b), rtol=REFERENCE)
    assert "on the scale of logarithms" in str(ratio)
    assert "90% low" in ratio.to_markdown()


def test_it_is_shown_where_the_interval_lies_within(fit: Any) -> None:
    interval = fit.confint(level=0.8).loc["age"]
    for low, high in ((-0.09, 0.01), (-0.07, 0.02), (-0.2, 0.2), (-0.09, -0.01)):
        found = fit.equivalence("age", low, high, level=0.9)
        assert found.equivalent[0] == (low < interval["conf_low"] and interval["conf_high"] < high)
    # With one bound it is half of the two-sided test.
    one = fit.equivalence("lwt", high=0.0)
    assert_allclose(one.p_value[0], fit.tidy().query("term == 'lwt'")["p_value"].iloc[0] / 2, rtol=ROUTE)
    assert np.isnan(one.p_low[0])
    assert "non-inferiority" in str(one)


def test_combinations_terms_and_any_covariance(births: pd.DataFrame) -> None:
    rows = births.assign(g=births.index % 40, visits=births["ftv"].clip(upper=2))
    fit = lk.logit("low ~ age + C(race)", rows, cluster="g")
    found = fit.equivalence(["C(race)", "C(race)[T.black] - 2 * C(race)[T.other] + 1"], -3.0, 3.0)
    assert len(found.names) == 3
    contrast = np.array([{"C(race)[T.black]": 1.0, "C(race)[T.other]": -2.0}.get(name, 0.0) for name in fit.coef.index])
    value, error = contrast @ fit.coef + 1.0, np.sqrt(contrast @ fit.vcov @ contrast)
    assert_allclose(found.p_high[2], ndtr((value - 3.0) / error), rtol=1e-8)
    nominal = lk.multinomial("visits ~ age", rows)
    assert nominal.equivalence("1:age", -1, 1).names == ("1:age",)


def test_degrees_of_freedom_of_each_function_are_printed(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + lwt + smoke", births.assign(g=births["id"] % 9)).robust("CR2", cluster="g")
    found = fit.equivalence(["age", "smoke"], -1.0, 1.0)
    law = fit.test("smoke = 0").estimates.law
    assert_allclose(found.p_value[1], law.above((1.0 - fit.coef["smoke"]) / fit.std_error["smoke"])[0], rtol=ROUTE)
    assert "smoke" in str(found)


def test_tables_of_effects_and_means_are_tested_too(fit: Any, births: pd.DataFrame) -> None:
    effects = fit.effects("smoke")
    found = effects.equivalence(-0.3, 0.3)
    estimate, error = effects.numbers.value, effects.numbers.std_error
    assert_allclose(found.p_high, ndtr((estimate - 0.3) / error), rtol=ROUTE)
    means = lk.logit("low ~ age + C(race)", births).means("race", scale="probability")
    shares = means.equivalence(high=0.9)
    assert shares.equivalent.all()


def test_bounds_that_are_none_say_so(fit: Any, births: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="Equivalence needs bounds"):
        fit.equivalence("age")
    with pytest.raises(DataError, match=r"low=0.1 is not below high=-0.1"):
        fit.equivalence("age", 0.1, -0.1)
    with pytest.raises(DataError, match="low=-1 must be a positive number, as ratios are"):
        fit.equivalence("age", -1, 2, ratio=True)
    with pytest.raises(DataError, match="high='x' must be a finite number"):
        fit.equivalence("age", high="x")
    with pytest.raises(DataError, match=r"level=0.4 leaves no interval"):
        fit.equivalence("age", -1, 1, level=0.4)
    with pytest.raises(FormulaError, match="Did you mean 'age'"):
        fit.equivalence("aeg", -1, 1)
    with pytest.raises(UnsupportedError, match="not offered after a penalty"):
        lk.logit("low ~ age", births, penalty=lk.Ridge(0.1)).equivalence("age", -1, 1)
    with pytest.raises(UnsupportedError, match="not an odds ratio"):
        lk.logit("low ~ age", births, link="probit").equivalence("age", 0.5, 2, ratio=True)
    with pytest.raises(SeparationError, match="x has no finite estimate"):
        lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2, 3, 4]}).equivalence("x", -1, 1)
