"""Wald tests of terms by their names, against R's car::linearHypothesis and hypotheses written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import FormulaError, SeparationError, UnsupportedError
from tolerances import EXACT, REFERENCE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


# car::linearHypothesis(glm(low ~ age * race + smoke + lwt, binomial, lbw, control = list(epsilon = 1e-14)), ...)
@pytest.mark.parametrize(
    ("hypothesis", "statistic", "dof", "p_value"),
    [
        ("race", 0.61051886092121, 2, 0.73693216693868),
        ("age:race", 0.56446256590694, 2, 0.75409925405978),
        ("race : age = 0", 0.56446256590694, 2, 0.75409925405978),
        ("age, age:race", 0.99909323099941, 3, 0.80147136843820),
    ],
)
def test_a_term_is_the_hypothesis_that_all_its_coefficients_are_zero(
    births: pd.DataFrame, hypothesis: str, statistic: float, dof: int, p_value: float
) -> None:
    found = lk.logit("low ~ age * race + smoke + lwt", births).test(hypothesis)
    assert found.dof == dof == len(found.hypotheses)
    assert_allclose([found.statistic, found.p_value], [statistic, p_value], rtol=REFERENCE)


def test_terms_stand_beside_equations(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ bs(lwt, df=4) + race + smoke", births)
    one = fit.test("bs(lwt,df=4), race[T.black] = smoke, `race`")
    names = [f"bs(lwt, df=4)[{j}]" for j in (1, 2, 3, 4)]
    other = fit.test(", ".join([*names, "race[T.black] = smoke", "race[T.black] = 0", "race[T.other]"]))
    assert one.hypotheses == other.hypotheses
    assert_allclose(one.statistic, other.statistic, rtol=EXACT)
    assert fit.test("smoke").statistic == fit.test("smoke = 0").statistic


def test_the_formula_is_named_where_a_name_is_not(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age * race", births)
    with pytest.raises(
        FormulaError, match=r"'age:rase' in 'age:rase' is neither a coefficient nor a term. .* 'age:race'"
    ):
        fit.test("age:rase")
    with pytest.raises(FormulaError, match=r"a term with several coefficients.*'race = 0'.*'race\[T.black\]'"):
        fit.test("race = 1")
    with pytest.raises(FormulaError, match="a term with several"):
        fit.test("age = race")


def test_of_a_term_that_is_aliased_in_part_the_rest_is_tested(births: pd.DataFrame) -> None:
    rows = births.assign(black=births["race"] == "black", same=births["smoke"])
    fit = lk.logit("low ~ black + race + smoke + same", rows)
    assert fit.test("race").hypotheses == ("race[T.other] = 0",)
    with pytest.raises(FormulaError, match="'same' has no coefficient to test"):
        fit.test("same")


def test_an_infinite_coefficient_of_a_term_is_no_test(births: pd.DataFrame) -> None:
    rows = births[(births["race"] != "black") | (births["low"] == 1)]
    with pytest.raises(SeparationError, match=r"race\[T.black\] has no finite estimate"):
        lk.logit("low ~ race + age", rows).test("race")


def test_a_covariance_of_fewer_clusters_than_coefficients_tests_no_term(births: pd.DataFrame) -> None:
    rows = births.assign(few=np.arange(len(births)) % 3)
    fit = lk.logit("low ~ bs(lwt, df=4) + age", rows, cluster="few")
    with pytest.raises(UnsupportedError, match="lacks the rank"):
        fit.test("bs(lwt, df=4)")
    assert fit.test("age").dof == 1


@pytest.mark.parametrize("reference", ["white", None])
def test_a_term_of_several_outcomes_is_zero_for_all_of_them(births: pd.DataFrame, reference: str | None) -> None:
    fit = lk.multinomial("race ~ bs(lwt, df=3) + smoke", births, reference=reference)
    terms = fit.anova(3, "Wald")
    for name, statistic, dof in zip(terms.labels, terms.statistic, terms.dof, strict=True):
        found = fit.test(name)
        assert found.dof == dof
        assert_allclose(found.statistic, statistic, rtol=1e-9)  # a root of the covariance of more functions
    own = fit.test("black:bs(lwt, df=3)")
    assert own.hypotheses == tuple(f"black:bs(lwt, df=3)[{j}] = 0" for j in (1, 2, 3))


def test_a_name_of_two_things_is_refused(births: pd.DataFrame) -> None:
    """The coefficient of smoke for an outcome called age, and the interaction of age and smoke, print alike."""
    rows = births.assign(y=births["race"].astype(str).replace({"black": "age"}))
    fit = lk.multinomial("y ~ age * smoke", rows, reference="white")
    with pytest.raises(FormulaError, match="'age:smoke' is ambiguous"):
        fit.test("age:smoke")
    assert fit.test("age:age:smoke").dof == 1


def test_a_term_beside_its_interaction_says_that_its_test_depends_on_the_coding(births: pd.DataFrame) -> None:
    """Moving the origin of age moves the test of smoke, and leaves that of smoke with its interaction."""
    moved = births.assign(age=births["age"] - 30.0)
    one, other = (lk.logit("low ~ age * smoke + lwt", rows) for rows in (births, moved))
    assert abs(one.test("smoke").statistic - other.test("smoke").statistic) > 1.0
    assert one.test("smoke").contained == (("smoke", ("age:smoke",)),)
    assert "Depends on the coding: smoke (contained in age:smoke)" in " ".join(str(one.test("smoke")).split())
    both = "smoke, age:smoke"
    assert_allclose(one.test(both).statistic, other.test(both).statistic, rtol=REFERENCE)
    assert one.test(both).contained == one.test("age:smoke").contained == one.test("lwt").contained == ()
    several = lk.multinomial("race ~ age * smoke + lwt", births)
    tests = several.anova(3, "Wald")
    assert dict(tests.contained) == {"age": ("age:smoke",), "smoke": ("age:smoke",)}
    assert "Depends on the origin of numeric variables" in str(tests)
    assert "coding" not in str(lk.multinomial("race ~ age + lwt", births).anova(3, "Wald"))
