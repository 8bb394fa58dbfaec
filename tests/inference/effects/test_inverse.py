"""Inverse prediction: effective doses of R, and sets whose ends are tested one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, ndtri

import logitkit as lk
from logitkit.errors import DataError, FormulaError, LogitkitError, SeparationError, UnsupportedError
from ordinal.stored import counted
from tolerances import EXACT, ITERATIVE, ROUTE

LDOSE = np.tile(np.arange(6.0), 2)
BUDWORM = pd.DataFrame(
    {
        "ldose": LDOSE,
        "dose": 2.0**LDOSE,
        "dead": [1, 4, 9, 13, 18, 20, 0, 2, 6, 10, 12, 16],
        "sex": np.repeat(["M", "F"], 6),
    }
).assign(alive=lambda d: 20 - d["dead"])
BIRTHS = lk.datasets.load_lbw()
Z = -ndtri(0.025)


@pytest.fixture(scope="module")
def budworm() -> Any:
    return lk.logit("cbind(dead, alive) ~ sex + ldose", BUDWORM)


@pytest.fixture(scope="module")
def births() -> Any:
    return lk.logit("low ~ age", BIRTHS)


def test_doses_are_those_of_mass(budworm: Any) -> None:
    """R 4.2.2, MASS 7.3-58.2: dose.p(glm(SF ~ sex + ldose - 1, binomial), cf = c(1, 3), p = 1:3/4), its example."""
    found = budworm.inverse("ldose", [0.25, 0.5, 0.75], at={"sex": "F"}).to_frame()
    assert_allclose(found["estimate"], [2.23126465686, 3.26358740372, 4.29591015057], rtol=1e-8)
    # R's glm stops at 1e-8 of the deviance, which shows in its errors first.
    assert_allclose(found["std_error"], [0.249908906479, 0.229753865077, 0.274687434484], rtol=1e-5)


def test_fieller_sets_of_the_doses_of_a_sas_example() -> None:
    """Data of SAS/STAT User's Guide, PROC PROBIT, example Dosage Levels; figures of R 4.2.2.

    glm(cbind(r, n - r) ~ log10(dose), binomial("probit")), MASS::dose.p, and Fieller's quadratic from coef and vcov.
    """
    table = pd.DataFrame({"dose": range(1, 8), "n": [10, 12, 10, 10, 12, 10, 10], "r": [1, 2, 4, 5, 8, 8, 10]})
    table["left"] = table["n"] - table["r"]
    fit = lk.logit("cbind(r, left) ~ np.log10(dose)", table, link="probit")
    assert_allclose(fit.coef, [-1.81270510178, 3.41811812837], rtol=1e-7)
    found = fit.inverse("dose", [0.5, 0.9], method="fieller")
    assert_allclose(found.derived.value, [3.390959041, 8.039916356], rtol=1e-7)
    assert_allclose([found.sets[0].low, found.sets[0].high], [2.586199316, 4.257662845], rtol=1e-6)
    assert_allclose([found.sets[1].low, found.sets[1].high], [5.948005367, 15.690557749], rtol=1e-6)
    errors = np.log(10.0) * found.derived.value * np.array([0.0494569250129, 0.0894028886409])
    assert_allclose(found.derived.std_error, errors, rtol=1e-6)
    assert "scale of np.log10(dose)" in str(found)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_every_link(link: str) -> None:
    fit = lk.logit("cbind(dead, alive) ~ sex + ldose", BUDWORM, link=link)
    found = fit.inverse("ldose", [0.2, 0.9], at={"sex": ["M", "F"]})
    rows = pd.DataFrame({"ldose": found.derived.value, "sex": np.repeat(["M", "F"], 2)})
    assert_allclose(fit.predict(rows), [0.2, 0.9, 0.2, 0.9], rtol=ROUTE)


@pytest.mark.parametrize("method", ["delta", "fieller", "profile"])
def test_separate_slopes_are_separate_fits(method: Any) -> None:
    both = lk.logit("cbind(dead, alive) ~ sex * ldose", BUDWORM).inverse("ldose", 0.5, {"sex": ["F", "M"]}, method)
    for k, sex in enumerate("FM"):
        rows = BUDWORM[BUDWORM["sex"] == sex]
        one = lk.logit("cbind(dead, alive) ~ ldose", rows).inverse("ldose", 0.5, method=method)
        assert_allclose(both.to_frame().iloc[k, :4].astype(float), one.to_frame().iloc[0, :4].astype(float), rtol=1e-8)


def rejected(fit: Any, name: str, value: float, probability: float) -> float:
    """The Wald statistic that the logit at a value is that of the probability."""
    return float(fit.test(f"Intercept + {float(value)!r} * {name} = {float(logit(probability))!r}").statistic)


@pytest.mark.parametrize(("probability", "level", "shape"), [(0.3, 0.5, "interval"), (0.5, 0.95, "outside")])
def test_fieller_ends_are_where_wald_rejects(births: Any, probability: float, level: float, shape: str) -> None:
    found = births.inverse("age", probability, method="fieller", level=level)
    (one,) = found.sets
    assert one.shape == shape
    target = ndtri(0.5 + level / 2) ** 2
    for end in (one.low, one.high):
        assert_allclose(rejected(births, "age", end, probability), target, rtol=1e-8)
    middle = 0.5 * (one.low + one.high)
    assert (rejected(births, "age", middle, probability) < target) == one.holds(middle)


def test_fieller_of_no_slope_holds_everything(births: Any) -> None:
    (one,) = births.inverse("age", 0.3, method="fieller").sets
    assert one.shape == "everything"
    for value in (-1e6, 0.0, 24.0, 60.0, 1e6):
        assert rejected(births, "age", value, 0.3) < Z**2
    assert "all values" in str(births.inverse("age", 0.3, method="fieller"))


def lost(value: float, probability: float, best: float) -> float:
    """Twice the likelihood lost where the line is held at a point, by a fit without an intercept."""
    held = BIRTHS.assign(x=BIRTHS["age"] - value, o=logit(probability))
    return 2.0 * (best - lk.logit("low ~ 0 + x", held, offset="o").loglik)


@pytest.mark.parametrize(("probability", "level", "shape"), [(0.3, 0.5, "interval"), (0.5, 0.95, "outside")])
def test_profile_ends_are_where_a_refit_says(births: Any, probability: float, level: float, shape: str) -> None:
    (one,) = births.inverse("age", probability, method="profile", level=level).sets
    assert one.shape == shape
    target = ndtri(0.5 + level / 2) ** 2
    for end in (one.low, one.high):
        assert_allclose(lost(end, probability, births.loglik), target, rtol=ITERATIVE)
    middle = 0.5 * (one.low + one.high)
    assert (lost(middle, probability, births.loglik) < target) == one.holds(middle)


def test_profile_of_no_slope_holds_everything(births: Any) -> None:
    assert births.inverse("age", 0.3, method="profile").sets[0].shape == "everything"
    assert lost(1e5, 0.3, births.loglik) < Z**2


def test_profile_of_a_penalised_likelihood() -> None:
    """Jeffreys' prior is of both coefficients, on the restricted line too."""
    fit = lk.logit("low ~ age", BIRTHS, penalty=lk.Jeffreys())
    (one,) = fit.inverse("age", 0.3, method="profile", level=0.5).sets
    rows, y = np.column_stack([np.ones(len(BIRTHS)), BIRTHS["age"]]), BIRTHS["low"].to_numpy()

    def loss(coef: Any) -> float:
        eta = rows @ coef
        p = expit(eta)
        information = rows.T @ ((p * (1 - p))[:, None] * rows)
        return float(np.sum(np.logaddexp(0.0, eta) - y * eta) - 0.5 * np.linalg.slogdet(information)[1])

    least = loss(fit.coef.to_numpy())
    for end in (one.low, one.high):
        held = minimize_scalar(lambda b, t=end: loss(np.array([logit(0.3) - b * t, b])), (-0.3, 0.1), tol=1e-12)
        assert_allclose(2.0 * (held.fun - least), ndtri(0.75) ** 2, rtol=ITERATIVE)


