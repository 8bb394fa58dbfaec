"""Calibration against its definitions, statsmodels and VGAM, and what a fit must satisfy on its own rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.stats.proportion import proportion_confint

import logitkit as lk
from logitkit.design.rebuild import rebuild_design
from logitkit.diagnostics.calibration.curve import calibration
from logitkit.diagnostics.rows.proportions import wilson_interval
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


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    rng = np.random.default_rng(51)
    x, z = rng.standard_normal((2, 300))
    eta = np.column_stack([np.zeros(300), 0.8 * x, 0.8 * z - 0.5 * x])
    y = np.array(["a", "b", "c"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return pd.DataFrame({"x": x, "z": z, "y": y, "w": rng.integers(1, 4, 300), "id": np.arange(300) // 3})


def test_agrees_with_vgam(outcomes):
    expected = outcomes.reference["calibration"]
    found = outcomes.fit_others().calibration(data=outcomes.held_out, bins=4)
    order = [found.outcomes.index(name) for name in ("black", "other")]
    for name in ("intercept", "intercept_std_error", "slope", "slope_std_error"):
        assert_allclose(getattr(found, name)[order], expected[name], rtol=REFERENCE)
        assert np.isnan(getattr(found, name)[found.outcomes.index("white")])
    assert_allclose([found.log_loss, found.brier], [expected["log_loss"], expected["brier"]], rtol=REFERENCE)
    assert (found.reference, found.in_sample) == ("white", False)


def test_bins_are_sums_over_rows(drawn):
    fit = lk.multinomial("y ~ x + z", drawn.head(200), weights="w")
    rows = drawn.tail(100)
    found, p = fit.calibration(data=rows, bins=5), fit.predict(rows)
    w = rows["w"].to_numpy(dtype=float)
    for outcome, table in zip(fit.outcomes, found.bins, strict=True):
        order = np.argsort(p[outcome].to_numpy())
        mean, event = p[outcome].to_numpy()[order], (rows["y"] == outcome).to_numpy(dtype=float)[order]
        edges = np.searchsorted(np.cumsum(w[order]), np.cumsum(table.n) - 1e-9)[:-1] + 1
        parts = np.split(np.arange(100), edges)
        n = np.array([w[order][part].sum() for part in parts])
        assert_allclose(table.n, n, rtol=EXACT)
        observed = np.array([np.average(event[part], weights=w[order][part]) for part in parts])
        predicted = np.array([np.average(mean[part], weights=w[order][part]) for part in parts])
        assert_allclose(table.observed, observed, rtol=EXACT, atol=EXACT)
        assert_allclose(table.predicted, predicted, rtol=EXACT)
        assert_allclose([table.low, table.high], wilson_interval(observed, n, 0.95), rtol=EXACT, atol=EXACT)
        k = fit.outcomes.index(outcome)
        assert_allclose(found.error[k], np.average(np.abs(observed - predicted), weights=n), rtol=ROUTE)
        assert_allclose(found.observed[k] - found.difference[k], w @ p[outcome], rtol=EXACT)
    assert_allclose(found.mean_error, found.error.mean(), rtol=EXACT)
    assert_allclose(found.ratio, found.observed / found.expected, rtol=EXACT)


@pytest.mark.parametrize("formula", ["y ~ x + z", "y ~ x", "y ~ x + z + C(id % 4)"])
@pytest.mark.parametrize("reference", ["a", "c", None])
def test_on_its_own_rows_a_fit_is_calibrated(drawn, formula, reference):
    """With one column all log-odds depend on it, and on one another."""
    found = lk.multinomial(formula, drawn, reference=reference).calibration()
    others = [k for k, name in enumerate(found.outcomes) if name != (reference or "a")]
    assert_allclose(found.intercept[others], 0.0, atol=ROUTE)
    assert_allclose(found.slope[others], 1.0, rtol=ROUTE)
    assert_allclose(found.ratio, 1.0, rtol=ROUTE)
    assert (found.slope_std_error[others] > 0.0).all()


@pytest.mark.parametrize("options", [{}, {"weight_kind": "precision"}, {"weight_kind": "sampling"}, {"cluster": "id"}])
def test_two_outcomes_are_the_binary_calibration(drawn, options):
    data = drawn.assign(y=(drawn["y"] == "b").astype(int))
    several = lk.multinomial("y ~ x + z", data.head(150), weights="w", **options).calibration(data=data.tail(150))
    binary = lk.logit("y ~ x + z", data.head(150), weights="w", **options).calibration(data=data.tail(150))
    for name in ("observed", "expected", "ratio", "intercept", "intercept_std_error", "slope", "slope_std_error"):
        assert_allclose(getattr(several, name)[1], getattr(binary, name), rtol=ROUTE)
    for name in ("n", "predicted", "observed", "low", "high"):
        assert_allclose(getattr(several.bins[1], name), getattr(binary.bins, name), rtol=ROUTE, atol=ROUTE)
    assert_allclose(several.log_loss, binary.log_loss, rtol=ROUTE)
    assert_allclose(several.brier, 2.0 * binary.brier, rtol=ROUTE)


def test_rounding_of_an_intercept_is_shown_as_zero(drawn):
    found = lk.multinomial("y ~ x + z", drawn, penalty=lk.Ridge(0.1)).calibration()
    assert 0.0 < np.abs(found.intercept[1:]).max() < ROUTE
    assert "0.0000 (" in found.to_text()
    assert "e-1" not in found.to_text()


def test_against_another_outcome_the_intercepts_are_differences(drawn):
    fit, rows = lk.multinomial("y ~ x + z", drawn.head(150)), drawn.tail(150)
    first, second = fit.calibration(data=rows), fit.calibration(data=rows, against="c")
    assert second.reference == "c"
    assert_allclose(second.intercept[0], -first.intercept[2], rtol=ROUTE)
    assert_allclose(second.intercept[1], first.intercept[1] - first.intercept[2], rtol=ROUTE, atol=ROUTE)
    assert_allclose(second.intercept_std_error[0], first.intercept_std_error[2], rtol=ROUTE)
    assert_allclose(second.error, first.error, rtol=EXACT)


def test_too_extreme_predictions_have_slopes_below_one(drawn):
    """Of log-odds that are doubled by their offsets, the slope is half."""
    fit = lk.multinomial("y ~ x + z", drawn)
    eta = fit.predict_logit().to_numpy()
    data = drawn.assign(b2=2 * eta[:, 1], c2=2 * eta[:, 2])
    doubled = lk.multinomial(
        "y ~ 0 + x", data.assign(x=0.0 * data["x"] + 1e-9 * data["z"]), offset={"b": "b2", "c": "c2"}
    )
    found = fit.calibration(), doubled.calibration(data=data.assign(x=0.0))
    assert_allclose(found[1].slope[1:], 0.5 * found[0].slope[1:], rtol=ROUTE)
    assert_allclose(found[1].slope_std_error[1:], 0.5 * found[0].slope_std_error[1:], rtol=ROUTE)


def test_the_same_prediction_for_all_has_no_slope(drawn):
    found = lk.multinomial("y ~ 1", drawn).calibration()
    assert np.isnan(found.slope).all()
    assert_allclose(found.intercept[1:], 0.0, atol=ROUTE)
    assert [table.n.size for table in found.bins] == [1, 1, 1]
    assert_allclose(found.error, 0.0, atol=ROUTE)


def test_rows_at_a_limit_take_no_part_unless_they_contradict_it(drawn):
    more = pd.DataFrame({"x": np.zeros(6), "z": np.zeros(6), "y": list("ababab"), "g": 1})
    data = pd.concat([drawn.assign(g=0), more], ignore_index=True)
    fit = lk.multinomial("y ~ x + z + g", data)
    assert fit.separation is not None
    found = fit.calibration()
    assert found.at_limit == 6
    # The rows that overlap are those of the model without g, which is calibrated on them.
    assert_allclose(found.intercept[1:], 0.0, atol=ROUTE)
    assert_allclose(found.slope[1:], 1.0, rtol=ROUTE)
    wrong = data.assign(y=[*data["y"][:-1], "c"])
    contradicted = fit.calibration(data=wrong)
    assert contradicted.log_loss == np.inf
    assert np.isnan(contradicted.intercept).all()
    assert "6 rows" in found.to_text()


def test_new_rows_that_are_separated_have_infinite_slopes(drawn):
    fit = lk.multinomial("y ~ x + z", drawn)
    p = fit.predict()
    rows = drawn.assign(y=p.idxmax(axis=1))
    two = drawn[p["c"] < 0.3].assign(y=np.where(p["b"] > p["a"], "b", "a")[p["c"] < 0.3])
    assert_allclose(fit.calibration(data=rows).slope[1:], np.inf)
    found = fit.calibration(data=two)
    assert found.slope[1] == np.inf
    assert found.intercept[2] == -np.inf
    assert np.isnan(found.slope_std_error[1])
    assert "No row has the outcome c" in found.to_text()


def test_counts_are_their_trials(drawn):
    rows = drawn.assign(x=drawn["x"].round(), z=drawn["z"].round())
    table = pd.crosstab([rows["x"], rows["z"]], rows["y"]).reset_index()
    counted = lk.multinomial("cbind(a, b, c) ~ x", table).calibration(against="b", bins=4)
    single = lk.multinomial("y ~ x", rows).calibration(against="b", bins=4)
    for name in ("error", "brier", "log_loss", "slope_std_error", "intercept_std_error"):
        assert_allclose(getattr(counted, name), getattr(single, name), rtol=ROUTE)


def test_it_shows_itself_and_refuses_odd_bins(drawn):
    fit = lk.multinomial("y ~ x + z", drawn.head(150))
    text = fit.calibration(data=drawn.tail(150)).to_text()
    assert "Slope (SE)" in text
    assert "Predicted and observed rates of c" in text
    assert "slopes are 1 by construction" in " ".join(fit.calibration().to_text().split())
    # Without intercepts, or with coefficients that are equal, they are not.
    for other in (lk.multinomial("y ~ 0 + x + z", drawn), lk.multinomial("y ~ x + z", drawn, equal="x")):
        said = " ".join(other.calibration().to_text().split())
        assert "by construction" not in said
        assert "judge calibration on other rows" in said
    with pytest.raises(DataError, match="bins=1 must be"):
        fit.calibration(bins=1)


def test_what_has_no_intercept_or_slope_is_said():
    births = lk.datasets.load_lbw()
    one = lk.logit("low ~ lwt", births).calibration(births[births["low"] == 1])
    assert np.isposinf(one.intercept)
    assert np.isnan(one.slope)
    text = " ".join(str(one).split())
    assert "All rows have one outcome: the intercept is infinite, and there is no slope." in text
    assert "()" not in text
    flat = lk.logit("low ~ 1", births).calibration(births[births["age"] > 25])
    assert "There is no slope, as predictions do not vary." in " ".join(str(flat).split())
