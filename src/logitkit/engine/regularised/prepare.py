"""From a design and a penalty in words to the penalised problem, with the checks that come before its solution."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from logitkit.design.chunks.side_by_side import side_by_side
from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.table.checks import may_vanish, require_finite
from logitkit.engine.fit import fit_design
from logitkit.engine.moments import Moments, design_moments
from logitkit.engine.regularised.existence import require_overlap
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.problem import Problem
from logitkit.engine.regularised.relaxation import relaxed
from logitkit.engine.regularised.sequence import StrengthSequence
from logitkit.engine.regularised.shrunken import Shrunken
from logitkit.engine.regularised.strengths import Strengths, strengths_of
from logitkit.engine.response_sums import summed_outcomes
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.errors import DataError, DataWarning, UnsupportedError, warn_caller
from logitkit.models.form import Form
from logitkit.models.penalties.elastic_net import AdaptiveLasso, RelaxedLasso
from logitkit.models.penalties.specification import Part, PenaltySum, Specification, parts_of
from logitkit.typing import FloatArray

__all__ = ["prepare"]


def prepare(design: Design, form: Form, specification: Specification, tells: bool = True) -> Shrunken:
    """Return the penalised problem of a design."""
    refused = design.info.nuisance.why_not("penalty")
    if refused:
        raise UnsupportedError(refused)
    if not (form.family.is_logit or form.family.compares_predictors):
        raise UnsupportedError(
            "penalty= is offered for the logit link only, with two outcomes or several, for which the duality gap is "
            "proved. Leave the penalty out, or use the logit link."
        )
    if form.in_parts:
        raise UnsupportedError(
            "per_outcome= and equal= cannot be combined with penalty=: use keep= and relative= instead."
        )
    parts = parts_of(specification)
    if len(parts) > 1 and any(isinstance(part, RelaxedLasso) for part in parts):
        raise UnsupportedError("A relaxed lasso cannot be added to another penalty.")
    moments, total = _moments_and_weight(design, form)
    stated = PenaltySum(tuple(_with_first_estimates(part, design, form) for part in parts))
    labels, symmetric = form.shown.parts[0].labels, not form.is_single and form.reference is None
    strengths = strengths_of(stated, design.info, moments, total, labels, symmetric)
    if tells:
        _tell_of_constants(design, strengths, moments)
    predictors = form.shown.picked(strengths.place)
    problem = Problem(design.matrix, design.response, form.family, predictors, strengths, design)
    given = Shrunken(design, form, specification, StrengthSequence(problem))
    require_overlap(given)
    return given


def _tell_of_constants(design: Design, strengths: Strengths, moments: Moments) -> None:
    """Warn of columns that do not vary: left out beside an intercept; without one, penalised as any other."""
    constant = strengths.constant
    text = "Columns that do not vary have the coefficient zero: {}."
    if design.info.intercept is None:
        # Of a formula that leaves the intercept out the caller knows; a matrix may hold one by another name.
        likely = (moments.mean[constant] != 0.0) & strengths.penalised[constant] & (design.info.coding is None)
        constant = constant[likely]
        text = (
            "Columns that do not vary are penalised like the others, because the model has no intercept: {0}. If it is "
            f"one, make it ones and call it {INTERCEPT!r} (for an estimator: leave it out, with fit_intercept=True), "
            "or name it in keep=."
        )
    if constant.size:
        names = [design.info.names[j] for j in constant]
        warn_caller(text.format(", ".join(names[:8]) + (", ..." if names[8:] else "")), DataWarning)


def _moments_and_weight(design: Design, form: Form) -> tuple[Moments, float]:
    """Return mean and standard deviation of each column and the total weight, in one pass over a stream."""

    def moments() -> Moments:
        return _moments(design)

    def weight() -> float:
        return summed_outcomes(design, form.family).total

    first, second = side_by_side(design, [moments, weight], 0)
    assert isinstance(first, Moments)
    assert isinstance(second, float)
    return first, second


def _moments(design: Design) -> Moments:
    """Return mean and standard deviation of each column, all of them finite."""
    moments = design_moments(design)
    if not np.isfinite(moments.mean + moments.deviation).all() or may_vanish(moments.mean**2 + moments.deviation**2):
        for part in design.chunks():
            require_finite(part.matrix, part.info.names, part.positions)
    return moments


def _with_first_estimates(part: Part, design: Design, form: Form) -> Part:
    """Return a part of a penalty; an adaptive lasso with its initial estimates as numbers, computed from these rows."""
    if not isinstance(part, AdaptiveLasso) or part.first_given:
        return part
    first = _first_fit(design, form, part.initial)
    return replace(part, initial=first if form.is_single else first.reshape(-1, design.matrix.n_columns).T)


def _first_fit(design: Design, form: Form, penalty: Specification | None) -> FloatArray:
    """Return reported estimates by maximum likelihood, or with a penalty."""
    if penalty is None:
        record = fit_design(design, form, Newton())
        if record.status is not Status.CONVERGED or not np.isfinite(record.coef).all():
            raise DataError(
                "The adaptive lasso starts from maximum likelihood estimates, which are not all finite here. Give a "
                "penalty to estimate them with: AdaptiveLasso(initial=lk.Ridge(0.01))."
            )
        return record.coef
    given, options = prepare(design, form, penalty, tells=False), ProxNewton()
    solved = given.sequence.solve(math.nan, options.tol, options.max_iter, polish=True)
    coef = relaxed(given, given.reported(solved.coef / given.strengths.scale))
    if coef is None or solved.status is not Status.CONVERGED:
        raise DataError(
            f"The initial estimates of the adaptive lasso, with the penalty {penalty.words}, did not converge. Give "
            "another, or a larger strength."
        )
    return coef
