"""``fit.confint(of="age / lwt")``: intervals of functions of the coefficients that are not linear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtri

import logitkit as lk
from logitkit.errors import DataError, DataWarning, FormulaError, SeparationError, UnsupportedError
from logitkit.inference.intervals import bootstrap_intervals
from tolerances import EXACT, REFERENCE, ROUTE

Z = -ndtri(0.025)


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(births: pd.DataFrame) -> Any:
    return lk.logit("low ~ age + lwt + smoke", births)


def test_wald_intervals_are_those_of_the_delta_method(fit: Any) -> None:
    found = fit.confint(of=["age / lwt", "exp(smoke)", "age - lwt"])
    assert list(found.index) == ["age / lwt", "exp(smoke)", "age - lwt"]
    for name in ("age / lwt", "exp(smoke)"):
        tested = fit.test(f"{name} = 0").estimates
        assert_allclose(found.loc[name], [tested.low[0], tested.high[0]], rtol=ROUTE)
    assert_allclose(found.loc["age - lwt"], fit.confint(of="age - lwt").iloc[0], rtol=EXACT)


@pytest.mark.parametrize("method", ["profile", "score"])
def test_of_one_coefficient_they_are_its_interval_mapped(fit: Any, method: Any) -> None:
    own = fit.confint(method)
    found = fit.confint(method, of=["exp(smoke)", "1 / lwt", "smoke"])
    assert_allclose(found.loc["exp(smoke)"], np.exp(own.loc["smoke"].to_numpy(float)), rtol=1e-7)
    assert_allclose(found.loc["1 / lwt"], 1.0 / own.loc["lwt"].to_numpy(float)[::-1], rtol=1e-7)
    assert_allclose(found.loc["smoke"], own.loc["smoke"].to_numpy(float), rtol=EXACT)
    assert found.columns.name == {"profile": "profile likelihood", "score": "score"}[method]


def test_ends_are_where_a_likelihood_ratio_test_rejects(fit: Any, births: pd.DataFrame) -> None:
    """Of a ratio also by the fit of the smaller model, in which one column is a sum."""
    found = fit.confint("profile", of=["age / lwt", "age * smoke + lwt"])
    for name, ends in found.iterrows():
        for end in ends:
            tested = fit.test(f"{name} = {float(end)!r}", method="profile")
            assert_allclose(tested.statistic, Z**2, rtol=1e-7)
    for end in found.loc["age / lwt"]:
        smaller = lk.logit("low ~ x + smoke", births.assign(x=births["age"] * end + births["lwt"]))
        assert_allclose(smaller.deviance - fit.deviance, Z**2, rtol=REFERENCE)


def test_a_score_end_is_where_the_score_test_is_at_its_quantile(fit: Any, births: pd.DataFrame) -> None:
    for end in fit.confint("score", of="age / lwt").iloc[0]:
        x = births["age"] * end + births["lwt"]
        smaller = lk.logit("low ~ x + smoke", births.assign(x=x))
        X = fit.design.matrix.to_dense()
        mu = smaller.predict().to_numpy()
        score = X.T @ (births["low"].to_numpy() - mu)
        statistic = score @ np.linalg.solve(X.T @ ((mu * (1 - mu))[:, None] * X), score)
        assert_allclose(statistic, Z**2, rtol=REFERENCE)


def test_a_square_has_the_squares_of_the_ends(fit: Any) -> None:
    own = fit.confint("profile").loc["smoke"].to_numpy(float)
    assert_allclose(fit.confint("profile", of="smoke**2").iloc[0], own**2, rtol=1e-7)


def test_a_square_that_may_be_zero_ends_there(fit: Any) -> None:
    ends = fit.confint("profile", of="age**2").iloc[0]
    own = fit.confint("profile").loc["age"].to_numpy(float)
    assert_allclose(ends, [0.0, own[0] ** 2], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_ratios_have_the_set_of_an_inverse_prediction(births: pd.DataFrame, level: float) -> None:
    """Where the slope is not significant the set goes through infinity, which a warning says."""
    fit = lk.logit("low ~ age", births)
    (one,) = fit.inverse("age", 0.5, method="profile", level=level).sets
    if one.shape == "interval":
        found = fit.confint("profile", level, of="-Intercept / age").iloc[0]
        assert_allclose(found, [one.low, one.high], rtol=1e-7)
        return
    with pytest.warns(DataWarning, match="more than one interval for -Intercept / age"):
        found = fit.confint("profile", level, of="-Intercept / age").iloc[0]
    assert_allclose(found["conf_high"], one.low, rtol=1e-7)
    assert found["conf_low"] == -np.inf


def test_everything_is_unbounded_on_both_sides(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + ftv", births)
    found = fit.confint("profile", of="age / ftv").iloc[0]
    assert found.tolist() == [-np.inf, np.inf]


def test_replicates_are_mapped(fit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap_intervals, "STANDARD_REPLICATES", 199)
    drawn = fit.bootstrap(199, seed=1).replicates
    found = fit.confint("bootstrap", of=["exp(smoke)", "age / lwt", "age"], kind="percentile")
    ratio = np.sort(drawn[:, 1] / drawn[:, 2])
    assert_allclose(found.loc["age / lwt"], ratio[[4, 194]], rtol=ROUTE)
    assert_allclose(found.loc["exp(smoke)"], np.exp(np.sort(drawn[:, 3])[[4, 194]]), rtol=ROUTE)
    assert_allclose(found.loc["age"], np.sort(drawn[:, 1])[[4, 194]], rtol=ROUTE)
    bca = fit.confint("bootstrap", of="exp(smoke)").iloc[0]
    own = fit.confint("bootstrap", of="smoke").iloc[0]
    # The order of replicates is the same, and so are corrections; the acceleration is that of the other scale.
    assert_allclose(np.log(bca.to_numpy(float)), own.to_numpy(float), atol=0.1)


def test_many_hold_together(fit: Any) -> None:
    of = ["age * lwt", "exp(smoke)"]
    one, both = fit.confint("profile", of=of), fit.confint("profile", of=of, adjust="bonferroni")
    assert ((both["conf_low"] < one["conf_low"]) & (one["conf_high"] < both["conf_high"])).all()
    alone = fit.confint("profile", 0.975, of="exp(smoke)").iloc[0]
    assert_allclose(both.loc["exp(smoke)"], alone, rtol=1e-7)


def test_several_outcomes_and_bias_reduction(births: pd.DataFrame) -> None:
    several = lk.multinomial("race ~ age + smoke", births)
    names = [name for name in several.record.names if name.endswith(":smoke")]
    ends = several.confint("profile", of=f"exp(`{names[0]}` - `{names[1]}`)").to_numpy(float)[0]
    own = several.confint("profile", of=f"`{names[0]}` - `{names[1]}`").to_numpy(float)[0]
    assert_allclose(np.log(ends), own, rtol=1e-7)
    reduced = lk.logit("low ~ age + smoke", births, penalty=lk.Jeffreys())
    ends = reduced.confint("profile", of="exp(smoke)").to_numpy(float)[0]
    assert_allclose(np.log(ends), reduced.confint("profile").loc["smoke"], rtol=1e-7)


def test_what_is_refused(fit: Any, births: pd.DataFrame) -> None:
    with pytest.raises(FormulaError, match="Did you mean 'age'"):
        fit.confint(of="aeg / lwt")
    with pytest.raises(FormulaError, match="is an equation"):
        fit.confint(of="age / lwt = 1")
    with pytest.raises(FormulaError, match="has no value at the estimates"):
        fit.confint(of="log(lwt)")
    with pytest.raises(FormulaError, match="derivatives of zero"):
        fit.confint(of="age**0 * exp(1)")
    with pytest.raises(UnsupportedError, match="not valid with"):
        lk.logit("low ~ age", births.assign(g=births.index % 9), cluster="g").confint("profile", of="exp(age)")
    with pytest.raises(SeparationError, match="x has no finite estimate"):
        lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2, 3, 4]}).confint("profile", of="exp(x)")
    with pytest.raises(FormulaError):
        fit.profile(of="age / lwt")
    with pytest.raises(DataError, match="method="):
        fit.confint("exact", of="age / lwt")
