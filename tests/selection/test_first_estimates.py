"""First estimates of an adaptive lasso in a cross-validation: made anew without each fold, or said to be the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from tolerances import ITERATIVE

FORMULA = "low ~ age + lwt + race + smoke + ht"
STRENGTHS = [0.02, 0.005]
SENTENCE = "initial estimates of the adaptive lasso were given as numbers"


def deviance(y: np.ndarray, mu: np.ndarray) -> float:
    return float(-2.0 * np.mean(y * np.log(mu) + (1 - y) * np.log(1 - mu)))


@pytest.mark.parametrize("first", [None, lk.Ridge(0.05)])
def test_each_fold_by_hand(first: Any) -> None:
    data = lk.datasets.load_lbw()
    folds = np.arange(len(data)) % 4
    cv = lk.cross_validate(
        FORMULA,
        data,
        penalty=lk.AdaptiveLasso(initial=first),
        folds=lk.Folds(given=folds),
        strengths=STRENGTHS,
        solver=lk.ProxNewton(tol=1e-13),
    )
    for fold in range(4):
        rest, held = data[folds != fold], data[folds == fold]
        learnt = lk.logit(FORMULA, rest, penalty=first).coef
        for j, strength in enumerate(STRENGTHS):
            fit = lk.logit(FORMULA, rest, penalty=lk.AdaptiveLasso(strength, initial=learnt))
            there = deviance(held["low"].to_numpy(), fit.predict(held).to_numpy())
            assert_allclose(cv.record.scores[fold, j], there, rtol=ITERATIVE)
    assert SENTENCE not in str(cv)
    assert SENTENCE not in str(cv.nested())


def test_numbers_are_said_to_be_the_same_for_every_fold() -> None:
    data = lk.datasets.load_lbw()
    first = lk.logit(FORMULA, data, penalty=lk.Ridge(0.05)).coef
    options = {"folds": 4, "strengths": STRENGTHS}
    given = lk.cross_validate(FORMULA, data, penalty=lk.AdaptiveLasso(initial=first), **options)
    anew = lk.cross_validate(FORMULA, data, penalty=lk.AdaptiveLasso(initial=lk.Ridge(0.05)), **options)
    flat = " ".join(str(given).split())
    assert SENTENCE in flat
    assert SENTENCE in " ".join(str(given.nested()).split())
    assert_allclose(given.path.coef, anew.path.coef, rtol=1e-4, atol=1e-6)  # of all rows they are the same model
    assert np.abs(given.record.scores - anew.record.scores).max() > 1e-3


def test_first_estimates_that_cannot_be_had_are_refused() -> None:
    data = {"y": [0, 0, 1, 1, 1, 0], "x": [1.0, 2.0, 3.0, 4.0, 5.0, 0.5]}
    with pytest.raises(lk.errors.DataError, match=r"initial=lk.Ridge\(0.01\)"):
        lk.logit("y ~ x", data, penalty=lk.AdaptiveLasso(0.1))
    assert lk.logit("y ~ x", data, penalty=lk.AdaptiveLasso(0.1, initial=lk.Ridge(0.01))).converged
