"""The limiting model of separated rows, and where a solver starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.transformed import Transformed
from logitkit.design.response.response import Response
from logitkit.engine.assemble import make_record, shown_coordinates, shown_directions
from logitkit.engine.curvature.vcov import DenseVcov, vcov_of
from logitkit.engine.existence.margins import Margins
from logitkit.engine.existence.separation import Separated
from logitkit.engine.facts import Limit
from logitkit.engine.objective import Objective
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.models.form import Form
from logitkit.models.predictors import Predictors
from logitkit.typing import FloatArray

__all__ = ["fit_limit", "origin_of"]


def origin_of(
    response: Response, predictors: Predictors, intercept: int | None, transform: FloatArray | None = None
) -> FloatArray:
    """Return where a solver starts: zero, but for intercepts that take up the mean offsets; no row is then far out.

    ``transform`` gives the columns' own coefficients from those in the coordinates that are solved in.
    """
    zero: FloatArray = np.zeros(predictors.n_params)
    if response.offset is None or intercept is None:
        return zero
    mean = np.array([float(response.weights @ row) / response.total for row in response.offset])
    active = predictors.active
    rest = np.delete(mean, active)
    level = (rest[0] if rest.size else 0.0) - mean[active]
    if transform is None and predictors.basis is None:
        zero.reshape(active.size, -1)[:, intercept] = level
        return zero
    unit: FloatArray = np.zeros(predictors.n_columns if transform is None else len(transform))
    unit[intercept] = 1.0
    if transform is not None:
        unit = np.asarray(np.linalg.lstsq(transform, unit, rcond=None)[0])
    flat = np.outer(level, unit).reshape(-1)
    return flat if predictors.basis is None else np.asarray(np.linalg.lstsq(predictors.basis, flat, rcond=None)[0])


def fit_limit(
    design: Design, form: Form, columns: Coordinates, margins: Margins, separated: Separated, solver: Newton
) -> FitRecord:
    """Fit the limiting model, each row without the outcomes that it loses, and record what is infinite."""
    objective = _limiting(design, form, columns, margins, separated)
    start = np.zeros(objective.n_params)
    if not form.is_single:
        start = origin_of(design.response, objective.predictors, design.info.intercept, columns.transform)
    solution = solver.solve(objective, start, suspicious=False)
    status = Status.SEPARATED if solution.status is Status.CONVERGED else solution.status
    assert solution.evaluation.hessian is not None
    complement, cone = separated.complement, separated.cone
    if margins.size is not None:  # in the coefficients that are solved for, as the fit's own estimates are
        complement = complement / margins.size[:, None]
        cone = replace(cone, directions=cone.directions / margins.size[:, None])
    here = solution.evaluation
    if form.is_single:  # a separated row is fitted perfectly: its mean is its outcome
        perfect = float(design.response.weights[separated.rows] @ design.response.y[separated.rows])
        here = replace(here, fitted=here.fitted + perfect, matched=here.matched + perfect)
    vcov = DenseVcov(complement @ vcov_of(solution.evaluation.hessian).array() @ complement.T)
    solution = replace(solution, coef=complement @ solution.coef, status=status, evaluation=here)
    limit = _limit(form, columns, margins, replace(separated, cone=cone))
    return make_record(design, form, shown_coordinates(form, columns), solution, vcov, limit, 0.95)


def _limiting(design: Design, form: Form, columns: Coordinates, margins: Margins, separated: Separated) -> Objective:
    """Return the objective of the limiting model, over the directions that no separated row keeps from moving."""
    response = design.response
    if margins.pairs is None or margins.restriction is None:
        # Weight zero takes the separated rows out without a copy of the others.
        prior = np.where(separated.rows, 0.0, 1.0 if response.prior is None else response.prior)
        assert columns.centre is not None and columns.basis is not None  # noqa: PT018 - the test needs coordinates
        rows = Transformed(design.matrix, columns.centre, columns.basis @ separated.complement)
        return Objective(rows, replace(response, prior=prior), form.family)
    pairs = margins.pairs
    ruled_out = np.zeros((form.predictors.n_predictors, response.n_rows), dtype=bool)
    row, place = np.nonzero(separated.rows.reshape(pairs.other.shape))
    ruled_out[pairs.other[row, place], row] = True
    inner = pairs.predictors.within(margins.restriction @ separated.complement)
    return Objective(pairs.matrix, response, form.family, predictors=inner, ruled_out=ruled_out)


def _limit(form: Form, columns: Coordinates, margins: Margins, separated: Separated) -> Limit:
    """Return what runs to infinity, its names left open."""
    moving = np.column_stack([separated.null, separated.direction])
    if margins.pairs is None or margins.restriction is None:
        null = columns.directions(moving[:, :-1])
        shown = np.column_stack([null, columns.directions(moving[:, -1:])])
        n_rows = int(separated.rows.sum())
    else:
        shown = shown_directions(form, margins.restriction @ moving, columns)
        n_rows = int(np.count_nonzero(separated.rows.reshape(margins.pairs.other.shape).all(axis=1)))
    direction = shown[:, -1]
    signs = separated.cone.signs_of(shown[:, :-1])
    return Limit((), separated.cone, direction / np.abs(direction).max(), n_rows, signs, separated.cone.dimension)
