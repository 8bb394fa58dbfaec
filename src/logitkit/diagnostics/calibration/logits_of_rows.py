"""Logits that a fit predicts for rows, as bare arrays, and rows whose prediction is nothing but such logits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.diagnostics.rows.ranking import no_rows, predicted_rows
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binomial import Binomial
from logitkit.models.form import outcomes_form
from logitkit.models.predictors import full_predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["RowLogits", "offset_fit", "row_logits"]


@dataclass(frozen=True)
class RowLogits:
    """Rows with a finite prediction, as arrays.

    Parameters
    ----------
    logits, shares : (n,) or (n, K) array
        Log odds of an event or log probabilities of K outcomes, and observed proportions.
    weights : (n,) array
        Weight of each row.
    order : (n,) int array
        Position of each row in the design.
    at_limit : int
        Number of rows left out because a probability is 0 or 1 under separation.

    Examples
    --------
    >>> RowLogits(np.zeros(2), np.ones(2), np.ones(2), np.arange(2)).at_limit
    0
    """

    logits: FloatArray
    shares: FloatArray
    weights: FloatArray
    order: IntArray
    at_limit: int = 0


def row_logits(record: FitRecord, design: Design) -> RowLogits:
    """Return the logits of rows. Rows that are read in chunks are joined, with a few numbers per row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.

    Returns
    -------
    RowLogits
        Rows of positive weight.

    Raises
    ------
    DataError
        If no row remains.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1], "x": [1, 2, 3, 4, 5]})
    >>> bool(np.allclose(row_logits(fit.record, fit.design).logits, fit.predict_logit()))
    True
    """
    own = None if design.stream is None else False
    parts = list(design.each(partial(_of_part, record, own)))
    found = [np.concatenate([part[j] for part in parts]) for j in range(4)]
    if found[2].size == 0:
        raise no_rows(design.n_rows)
    return RowLogits(found[0], found[1], found[2], found[3], sum(part[4] for part in parts))


def _of_part(
    record: FitRecord, own: bool | None, part: Design
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, int]:
    """Return logits, proportions, weights and places of some rows, and how many are at a limit."""
    rows = predicted_rows(record, part, own)
    finite = np.flatnonzero(np.isfinite(rows.log_odds).all(axis=0))
    if rows.of_event:
        logits, shares = rows.log_odds[1, finite], rows.shares[1, finite]
    else:
        logits, shares = rows.family.log_probabilities(rows.eta[:, finite]).T, rows.shares[:, finite].T
    gone = rows.order.size - finite.size
    return logits, np.ascontiguousarray(shares), rows.weights[finite], rows.order[finite], gone


def offset_fit(record: FitRecord, design: Design, order: IntArray, logits: FloatArray) -> tuple[FitRecord, Design]:
    """Return a fit without coefficients whose predictions are the given logits, and its rows.

    Any diagnostic of a fit can then be applied to these logits.

    Parameters
    ----------
    record : FitRecord
        The fit that defines the outcomes.
    design : Design
        Rows with their outcome.
    order : (n,) int array
        Positions of the rows used.
    logits : (n,) or (n, K) array
        Logits of these rows.

    Returns
    -------
    record : FitRecord
        The fit. It is not recognised as a fit to these rows, so diagnostics treat them as new rows.
    design : Design
        The rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1], "x": [1, 2, 3, 4, 5]})
    >>> made, rows = offset_fit(fit.record, fit.design, np.arange(5), np.zeros(5))
    >>> predicted_rows(made, rows).probability[1].tolist()
    [0.5, 0.5, 0.5, 0.5, 0.5]
    """
    taken = design.take(order)
    offset = logits[None] if logits.ndim == 1 else np.ascontiguousarray(logits.T)
    made = replace(
        taken,
        matrix=Dense(np.zeros((order.size, 0))),
        response=replace(taken.response, offset=offset),
        info=DesignInfo((), ColumnTerms(()), replace(design.info.response, offset=None, offsets=())),
        level_codes=None,
    )
    if logits.ndim == 1:
        found = fit_design(made, Binomial(), Newton(), record.level)
    else:
        k = logits.shape[1]
        form = outcomes_form(full_predictors(k, 0, 0), 0, design.info.response.levels)
        found = fit_design(made, form, Newton(), record.level)
    return replace(found, fingerprint=""), made
