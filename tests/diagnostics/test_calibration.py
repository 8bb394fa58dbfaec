"""Calibration against its definitions, statsmodels, and what a fit must satisfy on its own rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.stats.proportion import proportion_confint

import logitkit as lk
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.calibration import calibration, wilson_interval
from logitkit.errors import DataError
from tolerances import EXACT, REFERENCE, ROUTE


@pytest.fixture
def halves(fit_formula):
    """A fit on one half, and the design, linear predictors and outcomes of the other."""
    rng = np.random.default_rng(3)
    x, z = rng.standard_normal((2, 400))
    y = (rng.random(400) < 1.0 / (1.0 + np.exp(0.5 - x + 0.5 * z))).astype(int)
    record, _ = fit_formula("y ~ x + z", {"x": x[:200], "z": z[:200], "y": y[:200]})
    design = rebuild_design(record.info, {"x": x[200:], "z": z[200:], "y": y[200:]})
    eta = design.matrix.to_dense() @ record.coef
    return record, design, eta, y[200:]


@pytest.mark.parametrize("name", ["lbw", "german_credit", "esoph", "lbw_frequency", "lbw_precision"])
def test_on_the_rows_of_the_fit_it_is_perfect_by_construction(fitted, name):
    case = fitted(name)
    found = calibration(case.record, case.design)
    assert found.in_sample
    assert_allclose([found.intercept, found.slope], [0.0, 1.0], atol=ROUTE)
    assert_allclose([found.ratio, 1.0 + found.difference], 1.0, rtol=ROUTE)


def test_brier_score_and_log_loss_agree_with_r(fitted):
    case = fitted("lbw")
    found = calibration(case.record, case.design)
    assert_allclose(found.brier, case.reference["inference"]["brier"], rtol=REFERENCE)
    assert_allclose(found.log_loss, -case.reference["fit"]["loglik"] / 189, rtol=REFERENCE)


def test_intercept_and_slope_agree_with_statsmodels(halves):
    record, design, eta, y = halves
    found = calibration(record, design)
    assert not found.in_sample
    level = sm.GLM(y, np.ones((200, 1)), family=sm.families.Binomial(), offset=eta).fit(tol=1e-14)
    slope = sm.GLM(y, sm.add_constant(eta), family=sm.families.Binomial()).fit(tol=1e-14)
    assert_allclose([found.intercept, found.slope], [level.params[0], slope.params[1]], rtol=REFERENCE)
    errors = [found.intercept_std_error, found.slope_std_error]
    assert_allclose(errors, [level.bse[0], slope.bse[1]], rtol=REFERENCE)


def test_scores_on_other_rows_are_their_definitions(halves):
    record, design, eta, y = halves
    mu = 1.0 / (1.0 + np.exp(-eta))
    found = calibration(record, design)
    assert_allclose(found.brier, np.mean((y - mu) ** 2), rtol=EXACT)
    assert_allclose(found.log_loss, -np.mean(np.log(np.where(y == 1, mu, 1 - mu))), rtol=EXACT)
    assert_allclose([found.observed, found.expected], [y.sum(), mu.sum()], rtol=EXACT)
    assert_allclose(found.difference, y.sum() - mu.sum(), rtol=ROUTE)


def test_bins_are_the_sorted_rows_cut_in_equal_counts(halves):
    record, design, eta, y = halves
    order = np.argsort(eta)
    bins = calibration(record, design, bins=8).bins
    parts = np.split(order, 8)
    assert_array_equal(bins.n, 25.0)
    assert_allclose(bins.observed, [y[p].mean() for p in parts], rtol=EXACT)
    assert_allclose(bins.predicted, [np.mean(1 / (1 + np.exp(-eta[p]))) for p in parts], rtol=EXACT)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_intervals_agree_with_statsmodels(level):
    events, n = np.array([0, 1, 7, 20, 19]), np.full(5, 20)
    expected = proportion_confint(events, n, alpha=1 - level, method="wilson")
    for found, end in zip(wilson_interval(events / n, n.astype(float), level), expected, strict=True):
        assert_allclose(found, end, rtol=EXACT, atol=EXACT)


def test_frequency_weights_are_rows_written_out(fit_formula, tied):
    weighted = calibration(*fit_formula("y ~ x", tied, weights="w"), bins=4)
    long = {name: np.repeat(values, tied["w"]) for name, values in tied.items()}
    expanded = calibration(*fit_formula("y ~ x", long), bins=4)
    for field in ("n", "predicted", "observed", "low", "high"):
        assert_allclose(getattr(weighted.bins, field), getattr(expanded.bins, field), rtol=ROUTE)
    for field in ("brier", "log_loss", "slope_std_error", "intercept_std_error", "histogram"):
        assert_allclose(getattr(weighted, field), getattr(expanded, field), rtol=ROUTE)


def test_grouped_data_are_their_trials(fit_formula, tied):
    levels = np.unique(tied["x"])
    events = np.array([tied["y"][tied["x"] == v].sum() for v in levels])
    totals = np.array([(tied["x"] == v).sum() for v in levels])
    grouped = fit_formula("cbind(e, n) ~ x", {"x": levels, "e": events, "n": totals - events})
    found, single = calibration(*grouped), calibration(*fit_formula("y ~ x", tied))
    assert_allclose([found.brier, found.log_loss], [single.brier, single.log_loss], rtol=ROUTE)
    assert_allclose(found.bins.low, single.bins.low, rtol=ROUTE)


def test_sampling_weights_shorten_the_sample_and_bring_the_sandwich(fit_formula, tied):
    sampled = calibration(*fit_formula("y ~ x", tied, weights="w", weight_kind="sampling"), bins=4)
    counted = calibration(*fit_formula("y ~ x", tied, weights="w"), bins=4)
    assert_allclose(sampled.bins.observed, counted.bins.observed, rtol=ROUTE)
    assert (sampled.bins.high - sampled.bins.low > counted.bins.high - counted.bins.low).all()
    equal = {**tied, "w": np.full(200, 7)}
    same = calibration(*fit_formula("y ~ x", equal, weights="w", weight_kind="sampling"), bins=4)
    plain = calibration(*fit_formula("y ~ x", tied), bins=4)
    assert_allclose(same.bins.low, plain.bins.low, rtol=ROUTE)
    # The sandwich does not know the size of equal weights.
    assert_allclose(same.slope_std_error, plain.slope_std_error, rtol=0.2)


def test_the_histogram_holds_every_row(fitted):
    case = fitted("german_credit")
    found = calibration(case.record, case.design)
    mu = case.reference["fit"]["fitted"]
    assert found.histogram.sum() == 1000
    assert_allclose(found.histogram_edges[[0, -1]], [0.0, mu.max()], rtol=REFERENCE)


def test_rows_at_the_limit_count_when_they_contradict(fitted, fit_formula):
    case = fitted("endometrial")
    found = calibration(case.record, case.design)
    assert_allclose([found.intercept, found.slope], [0.0, 1.0], atol=ROUTE)
    assert_allclose(found.log_loss, -case.reference["separation"]["loglik"] / 79, rtol=REFERENCE)
    record, _ = fit_formula("y ~ x", {"x": [0, 0, 0, 1, 1], "y": [0, 1, 0, 1, 1]})
    wrong = calibration(record, rebuild_design(record.info, {"x": [1, 0, 0], "y": [0, 1, 0]}))
    assert wrong.log_loss == np.inf
    assert np.isnan([wrong.intercept, wrong.slope]).all()
    assert_allclose(wrong.brier, (1.0 + (2 / 3) ** 2 + (1 / 3) ** 2) / 3, rtol=ROUTE)


def test_equal_predictions_have_a_level_and_no_slope(fit_formula):
    found = calibration(*fit_formula("y ~ 1", {"y": [0, 1, 1, 1]}))
    assert_allclose(found.intercept, 0.0, atol=ROUTE)
    assert np.isnan([found.slope, found.slope_std_error]).all()
    assert_allclose(found.bins.predicted, [0.75], rtol=ROUTE)


def test_one_class_only_drives_the_intercept_to_infinity(halves):
    record, design, _, _ = halves
    none = replace(design, response=type(design.response)(np.zeros(design.n_rows)))
    found = calibration(record, none)
    assert found.intercept == -np.inf
    assert np.isnan(found.intercept_std_error)
    assert found.ratio == 0.0


def test_an_impossible_number_of_bins_is_refused(halves):
    record, design, _, _ = halves
    with pytest.raises(DataError, match="whole number"):
        calibration(record, design, bins=1)


def test_without_an_intercept_nothing_holds_by_construction():
    """The slope is then not 1 on the rows of the fit, and the text must not say so."""
    data = lk.datasets.load_lbw()
    fit = lk.logit("low ~ 0 + age + lwt", data)
    assert abs(fit.calibration().slope - 1.0) > 0.5
    text = " ".join(fit.calibration().to_text().split())
    assert "by construction" not in text
    assert "Slope (SE)" in text
    usual = lk.logit("low ~ age + lwt", data).calibration().to_text()
    assert "by construction" in " ".join(usual.split())
