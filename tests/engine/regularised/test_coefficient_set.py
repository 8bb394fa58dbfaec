"""Penalties with more coefficients than one array of second derivatives is made for, by the same oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

import logitkit as lk
from engine.regularised.shrunken_outcomes import table
from logitkit.engine.regularised import smooth
from oracles.penalised import PenalisedOracle
from oracles.penalised_outcomes import OutcomeOracle


def drawn(n: int, p: int, K: int, seed: int, density: float = 1.0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < density)
    X[:, 0] = 1.0
    effects = rng.normal(size=(p, K)) * (rng.random((p, 1)) < 6.0 / p)
    codes = (X @ effects + rng.gumbel(size=(n, K))).argmax(axis=1)
    return X, codes, ["Intercept", *(f"x{j}" for j in range(1, p))]


def whole(p: int) -> np.ndarray:
    root = np.random.default_rng(p).normal(size=(p + 20, p))
    return root.T @ root / p + 0.1 * np.eye(p)


MEAN = np.linspace(-0.5, 0.5, 400)
GROUPS = {str(k): [f"x{j}" for j in range(1 + 3 * k, 4 + 3 * k)] for k in range(133)}
WORKING_SETS: dict[str, Any] = {
    "lasso": (lk.Lasso(0.03), lambda o: o.columns.elastic_net(0.03, 1.0)),
    "small lasso": (lk.Lasso(0.001), lambda o: o.columns.elastic_net(0.001, 1.0)),
    "elastic net": (lk.ElasticNet(0.03, 0.5), lambda o: o.columns.elastic_net(0.03, 0.5)),
    "across": (lk.Lasso(0.02, across_outcomes=True), lambda o: o.lengths_across(0.02)),
    "groups": (
        lk.GroupLasso(0.03, groups=GROUPS),
        lambda o: o.columns.group_lasso(0.03, 0.0, [np.array([int(x[1:]) for x in g]) for g in GROUPS.values()]),
    ),
    "lasso and prior": (
        lk.Lasso(0.02) + lk.GaussianPrior(0.1, 1.0),
        lambda o: (o.columns.elastic_net(0.02, 1.0), o.columns.prior(0.1, 1.0)),
    ),
    "lasso and whole prior": (
        lk.Lasso(0.05) + lk.GaussianPrior(MEAN, whole(400)),
        lambda o: (o.columns.elastic_net(0.05, 1.0), o.columns.prior(MEAN, whole(400))),
    ),
}


@pytest.mark.parametrize("penalty", WORKING_SETS)
def test_working_sets(penalty: str) -> None:
    X, codes, names = drawn(60, 400, 4, 0)
    stated, state = WORKING_SETS[penalty]
    fit = lk.multinomial_matrix(X, codes, names, penalty=stated)
    oracle = OutcomeOracle(PenalisedOracle(X, np.zeros(60)), np.eye(4)[codes])
    state(oracle)
    assert "working set" in fit.record.method
    assert fit.converged
    assert oracle.residual(table(fit)) < 1e-10
    found = fit.certificate()
    assert found.holds
    # What the solver states is no less than what is proved, but for rounding.
    assert fit.record.penalty.gap >= found.relative_gap - 1e-14


def test_working_sets_of_sparse_columns_against_a_reference() -> None:
    X, codes, names = drawn(200, 500, 4, 2, 0.05)
    for given in (X, sparse.csc_array(X)):
        fit = lk.multinomial_matrix(given, codes, names, penalty=lk.Lasso(0.01), reference=2)
        oracle = OutcomeOracle(PenalisedOracle(X, np.zeros(200)), np.eye(4)[codes], reference=2)
        oracle.columns.elastic_net(0.01, 1.0)
        assert oracle.residual(table(fit)) < 1e-10
        assert fit.certificate().holds


@pytest.mark.parametrize("kind", ["plain", "keep", "sparse", "prior"])
def test_many_coefficients_of_a_ridge(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """L-BFGS stops where a bound on what is left is below the tolerance: coefficients are right to its root."""
    monkeypatch.setattr(smooth, "NEWTON_MOST", 500)  # many are few here; the real number has a test of its own
    X, codes, names = drawn(120, 200, 4, 3, 0.2 if kind == "sparse" else 1.0)
    oracle = OutcomeOracle(PenalisedOracle(X, np.zeros(120)), np.eye(4)[codes])
    factor = np.ones(200)
    factor[1:3] = 0.0 if kind == "keep" else 1.0
    oracle.columns.elastic_net(0.01, 0.0, factor)
    penalty: Any = lk.Ridge(0.01, keep=["x1", "x2"] if kind == "keep" else None)
    if kind == "prior":
        penalty = penalty + lk.GaussianPrior(0.1, 2.0)
        oracle.columns.prior(0.1, 2.0)
    fit = lk.multinomial_matrix(sparse.csc_array(X) if kind == "sparse" else X, codes, names, penalty=penalty)
    assert "L-BFGS" in fit.record.method
    assert fit.converged
    assert oracle.residual(table(fit)) < 1e-6
    found = fit.certificate()
    assert found.holds
    # Of columns without a square the solver states an estimate, of the others a bound.
    assert fit.record.penalty.gap >= found.relative_gap * (0.1 if kind == "keep" else 0.3)
