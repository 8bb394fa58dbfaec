"""The penalised likelihood that an adjustment states, on the coordinates that a model is solved in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from logitkit.design.formula.named import columns_named
from logitkit.design.info import DesignInfo
from logitkit.engine.bias.jeffreys import JeffreysObjective
from logitkit.engine.bias.log_f import LogFObjective
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.rank import Coordinates
from logitkit.models.form import Form
from logitkit.models.penalties.adjustment import Adjustment, Jeffreys, LogF
from logitkit.typing import FloatArray

__all__ = ["own_coefficients", "penalised_objective"]


def penalised_objective(
    stated: Adjustment, base: Objective, form: Form, info: DesignInfo, shown: Coordinates
) -> SmoothObjective | None:
    """Return the negative penalised log-likelihood; None for adjusted scores, which are of none.

    Parameters
    ----------
    stated : Adjustment
        What is added to the likelihood.
    base : Objective
        The negative log-likelihood, with any second derivatives.
    form : Form
        Which columns and predictors the reported coefficients are of.
    info : DesignInfo
        Names of the columns.
    shown : Coordinates
        How the reported coefficients follow from those that are solved for.

    Returns
    -------
    SmoothObjective
        Of the coefficients that are solved for; its value does not depend on the coordinates.
    """
    transform = np.eye(base.n_params) if shown.transform is None else shown.transform
    if isinstance(stated, Jeffreys):
        # By its triangular factor: the product with its transpose would lose digits of far columns.
        constant = -2.0 * float(np.log(np.abs(np.linalg.qr(transform)[1].diagonal())).sum())
        return JeffreysObjective(base.with_family(base.family.expected), stated.power, constant)
    if isinstance(stated, LogF):
        freedom = _freedom(stated, form, info)
        freedom[shown.aliased] = 0.0
        places = np.flatnonzero(freedom)
        return LogFObjective(base, transform[places], freedom[places])
    return None


def _freedom(stated: LogF, form: Form, info: DesignInfo) -> FloatArray:
    """Return the degrees of freedom of the prior of each reported coefficient, 0 for none."""
    if isinstance(stated.m, Mapping):
        by_column = np.zeros(len(info.names))
        for name, m in stated.m.items():
            by_column[columns_named([name], info, "m")] = m
    else:
        by_column = np.full(len(info.names), float(stated.m))
        if info.intercept is not None:
            by_column[info.intercept] = 0.0
    out = by_column[form.shown.columns]
    return out if form.absent is None else np.where(form.absent, 0.0, out)


def own_coefficients(shown: Coordinates, q: int) -> FloatArray | None:
    """Return q reported coefficients that determine the others, from those solved for; None where there are not q.

    Those that are equal by definition count once, and aliased ones and those that are not in the model not at all.

    Examples
    --------
    >>> own_coefficients(Coordinates(np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 2.0]]), np.empty(0, int)), 2).tolist()
    [[1.0, 0.0], [1.0, 2.0]]
    """
    if shown.transform is None:
        return np.eye(q)
    rows: list[FloatArray] = []
    for row in shown.transform:
        if row.any() and not any(np.array_equal(row, other) for other in rows):
            rows.append(row)
    return np.array(rows) if len(rows) == q else None
