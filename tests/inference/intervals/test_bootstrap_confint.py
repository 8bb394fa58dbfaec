"""``fit.confint("bootstrap")``: the intervals of the bootstrap and the jackknife, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.inference.intervals import bootstrap_intervals as module
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    frame = pd.DataFrame({"x": rng.normal(size=150), "f": rng.choice(list("abc"), 150), "c": rng.integers(0, 30, 150)})
    frame["w"] = rng.integers(1, 4, 150)
    frame["y"] = (rng.random(150) < 1 / (1 + np.exp(0.4 - 0.8 * frame["x"]))).astype(int)
    return frame


@pytest.mark.parametrize(
    ("options", "unit"),
    [({}, "rows"), ({"weights": "w"}, "observations"), ({"cluster": "c"}, "clusters"), ({"level": 0.9}, "rows")],
    ids=["rows", "frequency", "clusters", "level of the fit"],
)
def test_limits_are_those_of_the_bootstrap_and_the_jackknife(data, options, unit):
    fit = lk.logit("y ~ x + C(f)", data, **options)
    found = fit.confint("bootstrap")
    expected = fit.bootstrap(1999, seed=1).tidy("bca", jackknife=fit.jackknife())
    assert found.index.equals(fit.confint().index)
    assert list(found.columns) == ["conf_low", "conf_high"]
    for name in found.columns:
        assert_array_equal(found[name], expected[name])
    assert found.columns.name == f"BCa bootstrap, 1999 draws of {unit}, seed 1"
    assert (found["conf_low"] < fit.coef).all()
    assert (fit.coef < found["conf_high"]).all()
    # Another thing than Wald intervals, of about their width.
    wald = fit.confint()
    assert not np.allclose(found, wald, rtol=1e-3)
    widths = (found["conf_high"] - found["conf_low"]) / (wald["conf_high"] - wald["conf_low"])
    assert widths.between(0.75, 1.35).all()


def test_the_level_is_that_which_is_asked_for(data):
    fit = lk.logit("y ~ x", data)
    drawn, without = fit.bootstrap(1999, seed=1), fit.jackknife()
    found = {level: fit.confint("bootstrap", level) for level in (0.8, 0.99)}
    for level, frame in found.items():
        expected = drawn.intervals("bca", level, without)
        assert_array_equal(frame, np.column_stack([expected.low, expected.high]))
    assert (found[0.99]["conf_low"] < found[0.8]["conf_low"]).all()
    # Nothing is left to chance: the same numbers again.
    pd.testing.assert_frame_equal(fit.confint("bootstrap", 0.8), found[0.8])


def test_the_label_says_what_percentiles_leave_out(monkeypatch):
    """A level of three rows is missing from one resample in twenty; an aliased column from the fit itself."""
    monkeypatch.setattr(module, "STANDARD_REPLICATES", 99)
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=43), "f": ["a"] * 20 + ["b"] * 20 + ["c"] * 3})
    frame["double"] = 2 * frame["x"]
    frame["y"] = [0, 1] * 20 + [1, 0, 1]
    fit = lk.logit("y ~ x + double + C(f)", frame)
    drawn = fit.bootstrap(99, seed=1)
    counts = dict(zip(drawn.names, drawn.n_undetermined.tolist(), strict=True))
    assert counts["double"] == 99
    assert counts["C(f)[T.c]"] > 4
    found = fit.confint("bootstrap")
    lost = f"up to {drawn.n_infinite.max()} draws infinite, up to {counts['C(f)[T.c]']} draws undetermined"
    assert found.columns.name.endswith(f", seed 1, {lost}")
    assert found.loc["double"].isna().all()
    assert found.loc["x"].notna().all()
    # Without one of the three rows the other two may agree, and then the acceleration is not known.
    assert found.loc["C(f)[T.c]"].isna().all()
    assert "percentile bootstrap" in drawn.intervals().label


def test_replicates_on_one_side_of_the_estimate_have_no_bca_interval(data):
    """The bias correction is infinite there: no interval, and no crash."""
    fit = lk.logit("y ~ x", data)
    drawn = fit.bootstrap(99, seed=1)
    coef = np.abs(drawn.replicates - drawn.estimate) + drawn.estimate + [0.0, 1e-9]
    moved = replace(drawn, refits=replace(drawn.refits, coef=coef))
    found = moved.intervals("bca", jackknife=fit.jackknife())
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


@pytest.mark.parametrize(
    ("method", "error", "words"),
    [
        ("boostrap", DataError, "'boostrap' is not known"),
        (None, DataError, "None is not known"),
    ],
)
def test_other_methods_are_refused_with_those_that_there_are(data, method: Any, error, words):
    with pytest.raises(error, match=rf"method={words}; use 'wald', 'profile', 'score' or 'bootstrap'"):
        lk.logit("y ~ x", data).confint(method)


def test_what_the_bootstrap_refuses(data, tmp_path):
    fit = lk.logit("y ~ x", data)
    with pytest.raises(DataError, match="does not hold the rows"):
        lk.load(fit.save(tmp_path / "fit.json")).confint("bootstrap")
    with pytest.raises(UnsupportedError, match="c is absorbed"):
        lk.logit("y ~ x", data, absorb="c").confint("bootstrap")
    with pytest.raises(SeparationError, match="separated"):
        lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]}).confint("bootstrap")


@pytest.mark.parametrize(
    ("level", "error", "words"), [(95, DataError, "level"), (0.9995, UnsupportedError, r"1999 replicates are too few")]
)
def test_a_level_is_refused_before_anything_is_drawn(data, monkeypatch, level, error, words):
    fit = lk.logit("y ~ x", data)
    monkeypatch.setattr(module, "bootstrap", None)
    with pytest.raises(error, match=words):
        fit.confint("bootstrap", level)


@pytest.mark.parametrize("kind", ["percentile", "basic", "normal", "bca"])
def test_kinds_and_combinations_are_those_of_the_bootstrap(data, kind, monkeypatch):
    monkeypatch.setattr(module, "STANDARD_REPLICATES", 99)
    fit = lk.logit("y ~ x + C(f)", data)
    asked = ["x", "2 * x - C(f)[T.b] + 1"]
    found = fit.confint("bootstrap", of=asked, kind=kind)
    drawn = fit.bootstrap(99, seed=1, of=asked)
    expected = drawn.intervals(kind, jackknife=fit.jackknife(of=asked))
    assert_array_equal(found, np.column_stack([expected.low, expected.high]))
    assert found.index.tolist() == list(drawn.names) == asked
    assert_allclose(found.loc["x"], fit.confint("bootstrap", kind=kind).loc["x"], rtol=EXACT)
    coef = fit.coef
    assert drawn.estimate[1] == pytest.approx(2 * coef["x"] - coef["C(f)[T.b]"] + 1)
    both = fit.confint("bootstrap", of=asked, kind=kind, adjust="bonferroni")
    alone = fit.confint("bootstrap", 0.975, of=asked, kind=kind)
    assert_array_equal(both, alone)
    assert both.columns.name.endswith("seed 1, simultaneous (Bonferroni)")


def test_kinds_belong_to_the_bootstrap(data):
    fit = lk.logit("y ~ x", data)
    with pytest.raises(DataError, match="method='bootstrap'"):
        fit.confint(kind="basic")
    with pytest.raises(DataError, match="kind='studentised'"):
        fit.confint("bootstrap", kind="studentised")


def test_ratios_have_the_exponentials_of_the_limits_of_coefficients() -> None:
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt", births)
    drawn = fit.bootstrap(1999, seed=1).intervals("bca", jackknife=fit.jackknife())
    ratios = fit.odds_ratios({"lwt": -10}, method="bootstrap")
    place = {name: k for k, name in enumerate(drawn.names)}
    age, lwt = place["age"], place["lwt"]
    assert_allclose(ratios.loc["age", ["conf_low", "conf_high"]], np.exp([drawn.low[age], drawn.high[age]]), rtol=ROUTE)
    turned = np.exp([-10.0 * drawn.high[lwt], -10.0 * drawn.low[lwt]])
    assert_allclose(ratios.loc["lwt", ["conf_low", "conf_high"]], turned, rtol=ROUTE)
    assert_allclose(ratios["odds_ratio"], fit.odds_ratios({"lwt": -10})["odds_ratio"], rtol=ROUTE)
    with pytest.raises(DataError, match="is not known"):
        fit.odds_ratios(method="boot")
