"""Ridges of more columns than rows, and of many levels: fit, posterior and path are those of the long way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import logitkit as lk
from engine.regularised.shrunken import outcome, random_matrix
from logitkit.design.matrix.dense import Dense
from logitkit.engine.curvature.row_space import RowSpaceVcov
from logitkit.engine.curvature.vcov import ArrowVcov, DenseVcov
from logitkit.engine.regularised import smooth
from logitkit.errors import DataError
from oracles.penalised import PenalisedOracle
from tolerances import EXACT, ROUTE

N, P = 30, 47
X = random_matrix(N, P, 11)
Y = outcome(X, 12)
NAMES = ["Intercept", *(f"x{j}" for j in range(1, P))]
RNG = np.random.default_rng(13)
WHOLE = {"x": X, "y": Y}
COUNTS = RNG.integers(0, 4, N).astype(float)
OFFSET = RNG.normal(0.5, 1.0, N)
DIAGONAL = lk.GaussianPrior(dict(zip(NAMES[1:9], RNG.normal(size=8), strict=True)), dict.fromkeys(NAMES[1:], 1.5))

CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain": (lk.Ridge(0.05), {}),
    "as given": (lk.Ridge(0.05, standardize=False), {}),
    "counts and offset": (lk.Ridge(0.05), {"weights": COUNTS, "offset": OFFSET}),
    "kept and relative": (lk.Ridge(0.05, keep=["x1", "x2"], relative={"x3": 0.01, "x4": 30.0}), {"offset": OFFSET}),
    "prior": (DIAGONAL, {"weights": COUNTS}),
    "prior of all": (lk.GaussianPrior(0.2, 2.0), {}),
    "ridge and prior": (lk.Ridge(0.02) + DIAGONAL, {"offset": OFFSET}),
    "held": (lk.Ridge(0.05) + lk.Bounds({"x5": 0.0, "x9": 0.0}, {"x5": 0.0, "x9": 0.0}), {}),
    "held, prior": (DIAGONAL + lk.Bounds({"x5": 0.0}, {"x5": 0.0}), {}),
}


@pytest.fixture
def long_way(monkeypatch: pytest.MonkeyPatch):
    """Return a fit that is not reduced."""

    def fit(function: Any) -> Any:
        with monkeypatch.context() as within:
            within.setattr(smooth, "is_reducible", lambda *_: False)
            within.setattr(smooth, "LEVELS_LEAST", 10**9)
            return function()

    return fit


def posterior(matrix: np.ndarray, fit: lk.Fit, rows: dict[str, Any]) -> np.ndarray:
    """Return the inverse of the information at the coefficients of a fit plus its penalty, from the definitions."""
    facts = fit.record.penalty
    assert facts is not None
    coef = fit.coef.to_numpy()
    mu = 1.0 / (1.0 + np.exp(-(matrix @ coef + rows.get("offset", 0.0))))
    information = matrix.T @ (matrix * (rows.get("weights", 1.0) * mu * (1.0 - mu))[:, None])
    information += np.diag(facts.penalty.l2 * facts.scale**2)
    if facts.quadratic is not None:
        information += np.diag(facts.quadratic.strengths)
    out, moves = np.zeros((coef.size, coef.size)), np.flatnonzero(~facts.penalty.held)
    scale = 1.0 / np.sqrt(information.diagonal()[moves])
    inner = np.linalg.inv(information[np.ix_(moves, moves)] * np.outer(scale, scale)) * np.outer(scale, scale)
    out[np.ix_(moves, moves)] = inner
    return out


def in_units(found: np.ndarray, expected: np.ndarray, unit: np.ndarray) -> None:
    """Compare coefficients or covariances in standard errors, or their products."""
    assert_allclose(found / unit, expected / unit, rtol=0, atol=ROUTE)


@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize("case", CASES)
def test_the_fit_and_its_posterior_are_those_of_the_long_way(case: str, kind: str, long_way) -> None:
    penalty, rows = CASES[case]
    given = X if kind == "dense" else sparse.csc_array(X)

    def make() -> lk.Fit:
        return lk.logit_matrix(given, Y, NAMES, penalty=penalty, **rows)

    fit, direct = make(), long_way(make)
    vcov, expected = fit.record.inner_vcov, DenseVcov(posterior(X, fit, rows))
    assert isinstance(vcov, RowSpaceVcov)
    assert isinstance(direct.record.inner_vcov, DenseVcov)
    error = np.sqrt(expected.diagonal())
    unit = np.where(error > 0.0, error, 1.0)
    in_units(fit.coef.to_numpy(), direct.coef.to_numpy(), unit)
    in_units(vcov.array(), expected.array(), np.outer(unit, unit))
    in_units(vcov.diagonal(), expected.diagonal(), unit**2)
    own = np.sqrt(expected.row_variances(Dense(X)))
    assert_allclose(vcov.row_variances(Dense(X)), own**2, rtol=ROUTE)
    in_units(vcov.times(X[:5]), X[:5] @ expected.array(), np.outer(own[:5], unit))
    one, two = fit.record.penalty, direct.record.penalty
    assert one is not None
    assert two is not None
    # The long way has the information one step before the last, which is off by the decrement there, up to 1e-8.
    assert_allclose(one.dof, two.dof, rtol=10.0 * ROUTE)
    assert_allclose(fit.loglik, direct.loglik, rtol=ROUTE)
    found = fit.certificate()
    assert found.holds
    assert one.gap <= one.tol


def test_coefficients_that_are_held_at_zero_leave_the_others_their_optimum() -> None:
    """Not only zero themselves: the others are what they are without these columns."""
    tall = random_matrix(200, 6, 3)
    y = outcome(tall, 4)
    names = NAMES[:6]
    for penalty in (lk.Ridge(0.1), lk.GaussianPrior(precision=2.0)):
        fit = lk.logit_matrix(tall, y, names, penalty=penalty + lk.Bounds({"x2": 0.0}, {"x2": 0.0}))
        without = lk.logit_matrix(np.delete(tall, 2, axis=1), y, names[:2] + names[3:], penalty=penalty)
        assert fit.coef["x2"] == 0.0
        assert fit.std_error["x2"] == 0.0
        assert_allclose(fit.coef.drop("x2"), without.coef, rtol=ROUTE)
        assert_allclose(fit.std_error.drop("x2"), without.std_error, rtol=ROUTE)
        assert fit.certificate().holds


def test_a_held_coefficient_beside_a_whole_prior() -> None:
    p = 5
    tall = random_matrix(120, p, 5)
    y = outcome(tall, 6)
    root = np.random.default_rng(7).normal(size=(p + 2, p))
    mean = np.linspace(-0.5, 0.5, p)
    prior = lk.GaussianPrior(mean, root.T @ root)
    fit = lk.logit_matrix(tall, y, NAMES[:p], penalty=prior + lk.Bounds({"x3": 0.0}, {"x3": 0.0}))
    oracle = PenalisedOracle(tall, y)
    oracle.prior(mean, root.T @ root)
    oracle.lower[3] = oracle.upper[3] = 0.0
    assert oracle.residual(fit.coef.to_numpy()) < EXACT
    assert fit.certificate().holds


def test_a_path_and_its_cross_validation(long_way) -> None:
    def path() -> lk.Path:
        return lk.path_matrix(X, Y, NAMES, penalty=lk.Ridge(), n_strengths=12, weights=COUNTS)

    found, expected = path(), long_way(path)
    assert_allclose(found.strengths, expected.strengths, rtol=ROUTE)
    scale = np.r_[1.0, X[:, 1:].std(axis=0)]
    reached = expected.record.coef * scale
    assert_allclose(found.record.coef * scale, reached, rtol=0, atol=ROUTE * np.abs(reached).max())
    assert_allclose(found.record.loss, expected.record.loss, rtol=ROUTE)

    def scores() -> np.ndarray:
        return lk.cross_validate_matrix(X, Y, NAMES, penalty=lk.Ridge(), n_strengths=6, folds=3).record.scores

    assert_allclose(scores(), long_way(scores), rtol=ROUTE)


def test_columns_far_from_zero_keep_their_digits(long_way) -> None:
    """Centring before the rows' directions are taken: means are 10,000 deviations, and the fit does not see them."""
    shifted = X.copy()
    shifted[:, 1:] += 1e4 * X[:, 1:].std(axis=0)
    plain = lk.logit_matrix(X, Y, NAMES, penalty=lk.Ridge(0.05))
    moved = lk.logit_matrix(shifted, Y, NAMES, penalty=lk.Ridge(0.05))
    error = plain.std_error.to_numpy()[1:]
    # The shift itself rounds the columns to 1e4 * eps of their deviations.
    assert_allclose(moved.coef.to_numpy()[1:] / error, plain.coef.to_numpy()[1:] / error, rtol=0, atol=ROUTE)
    assert_allclose(moved.std_error.to_numpy()[1:], error, rtol=ROUTE)
    assert_allclose(moved.predict(), plain.predict(), rtol=ROUTE)


