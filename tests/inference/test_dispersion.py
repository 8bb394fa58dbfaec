"""Counts that vary more than binomially: a factor of the variances, and Williams's weights, against R and SAS."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.dispersion import pearson_chi_square
from tolerances import EXACT, REFERENCE, ROUTE

REFERENCE_FILE = Path(__file__).parents[1] / "references" / "quasi" / "dispersion.json"
FORMULA = "cbind(r, f) ~ cult * soil"
TRIALS = [16, 51, 45, 39, 36, 81, 30, 39, 28, 62, 51, 72, 41, 12, 13, 79, 30, 51, 74, 56]
GERMINATED = [8, 26, 23, 10, 9, 23, 10, 17, 8, 23, 32, 55, 22, 3, 10, 46, 15, 32, 53, 12]


@pytest.fixture(scope="module")
def seeds() -> pd.DataFrame:
    """Pots of seeds: SAS/STAT 14.1 User's Guide, the LOGISTIC procedure, Example 72.10, Overdispersion."""
    table = pd.DataFrame({"r": GERMINATED, "n": TRIALS, "cult": np.repeat([0, 1, 0, 1], 5)})
    return table.assign(f=table["n"] - table["r"], soil=np.repeat([0, 1], 10), ward=np.arange(20) % 7, one=1.0)


@pytest.fixture(scope="module")
def plain(seeds) -> lk.Fit:
    return lk.logit(FORMULA, seeds)


# Against printed and stored figures.


def test_statistics_are_those_that_sas_prints(seeds, plain):
    """``model r/n = cult soil cult*soil / scale=none``, ``scale=pearson``, ``scale=deviance``, ``scale=williams``."""
    assert round(plain.deviance, 4) == 68.3465
    statistic = pearson_chi_square(plain.record, plain.design)
    assert statistic == pytest.approx(66.7617, abs=3e-4)  # SAS stops an iteration before the proportions of the cells
    cells = seeds.groupby(["cult", "soil"])[["r", "n"]].transform("sum")
    mu = cells["r"] / cells["n"]
    assert_allclose(statistic, ((seeds["r"] - seeds["n"] * mu) ** 2 / (seeds["n"] * mu * (1 - mu))).sum(), rtol=ROUTE)
    assert round(lk.logit(FORMULA, seeds, dispersion="pearson").dispersion, 4) == 4.1726
    assert round(lk.logit(FORMULA, seeds, dispersion="deviance").dispersion, 4) == 4.2717
    williams = lk.logit(FORMULA, seeds, dispersion="williams")  # the figures are recalled, not read again
    assert round(williams.dispersion, 6) == 0.075941
    assert round(williams.deviance, 4) == 16.4402
    assert round(pearson_chi_square(williams.record, williams.design), 4) == 16.0


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_errors_t_and_f_are_those_of_quasibinomial(seeds, link):
    expected = json.loads(REFERENCE_FILE.read_text(encoding="utf-8"))["links"][link]
    fit = lk.logit(FORMULA, seeds, link=link, dispersion="pearson")
    assert_allclose(fit.dispersion, expected["dispersion"], rtol=REFERENCE)
    assert_allclose(fit.coef, expected["coef"], rtol=REFERENCE)
    assert_allclose(fit.std_error, expected["std_error"], rtol=1e-6)  # weights before R's last step
    assert_allclose(fit.tidy()["p_value"], expected["p_value"], rtol=1e-5)  # as above
    test = fit.test("cult, soil, cult:soil")
    assert_allclose(test.statistic / 3, expected["F"], rtol=1e-5)  # as above
    assert_allclose(test.p_value, expected["p_F"], rtol=1e-5)  # as above


# Against the definition.


@pytest.mark.parametrize("link", ["logit", "cloglog", "cauchit"])
def test_williams_solves_his_equation(seeds, link):
    """The plain twin: weighted fits by the public function, and rho by bisection."""
    trials = seeds["n"].to_numpy(float)

    def excess(rho: float) -> tuple[float, lk.Fit]:
        fit = lk.logit(FORMULA, seeds, link=link, weights=1 / (1 + rho * (trials - 1)), weight_kind="precision")
        mu = fit.predict().to_numpy()
        weights = trials / (1 + rho * (trials - 1))
        return float((weights * (seeds["r"] / trials - mu) ** 2 / (mu * (1 - mu))).sum()) - 16.0, fit

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle)[0] > 0 else (low, middle)
    found, expected = lk.logit(FORMULA, seeds, link=link, dispersion="williams"), excess(low)[1]
    assert_allclose(found.dispersion, low, rtol=1e-8)  # forty halvings
    assert_allclose(found.coef, expected.coef, rtol=1e-7)  # as above
    assert_allclose(found.std_error, expected.std_error, rtol=1e-7)  # as above


