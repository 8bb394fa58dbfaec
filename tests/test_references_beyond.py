"""What some references hold besides a fit: tests, sandwiches, separation, a second way to count rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from references.load import load_frame, load_reference
from tolerances import EXACT, REFERENCE, ROUTE


def fit_lbw() -> tuple[lk.Fit, dict[str, Any]]:
    reference = load_reference("lbw")
    return lk.logit(reference["model"]["formula"], load_frame(reference)), reference["inference"]


def assert_vcov_allclose(actual: Any, expected: np.ndarray) -> None:
    """Compare covariances in units of the standard errors: an entry near zero has no relative precision."""
    se = np.sqrt(np.diag(expected))
    assert_allclose(np.asarray(actual) / np.outer(se, se), expected / np.outer(se, se), rtol=0, atol=REFERENCE)


def test_wald_intervals() -> None:
    fit, expected = fit_lbw()
    assert {item["level"] for item in expected["confint_wald"]} == {0.95, 0.9}
    for item in expected["confint_wald"]:
        table = fit.confint(level=item["level"])
        # An end of an interval may lie near zero; its natural scale is the standard error.
        scale = REFERENCE * fit.std_error.to_numpy()
        assert np.all(np.abs(table["conf_low"] - item["lower"]) < scale)
        assert np.all(np.abs(table["conf_high"] - item["upper"]) < scale)
    assert_allclose(fit.confint()["conf_low"], fit.tidy()["conf_low"], rtol=EXACT)


def test_odds_ratios() -> None:
    fit, expected = fit_lbw()
    table = fit.odds_ratios()
    assert_allclose(table["odds_ratio"], expected["odds_ratio"][1:], rtol=REFERENCE)
    assert_allclose(table["std_error"], expected["odds_ratio_std_error"][1:], rtol=REFERENCE)
    assert_allclose(np.log(table["conf_low"]), fit.confint()["conf_low"].iloc[1:], rtol=ROUTE, atol=ROUTE)
    ten = fit.odds_ratios(units={"age": 10}).loc["age"]
    assert_allclose(ten["odds_ratio"], np.exp(10 * fit.coef["age"]), rtol=EXACT)
    assert_allclose(ten["conf_high"], np.exp(10 * fit.confint().loc["age", "conf_high"]), rtol=EXACT)


def test_a_negative_unit_keeps_the_interval_in_order() -> None:
    fit, _ = fit_lbw()
    up, down = fit.odds_ratios().loc["lwt"], fit.odds_ratios(units={"lwt": -1}).loc["lwt"]
    assert_allclose(
        [down["odds_ratio"], down["conf_low"], down["conf_high"]],
        [1 / up["odds_ratio"], 1 / up["conf_high"], 1 / up["conf_low"]],
        rtol=EXACT,
    )


@pytest.mark.parametrize("name", ["age", "black_is_other", "race", "shifted"])
def test_wald_tests(name: str) -> None:
    fit, inference = fit_lbw()
    expected = inference["wald_tests"][name]
    result = fit.test(expected["hypothesis"])
    assert result.dof == expected["dof"]
    assert_allclose(result.statistic, expected["statistic"], rtol=REFERENCE)
    assert_allclose(result.p_value, expected["p_value"], rtol=REFERENCE)


def test_likelihood_ratio_against_the_null_model() -> None:
    fit, inference = fit_lbw()
    result, expected = fit.lr_test(), inference["lr_test"]
    assert result.dof == expected["dof"]
    assert_allclose(result.statistic, expected["statistic"], rtol=REFERENCE)
    # A relative error e of the statistic becomes about statistic / 2 times e in its tail probability.
    assert_allclose(result.p_value, expected["p_value"], rtol=REFERENCE * (1 + expected["statistic"] / 2))


def test_coefficients_of_determination() -> None:
    fit, inference = fit_lbw()
    for name, value in fit.r_squared.items():
        assert_allclose(value, inference["r_squared"][str(name)], rtol=REFERENCE)
    assert len(fit.r_squared) == 4


def test_variance_inflation() -> None:
    fit, inference = fit_lbw()
    table, expected = fit.collinearity(), inference["gvif"]
    assert list(table.index) == expected["term"]
    assert np.array_equal(table["dof"], expected["dof"])
    assert_allclose(table["gvif"], expected["gvif"], rtol=REFERENCE)
    assert_allclose(table["gvif_scaled"], expected["gvif_scaled"], rtol=REFERENCE)


def test_frequency_weights_give_the_totals_of_the_rows_written_out() -> None:
    reference = load_reference("lbw_frequency")
    fit = lk.logit(reference["model"]["formula"], load_frame(reference), weights="count")
    for key, value in reference["expanded"].items():
        if key != "dof_null":
            assert_allclose(getattr(fit, key), value, rtol=REFERENCE)


def test_an_aliased_column_is_named_and_dropped() -> None:
    reference = load_reference("lbw_aliased")
    frame = load_frame(reference)
    fit = lk.logit(reference["model"]["formula"], frame)
    assert fit.aliased == ("lwt_kg",)
    assert "Aliased" in str(fit.summary())
    less = lk.logit(reference["model"]["formula"].replace(" + lwt_kg", ""), frame)
    assert_allclose(fit.predict(), less.predict(), rtol=ROUTE)


def test_sandwich_by_cluster() -> None:
    reference = load_reference("lbw_sandwich")
    expected = reference["unweighted"]
    for cluster in (reference["cluster"], load_frame(reference)[reference["cluster"]].to_numpy()):
        fit = lk.logit(reference["model"]["formula"], load_frame(reference), cluster=cluster)
        assert list(fit.coef.index) == reference["names"]
        assert_allclose(fit.coef, expected["coef"], rtol=REFERENCE)
        assert_vcov_allclose(fit.vcov, expected["cluster"]["vcov"])
        assert_allclose(fit.std_error, expected["cluster"]["std_error"], rtol=REFERENCE)
        assert fit.record.covariance.n_clusters == reference["n_clusters"]
    text = str(fit.summary())
    assert f"G / (G - 1) with G = {reference['n_clusters']}" in text


@pytest.mark.parametrize("design", ["independent", "cluster"])
def test_sandwich_with_sampling_weights(design: str) -> None:
    reference = load_reference("lbw_sandwich")
    expected = reference["sampling"]
    cluster = reference["cluster"] if design == "cluster" else None
    fit = lk.logit(
        reference["model"]["formula"],
        load_frame(reference),
        weights=reference["weights"],
        weight_kind="sampling",
        cluster=cluster,
    )
    assert_allclose(fit.coef, expected["coef"], rtol=REFERENCE)
    assert_vcov_allclose(fit.vcov, expected[design]["vcov"])
    assert fit.n_obs == reference["n_obs"]
    assert np.isnan([fit.loglik, fit.deviance, fit.null_deviance, fit.aic, fit.bic]).all()
    assert fit.glance()[["loglik", "aic", "bic", "lr_statistic", "mcfadden"]].isna().all(axis=None)
    assert "are not reported" in str(fit.summary())
    with pytest.raises(lk.errors.UnsupportedError, match="likelihood-ratio"):
        fit.lr_test()


def test_endometrial_is_separated_by_neovasculation() -> None:
    reference = load_reference("endometrial")
    limit = reference["separation"]
    frame = load_frame(reference)
    fit = lk.logit(reference["model"]["formula"], frame)
    assert list(fit.coef.index) == limit["names"]
    assert_allclose(fit.coef, limit["coef"], rtol=REFERENCE)
    finite = np.isfinite(limit["coef"])
    assert_allclose(fit.std_error[finite], limit["std_error"][finite], rtol=REFERENCE)
    assert_vcov_allclose(fit.vcov.to_numpy()[np.ix_(finite, finite)], limit["vcov"][np.ix_(finite, finite)])
    assert fit.std_error[~finite].isna().all()
    for key in ("loglik", "deviance", "null_deviance"):
        assert_allclose(getattr(fit, key), limit[key], rtol=REFERENCE)
    assert_allclose(fit.predict(), limit["fitted"], rtol=REFERENCE)
    assert_allclose(fit.predict_logit(), limit["linear_predictor"], rtol=REFERENCE, atol=REFERENCE)
    assert fit.separation is not None
    assert fit.separation.n_rows == len(limit["separated_rows"])
    assert np.array_equal(np.flatnonzero(np.isinf(fit.predict_logit())), limit["separated_rows"])
    direction = np.asarray(limit["direction"], dtype=float)
    found = fit.separation.direction
    assert_allclose(found / np.abs(found).max(), direction / np.abs(direction).max(), atol=ROUTE)


def test_the_summary_of_a_separated_fit_names_the_coefficient_and_prints_no_p_value() -> None:
    reference = load_reference("endometrial")
    fit = lk.logit(reference["model"]["formula"], load_frame(reference))
    text = str(fit.summary())
    assert "Separation" in text
    assert "Infinite: NV." in text
    assert "Remedies" in text
    row = fit.tidy().set_index("term").loc["NV"]
    assert row[["std_error", "statistic", "p_value", "conf_low", "conf_high"]].isna().all()


def test_the_overlapping_rows_have_the_residuals_and_leverage_of_the_limiting_fit() -> None:
    reference = load_reference("endometrial")
    expected = reference["fit"]
    fit = lk.logit(reference["model"]["formula"], load_frame(reference))
    rows = reference["separation"]["overlap_rows"]
    separated = reference["separation"]["separated_rows"]
    for kind in ("response", "pearson", "deviance", "working"):
        residuals = fit.residuals(kind)
        assert_allclose(residuals.iloc[rows], expected["residuals"][kind], rtol=REFERENCE, atol=REFERENCE)
        if kind != "working":  # whose limit is 1 or -1: (y - mu) / (mu (1 - mu)) with y - mu = 1 - mu
            assert (residuals.iloc[separated] == 0).all()
    table = fit.influence()
    assert_allclose(table["leverage"].iloc[rows], expected["leverage"], rtol=REFERENCE)
    assert (table["leverage"].iloc[separated] == 0).all()
    assert_allclose(table["cooks_distance"].iloc[rows], expected["cooks_distance"], rtol=REFERENCE)


def test_a_level_without_events_leaves_the_other_coefficients_alone() -> None:
    # Sector 55 has seven loans in the window and no default; the reference was made without it (README).
    reference = load_reference("sba")
    model = reference["model"]
    whole = dict(reference, model=dict(model, rows="2001 <= approval_fy <= 2006"))
    fit = lk.logit(model["formula"], load_frame(whole))
    infinite = "sector[T.55]"
    assert fit.coef[infinite] == -np.inf
    assert fit.separation is not None
    assert fit.separation.n_rows == 7
    rest = fit.coef.drop(infinite)
    assert list(rest.index) == reference["fit"]["names"]
    assert_allclose(rest, reference["fit"]["coef"], rtol=REFERENCE)
    assert_allclose(fit.std_error.drop(infinite), reference["fit"]["std_error"], rtol=REFERENCE)
    assert_allclose(fit.deviance, reference["fit"]["deviance"], rtol=REFERENCE)
