"""Fits of several outcomes with a penalty, and the records that the user sees."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.assemble import make_record
from logitkit.engine.curvature.vcov import WithheldVcov
from logitkit.engine.facts import Covariance, PenaltyFacts
from logitkit.engine.rank import Coordinates, identity_coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.outcome_problem import ShrunkenOutcomes, prepare_outcomes
from logitkit.engine.regularised.outcome_shrinkage import INFERENCE_MOST, outcome_covariance
from logitkit.engine.regularised.penalised import scale_words
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.regularised.shrinkage import TOO_WIDE
from logitkit.engine.solvers.solver import Solution
from logitkit.errors import DataError
from logitkit.models.form import Form
from logitkit.models.penalties.elastic_net import ElasticNet
from logitkit.models.penalties.specification import Specification, parts_of
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray

__all__ = ["fit_outcomes_at", "fit_penalised_outcomes"]


def fit_penalised_outcomes(
    design: Design, outcomes: Form, specification: Specification, options: ProxNewton, level: float = 0.95
) -> FitRecord:
    """Fit at the strength that the penalty states."""
    if any(isinstance(part, ElasticNet) and part.strength is None for part in parts_of(specification)):
        raise DataError(
            f"The penalty ({specification.words}) has no strength. Give one, such as lk.Lasso(0.05), or choose it with "
            "lk.cross_validate or lk.path."
        )
    with single_threaded_blas():
        return fit_outcomes_at(prepare_outcomes(design, outcomes, specification), math.nan, options, level, "given")


def fit_outcomes_at(
    given: ShrunkenOutcomes, strength: float, options: ProxNewton, level: float, chosen: str
) -> FitRecord:
    """Fit at a strength."""
    if given.problem.strengths.varies and not (is_finite_number(strength) and strength >= 0.0):
        raise DataError(f"strength={strength!r:.60}: give a number that is not negative.")
    with single_threaded_blas():
        solved = given.problem.fresh().solve(float(strength), options.tol, options.max_iter, polish=True)
        return _record(given, float(strength), solved, level, chosen, options.tol)


def _record(
    given: ShrunkenOutcomes, strength: float, solved: Solved, level: float, chosen: str, tol: float
) -> FitRecord:
    """Return the record of a solution."""
    design, problem = given.design, given.problem
    strengths = problem.strengths
    penalty = strengths.at(strength)
    # Of equivalent solutions the one that is reported.
    coef = given.solved(given.reported(solved.coef / strengths.scale))
    evaluation = problem.objective.evaluate(coef, hessian=False)
    if strengths.quadratic is not None:
        evaluation = replace(evaluation, value=evaluation.value - strengths.quadratic.value(coef))
    vcov, kind, label, dof = outcome_covariance(given, penalty, coef)
    coordinates, inner = _coordinates(given, coef)
    if coordinates.transform is None:
        vcov = (
            vcov if isinstance(vcov, WithheldVcov) and vcov.size == inner.size else WithheldVcov(inner.size, TOO_WIDE)
        )
    solution = Solution(inner, evaluation, math.nan, solved.status, (), method=problem.method)
    record = make_record(design, given.outcomes, coordinates, solution, vcov, None, level)
    null = problem.null.value
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
        gap=solved.gap / null if null > 0.0 else solved.gap,
        tol=tol,
        null_value=null,
        penalty=penalty,
        quadratic=strengths.quadratic,
        scale=strengths.scale,
        steps=solved.steps,
    )
    return replace(
        record,
        covariance=Covariance(kind, label),
        n_params=facts.n_nonzero,
        penalty=facts,
    )


def _coordinates(given: ShrunkenOutcomes, coef: FloatArray) -> tuple[Coordinates, FloatArray]:
    """Return how the reported coefficients follow from others, and these others."""
    if max(coef.size, given.n_flat) > INFERENCE_MOST:
        return identity_coordinates(), given.reported(coef)
    predictors, stacked = given.outcomes.predictors, given.problem.stacked
    flat = np.zeros((coef.size, predictors.n_flat))
    flat[np.arange(coef.size), stacked.place] = 1.0
    if given.outcomes.reference is None:
        blocks = flat.reshape(coef.size, predictors.active.size, predictors.n_columns)
        blocks -= np.where(stacked.free, blocks.mean(axis=1, keepdims=True), 0.0)
    return Coordinates(flat.T, np.empty(0, dtype=np.int64)), coef
