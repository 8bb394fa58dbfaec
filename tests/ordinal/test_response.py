"""How ordered outcomes are read, and what of a statement is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, FormulaError, ResponseError, UnsupportedError

RATING = ["low", "mid", "high", "mid", "low", "high", "high", "mid", "low"]
ORDER = ["low", "mid", "high"]
X = [1.0, 2, 3, 4, 2, 6, 5, 4, 1]


def expected() -> pd.Series:
    return lk.ordinal("rating ~ x", {"rating": [ORDER.index(r) for r in RATING], "x": X}).coef


@pytest.mark.parametrize(
    "rating",
    [
        pd.Categorical(RATING, categories=ORDER, ordered=True),
        pd.Series([float(ORDER.index(r)) for r in RATING]),
        pd.Series([ORDER.index(r) for r in RATING], dtype="Int64"),
        np.array([10 * ORDER.index(r) for r in RATING], dtype=np.int8),
    ],
    ids=["ordered categorical", "floats", "nullable integers", "small integers"],
)
def test_types_that_have_an_order(rating: Any) -> None:
    fit = lk.ordinal("rating ~ x", pd.DataFrame({"rating": rating, "x": X}))
    assert_allclose(fit.coef, expected().to_numpy(), rtol=1e-12)


def test_a_polars_enum_has_the_order_of_its_categories() -> None:
    table = pl.DataFrame({"rating": pl.Series(RATING, dtype=pl.Enum(ORDER)), "x": X})
    fit = lk.ordinal("rating ~ x", table)
    assert fit.outcomes == tuple(ORDER)
    assert_allclose(fit.coef, expected().to_numpy(), rtol=1e-12)


@pytest.mark.parametrize("rating", [RATING, pd.Categorical(RATING, categories=ORDER)], ids=["text", "unordered"])
def test_outcomes_without_an_order_need_one(rating: Any) -> None:
    data = pd.DataFrame({"rating": rating, "x": X})
    with pytest.raises(ResponseError, match=r"have no order: .*order=\["):
        lk.ordinal("rating ~ x", data)
    assert_allclose(lk.ordinal("rating ~ x", data, order=ORDER).coef, expected().to_numpy(), rtol=1e-12)


def test_an_outcome_that_never_occurs_is_left_out_and_told() -> None:
    data = {"rating": RATING, "x": X}
    fit = lk.ordinal("rating ~ x", data, order=["none", *ORDER])
    assert fit.outcomes == tuple(ORDER)
    assert "Levels of rating that occur in none of the rows used: 'none'" in str(fit.summary())


def test_a_matrix_has_its_own_column_of_ones() -> None:
    X1 = np.column_stack([np.ones(9), X])
    fit = lk.fit_matrix(X1, RATING, names=["Intercept", "x"], model=lk.Ordinal(order=ORDER))
    assert_allclose(fit.coef, expected().to_numpy(), rtol=1e-12)
    with pytest.raises(FormulaError, match="are its thresholds"):
        lk.fit_matrix(np.array(X)[:, None], RATING, model=lk.Ordinal(order=ORDER))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"order": ["low", "mid"]}, DataError, "'high', which is not in order="),
        ({"order": ["low", "mid", "high", "low"]}, DataError, "names 'low' twice"),
        ({"order": "low"}, DataError, "not a list"),
        ({"model": "continuation"}, UnsupportedError, "not offered in this version"),
        ({"model": "stereotype"}, UnsupportedError, "not offered in this version"),
        ({"model": "parallel"}, DataError, "model='parallel'"),
        ({"model": "adjacent", "link": "probit"}, UnsupportedError, "cannot be combined with model='adjacent'"),
        ({"link": "log"}, UnsupportedError, "link='log'"),
        ({"link": "tobit"}, UnsupportedError, "link='tobit'"),
        ({"information": "none"}, DataError, "information='none'"),
        ({"nominal": "z"}, FormulaError, "nominal: 'z'"),
        ({"solver": "newton"}, DataError, "solver='newton'"),
    ],
)
def test_what_is_refused(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lk.ordinal("rating ~ x", {"rating": RATING, "x": X}, **{"order": ORDER} | options)


def test_a_model_without_thresholds_and_other_statements_are_refused() -> None:
    data = {"rating": RATING, "x": X}
    with pytest.raises(FormulaError, match="leave the intercept in"):
        lk.ordinal("rating ~ 0 + x", data, order=ORDER)
    with pytest.raises(DataError, match="order= cannot be combined with cbind"):
        lk.ordinal(
            "cbind(a, b, c) ~ x", {"a": [1, 2], "b": [2, 1], "c": [1, 1], "x": [0.0, 1.0]}, order=["a", "b", "c"]
        )
    with pytest.raises(UnsupportedError, match="penalty= is not offered with"):
        lk.fit("rating ~ x", data, model=lk.Ordinal(order=ORDER), penalty=lk.Ridge(0.1))
    with pytest.raises(UnsupportedError, match="penalty= is not offered with"):
        lk.path("rating ~ x", data, model=lk.Ordinal(order=ORDER), penalty=lk.Lasso())
    with pytest.raises(UnsupportedError, match="groups are fitted"):
        lk.fit_by("rating ~ x", data | {"g": [0, 0, 0, 0, 0, 1, 1, 1, 1]}, by="g", model=lk.Ordinal(order=ORDER))
    with pytest.raises(UnsupportedError, match="absorb="):
        lk.fit("rating ~ x", data, model=lk.Ordinal(order=ORDER), absorb="x")
    with pytest.raises(ArgumentError, match="reference"):
        lk.Ordinal(reference="low")
    with pytest.raises(DataError, match=r"lk.Ordinal\(\)"):
        lk.fit("rating ~ x", data, model="ordinal")


def test_a_statement_shows_the_call_that_makes_it() -> None:
    assert repr(lk.Ordinal("adjacent", nominal="x")) == "Ordinal(model='adjacent', nominal='x')"
    assert lk.Ordinal(order=ORDER) == lk.Ordinal(order=tuple(ORDER))
