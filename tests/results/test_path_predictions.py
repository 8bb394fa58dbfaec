"""What a path predicts is what the fit at each of its strengths predicts, with the same checks of new rows."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

import logitkit as lk
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from tolerances import EXACT, ITERATIVE

FORMULA = "low ~ age + lwt + C(race) + smoke"
TIGHT = {"n_strengths": 8, "solver": lk.ProxNewton(tol=1e-13)}
PENALTIES = [lk.Lasso(), lk.Ridge(), lk.ElasticNet() + lk.Bounds(lower=-0.5), lk.RelaxedLasso(gamma=0.5)]


def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    data["age"] = data["age"].astype(float)
    data.loc[data.index[[3, 17]], "age"] = np.nan
    return data.set_index(pd.Index([f"row{i}" for i in range(len(data))]))


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: penalty.words)
@pytest.mark.parametrize("rows", ["own", "new"])
def test_each_column_is_what_the_fit_predicts(penalty: Any, rows: str) -> None:
    data = births()
    path = lk.path(FORMULA, data, penalty=penalty, **TIGHT)
    new = None if rows == "own" else data.iloc[::-3]
    mu, eta = path.predict(new), path.predict_logit(new)
    assert mu.columns.name == "strength"
    assert_array_equal(mu.columns, path.strengths)
    assert_array_equal(mu.index, data.index if new is None else new.index)
    missing = (data if new is None else new)["age"].isna()
    assert_array_equal(mu.isna().all(axis=1), missing)
    for strength in path.strengths:
        fit = path.at(strength)
        assert_allclose(mu[strength], fit.predict(new), rtol=ITERATIVE)
        assert_allclose(eta[strength], fit.predict_logit(new), rtol=ITERATIVE, atol=ITERATIVE)
    assert_allclose(mu, 1.0 / (1.0 + np.exp(-eta)), rtol=EXACT)


def test_strengths_of_the_path_and_others() -> None:
    data = births()
    path = lk.path(FORMULA, data, n_strengths=10)
    own, between = path.strengths[4], float(np.sqrt(path.strengths[4] * path.strengths[5]))
    found = path.predict(data, [between, own])
    assert found.columns.tolist() == [own, between]
    assert_array_equal(found[own], path.predict(data)[own])
    assert_allclose(found[between], path.at(between).predict(data), rtol=EXACT)
    assert_allclose(path.predict_logit(strengths=between)[between], path.at(between).predict_logit(), rtol=EXACT)
    for wrong in ([-1.0], [], "best", [np.nan]):
        with pytest.raises(DataError, match="give numbers that are not negative"):
            path.predict(data, wrong)


@pytest.mark.parametrize("storage", ["dense", "sparse"])
def test_matrices_and_offsets(storage: str) -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(80), rng.standard_normal((80, 3)) * (rng.random((80, 3)) < 0.5)])
    y, shift = (rng.random(80) < 0.5).astype(int), rng.standard_normal(80)
    given = csr_array(X) if storage == "sparse" else X
    weights = np.where(np.arange(80) % 9 == 0, 0.0, 1.0)
    path = lk.path_matrix(given, y, ["Intercept", "a", "b", "c"], offset=shift, weights=weights, **TIGHT)
    fit = path.at(path.strengths[3])
    for new, offset in ((None, None), (given[:7], shift[:7])):
        assert_allclose(path.predict(new, offset=offset)[path.strengths[3]], fit.predict(new, offset), rtol=ITERATIVE)
    with pytest.raises(DataError, match="offset"):
        path.predict(given[:7])
    with pytest.raises(DataError, match="offset was given without data"):
        path.predict(offset=shift)


def infinite(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(lwt=np.where(np.arange(len(data)) == 5, np.inf, data["lwt"]))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.drop(columns="lwt"),
        lambda data: data.assign(race=data["race"].astype(str).where(np.arange(len(data)) != 2, "unheard of")),
        lambda data: data.assign(lwt="heavy"),
        infinite,
    ],
    ids=["no column", "unseen level", "text", "infinite"],
)
def test_new_rows_are_checked_as_by_a_fit(spoil: Any) -> None:
    data = births()
    data["race"] = data["race"].astype(str)
    path = lk.path(FORMULA, data, n_strengths=5)
    new = spoil(data)
    with pytest.raises(LogitkitError) as of_fit:
        path.at(path.strengths[2]).predict(new)
    with pytest.raises(type(of_fit.value)) as of_path:
        path.predict(new)
    assert str(of_path.value) == str(of_fit.value)


def test_an_unseen_level_may_be_missing() -> None:
    data = births()
    data["race"] = data["race"].astype(str)
    path = lk.path(FORMULA, data, n_strengths=5)
    new = data.assign(race=data["race"].where(np.arange(len(data)) != 2, "unheard of"))
    found = path.predict(new, unseen="missing")
    there = path.at(path.strengths[-1]).predict(new, unseen="missing")
    assert_array_equal(found[path.strengths[-1]].isna(), there.isna())
    assert found.iloc[2].isna().all()


def test_without_its_rows_a_path_predicts_nothing() -> None:
    path = pickle.loads(pickle.dumps(lk.path(FORMULA, births(), n_strengths=5)))
    for verb in ("predict", "predict_logit"):
        with pytest.raises(UnsupportedError, match=f"'{verb}' needs the rows of the fit"):
            getattr(path, verb)(births())
