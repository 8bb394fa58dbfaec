"""Effects and average predictions over rows that are read in chunks are those in memory, and hold no number per row."""

from __future__ import annotations

import pickle
import re
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import ROUTE

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.results.effects.spreads import SpreadSums, spread_of

pytestmark = pytest.mark.usefixtures("chunks_of_64")

FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("y ~ x * C(g) + z", {}),
    "spline": ("y ~ np.log(v) + x", {}),
    "frequency weights": ("y ~ x + z", {"weights": "w"}),
    "counts": ("cbind(events, rest) ~ x + z", {}),
    "offset": ("y ~ x + z", {"offset": "shift"}),
    "aliased": ("y ~ x + z + I(2 * x + 1)", {}),
    "clusters": ("y ~ x + z", {"cluster": "firm"}),
    "several": ("o ~ x + C(g)", {"model": lk.Multinomial()}),
    "ordered": ("o ~ x + z", {"model": lk.Ordinal(order=["low", "mid", "top"])}),
    "text": ("y ~ g + x", {}),
}
ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"by": "year"},
    {"variables": "x", "change": 0.5, "at": {"x": [0.0, 1.0]}, "by": ["g", "year"]},
    {"variables": "x", "scale": "link"},
    {"variables": "x", "scale": "odds_ratio", "change": "unit"},
    {"variables": "x", "change": "eyex"},
    {"variables": "x", "change": "sd", "by": "year"},
    {"variables": "x", "change": "iqr", "at": {"x": ["mean", "median"]}},
    {"at": "mean"},
    {"at": "mean", "change": {"x": "sd"}},
    {"method": "simulation", "n": 30, "seed": 4, "by": "year"},
)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert list(one.columns) == list(other.columns)
    for column in one:
        if one[column].dtype.kind in "fi":
            assert_allclose(other[column], one[column], rtol=ROUTE, atol=1e-10, err_msg=str(column))
        else:
            assert list(one[column].astype(str)) == list(other[column].astype(str))


