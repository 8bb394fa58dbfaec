"""Profile limits of recalibrations against SciPy's maximisation and root finding."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq, minimize
from scipy.special import log_softmax

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError

SLOW = partial(pytest.param, marks=pytest.mark.slow)
HALF = 1.959963984540054**2 / 2


def rows(n, k, seed=1):
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 1.5, (n, k))
    return z, (0.7 * z + rng.gumbel(size=z.shape)).argmax(axis=1), rng.integers(0, 3, n).astype(float)


def profiled(loss, best, j, side):
    """Where the profile has risen by half of the quantile, by general tools."""
    others = [i for i in range(best.size) if i != j]

    def rise(value):
        def with_it(rest):
            theta = best.copy()
            theta[j], theta[others] = value, rest
            return loss(theta)

        least = minimize(with_it, best[others], method="BFGS", options={"gtol": 1e-9}).fun if others else with_it([])
        return least - loss(best) - HALF

    far = best[j] + side
    while rise(far) < 0.0:
        far += side
    return brentq(rise, best[j], far, xtol=1e-10)


@pytest.mark.parametrize("method", ["temperature", "logistic", *(SLOW(name) for name in ("intercept", "vector"))])
def test_limits_of_several_outcomes_are_where_the_profile_has_fallen(method):
    z, y, w = rows(80, 3)
    found = lk.logits.recalibrate(z, y, method, weights=w)
    k, q = 3, found.estimate.size

    def loss(theta):
        slopes = np.ones(k) if method == "intercept" else np.broadcast_to(theta[: max(q - (k - 1), 1)], (k,))
        shift = np.append(0.0, theta[-(k - 1) :]) if method != "temperature" else np.zeros(k)
        return -w @ log_softmax(z * slopes + shift, axis=1)[np.arange(80), y]

    limits = found.profile_interval(z, y, w)
    for j, side in ((0, 0), (q - 1, 1)):
        expected = profiled(loss, found.estimate, j, 2.0 * side - 1.0)
        assert_allclose(limits[j, side], expected, rtol=1e-5)  # where BFGS stops
    assert (limits[:, 0] < found.estimate).all()
    assert (found.estimate < limits[:, 1]).all()


@pytest.mark.parametrize("method", ["temperature", "intercept", "logistic"])
def test_limits_of_an_event_are_where_the_profile_has_fallen(method):
    z, y, w = rows(100, 2)
    x, y = z[:, 1] - z[:, 0], y.astype(float)
    found = lk.logits.recalibrate(x, y, method, weights=w)

    def loss(theta):
        eta = {"temperature": theta[0] * x, "intercept": x + theta[0], "logistic": theta[0] + theta[-1] * x}[method]
        return w @ (np.logaddexp(0.0, eta) - y * eta)

    limits = found.profile_interval(x, y, w)
    for j, side in ((0, 0), (found.estimate.size - 1, 1)):
        expected = profiled(loss, found.estimate, j, 2.0 * side - 1.0)
        assert_allclose(limits[j, side], expected, rtol=1e-6)  # of the engine's certified ends


def test_what_has_no_profile_is_refused():
    z, y, _ = rows(100, 2)
    x = z[:, 1] - z[:, 0]
    for method, told in (("isotonic", "no parameters"), ("beta", "bounded")):
        with pytest.raises(UnsupportedError, match=told):
            lk.logits.recalibrate(x, y, method).profile_interval(x, y)
    with pytest.raises(UnsupportedError, match="sandwich"):
        lk.logits.recalibrate(x, y, covariance="robust").profile_interval(x, y)
    with pytest.raises(DataError, match="not the rows that it was learnt from"):
        lk.logits.recalibrate(x, y).profile_interval(x[:50], y[:50])
    spline = lk.logits.recalibrate(x, y, "spline")
    limits = spline.profile_interval(x, y)
    assert ((limits[:, 0] < spline.estimate) & (spline.estimate < limits[:, 1])).all()
