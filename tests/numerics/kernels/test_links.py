"""The compiled links against mpmath's tails, their own derivatives, and the logit's loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.numerics.kernels import links as kernel
from logitkit.numerics.kernels.binomial import logit_rows
from logitkit.numerics.kernels.links import TAILS, link_rows, link_tails, link_values
from numerics.kernels.uncompiled import with_and_without_the_compiler
from oracles.likelihood import central_difference
from references.load import load_table
from tolerances import EXACT

CODES = {"logit": 0, "probit": 1, "cloglog": 2, "loglog": 3, "cauchit": 4, "log": 5}
KEYS = ("log_f", "log_s", "a", "b", "curved_f", "curved_s", "f", "s")
PROMISED = 1e-13  # relative, wherever a float64 holds the number; the largest error met is 2e-15
MIRRORED = [1, 0, 3, 2, 5, 4, 7, 6]

SCRIPT = """
import json
import numpy as np
from logitkit.numerics.kernels.links import link_rows, link_tails

rng = np.random.default_rng(8)
numbers = []
for link in range(6):
    eta = rng.normal(size=300) * 10.0 ** rng.uniform(-2, 2.9, 300)
    eta = -np.abs(eta) if link == 5 else eta
    y = np.resize([0.0, 1.0, 0.25], 300)
    tails, slope, curvature = np.empty((8, 300)), np.empty(300), np.empty(300)
    link_tails(link, eta, tails)
    sums = link_rows(link, link % 2 == 0, eta, y, rng.integers(0, 3, 300).astype(float), slope, curvature)
    numbers += [*sums, *slope[:90], *curvature[:90], *tails[:, :40].ravel()]
