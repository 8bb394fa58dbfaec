r"""Fits with an absorbed factor: one intercept per level, reported as levels and not as columns.

The estimate is the maximum likelihood one, the same as with a column for each level. Levels whose rows all have one
outcome say nothing of the coefficients; they are dropped and counted. Afterwards the intercepts enter the design as a
known part of the linear predictor, as an offset does, so that every verb that needs fitted values finds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from logitkit.design.absorbed import AbsorbedLevels
from logitkit.design.design import Design
from logitkit.design.matrix.arrow import parts_of
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.matrix.transformed import Transformed
from logitkit.design.matrix.vanishing import Vanishing, column_sizes, vanishing_combinations
from logitkit.design.matrix.within import level_means
from logitkit.design.table.checks import may_vanish, require_finite
from logitkit.engine.assemble import make_record
from logitkit.engine.curvature.vcov import DenseVcov
from logitkit.engine.facts import Limit
from logitkit.engine.levels.level_fit import LevelFit, NearlyCollinear, fit_levels, nearly_collinear
from logitkit.engine.levels.level_rank import aliased_in_order
from logitkit.engine.levels.level_separation import LevelSeparated, find_level_separation
from logitkit.engine.levels.levels_loss import levels_loss
from logitkit.engine.objective import Evaluation
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.errors import ConvergenceError, SeparationError
from logitkit.models.binomial import Binomial
from logitkit.models.form import Form
from logitkit.typing import FloatArray, IntArray

__all__ = ["fit_absorbed"]

MEANS_MOST = 16_000_000  # numbers that the record keeps so that predictions have standard errors: 128 MB


def fit_absorbed(design: Design, form: Form, solver: Newton, level: float) -> tuple[FitRecord, Design]:
    """Fit a model of two outcomes with an absorbed factor by maximum likelihood."""
    (absorbed, codes), family = _levels_of(design), cast(Binomial, form.family)
    n_levels, response = len(absorbed.levels), design.response
    try:
        found = fit_levels(_with_levels(design.matrix, codes, n_levels), n_levels, response, family, solver)
    except NearlyCollinear as close:
        raise nearly_collinear([design.info.names[j] for j in close.columns], close.far) from None
    if found is None:
        require_finite(design.matrix, design.info.names, design.positions)
        raise SeparationError(
            f"No level of {absorbed.name!r} has rows of both outcomes: there is nothing to estimate from."
        )
    size = column_sizes(design.matrix, (response.weights > 0.0) & ~found.perfect)
    if may_vanish(size**2):
        require_finite(design.matrix, design.info.names, design.positions)
    aliased = _aliased(found, n_levels, size)
    coordinates = _coordinates(design.matrix.n_columns, aliased, _vanishing(found, n_levels, aliased, size))
    limit: _LevelLimit | None = None
    if found.solution.status is not Status.CONVERGED or not found.vcov.factor.definite:
        found, limit = _tested(design, found, coordinates, family, solver)
    if limit is None:
        coef, vcov, intercepts = _in_order(found, found.null, n_levels, aliased)
        solution, curvature = replace(found.solution, coef=coef), found.vcov.factor.head
    else:
        coordinates, intercepts = limit.coordinates, limit.intercepts
        solution, vcov, curvature = limit.solution, limit.vcov, limit.curvature
    part = np.flatnonzero(~np.isinf(intercepts[codes]))
    kept = response.take(part)
    own = np.nan_to_num(
        intercepts[codes[part]]
    )  # on the rows of the fit a separated row has its outcome, whatever this
    counted = response.weights > 0.0
    multiplicity = response.prior if response.prior is not None and response.weight_kind == "frequency" else counted
    levels = replace(
        absorbed,
        intercepts=intercepts,
        rows=np.rint(np.bincount(codes, multiplicity, n_levels)).astype(np.int64),
        curvature=curvature,
        n_dropped_rows=int(np.count_nonzero(np.isinf(intercepts[codes]))),
        anchors=None if limit is None else limit.separated.anchors,
        reach=None if limit is None else _reach(design, limit, n_levels),
    )
    if n_levels * solution.coef.size <= MEANS_MOST:
        if limit is None:
            means = _means(found, n_levels, aliased)
        else:
            eta = coordinates.matrix(design.matrix).matvec(solution.coef) + np.nan_to_num(intercepts[codes])
            eta = eta if response.shift is None else eta + response.shift
            still = np.where(limit.separated.rows | found.perfect, 0.0, response.weights)
            means = level_means(coordinates.matrix(design.matrix), codes, still * family.variance(eta), n_levels)
        levels = replace(levels, means=means)
    null = levels_loss(kept, codes[part], n_levels, family)  # before there is a copy of the rows
    fitted = Design(
        design.matrix.take(part),
        replace(kept, offset=own[None] if kept.offset is None else kept.offset + own),
        replace(design.info, nuisance=levels),
        design.counts,
        design.positions[part],
        design.index,
        codes[part],
        design.table,
    )
    here = solution.evaluation
    perfect = float((response.weights * response.y)[found.perfect].sum())
    here = replace(here, fitted=here.fitted - perfect, matched=here.matched - perfect)
    method = f"Newton's method, {n_levels:,} levels of {absorbed.name} eliminated, the Hessian reused between steps"
    solution = replace(solution, evaluation=here, method=method)
    of_limit = None if limit is None else limit.of_columns
    return make_record(fitted, form, coordinates, solution, DenseVcov(vcov), of_limit, level, null), fitted


def _levels_of(design: Design) -> tuple[AbsorbedLevels, IntArray]:
    """Return the levels of a design that absorbs a factor, and that of each row."""
    assert isinstance(design.info.nuisance, AbsorbedLevels)
    assert design.level_codes is not None
    return design.info.nuisance, design.level_codes


@dataclass(frozen=True)
class _LevelLimit:
    """The limiting model of a fit that the columns separate given the levels."""

    separated: LevelSeparated
    coordinates: Coordinates
    of_columns: Limit
    solution: Solution
    vcov: FloatArray
    intercepts: FloatArray
    curvature: FloatArray


def _reach(design: Design, limit: _LevelLimit, n_levels: int) -> FloatArray | None:
    """Return how far the one direction to infinity moves the ends of each level; None where there are several."""
    if limit.separated.cone.dimension > 1:
        return None
    (_, codes), response = _levels_of(design), design.response
    moved = limit.coordinates.matrix(design.matrix).matvec(limit.separated.direction)
    reach = np.tile([-np.inf, np.inf], (n_levels, 1))
    nonevent, event = ((response.weights > 0.0) & which for which in (response.y < 1.0, response.y > 0.0))
    np.maximum.at(reach[:, 0], codes[nonevent], moved[nonevent])
    np.minimum.at(reach[:, 1], codes[event], moved[event])
    return reach


def _with_curvature(found: LevelFit) -> LevelFit:
    """Return a fit that does not count as converged where nothing is curved along some direction."""
    if found.vcov.factor.definite or found.solution.status is not Status.CONVERGED:
        return found
    return replace(found, solution=replace(found.solution, status=Status.STALLED))


def _tested(
    design: Design, found: LevelFit, coordinates: Coordinates, family: Binomial, solver: Newton
) -> tuple[LevelFit, _LevelLimit | None]:
    """Decide whether the estimate exists: return the fit, solved to the end if so, or the limiting model."""
    (absorbed, codes), response = _levels_of(design), design.response
    n_levels, aliased = len(absorbed.levels), coordinates.aliased
    kept = np.setdiff1d(np.arange(design.matrix.n_columns), aliased)
    selection = np.eye(design.matrix.n_columns)[:, kept]
    columns = Transformed(design.matrix, np.zeros(design.matrix.n_columns), selection)
    try:
        separated = find_level_separation(columns, response, codes, n_levels)
    except ConvergenceError:  # the test has no answer, which the status says
        return found, None
    whole = _with_levels(design.matrix, codes, n_levels)
    if separated is None:
        again = fit_levels(whole, n_levels, response, family, solver, exists=True)
        return (found if again is None else _with_curvature(again)), None
    # Weight zero takes the separated rows out without a copy of the others.
    prior = np.where(separated.rows, 0.0, 1.0 if response.prior is None else response.prior)
    limiting = fit_levels(whole, n_levels, replace(response, prior=prior), family, solver, exists=True)
    gained = float((response.weights * response.y)[separated.rows].sum())
    basis = selection / separated.size
    scaled = Coordinates(basis, aliased, np.zeros(len(basis)), basis, coordinates.vanishing)
    q = kept.size
    if limiting is None:  # no row overlaps
        gained += float((response.weights * response.y)[found.perfect].sum())
        nothing = Evaluation(0.0, np.zeros(q), None, 0.0, fitted=gained, matched=gained)
        solution = Solution(np.zeros(q), nothing, 0.0, Status.SEPARATED, ())
        vcov, intercepts = np.zeros((q, q)), np.where(np.isinf(found.intercepts), found.intercepts, np.nan)
        curvature = np.full(n_levels, np.inf)
    else:
        coef, vcov, intercepts = _in_order(limiting, found.null, n_levels, aliased)
        vcov = vcov * np.outer(separated.size, separated.size)
        here = limiting.solution.evaluation
        here = replace(here, fitted=here.fitted + gained, matched=here.matched + gained)
        ended = limiting.solution.status
        status = Status.SEPARATED if ended is Status.CONVERGED else ended
        solution = replace(limiting.solution, coef=coef * separated.size, evaluation=here, status=status)
        curvature = limiting.vcov.factor.head
    direction = scaled.directions(separated.direction[:, None])[:, 0]
    of_columns = Limit(
        design.info.names,
        separated.cone,
        direction / np.abs(direction).max(),
        int(separated.rows.sum()),
        separated.cone.signs_of(scaled.directions(separated.null)),
        separated.cone.dimension + separated.n_whole,
    )
    return found, _LevelLimit(separated, scaled, of_columns, solution, vcov, intercepts, curvature)


def _with_levels(matrix: Matrix, codes: IntArray, n_levels: int) -> Recoded:
    """Return the design with the codes of the levels before its columns."""
    from scipy.sparse import block_diag, csr_array, eye_array

    parts, recode = parts_of(matrix)
    whole: tuple[Matrix, ...] = (Categorical(codes.astype(np.int32), n_levels), *parts)
    ends = np.cumsum([part.n_columns for part in whole])
    columns = [np.arange(end - part.n_columns, end) for part, end in zip(whole, ends, strict=True)]
    return Recoded(Blocks.in_order(whole, columns), csr_array(block_diag((eye_array(n_levels), recode), format="csr")))


def _aliased(found: LevelFit, n_levels: int, size: FloatArray) -> IntArray:
    """Return which columns the levels and the columns before them explain."""
    if found.kept.size == found.null.shape[0] - n_levels:
        return np.empty(0, dtype=np.int64)
    return aliased_in_order(found.null[n_levels:] * np.where(size > 0.0, size, 1.0)[:, None])


def _in_order(
    found: LevelFit, vanishing: FloatArray, n_levels: int, aliased: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients, covariance and intercepts with the later columns aliased.

    ``vanishing`` has the combinations that vanish on all rows; a column that the limiting model leaves out has a
    coefficient of zero.
    """
    p = found.null.shape[0] - n_levels
    inner = found.vcov.rest_array()
    every = np.zeros(p)
    every[found.kept] = found.coef
    kept = np.setdiff1d(np.arange(p), aliased)
    if aliased.size == 0:
        moved = np.eye(p)[:, found.kept]
        return every, moved @ inner @ moved.T if found.kept.size < p else inner, found.intercepts
    null = vanishing[n_levels:]
    share = np.linalg.solve(null[aliased], every[aliased])
    moved = np.eye(p)
    moved[:, aliased] -= null @ np.linalg.inv(null[aliased])
    moved = moved[np.ix_(kept, found.kept)]
    return (every - null @ share)[kept], moved @ inner @ moved.T, found.intercepts - vanishing[:n_levels] @ share


