"""Contrasts of two profiles, against 2 x 2 tables, odds ratios of the fit and averages of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit, xlogy

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.inference.effects.profiles import number_needed
from logitkit.inference.intervals import bootstrap_intervals
from tolerances import EXACT, ROUTE

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


def test_a_number_needed_passes_through_infinity() -> None:
    """Newcombe's letter on Altman (1998): -5% to 25% is from NNTB 4 through infinity to NNTH 20; of 10% it is 10."""
    found = number_needed(np.array([0.10]), np.array([-0.05]), np.array([0.25]))
    assert_allclose([found.estimate[0], found.low[0], found.high[0]], [10.0, 4.0, -20.0], rtol=EXACT)
    assert found.through_infinity[0]
    text = lk.logit("low ~ age + smoke", births()).contrast({"age": 30}, {"age": 20}).to_text(120)
    assert "for one fewer to infinity to" in text


def two_groups(a: int, m: int, b: int, n: int) -> Any:
    return lk.logit("cbind(yes, no) ~ x", pd.DataFrame({"x": [1, 0], "yes": [a, b], "no": [m - a, n - b]}))


def ends_of(found: Any, quantity: str) -> Any:
    return found.to_frame().set_index("quantity").loc[quantity, ["conf_low", "conf_high"]].to_numpy(float)


# Newcombe (1998), Statistics in Medicine 17, 873-890, table II: method 5, Mee's
MEE = {
    (56, 70, 48, 80): (0.0533, 0.3377),
    (9, 10, 3, 10): (0.1821, 0.8370),
    (6, 7, 2, 7): (0.0544, 0.8478),
    (5, 56, 0, 29): (-0.0313, 0.1926),
    (10, 10, 0, 20): (0.7225, 1.0),
    (10, 10, 0, 10): (0.6777, 1.0),
}


SLOW = (10, 10, 0, 20)  # fits at infinity, each from its beginning


@pytest.mark.parametrize("counts", [pytest.param(key, marks=[pytest.mark.slow] * (key == SLOW)) for key in MEE])
@pytest.mark.filterwarnings("ignore::logitkit.errors.LogitkitWarning")
def test_score_intervals_of_two_proportions_are_those_that_newcombe_printed(counts: Any) -> None:
    found = two_groups(*counts).contrast({"x": 1}, {"x": 0}, method="score")
    assert_allclose(ends_of(found, "risk difference"), MEE[counts], atol=5.5e-5)


def binomial_loss(p: float, r: float, counts: Any) -> float:
    a, m, b, n = counts
    return -float(xlogy(a, p) + xlogy(m - a, 1 - p) + xlogy(b, r) + xlogy(n - b, 1 - r))


def held(counts: Any, value: float, quantity: str) -> tuple[float, float]:
    """The least loss where the difference or the ratio has a value, and the first proportion there."""

    def loss(p: float) -> float:
        return binomial_loss(p, p - value if quantity == "difference" else p / value, counts)

    low, high = (max(value, 0.0), min(1.0 + value, 1.0)) if quantity == "difference" else (0.0, min(value, 1.0))
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
    return float(found.fun), float(found.x)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (3, 40, 9, 35)])
def test_profile_intervals_of_two_proportions_are_where_the_likelihood_has_fallen(counts: Any) -> None:
    """Of the difference and the ratio, by a search over the proportion that is left."""
    a, m, b, n = counts
    found = two_groups(*counts).contrast({"x": 1}, {"x": 0}, method="profile")
    best = binomial_loss(a / m, b / n, counts)
    for d in ends_of(found, "risk difference"):
        assert_allclose(2.0 * (held(counts, d, "difference")[0] - best), Z**2, rtol=1e-7)
    for ratio in ends_of(found, "risk ratio"):
        assert_allclose(2.0 * (held(counts, ratio, "ratio")[0] - best), Z**2, rtol=1e-7)
    own = two_groups(*counts).confint("profile").loc["x"].to_numpy(float)
    assert_allclose(np.log(ends_of(found, "odds ratio")), own, rtol=1e-7)
    low, high = 1.0 / ends_of(found, "risk difference")[::-1]
    needed = found.to_frame().set_index("quantity").loc["number needed"]
    assert_allclose([needed["conf_low"], needed["conf_high"]], [low, high], rtol=EXACT)


