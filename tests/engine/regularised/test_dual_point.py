"""The gap that a fit states is a bound at every tolerance, and strengths that rounding hides are refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from engine.regularised.shrunken import PENALTIES, Problem, Shape, outcome, problem, random_matrix
from engine.regularised.shrunken_outcomes import outcome_problem, table
from examples import every_other
from logitkit.engine.objective import Objective, outcomes_objective
from logitkit.engine.regularised import dual_point
from logitkit.engine.regularised.coordinate_descent import QuadraticModel
from logitkit.engine.regularised.dual_point import DualPoint, certified_gap
from logitkit.engine.regularised.prox_newton import Scaled
from logitkit.errors import DataError
from logitkit.models.binomial import Binomial
from oracles.penalised import PenalisedOracle
from tolerances import EXACT, ROUTE

TOLERANCES = (3e-1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-9)
CORNERS = [name for name in PENALTIES if name not in {"ridge", "ridge, as given"} and "prior" not in name]


def names(p: int) -> list[str]:
    """Name the columns of a matrix that begins with an intercept."""
    return ["Intercept", *(f"x{j}" for j in range(1, p))]


@pytest.mark.parametrize(
    ("penalty", "design"),
    every_other([*CORNERS, "lasso and prior", "lasso and whole prior", "group and prior"], ["dense, C order", "wide"]),
)
def test_the_stated_gap_is_a_bound_at_every_tolerance(design: str, penalty: str) -> None:
    """Against the objective of a fit to 1e-12, which is itself certified by other code."""
    p, stated = problem(design, "weights and offset" if design != "wide" else "plain"), PENALTIES[penalty]
    oracle = p.oracle(stated)
    best = p.fit(stated.penalty(p.shape))
    assert best.certificate().holds
    least = oracle.objective(best.coef.to_numpy())
    for tol in TOLERANCES:
        fit = p.fit(stated.penalty(p.shape), solver=lk.ProxNewton(tol=tol))
        facts = fit.record.penalty
        assert facts is not None
        assert fit.converged
        assert facts.gap <= tol
        away = (oracle.objective(fit.coef.to_numpy()) - least) / facts.null_value
        assert away <= facts.gap + EXACT


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("few", [False, True])
def test_the_gap_is_a_bound_anywhere_and_whatever_the_second_derivatives(
    few: bool, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At points that are no solutions, with a model of another point, or of none: a bound, or none is found.

    Also where the columns in use are copied, as those of large matrices are.
    """
    if few:
        monkeypatch.setattr(dual_point, "LARGE", 0)
        monkeypatch.setattr(dual_point, "FEW", 0)
    rng = np.random.default_rng(seed)
    X = random_matrix(80, 9, seed)
    p = Problem.__new__(Problem)
    p.rows = {}
    p.X, p.y = X, outcome(X, seed)
    own = names(9)
    p.shape = Shape(own, [own[1:4], own[4:6], own[6:]])
    stated = list(PENALTIES.values())[seed % len(PENALTIES)]
    oracle = PenalisedOracle(X, p.y)
    stated.oracle(oracle, p.shape)
    path = lk.logit_matrix(X, p.y, own, penalty=stated.penalty(p.shape))
    facts, design = path.record.penalty, path.design
    assert facts is not None
    assert design is not None
    best = path.coef.to_numpy()
    scaled = Scaled(Objective(design.matrix, design.response, Binomial(), None, facts.quadratic), facts.scale)
    found = 0
    for size in (0.0, 1e-4, 1e-2, 0.3):
        coef = facts.penalty.within(best * facts.scale + size * rng.normal(size=best.size) * (best != 0.0))
        point, exact = scaled.model(coef, facts.penalty)
        rough = QuadraticModel(10.0 * np.eye(9), facts.penalty.free)
        old = scaled.model(0.5 * coef, facts.penalty)[1]
        for model in (exact, old, rough):
            step = model.corrected(point.gradient, coef, facts.penalty)[0]
            gap = certified_gap(scaled, facts.penalty, point, model, step, 0.0)
            found += np.isfinite(gap)
            away = oracle.objective(coef / facts.scale) - oracle.objective(best)
            assert away <= gap + EXACT * abs(oracle.objective(best))
    assert found >= 4  # with second derivatives of the point itself there is a bound


def test_residuals_that_belong_to_no_shares_are_not_taken() -> None:
    """A move of a linear predictor by more than one may lead beyond [0, 1], where the bound is infinite."""
    X = random_matrix(60, 3, 1)
    y = outcome(X, 2)
    fit = lk.logit_matrix(X, y, names(3), penalty=lk.Ridge(1e-3) + lk.Bounds(-5.0, 5.0))
    facts, design = fit.record.penalty, fit.design
    assert facts is not None
    assert design is not None
    scaled = Scaled(Objective(design.matrix, design.response, Binomial()), facts.scale)
    point = scaled.point(fit.coef.to_numpy() * facts.scale)
    near = DualPoint(scaled, facts.penalty, point, np.array([0.0, 0.01, 0.0]))
    far = DualPoint(scaled, facts.penalty, point, np.array([0.0, 10.0, 0.0]))
    assert near.feasible
    assert not far.feasible
    shares = y + far.rows / design.response.weights
    assert shares.min() < 0.0 or shares.max() > 1.0
    # Whatever the step, nothing is left of the columns without penalty.
    assert abs(near.rows.sum()) < EXACT * np.abs(near.view.slope).sum()


