"""Fits by group for rows that are read in chunks.

The columns are coded once for all groups. Groups that fit in memory are fitted like the rows of a table. Larger groups
are fitted from the stream, and their fits share the passes over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from logitkit.design.chunks.groups import GroupsInChunks
from logitkit.design.chunks.side_by_side import side_by_side
from logitkit.design.design import Design
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.response_sums import summed_responses
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError
from logitkit.inference.by import NO_SANDWICH, GroupedRecord, fit_groups, without_sandwich
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.inference.dependence import Dependences, dependences_of
from logitkit.models.conventions import OURS, Conventions
from logitkit.models.form import Form
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["fit_groups_in_chunks"]

BY_GROUP = ("coef", "std_error", "n_obs", "n_params", "events", "loglik", "deviance", "converged")


def fit_groups_in_chunks(
    rows: GroupsInChunks, form: Form, solver: Newton, level: float = 0.95, conventions: Conventions = OURS
) -> GroupedRecord:
    """Fit the model to each group.

    Parameters
    ----------
    rows : GroupsInChunks
        The rows of all groups.
    form : Form
        The model.
    solver : Newton
        Options of the solver.
    level : float, default 0.95
        Confidence level of the intervals.
    conventions : Conventions
        The conventions where packages differ.

    Returns
    -------
    GroupedRecord
        As from ``fit_groups`` for the same rows in memory.

    Examples
    --------
    >>> fit_groups_in_chunks.__name__
    'fit_groups_in_chunks'
    """
    parts = [
        (numbers, replace(fit_groups(held, form, solver, level, conventions), counts=rows.design.counts))
        for numbers, held in rows.held()
    ]
    large = rows.large
    designs = rows.streams(large) if large else []
    solves = [partial(_fit, design, form, solver, level, conventions) for design in designs]
    numbers = len(rows.design.info.names) ** 2
    for group, made in zip(large, side_by_side(rows.design, solves, numbers), strict=True):
        parts.append((np.array([group]), _alone(rows, group, made, form)))
    return _together(rows, parts)


Made = tuple[FitRecord, float, Dependences | None]


def _fit(design: Design, form: Form, solver: Newton, level: float, conventions: Conventions) -> Made:
    """Return the fit of a large group, its weighted events, and its dependences."""
    record = replace(fit_design(design, form, solver, level), conventions=conventions)
    try:
        record = with_required_sandwich(record, design)
    except DataError:  # fewer than two clusters
        record = without_sandwich(record, design.sample.response, 1)
    dependences = None
    if record.aliased.size:
        dependences = dependences_of(design.reduce(_factor, _both), record.aliased)
    return record, float(summed_responses(design, form).totals[1]), dependences


def _factor(part: Design) -> FloatArray:
    """Return R of the rows of positive weight, on which columns depend as these do."""
    with single_threaded_blas():
        used = np.flatnonzero(part.response.weights > 0.0)
        return np.asarray(np.linalg.qr(part.matrix.take(used).to_dense(), mode="r"))


def _both(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return R of the rows of both."""
    return np.asarray(np.linalg.qr(np.concatenate([left, right]), mode="r"))


def _alone(rows: GroupsInChunks, group: int, made: Made, form: Form) -> GroupedRecord:
    """Return the record of one group that was fitted by passes."""
    record, events, dependences = made
    withheld = not record.has_likelihood
    why = f"; {NO_SANDWICH}" if record.covariance.label == NO_SANDWICH else ""
    return GroupedRecord(
        info=rows.design.info,
        form=form,
        groups=replace(rows.groups, keys=rows.groups.keys[[group]]),
        coef=record.coef[None],
        std_error=record.std_error[None],
        n_obs=np.array([record.n_obs]),
        n_params=np.array([record.n_params]),
        events=np.array([events]),
        loglik=np.array([np.nan if withheld else record.loglik]),
        deviance=np.array([np.nan if withheld else record.deviance]),
        status=(record.status.value + why,),
        converged=np.array([record.converged]),
        single={0: record},
        dependences={} if dependences is None else {0: dependences},
        counts=rows.design.counts,
        covariance=record.covariance.label,
        level=record.level,
        conventions=record.conventions,
    )


def _together(rows: GroupsInChunks, parts: Sequence[tuple[IntArray, GroupedRecord]]) -> GroupedRecord:
    """Return the record of all groups, in their order."""
    first = parts[0][1]
    numbers: IntArray = np.concatenate([own for own, _ in parts])
    order = np.argsort(numbers)
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for _, part in parts])[order] for name in BY_GROUP
    }
    status = [text for _, part in parts for text in part.status]
    labels = [part.covariance for _, part in parts if part.covariance != NO_SANDWICH]
    return replace(
        first,
        **columns,
        groups=rows.groups,
        status=tuple(status[place] for place in order.tolist()),
        single={int(own[g]): record for own, part in parts for g, record in part.single.items()},
        dependences={int(own[g]): found for own, part in parts for g, found in part.dependences.items()},
        covariance=labels[0] if labels else first.covariance,
    )
