"""Contrasts of two profiles, against 2 x 2 tables, odds ratios of the fit and averages of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import EXACT, ROUTE

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.inference.effects.profiles import number_needed

Z = 1.959963984540054


def births() -> Any:
    return lk.datasets.load_lbw().assign(site=np.arange(189) % 17)


def table(found: Any) -> Any:
    return found.to_frame().set_index("quantity")


def test_a_two_by_two_table() -> None:
    """Risks 30 of 74 and 29 of 115: difference, ratios and Wald intervals by the usual formulas."""
    a, m, b, n = 30, 74, 29, 115
    found = table(lk.logit("low ~ smoke", births()).contrast({"smoke": 1}, {"smoke": 0}))
    p, r = a / m, b / n
    assert_allclose(found.loc[["probability of a", "probability of b"], "estimate"], [p, r], rtol=ROUTE)
    error = np.sqrt(p * (1 - p) / m + r * (1 - r) / n)
    assert_allclose(found.loc["risk difference", "estimate"], p - r, rtol=ROUTE)
    assert_allclose(
        found.loc["risk difference", ["conf_low", "conf_high"]].astype(float),
        [p - r - Z * error, p - r + Z * error],
        rtol=ROUTE,
    )
    log = np.sqrt(1 / a - 1 / m + 1 / b - 1 / n)
    assert_allclose(found.loc["risk ratio", "conf_high"], p / r * np.exp(Z * log), rtol=ROUTE)
    woolf = np.sqrt(1 / a + 1 / (m - a) + 1 / b + 1 / (n - b))
    odds = a * (n - b) / (b * (m - a))
    assert_allclose(found.loc["odds ratio", "conf_low"], odds * np.exp(-Z * woolf), rtol=ROUTE)
    needed = found.loc["number needed"]
    assert not needed["through_infinity"]
    assert_allclose(
        [needed["estimate"], needed["conf_low"], needed["conf_high"]],
        [1 / (p - r), 1 / (p - r + Z * error), 1 / (p - r - Z * error)],
        rtol=ROUTE,
    )


def test_altman_printed_interval_through_infinity() -> None:
    """Altman (1998): 5.4% with interval -4.8% to 15.6% is NNTB 18.5 (NNTH 20.8 to infinity to NNTB 6.4)."""
    found = number_needed(np.array([0.054]), np.array([-0.048]), np.array([0.156]))
    assert_allclose([found.estimate[0], found.low[0], found.high[0]], [18.5, 6.4, -20.8], rtol=5e-3)
    assert found.through_infinity[0]
    text = lk.logit("low ~ age + smoke", births()).contrast({"age": 30}, {"age": 20}).to_text(120)
    assert "for one fewer to infinity to" in text


def test_profiles_average_over_the_rows_or_stand_at_values() -> None:
    data = births()
    fit = lk.logit("low ~ age*smoke + race + lwt", data, cluster="site")
    found = table(fit.contrast({"age": 30, "smoke": 1}, {"age": 20, "smoke": 0}))
    p, r = fit.predict(data.assign(age=30, smoke=1)).mean(), fit.predict(data.assign(age=20, smoke=0)).mean()
    assert_allclose(found["estimate"][:5], [p, r, p - r, p / r, p * (1 - r) / r / (1 - p)], rtol=ROUTE)
    at = {"age": 25, "race": "other", "lwt": 120.0}
    one = table(fit.contrast({"smoke": 1}, {"smoke": 0}, at=at))
    row = data.iloc[[0]].assign(age=25, lwt=120.0, race=data["race"][data["race"] == "other"].iloc[:1].to_numpy())
    row["race"] = row["race"].astype(data["race"].dtype)
    expected = fit.predict(row.assign(smoke=1)).iloc[0]
    assert_allclose(one.loc["probability of a", "estimate"], expected, rtol=ROUTE)
    function = fit.test("smoke + 25*age:smoke").estimates
    assert_allclose(np.log(one.loc["odds ratio", "estimate"]), function.estimate[0], rtol=ROUTE)
    assert_allclose(np.log(one.loc["odds ratio", "conf_high"]), function.high[0], rtol=ROUTE)


def test_profile_intervals_are_those_of_the_combination() -> None:
    fit = lk.logit("low ~ age + lwt + smoke", births())
    found = table(fit.contrast({"smoke": 1, "age": 30}, {"smoke": 0, "age": 20}, method="profile")).loc["odds ratio"]
    ends = fit.confint("profile", of="smoke + 10*age").to_numpy(float)[0]
    assert_allclose(np.log([found["conf_low"], found["conf_high"]]), ends, rtol=ROUTE)
    assert_allclose(np.log(found["estimate"]), fit.coef["smoke"] + 10 * fit.coef["age"], rtol=ROUTE)
    with pytest.raises(UnsupportedError, match="differ from row to row"):
        lk.logit("low ~ age*smoke", births()).contrast({"smoke": 1}, {"smoke": 0}, method="profile")
    with pytest.raises(UnsupportedError, match="of this model it is none"):
        lk.logit("low ~ age", births(), link="probit").contrast({"age": 30}, {"age": 20}, method="profile")


def test_several_outcomes_have_a_contrast_each() -> None:
    data = births()
    fit = lk.multinomial("race ~ age + smoke", data)
    frame = fit.contrast({"smoke": 1}, {"smoke": 0}, at="mean").to_frame()
    assert list(frame["outcome"].unique()) == list(fit.outcomes)
    differences = frame.loc[frame["quantity"] == "risk difference", "estimate"].astype(float)
    assert_allclose(differences.sum(), 0.0, atol=EXACT)


@pytest.mark.parametrize(
    ("a", "b", "at", "error", "words"),
    [
        ({"smoek": 1}, {"smoke": 0}, None, FormulaError, "'smoek'.*smoke"),
        ({}, {"smoke": 0}, None, DataError, "a={} is not a profile"),
        ({"smoke": "yes"}, {"smoke": 0}, None, DataError, "'smoke' is a number"),
        ({"race": "blue"}, {"race": "white"}, None, DataError, "'blue' is not a level"),
        ({"smoke": 1}, {"smoke": 0}, {"age": [20, 30]}, DataError, "several values"),
    ],
)
def test_what_is_refused(a: Any, b: Any, at: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        lk.logit("low ~ age + smoke + race", births()).contrast(a, b, at=at)


def test_a_probability_that_is_one_in_the_limit_has_infinite_odds() -> None:
    """All 13 women with neovasculisation have the higher grade: the odds ratio is infinite, not 1 / rounding."""
    data = pd.read_csv("tests/references/data/endometrial.csv")
    found = lk.logit("HG ~ NV + PI + EH", data).contrast({"NV": 1}, {"NV": 0})
    odds, risk = (table(found).loc[name] for name in ("odds ratio", "risk difference"))
    assert odds["estimate"] == np.inf
    assert odds[["std_error", "p_value", "conf_low", "conf_high"]].isna().all()
    assert found.probabilities.value[0] == 1.0
    assert_allclose(risk["estimate"], 1.0 - found.probabilities.value[1], rtol=EXACT)
    assert "taken as known" in str(found)
    back = table(lk.logit("HG ~ NV + PI + EH", data).contrast({"NV": 0}, {"NV": 1}))
    assert back.loc["odds ratio", "estimate"] == 0.0
    assert np.isnan(back.loc["odds ratio", "conf_low"])
    at = {"PI": 17, "EH": 1.6}
    profiled = lk.logit("HG ~ NV + PI + EH", data).contrast({"NV": 1}, {"NV": 0}, at=at, method="profile")
    assert_allclose(profiled.odds_estimates().low, np.exp(1.28414), rtol=1e-4)  # R: confint(glm), to four digits
    assert profiled.odds_estimates().high == np.inf
    assert profiled.odds_ratios.value[0] == np.inf
    finite = lk.logit("HG ~ NV + PI + EH", data)
    each = finite.contrast({"EH": 2.0}, {"EH": 1.0}, method="profile")  # of each row, beside an infinite coefficient
    assert_allclose(each.odds_ratios.value, np.exp(finite.coef["EH"]), rtol=ROUTE)
    assert_allclose(each.odds_ratios.std_error, np.exp(finite.coef["EH"]) * finite.std_error["EH"], rtol=ROUTE)


def test_weighted_rows_are_said_to_be() -> None:
    """Frequencies: the table has the number of rows that count, and what their weights sum to."""
    counts = births().assign(w=np.arange(189) % 3)
    fit = lk.logit("low ~ age + smoke", counts, weights="w")
    for found in (fit.contrast({"smoke": 1}, {"smoke": 0}), fit.effects("age")):
        assert found.n_rows == 126
        assert "Rows count by their weights (w, frequency), which sum to 189." in " ".join(str(found).split())
