"""From a design to a frozen record of the fit.

1. Choose where the solver starts; with many rows, solve from a sample's answer and Hessian.
2. Else decide the rank from the Hessian there, or from the columns when it is in doubt,
3. and solve.
4. Certify that the estimate exists; or find the directions along which it does not, and fit the limiting model
   on the rows that overlap.
5. Record what inference needs, and no rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.constant import with_constant
from logitkit.design.design import Design
from logitkit.design.matrix.arrow import ArrowLayout
from logitkit.design.matrix.transformed import Transformed
from logitkit.design.table.checks import may_vanish, require_finite
from logitkit.engine.assemble import make_record
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import DenseVcov, Vcov, vcov_of
from logitkit.engine.existence.separation import Separated, find_separation, overlap_is_certain
from logitkit.engine.facts import Limit
from logitkit.engine.levels.level_fit import NearlyCollinear, nearly_collinear
from logitkit.engine.levels.wide import fit_wide
from logitkit.engine.objective import Evaluation, Objective
from logitkit.engine.rank import (
    CLEAR_SHARE,
    Coordinates,
    identity_coordinates,
    least_share,
    orthogonal_coordinates,
    scaled_coordinates,
)
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.choose import choose_plan, layout_when_large
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import Start, starting_point
from logitkit.errors import ConvergenceError, SeparationError
from logitkit.models.binomial import Binomial
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["fit_design"]


def fit_design(design: Design, family: Binomial, solver: Newton, level: float = 0.95) -> FitRecord:
    """Fit a model by maximum likelihood.

    Examples
    --------
    One column of ones: the estimate is the logit of the share of events.

    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> design = ready_design(np.ones((4, 1)), np.array([0, 1, 1, 1]), names=["Intercept"])
    >>> record = fit_design(design, Binomial(), Newton())
    >>> bool(np.isclose(record.coef[0], np.log(3.0)))
    True
    """
    with single_threaded_blas():
        design = with_constant(design)
        plan = choose_plan(design.matrix)
        if plan.layout is not None:
            return _wide(design, plan.layout, family, solver, level)
        given = Objective(design.matrix, design.response, family)
        coordinates = identity_coordinates()
        start = starting_point(given, design.info.intercept)  # 1
        solution = _solve_from_sample(given, start, design.info.intercept, solver)
        if solution is None:
            first = given.evaluate(start.coef)
            squares = _dense(first).array.diagonal()
            if not np.isfinite(first.value) or not _dense(first).finite or may_vanish(squares):
                require_finite(design.matrix, design.info.names, design.positions)
            origin = start.coef
            if least_share(_dense(first).array, design.info.intercept) < CLEAR_SHARE:  # 2
                if (record := _by_levels(design, family, solver, level)) is not None:
                    return record
                coordinates, given, origin, first = _orthogonal(design, family)
            solution = solver.solve(given, origin, first, keep=plan.keeps)  # 3
        separated: Separated | None = None
        if not overlap_is_certain(solution):  # 4
            if (record := _by_levels(design, family, solver, level)) is not None:
                return record
            identity = coordinates.basis is None
            if identity:
                coordinates = scaled_coordinates(design.matrix, design.response.weights, design.info.intercept)
            objective = Objective(coordinates.matrix(design.matrix), design.response, family)
            try:
                separated = find_separation(objective.matrix, design.response)
            except ConvergenceError:  # the test has no answer, which the status says
                suspected = replace(solution, status=Status.SUSPECTED)
                kept = identity_coordinates() if identity else coordinates
                return make_record(design, family, kept, suspected, _vcov(solution), None, level)
            if separated is not None:
                return _record_limit(design, family, coordinates, separated, solver, level)
            if solution.status is not Status.CONVERGED:
                coordinates, objective, origin, first = _orthogonal(design, family)
                solution = solver.solve(objective, origin, first, suspicious=False)
            elif identity:
                coordinates = identity_coordinates()
        solution = replace(solution, method=plan.words)
        return make_record(design, family, coordinates, solution, _vcov(solution), None, level)  # 5


def _wide(design: Design, layout: ArrowLayout, family: Binomial, solver: Newton, level: float) -> FitRecord:
    """Fit a design that can be fitted in no other way."""
    try:
        return fit_wide(design, layout, family, solver, level)
    except NearlyCollinear as found:
        raise nearly_collinear([design.info.names[j] for j in np.sort(found.columns)], found.far) from None


def _by_levels(design: Design, family: Binomial, solver: Newton, level: float) -> FitRecord | None:
    """Fit with the levels of the largest factor eliminated, where the design is large and that settles the doubt."""
    layout = layout_when_large(design.matrix)
    if layout is None:
        return None
    try:
        record = fit_wide(design, layout, family, solver, level)
    except (NearlyCollinear, SeparationError):
        return None
    return record if record.converged else None


def _solve_from_sample(given: Objective, start: Start, intercept: int | None, solver: Newton) -> Solution | None:
    """Solve with the Hessian of a sample, or return None where there is none or its answer cannot stand."""
    if start.nearby is None:
        return None
    solution = solver.solve(given, start.coef, nearby=start.nearby)
    if (
        solution.status is not Status.CONVERGED
        or least_share(_dense(solution.evaluation).array, intercept) < CLEAR_SHARE
    ):
        return None
    return solution


def _orthogonal(design: Design, family: Binomial) -> tuple[Coordinates, Objective, FloatArray, Evaluation]:
    """Return well-conditioned coordinates, and the objective at their origin."""
    coordinates = orthogonal_coordinates(design.matrix, design.response.weights, design.info.intercept)
    objective = Objective(coordinates.matrix(design.matrix), design.response, family)
    start = np.zeros(objective.n_params)
    return coordinates, objective, start, objective.evaluate(start)


def _dense(evaluation: Evaluation) -> DenseHessian:
    assert isinstance(evaluation.hessian, DenseHessian)
    return evaluation.hessian


def _vcov(solution: Solution) -> Vcov:
    """Return the inverse of the information at the last iterate."""
    assert solution.evaluation.hessian is not None
    return vcov_of(solution.evaluation.hessian)


def _record_limit(
    design: Design,
    family: Binomial,
    coordinates: Coordinates,
    separated: Separated,
    solver: Newton,
    level: float,
) -> FitRecord:
    """Fit the limiting model on the rows that overlap, and record it with the infinite coefficients."""
    response, complement = design.response, separated.complement
    # Weight zero takes the separated rows out without a copy of the others.
    prior = np.where(separated.rows, 0.0, 1.0 if response.prior is None else response.prior)
    assert coordinates.centre is not None and coordinates.basis is not None  # noqa: PT018 - the test needs coordinates
    rows = Transformed(design.matrix, coordinates.centre, coordinates.basis @ complement)
    limiting = Objective(rows, replace(response, prior=prior), family)
    solution = solver.solve(limiting, np.zeros(limiting.n_params), suspicious=False)
    status = Status.SEPARATED if solution.status is Status.CONVERGED else solution.status
    solution = replace(solution, status=status)
    signs = separated.cone.signs_of(coordinates.directions(separated.null))
    direction = coordinates.directions(separated.direction[:, None])[:, 0]
    limit = Limit(
        design.info.names,
        separated.cone,
        direction / np.abs(direction).max(),
        int(separated.rows.sum()),
        signs,
        separated.cone.dimension,
    )
    # A separated row is fitted perfectly: its mean is its outcome.
    perfect = float(response.weights[separated.rows] @ response.y[separated.rows])
    here = solution.evaluation
    here = replace(here, fitted=here.fitted + perfect, matched=here.matched + perfect)
    solution = replace(solution, evaluation=here)
    vcov = DenseVcov(complement @ _vcov(solution).array() @ complement.T)
    whole = replace(solution, coef=complement @ solution.coef)
    return make_record(design, family, coordinates, whole, vcov, limit, level)
