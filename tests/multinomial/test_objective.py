"""Value, gradient and second derivatives of several outcomes, for every kind of matrix, response and predictors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import softmax

import logitkit as lk
from examples import examples
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.existence.margins import margin_rows
from logitkit.engine.objective import Objective, outcomes_objective
from logitkit.engine.rows.vector import JOINT_OUTCOMES
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import full_predictors
from oracles.kinds import KINDS
from oracles.likelihood import central_difference
from oracles.multinomial import gradient, information, loss, pair_rows
from tolerances import EXACT

N = 20


@st.composite
def problems(draw: Any, kind: str) -> tuple[Objective, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw an objective of rows of a kind in which all outcomes have a predictor: cells, counts, offsets, a point."""
    case = draw(KINDS[kind](N))
    k = draw(st.sampled_from([2, 3, 4, JOINT_OUTCOMES]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.random(N) * rng.integers(0, 2, N)
    counts = np.eye(k)[rng.integers(0, k, N)]
    shares = trials = None
    if draw(st.booleans()):
        counts = rng.integers(0, 3, size=(N, k)).astype(float)
        trials = counts.sum(axis=1)
        shares = np.divide(counts, trials[:, None], out=np.full_like(counts, 1 / k), where=trials[:, None] > 0).T
    offsets = rng.normal(size=(k, N)) if draw(st.booleans()) else None
    response = Response(
        counts.argmax(axis=1).astype(float), trials, weights, n_outcomes=k, shares=shares, offset=offsets
    )
    predictors = full_predictors(k, case.cells.shape[1], None)
    objective = outcomes_objective(case.matrix, response, predictors)
    # Logits of one size, whatever the columns'.
    point = rng.normal(size=(k, case.cells.shape[1])) / np.maximum(np.abs(case.size).max(axis=0, initial=0.0), 1.0)
    return objective, case.cells, counts * weights[:, None], offsets, point


@pytest.mark.parametrize("kind", list(KINDS))
@examples(10)
@given(data=st.data())
def test_against_the_sums_written_out(kind: str, data: st.DataObject) -> None:
    objective, X, counts, offsets, point = data.draw(problems(kind))
    k, p = point.shape
    eta = X @ point.T + (0.0 if offsets is None else offsets.T)
    mean, total = softmax(eta, axis=1), counts.sum(axis=1)
    found = objective.evaluate(point.ravel())
    left = total[:, None] * mean - counts
    size = np.abs(X)
    # To rounding of what was added up, a hundred times what one product has: the cells may come from sums themselves.
    scale = 100 * (total[:, None] * (1 + np.abs(eta))).T @ size + 1e-290
    assert np.all(np.abs(found.gradient.reshape(k, p) - left.T @ X) <= EXACT * scale)
    H = found.hessian.array.reshape(k, p, k, p)
    for a in range(k):
        for b in range(k):
            curvature = total * mean[:, a] * ((a == b) - mean[:, b])
            bound = 100 * (size.T * total * (1 + np.abs(eta).max(axis=1, initial=0.0))) @ size + 1e-290
            assert np.all(np.abs(H[a, :, b, :] - (X.T * curvature) @ X) <= EXACT * bound)
    assert_allclose(objective.linear_predictor(point.ravel()), eta.T, rtol=1e-9, atol=1e-9)


def test_many_outcomes_have_the_products_of_all_pairs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    n, k, p = 300, 60, 3
    X, codes = rng.normal(size=(n, p)), rng.integers(0, k, n).astype(float)
    sums = []
    one = Dense.add_gram
    monkeypatch.setattr(Dense, "add_gram", lambda self, *given: (sums.append(1), one(self, *given)))
    objective = outcomes_objective(Dense(X), Response(codes, n_outcomes=k), full_predictors(k, p, 0))
    at = 0.3 * rng.normal(size=objective.n_params)
    found = objective.evaluate(at).hessian.array
    assert len(sums) == k - 1  # one block of rows: each outcome with itself, and not the 1,770 pairs one by one
    mean = softmax(np.column_stack([np.zeros(n), X @ at.reshape(-1, p).T]), axis=1)[:, 1:]
    slopes = (mean[:, :, None] * X[:, None, :]).reshape(n, -1)
    whole = np.einsum("ik,kl,ip,iq->kplq", mean, np.eye(k - 1), X, X).reshape(found.shape) - slopes.T @ slopes
    assert_allclose(found, whole, rtol=1e-10, atol=1e-12)
    assert_allclose(objective.evaluate(at, rough=True).hessian.array, whole, rtol=1e-4, atol=1e-5)  # single precision


def response_of(kind: str, rng: np.random.Generator, k: int, n: int) -> tuple[Response, np.ndarray]:
    """Give a response of n rows with some kind of weights, and its weighted counts."""
    codes = rng.integers(0, k, n).astype(float)
    counts = np.eye(k)[codes.astype(int)]
    if kind == "counts":
        counts = rng.integers(0, 4, size=(n, k)).astype(float)
        trials = counts.sum(axis=1)
        shares = np.divide(counts, trials[:, None], out=np.full_like(counts, 1 / k), where=trials[:, None] > 0).T
        return Response(counts.argmax(axis=1).astype(float), trials, n_outcomes=k, shares=shares), counts
    if kind == "none":
        return Response(codes, n_outcomes=k), counts
    weights = rng.integers(0, 3, n).astype(float) if kind == "frequency" else rng.random(n)
    return Response(codes, prior=weights, weight_kind=kind, n_outcomes=k), counts * weights[:, None]


@pytest.mark.parametrize("kind", ["none", "counts", "frequency", "precision", "sampling"])
@pytest.mark.parametrize("restricted", [False, True])
def test_derivatives_are_those_of_the_value(kind: str, restricted: bool) -> None:
    rng = np.random.default_rng(7)
    k, n, p = 4, 60, 3
    X = rng.normal(size=(n, p))
    response, counts = response_of(kind, rng, k, n)
    predictors = full_predictors(k, p, 0)
    basis = np.eye(predictors.n_flat)
    if restricted:
        basis = rng.normal(size=(predictors.n_flat, 5))
        predictors = replace(predictors, basis=basis)
    objective = outcomes_objective(Dense(X), response, predictors)
    at = 0.3 * rng.normal(size=predictors.n_params)
    found = objective.evaluate(at)
    # Central differences are right to step squared, 1e-10, relative to values of some hundreds.
    differences = central_difference(lambda c: np.array([objective.evaluate(c, hessian=False).value]), at)[0]
    assert_allclose(found.gradient, differences, rtol=1e-6, atol=1e-6)
    second = central_difference(lambda c: objective.evaluate(c, hessian=False).gradient, at)
    assert_allclose(found.hessian.array, second, rtol=1e-6, atol=1e-6)
    assert_allclose(found.value, loss(basis @ at, X, counts), rtol=EXACT)
    assert_allclose(found.gradient, basis.T @ gradient(basis @ at, X, counts), rtol=1e-10, atol=1e-10)
    assert_allclose(found.hessian.array, basis.T @ information(basis @ at, X, counts) @ basis, rtol=1e-10, atol=1e-10)


def test_one_thread_gives_the_bits_of_two() -> None:
    rng = np.random.default_rng(3)
    n = 60_000
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 4))])
    y = rng.integers(0, 4, n)
    threads = lk.get_threads()
    fits = []
    try:
        for count in (1, 2):
            lk.set_threads(count)
            fits.append(lk.multinomial_matrix(X, y, ["Intercept", *"abcd"]))
    finally:
        lk.set_threads(threads)
    assert np.array_equal(fits[0].record.coef, fits[1].record.coef)
    assert np.array_equal(fits[0].record.full_vcov, fits[1].record.full_vcov)
    assert fits[0].loglik == fits[1].loglik


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.sampled_from([0, 1, None]))
def test_pairs_of_outcomes(seed: int, k: int, reference: int | None) -> None:
    rng = np.random.default_rng(seed)
    n, p = 9, 3
    X = rng.normal(size=(n, p))
    counts = rng.integers(0, 2, size=(n, k)).astype(float)
    counts[counts.sum(axis=1) == 0, 0] = 1.0
    response = Response(
        counts.argmax(axis=1).astype(float),
        counts.sum(axis=1),
        n_outcomes=k,
        shares=(counts / counts.sum(axis=1, keepdims=True)).T.copy(),
    )
    pairs, sides = margin_rows(Dense(X), response, full_predictors(k, p, reference), Multinomial(k))
    dense = pairs.to_dense()
    direction, left = rng.normal(size=pairs.n_columns), rng.normal(size=pairs.n_rows)
    assert_allclose(pairs.matvec(direction), dense @ direction, rtol=EXACT, atol=EXACT)
    assert_allclose(pairs.rmatvec(left), dense.T @ left, rtol=EXACT, atol=EXACT)
    assert_allclose(pairs.take(np.array([2, 0])).to_dense(), dense[[2, 0]], rtol=EXACT)
    if reference != 0:
        return
    # Every difference that must not fall is one of the oracle's, and those of outcomes that a row has are zero.
    expected, both, row = pair_rows(X, counts)
    for i in range(n):
        mine, equal = dense[i * (k - 1) : (i + 1) * (k - 1)], sides.y[i * (k - 1) : (i + 1) * (k - 1)] == 0.5
        at = row == i
        first = pairs.plus[i, 0]
        of_first = [j for j in np.flatnonzero(at) if np.any([np.allclose(expected[j], m) for m in mine])]
        assert len(of_first) == k - 1
        assert equal.sum() == counts[i].sum() - 1
        assert counts[i, first] > 0
        assert np.count_nonzero(both[at]) == counts[i].sum() * (counts[i].sum() - 1)
