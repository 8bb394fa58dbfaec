"""Score intervals: R, Wilson, Cornfield's equation, brute force, and sets without an end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq

import logitkit as lk
from logitkit.engine.law import NORMAL
from logitkit.errors import UnsupportedError
from logitkit.inference.intervals.profile import FunctionIntervals
from logitkit.inference.intervals.score import score_intervals
from logitkit.inference.likelihood import likelihood_of
from references.load import load_fixture, load_table

Z = float(NORMAL.quantile(0.95))


def scored(fit: Any, functions: np.ndarray | None = None, level: float | None = None) -> FunctionIntervals:
    functions = np.eye(fit.record.coef.size) if functions is None else functions
    return score_intervals(fit.record, fit.design, functions, level)


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    data["age"], data["lwt"] = data["age"] / 10, data["lwt"] / 100
    data["grade"], data["counts"] = np.digitize(data["bwt"], [2500.5, 3000.5]), 1 + data["id"] % 3
    return data


@pytest.mark.parametrize("name", ["births_logit", "births_probit", "births_cloglog", "births_counts"])
def test_ends_are_those_of_score_tests_in_r(name: str, births: pd.DataFrame) -> None:
    expected = load_table("intervals/profile")["fits"][name]
    options = {"weights": "counts", "weight_kind": "frequency"} if name == "births_counts" else {}
    fit = lk.logit("low ~ age + lwt + smoke", births, link=expected["link"], **options)
    found, scale = scored(fit), fit.record.std_error
    # glm.fit() stops by changes of the deviance, and uniroot() by its tolerance of the argument.
    assert_allclose(found.low / scale, expected["score"][:, 0] / scale, atol=2e-5)
    assert_allclose(found.high / scale, expected["score"][:, 1] / scale, atol=2e-5)
    assert not found.several.any()


@pytest.mark.parametrize(("events", "trials"), [(1, 9), (13, 20), (40, 41), (300, 900)])
@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_an_intercept_alone_has_the_interval_of_wilson(events: int, trials: int, link: str) -> None:
    """With the expected information S is (p - q)^2 / (q (1 - q) / n) whatever the link."""
    data = pd.DataFrame({"yes": [events], "no": [trials - events]})
    fit = lk.logit("cbind(yes, no) ~ 1", data, link=link)
    p = events / trials
    centre, half = p + Z**2 / (2 * trials), Z * np.sqrt(p * (1 - p) / trials + Z**2 / (4 * trials**2))
    wilson = (centre + np.array([-1.0, 1.0]) * half) / (1 + Z**2 / trials)
    found = scored(fit)
    assert_allclose(fit.record.family.mean(np.r_[found.low, found.high]), wilson, rtol=1e-8)


def test_two_by_two_table_has_the_interval_of_cornfield() -> None:
    a, b, c, d = 12, 5, 8, 15
    fit = lk.logit("y ~ x", {"y": [1] * a + [0] * b + [1] * c + [0] * d, "x": [1] * (a + b) + [0] * (c + d)})
    found = scored(fit)

    def root(v: float) -> float:
        """Cornfield: the expected count A with the odds ratio exp(v) and all margins, and its variance."""
        expected = brentq(
            lambda x: np.log(x * (d - a + x)) - np.log((a + b - x) * (a + c - x)) - v,
            max(0, a - d) + 1e-9,
            min(a + b, a + c) - 1e-9,
            xtol=1e-14,
        )
        cells = [expected, a + b - expected, a + c - expected, d - a + expected]
        return float((a - expected) * np.sqrt(sum(1 / cell for cell in cells)))

    ends = [brentq(lambda v, s=sign: root(v) - s * Z, -2, 5, xtol=1e-13) for sign in (1, -1)]
    assert_allclose([found.low[1], found.high[1]], ends, rtol=1e-7)


@pytest.mark.parametrize(
    ("fit", "options"),
    [
        (lk.multinomial, {}),
        (lk.ordinal, {}),
        (lk.ordinal, {"model": "adjacent"}),
        (lk.ordinal, {"information": "observed", "link": "probit"}),
    ],
)
def test_statistic_at_the_ends_is_the_quantile(fit: Any, options: dict[str, Any], births: pd.DataFrame) -> None:
    """S = g' I^-1 g by the whole gradient and information, at a minimum on the slice found by another solver."""
    from scipy.optimize import minimize

    found = fit("grade ~ lwt + smoke", births, **options)
    c = np.zeros(found.record.coef.size)
    c[-1] = 1.0
    result = scored(found, c[None])
    likelihood = likelihood_of(found.record, found.design)
    objective, inner = likelihood.objective(), likelihood.functions(c[None])[0]
    informed = objective.with_family(found.record.family)
    for value in (result.low[0], result.high[0]):
        basis = np.linalg.svd(inner[None])[2][1:].T
        origin = likelihood.coef + inner * (value - inner @ likelihood.coef) / (inner @ inner)

        def loss(free: np.ndarray, origin: np.ndarray = origin, basis: np.ndarray = basis) -> Any:
            here = objective.evaluate(origin + basis @ free, hessian=False)
            return here.value, basis.T @ here.gradient

        free = minimize(loss, np.zeros(basis.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9}).x
        here = informed.evaluate(origin + basis @ free)
        assert_allclose(here.gradient @ np.linalg.solve(here.hessian.array, here.gradient), Z**2, rtol=1e-7)


