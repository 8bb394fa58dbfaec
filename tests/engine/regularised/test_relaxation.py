"""Adaptive and relaxed lasso of several outcomes: first estimates and refits per coefficient, and special cases."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from engine.regularised.shrunken_outcomes import OutcomeProblem, outcome_problem, table
from logitkit.errors import DataError, SeparationError
from tolerances import EXACT, ROUTE

OPTIMAL = 1e-10  # of a proximal step, in standard deviations
FORMS: list[dict[str, Any]] = [{}, {"reference": "ash"}]


@cache
def drawn(n_outcomes: int = 3) -> OutcomeProblem:
    return outcome_problem("dense, C order", "weights and offset", n_outcomes)


def binary(p: OutcomeProblem) -> tuple[np.ndarray, np.ndarray, list[str], dict[str, Any]]:
    return p.columns.X, p.codes == 1, p.columns.shape.names, {"weights": p.rows["weights"]}


@pytest.mark.parametrize("form", FORMS, ids=["symmetric", "reference"])
@pytest.mark.parametrize(("n_outcomes", "power"), [(3, 1.0), (4, 0.5)])
def test_the_adaptive_lasso_weighs_each_coefficient_by_its_own_first_estimate(
    form: dict[str, Any], n_outcomes: int, power: float
) -> None:
    p = drawn(n_outcomes)
    first = table(p.fit(None, **(form or {"reference": None})))
    fit = p.fit(lk.AdaptiveLasso(0.004, power=power), **form)
    oracle = p.oracle(reference=0 if form else None)
    c = oracle.columns
    size = np.where(c.penalised, np.abs(c.deviation * first), 1.0)
    c.l1 = c.total * 0.004 * c.penalised * c.deviation * size**-power
    assert oracle.residual(table(fit)) < OPTIMAL
    assert fit.certificate().holds
    assert (table(fit) == 0.0).any()


@pytest.mark.parametrize("form", FORMS, ids=["symmetric", "reference"])
def test_first_estimates_may_be_the_table_of_a_fit(form: dict[str, Any]) -> None:
    p = drawn()
    ridge = p.fit(lk.Ridge(0.01), **form)
    made = p.fit(lk.AdaptiveLasso(0.004, initial=lk.Ridge(0.01)), **form)
    for first in (ridge.coef, ridge.coef.iloc[::-1, ::-1], ridge.coef.to_numpy()):
        assert_allclose(table(p.fit(lk.AdaptiveLasso(0.004, initial=first), **form)), table(made), atol=EXACT)
    none = ridge.coef.copy()
    none.iloc[3, 1] = 0.0
    left_out = p.fit(lk.AdaptiveLasso(0.004, initial=none), **form)
    assert left_out.coef.iloc[3, 1] == 0.0
    assert left_out.certificate().holds


def test_first_estimates_that_do_not_fit_the_model_are_refused() -> None:
    p = drawn()
    coef = p.fit(lk.Ridge(0.01)).coef
    with pytest.raises(DataError, match=r"shape \(3, 11\); give one row per term"):
        p.fit(lk.AdaptiveLasso(0.004, initial=coef.to_numpy().T))
    with pytest.raises(DataError, match=r"labels are not the terms .* and outcomes \(ash, birch, cedar\)"):
        p.fit(lk.AdaptiveLasso(0.004, initial=coef.rename(columns={"ash": "oak"})))
    with pytest.raises(DataError, match="not all finite"):
        p.fit(lk.AdaptiveLasso(0.004, initial=coef.replace(coef.iloc[1, 1], np.nan)))
    codes, x = np.tile(np.arange(3), 10), np.tile([0.0, 1.0, 2.0], 10)
    with pytest.raises(DataError, match="maximum likelihood estimates, which are not all finite"):
        lk.multinomial_matrix(np.column_stack([np.ones(30), x]), codes, ["Intercept", "x"], penalty=lk.AdaptiveLasso(1))


@pytest.mark.parametrize(
    "penalty", [lk.AdaptiveLasso(0.004), lk.RelaxedLasso(0.03), lk.RelaxedLasso(0.03, gamma=0.4)], ids=repr
)
def test_two_outcomes_against_a_reference_are_the_binary_model(penalty: Any) -> None:
    X, event, names, rows = binary(drawn())
    fit = lk.multinomial_matrix(X, np.where(event, "yes", "no"), names, penalty=penalty, reference="no", **rows)
    expected = lk.logit_matrix(X, event.astype(float), names, penalty=penalty, **rows)
    assert_allclose(table(fit)[0], expected.coef, atol=ROUTE)
    assert_allclose(fit.record.penalty.dof, expected.record.penalty.dof, atol=1e-6)  # at the end of each solver
    assert fit.record.penalty.n_nonzero == expected.record.penalty.n_nonzero


def test_two_outcomes_in_symmetric_form_are_the_binary_model() -> None:
    """First estimates are half of the binary ones, of both outcomes: the weights are twice those."""
    X, event, names, rows = binary(drawn())
    labels = np.where(event, "yes", "no")
    fit = lk.multinomial_matrix(X, labels, names, penalty=lk.AdaptiveLasso(0.002), **rows)
    expected = lk.logit_matrix(X, event.astype(float), names, penalty=lk.AdaptiveLasso(0.004), **rows)
    assert_allclose(table(fit)[1] - table(fit)[0], expected.coef, atol=ROUTE)
    assert (np.abs(table(fit)[:, 1:]).min(axis=0) == 0.0).all()  # of the interval of minima an end is reported
    relaxed = lk.multinomial_matrix(X, labels, names, penalty=lk.RelaxedLasso(0.03, gamma=0.4), **rows)
    expected = lk.logit_matrix(X, event.astype(float), names, penalty=lk.RelaxedLasso(0.03, gamma=0.4), **rows)
    assert_allclose(table(relaxed)[1] - table(relaxed)[0], expected.coef, atol=ROUTE)


@pytest.mark.parametrize("form", FORMS, ids=["symmetric", "reference"])
@pytest.mark.parametrize("n_outcomes", [3, 4])
def test_the_relaxed_lasso_lies_between_the_lasso_and_the_refit(form: dict[str, Any], n_outcomes: int) -> None:
    p = drawn(n_outcomes)
    lasso = table(p.fit(lk.Lasso(0.03), **form))
    refit = table(p.fit(lk.RelaxedLasso(0.03), **form))
    assert_array_equal(refit[:, 1:] == 0.0, lasso[:, 1:] == 0.0)
    oracle = p.oracle(reference=0 if form else None)
    gradient = oracle.smooth(refit)[1] / oracle.columns.scale
    assert np.abs(gradient[refit != 0.0]).max() < ROUTE * oracle.columns.total  # the score of what was chosen is zero
    assert np.abs(gradient[refit == 0.0]).max() > 1e-3 * oracle.columns.total
    for gamma in (0.3, 1.0):
        fit = p.fit(lk.RelaxedLasso(0.03, gamma=gamma), **form)
        assert_allclose(table(fit), gamma * lasso + (1.0 - gamma) * refit, atol=ROUTE)
    with pytest.raises(lk.errors.UnsupportedError, match="minimises no objective"):
        p.fit(lk.RelaxedLasso(0.03), **form).certificate()


def test_a_relaxed_lasso_across_outcomes_keeps_the_sum_of_a_column_at_zero() -> None:
    p = drawn(4)
    fit = p.fit(lk.RelaxedLasso(0.05, across_outcomes=True))
    chosen = (table(fit) != 0.0).all(axis=0)
    assert 1 < chosen.sum() < chosen.size
    assert_allclose(table(fit).sum(axis=0), 0.0, atol=EXACT)
    names = [name for name, own in zip(p.columns.shape.names, chosen, strict=True) if own]
    plain = lk.multinomial_matrix(p.columns.X[:, chosen], p.y, names, reference=None, **p.rows)
    assert_allclose(table(fit)[:, chosen], table(plain), atol=ROUTE)


@pytest.mark.parametrize("form", FORMS, ids=["symmetric", "reference"])
@pytest.mark.parametrize("penalty", [lk.AdaptiveLasso(), lk.RelaxedLasso(), lk.RelaxedLasso(gamma=0.5)], ids=repr)
def test_paths(penalty: lk.ElasticNet, form: dict[str, Any]) -> None:
    p = drawn(4)
    model, solver = lk.Multinomial(**form), lk.ProxNewton(tol=1e-13)
    path = p.path(penalty, strengths=[0.05, 0.03, 0.02], solver=solver, model=model)
    for k, strength in enumerate(path.strengths):
        fit = path.at(float(strength))
        # As the root of the gap of each.
        assert_allclose(path.record.coef[k], fit.record.coef, atol=1e-5)
        assert path.n_nonzero[k] == fit.record.penalty.n_nonzero
        assert_allclose(path.dof.iloc[k], fit.record.penalty.dof, rtol=1e-5)
    assert isinstance(path.coef.columns, pd.MultiIndex)
    assert np.isfinite(path.criteria()).all(axis=None)


def test_columns_that_separate_have_no_refit() -> None:
    codes = np.repeat(np.arange(3), 10)
    X = np.column_stack([np.ones(30), codes == 0, np.random.default_rng(0).normal(size=30)])
    with pytest.raises(SeparationError, match="the refit of the relaxed lasso"):
        lk.multinomial_matrix(X, codes, ["Intercept", "x", "z"], penalty=lk.RelaxedLasso(0.05))
