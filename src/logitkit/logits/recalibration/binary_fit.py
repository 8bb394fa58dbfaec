"""Logistic regression of an event on columns that were made of its logits, by the engine."""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design, RowCounts
from logitkit.design.formula.terms import ColumnTerms
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import SeparationError, UnsupportedError
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray

__all__ = ["fit_binary", "fitted_event"]


def fit_binary(
    columns: FloatArray, shares: FloatArray, weights: FloatArray, offset: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and their covariance.

    Parameters
    ----------
    columns : (n, q) array
        What the event is regressed on.
    shares, weights : (n,) array
        Proportions of events, and how often each row counts.
    offset : (n,) array, optional
        Added to the log odds.

    Returns
    -------
    coef : (q,) array
        Maximum likelihood.
    vcov : (q, q) array
        Inverse of the information.

    Raises
    ------
    SeparationError
        If the columns separate the outcomes.
    UnsupportedError
        If the columns depend on one another, as where all logits are equal.

    Examples
    --------
    >>> coef, vcov = fit_binary(np.ones((4, 1)), np.array([0.0, 1.0, 1.0, 1.0]), np.ones(4))
    >>> bool(np.isclose(coef[0], np.log(3.0))), bool(np.isclose(vcov[0, 0], 4 / 3))
    (True, True)
    """
    record, _ = fitted_event(columns, shares, weights, offset)
    return record.coef, record.vcov


def fitted_event(
    columns: FloatArray, shares: FloatArray, weights: FloatArray, offset: FloatArray | None = None
) -> tuple[FitRecord, Design]:
    """Return the record of a regression, and its rows: see ``fit_binary``.

    Examples
    --------
    >>> record, design = fitted_event(np.ones((4, 1)), np.array([0.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0, 1.0]))
    >>> design.n_rows, bool(np.isclose(record.coef[0], np.log(2.0)))
    (3, True)
    """
    used = np.flatnonzero(weights > 0.0)
    names = tuple(f"z{j}" for j in range(columns.shape[1]))
    response = Response(
        shares[used],
        prior=None if (weights == 1.0).all() else weights[used],
        offset=None if offset is None else offset[None, used],
    )
    info = DesignInfo(names, ColumnTerms(names), ResponseInfo("y"))
    design = Design(
        Dense(np.ascontiguousarray(columns[used])), response, info, RowCounts(used.size), np.arange(used.size)
    )
    record = fit_design(design, Binomial(), Newton())
    if record.is_separated:
        raise SeparationError(
            "The logits separate the outcomes in these rows: no finite recalibration is best. Recalibrate on rows that "
            "were not learnt from, or on more of them."
        )
    if record.aliased.size:
        raise UnsupportedError("The logits are the same in all rows: method='intercept' is all that these can tell.")
    return record, design
