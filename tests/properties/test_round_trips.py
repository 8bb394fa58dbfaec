"""What a fit says of its own rows again: predictions on the training data, and after saving."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import logitkit as lk
from oracles.likelihood import mean, newton_decrement
from properties.tables import formulas, seeds, table
from tolerances import EXACT, ROUTE


@given(seeds, formulas())
def test_predicting_the_training_rows_gives_the_fitted_values(seed: int, formula: str) -> None:
    frame = table(seed)
    fit = lk.logit(formula, frame)
    # Not bit for bit: products of other shapes may add in another order.
    assert_allclose(fit.predict(frame), fit.predict(), rtol=EXACT)
    assert_allclose(fit.predict(frame.drop(columns="y")), fit.predict(), rtol=EXACT)
    assert_allclose(fit.predictions(frame), fit.predictions(), rtol=ROUTE, atol=EXACT)


@given(seeds, formulas(), st.integers(1, 20))
def test_a_part_of_the_rows_predicts_as_the_whole(seed: int, formula: str, size: int) -> None:
    # Knots, moments and levels come from the fit, never from the new rows.
    frame = table(seed)
    fit = lk.logit(formula, frame)
    part = frame.sample(size, random_state=seed)
    assert_allclose(fit.predict(part), fit.predict()[part.index], rtol=ROUTE)
    assert list(fit.predict(part).index) == list(part.index)


@given(seeds, formulas())
def test_the_optimum_is_stationary_and_the_mean_is_the_logistic_function(seed: int, formula: str) -> None:
    frame = table(seed)
    fit = lk.logit(formula, frame)
    assert fit.design is not None
    known = fit.coef.notna().to_numpy()
    X = fit.design.matrix.to_dense()[:, known]
    offset = 0.0 if fit.design.response.shift is None else fit.design.response.shift
    coef = fit.coef.to_numpy()[known]
    assert newton_decrement(coef, X, frame["y"].to_numpy(float), 1.0, offset) < ROUTE
    assert_allclose(fit.predict(), mean(X @ coef + offset), rtol=ROUTE)
    if "Intercept" in fit.coef.index:
        assert_allclose(fit.predict().sum(), frame["y"].sum(), rtol=ROUTE)


@given(seeds, formulas(), st.sampled_from(["y", "yes == 'yes'", "cbind(y, count)", "yes"]))
def test_a_loaded_fit_predicts_and_prints_the_same(seed: int, formula: str, left: str) -> None:
    frame = table(seed)
    frame["yes"] = np.where(frame["y"] == 1, "yes", "no")
    fit = lk.logit(f"{left} ~ {formula.partition('~')[2]}", frame)
    with tempfile.TemporaryDirectory() as folder:
        loaded = lk.load(fit.save(Path(folder) / "model.json"))
    new = frame.head(7).assign(x=np.linspace(-1, 1, 7))
    pd.testing.assert_frame_equal(loaded.predictions(new), fit.predictions(new))
    # Tjur's coefficient needs rows, which a loaded fit has not: the lines that need none are the same.
    without = lk.Fit(fit.record)
    assert str(loaded.summary()) == str(without.summary())
    pd.testing.assert_frame_equal(loaded.tidy(), fit.tidy())
    pd.testing.assert_frame_equal(loaded.glance(), without.glance())
    assert_allclose(loaded.residuals("pearson", frame), fit.residuals("pearson"), rtol=ROUTE, atol=ROUTE)
    assert_allclose(loaded.influence(frame)["leverage"], fit.influence()["leverage"], rtol=ROUTE)
    pd.testing.assert_frame_equal(loaded.vcov, fit.vcov)
