"""Verbs on other rows than those of the fit: levels, weights, offsets, neighbours."""

from __future__ import annotations

import contextlib
import copy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from tolerances import EXACT

N = 300


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "z": rng.uniform(1, 3, N),
            "g": rng.choice(list("abc"), N),
            "y": rng.integers(0, 2, N),
            "w": rng.integers(0, 4, N),
        }
    )


def test_a_declared_level_that_does_not_occur_is_unseen(data, tmp_path):
    fit = lk.logit("y ~ gc", data.assign(gc=pd.Categorical(data["g"], categories=list("abcd"))))
    for model in (fit, lk.load(fit.save(tmp_path / "fit.json"))):
        with pytest.raises(DataError, match="gc has a level that the fit never saw in 1 row: 'd'"):
            model.predict({"gc": ["d", "a"]})
        assert np.isnan(model.predict({"gc": ["d", "a"]}, unseen="missing")).tolist() == [True, False]


def test_a_level_that_occurs_only_in_rows_left_out_is_unseen(data):
    gone = data.assign(x=data["x"].where(data["g"] != "c"), gc=data["g"].astype("category"))
    weightless = np.where(data["g"] == "c", 0, 1)
    new = {"g": ["c", "a"], "gc": ["c", "a"], "x": [1.0, 1.0]}
    for fit in (lk.logit("y ~ gc + x", gone), lk.logit("y ~ g + x", data, weights=weightless)):
        with pytest.raises(DataError, match="never saw in 1 row: 'c'"):
            fit.predict(new)


def test_array_weights_and_offsets_are_demanded_and_used(data):
    named = lk.logit("y ~ x", data, weights="w")
    array = lk.logit("y ~ x", data, weights=data["w"].to_numpy())
    with pytest.raises(DataError, match=r"pass weights=\.\.\."):
        array.discrimination(data)
    assert_allclose(array.on(data, weights="w").discrimination().auc, named.discrimination(data).auc, rtol=EXACT)
    assert_allclose(array.on(data, weights=data["w"]).influence(), array.influence(), rtol=EXACT)
    shifted = lk.logit("y ~ x", data, offset=data["z"].to_numpy())
    with pytest.raises(DataError, match=r"pass offset=\.\.\."):
        shifted.calibration(data)
    assert_allclose(shifted.on(data, offset="z").calibration().brier, shifted.calibration().brier, rtol=EXACT)


def test_clusters_are_not_demanded_of_new_rows(data):
    fit = lk.logit("y ~ x", data, cluster="g")
    assert_allclose(fit.discrimination(data.drop(columns="g")).auc, fit.discrimination().auc, rtol=EXACT)


def test_augment_of_other_rows_has_no_influence(data):
    frame = lk.logit("y ~ x", data).augment(data.head(9))
    assert frame[["leverage", "cooks_distance"]].isna().all(axis=None)
    assert frame.drop(columns=["leverage", "cooks_distance"]).notna().all(axis=None)


def test_rows_that_were_changed_are_not_those_of_the_fit():
    rng = np.random.default_rng(2)
    big = pd.DataFrame({"x": rng.normal(size=5_000), "y": rng.integers(0, 2, 5_000)})
    fit = lk.logit("y ~ x", big)
    changed = big.copy()
    changed.loc[rng.choice(5_000, 500, replace=False), "x"] = 9.0
    assert fit.hosmer_lemeshow(big).in_sample
    assert not fit.hosmer_lemeshow(changed).in_sample
    with pytest.raises(UnsupportedError, match="rows are different"):
        fit.influence(changed)


def test_lag_is_refused_where_rows_are_no_neighbours(data):
    holes = data.assign(z=data["z"].where(data.index != 5))
    with pytest.raises(FormulaError, match=r"lag\(\) uses the previous row"):
        lk.logit("y ~ lag(x) + z", holes)
    fit = lk.logit("y ~ lag(x) + g", data)
    by_hand = lk.logit("y ~ before + g", data.assign(before=data["x"].shift()))
    assert_allclose(fit.coef, by_hand.coef, rtol=1e-9)
    for new in (data.assign(g=data["g"].where(data.index != 2)), data.assign(g=data["g"].where(data.index != 2, "q"))):
        with pytest.raises(DataError, match=r"lag\(\) uses the previous row"):
            fit.predict(new, unseen="missing")


@pytest.mark.parametrize("policy", ["Raise", "drop", None])
def test_an_unknown_policy_is_refused(data, policy):
    with pytest.raises(DataError, match="unseen="):
        lk.logit("y ~ g", data).predict(data, unseen=policy)


