"""Score tests under every covariance: dense twins, collapses, R's dispersions, and refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, expit, fdtrc, ndtr

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from tolerances import REFERENCE, ROUTE

SMALL, LARGE = "age + lwt", "age + lwt + race"


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    table = lk.datasets.load_lbw()
    return table.assign(
        g=table["id"] % 11, h=table["age"] // 4, w=0.25 + (table["id"] % 17) / 8, f=1 + table["id"] % 3, row=range(189)
    )


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * values**exponent) @ vectors.T)


def generalised(score: np.ndarray, a: np.ndarray, meat: np.ndarray, tested: list[int], mend: bool = False) -> float:
    """The statistic of Boos (1992): the step of Newton's method over its covariance."""
    bread = np.linalg.inv(a)
    covariance = bread @ meat @ bread
    if mend:
        values, vectors = np.linalg.eigh(covariance)
        covariance = vectors * np.maximum(values, 0.0) @ vectors.T
    step = (bread @ score)[tested]
    return float(step @ np.linalg.solve(covariance[np.ix_(tested, tested)], step))


class Twin:
    """A binary model by dense matrices, at the estimates of a smaller one."""

    def __init__(self, births: pd.DataFrame, link: str, weights: np.ndarray | None = None) -> None:
        given = {} if weights is None else {"weights": weights, "weight_kind": "precision"}
        w = np.ones(189) if weights is None else weights
        self.fit = lk.logit(f"low ~ {SMALL}", births, link=link, **given)  # type: ignore[arg-type]
        self.larger = lk.logit(f"low ~ {LARGE}", births, link=link, **given)  # type: ignore[arg-type]
        # Negative eigenvalues are set to zero in the coefficients as given, which depends on the coding.
        names = ("black", "other")
        races = [(births["race"] == name).to_numpy(float) for name in names]
        self.x = np.column_stack([np.ones(189), births[["age", "lwt"]], *races])
        eta = self.x[:, :3] @ self.fit.coef.to_numpy()
        mu = expit(eta) if link == "logit" else ndtr(eta)
        slope = mu * (1 - mu) if link == "logit" else np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi)
        self.phi = mu * (1 - mu) / w
        self.c = slope**2 / self.phi
        self.residual = (births["low"].to_numpy() - mu) / np.sqrt(self.phi)
        self.z = self.x * np.sqrt(self.c)[:, None]
        own = self.z[:, :3]
        self.hat = own @ np.linalg.inv(own.T @ own) @ own.T
        self.s = self.z * self.residual[:, None]

    def statistic(self, meat: np.ndarray, mend: bool = False) -> float:
        return generalised(self.s.sum(axis=0), self.z.T @ self.z, meat, [3, 4], mend)

    def of_rows(self, kind: str) -> np.ndarray:
        h, n, k = np.diag(self.hat), 189, 3
        factor = {
            "HC0": np.ones(n),
            "HC1": np.full(n, n / (n - k)),
            "HC2": 1 / (1 - h),
            "HC3": 1 / (1 - h) ** 2,
            "HC4": (1 - h) ** -np.minimum(4, n * h / k),
        }[kind]
        return np.asarray(self.s.T @ (self.s * factor[:, None]))

    def of_clusters(self, codes: Any, kind: str = "CR0") -> np.ndarray:
        meat = np.zeros((5, 5))
        for code in np.unique(codes):
            own = np.asarray(codes) == code
            left = np.eye(own.sum()) - self.hat[np.ix_(own, own)]
            change = np.eye(own.sum())
            if kind == "CR3":
                change = np.linalg.inv(left)
            elif kind == "CR2":  # in residuals over their standard deviations
                root = np.diag(np.sqrt(self.phi[own]))
                change = power(root @ root @ left @ root @ root, -0.5) @ root @ root
            score = self.z[own].T @ change @ self.residual[own]
            meat += np.outer(score, score)
        return meat

    def of_series(self, lags: int) -> np.ndarray:
        meat = self.s.T @ self.s
        for lag in range(1, lags + 1):
            between = self.s[lag:].T @ self.s[:-lag]
            meat += (1 - lag / (lags + 1)) * (between + between.T)
        return np.asarray(meat)

    def added(self, *kind: Any, **given: Any) -> tuple[float, float]:
        """The test of a term with two columns, and its p-value: added to the smaller fit, dropped from the larger."""
        found = self.fit.robust(*kind, **given).add1("race").tests
        larger = self.larger.robust(*kind, **given)
        assert_allclose(larger.drop1("score").tests.statistic[-1], found.statistic[0], rtol=1e-8)
        assert_allclose(larger.anova(type=1, test="score").statistic[-1], found.statistic[0], rtol=1e-8)
        assert found.dof.tolist() == [2]
        return float(found.statistic[0]), float(found.p_value[0])


