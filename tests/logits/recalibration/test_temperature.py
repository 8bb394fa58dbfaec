"""Temperatures of several outcomes: sums and derivatives by brute force, the search from parts of the rows, scores."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.recalibration import temperature
from logitkit.numerics.kernels.tempered import SUMS, tempered_sums
from tolerances import EXACT, ITERATIVE, ROUTE

NO_CODES, NO_SHARES = np.empty(0, np.int32), np.empty((0, 0))


def rows(n, k, seed=1):
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 2.0, (n, k)) + rng.normal(0.0, 50.0, (n, 1))
    y = (0.6 * z + rng.gumbel(size=z.shape)).argmax(axis=1)
    return z, y.astype(np.int32)


def sums(z, codes, shares, weights, slope):
    out = np.zeros(SUMS)
    tempered_sums(z, codes, shares, weights, slope, True, out)
    return out


def values(z, codes, weights, slope):
    log_p = log_softmax(slope * z, axis=1)
    hot = np.eye(z.shape[1])[codes]
    return np.array([-weights @ (hot * log_p).sum(axis=1), weights @ ((np.exp(log_p) - hot) ** 2).sum(axis=1)])


@pytest.mark.parametrize("k", [2, 7, 300])
def test_sums_are_those_of_brute_force_and_derivatives_those_of_differences(k):
    z, codes = rows(40, k)
    weights = 1.0 + np.arange(40) % 3
    found = sums(z, codes, NO_SHARES, weights, 0.7)
    assert_allclose(found[[0, 4]], values(z, codes, weights, 0.7), rtol=EXACT)
    # Derivatives at five points, of the sums themselves.
    h = 1e-3
    ahead = {step: sums(z, codes, NO_SHARES, weights, 0.7 + step * h) for step in (-2, -1, 1, 2)}
    slope = (8.0 * (ahead[1] - ahead[-1]) - (ahead[2] - ahead[-2])) / (12.0 * h)
    for j in (0, 1, 2, 4, 5):
        assert_allclose(found[j + 1], slope[j], rtol=1e-6, atol=1e-7 * abs(found).max(), err_msg=str(j))


def test_proportions_are_outcomes_written_out():
    z, _ = rows(20, 4)
    shares = np.random.default_rng(2).dirichlet(np.ones(4), 20)
    weights = np.linspace(0.5, 2.0, 20)
    written = sums(
        np.repeat(z, 4, axis=0),
        np.tile(np.arange(4, dtype=np.int32), 20),
        NO_SHARES,
        (weights[:, None] * shares).ravel(),
        1.3,
    )
    assert_allclose(sums(z, NO_CODES, shares, weights, 1.3), written, rtol=1e-10)


def test_many_rows_are_searched_from_parts_to_the_same_end(monkeypatch):
    z, y = rows(6_000, 5)
    direct = lk.logits.recalibrate(z, y, "temperature")
    ones = np.ones(6_000)
    best = minimize_scalar(lambda s: values(z, y, ones, s)[0], bounds=(0.1, 3.0), options={"xatol": 1e-12})
    assert_allclose(1.0 / direct.temperature, best.x, rtol=ITERATIVE)
    both = np.transpose([values(z, y, ones, s) for s in (1.0, direct.estimate[0])])
    assert_allclose(6_000 * np.array([direct.log_loss, direct.brier]), both, rtol=ROUTE)
    monkeypatch.setattr(temperature, "FEW_NUMBERS", 1_000)
    monkeypatch.setattr(temperature, "PART_ROWS", 300)
    part = temperature._of_parts(temperature._Rows(z, y, NO_SHARES, ones))
    assert 0.0 < abs(part - direct.estimate[0]) < 0.2
    found = lk.logits.recalibrate(z, y, "temperature")
    assert_allclose(found.estimate, direct.estimate, rtol=1e-8)
    assert_allclose([found.log_loss, found.brier], [direct.log_loss, direct.brier], rtol=1e-8)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 30.0, 1e7])
def test_the_scale_of_logits_is_that_of_the_temperature(scale):
    z, y = rows(200, 4, seed=7)
    z -= z.mean(axis=1, keepdims=True)
    one, other = lk.logits.recalibrate(z, y, "temperature"), lk.logits.recalibrate(scale * z, y, "temperature")
    assert_allclose(other.temperature, scale * one.temperature, rtol=ROUTE)
    assert_allclose(other.log_loss[1], one.log_loss[1], rtol=ROUTE)


def test_logits_the_wrong_way_round_are_refused_with_their_slope():
    z, y = rows(300, 4)
    with pytest.raises(DataError, match=r"slope of the logits is -0\.7"):
        lk.logits.recalibrate(-z, y, "temperature")


def test_the_interval_of_a_temperature_is_that_of_its_logarithm():
    z, y = rows(500, 3)
    found = lk.logits.recalibrate(z, y, "temperature")
    half = 1.959963984540054 * found.std_error[0] / found.estimate[0]
    assert_allclose(np.log(found.temperature_interval() / found.temperature), [-half, half], rtol=ROUTE)
    assert f"{found.temperature:.4f}" in str(found)
    assert found.to_frame()["parameter"].tolist() == ["slope", "temperature"]
    with pytest.raises(UnsupportedError, match="'vector' has no temperature"):
        lk.logits.recalibrate(z, y, "vector").temperature_interval()


def test_a_parameter_at_its_bound_has_no_interval():
    rng = np.random.default_rng(2)
    z = 3.0 * rng.standard_normal(400)
    found = lk.logits.recalibrate(z, rng.random(400) < expit(np.where(z > 0, 1.5 * z, -0.4 * z)), "beta")
    assert np.isnan(found.interval()[1]).all()
    assert "held at its bound" in str(found)


@pytest.mark.parametrize("method", ["temperature", "vector", "logistic"])
def test_scores_of_other_rows_are_paired(method):
    z, y = rows(800, 3)
    found = lk.logits.recalibrate(z[:400], y[:400], method).scores(z[400:], y[400:])
    after = lk.logits.recalibrate(z[:400], y[:400], method).transform(z[400:])
    hot = np.eye(3)[y[400:]]
    losses = [-(hot * log_softmax(each, axis=1)).sum(axis=1) for each in (z[400:], after)]
    squares = [((softmax(each, axis=1) - hot) ** 2).sum(axis=1) for each in (z[400:], after)]
    for j, (before, behind) in enumerate((losses, squares)):
        gap = behind - before
        assert_allclose([found.before[j], found.after[j]], [before.mean(), behind.mean()], rtol=EXACT)
        assert_allclose([found.change[j], found.std_error[j]], [gap.mean(), gap.std(ddof=1) / 20.0], rtol=ROUTE)
    assert found.to_frame()["score"].tolist() == ["Log loss", "Brier score"]
    assert "paired rows" in str(found)
