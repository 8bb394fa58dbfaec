"""Newton's method ends where it should, and says when it does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import ConvergenceWarning
from tolerances import ROUTE


@pytest.mark.parametrize("n", [1_000, 42_515, 99_999, 1_000_000])
def test_few_distinct_rows_converge_quadratically(n):
    """Equal losses round in one direction: the search must not take that for a rise. Closed form: two proportions."""
    rng = np.random.default_rng(n)
    x = (rng.random(n) < 0.3).astype(float)
    y = (rng.random(n) < np.where(x == 1.0, 0.65, 0.026)).astype(float)
    fit = lk.logit_matrix(np.column_stack([np.ones(n), x]), y, ["Intercept", "x"])
    assert fit.converged
    assert len(fit.trace) <= 10
    assert (fit.trace["length"].iloc[:-1] == 1.0).all()
    logits = [np.log(y[x == k].mean() / (1.0 - y[x == k].mean())) for k in (0.0, 1.0)]
    assert_allclose(fit.coef, [logits[0], logits[1] - logits[0]], rtol=ROUTE)


def test_a_fit_that_has_not_converged_warns():
    data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    with pytest.warns(ConvergenceWarning, match="has not converged"):
        fit = lk.logit("y ~ x", data, solver=lk.Newton(max_iter=1))
    assert not fit.converged
