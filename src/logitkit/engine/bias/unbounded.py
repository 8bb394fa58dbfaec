r"""Estimates with log-F priors that are infinite, because columns without a prior separate the rows.

The logarithm of a log-F density falls without end as its coefficient grows, either way. So a direction of recession of
the penalised likelihood is one of the likelihood that moves no coefficient with a prior: each prior is one more row
that has both outcomes, and the test of separation of the longer table decides. The limiting model is that of the rows
which overlap, with the same priors (``docs/maths/bias_reduction.md``, section Log-F priors).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.assemble import shown_coordinates
from logitkit.engine.bias.log_f import LogFObjective
from logitkit.engine.bias.penalised import penalised_objective
from logitkit.engine.bias.solver import maximised
from logitkit.engine.curvature.vcov import DenseVcov, vcov_of
from logitkit.engine.existence.margins import margins_of
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.existence.separation import find_separation
from logitkit.engine.facts import Limit
from logitkit.engine.fit import columns_of, objective_of
from logitkit.engine.limit import limit_facts, limiting_objective, rows_at_limit
from logitkit.engine.objective import SmoothObjective
from logitkit.engine.origin import origin_of
from logitkit.engine.part_coordinates import Columns
from logitkit.engine.rank import Coordinates, scaled_coordinates
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.models.form import Form
from logitkit.models.penalties.adjustment import LogF

__all__ = ["LimitWithPriors", "is_finite", "limit_with_priors"]


class LimitWithPriors(NamedTuple):
    """The limiting model of rows that columns without a prior separate.

    Parameters
    ----------
    shown : Coordinates
        How the reported coefficients follow from those that were solved for.
    solution : Solution
        A finite representative.
    value : float
        The supremum of the penalised log-likelihood.
    vcov : DenseVcov
        Of the coefficients that are finite.
    limit : Limit
        What is infinite.
    """

    shown: Coordinates
    solution: Solution
    value: float
    vcov: DenseVcov
    limit: Limit


def is_finite(penalised: SmoothObjective, solution: Solution, form: Form) -> bool:
    """Tell whether a solution itself proves that the penalised likelihood has a maximum.

    It does as one of the likelihood does (``overlap_is_certain``), where second derivatives are those of all outcomes.
    """
    if form.family.expected != form.family:
        return False
    here = penalised.evaluate(solution.coef)
    assert here.hessian is not None
    squared = float(here.gradient @ here.hessian.factorise().solve(here.gradient))
    decrement = float(np.sqrt(max(squared, 0.0)))
    return overlap_is_certain(replace(solution, evaluation=here, decrement=decrement, definite=True))


def limit_with_priors(
    design: Design, form: Form, columns: Columns, stated: LogF, solver: Newton
) -> LimitWithPriors | None:
    """Return the limiting model where some estimates are infinite, None where none is."""
    columns = columns_of(design, form, scaled_coordinates) if columns.is_identity else columns
    shown = shown_coordinates(form, columns)
    penalised = penalised_objective(stated, objective_of(design, form, columns), form, design.info, shown)
    assert isinstance(penalised, LogFObjective)
    margins = margins_of(design, form, columns)
    priors = penalised.functions[penalised.functions.any(axis=1)]  # none of aliased coefficients
    priors = priors / np.abs(priors).max(axis=1, keepdims=True)
    rows, n = Dense(np.vstack([margins.matrix.to_dense(), priors])), margins.matrix.n_rows
    sides = Response(
        np.append(margins.sides.y, np.full(len(priors), 0.5)),
        prior=np.append(margins.sides.weights, np.ones(len(priors))),
    )
    found = find_separation(rows, sides, margins.most)
    if found is None:
        return None
    separated = replace(found, rows=found.rows[:n])
    complement = separated.complement
    objective = LogFObjective(
        limiting_objective(design, form, columns, margins, separated),
        penalised.functions @ complement,
        penalised.freedom,
    )
    start = origin_of(design.response, form, design.info.intercept, columns)
    ended = maximised(objective, np.asarray(np.linalg.lstsq(complement, start, rcond=None)[0]), solver)
    second, here = objective.evaluate(ended.coef), objective.base.evaluate(ended.coef)
    assert second.hessian is not None
    vcov = DenseVcov(complement @ vcov_of(second.hessian).array() @ complement.T)
    if form.is_single:  # a separated row is fitted perfectly: its mean is its outcome
        perfect = float(design.response.weights[separated.rows] @ design.response.y[separated.rows])
        here = replace(here, fitted=here.fitted + perfect, matched=here.matched + perfect)
    status = Status.SEPARATED if ended.status is Status.CONVERGED else ended.status
    solution = replace(ended, coef=complement @ ended.coef, evaluation=here, status=status)
    return LimitWithPriors(
        shown, solution, -second.value, vcov, limit_facts(form, columns, separated, rows_at_limit(margins, separated))
    )
