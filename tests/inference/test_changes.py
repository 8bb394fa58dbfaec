"""Units of ratios against refits to rescaled variables, and ratios that belong to no single column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from tolerances import REFERENCE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.mark.parametrize("formula", ["low ~ age * smoke * lwt", "low ~ race * age + age:smoke:race + np.log(lwt)"])
def test_units_are_those_of_a_fit_to_rescaled_variables(births: pd.DataFrame, formula: str) -> None:
    """Ten years are ten units of every product with age, and of nothing else."""
    units = {"age": 10, "lwt": -5.0} if "* lwt" in formula else {"age": 10}
    found = lk.logit(formula, births).odds_ratios(units=units)
    rescaled = births.assign(**{name: births[name] / unit for name, unit in units.items()})
    expected = lk.logit(formula, rescaled).odds_ratios()
    assert list(found.index) == list(expected.index)
    assert_allclose(found.drop(columns="unit"), expected.drop(columns="unit"), rtol=REFERENCE)


def test_ratios_of_several_outcomes_have_the_same_units(births: pd.DataFrame) -> None:
    found = lk.multinomial("race ~ age * smoke", births).odds_ratios(units={"age": 10})
    expected = lk.multinomial("race ~ age * smoke", births.assign(age=births["age"] / 10)).odds_ratios()
    columns = ["odds_ratio", "std_error", "conf_low", "conf_high"]
    assert_allclose(found[columns], expected[columns], rtol=REFERENCE)
    assert found["unit"].tolist() == [10.0, 1.0, 10.0] * 2


def test_a_ratio_times_that_of_the_interaction_is_the_ratio_of_predicted_odds(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age * smoke", births)
    ratios = fit.odds_ratios(units={"age": 10})["odds_ratio"]
    odds = np.exp(fit.predict_logit({"age": [20, 30], "smoke": [1, 1]}))
    assert_allclose(ratios["age"] * ratios["age:smoke"], odds[1] / odds[0], rtol=REFERENCE)


@pytest.mark.parametrize(
    ("formula", "without"),
    [
        ("low ~ bs(age, df=3) * smoke", {"bs(age, df=3)[1]", "bs(age, df=3)[3]:smoke"}),
        ("low ~ age + I(age**2) + lwt", {"age", "I(age ** 2)"}),
        ("low ~ poly(age, 2) + lwt", {"poly(age, 2)[1]", "poly(age, 2)[2]"}),
        ("low ~ np.log(age) + race:age", {"np.log(age)", "race[white]:age", "race[black]:age"}),
        ("low ~ race * bs(age, df=3)", {"bs(age, df=3)[1]", "race[T.black]:bs(age, df=3)[1]"}),
        ("low ~ lwt + age + I(lwt / age)", {"lwt", "age", "I(lwt / age)"}),
        # One column for each variable: both can be set.
        ("low ~ lwt + I(lwt / age)", set()),
        ("low ~ np.log(lwt) + scale(age) + I(ptl > 0) + race * smoke", set()),
        ("low ~ C(race, contr.sum) * age + race:lwt + lwt", set()),
        ("low ~ age + lag(age)", set()),
        # At the reference level the product is zero, and in the ratio of two ratios the square cancels.
        ("low ~ np.log(age) + smoke * race + lwt + lwt:race", set()),
    ],
)
def test_columns_that_cannot_change_alone_have_no_ratio(births: pd.DataFrame, formula: str, without: set[str]) -> None:
    fit = lk.logit(formula, births)
    table = fit.odds_ratios()
    missing = set(table.index[table["odds_ratio"].isna()])
    assert missing >= without
    assert bool(missing) == bool(without)
    assert ("No odds ratio for columns of" in str(fit)) == bool(without)
    assert table["p_value"].notna().all()


def test_what_an_interaction_has_no_part_in_cancels(births: pd.DataFrame) -> None:
    """The slopes of two levels differ by a ratio of ratios, whatever function of age they share."""
    fit = lk.logit("low ~ age + I(age**2) + age:smoke + smoke", births)
    table = fit.odds_ratios(units={"age": 10})["odds_ratio"]
    assert table.isna().tolist() == [True, True, False, False]
    logits = fit.predict_logit({"age": [20, 30, 20, 30], "smoke": [0, 0, 1, 1]}).to_numpy()
    expected = np.exp((logits[3] - logits[2]) - (logits[1] - logits[0]))
    assert_allclose(table["age:smoke"], expected, rtol=REFERENCE)


def test_a_spline_is_left_out_of_tables_and_figures(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ bs(age, df=3) + smoke", births)
    line = next(line for line in str(fit).splitlines() if line.startswith("bs(age, df=3)[1]"))
    assert len(line.split()) == 6  # two words of the name, estimate, error, z, p: no ratio and no limits
    drawn = fit.plot.forest()
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["smoke"]
    written = " ".join(text.get_text() for text in (*drawn.texts, *drawn.figure.texts))
    assert "No odds ratio for columns of bs(age, df=3)" in " ".join(written.split())
    with pytest.raises(UnsupportedError, match=r"No odds ratio for columns of bs\(age, df=3\)"):
        lk.logit("low ~ bs(age, df=3)", births).plot.forest()
    several = lk.multinomial("race ~ bs(age, df=3) + smoke", births)
    assert "No relative risk ratio for columns of bs(age, df=3)" in " ".join(str(several).split())
    assert several.odds_ratios()["odds_ratio"].isna().sum() == 6
    assert len(several.plot.forest().get_yticks()) == 1
    ridge = lk.logit("low ~ bs(age, df=3) + smoke", births, penalty=lk.Ridge(0.01))
    assert ridge.odds_ratios()["odds_ratio"].isna().sum() == 3
    assert "No odds ratio for columns of bs(age, df=3)" in str(ridge)


@pytest.mark.parametrize(
    ("formula", "units", "error", "words"),
    [
        ("low ~ bs(age, df=3)", {"age": 10}, FormulaError, r"age is in the model as bs\(age, df=3\): one of these"),
        ("low ~ age + I(age**2)", {"age": 10}, FormulaError, "cannot change while the others stay"),
        ("low ~ np.log(lwt)", {"lwt": 2}, FormulaError, r"in the model as np.log\(lwt\) only. Name 'np.log\(lwt\)'"),
        ("low ~ age * smoke", {"age:smoke": 2}, FormulaError, "a product: give the units of age, smoke separately"),
        ("low ~ race", {"race": 2}, FormulaError, "a factor"),
        ("low ~ race", {"race[T.black]": 2}, FormulaError, "a factor"),
        ("low ~ age", {"aeg": 2}, FormulaError, "Did you mean 'age'"),
        ("low ~ age", {"Intercept": 2}, FormulaError, "not a variable of the model"),
        ("low ~ age", {"age": True}, DataError, "finite number other than 0"),
    ],
)
def test_units_that_mean_nothing_are_refused(
    births: pd.DataFrame, formula: str, units: dict[str, float], error: type[Exception], words: str
) -> None:
    fit = lk.logit(formula, births)
    with pytest.raises(error, match=words):
        fit.odds_ratios(units=units)
    with pytest.raises(error, match=words):
        fit.plot.forest(units=units)


def test_a_transform_has_a_unit_of_its_own_and_columns_of_a_matrix_theirs(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ np.log(lwt) * smoke", births)
    doubled = fit.odds_ratios(units={"np.log(lwt)": np.log(2.0)})["odds_ratio"]
    odds = np.exp(fit.predict_logit({"lwt": [100.0, 200.0], "smoke": [0, 0]}))
    assert_allclose(doubled["np.log(lwt)"], odds[1] / odds[0], rtol=REFERENCE)
    X = np.column_stack([np.ones(len(births)), births["age"], births["age"] * births["smoke"]])
    ready = lk.logit_matrix(X, births["low"], names=["Intercept", "age", "age:smoke"])
    assert ready.odds_ratios(units={"age": 10})["unit"].tolist() == [10.0, 1.0]  # nobody says that it is a product


def test_a_ratio_beyond_all_numbers_does_not_look_like_separation(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ tiny + huge", births.assign(tiny=births["lwt"] / 1e6, huge=-births["age"] / 1e6))
    table = fit.odds_ratios()
    assert np.isfinite(fit.coef).all()
    assert table["odds_ratio"].isna().all()
    text = str(fit)
    assert "<1e-308" in text
    assert ">1e308" in text
    assert " inf " not in text
    ridge = lk.logit("low ~ tiny", births.assign(tiny=births["lwt"] / 1e6), penalty=lk.Ridge(1e-9))
    assert "<1e-308" in str(ridge)
    infinite = lk.logit("low ~ x", births.assign(x=births["low"] * births["smoke"]))
    assert infinite.odds_ratios().loc["x", "odds_ratio"] == np.inf
