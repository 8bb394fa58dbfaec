"""Thresholds of bare logits: those of a fit on the same rows, and those found by trying every one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import logitkit as lk

RNG = np.random.default_rng(11)
LOGITS = np.round(RNG.normal(-0.5, 1.5, 400), 1)  # with ties
HAPPENED = (RNG.random(400) < lk.logits.sigmoid(LOGITS)).astype(float)


@pytest.mark.parametrize("aim", [("youden", None), ("cost", 0.3), ("capacity", 0.2), ("sensitivity", 0.8)])
def test_thresholds_are_those_of_a_fit_with_these_logits(aim: tuple[Any, Any]) -> None:
    fit = lk.logit("y ~ z", {"y": HAPPENED, "z": LOGITS})
    mine = lk.logits.threshold(fit.predict_logit(), HAPPENED, *aim, seed=3)
    its = fit.thresholds(*aim, seed=3)
    for name in ("threshold", "low", "high", "criterion", "called"):
        assert getattr(mine, name) == pytest.approx(getattr(its, name), rel=1e-12)


def test_the_cost_of_the_threshold_is_the_least_of_all() -> None:
    found = lk.logits.threshold(LOGITS, HAPPENED, "cost", 0.3, n=0)
    costs = []
    for least in np.unique(LOGITS):
        called = least <= LOGITS
        costs.append(0.3 * (called & (HAPPENED == 0)).mean() + (~called & (HAPPENED == 1)).mean())
    assert found.criterion == pytest.approx(min(costs), rel=1e-12)


def test_a_weight_is_that_many_rows() -> None:
    weights = np.random.default_rng(2).integers(0, 4, 400)
    repeated = lk.logits.threshold(np.repeat(LOGITS, weights), np.repeat(HAPPENED, weights), "capacity", 0.3, n=100)
    weighted = lk.logits.threshold(LOGITS, HAPPENED, "capacity", 0.3, weights=weights, n=100)
    assert weighted.to_frame().equals(repeated.to_frame())


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(lk.errors.DataError, match="of one event"):
        lk.logits.threshold(np.zeros((3, 2)), [0, 1, 1])
    with pytest.raises(lk.errors.DataError, match="needs value="):
        lk.logits.threshold(LOGITS, HAPPENED, "cost")
    with pytest.raises(lk.errors.DataError, match="0 events"):
        lk.logits.threshold([0.5, 1.5], [0, 0])
