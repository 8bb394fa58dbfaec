"""Calibration errors against brute force over pairs, enumeration, closed forms, and simulation of a truth."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import chndtr, expit, gammaln, softmax, xlogy

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.calibration_errors.bins import ErrorBins
from logitkit.logits.calibration_errors.drawn import drawn_counts
from logitkit.logits.calibration_errors.squared import squared_error, squared_interval
from tolerances import EXACT


@pytest.fixture(scope="module")
def event():
    rng = np.random.default_rng(3)
    logits = 1.5 * rng.standard_normal(200)
    return logits, (rng.random(200) < expit(0.5 * logits)).astype(float)


@pytest.fixture(scope="module")
def several():
    rng = np.random.default_rng(4)
    logits = rng.normal(0.0, 2.0, (300, 3))
    return logits, (0.5 * logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


def binomial(k, n, p):
    """Probability of k of n."""
    return np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, p) + xlogy(n - k, 1 - p))


def by_hand(p, y, bins):
    """ECE and the unbiased squared error in bins of equal count, pair by pair."""
    order = np.argsort(p)
    ece = squared = 0.0
    for part in np.array_split(order, bins):
        d, m = (p - y)[part], len(part)
        ece += m / len(p) * abs(d.mean())
        pairs = sum(d[i] * d[j] for i in range(m) for j in range(m) if i != j)
        squared += m / len(p) * pairs / (m * (m - 1))
    return ece, squared


def test_errors_are_those_of_all_pairs_of_rows(event):
    logits, y = event
    found = lk.logits.calibration_error(logits, y, bins=5, resamples=10)
    assert_allclose((found.ece, found.squared), by_hand(expit(logits), y, 5), rtol=EXACT)
    assert found.root == np.sqrt(found.squared)


def test_bins_of_equal_width_hold_their_upper_end():
    p = np.array([0.1, 0.5, 0.5, 0.50001, 0.9])
    found = lk.logits.calibration_error(np.log(p / (1 - p)), [0, 1, 0, 1, 1], bins=2, scheme="width", resamples=10)
    assert found.bins.n.tolist() == [3.0, 2.0]
    assert_allclose(found.ece, 0.6 * abs(1.1 / 3 - 1 / 3) + 0.4 * abs(0.700005 - 1.0), rtol=EXACT)


def test_the_most_probable_outcome_and_each_outcome_are_events(several):
    logits, y = several
    p = softmax(logits, axis=1)
    top = lk.logits.calibration_error(logits, y, bins=6, resamples=10)
    assert top.of == "top"
    assert_allclose((top.ece, top.squared), by_hand(p.max(axis=1), p.argmax(axis=1) == y, 6), rtol=EXACT)
    every = lk.logits.calibration_error(logits, y, of="class", bins=6, resamples=10)
    hand = np.array([by_hand(p[:, k], y == k, 6) for k in range(3)])
    assert_allclose([(part.ece, part.squared) for part in every.parts], hand, rtol=EXACT)
    assert_allclose((every.ece, every.squared), hand.mean(axis=0), rtol=EXACT)


def test_groups_have_errors_of_their_own(event):
    logits, y = event
    labels = np.where(np.arange(200) % 3 == 0, "b", "a")
    found = lk.logits.calibration_error(logits, y, groups=labels, resamples=20)
    for part, name in zip(found.parts, "ab", strict=True):
        alone = lk.logits.calibration_error(logits[labels == name], y[labels == name], resamples=20)
        assert part.name == name
        assert (part.ece, part.squared, part.squared_low) == (alone.ece, alone.squared, alone.squared_low)


def test_weights_are_rows_written_out(event):
    logits, y = event
    w = 1 + np.arange(200) % 3
    one = lk.logits.calibration_error(logits, y, weights=w, resamples=10)
    other = lk.logits.calibration_error(np.repeat(logits, w), np.repeat(y, w), resamples=10)
    assert_allclose((one.ece, one.squared, *one.bins.n), (other.ece, other.squared, *other.bins.n), rtol=EXACT)
    halves = lk.logits.calibration_error([0.3, -1.0], [0.5, 0.25], weights=[2, 4], bins=2, resamples=10)
    whole = lk.logits.calibration_error(np.repeat([0.3, -1.0], [2, 4]), [1, 0, 1, 0, 0, 0], bins=2, resamples=10)
    assert_allclose((halves.ece, halves.squared), (whole.ece, whole.squared), rtol=EXACT)


def test_the_squared_error_has_no_bias_by_enumeration():
    # All outcomes of six rows in two bins of three, with their probabilities: the mean is exact.
    p = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9])
    true = np.array([0.2, 0.2, 0.2, 0.9, 0.9, 0.9])
    for truth in (p, true):
        mean = 0.0
        for outcomes in product([0.0, 1.0], repeat=6):
            y = np.array(outcomes)
            squares = (p - y) ** 2
            bins = ErrorBins(
                np.full(2, 3.0),
                p.reshape(2, 3).sum(axis=1),
                y.reshape(2, 3).sum(axis=1),
                squares.reshape(2, 3).sum(axis=1),
            )
            mean += np.prod(np.where(y == 1.0, truth, 1.0 - truth)) * squared_error(bins)
        d = (p - truth).reshape(2, 3)
        expected = np.mean([(each.sum() ** 2 - each @ each) / 6.0 for each in d])
        assert_allclose(mean, expected, atol=1e-15)


def test_draws_are_binomial_and_depend_on_places_alone():
    p, trials, cells = np.full(40, 0.3), np.full(40, 1), np.zeros(40, dtype=np.int32)
    drawn = drawn_counts(p, trials, cells, np.arange(40), 20_000, 1)[0]
    expected = binomial(np.arange(41), 40, 0.3)
    seen = np.bincount(drawn, minlength=41) / drawn.size
    assert np.abs(seen - expected).max() < 4 * np.sqrt(0.25 / 20_000)
    assert_array_equal(drawn, drawn_counts(p[::-1], trials, cells, np.arange(40)[::-1], 20_000, 1)[0])
    assert (drawn != drawn_counts(p, trials, cells, np.arange(40), 20_000, 2)[0]).any()
    # One trial of several outcomes: as often as is probable, and one of them each time.
    share = np.array([[0.2, 0.5, 0.3]] * 40)
    three = drawn_counts(share, trials, np.tile(np.arange(3, dtype=np.int32), (40, 1)), np.arange(40), 5_000, 1)
    assert_array_equal(three.sum(axis=0), 40)
    assert_allclose(three.mean(axis=1), 40 * share[0], atol=4 * np.sqrt(40 * 0.25 / 5_000))


def test_chance_is_that_of_the_mean_absolute_deviation():
    # De Moivre: the mean absolute deviation of a binomial count has a closed form.
    n, p = 50, 0.4
    found = lk.logits.calibration_error(np.full(n, np.log(p / (1 - p))), np.zeros(n), bins=2, resamples=20_000)
    m = int(np.floor(n * p)) + 1
    exact = 2 * m * (1 - p) * binomial(m, n, p) / n
    assert_allclose(found.chance, exact, atol=5 * 0.04 / np.sqrt(20_000))
    assert found.p_value == 1 / 20_001


def test_the_interval_of_one_bin_inverts_a_non_central_chi_square():
    # Of one bin with a known unit the statistic is one chi-square: three cumulants are nearly its law.
    bins = ErrorBins(np.array([400.0]), np.array([200.0]), np.array([160.0]), np.array([400.0 * 0.25 + 0.0]))
    low, high = squared_interval(bins, 0.9)
    unit = ((399 * bins.variance[0] + 0.25) / 400) / 400
    t = 0.1**2 / unit
    assert abs(1.0 - chndtr(t, 1, low / unit) - 0.05) < 3e-3
    assert abs(chndtr(t, 1, high / unit) - 0.05) < 3e-3


def test_what_one_row_says_is_left_out():
    found = lk.logits.calibration_error([-3.0, 3.0], [0, 1], resamples=10)
    assert np.isnan(found.squared)
    assert np.isnan(found.squared_low)
    assert found.ece > 0.0


def test_results_print_and_make_tables(several):
    logits, y = several
    found = lk.logits.calibration_error(logits, y, of="class", groups=np.arange(300) % 2, resamples=20)
    text = str(found)
    assert "ECE if calibrated" in text
    assert "lower bounds" in text
    frame = found.to_frame()
    assert frame["rows"].tolist() == ["all rows", "outcome 0", "outcome 1", "outcome 2", "0", "1"]
    assert len(found.bins_frame()) == 30
    assert isinstance(found, lk.logits.CalibrationErrors)


@pytest.mark.parametrize(
    ("logits", "y", "how", "error", "words"),
    [
        ([0.1, np.nan], [0, 1], {}, DataError, "not finite in row 1"),
        ([[0.2, 0.8], [0.5, 0.5]], [0, 1], {}, DataError, "look like probabilities"),
        ([0.1, 0.2], [0, 1], {"of": "top"}, UnsupportedError, "is of"),
        ([[0.1, 2.0]], [0], {"of": "event"}, UnsupportedError, "is of"),
        ([0.1, 0.2], [0, 1], {"of": "all"}, DataError, "of='all'"),
        ([0.1, 0.2], [0, 1], {"bins": 1}, DataError, "at least 2"),
        ([0.1, 0.2], [0, 1], {"scheme": "count"}, DataError, "scheme='count'"),
        ([0.1, 0.2], [0, 1], {"resamples": 3}, DataError, "at least 10"),
        ([0.1, 0.2], [0, 1], {"weights": [1.5, 1]}, UnsupportedError, "whole numbers of trials"),
        ([0.1, 0.2], [0.5, 1], {}, UnsupportedError, "weights times y"),
        ([0.1, 0.2], [0, 1], {"groups": ["a"]}, DataError, "groups have shape"),
        ([0.1, 0.2], [0, 1], {"groups": [0.0, np.nan]}, DataError, "label of row 1"),
    ],
)
def test_bad_input_says_what_is_wrong(logits, y, how, error, words):
    with pytest.raises(error, match=words):
        lk.logits.calibration_error(logits, y, **how)


def test_two_outcomes_have_the_interval_of_an_event(event):
    # The errors of both are one another's negatives: the mean of the two squares is that of the event.
    logits, y = event
    both = np.column_stack([np.zeros(200), logits])
    two = lk.logits.calibration_error(both, y.astype(int), of="class", resamples=10)
    one = lk.logits.calibration_error(logits, y, resamples=10)
    assert_allclose([two.ece, two.squared], [one.ece, one.squared], rtol=1e-9)
    # One more trial of predicted variance is in the diagonal alone.
    assert_allclose([two.squared_low, two.squared_high], [one.squared_low, one.squared_high], rtol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("slope", [1.0, 0.6])
def test_the_interval_of_the_mean_over_outcomes_covers(slope):
    rng = np.random.default_rng(9)
    logits = rng.normal(0.0, 2.0, (500, 3))
    p, true = softmax(logits, axis=1), softmax(slope * logits, axis=1)
    theta = np.mean([(p - true)[np.argsort(p[:, k]), k].reshape(10, -1).mean(axis=1) ** 2 for k in range(3)])
    held = 0
    for _ in range(500):
        y = (slope * logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
        found = lk.logits.calibration_error(logits, y, of="class", resamples=10)
        held += found.squared_low <= theta <= found.squared_high
    assert 0.92 <= held / 500 <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "n"), [(1.0, 300), (0.7, 300), (0.4, 1_000)])
def test_intervals_and_p_values_hold_their_level(slope, n):
    # The truth: with p in ten bins of equal count, mu is the mean of p - expit(slope l) within each.
    rng = np.random.default_rng(8)
    logits = np.sort(1.5 * rng.standard_normal(n))
    p, true = expit(logits), expit(slope * logits)
    theta = np.mean((p - true).reshape(10, -1).mean(axis=1) ** 2)
    held, below, means = 0, 0, []
    for seed in range(500):
        found = lk.logits.calibration_error(logits, rng.random(n) < true, resamples=99, seed=seed)
        held += found.squared_low <= theta <= found.squared_high
        below += found.p_value <= 0.05
        means.append(found.squared)
    assert 0.93 <= held / 500 <= 0.99
    assert abs(np.mean(means) - theta) < 4 * np.std(means) / np.sqrt(500) + 1e-4
    if slope == 1.0:
        assert 0.02 <= below / 500 <= 0.08  # three standard errors
    else:
        assert below > 50
