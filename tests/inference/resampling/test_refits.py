"""Refits of several outcomes from the estimate of the fit, against fits from the start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import ConvergenceError, ConvergenceWarning, SeparationError, UnsupportedError
from logitkit.inference.resampling.jackknife import jackknife
from logitkit.inference.resampling.refits import refit
from logitkit.inference.resampling.resampling import bootstrap, simulate
from tolerances import ROUTE

ROWS = 150
FITS = 12


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"x": rng.normal(size=ROWS), "g": rng.choice(["u", "v"], ROWS)})
    eta = np.stack([np.zeros(ROWS), 0.8 * frame["x"], -0.5 * frame["x"] + 0.6 * (frame["g"] == "v")])
    frame["y"] = [rng.choice(list("abc"), p=p) for p in (np.exp(eta) / np.exp(eta).sum(axis=0)).T]
    return frame.assign(far=1e8 + rng.normal(size=ROWS), copy=2.0 * frame["x"], o=rng.normal(size=ROWS))


MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "reference": ("y ~ x + g", {"reference": "b"}),
    "symmetric": ("y ~ x + g", {"reference": None}),
    "equal": ("y ~ x + g", {"equal": "x"}),
    "per outcome": ("y ~ x + g", {"per_outcome": {"b": "x"}}),
    "aliased": ("y ~ x + copy + g", {}),
    "equal, aliased": ("y ~ x + copy + g", {"equal": ["x", "copy"]}),
    "far": ("y ~ x + far", {}),
    "far, symmetric": ("y ~ x + far", {"reference": None}),
    "offset": ("y ~ x + g", {"offset": {"b": "o"}}),
}


@pytest.mark.parametrize("name", list(MODELS))
def test_a_refit_is_the_fit_with_other_weights(data: pd.DataFrame, name: str) -> None:
    formula, options = MODELS[name]
    fit = lk.multinomial(formula, data, **options)
    drawn = np.random.default_rng(3).integers(0, 4, (FITS, ROWS)).astype(float)
    found = refit(fit.record, fit.design, FITS, prior=lambda number: drawn[number])
    assert not (found.separated | found.aliased | found.unconverged).any()
    for weights, coef in zip(drawn, found.coef, strict=True):
        again = lk.multinomial(formula, data, weights=weights, **options).record.coef
        # A mean of 1e8 takes eight digits of the intercept.
        assert_allclose(coef, again, rtol=1e-6 if "far" in name else ROUTE, atol=ROUTE)


@pytest.mark.parametrize("name", ["reference", "symmetric"])
def test_outcomes_drawn_from_the_fit(data: pd.DataFrame, name: str) -> None:
    formula, options = MODELS[name]
    fit = lk.multinomial(formula, data, **options)
    found = bootstrap(fit.record, fit.design, FITS, seed=2, kind="parametric")
    drawn = simulate(fit.record, fit.design, FITS, seed=2)
    assert drawn.shape == (FITS, 3, ROWS)
    for shares, coef in zip(drawn, found.replicates, strict=True):
        again = data.assign(y=np.array(list("abc"))[shares.argmax(axis=0)])
        assert_allclose(coef, lk.multinomial(formula, again, **options).record.coef, rtol=ROUTE, atol=ROUTE)


def test_each_row_left_out(data: pd.DataFrame) -> None:
    few = data.iloc[:40]
    fit = lk.multinomial("y ~ x", few)
    found = jackknife(fit.record, fit.design)
    for place in (0, 17, 39):
        again = lk.multinomial("y ~ x", few.drop(few.index[place]))
        assert_allclose(found.replicates[place], again.record.coef, rtol=ROUTE)


def test_separated_and_aliased_refits_are_those_of_single_fits(data: pd.DataFrame) -> None:
    """Only one b and one c are rare, and without level v its column is zero."""
    fit = lk.multinomial("y ~ g + x", data)
    weights = np.ones((4, ROWS))
    weights[1] = data["g"] == "u"
    weights[2] = data["y"] != "c"
    weights[3] = (data["g"] == "u") | (data["y"] == "a")
    found = refit(fit.record, fit.design, 4, prior=lambda number: weights[number])
    assert found.aliased.tolist() == [False, True, False, False]
    assert found.separated.tolist() == [False, False, True, True]
    place = fit.record.info.names.index("g[T.v]")
    assert np.isnan(found.coef[1].reshape(2, -1)[:, place]).all()
    without = lk.multinomial("y ~ x", data[data["g"] == "u"])
    assert_allclose(np.delete(found.coef[1].reshape(2, -1), place, axis=1), without.coef.to_numpy().T, rtol=ROUTE)
    frame = data.assign(y=pd.Categorical(data["y"]))
    separated = lk.multinomial("y ~ g + x", frame[weights[3] > 0.0])
    assert_allclose(found.coef[3], separated.record.coef, rtol=ROUTE)


def test_threads_change_no_bit(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = lk.multinomial("y ~ x + g", data)
    found = bootstrap(fit.record, fit.design, FITS, seed=1).replicates
    monkeypatch.setattr("logitkit.inference.resampling.refits.CELLS_TOGETHER", 0)
    assert_array_equal(bootstrap(fit.record, fit.design, FITS, seed=1).replicates, found)


def test_fits_without_an_estimate_are_refused(data: pd.DataFrame) -> None:
    separated = lk.multinomial("y ~ x", data.assign(x=data["y"].map({"a": 0.0, "b": 1.0, "c": 2.0})))
    with pytest.raises(SeparationError, match="The data of the fit are separated"):
        separated.bootstrap(2, seed=1)
    with pytest.raises(UnsupportedError, match="Resampling is not offered after a penalty"):
        lk.multinomial("y ~ x", data, penalty=lk.Ridge(0.1)).jackknife()
    with pytest.warns(ConvergenceWarning):
        unfinished = lk.multinomial("y ~ x + far", data, solver=lk.Newton(max_iter=1))
    with pytest.raises(ConvergenceError, match="no estimate for refits to start from"):
        unfinished.jackknife()


@pytest.mark.parametrize("link", ["probit", "cloglog", "loglog", "cauchit"])
def test_refits_have_the_link_of_the_fit(data: pd.DataFrame, link: str) -> None:
    rows = data.assign(two=(data["y"] == "b").astype(int))
    fit = lk.logit("two ~ x + g", rows, link=link)
    drawn = np.random.default_rng(3).integers(1, 4, (4, ROWS)).astype(float)
    found = refit(fit.record, fit.design, 4, prior=lambda number: drawn[number])
    for weights, coef in zip(drawn, found.coef, strict=True):
        again = lk.logit("two ~ x + g", rows, link=link, weights=weights).coef
        assert_allclose(coef, again, rtol=1e-7)  # steps by expected second derivatives end a little apart
