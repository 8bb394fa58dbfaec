"""Where a solver starts, and the first step by the loss of a sample."""

from __future__ import annotations

import numpy as np
import pytest

from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.objective import Objective
from logitkit.engine.solvers import start
from logitkit.engine.solvers.kept import STILL
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.start import _Sample
from logitkit.models.binomial import Binomial


def test_a_tilted_step_goes_where_the_loss_of_the_sample_is_flat_and_nearer_than_newtons() -> None:
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(6_000), rng.normal(size=(6_000, 4)) * [1.0, 1.0, 2.0, 3.0]])
    y = (rng.random(6_000) < 1.0 / (1.0 + np.exp(1.5 - X[:, 1:].sum(axis=1)))).astype(float)
    whole, part = (Objective(Dense(X[:n]), Response(y[:n]), Binomial()) for n in (6_000, 400))
    sample = _Sample(part, 15.0, Newton().solve(part, np.zeros(5)), (1, True, STILL))
    best = Newton().solve(whole, np.zeros(5))
    coef = 0.5 * best.coef
    gradient = whole.evaluate(coef, hessian=False).gradient
    step = sample.step(coef, gradient)
    assert step is not None
    p, q = (1.0 / (1.0 + np.exp(-X[:400] @ each)) for each in (coef, coef + step))
    left = 15.0 * X[:400].T @ (q - p) + gradient  # of the sample's loss with a linear function, by its definition
    own = 15.0 * (X[:400].T * (p * (1.0 - p))) @ X[:400]
    assert left @ np.linalg.solve(own, left) < 1e-4 * (gradient @ np.linalg.solve(own, gradient))
    assert best.evaluation.hessian is not None
    exact = best.evaluation.hessian.array
    ahead = [coef + step - best.coef, coef - np.linalg.solve(own, gradient) - best.coef]
    tilted, newton = (float(each @ exact @ each) ** 0.5 for each in ahead)
    assert tilted < 0.5 * newton
    assert _Sample(part, 15.0, best, (1, False, STILL)).step(coef, gradient) is None


@pytest.mark.parametrize(("apart", "scale"), [(1.0, 1.0), (1e-3, 1.0), (1e-5, 1.0), (1.0, 1e-30), (1.0, 1e30)])
def test_a_sample_in_single_precision_leads_to_the_answer_of_all_rows(
    monkeypatch: pytest.MonkeyPatch, apart: float, scale: float
) -> None:
    """Also where columns are nearer to one another, larger or smaller than single precision can hold."""
    rng = np.random.default_rng(8)
    x, z = rng.normal(size=(2, 20_000))
    X = np.column_stack([np.ones(x.size), scale * x, scale * (x + apart * z)])
    y = (rng.random(x.size) < 1.0 / (1.0 + np.exp(0.5 - x))).astype(float)
    objective = Objective(Dense(X), Response(y), Binomial())
    monkeypatch.setattr(start, "sample_size", lambda *sizes: 2_000 if sizes[0] > 2_000 else 0)
    begun = start.starting_point(objective)
    assert (begun.nearby is None) <= (apart < 1.0 or scale != 1.0)
    found = Newton().solve(objective, begun.coef, nearby=begun.nearby)
    exact = Newton().solve(objective, np.zeros(3))
    assert found.evaluation.hessian is not None
    away = found.coef - exact.coef
    assert float(away @ found.evaluation.hessian.array @ away) ** 0.5 < 1e-7
