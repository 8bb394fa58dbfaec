"""Certificates of several outcomes: true lower bounds from anywhere, tight at a minimum, of the data alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.regularised.shrunken import PENALTIES
from engine.regularised.shrunken_outcomes import outcome_problem, table
from examples import every_other
from logitkit.errors import UnsupportedError
from logitkit.results.nominal import MultinomialFit
from tolerances import EXACT

OFFERED = list(PENALTIES)
BOUNDED = {"box", "sign", "named bounds", "ridge in a box", "box and prior"}


def moved(fit: Any, coef: np.ndarray) -> MultinomialFit:
    """Return a fit that claims other coefficients."""
    return MultinomialFit(replace(fit.record, coef=coef.ravel()), fit.design)


@pytest.mark.parametrize(("penalty", "rows"), every_other(OFFERED, ["plain", "weights and offset"]))
def test_the_bound_is_below_the_minimum_from_anywhere(penalty: str, rows: str) -> None:
    p, stated = outcome_problem("dense, C order", rows, 4), PENALTIES[penalty]
    reference, chosen = (1, {"reference": "birch"}) if penalty in BOUNDED else (None, {})
    fit, oracle = p.fit(stated.penalty(p.columns.shape), **chosen), p.oracle(stated, reference)
    least, best = oracle.objective(table(fit)), table(fit)
    rng = np.random.default_rng(3)
    for size in (1e-6, 1e-3, 0.1, 1.0):
        shift = (
            size / oracle.columns.scale * rng.normal(size=best.shape) * ((best != 0.0) | (rng.random(best.shape) < 0.3))
        )
        coef = np.clip(best + shift, oracle.columns.lower, oracle.columns.upper)
        found = moved(fit, coef).certificate()
        assert_allclose(found.objective, oracle.objective(coef), rtol=EXACT)
        excess = found.objective - least
        assert found.dual <= least + EXACT * least
        assert found.gap >= excess - EXACT * least
        if excess > 1e-9 * least:
            assert not found.holds


@pytest.mark.parametrize("penalty", ["lasso", "ridge", "elastic net", "sparse group", "lasso and whole prior"])
def test_the_gap_falls_with_the_square_of_the_distance(penalty: str) -> None:
    p, stated = outcome_problem("dense, C order", "plain", 3), PENALTIES[penalty]
    fit, oracle = p.fit(stated.penalty(p.columns.shape)), p.oracle(stated)
    best = table(fit)
    shift = np.random.default_rng(3).normal(size=best.shape) / oracle.columns.scale * (best != 0.0)
    gaps = [moved(fit, best + size * shift).certificate().relative_gap for size in (1e-3, 1e-4)]
    assert 0.0 < gaps[1] < 0.02 * gaps[0]
    assert gaps[0] < 1e-3


def test_a_number_added_to_all_outcomes_of_a_column_without_penalty_changes_nothing() -> None:
    p = outcome_problem("dense, C order", "weights and offset", 3)
    fit = p.fit(lk.Lasso(0.02, keep=["x2"]))
    other = table(fit) + np.isin(np.arange(table(fit).shape[1]), [0, 2]) * 0.7
    here, there = fit.certificate(), moved(fit, other).certificate()
    assert there.holds
    assert_allclose(there.objective, here.objective, rtol=EXACT)


def test_the_null_model_in_closed_form() -> None:
    p = outcome_problem("dense, C order", "frequency weights", 4)
    found = p.fit(lk.Lasso(100.0)).certificate()
    totals = np.bincount(p.codes, p.rows["weights"])
    null = -float(totals @ np.log(totals / totals.sum()))
    assert_allclose([found.objective, found.dual, found.null_objective], null, rtol=EXACT)
    assert found.holds


def test_the_distance_is_in_units_of_a_strength() -> None:
    p = outcome_problem("dense, C order", "weights and offset", 3)
    largest = float(p.path(lk.Lasso(), n_strengths=3).strengths[0])
    null, weaker = p.fit(lk.Lasso(1.5 * largest)), p.fit(lk.Lasso(0.4 * largest))
    claimed = moved(weaker, null.record.coef).certificate()
    assert_allclose(claimed.kkt_distance, 0.6 * largest, rtol=1e-9)
    assert not claimed.holds


def test_of_two_outcomes_it_is_that_of_the_binary_model() -> None:
    p = outcome_problem("coded", "weights and offset", 3)
    data = p.columns.design.given[0].assign(y=np.where(p.codes == 0, "no", "yes"))
    rows = {"weights": p.rows["weights"], "penalty": lk.ElasticNet(0.02)}
    several = lk.multinomial("y ~ x + z + g + h", data, reference="no", **rows)
    binary = lk.logit("y ~ x + z + g + h", data, event="yes", **rows)
    away = 1.01 * binary.coef.to_numpy()
    one = lk.Fit(replace(binary.record, coef=away), binary.design).certificate()
    two = moved(several, away).certificate()
    for name in ("objective", "dual", "gap", "null_objective", "kkt_distance"):
        assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-9, err_msg=name)


def test_other_rows_and_no_penalty() -> None:
    p = outcome_problem("coded", "plain", 3)
    data = p.columns.design.given[0].assign(y=p.y)
    fit = p.fit(lk.Lasso(0.02))
    assert fit.certificate(data).holds
    assert fit.certificate(data).own_rows
    assert not fit.certificate(data.iloc[:-1]).own_rows
    with pytest.raises(UnsupportedError, match="no penalty"):
        p.fit(None).certificate()
