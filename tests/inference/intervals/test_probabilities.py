"""``fit.predictions(method="profile" | "score")``: of one linear combination, and of several."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import expit, softmax

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from references.load import load_fixture
from tolerances import ROUTE

Z = 1.959963984540054
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
    for (_, row), ends in zip(data.iterrows(), found[LIMITS].to_numpy(), strict=True):
        n, p = row["yes"] + row["no"], row["yes"] / (row["yes"] + row["no"])
        half = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        assert_allclose(ends, (p + Z**2 / (2 * n) + half * np.array([-1, 1])) / (1 + Z**2 / n), rtol=1e-8)


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
    moved = data.assign(lwt=data["lwt"] - row["lwt"].iloc[0], smoke=data["smoke"] - row["smoke"].iloc[0])
    ends = lk.ordinal("grade ~ lwt + smoke", moved).confint("profile").to_numpy()
    assert_allclose(found[0], 1 / (1 + np.exp(-ends[0])), rtol=1e-7)
    assert_allclose(found[2], 1 / (1 + np.exp(ends[1][::-1])), rtol=1e-7)


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


def extremes(loss: Any, chance: Any, start: np.ndarray, covariance: np.ndarray) -> list[float]:
    """The least and the largest probability among parameters that a likelihood-ratio test does not reject."""
    root = np.linalg.cholesky(covariance)
    top = loss(start) + 0.5 * Z**2

    def furthest(side: float) -> float:
        found = [
            minimize(
                lambda u: -side * chance(start + root @ u),
                begin,
                method="SLSQP",
                constraints={"type": "ineq", "fun": lambda u: top - loss(start + root @ u)},
                options={"ftol": 1e-13, "maxiter": 300},
            )
            for begin in np.vstack([np.eye(start.size), -np.eye(start.size)])
        ]
        return max(side * chance(start + root @ one.x) for one in found if loss(start + root @ one.x) < top + 1e-7)

    return [-furthest(-1.0), furthest(1.0)]


def chances(model: str, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Probabilities of three outcomes with one number, by model."""
    if model == "multinomial":
        return softmax(np.stack([np.zeros(x.size), b[0] + b[1] * x, b[2] + b[3] * x]), axis=0)
    eta = b[:2, None] + (1.0 if model == "adjacent" else -1.0) * b[2] * x
    if model == "adjacent":
        return softmax(np.vstack([np.zeros(x.size), np.cumsum(eta, axis=0)]), axis=0)
    return np.diff(np.vstack([expit(eta), np.ones(x.size)]), axis=0, prepend=0.0)


@pytest.mark.parametrize(("model", "outcomes"), [("cumulative", [1]), ("adjacent", [1]), ("multinomial", [0, 2])])
def test_a_probability_held_itself_has_the_extremes_of_a_search(
    births: pd.DataFrame, model: Any, outcomes: list[int]
) -> None:
    """By SLSQP, over a likelihood in NumPy."""
    data = births.assign(grade=np.digitize(births["bwt"], [2500.5, 3000.5]), lwt=(births["lwt"] - 130.0) / 30.0)
    y, x = data["grade"].to_numpy(), data["lwt"].to_numpy()
    several = model == "multinomial"
    fit = lk.multinomial("grade ~ lwt", data) if several else lk.ordinal("grade ~ lwt", data, model=model)
    coef, vcov = fit.record.coef, fit.record.vcov
    assert_allclose(chances(model, coef, x).T, fit.predict().to_numpy(), rtol=1e-7)

    def loss(b: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            value = -np.log(chances(model, b, x)[y, np.arange(y.size)]).sum()
        return float(value) if np.isfinite(value) else 1e6

    found = fit.predictions(data.iloc[[7]], method="profile")[LIMITS].to_numpy()
    for k in outcomes:
        ends = extremes(loss, lambda b, k=k: float(chances(model, b, x[[7]])[k, 0]), coef, vcov)
        assert_allclose(found[k], ends, rtol=1e-6)  # SLSQP stops at 1e-7 of its constraint


def test_the_further_of_two_extremes_is_the_end(births: pd.DataFrame) -> None:
    """Sixteen rows: the middle outcome's probability falls in two directions, and Wald's end is on the nearer side."""
    data = births.iloc[1::12]
    data = data.assign(grade=np.digitize(data["bwt"], [2500.5, 3000.5]), lwt=(data["lwt"] - 130.0) / 30.0)
    fit = lk.ordinal("grade ~ lwt", data)
    found = fit.predictions(data.head(1).assign(lwt=-2.0), method="profile")[LIMITS].to_numpy()[1]
    y, x = data["grade"].to_numpy(), data["lwt"].to_numpy()

    def loss(b: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            value = -np.log(chances("cumulative", b, x)[y, np.arange(y.size)]).sum()
        return float(value) if np.isfinite(value) else 1e6

    where = np.array([-2.0])
    ends = extremes(loss, lambda b: float(chances("cumulative", b, where)[1, 0]), fit.record.coef, fit.record.vcov)
    assert_allclose(found, ends, rtol=1e-7)


def test_one_outcome_of_several_without_columns_is_a_proportion() -> None:
    """The profile interval of a binomial proportion, and Wilson's."""
    counts = np.array([7, 12, 21, 5])
    data = pd.DataFrame({"y": np.repeat(list("abcd"), counts)})
    fit, n = lk.multinomial("y ~ 1", data), counts.sum()
    row = data.head(1)
    profile = fit.predictions(row, method="profile")[LIMITS].to_numpy()
    score = fit.predictions(row, method="score")[LIMITS].to_numpy()
    for k, count in enumerate(counts):
        p = count / n
        half = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        assert_allclose(score[k], (p + Z**2 / (2 * n) + half * np.array([-1, 1])) / (1 + Z**2 / n), rtol=1e-7)
        lost = 2.0 * (count * np.log(p / profile[k]) + (n - count) * np.log((1 - p) / (1 - profile[k])))
        assert_allclose(lost, Z**2, rtol=1e-7)


def test_an_outcome_that_never_occurs_in_a_group_has_probability_zero_as_its_end() -> None:
    """Its upper end is 1 - exp(-q^2 / 2n), as of a proportion 0 of n."""
    data = pd.DataFrame({"y": [*"aaabbbbcc", *"aaaaaabbbb"], "g": [*"sssssssss", *"tttttttttt"]})
    fit = lk.multinomial("y ~ g", data)
    found = fit.predictions(data.tail(1), method="profile").loc[(18, "c"), LIMITS].to_numpy(float)
    assert_allclose(found, [0.0, 1.0 - np.exp(-(Z**2) / 20.0)], rtol=1e-7)


def test_refusals(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ lwt", births)
    with pytest.raises(DataError, match="method="):
        fit.predictions(births.head(1), method="exact")
    many = pd.DataFrame({"lwt": np.linspace(100, 200, 5_001)})
    with pytest.raises(UnsupportedError, match="too many"):
        fit.predictions(many, method="profile")
    with pytest.raises(UnsupportedError, match="not valid with"):
        lk.logit("low ~ lwt", births, cluster="race").predictions(births.head(1), method="profile")
    many = pd.DataFrame({"lwt": np.linspace(100, 200, 251)})
    with pytest.raises(UnsupportedError, match="at most 250"):
        lk.multinomial("race ~ lwt", births).predictions(many, method="score")
    with pytest.raises(UnsupportedError, match="not valid with"):
        lk.multinomial("race ~ lwt", births, cluster="smoke").predictions(births.head(1), method="profile")
