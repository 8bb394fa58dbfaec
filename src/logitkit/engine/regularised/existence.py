"""Existence of the minimum of a penalised problem: unpenalised columns may separate the outcomes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.existence.margins import margin_rows
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.existence.separation import GEOMETRY_MOST, find_separation, runs_off
from logitkit.engine.regularised.shrunken import Shrunken
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceError, SeparationError
from logitkit.models.predictors import full_predictors
from logitkit.typing import IntArray

__all__ = ["require_bounded", "require_overlap"]

FITTED = 1e-7  # of an outcome and its mean: a row that is nearer may be fitted perfectly in the limit


def require_overlap(given: Shrunken) -> None:
    """Refuse columns that are free and separate the outcomes."""
    design, null = given.design, given.sequence.null
    columns, solution = null.columns, null.solution
    if solution is None or (columns.size == 1 and columns[0] == design.info.intercept) or overlap_is_certain(solution):
        return
    matrix = design.matrix.columns(columns)
    try:
        if given.form.is_single:
            found = find_separation(matrix, design.response) is not None
        else:
            first = full_predictors(given.predictors.n_predictors, columns.size, 0)
            found = (
                find_separation(*margin_rows(matrix, design.response, first, given.form.family), GEOMETRY_MOST)
                is not None
            )
    except ConvergenceError:
        found = False
    if found or solution.status is not Status.CONVERGED:
        raise _separated(design, columns)


def require_bounded(given: Shrunken, closest: Callable[[], float]) -> None:
    """Refuse a diverging solution where an unpenalised coefficient is bounded on one side only.

    How close the closest row is to its outcome is asked for there only: it may cost a pass.
    """
    whole, prior = given.strengths.whole, given.strengths.quadratic
    one_sided = np.isinf(whole.lower) != np.isinf(whole.upper)
    loose = (whole.l1 == 0.0) & (whole.l2 == 0.0) & (np.isinf(whole.lower) | np.isinf(whole.upper))
    if whole.groups is not None:
        loose &= np.r_[whole.groups.strengths, 0.0][whole.groups.codes] == 0.0
    if prior is not None:
        loose &= (prior.strengths if prior.strengths.ndim == 1 else prior.strengths.diagonal()) == 0.0
    index = np.flatnonzero(loose)
    if not (one_sided & loose).any() or closest() > FITTED:
        return
    matrix, response = _functionals(given, index)
    if runs_off(matrix, response, whole.lower[index], whole.upper[index]):
        raise _separated(given.design, np.unique(given.strengths.place[index] % given.strengths.free.size))


def _functionals(given: Shrunken, index: IntArray) -> tuple[Matrix, Response]:
    """Return rows whose products with a direction of some coefficients must not fall, and the side of each."""
    design = given.design
    if given.form.is_single:
        return design.matrix.columns(index), design.response
    columns, predictors = given.problem.predictors.among(index)
    whole = predictors.of_columns(columns.size)
    pairs, sides = margin_rows(design.matrix.columns(columns), design.response, whole, given.form.family)
    return Dense(pairs.rows(0, pairs.n_rows).array[:, predictors.chosen]), sides


def _separated(design: Design, index: IntArray) -> SeparationError:
    shown = ", ".join(design.info.names[j] for j in index[:6])
    return SeparationError(
        f"The columns that are not penalised ({shown}) separate the outcomes, so their coefficients diverge: penalise "
        "them as well."
    )
