"""Flexible curves, the joint test and scores against R (rms, lowess, loess, glm) and their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.diagnostics.calibration.points import Points, pooled_points
from logitkit.diagnostics.calibration.smooth import local_curve
from logitkit.errors import DataError, UnsupportedError
from logitkit.numerics.pooled import Pooled
from references.load import load_table
from tolerances import EXACT, ITERATIVE, REFERENCE, ROUTE


@pytest.fixture(scope="module")
def reference():
    return load_table("diagnostics/calibration")


@pytest.fixture(scope="module")
def validated(reference):
    """A fit whose only parameters are known, 0 and 1, on rows that it has not seen."""
    p, y = reference["p"], reference["y"]
    learnt = {"l": np.log(np.repeat([0.2, 0.5, 0.8], 20) / (1 - np.repeat([0.2, 0.5, 0.8], 20)))}
    learnt["y"] = np.concatenate([np.arange(20) < 4, np.arange(20) < 10, np.arange(20) < 16]).astype(int)
    fit = lk.logit("y ~ l", learnt)
    assert_allclose(fit.coef, [0.0, 1.0], atol=ROUTE)
    return fit, {"l": np.log(p / (1 - p)), "y": y}


def far(curve):
    return [curve.ici, curve.e50, curve.e90, curve.emax]


@pytest.mark.parametrize("kind", ["lowess", "loess"])
def test_local_curves_are_those_of_r(validated, reference, kind):
    fit, data = validated
    found = fit.calibration(data, curve=kind).curve
    assert_allclose(np.interp(reference["p"], found.predicted, found.observed), reference[kind], rtol=REFERENCE)
    assert_allclose(far(found), reference[f"{kind}_far"], rtol=REFERENCE)


def test_loess_is_close_to_what_r_interpolates_by_default(validated, reference):
    fit, data = validated
    assert_allclose(far(fit.calibration(data, curve="loess").curve), reference["loess_default_far"], atol=2e-3)


def test_splines_are_those_of_rms(validated, reference):
    fit, data = validated
    found = fit.calibration(data, curve="spline").curve
    assert_allclose(found.knots, reference["knots"], rtol=REFERENCE)
    at = np.searchsorted(found.predicted, reference["p"] - 1e-9)
    assert_allclose(np.log(found.observed / (1 - found.observed))[at], reference["spline"], atol=1e-6)
    half = 1.959963984540054 * reference["spline_error"]
    assert_allclose(np.log(found.low / (1 - found.low))[at], reference["spline"] - half, atol=1e-6)
    assert_allclose(far(found), reference["spline_far"], rtol=ITERATIVE)


def test_distances_and_scores_agree_with_val_prob(validated, reference):
    fit, data = validated
    found, theirs = fit.calibration(data), reference["val_prob"]
    assert_allclose(found.brier, theirs["Brier"], rtol=REFERENCE)
    assert_allclose(found.slope, theirs["Slope"], rtol=ITERATIVE)
    assert_allclose(found.test.statistic, theirs["U:Chi-sq"], rtol=ITERATIVE)
    assert_allclose(found.test.p_value, theirs["U:p"], rtol=1e-4)  # a tail of a statistic that agrees to 1e-5
    # Its lowess interpolates over 1% of the range (delta), ours has every point here.
    assert_allclose(found.curve.ici, theirs["Eavg"], atol=5e-4)


def test_intercept_slope_and_likelihood_ratio_are_those_of_glm(validated, reference):
    fit, data = validated
    found = fit.calibration(data)
    assert_allclose([found.intercept, found.intercept_std_error], reference["level"], rtol=REFERENCE)
    assert_allclose([found.slope, found.slope_std_error], reference["slope"][[1, 3]], rtol=REFERENCE)
    assert_allclose(found.test.statistic, 2 * (reference["loglik"][2] - reference["loglik"][0]), rtol=REFERENCE)
    assert (found.test.kind, found.test.dof) == ("likelihood ratio", 2)
    assert fit.calibration().test is None


@pytest.mark.parametrize("how", [{"bins": 4}, {"bins": 7, "binning": "width"}, {"bins": [0.0, 0.1, 0.5, 1.0]}])
def test_the_brier_score_is_the_sum_of_its_parts_within_any_bins(validated, how):
    fit, data = validated
    found = fit.calibration(data, **how)
    assert_allclose(found.decomposition.brier, found.brier, rtol=EXACT)
    p, y = fit.predict(data).to_numpy(), data["y"]
    rate = y.mean()
    assert_allclose(found.decomposition.uncertainty, rate * (1 - rate), rtol=EXACT)
    assert_allclose(found.scaled_brier, 1 - np.mean((y - p) ** 2) / (rate * (1 - rate)), rtol=ROUTE)
    null = -(rate * np.log(rate) + (1 - rate) * np.log1p(-rate))
    assert_allclose(found.scaled_log_loss, 1 - found.log_loss / null, rtol=ROUTE)


def test_bins_between_given_ends_hold_their_upper_end():
    fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [0, 0, 1, 1]})
    bins = fit.calibration(bins=[0.0, 0.6, 1.0]).bins
    assert bins.n.tolist() == [4.0]
    width = fit.calibration({"y": [0, 1, 1], "x": [-50, 0, 50]}, bins=2, binning="width").bins
    assert width.n.sum() == 3


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"bins": 1}, "bins=1 must be"),
        ({"bins": [0.2, 0.1]}, "must ascend"),
        ({"bins": [0.0, 0.1]}, "lie beyond"),
        ({"bins": "ten"}, "bins='ten'"),
        ({"binning": "size"}, "binning='size'"),
        ({"curve": "gam"}, "curve='gam'"),
        ({"by": "nothing"}, "nothing"),
    ],
)
def test_bad_arguments_say_what_to_do(validated, how, words):
    fit, data = validated
    with pytest.raises((DataError, UnsupportedError, LookupError), match=words):
        fit.calibration(data, **how)


def test_bands_cover_a_straight_curve_by_simulation():
    rng, inside = np.random.default_rng(1), []
    p = np.sort(rng.uniform(0.1, 0.9, 400))
    for _ in range(200):
        y = (rng.random(400) < p).astype(float)
        points = Points(np.stack([np.ones(400), y, p, np.ones(400)]), True)
        found = local_curve(points, "lowess", 0.95)
        inside.append((found.low[200] <= p[200]) & (p[200] <= found.high[200]))
    assert 0.9 <= np.mean(inside) <= 0.99  # 3 standard errors of 0.95 are 0.046


def test_frequency_weights_are_rows_written_out_in_curves_too(fit_formula, tied):
    long = {name: np.repeat(values, tied["w"]) for name, values in tied.items()}
    for kind in ("lowess", "loess", "spline"):
        one = lk.logit("y ~ x", tied, weights="w").calibration(curve=kind).curve
        other = lk.logit("y ~ x", long).calibration(curve=kind).curve
        assert_allclose(one.observed, other.observed, rtol=ROUTE)
        assert_allclose(one.high, other.high, rtol=ROUTE)
        assert_allclose(far(one), far(other), atol=ROUTE)


def test_pooled_points_change_the_curve_by_little():
    rng = np.random.default_rng(2)
    p = np.sort(1 / (1 + np.exp(2.5 - rng.standard_normal(30_000))))
    y = (rng.random(30_000) < p**1.2).astype(float)
    blocks = [Pooled(p, np.stack([np.ones(30_000), y, p, np.ones(30_000)]))]
    exact, pooled = (pooled_points(blocks, 30_000.0, most) for most in (40_000, 3_000))
    assert (exact.exact, pooled.exact) == (True, False)
    assert 1_500 < pooled.weights.size <= 3_000
    one, other = (local_curve(points, "loess", 0.95) for points in (exact, pooled))
    at = np.linspace(0.02, 0.6, 50)
    assert_allclose(
        np.interp(at, other.predicted, other.observed), np.interp(at, one.predicted, one.observed), atol=2e-5
    )
    assert_allclose(far(other), far(one), atol=5e-5)
    parts = [
        Pooled(each.scores, each.sums)
        for each in (Pooled(p[a : a + 500], blocks[0].sums[:, a : a + 500]) for a in range(0, 30_000, 500))
    ]
    streamed = local_curve(pooled_points(parts, 30_000.0, 3_000), "loess", 0.95)
    assert_allclose(far(streamed), far(one), atol=5e-5)


def test_equal_predictions_are_one_point():
    fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})
    for kind in ("lowess", "loess"):
        found = fit.calibration({"y": [0, 1]}, curve=kind).curve
        assert_allclose([found.observed[0], found.ici], [0.5, 0.25], rtol=ROUTE)


def test_groups_are_the_calibration_of_their_rows(validated):
    fit, data = validated
    data = {**data, "g": np.where(np.arange(240) % 3 == 0, "a", "b")}
    found = fit.calibration(data, by="g")
    for number, name in enumerate("ab"):
        alone = fit.calibration({key: values[data["g"] == name] for key, values in data.items()})
        groups = found.groups
        for field in ("observed", "expected", "ratio", "intercept", "slope", "slope_std_error", "brier"):
            assert_allclose(getattr(groups, field)[number], getattr(alone, field), rtol=ROUTE)
        assert_allclose(groups.ici[number], alone.curve.ici, rtol=ROUTE)
    gap = np.diff(groups.slope) ** 2 / (groups.slope_std_error**2).sum()
    assert_allclose(groups.slopes.statistic, gap, rtol=ROUTE)
    assert "One slope for all groups" in repr(found)


def test_several_outcomes_have_a_curve_each_and_one_test():
    births = lk.datasets.load_lbw()
    fit = lk.multinomial("race ~ age + lwt", births[::2])
    found = fit.calibration(births[1::2])
    assert len(found.curve) == len(found.decomposition) == 3
    assert found.test.dof == 4
    assert_allclose(sum(parts.brier for parts in found.decomposition), found.brier, rtol=ROUTE)
    with pytest.raises(UnsupportedError, match="by group is of an event"):
        fit.calibration(births[1::2], by="smoke")


def test_precision_weights_and_clusters_withhold_the_band():
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age", births, weights=np.linspace(0.5, 1.5, 189), weight_kind="precision")
    found = fit.calibration().curve
    assert np.isnan(found.low).all()
    assert np.isfinite(found.ici)
    sampled = lk.logit("low ~ age", births, weights=np.full(189, 3.0), weight_kind="sampling").calibration().curve
    plain = lk.logit("low ~ age", births).calibration().curve
    assert_allclose(
        sampled.high - sampled.observed, plain.high - plain.observed, rtol=1e-9
    )  # 126 nearest, not 126.0 of 189
