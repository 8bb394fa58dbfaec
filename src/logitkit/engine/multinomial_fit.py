"""From a design with several outcomes to a frozen record of the fit, by maximum likelihood.

The steps are those of a binary fit (``fit.py``): a first answer from a sample where rows are many, the rank of the
columns, Newton's method on all outcomes at once, the proof that the estimate exists, or else the limiting model. A row
of the limiting model has the outcomes only that its probability does not leave (``docs/maths/multinomial.md``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from logitkit.design.constant import with_constant
from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.design.table.checks import may_vanish, require_finite
from logitkit.design.table.memory import require_room
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import DenseVcov, vcov_of
from logitkit.engine.existence.pairs import outcome_pairs
from logitkit.engine.existence.separation import GEOMETRY_MOST, Separated, find_separation, overlap_is_certain
from logitkit.engine.facts import Limit
from logitkit.engine.objective import Evaluation, Objective, outcomes_objective
from logitkit.engine.outcome_assemble import Outcomes, flat_directions, make_outcome_record, outcome_coordinates
from logitkit.engine.rank import (
    CLEAR_SHARE,
    Coordinates,
    identity_coordinates,
    least_share,
    orthogonal_coordinates,
    scaled_coordinates,
)
from logitkit.engine.record import FitRecord
from logitkit.engine.rows.vector import is_joint
from logitkit.engine.solvers.choose import NUMBERS_LEAST
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import starting_point
from logitkit.errors import ConvergenceError, FormulaError, UnsupportedError
from logitkit.models.predictors import Predictors
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["fit_multinomial"]

TESTED_MOST = 300  # coefficients up to which a fit that runs off is looked at by a linear program
COPIES_OF_HESSIAN = 8  # sums of groups of rows, factor, inverse
LARGE = 100  # coefficients beyond which second derivatives cost so much more than first ones that they are kept
EVALUATIONS = 4  # of second derivatives that a fit takes where they are kept
PAIR_SECONDS = 1e-9  # of a row and a pair of coefficients: from 0.4 with many columns to 2.5 with few
JOINT_SECONDS = 1e-10  # the same where one product serves all pairs of outcomes
CUBE_SECONDS = 1e-10  # of a factor, by the cube of the coefficients
MINUTES_MOST = 60.0
DETERMINED = 1e-13  # of a unit diagonal: less is left of a coefficient that the others determine


class _Solved(NamedTuple):
    """A solution and the coordinates of the columns that it is in."""

    columns: Coordinates
    predictors: Predictors
    solution: Solution


def fit_multinomial(design: Design, outcomes: Outcomes, solver: Newton, level: float = 0.95) -> FitRecord:
    """Fit a model of several outcomes by maximum likelihood."""
    with single_threaded_blas():
        n_params = outcomes.predictors.n_params
        _require_time(design.matrix, outcomes.predictors)
        require_room(
            8 * n_params**2 * COPIES_OF_HESSIAN,
            f"The model has {n_params:,} coefficients; its second derivatives and what is made of them",
            "Give penalty=lk.Ridge(...), which needs none, or put rare outcomes together.",
        )
        if outcomes.predictors.basis is None:
            design = with_constant(design)
        solved = _solve(design, outcomes, solver)
        if not overlap_is_certain(solved.solution):
            found = _without_certificate(design, outcomes, solver, solved)
            if not isinstance(found, _Solved):
                return replace(found, level=level)
            solved = found
        assert solved.solution.evaluation.hessian is not None
        vcov = vcov_of(solved.solution.evaluation.hessian)
        return make_outcome_record(
            design, outcomes, outcome_coordinates(outcomes, solved.columns), solved.solution, vcov, None, level
        )


def _require_time(matrix: Matrix, predictors: Predictors) -> None:
    """Refuse a model whose second derivatives would take far longer than anyone waits, with the way round."""
    m, q = predictors.active.size, matrix.inner.n_columns
    if is_joint(m, q):
        of_row = JOINT_SECONDS * (m * q) ** 2
    else:
        of_row = PAIR_SECONDS * (m * min(matrix.width, predictors.n_columns)) ** 2  # of numbers that are not zero
    minutes = EVALUATIONS * (matrix.n_rows * of_row + CUBE_SECONDS * predictors.n_params**3) / 60.0
    if minutes > MINUTES_MOST:
        raise UnsupportedError(
            f"{predictors.n_predictors:,} outcomes and {predictors.n_columns:,} columns have {predictors.n_params:,} "
            f"coefficients; their second derivatives over {matrix.n_rows:,} rows would take about "
            f"{minutes / 60.0:,.0f} hours. Give "
            "penalty=lk.Ridge(...), which needs none, put rare outcomes together, or leave columns out."
        )


def _response(design: Design) -> Response:
    return design.response


def _solve(design: Design, outcomes: Outcomes, solver: Newton) -> _Solved:
    """Return the solution, in coordinates of the columns in which they are independent."""
    matrix, response, predictors = design.matrix, _response(design), outcomes.predictors
    keep = matrix.n_rows * matrix.width >= NUMBERS_LEAST or predictors.n_params >= LARGE
    objective = outcomes_objective(matrix, response, predictors)
    origin = _origin(design, predictors, identity_coordinates())
    if predictors.basis is None:
        start = starting_point(objective, origin=origin)
        if start.nearby is not None:
            solution = solver.solve(objective, start.coef, nearby=start.nearby)
            if solution.status is Status.CONVERGED and _clear(solution, predictors, design.info.intercept):
                return _Solved(identity_coordinates(), predictors, solution)
    first = objective.evaluate(origin)
    assert isinstance(first.hessian, DenseHessian)
    if not np.isfinite(first.value) or not first.hessian.finite or may_vanish(first.hessian.array.diagonal()):
        require_finite(matrix, design.info.names, design.positions)
    if predictors.basis is not None:
        return _solve_restricted(design, objective, solver, first, origin)
    p = predictors.n_columns
    if least_share(first.hessian.array[:p, :p], design.info.intercept) >= CLEAR_SHARE:
        return _Solved(identity_coordinates(), predictors, solver.solve(objective, origin, first, keep=keep))
    return _solve_orthogonal(design, predictors, solver)


def _clear(solution: Solution, predictors: Predictors, intercept: int | None) -> bool:
    """Tell whether the columns are clearly independent, seen by the outcome that has the most weight."""
    assert isinstance(solution.evaluation.hessian, DenseHessian)
    p = predictors.n_columns
    whole = solution.evaluation.hessian.array.reshape(predictors.active.size, p, predictors.active.size, p)
    return max(least_share(whole[k, :, k, :], intercept) for k in range(predictors.active.size)) >= CLEAR_SHARE


def _solve_orthogonal(design: Design, predictors: Predictors, solver: Newton, suspicious: bool = True) -> _Solved:
    columns = orthogonal_coordinates(design.matrix, design.response.weights, design.info.intercept)
    matrix = columns.matrix(design.matrix)
    inner = predictors.of_columns(matrix.n_columns)
    objective = outcomes_objective(matrix, _response(design), inner)
    origin = _origin(design, inner, columns)
    return _Solved(columns, inner, solver.solve(objective, origin, suspicious=suspicious))


def _origin(design: Design, predictors: Predictors, columns: Coordinates) -> FloatArray:
    """Return where a solver starts: zero, but for intercepts that take up the mean offsets; no row is then far out."""
    response, intercept = _response(design), design.info.intercept
    if response.offset is None or intercept is None:
        return np.zeros(predictors.n_params)
    mean = response.offset @ response.weights / response.total
    rest = np.delete(mean, predictors.active)
    level = (rest[0] if rest.size else 0.0) - mean[predictors.active]
    unit: FloatArray = np.zeros(len(design.info.names))
    unit[intercept] = 1.0
    if columns.transform is not None:
        unit = np.asarray(np.linalg.lstsq(columns.transform, unit, rcond=None)[0])
    flat = np.outer(level, unit).reshape(-1)
    return flat if predictors.basis is None else np.asarray(np.linalg.lstsq(predictors.basis, flat, rcond=None)[0])


def _solve_restricted(
    design: Design, objective: Objective, solver: Newton, first: Evaluation, origin: FloatArray
) -> _Solved:
    """Return the solution of a model whose predictors differ, on its columns as they are."""
    columns = orthogonal_coordinates(design.matrix, design.response.weights, design.info.intercept)
    if columns.aliased.size:
        names = ", ".join(design.info.names[j] for j in columns.aliased)
        raise FormulaError(
            f"Columns are determined by others ({names}): leave them out where predictors differ by outcome."
        )
    assert isinstance(first.hessian, DenseHessian)
    if least_share(first.hessian.array, None) < DETERMINED:
        raise FormulaError(
            "The predictors of the outcomes do not determine one another's coefficients: only differences between "
            "outcomes can be estimated, so a term that is equal for all outcomes, the reference among them, has none. "
            "Or a column has a mean that is large beside its spread: subtract it."
        )
    solution = solver.solve(objective, origin, first)
    return _Solved(identity_coordinates(), objective.predictors, solution)


def _without_certificate(design: Design, outcomes: Outcomes, solver: Newton, solved: _Solved) -> FitRecord | _Solved:
    """Return the record of the limiting model where there is separation, else a solution that stands."""
    response, predictors = _response(design), outcomes.predictors
    columns = solved.columns
    if predictors.n_params > TESTED_MOST and solved.solution.status is not Status.CONVERGED:
        # The linear program would take hours; the status says what is known.
        return solved._replace(solution=replace(solved.solution, status=Status.SUSPECTED))
    if columns.basis is None:
        columns = scaled_coordinates(design.matrix, response.weights, design.info.intercept)
    matrix = columns.matrix(design.matrix)
    inner = predictors.of_columns(matrix.n_columns)
    pairs, sides = outcome_pairs(matrix, response, inner)
    try:
        separated = find_separation(_restricted(pairs, predictors, columns), sides, GEOMETRY_MOST)
    except ConvergenceError:  # the test has no answer, which the status says
        return solved._replace(solution=replace(solved.solution, status=Status.SUSPECTED))
    if separated is not None:
        return _limiting(design, outcomes, columns, matrix, separated, solver)
    if solved.solution.status is Status.CONVERGED:
        return solved
    if predictors.basis is not None:
        objective = outcomes_objective(design.matrix, response, predictors)
        again = solver.solve(objective, _origin(design, predictors, identity_coordinates()), suspicious=False)
        return solved._replace(solution=again)
    return _solve_orthogonal(design, predictors, solver, suspicious=False)


def _restricted(pairs: Matrix, predictors: Predictors, columns: Coordinates) -> Matrix:
    """Return the pairs over the coefficients that are solved for."""
    if predictors.basis is None:
        return pairs
    from logitkit.design.matrix.transformed import Transformed

    restriction, size = _restriction(predictors, columns)
    return Transformed(pairs, np.zeros(pairs.n_columns), restriction / size)


def _restriction(predictors: Predictors, columns: Coordinates) -> tuple[FloatArray, FloatArray]:
    """Return what the coefficients that are solved for are in coordinates of the columns, and the size of each."""
    assert columns.transform is not None
    inverse = np.linalg.inv(columns.transform)
    m, p = predictors.active.size, predictors.n_columns
    basis = np.asarray(predictors.basis, dtype=np.float64).reshape(m, p, -1)
    made = np.einsum("jp,mpq->mjq", inverse, basis).reshape(m * p, -1)
    return np.asarray(made), np.linalg.norm(made, axis=0)


def _limiting(
    design: Design,
    outcomes: Outcomes,
    columns: Coordinates,
    matrix: Matrix,
    separated: Separated,
    solver: Newton,
) -> FitRecord:
    """Fit the limiting model: each row without the outcomes that its probability leaves."""
    response, predictors = _response(design), outcomes.predictors
    inner = predictors.of_columns(matrix.n_columns)
    restriction, size = np.eye(inner.n_flat), np.ones(inner.n_flat)
    if predictors.basis is not None:
        restriction, size = _restriction(predictors, columns)
        restriction = restriction / size
    pairs, _ = outcome_pairs(matrix, response, inner)
    moved = separated.rows.reshape(pairs.other.shape)
    ruled_out = np.zeros((predictors.n_predictors, response.n_rows), dtype=bool)
    row, place = np.nonzero(moved)
    ruled_out[pairs.other[row, place], row] = True
    within = restriction @ separated.complement
    objective = outcomes_objective(matrix, response, inner.within(within), ruled_out=ruled_out)
    solution = solver.solve(objective, _origin(design, objective.predictors, columns), suspicious=False)
    status = Status.SEPARATED if solution.status is Status.CONVERGED else solution.status
    assert solution.evaluation.hessian is not None
    complement = separated.complement / size[:, None]
    vcov = DenseVcov(complement @ vcov_of(solution.evaluation.hessian).array() @ complement.T)
    solution = replace(solution, coef=complement @ solution.coef, status=status)
    flat = flat_directions(restriction @ np.column_stack([separated.null, separated.direction]), outcomes, columns)
    # In the coefficients that are solved for, as the fit's own estimates are.
    cone = replace(separated.cone, directions=separated.cone.directions / size[:, None])
    signs = cone.signs_of(flat[:, :-1])
    direction = flat[:, -1]
    limit = Limit(
        (),
        cone,
        direction / np.abs(direction).max(),
        int(np.count_nonzero(moved.all(axis=1))),
        signs,
        separated.cone.dimension,
    )
    return make_outcome_record(design, outcomes, outcome_coordinates(outcomes, columns), solution, vcov, limit, 0.95)