def test_a_saved_fit_has_its_posterior(tmp_path: Path) -> None:
    fit = lk.logit_matrix(X, Y, NAMES, penalty=lk.Ridge(0.05, keep="x1"))
    path = fit.save(tmp_path / "wide.json")
    again = lk.load(path)
    assert isinstance(again.record.inner_vcov, RowSpaceVcov)
    assert np.array_equal(again.record.inner_vcov.array(), fit.record.inner_vcov.array())
    packed = json.loads(path.read_text())
    own = packed["inner_vcov"]["row_space"]
    for damage in ({"intercept": P}, {"basis": own["inner"]}, {"variance": own["inner"]}):
        packed["inner_vcov"]["row_space"] = own | damage
        path.write_text(json.dumps(packed))
        with pytest.raises(DataError, match="damaged"):
            lk.load(path)
    del own["free"]
    packed["inner_vcov"]["row_space"] = own
    path.write_text(json.dumps(packed))
    with pytest.raises(DataError, match="damaged"):
        lk.load(path)


@pytest.mark.parametrize("coding", ["g", "C(g, Sum)", "0 + g"])
def test_levels_are_eliminated_from_a_ridge(coding: str, long_way, tmp_path: Path) -> None:
    rng = np.random.default_rng(21)
    n, levels = 900, 140
    data = pd.DataFrame({"x": rng.normal(10.0, 2.0, n), "z": rng.exponential(size=n), "w": rng.integers(1, 4, n)})
    codes = rng.integers(0, levels, n)
    codes[0] = 0
    data["g"] = pd.Categorical.from_codes(codes, [f"l{k}" for k in range(levels)])
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-0.4 * (data["x"] - 10.0) - rng.normal(size=levels)[codes]))) * 1
    for penalty in (lk.Ridge(0.01), lk.Ridge(0.02, standardize=False, keep="x") + lk.GaussianPrior({"z": 1.0}, 0.5)):

        def make(penalty: Any = penalty) -> lk.Fit:
            return lk.logit(f"y ~ x + {coding} + z", data, penalty=penalty, weights="w")

        fit, direct = make(), long_way(make)
        if coding != "C(g, Sum)":
            assert isinstance(fit.record.inner_vcov, ArrowVcov)
        error = direct.std_error.to_numpy()
        in_units(fit.coef.to_numpy(), direct.coef.to_numpy(), error)
        assert fit.design is not None
        expected = posterior(fit.design.matrix.to_dense(), fit, {"weights": data["w"].to_numpy()})
        in_units(fit.vcov.to_numpy(), expected, np.outer(error, error))
        assert fit.record.penalty is not None
        assert direct.record.penalty is not None
        assert_allclose(fit.record.penalty.dof, direct.record.penalty.dof, rtol=10.0 * ROUTE)  # as above
        assert_allclose(fit.predict(), direct.predict(), rtol=ROUTE)
        assert fit.certificate().holds
        again = lk.load(fit.save(tmp_path / "levels.json"))
        assert np.array_equal(again.std_error, fit.std_error)


def test_a_level_without_rows_beside_many(long_way) -> None:
    rng = np.random.default_rng(22)
    n, levels = 600, 120
    codes = rng.integers(0, levels - 1, n)
    data = pd.DataFrame({"x": rng.normal(size=n), "y": rng.integers(0, 2, n)})
    data["g"] = pd.Categorical.from_codes(codes, [f"l{k}" for k in range(levels)])

    def make() -> lk.Fit:
        with pytest.warns(lk.errors.DataWarning, match="do not vary"):
            return lk.logit("y ~ x + g", data, penalty=lk.Ridge(0.01))

    fit, direct = make(), long_way(make)
    error = np.where(direct.std_error > 0.0, direct.std_error, 1.0)
    in_units(fit.coef.to_numpy(), direct.coef.to_numpy(), error)
    in_units(fit.vcov.to_numpy(), direct.vcov.to_numpy(), np.outer(error, error))
