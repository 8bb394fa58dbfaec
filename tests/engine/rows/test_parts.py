"""Columns in parts: value, gradient and Hessian are those of the dense constraint matrix, for every kind of columns."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective
from logitkit.engine.rows.parts import PartRows
from logitkit.models.cumulative import Cumulative
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import Part, Predictors, full_predictors
from tolerances import EXACT, ROUTE

N = 700
STEP = 1e-5
DIFFERENCES = 1e-6  # of sums of hundreds of rows by central differences of step 1e-5


def columns() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.column_stack([np.ones(N), rng.normal(size=(N, 2)), np.eye(3)[rng.integers(0, 3, N)][:, 1:]])


def stored(kind: str) -> object:
    X = columns()
    if kind == "dense":
        return Dense(X)
    codes = np.where(X[:, 3] > 0, 0, np.where(X[:, 4] > 0, 1, -1)).astype(np.int32)
    return Blocks.in_order((Dense(X[:, :3].copy()), Categorical(codes, 2)), (np.arange(3), np.array([3, 4])))


def multinomial(mixed: bool) -> tuple[Multinomial, Predictors]:
    """Four outcomes: own intercepts, one slope for all, scores, and a column that two outcomes have."""
    parts = (
        Part(np.array([0]), rows=np.array([1, 2, 3])),
        Part(np.array([1, 3]), constraint=np.array([[0.0], [1.0], [1.0], [1.0]])),
        Part(np.array([2]), constraint=np.array([[0.0, 0.0], [1.0, 0.5], [2.0, -1.0], [3.0, 0.3]])),
        Part(np.array([4]), rows=np.array([1, 3])),
    )
    return Multinomial(4), Predictors(4, 5, parts if mixed else (Part(np.arange(5), constraint=np.eye(4)[:, 1:]),))


def cumulative(mixed: bool) -> tuple[Cumulative, Predictors]:
    shared = Part(np.array([1, 2, 4]), constraint=-np.ones((3, 1)))
    own = Part(np.array([0, 3]), rows=np.arange(3)) if mixed else Part(np.array([0]), rows=np.arange(3))
    rest = () if mixed else (Part(np.array([3]), constraint=-np.ones((3, 1))),)
    return Cumulative(4), Predictors(3, 5, (own, shared, *rest))


def response(offset: bool, counts: bool, m: int) -> Response:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, N).astype(float)
    prior = rng.choice([0.0, 0.5, 2.0], N)
    shift = rng.normal(scale=0.1, size=(m, N)) if offset else None
    if offset and m == 3:
        shift = np.sort(shift, axis=0)
    plain = Response(codes, None, prior, "precision", shift, n_outcomes=4)
    if not counts:
        return plain
    table = rng.multinomial(5, np.full(4, 0.25), N).T.astype(float)
    return Response(codes, table.sum(axis=0), prior, "precision", shift, n_outcomes=4).with_shares(table / 5.0)


def coefficients(predictors: Predictors, m: int) -> np.ndarray:
    rng = np.random.default_rng(8)
    coef = rng.normal(scale=0.2, size=predictors.n_params)
    if m == 3:  # thresholds that rise
        places = predictors.places[0][:, 0]
        coef[places] = [-1.5, 0.0, 1.5]
    return coef


CASES = [(family, mixed) for family in (multinomial, cumulative) for mixed in (False, True)]


@pytest.mark.parametrize(("make", "mixed"), CASES)
@pytest.mark.parametrize("kind", ["dense", "factor"])
@pytest.mark.parametrize("counts", [False, True])
def test_derivatives_are_those_of_the_value(make, mixed: bool, kind: str, counts: bool) -> None:
    family, predictors = make(mixed)
    m = predictors.n_predictors
    objective = Objective(stored(kind), response(True, counts, m), family, predictors=predictors)
    assert isinstance(objective.engine, PartRows)
    coef = coefficients(predictors, m)
    here = objective.evaluate(coef)
    eta = predictors.table(coef) @ columns().T + objective.response.offset
    losses = family.losses(eta, objective.response)
    assert_allclose(objective.linear_predictor(coef), eta, rtol=ROUTE, atol=EXACT)
    assert_allclose(here.value, objective.response.weights @ losses, rtol=EXACT)
    ahead = [objective.evaluate(coef + STEP * unit) for unit in np.eye(coef.size)]
    behind = [objective.evaluate(coef - STEP * unit) for unit in np.eye(coef.size)]
    slopes = [(one.value - other.value) / (2 * STEP) for one, other in zip(ahead, behind, strict=True)]
    second = [(one.gradient - other.gradient) / (2 * STEP) for one, other in zip(ahead, behind, strict=True)]
    assert_allclose(here.gradient, slopes, rtol=DIFFERENCES, atol=DIFFERENCES)
    assert_allclose(here.hessian.array, np.array(second), rtol=DIFFERENCES, atol=DIFFERENCES)
    assert_allclose(here.hessian.array, here.hessian.array.T, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("kind", ["dense", "factor"])
def test_parts_of_the_multinomial_are_the_plain_engine_restricted(kind: str) -> None:
    family, predictors = multinomial(True)
    plain = full_predictors(4, 5, 0)
    basis = np.column_stack([predictors.table(unit)[1:].reshape(-1) for unit in np.eye(predictors.n_params)])
    coef = coefficients(predictors, 4)
    rows = response(True, False, 4)
    one = Objective(stored(kind), rows, family, predictors=predictors).evaluate(coef, pearson=True)
    other = Objective(stored(kind), rows, family, predictors=plain.within(basis)).evaluate(coef, pearson=True)
    assert_allclose(one.value, other.value, rtol=EXACT)
    assert_allclose(one.closest, other.closest, rtol=EXACT)
    assert_allclose(one.pearson, other.pearson, rtol=EXACT)
    assert_allclose(one.gradient, other.gradient, rtol=ROUTE, atol=ROUTE)
    assert_allclose(one.hessian.array, other.hessian.array, rtol=ROUTE, atol=ROUTE)


def test_rows_of_a_subset_and_the_reach_of_a_direction() -> None:
    family, predictors = cumulative(True)
    objective = Objective(stored("factor"), response(False, False, 3), family, predictors=predictors)
    index = np.arange(0, N, 3)
    coef = coefficients(predictors, 3)
    part = objective.subset(index)
    eta = predictors.table(coef) @ columns()[index].T
    assert_allclose(part.linear_predictor(coef), eta, rtol=ROUTE, atol=EXACT)
    change = predictors.table(coef) @ columns().T
    assert objective.reach(coef) >= np.abs(change).max() * (1.0 - EXACT)


def test_thresholds_that_cross_have_no_finite_value() -> None:
    family, predictors = cumulative(False)
    objective = Objective(stored("dense"), response(False, False, 3), family, predictors=predictors)
    coef = coefficients(predictors, 3)
    coef[:3] = [1.0, 0.0, -1.0]
    assert objective.evaluate(coef, hessian=False).value == np.inf
