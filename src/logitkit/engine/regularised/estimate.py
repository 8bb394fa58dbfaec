"""Fits with a penalty, and the records that the user sees."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.assemble import make_record
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import Vcov, WithheldVcov
from logitkit.engine.facts import Covariance, PenaltyFacts
from logitkit.engine.objective import Evaluation
from logitkit.engine.rank import Coordinates, identity_coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.dual_point import are_few
from logitkit.engine.regularised.existence import require_bounded
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.prepare import prepare
from logitkit.engine.regularised.problem import Problem
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.regularised.relaxation import relaxed
from logitkit.engine.regularised.shrinkage import INFERENCE_MOST, TOO_WIDE, covariance_of
from logitkit.engine.regularised.shrunken import Shrunken
from logitkit.engine.solvers.solver import Solution
from logitkit.errors import DataError, SeparationError
from logitkit.models.family import Family
from logitkit.models.form import Form, form_of
from logitkit.models.penalties.elastic_net import ElasticNet
from logitkit.models.penalties.specification import Specification, parts_of
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray

__all__ = ["fit_at", "fit_penalised"]


def fit_penalised(
    design: Design,
    model: Form | Family,
    specification: Specification,
    options: ProxNewton,
    level: float = 0.95,
) -> FitRecord:
    """Fit at the strength that the penalty states."""
    if any(isinstance(part, ElasticNet) and part.strength is None for part in parts_of(specification)):
        raise DataError(
            f"The penalty ({specification.words}) has no strength. Give one, as in lk.Lasso(0.05), or choose it with "
            "lk.cross_validate or lk.path."
        )
    with single_threaded_blas():
        given = prepare(design, form_of(model, design.matrix.n_columns), specification)
        return fit_at(given, math.nan, options, level, "given")


def fit_at(given: Shrunken, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
    """Fit at a strength."""
    if given.strengths.varies and not (is_finite_number(strength) and strength >= 0.0):
        raise DataError(f"strength={strength!r:.60}: give a number that is not negative.")
    with single_threaded_blas():
        solved = given.sequence.fresh().solve(float(strength), options.tol, options.max_iter, polish=True)
        return _record(given, float(strength), solved, level, chosen, options.tol)


def _record(given: Shrunken, strength: float, solved: Solved, level: float, chosen: str, tol: float) -> FitRecord:
    """Return the record of a solution."""
    problem, strengths = given.problem, given.strengths
    penalty = strengths.at(strength)
    flat = relaxed(given, given.reported(solved.coef / strengths.scale))
    if flat is None:
        raise SeparationError(
            "The columns selected by the lasso separate the outcomes, so the refit of the relaxed lasso has no finite "
            "estimates. Choose a larger strength, or gamma=1."
        )
    coef, known = given.solved(flat), None
    if solved.solution is not None:  # Newton's method has been there
        evaluation = replace(solved.solution.evaluation, value=solved.value)
        known = evaluation.hessian if isinstance(evaluation.hessian, DenseHessian) else None
    else:
        evaluation = _evaluated(problem, coef)
    require_bounded(given, lambda: evaluation.closest)
    vcov, kind, label, dof = covariance_of(given, penalty, coef, known)
    solution = Solution(coef, evaluation, math.nan, solved.status, (), method=given.sequence.method)
    null = given.sequence.null.value
    facts = PenaltyFacts(
        words=given.specification.words,
        strengths=tuple(
            (part.words, part.strength if part.strength is not None else strength)
            for part in parts_of(given.specification)
            if isinstance(part, ElasticNet)
        ),
        standardized=_scale_words(given.specification),
        chosen=chosen,
        dof=dof,
        n_nonzero=given.n_nonzero(given.reported(coef)),
        gap=solved.gap / null if null > 0.0 else solved.gap,
        tol=tol,
        steps=solved.steps,
        null_value=null,
        penalty=penalty,
        quadratic=strengths.quadratic,
        scale=strengths.scale,
        place=strengths.place if strengths.place.size < given.predictors.n_flat else None,
        certified=given.gamma is None or given.gamma == 1.0,
    )
    return replace(
        _assembled(given, solution, vcov, level),
        covariance=Covariance(kind, label),
        n_params=int(np.count_nonzero((coef != 0.0) | strengths.whole.free)),
        penalty=facts,
    )


def _evaluated(problem: Problem, coef: FloatArray) -> Evaluation:
    """Return the objective without its penalty; its gradient, which no record keeps, may be that of few columns."""
    objective, used = problem.objective(None, second=False), np.flatnonzero(coef)
    if not problem.in_chunks and are_few(objective, used):
        objective, coef = problem.columns_of(used).objective(None, second=False), coef[used]
    return objective.evaluate(coef, hessian=False)


def _assembled(given: Shrunken, solution: Solution, vcov: Vcov, level: float) -> FitRecord:
    """Return the record of a solution without its penalty."""
    design, form = given.design, given.form
    if form.is_single:
        return make_record(design, form, identity_coordinates(), solution, vcov, None, level)
    coordinates, inner = _coordinates(given, solution.coef)
    if coordinates.transform is None and not (isinstance(vcov, WithheldVcov) and vcov.size == inner.size):
        vcov = WithheldVcov(inner.size, TOO_WIDE)
    return make_record(design, form, coordinates, replace(solution, coef=inner), vcov, None, level)


def _coordinates(given: Shrunken, coef: FloatArray) -> tuple[Coordinates, FloatArray]:
    """Return how the reported coefficients of several outcomes follow from others, and these others."""
    predictors, strengths = given.predictors, given.strengths
    if max(coef.size, predictors.n_flat) > INFERENCE_MOST:
        return identity_coordinates(), given.reported(coef)
    flat = np.zeros((coef.size, predictors.n_flat))
    flat[np.arange(coef.size), strengths.place] = 1.0
    if given.is_symmetric:
        blocks = flat.reshape(coef.size, predictors.active.size, predictors.n_columns)
        blocks -= np.where(strengths.free, blocks.mean(axis=1, keepdims=True), 0.0)
    return Coordinates(flat.T, np.empty(0, dtype=np.int64)), coef


def _scale_words(specification: Specification) -> str:
    """Return on which scale the coefficients are penalised, in words."""
    found = {part.standardize for part in parts_of(specification) if isinstance(part, ElasticNet)}
    if not found:
        return "coefficients of the columns as given"
    if len(found) == 2:
        return "some parts of standardised columns, some of columns as given"
    return "coefficients of standardised columns" if found == {True} else "coefficients of the columns as given"
