"""From a design and an adjustment to the record of a fit whose bias is reduced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.constant import with_constant
from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.engine.assemble import make_record, shown_coordinates
from logitkit.engine.bias.correction import flac, flic
from logitkit.engine.bias.jeffreys import JeffreysObjective
from logitkit.engine.bias.null import null_value
from logitkit.engine.bias.offered import why_not_adjusted
from logitkit.engine.bias.penalised import own_coefficients, penalised_objective
from logitkit.engine.bias.scores import AdjustedScores
from logitkit.engine.bias.solver import maximised, solved
from logitkit.engine.bias.starts import evenly_adjusted, highest
from logitkit.engine.bias.unbounded import LimitWithPriors, is_finite, limit_with_priors
from logitkit.engine.cost import require_affordable
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import DenseVcov, Vcov, vcov_of
from logitkit.engine.facts import AdjustmentFacts, Covariance
from logitkit.engine.fit import are_clear, as_given, columns_of, fit_design, objective_of, require_determined
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.origin import in_coordinates, origin_of
from logitkit.engine.part_coordinates import Columns
from logitkit.engine.rank import orthogonal_coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.response_sums import summed_responses
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import starting_point
from logitkit.errors import UnsupportedError
from logitkit.models.family import Family
from logitkit.models.form import Form, form_of
from logitkit.models.penalties.adjustment import Adjustment, Jeffreys, LogF, MedianBias
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["fit_adjusted", "fit_again"]

BY_LIKELIHOOD = "quasi-Newton by the information"  # how a penalised likelihood is solved


def fit_adjusted(
    design: Design, model: Form | Family, stated: Adjustment, solver: Newton, level: float = 0.95
) -> FitRecord:
    """Fit a model whose likelihood, or whose scores, are adjusted against bias.

    Examples
    --------
    One column of ones: half a row is added to each outcome.

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> design = ready_design(np.ones((4, 1)), np.array([1, 1, 1, 0]), names=["Intercept"])
    >>> record = fit_adjusted(design, Binomial(), Jeffreys(), Newton())
    >>> bool(np.isclose(record.coef[0], np.log(3.5 / 1.5)))
    True
    """
    form = form_of(model, design.matrix.n_columns)
    if refused := why_not_adjusted(design.info, form, summed_responses(design, form).totals, stated):
        raise UnsupportedError(refused)
    with single_threaded_blas():
        require_affordable(design.matrix, form.predictors)
        if not form.in_parts:
            design = with_constant(design)
        columns, base = _independent(design, form)
        shown = shown_coordinates(form, columns)

        def origin_for(response: Response) -> FloatArray:
            return origin_of(response, form, design.info.intercept, columns)

        origin = origin_for(design.sample.response)
        penalised, words = penalised_objective(stated, base, form, design.info, shown), ""
        if penalised is None:
            transform = None
            if isinstance(stated, MedianBias):
                transform = own_coefficients(shown, base.n_params)
                if transform is None:
                    raise UnsupportedError(
                        "Median bias reduction is of coefficients that are estimated each by itself, and in symmetric "
                        "form they sum to zero over the outcomes. Name a reference outcome, reference=."
                    )
            solution, _ = solved(AdjustedScores(base, transform), origin, solver)
            value = null = np.nan
        else:
            start = starting_point(base, origin_for).coef if base.in_chunks else origin
            near = evenly_adjusted(penalised, start)
            solution, words = highest(penalised, form, start, solver, maximised(penalised, near, solver))
            null = null_value(penalised, design, form, columns, start, solver)
            if isinstance(stated, LogF) and not is_finite(penalised, solution, form):
                found = limit_with_priors(design, form, columns, stated, solver)
                if found is not None:
                    return _at_infinity(design, form, stated, found, null, level)
        here = base.evaluate(solution.coef)
        if isinstance(penalised, JeffreysObjective):
            value = -penalised.value_at(here)
        elif penalised is not None:
            value = -penalised.evaluate(solution.coef, hessian=False).value
        solution = replace(solution, evaluation=here, method=_method(penalised) + words)
        information = _information(stated, solution, base, penalised, form)
        optimum, vcov = solution.coef, vcov_of(information)
        if isinstance(stated, Jeffreys) and stated.correction is not None and solution.status is Status.CONVERGED:
            unit = np.zeros(form.predictors.n_flat)
            unit[design.info.intercept or 0] = 1.0
            intercept = in_coordinates(form, columns, unit)
            solution, vcov = _corrected(stated, solution, vcov, base, intercept, solver)
        record = make_record(design, form, shown, solution, vcov, None, level)
        constant = record.log_constant
        facts = AdjustmentFacts(stated, value + constant, null + constant, optimum)
        return replace(record, adjustment=facts, covariance=Covariance(label=_errors(stated, form)))


def _at_infinity(
    design: Design, form: Form, stated: LogF, found: LimitWithPriors, null: float, level: float
) -> FitRecord:
    """Return the record of estimates of which some are infinite, as no prior holds them."""
    solution = replace(found.solution, method=BY_LIKELIHOOD)
    record = make_record(design, form, found.shown, solution, found.vcov, found.limit, level)
    constant = record.log_constant
    facts = AdjustmentFacts(stated, found.value + constant, null + constant, solution.coef)
    return replace(record, adjustment=facts, covariance=Covariance(label=_errors(stated, form)))


def _corrected(
    stated: Jeffreys, solution: Solution, vcov: Vcov, base: Objective, intercept: FloatArray, solver: Newton
) -> tuple[Solution, Vcov]:
    """Return estimates whose mean prediction is the proportion of events, and their covariance."""
    if stated.correction == "FLIC":
        found = flic(base, solution.coef, intercept, solver)
    else:
        found, array = flac(base, solution.coef, solver)
        vcov = DenseVcov(array)
    here = base.evaluate(found.coef)
    return replace(solution, coef=found.coef, evaluation=here, status=found.status), vcov


def fit_again(record: FitRecord, design: Design) -> FitRecord:
    """Return the fit of the same model to other rows, adjusted as it was."""
    if record.adjustment is None:
        return fit_design(design, record.form, Newton(), record.level)
    return fit_adjusted(design, record.form, record.adjustment.stated, Newton(), record.level)


def _independent(design: Design, form: Form) -> tuple[Columns, Objective]:
    """Return columns that are independent, as given where they clearly are, and the likelihood on them."""
    intercept, family = design.info.intercept, form.family.expected
    columns = columns_of(design, form, as_given)
    objective = objective_of(design, form, columns).with_family(family)
    start = origin_of(design.sample.response, form, intercept)
    if are_clear(objective.evaluate(start), form, intercept):
        return columns, objective
    columns = columns_of(design, form, orthogonal_coordinates)
    objective = objective_of(design, form, columns).with_family(family)
    if form.in_parts:
        start = origin_of(design.sample.response, form, intercept, columns)
        require_determined(design, objective.evaluate(start), form, columns)
    return columns, objective


def _information(
    stated: Adjustment, solution: Solution, base: Objective, penalised: SmoothObjective | None, form: Form
) -> DenseHessian:
    """Return the second derivatives that standard errors follow from."""
    if isinstance(stated, LogF) and penalised is not None:
        found = penalised.evaluate(solution.coef).hessian
    elif form.family.expected == form.family:
        found = solution.evaluation.hessian
    else:
        found = base.with_family(form.family).evaluate(solution.coef).hessian
    assert isinstance(found, DenseHessian)
    return found


def _errors(stated: Adjustment, form: Form) -> str:
    """Return how standard errors are made, in words."""
    if form.family.expected == form.family or isinstance(stated, LogF):
        return f"model-based ({stated.errors})"
    return f"model-based ({stated.errors}, observed)"


def _method(penalised: SmoothObjective | None) -> str:
    """Return how the fit was solved, in words."""
    return BY_LIKELIHOOD if penalised is not None else "adjusted scores by the information"
