"""Tests of fit of ordered outcomes against MASS::polr, larger fits and plain NumPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc

import logitkit as lk
from tolerances import EXACT, ROUTE

LIPSITZ, HALVES = 11.293718, (6.138460, 6.531680)  # printed by R; halves at median(s) within smoke
ENDS = [0, 2000, 2500, 3000, 3500, 9999]


@pytest.fixture(scope="module")
def births():
    table = lk.datasets.load_lbw()
    return table.assign(y=pd.cut(table["bwt"], ENDS, labels=list("abcde")).astype(str))


@pytest.fixture(scope="module")
def fit(births):
    return lk.ordinal("y ~ age + lwt + smoke", births, order=list("abcde"))


def test_agrees_with_polr(births):
    """MASS::polr(y ~ age + lwt + smoke), and with the groups of cut(s, quantile(s, 0:10 / 10)), reltol 1e-15."""
    with lk.conventions("r"):
        found = lk.ordinal("y ~ age + lwt + smoke", births, order=list("abcde")).goodness_of_fit()
    assert_allclose(found["lipsitz"].statistic, LIPSITZ, atol=2e-5)  # what optim leaves
    assert found["lipsitz"].dof == 9
    pearson, deviance = found["Pulkstenis-Robinson, Pearson"], found["Pulkstenis-Robinson, deviance"]
    assert_allclose([pearson.statistic, deviance.statistic], HALVES, atol=2e-5)
    assert pearson.dof == deviance.dof == 3 * 4 - 1 - 1


def test_lipsitz_is_the_ratio_of_a_fit_with_the_groups(fit, births):
    groups = fit.hosmer_lemeshow().group
    larger = lk.ordinal("y ~ age + lwt + smoke + C(g)", births.assign(g=groups), order=list("abcde"))
    found = fit.goodness_of_fit(tests=["lipsitz"])["lipsitz"]
    assert_allclose(found.statistic, fit.deviance - larger.deviance, rtol=1e-7)  # a small difference of deviances
    assert_allclose(found.p_value, chdtrc(9, found.statistic), rtol=EXACT)


def test_halves_are_split_at_the_median_of_the_score(births):
    fit = lk.ordinal("y ~ lwt + C(race)", births, order=list("abcde"))
    p = fit.predict().to_numpy()
    score = p @ np.arange(5)
    table = births.assign(score=score, group=births.groupby("race")["lwt"].transform("size"))
    median = table.groupby("race")["score"].transform(lambda s: np.sort(s)[(len(s) + 1) // 2 - 1])
    keys = [table["race"], table["score"] > median + 1e-12]
    observed = pd.crosstab(keys, table["y"]).to_numpy()
    expected = pd.DataFrame(p).groupby(keys).sum().to_numpy()
    found = fit.goodness_of_fit(tests="pulkstenis_robinson")["Pulkstenis-Robinson, Pearson"]
    assert_allclose(found.statistic, np.sum((observed - expected) ** 2 / expected), rtol=ROUTE)
    assert found.dof == 5 * 4 - 2 - 1
    assert "fewer than five" in found.note


def test_frequency_weights_are_rows_written_out(births):
    rng = np.random.default_rng(2)
    counted = births.assign(w=rng.integers(1, 4, len(births)))
    written = counted.loc[counted.index.repeat(counted["w"])]
    one = lk.ordinal("y ~ lwt + smoke", written, order=list("abcde")).goodness_of_fit().to_frame()
    other = lk.ordinal("y ~ lwt + smoke", counted, order=list("abcde"), weights="w").goodness_of_fit().to_frame()
    assert_allclose(other["statistic"], one["statistic"], rtol=1e-7)
    assert_allclose(other["dof"], one["dof"])


def test_new_rows_take_predictions_as_known(births):
    fit = lk.ordinal("y ~ lwt + smoke", births.iloc[::2], order=list("abcde"))
    found = fit.goodness_of_fit(births.iloc[1::2])
    assert "ask it of the rows of the fit" in found["lipsitz"].note
    assert found["pulkstenis_robinson"].dof == 2 * 2 * 4


def test_what_has_no_patterns_or_other_degrees_of_freedom_is_said(births):
    name = "pulkstenis_robinson"
    order = list("abcde")
    assert "no factor" in lk.ordinal("y ~ lwt + age", births, order=order).goodness_of_fit()[name].note
    partial = lk.ordinal("y ~ lwt + smoke", births, order=order, nominal="smoke").goodness_of_fit()
    assert "nominal" in partial[name].note
    assert np.isfinite(partial["lipsitz"].p_value)
    assert "no halves" in lk.ordinal("y ~ smoke + ui", births, order=order).goodness_of_fit()[name].note
    assert "ordered outcomes" in lk.multinomial("y ~ lwt", births).goodness_of_fit(tests="lipsitz")["lipsitz"].note


def test_coded_and_written_columns_have_one_answer(births):
    coded = lk.ordinal("y ~ lwt + C(race) + C(smoke)", births, order=list("abcde")).goodness_of_fit().to_frame()
    dummies = births.assign(b=births["race"] == "black", o=births["race"] == "other").astype({"b": int, "o": int})
    plain = lk.ordinal("y ~ lwt + b + o + smoke", dummies, order=list("abcde")).goodness_of_fit().to_frame()
    assert_allclose(coded["statistic"], plain["statistic"], rtol=1e-7)
    assert_allclose(coded["dof"], plain["dof"])
