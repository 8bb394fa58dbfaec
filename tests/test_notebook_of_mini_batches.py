"""The notebook on mini-batches: its optimum by scikit-learn; what its words say is asserted in its cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from notebook_runs import look_into


@pytest.mark.slow
def test_the_optimum_is_that_of_another_solver(tmp_path: Path) -> None:
    seen = look_into("14-mini-batches", tmp_path, quick=False)
    kept = np.load(tmp_path / "saved.npz")
    X, y, ridge = kept["X"], kept["y"], seen["ridge"]
    twin = LogisticRegression(C=1.0 / (len(y) * ridge), tol=1e-10, max_iter=5_000).fit(X[:, 1:], y)
    beta = twin.coef_[0]
    eta = X[:, 1:] @ beta + twin.intercept_[0]
    objective = np.mean(np.logaddexp(0.0, eta) - y * eta) + 0.5 * ridge * beta @ beta
    assert seen["optimum"] == pytest.approx(objective, rel=1e-7)
    assert all(value > 0.0 for column in seen["excess"].values() for value in column.values())
    assert seen["images"] == 2
