"""The CORP diagram against scikit-learn's isotonic regression, its definitions, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.isotonic import isotonic_regression
from sklearn.metrics import log_loss

import logitkit as lk
from logitkit.diagnostics.calibration.corp import reliability_of
from logitkit.diagnostics.calibration.points import Points
from logitkit.errors import DataError
from tolerances import ROUTE


@pytest.fixture(scope="module")
def halves():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((2, 600)).round(2)
    y = (rng.random(600) < 1 / (1 + np.exp(0.7 - x[0]))).astype(int)
    data = {"y": y, "a": x[0], "b": x[1]}
    first, second = ({name: v[part] for name, v in data.items()} for part in (slice(0, 300), slice(300, 600)))
    return lk.logit("y ~ a + b", first), second


def points_of(p, y):
    return Points(np.stack([np.ones(p.size), y, p, np.ones(p.size)]), True)


def test_rates_and_parts_are_those_of_isotonic_regression(halves):
    fit, data = halves
    p, y = fit.predict(data).to_numpy(), data["y"]
    found = fit.reliability(data, resamples=20)
    order = np.argsort(p)
    rate = isotonic_regression(y[order].astype(float))
    assert_allclose(found.observed, np.unique(rate), rtol=ROUTE)
    assert_allclose(found.n, np.unique(rate, return_counts=True)[1])
    mean = y.mean()
    scores = [np.mean((q - y[order]) ** 2) for q in (p[order], rate, mean)]
    parts = found.brier
    assert_allclose(parts.score, scores[0], rtol=ROUTE)
    assert_allclose(parts.miscalibration, scores[0] - scores[1], rtol=ROUTE)
    assert_allclose(parts.discrimination, scores[2] - scores[1], rtol=ROUTE)
    assert_allclose(found.log_loss.score, log_loss(y, p), rtol=ROUTE)
    assert_allclose(found.log_loss.miscalibration, log_loss(y, p) - log_loss(y[order], rate), rtol=1e-6)


def test_the_band_holds_right_predictions_with_its_probability():
    p, inside = np.linspace(0.05, 0.95, 150), []
    rng = np.random.default_rng(8)
    band = reliability_of(points_of(p, (rng.random(150) < p).astype(float)), "1", "consistency", 400, 1, 0.9, False)
    for _ in range(200):
        y = (rng.random(150) < p).astype(float)
        rate = isotonic_regression(y)
        inside.append(((band.low - 1e-12 <= rate) & (rate <= band.high + 1e-12)).mean())
    assert 0.88 < np.mean(inside) < 0.95  # rates are discrete: at least 0.9 but for simulation


def test_a_confidence_band_is_around_what_was_found(halves):
    fit, data = halves
    found = fit.reliability(data, band="confidence", resamples=200)
    middle = np.interp(found.predicted, found.first, found.observed)
    assert ((found.low <= middle + 0.05) & (middle - 0.05 <= found.high)).mean() > 0.9
    assert not np.allclose(found.low, fit.reliability(data, resamples=200).low)


def test_the_seed_repeats_the_band_and_weights_are_rows_written_out(halves):
    fit, data = halves
    one, other = fit.reliability(data), fit.reliability(data)
    assert_allclose(one.low, other.low, rtol=0)
    w = 1 + np.arange(300) % 3
    weighted = lk.logit("y ~ a + b", {**data, "w": w}, weights="w").reliability(resamples=50)
    long = {name: np.repeat(values, w) for name, values in data.items()}
    written = lk.logit("y ~ a + b", long).reliability(resamples=50)
    assert_allclose(weighted.observed, written.observed, rtol=1e-7)
    assert_allclose(weighted.low, written.low, atol=1e-7)


def test_several_outcomes_name_one(halves):
    births = lk.datasets.load_lbw()
    fit = lk.multinomial("race ~ age + lwt", births)
    with pytest.raises(DataError, match="outcome="):
        fit.reliability()
    found = fit.reliability(outcome="black", resamples=20)
    assert found.outcome == "black"
    assert found.n.sum() == 189
    assert "rows of the fit" in repr(found)


def test_weights_that_count_nothing_have_no_band():
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age", births, weights=np.linspace(1, 2, 189), weight_kind="sampling")
    found = fit.reliability()
    assert np.isnan(found.low).all()
    assert "No band" in repr(found)
    with pytest.raises(DataError, match="resamples=3"):
        fit.reliability(resamples=3)
