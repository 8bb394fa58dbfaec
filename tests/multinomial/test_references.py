"""Models of several outcomes as R's nnet, polished by Newton's method, and VGAM fit them: one test a fit."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from references.load import load_fixture
from tolerances import REFERENCE, ROUTE

FILE = Path(__file__).parents[1] / "references" / "multinomial" / "multinomial.json"

NAMES = [
    "iris_two",
    "hsb",
    "hsb_reference",
    "housing",
    "anes96",
    "alligator",
    "four",
    "precision",
    "frequency",
    "offset",
    "no_intercept",
    "six",
]


@cache
def stored() -> dict[str, Any]:
    reference: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return reference


def rows_of(data: str) -> pd.DataFrame:
    """Give the table that a fit is of."""
    if data == "made":
        return pd.DataFrame(stored()["made"])
    if data == "iris":
        from sklearn.datasets import load_iris

        iris = load_iris()
        names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
        frame = pd.DataFrame(iris.data, columns=names)
        return frame.assign(species=iris.target_names[iris.target].astype(object))
    frame = load_fixture(data)
    if data == "alligator":
        wide = frame.pivot_table(index=["lake", "sex", "size"], columns="food", values="count", sort=False)
        return wide.reset_index()
    return frame


def fit_again(name: str, **changed: Any) -> lk.MultinomialFit:
    reference = stored()["fits"][name]
    frame = rows_of(reference["data"])
    if reference["rows"]:
        frame = frame.query(reference["rows"]).reset_index(drop=True)
    options = {
        "reference": reference["outcomes"][0],
        "weights": reference.get("weights"),
        "weight_kind": reference.get("weight_kind", "frequency"),
        "offset": reference.get("offsets"),
    }
    return lk.multinomial(reference["formula"], frame, **(options | changed))


def places(fit: lk.MultinomialFit, reference: dict[str, Any]) -> np.ndarray:
    """Where the flat coefficients of the fit are in those of R, whose reference comes first."""
    order = [reference["outcomes"][1:].index(outcome) for outcome in fit.record.modelled]
    p = len(reference["names_r"])
    return (np.array(order)[:, None] * p + np.arange(p)).ravel()


def test_every_fit_that_is_stored_is_compared() -> None:
    assert list(stored()["fits"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_coefficients_errors_and_likelihoods(name: str) -> None:
    fit, expected = fit_again(name), stored()["fits"][name]
    assert fit.converged
    assert fit.separation is None
    assert fit.reference == expected["outcomes"][0]
    assert fit.n_params == expected["n_params"]
    at = places(fit, expected)
    error, coef = np.array(expected["std_error"])[at], np.array(expected["coef"]).ravel()[at]
    assert_allclose(fit.record.coef, coef, rtol=ROUTE, atol=ROUTE * error.max())
    assert_allclose(fit.record.std_error, error, rtol=REFERENCE)
    vcov = np.array(expected["vcov"])[np.ix_(at, at)]
    assert_allclose(fit.vcov.to_numpy(), vcov, rtol=REFERENCE, atol=REFERENCE * error.max() ** 2 * 1e-3)
    if name == "no_intercept":  # all indicators of `kind` span an intercept, which our null model has and theirs lacks
        totals = fit.record.totals
        null = float(totals @ np.log(totals / totals.sum()))
        expected = {**expected, "null_loglik": null, "null_deviance": -2.0 * null}
    for key in ("loglik", "null_loglik", "deviance", "null_deviance", "aic"):
        found = fit.record.null_loglik if key == "null_loglik" else getattr(fit, key)
        assert_allclose(found, expected[key], rtol=ROUTE, err_msg=key)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["baseline", "symmetric"])
def test_probabilities_with_their_errors(name: str, form: str) -> None:
    expected = stored()["fits"][name]
    fit = fit_again(name, **({} if form == "baseline" else {"reference": None}))
    found = fit.predictions()
    for column, key in (("estimate", "fitted"), ("std_error", "fitted_se")):
        values = found[column].to_numpy().reshape(-1, len(fit.outcomes))[:20]
        table = pd.DataFrame(values, columns=fit.outcomes)[expected["outcomes"]]
        assert_allclose(table, np.array(expected[key]), rtol=REFERENCE, atol=1e-14, err_msg=column)
    assert_allclose(fit.predict()[expected["outcomes"]].to_numpy()[:20], np.array(expected["fitted"]), rtol=REFERENCE)
