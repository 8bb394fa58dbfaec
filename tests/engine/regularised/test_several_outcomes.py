"""Every penalty of several outcomes on every kind of design: optimal by an oracle, certified, and special cases."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.regularised.shrunken import DESIGNS, PENALTIES
from engine.regularised.shrunken_outcomes import OUTCOME_ROWS, OutcomeProblem, outcome_problem, table
from examples import every_other
from logitkit.errors import DataError, SeparationError, UnsupportedError
from tolerances import EXACT, ROUTE

#: Of a proximal step, in standard deviations: what the polishing step leaves.
OPTIMAL = 1e-10
OFFERED = list(PENALTIES)
BOUNDED = {"box", "sign", "named bounds", "ridge in a box", "box and prior"}
CASES = [
    *((design, OUTCOME_ROWS[k % len(OUTCOME_ROWS)], 3 + k % 3, None) for k, design in enumerate(DESIGNS)),
    *((design, OUTCOME_ROWS[(k + 2) % len(OUTCOME_ROWS)], 3 + k % 2, 1) for k, design in enumerate(DESIGNS)),
]
EVERY = [(design, rows, 3, reference) for design in DESIGNS for rows in OUTCOME_ROWS for reference in (None, 1)]


@cache
def prepared(design: str, rows: str = "plain", n_outcomes: int = 3) -> OutcomeProblem:
    return outcome_problem(design, rows, n_outcomes)


@pytest.mark.parametrize(
    ("design", "rows", "n_outcomes", "reference"),
    [
        *CASES[::2],
        *(pytest.param(*case, marks=pytest.mark.slow) for case in [*CASES[1::2], *EVERY] if case not in CASES[::2]),
    ],
)
def test_optimal_and_certified(design: str, rows: str, n_outcomes: int, reference: int | None) -> None:
    p = prepared(design, rows, n_outcomes)
    for penalty in OFFERED:
        if reference is None and penalty in BOUNDED:
            continue
        stated = PENALTIES[penalty]
        chosen = {} if reference is None else {"reference": "birch"}
        fit, oracle = p.fit(stated.penalty(p.columns.shape), **chosen), p.oracle(stated, reference)
        assert fit.converged, penalty
        assert oracle.residual(table(fit)) < OPTIMAL, penalty
        found, facts = fit.certificate(), fit.record.penalty
        assert found.holds, penalty
        assert_allclose(found.objective, oracle.objective(table(fit)), rtol=EXACT, err_msg=penalty)
        assert_allclose(found.objective - found.dual, found.gap, atol=EXACT * found.objective, err_msg=penalty)
        assert_allclose(facts.null_value, found.null_objective, rtol=ROUTE, err_msg=penalty)
        assert facts.gap <= facts.tol, penalty


@pytest.mark.parametrize("l1_ratio", [1.0, 0.4])
@pytest.mark.parametrize("reference", [None, 0])
@pytest.mark.parametrize("standardize", [True, False])
def test_lengths_across_outcomes(l1_ratio: float, reference: int | None, standardize: bool) -> None:
    p = prepared("sparse", "weights and offset", 4)
    oracle = p.oracle(reference=reference)
    oracle.lengths_across(0.03, l1_ratio, standardize)
    chosen = {} if reference is None else {"reference": "ash"}
    penalty = lk.ElasticNet(0.03, l1_ratio, across_outcomes=True, standardize=standardize)
    fit = p.fit(penalty, **chosen)
    assert oracle.residual(table(fit)) < OPTIMAL
    assert fit.certificate().holds
    none = (table(fit) == 0.0).all(axis=0)
    assert_allclose(none, (table(fit) == 0.0).any(axis=0))
    assert none.any() or l1_ratio < 1.0


@pytest.mark.parametrize("penalty", OFFERED)
def test_the_oracle_tells_what_is_not_optimal(penalty: str) -> None:
    p, stated = prepared("dense, C order"), PENALTIES[penalty]
    reference, chosen = (0, {"reference": "ash"}) if penalty in BOUNDED else (None, {})
    fit, oracle = p.fit(stated.penalty(p.columns.shape), **chosen), p.oracle(stated, reference)
    rng, best = np.random.default_rng(0), table(fit)
    moved = best + 1e-3 / oracle.columns.scale * rng.normal(size=best.shape)
    moved = np.clip(moved, oracle.columns.lower, oracle.columns.upper)
    assert oracle.residual(moved) > 1e-5
    assert oracle.objective(moved) > oracle.objective(best)


@pytest.mark.parametrize("strength", [0.001, 0.05])
def test_of_two_outcomes_the_symmetric_form_is_the_binary_model(strength: float) -> None:
    """The least of s(a^2 + b^2)/2 with b - a = d is s d^2/4, that of s(|a| + |b|) is s|d|."""
    p = prepared("dense, C order", "weights and offset", 3)
    X, names, event = p.columns.X, p.columns.shape.names, p.codes == 1
    rows = {"weights": p.rows["weights"]}
    for several, binary in ((lk.Ridge(strength), lk.Ridge(strength / 2)), (lk.Lasso(strength), lk.Lasso(strength))):
        fit = lk.multinomial_matrix(X, np.where(event, "yes", "no"), names, penalty=several, **rows)
        expected = lk.logit_matrix(X, event.astype(float), names, penalty=binary, **rows)
        assert_allclose(table(fit)[1] - table(fit)[0], expected.coef, atol=1e-9)


@pytest.mark.parametrize(
    "penalty",
    [
        lk.Ridge(0.02),
        lk.Lasso(0.02),
        lk.ElasticNet(0.01),
        lk.GaussianPrior(0.2, 2.0),
        lk.Lasso(0.002) + lk.Bounds(-1, 1),
    ],
    ids=["ridge", "lasso", "elastic net", "prior", "box"],
)
def test_of_two_outcomes_against_a_reference_it_is_the_binary_model(penalty: object) -> None:
    p = prepared("dense, C order", "frequency weights", 3)
    X, names, event = p.columns.X, p.columns.shape.names, p.codes == 1
    labels = np.where(event, "yes", "no")
    fit = lk.multinomial_matrix(X, labels, names, penalty=penalty, reference="no", **p.rows)
    expected = lk.logit_matrix(X, event.astype(float), names, penalty=penalty, **p.rows)
    assert_allclose(table(fit)[0], expected.coef, atol=ROUTE)
    assert_allclose(fit.record.penalty.dof, expected.record.penalty.dof, atol=1e-6)  # at the end of each solver
    assert_allclose(fit.certificate().objective, expected.certificate().objective, rtol=EXACT)


def test_what_penalties_collapse_to() -> None:
    p = prepared("dense, C order", "frequency weights", 4)
    X, names = p.columns.X, p.columns.shape.names
    W = p.rows["weights"].sum()
    ridge = p.fit(lk.Ridge(0.05))
    deviation = p.oracle().columns.deviation
    prior = p.fit(lk.GaussianPrior(precision=0.05 * W * deviation**2))
    assert_allclose(ridge.record.coef, prior.record.coef, atol=ROUTE)
    assert_allclose(ridge.vcov, prior.vcov, atol=ROUTE)
    kept = p.fit(lk.Lasso(0.1, keep=p.columns.shape.penalised))
    plain = p.fit(None, reference=None)
    assert_allclose(kept.record.coef, plain.record.coef, atol=ROUTE * np.abs(plain.record.coef).max())
    rows = np.repeat(np.arange(len(X)), p.rows["weights"].astype(int))
    for penalty in (lk.Lasso(0.02), lk.Ridge(0.02), lk.Lasso(0.02, across_outcomes=True)):
        once = lk.multinomial_matrix(X[rows], p.y[rows], names, penalty=penalty)
        assert_allclose(p.fit(penalty).record.coef, once.record.coef, atol=ROUTE)


@pytest.mark.parametrize(
    ("penalty", "n_outcomes"),
    every_other([lk.Lasso(), lk.ElasticNet(None, 0.5), lk.Lasso(across_outcomes=True), lk.GroupLasso()], [3, 4]),
)
def test_paths(penalty: lk.ElasticNet, n_outcomes: int) -> None:
    """They begin where the first coefficient moves, and every point of them is nearly that of a fit."""
    p = prepared("dense, C order", "weights and offset", n_outcomes)
    path = p.path(penalty, n_strengths=4)
    top = float(path.strengths[0])
    assert (p.fit(penalty.at(1.0001 * top)).coef.iloc[1:] == 0.0).all(axis=None)
    assert (p.fit(penalty.at(0.999 * top)).coef.iloc[1:] != 0.0).any(axis=None)
    for strength in path.strengths:
        own, fit = path.at(float(strength)), p.fit(penalty.at(float(strength)))
        assert_allclose(own.record.coef, fit.record.coef, rtol=ROUTE, atol=ROUTE)
        assert own.certificate().holds
    nothing = path.at(0.0)
    assert nothing.certificate().holds


def test_a_lasso_beside_lengths_begins_where_its_first_coefficient_moves() -> None:
    p = prepared("dense, C order")
    path = p.path(lk.Lasso(0.05, across_outcomes=True) + lk.Lasso(), n_strengths=4)
    at_top = p.fit(lk.Lasso(0.05, across_outcomes=True) + lk.Lasso(1.0001 * float(path.strengths[0])))
    assert (at_top.coef.iloc[1:] == 0.0).all(axis=None)


def test_what_is_refused() -> None:
    p = prepared("dense, C order")
    X, names = p.columns.X, p.columns.shape.names
    with pytest.raises(DataError, match="with two there is one coefficient"):
        lk.logit_matrix(X, (p.codes == 0).astype(float), names, penalty=lk.Lasso(0.1, across_outcomes=True))
    with pytest.raises(UnsupportedError, match="relaxed lasso cannot be added"):
        p.fit(lk.RelaxedLasso(0.1) + lk.Ridge(0.1))
    with pytest.raises(UnsupportedError, match=r"AdaptiveLasso\(across_outcomes=True\) is not offered"):
        p.fit(lk.AdaptiveLasso(0.1, across_outcomes=True))
    with pytest.raises(UnsupportedError, match="use keep= and relative= instead"):
        p.fit(lk.Lasso(0.1), per_outcome={"birch": "x1"}, reference="ash")
    with pytest.raises(UnsupportedError, match="Name a reference"):
        p.fit(lk.Lasso(0.1) + lk.Bounds(-1.0, 1.0))
    with pytest.raises(DataError, match="'x1' has a bound and a penalty across outcomes"):
        p.fit(lk.Lasso(0.1, across_outcomes=True) + lk.Bounds(-1.0, 1.0), reference="ash")
    with pytest.raises(DataError, match="lost to rounding"):
        p.fit(lk.Lasso(1e-18))
    with pytest.raises(DataError, match="not negative"):
        p.fit(lk.Lasso(-0.1))
    with pytest.raises(DataError, match="not negative"):
        p.path(lk.Lasso(), n_strengths=3).at(-1.0)
    apart = X.copy()
    apart[:, 1] = p.codes == 0
    with pytest.raises(SeparationError, match=r"not penalised .*x1.* separate the outcomes"):
        lk.multinomial_matrix(apart, p.y, names, penalty=lk.Lasso(0.02, keep=["x1"]))
    assert lk.multinomial_matrix(apart, p.y, names, penalty=lk.Lasso(0.02)).certificate().holds
    doubled = np.column_stack([X, X[:, 1] + X[:, 2]])
    with pytest.raises(DataError, match="linearly dependent"):
        lk.multinomial_matrix(doubled, p.y, [*names, "sum"], penalty=lk.Lasso(0.1, keep=["x1", "x2", "sum"]))


def test_a_column_that_bounds_hold_beside_lengths() -> None:
    p = prepared("dense, C order")
    held = lk.Bounds({"x1": 0.0}, {"x1": 0.0})
    fit = p.fit(lk.Lasso(0.02, across_outcomes=True) + held)
    oracle = p.oracle()
    oracle.lengths_across(0.02)
    oracle.columns.lower[1] = oracle.columns.upper[1] = 0.0
    assert (fit.coef.loc["x1"] == 0.0).all()
    assert oracle.residual(table(fit)) < OPTIMAL


def test_bounds_on_one_side_without_another_penalty() -> None:
    p = prepared("dense, C order", "weights and offset", 4)
    fit = p.fit(lk.Bounds(0.0, None), reference="ash")
    oracle = p.oracle(reference=0)
    inner = [p.columns.shape.names.index(name) for name in p.columns.shape.names if name != "Intercept"]
    oracle.columns.lower[inner] = 0.0
    coef = table(fit)
    assert fit.converged
    assert (coef >= 0.0)[:, inner].all()
    assert (coef == 0.0)[:, inner].any()  # some bound is met, and some is not
    assert (coef > 0.0)[:, inner].any()
    assert oracle.residual(coef) < OPTIMAL
    assert fit.certificate().holds


@pytest.mark.parametrize("chosen", [{}, {"reference": "ash"}])
def test_a_ridge_beside_a_column_that_bounds_hold(chosen: dict[str, str]) -> None:
    p = prepared("dense, C order")
    fit = p.fit(lk.Ridge(0.05) + lk.Bounds({"x1": 0.0}, {"x1": 0.0}), **chosen)
    oracle = p.oracle(reference=0 if chosen else None)
    oracle.columns.elastic_net(0.05, 0.0)
    oracle.columns.lower[1] = oracle.columns.upper[1] = 0.0
    assert (fit.coef.loc["x1"] == 0.0).all()
    assert oracle.residual(table(fit)) < OPTIMAL
    assert fit.certificate().holds


def test_a_bound_on_one_side_that_lets_a_coefficient_run_off_is_refused() -> None:
    codes = np.repeat(np.arange(3), 20)
    rng = np.random.default_rng(2)
    X = np.column_stack([np.ones(60), codes == 1, rng.normal(size=60)])
    names, y = ["Intercept", "apart", "x"], np.array(["a", "b", "c"])[codes]

    def fit(bounds: lk.Bounds) -> Any:
        return lk.multinomial_matrix(X, y, names, penalty=lk.Lasso(0.02, keep="apart") + bounds, reference="a")

    with pytest.raises(SeparationError, match="separate the outcomes"):
        fit(lk.Bounds({"apart": 0.0}, None))
    held = fit(lk.Bounds({"apart": -1.0}, {"apart": 1.0}))
    assert held.certificate().holds
    assert held.coef.loc["apart", "b"] == 1.0
