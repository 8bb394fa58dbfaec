r"""The recalibration model: intercepts and slopes of predicted log odds, one per outcome but the reference.

The log odds of outcome k against the reference are :math:`\alpha_k + \beta_k \hat\ell_k`, each outcome with its own
predicted log odds. With more than two outcomes these may depend on one another linearly, as they all do in a model with
one column, though their coefficients do not: the fit is over a basis of them, with each outcome's part given by one
number. Log odds are those of the fitted probabilities, whatever the link of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.diagnostics.ranking import PredictedRows, RankedRows
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.covariances.sandwich import with_required_sandwich
from logitkit.models.binomial import Binomial
from logitkit.models.family import Family
from logitkit.models.form import Form, outcomes_form
from logitkit.models.predictors import full_predictors, patterned_predictors
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


def recalibrate(rows: PredictedRows, design: Design, reference: int, ranked: RankedRows | None = None) -> Recalibration:
    """Return calibration intercepts, with slopes of 1, and slopes.

    Parameters
    ----------
    rows : PredictedRows
        Rows with their predictions.
    design : Design
        What they are rows of.
    reference : int
        Place of the outcome that the others are compared with.
    ranked : RankedRows, optional
        Of two outcomes, the rows in order of the log odds of the other one, where they were sorted already.

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
    finite = np.flatnonzero(np.isfinite(rows.log_odds).all(axis=0))
    found = np.full((4, k), np.nan)
    if finite.size and not np.isinf(rows.loss).any():
        if k == 2:
            event = 1 - reference
            found[:, event] = _of_two(rows, design, rows.against_rest(event) if ranked is None else ranked)
        else:
            found = _of_several(rows, design, finite, reference)
    return Recalibration(found[0], found[1], found[2], found[3], rows.order.size - finite.size)


def _of_two(rows: PredictedRows, design: Design, ranked: RankedRows) -> tuple[float, float, float, float]:
    """Return intercept and slope of the log odds of one of two outcomes, each with its standard error."""
    finite = np.isfinite(ranked.log_odds)
    kept, log_odds = rows.order[ranked.place[finite]], ranked.log_odds[finite]
    ones = np.ones((log_odds.size, 1))
    response = replace(design.response.take(kept), y=ranked.y[finite], shares=None, n_outcomes=2)
    level = _fit(design, kept, ones, replace(response, offset=log_odds[None]), Binomial())
    both = np.column_stack([ones, log_odds])
    slope = _fit(design, kept, both, replace(response, offset=None), Binomial())
    return float(level.coef[0]), float(level.std_error[0]), float(slope.coef[1]), float(slope.std_error[1])


def _of_several(rows: PredictedRows, design: Design, finite: IntArray, reference: int) -> FloatArray:
    """Return intercepts and slopes of several outcomes, each followed by standard errors, shape (4, K)."""
    k, kept = len(rows.outcomes), rows.order[finite]
    log_probability = rows.family.log_probabilities(rows.eta[:, finite])
    log_odds = log_probability - log_probability[reference]
    active = np.flatnonzero(np.arange(k) != reference)
    response, levels = design.response.take(kept), design.info.response.levels
    form = outcomes_form(full_predictors(k, 1, reference), reference, levels)
    fitted = _fit(design, kept, np.ones((kept.size, 1)), replace(response, offset=log_odds), form)
    intercept, error = np.full(k, np.nan), np.full(k, np.nan)
    if fitted.converged:
        intercept[active], error[active] = fitted.coef, fitted.std_error
    return np.stack([intercept, error, *_slopes(design, kept, log_odds, active, reference)])


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
    # A part of its own for each outcome: its slope multiplies its own log-odds only.
    kept_by = np.zeros((k, 1 + len(varying)), dtype=bool)
    kept_by[active, 0] = True
    kept_by[varying, 1 + np.arange(len(varying))] = True
    predictors = patterned_predictors(kept_by, np.zeros(1 + len(varying), dtype=bool))
    form = outcomes_form(predictors, reference, design.info.response.levels)
    response = replace(design.response.take(kept), offset=None)
    fitted = _fit(design, kept, np.column_stack([np.ones(kept.size), standardised.T]), response, form)
    if not fitted.converged:
        return slope, error
    coef, errors = (values.reshape(active.size, -1) for values in (fitted.coef, fitted.std_error))
    for number, outcome in enumerate(varying):
        place = int(np.searchsorted(active, outcome))
        slope[outcome] = coef[place, 1 + number] / size[outcome]
        error[outcome] = errors[place, 1 + number] / size[outcome]
    return slope, error


def _fit(design: Design, kept: IntArray, columns: FloatArray, response: Response, model: Form | Family) -> FitRecord:
    """Fit the outcomes of some rows on other columns."""
    names = (INTERCEPT, *(f"log-odds {j}" for j in range(1, columns.shape[1])))
    info = DesignInfo(names, ColumnTerms(names), design.info.response)
    refitted = Design(Dense(columns), response, info, design.counts, design.positions[kept])
    return with_required_sandwich(fit_design(refitted, model, Newton()), refitted)
