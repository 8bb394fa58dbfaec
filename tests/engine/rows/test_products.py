"""Second derivatives of many outcomes by their products: the same as written out, whatever stores the columns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective
from logitkit.engine.rows import products
from logitkit.engine.rows.products import SoftmaxHessian
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import full_predictors
from tolerances import EXACT, ROUTE

K, N = 5, 90


def objective(kind="dense", reference=2, seed=0):
    rng = np.random.default_rng(seed)
    if kind == "codes":
        matrix = Categorical(rng.integers(0, 4, N).astype(np.int32), 4)
    else:
        X = np.column_stack([np.ones(N), rng.normal(size=(N, 2))])
        matrix = Dense(np.asarray(X, order="F" if kind == "columns" else "C"))
    weights = rng.choice([0.0, 0.5, 2.0], N)
    response = Response(rng.integers(0, K, N).astype(float), prior=weights, n_outcomes=K)
    predictors = full_predictors(K, matrix.n_columns, reference=reference)
    return Objective(matrix, response, Multinomial(K), predictors=predictors), rng


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("squares", [64, 1])
@pytest.mark.parametrize("kind", ["dense", "columns", "codes"])
def test_products_and_blocks_are_those_of_the_hessian_written_out(monkeypatch, kind, squares, kept):
    monkeypatch.setattr(products, "SQUARES_MOST", squares)
    monkeypatch.setattr(products, "KEPT_MOST", products.KEPT_MOST if kept else 0)
    given, rng = objective(kind)
    coef = rng.normal(size=given.n_params)
    array = given.evaluate(coef).hessian.array
    found = SoftmaxHessian(given.engine, coef)
    vector = rng.normal(size=given.n_params)
    assert_allclose(found.multiply(vector), array @ vector, rtol=ROUTE, atol=EXACT)
    assert_allclose(found.diagonal(), array.diagonal(), rtol=ROUTE)
    p = given.matrix.n_columns
    for place, outcome in enumerate(given.predictors.active):
        assert_allclose(found.blocks[outcome], array[place * p :, place * p :][:p, :p], rtol=ROUTE, atol=EXACT)


def test_a_solution_is_nearly_exact_near_the_optimum_and_rough_far_from_it():
    given, rng = objective(seed=3)
    coef = 0.3 * rng.normal(size=given.n_params)
    array = given.evaluate(coef).hessian.array
    factor = SoftmaxHessian(given.engine, coef).factorise()
    vector = rng.normal(size=given.n_params)
    for size, wanted in ((1e3, 0.2), (1e-4, 1e-4)):
        found, exact = factor.solve(size * vector), np.linalg.solve(array, size * vector)
        left = found - exact
        assert left @ array @ left <= wanted**2 * (exact @ array @ exact)


def test_the_preconditioner_is_symmetric_and_positive():
    given, rng = objective(seed=4)
    factor = SoftmaxHessian(given.engine, rng.normal(size=given.n_params)).factorise()
    dense = np.column_stack([factor.precondition(unit) for unit in np.eye(given.n_params)])
    assert_allclose(dense, dense.T, rtol=ROUTE, atol=EXACT)
    assert np.linalg.eigvalsh(dense)[0] > 0.0


def test_an_outcome_that_no_row_has_leaves_numbers():
    given, _ = objective()
    far = np.zeros(given.n_params)
    far[0] = -800.0  # no probability of the first outcome is left
    factor = SoftmaxHessian(given.engine, far).factorise()
    assert np.isfinite(factor.solve(given.evaluate(far, hessian=False).gradient)).all()
