"""Every penalty on every kind of design, with every kind of weight: optimal by an oracle, and certified."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

import logitkit as lk
from engine.regularised.shrunken import DESIGNS, PENALTIES, ROWS, Problem, problem
from examples import every_other
from logitkit.engine.regularised import engines
from oracles.penalised import PenalisedOracle
from tolerances import EXACT, ROUTE

#: Of a proximal step, in standard deviations: what the polishing step leaves.
OPTIMAL = 1e-10
CASES = [(design, rows) for design in DESIGNS for rows in ROWS]


@cache
def prepared(design: str, rows: str) -> Problem:
    return problem(design, rows)


@pytest.mark.parametrize(("design", "rows", "penalty"), every_other(DESIGNS, ROWS, PENALTIES, of=3))
def test_optimal_and_certified(design: str, rows: str, penalty: str) -> None:
    p, stated = prepared(design, rows), PENALTIES[penalty]
    fit = p.fit(stated.penalty(p.shape))
    assert fit.converged
    coef, oracle = fit.coef.to_numpy(), p.oracle(stated)
    assert oracle.residual(coef) < OPTIMAL
    found = fit.certificate()
    assert found.holds
    assert found.relative_gap < 1e-12
    assert_allclose(found.objective, oracle.objective(coef), rtol=EXACT)
    assert_allclose(found.objective - found.dual, found.gap, atol=EXACT * found.objective)
    # What the solver claims is what the oracle of another start finds, or less.
    facts = fit.record.penalty
    assert facts is not None
    assert facts.gap <= facts.tol
    assert_allclose(facts.null_value, found.null_objective, rtol=ROUTE)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_oracle_tells_what_is_not_optimal(penalty: str) -> None:
    """A test that cannot fail is a defect: away from the minimum the residual is large, and so is the gap."""
    p, stated = prepared("dense, C order", "plain"), PENALTIES[penalty]
    fit, oracle = p.fit(stated.penalty(p.shape)), p.oracle(stated)
    rng, best = np.random.default_rng(0), fit.coef.to_numpy()
    for size in (1e-2, 1e-4):
        moved = best + size / oracle.scale * rng.normal(size=best.size)
        moved = np.clip(moved, oracle.lower, oracle.upper)
        assert oracle.residual(moved) > size / 100.0
        assert oracle.objective(moved) > oracle.objective(best)


@pytest.mark.parametrize("penalty", ["lasso", "elastic net", "sparse group", "box", "whole prior", "group and ridge"])
def test_a_slow_solver_ends_at_the_same_coefficients(penalty: str) -> None:
    p, stated = prepared("dense, C order", "weights and offset"), PENALTIES[penalty]
    oracle = p.oracle(stated)
    slow = oracle.solve()
    assert oracle.residual(slow) < 1e-9
    fit = p.fit(stated.penalty(p.shape))
    # The residual of the slow solver, over the least curvature.
    assert_allclose(oracle.scale * (fit.coef.to_numpy() - slow), 0.0, atol=1e-6)
    assert_allclose(oracle.objective(fit.coef.to_numpy()), oracle.objective(slow), rtol=EXACT)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.3])
def test_the_terms_of_a_formula_are_the_groups(l1_ratio: float) -> None:
    p = prepared("coded", "weights and offset")
    oracle = p.oracle()
    groups = [np.array([p.shape.names.index(name) for name in block]) for block in p.shape.blocks]
    oracle.group_lasso(0.015, l1_ratio, groups)
    fit = p.fit(lk.GroupLasso(0.015, l1_ratio))
    coef = fit.coef.to_numpy()
    assert oracle.residual(coef) < OPTIMAL
    assert fit.certificate().holds
    some = [bool(coef[own].any()) for own in groups]
    assert any(some)
    assert not all(some)
    if l1_ratio == 0.0:
        assert all(coef[own].all() for own, any_ in zip(groups, some, strict=True) if any_)


def test_terms_in_keep_relative_and_bounds() -> None:
    p = prepared("coded", "plain")
    names = p.shape.names
    penalty = lk.Lasso(0.01, keep="x + h:g", relative={"C(g)" if "C(g)" in names else "g": 0.25}) + lk.Bounds(
        upper={"z": 0.0, "h": 0.1}
    )
    oracle = p.oracle()
    factor = np.ones(len(names))
    for j, name in enumerate(names):
        bare = name.split("[")[0]
        if name == "x" or ("g[" in name and ":h[" in name):
            factor[j] = 0.0
        elif bare == "g" and ":" not in name:
            factor[j] = 0.25
        if name == "z":
            oracle.upper[j] = 0.0
        elif bare == "h" and ":" not in name:
            oracle.upper[j] = 0.1
    assert (factor == 0.0).sum() == 7
    assert (factor == 0.25).sum() == 3
    oracle.elastic_net(0.01, 1.0, factor)
    fit = p.fit(penalty)
    assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
    assert fit.certificate().holds


def test_counts_are_rows_with_weights() -> None:
    """Events out of trials: the loss of each trial."""
    rng = np.random.default_rng(3)
    n = 60
    data = {"x": rng.normal(size=n), "z": rng.normal(size=n), "trials": rng.integers(1, 9, n)}
    data["events"] = rng.binomial(data["trials"], 1.0 / (1.0 + np.exp(-data["x"])))
    data["others"] = data["trials"] - data["events"]
    fit = lk.logit("cbind(events, others) ~ x + z", data, penalty=lk.ElasticNet(0.02, 0.5))
    X = np.column_stack([np.ones(n), data["x"], data["z"]])
    oracle = PenalisedOracle(X, data["events"] / data["trials"], data["trials"])
    oracle.elastic_net(0.02, 0.5)
    assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
    assert fit.certificate().holds


def test_without_an_intercept() -> None:
    p = prepared("dense, C order", "plain")
    X = p.X[:, 1:]
    for penalty, terms in ((lk.Lasso(0.02), (0.02, 1.0)), (lk.Ridge(0.02), (0.02, 0.0))):
        fit = lk.logit_matrix(X, p.y, p.shape.penalised, penalty=penalty)
        oracle = PenalisedOracle(X, p.y, intercept=None)
        oracle.elastic_net(*terms)
        assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
        assert fit.certificate().holds


def test_the_relaxed_lasso_lies_between_the_lasso_and_the_refit() -> None:
    p = prepared("dense, C order", "plain")
    lasso = p.fit(lk.Lasso(0.04)).coef
    chosen = lasso.index[lasso != 0.0]
    assert 2 < len(chosen) < len(lasso)
    refit = lk.logit_matrix(p.X[:, lasso.to_numpy() != 0.0], p.y, list(chosen)).coef
    for gamma in (0.0, 0.3, 1.0):
        fit = p.fit(lk.RelaxedLasso(0.04, gamma=gamma))
        assert (fit.coef[lasso == 0.0] == 0.0).all()
        expected = gamma * lasso[chosen] + (1.0 - gamma) * refit
        assert_allclose(fit.coef[chosen], expected, rtol=ROUTE)
    assert p.fit(lk.RelaxedLasso(0.04, gamma=1.0)).certificate().holds


def test_a_constant_column_beside_an_intercept_is_left_out() -> None:
    p = prepared("dense, C order", "plain")
    X = np.column_stack([p.X, np.full(len(p.y), 7.0)])
    names = [*p.shape.names, "seven"]
    for penalty in (lk.Lasso(0.01), lk.Ridge(0.05), lk.GroupLasso(0.01, groups={"g": ["x1", "x2", "seven"]})):
        with pytest.warns(lk.errors.DataWarning, match="seven"):
            fit = lk.logit_matrix(X, p.y, names, penalty=penalty)
        assert fit.coef["seven"] == 0.0
        assert fit.certificate().holds


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.4])
@pytest.mark.parametrize("members", [["x1", "x2"], ["x1"]])
def test_a_constant_column_does_not_count_in_its_group(members: list[str], l1_ratio: float, standardize: bool) -> None:
    """The strength of a group has the root of its size, and a column that is left out is none of it."""
    p = prepared("dense, C order", "plain")
    X = np.column_stack([p.X, np.full(len(p.y), 7.0)])
    options = {"standardize": standardize, "relative": {"g": 1.5}}
    without = lk.GroupLasso(0.02, l1_ratio, groups={"g": members}, **options)
    expected = lk.logit_matrix(p.X, p.y, p.shape.names, penalty=without)
    penalty = lk.GroupLasso(0.02, l1_ratio, groups={"g": [*members, "seven"]}, **options)
    with pytest.warns(lk.errors.DataWarning, match="seven"):
        fit = lk.logit_matrix(X, p.y, [*p.shape.names, "seven"], penalty=penalty)
    assert_allclose(fit.coef[expected.coef.index], expected.coef, rtol=EXACT, atol=EXACT)
    assert fit.coef["seven"] == 0.0
    assert fit.certificate().holds


@pytest.mark.parametrize("extra", [None, lk.Lasso(0.02), lk.Ridge(0.02)])
def test_a_prior_says_what_the_coefficient_of_a_constant_column_is(extra: lk.Lasso | lk.Ridge | None) -> None:
    """Its standard deviation is zero, so that a penalty of standardised columns says nothing of it."""
    p = prepared("dense, C order", "plain")
    X = np.column_stack([p.X, np.full(len(p.y), 7.0)])
    prior = lk.GaussianPrior(0.3, 2.0)
    fit = lk.logit_matrix(X, p.y, [*p.shape.names, "seven"], penalty=prior if extra is None else prior + extra)
    oracle = PenalisedOracle(X, p.y)
    oracle.prior(0.3, 2.0)
    if extra is not None:
        oracle.elastic_net(0.02, extra.l1_ratio)
    assert fit.coef["seven"] != 0.0
    assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
    assert fit.certificate().holds


PATHS = {
    "lasso": lk.Lasso(),
    "ridge": lk.Ridge(),
    "lasso and prior": lk.Lasso() + lk.GaussianPrior(0.3, 3.0),
    "ridge and prior": lk.Ridge() + lk.GaussianPrior(0.3, 3.0),
    "lasso and ridge": lk.Lasso() + lk.Ridge(0.05),
}


@pytest.mark.parametrize("penalty", PATHS)
@pytest.mark.parametrize("design", ["dense, C order", "sparse", "wide"])
def test_the_loss_of_a_path_is_that_of_the_rows(design: str, penalty: str) -> None:
    """Without any part of the penalty, a prior included: what the deviance is made of, and where a path ends."""
    p = prepared(design, "weights and offset" if design != "wide" else "plain")
    record = p.path(PATHS[penalty], n_strengths=6).record
    oracle = p.oracle()
    losses = [oracle.smooth(coef)[0] for coef in record.coef]
    assert_allclose(record.loss, losses, rtol=ROUTE)
    assert_allclose(record.deviance, 2.0 * np.array(losses), rtol=ROUTE)


@pytest.mark.parametrize("standardize", [True, False])
def test_a_coefficient_held_at_zero_adds_nothing_to_the_length_of_its_group(standardize: bool) -> None:
    p = prepared("dense, C order", "plain")
    groups = {"first": ["x1", "x2", "x3"], "second": ["x4", "x5"]}
    penalty = lk.GroupLasso(0.02, groups=groups, standardize=standardize) + lk.Bounds({"x1": 0.0}, {"x1": 0.0})
    oracle = p.oracle()
    single = [np.array([j]) for j in range(6, len(p.shape.names))]
    oracle.group_lasso(0.02, 0.0, [np.array([1, 2, 3]), np.array([4, 5]), *single], standardize=standardize)
    oracle.lower[1] = oracle.upper[1] = 0.0
    own, size, strength = oracle.groups[0]
    oracle.groups[0] = own[1:], size[1:], strength
    fit = p.fit(penalty)
    assert fit.coef["x1"] == 0.0
    assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
    assert fit.certificate().holds


def test_one_number_as_the_precision_of_a_prior_leaves_the_intercept_free() -> None:
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + smoke", births, penalty=lk.GaussianPrior(0.0, 3.0))
    assert_allclose(fit.predict().mean(), births["low"].mean(), rtol=EXACT)  # its equation has no other term
    named = lk.logit("low ~ age + smoke", births, penalty=lk.GaussianPrior(precision={"age": 3.0, "smoke": 3.0}))
    assert_allclose(fit.coef, named.coef, rtol=ROUTE)
    for whole in ({"Intercept": 3.0, "age": 3.0, "smoke": 3.0}, [3.0, 3.0, 3.0], 3.0 * np.eye(3)):
        own = lk.logit("low ~ age + smoke", births, penalty=lk.GaussianPrior(precision=whole))
        # n (mean of mu - mean of y) + P b = 0 in the intercept
        lack = len(births) * (own.predict().mean() - births["low"].mean()) + 3.0 * own.coef["Intercept"]
        assert_allclose(lack, 0.0, atol=len(births) * EXACT)
    codes = births["race"].astype(str)
    several = lk.multinomial_matrix(
        np.column_stack([np.ones(len(births)), births["age"]]), codes, ["Intercept", "age"], penalty=lk.GaussianPrior()
    )
    shares = codes.value_counts(normalize=True).sort_index()
    assert_allclose(several.predict().mean(axis=0)[shares.index], shares, rtol=ROUTE)


@pytest.mark.parametrize("sparse", [False, True])
def test_who_asks_for_a_looser_gap_has_a_bound_and_no_further_step(
    sparse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LOOKED_AT_MOST", 0)  # as of rows that are many
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, 12)) * (rng.random((400, 12)) < 0.5)
    y = (rng.random(400) < 1.0 / (1.0 + np.exp(-X[:, 0] + X[:, 1] - 0.5 * X[:, 2]))).astype(float)
    given = csr_array(X) if sparse else X
    penalty, names = lk.Lasso(0.01), [f"x{j}" for j in range(12)]
    exact = lk.logit_matrix(given, y, names, penalty=penalty)
    loose = lk.logit_matrix(given, y, names, penalty=penalty, solver=lk.ProxNewton(tol=1e-5))
    facts, found = loose.record.penalty, loose.certificate()
    assert facts is not None
    assert loose.converged
    assert found.holds
    assert found.relative_gap <= facts.gap <= 1e-5
    above = found.objective - exact.certificate().objective
    assert -EXACT <= above <= facts.gap * facts.null_value
    assert np.abs(loose.coef - exact.coef).max() > 1e-8  # the step would leave less
