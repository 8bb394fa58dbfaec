"""Fractions between 0 and 1: quasi-likelihood with robust errors, against R, and what has no meaning refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, ResponseError, UnsupportedError
from tolerances import EXACT, REFERENCE, ROUTE

REFERENCE_FILE = Path(__file__).parents[1] / "references" / "quasi" / "fraction.json"
FORMULA = "share ~ age + lwt + smoke"


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    """The fractions of ``fraction.R``."""
    table = lk.datasets.load_lbw()
    share = (table["ftv"] + (table["id"] % 3) / 2).clip(upper=6) / 6
    return table.assign(share=share, copies=1 + table["id"] % 3, ward=table["id"] % 20)


@pytest.fixture(scope="module")
def fit(births) -> lk.Fit:
    return lk.logit(FORMULA, births, outcome="fraction")


# Against R.


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
def test_coefficients_and_robust_errors_are_those_of_r(births, link):
    expected = json.loads(REFERENCE_FILE.read_text(encoding="utf-8"))["links"][link]
    fit = lk.fit(FORMULA, births, model=lk.Binary(link, outcome="fraction"))
    assert_allclose(fit.coef, expected["coef"], rtol=REFERENCE)
    assert_allclose(fit.vcov, expected["vcov"], rtol=1e-6)  # R's bread has the weights before its last step
    assert_allclose(fit.predict()[:5], expected["fitted"], rtol=REFERENCE)
    clustered = lk.logit(FORMULA, births, link=link, outcome="fraction", cluster="ward")
    assert_allclose(clustered.vcov, expected["clustered"], rtol=1e-6)  # as above


# Against what it collapses to, and by brute force.


def test_zeros_and_ones_have_the_coefficients_of_a_logistic_regression(births):
    fraction = lk.logit("low ~ age + smoke", births, outcome="fraction")
    event, rows = lk.logit("low ~ age + smoke", births), lk.logit("low ~ age + smoke", births, cluster="id")
    assert_array_equal(fraction.coef, event.coef)
    assert_allclose(fraction.vcov, rows.vcov, rtol=ROUTE)  # HC0 times n / (n - 1), as each row is its own cluster


@pytest.mark.parametrize("link", ["logit", "log"])
def test_the_sandwich_is_that_of_its_formula(births, link):
    fit = lk.logit("share ~ smoke + ui", births, link=link, outcome="fraction")
    X = np.column_stack([np.ones(189), births["smoke"], births["ui"]])
    mu = fit.predict().to_numpy()
    slope = mu * (1 - mu) if link == "logit" else mu
    residual = (births["share"].to_numpy() - mu) * slope / (mu * (1 - mu))
    assert_allclose(X.T @ residual, 0.0, atol=1e-8)
    bread = np.linalg.inv((X * (slope**2 / (mu * (1 - mu)))[:, None]).T @ X)
    meat = (X * residual[:, None]).T @ (X * residual[:, None])
    assert_allclose(fit.vcov, 189 / 188 * bread @ meat @ bread, rtol=ROUTE)


def test_frequency_weights_are_rows_written_out(births):
    weighted = lk.logit(FORMULA, births, outcome="fraction", weights="copies")
    out = lk.logit(FORMULA, births.loc[births.index.repeat(births["copies"])], outcome="fraction")
    assert_allclose(weighted.coef, out.coef, rtol=ROUTE)
    assert_allclose(weighted.vcov, out.vcov, rtol=ROUTE)


# What it says.


def test_the_summary_names_the_quasi_likelihood_and_the_errors(fit):
    text = " ".join(str(fit).split())
    assert text.startswith("Fractional logistic regression")
    assert "Fraction share" in text
    assert "Mean fraction" in text
    assert "Standard errors: sandwich for fractions, times n / (n - 1) with n = 189" in text
    assert "Bernoulli quasi-likelihood" in text
    for word in ("Log-likelihood", "AIC ", "McFadden", "Tjur", "Event"):
        assert word not in text
    probit = str(lk.logit(FORMULA, fit.design.table, link="probit", outcome="fraction"))
    assert probit.startswith("Fractional regression with the probit link")


def test_statistics_of_a_likelihood_are_missing(fit):
    assert np.isnan([fit.loglik, fit.deviance, fit.null_deviance, fit.aic, fit.bic]).all()
    assert fit.r_squared.isna().all()


REFUSED = {
    "lr_test": lambda fit: fit.lr_test(),
    "profile": lambda fit: fit.confint("profile"),
    "score": lambda fit: fit.confint("score"),
    "anova": lambda fit: fit.anova(),
    "roc": lambda fit: fit.discrimination(),
    "classes": lambda fit: fit.classification(),
    "calibration": lambda fit: fit.calibration(),
    "goodness": lambda fit: fit.hosmer_lemeshow(),
    "parametric": lambda fit: fit.bootstrap(10, seed=1, kind="parametric"),
}


@pytest.mark.parametrize("verb", REFUSED)
def test_verbs_of_likelihoods_and_of_events_are_refused(fit, verb):
    with pytest.raises(UnsupportedError):
        REFUSED[verb](fit)


def test_the_other_verbs_answer(fit, births, tmp_path):
    assert fit.test("age").p_value == pytest.approx(fit.tidy()["p_value"].iloc[1], rel=EXACT)
    assert fit.bootstrap(39, seed=1).replicates.shape == (39, 4)
    assert fit.predict().between(0, 1).all()
    residual = fit.residuals("response")
    assert_allclose(residual, births["share"] - fit.predict(), rtol=EXACT, atol=1e-15)
    assert_allclose(fit.on(births.iloc[:9]).residuals("response"), residual.iloc[:9], rtol=EXACT, atol=1e-15)
    fit.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    before, _, after = page.partition('<script type="application/json" id="lk-numbers">')
    numbers, _, after = after.partition("</script>")
    assert "Calibration" not in before + after
    assert set(json.loads(numbers)["calibration"]) == {"why_not"}
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    assert loaded.model == fit.model == lk.Binary(outcome="fraction")
    assert str(loaded) == str(fit)
    assert_array_equal(loaded.predict(births), fit.predict(births))
    assert_allclose(fit.predict(births), fit.predict(), rtol=EXACT)  # sums in another order


# Bad input.


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.2, 0.4, 1.2], "holds 1.2 in row 2"),
        ([0.2, -0.1, 0.5], "between 0 and 1"),
        ([0.0, 0.0, 0.0], "one class"),
        (["a", "b", "a"], "one number between 0 and 1"),
    ],
)
def test_what_is_no_fraction_is_refused(values: Any, words):
    with pytest.raises(ResponseError, match=words):
        lk.logit("y ~ 1", {"y": values}, outcome="fraction")


def test_what_a_fraction_cannot_be_combined_with(births):
    with pytest.raises(DataError, match="outcome='events'"):
        lk.Binary(outcome="events")
    with pytest.raises(DataError, match="has no event"):
        lk.Binary(event=1, outcome="fraction")
    with pytest.raises(UnsupportedError, match="with a penalty"):
        lk.logit(FORMULA, births, outcome="fraction", penalty=lk.Ridge(0.1))
    with pytest.raises(UnsupportedError, match="eliminated only for the logit"):
        lk.logit(FORMULA, births, outcome="fraction", absorb="ward")
    with pytest.raises(UnsupportedError, match="groups of fractions"):
        lk.fit_by(FORMULA, births, "ht", model=lk.Binary(outcome="fraction"))
    with pytest.raises(ResponseError, match="has counts"):
        lk.logit("cbind(ftv, age) ~ 1", births, outcome="fraction")
    with pytest.raises(ResponseError, match="outcome='fraction'"):
        lk.logit(FORMULA, births)