def test_koopmans_interval_of_a_ratio_is_that_of_the_score() -> None:
    """The ratio r at which (a - m p)^2 / {m p (1 - p)} + (b - n q)^2 / {n q (1 - q)} is z^2, with p = r q."""
    counts = a, m, b, n = 56, 70, 48, 80
    found = two_groups(*counts).contrast({"x": 1}, {"x": 0}, method="score")
    for ratio in ends_of(found, "risk ratio"):
        p = held(counts, ratio, "ratio")[1]
        q = p / ratio
        statistic = (a - m * p) ** 2 / (m * p * (1 - p)) + (b - n * q) ** 2 / (n * q * (1 - q))
        assert_allclose(statistic, Z**2, rtol=1e-7)


@pytest.mark.filterwarnings("ignore::logitkit.errors.LogitkitWarning")
def test_a_group_without_events_has_ends_at_the_bounds() -> None:
    """0 of 29 against 5 of 56: the ratio has no upper end, and its lower one is where 2 (l_max - l) is z^2."""
    counts = 5, 56, 0, 29
    found = two_groups(*counts).contrast({"x": 1}, {"x": 0}, method="profile")
    low, high = ends_of(found, "risk ratio")
    assert np.isinf(high)
    lost = held(counts, low, "ratio")[0] - binomial_loss(5 / 56, 0.0, counts)
    assert_allclose(2.0 * lost, Z**2, rtol=1e-5)
    assert_allclose(ends_of(found, "probability of b"), [0.0, 1.0 - np.exp(-(Z**2) / 58.0)], rtol=1e-7)
    assert np.isinf(ends_of(found, "odds ratio")[1])


def held_loss(X: Any, y: Any, sets: Any, side: float, quantity: Any, start: Any, top: float, root: Any) -> float:
    """The furthest value of a quantity of two averages among coefficients that are not rejected, by SLSQP."""

    def averages(u: Any) -> Any:
        return [expit(rows @ (start + root @ u)).mean() for rows in sets]

    def loss(u: Any) -> float:
        eta = X @ (start + root @ u)
        return float(np.sum(np.logaddexp(0.0, eta) - y * eta))

    found = minimize(
        lambda u: -side * quantity(*averages(u)),
        np.zeros(start.size),
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda u: top - loss(u)},
        options={"ftol": 1e-13, "maxiter": 300},
    )
    return float(quantity(*averages(found.x)))


def test_profile_intervals_of_averages_are_the_extremes_of_a_search() -> None:
    data = births()
    data["age"] = (data["age"] - 23.0) / 5.0
    fit = lk.logit("low ~ age*smoke", data)
    found = fit.contrast({"smoke": 1}, {"smoke": 0}, method="profile")
    X, y = fit.design.matrix.to_dense(), data["low"].to_numpy(float)
    sets = [np.column_stack([np.ones(189), data["age"], np.full(189, s), data["age"] * s]) for s in (1.0, 0.0)]
    given = fit.coef.to_numpy(), -fit.loglik + Z**2 / 2, np.linalg.cholesky(fit.vcov.to_numpy())
    for name, quantity in {
        "risk difference": lambda p, r: p - r,
        "risk ratio": lambda p, r: np.log(p / r),
        "odds ratio": lambda p, r: logit(p) - logit(r),
        "probability of a": lambda p, r: p,
    }.items():
        ends = ends_of(found, name)
        ends = np.log(ends) if "ratio" in name else ends
        expected = [held_loss(X, y, sets, side, quantity, *given) for side in (-1.0, 1.0)]
        assert_allclose(ends, expected, rtol=2e-6)  # SLSQP stops at about 1e-7 of its constraint


