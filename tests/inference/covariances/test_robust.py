"""Robust covariances: R's sandwich and clubSandwich, dense twins, collapses, refusals, and later verbs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.engine.satterthwaite import SatterthwaiteLaw
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.results.fit import Fit
from tolerances import EXACT, REFERENCE, ROUTE

STORED = json.loads((Path(__file__).parents[2] / "references" / "covariances" / "robust.json").read_text("utf-8"))
FORMULA = "low ~ age + lwt + smoke + ht"
MODELS = ("logit", "probit", "weighted")
# R's probit iterates with weights of the step before, so that its vcov is right to some 1e-8.


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    table = lk.datasets.load_lbw()
    return table.assign(g=table["id"] % 11, w=np.round(0.25 + (table["id"] % 17) / 8, 3), way=table["race"].astype(str))


@pytest.fixture(scope="module")
def fits(births: pd.DataFrame) -> dict[str, Fit]:
    return {
        "logit": lk.logit(FORMULA, births),
        "probit": lk.logit(FORMULA, births, link="probit"),
        "weighted": lk.logit(FORMULA, births, weights="w", weight_kind="precision"),
    }


@pytest.fixture(scope="module")
def several(births: pd.DataFrame) -> Fit:
    return lk.multinomial("way ~ age + lwt", births)


@pytest.mark.parametrize("name", MODELS)
def test_kinds_for_independent_rows_are_those_of_sandwich(name: str, fits: dict[str, Fit]) -> None:
    for kind, expected in STORED["hc"][name].items():
        assert_allclose(fits[name].robust(kind).vcov, expected, rtol=REFERENCE, err_msg=kind)


@pytest.mark.parametrize("name", MODELS)
def test_clusters_are_those_of_sandwich(name: str, fits: dict[str, Fit]) -> None:
    fit = fits[name]
    for correction, expected in STORED["one"][name].items():
        assert_allclose(fit.robust(cluster="g", correction=correction).vcov, expected, rtol=REFERENCE)
    for correction in ("r-sandwich", "coefficients"):
        crossed = fit.robust("cluster", cluster=["g", "age"], correction=correction)
        assert_allclose(crossed.vcov, STORED["two"][name][correction], rtol=REFERENCE)
    mended = fit.robust(cluster=["smoke", "ht"])
    assert_allclose(mended.vcov, STORED["two"][name]["fixed"], rtol=1e-6)  # the root of what is left of zero
    assert "negative eigenvalues set to zero" in str(mended.summary()).replace("\n", " ")


@pytest.mark.parametrize("name", MODELS)
def test_series_are_those_of_newey_and_west(name: str, fits: dict[str, Fit], births: pd.DataFrame) -> None:
    stored = STORED["hac"][name]
    assert_allclose(fits[name].robust("HAC", time="id", lags=4).vcov, stored["order"], rtol=REFERENCE)
    chosen = fits[name].robust(time=np.arange(len(births)))
    assert_allclose(chosen.vcov, stored["chosen"], rtol=REFERENCE)
    assert f"{stored['lags']} lags by the rule" in chosen.record.covariance.label


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2", "CR3"])
def test_corrected_residuals_are_those_of_club_sandwich(kind: str, name: str, fits: dict[str, Fit]) -> None:
    stored, fit = STORED["cr"][name][kind], fits[name].robust(kind, cluster="g")
    assert_allclose(fit.vcov, stored["vcov"], rtol=REFERENCE)
    assert_allclose(fit.record.coefficient_law.dof, stored["dof"], rtol=REFERENCE)
    assert_allclose(fit.tidy()["p_value"], stored["p"], rtol=REFERENCE)
    joint = fit.test("age = 0, lwt = 0, smoke = 0")
    assert_allclose(joint.law.compared(joint.statistic, 3), stored["f"], rtol=REFERENCE)
    assert_allclose(joint.law.dof, stored["denominator"], rtol=REFERENCE)
    assert_allclose(joint.p_value, stored["joint"], rtol=REFERENCE)
    again = fit.test("age = 0, lwt = 0, smoke = 0, age = 2 * lwt")  # the last follows from the others
    assert_allclose(again.p_value, joint.p_value, rtol=ROUTE)
    assert_allclose(fit.test("age").p_value, stored["p"][1], rtol=REFERENCE)  # HTZ of one is Satterthwaite's


def test_the_jackknife_is_that_of_a_loop(fits: dict[str, Fit], births: pd.DataFrame) -> None:
    fit = fits["logit"].robust("jackknife", cluster="g")
    assert_allclose(fit.vcov, STORED["jackknife"], rtol=REFERENCE)
    assert fit.record.law.dof == 10.0
    assert_allclose(fit.std_error, lk.logit(FORMULA, births, cluster="g").jackknife().tidy()["std_error"], rtol=ROUTE)


def test_a_joint_test_is_that_of_all_pairs_of_clusters() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(6, 5, 3))
    squares = np.einsum("gri,grj->gij", x, x)
    bread = np.linalg.inv(squares.sum(axis=0))
    inverse = np.array([np.linalg.inv(np.eye(3) - bread @ s) for s in squares])  # CR3
    own = np.einsum("gki,gkl,glj->gij", inverse, squares, inverse)
    law = SatterthwaiteLaw(bread=bread, own=own, across=squares @ inverse)
    c = rng.normal(size=(2, 3))
    # Brute force: p_g' Phi p_h of every pair, with p_g of all 30 rows.
    rows, hat = x.reshape(30, 3), x.reshape(30, 3) @ bread @ x.reshape(30, 3).T
    p = np.zeros((6, 30, 2))
    for g in range(6):
        block = slice(5 * g, 5 * g + 5)
        inner = np.linalg.inv(np.eye(5) - hat[block, block]) @ rows[block] @ bread @ c.T
        p[g] = (np.eye(30) - hat)[:, block] @ inner
    pairs = np.einsum("gns,hnt->ghst", p, p)
    for k in range(2):
        single = pairs[:, :, k, k]
        assert_allclose(law.of(c).dof[k], np.trace(single) ** 2 / np.sum(single**2), rtol=EXACT)  # type: ignore[index]
    expected = np.einsum("ggst->st", pairs)
    values, vectors = np.linalg.eigh(expected)
    half = vectors / np.sqrt(values) @ vectors.T
    pairs = half @ pairs @ half
    total = np.sum(np.einsum("ghss->gh", pairs) ** 2) + np.einsum("ghst,ghts->", pairs, pairs)
    assert_allclose(law.joint_of(c).dof, 2 * 3 / total - 1, rtol=ROUTE)


def test_collapses(fits: dict[str, Fit], births: pd.DataFrame, several: Fit) -> None:
    fit = fits["logit"]
    assert_allclose(fit.robust("CR0", cluster="id").vcov, fit.robust("HC0").vcov, rtol=ROUTE)
    assert_allclose(fit.robust("CR3", cluster="id").vcov, fit.robust("HC3").vcov, rtol=ROUTE)
    assert_allclose(fit.robust("CR2", cluster="id").vcov, fit.robust("HC2").vcov, rtol=ROUTE)
    assert_allclose(fit.robust("HAC", time="id", lags=0).vcov, fit.robust("HC0").vcov, rtol=ROUTE)
    assert_allclose(fit.robust(cluster="g").vcov, lk.logit(FORMULA, births, cluster="g").vcov, rtol=EXACT)
    assert_allclose(fit.robust("CR1", cluster="g").vcov, fit.robust(cluster="g").vcov, rtol=ROUTE)
    assert_allclose(
        several.robust("HC0").vcov * 189 / 188, several.robust(cluster=births["id"].to_numpy()).vcov, rtol=ROUTE
    )
    n, k = 189, several.n_params
    assert_allclose(several.robust("HC1").vcov, several.robust("HC0").vcov * n / (n - k), rtol=ROUTE)


def test_a_frequency_weight_is_so_many_rows(births: pd.DataFrame) -> None:
    counts = 1 + births["id"].to_numpy() % 3
    weighted = lk.logit(FORMULA, births.assign(f=counts), weights="f")
    long = lk.logit(FORMULA, births.loc[births.index.repeat(counts)].reset_index(drop=True))
    for kind in ("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5", "CR0", "CR2", "CR3", "cluster"):
        given = {} if kind.startswith("HC") else {"cluster": "g"}
        one, other = weighted.robust(kind, **given), long.robust(kind, **given)  # type: ignore[arg-type]
        assert_allclose(one.vcov, other.vcov, rtol=1e-8, err_msg=kind)
        assert_allclose(one.tidy()["p_value"], other.tidy()["p_value"], rtol=1e-7, err_msg=kind)
    coefficients = {"cluster": "g", "correction": "fixest"}
    assert_allclose(weighted.robust(**coefficients).vcov, long.robust(**coefficients).vcov, rtol=1e-8)  # type: ignore[arg-type]


def test_presets_by_their_factors(fits: dict[str, Fit]) -> None:
    fit, n, k = fits["logit"], 189, 5
    bare = fit.robust(cluster="g", correction="none").vcov
    for correction, factor in {
        "stata": 11 / 10,
        "r-sandwich": 11 / 10,
        "sas": 11 / 10 * (n - 1) / (n - k),
        "fixest": 11 / 10 * (n - 1) / (n - k),
    }.items():
        assert_allclose(fit.robust(cluster="g", correction=correction).vcov, bare * factor, rtol=ROUTE)
    assert fit.robust(cluster="g", correction="sas").record.law.dof == 10.0
    assert fit.robust(cluster="g", correction="stata").record.law.is_normal
    # feglm(y ~ ..., family = "logit", cluster = ~ ID + time), printed in issue 489 of fixest: z 3.17886, p 0.0014785.
    law = fit.robust(cluster=["g", "age"], correction="fixest").record.law
    assert_allclose(law.two_sided(np.array(3.17886)), 0.0014785, rtol=5e-5)  # five digits are printed
    parts = [fit.robust(cluster=c, correction="none").vcov.to_numpy() for c in ("g", "age")]
    rows = fit.design.table["g"] * 100 + fit.design.table["age"]
    inter = fit.robust(cluster=rows, correction="none").vcov.to_numpy()
    whole = 11 / 10 * (parts[0] + parts[1] - inter)
    values, vectors = np.linalg.eigh(whole)
    whole = (vectors * np.maximum(values, 0.0)) @ vectors.T
    assert_allclose(fit.robust(cluster=["g", "age"], correction="smallest").vcov, whole, rtol=1e-8)
    assert fit.robust(cluster=["g", "age"], dof="clusters").record.law.dof == 10.0


def test_observed_information_is_the_bread_and_the_leverage_is_that_of_the_working_fit(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births, link="cloglog", information="observed")
    x = np.column_stack([np.ones(189), births[["age", "lwt", "smoke", "ht"]]])
    eta = x @ fit.coef.to_numpy()
    mu, slope = -np.expm1(-np.exp(eta)), np.exp(eta - np.exp(eta))
    y = births["low"].to_numpy()
    weight = slope**2 / (mu * (1 - mu))
    h = weight * np.einsum("ij,jk,ik->i", x, np.linalg.inv((x.T * weight) @ x), x)
    score = x * ((y - mu) * slope / (mu * (1 - mu)) / (1 - h))[:, None]
    bread = fit.vcov.to_numpy()
    assert_allclose(fit.robust("HC3").vcov, bread @ (score.T @ score) @ bread, rtol=1e-8)
    assert_allclose(fit.robust("CR3", cluster="id").vcov, fit.robust("HC3").vcov, rtol=1e-8)


@pytest.mark.parametrize("kind", ["CR0", "CR2", "CR3"])
def test_clusters_under_observed_information(kind: str, births: pd.DataFrame) -> None:
    """Dense twin: the bread is observed, and residuals are those of the expected working least squares."""
    fit = lk.logit(FORMULA, births, link="cloglog", information="observed")
    found = fit.robust(kind, cluster="g")
    x = np.column_stack([np.ones(189), births[["age", "lwt", "smoke", "ht"]]])
    eta = x @ fit.coef.to_numpy()
    mu, slope = -np.expm1(-np.exp(eta)), np.exp(eta - np.exp(eta))
    phi = mu * (1 - mu)
    z = x * (slope / np.sqrt(phi))[:, None]
    r, bread = (births["low"].to_numpy() - mu) / np.sqrt(phi), fit.vcov.to_numpy()
    left, meat, rows = np.eye(189) - z @ np.linalg.inv(z.T @ z) @ z.T, np.zeros((5, 5)), []
    for code in range(11):
        own = births["g"].to_numpy() == code
        change = np.eye(own.sum())
        if kind == "CR3":
            change = np.linalg.inv(left[np.ix_(own, own)])
        elif kind == "CR2":
            values, vectors = np.linalg.eigh(phi[own, None] * left[np.ix_(own, own)] * phi[own])
            change = phi[own, None] * (vectors / np.sqrt(values)) @ vectors.T
        m = change @ z[own]
        meat += np.outer(m.T @ r[own], m.T @ r[own])
        rows.append(left[:, own] @ m @ bread)
    assert_allclose(found.vcov, bread @ meat @ bread, rtol=REFERENCE)
    pairs = np.einsum("gnk,hnk->kgh", rows, rows)
    expected = np.einsum("kgg->k", pairs) ** 2 / (pairs**2).sum(axis=(1, 2))
    assert_allclose(found.record.coefficient_law.dof, expected, rtol=REFERENCE)
    added = fit.robust(kind, cluster="g").add1("ptl").tests.statistic  # the smaller fit is observed too
    assert np.isfinite(added).all()


def test_later_verbs_use_the_covariance(fits: dict[str, Fit], tmp_path: Path) -> None:
    fit = fits["logit"].robust("CR2", cluster="g")
    table, odds = fit.tidy(), fit.odds_ratios()
    assert type(fit) is type(fits["logit"])
    assert_allclose(fit.coef, fits["logit"].coef, rtol=0)
    assert_allclose(np.exp(table["conf_high"][1:]), odds["conf_high"], rtol=ROUTE)
    text = str(fit.summary())
    assert "CR2 sandwich by cluster (g, G = 11)" in text
    assert "P>|t|" in text
    x = np.r_[1.0, fit.design.matrix.to_dense()[0, 1:]]
    law = fit.record.law.of(fit.record.coordinates.jacobian(x[None]))
    half = float(law.quantile(0.95)[0] * np.sqrt(x @ fit.vcov @ x))
    shown = fit.predictions().iloc[0]
    assert_allclose(np.log(shown["conf_high"] / (1 - shown["conf_high"])), x @ fit.coef + half, rtol=ROUTE)
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert_allclose(loaded.tidy().iloc[:, 1:], table.iloc[:, 1:], rtol=EXACT)
    assert str(loaded.summary()) == text
    for asked in (fit.lr_test, lambda: fit.anova(test="LR")):
        with pytest.raises(UnsupportedError, match="not valid with CR2 sandwich"):
            asked()
    assert np.isnan(fit.aic)
    assert np.isnan(fit.loglik)
    terms = fit.anova(test="Wald")
    assert_allclose(terms.p_value, [fit.test(term).p_value for term in terms.labels], rtol=ROUTE)
    assert fits["logit"].robust("cluster", cluster="g").bootstrap(20, seed=1).unit == "clusters"


def test_a_loaded_fit_takes_its_rows_again(fits: dict[str, Fit], births: pd.DataFrame, tmp_path: Path) -> None:
    loaded = lk.load(fits["logit"].save(tmp_path / "fit.json"))
    with pytest.raises(DataError, match="holds no rows"):
        loaded.robust("HC3")
    assert_allclose(
        loaded.robust("CR2", cluster="g", data=births).vcov, STORED["cr"]["logit"]["CR2"]["vcov"], rtol=1e-7
    )
    with pytest.raises(DataError, match="not the rows of the fit"):
        loaded.robust("HC3", data=births.iloc[:100])


def test_rows_are_found_beside_missing_ones_and_matrices(births: pd.DataFrame) -> None:
    holes = births.assign(age=births["age"].where(births["id"] % 7 > 0))
    fit, kept = lk.logit(FORMULA, holes), holes["age"].notna()
    alone = lk.logit(FORMULA, holes[kept].reset_index(drop=True))
    assert_allclose(fit.robust(cluster="g").vcov, alone.robust(cluster="g").vcov, rtol=ROUTE)
    x = np.column_stack([np.ones(189), births["age"]])
    matrix = lk.logit_matrix(x, births["low"], names=["Intercept", "age"])
    by_formula = lk.logit("low ~ age", births)
    assert_allclose(matrix.robust(cluster=births["g"].to_numpy()).vcov, by_formula.robust(cluster="g").vcov, rtol=ROUTE)
    with pytest.raises(DataError, match="came as a matrix"):
        matrix.robust(cluster="g")
    with pytest.raises(DataError, match="missing in 28 of the rows"):
        lk.logit("low ~ lwt", holes).robust(cluster="age")


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint64])
def test_clusters_of_whole_numbers_are_those_of_any_values(kind: Any, births: pd.DataFrame) -> None:
    holes = births.assign(age=births["age"].where(births["id"] % 7 > 0))
    codes = np.unique(births["g"], return_inverse=True)[1].astype(kind)
    other = codes % 5
    for fit in (lk.logit(FORMULA, holes), lk.logit_matrix(births[["age", "lwt"]].to_numpy(dtype=float), births["low"])):
        for given in (codes, codes.astype(np.int64) * 10**12, np.iinfo(kind).max - codes):
            found = fit.robust(cluster=given)
            assert_array_equal(found.vcov, fit.robust(cluster=[str(code) for code in codes]).vcov)
            assert found.record.covariance.n_clusters == np.unique(codes[fit.design.positions]).size
        crossed = fit.robust(cluster=[codes, other])
        assert_array_equal(crossed.vcov, fit.robust(cluster=[list(map(str, codes)), list(map(str, other))]).vcov)
        with pytest.raises(DataError, match="188 values and the table has 189 rows"):
            fit.robust(cluster=codes[1:])
        with pytest.raises(DataError, match="is missing in"):
            fit.robust(cluster=np.ma.masked_equal(codes, codes[fit.design.positions[0]]))


def test_absorbed_levels_count_in_leverage_and_degrees(births: pd.DataFrame) -> None:
    inside = lk.logit("low ~ lwt + age", births, absorb="race")
    written = lk.logit("low ~ lwt + age + race", births)
    for kind, given in {"HC1": {}, "HC3": {}, "cluster": {"cluster": "g", "correction": "coefficients"}}.items():
        one, other = inside.robust(kind, **given), written.robust(kind, **given)  # type: ignore[arg-type]
        assert_allclose(one.vcov.loc["lwt", "lwt"], other.vcov.loc["lwt", "lwt"], rtol=1e-7, err_msg=kind)
    with pytest.raises(UnsupportedError, match="absorbed levels"):
        inside.robust("CR2", cluster="g")
    with pytest.raises(UnsupportedError, match="fixest"):
        inside.robust(cluster="g", correction="fixest")


@pytest.mark.parametrize(
    ("kind", "given", "error", "why"),
    [
        ("HC9", {}, DataError, "kind='HC9' is not known"),
        ("CR2", {}, DataError, "needs cluster="),
        ("HAC", {}, DataError, "needs the order"),
        ("HC3", {"cluster": "g"}, UnsupportedError, "takes rows for independent"),
        ("CR2", {"cluster": ["g", "age"]}, UnsupportedError, "one clustering"),
        ("HC3", {"correction": "stata"}, DataError, "correction='stata' goes with"),
        ("HC3", {"time": "id"}, DataError, "time= goes with"),
        ("HC3", {"lags": 2}, DataError, "lags= goes with"),
        ("HAC", {"time": "age"}, DataError, "several rows at [0-9]+, and"),
        ("HAC", {"time": "id", "lags": 500}, DataError, "lags=500"),
        ("HC3", {"dof": "clusters"}, DataError, "needs clusters"),
        ("HC3", {"dof": "satterthwaite"}, DataError, "goes with 'CR0'"),
        ("HC3", {"dof": -1}, DataError, "positive number"),
        ("cluster", {"cluster": "one"}, DataError, "has 1 cluster"),
        ("cluster", {"cluster": "gg"}, DataError, "no such column"),
        ("cluster", {"cluster": "g", "correction": "R"}, DataError, "correction='R' is not known"),
        ("cluster", {"cluster": ["g", "age"], "correction": "stata"}, UnsupportedError, "no crossed clusters"),
    ],
)
def test_refusals(kind: str, given: dict[str, Any], error: type[Exception], why: str, births: pd.DataFrame) -> None:
    fit = lk.logit("low ~ lwt", births.assign(one=1))
    with pytest.raises(error, match=why):
        fit.robust(kind, **given)


def test_crossed_clusters_of_a_fit_are_asked_of_the_fit(births: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"fit.robust\('cluster', cluster=\[...\]\)"):
        lk.logit("low ~ lwt", births, cluster=["g", "way"])


def test_refusals_of_models(several: Fit, births: pd.DataFrame) -> None:
    for kind, given in {"HC3": {}, "CR2": {"cluster": "g"}}.items():
        with pytest.raises(UnsupportedError, match="several linear predictors"):
            several.robust(kind, **given)
    with pytest.raises(UnsupportedError, match="after a penalty"):
        lk.logit("low ~ lwt", births, penalty=lk.Ridge(0.1)).robust("HC0")
    with pytest.raises(UnsupportedError, match="bias-reduced"):
        lk.logit("low ~ lwt", births, penalty=lk.Jeffreys()).robust("HC0")
    with pytest.raises(UnsupportedError, match="there are clusters"):
        lk.logit("low ~ lwt", births, cluster="g").robust("HC0")
    with pytest.raises(UnsupportedError, match="Resampling draws independent"):
        several.robust("HAC", time="id").bootstrap(10)
    alone = pd.DataFrame({"y": [0, 1, 0, 1, 1, 0, 1], "x": [0.0, 0, 0, 0, 0, 1, 1]})
    with pytest.raises(SeparationError, match="jackknife has no covariance"):
        lk.logit("y ~ x", alone).robust("jackknife")
    single = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1], "x": [0, 0, 0, 0, 1]})
    assert single.separation is not None
    half = lk.logit("y ~ 1", {"y": [0, 1, 0, 1]}).robust("HC0").std_error["Intercept"]
    assert_allclose(single.robust("HC0").std_error["Intercept"], half, rtol=ROUTE)