@pytest.mark.parametrize("name", FITS)
def test_average_effects_are_those_in_memory(name, small, files, monkeypatch) -> None:
    """Of the first fit all that is asked, of each other every fifth question."""
    number = list(FITS).index(name)
    require_the_same_effects(name, ASKED[number % 5 :: 5] if number else ASKED, small, files, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", FITS)
def test_all_average_effects_are_those_in_memory(name, small, files, monkeypatch) -> None:
    require_the_same_effects(name, ASKED, small, files, monkeypatch)


def require_the_same_effects(name, questions, small, files, monkeypatch) -> None:
    formula, options = FITS[name]
    held, read = lk.fit(formula, small, **options), lk.fit(formula, files, **options)
    monkeypatch.setattr(type(read.design.stream), "require_room", lambda *_: pytest.fail("a number per row"))
    for asked in questions:
        try:
            one = held.effects(**asked)
        except (DataError, UnsupportedError) as error:
            with pytest.raises(type(error)):
                read.effects(**asked)
            continue
        other = read.effects(**asked)
        same(one.to_frame(), other.to_frame())
        assert str(one.numbers.law) == str(other.numbers.law)
        assert other.n_rows == one.n_rows
        assert other.notes == one.notes
    variable = "v" if name == "spline" else "x"
    for asked in ({}, {"values": [0.5, 1.0]}) if name == "frequency weights" else ({"values": [0.5, 1.0]},):
        same(held.average_predictions(variable, **asked), read.average_predictions(variable, **asked))
    if "C(g)" in formula or name == "text":
        same(held.average_predictions("g"), read.average_predictions("g"))


def test_effects_over_rows_of_files_are_those_of_the_table(small, files) -> None:
    held = lk.logit("y ~ x + z + C(g)", small.iloc[:150])
    for asked in ({}, {"by": "year"}):
        one, other = held.on(small).effects(**asked), held.on(files).effects(**asked)
        same(one.to_frame(), other.to_frame())
        assert other.n_rows == one.n_rows
        assert other.notes == one.notes
    same(held.on(small).average_predictions("z"), held.on(files).average_predictions("z"))


def test_an_average_effect_is_a_difference_of_means(small, files) -> None:
    fit = lk.logit("y ~ x + C(g)", files)
    coef, x = fit.coef.to_numpy(), small["x"].to_numpy()
    eta = coef[0] + coef[1] * x
    one, other = (float(np.mean(1.0 / (1.0 + np.exp(-(eta + shift))))) for shift in (coef[2], 0.0))
    assert_allclose(fit.effects("g").to_frame()["estimate"].iloc[0], one - other, rtol=ROUTE)


def test_what_needs_all_rows_at_once_is_gathered_or_refused(files, monkeypatch) -> None:
    fit = lk.logit("y ~ x + C(g)", files)
    asked = [{"method": "bootstrap", "n": 20, "seed": 1}, {"rows": "sampled", "variables": "x"}, {"average": False}]
    for each in asked:
        fit.effects(**each)
    monkeypatch.setattr(type(fit.design.stream), "memory", 100, raising=False)
    object.__setattr__(fit.design.stream, "memory", 100)
    for each in asked:
        with pytest.raises(UnsupportedError, match="memory= grants"):
            fit.effects(**each)


def test_the_order_of_a_variable_is_found_on_disk(small) -> None:
    values, weights = small["x"].to_numpy(), small["v"].to_numpy()
    held = spread_of(values, weights / weights.sum(), weights.sum())
    parts = [SpreadSums.of({"x": values[k : k + 7]}, weights[k : k + 7], 2_000) for k in range(0, 320, 7)]
    sums = reduce(SpreadSums.plus, parts)
    assert sums.columns["x"].sort.n_written > 100
    found = sums.spreads()["x"]
    assert_allclose(found, held, rtol=ROUTE)
    assert found[2:] == held[2:]
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    assert found.third == values[order][np.argmax(below >= 0.75)]
    elsewhere = reduce(SpreadSums.plus, [SpreadSums.of({"x": values}, weights, 2_000) for _ in range(2)])
    with elsewhere.columns["x"].sort, pytest.raises(UnsupportedError, match="do not fit into memory= of one worker"):
        pickle.dumps(elsewhere)


def test_chunks_without_a_complete_row_are_passed_over(small, tmp_path) -> None:
    gone = small.assign(z=np.where(np.arange(len(small)) < 130, np.nan, small["z"]))
    gone.to_parquet(tmp_path / "rows.parquet", index=False)
    held, read = (lk.logit("y ~ x + z", data) for data in (gone, str(tmp_path)))
    same(held.effects().to_frame(), read.effects().to_frame())
    fit = lk.logit("y ~ x", small)
    same(fit.on(gone).effects(by="g").to_frame(), fit.on(str(tmp_path)).effects(by="g").to_frame())


@pytest.mark.usefixtures("figures_not_written")
def test_a_report_has_the_effects_in_memory_and_says_what_has_no_room(small, files, tmp_path) -> None:
    data = small.assign(b=(small["month"] % 2 == 0).astype(int))
    place = tmp_path / "rows"
    place.mkdir()
    data.to_parquet(place / "rows.parquet", index=False)
    held, read = (lk.logit("y ~ x + z + C(g) + b", each) for each in (data, str(place)))
    pages = []
    for fit in (held, read):
        if fit is read:
            object.__setattr__(fit.design.stream, "memory", 1_000)
        text = fit.report(tmp_path / "page.html").read_text(encoding="utf-8")
        pages.append({part.partition("</h")[0].rpartition(">")[2]: part for part in re.split("<h[23]", text)[1:]})
    one, other = pages
    assert list(one) == list(other)
    assert "1 - 0" in one["Average effects"]
    assert other["Average effects"] == one["Average effects"]
    assert "Left out" not in other["Average predictions"]
    assert "memory= grants" in other["Influential rows"]
    assert other["Tests of fit"] == one["Tests of fit"]
    without = lk.logit("y ~ x + C(g)", files, penalty=lk.Lasso(0.02)).report(tmp_path / "page.html").read_text("utf-8")
    assert "Left out: " in without.partition("Average effects")[2]


GRIDS = {
    "plain": ("y ~ x * C(g) + z", {}),
    "two factors": ("y ~ x + g + C(year)", {}),
    "frequency weights": ("y ~ x + g", {"weights": "w"}),
    "counts": ("cbind(events, rest) ~ x + g", {}),
    "offset": ("y ~ x + g", {"offset": "shift"}),
    "several": ("o ~ x + C(g)", {"model": lk.Multinomial()}),
}


@pytest.mark.parametrize("name", GRIDS)
def test_means_contrasts_and_inverse_predictions_are_those_in_memory(name, small, files, monkeypatch) -> None:
    formula, options = GRIDS[name]
    held, read = lk.fit(formula, small, **options), lk.fit(formula, files, **options)
    monkeypatch.setattr(type(read.design.stream), "require_room", lambda *_: pytest.fail("a number per row"))
    others = {"year": "2000"} if "year" in formula else {"z": 3.0} if "z" in formula else {}
    wholes = [(each.means("g"), each.means("g", contrasts="pairwise", weights="proportional")) for each in (held, read)]
    for one, other in zip(*wholes, strict=True):
        same(one.to_frame(), other.to_frame())
        assert other.fixed == one.fixed
    for asked in (
        {"a": {"x": 1.0}, "b": {"x": 0.0}},
        {"a": {"x": 1.0, "g": "a"}, "b": {"x": 0.0, "g": "b"}, "at": "mean"},
        {"a": {"g": "b"}, "b": {"g": "a"}, "at": {"x": "median"}},
    ):
        one, other = held.contrast(**asked), read.contrast(**asked)
        same(one.to_frame(), other.to_frame())
        assert (other.n_rows, other.averaged, other.notes) == (one.n_rows, one.averaged, one.notes)
    if name != "several":
        same(
            held.inverse("x", at={"g": "a", **others}).to_frame(), read.inverse("x", at={"g": "a", **others}).to_frame()
        )
        same(held.on(small).means("g").to_frame(), held.on(files).means("g").to_frame())


def test_levels_of_chunks_are_put_together(small, tmp_path) -> None:
    data = small.assign(g=pd.Categorical(small["g"], categories=list("cab")), y=(small["x"] > 0.3).astype(int))
    data["y"] = np.where(data["month"] % 3 == 0, 1 - data["y"], data["y"])
    data.sort_values("g").to_parquet(tmp_path / "rows.parquet", index=False)
    held, read = (lk.logit("y ~ x + g", each) for each in (data, str(tmp_path)))
    one, other = (fit.means("g").to_frame() for fit in (held, read))
    assert sorted(one.index) == sorted(other.index)
    assert_allclose(other.loc[one.index, "estimate"], one["estimate"], rtol=ROUTE)
    gone = small.assign(z=np.where(np.arange(len(small)) < 130, np.nan, small["z"]))
    gone.to_parquet(tmp_path / "rows.parquet", index=False)
    held, read = (lk.logit("y ~ x + z + g", each) for each in (gone, str(tmp_path)))
    same(held.means("g").to_frame(), read.means("g").to_frame())
    same(held.contrast({"x": 1.0}, {"x": 0.0}).to_frame(), read.contrast({"x": 1.0}, {"x": 0.0}).to_frame())