def test_steps_beyond_the_range_of_numbers_are_silent() -> None:
    """A restricted fit far from the estimate turns back from infinite predictors, without a warning of NumPy's."""
    fit = lk.logit("low ~ age + lwt + C(race) + smoke", lk.datasets.load_lbw(), link="cloglog")
    found = fit.confint("score", of="smoke - 2 * lwt")
    for end in found.to_numpy()[0]:  # with smoke = end + 2 lwt, a column less and an offset
        births = lk.datasets.load_lbw()
        held = births.assign(x=births["lwt"] + 2.0 * births["smoke"], o=end * births["smoke"])
        mu = lk.logit("low ~ age + x + C(race)", held, link="cloglog", offset="o").predict().to_numpy()
        slope = -(1.0 - mu) * np.log1p(-mu)
        X, y = fit.design.matrix.to_dense(), births["low"].to_numpy()
        score = X.T @ ((y - mu) * slope / (mu * (1.0 - mu)))
        information = X.T @ ((slope**2 / (mu * (1.0 - mu)))[:, None] * X)
        assert_allclose(score @ np.linalg.solve(information, score), Z**2, rtol=1e-6)


def test_a_separated_coefficient_has_no_upper_end() -> None:
    fit = lk.logit("HG ~ NV + PI + EH", load_fixture("endometrial"))
    found = scored(fit)
    assert np.isposinf(found.high[1])
    assert np.isfinite(found.low).all()
    table = lk.logit("y ~ x", {"y": [1] * 6 + [1] * 4 + [0] * 5, "x": [1] * 6 + [0] * 9})
    own = scored(table)
    assert np.isposinf(own.high[1])
    a, b, c, d = 6, 0, 4, 5

    def root(v: float) -> float:
        expected = brentq(
            lambda x: np.log(x * (d - a + x)) - np.log((a + b - x) * (a + c - x)) - v, 1 + 1e-12, 6 - 1e-12, xtol=1e-15
        )
        cells = [expected, a + b - expected, a + c - expected, d - a + expected]
        return float((a - expected) * np.sqrt(sum(1 / cell for cell in cells)))

    assert_allclose(own.low[1], brentq(lambda v: root(v) - Z, -3, 5, xtol=1e-12), rtol=1e-7)


def test_what_has_no_score_interval(births: pd.DataFrame) -> None:
    with pytest.raises(UnsupportedError, match="not valid with"):
        scored(lk.logit("low ~ lwt", births, cluster="race"))
