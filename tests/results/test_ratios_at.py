"""Ratios at stated values: against combinations of coefficients in words, and differences of predicted logits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, FormulaError, LogitkitError, UnsupportedError
from tolerances import ROUTE

BIRTHS = lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit() -> Any:
    return lk.logit("low ~ race * smoke + age + lwt", BIRTHS)


@pytest.mark.parametrize("method", ["wald", "profile"])
def test_ratios_are_combinations_of_coefficients(fit: Any, method: Any) -> None:
    found = fit.odds_ratios(at={"smoke": [0, 1], "race": ["white", "other"]}, units={"age": 5}, method=method)
    words = [
        "race[T.black]",
        "race[T.other]",
        "race[T.black] + race[T.black]:smoke",
        "race[T.other] + race[T.other]:smoke",
        "smoke",
        "smoke + race[T.other]:smoke",
        "5 * age",
        "lwt",
    ]
    expected = fit.confint(method, of=words)
    assert_allclose(np.log(found[["conf_low", "conf_high"]]), expected, rtol=1e-7, atol=1e-9)
    tests = [fit.test(f"{word} = 0") for word in words]
    assert_allclose(np.log(found["odds_ratio"]), [each.estimates.estimate[0] for each in tests], rtol=ROUTE)
    assert_allclose(found["p_value"], [each.p_value for each in tests], rtol=1e-8)
    assert found["variable"].tolist() == ["race"] * 4 + ["smoke"] * 2 + ["age", "lwt"]
    assert found["at smoke"].tolist() == ["0", "0", "1", "1", "", "", "", ""]
    assert found.loc[6, ["from", "to"]].tolist() == ["any", "+5"]
    assert "depends_on" not in found


@pytest.mark.parametrize(
    "formula",
    ["low ~ bs(lwt, df=4) * smoke + age", "low ~ poly(lwt, 3) * smoke", "low ~ np.log(lwt) * smoke + I(lwt * smoke)"],
)
def test_curves_go_through_the_formula(formula: str) -> None:
    fit = lk.logit(formula, BIRTHS)
    found = fit.odds_ratios(at={"lwt": [100, 150], "smoke": [0, 1]}, units={"lwt": 10})
    own = found[found["variable"] == "lwt"]
    assert own["from"].tolist() == ["100", "150", "100", "150"]
    for _, row in own.iterrows():
        start = {"lwt": float(row["from"]), "smoke": int(row["at smoke"]), "age": 20}
        ends = pd.DataFrame([start, {**start, "lwt": start["lwt"] + 10.0}])
        assert_allclose(np.log(row["odds_ratio"]), np.diff(fit.predict_link(ends))[0], rtol=1e-8, atol=1e-10)
    smoke = found[found["variable"] == "smoke"]
    assert smoke["at lwt"].tolist() == ["100", "150"]


def test_errors_of_a_curve_are_those_of_the_difference_of_its_rows() -> None:
    fit = lk.logit("low ~ lwt + I(lwt**2) + age", BIRTHS)
    found = fit.odds_ratios(at={"lwt": 120}, units={"lwt": -10})
    change = np.array([0.0, -10.0, 110.0**2 - 120.0**2, 0.0])
    row = found[found["variable"] == "lwt"].iloc[0]
    assert_allclose(row["odds_ratio"], np.exp(change @ fit.coef), rtol=ROUTE)
    assert_allclose(row["std_error"] / row["odds_ratio"], np.sqrt(change @ fit.vcov @ change), rtol=ROUTE)


def test_a_ratio_that_is_not_determined_says_by_what(fit: Any) -> None:
    found = fit.odds_ratios(at={"smoke": [0, 1]})
    smoke = found[found["variable"] == "smoke"].iloc[0]
    assert smoke["depends_on"] == "race"
    assert np.isnan(smoke["odds_ratio"])
    curve = lk.logit("low ~ bs(lwt, df=4) + center(age)", BIRTHS).odds_ratios(at={})
    assert curve["depends_on"].tolist() == ["lwt", ""]
    assert np.isfinite(curve["conf_low"].iloc[1])


def test_it_does_not_depend_on_the_coding(fit: Any) -> None:
    asked: dict[str, Any] = {"at": {"smoke": [0, 1]}}
    coded = lk.logit("low ~ C(race, contr.sum) * C(smoke) + age + lwt", BIRTHS).odds_ratios(**asked)
    plain = fit.odds_ratios(**asked)
    columns = ["odds_ratio", "std_error", "conf_low", "conf_high", "p_value"]
    assert_allclose(coded[columns].iloc[:4], plain[columns].iloc[:4], rtol=1e-8)
    other = lk.logit("low ~ C(race, contr.treatment('other')) * smoke + age + lwt", BIRTHS).odds_ratios(**asked)
    assert other["from"].tolist()[:4] == ["other"] * 4
    assert_allclose(1.0 / other["odds_ratio"].iloc[0], plain["odds_ratio"].iloc[1], rtol=1e-8)


def test_several_outcomes_and_thresholds() -> None:
    several = lk.multinomial("race ~ smoke * age", BIRTHS, reference="white")
    found = several.odds_ratios(at={"age": 30}, outcome="black")
    ends = pd.DataFrame({"smoke": [0, 1], "age": 30})
    logs = np.log(several.predict(ends))
    assert_allclose(np.log(found["odds_ratio"].iloc[0]), np.diff(logs["black"] - logs["white"])[0], rtol=ROUTE)
    order = ["white", "black", "other"]
    plain = lk.ordinal("race ~ smoke + age", BIRTHS, order=order, nominal="age")
    found, table = plain.odds_ratios(at={}), plain.odds_ratios()
    columns = ["odds_ratio", "std_error", "conf_low", "conf_high", "p_value"]
    assert_allclose(found[columns], table[columns], rtol=1e-8)
    adjacent = lk.ordinal("race ~ smoke + age", BIRTHS, order=order, model="adjacent")
    assert_allclose(adjacent.odds_ratios(at={})[columns], adjacent.odds_ratios()[columns], rtol=1e-8)
    with pytest.raises(UnsupportedError, match="higher outcomes"):
        plain.odds_ratios(at={}, outcome="black")


def test_other_links_offsets_and_families_of_intervals(fit: Any) -> None:
    hazard = lk.logit("low ~ smoke + age", BIRTHS, link="cloglog")
    assert_allclose(hazard.odds_ratios(at={})["hazard_ratio"], hazard.odds_ratios()["hazard_ratio"], rtol=ROUTE)
    with pytest.raises(UnsupportedError, match="no name"):
        lk.logit("low ~ smoke", BIRTHS, link="probit").odds_ratios(at={})
    turned = fit.odds_ratios(at={"smoke": 0}, against=1)
    assert_allclose(1.0 / turned["odds_ratio"], fit.odds_ratios(at={"smoke": 0})["odds_ratio"], rtol=ROUTE)
    wide = fit.odds_ratios(at={"smoke": [0, 1]}, adjust="bonferroni")
    assert (wide["conf_low"].dropna() < fit.odds_ratios(at={"smoke": [0, 1]})["conf_low"].dropna()).all()
    shifted = lk.logit("low ~ smoke + offset(0.1 * smoke)", BIRTHS).odds_ratios(at={})
    plain = lk.logit("low ~ smoke", BIRTHS).odds_ratios(at={})
    assert_allclose(shifted.iloc[:, 3:].astype(float), plain.iloc[:, 3:].astype(float), rtol=1e-8)


def test_infinite_and_inestimable_ratios() -> None:
    births = BIRTHS[(BIRTHS["race"] != "black") | (BIRTHS["smoke"] == 0)]
    found = lk.logit("low ~ race * C(smoke)", births).odds_ratios(at={"smoke": [0, 1]})
    assert np.isnan(found["odds_ratio"]).tolist() == [False, False, True, False, True]
    frame = pd.DataFrame({"y": [0, 0, 1, 1, 0, 1], "x": [1.0, 2.0, 3.0, 4.0, 1.5, 3.5]})
    assert lk.logit("y ~ x", frame).odds_ratios(at={})["odds_ratio"].tolist() == [np.inf]


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"at": {"smok": 1}}, FormulaError, "smoke"),
        ({"at": {"race": "green"}}, DataError, "no level"),
        ({"at": {}, "units": {"race": 2}}, FormulaError, "factor"),
        ({"at": {}, "units": {"agee": 2}}, FormulaError, "age"),
        ({"at": {}, "units": {"age": 0}}, DataError, "other than 0"),
        ({"at": {}, "method": "boot"}, LogitkitError, "bootstrap"),
        ({"at": {}, "outcome": 0}, DataError, "itself"),
    ],
)
def test_what_is_refused(fit: Any, asked: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        fit.odds_ratios(**asked)


def test_fits_without_a_table() -> None:
    ready = lk.logit_matrix(BIRTHS[["age", "lwt"]].assign(Intercept=1.0), BIRTHS["low"])
    with pytest.raises(DataError, match="ready matrix"):
        ready.odds_ratios(at={})


def test_an_absorbed_factor_cancels() -> None:
    births = BIRTHS.assign(g=BIRTHS["id"] % 9)
    absorbed = lk.logit("low ~ smoke * age", births, absorb="g").odds_ratios(at={"age": [20, 30]})
    columns = lk.logit("low ~ smoke * age + C(g)", births).odds_ratios(at={"age": [20, 30]})
    assert_allclose(absorbed["conf_low"].iloc[:2], columns["conf_low"].iloc[:2], rtol=1e-7)


@pytest.mark.parametrize("direction", ["higher", "lower"])
@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
def test_ratios_of_ordered_outcomes_have_the_direction_and_the_offset(model: Any, direction: Any) -> None:
    table = BIRTHS.assign(visits=BIRTHS["ftv"].clip(upper=2))
    given: dict[str, Any] = {"model": model, "direction": direction}
    fit = lk.ordinal("visits ~ age * smoke", table, **given)
    own = fit.odds_ratios(at={"smoke": [0, 1]})["odds_ratio"].to_numpy()[:2]
    assert_allclose(own, np.exp([fit.coef["age"], fit.coef["age"] + fit.coef["age:smoke"]]), rtol=1e-9)
    # What an offset takes from a coefficient it gives back to the ratio.
    shifted = lk.ordinal("visits ~ age * smoke + offset(age / 10)", table, **given)
    assert_allclose(shifted.odds_ratios(at={"smoke": [0, 1]})["odds_ratio"].to_numpy()[:2], own, rtol=1e-6)
