"""Existence, separated rows, signs and limits against a brute-force linear program, on small designs of integers."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.testing import assert_allclose

import logitkit as lk
from examples import examples
from logitkit.engine.existence import implied, recession
from logitkit.errors import DataWarning
from oracles.existence import Cone
from oracles.likelihood import fit_by_scipy, mean
from tolerances import ITERATIVE, ROUTE

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def counts(draw: DrawFn, grouped: bool = False, most_rows: int = 14, reach: int = 2) -> Drawn:
    """Draw a design of full rank with whole entries, and events and non-events of each row."""
    p = draw(st.integers(1, 4))
    n = draw(st.integers(p + 1, most_rows))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    X = rng.integers(-reach, reach + 1, (n, p)).astype(float)
    if draw(st.booleans()):
        X[:, 0] = 1.0
    if grouped:
        trials = rng.integers(0, 4, n)
        events = rng.binomial(trials, rng.choice([0.0, 0.2, 0.5, 1.0], n))
    else:
        trials = np.ones(n, dtype=int)
        # Outcomes that a direction often sorts, so that separated designs are not rare.
        sorts = X @ rng.integers(-2, 3, p) + rng.choice([0.0, 0.7, 2.0]) * rng.normal(size=n)
        events = (sorts > 0).astype(int)
    nonevents = trials - events
    assume(events.sum() > 0 and nonevents.sum() > 0)
    assume(np.linalg.matrix_rank(X[trials > 0]) == p)
    return X, events.astype(float), nonevents.astype(float)


def fit_counts(X: np.ndarray, events: np.ndarray, nonevents: np.ndarray) -> lk.Fit:
    columns = {f"c{j}": X[:, j] for j in range(X.shape[1])}
    return lk.logit("cbind(e, o) ~ 0 + " + " + ".join(columns), {"e": events, "o": nonevents, **columns})


def assert_agrees_with_the_program(X: np.ndarray, events: np.ndarray, nonevents: np.ndarray, fit: lk.Fit) -> None:
    cone = Cone(X, events, nonevents)
    assert (fit.separation is None) == cone.exists()
    assert fit.converged
    assert fit.aliased == ()
    if fit.separation is None:
        assert np.isfinite(fit.coef).all()
        return
    moving = cone.moving_rows()
    assert fit.separation.n_rows == moving.sum()
    used = events + nonevents > 0
    with warnings.catch_warnings():
        # A row without trials takes no part, and its limit may be undetermined.
        warnings.simplefilter("ignore", DataWarning)
        limits = fit.predict_logit().to_numpy()
    assert np.array_equal(np.isinf(limits[used]), moving[used])
    assert np.array_equal(np.isnan(limits), np.isnan(cone.signs(X)))
    assert np.array_equal(limits[moving] > 0, events[moving] > 0)
    signs = cone.signs(np.eye(X.shape[1]))
    coef = fit.coef.to_numpy()
    assert np.array_equal(np.isnan(coef), np.isnan(signs))
    assert np.array_equal(coef == np.inf, signs == 1)
    assert np.array_equal(coef == -np.inf, signs == -1)
    assert np.array_equal(np.isfinite(fit.std_error), signs == 0)
    # The certificate: one direction that raises every separated row and leaves the others where they are.
    side = np.where(nonevents == 0, 1.0, -1.0)
    gains = side * (X @ fit.separation.direction)
    assert (gains[moving] > 1e-6).all()
    assert_allclose(gains[used & ~moving], 0.0, atol=1e-9)


@given(counts(most_rows=14))
@examples(15)
def test_binary_rows(drawn: Drawn) -> None:
    X, events, nonevents = drawn
    fit = lk.logit_matrix(X, events)
    assert_agrees_with_the_program(X, events, nonevents, fit)


@given(counts(grouped=True))
@examples(15)
def test_grouped_rows(drawn: Drawn) -> None:
    assert_agrees_with_the_program(*drawn, fit_counts(*drawn))


@given(counts(most_rows=40, reach=1))
@examples(10)
def test_many_ties(drawn: Drawn) -> None:
    X, events, nonevents = drawn
    assert_agrees_with_the_program(X, events, nonevents, lk.logit_matrix(X, events))


@pytest.mark.parametrize("spread", [0.0, 0.4, 2.0])  # 0: complete or, with ties, quasi-complete; 2: none
def test_many_rows_of_a_cone_whose_rays_are_not_listed(monkeypatch: pytest.MonkeyPatch, spread: float) -> None:
    """Of its constraints most are sorted out before any is looked at by itself."""
    monkeypatch.setattr(recession, "FACETS_MOST", 0)
    monkeypatch.setattr(implied, "TIGHT", 1)
    rng = np.random.default_rng(8)
    for whole in (False, True):
        X = rng.integers(-2, 3, (60, 4)).astype(float) if whole else rng.normal(size=(60, 4))
        sorts = X @ np.array([1.0, -1.0, 1.0, 2.0]) + spread * rng.normal(size=60)
        events = np.where(sorts == 0.0, rng.integers(0, 2, 60), sorts > 0).astype(float)
        fit = fit_counts(X, events, 1.0 - events)
        assert spread == 0.4 or (fit.separation is None) == (spread == 2.0)
        assert_agrees_with_the_program(X, events, 1.0 - events, fit)


@given(counts(most_rows=10), st.integers(0, 10**6))
@examples(12)
def test_limits_at_new_rows(drawn: Drawn, seed: int) -> None:
    X, events, nonevents = drawn
    fit = lk.logit_matrix(X, events)
    assume(fit.separation is not None)
    new = np.random.default_rng(seed).integers(-3, 4, (12, X.shape[1])).astype(float)
    signs = Cone(X, events, nonevents).signs(new)
    lost = int(np.isnan(signs).sum())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # of garbage of other tests, collected at any time
        predicted = fit.predict(new).to_numpy()
    assert [warning.category for warning in caught] == [DataWarning] * bool(lost)
    assert not lost or str(caught[0].message).startswith(f"Missing predictions: {lost}.")
    assert np.array_equal(np.isnan(predicted), np.isnan(signs))
    assert (predicted[signs == 1] == 1).all()
    assert (predicted[signs == -1] == 0).all()
    assert ((predicted[signs == 0] > 0) & (predicted[signs == 0] < 1)).all()


@given(counts(grouped=True, most_rows=10))
@examples(12)
def test_the_limiting_model_is_that_of_the_overlapping_rows(drawn: Drawn) -> None:
    X, events, nonevents = drawn
    fit = fit_counts(X, events, nonevents)
    used = (events + nonevents > 0) & ~Cone(X, events, nonevents).moving_rows()
    assume(used.any())
    trials = events + nonevents
    # Any basis of the columns' span on these rows gives the same fitted values.
    left, sizes, _ = np.linalg.svd(X[used], full_matrices=False)
    basis = left[:, sizes > 1e-9 * sizes[0]] if sizes[0] > 0 else np.zeros((used.sum(), 0))
    if basis.shape[1] == 0:
        expected = np.full(used.sum(), 0.5)
    else:
        found = fit_by_scipy(basis, events[used] / trials[used], trials[used])
        expected = mean(basis @ found)
    table = dict(zip(fit.coef.index, X[used].T, strict=True))
    assert_allclose(fit.predict(table), expected, rtol=ITERATIVE)


@given(counts(most_rows=10), st.integers(2, 5))
@examples(10)
def test_duplicating_rows_leaves_the_finding_unchanged(drawn: Drawn, times: int) -> None:
    X, events, _ = drawn
    once, often = lk.logit_matrix(X, events), lk.logit_matrix(np.repeat(X, times, axis=0), np.repeat(events, times))
    weighted = lk.logit_matrix(X, events, weights=np.full(len(events), times))
    for other in (often, weighted):
        assert (once.separation is None) == (other.separation is None)
        # The coefficients of a finite fit are as large as the rows are near to separation, so is their rounding.
        assert_allclose(other.coef, once.coef, rtol=1e-7, atol=1e-7)
    if once.separation is not None:
        assert often.separation is not None
        assert often.separation.n_rows == times * once.separation.n_rows


@given(counts(most_rows=12), st.integers(-6, 6), st.integers(-6, 6))
@examples(10)
def test_units_of_the_columns_leave_the_finding_unchanged(drawn: Drawn, first: int, last: int) -> None:
    X, events, nonevents = drawn
    units = np.ones(X.shape[1])
    units[0], units[-1] = 10.0**first, 10.0**last
    fit = lk.logit_matrix(X * units, events)
    cone = Cone(X, events, nonevents)
    assert (fit.separation is None) == cone.exists()
    if fit.separation is not None:
        signs = cone.signs(np.eye(X.shape[1]))
        assert np.array_equal(np.isnan(fit.coef), np.isnan(signs))
        assert np.array_equal(np.sign(np.where(np.isinf(fit.coef), fit.coef, 0.0)), np.nan_to_num(signs))


@given(st.integers(0, 10**6), st.booleans())
@examples(12)
def test_aliased_columns_and_rows_of_weight_zero(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    p = int(rng.integers(2, 7))
    n = int(rng.integers(p, 30))
    X = rng.integers(-2, 3, (n, p)).astype(float)
    X[:, 0] = 1.0
    for j in range(1, p):
        if rng.random() < 0.3:  # a combination of the columns before it
            X[:, j] = X[:, :j] @ rng.integers(-1, 2, j)
    y = (X @ rng.integers(-2, 3, p) + rng.choice([0.0, 0.7, 2.0]) * rng.normal(size=n) > 0).astype(float)
    weights = rng.integers(0, 3, n).astype(float) if weighted else np.ones(n)
    assume(0 < weights @ y < weights.sum())
    fit = lk.logit_matrix(X, y, names=["Intercept", *(f"x{j}" for j in range(1, p))], weights=weights)
    kept: list[int] = []
    for j in range(p):
        if np.linalg.matrix_rank(X[weights > 0][:, [*kept, j]]) == len(kept) + 1:
            kept.append(j)
    assert [j for j in range(p) if fit.coef.index[j] not in fit.aliased] == kept
    assert fit.coef[list(fit.aliased)].isna().all()
    cone = Cone(X[:, kept], y * weights, (1 - y) * weights)
    assert (fit.separation is None) == cone.exists()
    assert fit.converged
    if fit.separation is not None:
        signs, coef = cone.signs(np.eye(len(kept))), fit.coef.to_numpy()[kept]
        assert np.array_equal(np.isnan(coef), np.isnan(signs))
        assert np.array_equal(np.where(np.isinf(coef), np.sign(coef), 0.0), np.nan_to_num(signs))
        assert fit.separation.n_rows == cone.moving_rows().sum()


@pytest.mark.parametrize("gap", [1e-3, 1e-6])
def test_a_narrow_gap_is_separation_and_a_narrow_overlap_is_none(gap: float) -> None:
    x = np.concatenate([np.linspace(-1, -gap, 30), np.linspace(gap, 1, 30)])
    y = (x > 0).astype(float)
    X = np.column_stack([np.ones(60), x])
    apart = lk.logit_matrix(X, y, names=["Intercept", "x"])
    assert apart.separation is not None
    assert apart.separation.n_rows == 60
    assert apart.coef["x"] == np.inf
    y[29], y[30] = 1.0, 0.0
    overlapping = lk.logit_matrix(X, y, names=["Intercept", "x"])
    assert overlapping.separation is None
    assert np.isfinite(overlapping.coef).all()
    assert_allclose(overlapping.predict().sum(), y.sum(), rtol=ROUTE)


def test_separation_of_an_aliased_design_is_that_of_the_columns_kept() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    fit = lk.logit("y ~ x + twice", {"y": (x > 2).astype(int), "x": x, "twice": 2 * x})
    assert fit.aliased == ("twice",)
    assert fit.coef["x"] == np.inf
    assert np.isnan(fit.coef["twice"])
    assert "undetermined" not in str(fit.summary()).lower()
