"""``fit.predictions(method="profile" | "score")``: probabilities that are functions of one linear combination."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from references.load import load_fixture
from tolerances import ROUTE

LIMITS = ["conf_low", "conf_high"]


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.mark.parametrize("link", ["logit", "cloglog"])
@pytest.mark.parametrize("method", ["profile", "score"])
def test_the_interval_of_a_row_is_that_of_an_intercept_there(births: pd.DataFrame, link: str, method: str) -> None:
    """With the columns less those of the row the intercept is its linear predictor."""
    fit = lk.logit("low ~ lwt + smoke", births, link=link)
    row = births.iloc[[5]]
    found = fit.predictions(row, method=method)
    moved = births.assign(lwt=births["lwt"] - row["lwt"].iloc[0], smoke=births["smoke"] - row["smoke"].iloc[0])
    own = lk.logit("low ~ lwt + smoke", moved, link=link).confint(method).loc["Intercept"]
    assert_allclose(found[LIMITS].to_numpy()[0], fit.record.family.mean(own.to_numpy()), rtol=1e-7)
    wald = fit.predictions(row)
    assert_allclose(found[["estimate", "std_error"]], wald[["estimate", "std_error"]], rtol=ROUTE)
    assert found.columns.name == {"profile": "profile likelihood", "score": "score"}[method]


def test_saturated_groups_have_the_interval_of_wilson() -> None:
    data = pd.DataFrame({"g": list("ab"), "yes": [7, 3], "no": [5, 20]})
    fit = lk.logit("cbind(yes, no) ~ g", data)
    found = fit.predictions(data, method="score")
    z = 1.959963984540054
    for (_, row), ends in zip(data.iterrows(), found[LIMITS].to_numpy(), strict=True):
        n, p = row["yes"] + row["no"], row["yes"] / (row["yes"] + row["no"])
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        assert_allclose(ends, (p + z**2 / (2 * n) + half * np.array([-1, 1])) / (1 + z**2 / n), rtol=1e-8)


def test_offsets_move_the_interval(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ smoke", births.assign(shift=0.3), offset="shift")
    plain = lk.logit("low ~ smoke", births)
    rows = births.head(3).assign(shift=0.3)
    assert_allclose(
        fit.predictions(rows, method="profile")[LIMITS], plain.predictions(rows, method="profile")[LIMITS], rtol=1e-7
    )


def test_first_and_last_of_ordered_outcomes_have_one(births: pd.DataFrame) -> None:
    data = births.assign(grade=np.digitize(births["bwt"], [2500.5, 3000.5]))
    fit, row = lk.ordinal("grade ~ lwt + smoke", data), data.iloc[[5]]
    found = fit.predictions(row, method="profile")[LIMITS].to_numpy()
    assert np.isnan(found[1]).all()
    moved = data.assign(lwt=data["lwt"] - row["lwt"].iloc[0], smoke=data["smoke"] - row["smoke"].iloc[0])
    ends = lk.ordinal("grade ~ lwt + smoke", moved).confint("profile").to_numpy()
    assert_allclose(found[0], 1 / (1 + np.exp(-ends[0])), rtol=1e-7)
    assert_allclose(found[2], 1 / (1 + np.exp(ends[1][::-1])), rtol=1e-7)
    assert "depend on two thresholds" in fit.predictions(row, method="profile").columns.name


def test_two_outcomes_of_a_multinomial_are_those_of_the_logit(births: pd.DataFrame) -> None:
    rows = births.head(4)
    one = lk.logit("low ~ lwt", births).predictions(rows, method="profile")[LIMITS].to_numpy()
    both = lk.multinomial("low ~ lwt", births).predictions(rows, method="profile")[LIMITS].to_numpy()
    assert_allclose(both[1::2], one, rtol=1e-7)
    assert_allclose(both[0::2], 1 - one[:, ::-1], rtol=1e-7)


def test_a_certain_probability_has_one_end() -> None:
    data = load_fixture("endometrial")
    fit = lk.logit("HG ~ NV + PI + EH", data)
    found = fit.predictions(data[data["NV"] == 1].head(2), method="profile")
    assert (found["estimate"] == 1.0).all()
    assert (found["conf_high"] == 1.0).all()
    assert found["conf_low"].between(0.5, 0.95).all()


def test_refusals(births: pd.DataFrame) -> None:
    several = lk.multinomial("race ~ lwt", births)
    with pytest.raises(UnsupportedError, match="depends on several linear combinations"):
        several.predictions(births.head(1), method="profile")
    adjacent = lk.ordinal("race ~ lwt", births, model="adjacent", order=["white", "other", "black"])
    with pytest.raises(UnsupportedError, match="depends on several linear combinations"):
        adjacent.predictions(births.head(1), method="score")
    fit = lk.logit("low ~ lwt", births)
    with pytest.raises(DataError, match="method="):
        fit.predictions(births.head(1), method="exact")
    many = pd.DataFrame({"lwt": np.linspace(100, 200, 5_001)})
    with pytest.raises(UnsupportedError, match="too many"):
        fit.predictions(many, method="profile")
    with pytest.raises(UnsupportedError, match="not valid with"):
        lk.logit("low ~ lwt", births, cluster="race").predictions(births.head(1), method="profile")
