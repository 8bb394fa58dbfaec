"""A factor of 61 levels as R's glm fits it: every coding, a spline, other contrasts, interactions; dense and wide."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.levels.wide import wide_fit
from tolerances import REFERENCE

FILE = Path(__file__).parents[2] / "references" / "levels" / "levels.json"

NAMES = [
    "treatment",
    "no_intercept",
    "contrasts",
    "spline",
    "interaction",
    "slopes",
    "place_sum",
    "place_helmert",
    "place_poly",
]
# Contrasts of the factor itself leave nothing to eliminate.
WIDE = NAMES[:6]
# Its slopes by place take as many columns as places.
MOST = {"slopes": 70}
# Polynomials up to degree 60 at 61 points: R's columns and ours are orthonormal and span the same space, but neither
# has the high degrees as rational arithmetic gives them. What does not depend on the basis must still agree.
BASIS_OF_NO_DIGITS = {"place_poly"}


@cache
def stored() -> dict[str, Any]:
    reference: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return reference


def test_every_fit_that_is_stored_is_compared():
    assert list(stored()["fits"]) == NAMES


def assert_is_that_of_r(fit: lk.Fit, name: str) -> None:
    expected = stored()["fits"][name]
    new = pd.DataFrame(stored()["new"])
    assert fit.converged
    assert fit.n_params == expected["rank"] == len(expected["coef"])
    error = np.array(expected["std_error"])
    if name not in BASIS_OF_NO_DIGITS:
        assert_coefficients(fit, expected["coef"], error)
    for key in ("loglik", "deviance", "aic"):
        assert_allclose(getattr(fit, key), expected[key], rtol=REFERENCE, err_msg=key)
    # All indicators of a factor span an intercept, which our null model then has; R's is one half in every row.
    null = expected["null_deviance"]
    if name == "no_intercept":
        events, total = fit.record.events, fit.record.total
        null = -2.0 * (events * np.log(events / total) + (total - events) * np.log1p(-events / total))
    assert_allclose(fit.null_deviance, null, rtol=REFERENCE)
    assert_allclose(fit.predict().iloc[:50], expected["fitted"], rtol=REFERENCE)
    assert_allclose(fit.influence()["leverage"].iloc[:50], expected["leverage"], rtol=REFERENCE)
    predicted = fit.predictions(new)
    assert_allclose(predicted["logit"], expected["new"]["link"], rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(predicted["logit_std_error"], expected["new"]["link_se"], rtol=REFERENCE)
    assert_allclose(predicted["estimate"], expected["new"]["response"], rtol=REFERENCE)
    assert_allclose(predicted["std_error"], expected["new"]["response_se"], rtol=REFERENCE)


def assert_coefficients(fit: lk.Fit, coef: list[float], error: np.ndarray) -> None:
    # R's columns come in the order of the formula's terms, as ours do; coefficients are compared in standard errors.
    assert_allclose((fit.coef - coef) / error, 0.0, atol=REFERENCE)
    assert_allclose(fit.std_error, error, rtol=REFERENCE)


@pytest.mark.parametrize("name", NAMES)
def test_with_the_columns_written_out(name):
    assert_is_that_of_r(lk.logit(stored()["fits"][name]["formula"], pd.DataFrame(stored()["data"])), name)


@pytest.mark.parametrize("name", WIDE)
def test_with_the_levels_eliminated(name):
    frame = pd.DataFrame(stored()["data"])
    assert_is_that_of_r(wide_fit(stored()["fits"][name]["formula"], frame, MOST.get(name, 20)), name)


@pytest.mark.parametrize("name", ["treatment", "spline"])
def test_one_coefficient_is_named_as_it_is_placed(name):
    """Names are checked against R's spelling, so that the comparison by position means what it says."""
    expected = stored()["fits"][name]
    fit = lk.logit(expected["formula"], pd.DataFrame(stored()["data"]))
    spelled = [
        each.replace("(Intercept)", "Intercept")
        .replace("df = ", "df=")
        .replace("[T.", "")
        .replace("[", "")
        .replace("]", "")
        for each in expected["names_r"]
    ]
    found = [each.replace("[T.", "").replace("[", "").replace("]", "") for each in fit.coef.index]
    assert found == spelled
