"""Estimated marginal means: against emmeans, and against averages of rows written out by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logit, stdtrit

import logitkit as lk
from logitkit.engine.law import Law
from logitkit.errors import DataError, FormulaError, LogitkitError, UnsupportedError
from ordinal.stored import counted
from references.load import load_table
from tolerances import EXACT, REFERENCE, ROUTE

EMMEANS = load_table("means/emmeans")
BIRTHS = lk.datasets.load_lbw()
FORMULA = "low ~ race * smoke + age + lwt"
ITERATED = 3e-6  # multinom() stops at a change of its deviance of 1e-15, relative


@pytest.fixture(scope="module")
def fits() -> dict[str, Any]:
    wine, left = counted("wine")
    return {
        **{link: lk.logit(FORMULA, BIRTHS, link=link) for link in ("logit", "probit", "cloglog")},
        "curved": lk.logit("low ~ race + poly(age, 2) + np.log(lwt) * smoke", BIRTHS),
        "multinom": lk.multinomial("race ~ smoke + age", BIRTHS, reference="white"),
        "clm": lk.ordinal(f"{left} ~ temp * contact", wine),
    }


MEANS: dict[str, dict[str, Any]] = {
    "logit_race": {},
    "logit_race_proportional": {"weights": "proportional"},
    "logit_race_smoke": {"factors": "race", "by": "smoke"},
    "logit_response": {"scale": "probability"},
    "logit_averaged": {"scale": "probability", "averaged": "probability"},
    "logit_age": {"factors": "age", "at": {"age": [20, 30], "race": ["white", "other"]}},
    "probit_response": {"scale": "probability"},
    "probit_averaged": {"scale": "probability", "averaged": "probability", "weights": "proportional"},
    "cloglog_response": {"scale": "probability"},
    "curved_smoke": {"factors": "smoke", "at": {"lwt": 110}},
    "curved_race": {"weights": "proportional"},
    "clm_latent": {"factors": "temp", "by": "contact", "scale": "latent"},
}


@pytest.mark.parametrize("name", MEANS)
def test_means_are_those_of_emmeans(fits: dict[str, Any], name: str) -> None:
    asked = {"factors": "race", **MEANS[name]}
    found = fits[name.split("_", maxsplit=1)[0]].means(**asked)
    expected = EMMEANS["means"][name]
    value = expected.get("emmean", expected.get("prob"))
    assert_allclose(found.estimates.estimate, value, rtol=REFERENCE)
    assert_allclose(found.estimates.std_error, expected["SE"], rtol=REFERENCE)
    if asked.get("averaged") != "probability":  # whose intervals are symmetric there
        assert_allclose(found.estimates.low, expected["LCL"], rtol=REFERENCE)
        assert_allclose(found.estimates.high, expected["UCL"], rtol=REFERENCE)


def test_several_outcomes_are_those_of_emmeans(fits: dict[str, Any]) -> None:
    for name, fit, asked in (
        ("multinom_prob", fits["multinom"], {"factors": "smoke"}),
        ("clm_prob", fits["clm"], {"factors": "temp"}),
    ):
        found = fit.means(**asked, scale="probability", averaged="probability").to_frame()
        found = found.sort_index(level=1, sort_remaining=False, kind="stable")
        expected = EMMEANS["means"][name]
        rtol = ITERATED if name == "multinom_prob" else REFERENCE
        assert_allclose(found["estimate"], expected["prob"], rtol=rtol)
        assert_allclose(found["std_error"], expected["SE"], rtol=rtol)


def test_thresholds_of_ordered_outcomes_turn_the_sign_of_clm(fits: dict[str, Any]) -> None:
    found = fits["clm"].means("temp").to_frame()
    expected = EMMEANS["means"]["clm_linear"]
    found = found.sort_index(level=1, sort_remaining=False, kind="stable")
    assert_allclose(found["estimate"], -expected["emmean"], rtol=REFERENCE)
    assert_allclose(found["std_error"], expected["SE"], rtol=REFERENCE)


AGES = {"age": [20, 25, 30, 35]}
CONTRASTS: dict[str, tuple[str, dict[str, Any]]] = {
    "pairwise": ("logit", {"contrasts": "pairwise"}),
    "pairwise_bonferroni": ("logit", {"contrasts": "pairwise", "adjust": "bonferroni"}),
    "reference": ("logit", {"contrasts": "reference"}),
    "by_smoke": ("logit", {"contrasts": "pairwise", "by": "smoke", "adjust": "bonferroni"}),
    "differences": ("logit", {"contrasts": "pairwise", "scale": "probability", "averaged": "probability"}),
    "differences_of_link": ("logit", {"contrasts": "pairwise", "scale": "probability"}),
    "clm_latent": ("clm", {"factors": "temp", "by": "contact", "contrasts": "pairwise", "scale": "latent"}),
    "clm_prob": (
        "clm",
        {"factors": "temp", "contrasts": "pairwise", "scale": "probability", "averaged": "probability"},
    ),
}


@pytest.mark.parametrize("name", CONTRASTS)
def test_contrasts_are_those_of_emmeans(fits: dict[str, Any], name: str) -> None:
    kind, asked = CONTRASTS[name]
    found = fits[kind].means(**{"factors": "race", **asked}).contrast_frame()
    expected = EMMEANS["contrasts"][name]
    for ours, theirs in (
        ("estimate", "estimate"),
        ("std_error", "SE"),
        ("statistic", "z.ratio"),
        ("p_value", "p.value"),
        ("conf_low", "LCL"),
        ("conf_high", "UCL"),
    ):
        assert_allclose(found[ours], expected[theirs], rtol=REFERENCE, atol=1e-10)


@pytest.mark.parametrize(("adjust", "name"), [("holm", "pairwise_holm"), ("benjamini-hochberg", "pairwise_fdr")])
def test_p_values_alone_are_adjusted(fits: dict[str, Any], adjust: Any, name: str) -> None:
    plain, found = (
        fits["logit"].means("race", contrasts="pairwise", adjust=how).contrast_frame() for how in (None, adjust)
    )
    assert_allclose(found["p_value"], EMMEANS["contrasts"][name]["p.value"], rtol=REFERENCE)
    assert_allclose(found["conf_low"], plain["conf_low"], rtol=EXACT)


def test_a_polynomial_that_is_none_has_no_test(fits: dict[str, Any]) -> None:
    """Where emmeans tests 1.9e-15 and finds p = 0.02."""
    found = fits["curved"].means("age", at=AGES, contrasts="polynomial").contrast_frame()
    expected = EMMEANS["contrasts"]["polynomial"]
    assert_allclose(found["estimate"][:2], expected["estimate"][:2], rtol=REFERENCE)
    assert_allclose(found["std_error"][:2], expected["SE"][:2], rtol=REFERENCE)
    assert found["estimate"].iloc[2] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(found["p_value"].iloc[2])


def test_several_outcomes_compare_as_in_emmeans(fits: dict[str, Any]) -> None:
    """Differences of the symmetric form are those of the form against a reference less their mean."""
    fit = lk.multinomial("race ~ smoke + age", BIRTHS, reference=None)
    found = fit.means("smoke", contrasts="pairwise").contrast_frame()
    expected = EMMEANS["contrasts"]["multinom_latent"]
    assert_allclose(found["estimate"], expected["estimate"], rtol=1e-5)  # where multinom() stops
    assert_allclose(found["std_error"], expected["SE"], rtol=1e-7)
    against = fits["multinom"].means("smoke", contrasts="pairwise").contrast_frame()
    assert_allclose(against["estimate"], (found["estimate"] - found["estimate"].iloc[0])[1:], rtol=ROUTE)


# Independent of emmeans: rows written out by hand.


def grid(fit: Any, frame: pd.DataFrame, levels: dict[str, list[Any]]) -> tuple[pd.DataFrame, np.ndarray]:
    """Every combination of levels, the numbers at their means, and its columns by finite differences of predictions."""
    cells = pd.DataFrame(list(product(*levels.values())), columns=list(levels))
    for name in ("age", "lwt"):
        if name not in cells:
            cells[name] = frame[name].mean()
    ones, names = np.ones(len(cells)), list(fit.record.names)
    black, other, smoke = (cells["race"] == "black") * 1.0, (cells["race"] == "other") * 1.0, cells["smoke"]
    made = {
        "Intercept": ones,
        "race[T.black]": black,
        "race[T.other]": other,
        "smoke": smoke,
        "race[T.black]:smoke": black * smoke,
        "race[T.other]:smoke": other * smoke,
        "age": cells["age"],
        "lwt": cells["lwt"],
    }
    return cells, np.column_stack([np.asarray(made[name], dtype=float) for name in names])


@pytest.mark.parametrize("covariance", ["model", "cluster"])
def test_errors_follow_from_the_covariance_of_the_fit(covariance: str) -> None:
    births = BIRTHS.assign(block=BIRTHS["id"] % 50)
    fit = lk.logit(FORMULA, births, cluster="block" if covariance == "cluster" else None)
    _, rows = grid(fit, births, {"race": ["white", "black", "other"], "smoke": [0, 1]})
    coef, vcov = fit.coef.to_numpy(), fit.vcov.to_numpy()
    average = 0.5 * (rows[::2] + rows[1::2])
    found = fit.means("race", contrasts="pairwise")
    assert_allclose(found.estimates.estimate, average @ coef, rtol=ROUTE)
    assert_allclose(found.derived.vcov, average @ vcov @ average.T, rtol=ROUTE)
    difference = average[[0, 0, 1]] - average[[1, 2, 2]]
    assert_allclose(found.contrasts.derived.vcov, difference @ vcov @ difference.T, rtol=1e-8, atol=1e-12)
    assert found.derived.covariance == fit.record.covariance.label
    p = expit(rows @ coef)
    jacobian = (p * (1 - p))[:, None] * rows
    jacobian = 0.5 * (jacobian[::2] + jacobian[1::2])
    averaged = fit.means("race", scale="probability", averaged="probability")
    assert_allclose(averaged.estimates.estimate, 0.5 * (p[::2] + p[1::2]), rtol=ROUTE)
    assert_allclose(averaged.derived.vcov, jacobian @ vcov @ jacobian.T, rtol=ROUTE)
    error = averaged.estimates.std_error / (averaged.estimates.estimate * (1 - averaged.estimates.estimate))
    assert_allclose(averaged.estimates.high, expit(logit(averaged.estimates.estimate) + 1.959963984540054 * error))


def test_degrees_of_freedom_reach_the_intervals() -> None:
    fit = lk.logit("low ~ race + age", BIRTHS)
    record = fit.record
    fewer = type(fit)(replace(record, covariance=replace(record.covariance, law=Law(9.0))), fit.design)
    plain, found = (each.means("race").estimates for each in (fit, fewer))
    assert_allclose((found.high - found.low) / (2 * plain.std_error), stdtrit(9.0, 0.975), rtol=EXACT)


def test_each_contrast_has_degrees_of_freedom_of_its_own() -> None:
    births = BIRTHS.assign(block=BIRTHS["id"] % 15)
    fit = lk.logit("low ~ race + smoke", births).robust("CR2", cluster="block")
    found = fit.means("race", contrasts="pairwise").contrast_frame()
    tests = [fit.test(word) for word in ("race[T.black] = 0", "race[T.other] = 0", "race[T.black] = race[T.other]")]
    assert_allclose(found["p_value"], [each.estimates.p_value[0] for each in tests], rtol=1e-8)
    one = lk.logit("low ~ race", births).robust("CR2", cluster="block")
    differences = one.means("race", scale="probability", contrasts="pairwise").contrasts.derived
    assert np.shape(differences.law.dof) == (3,)
    assert np.isfinite(differences.estimates().p_value).all()
    with pytest.raises(UnsupportedError, match="single-step"):
        one.means("race", contrasts="pairwise", adjust="single-step")


def test_a_frequency_weight_is_the_row_so_often() -> None:
    births = BIRTHS.assign(n=1 + BIRTHS["id"] % 3)
    weighted = lk.logit("low ~ race + smoke + age", births, weights="n")
    long = lk.logit("low ~ race + smoke + age", births.loc[births.index.repeat(births["n"])].reset_index(drop=True))
    for how in ("equal", "proportional"):
        one, other = (fit.means("race", weights=how).to_frame() for fit in (weighted, long))
        assert_allclose(one, other, rtol=ROUTE)


def test_grouped_counts_are_their_trials() -> None:
    births = BIRTHS[["low", "race", "smoke", "ht"]]
    grouped = births.groupby(["race", "smoke", "ht"], observed=True)["low"].agg(["sum", "count"]).reset_index()
    grouped["rest"] = grouped["count"] - grouped["sum"]
    one = lk.logit("cbind(sum, rest) ~ race + smoke + ht", grouped).means("race", weights="proportional")
    other = lk.logit("low ~ race + smoke + ht", births).means("race", weights="proportional")
    assert_allclose(one.to_frame(), other.to_frame(), rtol=ROUTE)


def test_an_offset_is_held_at_its_mean() -> None:
    births = BIRTHS.assign(o=np.linspace(-0.4, 0.8, len(BIRTHS)))
    named = lk.logit("low ~ race", births, offset="o").means("race")
    within = lk.logit("low ~ race + offset(o)", births).means("race")
    array = lk.logit("low ~ race", births, offset=births["o"].to_numpy()).means("race")
    bare = lk.logit("low ~ race", births, offset="o")
    expected = bare.predict_link(pd.DataFrame({"race": ["white", "black", "other"], "o": births["o"].mean()}))
    for found in (named, within, array):
        assert_allclose(found.estimates.estimate, expected, rtol=ROUTE)
        assert "offset" in str(found) or "o = 0.2" in str(found)


def test_means_of_other_rows(fits: dict[str, Any]) -> None:
    old = BIRTHS[BIRTHS["age"] > 25]
    found = fits["logit"].on(old).means("race", weights="proportional")
    assert ("age", f"{old['age'].mean():.6g}", True) in found.fixed
    expected = fits["logit"].means("race", at={"age": old["age"].mean(), "lwt": old["lwt"].mean()})
    assert_allclose(fits["logit"].on(old).means("race").estimates.low, expected.estimates.low, rtol=EXACT)


# What has no mean, or an infinite one.


def test_empty_cells_leave_means_that_are_not_estimable() -> None:
    births = BIRTHS[(BIRTHS["race"] != "black") | (BIRTHS["smoke"] == 0)]
    fit = lk.logit("low ~ race * C(smoke)", births)
    found = fit.means("race")
    assert np.isnan(found.estimates.estimate).tolist() == [False, True, False]
    assert found.missing == ("race[black]",)
    assert "without an estimate" in str(found)
    within = fit.means("race", at={"smoke": 0}, contrasts="reference", scale="probability")
    assert np.isfinite(within.estimates.std_error).all()
    assert np.isfinite(within.contrasts.estimates.p_value).all()
    averaged = fit.means("race", scale="probability", averaged="probability", contrasts="reference")
    assert np.isnan(averaged.contrasts.estimates.estimate).tolist() == [True, False]


def test_separated_means_are_infinite_and_differences_of_others_stay() -> None:
    frame = pd.DataFrame({"y": [0, 1, 0, 1, 1, 1, 1, 0, 0, 1], "g": list("aaabbbccdd")})
    frame.loc[frame["g"] == "b", "y"] = 1
    found = lk.logit("y ~ g", frame).means("g", contrasts="pairwise")
    assert found.estimates.estimate[1] == np.inf
    assert np.isnan(found.estimates.std_error[1])
    differences = found.contrast_frame()
    assert differences.loc["a - b", "estimate"] == -np.inf
    assert_allclose(differences.loc["a - c", "estimate"], logit(1 / 3) - logit(0.5), rtol=ROUTE)
    probability = lk.logit("y ~ g", frame).means("g", scale="probability")
    assert probability.estimates.estimate[1] == 1.0
    assert np.isnan(probability.estimates.low[1])
    gaps = lk.logit("y ~ g", frame).means("g", scale="probability", contrasts="pairwise").contrast_frame()
    assert_allclose(gaps["estimate"].iloc[:2], [1 / 3 - 1.0, 1 / 3 - 0.5], rtol=ROUTE)
    assert np.isnan(gaps["std_error"]).tolist() == [True, False, False, True, True, False]
    with pytest.raises(LogitkitError, match="no estimate that is finite"):
        found.test("g[a] = g[b]")


def test_single_step_lies_between_single_and_bonferroni(fits: dict[str, Any]) -> None:
    wide = {
        how: fits["logit"].means("race", contrasts="pairwise", adjust=how).contrast_frame()
        for how in (None, "single-step", "bonferroni")
    }
    assert (wide[None]["p_value"] < wide["single-step"]["p_value"]).all()
    assert (wide["single-step"]["p_value"] < wide["bonferroni"]["p_value"] + 1e-12).all()
    assert (wide["bonferroni"]["conf_low"] < wide["single-step"]["conf_low"]).all()
    assert (wide["single-step"]["conf_low"] < wide[None]["conf_low"]).all()
    means = fits["logit"].means("race", adjust="single-step")
    assert (means.estimates.low < fits["logit"].means("race").estimates.low).all()
    assert "simultaneous" in str(means)


# Words.


def test_hypotheses_about_means(fits: dict[str, Any]) -> None:
    found = fits["logit"].means("race", contrasts="pairwise")
    tested = found.test("race[white] = race[black]")
    assert_allclose(tested.p_value, found.contrast_frame()["p_value"].iloc[0], rtol=ROUTE)
    both = fits["multinom"].means("smoke", scale="probability").test("b1 = b2, b3 = b4")
    assert both.dof == 2
    averaged = fits["multinom"].means("smoke", scale="probability").derived.names
    assert averaged[0] == "white:smoke[0]"


def test_what_was_done_is_said(fits: dict[str, Any]) -> None:
    text = str(fits["logit"].means("race", weights="proportional", contrasts="pairwise", adjust="holm"))
    assert "log odds of low = 1" in text
    assert "proportion" in text
    assert "smoke (0, 1)" in text
    assert "age = 23.2381" in text
    assert "adjusted for 3 contrasts (Holm)" in text
    averaged = fits["probit"].means("race", at={"age": 30}, scale="probability", averaged="probability")
    assert "averaged over cells" in str(averaged)
    assert "Held at: age = 30" in str(averaged)
    assert "Odds ratio" not in str(fits["probit"].means("race", contrasts="pairwise"))
    assert "hazard_ratio" in fits["cloglog"].means("race", contrasts="pairwise").contrast_frame()
    assert averaged.to_html().startswith("<")


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"factors": "rase"}, FormulaError, "Did you mean 'race'"),
        ({"factors": "age"}, FormulaError, "at={'age': \\[14, 45\\]}"),
        ({"factors": "race", "at": {"race": ["green"]}}, DataError, "no level that occurs"),
        ({"factors": "race", "at": {"age": "old"}}, DataError, "finite numbers"),
        ({"factors": "race", "at": {"age": []}}, DataError, "empty"),
        ({"factors": "race", "at": {"age": [20, 20]}}, DataError, "twice"),
        ({"factors": "race", "at": ["age"]}, DataError, "dict"),
        ({"factors": []}, FormulaError, "Name the variables"),
        ({"factors": "race", "weights": "cells"}, LogitkitError, "equal"),
        ({"factors": "race", "scale": "response"}, LogitkitError, "probability"),
        ({"factors": "race", "averaged": "probability"}, DataError, "scale='probability'"),
        ({"factors": "race", "scale": "latent"}, UnsupportedError, "no latent variable"),
        ({"factors": "race", "contrasts": "helmert"}, DataError, "not known"),
        ({"factors": "race", "contrasts": {"x": [1, -1]}}, DataError, "3 finite numbers"),
        ({"factors": "race", "contrasts": {"x": [1, 1, 1]}}, DataError, "sum to 3"),
        ({"factors": "race", "contrasts": {"x": {"whyte": 1, "black": -1}}}, FormulaError, "white"),
        ({"factors": "race", "at": {"race": "white"}, "contrasts": "pairwise"}, DataError, "at least two"),
        ({"factors": "race", "by": "race", "contrasts": "pairwise"}, DataError, "left to compare"),
        ({"factors": "race", "adjust": "holm"}, DataError, "p-values"),
        ({"factors": "race", "contrasts": "pairwise", "adjust": "tukey"}, LogitkitError, "single-step"),
    ],
)
def test_what_is_refused(fits: dict[str, Any], asked: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        fits["logit"].means(**asked)


def test_models_without_means() -> None:
    ready = lk.logit_matrix(BIRTHS[["age", "lwt"]].assign(Intercept=1.0), BIRTHS["low"])
    with pytest.raises(DataError, match="ready matrix"):
        ready.means("age")
    absorbed = lk.logit("low ~ smoke", BIRTHS.assign(g=BIRTHS["id"] % 9), absorb="g")
    with pytest.raises(UnsupportedError, match="absorbed"):
        absorbed.means("smoke")
    with pytest.raises(UnsupportedError, match="means"):
        lk.logit("low ~ smoke", BIRTHS, penalty=lk.Lasso(0.01)).means("smoke")
    wine, left = counted("wine")
    with pytest.raises(UnsupportedError, match="thresholds share"):
        lk.ordinal(f"{left} ~ temp + contact", wine, nominal="contact").means("temp", scale="latent")


def test_means_after_a_ridge_have_no_p_values() -> None:
    found = lk.logit("low ~ race", BIRTHS, penalty=lk.Ridge(0.01)).means("race", contrasts="pairwise")
    assert np.isnan(found.contrasts.estimates.p_value).all()
    assert np.isfinite(found.contrasts.estimates.low).all()


def test_the_figure_has_every_mean(fits: dict[str, Any]) -> None:
    ax = fits["logit"].means("race", by="smoke", scale="probability").plot(title="Low weight")
    labels = [label.get_text().strip() for label in ax.get_yticklabels()]
    assert labels == ["smoke = 0, race", "white", "black", "other", "smoke = 1, race", "white", "black", "other"]
    assert ax.get_xlabel().startswith("Probability")
    assert len(ax.lines[0].get_xdata()) == 6
    several = fits["multinom"].means("smoke", scale="probability").plot()
    assert [text.get_text() for text in several.get_legend().get_texts()] == ["white", "black", "other"]


# A twin that asks the predictions of a written-out grid, for columns of every kind.


def mixed(n: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(2.0, 1.0, n), "k": rng.integers(1, 4, n), "flag": rng.random(n) < 0.4})
    frame["g"] = pd.Categorical(rng.choice(list("uvw"), n), categories=list("wvxu"))
    frame["y"] = (rng.random(n) < expit(0.4 * frame["x"] - 0.5 * frame["flag"] - 0.4)).astype(int)
    return frame.assign(o=rng.normal(size=n), w=rng.integers(1, 4, n), m=rng.choice(["a", "b", "c"], n))


MIXED = mixed()
LEVELS: dict[str, list[Any]] = {"g": ["w", "v", "u"], "k": [1, 2, 3], "flag": [False, True]}


@pytest.mark.parametrize("weights", ["equal", "proportional"])
@pytest.mark.parametrize(
    "formula",
    [
        "y ~ g * x + flag + C(k)",
        "y ~ 0 + g + flag:x + C(k)",
        "y ~ C(g, contr.sum) * flag + C(k, contr.treatment(3)) + bs(x, df=4)",
        "y ~ g + flag + C(k) + x + I(2 * x) + offset(o)",
        "y ~ poly(x, 2) * flag + g + C(k) + np.exp(x)",
    ],
)
def test_means_are_averages_of_predictions(formula: str, weights: Any) -> None:
    fit = lk.logit(formula, MIXED, link="probit" if "bs" in formula else "logit")
    cells = pd.DataFrame(list(product(*LEVELS.values())), columns=list(LEVELS)).assign(
        x=MIXED["x"].mean(), o=MIXED["o"].mean()
    )
    cells["g"] = cells["g"].astype(MIXED["g"].dtype)
    share = MIXED.groupby(["k", "flag"]).size().div(len(MIXED)) if weights == "proportional" else None
    cells["share"] = (
        1 / 6 if share is None else [share.get((k, f), 0.0) for k, f in zip(cells.k, cells.flag, strict=True)]
    )
    averages = {
        name: (cells["share"] * values).groupby(cells["g"], observed=True).sum().loc[LEVELS["g"]]
        for name, values in (("link", fit.predict_link(cells)), ("probability", fit.predict(cells)))
    }
    link = fit.means("g", weights=weights)
    assert_allclose(link.estimates.estimate, averages["link"], rtol=1e-8, atol=1e-10)
    found = fit.means("g", weights=weights, scale="probability", averaged="probability")
    assert_allclose(found.estimates.estimate, averages["probability"], rtol=1e-8)
    alone = fit.means(["g", "k", "flag"], scale="probability")
    single = fit.predictions(cells)
    assert_allclose(alone.estimates.estimate, single["estimate"], rtol=1e-8)
    assert_allclose(alone.estimates.std_error, single["std_error"], rtol=1e-7)


@pytest.mark.parametrize("kind", ["multinomial", "cumulative", "adjacent"])
def test_probabilities_of_several_outcomes_are_averages_of_predictions(kind: str) -> None:
    formula = "m ~ g * x + flag"
    fit = (
        lk.multinomial(formula, MIXED, reference=None)
        if kind == "multinomial"
        else lk.ordinal(formula, MIXED, order=["a", "b", "c"], model=kind)
    )
    cells = pd.DataFrame(list(product(LEVELS["g"], LEVELS["flag"])), columns=["g", "flag"]).assign(x=MIXED["x"].mean())
    cells["g"] = cells["g"].astype(MIXED["g"].dtype)
    expected = fit.predict(cells).groupby(cells["g"], observed=True).mean().loc[LEVELS["g"]]
    found = fit.means("g", scale="probability", averaged="probability").to_frame()["estimate"]
    assert_allclose(found.to_numpy().reshape(3, -1), expected.to_numpy().T, rtol=1e-8)
    single = fit.predictions(cells)["std_error"].to_numpy().reshape(-1, 3)
    alone = fit.means(["g", "flag"], scale="probability").estimates.std_error.reshape(3, -1)
    assert_allclose(alone, single.T, rtol=1e-7)
    links = fit.means("g").estimates
    logs = np.log(fit.predict(cells).to_numpy())
    if kind == "cumulative":
        upto = np.cumsum(fit.predict(cells).to_numpy(), axis=1)[:, :-1]
        values = -logit(upto)
    else:
        values = logs - logs.mean(axis=1, keepdims=True) if kind == "multinomial" else np.diff(logs, axis=1)
    averaged = 0.5 * (values[::2] + values[1::2])
    assert_allclose(links.estimate.reshape(-1, 3), averaged.T, rtol=1e-7, atol=1e-9)


def test_a_loaded_fit_takes_the_grid_of_given_rows(fits: dict[str, Any], tmp_path: Any) -> None:
    loaded = lk.load(fits["logit"].save(tmp_path / "births.json"))
    with pytest.raises(DataError, match="no table"):
        loaded.means("race")
    one, other = (fit.on(BIRTHS).means("race", contrasts="pairwise") for fit in (loaded, fits["logit"]))
    assert_allclose(one.contrast_frame(), other.contrast_frame(), rtol=1e-9)
    assert_allclose(
        loaded.on(BIRTHS).inverse("age", 0.3, {"race": "white", "smoke": 1, "lwt": 120}).to_frame()["std_error"],
        fits["logit"].inverse("age", 0.3, {"race": "white", "smoke": 1, "lwt": 120}).to_frame()["std_error"],
        rtol=1e-9,
    )
    with pytest.raises(DataError, match="loaded"):
        loaded.odds_ratios(at={"smoke": 0})


def test_single_step_is_that_of_emmeans(fits: dict[str, Any]) -> None:
    found = fits["logit"].means("race", contrasts="pairwise", adjust="single-step").contrast_frame()
    expected = EMMEANS["contrasts"]["pairwise_mvt"]
    assert_allclose(found["p_value"], expected["p.value"], rtol=4e-3)  # mvtnorm's integral is drawn at random
    assert_allclose(found["conf_low"], expected["LCL"], rtol=2e-3)