@pytest.fixture(scope="module")
def twins(births: pd.DataFrame) -> dict[str, Twin]:
    return {
        "logit": Twin(births, "logit"),
        "probit": Twin(births, "probit"),
        "weighted": Twin(births, "logit", births["w"].to_numpy()),
    }


MODELS = pytest.mark.parametrize("name", ["logit", "probit", "weighted"])


@MODELS
@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3", "HC4"])
def test_independent_rows(name: str, kind: str, twins: dict[str, Twin]) -> None:
    statistic, p_value = twins[name].added(kind)
    assert_allclose(statistic, twins[name].statistic(twins[name].of_rows(kind)), rtol=REFERENCE)
    assert_allclose(p_value, chdtrc(2, statistic), rtol=ROUTE)


@MODELS
@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2", "CR3"])
def test_clusters(name: str, kind: str, twins: dict[str, Twin], births: pd.DataFrame) -> None:
    meat = twins[name].of_clusters(births["g"], kind) * (11 / 10 if kind == "CR1" else 1)
    statistic, p_value = twins[name].added(kind, cluster="g")
    assert_allclose(statistic, twins[name].statistic(meat), rtol=REFERENCE)
    assert_allclose(p_value, chdtrc(2, statistic), rtol=ROUTE)  # Satterthwaite's degrees are those of Wald tests


@MODELS
@pytest.mark.parametrize("correction", ["none", "clusters", "smallest", "fixest"])
def test_crossed_clusters(name: str, correction: str, twins: dict[str, Twin], births: pd.DataFrame) -> None:
    twin, codes = twins[name], [births["g"], births["h"], births["g"] * 100 + births["h"]]
    counts = [len(set(each)) for each in codes]
    factor = [g / (g - 1) for g in ([min(counts)] * 3 if correction in ("smallest", "fixest") else counts)]
    factor = [1.0] * 3 if correction == "none" else factor
    size = 188 / 186 if correction == "fixest" else 1.0  # the coefficients of the smaller model
    a, b, c = (twin.of_clusters(each) * f * size for each, f in zip(codes, factor, strict=True))
    statistic, _ = twin.added(cluster=["g", "h"], correction=correction)
    assert_allclose(statistic, twin.statistic(a + b - c, mend=True), rtol=REFERENCE)


@MODELS
def test_series(name: str, twins: dict[str, Twin]) -> None:
    statistic, _ = twins[name].added("HAC", time="row", lags=3)
    assert_allclose(statistic, twins[name].statistic(twins[name].of_series(3)), rtol=REFERENCE)
    chosen = twins[name].fit.robust("HAC", time="row")
    assert chosen.design.dependence.lags == int(chosen.record.covariance.label.split(", ")[1].split()[0])


def test_surveys_by_hand_and_by_f(births: pd.DataFrame) -> None:
    """Rao, Scott and Skinner (1998): the score of the sample has the covariance of its design."""
    rows = births.assign(stratum=births["id"] % 3, unit=births["id"] % 33, size=60.0, inside=births["id"] % 5 > 0)
    survey = lk.Survey(strata="stratum", units="unit", fpc="size", domain="inside")
    fit = lk.logit(f"low ~ {SMALL}", rows, weights="w", weight_kind="sampling", survey=survey)
    found = fit.add1("race").tests
    x = np.column_stack([np.ones(189), rows[["age", "lwt"]], pd.get_dummies(rows["race"]).to_numpy(float)[:, 1:]])
    mu, weight = expit(x[:, :3] @ fit.coef.to_numpy()), (rows["w"] * rows["inside"]).to_numpy()
    s = x * (weight * (rows["low"] - mu)).to_numpy()[:, None]
    meat = np.zeros((5, 5))
    for stratum in range(3):
        units = sorted(set(rows.loc[rows["stratum"] == stratum, "unit"]))
        totals = np.array([s[(rows["unit"] == unit).to_numpy()].sum(axis=0) for unit in units])
        away, n = totals - totals.mean(axis=0), len(units)
        meat += (1 - n / 60) * n / (n - 1) * away.T @ away
    expected = generalised(s.sum(axis=0), (x.T * (weight * mu * (1 - mu))) @ x, meat, [3, 4])
    assert_allclose(found.statistic[0], expected, rtol=REFERENCE)
    assert_allclose(found.p_value[0], fdtrc(2, 30, expected / 2), rtol=REFERENCE)
    assert "F" in str(found)
    model = lk.logit(f"low ~ {LARGE}", rows, weights="w", weight_kind="sampling", survey=survey).score_test()
    assert model.law.dof == 30.0
    assert "4, 30" in str(model)


