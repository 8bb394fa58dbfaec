"""A weak lasso of collinear columns ends at a corner of its penalty, which is found in a few steps."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification

import logitkit as lk
from logitkit.estimators import LogitClassifier
from tolerances import ROUTE

STEPS = 20
NAMES = ["Intercept", "a", "b", "c", "d", "sum"]


@cache
def _rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    X = np.column_stack([np.ones(400), rng.normal(size=(400, 4))])
    X = np.column_stack([X, X[:, 1] + X[:, 2]])
    return X, (rng.random(400) < 1.0 / (1.0 + np.exp(-X[:, 1] + 0.5 * X[:, 2]))).astype(int)


@pytest.mark.parametrize("strength", [1e-4, 1e-7, 1e-8, 1e-10])
def test_one_column_is_the_sum_of_two(strength: float) -> None:
    X, y = _rows()
    fit = lk.logit_matrix(X, y, NAMES, penalty=lk.Lasso(strength))
    assert fit.converged
    assert fit.penalty.steps <= STEPS
    assert fit.certificate().relative_gap < 1e-12
    assert np.count_nonzero(fit.coef[["a", "b", "sum"]]) == 2  # the corners of the combination that is zero

    # Of the three columns two suffice: the best two, by what the penalty of each pair is at the same likelihood.
    def size(columns: list[int]) -> tuple[float, np.ndarray]:
        own = lk.logit_matrix(X[:, columns], y, [NAMES[j] for j in columns], penalty=lk.Lasso(strength))
        coef = np.zeros(6)
        coef[columns] = own.coef
        return float(np.abs(coef[1:]) @ X[:, 1:].std(axis=0)), coef

    pairs = [size([0, 3, 4, *pair]) for pair in ([1, 2], [1, 5], [2, 5])]
    assert_allclose(
        fit.coef, min(pairs, key=lambda pair: pair[0])[1], rtol=1e3 * ROUTE, atol=1e3 * ROUTE
    )  # two solvers


PENALTIES: dict[str, Any] = {
    "bounds": lk.Lasso(1e-8) + lk.Bounds(lower=-0.1, upper=0.3),
    "keep": lk.Lasso(1e-8, keep=["a"]),
    "elastic net": lk.ElasticNet(1e-8, l1_ratio=0.5),  # its squares are as good as no curvature
    "elastic net, less weak": lk.ElasticNet(1e-6, l1_ratio=0.1),
    "lasso and ridge": lk.Lasso(1e-7) + lk.Ridge(1e-8),
    "adaptive": lk.AdaptiveLasso(1e-8, initial=lk.Ridge(0.01)),
}


@pytest.mark.parametrize("penalty", PENALTIES)
def test_other_penalties(penalty: str) -> None:
    X, y = _rows()
    fit = lk.logit_matrix(X, y, NAMES, penalty=PENALTIES[penalty])
    assert fit.penalty.steps <= STEPS
    assert fit.certificate().relative_gap < 1e-12


@pytest.mark.parametrize("reference", [None, 0])
def test_several_outcomes(reference: int | None) -> None:
    X, y = _rows()
    codes = np.where(np.random.default_rng(2).random(len(y)) < 0.3, 2, y)
    named = {} if reference is None else {"reference": reference}
    fit = lk.multinomial_matrix(X, codes, NAMES, penalty=lk.Lasso(1e-8), **named)
    assert fit.record.penalty.steps <= STEPS
    assert fit.certificate().relative_gap < 1e-12


def test_a_classifier_with_redundant_columns() -> None:
    X, y = make_classification(500, random_state=0)
    fit = LogitClassifier(C=1e6, l1_ratio=1).fit(X, y).fit_
    assert fit.penalty.steps <= STEPS
    assert fit.certificate().relative_gap < 1e-12
    assert np.count_nonzero(fit.coef) <= np.linalg.matrix_rank(np.column_stack([np.ones(500), X]))