def test_columns_that_could_not_be_told_apart_are_refused(data):
    with pytest.raises(FormulaError, match="'Intercept'"):
        lk.logit("y ~ x + Intercept", data.assign(Intercept=data["z"]))
    with pytest.raises(FormulaError, match="'Intercept'"):
        lk.logit("y ~ 0 + x + Intercept", data.assign(Intercept=data["z"]))
    with pytest.raises(FormulaError, match=r"'g\[T.b\]'"):
        lk.logit("y ~ g + `g[T.b]`", data.assign(**{"g[T.b]": data["x"]}))


def test_a_factor_of_one_level_is_said_to_have_no_column(data):
    fit = lk.logit("y ~ x + q", data.assign(q="only"))
    assert list(fit.coef.index) == ["Intercept", "x"]
    assert "one level only: q" in str(fit.summary())


def test_a_copy_keeps_the_rows_and_nothing_can_be_written(data):
    fit = lk.logit("y ~ x", data)
    assert copy.deepcopy(fit).design is fit.design
    assert copy.copy(fit).design is fit.design
    with pytest.raises(ValueError, match="read-only"):
        fit.record.coef[0] = 1.0
    own = fit.coef
    own["x"] = 99.0
    assert fit.coef["x"] != 99.0


def test_what_predict_is_given_never_changes_the_fit(data, tmp_path):
    fit = lk.logit("y ~ x + g + bs(z, df=4) + center(w)", data)
    before = fit.predict(data.head(5)).tolist()
    good = {"x": [0.1], "g": ["a"], "z": [2.0], "w": [1]}
    for bad in ({"x": ["text"]}, {"g": [3]}, {"g": ["new"]}, {"z": [99.0]}, {"x": [None]}, {"w": ["one"]}):
        with contextlib.suppress(lk.errors.LogitkitError):
            fit.predict(good | bad)
    nobody = pd.DataFrame({"x": [None, None], "g": ["a", "b"], "z": [2.0, 2.0], "w": [1, 1]})
    assert fit.predict(nobody).isna().all()
    assert fit.predict(data.head(5)).tolist() == before
    assert lk.load(fit.save(tmp_path / "fit.json")).predict(data.head(5)).tolist() == before


def test_numbers_and_text_are_told_apart(data):
    fit = lk.logit("y ~ x + C(w)", data)
    with pytest.raises(DataError, match=r"never saw in 1 row: '1'\. Its levels are 0, 1, 2, 3"):
        fit.predict({"x": [0.0], "w": ["1"]})
    with pytest.raises(DataError, match="Column 'x' was numeric in the fit and is"):
        fit.predict({"x": ["1.0"], "w": [1]})


def test_the_reference_levels_are_kept(data, tmp_path):
    fit = lk.logit("y ~ g * x + C(w, contr.treatment(2)) + C(w, contr.sum):z", data)
    assert fit.record.info.references == (("g", "a"), ("C(w, contr.treatment(2))", "2"))
    assert lk.load(fit.save(tmp_path / "fit.json")).record.info.references == fit.record.info.references


def test_kinds_of_weights_need_weights(data):
    with pytest.raises(DataError, match="without weights"):
        lk.logit("y ~ x", data, weight_kind="sampling")
    with pytest.raises(FormulaError, match=r"Write \*\* for a power"):
        lk.logit("y ~ I(x ^ 2)", data)


def test_few_clusters_test_few_hypotheses(data):
    fit = lk.logit("y ~ x + z + w", data, cluster="g")
    assert fit.test("x = 0, z = 0").dof == 2
    with pytest.raises(UnsupportedError, match="lacks the rank"):
        fit.test("x = 0, z = 0, w = 0")


def test_a_changed_row_of_a_separated_fit_is_not_called_right():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=5_000)})
    data["y"] = (data["x"] > 0).astype(int)
    fit = lk.logit("y ~ x", data)
    assert (fit.residuals("response") == 0.0).all()
    for row in range(20):
        changed = data.copy()
        changed.loc[row, "x"] *= -1
        assert abs(fit.residuals("response", changed)[row]) == 1.0


def test_single_values_are_told_from_columns(data):
    fit = lk.logit("y ~ x + g", data)
    for new in ({"x": 1.0, "g": "a"}, {"g": "a", "x": np.float64(1.0)}, {"x": None, "g": pd.NaT}):
        with pytest.raises(DataError, match=r"single values, such as .* put each value into a list"):
            fit.predict(new)
    assert fit.predict({"x": [1.0], "g": "a"}).size == 1
