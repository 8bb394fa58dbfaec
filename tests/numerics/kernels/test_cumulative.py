"""The compiled loops of ordered outcomes against mpmath, finite differences, and the binary links."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design.response.response import NO_SHARES
from logitkit.models.cumulative import PIECE, Cumulative
from logitkit.models.links import LINKS, Link
from logitkit.numerics.kernels.links import link_rows
from numerics.kernels.uncompiled import with_and_without_the_compiler
from references.load import load_table
from tolerances import EXACT

RISING = [link for link in LINKS.values() if link.rises_to_one]
NAMES = [link.name for link in RISING]
STEP = 1e-5

SCRIPT = """
import json
import numpy as np
from logitkit.models.cumulative import Cumulative
from logitkit.models.links import LINKS
from logitkit.numerics.kernels.cumulative import cumulative_rows

rng = np.random.default_rng(8)
numbers = []
for k, link in ((2, "cloglog"), (4, "probit")):
    for counted in (False, True):
        eta = np.sort(rng.normal(size=(k - 1, 20)) * 10.0 ** rng.uniform(-2, 1.5, 20), axis=0)
        codes = rng.integers(0, k, 20).astype(np.int32)
        shares = rng.dirichlet(np.ones(k), 20).T.copy() if counted else np.empty((0, 0))
        slope, bands = np.empty_like(eta), (np.empty_like(eta), np.empty((k - 2, 20)))
        weights = rng.integers(0, 3, 20).astype(float)
        sums = Cumulative(k, LINKS[link]).rows(eta, codes, shares, weights, bands, slope, counted)
        numbers += [*sums, *slope.ravel(), *bands[0].ravel(), *bands[1].ravel()]
        numbers += [*Cumulative(k, LINKS[link]).probabilities(eta).ravel()]