def test_pots_of_one_size_have_the_factor_of_pearson(seeds):
    """With m trials everywhere 1 + rho (m - 1) is phi."""
    table = pd.DataFrame({"r": [3, 9, 5, 12, 14, 8], "f": [17, 11, 15, 8, 6, 12], "x": [0, 0, 0, 1, 1, 1]})
    pearson, williams = (lk.logit("cbind(r, f) ~ x", table, dispersion=kind) for kind in ("pearson", "williams"))
    assert_allclose(williams.coef, pearson.coef, rtol=ROUTE)
    assert_allclose(1 + 19 * williams.dispersion, pearson.dispersion, rtol=1e-8)  # Williams's iteration
    assert_allclose(williams.std_error, pearson.std_error, rtol=1e-8)  # as above


def test_several_outcomes_have_the_statistic_of_their_table():
    table = pd.DataFrame({"a": [9, 2, 7, 5], "b": [1, 8, 4, 6], "c": [4, 4, 9, 1], "x": [0, 0, 1, 1]})
    model = lk.Multinomial()
    plain, fit = (lk.fit("cbind(a, b, c) ~ x", table, model=model, dispersion=kind) for kind in (None, "pearson"))
    counts = table[["a", "b", "c"]].to_numpy(float)
    expected = counts.sum(axis=1, keepdims=True) * fit.predict().to_numpy()
    phi = ((counts - expected) ** 2 / expected).sum() / (4 * 2 - 4)
    assert_allclose(fit.dispersion, phi, rtol=ROUTE)
    assert_allclose(fit.vcov, phi * plain.vcov, rtol=ROUTE)
    assert fit.record.law.dof == 4.0


def test_counts_that_vary_less_have_no_weights():
    table = pd.DataFrame({"r": [5, 5, 8, 8], "f": [5, 5, 2, 2], "x": [0, 0, 1, 1]})
    fit, plain = lk.logit("cbind(r, f) ~ x", table, dispersion="williams"), lk.logit("cbind(r, f) ~ x", table)
    assert fit.dispersion == 0.0
    assert_array_equal(fit.coef, plain.coef)


# What it says, and keeps.


def test_the_summary_names_the_dispersion_and_a_saved_model_keeps_it(seeds, tmp_path):
    for kind, words in (
        ("pearson", "variances times the dispersion 4.173 (Pearson chi-square / 16)"),
        ("deviance", "variances times the dispersion 4.272 (deviance / 16)"),
        ("williams", "rows of m trials weighted by 1 / (1 + 0.07594 (m - 1)) (Williams)"),
    ):
        fit = lk.logit(FORMULA, seeds, dispersion=kind)
        text = " ".join(str(fit).split())
        assert words in text
        assert "t with 16 degrees of freedom" in text
        assert "Events 437 (48.2%)" in text
        assert "AIC " not in text
        loaded = lk.load(fit.save(tmp_path / "fit.json"))
        assert str(loaded) == str(fit)
        assert loaded.dispersion == fit.dispersion
        assert np.isnan(fit.loglik)


def test_without_it_there_is_none(plain):
    assert np.isnan(plain.dispersion)


def test_statistics_of_a_likelihood_are_refused(seeds):
    fit = lk.logit(FORMULA, seeds, dispersion="pearson")
    for ask in (fit.lr_test, fit.anova, lambda: fit.confint("profile"), lambda: fit.bootstrap(9, kind="parametric")):
        with pytest.raises(UnsupportedError):
            ask()
    assert "F" in str(fit.anova(test="F"))
    assert fit.predictions()["conf_low"].between(0, 1).all()


def test_what_has_no_dispersion_is_refused(seeds):
    births = lk.datasets.load_lbw()
    with pytest.raises(UnsupportedError, match="every row has one trial"):
        lk.logit("low ~ age", births, dispersion="pearson")
    with pytest.raises(DataError, match="dispersion='quasi'"):
        lk.logit(FORMULA, seeds, dispersion="quasi")
    with pytest.raises(UnsupportedError, match="as many parameters"):
        lk.logit("cbind(r, f) ~ C(n) + C(r) + C(f)", seeds.iloc[:5], dispersion="pearson")
    with pytest.raises(UnsupportedError, match="sandwich by cluster"):
        lk.logit(FORMULA, seeds, cluster="ward", dispersion="pearson")
    with pytest.raises(UnsupportedError, match="weights already"):
        lk.logit(FORMULA, seeds, weights="one", weight_kind="precision", dispersion="williams")
    with pytest.raises(UnsupportedError, match="defined for two outcomes"):
        lk.fit("cbind(r, f, n) ~ soil", seeds, model=lk.Multinomial(), dispersion="williams")
    with pytest.raises(UnsupportedError, match="Leave one of the two out"):
        lk.logit(FORMULA, seeds, penalty=lk.Ridge(0.1), dispersion="pearson")


@pytest.mark.parametrize("conventions", ["sas", "stata"])
def test_conventions_without_t_keep_the_errors(seeds, conventions):
    ours, theirs = (lk.logit(FORMULA, seeds, dispersion="pearson", conventions=name) for name in ("r", conventions))
    assert_allclose(theirs.std_error, ours.std_error, rtol=EXACT)
    assert theirs.record.law.is_normal
    assert ours.record.law.dof == 16.0
