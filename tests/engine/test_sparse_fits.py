"""Fits on sparse matrices are those on the same numbers written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import logitkit as lk
from logitkit.errors import DataError
from tolerances import ROUTE

NAMES = ["Intercept", *"abcdefg"]


def cells(n: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 8)) * (rng.random((n, 8)) < 0.2)
    X[:, 0] = 1.0
    y = (rng.random(n) < 1 / (1 + np.exp(-X @ rng.normal(size=8)))).astype(int)
    return X, y


def assert_same(sparse_fit: lk.Fit, dense: lk.Fit) -> None:
    assert sparse_fit.record.status is dense.record.status
    assert sparse_fit.aliased == dense.aliased
    assert list(sparse_fit.coef.index) == list(dense.coef.index)
    assert_allclose((sparse_fit.coef - dense.coef).dropna() / dense.std_error.dropna(), 0.0, atol=ROUTE)
    assert np.array_equal(sparse_fit.coef.isna(), dense.coef.isna())
    assert_allclose(sparse_fit.std_error, dense.std_error, rtol=ROUTE)
    assert_allclose(sparse_fit.vcov, dense.vcov, rtol=ROUTE, atol=ROUTE * np.nanmax(dense.vcov))
    for name in ("loglik", "deviance", "null_deviance"):
        assert_allclose(getattr(sparse_fit.record, name), getattr(dense.record, name), rtol=ROUTE)
    assert_allclose(sparse_fit.predictions(), dense.predictions(), rtol=ROUTE, atol=ROUTE)
    assert_allclose(sparse_fit.influence().to_numpy(float), dense.influence().to_numpy(float), rtol=1e-7, atol=ROUTE)


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
def test_every_format(form, kind):
    X, y = cells()
    given = getattr(sparse, f"{form}_{kind}")(X)
    before = given.copy()
    fit, dense = lk.logit_matrix(given, y, NAMES), lk.logit_matrix(X, y, NAMES)
    assert_same(fit, dense)
    assert (given != before).nnz == 0
    fresh = cells(50, seed=1)[0]
    for new in (fresh, getattr(sparse, f"{form}_{kind}")(fresh)):
        assert_allclose(fit.predict(new), dense.predict(fresh), rtol=ROUTE)
        assert_allclose(fit.predictions(new), dense.predictions(fresh), rtol=ROUTE)
    # A model of dense columns reads sparse ones as well.
    assert_allclose(dense.predict(sparse.csr_array(fresh)), dense.predict(fresh), rtol=ROUTE)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool"])
def test_other_types_of_numbers(dtype):
    X, y = cells()
    X = (np.round(X * 4) if dtype != "bool" else X != 0).astype(dtype)
    X[:, 0] = 1
    assert_same(lk.logit_matrix(sparse.csr_array(X), y, NAMES), lk.logit_matrix(X.astype(float), y, NAMES))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weights": np.arange(600) % 3},
        {"weights": (np.arange(600) % 5) / 2, "weight_kind": "precision"},
        {"weights": (np.arange(600) % 5) / 2, "weight_kind": "sampling"},
        {"offset": np.sin(np.arange(600))},
        {"cluster": np.arange(600) % 40},
    ],
)
def test_weights_offset_and_clusters(options):
    X, y = cells()
    assert_same(lk.logit_matrix(sparse.csc_array(X), y, NAMES, **options), lk.logit_matrix(X, y, NAMES, **options))


def test_without_an_intercept_with_an_aliased_column_and_an_empty_one():
    X, y = cells()
    assert_same(lk.logit_matrix(sparse.csr_array(X[:, 1:]), y), lk.logit_matrix(X[:, 1:], y))
    X[:, 7] = 2.0 * X[:, 6]
    X[:, 3] = 0.0
    fit = lk.logit_matrix(sparse.csr_array(X), y, NAMES)
    assert fit.aliased == ("c", "g")
    assert_same(fit, lk.logit_matrix(X, y, NAMES))


def test_zeros_that_are_stored_are_zeros():
    X, y = cells()
    rows, columns = np.indices(X.shape)
    stored = sparse.coo_array((X.ravel(), (rows.ravel(), columns.ravel())), shape=X.shape)
    assert stored.nnz == X.size
    assert_same(lk.logit_matrix(stored, y, NAMES), lk.logit_matrix(X, y, NAMES))


def test_separated_rows():
    X, y = cells()
    X[:, 7] = y * (np.arange(600) % 20 == 0)
    fit, dense = lk.logit_matrix(sparse.csr_array(X), y, NAMES), lk.logit_matrix(X, y, NAMES)
    assert fit.separation is not None
    assert fit.coef["g"] == dense.coef["g"] == np.inf
    assert_allclose(fit.coef[:-1], dense.coef[:-1], rtol=ROUTE)
    assert np.array_equal(fit.predict() == 1.0, dense.predict() == 1.0)


def test_many_rows_start_from_a_sample():
    X, y = cells(300_000, seed=2)
    # Standard errors of many rows are accurate to 1e-6.
    assert_same_estimates(lk.logit_matrix(sparse.csr_array(X), y, NAMES), lk.logit_matrix(X, y, NAMES), errors=1e-6)


def assert_same_estimates(fit: lk.Fit, dense: lk.Fit, errors: float = ROUTE) -> None:
    assert_allclose((fit.coef - dense.coef) / dense.std_error, 0.0, atol=ROUTE)
    assert_allclose(fit.std_error, dense.std_error, rtol=errors)


def test_missing_rows_of_new_data_are_missing_predictions():
    X, y = cells()
    fit = lk.logit_matrix(sparse.csr_array(X), y, NAMES)
    fresh = cells(20, seed=3)[0]
    expected = fit.predict(fresh)
    fresh[[4, 11], [2, 5]] = np.nan
    found = fit.predict(sparse.csr_array(fresh))
    assert np.flatnonzero(found.isna()).tolist() == [4, 11]
    assert_allclose(found.dropna(), expected[found.notna()], rtol=ROUTE)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_an_entry_that_is_not_finite_is_named(value, form):
    X, y = cells()
    X[123, 4] = value
    with pytest.raises(DataError, match=r"'d'") as caught:
        lk.logit_matrix(form(X), y, NAMES)
    assert "123" in str(caught.value)


def test_entries_that_occur_twice_in_compressed_rows_are_refused():
    twice = sparse.csr_array((np.ones(3), np.array([0, 1, 1]), np.array([0, 3])), shape=(1, 2))
    whole = sparse.csr_matrix(sparse.vstack([sparse.csr_array(np.array([[1.0, 0.0], [1.0, 1.0]])), twice]))
    raw = sparse.csr_array((np.ones(6), np.array([0, 0, 1, 0, 1, 1]), np.array([0, 1, 3, 6])), shape=(3, 2))
    assert whole.shape == raw.shape
    with pytest.raises(DataError, match=r"twice|duplicate|more than once"):
        lk.logit_matrix(raw, [0, 1, 1])


def test_text_objects_and_the_wrong_width_are_refused():
    X, y = cells()
    fit = lk.logit_matrix(sparse.csr_array(X), y, NAMES)
    with pytest.raises(DataError, match="7 columns and the model has 8"):
        fit.predict(sparse.csr_array(X[:, :7]))
    with pytest.raises(DataError, match=r"complex|numbers"):
        lk.logit_matrix(sparse.csr_array(X.astype(complex)), y, NAMES)
    with pytest.raises(DataError, match="not all ones"):
        lk.logit_matrix(sparse.csr_array(X), y, ["a", "Intercept", *"bcdefg"])
