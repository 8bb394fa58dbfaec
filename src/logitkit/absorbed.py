r"""Fits with an absorbed factor: one intercept a level, reported as levels and not as columns.

The estimate is the maximum likelihood one, the same as with a column for each level. Levels whose rows all have one
outcome say nothing of the coefficients; they are dropped and counted. Afterwards the intercepts enter the design as a
known part of the linear predictor, as an offset does, so that every verb that needs fitted values finds them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.assemble import levels_loss, make_record
from logitkit.curvature.vcov import DenseVcov
from logitkit.design.arrow import parts_of
from logitkit.design.blocks import Blocks
from logitkit.design.categorical import Categorical
from logitkit.design.checks import require_finite
from logitkit.design.design import Design
from logitkit.design.matrix import Matrix
from logitkit.design.recoded import Recoded
from logitkit.design.vanishing import Vanishing, column_sizes, vanishing_combinations
from logitkit.errors import SeparationError
from logitkit.families.binomial import Binomial
from logitkit.level_fit import LevelFit, NearlyCollinear, fit_levels, nearly_collinear
from logitkit.level_rank import aliased_in_order
from logitkit.rank import Coordinates
from logitkit.record import FitRecord
from logitkit.solvers.newton import Newton
from logitkit.typing import FloatArray, IntArray

__all__ = ["fit_absorbed"]

MEANS_MOST = 16_000_000  # numbers that the record keeps so that predictions have standard errors: 128 MB


def fit_absorbed(design: Design, family: Binomial, solver: Newton, level: float) -> tuple[FitRecord, Design]:
    """Fit a model with an absorbed factor by maximum likelihood.

    Parameters
    ----------
    design : Design
        Rows to fit, with the level of each.
    family : Binomial
        Distribution and link.
    solver : Newton
        Options of the solver.
    level : float
        Confidence level that the record carries.

    Returns
    -------
    record : FitRecord
        Of the columns of the design; the levels and their intercepts are in its info.
    design : Design
        The rows of levels with both outcomes, the intercepts in their offset.

    Raises
    ------
    SeparationError
        If no level has rows of both outcomes.
    """
    absorbed, codes = design.info.absorbed, design.level_codes
    assert absorbed is not None
    assert codes is not None
    n_levels, response = len(absorbed.levels), design.response
    try:
        found = fit_levels(_with_levels(design.matrix, codes, n_levels), n_levels, response, family, solver)
    except NearlyCollinear as close:
        raise nearly_collinear([design.info.names[j] for j in close.columns], close.far) from None
    if found is None:
        require_finite(design.matrix, design.info.names, design.positions)
        raise SeparationError(
            f"No level of {absorbed.name!r} has rows of both outcomes: nothing is left to estimate from."
        )
    size = column_sizes(design.matrix, (response.weights > 0.0) & ~found.perfect)
    coef, vcov, intercepts, aliased = _in_order(found, n_levels, size)
    part = np.flatnonzero(np.isfinite(intercepts[codes]))
    kept = response.take(part)
    shift = intercepts[codes[part]] if kept.offset is None else kept.offset + intercepts[codes[part]]
    counted = response.weights > 0.0
    multiplicity = response.prior if response.prior is not None and response.weight_kind == "frequency" else counted
    levels = replace(
        absorbed,
        intercepts=intercepts,
        rows=np.rint(np.bincount(codes, multiplicity, n_levels)).astype(np.int64),
        curvature=found.vcov.factor.head,
        means=_means(found, n_levels, aliased) if n_levels * coef.size <= MEANS_MOST else None,
        n_dropped_rows=int(np.count_nonzero(np.isinf(intercepts[codes]))),
    )
    fitted = Design(
        design.matrix.take(part),
        replace(kept, offset=shift),
        replace(design.info, absorbed=levels),
        design.counts,
        design.positions[part],
        design.index,
        codes[part],
    )
    here = found.solution.evaluation
    perfect = float((response.weights * response.y)[found.perfect].sum())
    here = replace(here, fitted=here.fitted - perfect, matched=here.matched - perfect)
    method = f"Newton's method, {n_levels:,} levels of {absorbed.name} eliminated, the Hessian kept between steps"
    solution = replace(found.solution, coef=coef, evaluation=here, method=method)
    coordinates = _coordinates(design.matrix.n_columns, aliased, _vanishing(found, n_levels, aliased, size))
    null = levels_loss(kept, codes[part], n_levels, family)
    return make_record(fitted, family, coordinates, solution, DenseVcov(vcov), None, level, null), fitted


def _with_levels(matrix: Matrix, codes: IntArray, n_levels: int) -> Recoded:
    """Return the design with the codes of the levels before its columns."""
    from scipy.sparse import block_diag, csr_array, eye_array

    parts, recode = parts_of(matrix)
    whole: tuple[Matrix, ...] = (Categorical(codes.astype(np.int32), n_levels), *parts)
    ends = np.cumsum([part.n_columns for part in whole])
    columns = [np.arange(end - part.n_columns, end) for part, end in zip(whole, ends, strict=True)]
    return Recoded(Blocks.in_order(whole, columns), csr_array(block_diag((eye_array(n_levels), recode), format="csr")))


def _in_order(found: LevelFit, n_levels: int, size: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Return coefficients, covariance and intercepts with the later columns aliased, and which these are."""
    p = found.null.shape[0] - n_levels
    inner = found.vcov.rest_array()
    if found.kept.size == p:
        return found.coef, inner, found.intercepts, np.empty(0, dtype=np.int64)
    null = found.null[n_levels:]
    aliased = aliased_in_order(null * np.where(size > 0.0, size, 1.0)[:, None])
    kept = np.setdiff1d(np.arange(p), aliased)
    every = np.zeros(p)
    every[found.kept] = found.coef
    share = np.linalg.solve(null[aliased], every[aliased])
    moved = np.eye(p)
    moved[:, aliased] -= null @ np.linalg.inv(null[aliased])
    moved = moved[np.ix_(kept, found.kept)]
    return (
        (every - null @ share)[kept],
        moved @ inner @ moved.T,
        found.intercepts - found.null[:n_levels] @ share,
        aliased,
    )


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