def _means(found: LevelFit, n_levels: int, aliased: IntArray) -> FloatArray:
    """Return the means of the columns that are not aliased in each level, weighted by the curvature of its rows."""
    factor = found.vcov.factor
    p = found.null.shape[0] - n_levels
    means = np.empty((n_levels, p))
    means[:, found.kept[factor.layout.rest - n_levels]] = factor.border / factor.head[:, None]
    if aliased.size:
        # What vanishes on every row has a mean of zero in every level.
        out = np.setdiff1d(np.arange(p), found.kept)
        null = found.null[n_levels:]
        rest = found.null[:n_levels] + means[:, found.kept] @ null[found.kept]
        means[:, out] = -np.linalg.solve(null[out].T, rest.T).T
        means = np.delete(means, aliased, axis=1)
    means[~np.isfinite(factor.head)] = 0.0
    return means


def _vanishing(found: LevelFit, n_levels: int, aliased: IntArray, size: FloatArray) -> Vanishing | None:
    """Return what vanishes on the rows of levels with both outcomes, with what their intercepts add."""
    if aliased.size == 0:
        return None
    # A level without variation predicts its outcome, whatever the columns are.
    levels = np.where(np.isfinite(found.intercepts)[:, None], found.null[:n_levels], np.nan)
    return vanishing_combinations(found.null[n_levels:], aliased, size, levels)


def _coordinates(p: int, aliased: IntArray, vanishing: Vanishing | None) -> Coordinates:
    """Return coordinates that leave out the aliased columns."""
    if aliased.size == 0:
        return Coordinates(None, aliased)
    selection = np.delete(np.eye(p), aliased, axis=1)
    return Coordinates(selection, aliased, np.zeros(p), selection, vanishing)
