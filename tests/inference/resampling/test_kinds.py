"""Kinds of draws and of intervals: the Bayesian bootstrap, each kind of limits, and combinations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.intervals.bootstrap_intervals import bootstrap_intervals
from logitkit.inference.resampling.jackknife import jackknife
from logitkit.inference.resampling.refits import refit
from logitkit.inference.resampling.resampling import Bootstrap
from tolerances import REFERENCE, ROUTE

STORED = Path(__file__).parents[2] / "references" / "resampling"
KINDS = ("percentile", "basic", "normal", "bca")


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(births) -> lk.Fit:
    return lk.logit("low ~ age + lwt", births)


def generator(seed: int, n: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed).spawn(n)[number]))


# Against R.


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((STORED / "bootstrap_kinds.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def drawn_by_r() -> tuple[lk.Fit, Bootstrap]:
    """R's resamples of every third birth, fitted here."""
    stored = json.loads((STORED / "lbw_boot.json").read_text(encoding="utf-8"))
    fit = lk.logit(stored["formula"], lk.datasets.load_lbw().query(stored["rows"]))
    counts = np.array(stored["counts"], dtype=float)
    refits = refit(fit.record, fit.design, len(counts), prior=lambda number: counts[number])
    return fit, Bootstrap(fit.record.names, fit.record.coef, refits, "rows", "rows", fit.n_obs, 0, 0.95)


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_combinations_are_those_of_r(reference, drawn_by_r, kind):
    fit, drawn = drawn_by_r
    asked = ("age", "age - 2 * lwt", "row"), np.array(reference["functions"]), np.zeros(3)
    found, without = drawn.functions(*asked), fit.jackknife().functions(*asked)
    assert_allclose(found.estimate, reference["estimate"], rtol=REFERENCE)
    for expected in reference[kind]:
        made = bootstrap_intervals(found, kind, level=expected["level"], jackknife=without)
        assert_allclose(made.low, expected["lower"], rtol=REFERENCE)
        assert_allclose(made.high, expected["upper"], rtol=REFERENCE)
    assert_allclose(without.std_error, reference["jackknife"]["std_error"], rtol=REFERENCE)
    assert_allclose(without.intervals(0.95)[0], reference["jackknife"]["lower"], rtol=REFERENCE)
    assert_allclose(without.intervals(0.95)[1], reference["jackknife"]["upper"], rtol=REFERENCE)


# The Bayesian bootstrap.


@pytest.mark.parametrize(
    "options", [{}, {"weights": "w"}, {"weights": "v", "weight_kind": "precision"}, {"cluster": "g"}], ids=str
)
def test_draws_of_the_posterior_are_fits_with_weights_of_a_dirichlet(births, options):
    table = births.assign(w=1 + births["ptl"] % 3, v=0.5 + births["ftv"], g=births["id"] % 30)
    fit = lk.logit("low ~ age + smoke", table, **options)
    drawn = fit.bootstrap(40, seed=3, kind="bayesian")
    m = np.ones(189)
    if "cluster" in options:
        m = np.ones(table["g"].nunique())
    elif "weight_kind" not in options and options:
        m = table["w"].to_numpy(float)
    gaps = generator(3, 40, 11).standard_gamma(m)
    pi = gaps / gaps.sum()
    if "cluster" in options:
        weights = m.size * pi[pd.factorize(table["g"])[0]]
    else:
        weights = m.sum() * pi / m * (table[options["weights"]].to_numpy(float) if options else 1.0)
    alone = lk.logit("low ~ age + smoke", table, weights=weights, weight_kind="precision")
    assert_allclose(drawn.replicates[11], alone.coef, rtol=ROUTE)
    assert (drawn.n_separated, drawn.n_aliased) == (0, 0)
    assert drawn.unit.startswith("weights of ")


def test_the_posterior_of_a_proportion_is_a_beta():
    """Of 30 rows with 12 events Dirichlet weights give the events Beta(12, 18)."""
    fit = lk.logit("y ~ 1", {"y": [1] * 12 + [0] * 18})
    drawn = fit.bootstrap(4000, seed=2, kind="bayesian")
    proportion = 1 / (1 + np.exp(-drawn.replicates[:, 0]))
    spread = np.sqrt(0.4 * 0.6 / 31)
    assert abs(proportion.mean() - 0.4) < 4 * spread / np.sqrt(4000)
    assert_allclose(proportion.std(), spread, rtol=4 / np.sqrt(2 * 4000))


def test_a_posterior_is_neither_reflected_nor_corrected(fit):
    drawn = fit.bootstrap(99, seed=1, kind="bayesian")
    for kind in ("basic", "bca"):
        with pytest.raises(UnsupportedError, match="draws of a posterior"):
            drawn.intervals(kind, jackknife=fit.jackknife())
    normal, mean = drawn.intervals("normal"), drawn.replicates.mean(axis=0)
    assert_allclose((normal.low + normal.high) / 2, mean, rtol=ROUTE)
    assert normal.label == "normal Bayesian bootstrap, 99 draws of weights of rows, seed 1"
    assert "Bayesian bootstrap" in str(drawn)
    with pytest.raises(DataError, match="kind='bayesian'"):
        jackknife(fit.record, fit.design, kind="bayesian")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["rows", "bayesian"])
