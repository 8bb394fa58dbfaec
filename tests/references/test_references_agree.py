"""A live second opinion on the stored numbers: statsmodels' GLM on design matrices that formulaic builds.

It checks the stored files, not the package, and so what changes only when these do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from formulaic import ModelMatrix, model_matrix
from numpy.testing import assert_allclose

from references.load import REFERENCE_NAMES, load_fixture, load_frame, load_reference
from tolerances import EXACT, REFERENCE, ROUTE

pytestmark = pytest.mark.slow

# Unweighted, not separated.
PLAIN = [
    "credit_data",
    "esoph",
    "german_credit",
    "lbw",
    "lbw_aliased",
    "lbw_interaction",
    "lbw_no_intercept",
    "lbw_offset",
    "lbw_poly",
    "lbw_spline",
    "sba",
]
WEIGHTED = ["lbw_frequency", "lbw_precision"]


@dataclass(frozen=True)
class Rows:
    """The rows that R kept, as arrays."""

    frame: pd.DataFrame
    y: np.ndarray
    weights: np.ndarray
    matrix: ModelMatrix

    @property
    def X(self) -> np.ndarray:  # noqa: N802 - the name of the quantity
        return np.asarray(self.matrix, dtype=float)


def rows_of(reference: dict[str, Any]) -> Rows:
    model = reference["model"]
    frame = load_frame(reference)
    assert len(frame) == model["n_rows"]
    frame = frame.drop(index=model["dropped_rows"]).reset_index(drop=True)
    matrix = model_matrix(model["design_formula"], frame)
    if model["event"] is None:
        events, others = (frame[name].to_numpy(dtype=float) for name in model["response"])
        return Rows(frame, events / (events + others), events + others, matrix)
    y = (frame[model["response"][0]] == model["event"]).to_numpy(dtype=float)
    weights = frame[model["weights"]].to_numpy(dtype=float) if model["weights"] else np.ones(len(y))
    return Rows(frame, y, weights, matrix)


def fit_statsmodels(reference: dict[str, Any], **covariance: Any) -> tuple[Any, np.ndarray]:
    """Give the fit on columns scaled to one, because statsmodels inverts by pinv, and the scales."""
    model = reference["model"]
    rows = rows_of(reference)
    X = rows.X[:, np.isfinite(reference["fit"]["coef"])]
    scale = np.abs(X).max(axis=0)
    kind = "freq_weights" if model["weight_kind"] == "frequency" else "var_weights"
    weights = {} if np.all(rows.weights == 1) else {kind: rows.weights}
    offset = rows.frame[model["offset"]] if model["offset"] else None
    glm = sm.GLM(rows.y, X / scale, family=sm.families.Binomial(), offset=offset, **weights)
    start = glm.fit(tol=1e-12, maxiter=50).params
    return glm.fit(start_params=start, tol=1e-12, maxiter=50, **covariance), scale


def stored(vector: Any) -> tuple[np.ndarray, slice]:
    """Give the stored part of an n-vector (all, or the first rows of a condensed one) and which rows."""
    if isinstance(vector, dict):
        return vector["first"], slice(0, len(vector["first"]))
    return vector, slice(None)


def assert_vcov_allclose(actual: np.ndarray, expected: np.ndarray) -> None:
    """Compare covariances in units of the standard errors: an entry near zero has no relative precision."""
    se = np.sqrt(np.diag(expected))
    assert_allclose(actual / np.outer(se, se), expected / np.outer(se, se), rtol=REFERENCE, atol=REFERENCE)


@pytest.mark.parametrize("name", PLAIN + WEIGHTED)
def test_statsmodels_finds_the_stored_fit(name: str) -> None:
    reference = load_reference(name)
    expected = reference["fit"]
    known = np.isfinite(expected["coef"])
    result, scale = fit_statsmodels(reference)
    assert_allclose(result.params / scale, expected["coef"][known], rtol=REFERENCE)
    assert_allclose(result.bse / scale, expected["std_error"][known], rtol=REFERENCE)
    vcov = result.cov_params() / np.outer(scale, scale)
    assert_vcov_allclose(vcov, expected["vcov"][np.ix_(known, known)])
    assert_allclose(result.deviance, expected["deviance"], rtol=REFERENCE)
    # A relative error e of z becomes about z**2 e in its tail probability.
    error = REFERENCE * (1 + np.square(expected["statistic"][known]))
    assert np.all(np.abs(result.pvalues / expected["p_value"][known] - 1) < error)

    fitted, rows = stored(expected["fitted"])
    assert_allclose(result.fittedvalues[rows], fitted, rtol=REFERENCE)
    leverage, rows = stored(expected["leverage"])
    assert_allclose(result.get_influence(observed=False).hat_matrix_diag[rows], leverage, rtol=REFERENCE)


@pytest.mark.parametrize("name", PLAIN + WEIGHTED)
def test_formulaic_names_the_columns_as_stored(name: str) -> None:
    reference = load_reference(name)
    assert list(rows_of(reference).matrix.columns) == reference["fit"]["names"]


@pytest.mark.parametrize("name", [name for name in PLAIN if name not in {"esoph", "lbw_no_intercept"}])
def test_statsmodels_gives_the_stored_totals(name: str) -> None:
    # Left out: esoph, because statsmodels is given proportions there and not the counts that R's constant is
    # of, and the model without intercept, whose null model has none in R and one in statsmodels.
    reference = load_reference(name)
    expected = reference["fit"]
    result, _ = fit_statsmodels(reference)
    assert_allclose(result.llf, expected["loglik"], rtol=REFERENCE)
    assert_allclose(result.aic, expected["aic"], rtol=REFERENCE)
    assert_allclose(result.null_deviance, expected["null_deviance"], rtol=REFERENCE)
    assert result.nobs == expected["n_obs"]
    assert result.df_resid == expected["dof_residual"]


def test_grouped_counts_give_the_log_likelihood_with_its_constant() -> None:
    reference = load_reference("esoph")
    rows = rows_of(reference)
    glm = sm.GLM(rows.frame[["ncases", "ncontrols"]], rows.X, family=sm.families.Binomial())
    assert_allclose(glm.fit(tol=1e-12).llf, reference["fit"]["loglik"], rtol=REFERENCE)


@pytest.mark.parametrize("name", ["credit_data", "esoph", "german_credit", "lbw", "lbw_precision"])
def test_residuals_and_influence_agree_with_statsmodels(name: str) -> None:
    reference = load_reference(name)
    expected = reference["fit"]
    result, _ = fit_statsmodels(reference)
    for kind, values in expected["residuals"].items():
        assert_allclose(getattr(result, f"resid_{kind}"), values, rtol=REFERENCE, atol=REFERENCE)
    assert_allclose(result.pearson_chi2, expected["pearson_chi2"], rtol=REFERENCE)
    distance, _ = result.get_influence(observed=False).cooks_distance
    assert_allclose(distance, expected["cooks_distance"], rtol=REFERENCE)


@pytest.mark.parametrize("name", [name for name in PLAIN + WEIGHTED if name != "lbw_aliased"])
def test_predictions_for_new_rows(name: str) -> None:
    reference = load_reference(name)
    expected = reference["fit"]["new"]
    new = pd.DataFrame(expected["data"])
    whole = np.isfinite(expected["link"])
    assert_allclose(whole, new.notna().all(axis=1))
    spec = rows_of(reference).matrix.model_spec
    X = np.asarray(spec.get_model_matrix(new[whole].reset_index(drop=True)), dtype=float)
    offset = new.loc[whole, "z"] if reference["model"]["offset"] else 0.0
    eta = X @ reference["fit"]["coef"] + offset
    se = np.sqrt(np.einsum("ij,jk,ik->i", X, reference["fit"]["vcov"], X))
    mu = 1 / (1 + np.exp(-eta))
    assert_allclose(eta, expected["link"][whole], rtol=ROUTE)
    assert_allclose(se, expected["link_se"][whole], rtol=ROUTE)
    assert_allclose(mu, expected["response"][whole], rtol=ROUTE)
    assert_allclose(mu * (1 - mu) * se, expected["response_se"][whole], rtol=ROUTE)


@pytest.mark.parametrize("name", [name for name in REFERENCE_NAMES if name != "lbw_sandwich"])
def test_a_reference_is_consistent_with_itself(name: str) -> None:
    fit = load_reference(name)["fit"]
    known = np.isfinite(fit["coef"])
    assert_allclose(np.sqrt(np.diag(fit["vcov"]))[known], fit["std_error"][known], rtol=EXACT)
    assert_allclose(fit["aic"], 2 * fit["rank"] - 2 * fit["loglik"], rtol=EXACT)
    assert_allclose(fit["bic"], np.log(fit["n_obs"]) * fit["rank"] - 2 * fit["loglik"], rtol=EXACT)
    assert known.sum() == fit["rank"] == fit["n_obs"] - fit["dof_residual"]
    leverage = fit["leverage"]["sum"] if isinstance(fit["leverage"], dict) else fit["leverage"].sum()
    assert_allclose(leverage, fit["rank"], rtol=ROUTE)


def test_the_saturated_table_is_fitted_without_error() -> None:
    reference = load_reference("esoph_saturated")
    rows = rows_of(reference)
    assert list(rows.matrix.columns) == reference["fit"]["names"]
    log_odds = np.log(rows.frame["ncases"] / rows.frame["ncontrols"])
    assert_allclose(np.linalg.solve(rows.X, log_odds), reference["fit"]["coef"], rtol=ROUTE)
    assert abs(reference["fit"]["deviance"]) < ROUTE


def test_no_finite_coefficient_reaches_the_deviance_of_the_separated_limit() -> None:
    reference = load_reference("endometrial")
    limit = reference["separation"]
    data = load_fixture("endometrial")
    kept = data.iloc[limit["overlap_rows"]]
    assert (kept["NV"] == 0).all()
    assert (data.drop(index=kept.index)["HG"] == 1).all()
    glm = sm.GLM(kept["HG"], sm.add_constant(kept[["PI", "EH"]]), family=sm.families.Binomial())
    result = glm.fit(tol=1e-12)
    finite = np.isfinite(limit["coef"])
    assert_allclose(result.params, limit["coef"][finite], rtol=REFERENCE)
    assert_allclose(result.bse, limit["std_error"][finite], rtol=REFERENCE)
    assert_allclose(result.deviance, limit["deviance"], rtol=REFERENCE)

    X = np.column_stack([np.ones(len(data)), data[["NV", "PI", "EH"]]])
    losses = []
    for slope in (5.0, 10.0, 20.0, 40.0):
        eta = X @ np.where(finite, limit["coef"], slope)
        losses.append(2 * np.sum(np.logaddexp(0, eta) - data["HG"] * eta))
    assert np.all(np.diff(losses) < 0)
    assert_allclose(losses[-1], limit["deviance"], rtol=EXACT)


def test_sandwich_covariances_agree_with_statsmodels() -> None:
    reference = load_reference("lbw")
    sandwich = load_reference("lbw_sandwich")["unweighted"]
    age = load_frame(reference)["age"].to_numpy()
    clustered = {"groups": age, "use_correction": True}
    for key, options in {
        "HC0": {"cov_type": "HC0"},
        "cluster_hc1": {"cov_type": "cluster", "cov_kwds": clustered},
        "cluster_uncorrected": {"cov_type": "cluster", "cov_kwds": clustered | {"use_correction": False}},
    }.items():
        result, scale = fit_statsmodels(reference, **options)
        assert_vcov_allclose(result.cov_params() / np.outer(scale, scale), sandwich[key]["vcov"])
    factor = sandwich["cluster"]["factor"]
    assert_allclose(factor, len(np.unique(age)) / (len(np.unique(age)) - 1), rtol=EXACT)
    assert_vcov_allclose(factor * sandwich["cluster_uncorrected"]["vcov"], sandwich["cluster"]["vcov"])


def test_sampling_weights_give_the_sandwich_of_weighted_scores() -> None:
    reference = load_reference("lbw_sandwich")
    rows = rows_of(reference)
    weights = rows.frame["sampling"].to_numpy()
    expected = reference["sampling"]
    mu = 1 / (1 + np.exp(-rows.X @ expected["coef"]))
    scores = rows.X * (weights * (rows.y - mu))[:, np.newaxis]
    assert_allclose(scores.sum(axis=0), 0, atol=ROUTE * np.abs(rows.X).max())
    bread = np.linalg.inv(rows.X.T @ (rows.X * (weights * mu * (1 - mu))[:, np.newaxis]))
    by_age = pd.DataFrame(scores).groupby(rows.frame["age"]).sum().to_numpy()
    for key, summed in {"independent": scores, "cluster": by_age}.items():
        count = len(summed)
        vcov = count / (count - 1) * bread @ summed.T @ summed @ bread
        assert_vcov_allclose(vcov, expected[key]["vcov"])
