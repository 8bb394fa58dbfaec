"""Rows that the data of a fit say nothing of: refused, or missing, whatever the coding and the way of fitting."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import null_space

import logitkit as lk
from engine.levels.wide import assert_same_fit, both_ways, places
from logitkit.errors import DataError, DataWarning
from tolerances import REFERENCE, ROUTE

N = 400


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Give a table with an empty cell, a number that is twice another and one, and one that is constant in a group."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "e1": rng.choice(list("abc"), N),
            "e2": rng.choice(list("uvw"), N),
            "x": rng.normal(size=N),
            "k": rng.integers(0, 9, N).astype(float),
            "g": rng.integers(0, 30, N),
            "y": rng.integers(0, 2, N),
        }
    )
    frame["k2"] = 2 * frame["k"] + 1
    frame["mean"] = frame.groupby("g")["x"].transform("mean")
    return frame[~((frame["e1"] == "c") & (frame["e2"] == "w"))].reset_index(drop=True)


def missing(fit: lk.Fit, new: Any) -> list[bool]:
    """Return where predictions are missing, and see that a refusal says the same."""
    where = fit.predict(new, unseen="missing").isna().tolist()
    assert fit.predictions(new, unseen="missing").isna().all(axis=1).tolist() == where
    if any(where):
        with pytest.raises(DataError, match=rf"Not estimable for {sum(where)} rows?: {where.index(True)}\b"):
            fit.predict_logit(new)
    else:
        assert fit.predict_logit(new).notna().all()
    return where


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("intercept", [True, False])
def test_a_row_has_an_answer_when_it_is_orthogonal_to_the_null_space(seed, intercept):
    rng = np.random.default_rng(seed)
    base = rng.integers(-2, 3, (120, 4)).astype(float)
    base[:, 0] = 1.0 if intercept else base[:, 0]
    mixed = base @ rng.integers(-2, 3, (4, 3))
    order = np.r_[0, 1 + rng.permutation(6)] if intercept else rng.permutation(7)
    X = np.column_stack([base, mixed])[:, order] * (1.0 if intercept else 10.0 ** rng.integers(-6, 7, 7))
    if intercept:
        X[:, 1:] *= 10.0 ** rng.integers(-6, 7, 6)
    y = rng.integers(0, 2, 120)
    names = ["Intercept" if intercept else "first", *"abcdef"]
    fit = lk.logit_matrix(X, y, names=names)
    size = np.where(np.abs(X).max(axis=0) > 0.0, np.abs(X).max(axis=0), 1.0)
    null = null_space(X / size)
    assert len(fit.aliased) == null.shape[1] > 0
    inside = rng.normal(size=(15, 120)) @ X
    if intercept:
        inside = inside / inside[:, :1]
    outside = inside.copy()
    for row in outside:
        column = rng.choice(np.flatnonzero(np.abs(null).max(axis=1) > 1e-6))
        row[column] += size[column] * 10.0 ** rng.integers(-3, 3)
    new = np.vstack([inside, outside])
    change, terms = np.abs(new / size @ null), np.abs(new / size) @ np.abs(null)
    expected = (change > 1e-9 * terms).any(axis=1)
    assert not expected[:15].any()
    assert expected[15:].any()
    found = fit.predict(new, unseen="missing").isna().to_numpy()
    assert np.array_equal(found, expected)
    # What has an answer has the same whichever columns are dropped: here the columns the other way round.
    turned = np.r_[0, np.arange(6, 0, -1)] if intercept else np.arange(6, -1, -1)
    other = lk.logit_matrix(X[:, turned], y, names=[names[j] for j in turned])
    assert other.aliased != fit.aliased
    again = other.predict_logit(new[:, turned], unseen="missing")
    assert np.array_equal(again.isna(), expected)
    logit = fit.predict_logit(new, unseen="missing")
    assert_allclose(again, logit, rtol=REFERENCE, atol=REFERENCE * np.nanmax(np.abs(logit)))


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ e1*e2 + x",
        "y ~ 0 + e1:e2 + x",
        "y ~ C(e1, contr.sum)*C(e2, contr.sum) + x",
        "y ~ C(e1, contr.helmert)*e2 + x",
        "y ~ e2:e1 + x",
        "y ~ C(e1, contr.treatment('c'))*C(e2, contr.treatment('w')) + x",
    ],
)
def test_an_empty_cell_has_no_answer_in_any_coding(data, formula):
    fit = lk.logit(formula, data)
    assert len(fit.aliased) == 1
    assert missing(fit, {"e1": ["a", "c", "c"], "e2": ["w", "w", "u"], "x": [0.0, 1.0, 0.0]}) == [False, True, False]
    plain = lk.logit("y ~ 0 + cell + x", data.assign(cell=data["e1"] + data["e2"]))
    assert_allclose(fit.predict(data), plain.predict(), rtol=ROUTE)


def test_what_an_aliased_number_was_is_said(data):
    fit = lk.logit("y ~ k + k2", data)
    assert missing(fit, {"k": [1, 1, 2], "k2": [3, 99, 5]}) == [False, True, False]
    with pytest.raises(
        DataError, match=r"Not estimable for 1 row: 1 \(from 0\).* 'k2' was 1 \+ 2 k; .*unseen='missing'"
    ):
        fit.predict({"k": [1, 1], "k2": [3, 99]})
    with pytest.raises(DataError, match=r"7 rows: 0, 1, 2, 3, 4, \.\.\. \(from 0\)"):
        fit.predict({"k": np.zeros(7), "k2": np.zeros(7)})
    constant = lk.logit("y ~ x + one", data.assign(one=3.0))
    with pytest.raises(DataError, match="'one' was 3; here it is not"):
        constant.predict({"x": [0.0], "one": [4.0]})


def test_verbs_on_new_rows_refuse_what_predict_refuses(data):
    fit = lk.logit("y ~ k + k2", data)
    new = data.head(20).copy()
    new.loc[3, "k2"] += 0.5
    for verb in (fit.residuals, fit.discrimination, fit.calibration, fit.hosmer_lemeshow):
        with pytest.raises(DataError, match=r"Not estimable for 1 row: 3 \(from 0\)"):
            verb(data=new)
    with pytest.raises(DataError, match=r"Not estimable for 1 row: 3 \(from 0\)"):
        fit.augment(new)
    holes = new.assign(k=new["k"].where(new.index != 1))
    with pytest.raises(DataError, match=r"Not estimable for 1 row: 3 \(from 0\)"):
        fit.augment(holes)
    assert fit.predict(holes, unseen="missing").isna().to_numpy().nonzero()[0].tolist() == [1, 3]


@pytest.mark.parametrize(
    "formula", ["y ~ e1*e2 + k + k2", "y ~ 0 + e1:e2 + far + far2", "y ~ tiny + x + large", "y ~ k2 + k + e1:k + e1:k2"]
)
def test_the_rows_of_the_fit_always_have_an_answer(data, formula):
    frame = data.assign(far=1e8 + data["x"], tiny=1e-9 * data["x"], large=1e9 * data["x"] + 5.0)
    frame["far2"] = -3.0 * frame["far"]
    fit = lk.logit(formula, frame)
    assert fit.aliased
    assert_allclose(fit.predict(frame), fit.predict(), rtol=ROUTE)
    assert fit.predict().notna().all()


def test_numbers_in_single_precision_are_still_what_they_were(data):
    frame = data.assign(third=(data["x"] - 4.0) / 3.0, other=7.7 - data["x"] / 0.3)
    fit = lk.logit("y ~ x + third + other", frame)
    assert fit.aliased == ("third", "other")
    rounded = frame.astype({"x": np.float32, "third": np.float32, "other": np.float32})
    assert (rounded["third"] != frame["third"]).mean() > 0.9
    # Single precision rounds by 6e-8 of the value.
    assert_allclose(fit.predict(rounded), fit.predict(), rtol=1e-6)
    with pytest.raises(DataError, match="Not estimable"):
        fit.predict(frame.assign(third=frame["third"] * (1.0 + 1e-5)))


@pytest.mark.parametrize("extrapolation", ["extend", "clip"])
def test_a_spline_that_adds_up_to_the_intercept_goes_on_beyond_its_range(data, extrapolation):
    fit = lk.logit(f"y ~ cr(x, df=4, extrapolation='{extrapolation}')", data)
    assert len(fit.aliased) == 1
    assert fit.predict({"x": [-9.0, 0.0, 9.0]}).notna().all()


def test_a_saved_fit_refuses_the_same_rows(data, tmp_path):
    path = tmp_path / "fit.json"
    for formula, options in (("y ~ e1*e2 + k + k2", {}), ("y ~ x + mean", {"absorb": "g"})):
        fit = lk.logit(formula, data, **options)
        new = data.head(6).copy()
        new.loc[2, ["e1", "e2"]] = "c", "w"
        new.loc[4, ["k2", "mean"]] += 1.0
        loaded = lk.load(fit.save(path))
        assert missing(loaded, new) == missing(fit, new)
        assert any(missing(fit, new))
        assert loaded.predict(new, unseen="missing").equals(fit.predict(new, unseen="missing"))
    packed = json.loads(path.read_text())
    packed["coordinates"]["vanishing"] = None
    path.write_text(json.dumps(packed))
    with pytest.raises(DataError, match="explains the columns"):
        lk.load(path)


def test_an_absorbed_factor_explains_what_its_columns_would(data):
    absorbed = lk.logit("y ~ x + mean + k + k2", data, absorb="g")
    written = lk.logit("y ~ C(g) + x + mean + k + k2", data)
    assert absorbed.aliased == written.aliased == ("mean", "k2")
    varied = data.groupby("g")["y"].transform("nunique") > 1
    new = data[varied].head(60).reset_index(drop=True)
    new.loc[[2, 9], "mean"] += 0.1
    new.loc[[5, 9], "k2"] -= 1.0
    new.loc[7, "g"] = new["g"][0]
    expected = missing(written, new)
    assert np.flatnonzero(expected).tolist() == [2, 5, *([7] if new["mean"][7] != new["mean"][0] else []), 9]
    assert missing(absorbed, new) == expected
    with pytest.raises(DataError, match="'mean' was determined by the levels of g"):
        absorbed.predict(new.head(4))


def test_levels_without_variation_predict_their_outcome_whatever_the_columns(data):
    frame = data.assign(y=data["y"].where(data["g"] != 3, 1))
    fit = lk.logit("y ~ x + mean", frame, absorb="g")
    new = frame[frame["g"] == 3].head(3).assign(mean=99.0)
    assert fit.predict(new).tolist() == [1.0, 1.0, 1.0]


def test_a_row_of_weight_zero_in_an_empty_cell_is_missing(data):
    row = data.iloc[[0]].assign(e1="c", e2="w")
    frame = pd.concat([row, data], ignore_index=True).assign(w=[0, *[1] * len(data)])
    fit = lk.logit("y ~ e1*e2 + x", frame, weights="w")
    assert np.flatnonzero(fit.predict().isna()).tolist() == [0]
    assert np.flatnonzero(fit.predictions().isna().any(axis=1)).tolist() == [0]
    assert fit.residuals(data=frame).size == len(frame)


def test_a_separated_fit_refuses_too(data):
    frame = data.assign(y=np.where(data["e1"] == "a", 1, data["y"]))
    fit = lk.logit("y ~ e1*e2 + x", frame)
    assert fit.record.is_separated
    assert missing(fit, {"e1": ["a", "c", "c"], "e2": ["w", "w", "u"], "x": [0.0, 1.0, 0.0]}) == [False, True, False]


def _moved(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return rows of a table with some values of other rows in them."""
    new = frame.sample(60, random_state=1).reset_index(drop=True)
    for name in ("g", "region", "h", "z2"):
        rows = rng.choice(60, 12, replace=False)
        new.loc[rows, name] = frame[name].sample(12, random_state=2).to_numpy()
    return new


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ g + x + region",
        "y ~ region + x + g",
        "y ~ 0 + h:g + x",
        "y ~ g + z + z2",
        "y ~ z2 + z + region + g + h",
        "y ~ code + x + region",
        "y ~ region + code + x",
        "y ~ g + tiny + x",
        "y ~ g + x + tiny",
    ],
)
def test_with_levels_eliminated_the_same_rows_have_no_answer(formula, tmp_path):
    frame = places()
    frame = frame[~((frame["h"] == "a") & (frame["g"] < "l004"))].reset_index(drop=True)
    frame["z2"], frame["tiny"] = 1.0 - 3.0 * frame["z"], 1e-9 * frame["x"]
    frame["code"] = pd.Categorical(frame["g"], categories=["none", *sorted(frame["g"].unique()), "empty"])
    dense, wide = both_ways(formula, frame)
    assert dense.aliased
    assert_same_fit(dense, wide)
    new = _moved(frame, np.random.default_rng(4))
    new["code"] = new["g"]
    new.loc[:3, "tiny"] = 1.0
    expected = missing(dense, new)
    assert any(expected)
    assert not all(expected)
    assert missing(wide, new) == expected
    assert_allclose(wide.predict(new, unseen="missing"), dense.predict(new, unseen="missing"), rtol=ROUTE)
    assert wide.predict(frame).notna().all()
    assert missing(lk.load(wide.save(tmp_path / "wide.json")), new) == expected