@pytest.mark.parametrize("shape", [(150, 11), (60, 90)])
@pytest.mark.parametrize("strength", [1e-17, 1e-30, 1e-300])
def test_strengths_below_rounding_are_refused(strength: float, shape: tuple[int, int]) -> None:
    X = random_matrix(*shape)
    y = outcome(X)
    for penalty in (lk.Lasso(strength), lk.Ridge(strength), lk.ElasticNet(strength, 0.5), lk.GroupLasso(strength)):
        with pytest.raises(DataError, match="lost to rounding"):
            lk.logit_matrix(X, y, names(shape[1]), penalty=penalty)
    with pytest.raises(DataError, match="lost to rounding"):
        lk.path_matrix(X, y, names(shape[1]), penalty=lk.Lasso(), strengths=[0.1, strength])
    with pytest.raises(DataError, match="'x3'"):
        lk.logit_matrix(X, y, names(shape[1]), penalty=lk.Lasso(0.1, relative={"x3": strength}))


def test_a_small_strength_of_large_units_is_felt() -> None:
    """What counts is the strength of the standardised column: 1e-18 for a coefficient in units of 1e-9."""
    X = random_matrix(150, 5)
    y = outcome(X)
    large = X.copy()
    large[:, 1:] *= 1e-9
    one = lk.logit_matrix(X, y, names(5), penalty=lk.Lasso(1e-3, standardize=False))
    two = lk.logit_matrix(large, y, names(5), penalty=lk.Lasso(1e-12, standardize=False))
    assert_allclose(two.coef.to_numpy()[1:] * 1e-9, one.coef.to_numpy()[1:], rtol=ROUTE)
    again = lk.logit_matrix(large, y, names(5), penalty=lk.Ridge(1e-18 * 1e-3, standardize=False))
    assert again.converged


@pytest.mark.parametrize("reference", [None, 0])
@pytest.mark.parametrize("penalty", ["lasso", "elastic net", "group", "lasso and prior"])
def test_the_gap_of_several_outcomes_is_a_bound_anywhere(penalty: str, reference: int | None) -> None:
    """At points that are no solutions, with second derivatives of another point, or of none."""
    p, stated = outcome_problem("dense, C order", "weights and offset"), PENALTIES[penalty]
    fit = p.fit(stated.penalty(p.columns.shape), **({} if reference is None else {"reference": "ash"}))
    oracle, facts, design, record = p.oracle(stated, reference), fit.record.penalty, fit.design, fit.record
    place = np.arange(0 if reference == 0 else 1, record.coef.size)  # in symmetric form less the first intercept
    predictors = record.predictors.picked(place)
    scaled = Scaled(outcomes_objective(design.matrix, design.response, predictors, facts.quadratic), facts.scale)
    flat = record.coef - (0.0 if reference == 0 else np.where(np.arange(record.coef.size) % 11 == 0, record.coef[0], 0))
    best, least = flat[place] * facts.scale, oracle.objective(table(fit))
    rng, found = np.random.default_rng(3), 0
    for size in (0.0, 1e-4, 1e-2, 0.1):
        coef = best + size * rng.normal(size=best.size) * (best != 0.0)
        point, exact = scaled.model(coef, facts.penalty)
        rough = QuadraticModel(10.0 * np.eye(best.size), facts.penalty.free)
        for model in (exact, scaled.model(0.5 * coef, facts.penalty)[1], rough):
            step = model.corrected(point.gradient, coef, facts.penalty)[0]
            gap = certified_gap(scaled, facts.penalty, point, model, step, 0.0)
            found += np.isfinite(gap)
            away = oracle.objective(predictors.flat(coef / facts.scale).reshape(table(fit).shape)) - least
            assert away <= gap + EXACT * least
    assert found >= 4  # with second derivatives of the point itself there is a bound


def test_moved_residuals_of_several_outcomes_belong_to_proportions() -> None:
    p = outcome_problem("dense, C order")
    fit = p.fit(lk.Lasso(0.01), reference="ash")
    facts, design = fit.record.penalty, fit.design
    scaled = Scaled(outcomes_objective(design.matrix, design.response, fit.record.predictors), facts.scale)
    point = scaled.point(fit.record.coef * facts.scale)
    step = np.zeros(point.coef.size)
    step[1] = 0.01
    near, far = (DualPoint(scaled, facts.penalty, point, size * step) for size in (1.0, 1000.0))
    assert near.feasible
    assert not far.feasible
    for dual, inside in ((near, True), (far, False)):
        shares = np.eye(3)[p.codes].T[1:] + dual.rows
        assert (min(shares.min(), 1.0 - shares.sum(axis=0).max()) >= 0.0) == inside
    # Whatever the step, nothing is left of the columns without penalty.
    assert np.abs(near.rows.sum(axis=1)).max() < EXACT * np.abs(near.view.slope).sum()
    assert np.abs(far.rows.sum(axis=1)).max() < EXACT * np.abs(far.view.slope).sum()