def test_bootstrap_intervals_are_those_of_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a difference of two groups' proportions a refit says what the draw has."""
    monkeypatch.setattr(bootstrap_intervals, "STANDARD_REPLICATES", 199)
    data = births()
    fit = lk.logit("low ~ smoke", data)
    found = fit.contrast({"smoke": 1}, {"smoke": 0}, method="bootstrap", kind="percentile")
    drawn = fit.bootstrap(199, seed=1).replicates
    a, b = expit(drawn.sum(axis=1)), expit(drawn[:, 0])
    for name, values in {"risk difference": a - b, "risk ratio": a / b, "probability of b": b}.items():
        ordered = np.sort(values)
        assert_allclose(ends_of(found, name), ordered[[4, 194]], rtol=ROUTE)
    basic = fit.contrast({"smoke": 1}, {"smoke": 0}, method="bootstrap", kind="basic")
    difference = basic.differences.value[0]
    assert_allclose(ends_of(basic, "risk difference"), 2 * difference - np.sort(a - b)[[194, 4]], rtol=ROUTE)
    own = np.exp(fit.confint("bootstrap", kind="bca").loc["smoke"].to_numpy(float))
    bca = fit.contrast({"smoke": 1}, {"smoke": 0}, method="bootstrap")
    assert_allclose(ends_of(bca, "odds ratio"), own, rtol=ROUTE)
    assert "BCa bootstrap, 199 draws of rows, seed 1" in str(bca)


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


@pytest.mark.parametrize("method", ["profile", "score"])
def test_odds_ratios_of_one_row_are_those_of_the_combination(method: Any) -> None:
    fit = lk.logit("low ~ age + lwt + smoke", births())
    found = fit.contrast({"smoke": 1, "age": 30}, {"smoke": 0, "age": 20}, at="mean", method=method)
    ends = fit.confint(method, of="smoke + 10*age").to_numpy(float)[0]
    assert_allclose(np.log(ends_of(found, "odds ratio")), ends, rtol=1e-7)
    assert_allclose(np.log(found.odds_ratios.value[0]), fit.coef["smoke"] + 10 * fit.coef["age"], rtol=ROUTE)


def test_other_models_have_profile_intervals_too() -> None:
    """Of the log link a risk ratio is the exponential of a coefficient."""
    data = births()
    fit = lk.logit("low ~ smoke", data, link="log")
    found = fit.contrast({"smoke": 1}, {"smoke": 0}, method="profile")
    assert_allclose(np.log(ends_of(found, "risk ratio")), fit.confint("profile").loc["smoke"], rtol=1e-7)
    probit = lk.logit("low ~ smoke", data, link="probit").contrast({"smoke": 1}, {"smoke": 0}, method="profile")
    for name in ("risk difference", "odds ratio"):  # of a saturated model they are what they are with any link
        assert_allclose(ends_of(probit, name), ends_of(found, name), rtol=1e-7)


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


def test_methods_that_are_refused() -> None:
    a, b = {"smoke": 1}, {"smoke": 0}
    clustered = lk.logit("low ~ smoke", births(), cluster="site")
    with pytest.raises(UnsupportedError, match="not valid with"):
        clustered.contrast(a, b, method="profile")
    fit = lk.logit("low ~ smoke", births())
    with pytest.raises(DataError, match="give it with method='bootstrap'"):
        fit.contrast(a, b, kind="bca")
    with pytest.raises(DataError, match="method="):
        fit.contrast(a, b, method="exact")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="too many to average over"):
        fit.contrast(a, b, pd.concat([births()] * 27), method="score")


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
    assert_allclose(profiled.estimates("odds ratio").low, np.exp(1.28414), rtol=1e-4)  # R: confint(glm), to four digits
    assert profiled.estimates("odds ratio").high == np.inf
    assert profiled.odds_ratios.value[0] == np.inf
    finite = lk.logit("HG ~ NV + PI + EH", data)
    each = finite.contrast({"EH": 2.0}, {"EH": 1.0}, at={"NV": 0, "PI": 17}, method="profile")  # beside an infinite one
    own = finite.confint("profile").loc["EH"].to_numpy(float)
    assert_allclose(np.log(ends_of(each, "odds ratio")), own, rtol=1e-7)
    assert_allclose(each.odds_ratios.value, np.exp(finite.coef["EH"]), rtol=ROUTE)
    assert_allclose(each.odds_ratios.std_error, np.exp(finite.coef["EH"]) * finite.std_error["EH"], rtol=ROUTE)


def test_weighted_rows_are_said_to_be() -> None:
    """Frequencies: the table has the number of rows that count, and what their weights sum to."""
    counts = births().assign(w=np.arange(189) % 3)
    fit = lk.logit("low ~ age + smoke", counts, weights="w")
    for found in (fit.contrast({"smoke": 1}, {"smoke": 0}), fit.effects("age")):
        assert found.n_rows == 126
        assert "Rows are weighted by w (frequency weights); sum of the weights 189." in " ".join(str(found).split())