def test_what_only_levels_of_one_outcome_have_is_undetermined_elsewhere(tmp_path):
    frame = places()
    frame.loc[frame["g"] == "l003", "y"] = 1
    frame["own"] = np.where(frame["g"] == "l003", frame["x"], 0.0)
    dense, wide = both_ways("y ~ g + x + own", frame)
    new = pd.DataFrame({"g": ["l001", "l001", "l003", "l003"], "x": np.zeros(4), "own": [0.0, 1.0, 0.0, 1.0]})
    for fit in (dense, wide, lk.load(wide.save(tmp_path / "wide.json"))):
        with pytest.warns(DataWarning, match="undetermined"):
            found = fit.predict(new)
        assert found.isna().tolist() == [False, True, False, False]
        assert found.tolist()[2:] == [1.0, 1.0]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert fit.predict(frame).notna().all()


def test_hundreds_of_empty_cells_are_told_from_the_others():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.integers(0, 30, 3_000), "b": rng.integers(0, 30, 3_000)})
    frame = frame[(frame["a"] * 7 + frame["b"]) % 5 > 1].reset_index(drop=True)
    frame["y"] = rng.integers(0, 2, len(frame))
    fit = lk.logit("y ~ 0 + C(a):C(b)", frame)
    grid = pd.DataFrame([(a, b) for a in range(30) for b in range(30)], columns=["a", "b"])
    seen = set(zip(frame["a"], frame["b"], strict=True))
    expected = [cell not in seen for cell in zip(grid["a"], grid["b"], strict=True)]
    assert len(fit.aliased) == sum(expected) > 300
    assert missing(fit, grid) == expected
