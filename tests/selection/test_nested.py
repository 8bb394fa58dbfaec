"""Nested cross-validation: each fold predicted by a model whose strength was chosen without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk

FORMULA = "low ~ age + lwt + race + smoke"
GRID = {"strengths": np.geomspace(0.1, 0.001, 6), "solver": lk.ProxNewton(tol=1e-9)}


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


@pytest.mark.parametrize("rule", ["best", "one_se"])
def test_by_hand(rule: str) -> None:
    """The same with a cross-validation called for each fold, on the other folds of the partition."""
    data = births()
    labels = np.arange(len(data)) % 4
    penalty = lk.Lasso()
    found = lk.cross_validate(FORMULA, data, penalty=penalty, folds=lk.Folds(given=labels), **GRID).nested(rule)
    for split in range(4):
        rest, held = data[labels != split], data[labels == split]
        inner = lk.cross_validate(FORMULA, rest, penalty=penalty, folds=lk.Folds(given=labels[labels != split]), **GRID)
        strength = inner.best_strength if rule == "best" else inner.one_se_strength
        assert_allclose(found.strengths[split], strength)
        mu = lk.logit(FORMULA, rest, penalty=lk.Lasso(strength)).predict(held).to_numpy()
        y = held["low"].to_numpy()
        # The nested verb solves its paths to a gap of 1e-7, the root of which bounds what coefficients are off.
        assert_allclose(found.scores[split], -2.0 * np.mean(y * np.log(mu) + (1 - y) * np.log(1 - mu)), rtol=1e-3)
    sizes = np.bincount(labels)
    assert_allclose(found.mean, np.average(found.scores, weights=sizes))


def test_groups_stay_together_and_periods_in_order() -> None:
    data = births().sample(frac=1.0, random_state=0).assign(g=np.arange(189) // 9)
    grouped = lk.cross_validate(FORMULA, data, folds=lk.Folds(4, groups="g"), **GRID).nested()
    assert grouped.splits.tolist() == [0, 1, 2, 3]
    timed = data.sample(frac=1.0, random_state=1).assign(t=np.arange(189))  # low comes first in the table
    found = lk.cross_validate(FORMULA, timed, folds=lk.Folds(5, time="t"), **{**GRID, "measure": "brier"})
    # The first period is only learnt from, and the next two leave fewer than two to choose by.
    assert found.nested().splits.tolist() == [2, 3, 4]


def test_repeats_and_refusals() -> None:
    data = births()
    repeated = lk.cross_validate(FORMULA, data, folds=lk.Folds(3, repeats=2), **GRID).nested()
    assert repeated.splits.size == 6
    assert "Nested cross-validation" in str(repeated)
    cv = lk.cross_validate(FORMULA, data, folds=2, **GRID)
    with pytest.raises(lk.errors.DataError, match="at least 3 folds"):
        cv.nested()
    with pytest.raises(lk.errors.DataError, match="not known"):
        cv.nested("least")
