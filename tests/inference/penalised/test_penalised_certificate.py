"""Certificates of penalised fits: true lower bounds, tight at a minimum, weak away from it, and from the data alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import logit as logit_of

import logitkit as lk
from engine.regularised.shrunken import PENALTIES, Problem, problem
from logitkit.inference.penalised.certificate import certificate
from logitkit.inference.penalised.conjugates import PenaltyTerms
from logitkit.models.penalties.penalty import Groups, Penalty
from oracles.penalised import PenalisedOracle
from tolerances import EXACT, ROUTE


def moved(fit: lk.Fit, coef: np.ndarray) -> lk.Fit:
    """Return a fit that claims other coefficients."""
    return lk.Fit(replace(fit.record, coef=coef), fit.design)


def somewhere(p: Problem, fit: lk.Fit, oracle: PenalisedOracle, size: float) -> np.ndarray:
    """Return coefficients away from the minimum, within the bounds, the zeros among them kept or not."""
    rng, best = np.random.default_rng(3), fit.coef.to_numpy()
    shift = size / oracle.scale * rng.normal(size=best.size) * ((best != 0.0) | (rng.random(best.size) < 0.3))
    return np.clip(best + shift, oracle.lower, oracle.upper)


@pytest.mark.parametrize("rows", ["plain", "weights and offset"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_bound_is_below_the_minimum_from_anywhere(penalty: str, rows: str) -> None:
    """Weak duality: whatever the coefficients, the bound is no more than the objective at the minimum."""
    p, stated = problem("dense, C order", rows), PENALTIES[penalty]
    fit, oracle = p.fit(stated.penalty(p.shape)), p.oracle(stated)
    least = oracle.objective(fit.coef.to_numpy())
    for size in (1e-6, 1e-3, 0.1, 1.0):
        found = moved(fit, somewhere(p, fit, oracle, size)).certificate()
        excess = found.objective - least
        assert found.dual <= least + EXACT * least
        assert found.gap >= excess - EXACT * least
        if excess > 1e-9 * least:
            assert not found.holds
            assert "not within" in found.words or "No lower bound" in found.words


@pytest.mark.parametrize("penalty", ["lasso", "ridge", "elastic net", "sparse group", "box", "lasso and whole prior"])
def test_the_gap_falls_with_the_square_of_the_distance(penalty: str) -> None:
    p, stated = problem("dense, C order", "plain"), PENALTIES[penalty]
    fit, oracle = p.fit(stated.penalty(p.shape)), p.oracle(stated)
    rng, best = np.random.default_rng(3), fit.coef.to_numpy()
    inside = (best != 0.0) & (best > 0.9 * oracle.lower) & (best < 0.9 * oracle.upper)
    shift = rng.normal(size=best.size) / oracle.scale * inside
    gaps = [moved(fit, best + size * shift).certificate().relative_gap for size in (1e-3, 1e-4)]
    assert 0.0 < gaps[1] < 0.02 * gaps[0]
    assert gaps[0] < 1e-3


def test_the_dual_of_a_problem_with_a_closed_form() -> None:
    """One column of ones, ridge of the prior: the minimum is where n (mu - ybar) + P b = 0."""
    X, y = np.ones((20, 1)), np.r_[np.ones(14), np.zeros(6)]
    fit = lk.logit_matrix(X, y, ["Intercept"], penalty=lk.GaussianPrior(precision={"Intercept": 5.0}))
    b = fit.coef["Intercept"]
    mu = 1.0 / (1.0 + np.exp(-b))
    assert_allclose(20 * (mu - 0.7) + 5.0 * b, 0.0, atol=EXACT)
    found = fit.certificate()
    objective = -20 * (0.7 * np.log(mu) + 0.3 * np.log1p(-mu)) + 2.5 * b**2
    assert_allclose([found.objective, found.dual], objective, rtol=EXACT)
    assert_allclose(found.null_objective, 20 * np.log(2.0), rtol=EXACT)
    assert found.holds


def test_the_null_model_and_its_certificate() -> None:
    p = problem("dense, C order", "offset")
    fit = p.fit(lk.Lasso(100.0, keep=["x2"]))
    found = fit.certificate()
    null = lk.logit_matrix(p.X[:, [0, 2]], p.y, ["Intercept", "x2"], **p.rows)
    assert_allclose(found.null_objective, -null.loglik, rtol=ROUTE)
    assert_allclose(found.objective, -null.loglik, rtol=ROUTE)
    assert found.holds
    plain = p.fit(lk.Lasso(100.0)).coef["Intercept"]
    assert np.isfinite(logit_of(p.y.mean()))
    assert np.isfinite(plain)


def test_the_distance_is_in_units_of_a_strength() -> None:
    """At the null model the distance to the conditions is how far the strength is below the largest."""
    p = problem("dense, C order", "weights and offset")
    largest = float(p.path(lk.Lasso(), n_strengths=3).strengths[0])
    null = p.fit(lk.Lasso(1.5 * largest))
    weaker = p.fit(lk.Lasso(0.4 * largest))
    claimed = moved(weaker, null.coef.to_numpy().copy()).certificate()
    assert_allclose(claimed.kkt_distance, 0.6 * largest, rtol=ROUTE)
    assert not claimed.holds


def test_new_rows_are_not_those_of_the_fit() -> None:
    data = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt + race + smoke", data, penalty=lk.Lasso(0.02))
    assert fit.certificate(data).holds
    assert_allclose(fit.certificate(data).objective, fit.certificate().objective, rtol=EXACT)
    assert not fit.certificate(data.iloc[:-1]).holds


def test_rows_without_weight_and_fitted_to_the_last_digit() -> None:
    X = np.column_stack([np.ones(6), [0.0, 1.0, 2.0, 3.0, 400.0, -800.0]])
    y, weights = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0]), np.array([1.0, 2.0, 1.0, 1.0, 1.0, 0.0])
    fit = lk.logit_matrix(
        X, y, ["Intercept", "x"], weights=weights, weight_kind="precision", penalty=lk.Lasso(1e-3, standardize=False)
    )
    assert fit.certificate().holds


@pytest.mark.parametrize("mixed", [False, True])
def test_terms_of_groups_meet_their_conjugate(mixed: bool) -> None:
    rng = np.random.default_rng(1)
    squares = rng.exponential(size=5) * (np.array([1, 1, 0, 1, 1]) if mixed else 0.0)
    penalty = Penalty(
        rng.exponential(size=5),
        squares,
        np.full(5, -np.inf),
        np.full(5, np.inf),
        Groups(np.array([0, 0, 0, 1, 1]), np.array([0.5, 2.0])),
    )
    terms = PenaltyTerms.of(penalty, 0.3 * np.ones(5) * mixed, rng.normal(size=5))
    coef = rng.normal(size=5)
    smooth, slope = terms.smooth(coef)
    assert smooth.all()
    assert terms.shrinkage(slope * (1.0 - 1e-15), squares=True) > 1.0 - 1e-12
    assert_allclose(terms.young(coef, slope), 0.0, atol=1e-9)
    assert_allclose(terms.value(coef) + terms.conjugate(slope), slope @ coef, rtol=1e-9)
    for _ in range(200):
        other = rng.normal(size=5)
        assert terms.value(other) + terms.conjugate(slope) >= slope @ other - EXACT


def test_coefficients_beyond_a_bound_have_no_certificate() -> None:
    p = problem("dense, C order", "plain")
    fit = p.fit(lk.Lasso(0.01) + lk.Bounds(-0.1, 0.05))
    coef = fit.coef.to_numpy().copy()
    coef[int(np.argmax(coef[1:])) + 1] = 0.0501
    found = moved(fit, coef).certificate()
    assert found.objective == np.inf
    assert found.gap == np.inf
    assert not found.holds


def test_what_has_no_certificate_says_why() -> None:
    p = problem("dense, C order", "plain")
    with pytest.raises(lk.errors.UnsupportedError, match="no penalty"):
        p.fit(None).certificate()
    with pytest.raises(lk.errors.UnsupportedError, match="gamma=1"):
        p.fit(lk.RelaxedLasso(0.05)).certificate()


def test_a_fit_that_stopped_early_is_not_certified() -> None:
    p = problem("dense, C order", "plain")
    with pytest.warns(lk.errors.ConvergenceWarning):
        fit = p.fit(lk.Lasso(0.001), solver=lk.ProxNewton(max_iter=1))
    assert not fit.certificate().holds
    assert certificate(fit.record, fit.design).relative_gap > 1e-9
