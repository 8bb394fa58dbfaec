"""The largest penalised likelihood where every linear predictor is constant, which the fit is compared with."""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.bias.jeffreys import JeffreysObjective
from logitkit.engine.bias.solver import maximised
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.origin import in_coordinates
from logitkit.engine.part_coordinates import Columns
from logitkit.engine.restricted import Restricted
from logitkit.engine.rows.scalar import ScalarRows
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["null_value"]


def null_value(
    penalised: SmoothObjective, design: Design, form: Form, columns: Columns, start: FloatArray, solver: Newton
) -> float:
    """Return the largest penalised log-likelihood where every predictor is constant, nan where it was not found."""
    basis = _constants(design, form, columns, penalised.n_params)
    if basis.shape[1] == 1 and isinstance(penalised, JeffreysObjective) and not start.any():
        found = _in_one_row(penalised, solver)
        if found is not None:
            return found
    null = Restricted(penalised, np.zeros(penalised.n_params), basis)
    if not basis.shape[1]:
        return -null.evaluate(np.zeros(0), hessian=False).value
    ended = maximised(null, basis.T @ start, solver)
    return -ended.evaluation.value if ended.status is Status.CONVERGED else np.nan


def _in_one_row(penalised: JeffreysObjective, solver: Newton) -> float | None:
    """Return the largest value with one constant predictor, None where there are several or offsets.

    With the same predictor in every row the information is X'WX times one number, that of a row. So the penalised
    likelihood is that of one row of all weight, with the power times the number of coefficients, and a constant, which
    follows from both at zero.
    """
    base = penalised.base
    if not isinstance(base, Objective) or not isinstance(base.engine, ScalarRows) or base.response.offset is not None:
        return None
    sums = base.response
    one = Response(np.array([sums.events / sums.total]), prior=np.array([sums.total]))
    alone = JeffreysObjective(Objective(Dense(np.ones((1, 1))), one, base.family), penalised.power * penalised.n_params)
    left = penalised.value_at(base.evaluate(np.zeros(base.n_params))) - alone.value_at(alone.base.evaluate(np.zeros(1)))
    if not np.isfinite(left):
        return None
    events, others = sums.events + alone.power, sums.total - sums.events + alone.power
    found = maximised(alone, np.log([events / others]), solver)  # with the logit it is there
    return -(found.evaluation.value + left) if found.status is Status.CONVERGED else np.nan


def _constants(design: Design, form: Form, columns: Columns, q: int) -> FloatArray:
    """Return an orthonormal basis of the coefficients with which every predictor is constant, (q, r)."""
    info, predictors = design.info, form.predictors
    one: FloatArray = np.zeros(predictors.n_columns)
    if info.intercept is not None:
        one[info.intercept] = 1.0
    elif info.constant is not None:
        one = info.constant
    used = np.flatnonzero(one)
    found = []
    for part, places in zip(predictors.parts, predictors.places, strict=True):
        if not used.size or not np.isin(used, part.columns).all():
            continue
        for row in places:
            flat: FloatArray = np.zeros(predictors.n_flat)
            flat[row] = one[part.columns]
            found.append(in_coordinates(form, columns, flat))
    return np.linalg.qr(np.array(found).T)[0] if found else np.zeros((q, 0))
