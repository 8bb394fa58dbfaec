"""A penalised problem on the rows of a design: what is checked before, and what is done after, it is solved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.table.checks import may_vanish, require_finite
from logitkit.engine.existence.separation import find_separation, overlap_is_certain, runs_off
from logitkit.engine.fit import fit_design
from logitkit.engine.moments import Moments, column_moments
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import PenalisedProblem
from logitkit.engine.regularised.strengths import Strengths, strengths_of
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceError, DataError, DataWarning, SeparationError, UnsupportedError, warn_caller
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.elastic_net import AdaptiveLasso, RelaxedLasso
from logitkit.models.penalties.specification import Part, PenaltySum, Specification, parts_of
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "Shrunken",
    "design_moments",
    "prepare",
    "relaxed",
    "require_bounded",
    "share_of_lasso",
    "tell_of_constants",
    "unmixed",
]

FITTED = 1e-7  # of an outcome and its mean: a row that is nearer may be fitted perfectly in the limit


@dataclass(frozen=True)
class Shrunken:
    """A penalised problem on the rows of a design.

    Parameters
    ----------
    design : Design
        The rows.
    family : Binomial
        Distribution and link.
    specification : Specification
        The penalty as stated.
    problem : PenalisedProblem
        What is solved.
    """

    design: Design
    family: Binomial
    specification: Specification
    problem: PenalisedProblem


def prepare(design: Design, family: Binomial, specification: Specification, tells: bool = True) -> Shrunken:
    """Return the penalised problem of a design."""
    if design.info.absorbed is not None:
        raise UnsupportedError(
            "absorb= with penalty= is not offered: the intercepts of the levels would be penalised or not?"
        )
    parts = parts_of(specification)
    if len(parts) > 1 and any(isinstance(part, RelaxedLasso) for part in parts):
        raise UnsupportedError("A relaxed lasso cannot be added to another penalty.")
    moments = design_moments(design)
    stated = PenaltySum(tuple(_with_first_estimates(part, design, family) for part in parts))
    strengths = strengths_of(stated, design.info, moments, design.response.total)
    if strengths.across is not None:
        raise DataError(
            "across_outcomes=True is for models of several outcomes: of two there is one coefficient a column."
        )
    if tells:
        tell_of_constants(design, strengths, moments)
    problem = PenalisedProblem(design.matrix, design.response, family, strengths, design.info.names)
    _require_overlap(problem, design)
    return Shrunken(design, family, specification, problem)


def tell_of_constants(design: Design, strengths: Strengths, moments: Moments) -> None:
    """Warn of columns that do not vary: left out beside an intercept; without one, penalised as any other."""
    constant = strengths.constant
    text = "Columns that do not vary have the coefficient zero: {}."
    if design.info.intercept is None:
        # Of a formula that leaves the intercept out the caller knows; a matrix may hold one by another name.
        likely = (moments.mean[constant] != 0.0) & ~strengths.whole.free[constant] & (design.info.coding is None)
        constant = constant[likely]
        text = (
            "Columns that do not vary are penalised like the others, because the model has no intercept: {0}. If it is "
            f"one, make it ones and call it {INTERCEPT!r} (for an estimator: leave it out, with fit_intercept=True), "
            "or name it in keep=."
        )
    if constant.size:
        names = [design.info.names[j] for j in constant]
        warn_caller(text.format(", ".join(names[:8]) + (", ..." if names[8:] else "")), DataWarning)


def relaxed(given: Shrunken, coef: FloatArray) -> FloatArray | None:
    """Return the coefficients of a relaxed lasso from those of the lasso; of other penalties the same."""
    gamma = share_of_lasso(given.specification)
    if gamma is None or gamma == 1.0:
        return coef
    refit = _refit(given, coef != 0.0)
    return None if refit is None else gamma * coef + (1.0 - gamma) * refit


def unmixed(given: Shrunken, coef: FloatArray) -> tuple[tuple[float, FloatArray], tuple[float, FloatArray]] | None:
    """Return the lasso and the refit that a relaxed lasso lies between, each with its share; None without a refit."""
    gamma, refit = share_of_lasso(given.specification), _refit(given, coef != 0.0)
    if refit is None or not gamma:
        return None
    return (gamma, (coef - (1.0 - gamma) * refit) / gamma), (1.0 - gamma, refit)


def share_of_lasso(specification: Specification) -> float | None:
    """Return gamma of a relaxed lasso, None for other penalties."""
    for part in parts_of(specification):
        if isinstance(part, RelaxedLasso):
            return part.gamma
    return None


def _refit(given: Shrunken, chosen: BoolArray) -> FloatArray | None:
    """Return maximum likelihood estimates on the columns that were chosen, zero elsewhere; None if there are none."""
    design = given.design
    keep = np.flatnonzero(chosen | given.problem.strengths.whole.free)
    objective = Objective(design.matrix.columns(keep), design.response, given.family)
    start = (given.problem.null.coef / given.problem.strengths.scale)[keep]
    solution = Newton().solve(objective, start)
    if solution.status is not Status.CONVERGED:
        return None
    coef = np.zeros(design.matrix.n_columns)
    coef[keep] = solution.coef
    return coef


def _require_overlap(problem: PenalisedProblem, design: Design) -> None:
    """Refuse columns that are free and separate the outcomes."""
    index, solution = problem.null.columns, problem.null.solution
    if solution is None or (index.size == 1 and index[0] == design.info.intercept) or overlap_is_certain(solution):
        return
    try:
        found = find_separation(design.matrix.columns(index), design.response) is not None
    except ConvergenceError:
        found = False
    if found or solution.status is not Status.CONVERGED:
        raise _separated(design, index)


def require_bounded(given: Shrunken, closest: float) -> None:
    """Refuse a solution that runs off where a coefficient without penalty has a bound on one side only."""
    whole, prior = given.problem.strengths.whole, given.problem.strengths.quadratic
    one_sided = np.isinf(whole.lower) != np.isinf(whole.upper)
    loose = (whole.l1 == 0.0) & (whole.l2 == 0.0) & (np.isinf(whole.lower) | np.isinf(whole.upper))
    if whole.groups is not None:
        loose &= np.r_[whole.groups.strengths, 0.0][whole.groups.codes] == 0.0
    if prior is not None:
        loose &= (prior.strengths if prior.strengths.ndim == 1 else prior.strengths.diagonal()) == 0.0
    index = np.flatnonzero(loose)
    if closest > FITTED or not (one_sided & loose).any():
        return
    if runs_off(given.design.matrix.columns(index), given.design.response, whole.lower[index], whole.upper[index]):
        raise _separated(given.design, index)


def _separated(design: Design, index: IntArray) -> SeparationError:
    shown = ", ".join(design.info.names[j] for j in index[:6])
    return SeparationError(
        f"The columns that are not penalised ({shown}) separate the outcomes, so their coefficients run to infinity: "
        "penalise them as well."
    )


def design_moments(design: Design) -> Moments:
    """Return mean and standard deviation of each column, all of them finite."""
    moments = column_moments(design.matrix, design.response.weights)
    if not np.isfinite(moments.mean + moments.deviation).all() or may_vanish(moments.mean**2 + moments.deviation**2):
        require_finite(design.matrix, design.info.names, design.positions)
    return moments


def _with_first_estimates(part: Part, design: Design, family: Binomial) -> Part:
    """Return a part of a penalty; an adaptive lasso with its first estimates as numbers, made from these rows."""
    if not isinstance(part, AdaptiveLasso) or part.first_given:
        return part
    return replace(part, initial=_first_fit(design, family, part.initial))


def _first_fit(design: Design, family: Binomial, penalty: Specification | None) -> FloatArray:
    """Return estimates by maximum likelihood, or with a penalty."""
    if penalty is None:
        record = fit_design(design, family, Newton())
        if record.status is not Status.CONVERGED or not np.isfinite(record.coef).all():
            raise DataError(
                "The adaptive lasso starts from maximum likelihood estimates, which are not all finite here. Give a "
                "penalty to estimate them with: AdaptiveLasso(initial=lk.Ridge(0.01))."
            )
        return record.coef
    given, options = prepare(design, family, penalty, tells=False), ProxNewton()
    solved = given.problem.solve(math.nan, options.tol, options.max_iter, polish=True)
    coef = relaxed(given, solved.coef / given.problem.strengths.scale)
    if coef is None or solved.status is not Status.CONVERGED:
        raise DataError(
            f"The first estimates of the adaptive lasso, with the penalty {penalty.words}, did not converge. Give "
            "another, or a larger strength."
        )
    return coef
