"""Tests of the terms of a model: one verb for all kinds of fits."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, UnsupportedError
from tolerances import REFERENCE, ROUTE

FORMULA = "low ~ age + lwt + race + smoke + ptl"
# R 4.2, car::Anova(glm(..., binomial, control = glm.control(epsilon = 1e-14)), type = 3, test.statistic = "Wald")$Chisq
CAR = [0.85663400850, 2.78086797711, 7.30282437626, 5.70192651376, 3.74704152218]


def test_statistics_are_those_of_car() -> None:
    found = lk.logit(FORMULA, lk.datasets.load_lbw()).anova(3, "Wald")
    assert found.labels == ("age", "lwt", "race", "smoke", "ptl")
    assert found.dof.tolist() == [1, 1, 2, 1, 1]
    assert_allclose(found.statistic, CAR, rtol=REFERENCE)


@pytest.mark.parametrize("options", [{"cluster": "group"}, {"absorb": "group"}, {"weights": "ftv1"}])
def test_they_are_those_that_the_fit_makes_one_by_one(options: dict[str, str]) -> None:
    births = lk.datasets.load_lbw()
    births["group"], births["ftv1"] = np.arange(len(births)) % 40, births["ftv"] + 1
    fit = lk.logit("low ~ age + race + smoke", births, **options)
    found = fit.anova(3, "Wald")
    for label, statistic, p in zip(found.labels, found.statistic, found.p_value, strict=True):
        one = fit.test(label)
        assert_allclose([statistic, p], [one.statistic, one.p_value], rtol=ROUTE)


def test_what_is_infinite_or_aliased_has_no_statistic() -> None:
    births = lk.datasets.load_lbw()
    births["lwt2"] = 2 * births["lwt"]
    found = lk.logit("low ~ lwt + lwt2 + C(ftv)", births).anova(3, "Wald")
    by_term = dict(zip(found.labels, zip(found.statistic, found.dof, strict=True), strict=True))
    assert np.isfinite(by_term["lwt"][0])
    assert by_term["lwt2"][1] == 0
    assert np.isnan([by_term["lwt2"][0], by_term["C(ftv)"][0]]).all()  # no birth of low weight after six visits


def test_a_penalty_leaves_no_test() -> None:
    fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw(), penalty=lk.Ridge(0.1))
    for test in ("LR", "Wald"):
        with pytest.raises(UnsupportedError, match="not offered after a penalty"):
            fit.anova(test=test)


# R 4.2.2, car 3.1-1 and nnet 7.3-18, with race as factor(race, levels = c("white", "black", "other")):
# m <- glm(low ~ age * smoke + race * lwt, binomial, control = glm.control(epsilon = 1e-14)); Anova(m, type, test)
CROSSED = ["age", "smoke", "race", "lwt", "age:smoke", "race:lwt"]
OF_CAR = {
    ("LR", 2): [0.340534451851, 8.194234994974, 7.385250290054, 4.234318165404, 0.369753972199, 1.424600314088],
    ("LR", 3): [0.70888198882804, 0.00468466593952, 2.02437264540339, 1.12759552220004, 0.369753972199, 1.424600314088],
    ("Wald", 2): [0.316033765902, 7.743742091421, 7.093226035115, 3.197334136282, 0.367756955665, 1.289976709481],
    ("Wald", 3): [
        0.68241487880335,
        0.00468508825792,
        1.86202157377576,
        1.0384408101897,
        0.367756955665,
        1.289976709481,
    ],
}
# g <- multinom(race ~ age * smoke + lwt, reltol = 1e-15, maxit = 2000); Anova(g, type)
OF_NNET = {
    2: [9.90403196464, 27.77504534706, 18.6108778605, 10.56133258578],
    3: [20.1871488621, 14.5356774563, 18.6108778605, 10.5613325858],
}


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(race=pd.Categorical(data["race"].astype(str), ["white", "black", "other"]))


@pytest.mark.parametrize(("test", "kind"), list(OF_CAR))
def test_both_types_beside_interactions_are_those_of_car(births: pd.DataFrame, test: Any, kind: Any) -> None:
    found = lk.logit("low ~ age * smoke + race * lwt", births).anova(kind, test)
    assert found.labels == tuple(CROSSED)
    assert found.dof.tolist() == [1, 1, 2, 1, 1, 2]
    assert_allclose(found.statistic, OF_CAR[test, kind], rtol=REFERENCE)


@pytest.mark.parametrize("kind", [2, 3])
def test_both_types_of_several_outcomes_are_those_of_car(births: pd.DataFrame, kind: Any) -> None:
    found = lk.multinomial("race ~ age * smoke + lwt", births).anova(kind)
    assert found.dof.tolist() == [2, 2, 2, 2]
    assert_allclose(found.statistic, OF_NNET[kind], rtol=REFERENCE)


@pytest.mark.parametrize("test", ["LR", "Wald"])
def test_type_2_does_not_depend_on_the_coding(births: pd.DataFrame, test: Any) -> None:
    moved = births.assign(age=births["age"] - 30.0, smoke=1 - births["smoke"])
    one, other = (lk.logit("low ~ age * smoke * lwt", rows).anova(2, test) for rows in (births, moved))
    assert_allclose(one.statistic, other.statistic, rtol=1e-7)  # differences of quadratic forms of correlated columns
    assert one.contained == ()
    assert "but those that contain it" in one.hypothesis
    assert "coding" not in str(one)


@pytest.mark.parametrize("kind", [2, 3])
@pytest.mark.parametrize("test", ["LR", "Wald"])
def test_absorbed_levels_are_those_of_a_column_per_level(births: pd.DataFrame, kind: Any, test: Any) -> None:
    rows = births.assign(site=np.arange(len(births)) % 7)
    absorbed = lk.logit("low ~ age * smoke + race", rows, absorb="site").anova(kind, test)
    columns = lk.logit("low ~ C(site) + age * smoke + race", rows).anova(kind, test)
    assert absorbed.labels == columns.labels[1:]
    assert absorbed.dof.tolist() == columns.dof[1:].tolist()
    assert_allclose(absorbed.statistic, columns.statistic[1:], rtol=1e-7)
    alone = lk.logit("low ~ age", rows, absorb="site")
    assert_allclose(alone.anova().statistic, alone.lr_test().statistic, rtol=ROUTE)


def test_a_factor_of_many_levels_is_tested_by_likelihood_ratio() -> None:
    rng = np.random.default_rng(5)
    n, levels = 3_000, 520
    rows = pd.DataFrame({"g": rng.integers(0, levels, n), "x": rng.normal(size=n)})
    rows["y"] = rng.random(n) < 1 / (1 + np.exp(-0.5 * rows["x"]))
    fit, without = lk.logit("y ~ x + C(g)", rows), lk.logit("y ~ x", rows)
    found = fit.anova()
    assert_allclose(found.statistic[1], without.deviance - fit.deviance, rtol=ROUTE)
    assert np.isnan(fit.anova(test="Wald").statistic[1])


@pytest.mark.parametrize("kind", [2, 3])
def test_of_separated_rows_the_likelihood_ratio_is_finite(births: pd.DataFrame, kind: Any) -> None:
    rows = births[~((births["race"] == "black") & (births["low"] == 0))]
    fit = lk.logit("low ~ age + smoke + race", rows)
    assert fit.separation is not None
    ratio, wald = fit.anova(kind), fit.anova(kind, "Wald")
    without = lk.logit("low ~ age + smoke", rows)
    assert_allclose(ratio.statistic[2], without.deviance - fit.deviance, rtol=1e-8)
    assert ratio.dof.tolist() == [1, 1, 2]
    assert np.isnan(wald.statistic).tolist() == [False, False, True]


def test_what_is_not_offered_says_so(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + smoke", births)
    with pytest.raises(UnsupportedError, match="type=1, each term given those before it, is not offered"):
        fit.anova(1)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="type='III' is not known; use 2 or 3"):
        fit.anova("III")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="test='F' is not known; use 'LR' or 'Wald'"):
        fit.anova(test="F")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="holds no rows for a likelihood-ratio test; use test='Wald'"):
        pickle.loads(pickle.dumps(fit)).anova()
    clustered = lk.logit("low ~ age + smoke", births.assign(g=births.index % 50), cluster="g")
    with pytest.raises(UnsupportedError, match="not valid with sandwich by cluster"):
        clustered.anova()
    assert np.isfinite(clustered.anova(test="Wald").statistic).all()
    with pytest.raises(ArgumentError, match="anova"):
        fit.anova(kind=3)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match=r"It is called anova\(\) here"):
        _ = fit.term_tests
