"""Models that differ from a fit by one term, and the score test of a whole model."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from tolerances import REFERENCE, ROUTE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(births: pd.DataFrame) -> Any:
    return lk.logit("low ~ age + lwt", births)


# R 4.2.2: m <- glm(low ~ age + lwt + race + smoke + ptl, binomial); drop1(m, test = "Rao"), drop1(m, test = "LRT")
DROPPED = {
    "score": [0.859921501671, 2.87686034285, 7.6242811548, 5.89468913789, 3.99419672489],
    "LR": [0.872904236217, 3.0389887487, 7.68456580751, 5.89326510271, 3.90083055769],
}
DROPPED_AIC = [224.691954981, 223.564859217, 225.73094373, 228.376520788, 228.585220084, 226.592785539]
# m <- glm(low ~ age + lwt, binomial); add1(m, ~ . + race + smoke + ht + age:lwt, test = "Rao"), "LRT"
ADDED = {
    "score": [4.5662080624, 4.29252943126, 8.03910663354, 0.000285748868237],
    "LR": [4.46170596953, 4.24312337892, 7.23418749362, 0.000286057987012],
}
ADDED_AIC = [233.138641642, 232.676935673, 230.895518263, 227.904454149, 235.138355584]


@pytest.mark.parametrize("test", ["score", "LR"])
def test_terms_are_dropped_and_added_as_by_r(births: pd.DataFrame, fit: Any, test: Any) -> None:
    dropped = lk.logit("low ~ age + lwt + race + smoke + ptl", births).drop1(test)
    assert_allclose(dropped.tests.statistic, DROPPED[test], rtol=REFERENCE)
    assert_allclose(dropped.aic, DROPPED_AIC, rtol=REFERENCE)
    added = fit.add1("race + smoke + ht + age:lwt", test)
    assert added.tests.labels == ("race", "smoke", "ht", "age:lwt")
    assert added.tests.dof.tolist() == [2, 1, 1, 1]
    assert_allclose(added.tests.statistic, ADDED[test], rtol=1e-6)  # the interaction is one part in ten thousand
    assert_allclose(
        added.aic[: len(ADDED_AIC) if test == "LR" else 1], ADDED_AIC[: 5 if test == "LR" else 1], rtol=1e-9
    )
    assert np.isnan(added.aic[1:]).all() == (test == "score")
    assert "Terms added one at a time" in str(added)
    assert "(this model)" in dropped.to_markdown()


def test_the_added_term_is_the_one_that_the_larger_fit_drops(births: pd.DataFrame) -> None:
    rows = births.assign(visits=births["ftv"].clip(upper=2), g=births.index % 30, site=births.index % 7)
    makers = [
        lambda f: lk.logit(f"low ~ {f}", rows, link="cloglog"),
        lambda f: lk.logit(f"low ~ {f}", rows, cluster="g"),
        lambda f: lk.logit(f"low ~ {f}", rows, absorb="site"),
        lambda f: lk.ordinal(f"visits ~ {f}", rows),
        lambda f: lk.multinomial(f"visits ~ {f}", rows, reference=None),
        lambda f: lk.multinomial(f"visits ~ {f}", rows, equal="lwt"),
    ]
    for make in makers:
        added, dropped = make("age + lwt").add1(". + race").tests, make("age + lwt + race").drop1("score").tests
        assert_allclose(added.statistic, dropped.statistic[2:], rtol=1e-8)
        assert added.dof.tolist() == dropped.dof[2:].tolist()
        assert added.hypothesis.endswith("when it is added alone")


def test_only_terms_that_no_other_contains_are_dropped(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age * smoke + lwt", births)
    found = fit.drop1()
    assert found.tests.labels == ("lwt", "age:smoke")
    assert_allclose(found.tests.statistic, fit.anova().statistic[2:], rtol=ROUTE)
    wald = fit.drop1("Wald")
    assert np.isfinite(wald.aic).tolist() == [True, False, False]


def test_transforms_of_the_fit_are_learnt_again(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ poly(age, 2) + np.log(lwt)", births)
    found = fit.add1("smoke", "LR")
    larger = lk.logit("low ~ poly(age, 2) + np.log(lwt) + smoke", births)
    assert_allclose(found.deviance, [fit.deviance, larger.deviance], rtol=ROUTE)


def test_a_scope_takes_nothing_out_of_the_model_and_moves_no_offset(births: pd.DataFrame, fit: Any) -> None:
    for scope, gone in (("ht - age", "'age'"), ("ht * smoke - smoke - lwt", "'lwt'"), ("0 + ht", "the intercept")):
        for test in ("score", "LR"):
            with pytest.raises(FormulaError, match=f"takes {gone} out of the model, and terms are only added"):
                fit.add1(scope, test)
    with pytest.raises(FormulaError, match="has an offset, which has no coefficient to test"):
        fit.add1("ht + offset(ui)")
    moved = lk.logit("low ~ age + offset(ui)", births).add1("ht", "LR")
    assert_allclose(moved.deviance[1], lk.logit("low ~ age + ht + offset(ui)", births).deviance, rtol=ROUTE)


def test_what_cannot_be_added_says_so(births: pd.DataFrame, fit: Any) -> None:
    with pytest.raises(FormulaError, match="Every term of 'age' is in the model already"):
        fit.add1("age")
    with pytest.raises(FormulaError, match="'y ~ x' are no terms"):
        fit.add1("y ~ x")
    with pytest.raises(FormulaError, match=r"'smoek' in the formula is neither.*'smoke'"):
        fit.add1("smoek")
    with pytest.raises(DataError, match="test='Wald' is not known; use 'score' or 'LR'"):
        fit.add1("smoke", "Wald")
    with pytest.raises(DataError, match="'ht' is missing in 2 of the rows of the fit"):
        lk.logit("low ~ age", births.assign(ht=births["ht"].where(births.index > 1))).add1("ht")
    with pytest.raises(DataError, match="A loaded model holds no rows"):
        pickle.loads(pickle.dumps(fit)).add1("smoke")
    with pytest.raises(DataError, match="fitted to a ready matrix"):
        lk.logit_matrix(births[["age"]], births["low"]).add1("smoke")
    with pytest.raises(UnsupportedError, match="A score test is not offered after a penalty"):
        lk.logit("low ~ age", births, penalty=lk.Ridge(0.1)).add1("smoke")
    with pytest.raises(UnsupportedError, match="not valid with"):
        lk.logit("low ~ age", births.assign(g=births.index % 30), cluster="g").add1("smoke", "LR")


def test_the_score_of_all_slopes_is_pearson_s_chi_square_of_a_table(births: pd.DataFrame) -> None:
    table = pd.crosstab(births["race"], births["ftv"].clip(upper=2)).to_numpy(float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    found = lk.multinomial("v ~ race", births.assign(v=births["ftv"].clip(upper=2))).score_test()
    assert_allclose(found.statistic, ((table - expected) ** 2 / expected).sum(), rtol=ROUTE)
    assert found.dof == 4
    assert "Score test against the null model" in str(found)


def test_the_score_of_all_slopes_is_that_of_the_only_term(births: pd.DataFrame) -> None:
    rows = births.assign(g=births.index % 30)
    for options in ({}, {"cluster": "g"}, {"link": "probit"}):
        fit = lk.logit("low ~ lwt", rows, **options)
        assert_allclose(fit.score_test().statistic, fit.anova(test="score").statistic[0], rtol=ROUTE)
    # Without an intercept the null model has probability one half: the score of y - 1/2 in x.
    fit = lk.logit("low ~ 0 + lwt", births)
    x, y = births["lwt"], births["low"] - 0.5
    assert_allclose(fit.score_test().statistic, (x @ y) ** 2 / (0.25 * (x @ x)), rtol=ROUTE)
    with pytest.raises(UnsupportedError, match="where a factor is absorbed"):
        lk.logit("low ~ lwt", rows, absorb="g").score_test()
    with pytest.raises(UnsupportedError, match="an intercept as a combination of several"):
        lk.logit("low ~ 0 + C(race) + age", rows).score_test()


def test_separated_data_have_a_score_test() -> None:
    fit = lk.logit("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]})
    x, y = np.arange(6) - 2.5, np.array([-1, -1, -1, 1, 1, 1]) / 2
    assert_allclose(fit.score_test().statistic, (x @ y) ** 2 / (0.25 * (x @ x)), rtol=ROUTE)
    assert "infinite" in str(fit.add1("I(x ** 2)"))
