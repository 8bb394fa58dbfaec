"""Products that are not looked at are below their limit, and those that are looked at are right."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.growing import SparseColumns
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective
from logitkit.engine.regularised import products as module
from logitkit.engine.regularised.products import ColumnProducts, SparseProducts, WideProducts
from logitkit.models.binomial import Binomial
from logitkit.numerics.threads.local import set_threads

N, P = 60, 400


@pytest.fixture(autouse=True)
def _many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sparse columns are looked at as those of many entries are, of which a pass takes longer than a bound."""
    monkeypatch.setattr(module, "ENTRIES_FEW", 0)


def columns_of(kind: str, X: np.ndarray, scale: np.ndarray) -> ColumnProducts:
    if kind == "sparse":
        return SparseProducts(SparseColumns(sparse_matrix(csr_array(X)), scale))
    return WideProducts(Objective(Dense(X), Response(np.zeros(len(X))), Binomial()), scale)


def wanders(seed: int, steps: int) -> list[np.ndarray]:
    """Return residuals that move little by little, as along a path; their sums are not zero."""
    rng = np.random.default_rng(seed)
    rows, drift = rng.standard_normal(N), rng.standard_normal(N)
    found = []
    for _ in range(steps):
        drift = 0.8 * drift + 0.2 * rng.standard_normal(N)
        rows = 0.95 * rows + 0.02 * drift
        found.append(rows.copy())
    return found


@pytest.mark.parametrize("kind", ["wide", "sparse"])
@pytest.mark.parametrize("means", [0.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_every_product_is_right_or_certainly_below(
    kind: str, means: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONG", 0)
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N, P)) * (rng.random((N, P)) < 0.5) + means * (rng.random(P) < 0.5)
    scale = rng.uniform(0.5, 2.0, P)
    products, looked = columns_of(kind, X, scale), []
    real = type(products).some_of

    def some_of(self: ColumnProducts, rows: np.ndarray, index: np.ndarray) -> np.ndarray:
        looked.append(index)
        return real(self, rows, index)

    monkeypatch.setattr(type(products), "some_of", some_of)
    known = np.zeros(P, dtype=bool)
    known[:5] = True
    for rows in wanders(seed, 40):
        truth = rows @ X / scale
        limit = np.full(P, np.quantile(np.abs(truth), 0.97))
        limit[-3:] = 0.0  # no penalty: must be right
        before = len(looked)
        found = products.below(rows, limit, known)
        right = np.isclose(found, truth, rtol=1e-9, atol=1e-12)
        assert right[limit == 0.0].all()
        assert (right | known | ((np.abs(found) < limit) & (np.abs(truth) < limit))).all()
        if len(looked) > before:
            assert not known[looked[-1]].any()
            assert_allclose(found[looked[-1]], truth[looked[-1]], rtol=1e-9, atol=1e-12)
    assert len(looked) > 10  # or nothing was spared


@pytest.mark.parametrize("kind", ["wide", "sparse"])
def test_residuals_unlike_those_before_are_multiplied_with_all_columns(kind: str) -> None:
    rng = np.random.default_rng(7)
    X, scale = rng.standard_normal((N, P)), np.ones(P)
    products = columns_of(kind, X, scale)
    for _ in range(module.KEPT + 3):
        rows = rng.standard_normal(N)
        found = products.below(rows, np.full(P, 1.0), np.zeros(P, dtype=bool))
        assert_allclose(found, rows @ X, rtol=1e-9, atol=1e-12)


def test_what_is_handed_out_is_not_what_is_referred_to() -> None:
    rng = np.random.default_rng(8)
    X = rng.standard_normal((N, P))
    products, rows = columns_of("wide", X, np.ones(P)), rng.standard_normal(N)
    first = products.below(rows, np.full(P, 1e9), np.zeros(P, dtype=bool))
    first[:] = np.nan
    again = products.below(rows, np.zeros(P), np.zeros(P, dtype=bool))
    assert_allclose(again, rows @ X, rtol=1e-9, atol=1e-12)


def test_columns_of_few_entries_are_bounded_by_the_largest_residual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONG", 0)
    rng = np.random.default_rng(9)
    X = rng.standard_normal((N, P)) * (rng.random((N, P)) < 2.0 / N)
    X /= np.maximum(X.std(axis=0), 1e-3)
    looked = {}
    for heights in ("known", "unknown"):
        products = columns_of("sparse", X, np.ones(P))
        products.many = 1.0  # of the columns: nothing but the first is computed of all
        lengths, sums, _ = products.sizes
        if heights == "unknown":
            monkeypatch.setattr(products, "sizes", (lengths, sums, np.full(P, np.inf)))
        count = 0
        for rows in wanders(9, 40):
            truth = rows @ X
            limit = np.full(P, np.quantile(np.abs(truth), 0.95))
            found = products.below(rows, limit, np.zeros(P, dtype=bool))
            right = np.isclose(found, truth, rtol=1e-9, atol=1e-12)
            assert (right | ((np.abs(found) < limit) & (np.abs(truth) < limit))).all()
            count += int(np.count_nonzero(right))
        looked[heights] = count
    assert looked["known"] < looked["unknown"]


def test_products_of_short_columns_are_made_and_not_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENTRIES_OF_PART", 100)
    X = csr_array(np.random.default_rng(10).standard_normal((N, P)) * (np.arange(N) % 3 == 0)[:, None])
    products, limit, none = SparseProducts(SparseColumns(sparse_matrix(X), np.ones(P))), np.full(P, 1e9), np.zeros(P)
    found = []
    for threads in (1, 2):
        set_threads(threads)
        found.append([products.below(rows, limit, none > 0.0) for rows in wanders(10, 5)])
    set_threads(None)
    np.testing.assert_array_equal(*found)
    for rows, own in zip(wanders(10, 5), found[0], strict=True):  # all of them are far below
        assert_allclose(own, X.T @ rows, rtol=1e-12, atol=1e-12)
