"""Covariances of linear predictors, and errors of probabilities, against derivatives by brute force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine.record import FitRecord
from logitkit.inference.linear_predictors import finite_predictors
from logitkit.inference.prediction import fitted_matrix, predictions
from logitkit.inference.predictor_variance import predictor_covariances
from tolerances import ROUTE

ROWS = 90
STEP = 1e-6


def table() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    x, z = rng.normal(size=ROWS), 1000.0 + rng.normal(size=ROWS)
    return pd.DataFrame(
        {"x": x, "z": z, "twice": 2.0 * x, "y": rng.choice(["a", "b", "c"], ROWS), "two": rng.choice(["a", "b"], ROWS)}
    )


# With a mean of 1000, z costs digits where the columns are solved for as they are, in restricted and penalised models.
FITS: dict[str, Any] = {
    "two outcomes": lambda data: lk.logit("two ~ x + z", data),
    "two outcomes, aliased": lambda data: lk.logit("two ~ x + twice + z", data),
    "reference": lambda data: lk.multinomial("y ~ x + z", data, reference="b"),
    "symmetric": lambda data: lk.multinomial("y ~ x + z", data, reference=None),
    "aliased": lambda data: lk.multinomial("y ~ x + twice + z", data),
    "restricted": lambda data: lk.multinomial("y ~ x + z", data.assign(z=data["z"] - 1000.0), equal="z"),
    "restricted and aliased": lambda data: lk.multinomial("y ~ x + twice + z", data, equal=["x", "twice"]),
    "ridge": lambda data: lk.multinomial("y ~ x + z", data.assign(z=data["z"] - 1000.0), penalty=lk.Ridge(0.1)),
}


def derivative(record: FitRecord, function: Any) -> np.ndarray:
    """Central differences by the coefficients that were solved for, the last axis."""
    found = []
    for unit in np.eye(record.inner_coef.size) * STEP:
        high, low = (function(replace(record, inner_coef=record.inner_coef + side * unit)) for side in (1.0, -1.0))
        found.append((high - low) / (2 * STEP))
    return np.stack(found, axis=-1)


@pytest.mark.parametrize("name", list(FITS))
def test_errors_are_those_of_the_delta_method(name: str) -> None:
    fit = FITS[name](table())
    record, matrix, vcov = fit.record, fit.design.matrix, fit.record.inner_vcov.array()
    slopes = derivative(record, lambda at: finite_predictors(at, matrix))
    expected = np.einsum("anq,qr,bnr->nab", slopes, vcov, slopes)
    found = np.concatenate([part for _, part in predictor_covariances(record, matrix, record.inner_vcov)])
    # Central differences of step 1e-6 keep about eight digits.
    assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    slopes = derivative(record, lambda at: fitted_matrix(at, matrix).probabilities)
    mine = predictions(record, matrix)
    assert_allclose(mine.std_error, np.sqrt(np.einsum("knq,qr,knr->kn", slopes, vcov, slopes)), rtol=1e-6)
    assert (mine.low > 0.0).all()
    assert (mine.high < 1.0).all()
    odds = mine.probability / (1.0 - mine.probability)
    assert_allclose(np.log(odds), mine.log_odds, rtol=ROUTE, atol=ROUTE)


@pytest.mark.parametrize("name", ["two outcomes", "reference", "symmetric"])
def test_blocks_of_rows_say_what_all_rows_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = FITS[name](table())
    whole = predictions(fit.record, fit.design.matrix)
    monkeypatch.setattr("logitkit.inference.predictor_variance.NUMBERS_OF_BLOCK", 60)
    monkeypatch.setattr("logitkit.inference.predictor_variance.BLOCK", 7)
    parts = predictions(fit.record, fit.design.matrix)
    assert_allclose(parts.std_error, whole.std_error, rtol=1e-13)  # another product of the same numbers


def test_some_outcomes_of_all() -> None:
    fit = FITS["reference"](table())
    whole, some = (
        predictions(fit.record, fit.design.matrix),
        predictions(fit.record, fit.design.matrix, outcomes=[2, 0]),
    )
    for name in ("log_odds", "log_odds_error", "probability", "std_error", "low", "high"):
        assert np.array_equal(getattr(some, name), getattr(whole, name)[[2, 0]])


def test_both_outcomes_of_two_mirror_each_other() -> None:
    fit = FITS["two outcomes"](table())
    found = predictions(fit.record, fit.design.matrix)
    assert np.array_equal(found.log_odds[0], -found.log_odds[1])
    assert np.array_equal(found.std_error[0], found.std_error[1])
    assert_allclose(found.low[0], 1.0 - found.high[1], rtol=ROUTE)


def test_many_rows_are_predicted_to_the_same_bit_on_any_number_of_threads():
    rng = np.random.default_rng(0)
    n = 70_000
    rows = {"x": rng.normal(size=n), "z": rng.normal(size=n), "f": np.array(["a", "b", "c"])[rng.integers(0, 3, n)]}
    few = {name: values[:200] for name, values in rows.items()} | {"y": rng.integers(0, 2, 200)}
    fit = lk.logit("y ~ x + z + f", few)
    before, found = lk.get_threads(), []
    try:
        for threads in (1, 2):
            lk.set_threads(threads)
            found.append(fit.predict(rows))
    finally:
        lk.set_threads(before)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0][:200], fit.predict({name: values[:200] for name, values in rows.items()}))
    eta = fit.predict_logit(rows)
    np.testing.assert_allclose(found[0], 1.0 / (1.0 + np.exp(-eta)), rtol=1e-12)
