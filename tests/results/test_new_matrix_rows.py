"""Verbs on new rows of a matrix with their outcome: the same as after a formula on the same table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import DataError, DataWarning, ResponseError, UnsupportedError
from tolerances import EXACT

NAMES = ["Intercept", "age", "lwt", "smoke"]
VERBS: dict[str, Callable[..., Any]] = {
    "residuals": lambda fit, rows, **more: fit.on(rows, **more).residuals("pearson"),
    "hosmer_lemeshow": lambda fit, rows, **more: fit.on(rows, **more).hosmer_lemeshow().statistic,
    "discrimination": lambda fit, rows, **more: fit.on(rows, **more).discrimination().auc,
    "calibration": lambda fit, rows, **more: fit.on(rows, **more).calibration().brier,
    "augment": lambda fit, rows, **more: fit.on(rows, **more).augment().to_numpy(),
}


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw().assign(Intercept=1.0)


def halves() -> tuple[pd.DataFrame, pd.DataFrame]:
    data = births()
    return data.iloc[::2], data.iloc[1::2]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("penalty", [None, lk.Lasso(0.01)])
def test_a_matrix_is_judged_as_a_formula_is(verb: str, penalty: Any) -> None:
    old, new = halves()
    by_formula = lk.logit("low ~ age + lwt + smoke", old, penalty=penalty)
    by_matrix = lk.logit_matrix(old[NAMES].to_numpy(), old["low"].to_numpy(), NAMES, penalty=penalty)
    ask = VERBS[verb]
    expected = ask(by_formula, new)
    assert_allclose(ask(by_matrix, new[NAMES].to_numpy(), y=new["low"].to_numpy()), expected, rtol=EXACT, atol=EXACT)
    # A table is put in the order of the fit.
    assert_allclose(ask(by_matrix, new[NAMES[::-1]], y=new["low"]), expected, rtol=EXACT, atol=EXACT)
    sparse = scipy.sparse.csr_array(new[NAMES].to_numpy())
    assert_allclose(ask(by_matrix, sparse, y=new["low"].tolist()), expected, rtol=EXACT, atol=EXACT)


def test_figures_and_the_report_take_new_rows(tmp_path: Path) -> None:
    old, new = halves()
    fit = lk.logit_matrix(old[NAMES], old["low"])
    others = fit.on(new[NAMES], y=new["low"])
    axes = others.plot.roc()
    assert f"{others.discrimination().auc:.3f}" in "".join(text.get_text() for text in axes.texts)
    others.plot.calibration()
    page = others.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Discrimination" in page


def test_words_weights_and_offsets_are_those_of_the_fit() -> None:
    old, new = halves()
    words = {0: "normal", 1: "light"}
    options = {"weight_kind": "precision", "event": "light"}
    named = old.assign(word=old["low"].map(words))
    by_formula = lk.logit("word ~ age + smoke", named, weights="lwt", offset="ftv", **options)
    names = ["Intercept", "age", "smoke"]
    by_matrix = lk.logit_matrix(old[names], old["low"].map(words), weights=old["lwt"], offset=old["ftv"], **options)
    expected = by_formula.calibration(new.assign(word=new["low"].map(words)))
    given = {"weights": new["lwt"], "offset": new["ftv"]}
    found = by_matrix.on(new[names], y=new["low"].map(words), **given).calibration()
    assert_allclose([found.brier, found.slope], [expected.brier, expected.slope], rtol=EXACT)
    for role, rest in (("weights", "offset"), ("offset", "weights")):
        with pytest.raises(DataError, match=rf"pass {role}=\.\.\."):
            by_matrix.on(new[names], y=new["low"].map(words), **{rest: given[rest]}).calibration()
    with pytest.raises(ResponseError, match="never saw"):
        by_matrix.on(new[names], y=new["low"].map({0: "normal", 1: "heavy"}), **given).calibration()


def test_rows_with_missing_values_are_left_out() -> None:
    old, new = halves()
    fit = lk.logit_matrix(old[NAMES], old["low"])
    holed, y = new[NAMES].copy(), new["low"].astype(float)
    holed.iloc[3, 1], y.iloc[7] = np.nan, np.nan
    kept = np.setdiff1d(np.arange(len(new)), [3, 7])
    with pytest.warns(DataWarning, match="92 of 94. Left out: 2 with a missing value"):
        found = fit.on(holed, y=y).augment()
    pd.testing.assert_frame_equal(found, fit.on(new[NAMES].iloc[kept], y=new["low"].iloc[kept]).augment())
    assert found.index.tolist() == new.index[kept].tolist()


def test_a_loaded_fit_of_a_matrix_has_its_certificate(tmp_path: Path) -> None:
    data = births()
    fit = lk.logit_matrix(data[NAMES], data["low"], penalty=lk.Lasso(0.01))
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    found = loaded.on(data[NAMES], y=data["low"]).certificate()
    assert found.holds
    assert found == fit.certificate()
    with pytest.raises(DataError, match=r"does not hold the rows of the fit: pass data=\.\.\."):
        loaded.certificate()


def test_a_loaded_fit_of_a_matrix_has_its_influence(tmp_path: Path) -> None:
    old, new = halves()
    fit = lk.logit_matrix(old[NAMES], old["low"])
    loaded = lk.load(fit.save(tmp_path / "fit.json"))
    pd.testing.assert_frame_equal(loaded.on(old[NAMES], y=old["low"]).influence(), fit.influence())
    axes = loaded.on(old[NAMES], y=old["low"]).plot.residuals()
    assert axes.collections or axes.lines
    with pytest.raises(UnsupportedError, match="rows are different"):
        loaded.on(new[NAMES], y=new["low"]).influence()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda X, y: ((X,), {}), DataError, r"ready matrix: pass y=\.\.\."),
        (lambda X, y: ((None,), {"y": y}), DataError, "given without data"),
        (lambda X, y: ((X,), {"y": y[:-1]}), DataError, "y has 93 values and the table has 94 rows"),
        (lambda X, y: ((X[:, 1:],), {"y": y}), DataError, "X has 3 columns and the model has 4"),
        (lambda X, y: ((X,), {"y": y + 1}), ResponseError, "other than 0 and 1"),
        (lambda X, y: ((X,), {"y": y, "weights": y}), DataError, "weights was given, but the model was fitted without"),
        (lambda X, y: ((np.where(X[5, 1] == X, np.inf, X),), {"y": y}), DataError, "'age' holds inf in row"),
        (lambda X, y: ((X * np.nan,), {"y": y}), DataError, "missing in every row"),
    ],
)
def test_what_is_wrong_with_new_rows_is_said(change: Any, error: type[Exception], message: str) -> None:
    old, new = halves()
    fit = lk.logit_matrix(old[NAMES], old["low"])
    rows, more = change(new[NAMES].to_numpy(dtype=float), new["low"].to_numpy())
    with pytest.raises(error, match=message):
        fit.on(*rows, **more).calibration()


def test_after_a_formula_the_table_holds_the_outcome() -> None:
    fit = lk.logit("low ~ age", births())
    with pytest.raises(DataError, match="the formula already names the outcome, low"):
        fit.on(births(), y=births()["low"]).calibration()


@pytest.mark.parametrize("verb", VERBS)
def test_infinite_values_of_new_rows_are_refused_after_a_formula_too(verb: str) -> None:
    """A row at infinity would be predicted with certainty, and its residual would be zero."""
    fit = lk.logit("low ~ age + lwt", births())
    new = births().astype({"age": float})
    new.loc[3, "age"] = np.inf
    with pytest.raises(DataError, match=r"'age' holds inf in row 3"):
        VERBS[verb](fit, new)