@pytest.mark.parametrize(("term", "inverse"), [("np.log(dose)", np.exp), ("np.sqrt(dose)", np.square)])
def test_a_transform_is_carried_back(term: str, inverse: Any) -> None:
    frame = BUDWORM.assign(t=np.log(BUDWORM["dose"]) if "log" in term else np.sqrt(BUDWORM["dose"]))
    found = lk.logit(f"cbind(dead, alive) ~ sex + {term}", frame).inverse("dose", [0.3, 0.95], {"sex": "F"})
    plain = lk.logit("cbind(dead, alive) ~ sex + t", frame).inverse("t", [0.3, 0.95], {"sex": "F"}).to_frame()
    frame = found.to_frame()
    for column in ("estimate", "conf_low", "conf_high"):
        assert_allclose(frame[column], inverse(plain[column]), rtol=ROUTE)
    slope = frame["estimate"] if "log" in term else 2.0 * np.sqrt(frame["estimate"])
    assert_allclose(frame["std_error"], slope * plain["std_error"].to_numpy(), rtol=1e-7)  # a slope by differences


def test_a_set_that_reaches_infinity_ends_at_zero_of_a_dose() -> None:
    frame = BIRTHS.assign(weight=BIRTHS["age"].astype(float))
    fit = lk.logit("low ~ np.log(weight)", frame)
    (one,) = fit.inverse("weight", 0.3, method="fieller").sets
    assert (one.shape, one.low, one.high) == ("everything", 0.0, np.inf)