print(json.dumps([hasattr(link_rows, "py_func"), [float(number) for number in numbers]]))
"""


def tails_of(link: str, eta: np.ndarray) -> np.ndarray:
    out = np.full((8, eta.size), np.nan)
    link_tails(CODES[link], np.ascontiguousarray(eta), out)
    return out


def evaluate(
    link: str, eta: np.ndarray, y: np.ndarray, weights: np.ndarray, expected: bool = False
) -> tuple[float, float, np.ndarray, np.ndarray]:
    slope, curvature = np.full(eta.size, np.nan), np.full(eta.size, np.nan)
    value, closest, fitted, matched = link_rows(CODES[link], expected, eta, y, weights, slope, curvature)
    mean = means(CODES[link], eta)[0]
    assert_allclose(fitted, np.sum(weights * mean), rtol=EXACT, atol=1e-300)
    assert_allclose(matched, np.sum(weights * y * mean), rtol=EXACT, atol=1e-300)
    return value, closest, slope, curvature


def means(code: int, eta: np.ndarray) -> np.ndarray:
    """The mean of each row and one less it, shape (2, n)."""
    tails = np.empty((TAILS, eta.size))
    link_tails(code, eta, tails)
    return tails[KEYS.index("f") :]


def linear_predictors(link: str) -> np.ndarray:
    eta = np.linspace(-5.0, 5.0, 41)
    return np.linspace(-5.0, -0.05, 41) if link == "log" else eta


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return load_table("links/tails")


@pytest.mark.parametrize("link", CODES)
@pytest.mark.parametrize("place", range(8), ids=KEYS)
def test_tails_agree_with_mpmath(link: str, place: int, reference: dict[str, Any]) -> None:
    table = reference[link]
    exact = np.array(table[KEYS[place]], dtype=np.float64)
    held = ~np.isnan(exact)
    found = tails_of(link, np.array(table["eta"]))[place]
    if (link, KEYS[place]) == ("log", "curved_f"):
        assert np.all(found == 0.0)
        return
    assert held.sum() > 100
    assert_allclose(found[held], exact[held], rtol=PROMISED)


def test_the_polynomial_of_mills_ratio_is_the_stored_one(reference: dict[str, Any]) -> None:
    assert kernel.MILLS.tolist() == list(reference["mills"]["coefficients"])
    assert reference["mills"]["left_out"] < 2.0**-53


@pytest.mark.parametrize("link", CODES)
@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_slope_and_curvature_are_the_derivatives_of_the_loss(link: str, y: float) -> None:
    eta = linear_predictors(link)
    outcome, weights = np.full(eta.size, y), np.linspace(0.5, 2.0, eta.size)
    _, _, slope, curvature = evaluate(link, eta, outcome, weights)

    def loss(shift: np.ndarray) -> np.ndarray:
        return weights * link_values(CODES[link], eta + shift[0], outcome)

    def slopes(shift: np.ndarray) -> np.ndarray:
        return evaluate(link, eta + shift[0], outcome, weights)[2]

    # A central difference is right to step squared, times a third derivative that grows with the loss in the tail.
    size = 1.0 + np.abs(slope) + np.abs(curvature)
    assert_allclose(slope / size, central_difference(loss, np.zeros(1))[:, 0] / size, atol=1e-7)
    assert_allclose(curvature / size, central_difference(slopes, np.zeros(1))[:, 0] / size, atol=1e-7)


@pytest.mark.parametrize("link", CODES)
def test_expected_curvature_is_the_average_over_outcomes(link: str) -> None:
    eta = linear_predictors(link)
    ones, mean = np.ones(eta.size), means(CODES[link], eta)
    event, none = evaluate(link, eta, ones, ones)[3], evaluate(link, eta, 0.0 * ones, ones)[3]
    for y in (0.0, 1.0, 0.4):
        _, _, slope, expected = evaluate(link, eta, y * ones, ones, expected=True)
        assert_allclose(expected, mean[0] * event + mean[1] * none, rtol=1e-11)  # terms cancel by a digit
    up, down = evaluate(link, eta, ones, ones)[2], evaluate(link, eta, 0.0 * ones, ones)[2]
    assert_allclose(expected, mean[0] * up**2 + mean[1] * down**2, rtol=EXACT)
    assert_allclose(mean[0] * up + mean[1] * down, 0.0, atol=EXACT)
    assert_allclose(slope, 0.4 * up + 0.6 * down, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("link", ["probit", "cloglog", "loglog", "cauchit"])
@pytest.mark.parametrize("expected", [False, True])
def test_closest_is_the_least_squared_slope_over_curvature(link: str, expected: bool) -> None:
    eta, y = np.array([-1.0, 0.2, 0.9, 1.5, -3.0]), np.array([0.0, 1.0, 0.0, 0.5, 1.0])
    weights = np.array([1.0, 2.0, 0.5, 1.0, 0.0])
    _, closest, slope, curvature = evaluate(link, eta, y, weights, expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(curvature > 0.0, slope**2 / curvature, np.inf)
    assert_allclose(closest, ratios[:3].min(), rtol=EXACT)
    assert evaluate(link, eta[3:], y[3:], weights[3:], expected)[1] == np.inf


def test_the_log_link_asks_rows_without_events_only() -> None:
    eta, y = np.array([-1.0, -0.2, -2.0]), np.array([0.0, 1.0, 0.0])
    value, closest, slope, curvature = evaluate("log", eta, y, np.ones(3))
    assert_allclose(value, -np.log1p(-np.exp(-1.0)) + 0.2 - np.log1p(-np.exp(-2.0)), rtol=EXACT)
    assert_allclose(closest, np.exp(-2.0), rtol=EXACT)
    assert_allclose(slope, [1 / np.expm1(1.0), -1.0, 1 / np.expm1(2.0)], rtol=EXACT)
    assert curvature[1] == 0.0


@pytest.mark.parametrize("eta", [0.0, 1e-9, 3.0])
@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
def test_a_mean_that_is_not_below_one_has_no_likelihood(eta: float, y: float) -> None:
    value, *_ = link_rows(5, True, np.array([eta, -1.0]), np.array([y, 0.0]), np.ones(2), np.empty(2), np.empty(2))
    assert value == np.inf
    # A row of weight zero asks nothing.
    weights = np.array([0.0, 1.0])
    value, *_ = link_rows(5, True, np.array([eta, -1.0]), np.array([y, 0.0]), weights, np.empty(2), np.empty(2))
    assert_allclose(value, -np.log1p(-np.exp(-1.0)), rtol=EXACT)
    mean = means(5, np.array([eta]))[:, 0]
    assert mean.tolist() == [1.0, 0.0] if eta == 0.0 else np.isnan(mean).all()


@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize("n", [1, 255, 256, 700])
def test_the_logit_is_that_of_binary_fits(expected: bool, n: int) -> None:
    rng = np.random.default_rng(n)
    eta, weights = 20 * rng.normal(size=n), rng.integers(0, 3, n).astype(float)
    y = rng.choice([0.0, 0.25, 1.0], n)
    slope, curvature = np.empty(n), np.empty(n)
    expected_sums = logit_rows(eta, y, weights, slope, curvature)
    here = evaluate("logit", eta, y, weights, expected)
    assert_allclose(here[0], expected_sums[0], rtol=EXACT)
    assert_allclose(here[2], slope, rtol=EXACT, atol=EXACT)
    assert_allclose(here[3], curvature, rtol=EXACT, atol=1e-300)


@pytest.mark.parametrize("link", ["logit", "probit", "cauchit"])
def test_a_symmetric_link_mirrors_itself(link: str) -> None:
    eta = np.array([-800.0, -40.0, -3.0, -0.2, 0.1, 2.0, 6.0, 37.0, 700.0])
    assert_allclose(tails_of(link, eta), tails_of(link, -eta)[MIRRORED], rtol=EXACT, atol=0.0)


def test_log_log_is_the_complementary_log_log_of_the_other_event() -> None:
    eta = np.array([-800.0, -40.0, -3.0, -0.2, 0.0, 0.1, 2.0, 6.0, 37.0, 700.0])
    assert np.array_equal(tails_of("loglog", eta), tails_of("cloglog", -eta)[MIRRORED])
    y, weights = np.resize([0.0, 1.0, 0.25], 10), np.linspace(1.0, 2.0, 10)
    there, back = evaluate("loglog", eta, y, weights), evaluate("cloglog", -eta, 1.0 - y, weights)
    assert_allclose(there[0], back[0], rtol=EXACT)
    assert there[1] == back[1]
    assert_allclose(there[2], -back[2], rtol=EXACT)


@pytest.mark.parametrize("link", CODES)
def test_weights_are_repetitions_and_proportions_are_mixtures(link: str) -> None:
    eta = linear_predictors(link)[::4]
    trials, events = np.resize([4, 3, 1, 5], eta.size), np.resize([1, 3, 0, 2], eta.size)
    grouped = evaluate(link, eta, events / trials, trials.astype(float))
    rows = np.repeat(np.arange(eta.size), trials)
    order = np.arange(rows.size) - np.repeat(np.cumsum(trials) - trials, trials)
    one_by_one = evaluate(link, eta[rows], (order < events[rows]).astype(float), np.ones(rows.size))
    assert_allclose(grouped[0], one_by_one[0], rtol=EXACT)
    for k in (2, 3):
        assert_allclose(grouped[k], np.bincount(rows, one_by_one[k]), rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_infinite_and_missing_linear_predictors(link: str) -> None:
    eta = np.array([-np.inf, np.inf, np.nan])
    assert_allclose(means(CODES[link], eta), [[0.0, 1.0, np.nan], [1.0, 0.0, np.nan]], rtol=0)
    assert_allclose(link_values(CODES[link], eta[:2], np.array([0.0, 1.0])), 0.0, atol=0.0)
    assert link_values(CODES[link], eta[:2], np.array([1.0, 0.0])).tolist() == [np.inf, np.inf]
    for y in (0.0, 0.5, 1.0):
        for weight in (0.0, 1.0):
            value, *_ = link_rows(
                CODES[link], False, eta[2:], np.full(1, y), np.full(1, weight), np.empty(1), np.empty(1)
            )
            assert np.isnan(value)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "loglog", "cauchit"])
def test_the_far_tails_have_slopes_and_curvatures(link: str) -> None:
    eta = np.linspace(-800.0, 800.0, 3001)
    for y in (0.0, 1.0):
        for expected in (False, True):
            value, closest, slope, curvature = evaluate(link, eta, np.full(eta.size, y), np.ones(eta.size), expected)
            assert closest >= 0.0
            assert not np.isnan(slope).any()
            assert not np.isnan(curvature).any()
            assert not np.isnan(value)
            if expected or link != "cauchit":
                assert np.all(curvature >= 0.0)


def test_the_loops_give_the_same_numbers_uncompiled() -> None:
    (compiled, fast), (interpreted, slow) = with_and_without_the_compiler(SCRIPT)
    assert compiled
    assert not interpreted
    assert_allclose(fast, slow, rtol=EXACT, atol=1e-300)
