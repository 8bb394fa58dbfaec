"""Penalised problems with more columns than are solved at once: the same as with one array of second derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
import logitkit.engine.regularised.engines as routes
from engine.regularised.shrunken import PENALTIES, Shape, outcome, problem, random_matrix
from examples import every_other
from logitkit.engine.curvature.wide import wide_gram
from logitkit.engine.regularised import working_set
from oracles.penalised import PenalisedOracle

FEW = 4  # columns that are solved at once in these tests
OPTIMAL = 1e-9  # of a proximal step: the gap is reached by columns joining, and polished on those
SAME = 1e-8
SET = "proximal Newton on a working set of columns"
BY_COLUMNS = "proximal Newton, coordinate descent on a working set of sparse columns"
#: Newton's method and whole priors have no working set.
CORNERS = [name for name in PENALTIES if "prior" not in name and not name.startswith("ridge")] + ["ridge in a box"]


@pytest.mark.parametrize(
    ("penalty", "design", "rows"),
    every_other(CORNERS, ["dense, C order", "sparse", "coded", "wide"], ["plain", "weights and offset"], of=3),
)
def test_optimal_certified_and_the_same(monkeypatch: pytest.MonkeyPatch, design: str, rows: str, penalty: str) -> None:
    p, stated = problem(design, rows), PENALTIES[penalty]
    whole = p.fit(stated.penalty(p.shape))
    monkeypatch.setattr(routes, "GRAM_MOST", FEW)
    fit = p.fit(stated.penalty(p.shape))
    penalised = fit.record.penalty
    assert penalised is not None
    by_columns = design in {"sparse", "coded"} and penalised.penalty.groups is None
    # Without corners every column would be in use.
    route = whole.record.method if penalty == "ridge in a box" else BY_COLUMNS if by_columns else SET
    assert fit.record.method == route
    assert fit.converged
    oracle = p.oracle(stated)
    assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
    found = fit.certificate()
    assert found.holds
    assert_allclose(found.objective, oracle.objective(fit.coef.to_numpy()), rtol=1e-12)
    assert_allclose(oracle.scale * fit.coef.to_numpy(), oracle.scale * whole.coef.to_numpy(), atol=SAME)


@pytest.mark.parametrize("design", ["sparse", "coded", "wide"])
@pytest.mark.parametrize(
    "penalty",
    [
        lk.Lasso(),
        lk.ElasticNet(l1_ratio=0.3),
        lk.GroupLasso(),
        lk.Lasso() + lk.Bounds(lower=0.0),
        lk.Lasso() + lk.Ridge(0.01),
    ],
)
def test_paths_are_the_same_to_their_tolerance(monkeypatch: pytest.MonkeyPatch, design: str, penalty: object) -> None:
    p = problem(design, "plain")
    grid = {"n_strengths": 10, "ratio": 0.02, "solver": lk.ProxNewton(tol=1e-11)}
    whole = p.path(penalty, **grid)
    monkeypatch.setattr(routes, "GRAM_MOST", FEW)
    path = p.path(penalty, **grid)
    assert_allclose(path.strengths, whole.strengths, rtol=1e-12)
    scale = p.oracle().scale
    # The root of the gap over the least curvature of the columns that are chosen.
    assert_allclose(scale * path.coef.to_numpy(), scale * whole.coef.to_numpy(), atol=2e-3)
    # Its loss without the penalty is known to the root of the gap as well.
    assert_allclose(path.deviance_ratio, whole.deviance_ratio, atol=1e-5)


@pytest.mark.parametrize("most", [0, 99, 100])
def test_second_derivatives_of_more_rows_are_summed_by_rows(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    X = random_matrix(100, 1_301, 4)
    y = outcome(X)
    calls = []

    def counted(*given: object) -> np.ndarray:
        calls.append(given)
        return wide_gram(*given)

    names = ["Intercept", *(f"x{j}" for j in range(1, 1_301))]
    bounded = lk.Lasso() + lk.Bounds(lower=-2.0)  # a lasso alone does not sum them there
    grid = {"penalty": bounded, "n_strengths": 20, "ratio": 0.05, "solver": lk.ProxNewton(tol=1e-9)}
    usual = lk.path_matrix(X, y, names, **grid)
    monkeypatch.setattr(working_set, "wide_gram", counted)
    monkeypatch.setattr(working_set, "WIDE_ROWS_MOST", most)
    path = lk.path_matrix(X, y, names, **grid)
    assert bool(calls) is (most >= 100)
    assert_allclose(path.deviance_ratio, usual.deviance_ratio, atol=1e-4)  # known to the root of the gap


@pytest.mark.parametrize("penalty", [lk.Lasso(0.05), lk.ElasticNet(0.05, 0.5), lk.Lasso(0.03) + lk.Bounds(lower=0.0)])
def test_more_columns_than_are_solved_at_once(penalty: object) -> None:
    """Without any change to the limit: 1,300 columns, 100 rows."""
    X = random_matrix(100, 1_301, 4)
    y = outcome(X)
    names = ["Intercept", *(f"x{j}" for j in range(1, 1_301))]
    fit = lk.logit_matrix(X, y, names, penalty=penalty)
    assert fit.record.method == SET
    oracle = PenalisedOracle(X, y)
    part = getattr(penalty, "parts", (penalty,))[0]
    oracle.elastic_net(part.strength, part.l1_ratio)
    if hasattr(penalty, "parts"):
        oracle.lower[1:] = 0.0
    assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
    assert fit.certificate().holds
    assert 3 < (fit.coef != 0.0).sum() < 100


def test_a_ridge_with_many_columns() -> None:
    """By products with the second derivatives, never written out."""
    X = random_matrix(80, 1_301, 5)
    y = outcome(X)
    fit = lk.logit_matrix(X, y, ["Intercept", *(f"x{j}" for j in range(1, 1_301))], penalty=lk.Ridge(0.1))
    oracle = PenalisedOracle(X, y)
    oracle.elastic_net(0.1, 0.0)
    assert oracle.residual(fit.coef.to_numpy()) < OPTIMAL
    assert fit.certificate().holds


def test_columns_that_the_rule_leaves_out_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that lets nothing in costs rounds, and no column."""
    monkeypatch.setattr(routes, "GRAM_MOST", FEW)
    p, stated = problem("wide", "plain"), PENALTIES["lasso, small"]
    before = p.fit(stated.penalty(p.shape))
    nothing = np.zeros(len(p.shape.names), dtype=bool)
    monkeypatch.setattr(routes.ColumnSet, "_wanted", lambda _, __: nothing)
    fit = p.fit(stated.penalty(p.shape))
    assert_allclose(fit.coef, before.coef, atol=SAME)
    assert_array_equal(fit.coef == 0.0, before.coef == 0.0)


@pytest.mark.parametrize(
    ("penalty", "few", "seed"),
    every_other(["lasso, small", "adaptive", "group", "sparse group", "box", "named bounds"], [FEW, 10_000], range(6)),
)
def test_nearly_separated_outcomes_are_not_taken_for_solved(
    monkeypatch: pytest.MonkeyPatch, seed: int, few: int, penalty: str
) -> None:
    """More columns than rows and little penalty: second derivatives of the columns that are not zero are singular."""
    monkeypatch.setattr(routes, "GRAM_MOST", few)
    X = random_matrix(25 + 5 * seed, 56, 100 + seed)
    y = outcome(X, 200 + seed)
    names = ["Intercept", *(f"x{j}" for j in range(1, 56))]
    shape = Shape(names, [names[k : k + 3] for k in range(1, 56, 3)])
    given = PENALTIES[penalty].penalty(shape)
    weak = [
        part.at(0.05 * part.strength) if hasattr(part, "at") else part for part in getattr(given, "parts", (given,))
    ]
    chosen = weak[0] if len(weak) == 1 else weak[0] + weak[1]
    fit = lk.logit_matrix(X, y, names, penalty=chosen)
    assert fit.converged
    found = fit.certificate()
    assert found.holds, found.words