print(json.dumps([hasattr(cumulative_rows, "py_func"), [float(number) for number in numbers]]))
"""


def evaluate(
    link: Link,
    eta: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    shares: np.ndarray = NO_SHARES,
    expected: bool = False,
) -> tuple[float, float, int, np.ndarray, np.ndarray, np.ndarray]:
    slope, diagonal = np.full(eta.shape, np.nan), np.full(eta.shape, np.nan)
    beside = np.full((len(eta) - 1, eta.shape[1]), np.nan)
    family = Cumulative(len(eta) + 1, link)
    bands = (diagonal, beside)
    sums = family.rows(eta, codes.astype(np.int32), shares, weights, bands, slope, expected)
    return *sums, slope, diagonal, beside


def thresholds(m: int, n: int, scale: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(m)
    return np.sort(scale * rng.normal(size=(m, n)), axis=0) + 0.05 * np.arange(m)[:, None]


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_an_interval_agrees_with_mpmath(link: Link) -> None:
    table = {key: np.array(values, dtype=float) for key, values in load_table("links/intervals")[link.name].items()}
    eta = np.stack([table["low"], table["high"]])
    n = eta.shape[1]
    *_, slope, diagonal, beside = evaluate(link, eta, np.ones(n), np.ones(n))
    found = {
        "log_p": Cumulative(3, link)._outcomes(eta)[0][1],
        "slope_low": slope[0],
        "slope_high": slope[1],
        "low_low": diagonal[0],
        "high_high": diagonal[1],
        "low_high": beside[0],
    }
    # What a rounding of the two thresholds would do to the difference between them, a few times, and of log p to p.
    size = np.abs(eta).max(axis=0)
    allowed = 1e-13 + 8 * 2.0**-53 * (1.0 + size) / np.minimum(eta[1] - eta[0], 1.0)
    allowed = np.where(eta[1] - eta[0] < 1e-3, 1e-13, allowed) + 2.0**-53 * np.abs(table["log_p"])
    for key, numbers in found.items():
        held = ~np.isnan(table[key])
        assert held.sum() > 80
        assert np.all((np.abs(numbers - table[key]) <= allowed * np.abs(table[key]))[held]), key


@pytest.mark.parametrize("link", RISING, ids=NAMES)
@pytest.mark.parametrize("counted", [False, True])
def test_slopes_and_curvatures_are_derivatives(link: Link, counted: bool) -> None:
    rng = np.random.default_rng(4)
    eta, weights = thresholds(4, 30, 1.5), rng.uniform(0.5, 2.0, 30)
    eta += np.linspace(-1.0, 1.0, 30) + 0.2 * np.arange(4)[:, None]
    codes = rng.integers(0, 5, 30)
    shares = rng.dirichlet(np.ones(5), 30).T.copy() if counted else NO_SHARES
    *_, slope, diagonal, beside = evaluate(link, eta, codes, weights, shares)
    for k in range(4):
        shift = np.zeros(eta.shape)
        shift[k] = STEP
        ahead, behind = (evaluate(link, eta + sign * shift, codes, weights, shares) for sign in (1, -1))
        # One row at a time, by the value: a central difference is right to about 1e-9 of what the curvature is.
        by_row = [
            (evaluate(link, e[:, i : i + 1], codes[i : i + 1], weights[i : i + 1], shares[:, i : i + 1].copy())[0])
            for i in range(30)
            for e in (eta + shift, eta - shift)
        ]
        change = (np.array(by_row[::2]) - np.array(by_row[1::2])) / (2 * STEP)
        assert_allclose(slope[k], change, rtol=1e-6, atol=1e-8)
        second = (ahead[3] - behind[3]) / (2 * STEP)
        assert_allclose(diagonal[k], second[k], rtol=1e-6, atol=1e-7)
        for other in range(4):
            if abs(other - k) == 1:
                assert_allclose(beside[min(other, k)], second[other], rtol=1e-6, atol=1e-7)
            elif other != k:
                assert_allclose(second[other], 0.0, atol=1e-9)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
@pytest.mark.parametrize("m", [1, 2, 4])
def test_expected_curvatures_are_averages_over_outcomes(link: Link, m: int) -> None:
    n = 50
    eta, weights = thresholds(m, n, 2.0), np.linspace(0.5, 2.0, n)
    mean = Cumulative(m + 1, link).probabilities(eta)
    average, product, total = np.zeros((2, *eta.shape)), np.zeros((2, *eta.shape)), np.zeros(eta.shape)
    for k in range(m + 1):
        *_, slope, diagonal, beside = evaluate(link, eta, np.full(n, k), weights)
        average[0] += mean[k] * diagonal
        average[1, 1:] += mean[k] * beside
        product[0] += mean[k] * slope**2 / weights
        product[1, 1:] += mean[k] * slope[1:] * slope[:-1] / weights
        total += mean[k] * slope
    for shares in (NO_SHARES, mean.copy()):
        *_, slope, diagonal, beside = evaluate(link, eta, np.zeros(n), weights, shares, expected=True)
        assert_allclose(diagonal, average[0], rtol=1e-9)  # observed curvatures cancel in a sum over outcomes
        assert_allclose(beside, average[1, 1:], rtol=1e-9)
        assert_allclose(diagonal, product[0], rtol=1e-11)
        assert_allclose(beside, product[1, 1:], rtol=1e-11)
    scale = np.sqrt(product[0])
    assert_allclose(total / scale, 0.0, atol=1e-11)
    assert_allclose(slope / scale, 0.0, atol=1e-11)  # proportions at the probabilities


@pytest.mark.parametrize("link", RISING, ids=NAMES)
@pytest.mark.parametrize("expected", [False, True])
def test_two_outcomes_are_a_binary_link(link: Link, expected: bool) -> None:
    rng = np.random.default_rng(2)
    eta, weights = rng.normal(scale=3.0, size=(1, 400)), rng.integers(0, 3, 400).astype(float)
    y = rng.choice([0.0, 0.3, 1.0], 400)
    slope, curvature = np.empty(400), np.empty(400)
    # The event is the first outcome: P(Y <= 1) = F(eta); with the second, the mirrored link has minus the threshold.
    value, closest, *_ = link_rows(link.code, expected, eta[0], y, weights, slope, curvature)
    here = evaluate(link, eta, np.zeros(400), weights, np.stack([y, 1.0 - y]), expected)
    assert_allclose(here[0], value, rtol=EXACT)
    assert_allclose(here[1], min(closest, 1.0), rtol=EXACT)
    assert here[2] == 0
    assert_allclose(here[3][0], slope, rtol=EXACT, atol=EXACT)
    assert_allclose(here[4][0], curvature, rtol=EXACT, atol=1e-300)
    mirror = LINKS[str(link.mirror)]
    assert_allclose(link_rows(mirror.code, expected, -eta[0], 1.0 - y, weights, slope, curvature)[0], value, rtol=EXACT)
    assert_allclose(here[3][0], -slope, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_proportions_are_repeated_rows(link: Link) -> None:
    rng = np.random.default_rng(9)
    n = 25
    eta, counts = thresholds(3, n), rng.integers(0, 3, (4, n))
    counts[1, counts.sum(axis=0) == 0] = 1
    trials = counts.sum(axis=0).astype(float)
    grouped = evaluate(link, eta, np.zeros(n), trials, counts / trials)
    outcome, row = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    single = evaluate(link, eta[:, row], outcome, np.ones(row.size))
    assert_allclose(grouped[0], single[0], rtol=EXACT)
    for k in (3, 4, 5):
        summed = np.stack([np.bincount(row, numbers, n) for numbers in single[k]])
        assert_allclose(grouped[k], summed, rtol=1e-11, atol=1e-11)
    # A proportion of one is an outcome, though another loop sums it: from the two thresholds of the row alone.
    codes, weights = rng.integers(0, 4, n), rng.integers(0, 3, n).astype(float)
    for one, other in zip(
        evaluate(link, eta, codes, weights),
        evaluate(link, eta, codes, weights, np.eye(4)[codes].T.copy()),
        strict=True,
    ):
        assert_allclose(one, other, rtol=EXACT)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
@pytest.mark.parametrize("expected", [False, True])
def test_closest_is_the_least_ratio_of_thresholds_pushed_one_way(link: Link, expected: bool) -> None:
    eta = thresholds(3, 6)
    shares = np.array(
        [
            [1.0, 0.0, 0.0, 0.5, 0.2, 0.0],
            [0.0, 1.0, 0.0, 0.5, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.8, 1.0],
            [0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
        ]
    )
    weights = np.array([1.0, 2.0, 0.7, 1.0, 3.0, 0.0])
    _, closest, _, slope, diagonal, _ = evaluate(link, eta, np.zeros(6), weights, shares, expected)
    one_way = (shares[:-1] > 0.0) != (shares[1:] > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(diagonal > 0.0, slope**2 / diagonal, np.inf)
    bound = np.minimum(ratio, weights * (shares[:-1] + shares[1:]))[one_way & (weights > 0.0)]
    # A threshold that a row does not push has expected curvature: then nothing is proved.
    assert_allclose(closest, 0.0 if expected else bound.min(), rtol=EXACT)
    assert evaluate(link, eta[:, 5:], np.zeros(1), weights[5:], shares[:, 5:].copy())[1] == np.inf


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_thresholds_that_cross(link: Link) -> None:
    eta = np.array([[0.0, 0.5, 0.5, 0.3], [1.0, 0.2, 0.2, 0.3], [2.0, 0.9, 0.9, 1.0]])
    ones = np.ones(4)
    # Row 1 has its outcome outside the crossing thresholds, and is counted; row 2 has it between them.
    value, _, n_crossed, slope, diagonal, beside = evaluate(link, eta, np.array([0, 3, 3, 3]), ones)
    assert np.isfinite([value, slope.sum(), diagonal.sum(), beside.sum()]).all()
    assert n_crossed == 3
    for codes in ([0, 3, 1, 3], [0, 3, 3, 1]):
        assert evaluate(link, eta, np.array(codes), ones)[0] == np.inf
    weights = np.array([1.0, 0.0, 0.0, 0.0])
    value, _, n_crossed, *_ = evaluate(link, eta, np.array([0, 3, 1, 1]), weights)
    assert n_crossed == 0
    assert_allclose(value, -np.log(link.inverse(np.zeros(1)))[0], rtol=EXACT)
    mean = Cumulative(4, link).probabilities(eta)
    assert np.isnan(mean[:, 1:3]).all()
    assert_allclose(mean[:, [0, 3]].sum(axis=0), 1.0, rtol=EXACT)
    assert mean[1, 3] == 0.0
    assert np.all(np.isfinite(evaluate(link, eta, np.zeros(4), ones, expected=True)[4]))


@pytest.mark.parametrize("place", [0, 1])
def test_a_missing_linear_predictor_is_a_missing_loss(place: int) -> None:
    for code in range(3):
        eta = np.array([[0.1, 0.2], [0.3, 0.4]])
        eta[place, 1] = np.nan
        assert np.isnan(evaluate(LINKS["probit"], eta, np.array([0, code]), np.ones(2))[0])
        mean = Cumulative(3, LINKS["probit"]).probabilities(eta)
        assert np.isfinite(mean[:, 0]).all()
        assert np.isnan(mean[:, 1]).all()


@pytest.mark.parametrize("link", RISING, ids=NAMES)
@pytest.mark.parametrize("n", [1, PIECE - 1, PIECE, 2 * PIECE + 3])
def test_pieces_of_rows(link: Link, n: int) -> None:
    rng = np.random.default_rng(n)
    eta, codes, weights = thresholds(3, n), rng.integers(0, 4, n), rng.integers(0, 3, n).astype(float)
    whole = evaluate(link, eta, codes, weights)
    reverse = evaluate(link, eta[:, ::-1], codes[::-1], weights[::-1].copy())
    assert_allclose(whole[0], reverse[0], rtol=EXACT)
    assert whole[1] == reverse[1]
    assert whole[2] == reverse[2] == 0
    for k in (3, 4, 5):
        assert_allclose(whole[k], reverse[k][:, ::-1], rtol=EXACT)
    mean = Cumulative(4, link).probabilities(eta)
    below = link.inverse(eta)
    differences = np.diff(np.vstack([np.zeros(n), below, np.ones(n)]), axis=0)
    assert_allclose(mean, differences, atol=1e-15)
    assert_allclose(mean.sum(axis=0), 1.0, rtol=1e-14)


@pytest.mark.parametrize("link", RISING, ids=NAMES)
def test_far_tails_have_losses_and_slopes(link: Link) -> None:
    centre = np.linspace(-30.0, 30.0, 601)
    centre = centre[np.abs(centre) < (4.5 if link.name in {"cloglog", "loglog"} else 31.0)]
    eta = np.stack([centre - 0.7, centre, centre + 1.1])
    for code in range(4):
        sums = evaluate(link, eta, np.full(centre.size, code), np.ones(centre.size))
        assert np.isfinite(sums[0])
        for numbers in sums[3:]:
            assert np.isfinite(numbers).all()
        if link.log_concave:
            assert np.all(sums[4] * 1.0 >= 0.0)
    expected = evaluate(link, eta, np.zeros(centre.size), np.ones(centre.size), expected=True)
    assert np.all(expected[4] > 0.0)
    assert np.all(expected[4][:-1] * expected[4][1:] >= expected[5] ** 2)


def test_the_loops_give_the_same_numbers_uncompiled() -> None:
    (compiled, fast), (interpreted, slow) = with_and_without_the_compiler(SCRIPT)
    assert compiled
    assert not interpreted
    assert_allclose(fast, slow, rtol=EXACT, atol=1e-300)
