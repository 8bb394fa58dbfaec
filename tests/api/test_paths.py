"""Paths and cross-validations as the user holds them: tables, what a pickle keeps, and what is said of folds."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataWarning, UnsupportedError
from tolerances import EXACT

FORMULA = "low ~ age + lwt + race + smoke"
NEEDS_ROWS: dict[str, Callable[[Any], Any]] = {
    "at": lambda cv: cv.at(0.02),
    "best": lambda cv: cv.best,
    "one_se": lambda cv: cv.one_se,
    "path.at": lambda cv: cv.path.at(0.02),
    "path.dof": lambda cv: cv.path.dof,
    "path.criteria": lambda cv: cv.path.criteria(),
    "path.choose": lambda cv: cv.path.choose("aic"),
}


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def cv() -> Any:
    return lk.cross_validate(FORMULA, births(), penalty=lk.Lasso(), folds=lk.Folds(5, seed=4), n_strengths=20)


@pytest.fixture(scope="module")
def unpickled(cv: Any) -> Any:
    assert cv.best.converged  # a fit that is kept is left behind as well
    return pickle.loads(pickle.dumps(cv))


def test_what_was_found_is_pickled(cv: Any, unpickled: Any) -> None:
    pd.testing.assert_frame_equal(unpickled.tidy(), cv.tidy())
    pd.testing.assert_frame_equal(unpickled.path.coef, cv.path.coef)
    assert str(unpickled) == str(cv)
    for kept, loaded in ((cv, unpickled), (cv.path, unpickled.path)):
        first, second = (found.plot(Figure().add_subplot()) for found in (kept, loaded))
        assert first.lines
        for line, other in zip(first.lines, second.lines, strict=True):
            assert_array_equal(line.get_data(), other.get_data())


@pytest.mark.parametrize("verb", NEEDS_ROWS)
def test_verbs_that_need_the_rows_are_refused_without_them(cv: Any, unpickled: Any, verb: str) -> None:
    NEEDS_ROWS[verb](cv)
    with pytest.raises(UnsupportedError, match=f"'{verb.removeprefix('path.')}' needs the rows.*Fit again"):
        NEEDS_ROWS[verb](unpickled)


def test_the_refusal_names_the_strength(cv: Any, unpickled: Any) -> None:
    with pytest.raises(UnsupportedError) as raised:
        _ = unpickled.one_se
    assert f"strength {cv.one_se_strength!r}" in str(raised.value)


def test_no_row_is_in_the_pickle() -> None:
    data = births().assign(lwt=lambda table: table["lwt"] + np.random.default_rng(3).random(len(table)))
    found = lk.cross_validate("low ~ age + lwt", data, folds=3, n_strengths=5)
    value = float(data["lwt"].iloc[0])
    for result in (found, found.path):
        assert np.float64(value).tobytes() not in pickle.dumps(result)
    assert np.float64(value).tobytes() in pickle.dumps(found.best.design.matrix.to_dense())


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_keep_the_rows(cv: Any, copied: Callable[[Any], Any]) -> None:
    for found in (copied(cv), copied(cv.path)):
        assert_array_equal(found.at(0.02).coef, cv.at(0.02).coef)


def test_a_fit_at_a_strength_is_that_of_the_stated_penalty(cv: Any) -> None:
    stated = lk.logit(FORMULA, births(), penalty=lk.Lasso(0.0123))
    assert_allclose(cv.at(0.0123).coef, stated.coef, rtol=EXACT)


def test_the_choices_are_solved_once(cv: Any) -> None:
    assert cv.best is cv.best
    assert cv.one_se is cv.one_se


def test_the_tables_agree_with_the_scores(cv: Any) -> None:
    table, (_, row) = cv.tidy(), next(cv.glance().iterrows())
    assert list(table) == ["strength", "mean", "std_error", "n_scores", "n_nonzero", "best", "one_se"]
    assert len(cv.glance()) == 1
    for column in ("mean", "std_error", "n_scores"):
        assert_array_equal(table[column], cv.scores[column])
    means = cv.record.scores.mean(axis=0)  # folds of 37 and 38 rows
    assert np.abs(table["mean"] / means - 1.0).max() < 0.01
    (best,), (one_se,) = np.flatnonzero(table["best"]), np.flatnonzero(table["one_se"])
    assert best == int(np.argmin(table["mean"]))
    bound = table["mean"][best] + table["std_error"][best]
    assert one_se == int(np.flatnonzero(table["mean"] <= bound)[0])
    assert best != one_se
    assert (row["measure"], row["n_splits"], row["n_strengths"]) == ("deviance", 5, len(table))
    for rule, place in (("best", best), ("one_se", one_se)):
        for column in ("strength", "mean", "std_error", "n_nonzero"):
            assert row[f"{rule}_{column}"] == table[column][place]
    assert row["best_strength"] == cv.best_strength
    assert row["one_se_n_nonzero"] == cv.one_se.penalty.n_nonzero


def one_sided() -> tuple[pd.DataFrame, np.ndarray]:
    """Births, and folds of which the first two hold no event."""
    data = births()
    folds = np.arange(len(data)) % 3 + 2
    without = np.flatnonzero(data["low"] == 0)[:20]
    folds[without] = np.arange(20) % 2
    return data, folds


@pytest.mark.parametrize("measure", ["auc", "AUC"])
def test_folds_without_a_score_are_counted(measure: str) -> None:
    data, folds = one_sided()
    with pytest.warns(DataWarning, match="2 of 5 splits have no score.*2 contain one outcome only") as raised:
        found = lk.cross_validate("low ~ age + lwt", data, folds=lk.Folds(given=folds), measure=measure, n_strengths=5)
    assert [warning.filename for warning in raised] == [__file__]
    assert found.scores["n_scores"].tolist() == [3] * len(found.strengths)
    assert str(raised[0].message) in found.summary().warnings


def test_the_warning_of_a_matrix_points_at_its_caller() -> None:
    data, folds = one_sided()
    X = np.column_stack([np.ones(len(data)), data["age"], data["lwt"]])
    with pytest.warns(DataWarning, match="2 of 5 splits") as raised:
        lk.cross_validate_matrix(
            X, data["low"], ["Intercept", "age", "lwt"], folds=lk.Folds(given=folds), measure="auc", n_strengths=5
        )
    assert [warning.filename for warning in raised] == [__file__]


@pytest.mark.parametrize("measure", ["deviance", "Brier", "misclassification"])
def test_measures_that_one_outcome_has_give_no_warning(measure: str) -> None:
    data, folds = one_sided()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = lk.cross_validate("low ~ age + lwt", data, folds=lk.Folds(given=folds), measure=measure, n_strengths=5)
    assert (found.scores["n_scores"] == 5).all()
