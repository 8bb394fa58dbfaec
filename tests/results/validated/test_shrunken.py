"""The fit that is shrunken by its corrected slope."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.results.validated.shrunken import shrunken_fit


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


def test_log_odds_are_multiplied_and_the_intercept_keeps_the_events(births: pd.DataFrame, tmp_path: Path) -> None:
    fit = lk.logit("low ~ age + lwt + race + smoke", births)
    found = fit.validate(n=100, seed=1)
    small = found.shrunken()
    slope, eta = found.of("slope"), fit.predict_logit()
    own = lk.logit("low ~ 1", births, offset=slope * eta).coef["Intercept"]
    assert_allclose(small.predict_logit(births), own + slope * eta, rtol=1e-7)
    assert_allclose(small.predict().sum(), births["low"].sum(), rtol=1e-8)
    small.save(tmp_path / "small.json")
    assert_allclose(lk.load(tmp_path / "small.json").predict(births), small.predict(births), rtol=1e-12)
    line = small.on(births).calibration()
    assert_allclose(line.slope, 1 / slope, rtol=1e-6)


def test_several_outcomes_have_one_slope(births: pd.DataFrame) -> None:
    fit = lk.multinomial("race ~ age + lwt", births)
    found = fit.validate(n=20, seed=1)
    small = found.shrunken()
    p, q = fit.predict(births).to_numpy(), small.predict(births).to_numpy()
    counts = pd.Series(fit.design.response.codes).value_counts().sort_index()
    assert_allclose(q.sum(axis=0), counts, rtol=1e-6)
    odds = np.log(q[:, 1:] / q[:, :1]) - found.of("slope") * np.log(p[:, 1:] / p[:, :1])
    assert_allclose(odds, np.broadcast_to(odds[0], odds.shape), atol=1e-8)


def test_what_cannot_be_shrunken_is_refused(births: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    offset = lk.logit("low ~ lwt", births, offset=rng.normal(size=len(births)))
    with pytest.raises(UnsupportedError, match="offset"):
        offset.validate(n=5, seed=1).shrunken()
    with pytest.raises(DataError, match="no model"):
        shrunken_fit(lk.logit("low ~ lwt", births), -0.1)
    recipe = lk.logit("low ~ lwt", births).validate(recipe=lambda rows: lk.logit("low ~ age", rows), n=5, seed=1)
    with pytest.raises(UnsupportedError, match="another one"):
        recipe.shrunken()
