"""Profile-likelihood intervals: R with a coefficient held, brute force, closed forms, and limits of separated data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq, minimize, minimize_scalar

import logitkit as lk
from logitkit.engine.batch import values_and_gradients
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.law import NORMAL
from logitkit.engine.objective import Evaluation
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceError, ConvergenceWarning, DataError, DataWarning, UnsupportedError
from logitkit.inference.functions import contrast_functions
from logitkit.inference.intervals.profile import FunctionIntervals, profile_intervals
from logitkit.inference.intervals.profile_ends import CERTIFIED, profile_ends
from logitkit.inference.likelihood import likelihood_of
from references.load import load_fixture, load_table
from tolerances import EXACT, REFERENCE, ROUTE

HEIGHT = 0.5 * float(NORMAL.quantile(0.95)) ** 2


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    data["age"], data["lwt"] = data["age"] / 10, data["lwt"] / 100
    data["grade"] = np.digitize(data["bwt"], [2500.5, 3000.5, 3500.5])
    data["counts"] = 1 + data["id"] % 3
    return data


BEETLES = pd.DataFrame(
    {
        "dose": np.array([1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.8610, 1.8839]) - 1.8,
        "killed": [6, 13, 18, 28, 52, 53, 61, 60],
        "trials": [59, 60, 62, 56, 63, 59, 62, 60],
    }
)


def profiled(fit: Any, functions: np.ndarray | None = None, level: float | None = None) -> FunctionIntervals:
    functions = np.eye(fit.record.coef.size) if functions is None else functions
    return profile_intervals(fit.record, fit.design, functions, level)


def fit_of(name: str, births: pd.DataFrame) -> tuple[Any, list[int]]:
    """Return the fit of a reference, and the places of its coefficients among ours."""
    if name == "beetles_cloglog":
        grouped = BEETLES.assign(alive=BEETLES["trials"] - BEETLES["killed"])
        return lk.logit("cbind(killed, alive) ~ dose", grouped, link="cloglog"), [0, 1]
    _, kind, *rest = name.split("_")
    if kind == "clm":
        return lk.ordinal("grade ~ age + lwt + smoke", births, link=rest[0]), [3, 4, 5]
    if kind == "multinomial":
        return lk.multinomial("grade ~ lwt + smoke", births), [7]
    if kind == "counts":
        return lk.logit("low ~ age + lwt + smoke", births, weights="counts", weight_kind="frequency"), [0, 1, 2, 3]
    return lk.logit("low ~ age + lwt + smoke", births, link=kind), [0, 1, 2, 3]


REFERENCES = load_table("intervals/profile")["fits"]


@pytest.mark.parametrize("name", REFERENCES)
def test_ends_are_those_of_fits_in_r_with_the_coefficient_held(name: str, births: pd.DataFrame) -> None:
    fit, places = fit_of(name, births)
    found, expected = profiled(fit), np.atleast_2d(REFERENCES[name]["profile"])
    assert_allclose(fit.record.coef[places], REFERENCES[name]["coef"], rtol=1e-7)
    # uniroot() in R stops by its tolerance of the argument, and scoring by changes of the deviance of about 1e-12.
    scale = fit.record.std_error[places]
    assert_allclose(found.low[places] / scale, expected[:, 0] / scale, atol=1e-7)
    assert_allclose(found.high[places] / scale, expected[:, 1] / scale, atol=1e-7)
    assert not found.uncertified.size


@pytest.mark.parametrize(
    ("fit", "options"),
    [
        (lk.logit, {}),
        (lk.logit, {"offset": "shift"}),
        (lk.logit, {"link": "cauchit"}),
        (lk.logit, {"link": "loglog", "information": "observed"}),
        (lk.multinomial, {"reference": None}),
        (lk.multinomial, {"offset": {1: "shift"}, "weights": "counts", "weight_kind": "precision"}),
        (lk.multinomial, {"equal": "lwt"}),
        (lk.ordinal, {"model": "adjacent"}),
        (lk.ordinal, {"nominal": "smoke"}),
    ],
)
def test_ends_are_stationary_at_the_target_by_numerical_derivatives(
    fit: Any, options: dict[str, Any], births: pd.DataFrame
) -> None:
    births = births.assign(shift=0.2 * births["smoke"] - 0.1, grade=np.minimum(births["grade"], 2))
    outcome = "low" if fit is lk.logit else "grade"
    found = fit(f"{outcome} ~ lwt + smoke", births, **options)
    functions = np.random.default_rng(3).normal(size=(2, found.record.coef.size))
    likelihood = likelihood_of(found.record, found.design)
    objective, inner = likelihood.objective(), likelihood.functions(functions)
    least = objective.evaluate(likelihood.coef, hessian=False).value
    result = profiled(found, functions)
    for c, pair in zip(inner, result.ends, strict=True):
        for side, end in zip((-1.0, 1.0), pair, strict=True):
            assert end.certified
            assert abs(objective.evaluate(end.coef, hessian=False).value - least - HEIGHT) < CERTIFIED
            assert_allclose(c @ end.coef, end.value, rtol=EXACT)
            gradient = objective.evaluate(end.coef, hessian=False).gradient
            multiplier = gradient @ c / (c @ c)
            assert side * multiplier > 0.0
            assert np.abs(gradient - multiplier * c).max() < 1e-4 * np.abs(gradient).max()


def test_profile_of_a_proportion_is_its_closed_form() -> None:
    fit = lk.logit("y ~ 1", {"y": [0] * 7 + [1] * 13})
    found = profiled(fit)

    def above(eta: float) -> float:
        p = 1.0 / (1.0 + np.exp(-eta))
        return float(13 * np.log(0.65 / p) + 7 * np.log(0.35 / (1 - p))) - HEIGHT

    assert_allclose([found.low[0], found.high[0]], [brentq(above, -3, 0.6), brentq(above, 0.7, 5)], rtol=1e-8)


def test_two_by_two_table_profiles_the_log_odds_ratio() -> None:
    """Given v, the free probability solves the equation of the margins, a quadratic."""
    a, b, c, d = 12, 5, 8, 15
    fit = lk.logit("y ~ x", {"y": [1] * a + [0] * b + [1] * c + [0] * d, "x": [1] * (a + b) + [0] * (c + d)})
    found = profiled(fit)

    def loss(v: float) -> float:
        def score(e: float) -> float:
            return (a + c) - (a + b) / (1 + np.exp(-e - v)) - (c + d) / (1 + np.exp(-e))

        e = brentq(score, -30, 30, xtol=1e-14)
        p, q = 1 / (1 + np.exp(-e - v)), 1 / (1 + np.exp(-e))
        return float(-(a * np.log(p) + b * np.log(1 - p) + c * np.log(q) + d * np.log(1 - q)))

    centre = np.log(a * d / (b * c))
    target = loss(centre) + HEIGHT
    expected = [brentq(lambda v: loss(v) - target, *sides, xtol=1e-12) for sides in ((-5, centre), (centre, 8))]
    assert_allclose([found.low[1], found.high[1]], expected, rtol=1e-7)


def test_all_ends_of_one_are_those_of_each(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ age + lwt + smoke + race", births)
    together = profiled(fit)
    for k, unit in enumerate(np.eye(fit.record.coef.size)):
        alone = profiled(fit, unit[None])
        assert_allclose([alone.low[0], alone.high[0]], [together.low[k], together.high[k]], rtol=EXACT)


def test_intervals_do_not_depend_on_the_coordinates(births: pd.DataFrame) -> None:
    """A function is what it is in other columns: the interval of a sum is that of a coefficient of a shifted column."""
    fit = lk.logit("low ~ lwt + smoke", births)
    shifted = lk.logit("low ~ I(lwt - 1.2) + smoke", births)
    one, other = profiled(fit, np.array([[1.0, 1.2, 0.0]])), profiled(shifted, np.array([[1.0, 0.0, 0.0]]))
    assert_allclose([one.low[0], one.high[0]], [other.low[0], other.high[0]], rtol=1e-8)
    swapped = lk.logit("low ~ lwt + smoke", births, event=0)
    assert_allclose(profiled(swapped).low, -profiled(fit).high, rtol=1e-8)


def test_reference_outcome_does_not_matter_for_a_difference(births: pd.DataFrame) -> None:
    fits = [lk.multinomial("grade ~ lwt", births, reference=reference) for reference in (0, 2, None)]
    found = [profiled(fit, contrast_functions(fit.record, 3, 1, np.array([1]))) for fit in fits]
    for other in found[1:]:
        assert_allclose([other.low[0], other.high[0]], [found[0].low[0], found[0].high[0]], rtol=1e-8)


def test_a_batch_is_its_evaluations(births: pd.DataFrame) -> None:
    for options in ({}, {"link": "probit"}, {"offset": "smoke"}):
        fit = lk.logit("low ~ lwt + race", births, **options)
        likelihood = likelihood_of(fit.record, fit.design)
        objective = likelihood.objective()
        coefs = likelihood.coef + np.random.default_rng(0).normal(size=(5, 4)) * 0.1
        values, gradients = values_and_gradients(objective, coefs)
        for coef, value, gradient in zip(coefs, values, gradients, strict=True):
            here = objective.evaluate(coef, hessian=False)
            assert_allclose(value, here.value, rtol=EXACT)
            assert_allclose(gradient, here.gradient, rtol=ROUTE, atol=1e-10)


# Infinite ends.


def loglik_with(data: pd.DataFrame, formula: str, **shift: float) -> float:
    """Return the largest log-likelihood with coefficients held at values, by offsets."""
    held = sum(value * data[name] for name, value in shift.items())
    return float(lk.logit(formula, data.assign(held=held), offset="held").loglik)


def test_separated_coefficient_has_one_end() -> None:
    data = load_fixture("endometrial")
    fit = lk.logit("HG ~ NV + PI + EH", data)
    found = profiled(fit)
    assert np.isposinf(found.high[1])
    assert_allclose(found.low[1], 1.2841117903, rtol=REFERENCE)
    assert_allclose(loglik_with(data, "HG ~ PI + EH", NV=found.low[1]), fit.loglik - HEIGHT, atol=CERTIFIED)
    limiting = lk.logit("HG ~ PI + EH", data[data["NV"] == 0])  # whose likelihood is that of the limit
    assert_allclose(found.low[[0, 2, 3]], profiled(limiting).low, rtol=1e-7)
    assert not found.uncertified.size


def test_other_coefficients_run_to_infinity_as_one_is_held() -> None:
    """Two levels of events alone: with one of them held, the other still runs off, and its rows cost nothing."""
    data = pd.DataFrame(
        {
            "g": list("aaabbbcccddd"),
            "y": [0, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1],
            "x": [1, 2, 3, 4, 2, 1, 3, 2, 5, 3, 1, 1.0],
        }
    )
    fit = lk.logit("y ~ C(g) + x", data)
    difference = np.array([[0.0, 1.0, -1.0, 0.0, 0.0]])
    found = profiled(fit, np.vstack([np.eye(5), difference]))
    assert np.isposinf(found.high[[1, 2]]).all()
    assert np.isnan(found.estimate[5])
    assert (found.low[5], found.high[5]) == (-np.inf, np.inf)
    rest = data[data["g"] != "c"].assign(b=lambda d: (d["g"] == "b") * 1.0, d=lambda d: (d["g"] == "d") * 1.0)
    assert_allclose(loglik_with(rest, "y ~ d + x", b=found.low[1]), fit.loglik - HEIGHT, atol=CERTIFIED)
    assert not found.uncertified.size


@pytest.mark.parametrize("fit", [lk.multinomial, lk.ordinal])
def test_separated_outcomes_have_one_end(fit: Any) -> None:
    data = {"y": [1, 1, 2, 2, 3, 3, 1, 2, 3, 3], "x": [1.0, 1, 2, 2, 3, 3, 1, 2, 3, 3], "g": list("aaaabbaabb")}
    found = profiled(fit("y ~ x", data))
    assert not found.uncertified.size
    assert (np.isinf(found.low) | np.isinf(found.high)).all()


def test_profile_of_a_separated_multinomial_is_that_of_its_likelihood() -> None:
    """No b is seen at h: the intercept of b plus its effect is held, all else is free."""
    data = pd.DataFrame({"y": list("abcabccab"), "g": list("ffffffhhf")})
    fit = lk.multinomial("y ~ g", data, reference="c")
    found = profiled(fit)
    assert np.isneginf(found.low[3])
    counts = pd.crosstab(data["g"], data["y"]).to_numpy(dtype=float)

    def loss(v: float) -> float:
        def value(theta: np.ndarray) -> float:
            etas = np.array([[theta[0], theta[1], 0.0], [theta[2], theta[1] + v, 0.0]])
            return float((counts.sum(axis=1) * np.log(np.exp(etas).sum(axis=1))).sum() - (counts * etas).sum())

        return float(minimize(value, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).fun)

    assert_allclose(loss(found.high[3]), -fit.loglik + HEIGHT, atol=1e-7)


# What has no profile.


def test_aliased_coefficients_have_none(births: pd.DataFrame) -> None:
    found = profiled(lk.logit("low ~ lwt + I(2 * lwt) + smoke", births))
    assert np.isnan([found.low[2], found.high[2]]).all()
    assert np.isfinite(found.low[[0, 1, 3]]).all()


def test_refusals(births: pd.DataFrame, tmp_path: Any) -> None:
    for options, words in (
        ({"cluster": "race"}, "not valid with"),
        ({"weights": "counts", "weight_kind": "sampling"}, "not valid with"),
        ({"penalty": lk.Ridge(0.1)}, "after a penalty that shrinks"),
        ({"absorb": "race"}, "race is absorbed"),
    ):
        fit = lk.logit("low ~ lwt + smoke", births, **options)
        with pytest.raises(UnsupportedError, match=words):
            profiled(fit)
    with pytest.warns(ConvergenceWarning):
        fit = lk.logit("low ~ lwt", births, solver=lk.Newton(max_iter=1))
    with pytest.raises(ConvergenceError, match="no maximum"):
        profiled(fit)
    path = tmp_path / "fit.json"
    lk.logit("low ~ lwt", births).save(path)
    with pytest.raises(DataError, match="holds no rows"):
        profiled(lk.load(path))


def test_a_penalised_objective_is_profiled_by_values_gradients_and_any_definite_hessian() -> None:
    """Jeffreys' prior on separated data: the Hessian given is the information, not that of the objective."""
    X = np.column_stack([np.ones(8), [0, 0, 0, 0, 1, 1, 1, 1], [1, 2, 3, 4, 2, 3, 4, 6.0]])
    y = np.array([0, 1, 0, 1, 1, 1, 1, 1.0])

    class Jeffreys:
        n_params, mean_weight, gram_cost = 3, 1.0, 1.0

        def evaluate(self, coef: Any, hessian: bool = True, rough: bool = False, pearson: bool = False) -> Evaluation:
            mu = 1.0 / (1.0 + np.exp(-X @ coef))
            information = (X.T * (mu * (1 - mu))) @ X
            leverage = mu * (1 - mu) * np.einsum("ij,jk,ik->i", X, np.linalg.inv(information), X)
            value = -np.sum(y * np.log(mu) + (1 - y) * np.log1p(-mu)) - 0.5 * np.linalg.slogdet(information)[1]
            gradient = X.T @ (mu - y - leverage * (0.5 - mu))
            return Evaluation(value, gradient, DenseHessian(information) if hessian else None, 1.0)

        def reach(self, direction: Any) -> float:
            return float(np.abs(X @ direction).max())

    objective = Jeffreys()
    coef = Newton().solve(objective, np.zeros(3), suspicious=False).coef
    least = objective.evaluate(coef).value
    ends = profile_ends(objective, coef, np.repeat(np.eye(3), 2, axis=0), np.full(6, HEIGHT), np.tile([-1.0, 1.0], 3))
    assert all(end.certified for end in ends)
    for k, end in enumerate(ends):
        others = [j for j in range(3) if j != k // 2]

        def held(free: Any, end: Any = end, k: int = k, others: Any = others) -> float:
            coef = np.zeros(3)
            coef[k // 2], coef[others] = end.value, free
            return float(objective.evaluate(coef).value)

        found = minimize(held, end.coef[others], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13})
        assert_allclose(found.fun - least, HEIGHT, atol=1e-7)


def test_the_log_link_is_profiled_within_its_domain(births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ lwt + smoke", births, link="log")
    found = profiled(fit)
    assert not found.uncertified.size
    held = lk.logit("low ~ smoke", births.assign(held=found.low[1] * births["lwt"]), offset="held", link="log")
    assert_allclose(held.loglik, fit.loglik - HEIGHT, atol=CERTIFIED)
    # Rows of 8 of 10 and 3 of 10: the slope's end keeps every mean below 1.
    grouped = pd.DataFrame({"x": [0.0, 1.0], "yes": [3, 8], "no": [7, 2]})
    two = profiled(lk.logit("cbind(yes, no) ~ x", grouped, link="log"))
    assert not two.uncertified.size
    assert two.high[0] < 0.0


def test_profiles_go_on_along_the_boundary_of_the_log_link() -> None:
    """The mean of the row with the largest x is 1 at the upper end of the slope."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=40)
    y = (rng.random(40) < np.exp(np.minimum(0.4 * x - 0.7, -0.01))).astype(int)
    fit = lk.logit("y ~ x", {"y": y, "x": x}, link="log")
    found = profiled(fit)
    assert not found.uncertified.size

    def loss(intercept: float, slope: float) -> float:
        eta = np.minimum(intercept + slope * x, 0.0)
        return float(np.where(y == 1, -eta, -np.log(-np.expm1(np.minimum(eta, -1e-300)))).sum())

    for slope in (found.low[1], found.high[1]):
        top = -(slope * x).max()
        inner = minimize_scalar(lambda a, s=slope: loss(a, s), bounds=(top - 4, top), method="bounded").fun
        assert_allclose(min(inner, loss(top, slope)), HEIGHT - fit.loglik, atol=1e-7)
    assert loss(-(found.high[1] * x).max(), found.high[1]) - HEIGHT + fit.loglik < 1e-7  # the minimum is at the edge
    with pytest.warns(DataWarning, match="not certain for x"):
        assert np.isnan(fit.confint("score").loc["x", "conf_high"])


def test_an_end_may_be_the_largest_value_that_the_log_link_allows() -> None:
    """The mean of a row with an event rises to 1 with a likelihood above the target still."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=40)
    y = (rng.random(40) < np.exp(np.minimum(0.4 * x - 0.7, -0.01))).astype(int)
    fit = lk.logit("y ~ x", {"y": y, "x": x}, link="log")
    found = profiled(fit, np.array([[1.0, x.max()]]))
    end = found.ends[0][1]
    assert end.at_edge
    assert abs(found.high[0]) < 1e-12
    assert end.difference < 0.0
    row = fit.predictions({"x": [x.max()]}, method="profile")
    assert_allclose(row["conf_high"], 1.0, rtol=1e-9)


def test_a_maximum_at_the_boundary_has_no_profile() -> None:
    X = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    with pytest.warns(DataWarning, match="fitted mean"):
        fit = lk.logit_matrix(X, np.array([1, 0, 1, 1]), names=["Intercept", "x"], link="log")
    with pytest.raises(UnsupportedError, match="estimates on the boundary of the model are not normally"):
        profiled(fit)
