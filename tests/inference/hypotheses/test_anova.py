"""Tests of the terms of a model: one verb for all kinds of fits."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine.law import Law
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
# options(contrasts = c("contr.sum", "contr.poly")) for type 3: the slope of lwt is the mean of those of the races;
# m <- glm(low ~ age * smoke + race * lwt, binomial, control = glm.control(epsilon = 1e-14)); Anova(m, type, test);
# anova(m, test = "LRT") and anova(m, test = "Rao") for type 1
CROSSED = ["age", "smoke", "race", "lwt", "age:smoke", "race:lwt"]
OF_CAR = {
    ("LR", 2): [0.340534451851, 8.194234994974, 7.385250290054, 4.234318165404, 0.369753972199, 1.424600314088],
    ("LR", 3): [0.708881988828, 0.00468466593952, 2.0243726454, 4.54207235728, 0.369753972199, 1.42460031409],
    ("Wald", 2): [0.316033765902, 7.743742091421, 7.093226035115, 3.197334136282, 0.367756955665, 1.289976709481],
    ("Wald", 3): [0.682414878803, 0.00468508825792, 1.86202157378, 3.96833422108, 0.367756955665, 1.28997670948],
    ("LR", 1): [2.76003773176, 4.63566685865, 8.41409420745, 4.26941185676, 0.330484717635, 1.42460031409],
    ("score", 1): [2.67369847387, 4.68817201649, 8.21176743241, 4.0305531577, 0.32950091345, 1.31887074894],
}
# g <- multinom(race ~ age * smoke + lwt, reltol = 1e-15, maxit = 2000); Anova(g, type)
# of factor(smoke) * lwt + age, contr.sum: type 3
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
    with pytest.raises(DataError, match="type='III' is not known; use 1, 2 or 3"):
        fit.anova("III")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="test='Rao' is not known; use 'LR', 'Wald', 'score' or 'F'"):
        fit.anova(test="Rao")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="An F test needs a dispersion, or a covariance with degrees of freedom"):
        fit.anova(test="F")
    with pytest.raises(DataError, match="holds no rows for a score test; use test='Wald'"):
        pickle.loads(pickle.dumps(fit)).anova(test="score")
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


# car, contr.sum: glm(low ~ age + race * factor(smoke) + factor(smoke):lwt): a slope of lwt for each level
NESTED = {
    "LR": [0.284387284921, 7.41371365109, 0.00878191973388, 1.87340400541, 4.2169973464],
    "Wald": [0.282409048631, 6.99342158599, 0.00877117813839, 1.81096372625, 3.74509971005],
}
# car and nnet, contr.sum: Anova(multinom(race ~ factor(smoke) * lwt + age), type = 3)
NOMINAL = [9.19684745799, 14.2027379469, 9.56590410802, 4.49477894587]
CODINGS = ("C(smoke)", "C(smoke, contr.sum)", "C(smoke, contr.helmert)", "C(smoke, contr.treatment(1))")


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("test", ["LR", "Wald", "score"])
def test_type_3_is_in_sum_to_zero_coding_whatever_that_of_the_fit(births: pd.DataFrame, coding: str, test: Any) -> None:
    found = lk.logit(f"low ~ age + race * {coding} + {coding}:lwt", births).anova(3, test)
    assert found.dof.tolist() == [1, 2, 1, 2, 2]
    if test == "score":  # every coding has the same model under the same hypothesis
        of_sums = lk.logit("low ~ age + C(race, contr.sum) * C(smoke, contr.sum) + C(smoke, contr.sum):lwt", births)
        assert_allclose(found.statistic, of_sums.anova(3, test).statistic, rtol=ROUTE)
    else:
        # R's covariance is that of the iteration before the last.
        assert_allclose(found.statistic, NESTED[test], rtol=1e-6 if test == "Wald" else REFERENCE)
    assert "in sum-to-zero coding" in found.hypothesis
    assert [name for name, _ in found.contained] == [coding]  # tested where lwt is zero


@pytest.mark.parametrize("reference", ["white", None])
def test_type_3_of_several_outcomes_is_in_sum_to_zero_coding(births: pd.DataFrame, reference: Any) -> None:
    fit = lk.multinomial("race ~ C(smoke) * lwt + age", births, reference=reference)
    assert_allclose(fit.anova(3).statistic, NOMINAL, rtol=REFERENCE)
    wald = [fit.anova(3, "Wald").statistic]
    again = lk.multinomial("race ~ C(smoke, contr.sum) * lwt + age", births, reference=reference)
    assert_allclose(wald[0], again.anova(3, "Wald").statistic, rtol=ROUTE)


def test_type_3_of_ordered_outcomes_and_absorbed_levels_is_in_sum_to_zero_coding(births: pd.DataFrame) -> None:
    rows = births.assign(site=np.arange(len(births)) % 7)
    for made in (
        lambda c: lk.ordinal(f"ftv_ ~ race * C(smoke, {c}) + age", rows.assign(ftv_=rows["ftv"].clip(upper=2))),
        lambda c: lk.logit(f"low ~ race * C(smoke, {c}) + age", rows, absorb="site"),
    ):
        one, other = made("contr.treatment"), made("contr.sum")
        for test in ("LR", "Wald", "score"):
            assert_allclose(one.anova(3, test).statistic, other.anova(3, test).statistic, rtol=1e-7)


def test_a_fit_without_its_rows_knows_its_contrasts(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ race * C(smoke) + lwt", births)
    loaded = pickle.loads(pickle.dumps(fit))
    assert_allclose(loaded.anova(3, "Wald").statistic, fit.anova(3, "Wald").statistic, rtol=ROUTE)


def test_type_3_is_refused_beside_empty_cells(births: pd.DataFrame) -> None:
    rows = births[~((births["race"] == "black") & (births["smoke"] == 1))]
    fit = lk.logit("low ~ race * C(smoke) + age", rows)
    for test in ("LR", "Wald", "score"):
        with pytest.raises(UnsupportedError, match=r"some of these are empty.*Use type=2"):
            fit.anova(3, test)  # type: ignore[arg-type]
    assert np.isfinite(fit.anova(2).statistic).all()
    # The copy of a number is dropped too, and says nothing of cells.
    copied = lk.logit("low ~ race * C(smoke) + lwt + I(2 * lwt)", births).anova(3)
    assert np.isfinite(copied.statistic[copied.dof > 0]).all()


# glm(low ~ age + lwt + race + smoke + ptl, binomial), drop1(m, test = "Rao")
RAO = [0.859921501671, 2.87686034285, 7.6242811548, 5.89468913789, 3.99419672489]


def test_score_tests_are_those_of_r(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)
    found = fit.anova(test="score")
    assert_allclose(found.statistic, RAO, rtol=REFERENCE)
    assert found.dof.tolist() == [1, 1, 2, 1, 1]
    assert "Method" in str(found)


def _twin(X: Any, y: Any, kept: Any, groups: Any) -> float:
    """The generalised score statistic from arrays, by a fit of the columns kept."""
    beta = np.zeros(kept.sum())
    for _ in range(30):
        mu = 1 / (1 + np.exp(-X[:, kept] @ beta))
        beta += np.linalg.solve((X[:, kept].T * (mu * (1 - mu))) @ X[:, kept], X[:, kept].T @ (y - mu))
    mu = 1 / (1 + np.exp(-X[:, kept] @ beta))
    scores = X * (y - mu)[:, None]
    inverse = np.linalg.inv((X.T * (mu * (1 - mu))) @ X)
    sums = np.stack([scores[groups == g].sum(axis=0) for g in np.unique(groups)])
    meat = len(sums) / (len(sums) - 1) * sums.T @ sums
    step, spread = (inverse @ scores.sum(axis=0))[~kept], (inverse @ meat @ inverse)[np.ix_(~kept, ~kept)]
    return float(step @ np.linalg.solve(spread, step))


def test_a_score_test_of_all_coefficients_is_at_the_offsets(births: pd.DataFrame) -> None:
    """Without an intercept the first term is tested against no coefficient at all."""
    births = births.assign(shift=births["lwt"] / 100.0 - 1.5)
    found = lk.logit("low ~ 0 + C(race) + age + offset(shift)", births).anova(1, "score")
    X, mu = pd.get_dummies(births["race"]).to_numpy(float), 1.0 / (1.0 + np.exp(-births["shift"].to_numpy()))
    score = X.T @ (births["low"].to_numpy() - mu)
    assert_allclose(found.statistic[0], score @ np.linalg.solve((X.T * (mu * (1.0 - mu))) @ X, score), rtol=ROUTE)
    assert found.dof.tolist() == [3, 1]
    alone = lk.multinomial("race ~ 0 + age", births)
    assert_allclose(alone.anova(test="score").statistic, [alone.score_test().statistic], rtol=ROUTE)
    absorbed = lk.logit("low ~ age", births, absorb="race").anova(test="score")
    assert np.isnan(absorbed.statistic).all()
    assert "no coefficient beside absorbed levels" in " ".join(str(absorbed).split())


def test_under_clusters_the_score_has_the_covariance_of_the_clusters(births: pd.DataFrame) -> None:
    rows = births.assign(g=births.index % 50)
    fit = lk.logit("low ~ age + race + smoke", rows, cluster="g")
    found = fit.anova(test="score")
    X, y = fit.design.matrix.to_dense(), rows["low"].to_numpy(float)
    for term, statistic in zip(("age", "race", "smoke"), found.statistic, strict=True):
        kept = np.array([not name.startswith(term) for name in fit.coef.index])
        assert_allclose(statistic, _twin(X, y, kept, rows["g"].to_numpy()), rtol=ROUTE)


def test_under_sampling_weights_the_score_of_one_slope_has_a_closed_form(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ lwt", births.assign(w=1.0), weights="w", weight_kind="sampling")
    y, x, n = births["low"] - births["low"].mean(), births["lwt"] - births["lwt"].mean(), len(births)
    expected = (y @ x) ** 2 / (n / (n - 1) * (y**2) @ (x**2))
    assert_allclose(fit.anova(test="score").statistic, [expected], rtol=ROUTE)


def test_a_score_test_under_another_covariance_says_what_is_valid(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + smoke", births)
    other = replace(fit.record.covariance, kind="robust", label="sandwich (HC3)", law=Law(20.0))
    robust = type(fit)(fit.record.with_covariance(fit.record.inner_vcov, other), fit.design)
    with pytest.raises(UnsupportedError, match=r"A score test with sandwich \(HC3\) is not offered"):
        robust.anova(test="score")
    # A covariance with degrees of freedom has F tests, which are the squares of its t tests.
    found = robust.anova(test="F")
    assert_allclose(found.p_value, robust.tidy()["p_value"].to_numpy()[1:], rtol=ROUTE)
    assert_allclose(found.statistic, robust.tidy()["statistic"].to_numpy()[1:] ** 2, rtol=ROUTE)
    assert "1, 20" in str(found)
    assert_allclose(robust.anova(test="Wald").p_value, found.p_value, rtol=ROUTE)


def test_degrees_of_freedom_by_hypothesis_are_those_of_the_test_in_words(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + race + smoke", births.assign(g=births.index % 30)).robust("CR2", cluster="g")
    for test in ("Wald", "F"):
        found = fit.anova(test=test)  # type: ignore[arg-type]
        for row, (label, p) in enumerate(zip(found.labels, found.p_value, strict=True)):
            one = fit.test(label)
            assert_allclose(p, one.p_value, rtol=ROUTE)
            assert_allclose(found.law_of(row).dof, one.law.dof, rtol=ROUTE)
            compared = one.law.compared(one.statistic, one.dof)
            assert_allclose(found.statistic[row], compared if test == "F" else one.statistic, rtol=ROUTE)
        assert "Chi-square" not in str(found)
    assert_allclose(fit.drop1("F").tests.p_value, found.p_value, rtol=ROUTE)
    crossed = lk.logit("low ~ age * smoke", births.assign(g=births.index % 30)).robust("CR2", cluster="g")
    with pytest.raises(UnsupportedError, match=r"difference of two statistics.*type=3"):
        crossed.anova(test="Wald")
    assert np.isfinite(crossed.anova(3, "Wald").p_value).all()


def test_score_tests_of_other_families_are_those_of_dense_arrays(births: pd.DataFrame) -> None:
    rows = births.assign(site=np.arange(len(births)) % 7, visits=births["ftv"].clip(upper=2))
    absorbed = lk.logit("low ~ age + race", rows, absorb="site").anova(test="score")
    columns = lk.logit("low ~ C(site) + age + race", rows).anova(test="score")
    assert_allclose(absorbed.statistic, columns.statistic[1:], rtol=1e-7)
    # Of a factor alone Pearson's chi-square of the table, whatever the outcomes.
    table = pd.crosstab(rows["visits"], rows["race"]).to_numpy(float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    pearson = ((table - expected) ** 2 / expected).sum()
    nominal = lk.multinomial("visits ~ race", rows).anova(test="score")
    assert nominal.dof.tolist() == [4]
    assert_allclose(nominal.statistic, [pearson], rtol=ROUTE)
    binary = lk.logit(
        "low ~ race",
        rows,
    ).anova(test="score")
    # A probit of a factor is the same model.
    assert_allclose(
        lk.logit("low ~ race", rows, link="probit").anova(test="score").statistic, binary.statistic, rtol=ROUTE
    )


def test_of_separated_rows_the_score_needs_the_smaller_fit_alone(births: pd.DataFrame) -> None:
    rows = births[~((births["race"] == "black") & (births["low"] == 0))]
    found = lk.logit("low ~ age + smoke + race", rows).anova(test="score")
    assert np.isnan(found.statistic).tolist() == [True, True, False]
    assert found.dof[2] == 2
    assert "infinite estimates" in str(found)


def test_type_1_is_the_chain_of_nested_fits(births: pd.DataFrame) -> None:
    rows = births.assign(visits=births["ftv"].clip(upper=2))
    found = lk.ordinal("visits ~ age + smoke + lwt", rows).anova(1)
    chain = [lk.ordinal(f"visits ~ {x}", rows).deviance for x in ("1", "age", "age + smoke", "age + smoke + lwt")]
    assert_allclose(found.statistic, -np.diff(chain), rtol=1e-8)
    assert found.hypothesis.endswith("given the terms before it")
    wald = lk.logit("low ~ age + smoke + lwt", births)
    assert_allclose(wald.anova(1, "Wald").statistic[2], wald.test("lwt").statistic, rtol=ROUTE)


def test_tests_of_terms_say_what_they_were_made_of(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + smoke", births)
    robust = fit.robust("CR2", cluster=births["age"] % 11)
    for found in (robust.anova(test="F"), robust.drop1("Wald")):
        assert "CR2 sandwich by cluster" in " ".join(str(found).split())
    assert "Covariance:" not in str(fit.anova())
    reduced = lk.logit("low ~ age + smoke", births, penalty=lk.Jeffreys())
    assert "penalised likelihood ratio" in str(reduced.anova())
    assert "penalised" not in str(fit.anova())


def test_a_likelihood_ratio_has_no_empty_columns(births: pd.DataFrame) -> None:
    found = lk.logit("low ~ age + smoke", births).test("smoke = 0", method="profile")
    (table,) = found.to_document().blocks
    assert [column.name for column in table.columns] == ["Hypothesis", "Estimate", "Std. error"]


def test_separated_levels_count_as_the_fits_without_each_term_have_them() -> None:
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"g": np.repeat(np.arange(40), 6), "x": rng.normal(size=240)})
    data["y"] = (rng.random(240) < 0.5).astype(int)
    data.loc[data["g"] < 3, "y"] = 1
    fit, levels, line = (lk.logit(f"y ~ {right}", data) for right in ("x + C(g)", "C(g)", "x"))
    assert fit.separation is not None
    found = fit.anova()
    assert found.dof.tolist() == [1, 39]
    assert_allclose(found.statistic, [each.deviance - fit.deviance for each in (levels, line)], rtol=ROUTE)
