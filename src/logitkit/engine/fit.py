"""From a design and the form of a model to a frozen record of the fit by maximum likelihood.

1. Choose where the solver starts; with many rows, solve from a sample's answer and Hessian.
2. Else decide the rank from the Hessian there, or from the columns when it is in doubt,
3. and solve.
4. Certify that the estimate exists; or find the directions along which it does not, and fit the limiting model.
5. Record what inference needs, and no rows.

Columns that enter the predictors in several ways are orthogonalised within their parts, where that is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from logitkit.design.constant import with_constant
from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.design.table.checks import may_vanish, require_finite
from logitkit.engine.alone import NO_ERRORS
from logitkit.engine.assemble import make_record, shown_coordinates
from logitkit.engine.cost import require_affordable
from logitkit.engine.curvature.hessian import DenseHessian, Hessian
from logitkit.engine.curvature.shrunk import shrunken
from logitkit.engine.curvature.vcov import Vcov, WithheldVcov, vcov_of
from logitkit.engine.evaluation import Evaluation
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.facts import Covariance
from logitkit.engine.origin import in_coordinates, origin_of
from logitkit.engine.rank import (
    CLEAR_SHARE,
    Coordinates,
    identity_coordinates,
    least_share,
    orthogonal_coordinates,
    scaled_coordinates,
    solved_from,
)
from logitkit.engine.record import FitRecord
from logitkit.engine.small_fit import Tried, small_record, solve_in_compiled_code, try_small
from logitkit.engine.solvers.choose import NUMBERS_LEAST, Plan, choose_plan, layout_that_pays, layout_when_large
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.errors import ConvergenceError, DataWarning, FormulaError, warn_caller
from logitkit.models.family import Family
from logitkit.models.form import Form, form_of
from logitkit.numerics.threads.blas import blas_for, single_threaded_blas
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.design.matrix.arrow import ArrowLayout
    from logitkit.engine.objective import Objective
    from logitkit.engine.part_coordinates import Columns

__all__ = ["are_clear", "as_given", "columns_of", "fit_design", "objective_of", "require_determined"]

TESTED_MOST = 300  # coefficients of several outcomes up to which a fit that runs off is looked at by a linear program
LARGE = 100  # coefficients beyond which second derivatives cost so much more than first ones that they are kept
DETERMINED = 1e-13  # of a unit diagonal: less is left of a coefficient that the others determine


Maker: TypeAlias = Callable[[Matrix, FloatArray | None, int | None, bool], Coordinates]


class _Solved(NamedTuple):
    """A solution and the coordinates of the columns that it is in."""

    columns: Columns
    solution: Solution


def fit_design(
    design: Design,
    model: Form | Family,
    solver: Newton,
    level: float = 0.95,
    start: FloatArray | None = None,
    alone: bool = False,
) -> FitRecord:
    """Fit a model, or a family of one linear predictor, by maximum likelihood.

    Never an error for lack of convergence or separation: both are findings in the record. ``start`` are coefficients as
    solved for, in the columns as given, that may be near. Alone, the coefficients may be without a covariance.

    Examples
    --------
    One column of ones: the estimate is the logit of the proportion of events.

    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> design = ready_design(np.ones((4, 1)), np.array([0, 1, 1, 1]), names=["Intercept"])
    >>> record = fit_design(design, Binomial(), Newton())
    >>> bool(np.isclose(record.coef[0], np.log(3.0)))
    True
    """
    form = form_of(model, design.matrix.n_columns)
    tried = try_small(design, form, solver) if start is None else Tried()
    record = small_record(design, form, tried, level)
    return _fit_any(design, form, solver, level, start, alone, tried) if record is None else record


def _fit_any(
    design: Design, form: Form, solver: Newton, level: float, start: FloatArray | None, alone: bool, tried: Tried
) -> FitRecord:
    """Fit a design of any size and kind."""
    n, p = (design.matrix.n_rows, design.matrix.n_columns) if not design.in_chunks else (0, 0)
    counted = form.is_single and form.family.is_logit and n > 0  # the largest product is the Hessian, or its factor
    with blas_for(max(n, p) * p * p) if counted else single_threaded_blas():
        if not form.is_single:
            from logitkit.engine.many_outcomes import fit_many

            if (record := fit_many(design, form, solver, level, start)) is not None:
                return record
        plan = _plan(design, form)
        if not form.in_parts:
            design = with_constant(design)
        if plan.layout is not None:
            from logitkit.engine.levels.wide import fit_only_wide

            return fit_only_wide(design, plan.layout, form, solver, level)
        record = _by_levels(design, form, solver, level, layout_that_pays)
        if record is not None and not record.is_separated:  # else its limit is described as that of any other design
            return record
        solved = _solve(design, form, solver, plan, start, alone, tried)
        if solved is None and (record := _by_levels(design, form, solver, level)) is not None:
            return record
        solved = _solve_orthogonal(design, form, solver, plan.keeps, start=start) if solved is None else solved
        if form.family.is_bounded and (record := _at_boundary(design, form, solver, solved, level)) is not None:
            return record
        if not overlap_is_certain(solved.solution):
            if (record := _by_levels(design, form, solver, level)) is not None:
                return record
            with single_threaded_blas():
                found = _without_certificate(design, form, solver, solved)
            if not isinstance(found, _Solved):
                return replace(found, level=level)
            solved = found
        solved, several = _highest(design, form, solver, solved)
        vcov: Vcov = WithheldVcov(solved.solution.coef.size, NO_ERRORS)
        if solved.solution.evaluation.hessian is not None:
            vcov = vcov_of(_information(design, form, solved))
        solution = replace(solved.solution, method=plan.words + several)
        record = make_record(design, form, shown_coordinates(form, solved.columns), solution, vcov, None, level)
        return replace(record, errors_within=solution.errors_within)


def _plan(design: Design, form: Form) -> Plan:
    """Return how the second derivatives are summed and whether they are kept; refuse what would take hours."""
    if design.in_chunks:
        require_affordable(design.matrix, form.predictors)
        return Plan("dense", None, True)
    if form.is_single:
        plan = choose_plan(design.matrix)
        # The exact elimination of levels is that of the logit.
        return plan if form.family.is_logit else Plan("dense", None, plan.keeps)
    require_affordable(design.matrix, form.predictors)
    large = design.matrix.n_rows * design.matrix.width >= NUMBERS_LEAST or form.predictors.n_params >= LARGE
    return Plan("dense", None, large and not form.in_parts)


def _by_levels(
    design: Design,
    form: Form,
    solver: Newton,
    level: float,
    layout_of: Callable[[Matrix], ArrowLayout | None] = layout_when_large,
) -> FitRecord | None:
    """Fit with the levels of the largest factor eliminated, where the design is large and that settles the doubt."""
    may = form.is_single and form.family.is_logit and not design.in_chunks
    layout = layout_of(design.matrix) if may else None
    if layout is None:
        return None
    from logitkit.engine.levels.wide import fit_wide_if_settled

    return fit_wide_if_settled(design, layout, form, solver, level)


def columns_of(design: Design, form: Form, make: Maker) -> Columns:
    """Return coordinates of the columns, within their parts where they come in parts."""
    rows = design.sample if make is as_given else design  # which looks at no row
    weights, intercept = None if rows.in_chunks else rows.response.weights, design.info.intercept
    if form.in_parts:
        from logitkit.engine.part_coordinates import part_coordinates

        return part_coordinates(rows.matrix, weights, intercept, form.predictors, make)
    return make(rows.matrix, weights, intercept, False)


def as_given(matrix: Matrix, weights: FloatArray | None, intercept: int | None, centred: bool) -> Coordinates:
    """Return identity coordinates."""
    del matrix, weights, intercept, centred
    return identity_coordinates()


def objective_of(design: Design, form: Form, columns: Columns) -> Objective:
    """Return the objective in coordinates of the columns."""
    family = form.family.solving
    if design.in_chunks:
        from logitkit.engine.chunked import ChunkedObjective, RowsOfForm

        return ChunkedObjective(design, RowsOfForm(form, columns, family))
    from logitkit.engine.objective import Objective

    matrix = columns.matrix(design.matrix)
    if form.is_single:
        return Objective(matrix, design.response, family)
    from logitkit.engine.part_coordinates import inner_predictors

    return Objective(matrix, design.response, family, predictors=inner_predictors(form, columns))


def _at_boundary(design: Design, form: Form, solver: Newton, solved: _Solved, level: float) -> FitRecord | None:
    """Return the record of a maximum where some fitted mean is 1, which has no errors; None where it is inside."""
    if overlap_is_certain(solved.solution):
        return None
    from logitkit.engine.boundary import boundary_words, maximum_on_boundary
    from logitkit.engine.existence.margins import margins_of

    columns, intercept = solved.columns, design.info.intercept
    objective = objective_of(design, form, columns)
    margins = margins_of(
        design, form, columns if not columns.is_identity else columns_of(design, form, scaled_coordinates)
    )
    if margins.separation() is not None:
        return None
    unit: FloatArray = np.zeros(len(design.info.names))
    unit[intercept or 0] = 1.0
    transform = shown_coordinates(form, columns).transform
    inner = solved_from(transform, unit)
    start = origin_of(design.sample.response, form, intercept, columns)
    found = maximum_on_boundary(objective, start, inner, solver)
    if found is None:
        return None
    reason = boundary_words(found.n_rows, found.rule.named(design, objective))
    warn_caller(f"{reason}. Standard errors are withheld.", DataWarning)
    withheld = WithheldVcov(found.solution.coef.size, reason)
    record = make_record(design, form, shown_coordinates(form, columns), found.solution, withheld, None, level)
    return replace(record, covariance=Covariance(*Covariance.withheld(reason)))


def _highest(design: Design, form: Form, solver: Newton, solved: _Solved) -> tuple[_Solved, str]:
    """Return the highest maximum that several starts lead to, and say where they lead to more than one."""
    family = form.family
    if family.solving == family.exact and family.concave == family:
        return solved, ""
    from logitkit.engine.solvers.scoring import highest_maximum

    objective = objective_of(design, form, solved.columns)
    origin = origin_of(design.sample.response, form, design.info.intercept, solved.columns)
    solution, words = highest_maximum(objective, family, origin, solver, solved.solution)
    return solved._replace(solution=solution), words


def _information(design: Design, form: Form, solved: _Solved) -> Hessian:
    """Return the second derivatives on which standard errors are based."""
    found = solved.solution.evaluation.hessian
    if form.family.solving != form.family:
        found = (
            objective_of(design, form, solved.columns).with_family(form.family).evaluate(solved.solution.coef).hessian
        )
    assert found is not None
    return found


def _solve(
    design: Design, form: Form, solver: Newton, plan: Plan, warm: FloatArray | None, alone: bool, tried: Tried
) -> _Solved | None:
    """Return the solution in the columns as given, None where they are not clearly independent."""
    columns, intercept = columns_of(design, form, as_given), design.info.intercept
    if warm is None:
        small = tried.found if tried.solved else solve_in_compiled_code(design, form, solver)
        if small is not None:
            return _Solved(columns, small.solution)
    from logitkit.engine.solvers.start import starting_point

    given = objective_of(design, form, columns)

    def origin_for(response: Response) -> FloatArray:
        return origin_of(response, form, intercept)

    alone = alone and form.is_single and form.family.is_logit and not design.in_chunks
    improve = partial(shrunken, intercept=intercept) if alone else None
    start = starting_point(given, origin_for, warm, improve)
    if start.nearby is not None:
        solution = solver.solve(given, start.coef, nearby=start.nearby, alone=alone)
        if solution.status is Status.CONVERGED and solution.evaluation.hessian is None:
            if overlap_is_certain(solution):
                return _Solved(columns, solution)
            solution = solver.solve(given, solution.coef, nearby=start.nearby)  # what looks into it needs the Hessian
        if solution.status is Status.CONVERGED and are_clear(solution.evaluation, form, intercept, most=True):
            return _Solved(columns, solution)
    origin = start.coef
    if warm is not None and (small := solve_in_compiled_code(design, form, solver, origin)) is not None:
        return _Solved(columns, small.solution)
    first = given.evaluate(origin)
    squares = _dense(first).array.diagonal()
    if not np.isfinite(first.value) or not _dense(first).finite or may_vanish(squares):
        for part in design.chunks():
            require_finite(part.matrix, part.info.names, part.positions)
    if not are_clear(first, form, intercept):
        return None
    return _Solved(columns, solver.solve(given, origin, first, keep=plan.keeps))


def _dense(evaluation: Evaluation) -> DenseHessian:
    assert isinstance(evaluation.hessian, DenseHessian)
    return evaluation.hessian


def are_clear(here: Evaluation, form: Form, intercept: int | None, most: bool = False) -> bool:
    """Tell whether the columns are clearly independent, seen by the first predictor or by the one of most weight."""
    array = _dense(here).array
    if form.in_parts:
        return least_share(array, None) >= CLEAR_SHARE
    r, p = form.predictors.active.size, form.predictors.n_columns
    whole = array.reshape(r, p, r, p)
    return max(least_share(whole[k, :, k, :], intercept) for k in range(r if most else 1)) >= CLEAR_SHARE


def _solve_orthogonal(
    design: Design,
    form: Form,
    solver: Newton,
    keep: bool = False,
    suspicious: bool = True,
    start: FloatArray | None = None,
) -> _Solved:
    """Return the solution in coordinates in which the columns are orthogonal and none is aliased."""
    columns = columns_of(design, form, orthogonal_coordinates)
    objective = objective_of(design, form, columns)
    origin, first = np.zeros(objective.n_params), None
    if not form.is_single or form.family.needs_origin:
        origin = origin_of(design.sample.response, form, design.info.intercept, columns)
    if start is not None:
        from logitkit.engine.solvers.start import starting_point

        origin = starting_point(objective, lambda _: origin, in_coordinates(form, columns, start)).coef
    if form.in_parts:
        first = objective.evaluate(origin)
        require_determined(design, first, form, columns)
    return _Solved(columns, solver.solve(objective, origin, first, suspicious=suspicious, keep=keep))


def require_determined(design: Design, first: Evaluation, form: Form, columns: Columns) -> None:
    """Refuse predictors that do not determine their coefficients, and name columns that others determine."""
    if least_share(_dense(first).array, None) < DETERMINED:
        weights = None if design.in_chunks else design.response.weights
        given = orthogonal_coordinates(design.matrix, weights, design.info.intercept)
        if given.aliased.size:
            names = ", ".join(design.info.names[j] for j in given.aliased)
            raise FormulaError(
                f"Columns are linear combinations of columns that enter the predictors differently ({names}): leave "
                "them out."
            )
        if not isinstance(columns, Coordinates) and form.family.words.untold:
            array = _dense(first).array
            flat = columns.transform @ np.linalg.eigh(array)[1][:, 0]
            names = ", ".join(
                form.shown.label(int(place), design.info.names)
                for place in np.flatnonzero(np.abs(flat) > 1e-6 * np.abs(flat).max())
            )
            raise FormulaError(f"No row identifies these coefficients: {names}. {form.family.words.untold}")
        raise FormulaError(
            "The coefficients are not identified: only differences between outcomes can be estimated, so a term that "
            "is equal for all outcomes, the reference included, has no estimable coefficient. The cause may also be a "
            "column whose mean is large relative to its spread: subtract the mean."
        )


def _without_certificate(design: Design, form: Form, solver: Newton, solved: _Solved) -> FitRecord | _Solved:
    """Return the record of the limiting model where there is separation, else a solution that stands."""
    from logitkit.engine.existence.margins import margins_of
    from logitkit.engine.limit import fit_limit

    suspected = solved._replace(solution=replace(solved.solution, status=Status.SUSPECTED))
    converged = solved.solution.status is Status.CONVERGED
    if not form.is_single and form.predictors.n_params > TESTED_MOST and not converged:
        return suspected  # the linear program would take hours; the status says what is known
    columns = solved.columns
    if columns.is_identity:
        columns = columns_of(design, form, scaled_coordinates)
    margins = margins_of(design, form, columns)
    try:
        separated = margins.separation()
    except ConvergenceError:  # the test has no answer, which the status says
        return suspected
    if separated is not None:
        return fit_limit(design, form, columns, margins, separated, solver)
    if converged:
        return solved
    return _solve_orthogonal(design, form, solver, suspicious=False)
