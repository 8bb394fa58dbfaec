"""``fit.confint(method, of=, adjust=)`` and ``fit.odds_ratios(method=)``: what is asked for is what is answered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.inference.intervals.profile import profile_intervals
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(births: pd.DataFrame) -> lk.Fit:
    return lk.logit("low ~ age + lwt + race + smoke", births)


def test_intervals_of_all_coefficients_have_their_labels(fit: lk.Fit) -> None:
    found = fit.confint("profile")
    assert found.index.equals(fit.confint().index)
    assert found.columns.name == "profile likelihood"
    expected = profile_intervals(fit.record, fit.design, np.eye(6))
    assert_array_equal(found, np.column_stack([expected.low, expected.high]))
    assert fit.confint("score").columns.name == "score"
    assert fit.confint().columns.name is None


def test_combinations_are_read_as_hypotheses_are(fit: lk.Fit) -> None:
    found = fit.confint("profile", of=["age", "10*age - 2*lwt", "smoke - 1", "race"])
    assert list(found.index) == ["age", "10*age - 2*lwt", "smoke - 1", "race[T.black]", "race[T.other]"]
    whole = fit.confint("profile")
    assert_allclose(found.loc["age"], whole.loc["age"], rtol=EXACT)
    assert_allclose(found.loc["smoke - 1"], whole.loc["smoke"] - 1.0, rtol=1e-12)
    wald = fit.confint(of="10*age - 2*lwt")
    one = fit.test("10*age - 2*lwt = 0").estimates
    assert_allclose(wald.to_numpy()[0], [one.low[0], one.high[0]], rtol=ROUTE)


def test_levels_are_nested(fit: lk.Fit) -> None:
    narrow, wide = (fit.confint("profile", level) for level in (0.8, 0.99))
    assert (wide["conf_low"] < narrow["conf_low"]).all()
    assert (narrow["conf_high"] < wide["conf_high"]).all()


def test_bonferroni_is_a_higher_level(fit: lk.Fit) -> None:
    for method in ("wald", "profile", "score"):
        found = fit.confint(method, adjust="bonferroni", of=["age", "smoke"])
        assert_allclose(found, fit.confint(method, 0.975, of=["age", "smoke"]), rtol=ROUTE)
    assert found.columns.name == "score, simultaneous (Bonferroni)"


def test_odds_ratios_take_the_same_intervals(fit: lk.Fit, births: pd.DataFrame) -> None:
    found = fit.odds_ratios({"age": -10}, method="profile")
    ends = fit.confint("profile").drop("Intercept")
    assert_allclose(found.loc["lwt", ["conf_low", "conf_high"]].astype(float), np.exp(ends.loc["lwt"]), rtol=ROUTE)
    turned = np.exp(-10 * ends.loc["age"].to_numpy())[::-1]
    assert_allclose(found.loc["age", ["conf_low", "conf_high"]].astype(float), turned, rtol=ROUTE)
    assert found.columns.name == "intervals: profile likelihood"
    other = fit.odds_ratios(method="profile", outcome=0, against=1)
    assert_allclose(
        other.loc["lwt", ["conf_low", "conf_high"]].astype(float), 1 / np.exp(ends.loc["lwt"])[::-1], rtol=ROUTE
    )
    several = lk.multinomial("race ~ age", births)
    ratios = several.odds_ratios(method="profile", outcome="black", against="other")
    ends = several.confint("profile", of="black:age - other:age")
    assert_allclose(ratios[["conf_low", "conf_high"]].to_numpy(dtype=float), np.exp(ends), rtol=ROUTE)


def test_ratios_of_separated_data_have_one_end() -> None:
    fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    found = fit.odds_ratios(method="profile")
    assert_allclose(found["conf_low"], np.exp(fit.confint("profile")["conf_low"].iloc[1]), rtol=ROUTE)
    assert np.isposinf(found["conf_high"]).all()


@pytest.mark.parametrize("method", ["wald", "profile", "score"])
def test_what_cannot_be_read_is_refused(fit: lk.Fit, method: str) -> None:
    with pytest.raises(FormulaError, match="is an equation"):
        fit.confint(method, of="age = 2")
    with pytest.raises(FormulaError, match="Did you mean 'age'"):
        fit.confint(method, of="agee")
    with pytest.raises(FormulaError, match="must be a linear combination"):
        fit.confint(method, of=[])
    with pytest.raises(FormulaError, match="must be a linear combination"):
        fit.confint(method, of=[3])


def test_what_has_no_interval_is_refused_where_it_is_named(births: pd.DataFrame) -> None:
    aliased = lk.logit("low ~ lwt + I(2 * lwt)", births)
    assert np.isnan(aliased.confint("profile").iloc[2]).all()
    with pytest.raises(UnsupportedError, match="is aliased"):
        aliased.confint("profile", of="I(2 * lwt) - lwt")
    with pytest.raises(FormulaError, match="determine all its columns"):
        aliased.confint("profile", of="I(2 * lwt)")
    symmetric = lk.multinomial("race ~ age", births, reference=None)
    with pytest.raises(UnsupportedError, match="the model fixes it"):
        symmetric.confint("profile", of="white:age + black:age + other:age")


def test_bootstrap_has_no_single_step(fit: lk.Fit) -> None:
    with pytest.raises(UnsupportedError, match="adjust='bonferroni'"):
        fit.confint("bootstrap", of="age", adjust="single-step")
    with pytest.raises(DataError, match="is not known"):
        fit.confint("exact")
