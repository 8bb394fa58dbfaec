"""Every verb of a fit of ordered outcomes: numbers by brute force, and in every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, SeparationError, UnsupportedError

KINDS: dict[str, dict[str, Any]] = {
    "cumulative": {},
    "partial": {"nominal": "g", "link": "probit"},
    "adjacent": {"model": "adjacent", "nominal": "x"},
}


def table(n: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x, g = rng.normal(size=n), rng.choice(list("abc"), n)
    y = np.digitize(x + 0.5 * (g == "b") + rng.logistic(size=n), [-1, 0.5, 2])
    rating = pd.Categorical.from_codes(y, ["low", "mid", "high", "top"], ordered=True)
    return pd.DataFrame({"rating": rating, "x": x, "g": g, "site": rng.integers(0, 30, n)})


@pytest.fixture(params=KINDS, ids=list(KINDS))
def fit(request: pytest.FixtureRequest) -> lk.OrdinalFit:
    return lk.ordinal("rating ~ x + g", table(), **KINDS[request.param])


def again(fit: lk.OrdinalFit, data: pd.DataFrame, formula: str = "rating ~ x + g", **options: Any) -> lk.OrdinalFit:
    kind = "adjacent" if fit.record.family.name == "adjacent" else "partial" if len(fit.coef) > 6 else "cumulative"
    return lk.ordinal(formula, data, **KINDS[kind] | options)


def test_names_and_tables(fit: lk.OrdinalFit) -> None:
    assert fit.coef.index[:3].tolist() == ["low|mid", "mid|high", "high|top"]
    assert fit.tidy()["threshold"].tolist()[:3] == ["low|mid", "mid|high", "high|top"]
    assert_allclose(fit.tidy()["estimate"], fit.coef)
    assert_allclose(fit.confint()["conf_low"], fit.coef - 1.959963984540054 * fit.std_error)
    assert_allclose(np.sqrt(np.diag(fit.vcov)), fit.std_error)
    for form in ("text", "html", "latex", "markdown"):
        assert "low|mid" in getattr(fit.summary(), f"to_{form}")().replace("\\textbar{}", "|").replace("\\|", "|")


def test_predictions_are_those_of_the_formula(fit: lk.OrdinalFit) -> None:
    data = table()
    probability = fit.predict()
    assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-12)
    assert_allclose(fit.predict_logit(), np.log(probability / (1.0 - probability)), rtol=1e-7)
    link = fit.predict_link()
    below = probability.cumsum(axis=1).iloc[:, :3].to_numpy()
    if fit.record.family.name == "adjacent":
        assert_allclose(
            link, np.log(probability.iloc[:, 1:].to_numpy() / probability.iloc[:, :3].to_numpy()), rtol=1e-8
        )
    else:
        assert_allclose(fit.record.family.link.inverse(link.to_numpy()), below, rtol=1e-8)
    assert_allclose(fit.predict(data.head(7)), probability.head(7), rtol=1e-12)
    assert_allclose(fit.augment()["fitted:mid"], probability["mid"], rtol=1e-12)


def derivatives(fit: lk.OrdinalFit, function: Any) -> np.ndarray:
    """Derivatives of a function of the linear predictors of the rows of the fit by every coefficient."""
    record, step, found = fit.record, 1e-5, []
    for j in range(record.coef.size):
        sides = []
        for sign in (1.0, -1.0):
            coef = record.coef.copy()
            coef[j] += sign * step
            eta = np.stack([fit.design.matrix.matvec(row) for row in record.predictors.table(coef)])
            sides.append(function(eta))
        found.append((sides[0] - sides[1]) / (2 * step))
    return np.array(found)


def test_errors_of_predictions_are_those_of_the_delta_method(fit: lk.OrdinalFit) -> None:
    jacobian = derivatives(fit, fit.record.family.probabilities)
    variance = np.einsum("ikn,ij,jkn->nk", jacobian, fit.record.vcov, jacobian)
    found = fit.predictions()["std_error"].to_numpy(float).reshape(160, 4)
    assert_allclose(found, np.sqrt(variance), rtol=1e-5)


def test_terms_are_tested_by_fits_without_them(fit: lk.OrdinalFit) -> None:
    found = fit.anova()
    assert found.labels == ("x", "g")
    data = table()
    for label, rest in (("x", "g"), ("g", "x")):
        nominal = {"nominal": None}
        if fit.record.family.name == "adjacent" and rest == "x":
            nominal = {"nominal": "x"}
        if len(fit.coef) > 6 and fit.record.family.name == "cumulative" and rest == "g":
            nominal = {"nominal": "g"}
        smaller = again(fit, data, f"rating ~ {rest}", **nominal)
        row = found.labels.index(label)
        assert_allclose(found.statistic[row], 2 * (fit.loglik - smaller.loglik), rtol=1e-8)
        assert found.dof[row] == fit.n_params - smaller.n_params
    assert np.isfinite(fit.anova(test="Wald").statistic).all()
    assert_allclose(fit.lr_test().statistic, fit.null_deviance - fit.deviance, rtol=1e-10)


def test_hypotheses_in_words() -> None:
    fit = lk.ordinal("rating ~ x + g", table())
    found = fit.test("x = 1, g[T.b] = g[T.c]")
    L = np.zeros((2, 6))
    L[0, 3], L[1, 4], L[1, 5] = 1.0, 1.0, -1.0
    if fit.coef.index.tolist()[3] != "x":
        L = np.array(
            [[float(n == "x") for n in fit.coef.index], [(n == "g[T.b]") - (n == "g[T.c]") for n in fit.coef.index]]
        )
    gap = L @ fit.coef - [1.0, 0.0]
    assert_allclose(found.statistic, gap @ np.linalg.solve(L @ fit.vcov @ L.T, gap), rtol=1e-9)
    assert_allclose(fit.test("low|mid = mid|high").statistic, _one(fit, "low|mid", "mid|high"), rtol=1e-9)
    nominal = lk.ordinal("rating ~ x + g", table(), nominal="x")
    assert nominal.test("low|mid:x = mid|high:x, low|mid:x = high|top:x").dof == 2
    wald = nominal.test("low|mid:x = mid|high:x, low|mid:x = high|top:x").statistic
    assert_allclose(fit.proportional_odds_test("Wald").statistic[1], wald, rtol=1e-7)


def _one(fit: lk.OrdinalFit, first: str, second: str) -> float:
    variance = fit.vcov.loc[first, first] + fit.vcov.loc[second, second] - 2 * fit.vcov.loc[first, second]
    return float((fit.coef[first] - fit.coef[second]) ** 2 / variance)


def test_ratios_are_exponentials() -> None:
    fit = lk.ordinal("rating ~ x + g", table(), nominal="x")
    found = fit.odds_ratios()
    assert_allclose(found["odds_ratio"].to_numpy(float), np.exp(fit.coef.iloc[3:]), rtol=1e-12)
    assert "hazard_ratio" in lk.ordinal("rating ~ x", table(), link="loglog").odds_ratios().columns
    for link, words in (("probit", "no name of its own"), ("cloglog", "exp\\(-coefficient\\)")):
        with pytest.raises(UnsupportedError, match=words):
            lk.ordinal("rating ~ x", table(), link=link).odds_ratios()
    with pytest.raises(UnsupportedError, match="outcome= and against="):
        fit.odds_ratios(outcome="low")


def test_sandwiches_are_those_of_scores(fit: lk.OrdinalFit) -> None:
    data = table()
    clustered = again(fit, data, cluster="site")
    rows = derivatives(fit, lambda eta: -fit.record.family.losses(eta, fit.design.response))
    sums = pd.DataFrame(rows.T).groupby(data["site"]).sum().to_numpy()
    groups = len(sums)
    vcov = fit.vcov.to_numpy() @ (sums.T @ sums) @ fit.vcov.to_numpy() * groups / (groups - 1)
    assert_allclose(clustered.vcov, vcov, rtol=1e-5, atol=1e-9)
    with pytest.raises(UnsupportedError, match="compare likelihoods"):
        clustered.proportional_odds_test()
    sampled = again(fit, data.assign(w=1.0), weights="w", weight_kind="sampling")
    n = len(data)
    assert_allclose(
        sampled.vcov, fit.vcov.to_numpy() @ rows @ rows.T @ fit.vcov.to_numpy() * n / (n - 1), rtol=1e-5, atol=1e-9
    )


def test_refits_are_fits(fit: lk.OrdinalFit) -> None:
    data = table()
    jackknife = fit.jackknife()
    without = again(fit, data.drop(index=3))
    assert_allclose(np.asarray(jackknife.replicates)[3], without.coef, rtol=1e-5)
    assert np.isfinite(np.asarray(fit.bootstrap(10, seed=1).replicates)).all()
    assert np.isfinite(np.asarray(fit.bootstrap(10, seed=1, kind="parametric").replicates)).all()


@pytest.mark.usefixtures("figures_not_written")
def test_diagnostics_and_effects_answer(fit: lk.OrdinalFit, tmp_path: Path) -> None:
    data = table()
    assert fit.residuals().shape == (160, 4)
    assert len(fit.influence()) == 160
    assert 0.0 < fit.hosmer_lemeshow().p_value < 1.0
    assert np.isfinite(fit.collinearity()["gvif"].astype(float)).all()
    assert fit.calibration() is not None
    assert fit.classification() is not None
    assert fit.discrimination() is not None
    effects = fit.average_predictions("x", values=[0.5])
    mean = fit.predict(data.assign(x=0.5)).mean()
    assert_allclose(effects["estimate"].to_numpy(float), mean, rtol=1e-9)
    path = fit.report(tmp_path / "report.html")
    assert "Thresholds" in path.read_text(encoding="utf-8")
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    assert isinstance(loaded, lk.OrdinalFit)
    assert_allclose(loaded.coef, fit.coef, rtol=0.0)
    assert_allclose(loaded.predictions(data), fit.predictions(data), rtol=1e-12)
    assert loaded.record.family == fit.record.family
    with pytest.raises(DataError, match="does not hold the rows"):
        loaded.proportional_odds_test()


def test_tests_of_proportional_odds_are_refused_where_there_is_nothing_to_test() -> None:
    births = lk.datasets.load_lbw()
    with pytest.raises(UnsupportedError, match="one threshold"):
        lk.ordinal("low ~ age", births).proportional_odds_test()
    with pytest.raises(DataError, match="Every term already has one coefficient per threshold"):
        lk.ordinal("rating ~ x", table(), nominal="x").proportional_odds_test()
    with pytest.raises(SeparationError, match="separated"):
        lk.ordinal("y ~ x", {"y": [1, 1, 2, 2, 3, 3], "x": [1, 2, 3, 4, 5, 6]}).proportional_odds_test()
    with pytest.raises(DataError, match="test="):
        lk.ordinal("rating ~ x", table()).proportional_odds_test("wald")
    text = str(lk.ordinal("rating ~ x + g", table()).proportional_odds_test())
    assert "Tests of proportional odds" in text
