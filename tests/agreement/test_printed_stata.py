"""Numbers that Stata prints, in handouts and seminars whose data are at hand.

The tables of ``logit`` were read on the pages named. The figures of ``margins`` are recalled from the handout, which
was not read again; brute force and R stand behind the same effects in ``tests/inference/effects``.
"""

from __future__ import annotations

import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from references.load import load_fixture

SEVEN = {"rtol": 0, "atol": 6e-7}  # as many decimals are printed of numbers below one
SIX = {"rtol": 0, "atol": 6e-6}  # and of the others, to seven digits


@pytest.fixture(scope="module")
def grades() -> lk.Fit:
    """``logit grade gpa tuce i.psi``: R. Williams, Marginal Effects for Continuous Variables (Notre Dame, 2019)."""
    return lk.logit("GRADE ~ GPA + TUCE + PSI", load_fixture("spector"), conventions="stata")


def test_logit_of_grades(grades: lk.Fit) -> None:
    table = grades.tidy().set_index("term").loc[["GPA", "TUCE", "PSI", "Intercept"]]
    assert_allclose(table["estimate"], [2.826113, 0.0951577, 2.378688, -13.02135], **SIX)
    assert_allclose(table["std_error"], [1.262941, 0.1415542, 1.064564, 4.931325], **SIX)
    assert_allclose(table["conf_low"], [0.3507938, -0.1822835, 0.29218, -22.68657], **SIX)
    assert_allclose(table["conf_high"], [5.301432, 0.3725988, 4.465195, -3.35613], **SIX)
    assert_allclose(grades.loglik, -12.889633, atol=2e-6)  # Stata stops at a change of 1e-7 of it
    assert (round(grades.lr_test().statistic, 2), round(grades.lr_test().p_value, 4)) == (15.40, 0.0015)
    assert round(float(grades.r_squared.iloc[0]), 4) == 0.3740


def test_margins_at_the_means(grades: lk.Fit) -> None:
    """``margins, dydx(*) atmeans`` of the same handout."""
    rows = load_fixture("spector")
    means = {"GPA": rows["GPA"].mean(), "TUCE": rows["TUCE"].mean()}
    slopes = grades.effects(["GPA", "TUCE"], at=means | {"PSI": rows["PSI"].mean()}).to_frame()
    assert_allclose(slopes["estimate"], [0.5338589, 0.0179755], **SEVEN)
    assert_allclose(slopes["std_error"], [0.237038, 0.0262369], **SEVEN)
    change = grades.effects("PSI", change=(0, 1), at=means).to_frame()
    assert_allclose(change[["estimate", "std_error"]].iloc[0], [0.4564984, 0.1810537], **SEVEN)


def test_average_margins(grades: lk.Fit) -> None:
    """``margins, dydx(gpa)`` of the same handout."""
    found = grades.effects("GPA").to_frame()
    assert_allclose(found[["estimate", "std_error"]].iloc[0], [0.3625809, 0.1094412], **SEVEN)


def test_logit_of_honors() -> None:
    """``logit honors female``: UCLA, Beyond Binary: Multinomial Logistic Regression in Stata."""
    rows: pd.DataFrame = load_fixture("hsb")
    rows = rows.assign(honors=1 * (rows["write"] >= 60), female=1 * (rows["gender"] == "female"))
    for fit in (
        lk.logit("honors ~ female", rows, conventions="stata"),
        lk.multinomial("honors ~ female", rows, conventions="stata"),  # mlogit: the same for two outcomes
    ):
        table = fit.tidy().set_index("term").loc[["female", "Intercept"]]
        assert_allclose(table["estimate"], [0.6513707, -1.400088], **SIX)
        assert_allclose(table["std_error"], [0.3336752, 0.2631619], **SIX)
        assert_allclose(table["conf_low"], [-0.0026207, -1.915876], **SIX)
        assert_allclose(table["conf_high"], [1.305362, -0.8842998], **SIX)
        assert round(fit.loglik, 4) == -113.6769
        assert (round(fit.lr_test().statistic, 2), round(fit.lr_test().p_value, 4)) == (3.94, 0.0473)


def test_logit_of_honors_by_reading() -> None:
    """``logit honors i.female read``: UCLA, Using margins for predicted probabilities."""
    rows: pd.DataFrame = load_fixture("hsb")
    rows = rows.assign(honors=1 * (rows["write"] >= 60), female=1 * (rows["gender"] == "female"))
    fit = lk.logit("honors ~ female + read", rows, conventions="stata")
    table = fit.tidy().set_index("term").loc[["female", "read", "Intercept"]]
    assert_allclose(table["estimate"], [1.120926, 0.1443657, -9.603364], **SIX)
    assert_allclose(table["std_error"], [0.4081043, 0.0233338, 1.426412], **SIX)
    assert_allclose(table["conf_low"], [0.3210558, 0.0986322, -12.39908], **SIX)
    assert_allclose(table["conf_high"], [1.920795, 0.1900991, -6.807647], **SIX)
    assert round(fit.loglik, 5) == -85.44372
    assert (round(fit.lr_test().statistic, 2), round(float(fit.r_squared.iloc[0]), 4)) == (60.40, 0.2612)
