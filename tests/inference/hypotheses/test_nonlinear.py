"""Non-linear hypotheses about the coefficients, by the delta method and by likelihood ratio."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.formula.nonlinear import nonlinear_functions
from logitkit.errors import DataError, FormulaError, SeparationError, UnsupportedError
from tolerances import REFERENCE, ROUTE

# R 4.2.2, car 3.1-1: deltaMethod(glm(low ~ age + lwt + race + smoke, binomial), g): estimate and standard error
OF_CAR = {
    "age/lwt": (1.80032311151, 3.02497309684),
    "exp(smoke) * sqrt(raceblack)": (3.18493312236, 1.49871727895),
    "log(raceother/smoke)": (-0.111061447984, 0.414732696151),
    "smoke^2 - raceblack*raceother": (-0.0499350617207, 0.88161046652),
    "2^raceblack": (2.34763809253, 0.841465523892),
}
NAMES = {"raceblack": "race[T.black]", "raceother": "race[T.other]"}


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(race=pd.Categorical(data["race"].astype(str), ["white", "black", "other"]))


@pytest.fixture(scope="module")
def fit(births: pd.DataFrame) -> Any:
    return lk.logit("low ~ age + lwt + race + smoke", births)


@pytest.mark.parametrize("text", list(OF_CAR))
def test_estimates_and_errors_are_those_of_car(fit: Any, text: str) -> None:
    estimate, error = OF_CAR[text]
    for short, name in NAMES.items():
        text = text.replace(short, name)
    found = fit.test(f"{text.replace('^', '**')} = 0")
    assert found.method == "delta"
    assert_allclose([found.estimates.estimate[0], found.estimates.std_error[0]], [estimate, error], rtol=REFERENCE)
    assert_allclose(found.statistic, (estimate / error) ** 2, rtol=1e-7)
    assert "depends on how a hypothesis is written" in str(found)


def test_derivatives_are_those_of_differences() -> None:
    rng = np.random.default_rng(2)
    names = ["a", "b", "C(g)[T.x]", "a:b"]
    texts = "a / b - 2 ** C(g)[T.x], exp(a * b) * -sqrt(a) + 3, log(a + b ** 2) / (a:b), (a ** b) ** 0.5 = a:b"
    functions = nonlinear_functions(texts, names)
    assert functions is not None
    at = rng.uniform(0.5, 1.5, 4)
    value, jacobian = functions.at(at)
    a, b, x, ab = at
    assert_allclose(value, [a / b - 2**x, -np.exp(a * b) * np.sqrt(a) + 3, np.log(a + b**2) / ab, a ** (b / 2) - ab])
    for j in range(4):
        step = 1e-6 * np.eye(4)[j]
        slope = (functions.at(at + step)[0] - functions.at(at - step)[0]) / 2e-6
        assert_allclose(jacobian[:, j], slope, rtol=1e-7, atol=1e-8)


def test_what_is_linear_stays_linear(fit: Any) -> None:
    for text in (
        "age = 0",
        "2 * age - lwt / 3 = 1e-3 + smoke",
        "race",
        "-(age + lwt) * (1 + 2) = 0",
        "smoke = age = 0",
    ):
        assert fit.test(text).method == "linear"
    one, other = fit.test("exp(age) = 1"), fit.test("age")
    assert one.method == "delta"
    assert_allclose(one.estimates.std_error[0], np.exp(fit.coef["age"]) * other.estimates.std_error[0], rtol=ROUTE)


def test_several_hypotheses_are_tested_jointly_under_any_covariance(births: pd.DataFrame) -> None:
    rows = births.assign(g=births.index % 40, visits=births["ftv"].clip(upper=2))
    fit = lk.logit("low ~ age + lwt + smoke", rows, cluster="g")
    found = fit.test("age / lwt = 1, smoke * lwt = 0")
    age, lwt, smoke = (fit.coef[name] for name in ("age", "lwt", "smoke"))
    jacobian = np.array([[0, 1 / lwt, -age / lwt**2, 0], [0, 0, smoke, lwt]])
    value = np.array([age / lwt - 1, smoke * lwt])
    covariance = jacobian @ fit.vcov.to_numpy() @ jacobian.T
    assert_allclose(found.statistic, value @ np.linalg.solve(covariance, value), rtol=1e-8)
    assert found.dof == 2
    nominal = lk.multinomial("visits ~ age + smoke", rows, reference=None)
    ratio = nominal.test("`1:age` / `2:age` = 1")
    assert ratio.hypotheses == ("1:age / 2:age = 1",)
    assert ratio.dof == 1


def test_the_likelihood_ratio_does_not_depend_on_how_a_hypothesis_is_written(births: pd.DataFrame, fit: Any) -> None:
    smaller = lk.logit("low ~ I(age + 2 * lwt) + race + smoke", births)  # lwt = 2 age
    expected = smaller.deviance - fit.deviance
    for text in ("lwt / age = 2", "lwt = 2 * age", "age / lwt = 0.5", "exp(lwt - 2 * age) = 1"):
        found = fit.test(text, method="profile")
        assert_allclose(found.statistic, expected, rtol=1e-7)
        assert found.dof == 1
        assert np.isnan(found.estimates.low).all()
    assert fit.test("lwt / age = 2").statistic != pytest.approx(fit.test("age / lwt = 0.5").statistic, rel=1e-3)
    assert "Likelihood-ratio test of hypotheses" in str(found)
    whole = fit.test("age, lwt, race, smoke", method="profile")
    assert_allclose(whole.statistic, fit.lr_test().statistic, rtol=1e-8)


def test_a_curved_hypothesis_is_held_as_a_search_over_it_finds(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + smoke", births.assign(age=births["age"] / 10.0))
    found = fit.test("age * smoke = -0.1", method="profile")
    # With smoke = s and age = -0.1 / s the intercept is left to fit: the least over s.
    X, y = fit.design.matrix.to_dense(), births["low"].to_numpy(float)

    def deviance(s: float) -> float:
        offset = X[:, 1] * -0.1 / s + X[:, 2] * s
        return float(lk.logit("y ~ 1", {"y": y, "o": offset}, offset="o").deviance)

    from scipy.optimize import minimize_scalar

    best = min(
        minimize_scalar(deviance, bounds=bounds, method="bounded").fun for bounds in ((0.05, 3.0), (-3.0, -0.05))
    )
    # The bounded search of scipy stops at 1e-5 of its variable, and a difference of deviances has lost digits.
    assert_allclose(found.statistic, best - fit.deviance, rtol=1e-4)
    ordinal = lk.ordinal("v ~ age + smoke", births.assign(v=births["ftv"].clip(upper=2)))
    assert_allclose(
        ordinal.test("age / smoke = 0.5", method="profile").statistic,
        ordinal.test("age = 0.5 * smoke", method="profile").statistic,
        rtol=1e-7,
    )


def test_what_cannot_be_tested_says_so(births: pd.DataFrame, fit: Any) -> None:
    with pytest.raises(
        FormulaError, match=r"'aeg' in 'aeg / lwt = 1' is neither a coefficient nor a term. Did you mean 'age'"
    ):
        fit.test("aeg / lwt = 1")
    with pytest.raises(FormulaError, match=r"Did you mean 'race\[T.black\]'"):
        fit.test("race[T.blak] / lwt = 1")
    with pytest.raises(FormulaError, match="has no value at the estimates"):
        fit.test("log(lwt) = 1")
    with pytest.raises(FormulaError, match="its derivatives"):
        fit.test("age**0 * exp(1) = 1")
    with pytest.raises(FormulaError):
        fit.test("__import__('os').system('true') / age = 1")
    with pytest.raises(FormulaError):
        fit.test("(lambda: age)() = 1")
    with pytest.raises(DataError, match="method='lr' is not known"):
        fit.test("age", method="lr")
    with pytest.raises(DataError, match="holds no rows"):
        pickle.loads(pickle.dumps(fit)).test("age", method="profile")
    with pytest.raises(UnsupportedError, match="not offered after a penalty"):
        lk.logit("low ~ age", births, penalty=lk.Ridge(0.1)).test("exp(age) = 1")
    with pytest.raises(UnsupportedError, match="not valid with"):
        lk.logit("low ~ age", births.assign(g=births.index % 9), cluster="g").test("exp(age) = 1", method="profile")
    separated = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2, 3, 4]})
    with pytest.raises(SeparationError, match="no finite estimate"):
        separated.test("exp(x) = 1")
