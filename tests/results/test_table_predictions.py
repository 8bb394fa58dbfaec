"""Predictions looked up in the columns of a table: beside plain NumPy, to the bit, and beside those by a design."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.table.frame import read_table
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.errors import DataError, DataWarning
from logitkit.inference.table_predictions import table_predictions
from logitkit.numerics.threads.local import on_one_thread
from logitkit.results import on_rows
from oracles.likelihood import mean
from tolerances import EXACT

N = 400
SCALES = ("probability", "logit", "link")
#: Formulas whose terms are one column each.
LOOKED_UP = (
    "y ~ x",
    "y ~ 0 + x + z",
    "y ~ x + f + i + u + e",
    "y ~ g",
    "y ~ 0 + g + x",
    "y ~ g + x + k",
    "y ~ C(g, Sum) + x",
    "y ~ C(g, levels=['c', 'a', 'b']) + C(k, Treatment('k3'))",
    "y ~ `a b` + x",
)
#: Formulas that take a design.
BY_DESIGN = (
    "y ~ 1",
    "y ~ x * z",
    "y ~ np.log(z)",
    "y ~ x + offset(z)",
    "y ~ g:x",
    "y ~ x + b",
    "y ~ t + x",
    "y ~ x + C(t)",
)


def _table(n: int = N, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.uniform(1.0, 3.0, n),
            "f": rng.normal(size=n).astype(np.float32),
            "e": rng.normal(size=n).astype(np.float16),
            "i": rng.integers(-9, 9, n),
            "u": rng.integers(0, 9, n).astype(np.uint8),
            "b": rng.random(n) < 0.5,
            "a b": rng.normal(size=n),
            "g": pd.Categorical(rng.permutation(np.resize(list("abc"), n))),
            "k": pd.Categorical(rng.permutation(np.resize([f"k{j}" for j in range(7)], n))),
            "t": rng.permutation(np.resize(list("uvw"), n)),
            "y": rng.integers(0, 2, n),
        }
    )


def _of_array(frame: pd.DataFrame, kept: Any) -> pd.DataFrame:
    """Return the numbers as columns of one array, in the order that it is kept in, and a factor."""
    numbers = pd.DataFrame(kept(frame[["x", "z"]].to_numpy()), columns=["x", "z"], copy=False)
    return numbers.join(frame[["g"]])


def _looked_up(fit: Any, data: Any, scale: Any = "probability") -> Any:
    return table_predictions(fit.record, read_table(data), scale)


def _by_design(fit: Any, monkeypatch: pytest.MonkeyPatch, data: Any, scale: str, **given: Any) -> pd.Series:
    verb = {"probability": "predict", "logit": "predict_logit", "link": "predict_link"}[scale]
    with monkeypatch.context() as patch:
        patch.setattr(on_rows, "predicted_at_once", lambda *_: None)
        return getattr(fit, verb)(data, **given)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return _table()


@pytest.fixture(scope="module")
def new() -> pd.DataFrame:
    frame = _table(150, 1)
    return frame.set_index(pd.Index(np.arange(150)[::-1] * 2, name="row"))


@pytest.mark.parametrize("formula", LOOKED_UP)
def test_what_is_looked_up_is_what_a_design_gives(
    formula: str, data: Any, new: Any, monkeypatch: Any, tmp_path: Any
) -> None:
    fit = lk.logit(formula, data)
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    for scale, verb in zip(SCALES, ("predict", "predict_logit", "predict_link"), strict=True):
        found = _looked_up(fit, new, scale)
        assert found is not None
        shown = getattr(fit, verb)(new)
        expected = _by_design(fit, monkeypatch, new, scale)
        assert_array_equal(shown, found)
        assert_array_equal(getattr(loaded, verb)(new), found)
        pd.testing.assert_series_equal(shown, expected, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("link", ["probit", "cloglog", "cauchit"])
def test_other_links_are_looked_up(link: str, data: Any, new: Any, monkeypatch: Any) -> None:
    fit = lk.logit("y ~ g + x", data, link=link)
    for scale in SCALES:
        found = _looked_up(fit, new, scale)
        assert_allclose(found, _by_design(fit, monkeypatch, new, scale), rtol=EXACT, atol=EXACT)


def test_the_terms_of_a_row_are_added_one_after_the_other(data: Any) -> None:
    fit = lk.logit("y ~ f + g + x + i + k", data)
    coef = fit.coef
    eta = np.full(N, coef["Intercept"])
    for name in ("f", "x", "i"):
        eta += coef[name] * data[name].to_numpy().astype(np.float64)
    for name in ("g", "k"):
        eta += np.array([coef.get(f"{name}[T.{level}]", 0.0) for level in data[name]])
    assert_array_equal(_looked_up(fit, data, "link"), eta)
    assert_allclose(fit.predict(data), mean(eta), rtol=EXACT)


@pytest.mark.parametrize(
    "stored",
    [
        lambda frame: frame.iloc[::-1].iloc[::-1],
        lambda frame: pd.DataFrame(np.asfortranarray(frame[["x", "z"]].to_numpy()), columns=["x", "z"]).join(
            frame[["g"]]
        ),
        lambda frame: pd.DataFrame(np.ascontiguousarray(frame[["x", "z"]].to_numpy()), columns=["x", "z"]).join(
            frame[["g"]]
        ),
        lambda frame: pd.concat([frame, frame]).iloc[::2].iloc[: len(frame) // 2],
        lambda frame: {name: frame[name] for name in ("g", "z", "x")},
        lambda frame: frame.assign(g=frame["g"].cat.reorder_categories(["b", "c", "a"])),
        lambda frame: frame.assign(g=frame["g"].cat.add_categories(["new", *(f"n{j}" for j in range(200))])),
        lambda frame: frame.assign(g=frame["g"].cat.add_categories([f"n{j}" for j in range(40_000)])),
        lambda frame: frame.assign(x=frame["x"].to_numpy().astype(">f8")),
    ],
)
def test_how_a_table_is_stored_changes_no_bit(stored: Any, data: Any) -> None:
    fit = lk.logit("y ~ x + z + g", data)
    frame = pd.DataFrame(stored(data))
    found = _looked_up(fit, stored(data), "link")
    plain = {
        "x": frame["x"].tolist(),
        "z": frame["z"].tolist(),
        "g": pd.Categorical(frame["g"].astype(str), list("abc")),
    }
    assert found is not None
    assert_array_equal(found, _looked_up(fit, plain, "link"))


def test_rows_have_the_same_bits_in_any_order_and_on_any_threads(data: Any, monkeypatch: Any) -> None:
    fit = lk.logit("y ~ x + z + g + k", data)
    many = pd.concat([data] * 100, ignore_index=True)  # more than two blocks
    found = _looked_up(fit, many)
    assert_array_equal(found.reshape(100, N), np.broadcast_to(_looked_up(fit, data), (100, N)))
    order = np.random.default_rng(2).permutation(len(many))
    assert_array_equal(_looked_up(fit, many.iloc[order]), found[order])
    with on_one_thread():
        assert_array_equal(_looked_up(fit, many), found)


@pytest.mark.parametrize("formula", BY_DESIGN)
def test_other_terms_take_a_design(formula: str, data: Any, new: Any) -> None:
    fit = lk.logit(formula, data)
    assert _looked_up(fit, new) is None
    assert_allclose(fit.predict(new).to_numpy(), fit.predictions(new)["estimate"].to_numpy(), rtol=EXACT)


def test_offsets_absorbed_levels_and_several_outcomes_take_a_design(data: Any, new: Any) -> None:
    several = data.assign(y=np.resize(["p", "q", "r"], N))
    fits = [
        lk.logit("y ~ x", data, offset="z"),
        lk.logit("y ~ x", data, absorb="g"),
        lk.multinomial("y ~ x", several),
        lk.ordinal("y ~ x", several.assign(y=pd.Categorical(several["y"], ordered=True))),
        lk.logit_matrix(data[["x", "z"]], data["y"]),
    ]
    assert [_looked_up(fit, new) for fit in fits] == [None] * len(fits)


def test_columns_that_depend_on_each_other_or_separate_take_a_design(data: Any) -> None:
    twice = data.assign(twice=2.0 * data["x"], far=1e9 + data["x"])
    assert _looked_up(lk.logit("y ~ x + twice", twice), twice) is None
    assert _looked_up(lk.logit("y ~ far", twice), twice) is None
    apart = lk.logit("y ~ x", data.assign(y=(data["x"] > 0.0).astype(int)))
    assert apart.record.is_separated
    assert _looked_up(apart, data) is None
    with pytest.raises(DataError, match="twice"):
        lk.logit("y ~ x + twice", twice).predict(twice.assign(twice=0.0))


@pytest.mark.parametrize("name", ["x", "f", "g"])
def test_rows_with_missing_values_are_missing(name: str, data: Any, new: Any) -> None:
    fit = lk.logit("y ~ x + f + g", data)
    gap = new.copy()
    gap.iloc[[3, 77], gap.columns.get_loc(name)] = None
    found = fit.predict(gap)
    assert np.flatnonzero(found.isna()).tolist() == [3, 77]
    assert_allclose(found.dropna(), fit.predict(new)[found.notna()], rtol=EXACT)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float, data: Any, new: Any) -> None:
    fit = lk.logit("y ~ x + z", data)
    with pytest.raises(DataError, match="x"):
        fit.predict(new.assign(x=np.where(np.arange(len(new)) == 5, value, new["x"])))
    coef = np.array([0.3, 0.0, 0.5])  # a coefficient of zero hides no such number
    without = replace(fit.record, inner_coef=coef)
    found = table_predictions(without, read_table(new), "link")
    assert_array_equal(found, 0.3 + 0.0 * new["x"] + 0.5 * new["z"])
    assert table_predictions(without, read_table(new.assign(x=value)), "link") is None


def test_levels_that_the_fit_never_saw_are_refused_or_missing(data: Any, new: Any) -> None:
    declared = data.assign(g=data["g"].cat.add_categories("d"))
    assert _looked_up(lk.logit("y ~ x + g", data), new.assign(g=new["g"].cat.add_categories("d"))) is not None
    for fit in (lk.logit("y ~ x + g", data), lk.logit("y ~ x + g", declared)):
        strange = new.assign(g=new["g"].cat.add_categories("d"))
        strange.iloc[4, strange.columns.get_loc("g")] = "d"
        with pytest.raises(DataError, match="g has a level that the fit never saw in 1 row"):
            fit.predict(strange)
        assert np.flatnonzero(fit.predict(strange, unseen="missing").isna()).tolist() == [4]


def test_other_kinds_of_columns_are_refused_or_coded_as_before(data: Any, new: Any) -> None:
    fit = lk.logit("y ~ x + g", data)
    with pytest.raises(DataError, match="There is no column 'x'"):
        fit.predict(new.drop(columns="x"))
    with pytest.raises(DataError, match="was numeric in the fit"):
        fit.predict(new.assign(x="much"))
    for same in (new.assign(g=new["g"].astype(str)), new.assign(x=new["x"].astype("Float64"))):
        assert _looked_up(fit, same) is None
        assert_allclose(fit.predict(same), fit.predict(new), rtol=EXACT)


def test_means_beyond_one_are_missing_with_a_warning(data: Any) -> None:
    rare = data.assign(y=(np.arange(N) % 5 == 0).astype(int))
    fit = lk.logit("y ~ x", rare, link="log")
    far = pd.DataFrame({"x": [0.0, np.sign(fit.coef["x"]) * 1e4]})
    with pytest.warns(DataWarning, match="Missing predictions: 1"):
        assert np.isnan(fit.predict(far)).tolist() == [False, True]


def test_a_factor_of_many_levels_is_looked_up(monkeypatch: Any) -> None:
    levels, n = 1_500, 6_000
    rng = np.random.default_rng(5)
    codes = rng.permutation(np.resize(np.arange(levels), n))
    data = pd.DataFrame(
        {"x": rng.normal(size=n), "g": pd.Categorical.from_codes(codes, [f"{k:04d}" for k in range(levels)])}
    )
    data["y"] = data.groupby("g", observed=True).cumcount() % 2  # both outcomes in every level
    fit = lk.logit("y ~ x + g", data)
    assert isinstance(fit.record.coordinates, LevelCoordinates)
    found = _looked_up(fit, data)
    assert_allclose(found, _by_design(fit, monkeypatch, data, "probability"), rtol=EXACT)
