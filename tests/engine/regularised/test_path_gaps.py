"""The gaps along a path of few rows are bounds, and what is asked for holds at every strength."""

from __future__ import annotations

import numpy as np
import pytest

import logitkit as lk


def _objective(X: np.ndarray, y: np.ndarray, coef: np.ndarray, strength: float) -> float:
    eta = X @ coef
    loss = float(np.logaddexp(0.0, eta).sum() - y @ eta)
    return loss + len(y) * strength * float(np.abs(coef[1:]) @ X[:, 1:].std(axis=0))


@pytest.mark.parametrize(("n", "p", "seed", "shared"), [(150, 12, 4, 0.9), (100, 30, 0, 0.0)])
def test_no_solution_is_further_from_its_minimum_than_its_gap(n: int, p: int, seed: int, shared: float) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.sqrt(1.0 - shared) + np.sqrt(shared) * rng.normal(size=(n, 1))
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X[:, :5].sum(axis=1)))).astype(int)
    X = np.column_stack([np.ones(n), X])
    path = lk.path_matrix(X, y, ["Intercept", *(f"x{j}" for j in range(p))])
    null = path.record.null_loss
    assert (path.record.gaps <= 1e-7).all()
    for k in range(1, path.strengths.size, 7):
        strength = float(path.strengths[k])
        best = path.at(strength).coef.to_numpy()  # to 1e-12
        away = _objective(X, y, path.record.coef[k], strength) - _objective(X, y, best, strength)
        assert away <= path.record.gaps[k] * null + 1e-11 * null
