r"""Fits of designs with a large factor, whose levels are eliminated from the normal equations.

1. Code the factor by one intercept per level, the reference level included, and leave the model's intercept out.
2. Take out levels whose rows all have one outcome: their intercepts are infinite and their rows are fitted perfectly.
3. Put the rows in the order of the levels, and centre the numbers, which the intercepts of the levels take up.
4. Solve by Newton's method with the Hessian as an arrow. Columns that levels and earlier columns explain are found
   from what is left after the levels are eliminated.
5. Go back to the columns as given: contrasts, aliased columns in formula order, infinite coefficients.

The estimate and its covariance are those of the design written out; ``docs/maths/levels.md`` has the equations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.arrow import ArrowLayout, parts_of
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.vanishing import Vanishing, column_sizes, vanishing_combinations
from logitkit.design.table.checks import may_vanish, require_finite
from logitkit.engine.assemble import make_record
from logitkit.engine.facts import Limit
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.levels.level_fit import LevelFit, NearlyCollinear, fit_levels, nearly_collinear
from logitkit.engine.levels.level_rank import TAKES_PART, aliased_in_order
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.choose import Plan
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.errors import SeparationError
from logitkit.models.form import Form
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["fit_only_wide", "fit_wide", "fit_wide_if_settled"]


def fit_only_wide(design: Design, layout: ArrowLayout, form: Form, solver: Newton, level: float) -> FitRecord:
    """Fit a design that only elimination of levels can handle; name the columns that it cannot tell apart."""
    try:
        return fit_wide(design, layout, form, solver, level)
    except NearlyCollinear as found:
        raise nearly_collinear([design.info.names[j] for j in np.sort(found.columns)], found.far) from None


def fit_wide_if_settled(
    design: Design, layout: ArrowLayout, form: Form, solver: Newton, level: float
) -> FitRecord | None:
    """Fit a design that other methods handle too; None where elimination of levels leaves a doubt."""
    try:
        record = fit_wide(design, layout, form, solver, level)
    except (NearlyCollinear, SeparationError):
        return None
    return record if record.converged else None


def fit_wide(design: Design, layout: ArrowLayout, form: Form, solver: Newton, level: float) -> FitRecord:
    """Fit a design with a large factor by maximum likelihood."""
    family: Any = form.family
    coordinates = _level_coding(design, layout)
    matrix = coordinates.matrix(design.matrix)
    try:
        found = fit_levels(matrix, coordinates.n_levels, design.response, family, solver)
    except NearlyCollinear as close:
        raise NearlyCollinear(layout.rest[coordinates.kept[close.columns]], close.far) from None
    if found is None:
        require_finite(design.matrix, design.info.names, design.positions)
        raise SeparationError("No level of the factor has rows of both outcomes: there is nothing to estimate from.")
    size = column_sizes(design.matrix, design.response.weights > 0.0)
    if may_vanish(size**2):
        require_finite(design.matrix, design.info.names, design.positions)
    coordinates, undetermined = _settled(coordinates, found, size)
    method = Plan("arrow", layout, True).words
    solution = replace(found.solution, coef=np.concatenate([found.intercepts, found.coef]), method=method)
    limit = None
    if found.perfect.any():
        limit = _limit(design, coordinates, solution.coef, found, undetermined)
        if solution.status is Status.CONVERGED:
            solution = replace(solution, status=Status.SEPARATED)
    return make_record(design, form, coordinates, solution, found.vcov, limit, level)


def _level_coding(design: Design, layout: ArrowLayout) -> LevelCoordinates:
    """Return coordinates with an intercept for every level, where the factor has a reference level to add to them."""
    head = parts_of(design.matrix)[0][0]
    assert isinstance(head, Categorical)
    intercept = design.info.intercept
    p = design.matrix.n_columns
    places = np.full(head.n_columns + 1, -1, dtype=np.int64)
    places[layout.levels] = np.arange(layout.levels.size)
    select = np.full(p, -1, dtype=np.int64)
    select[layout.head] = np.arange(layout.head.size)
    n_levels = layout.head.size
    kept = np.arange(layout.rest.size)
    taken, shared = np.zeros((p, 0)), np.zeros((0, 0))
    if intercept is not None and _has_reference(design, layout):
        # The rows without a code are those of the reference level, whose intercept is the model's.
        places[-1] = n_levels
        n_levels += 1
        kept = np.flatnonzero(layout.rest != intercept)
        select[layout.rest[kept]] = n_levels + np.arange(kept.size)
        select[intercept] = n_levels - 1
        taken, shared = np.zeros((p, 1)), np.zeros((1, n_levels + kept.size))
        taken[layout.head, 0] = 1.0
        shared[0, n_levels - 1] = 1.0
    else:
        select[layout.rest] = n_levels + kept
        shared = np.zeros((0, n_levels + kept.size))
    nothing = np.empty(0, dtype=np.int64)
    return LevelCoordinates(layout, places, n_levels, kept, select, taken, shared, nothing)


def _has_reference(design: Design, layout: ArrowLayout) -> bool:
    """Tell whether the head is the main effect of a factor with a reference level."""
    references = dict(design.info.references)
    head = set(layout.head.tolist())
    return any(term.name in references and set(term.columns) == head for term in design.info.terms)


def _settled(coordinates: LevelCoordinates, found: LevelFit, size: FloatArray) -> tuple[LevelCoordinates, BoolArray]:
    """Return the coordinates without the columns that are not determined, which are chosen in formula order.

    Second, the columns that are not aliased and still open: combinations of them move only rows that are fitted
    perfectly whatever they do. ``size`` is that of the columns, in whose units a combination is cleaned of rounding.
    """
    layout, m = coordinates.layout, coordinates.n_levels
    kept = coordinates.kept[found.kept]
    # From intercepts of levels and all coefficients of the rest to those that were solved for.
    columns = np.r_[np.arange(m), m + found.kept]
    moved = np.full(m + coordinates.kept.size, -1, dtype=np.int64)
    moved[columns] = np.arange(columns.size)
    picked, taken, shared = coordinates.select, coordinates.taken, coordinates.shared
    absent = np.isnan(found.intercepts)
    empty = np.flatnonzero((picked >= 0) & (picked < m))
    gone = empty[absent[picked[empty]]]
    zeros = np.setdiff1d(gone, layout.rest)  # columns of levels without rows, not the intercept
    null, aliased = np.empty((picked.size, 0)), np.empty(0, dtype=np.int64)
    if shared.shape[0] and absent[m - 1]:
        # No row has the reference level: the last level that has rows takes its place. The columns of the levels that
        # have rows then add up to the intercept.
        last = np.flatnonzero(~absent)[-1]
        intercept = design_intercept(coordinates)
        null = np.isin(np.arange(picked.size), np.setdiff1d(layout.head, zeros)).astype(np.float64)[:, None]
        null[intercept] = -1.0
        aliased = layout.head[picked[layout.head] == last]
        gone = np.union1d(zeros, aliased)
        shared = np.zeros_like(shared)
        shared[0, last] = 1.0
        picked = np.where(picked == m - 1, last, picked)
    whole = replace(coordinates, select=picked, shared=shared)
    select = np.where(picked >= 0, moved[picked], -1)
    shared = shared[:, columns]
    undetermined = np.zeros(select.size, dtype=bool)
    undecided = None
    if found.null.shape[1]:
        unit = np.where(size > 0.0, size, 1.0)[:, None]
        directions = _cleaned(np.array([whole.coef(direction) for direction in found.null.T]).T * unit)
        directions[zeros] = 0.0
        loose, directions = directions[:, found.open], directions[:, ~found.open]
        # An infinite intercept stays infinite, whatever is added to it.
        infinite = (coordinates.select >= 0) & (coordinates.select < m)
        infinite[infinite] = np.isinf(found.intercepts[coordinates.select[infinite]])
        undetermined = np.any(loose != 0.0, axis=1) & ~infinite
        if loose.shape[1]:
            undecided = vanishing_combinations(loose / unit, aliased_in_order(loose), size)
        explained = aliased_in_order(directions)
        directions = directions / unit
        own = np.zeros((explained.size, columns.size))
        own_place = select[explained]
        own[np.flatnonzero(own_place >= 0), own_place[own_place >= 0]] = 1.0
        own -= taken[explained] @ shared
        shared = np.vstack([shared, _cleaned(np.asarray(np.linalg.solve(directions[explained], own).T)).T])
        taken = np.hstack([taken, directions])
        gone = np.union1d(gone, explained)
        null, aliased = np.hstack([null, directions]), np.r_[aliased, explained]
    # A level without rows has no coefficient, which a prediction takes for zero: it is like the reference level.
    stand_in = int(np.flatnonzero(shared[0, :m])[0]) if coordinates.shared.shape[0] else -1
    places = np.where((coordinates.places >= 0) & absent[coordinates.places], stand_in, coordinates.places)
    gone = np.asarray(gone, dtype=np.int64)
    vanishing = _vanishing(null, aliased, zeros, size) if gone.size else None
    settled = LevelCoordinates(layout, places, m, kept, select, taken, shared, gone, vanishing, undecided)
    return settled, undetermined


def _vanishing(null: FloatArray, aliased: IntArray, zeros: IntArray, size: FloatArray) -> Vanishing:
    """Return what vanishes on every row: combinations that were found, and columns of zeros."""
    explained = vanishing_combinations(null, aliased, size)
    number = aliased.size + np.arange(zeros.size)
    return Vanishing(
        np.r_[aliased, zeros],
        np.r_[explained.columns, zeros],
        np.r_[explained.numbers, number],
        np.r_[explained.values, np.ones(zeros.size)],
        np.r_[explained.scale, np.zeros(zeros.size)],
    )


def _cleaned(columns: FloatArray) -> FloatArray:
    """Return columns with what is rounding set to zero: beside an infinite intercept it would not stay small."""
    return np.where(np.abs(columns) > TAKES_PART * np.abs(columns).max(axis=0, initial=1e-300), columns, 0.0)


def design_intercept(coordinates: LevelCoordinates) -> int:
    """Return the column that takes the intercept of the reference level."""
    return int(np.flatnonzero(coordinates.select == coordinates.n_levels - 1)[0])


def _limit(
    design: Design, coordinates: LevelCoordinates, solved: FloatArray, found: LevelFit, undetermined: BoolArray
) -> Limit:
    """Return the facts about coefficients at infinity: intercepts of levels whose rows all have one outcome."""
    coef = coordinates.coef(solved)
    signs = np.where(np.isnan(coef), np.nan, np.where(np.isinf(coef), np.sign(coef), 0.0))
    signs[undetermined & np.isfinite(coef)] = np.nan
    signs[coordinates.aliased] = 0.0
    pull = np.where(np.isinf(solved), np.sign(solved), 0.0)
    direction = coordinates.coef(pull)
    size = float(np.abs(direction).max(initial=0.0))
    return Limit(
        design.info.names,
        None,
        direction / max(size, 1e-300),
        int(found.perfect.sum()),
        signs,
        int(np.isinf(solved).sum() + found.open.sum()),
    )
