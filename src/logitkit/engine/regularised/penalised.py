"""Fits with a penalty, and the records that the user sees."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.assemble import make_record
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.facts import Covariance, PenaltyFacts
from logitkit.engine.objective import Objective
from logitkit.engine.rank import identity_coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.penalised_problem import Shrunken, prepare, relaxed, require_bounded, share_of_lasso
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.regularised.shrinkage import covariance_of
from logitkit.engine.solvers.solver import Solution
from logitkit.errors import DataError, SeparationError
from logitkit.models.binomial import Binomial
from logitkit.models.form import single_form
from logitkit.models.penalties.elastic_net import ElasticNet
from logitkit.models.penalties.specification import Specification, parts_of
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import is_finite_number

__all__ = ["fit_at", "fit_penalised", "scale_words"]


def fit_penalised(
    design: Design, family: Binomial, specification: Specification, options: ProxNewton, level: float = 0.95
) -> FitRecord:
    """Fit at the strength that the penalty states."""
    parts = parts_of(specification)
    if any(isinstance(part, ElasticNet) and part.strength is None for part in parts):
        raise DataError(
            f"The penalty ({specification.words}) has no strength. Give one, such as lk.Lasso(0.05), or choose it with "
            "lk.cross_validate or lk.path."
        )
    with single_threaded_blas():
        return fit_at(prepare(design, family, specification), math.nan, options, level, "given")


def fit_at(given: Shrunken, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
    """Fit at a strength."""
    if given.problem.strengths.varies and not (is_finite_number(strength) and strength >= 0.0):
        raise DataError(f"strength={strength!r:.60}: give a number that is not negative.")
    with single_threaded_blas():
        solved = given.problem.fresh().solve(float(strength), options.tol, options.max_iter, polish=True)
        return _record(given, float(strength), solved, level, chosen, options.tol)


def _record(given: Shrunken, strength: float, solved: Solved, level: float, chosen: str, tol: float) -> FitRecord:
    """Return the record of a solution."""
    design, problem = given.design, given.problem
    strengths = problem.strengths
    penalty = strengths.at(strength)
    gamma = share_of_lasso(given.specification)
    coef = relaxed(given, solved.coef / strengths.scale)
    if coef is None:
        raise SeparationError(
            "The columns that the lasso chose separate the outcomes, so the refit of the relaxed lasso has no finite "
            "estimates. Choose a larger strength, or gamma=1."
        )
    quadratic = strengths.quadratic
    known = None
    if solved.solution is not None:  # Newton's method has been there
        evaluation = replace(solved.solution.evaluation, value=solved.value)
        known = evaluation.hessian if isinstance(evaluation.hessian, DenseHessian) else None
    else:
        objective = Objective(design.matrix, design.response, given.family, problem.objective.sums)
        evaluation = objective.evaluate(coef, hessian=False)
    require_bounded(given, evaluation.closest)
    vcov, kind, label, dof = covariance_of(given, penalty, coef, known)
    solution = Solution(coef, evaluation, math.nan, solved.status, (), method=problem.method)
    form = single_form(given.family, design.matrix.n_columns)
    record = make_record(design, form, identity_coordinates(), solution, vcov, None, level)
    facts = PenaltyFacts(
        words=given.specification.words,
        strengths=tuple(
            (part.words, part.strength if part.strength is not None else strength)
            for part in parts_of(given.specification)
            if isinstance(part, ElasticNet)
        ),
        standardized=scale_words(given.specification),
        chosen=chosen,
        dof=dof,
        n_nonzero=int(np.count_nonzero((coef != 0.0) | strengths.whole.free)),
        gap=solved.gap / problem.null.value if problem.null.value > 0.0 else solved.gap,
        tol=tol,
        steps=solved.steps,
        null_value=problem.null.value,
        penalty=penalty,
        quadratic=quadratic,
        scale=strengths.scale,
        certified=gamma is None or gamma == 1.0,
    )
    return replace(
        record,
        covariance=Covariance(kind, label),
        n_params=facts.n_nonzero,
        penalty=facts,
    )


def scale_words(specification: Specification) -> str:
    """Return on which scale the coefficients are penalised, in words."""
    found = {part.standardize for part in parts_of(specification) if isinstance(part, ElasticNet)}
    if not found:
        return "coefficients of the columns as given"
    if len(found) == 2:
        return "some parts standardised columns, some columns as given"
    return "coefficients of standardised columns" if found == {True} else "coefficients of the columns as given"
