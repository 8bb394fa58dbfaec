"""However the rows are cut and on however many threads they are summed, the answer is the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.numerics.threads import row_groups as cutting
from oracles.likelihood import loss_gradient, loss_hessian, mean, sandwich_by_loops, total_loss
from properties.tables import assert_same_estimates, seeds, table
from tolerances import EXACT, ROUTE


@pytest.fixture(autouse=True)
def default_threads(two_blas_threads: None) -> Iterator[None]:
    yield
    lk.set_threads(None)


def large(n: int, p: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    X[:, 0] = 1.0
    coef = rng.standard_normal(p) / np.sqrt(p)
    return X, (rng.random(n) < mean(X @ coef)).astype(float)


@given(seeds, st.integers(1, 130), st.integers(1, 70))
@settings(max_examples=10)
def test_blocks_of_any_size_are_one_block(seed: int, rows: int, groups: int) -> None:
    frame = table(seed)
    frame.loc[frame.index % 3 == 0, "g"] = "d"
    whole = lk.logit("y ~ x + C(g) + offset(exposure)", frame, weights="count")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "BLOCK_BYTES", 1)
        patch.setattr(cutting, "BLOCK_ROWS_LEAST", rows)
        patch.setattr(cutting, "BLOCK_ROWS_MOST", rows)
        patch.setattr(cutting, "GROUPS_MOST", groups)
        cut = lk.logit("y ~ x + C(g) + offset(exposure)", frame, weights="count")
        assert cut.design is not None
        assert cutting.row_groups(120, 4).block == rows
        assert_same_estimates(whole, cut)
        assert_allclose(cut.influence()["leverage"], whole.influence()["leverage"], rtol=ROUTE)
        assert_allclose(cut.predict_logit(), whole.predict_logit(), rtol=ROUTE)
    assert_allclose(cut.deviance, whole.deviance, rtol=ROUTE)


@given(st.integers(1, 500_000), st.integers(1, 2_000))
def test_groups_cover_every_row_once_in_order(n: int, p: int) -> None:
    groups = cutting.row_groups(n, p)
    edges = [edge for group in range(len(groups.bounds)) for edge in groups.blocks(group)]
    assert edges[0][0] == 0
    assert edges[-1][1] == n
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    assert all(0 < stop - start <= groups.block for start, stop in edges)
    assert len(groups.bounds) <= cutting.GROUPS_MOST
    assert len(groups.bounds) * 8 * p * p <= max(cutting.GROUP_SUMS_BYTES, 4 * 8 * p * p)


@pytest.mark.parametrize("separated", [False, True])
def test_one_and_two_threads_agree_bit_for_bit(separated: bool) -> None:
    X, y = large(120_000, 6)
    if separated:
        X[:, 5] = y * (np.arange(len(y)) % 50 == 0)
    assert len(cutting.row_groups(*X.shape).bounds) > 4
    fits = []
    for threads in (1, 2, 3):
        lk.set_threads(threads)
        assert lk.get_threads() == threads
        fits.append(lk.logit_matrix(X, y, names=["Intercept", *"abcde"], cluster=np.arange(len(y)) % 1000))
    for other in fits[1:]:
        assert np.array_equal(fits[0].coef, other.coef, equal_nan=True)
        assert np.array_equal(fits[0].vcov, other.vcov, equal_nan=True)
        assert fits[0].record.loglik == other.record.loglik
        assert np.array_equal(fits[0].predict(), other.predict())
        assert [step.value for step in fits[0].record.trace] == [step.value for step in other.record.trace]
    assert (fits[0].separation is not None) == separated


def test_any_number_of_threads_gives_the_same_bits_on_many_groups() -> None:
    X, y = large(120_000, 60)
    assert len(cutting.row_groups(*X.shape).bounds) > 12
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(y))

    def fit(threads: int) -> list[np.ndarray]:
        lk.set_threads(threads)
        fitted = lk.logit_matrix(X, y, weights=weights, weight_kind="precision", cluster=np.arange(len(y)) % 300)
        values = np.array([step.value for step in fitted.record.trace])
        return [fitted.coef.to_numpy(), fitted.vcov.to_numpy(), values, np.asarray(fitted.predict())]

    alone = fit(1)
    for threads in (2, 7):
        for _ in range(2):  # the order in which groups are done differs from run to run
            assert all(np.array_equal(one, other) for one, other in zip(alone, fit(threads), strict=True))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8"])
def test_any_numeric_type_and_memory_order_without_touching_it(order: str, dtype: str) -> None:
    X, y = large(3_000, 5)
    X = np.asarray(np.round(4 * X), dtype=dtype, order=order)  # type: ignore[call-overload]
    X[:, 0] = 1
    before = X.copy()
    names = ["Intercept", *"abcd"]
    fit = lk.logit_matrix(X, y, names=names)
    assert np.array_equal(X, before)
    assert_same_estimates(fit, lk.logit_matrix(X.astype(float), y, names=names))
    assert_allclose(loss_gradient(fit.coef.to_numpy(), X.astype(float), y), 0.0, atol=1e-8)


def test_the_objective_adds_up_to_its_twin() -> None:
    X, y = large(40_000, 4, seed=3)
    rng = np.random.default_rng(1)
    weights, offset = rng.uniform(0, 2, len(y)), rng.normal(size=len(y))
    fit = lk.logit_matrix(X, y, weights=weights, weight_kind="precision", offset=offset)
    coef = fit.coef.to_numpy()
    assert_allclose(-fit.loglik, total_loss(coef, X, y, weights, offset), rtol=EXACT)
    assert_allclose(np.linalg.inv(fit.vcov), loss_hessian(coef, X, weights, offset), rtol=ROUTE, atol=ROUTE * len(y))


def test_a_large_fit_starts_from_a_sample_and_ends_where_it_would_without() -> None:
    X, y = large(550_000, 4, seed=5)
    weights = np.ones(len(y))
    fit = lk.logit_matrix(X, y, weights=weights, weight_kind="precision")
    assert_allclose(loss_gradient(fit.coef.to_numpy(), X, y), 0.0, atol=1e-9 * len(y))
    # A walk without second derivatives costs a fraction of one with them: there are more steps, and one Hessian.
    assert fit.trace["kept"].tolist() == [True] * (len(fit.trace) - 1) + [False]
    assert len(fit.trace) < 10
    part = slice(0, 2_000)
    small = lk.logit_matrix(X[part], y[part], weights=weights[part], weight_kind="sampling")
    vcov = sandwich_by_loops(small.coef.to_numpy(), X[part], y[part], weights[part])
    assert_allclose(small.std_error**2, np.diag(vcov), rtol=ROUTE)
