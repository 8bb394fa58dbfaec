"""`lk.logit` against every number that R stored for it, side by side with its formula and its rows."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from references.load import REFERENCE_NAMES, load_frame, load_reference, rows_of
from tolerances import EXACT, REFERENCE, ROUTE

# Models with one `fit`; the sandwich has none and the separated model has its limit. Both stand in
# tests/test_references_beyond.py.
FITTED = tuple(name for name in REFERENCE_NAMES if name not in {"lbw_sandwich", "endometrial"})
# A saturated table has leverage 1: what R stores for Cook's distance there is rounding noise (README).
INFLUENTIAL = tuple(name for name in FITTED if name != "esoph_saturated")
KINDS = ("response", "pearson", "deviance", "working")


@cache
def reference_of(name: str) -> dict[str, Any]:
    return load_reference(name)


@cache
def fit_of(name: str) -> lk.Fit:
    return fit_reference(reference_of(name))


def fit_reference(reference: dict[str, Any], **options: Any) -> lk.Fit:
    model = reference["model"]
    given = {"weights": model["weights"], "weight_kind": model["weight_kind"] or "frequency"}
    if isinstance(model["event"], str):
        given["event"] = model["event"]
    return lk.logit(model["formula"], load_frame(reference), **(given | options))


def copies(fit: lk.Fit) -> np.ndarray:
    """Give how often each row occurs: its frequency weight."""
    response = fit.design.response
    counted = response.prior is not None and response.weight_kind == "frequency"
    return response.prior if counted else np.ones(response.n_rows)


def assert_rows_allclose(actual: Any, expected: Any, atol: float = 0.0) -> None:
    """Compare a number a row with a vector, or with the sums and first rows of a condensed one."""
    values = np.asarray(actual, dtype=float)
    if not isinstance(expected, dict):
        assert_allclose(values, expected, rtol=REFERENCE, atol=atol)
        return
    n = len(values)
    assert_allclose(values[: len(expected["first"])], expected["first"], rtol=REFERENCE, atol=atol)
    # Sums of signed terms cancel: the natural scale of a sum is the sum of sizes.
    size = np.abs(values).sum()
    assert_allclose(values.sum(), expected["sum"], rtol=REFERENCE, atol=REFERENCE * size)
    assert_allclose(values @ values, expected["sum_of_squares"], rtol=REFERENCE)
    ranks = np.arange(1, n + 1) / n
    assert_allclose(values @ ranks, expected["weighted_sum"], rtol=REFERENCE, atol=REFERENCE * size)


def assert_vcov_allclose(actual: Any, expected: np.ndarray) -> None:
    """Compare covariances in units of the standard errors: an entry near zero has no relative precision."""
    se = np.sqrt(np.diag(expected))
    assert_allclose(np.asarray(actual) / np.outer(se, se), expected / np.outer(se, se), rtol=0, atol=REFERENCE)


def kept_rows(name: str) -> np.ndarray:
    model = reference_of(name)["model"]
    return np.setdiff1d(np.arange(model["n_rows"]), model["dropped_rows"])


@pytest.mark.parametrize("name", FITTED)
def test_coefficients_standard_errors_and_covariances(name: str) -> None:
    fit, expected = fit_of(name), reference_of(name)["fit"]
    assert fit.converged
    assert list(fit.coef.index) == list(fit.std_error.index) == expected["names"]
    assert_allclose(fit.coef, expected["coef"], rtol=REFERENCE)
    assert_allclose(fit.std_error, expected["std_error"], rtol=REFERENCE)
    assert list(fit.vcov.index) == list(fit.vcov.columns) == expected["names"]
    known = np.isfinite(expected["coef"])
    assert_vcov_allclose(fit.vcov.to_numpy()[np.ix_(known, known)], expected["vcov"][np.ix_(known, known)])
    assert np.isnan(fit.vcov.to_numpy()[~known]).all()
    assert np.isnan(fit.vcov.to_numpy()[:, ~known]).all()


@pytest.mark.parametrize("name", FITTED)
def test_the_coefficient_table(name: str) -> None:
    table, expected = fit_of(name).tidy(), reference_of(name)["fit"]
    assert list(table["term"]) == expected["names"]
    assert_allclose(table["statistic"], expected["statistic"], rtol=REFERENCE)
    # A relative error e of z becomes about z**2 e in its tail probability.
    known = np.isfinite(expected["coef"])
    error = REFERENCE * (1 + np.square(expected["statistic"][known]))
    assert np.all(np.abs(table["p_value"][known] / expected["p_value"][known] - 1) < error)
    assert table["p_value"][~known].isna().all()


@pytest.mark.parametrize("name", FITTED)
def test_likelihood_and_sizes(name: str) -> None:
    fit, expected = fit_of(name), reference_of(name)["fit"]
    assert fit.n_params == expected["rank"]
    # The deviance of a saturated table is zero, so its natural scale is that of the log-likelihood.
    assert_allclose(fit.deviance, expected["deviance"], rtol=REFERENCE, atol=REFERENCE * abs(expected["loglik"]))
    if name == "lbw_no_intercept":
        # All indicators of race span an intercept: our null model is R's of `low ~ 1`, R's own gives one half.
        assert_allclose(fit.null_deviance, 234.671996193, rtol=REFERENCE)
    else:
        assert_allclose(fit.null_deviance, expected["null_deviance"], rtol=REFERENCE)
    assert_allclose(fit.loglik, expected["loglik"], rtol=REFERENCE)
    assert_allclose(fit.aic, expected["aic"], rtol=REFERENCE)
    # R counts distinct rows under frequency weights where n here is their sum; `expanded` has that count.
    counted = reference_of(name).get("expanded", expected)
    assert fit.n_obs == counted["n_obs"]
    assert fit.dof_residual == counted["dof_residual"]
    assert_allclose(fit.bic, counted["bic"], rtol=REFERENCE)


@pytest.mark.parametrize("name", FITTED)
def test_glance_repeats_the_properties(name: str) -> None:
    fit = fit_of(name)
    row = fit.glance().iloc[0]
    for key in ("n_obs", "n_params", "dof_residual", "loglik", "deviance", "null_deviance", "aic", "bic"):
        assert row[key] == getattr(fit, key)
    assert_allclose(row["lr_statistic"], fit.null_deviance - fit.deviance, rtol=ROUTE)
    assert row["lr_dof"] == fit.n_params - 1  # every reference has an intercept, or columns that add up to one


@pytest.mark.parametrize("name", FITTED)
def test_rows_left_out_are_those_that_r_left_out(name: str) -> None:
    fit, model = fit_of(name), reference_of(name)["model"]
    assert fit.record.counts.given == model["n_rows"]
    assert fit.record.counts.missing == model["n_dropped"]
    predicted = fit.predict(load_frame(reference_of(name)))
    assert np.array_equal(np.flatnonzero(predicted.notna()), kept_rows(name))


@pytest.mark.parametrize("name", FITTED)
def test_fitted_values_and_linear_predictors(name: str) -> None:
    fit, expected = fit_of(name), reference_of(name)["fit"]
    rows = kept_rows(name)
    for data in (None, load_frame(reference_of(name))):
        assert_rows_allclose(fit.predict(data).iloc[rows], expected["fitted"])
        # The natural scale of a logit near zero is one.
        assert_rows_allclose(fit.predict_logit(data).iloc[rows], expected["linear_predictor"], atol=REFERENCE)


@pytest.mark.parametrize("name", FITTED)
def test_standard_errors_of_predictions(name: str) -> None:
    fit, expected = fit_of(name), reference_of(name)["fit"]["predictions"]
    table = fit.predictions().iloc[kept_rows(name)]
    assert_rows_allclose(table["logit_std_error"], expected["link_se"])
    assert_rows_allclose(table["std_error"], expected["response_se"])
    assert ((table["conf_low"] > 0) & (table["conf_low"] <= table["estimate"])).all()
    assert ((table["conf_high"] < 1) & (table["conf_high"] >= table["estimate"])).all()


@pytest.mark.parametrize("name", FITTED)
def test_predictions_for_new_rows(name: str) -> None:
    expected = reference_of(name)["fit"]["new"]
    new = pd.DataFrame(expected["data"])
    table = fit_of(name).predictions(new)
    assert len(table) == len(new)
    # Where the offset alone is missing R still gives a standard error; here the whole row is missing.
    absent = np.isnan(expected["link"])
    assert table[absent].isna().all(axis=None)
    for column, key in {
        "logit": "link",
        "logit_std_error": "link_se",
        "estimate": "response",
        "std_error": "response_se",
    }.items():
        assert_allclose(table[column][~absent], expected[key][~absent], rtol=REFERENCE)


@pytest.mark.filterwarnings("ignore:Rows used")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FITTED)
def test_residuals(name: str, kind: str) -> None:
    fit, expected = fit_of(name), rows_of(reference_of(name))["residuals"][kind]
    # A residual is a difference that may cancel to nothing; its natural scale is one.
    assert_rows_allclose(fit.residuals(kind), expected, atol=REFERENCE)
    assert_allclose(fit.residuals(kind, load_frame(reference_of(name))), fit.residuals(kind), rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("name", FITTED)
def test_leverage(name: str) -> None:
    fit, expected = fit_of(name), rows_of(reference_of(name))
    table = fit.influence()
    assert_rows_allclose(table["leverage"], expected["leverage"])
    assert_allclose(copies(fit) @ table["leverage"], fit.n_params, rtol=ROUTE)


@pytest.mark.parametrize("name", INFLUENTIAL)
def test_influence(name: str) -> None:
    table, expected = fit_of(name).influence(), rows_of(reference_of(name))
    assert_rows_allclose(table["cooks_distance"], expected["cooks_distance"])
    for kind, values in expected["standardized_residuals"].items():
        assert_rows_allclose(table[f"standardized_{kind}"], values, atol=REFERENCE)


@pytest.mark.parametrize("name", INFLUENTIAL)
def test_pearson_chi_square(name: str) -> None:
    pearson = fit_of(name).residuals("pearson")
    assert_allclose(copies(fit_of(name)) @ pearson**2, reference_of(name)["fit"]["pearson_chi2"], rtol=REFERENCE)


@pytest.mark.parametrize("name", INFLUENTIAL)
def test_augment_holds_the_same_columns(name: str) -> None:
    fit = fit_of(name)
    table = fit.augment()
    expected = rows_of(reference_of(name))
    assert np.array_equal(table.index, kept_rows(name))
    assert_rows_allclose(table["y"], expected["y"])
    assert_rows_allclose(table["fitted"], expected["fitted"])
    assert_rows_allclose(table["cooks_distance"], expected["cooks_distance"])
    assert_rows_allclose(table["deviance_residual"], expected["residuals"]["deviance"], atol=REFERENCE)
