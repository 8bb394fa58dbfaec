"""Calibration of several outcomes: VGAM's recalibration, sums over rows, and the binary model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.diagnostics.calibration import wilson_interval
from logitkit.errors import DataError
from tolerances import EXACT, REFERENCE, ROUTE


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
        assert "calibration is judged on other rows" in said
    with pytest.raises(DataError, match="groups=1 must be"):
        fit.calibration(bins=1)