def test_thresholds_of_ordered_outcomes() -> None:
    wine, left = counted("wine")
    wine = wine.assign(t=(wine["temp"] == wine["temp"].iloc[-1]) * 1.0 + np.linspace(0.0, 0.3, len(wine)))
    fit = lk.ordinal(f"{left} ~ t + contact", wine)
    contact = wine["contact"].iloc[0]
    found = fit.inverse("t", 0.5, at={"contact": contact})
    assert found.heads == ("threshold", "probability")
    rows = pd.DataFrame({"t": found.derived.value, "contact": contact})
    upto = fit.predict(rows).cumsum(axis=1).to_numpy()
    assert_allclose(np.diag(upto), 0.5, rtol=ROUTE)
    assert fit.inverse("t", 0.5, at={"contact": contact}, method="profile").sets[0].holds(found.derived.value[0])


def test_offsets_and_clusters(births: Any) -> None:
    frame = BIRTHS.assign(o=0.3, block=BIRTHS["id"] % 40)
    shifted = lk.logit("low ~ age", frame, offset="o")
    assert_allclose(shifted.inverse("age").derived.value, births.inverse("age").derived.value, rtol=1e-8)
    assert "offset is held" in str(shifted.inverse("age"))
    robust = lk.logit("low ~ age", frame, cluster="block")
    found, coef = robust.inverse("age"), robust.coef.to_numpy()
    slopes = -np.array([1.0, found.derived.value[0]]) / coef[1]
    assert_allclose(found.derived.std_error[0] ** 2, slopes @ robust.vcov.to_numpy() @ slopes, rtol=ROUTE)
    with pytest.raises(UnsupportedError, match=r"not valid with.*method='fieller'"):
        robust.inverse("age", method="profile")


def test_doses_are_compared(budworm: Any) -> None:
    found = budworm.inverse("ldose", 0.5, at={"sex": ["F", "M"]})
    tested = found.test("b1 = b2")
    assert_allclose(tested.estimates.estimate[0], -budworm.coef["sex[T.M]"] / -budworm.coef["ldose"], rtol=ROUTE)
    assert found.derived.names == ("ldose[F, 0.5]", "ldose[M, 0.5]")
    assert_allclose(
        budworm.on(BUDWORM).inverse("ldose", 0.5, {"sex": "F"}).derived.value, found.derived.value[:1], EXACT
    )


@pytest.mark.parametrize(
    ("formula", "asked", "error", "words"),
    [
        ("sex + ldose", {"variable": "ldose"}, DataError, "at={'sex': ...}"),
        ("sex + ldose", {"variable": "lodse", "at": {"sex": "F"}}, FormulaError, "ldose"),
        ("sex + ldose", {"variable": "sex", "at": {"ldose": 1}}, FormulaError, "factor"),
        ("ldose", {"variable": "ldose", "probability": 1.0}, DataError, "between 0 and 1"),
        ("ldose", {"variable": "ldose", "probability": []}, DataError, "empty"),
        ("ldose", {"variable": "ldose", "at": {"ldose": 1}}, DataError, "solved for"),
        ("ldose", {"variable": "ldose", "method": "score"}, LogitkitError, "fieller"),
        ("sex + ldose", {"variable": "ldose", "at": {"sex": "X"}}, DataError, "no level"),
        ("dose + I(dose**2)", {"variable": "dose"}, UnsupportedError, "several columns"),
        ("bs(dose, df=4)", {"variable": "dose"}, UnsupportedError, "several columns"),
        ("I((dose - 8)**2)", {"variable": "dose"}, UnsupportedError, "not monotone"),
        ("C(ldose)", {"variable": "ldose"}, FormulaError, "factor"),
        ("dose + offset(0.1 * dose)", {"variable": "dose"}, FormulaError, "offset"),
    ],
)
def test_what_is_refused(formula: str, asked: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lk.logit(f"cbind(dead, alive) ~ {formula}", BUDWORM).inverse(**asked)


def test_models_without_an_inverse() -> None:
    with pytest.raises(UnsupportedError, match="several linear predictors"):
        lk.multinomial("race ~ age", BIRTHS).inverse("age")
    separated = pd.DataFrame({"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(SeparationError, match="separated"):
        lk.logit("y ~ x", separated).inverse("x")
    flat = lk.logit("low ~ smoke * age", BIRTHS.assign(smoke=BIRTHS["smoke"] * 1.0))
    only = lk.logit("low ~ smoke:age", BIRTHS.assign(smoke=BIRTHS["smoke"] * 1.0))
    assert np.isfinite(flat.inverse("age", at={"smoke": 0}).derived.value).all()
    with pytest.raises(UnsupportedError, match="do not change"):
        only.inverse("age", at={"smoke": 0})