def test_threads_change_no_draw(fit, kind):
    try:
        lk.set_threads(1)
        first = fit.bootstrap(60, seed=5, kind=kind).replicates
        lk.set_threads(3)
        assert_array_equal(fit.bootstrap(60, seed=5, kind=kind).replicates, first)
    finally:
        lk.set_threads(None)


# Every family.

MODELS = {
    "probit": ("low ~ age + smoke", lk.Binary("probit")),
    "cloglog": ("low ~ age + smoke", lk.Binary("cloglog")),
    "multinomial": ("race ~ age + smoke", lk.Multinomial()),
    "cumulative": ("visits ~ age + smoke", lk.Ordinal()),
    "adjacent": ("visits ~ age + smoke", lk.Ordinal("adjacent")),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_family_has_every_kind(births, name):
    formula, model = MODELS[name]
    table = births.assign(visits=pd.Categorical(births["ftv"].clip(upper=2), ordered=True))
    fit = lk.fit(formula, table.iloc[::3], model=model)
    without = fit.jackknife()
    for kind in ("rows", "parametric", "bayesian"):
        drawn = fit.bootstrap(39, seed=1, kind=kind)
        slopes = [k for k, term in enumerate(drawn.names) if "age" in term]
        spread = np.asarray(fit.std_error).ravel(order="F") if fit.std_error.ndim > 1 else np.asarray(fit.std_error)
        # Of 39 replicates an error has an error of its own of a ninth, and 63 rows are few for the information.
        assert_allclose(np.asarray(drawn.std_error)[slopes], spread[slopes], rtol=0.6)
        for made in KINDS if kind != "bayesian" else KINDS[::2]:
            found = drawn.intervals(made, 0.7, without)
            assert (found.low[slopes] < found.high[slopes]).all()
    assert (without.tidy()["conf_low"] < without.tidy()["conf_high"]).all()


# Separated replicates.


@pytest.fixture(scope="module")
def sparse() -> Bootstrap:
    """Two levels of six rows, one event each: resamples without it are separated."""
    table = pd.DataFrame({"g": ["a"] * 20 + ["b"] * 6 + ["c"] * 6, "y": [0, 1] * 10 + [0] * 5 + [1] + [0] * 5 + [1]})
    return lk.logit("y ~ g", table).bootstrap(59, seed=1)


def test_combinations_of_infinite_coefficients(sparse):
    drawn = sparse
    b, c = drawn.replicates[:, 1], drawn.replicates[:, 2]
    minus = np.isneginf(b) & np.isneginf(c)
    assert minus.any()
    assert (np.isneginf(b) & np.isfinite(c)).any()
    functions = np.array([[0.0, 1.0, -1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0]])
    found = drawn.functions(("b - c", "b + c", "row", "2 b", "one"), functions, np.array([0.0, 0.0, 0.0, 1.0, 0.0]))
    assert np.isnan(found.replicates[minus, 0]).all()  # which is the lower, the data do not say
    assert np.isneginf(found.replicates[minus, 1]).all()
    assert_array_equal(found.replicates[:, 3], 2 * b + 1)
    assert_array_equal(found.replicates[:, 4], drawn.replicates[:, 0])
    finite = np.isfinite(b) & np.isfinite(c)
    assert_allclose(found.replicates[finite], drawn.replicates[finite] @ functions.T + [0, 0, 0, 1, 0], rtol=ROUTE)
    assert found.n_infinite[3] == drawn.n_infinite[1]
    assert f"up to {drawn.n_infinite.max()} draws infinite" in drawn.intervals().label


def test_a_sum_may_be_finite_where_its_parts_are_infinite():
    """Without an event in level a the intercept is minus infinity and b plus infinity; their sum is finite."""
    table = pd.DataFrame({"g": ["a"] * 5 + ["b"] * 20, "y": [0] * 4 + [1] + [0, 1] * 10})
    drawn = lk.logit("y ~ g", table).bootstrap(29, seed=1)
    lost = np.isneginf(drawn.replicates[:, 0]) & np.isposinf(drawn.replicates[:, 1])
    assert lost.any()
    found = drawn.functions(("b",), np.array([[1.0, 1.0]]), np.zeros(1))
    assert np.isfinite(found.replicates[lost]).all()
    number = int(np.flatnonzero(lost)[0])
    counts = np.bincount(generator(1, 29, number).integers(0, 25, 25), minlength=25)
    own = table["g"] == "b"
    share = np.average(table["y"][own], weights=counts[own])
    assert_allclose(found.replicates[number, 0], np.log(share / (1 - share)), rtol=ROUTE)


def test_infinite_replicates_leave_no_normal_interval_and_a_half_line_of_the_basic(sparse):
    drawn = sparse
    assert drawn.n_infinite[1] > 5
    normal, basic, percentile = (drawn.intervals(kind) for kind in ("normal", "basic", "percentile"))
    assert np.isnan([normal.low[1], normal.high[1]]).all()
    assert np.isfinite([normal.low[0], normal.high[0]]).all()
    assert (percentile.low[1], basic.high[1]) == (-np.inf, np.inf)
    assert basic.low[1] == pytest.approx(2 * drawn.estimate[1] - percentile.high[1])
