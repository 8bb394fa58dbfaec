"""Numbers that others have printed: UCLA's and Stata's, SAS's, and Agresti's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from references.load import load_fixture

# Program choice of 200 students, "prog ~ ses + write" with academic as base. UCLA Statistical Consulting, Multinomial
# logistic regression, Stata data analysis examples.
UCLA = """
general  Intercept 2.852186 1.166439
general  middle    -.533291 .4437321
general  high      -1.162832 .5142195
general  write     -.0579284 .0214109
vocation Intercept 5.2182   1.163549
vocation middle    .2913931 .4763737
vocation high      -.9826703 .5955669
vocation write     -.1136026 .0222199
"""

# Ungrouped counts of learning styles. SAS/STAT User's Guide, The LOGISTIC Procedure, example "Nominal Response Data:
# Generalized Logits Model".
SCHOOL = """
1 regular 10 17 26
1 afternoon 5 12 50
2 regular 21 17 26
2 afternoon 16 12 36
3 regular 15 15 16
3 afternoon 12 12 20
"""

# Primary food of alligators, lake and size in the model, fish and Lake George as base. Agresti, A. (2002) Categorical
# Data Analysis, 2nd edition, table 7.4: estimates, and errors in parentheses.
AGRESTI = {
    "invert": [(-1.55, None), (1.46, 0.40), (-1.66, 0.61), (0.94, 0.47), (1.12, 0.49)],
    "reptile": [(-3.31, None), (-0.35, 0.58), (1.24, 1.19), (2.46, 1.12), (2.94, 1.12)],
    "bird": [(-2.09, None), (-0.63, 0.64), (0.70, 0.78), (-0.65, 1.20), (1.09, 0.84)],
    "other": [(-1.90, None), (0.33, 0.45), (0.83, 0.56), (0.01, 0.78), (1.52, 0.62)],
}


def programs() -> pd.DataFrame:
    students = load_fixture("hsb")
    return students.assign(ses=pd.Categorical(students["ses"], ["low", "middle", "high"]))


def test_stata_on_programs_of_students() -> None:
    fit = lk.multinomial("prog ~ ses + write", programs())
    short = {"ses[T.middle]": "middle", "ses[T.high]": "high"}
    found = fit.tidy().replace({"term": short}).set_index(["outcome", "term"])
    for line in UCLA.split("\n")[1:-1]:
        outcome, term, coef, error = line.split()
        for column, printed in (("estimate", coef), ("std_error", error)):
            digits = len(printed.split(".")[1])
            assert_allclose(found.loc[(outcome, term), column], float(printed), rtol=0, atol=0.51 * 10.0**-digits)
    assert round(fit.loglik, 5) == -179.98173
    test = fit.lr_test()
    assert (round(test.statistic, 2), test.dof) == (48.23, 6)
    assert round(fit.r_squared["mcfadden"], 4) == 0.1182
    both = fit.test(
        ", ".join(f"{k}:ses[T.{level}] = 0" for k in ("general", "vocation") for level in ("middle", "high"))
    )
    assert (round(both.statistic, 2), both.dof, round(both.p_value, 4)) == (10.82, 4, 0.0287)
    terms = fit.anova(3, "Wald")
    assert (round(terms.statistic[0], 2), terms.dof[0]) == (10.82, 4)
    one = fit.test("general:ses[T.high] = vocation:ses[T.high]")
    assert (round(one.statistic, 2), one.dof, round(one.p_value, 4)) == (0.08, 1, 0.7811)


def test_sas_on_learning_styles() -> None:
    rows = [line.split() for line in SCHOOL.split("\n")[1:-1]]
    frame = pd.DataFrame(rows, columns=["school", "program", "self", "team", "class_"])
    frame[["self", "team", "class_"]] = frame[["self", "team", "class_"]].astype(int)
    long = frame.melt(["school", "program"], var_name="style", value_name="count")
    fit = lk.multinomial("style ~ school + program", long, weights="count", reference="team")
    assert_allclose(fit.deviance, 666.9338767, atol=5e-8)
    counted = lk.multinomial("cbind(self, team, class_) ~ school + program", frame, reference="team")
    assert_allclose(counted.coef[fit.coef.columns].to_numpy(), fit.coef.to_numpy(), rtol=1e-9)


@pytest.mark.parametrize("outcome", list(AGRESTI))
def test_agresti_on_alligators(outcome: str) -> None:
    wide = _alligators()
    fit = lk.multinomial("cbind(fish, invert, reptile, bird, other) ~ size + lake", wide)
    # The book's size is that of the small.
    terms = ["Intercept", "size[T.small]", "lake[T.Hancock]", "lake[T.Oklawaha]", "lake[T.Trafford]"]
    for term, (coef, error) in zip(terms, AGRESTI[outcome], strict=True):
        assert round(fit.coef.loc[term, outcome], 2) == coef
        assert error is None or round(fit.std_error.loc[term, outcome], 2) == error


def _alligators() -> pd.DataFrame:
    frame = load_fixture("alligator")
    frame["size"] = pd.Categorical(frame["size"], ["large", "small"])
    frame["lake"] = pd.Categorical(frame["lake"], ["George", "Hancock", "Oklawaha", "Trafford"])
    wide = frame.pivot_table(index=["lake", "size", "sex"], columns="food", values="count", observed=True)
    return wide.reset_index()


def test_agresti_s_deviances_of_alligators() -> None:
    """Table 7.2 of the same book: deviance and degrees of freedom against the saturated model, with and without sex."""
    wide = _alligators()
    foods = "cbind(fish, invert, reptile, bird, other)"
    collapsed = wide.drop(columns="sex").groupby(["lake", "size"], observed=True).sum().reset_index()
    printed = [
        (wide, "1", 116.8, 60),
        (wide, "sex", 114.7, 56),
        (wide, "size", 101.6, 56),
        (wide, "lake", 73.6, 48),
        (wide, "lake + size", 52.5, 44),
        (wide, "sex + lake + size", 50.3, 40),
        (collapsed, "1", 81.4, 28),
        (collapsed, "size", 66.2, 24),
        (collapsed, "lake", 38.2, 16),
        (collapsed, "lake + size", 17.1, 12),
    ]
    for frame, terms, deviance, dof in printed:
        fit = lk.multinomial(f"{foods} ~ {terms}", frame)
        assert round(fit.deviance, 1) == deviance, terms
        assert fit.dof_residual == dof
        assert np.isfinite(fit.null_deviance)


def test_likelihoods_that_several_packages_print() -> None:
    """Of students (UCLA), voters (statsmodels' manual) and tenants (Venables and Ripley 2002, section 7.3)."""
    students = lk.multinomial("prog ~ ses + write", programs())
    assert_allclose(students.deviance, 359.9634524, atol=5e-8)
    found = students.anova(3, "LR")
    assert_allclose([float(statistic) for statistic in found.statistic], [11.058222, 31.446923], atol=5e-7)
    voters = lk.multinomial("PID ~ np.log(popul + 0.1) + selfLR + age + educ + income", load_fixture("anes96"))
    assert_allclose(voters.loglik, -1461.922747, atol=5e-7)
    tenants = lk.multinomial("Sat ~ Infl + Type + Cont", load_fixture("housing"), weights="Freq")
    assert_allclose(tenants.loglik, -1735.041933, atol=5e-7)
