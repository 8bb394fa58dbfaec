"""Where a path begins: the largest strength that matters, in closed form from the gradient of the null model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from multinomial.tables import table
from tolerances import ROUTE

FORMULA = "y ~ x + z + g"


def null_gradient(frame: pd.DataFrame) -> np.ndarray:
    """Mean gradient of the K outcomes' coefficients of standardised columns where all of them are zero."""
    g = frame["g"].to_numpy()
    X = np.column_stack([frame["x"], frame["z"], g == "v", g == "w"]).astype(float)
    Y = (frame["y"].to_numpy()[:, None] == np.unique(frame["y"])).astype(float)
    return (Y - Y.mean(axis=0)).T @ ((X - X.mean(axis=0)) / X.std(axis=0)) / len(frame)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("reference", [None, "a"])
def test_across_outcomes_it_is_the_longest_gradient_of_a_column(l1_ratio: float, reference: str | None) -> None:
    frame = table()
    penalty = lk.ElasticNet(l1_ratio=l1_ratio, across_outcomes=True)
    path = lk.path(FORMULA, frame, model=lk.Multinomial(reference), penalty=penalty, n_strengths=30)
    gradient = null_gradient(frame)[0 if reference is None else 1 :]
    assert_allclose(path.strengths[0], np.linalg.norm(gradient, axis=0).max() / l1_ratio, rtol=ROUTE)
    strength = float(path.strengths[6])
    stated = lk.ElasticNet(strength, l1_ratio=l1_ratio, across_outcomes=True)
    fit = lk.multinomial(FORMULA, frame, penalty=stated, reference=reference)
    assert_allclose(path.at(strength).coef.to_numpy(), fit.coef.to_numpy(), rtol=1e-6, atol=1e-8)  # each to its gap


def test_cross_validation_across_outcomes() -> None:
    penalty = lk.Lasso(across_outcomes=True)
    folds = lk.Folds(3, seed=1)
    cv = lk.cross_validate(FORMULA, table(), model=lk.Multinomial(), penalty=penalty, folds=folds, n_strengths=30)
    columns = (cv.one_se.coef != 0.0).drop("Intercept")
    assert (columns.all(axis=1) == columns.any(axis=1)).all()


@pytest.mark.parametrize(("model", "formula"), [(lk.Multinomial(), FORMULA), (lk.Binary(event="b"), "y ~ g")])
def test_beside_a_fixed_part_of_groups_the_rest_begins_where_it_does_alone(model: Any, formula: str) -> None:
    """A ridge that holds all coefficients at zero leaves groups nothing: the gradient is that of the null model."""
    frame = table(2 if model.is_single else 3)
    fixed: Any = lk.GroupLasso(0.01) if model.is_single else lk.Lasso(0.01, across_outcomes=True)
    alone, beside = (
        lk.path(formula, frame, model=model, penalty=penalty, n_strengths=5)
        for penalty in (lk.Ridge(), fixed + lk.Ridge())
    )
    gradient = null_gradient(frame)[:, 2 if model.is_single else 0 :]
    assert_allclose(alone.strengths[0], np.abs(gradient).max() / 1e-3, rtol=ROUTE)  # a ridge counts a thousandth
    assert_allclose(beside.strengths, alone.strengths, rtol=1e-2)  # the model where a path begins is solved loosely
