"""Slopes and curvature of rows, of one linear predictor and of several: beside the objective and finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.regularised.shrunken import problem
from engine.regularised.shrunken_outcomes import outcome_problem
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.row_view import on_coefficients, row_view
from tolerances import EXACT, ROUTE

DESIGNS = ["dense, C order", "dense, Fortran order", "sparse", "coded"]
MODELS = ["one predictor", "a reference", "symmetric, some of the coefficients"]


def drawn(design: str, model: str) -> tuple[Objective, np.ndarray]:
    """Return an objective with weights and offsets, and a point."""
    fit: Any
    if model == "one predictor":
        fit = problem(design, "weights and offset").fit(lk.Ridge(0.1))
        objective = Objective(fit.design.matrix, fit.design.response, fit.record.family)
    else:
        chosen = {"reference": "birch"} if model == "a reference" else {}
        fit = outcome_problem(design, "weights and offset", 4).fit(lk.Ridge(0.1), **chosen)
        predictors, flat = fit.record.predictors, fit.record.predictors.n_flat
        if not chosen:
            predictors = predictors.picked(np.setdiff1d(np.arange(flat), [0, 3, flat - 1]))
        rows = fit.design.matrix, fit.design.response, fit.record.family
        objective = Objective(*rows, predictors=predictors)
    scale = np.abs(objective.evaluate(np.zeros(objective.n_params)).hessian.array.diagonal()) ** -0.5  # type: ignore[union-attr]
    return objective, scale * np.random.default_rng(5).normal(size=objective.n_params)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("design", DESIGNS)
def test_rows_add_up_to_the_derivatives_of_the_objective(design: str, model: str) -> None:
    objective, coef = drawn(design, model)
    here, view = objective.evaluate(coef), row_view(objective, coef)
    size = np.abs(here.gradient).max()
    assert_allclose(view.pull(view.slope), here.gradient, atol=ROUTE * size)
    step = coef[::-1] * 0.1
    moved = view.image(step)
    second = here.hessian.array  # type: ignore[union-attr]
    assert_allclose(view.pull(view.curved(moved)), second @ step, atol=ROUTE * np.abs(second @ step).max())
    assert_allclose(view.squared(moved, view.curved(moved)), step @ second @ step, rtol=ROUTE)
    some = np.array([0, 2, 5])
    assert_allclose(view.gram_of(some), second[np.ix_(some, some)], rtol=ROUTE, atol=ROUTE * np.abs(second).max())
    assert_allclose(view.pull_of(some, view.slope), here.gradient[some], atol=ROUTE * size)
    only = np.zeros(coef.size)
    only[some] = step[some]
    assert_allclose(view.image_of(some, step[some]), view.image(only), atol=EXACT * np.abs(moved).max())


@pytest.mark.parametrize("model", MODELS)
def test_the_curvature_is_how_slopes_change(model: str) -> None:
    objective, coef = drawn("dense, C order", model)
    step = 1e-6 * coef
    view = row_view(objective, coef)
    ahead, back = (row_view(objective, coef + sign * step).slope for sign in (1.0, -1.0))
    expected = view.curved(view.image(step))
    assert_allclose(0.5 * (ahead - back), expected, atol=1e-6 * np.abs(expected).max())  # of central differences
    moved = view.image(step)
    still = model == "a reference"
    high, low = (np.maximum, np.minimum) if still else (lambda x, _: x, lambda x, _: x)
    apart = high(moved.max(axis=0), 0.0) - low(moved.min(axis=0), 0.0) if len(moved) > 1 else np.abs(moved[0])
    assert_allclose(view.spread(moved), apart.max(), rtol=EXACT)


def test_lengths_are_those_of_the_columns() -> None:
    objective, coef = drawn("sparse", "symmetric, some of the coefficients")
    columns = objective.matrix.to_dense()[:, objective.predictors.chosen % objective.matrix.n_columns]
    some = np.array([1, 4, 20])
    assert_allclose(row_view(objective, coef).lengths_of(some), np.linalg.norm(columns[:, some], axis=0), rtol=EXACT)


def test_an_objective_of_some_coefficients_is_the_whole_with_the_others_at_zero() -> None:
    objective, coef = drawn("coded", "symmetric, some of the coefficients")
    some = np.array([0, 3, 4, 9])
    whole = np.zeros(coef.size)
    whole[some] = coef[some]
    here, there = objective.evaluate(whole), on_coefficients(objective, some).evaluate(coef[some])
    assert_allclose(there.value, here.value, rtol=EXACT)
    assert_allclose(there.gradient, here.gradient[some], atol=ROUTE * np.abs(here.gradient).max())