def test_several_predictors(births: pd.DataFrame) -> None:
    rows = births.assign(way=births["ftv"].clip(upper=2))
    fit = lk.multinomial("way ~ lwt", rows)
    x = np.column_stack([np.ones(189), births[["lwt", "age"]]])
    p = fit.predict().to_numpy()
    y = (rows["way"].to_numpy()[:, None] == np.arange(3)).astype(float)
    s = np.einsum("ik,ij->ikj", (y - p)[:, 1:], x).reshape(189, 6)
    blocks = np.einsum("ik,kl->ikl", p[:, 1:], np.eye(2)) - np.einsum("ik,il->ikl", p[:, 1:], p[:, 1:])
    a = np.einsum("ikl,ij,im->kjlm", blocks, x, x).reshape(6, 6)

    def by(codes: Any) -> np.ndarray:
        totals = np.array([s[np.asarray(codes) == code].sum(axis=0) for code in np.unique(codes)])
        return np.asarray(totals.T @ totals)

    order = np.argsort(births["id"].to_numpy())
    serial = by(births["row"]) + 0.5 * ((between := s[order][1:].T @ s[order][:-1]) + between.T)
    crossed = births["g"] * 100 + births["h"]
    g, h, both = (len(set(each)) for each in (births["g"], births["h"], crossed))
    parts = by(births["g"]) * g / (g - 1) + by(births["h"]) * h / (h - 1) - by(crossed) * both / (both - 1)
    for meat, kind, given in (
        (by(births["row"]), "HC0", {}),
        (by(births["row"]) * 189 / 185, "HC1", {}),
        (by(births["g"]) * g / (g - 1), "cluster", {"cluster": "g"}),
        (parts, "cluster", {"cluster": ["g", "h"]}),
        (serial, "HAC", {"time": "id", "lags": 1}),
    ):
        found = fit.robust(kind, **given).add1("age").tests.statistic[0]  # type: ignore[arg-type]
        assert_allclose(found, generalised(s.sum(axis=0), a, meat, [2, 5], mend=True), rtol=REFERENCE, err_msg=kind)


def test_collapses(births: pd.DataFrame, twins: dict[str, Twin]) -> None:
    twin = twins["logit"]
    for own, other in (("CR0", "HC0"), ("CR2", "HC2"), ("CR3", "HC3")):
        assert_allclose(twin.added(own, cluster="row"), twin.added(other), rtol=1e-8)
    assert_allclose(twin.added("HAC", time="row", lags=0), twin.added("HC0"), rtol=ROUTE)
    assert_allclose(twin.added("cluster", cluster=["g", "g"]), twin.added("cluster", cluster="g"), rtol=ROUTE)
    assert_allclose(twin.added("CR1", cluster="g"), twin.added("cluster", cluster="g"), rtol=ROUTE)
    clustered = lk.logit(f"low ~ {SMALL}", births, cluster="g").add1("race").tests
    assert_allclose(twin.added("cluster", cluster="g")[0], clustered.statistic[0], rtol=ROUTE)
    one = lk.logit(f"low ~ {SMALL}", births, weights="w", weight_kind="sampling")
    design = lk.logit(f"low ~ {SMALL}", births, weights="w", survey=lk.Survey())
    own = one.add1("race").tests.statistic  # whose squares are not about the mean of the scores
    assert_allclose(design.add1("race").tests.statistic, own / (1 - own / 188), rtol=ROUTE)
    # The score of the only term is that of the model, and of a balanced two-sample table Pearson's.
    lone = lk.logit("low ~ smoke", births).robust("HC0")
    assert_allclose(lone.score_test().statistic, lone.anova(test="score").statistic[0], rtol=ROUTE)
    table = {"y": [0, 1, 1, 0, 0, 1, 1, 1], "x": [0, 0, 0, 0, 1, 1, 1, 1]}
    robust = lk.logit("y ~ x", table).robust("HC0").score_test().statistic
    # By hand: the score in x - 1/2 is (3 - 2) / 2, its squares sum to 8 / 4 (5/8 of 3/8 each, in both groups).
    assert_allclose(robust, 0.25 / (0.25 * (5 * (3 / 8) ** 2 + 3 * (5 / 8) ** 2)), rtol=ROUTE)


def test_a_frequency_weight_is_so_many_rows(births: pd.DataFrame) -> None:
    weighted = lk.logit(f"low ~ {SMALL}", births, weights="f")
    long = lk.logit(f"low ~ {SMALL}", births.loc[births.index.repeat(births["f"])].reset_index(drop=True))
    for kind in ("HC0", "HC1", "HC3", "CR2", "CR3", "cluster"):
        given = {} if kind.startswith("HC") else {"cluster": "g"}
        one, other = (each.robust(kind, **given).add1("race").tests for each in (weighted, long))  # type: ignore[arg-type]
        assert_allclose(one.statistic, other.statistic, rtol=REFERENCE, err_msg=kind)


