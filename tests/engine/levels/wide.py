"""Small data on the wide path: the same formula fitted with its columns written out, and with a factor eliminated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers import choose
from tolerances import ROUTE

__all__ = ["COVARIANCE", "assert_same_fit", "both_ways", "places", "wide_fit"]


#: Covariances are those of the last point evaluated, before the last step, whichever way a fit goes there. That point
#: is up to 1e-8 standard errors from the estimate (equation 4 of docs/maths/newton.md), and so is their relative error.
COVARIANCE = 1e-8


def places(seed: int = 0, n: int = 900, levels: int = 30) -> pd.DataFrame:
    """Give a table with a factor of many levels nested in regions, numbers far from zero, and weights with zeros."""
    rng = np.random.default_rng(seed)
    code = rng.integers(0, levels, n)
    frame = pd.DataFrame(
        {
            "g": [f"l{level:03d}" for level in code],
            "region": [f"r{level // 6}" for level in code],
            "h": rng.choice(["a", "b", "c"], n),
            "x": rng.normal(size=n),
            "z": rng.uniform(100.0, 103.0, n),
            "shift": rng.normal(scale=0.3, size=n),
            "count": rng.integers(0, 4, n),
            "weight": rng.uniform(0.2, 2.0, n) * (rng.random(n) > 0.1),
            "person": rng.integers(0, 200, n),
        }
    )
    eta = -0.2 + 0.5 * frame["x"] + 0.2 * (code % 5 - 2) + 0.3 * (frame["h"] == "b")
    share = 1.0 / (1.0 + np.exp(-eta))
    frame["y"] = (rng.random(n) < share).astype(int)
    frame["events"] = rng.binomial(5, share)
    frame["others"] = 5 - frame["events"]
    return frame


def wide_fit(formula: str, frame: Any, most: int = 12, **options: Any) -> lk.Fit:
    """Fit as a design of more than ``most`` columns is fitted that is too wide for an array."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "DENSE_MOST", most)
        fit = lk.logit(formula, frame, **options)
    assert isinstance(fit.record.coordinates, LevelCoordinates), "the fit did not take the wide path"
    return fit


def both_ways(formula: str, frame: Any, most: int = 12, **options: Any) -> tuple[lk.Fit, lk.Fit]:
    """Fit by an array of second derivatives, and with the levels eliminated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choose, "ELIMINATED_LEAST", len(frame))
        dense = lk.logit(formula, frame, **options)
    assert not isinstance(dense.record.coordinates, LevelCoordinates)
    return dense, wide_fit(formula, frame, most, **options)


def assert_same_fit(dense: lk.Fit, wide: lk.Fit, tolerance: float = COVARIANCE) -> None:
    """Compare estimates, covariances (to ``tolerance``), likelihoods and sizes; coefficients in standard errors."""
    assert wide.record.status == dense.record.status
    assert wide.aliased == dense.aliased
    assert wide.n_params == dense.n_params
    assert wide.dof_residual == dense.dof_residual
    coef, other = dense.coef.to_numpy(), wide.coef.to_numpy()
    known = np.isfinite(coef)
    assert np.array_equal(coef[~known], other[~known], equal_nan=True)
    error = dense.std_error.to_numpy()[known]
    assert_allclose((other[known] - coef[known]) / error, 0.0, atol=ROUTE)
    assert_allclose(wide.std_error, dense.std_error, rtol=tolerance)
    unit = np.outer(error, error)
    blocks = [fit.vcov.to_numpy()[np.ix_(known, known)] / unit for fit in (wide, dense)]
    assert_allclose(blocks[0], blocks[1], rtol=0, atol=tolerance)
    assert np.array_equal(np.isnan(wide.vcov), np.isnan(dense.vcov))
    for name in ("loglik", "null_loglik", "deviance", "null_deviance", "tjur", "n_obs", "events", "total", "n_trials"):
        assert_allclose(getattr(wide.record, name), getattr(dense.record, name), rtol=ROUTE, err_msg=name)
    _assert_same_limit(dense.record, wide.record)
    predicted = wide.predictions()
    # A standard error of a logit is measured as it is; one of a certain probability is missing.
    assert_allclose(predicted, dense.predictions(), rtol=tolerance, atol=tolerance)
    assert_allclose(wide.influence()["leverage"], dense.influence()["leverage"], rtol=tolerance, atol=tolerance)


def _assert_same_limit(dense: FitRecord, wide: FitRecord) -> None:
    assert wide.is_separated == dense.is_separated
    if dense.is_separated:
        assert wide.limit.n_rows == dense.limit.n_rows
        assert wide.limit.dimension == dense.limit.dimension
        assert np.array_equal(wide.limit.signs, dense.limit.signs, equal_nan=True)
