"""Rao and Scott's likelihood ratio: R's survey, closed forms, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, fdtrc

import logitkit as lk
from logitkit.errors import FormulaError, UnsupportedError
from logitkit.inference.hypotheses.rao_scott import beyond_mixture
from tolerances import EXACT, REFERENCE, ROUTE

STORED = json.loads((Path(__file__).parents[2] / "references" / "covariances" / "survey.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    table = lk.datasets.load_lbw()
    number, s = table["id"].to_numpy(), table["id"].to_numpy() % 4
    return table.assign(w=np.round(0.25 + (number % 17) / 8, 3), s=s, u=(number // 4) % 7 + 10 * s)


def test_ratio_and_scales_are_those_of_survey(sample: pd.DataFrame) -> None:
    survey, stored = lk.Survey(strata="s", units="u"), STORED["raoscott"]
    fit = lk.logit("low ~ age + lwt + smoke", sample, weights="w", survey=survey)
    found = fit.rao_scott_test("age, smoke")
    assert_allclose(found.statistic, stored["statistic"], rtol=REFERENCE)
    assert_allclose(found.scales[::-1], stored["lambda"], rtol=REFERENCE)
    assert found.dof == 24.0
    # R approximates the tail by a saddlepoint, and takes 21 degrees of freedom: those of the residuals.
    assert_allclose(beyond_mixture(found.statistic, found.scales, 21.0), stored["p"], rtol=2e-2)
    assert_allclose(beyond_mixture(found.statistic, found.scales), stored["infinite"], rtol=2e-2)
    assert "Rao and Scott" in str(found)


@pytest.mark.parametrize("x", [0.3, 2.0, 9.0, 25.0])
def test_equal_scales_are_chi_square_and_f(x: float) -> None:
    for k in (1, 2, 5):
        assert_allclose(beyond_mixture(1.7 * x, np.full(k, 1.7)), chdtrc(k, x), rtol=EXACT)
        assert_allclose(beyond_mixture(1.7 * x, np.full(k, 1.7), 7.0), fdtrc(k, 7.0, x / k), rtol=EXACT)
    # Pairs of equal scales: an exponential mixture, whose tail is known.
    a, b = 1.5, 0.4
    tail = (a * np.exp(-x / (2 * a)) - b * np.exp(-x / (2 * b))) / (a - b)
    assert_allclose(beyond_mixture(x, np.array([a, a, b, b])), tail, rtol=ROUTE)


def test_sandwiches_and_several_outcomes_have_it(sample: pd.DataFrame) -> None:
    logit = lk.logit("low ~ age + smoke", sample, cluster="u")
    two = sample.assign(low=np.where(sample["low"] == 1, "yes", "no"))
    several = lk.multinomial("low ~ age + smoke", two, cluster="u")
    assert_allclose(logit.rao_scott_test("smoke").p_value, several.rao_scott_test("smoke").p_value, rtol=1e-7)
    assert logit.rao_scott_test("smoke").dof == np.inf


def test_refusals(sample: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + smoke", sample, cluster="u")
    for hypothesis in ("age = 1", "age = smoke", "age, smoke, Intercept"):
        with pytest.raises(FormulaError, match=r"whole columns|no column"):
            fit.rao_scott_test(hypothesis)
    with pytest.raises(UnsupportedError, match="is chi-square"):
        lk.logit("low ~ age", sample).rao_scott_test("age")
    with pytest.raises(UnsupportedError, match="Satterthwaite"):
        fit.robust("CR2").rao_scott_test("age")