def test_absorbed_levels_and_no_coefficients(births: pd.DataFrame) -> None:
    inside = lk.logit("low ~ lwt", births, absorb="g")
    written = lk.logit("low ~ lwt + C(g)", births)
    for kind, given in {"HC1": {}, "HC3": {}, "cluster": {"cluster": "h"}}.items():
        one, other = (each.robust(kind, **given).add1("age").tests for each in (inside, written))  # type: ignore[arg-type]
        assert_allclose(one.statistic, other.statistic, rtol=1e-7, err_msg=kind)
    # Without an intercept the smaller model has probability one half and nothing that residuals are corrected for.
    fit, x, y = lk.logit("low ~ 0 + lwt", births), births["lwt"].to_numpy(), births["low"].to_numpy() - 0.5
    for kind in ("HC0", "HC3"):
        assert_allclose(fit.robust(kind).score_test().statistic, (x @ y) ** 2 / (0.25 * x @ x), rtol=ROUTE)
    totals = np.bincount(births["g"], x * y)
    for kind in ("CR0", "CR3"):
        found = fit.robust(kind, cluster="g").score_test().statistic
        assert_allclose(found, (x @ y) ** 2 / (totals @ totals), rtol=ROUTE)


def test_dispersions_divide_the_statistic(births: pd.DataFrame) -> None:
    rows = births.assign(band=(births["age"] // 3).clip(5, 9), heavy=(births["lwt"] > 120).astype(int))
    table = rows.groupby(["band", "smoke", "heavy"])["low"].agg(["sum", "count"]).reset_index()
    table["no"] = table["count"] - table["sum"]
    fit = lk.logit("cbind(sum, no) ~ band + smoke + heavy", table, dispersion="pearson")
    # R: m <- glm(cbind(sum, no) ~ band + smoke + heavy, quasibinomial, table); drop1(m, test = "Rao")
    dropped = fit.drop1("score").tests
    assert_allclose(dropped.statistic, [0.643297025148, 3.880458493160, 1.681135111990], rtol=REFERENCE)
    assert_allclose(dropped.p_value, fdtrc(1, 16, dropped.statistic), rtol=ROUTE)
    small = lk.logit("cbind(sum, no) ~ band", table, dispersion="pearson")  # add1(m, ~ . + smoke + heavy, test = "Rao")
    assert_allclose(small.add1("smoke + heavy").tests.statistic, [3.385878404384, 1.525143579827], rtol=REFERENCE)
    # Williams's weights are kept.
    wide = lk.logit("cbind(sum, no) ~ band", table, dispersion="williams")
    again = lk.logit("cbind(sum, no) ~ band", table, weights=wide.design.response.prior, weight_kind="precision")
    assert_allclose(wide.add1("smoke").tests.statistic, again.add1("smoke").tests.statistic, rtol=ROUTE)


def test_conventions_and_fractions(births: pd.DataFrame) -> None:
    bare = lk.logit(f"low ~ {SMALL}", births).robust("CR0", cluster="g").add1("race").tests.statistic
    sas = lk.logit(f"low ~ {SMALL}", births, cluster="g", conventions="sas").add1("race").tests
    assert_allclose(sas.statistic, bare / (11 / 10 * 188 / 186), rtol=1e-8)
    fraction = births.assign(low=0.2 + 0.6 * births["low"])
    quasi = lk.logit(f"low ~ {SMALL}", fraction, outcome="fraction", weights="f")
    written = lk.logit(
        f"low ~ {SMALL}", fraction.loc[births.index.repeat(births["f"])].reset_index(drop=True), outcome="fraction"
    )
    assert_allclose(quasi.add1("race").tests.statistic, written.add1("race").tests.statistic, rtol=REFERENCE)


def test_refusals(births: pd.DataFrame) -> None:
    fit = lk.logit(f"low ~ {SMALL}", births)
    for made in (
        fit.robust("jackknife", cluster="g"),
        lk.logit(
            f"low ~ {SMALL}",
            births,
            weights="w",
            survey=lk.Survey(replicates=births["w"].to_numpy()[:, None] * (1 + 0.1 * np.eye(189)[:, :9]), kind="JK1"),
        ),
    ):
        for asked in (lambda made=made: made.add1("race"), made.score_test, lambda made=made: made.drop1("score")):
            with pytest.raises(UnsupportedError, match="is not offered: it is made of refits"):
                asked()
    alone = births.assign(one=(births["g"] == 3).astype(int))
    determined = lk.logit("low ~ one + age", alone).robust("CR2", cluster="g")
    assert np.isfinite(determined.drop1("score").tests.statistic).all()
    one = lk.logit("low ~ one", alone).robust("CR0", cluster="g")
    with pytest.raises(DataError, match="alone determines a coefficient"):
        type(one)(one.record, replace(one.design, dependence=replace(one.design.dependence, kind="CR3"))).add1("age")
