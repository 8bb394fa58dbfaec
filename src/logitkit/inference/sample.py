"""Whether rows are those of the fit, and what their outcomes imply for the limits of a separated fit."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.inference.linear_predictors import BLOCK, linear_predictors
from logitkit.typing import BoolArray, FloatArray

__all__ = ["is_sample", "known_sides"]

SAME_LOSS = 1e-8  # relative: sums of other blocks of rows differ by less


def is_sample(record: FitRecord, design: Design) -> bool:
    """Return whether the rows of a design are those of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    bool
        True if sizes, outcomes, weights and a sample of the rows agree, and the loss over all rows is that of the fit.
        A chunk of the rows of the fit counts as rows of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> is_sample(fit.record, fit.design)
    True
    """
    if design.part_of:
        return design.part_of == record.fingerprint
    if design.fingerprint != record.fingerprint:
        return False
    loss = design.reduce(_Loss(record), operator.add)
    known = record.log_constant - record.loglik
    if loss == -math.inf:
        return False
    return bool(np.isnan(known) or abs(loss - known) <= SAME_LOSS * max(abs(known), 1.0))


@dataclass(frozen=True)
class _Loss:
    """The loss of rows, without those at their limit; minus infinity where a row contradicts its limit."""

    record: FitRecord

    def __call__(self, design: Design) -> float:
        """Return the loss of some rows."""
        record, response = self.record, design.response
        eta = linear_predictors(record, design.matrix, response.offset, levels=design.level_codes)
        left = response.weights > 0.0
        if record.is_separated and record.is_single:
            margin = _margins(record, design)
            if np.any(left & (margin != 0.0) & ~_is_own_side(margin, response.y)):
                return -math.inf
            left &= margin == 0.0
        rows = np.flatnonzero(left)
        return float(response.weights[rows] @ record.family.losses(eta[:, rows], response.take(rows)))


def _is_own_side(margin: FloatArray, y: FloatArray) -> BoolArray:
    """Tell which rows a direction of recession moves to their own outcome, of which they have one only."""
    outcome = np.where(y > 0.5, 1.0, -1.0)
    return np.asarray(((y == 0.0) | (y == 1.0)) & (outcome * margin > 0.0))


def _margins(record: FitRecord, design: Design) -> FloatArray:
    """Return how far a direction of the cone's interior moves each row, shape (n,); zero for a row that stays."""
    cone = record.limit.cone
    if cone is None:
        eta = linear_predictors(record, design.matrix)[0]
        return np.where(np.isinf(eta), np.sign(eta), 0.0)
    interior, levels = cone.rays.sum(axis=0), design.level_codes
    working = record.coordinates.matrix(design.matrix)
    out = np.empty(design.n_rows)
    for start in range(0, design.n_rows, BLOCK):
        stop = min(start + BLOCK, design.n_rows)
        rows = working.rows(start, stop).to_dense()
        rows = record.nuisance.from_anchors(rows, None if levels is None else levels[start:stop])
        out[start:stop] = cone.moves(rows) @ interior
    # A level that is separated as a whole has no anchor, and its rows are on the side of their outcome.
    return np.where(np.isnan(out), np.where(design.response.y > 0.5, 1.0, -1.0), out)


def known_sides(record: FitRecord, design: Design, own: bool | None = None) -> FloatArray | None:
    """Return the side of a separated fit on which each row lies, 1 or -1, from its outcome; 0 if unknown.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.
    own : bool, optional
        Whether they are rows of the fit, if that is known.

    Returns
    -------
    (n,) array or None
        For the rows of the fit, the limit is always determined: a row that moves is a separated one. None for a fit
        that is not separated, for other rows, and with several predictors.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> known_sides(fit.record, fit.design).tolist()
    [-1.0, -1.0, 1.0, 1.0]
    """
    if not record.is_separated or not record.is_single:
        return None
    if not (is_sample(record, design) if own is None else own):
        return None
    return np.where(design.response.weights > 0.0, np.where(design.response.y > 0.5, 1.0, -1.0), 0.0)
