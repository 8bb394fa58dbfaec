"""The record of a fit, gathered from what the solver and the separation test found."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from logitkit.design.constant import constant_of_kept
from logitkit.design.design import Design
from logitkit.engine.curvature.vcov import Vcov
from logitkit.engine.evaluation import Evaluation
from logitkit.engine.facts import Covariance, Limit, ReadFacts
from logitkit.engine.null import null_loss_of, null_loss_of_rows
from logitkit.engine.rank import ROUNDING, Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.response_sums import ResponseSums, summed_responses
from logitkit.engine.solvers.solver import Solution
from logitkit.models.form import Form
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.engine.levels.level_coordinates import LevelCoordinates
    from logitkit.engine.part_coordinates import Columns, PartCoordinates

__all__ = ["make_record", "shown_coordinates", "shown_directions", "with_what_was_read"]


def shown_coordinates(form: Form, columns: Columns) -> Coordinates:
    """Return how the shown coefficients follow from those that were solved for, in coordinates of the columns."""
    if not isinstance(columns, Coordinates):
        return _of_parts(form, columns)
    if form.is_single:
        return columns
    if form.in_parts:  # on the columns as given
        return Coordinates(form.shown_matrix, columns.aliased)
    predictors, contrast = form.predictors, form.contrast
    r, p = predictors.active.size, predictors.n_columns
    k = r if contrast is None else contrast.shape[0]
    aliased = (np.arange(k)[:, None] * p + columns.aliased).reshape(-1)
    if contrast is None and columns.transform is None:
        return Coordinates(None, aliased, vanishing=columns.vanishing)
    left = np.eye(r) if contrast is None else contrast
    right = np.eye(p) if columns.transform is None else columns.transform
    return Coordinates(np.asarray(np.kron(left, right)), aliased, vanishing=columns.vanishing)


def _of_parts(form: Form, columns: PartCoordinates) -> Coordinates:
    """Return how the shown coefficients follow from those of columns in parts."""
    shown, transform = form.shown_matrix, columns.transform
    if shown is None:
        return Coordinates(None if columns.is_identity else transform, columns.aliased, vanishing=columns.vanishing)
    aliased = np.flatnonzero((shown[:, columns.aliased] != 0.0).any(axis=1))
    return Coordinates(shown @ transform, aliased, vanishing=columns.vanishing)


def shown_directions(form: Form, directions: FloatArray, columns: Columns) -> FloatArray:
    """Return directions of what is solved for as directions of the shown coefficients; rounding is exactly zero."""
    # Rounding is judged by the whole direction: what an outcome has no part in must be exactly zero.
    length = np.linalg.norm(directions, axis=0)
    directions = np.where(np.abs(directions) <= ROUNDING * length, 0.0, directions)
    if not isinstance(columns, Coordinates):
        transform = shown_coordinates(form, columns).transform
        if transform is None:
            return directions
        product, scale = transform @ directions, np.abs(transform) @ np.abs(directions)
        return np.where(np.abs(product) <= ROUNDING * scale, 0.0, product)
    r = form.predictors.active.size
    blocks = directions.reshape(r, -1, directions.shape[1])
    given = np.stack([columns.directions(block) for block in blocks])
    contrast = form.contrast
    if contrast is not None:
        flat = np.einsum("km,mpd->kpd", contrast, given)
        size = np.einsum("km,mpd->kpd", np.abs(contrast), np.abs(given))
        given = np.where(np.abs(flat) <= ROUNDING * size, 0.0, flat)
    return np.asarray(given.reshape(-1, directions.shape[1]))


def make_record(
    design: Design,
    form: Form,
    coordinates: Coordinates | LevelCoordinates,
    solution: Solution,
    vcov: Vcov,
    limit: Limit | None,
    level: float,
    null: float | None = None,
) -> FitRecord:
    """Gather what inference needs; ``null`` is the loss of the null model where it is not that of the columns."""
    family, aliased, info = form.family, coordinates.aliased, design.info
    sums = summed_responses(design, form)
    constant, saturated = sums.constant, sums.saturated
    if null is None:
        null = _null_loss(design, form, sums)
    here = solution.evaluation
    coef = np.array(coordinates.coef(solution.coef))
    if limit is not None:
        infinite = np.where(limit.signs > 0.0, np.inf, np.where(limit.signs < 0.0, -np.inf, np.nan))
        coef = np.where(limit.signs == 0.0, coef, infinite)
    if aliased.size:
        coef[aliased] = np.nan
    # Levels of a wide design are none of the coefficients that were solved for.
    n_params = len(info.names) - aliased.size if form.is_single else solution.coef.size
    dropped = np.unique(form.shown.columns[aliased]) if aliased.size else aliased
    record = FitRecord(
        info=constant_of_kept(design, dropped).info,
        form=form,
        totals=sums.totals,
        coef=coef,
        coordinates=coordinates,
        inner_coef=solution.coef,
        inner_vcov=vcov,
        inner_model_vcov=vcov,
        aliased=aliased,
        limit=Limit.nowhere(coef.size) if limit is None else limit,
        covariance=Covariance(),
        loglik=constant - here.value,
        null_loglik=constant - null,
        deviance=max(2.0 * (here.value - saturated), 0.0),
        null_deviance=math.nan if math.isnan(null) else max(2.0 * (null - saturated), 0.0),
        n_obs=sums.n_obs,
        n_params=n_params + info.nuisance.n_parameters,
        total=sums.total,
        n_trials=sums.n_trials,
        tjur=_tjur(here, sums.totals) if form.is_single and not family.words.quasi else np.nan,
        log_constant=constant,
        counts=design.counts,
        status=solution.status,
        decrement=solution.decrement,
        trace=solution.trace,
        level=level,
        fingerprint=design.fingerprint,
        method=solution.method,
    )
    record = record if limit is None else replace(record, limit=replace(limit, names=record.names))
    record = with_what_was_read(record, design)
    return replace(record, n_improper=_improper(design, record)) if family.words.improper else record


def with_what_was_read(record: FitRecord, design: Design) -> FitRecord:
    """Return a record with what was read for it until now, where rows are read in chunks."""
    if design.stream is None:
        return record
    passes, in_order = design.stream.passes, design.stream.keeps_order
    n_rows = passes.count * design.counts.given
    return replace(record, read=ReadFacts(passes.count, n_rows, passes.n_bytes, in_order, passes.n_kept))


def _improper(design: Design, record: FitRecord) -> int:
    """Return the number of rows whose finite linear predictors give no probabilities."""
    if record.is_single or sum(part.n_rows > 1 for part in record.predictors.parts) < 2:
        return 0  # predictors that differ by their intercepts only are the same distance apart in every row
    return sum(_improper_rows(part, record) for part in design.chunks())


def _improper_rows(part: Design, record: FitRecord) -> int:
    """Return the number of such rows of a chunk."""
    eta = np.stack([part.matrix.matvec(row) for row in record.finite_table])
    if part.response.offset is not None:
        eta += part.response.offset
    return int(np.count_nonzero(record.family.improper(eta) & (part.response.weights > 0.0)))


def _null_loss(design: Design, form: Form, sums: ResponseSums) -> float:
    """Return the loss of the null model."""
    intercept = design.info.spans_intercept
    if design.sample.response.offset is None:
        return null_loss_of(sums.totals, intercept, form.family)
    return null_loss_of_rows(design, form, intercept)


def _tjur(here: Evaluation, totals: FloatArray) -> float:
    """Return the mean probability among events less that among non-events, nan where there are none of either."""
    nonevents, events = (float(total) for total in totals)
    if min(events, nonevents) <= 0.0:
        return float("nan")
    return here.matched / events - (here.fitted - here.matched) / nonevents
