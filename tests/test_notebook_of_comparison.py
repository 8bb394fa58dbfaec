"""The notebook on comparison: statsmodels has the same tests, effects and curve, and the numbers of its words hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose
from scipy.special import expit

from logitkit.datasets import load_credit_data
from notebook_runs import look_into
from tolerances import REFERENCE

SMALL = "bad ~ Seniority + Records + Income + Amount"
LARGE = f"{SMALL} + Job + Home + Age"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("15-comparison", tmp_path_factory.mktemp("comparison"))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rows = load_credit_data().dropna()
    return rows.assign(bad=(rows["Status"] == "bad").astype(int))


def fitted(formula: str, rows: pd.DataFrame) -> Any:
    return smf.logit(formula, rows).fit(disp=0, method="newton", tol=1e-12)


def test_nested_models_are_tested_as_by_statsmodels(seen: dict[str, Any], rows: pd.DataFrame) -> None:
    fits = [fitted(formula, rows) for formula in (SMALL, f"{SMALL} + Job", LARGE)]
    assert_allclose(seen["steps"]["statistic"][1:], 2 * np.diff([fit.llf for fit in fits]), rtol=REFERENCE)
    assert_allclose(seen["aic"], [fit.aic for fit in fits], rtol=REFERENCE)
    assert_allclose(seen["bic"], [fit.bic for fit in fits], rtol=REFERENCE)
    without = fitted(f"{SMALL} + Job + Home", rows)
    assert_allclose(seen["terms"]["Age"], 2 * (fits[2].llf - without.llf), rtol=1e-6)
    assert np.round(seen["steps"]["statistic"][1:], 2).tolist() == [144.05, 107.94]
    assert (round(seen["terms"]["Home"], 2), round(seen["terms"]["Age"], 2)) == (106.16, 2.90)


def test_vuong_is_the_ratio_of_rows(seen: dict[str, Any], rows: pd.DataFrame) -> None:
    other = fitted("bad ~ Seniority + Records + Price + Expenses + Job + Home + Age", rows)
    parts = []
    for fit in (fitted(LARGE, rows), other):
        p = fit.predict(rows)
        parts.append(np.log(np.where(rows["bad"] == 1, p, 1 - p)))
    gain = parts[0] - parts[1]
    assert_allclose(seen["rivals"][1], gain.sum() / np.sqrt(len(gain) * gain.var()), rtol=1e-6)
    assert round(seen["rivals"][1], 2) == 6.47
    assert seen["rivals"][0] < 1e-4


def test_the_interaction_is_that_of_statsmodels_on_both_scales(seen: dict[str, Any], rows: pd.DataFrame) -> None:
    fit = fitted("bad ~ Records * Seniority + Income + Amount + Job + Home + Age", rows)
    assert_allclose(seen["on_odds"][0], 2 * (fit.llf - fitted(LARGE, rows).llf), rtol=1e-6)
    main, by = fit.params["Records[T.yes]"], fit.params["Records[T.yes]:Seniority"]
    assert_allclose(seen["odds_ratios"], np.exp(main + by * np.array([0, 10, 20])), rtol=1e-6)
    X, names = fit.model.exog, list(fit.params.index)
    record, years, crossed = (names.index(n) for n in ("Records[T.yes]", "Seniority", "Records[T.yes]:Seniority"))
    risks, slopes = [], []
    for at in (0, 10, 20):
        means = []
        for value in (1.0, 0.0):
            Z = X.copy()
            Z[:, record], Z[:, years], Z[:, crossed] = value, at, value * at
            p = expit(Z @ fit.params.to_numpy())
            means.append((p.mean(), (p * (1 - p)) @ Z / len(Z)))
        risks.append(means[0][0] - means[1][0])
        slopes.append(means[0][1] - means[1][1])
    assert_allclose(seen["risks"], risks, rtol=1e-6)
    gradient = slopes[2] - slopes[1]
    error = np.sqrt(gradient @ fit.cov_params().to_numpy() @ gradient)
    assert_allclose(seen["on_risk"][:2], [risks[2] - risks[1], error], rtol=1e-6)
    # The words: not shown on odds, shown on risks, in opposite directions.
    assert np.round(seen["odds_ratios"], 1).tolist() == [5.2, 6.3, 7.6]
    assert np.round(seen["risks"], 2).tolist() == [0.33, 0.32, 0.26]
    assert np.round(seen["on_risk"][2:], 3).tolist() == [-0.106, -0.013, 0.012]
    assert np.round(seen["on_odds"], 2).tolist() == [1.48, 0.22]


def test_the_spline_is_that_of_truncated_cubes(seen: dict[str, Any], rows: pd.DataFrame) -> None:
    a, b, c, d = np.quantile(rows["Income"], [0.05, 0.35, 0.65, 0.95])

    def cubes(x: Any) -> dict[str, Any]:
        cube = {knot: np.maximum(x - knot, 0.0) ** 3 / 1e4 for knot in (a, b, c, d)}
        return {
            "s1": cube[a] - cube[c] * (d - a) / (d - c) + cube[d] * (c - a) / (d - c),
            "s2": cube[b] - cube[c] * (d - b) / (d - c) + cube[d] * (c - b) / (d - c),
        }

    by_hand = rows.assign(**cubes(rows["Income"]))
    curve = fitted(f"{LARGE} + s1 + s2", by_hand)
    assert_allclose(seen["linearity"], [2 * (curve.llf - fitted(LARGE, rows).llf), 2], rtol=1e-6)
    at = np.array([[50.0, 100.0], [100.0, 150.0], [200.0, 250.0], [300.0, 350.0]])
    parts = {"Income": at} | cubes(at)
    line = sum(curve.params[name] * part for name, part in parts.items())
    assert_allclose(seen["steps_of_income"], np.exp(line[:, 1] - line[:, 0]), rtol=1e-5)
    both = fitted(f"{LARGE} + s1 + s2 + Records:Income", by_hand)
    assert_allclose(seen["remaining"][0], 2 * (both.llf - curve.llf), rtol=1e-5)
    straight = fitted(f"{LARGE} + Records:Income", rows)
    assert_allclose(seen["income_on_odds"], 2 * (straight.llf - fitted(LARGE, rows).llf), rtol=1e-6)


def test_the_words_on_curves_hold(seen: dict[str, Any]) -> None:
    assert round(seen["linearity"][0], 2) == 56.33
    assert (round(seen["income_on_odds"], 2), round(seen["remaining"][0], 2)) == (17.62, 3.15)
    assert round(seen["remaining"][1], 3) == 0.076
    assert np.round(seen["income_ratios"], 1)[[0, 2]].tolist() == [4.1, 11.3]
    assert np.round(seen["steps_of_income"], 2).tolist() == [0.38, 0.57, 0.90, 0.97]
    best = min(seen["knots"].values())
    assert seen["knots"]["straight"] - best > 50
    assert min(seen["knots"], key=lambda name: seen["knots"][name]) == "3 knots"
    assert round(max(value for name, value in seen["knots"].items() if name != "straight") - best, 1) == 5.5
    assert np.round(list(seen["held_out"].values()), 3).tolist() == [0.938, 0.880, 0.867, 0.866]
    assert seen["images"] == 2
