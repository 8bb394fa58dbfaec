"""Groups of strongly correlated columns: the minimum is reached, by few sweeps, and is one by the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.engine.regularised import coordinate_descent
from logitkit.engine.regularised.coordinate_descent import QuadraticModel
from logitkit.models.penalties.penalty import Groups, Penalty
from oracles.penalised import PenalisedOracle
from tolerances import EXACT, REFERENCE

N, GROUPS, SIZE = 500, 30, 5


def correlated(within: float, between: float) -> tuple[np.ndarray, np.ndarray]:
    """Return an intercept and groups of columns with these correlations, and outcomes that some of them explain."""
    rng = np.random.default_rng(0)
    common, own = rng.normal(size=(N, 1)), rng.normal(size=(N, GROUPS))
    columns = np.sqrt(between) * common + np.sqrt(within - between) * np.repeat(own, SIZE, axis=1)
    columns = columns + np.sqrt(1.0 - within) * rng.normal(size=columns.shape)
    effects = np.zeros(GROUPS * SIZE)
    effects[:15], effects[40:45] = 2.0 * rng.normal(size=15), 1.0
    y = (rng.random(N) < 1.0 / (1.0 + np.exp(0.3 - columns @ effects))).astype(float)
    return np.column_stack([np.ones(N), columns]), y


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count sweeps over groups."""
    made: list[int] = []
    descend = coordinate_descent.descend_groups

    def counted(*given):
        out = descend(*given)
        made.append(out[0])
        return out

    monkeypatch.setattr(coordinate_descent, "descend_groups", counted)
    return made


@pytest.mark.parametrize("l1_ratio", [0.0, 0.3])
@pytest.mark.parametrize(("within", "between"), [(0.97, 0.95), (0.99, 0.95), (0.99, 0.98)])
def test_correlated_groups_at_small_strengths(
    within: float, between: float, l1_ratio: float, sweeps: list[int]
) -> None:
    X, y = correlated(within, between)
    names = ["Intercept", *(f"x{j}" for j in range(GROUPS * SIZE))]
    own = [1 + np.arange(k * SIZE, (k + 1) * SIZE) for k in range(GROUPS)]
    groups = {f"g{k}": [names[j] for j in columns] for k, columns in enumerate(own)}
    path = lk.path_matrix(
        X, y, names, penalty=lk.GroupLasso(groups=groups, l1_ratio=l1_ratio), n_strengths=2, ratio=0.9
    )
    for share in (1e-1, 1e-2, 1e-3, 1e-4):
        strength = share * path.strengths[0]
        sweeps.clear()
        fit = lk.logit_matrix(X, y, names, penalty=lk.GroupLasso(strength, groups=groups, l1_ratio=l1_ratio))
        assert sum(sweeps) < 1_000  # by sweeps alone: more than 100,000
        oracle = PenalisedOracle(X, y)
        oracle.group_lasso(strength, l1_ratio, own)
        assert oracle.residual(fit.coef.to_numpy()) < 1e-10  # as in test_estimate.py
        found = fit.certificate()
        assert found.holds
        assert found.relative_gap < 1e-12


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, Penalty]:
    """Draw second derivatives near to singular, a gradient, and groups beside coefficients with bounds."""
    rng = np.random.default_rng(seed)
    p = 24
    root = rng.normal(size=(p + 4, p)) + 5.0 * rng.normal(size=(p + 4, 1))
    codes = np.repeat([0, 1, 2, -1, 3, -1], 4)
    alone = codes < 0
    lower = np.where(alone & (rng.random(p) < 0.5), -0.1 * rng.random(p), -np.inf)
    upper = np.where(alone & (rng.random(p) < 0.5), 0.1 * rng.random(p), np.inf)
    l1 = rng.exponential(1.0, p) * (rng.random(p) < 0.5)
    l2 = rng.exponential(1.0, p) * (rng.random(p) < 0.3)
    strengths = rng.exponential(4.0, 4)
    return root.T @ root, 20.0 * rng.normal(size=p), Penalty(l1, l2, lower, upper, Groups(codes, strengths))


@pytest.mark.parametrize("seed", range(20))
def test_the_minimum_of_a_model_with_groups(seed: int, sweeps: list[int]) -> None:
    """The conditions of optimality hold, and no point nearby is lower: 400 directions of three sizes."""
    hessian, gradient, penalty = drawn(seed)
    p = gradient.size
    model = QuadraticModel(hessian, np.zeros(p, dtype=bool))
    coef = model.minimise(gradient, np.zeros(p), penalty, 1e-26)
    assert sum(sweeps) < 1_000
    slope = hessian @ coef + gradient
    assert penalty.distance(coef, slope).max() < EXACT * np.abs(hessian).max()

    def value(at: np.ndarray) -> float:
        return float(gradient @ at + 0.5 * at @ hessian @ at) + penalty.value(at)

    rng = np.random.default_rng(1_000 + seed)
    for size in (1e-1, 1e-3, 1e-5):
        for _ in range(400):
            there = penalty.within(coef + size * rng.normal(size=p) * (rng.random(p) < 0.3))
            assert value(there) >= value(coef) - EXACT * abs(value(coef))


def test_second_derivatives_of_lengths_are_those_of_their_gradient() -> None:
    rng = np.random.default_rng(3)
    codes = np.array([0, 0, 1, -1, 1, 1, 2, 2])
    groups = Groups(codes, np.array([1.5, 0.7, 2.0]))
    coef = rng.normal(size=8)
    coef[6:] = 0.0  # a group at zero has none
    none, infinite = np.zeros(8), np.full(8, np.inf)
    penalty = Penalty(none, none, -infinite, infinite, groups)
    found, step = groups.curvature(coef), 1e-6
    for j in range(6):
        away = np.zeros(8)
        away[j] = step
        numerical = (penalty.gradient(coef + away) - penalty.gradient(coef - away)) / (2.0 * step)
        # Central differences: the third derivative times the squared step, and rounding over the step.
        assert_allclose(found[j, :6], numerical[:6], rtol=0, atol=REFERENCE)
    assert not found[6:].any()
