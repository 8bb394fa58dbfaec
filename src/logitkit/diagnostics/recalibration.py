r"""The multinomial recalibration model: intercepts and slopes of predicted log-odds, one an outcome.

The log-odds of outcome k against the reference are :math:`\alpha_k + \beta_k \hat\ell_k`, each outcome with its own
predicted log-odds. These may depend on one another linearly, as they all do in a model with one column, though their
coefficients do not: the fit is over a basis of them, with each outcome's part given by one number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.diagnostics.ranking import PredictedRows
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.outcome_sandwich import with_required_outcome_sandwich
from logitkit.models.form import outcomes_form
from logitkit.models.predictors import Predictors, full_predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["Recalibration", "recalibrate"]

CONSTANT = 1e-9  # spread of log-odds, beside their size, below which they are the same in all rows
DEPENDENT = 1e-8  # singular value of standardised log-odds, beside the largest, below which the others determine them


@dataclass(frozen=True)
class Recalibration:
    """Intercepts and slopes of K outcomes.

    Parameters
    ----------
    intercept, intercept_std_error, slope, slope_std_error : (K,) array
        nan for the reference.
    at_limit : int
        Rows with an outcome of probability zero, which took no part.

    Examples
    --------
    >>> one = np.array([np.nan, 1.0])
    >>> float(Recalibration(0 * one, one, one, one, 0).slope[1])
    1.0
    """

    intercept: FloatArray
    intercept_std_error: FloatArray
    slope: FloatArray
    slope_std_error: FloatArray
    at_limit: int


def recalibrate(rows: PredictedRows, design: Design, reference: int) -> Recalibration:
    """Return calibration intercepts, with slopes of 1, and slopes.

    Parameters
    ----------
    rows : PredictedRows
        Rows with their predictions.
    design : Design
        What they are rows of.
    reference : int
        Place of the outcome that the others are compared with.

    Returns
    -------
    Recalibration
        nan where a row contradicts its limit, infinite where the rows separate the outcomes by what is predicted.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.diagnostics.ranking import predicted_rows
    >>> data = {"y": list("abcbaccab") * 4, "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1] * 4}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = recalibrate(predicted_rows(fit.record, fit.design), fit.design, 0)
    >>> bool(np.allclose(found.intercept[1:], 0.0, atol=1e-9)), bool(np.allclose(found.slope[1:], 1.0))
    (True, True)
    """
    k = len(rows.outcomes)
    finite = np.isfinite(rows.eta).all(axis=0)
    at_limit = int(np.count_nonzero(~finite))
    nothing = np.full(k, np.nan)
    if not finite.any() or np.isinf(rows.loss).any():
        return Recalibration(nothing, nothing, nothing, nothing, at_limit)
    log_odds = rows.eta[:, finite] - rows.eta[reference, finite]
    kept = rows.order[finite]
    active = np.flatnonzero(np.arange(k) != reference)
    fitted = _fit(design, kept, np.ones((kept.size, 1)), full_predictors(k, 1, reference), reference, log_odds)
    intercept, intercept_error = nothing.copy(), nothing.copy()
    if fitted.converged:
        intercept[active], intercept_error[active] = fitted.coef, fitted.std_error
    slope, slope_error = _slopes(design, kept, log_odds, active, reference)
    return Recalibration(intercept, intercept_error, slope, slope_error, at_limit)


def _slopes(
    design: Design, kept: IntArray, log_odds: FloatArray, active: IntArray, reference: int
) -> tuple[FloatArray, FloatArray]:
    """Return the slope of each outcome with its standard error."""
    k = len(log_odds)
    slope, error = np.full(k, np.nan), np.full(k, np.nan)
    size = log_odds.std(axis=1)
    varying = [j for j in active if size[j] > CONSTANT * np.abs(log_odds[j]).max()]
    if not varying:
        return slope, error
    standardised = ((log_odds[varying].T - log_odds[varying].mean(axis=1)) / size[varying]).T
    left, values, right = np.linalg.svd(standardised.T, full_matrices=False)
    rank = int(np.count_nonzero(values > DEPENDENT * values[0]))
    columns = left[:, :rank] * np.sqrt(kept.size)
    parts = (values[:rank, None] * right[:rank]) / np.sqrt(kept.size)  # of the columns in each outcome's log-odds
    p = rank + 1
    basis = np.zeros((active.size, p, active.size + len(varying)))
    for place, outcome in enumerate(active):
        basis[place, 0, place] = 1.0
        if outcome in varying:
            number = varying.index(outcome)
            basis[place, 1:, active.size + number] = parts[:, number]
    predictors = full_predictors(k, p, reference).within(basis.reshape(active.size * p, -1))
    fitted = _fit(design, kept, np.column_stack([np.ones(kept.size), columns]), predictors, reference, None)
    if not fitted.converged:
        return slope, error
    solved = fitted.inner_coef[active.size :]
    variance = np.diag(fitted.inner_vcov.array())[active.size :]
    flat = fitted.coef.reshape(active.size, p)[:, 1:]
    for number, outcome in enumerate(varying):
        limit = _limit(flat[np.searchsorted(active, outcome)], parts[:, number])
        slope[outcome] = (solved[number] if limit == 0.0 else limit) / size[outcome]
        error[outcome] = np.sqrt(variance[number]) / size[outcome] if limit == 0.0 else np.nan
    return slope, error


def _limit(flat: FloatArray, part: FloatArray) -> float:
    """Return where a slope runs to, as its coefficients do: 0 if nowhere, nan if that is undetermined."""
    if np.isfinite(flat).all():
        return 0.0
    signs = np.sign(flat[~np.isfinite(flat)]) * np.sign(part[~np.isfinite(flat)])
    return float(signs[0] * np.inf) if (signs == signs[0]).all() else float("nan")


def _fit(
    design: Design,
    kept: IntArray,
    columns: FloatArray,
    predictors: Predictors,
    reference: int,
    offsets: FloatArray | None,
) -> FitRecord:
    """Fit the outcomes of some rows on other columns."""
    response = design.response.take(kept)
    names = (INTERCEPT, *(f"log-odds {j}" for j in range(1, columns.shape[1])))
    info = DesignInfo(names, ColumnTerms(names), design.info.response)
    refitted = Design(Dense(columns), replace(response, offset=offsets), info, design.counts, design.positions[kept])
    record = fit_design(refitted, outcomes_form(predictors, reference, info.response.levels), Newton())
    return with_required_outcome_sandwich(record, refitted)
