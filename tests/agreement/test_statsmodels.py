"""statsmodels as a live second opinion, on simulated rows that no stored reference has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose

import logitkit as lk
from oracles.likelihood import mean, newton_decrement, sandwich_by_loops
from tolerances import REFERENCE, ROUTE


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(20)
    n = 400
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.exponential(size=n),
            "g": rng.choice(["a", "b", "c"], n),
            "exposure": rng.normal(scale=0.3, size=n),
            "count": rng.integers(0, 4, n),
            "precision": rng.uniform(0.2, 2.0, n),
            "site": rng.integers(0, 25, n),
        }
    )
    eta = -0.4 + 0.8 * frame["x"] - 0.5 * frame["z"] + 0.6 * (frame["g"] == "b") + frame["exposure"]
    frame["y"] = (rng.random(n) < mean(eta)).astype(int)
    return frame


def fit_glm(frame: pd.DataFrame, formula: str, covariance: dict[str, Any] | None = None, **options: Any) -> Any:
    model = smf.glm(formula, frame, family=sm.families.Binomial(), **options)
    start = model.fit(tol=1e-12).params
    # A second run from the optimum: statsmodels takes its covariance from the weights before the last step.
    return model.fit(start_params=start, tol=1e-14, **(covariance or {}))


@pytest.mark.parametrize(
    "formula", ["y ~ x + z + C(g)", "y ~ x * C(g) + np.log(z)", "y ~ 0 + C(g) + x:z", "y ~ x + bs(z, df=4)"]
)
def test_plain_fits(rows: pd.DataFrame, formula: str) -> None:
    fit, peer = lk.logit(formula, rows), fit_glm(rows, formula)
    assert len(fit.coef) == len(peer.params)
    if "bs(" not in formula:  # whose columns patsy names otherwise; it also puts factors first
        assert_allclose(fit.coef, peer.params[fit.coef.index], rtol=REFERENCE)
        assert_allclose(fit.std_error, peer.bse[fit.coef.index], rtol=REFERENCE)
    assert_allclose(fit.loglik, peer.llf, rtol=REFERENCE)
    assert_allclose(fit.aic, peer.aic, rtol=REFERENCE)
    assert_allclose(fit.predict(), peer.fittedvalues, rtol=REFERENCE)
    influence = peer.get_influence(observed=False)
    assert_allclose(fit.influence()["leverage"], influence.hat_matrix_diag, rtol=REFERENCE)
    assert_allclose(fit.influence()["cooks_distance"], influence.cooks_distance[0], rtol=REFERENCE)


def test_offset_and_frequency_weights(rows: pd.DataFrame) -> None:
    options = {"offset": rows["exposure"], "freq_weights": rows["count"]}
    fit = lk.logit("y ~ x + z + C(g)", rows, weights="count", offset="exposure")
    peer = fit_glm(rows, "y ~ x + z + C(g)", **options)
    assert_allclose(fit.coef, peer.params[fit.coef.index], rtol=REFERENCE)
    assert_allclose(fit.std_error, peer.bse[fit.coef.index], rtol=REFERENCE)
    assert_allclose(fit.deviance, peer.deviance, rtol=REFERENCE)
    assert fit.n_obs == rows["count"].sum()
    assert fit.dof_residual == peer.df_resid


def test_precision_weights(rows: pd.DataFrame) -> None:
    fit = lk.logit("y ~ x + z", rows, weights="precision", weight_kind="precision")
    peer = fit_glm(rows, "y ~ x + z", var_weights=rows["precision"])
    assert_allclose(fit.coef, peer.params, rtol=REFERENCE)
    assert_allclose(fit.std_error, peer.bse, rtol=REFERENCE)
    assert fit.n_obs == len(rows)


def test_grouped_counts(rows: pd.DataFrame) -> None:
    table = rows.groupby(["g", "count"])["y"].agg(["sum", "size"]).reset_index()
    table["rest"] = table["size"] - table["sum"]
    fit = lk.logit("cbind(sum, rest) ~ C(g) + count", table)
    X = np.column_stack([np.ones(len(table)), table["g"] == "b", table["g"] == "c", table["count"]]).astype(float)
    peer = sm.GLM(table[["sum", "rest"]], X, family=sm.families.Binomial()).fit(tol=1e-14)
    assert_allclose(fit.coef, peer.params, rtol=REFERENCE)
    # One more step would move the covariance of statsmodels by the square of its tolerance.
    assert_allclose(fit.std_error, peer.bse, rtol=REFERENCE)
    assert_allclose(fit.loglik, peer.llf, rtol=REFERENCE)
    assert_allclose(fit.residuals("deviance"), peer.resid_deviance, rtol=REFERENCE, atol=REFERENCE)


def test_clusters_with_the_correction_mapped(rows: pd.DataFrame) -> None:
    fit = lk.logit("y ~ x + z", rows, cluster="site")
    options = {"cov_type": "cluster", "cov_kwds": {"groups": rows["site"].to_numpy(), "use_correction": True}}
    peer = fit_glm(rows, "y ~ x + z", options)
    n, k = len(rows), 3
    # statsmodels multiplies by G / (G - 1) and by (n - 1) / (n - k); here the first alone.
    assert_allclose(fit.std_error, peer.bse * np.sqrt((n - k) / (n - 1)), rtol=REFERENCE)
    assert fit.record.covariance.n_clusters == 25


@pytest.mark.parametrize("clustered", [False, True])
def test_sampling_weights_against_the_sandwich_by_loops(rows: pd.DataFrame, clustered: bool) -> None:
    weights = np.where(rows["count"] == 0, 0.0, rows["precision"])
    cluster = rows["site"].to_numpy() if clustered else None
    fit = lk.logit("y ~ x + z", rows, weights=weights, weight_kind="sampling", cluster=cluster)
    X = np.column_stack([np.ones(len(rows)), rows["x"], rows["z"]])
    y = rows["y"].to_numpy(float)
    vcov = sandwich_by_loops(fit.coef.to_numpy(), X, y, weights, cluster)
    se = np.sqrt(np.diag(vcov))
    assert_allclose(fit.vcov / np.outer(se, se), vcov / np.outer(se, se), atol=ROUTE)
    assert newton_decrement(fit.coef.to_numpy(), X, y, weights) < ROUTE


def test_predictions_with_intervals(rows: pd.DataFrame) -> None:
    fit, peer = lk.logit("y ~ x + z + C(g)", rows), fit_glm(rows, "y ~ x + z + C(g)")
    new = rows.head(20).assign(x=np.linspace(-5, 5, 20))
    table, other = fit.predictions(new, level=0.9), peer.get_prediction(new)
    assert_allclose(table["estimate"], other.predicted_mean, rtol=REFERENCE)
    assert_allclose(table["std_error"], other.se_mean, rtol=REFERENCE)
    assert_allclose(table[["conf_low", "conf_high"]], other.conf_int(alpha=0.1), rtol=REFERENCE)


def test_wald_test_of_a_term(rows: pd.DataFrame) -> None:
    fit, peer = lk.logit("y ~ x * C(g)", rows), fit_glm(rows, "y ~ x * C(g)")
    result = fit.test("x:C(g)[T.b] = x:C(g)[T.c], x = 0")
    other = peer.wald_test("x:C(g)[T.b] = x:C(g)[T.c], x = 0", scalar=True)
    assert_allclose(result.statistic, other.statistic, rtol=REFERENCE)
    assert_allclose(result.p_value, other.pvalue, rtol=REFERENCE * (1 + result.statistic))
    assert result.dof == 2
