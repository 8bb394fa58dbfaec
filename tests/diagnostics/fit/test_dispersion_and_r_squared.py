"""Dispersion of counts and coefficients of determination, by their formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, expit

import logitkit as lk
from logitkit.errors import UnsupportedError
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def lbw():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(6)
    x = np.repeat(np.arange(10.0), 3)
    p = rng.beta(8 * expit(-1 + 0.3 * x), 8 * (1 - expit(-1 + 0.3 * x)))
    yes = rng.binomial(40, p)
    return pd.DataFrame({"x": x, "yes": yes, "no": 40 - yes})


def test_rows_of_counts_are_the_units(counts):
    fit = lk.logit("cbind(yes, no) ~ x", counts)
    found = fit.dispersion_test()
    p, m = fit.predict().to_numpy(), 40.0
    pearson = np.sum((counts["yes"] - m * p) ** 2 / (m * p * (1 - p)))
    assert (found.units, found.n_units, found.dof) == ("rows", 30, 28)
    assert_allclose([found.pearson, found.deviance], [pearson, fit.deviance], rtol=ROUTE)
    assert_allclose(
        found.pearson_ratio, lk.logit("cbind(yes, no) ~ x", counts, dispersion="pearson").dispersion, rtol=ROUTE
    )
    assert_allclose([found.p_over, found.p_under], [chdtrc(28, pearson), 1 - chdtrc(28, pearson)], atol=1e-12)
    assert_allclose(found.to_frame().loc["deviance", "ratio"], fit.deviance / 28, rtol=ROUTE)
    assert "which the ratio does not tell apart" in str(found).replace("\n", " ")


def test_single_trials_are_put_together_by_pattern(lbw):
    fit = lk.logit("low ~ smoke + C(race)", lbw)
    found, panel = fit.dispersion_test(), fit.goodness_of_fit(tests="pearson")["pearson"]
    assert (found.units, found.n_units, found.dof) == ("covariate patterns", 6, 2)
    assert_allclose(found.pearson, panel.statistic, rtol=EXACT)
    sparse = lk.logit("low ~ age + lwt", lbw).dispersion_test()
    assert np.isnan(sparse.p_over)
    assert "No p-values" in str(sparse)
    with pytest.raises(UnsupportedError, match="saturated"):
        lk.logit("low ~ smoke", lbw).dispersion_test()
    with pytest.raises(UnsupportedError, match="sampling weights"):
        lk.logit("low ~ age", lbw, weights="lwt", weight_kind="sampling").dispersion_test()


def test_new_rows_lose_no_degree(counts):
    fit = lk.logit("cbind(yes, no) ~ x", counts.iloc[::2])
    assert fit.dispersion_test(counts.iloc[1::2]).dof == 15


def test_coefficients_are_those_of_their_formulas(lbw):
    fit = lk.logit("low ~ age + lwt + smoke", lbw)
    found = fit.pseudo_r2()
    y, p, eta = lbw["low"].to_numpy(), fit.predict().to_numpy(), fit.predict_logit().to_numpy()
    null = np.sum(np.log(np.where(y == 1, y.mean(), 1 - y.mean())))
    assert_allclose(found.mcfadden, 1 - fit.loglik / null, rtol=ROUTE)
    assert_allclose(found.mcfadden_adjusted, 1 - (fit.loglik - 3) / null, rtol=ROUTE)
    assert_allclose(found.efron, 1 - np.sum((y - p) ** 2) / np.sum((y - y.mean()) ** 2), rtol=ROUTE)
    assert_allclose(found.mckelvey_zavoina, eta.var() / (eta.var() + np.pi**2 / 3), rtol=ROUTE)
    assert_allclose([found.cox_snell, found.nagelkerke, found.tjur], fit.r_squared.iloc[1:4], rtol=ROUTE)
    assert_allclose(found.tjur, p[y == 1].mean() - p[y == 0].mean(), rtol=ROUTE)
    assert found.to_frame().shape == (7, 1)
    assert "McKelvey-Zavoina" in str(found)


def test_on_new_rows_the_null_model_is_that_of_the_fit(lbw):
    old, new = lbw.iloc[::2], lbw.iloc[1::2]
    fit = lk.logit("low ~ age + lwt + smoke", old)
    found, rate = fit.pseudo_r2(new), old["low"].mean()
    y, p = new["low"].to_numpy(), fit.predict(new).to_numpy()
    loglik, null = (np.sum(np.log(np.where(y == 1, q, 1 - q))) for q in (p, rate))
    assert_allclose(found.mcfadden, 1 - loglik / null, rtol=ROUTE)
    assert_allclose(found.cox_snell, 1 - np.exp(2 * (null - loglik) / y.size), rtol=1e-8)
    assert_allclose(found.efron, 1 - np.sum((y - p) ** 2) / np.sum((y - rate) ** 2), rtol=ROUTE)
    assert_allclose(found.tjur, p[y == 1].mean() - p[y == 0].mean(), rtol=ROUTE)
    assert np.isnan(found.mcfadden_adjusted)
    assert "proportions in the fit" in str(found)


def test_where_a_coefficient_has_no_meaning_it_is_missing(lbw):
    several = lk.multinomial("race ~ age + lwt", lbw).pseudo_r2()
    assert np.isnan([several.tjur, several.efron, several.mckelvey_zavoina]).all()
    assert several.mcfadden > 0
    ordered = lk.ordinal("race ~ age + lwt", lbw, order=["white", "black", "other"], link="probit").pseudo_r2()
    assert 0 < ordered.mckelvey_zavoina < 1
    penalised = lk.logit("low ~ age + lwt", lbw, penalty=lk.Ridge(0.1)).pseudo_r2()
    assert np.isnan(penalised.mcfadden)
    assert penalised.efron > 0
    cauchit = lk.logit("low ~ age + lwt", lbw, link="cauchit").pseudo_r2()
    assert np.isnan(cauchit.mckelvey_zavoina)  # its errors have no variance


def test_aic_is_corrected_for_few_rows(lbw):
    fit = lk.logit("low ~ age + lwt", lbw)
    assert_allclose(fit.aicc, fit.aic + 2 * 3 * 4 / (189 - 4), rtol=EXACT)
    assert np.isnan(lk.logit("low ~ age + lwt", lbw, penalty=lk.Ridge(0.1)).aicc)
