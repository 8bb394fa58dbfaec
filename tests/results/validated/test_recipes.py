"""Models that are made again by recipes and with their penalties."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.resampling.resampling import drawn_weights

FORMULA = "low ~ age + lwt + smoke"


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


def test_a_recipe_that_fits_the_same_formula_gives_what_refits_give(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)
    plain = fit.validate(n=8, seed=3)
    for table in (births, pl.from_pandas(births), {name: births[name].to_numpy() for name in births.columns}):
        own = lk.logit(FORMULA, table)
        kinds = set()

        def recipe(rows: object, kinds: set[type] = kinds) -> lk.Fit:
            kinds.add(type(rows))
            return lk.logit(FORMULA, rows)

        found = own.validate(recipe=recipe, n=8, seed=3)
        assert kinds == {type(table)}
        assert_allclose(found.replays.values, plain.replays.values, rtol=1e-6, atol=1e-8)
    assert found.made == ("The recipe was carried out again in each resample.",)
    assert "recipe=" in " ".join(plain.made)


def test_selection_that_is_made_again_costs_more(births: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    noise = pd.DataFrame(rng.normal(size=(len(births), 30)), columns=[f"n{j}" for j in range(30)])
    rows = pd.concat([births[["low", "lwt"]], noise], axis=1)

    def recipe(table: pd.DataFrame) -> lk.Fit:
        strength = table.drop(columns="low").corrwith(table["low"]).abs()
        return lk.logit("low ~ " + " + ".join(strength.nlargest(5).index), table)

    fit = recipe(rows)
    blind, seen = fit.validate(n=25, seed=1), fit.validate(recipe=recipe, n=25, seed=1)
    assert_allclose(blind.apparent, seen.apparent, rtol=1e-6, atol=1e-9)
    assert seen.of("c") < blind.of("c") - 0.03


def test_what_a_recipe_returns_is_looked_at(births: pd.DataFrame) -> None:
    fit = lk.logit(FORMULA, births)

    class Constant:
        def __init__(self, value: object) -> None:
            self.value = value

        def predict(self, rows: pd.DataFrame) -> object:
            return np.full(len(rows), self.value)

    found = fit.validate(recipe=lambda rows: Constant(rows["low"].mean()), n=5, seed=1)
    assert "another model" in str(found)
    assert found.of("c") == 0.5
    with pytest.raises(UnsupportedError, match="outside 0 and 1"):
        fit.validate(recipe=lambda rows: Constant(2.0), n=2)
    with pytest.raises(UnsupportedError, match="no predict"):
        fit.validate(recipe=lambda rows: 3, n=2)
    with pytest.raises(DataError, match="not a function"):
        fit.validate(recipe="stepwise", n=2)
    weighted = lk.logit(FORMULA, births, weights=np.ones(len(births)))
    with pytest.raises(UnsupportedError, match="frequency weights"):
        weighted.validate(recipe=lambda rows: lk.logit(FORMULA, rows), n=2)
    matrix = lk.logit_matrix(births[["age", "lwt"]].to_numpy(), births["low"].to_numpy())
    with pytest.raises(UnsupportedError, match="matrix"):
        matrix.validate(recipe=lambda rows: fit, n=2)


def test_values_are_imputed_again_from_the_table_before(births: pd.DataFrame) -> None:
    raw = births.assign(lwt=births["lwt"].where(births.index % 5 > 0))

    class Imputed:
        def __init__(self, rows: pd.DataFrame) -> None:
            self.value = rows["lwt"].median()
            self.fit = lk.logit(FORMULA, rows.fillna({"lwt": self.value}))

        def predict(self, rows: pd.DataFrame) -> pd.Series:
            return self.fit.predict(rows.fillna({"lwt": self.value}))

    fit = Imputed(raw).fit
    found = fit.validate(recipe=(Imputed, raw), n=3, seed=5)
    draw = drawn_weights(fit.design, "rows", 5)
    for number in range(3):
        rows = raw.iloc[np.repeat(np.arange(len(raw)), draw(number).astype(int))].reset_index(drop=True)
        assert_allclose(found.stability.predicted[number], Imputed(rows).predict(raw), rtol=1e-9)
    with pytest.raises(DataError, match="same order"):
        fit.validate(recipe=(Imputed, raw.head(9)), n=3)


def test_penalties_are_those_of_the_fit(births: pd.DataFrame) -> None:
    penalty = lk.Ridge(0.1)
    fit = lk.logit(FORMULA, births, penalty=penalty)
    found = fit.validate(n=3, seed=5)
    assert "not tuned again" in found.made[0]
    draw = drawn_weights(fit.design, "rows", 5)
    for number in range(3):
        again = lk.logit(FORMULA, births, weights=draw(number), penalty=penalty)
        assert_allclose(found.stability.predicted[number], again.predict(births), rtol=1e-6)
    assert_allclose(copy.copy(fit).validate(n=3, seed=5).corrected, found.corrected, rtol=1e-12)
    with pytest.raises(UnsupportedError, match="How the penalty"):
        type(fit)(fit.record, fit.design).validate(n=2)


def test_strengths_that_folds_chose_are_chosen_again(births: pd.DataFrame) -> None:
    options = {"penalty": lk.Lasso(), "folds": 3, "strengths": [0.1, 0.03, 0.01, 0.001]}
    cv = lk.cross_validate(FORMULA, births, **options)
    found = cv.best.validate(n=2, seed=5)
    assert "chosen again" in found.made[0]
    draw = drawn_weights(cv.best.design, "rows", 5)
    codes = cv.record.folds.codes[0]
    for number in range(2):
        weights = draw(number)
        again = lk.cross_validate(FORMULA, births, weights=weights, **{**options, "folds": lk.Folds(given=codes)})
        p = again.best.predict(births)
        assert_allclose(found.stability.predicted[number], p, rtol=1e-5)
    fine = lk.cross_validate(FORMULA, births, **{**options, "strengths": np.geomspace(0.1, 0.005, 36)})
    again = fine.best.validate(n=1, seed=5)
    assert "18 of the 36 strengths" in again.made[0]
    coarse = fine.record.path.strengths[fine.record.best % 2 :: 2]
    assert fine.record.path.strengths[fine.record.best] in coarse
    given = {**options, "strengths": coarse, "folds": lk.Folds(given=fine.record.folds.codes[0])}
    twin = lk.cross_validate(FORMULA, births, weights=draw(0), **given).best
    assert_allclose(again.stability.predicted[0], twin.predict(births), rtol=1e-5)
    assert "0.01" in cv.at(0.01).validate(n=2, seed=1).made[0]


def test_several_outcomes_have_their_measures(births: pd.DataFrame) -> None:
    fit = lk.multinomial("race ~ age + lwt", births)
    found = fit.validate(n=6, seed=2)
    assert found.names == ("c", "r2", "brier", "log_loss", "slope")
    assert_allclose(found.apparent[0], fit.discrimination().hand_till.estimate, rtol=1e-12)
    assert_allclose(found.apparent[-1], 1.0, rtol=1e-6)
    draw = drawn_weights(fit.design, "rows", 2)
    again = lk.multinomial("race ~ age + lwt", births, weights=draw(0))
    p, w = again.predict(births).to_numpy(), draw(0)
    codes = births["race"].cat.codes.to_numpy() if hasattr(births["race"], "cat") else fit.design.response.codes
    loss = -np.log(p[np.arange(len(p)), codes])
    place = found.names.index("log_loss")
    assert_allclose(found.replays.values[0, :2, place], [np.average(loss, weights=w), loss.mean()], rtol=1e-7)
    assert found.stability.predicted.shape == (6, 3, 189)


def test_ordered_outcomes_have_concordance(births: pd.DataFrame) -> None:
    rows = births.assign(visits=pd.cut(births["ftv"], [-1, 0, 1, 9], labels=["none", "one", "more"], ordered=True))
    fit = lk.ordinal("visits ~ age + lwt", rows)
    found = fit.validate(n=4, seed=2)
    score = fit.predict().to_numpy() @ np.arange(3)
    y = rows["visits"].cat.codes.to_numpy()
    higher = y[:, None] > y
    c = ((score[:, None] > score) + 0.5 * (score[:, None] == score))[higher].mean()
    assert_allclose(found.apparent[:2], [c, 2 * c - 1], rtol=1e-10)
    assert_array_equal(found.names[:2], ("c", "somers_d"))
