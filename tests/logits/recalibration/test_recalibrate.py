"""Recalibrators against R's glm and isoreg, scikit-learn, direct minimisation and finite differences."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

import logitkit as lk
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.logits.recalibration.isotonic import isotonic_blocks
from logitkit.numerics.kernels.isotonic import pool_violators
from references.load import load_table
from tolerances import EXACT, ITERATIVE, REFERENCE, ROUTE


@pytest.fixture(scope="module")
def reference():
    found = load_table("diagnostics/calibration")
    return {**found, "z": logit(found["p"])}


@pytest.fixture(scope="module")
def several():
    rng = np.random.default_rng(5)
    logits = 2.0 * rng.standard_normal((300, 4))
    true = 0.6 * logits + [0.0, 0.3, -0.2, 0.5]
    return logits, np.argmax(true + rng.gumbel(size=true.shape), axis=1)


@pytest.mark.parametrize(("method", "key"), [("intercept", "level"), ("logistic", "slope"), ("beta", "beta")])
def test_parameters_and_errors_are_those_of_glm(reference, method, key):
    found = lk.logits.recalibrate(reference["z"], reference["y"], method=method)
    assert_allclose([*found.estimate, *found.std_error], reference[key], rtol=REFERENCE)
    assert found.log_loss[1] <= found.log_loss[0]
    assert_allclose(found.interval()[0], found.estimate[0] + 1.959963984540054 * found.std_error[0] * np.array([-1, 1]))


def test_scores_are_those_of_the_fits_of_glm(reference):
    found = lk.logits.recalibrate(reference["z"], reference["y"])
    assert_allclose(-240 * np.array(found.log_loss), reference["loglik"][[0, 2]], rtol=REFERENCE)


def test_temperature_is_the_slope_without_an_intercept(reference):
    found = lk.logits.recalibrate(reference["z"], reference["y"], method="temperature")
    z, y = reference["z"], reference["y"]
    best = minimize(lambda s: np.sum(np.logaddexp(0, s * z) - y * s * z), [1.0], tol=1e-12)
    assert_allclose(1 / found.temperature, best.x[0], rtol=ITERATIVE)
    assert_allclose(found.std_error[0] ** -2, np.sum(z**2 * expit(best.x * z) * expit(-best.x * z)), rtol=ITERATIVE)


def test_platt_is_the_sigmoid_of_scikit_learn_without_its_prior(reference):
    # Platt moves the targets inside; beyond that it is the same model: on many rows the two agree.
    z, y = np.tile(reference["z"], 200), np.tile(reference["y"], 200)
    theirs = _SigmoidCalibration().fit(z, y)
    assert_allclose(lk.logits.recalibrate(z, y).estimate, [-theirs.b_, -theirs.a_], atol=2e-3)


def test_beta_slopes_are_not_negative():
    rng = np.random.default_rng(2)
    z = 3.0 * rng.standard_normal(400)
    y = rng.random(400) < expit(np.where(z > 0, 1.5 * z, -0.4 * z))  # rises to both sides
    found = lk.logits.recalibrate(z, y, method="beta")
    assert found.estimate[1] == found.std_error[1] == 0.0
    assert found.estimate[2] > 0.0
    other = lk.logits.recalibrate(-z, ~y, method="beta")
    assert_allclose(other.estimate, [-found.estimate[0], found.estimate[2], 0.0], atol=ROUTE)


def test_isotonic_is_that_of_r_and_of_scikit_learn(reference):
    z, y = reference["z"], reference["y"]
    found = lk.logits.recalibrate(z, y, method="isotonic")
    inside = (reference["isotonic"] > 0) & (reference["isotonic"] < 1)
    assert_allclose(expit(found.transform(z))[inside], reference["isotonic"][inside], rtol=ROUTE)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(z, y)
    between = np.linspace(z[inside].min(), z[inside].max(), 77)
    assert_allclose(expit(found.transform(between)), theirs.predict(between), rtol=ROUTE)


def test_isotonic_rates_are_the_projection_by_brute_force():
    rng = np.random.default_rng(3)
    for _ in range(20):
        x, y, w = rng.integers(0, 6, 12).astype(float), rng.random(12), rng.integers(1, 4, 12).astype(float)
        blocks = isotonic_blocks(x, y, w)
        levels = np.unique(x)
        means = np.array([w[x == v] @ y[x == v] / w[x == v].sum() for v in levels])
        total = np.array([w[x == v].sum() for v in levels])
        # Minimax: the rate at i is the largest over starts up to i of the least mean over ends from i.
        m = levels.size
        mean = np.array(
            [[total[a:b] @ means[a:b] / max(total[a:b].sum(), 1) for b in range(1, m + 1)] for a in range(m)]
        )
        expected = [max(mean[a, i:].min() for a in range(i + 1)) for i in range(m)]
        rate = blocks.rates[np.searchsorted(blocks.last, levels)]
        assert_allclose(rate, expected, rtol=ROUTE)


def test_weights_are_rows_written_out(reference, several):
    w = 1 + np.arange(240) % 3
    for method in ("intercept", "logistic", "beta", "isotonic", "centred", "spline"):
        one = lk.logits.recalibrate(reference["z"], reference["y"], method=method, weights=w)
        other = lk.logits.recalibrate(np.repeat(reference["z"], w), np.repeat(reference["y"], w), method=method)
        assert_allclose(one.transform(reference["z"]), other.transform(reference["z"]), atol=ROUTE)
        assert_allclose(one.std_error, other.std_error, rtol=ROUTE)
    logits, y = several
    w = 1 + np.arange(300) % 2
    one = lk.logits.recalibrate(logits, y, method="vector", weights=w)
    other = lk.logits.recalibrate(np.repeat(logits, w, axis=0), np.repeat(y, w), method="vector")
    assert_allclose(one.estimate, other.estimate, rtol=ITERATIVE)


def test_centred_isotonic_ascends_strictly_through_the_centres(reference):
    z, y = reference["z"], reference["y"]
    found = lk.logits.recalibrate(z, y, method="centred")
    inside = np.linspace(found.at[0], found.at[-1], 200)
    assert (np.diff(found.transform(inside)) > 0).all()
    assert_allclose(expit(found.transform(found.at)), found.rates, rtol=ROUTE)


def test_a_spline_of_logits_is_that_of_rms(reference):
    found = lk.logits.recalibrate(reference["z"], reference["y"], method="spline")
    assert_allclose(found.at, reference["knots"], rtol=REFERENCE)
    assert_allclose(found.transform(reference["z"]), reference["spline"], atol=1e-6)


@pytest.mark.parametrize("method", ["intercept", "temperature", "logistic", "vector"])
def test_several_outcomes_are_at_the_minimum_with_the_curvature_there(several, method):
    logits, y = several
    found = lk.logits.recalibrate(logits, y, method=method)
    k, n_slopes = 4, {"intercept": 0, "vector": 4}.get(method, 1)

    def loss(theta):
        slopes = theta[:n_slopes] if n_slopes else 1.0
        shift = np.append(0.0, theta[n_slopes:]) if method != "temperature" else 0.0
        return -log_softmax(logits * slopes + shift, axis=1)[np.arange(300), y].sum()

    theta, h = found.estimate, 1e-4
    steps = h * np.eye(theta.size)
    gradient = [(loss(theta + e) - loss(theta - e)) / (2 * h) for e in steps]
    hessian = [
        [
            (loss(theta + a + b) - loss(theta + a - b) - loss(theta - a + b) + loss(theta - a - b)) / (4 * h * h)
            for a in steps
        ]
        for b in steps
    ]
    assert_allclose(gradient, 0.0, atol=1e-5)
    assert_allclose(np.linalg.inv(found.vcov), hessian, rtol=1e-4, atol=1e-3)
    assert_allclose(300 * found.log_loss[1], loss(theta), rtol=EXACT)
    assert found.transform(logits).shape == (300, k)


@pytest.mark.parametrize("method", ["logistic", "vector"])
@pytest.mark.parametrize(("times", "shift"), [(1e4, 0.0), (1e-8, 0.0), (1.0, 1e4), (1e3, -1e5)])
def test_the_size_of_logits_of_several_outcomes_and_where_they_lie_do_not_matter(several, method, times, shift):
    logits, y = several
    one = lk.logits.recalibrate(logits, y, method=method)
    found = lk.logits.recalibrate(times * logits + shift, y, method=method)
    moved = log_softmax(found.transform(times * logits + shift), axis=1)
    lost = 1e-15 * abs(shift) / times * 100  # digits that the logits themselves lose beside the shift
    assert_allclose(moved, log_softmax(one.transform(logits), axis=1), rtol=0, atol=1e-11 + lost)
    slopes = one.slopes.size if method == "vector" else 1
    assert_allclose(times * found.std_error[:slopes], one.std_error[:slopes], rtol=1e-7 + lost)
    if shift == 0.0:
        assert_allclose(found.std_error[slopes:], one.std_error[slopes:], rtol=1e-7)


def test_intercepts_of_extreme_logits_are_not_called_separated(several):
    with pytest.raises(UnsupportedError, match="too extreme"):
        lk.logits.recalibrate(1e6 * several[0], several[1], method="intercept")


def test_two_outcomes_are_an_event(reference):
    both = np.column_stack([np.zeros(240), reference["z"]])
    for method in ("intercept", "temperature", "logistic"):
        event = lk.logits.recalibrate(reference["z"], reference["y"], method=method)
        two = lk.logits.recalibrate(both, reference["y"], method=method)
        change = np.diff(two.transform(both), axis=1)[:, 0]
        assert_allclose(change, event.transform(reference["z"]), atol=1e-7)
        assert_allclose(sorted(two.std_error), sorted(event.std_error), rtol=ITERATIVE)


def test_temperature_does_not_change_the_most_probable_outcome(several):
    logits, y = several
    found = lk.logits.recalibrate(logits.astype(np.float32), y, method="temperature")
    assert_array_equal(found.transform(logits).argmax(axis=1), logits.argmax(axis=1))
    assert found.temperature > 1.0


@pytest.mark.parametrize("method", ["logistic", "isotonic", "spline"])
def test_what_was_learnt_is_kept_as_plain_numbers(reference, method):
    found = lk.logits.recalibrate(reference["z"], reference["y"], method=method)
    again = lk.logits.Recalibrator.from_dict(json.loads(json.dumps(found.to_dict())))
    assert_array_equal(again.transform(reference["z"]), found.transform(reference["z"]))
    with pytest.raises(DataError, match="no recalibrator"):
        lk.logits.Recalibrator.from_dict({**found.to_dict(), "method": "exec"})
    with pytest.raises(DataError, match="no recalibrator"):
        lk.logits.Recalibrator.from_dict({"method": method})


def test_logits_of_any_size_stay_finite():
    z = np.array([-1e4, -800.0, -1.0, 1.0, 800.0, 1e4, 2.0, -2.0])
    y = np.array([0, 0, 1, 0, 1, 1, 1, 0])
    for method in ("intercept", "beta", "isotonic", "centred"):
        assert np.isfinite(lk.logits.recalibrate(z, y, method=method).transform(z)).all(), method


@pytest.mark.parametrize(
    ("logits", "y", "how", "error", "words"),
    [
        ([0.1, np.nan], [0, 1], {}, DataError, "not finite in row 1"),
        ([[0.2, 0.8], [0.5, 0.5]], [0, 1], {}, DataError, "look like probabilities"),
        ([0.1, 2.0], [0, 2], {}, DataError, "must be 0 or 1"),
        ([[1.0, 2.0], [0.0, 1.0]], [0, 2], {}, DataError, "whole number from 0 to 1"),
        ([0.1, 2.0], [0, 1, 1], {}, DataError, "logits of 2 rows"),
        ([0.1, 2.0], [1, 1], {}, DataError, "one outcome"),
        ([-1.0, -2.0, 1.0, 2.0], [0, 0, 1, 1], {}, SeparationError, "separate the outcomes"),
        ([1.0, 1.0, 1.0], [0, 0, 1], {}, UnsupportedError, "same in all rows"),
        ([1.0, 2.0, -1.0, 0.5], [0, 0, 1, 1], {"method": "temperature"}, DataError, "wrong way round"),
        ([[1.0, 1.0], [0.0, 0.0]], [0, 1], {"method": "temperature"}, UnsupportedError, "no temperature"),
        ([1.0, 2.0, 1.0], [0, 0, 1], {"method": "vector"}, UnsupportedError, "several outcomes"),
        ([[1.0, 2.0], [0.0, 1.0]], [0, 1], {"method": "beta"}, UnsupportedError, "is of an event"),
        ([1.0, 2.0, 1.0], [0, 0, 1], {"method": "platt"}, DataError, "method='platt'"),
        ([1.0, 2.0, 1.0], [0, 0, 1], {"weights": [1, -1, 1]}, DataError, r"weights\[1\] is -1"),
        ([[9.0, 0.0, 0], [0.0, 9.0, 0], [0, 0, 9]], [0, 1, 2], {"method": "temperature"}, SeparationError, "separate"),
    ],
)
def test_bad_input_says_what_is_wrong(logits, y, how, error, words):
    with pytest.raises(error, match=words):
        lk.logits.recalibrate(logits, y, **how)


def test_logits_of_another_kind_are_refused(several):
    found = lk.logits.recalibrate(*several, method="temperature")
    with pytest.raises(DataError, match=r"learnt from logits of shape \(n, 4\)"):
        found.transform([1.0, 2.0])


def test_pooling_takes_one_pass_over_a_million_rows():
    events = np.tile([1.0, 0.0], 500_000)
    assert pool_violators(events, np.ones(1_000_000)).tolist() == [0]
