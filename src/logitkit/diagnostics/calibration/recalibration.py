r"""The recalibration model: intercepts and slopes of predicted log odds, one per outcome but the reference.

The log odds of outcome k against the reference are :math:`\alpha_k + \beta_k \hat\ell_k`, each outcome with its own
predicted log odds. With more than two outcomes these may depend on one another linearly, as they all do in a model with
one column, though their coefficients do not: the fit is over a basis of them, with each outcome's part given by one
number. Log odds are those of the fitted probabilities, whatever the link of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.diagnostics.calibration.log_odds_rows import LogOddsRows, against_reference
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.models.binomial import Binomial
from logitkit.models.family import Family
from logitkit.models.form import Form, outcomes_form
from logitkit.models.predictors import full_predictors, patterned_predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["Recalibration", "design_of_columns", "fit_rows", "recalibrate"]

CONSTANT = 1e-9  # spread of log-odds, beside their size, below which they are the same in all rows
DEPENDENT = 1e-8  # singular value of standardised log-odds, beside the largest, below which the others determine them


@dataclass(frozen=True)
class Recalibration:
    """Calibration intercepts and slopes of K outcomes.

    Parameters
    ----------
    intercept, intercept_std_error, slope, slope_std_error : (K,) array
        Estimates and standard errors; nan for the reference.
    at_limit : int
        Number of rows excluded because an outcome has probability zero.
    fitted : FitRecord or None
        The model with slopes; None if it has no estimate.

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
    fitted: FitRecord | None = None


def recalibrate(rows: LogOddsRows, reference: int) -> Recalibration:
    """Return calibration intercepts, with slopes fixed at 1, and calibration slopes.

    Parameters
    ----------
    rows : LogOddsRows
        Rows with their predictions.
    reference : int
        Position of the reference outcome.

    Returns
    -------
    Recalibration
        Estimates; nan if an outcome with probability zero occurs, infinite if the predictions separate the outcomes.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.diagnostics.calibration.log_odds_rows import Usable
    >>> from logitkit.diagnostics.rows.ranking import predicted_rows
    >>> data = {"y": list("abcbaccab") * 4, "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1] * 4}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> rows = predicted_rows(fit.record, fit.design)
    >>> found = recalibrate(LogOddsRows(fit.record, fit.design, True, Usable.of(rows), rows), 0)
    >>> bool(np.allclose(found.intercept[1:], 0.0, atol=1e-9)), bool(np.allclose(found.slope[1:], 1.0))
    (True, True)
    """
    k, usable = len(rows.record.outcomes), rows.usable
    found, fitted = np.full((4, k), np.nan), None
    if usable.finite and not usable.contradicted:
        if k == 2:
            found[:, 1 - reference], fitted = _of_two(rows, 1 - reference)
        else:
            found, fitted = _of_several(rows, reference)
    return Recalibration(found[0], found[1], found[2], found[3], usable.at_limit, fitted)


def _of_two(rows: LogOddsRows, event: int) -> tuple[tuple[float, float, float, float], FitRecord]:
    """Return intercept and slope of the log odds of one of two outcomes, each with its standard error."""
    level = fit_rows(rows.recoded(partial(_two, event, False)), Binomial())
    slope = fit_rows(rows.recoded(partial(_two, event, True)), Binomial())
    found = float(level.coef[0]), float(level.std_error[0]), float(slope.coef[1]), float(slope.std_error[1])
    return found, slope


def _two(event: int, sloped: bool, design: Design, rows: PredictedRows, ranked: RankedRows | None) -> Design:
    """Return rows whose column, or with a slope of 1 whose offset, is the log odds of one of two outcomes."""
    ranked = rows.against_rest(event) if ranked is None else ranked
    finite = np.isfinite(ranked.log_odds)
    kept, log_odds = rows.order[ranked.place[finite]], ranked.log_odds[finite]
    columns = np.ones((log_odds.size, 1))
    if sloped:
        columns = np.column_stack([columns, log_odds])
    response = replace(design.response.take(kept), y=ranked.y[finite], shares=None, n_outcomes=2)
    return design_of_columns(design, kept, columns, replace(response, offset=None if sloped else log_odds[None]))


def _of_several(rows: LogOddsRows, reference: int) -> tuple[FloatArray, FitRecord | None]:
    """Return intercepts and slopes of several outcomes, each followed by standard errors, shape (4, K)."""
    k, levels = len(rows.record.outcomes), rows.design.info.response.levels
    active = np.flatnonzero(np.arange(k) != reference)
    form = outcomes_form(full_predictors(k, 1, reference), reference, levels)
    fitted = fit_rows(rows.recoded(partial(_level_of_several, reference)), form)
    intercept, error = np.full(k, np.nan), np.full(k, np.nan)
    if fitted.converged:
        intercept[active], error[active] = fitted.coef, fitted.std_error
    slope, slope_error, sloped = _slopes(rows, active, reference)
    return np.stack([intercept, error, slope, slope_error]), sloped


def _level_of_several(reference: int, design: Design, rows: PredictedRows, ranked: RankedRows | None) -> Design:
    """Return rows of ones, with the log odds of each outcome as its offset."""
    del ranked
    kept, log_odds = against_reference(rows, reference)
    return design_of_columns(
        design, kept, np.ones((kept.size, 1)), replace(design.response.take(kept), offset=log_odds)
    )


@dataclass(frozen=True)
class _Standardised:
    """Makes columns of ones and of standardised log odds of some outcomes."""

    reference: int
    varying: tuple[int, ...]
    mean: FloatArray
    size: FloatArray

    def __call__(self, design: Design, rows: PredictedRows, ranked: RankedRows | None) -> Design:
        """Return the rows with these columns."""
        del ranked
        kept, log_odds = against_reference(rows, self.reference)
        standardised = (log_odds[list(self.varying)].T - self.mean) / self.size
        columns = np.column_stack([np.ones(kept.size), standardised])
        return design_of_columns(design, kept, columns, replace(design.response.take(kept), offset=None))


def _slopes(rows: LogOddsRows, active: IntArray, reference: int) -> tuple[FloatArray, FloatArray, FitRecord | None]:
    """Return the slope of each outcome with its standard error, and the fit that they are of."""
    k = len(rows.record.outcomes)
    slope, error = np.full(k, np.nan), np.full(k, np.nan)
    found = rows.spreads(reference)
    mean, size, largest = (np.array([getattr(each, name) for each in found]) for name in ("mean", "size", "largest"))
    varying = [j for j in active if size[j] > CONSTANT * largest[j]]
    if not varying:
        return slope, error, None
    # A part of its own for each outcome: its slope multiplies its own log-odds only.
    kept_by = np.zeros((k, 1 + len(varying)), dtype=bool)
    kept_by[active, 0] = True
    kept_by[varying, 1 + np.arange(len(varying))] = True
    predictors = patterned_predictors(kept_by, np.zeros(1 + len(varying), dtype=bool))
    form = outcomes_form(predictors, reference, rows.design.info.response.levels)
    fitted = fit_rows(rows.recoded(_Standardised(reference, tuple(varying), mean[varying], size[varying])), form)
    if not fitted.converged:
        return slope, error, None
    coef, errors = (values.reshape(active.size, -1) for values in (fitted.coef, fitted.std_error))
    for number, outcome in enumerate(varying):
        place = int(np.searchsorted(active, outcome))
        slope[outcome] = coef[place, 1 + number] / size[outcome]
        error[outcome] = errors[place, 1 + number] / size[outcome]
    return slope, error, fitted


def design_of_columns(design: Design, kept: IntArray, columns: FloatArray, response: Response) -> Design:
    """Return some rows of a design with other columns.

    Parameters
    ----------
    design : Design
        Rows with any columns.
    kept : (r,) int array
        Positions of the selected rows.
    columns : (r, q) array
        New columns of these rows, the first of which consists of ones.
    response : Response
        Outcomes of these rows.

    Returns
    -------
    Design
        The rows, with clusters if the response has them.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1, 2, 3]}).design
    >>> kept = np.array([0, 2])
    >>> design_of_columns(design, kept, np.ones((2, 1)), design.response.take(kept)).info.names
    ('Intercept',)
    """
    names = (INTERCEPT, *(f"log-odds {j}" for j in range(1, columns.shape[1])))
    info = DesignInfo(names, ColumnTerms(names), design.info.response)
    dependence = None if response.clusters is None else Dependence((response.clusters,))
    made = Design(Dense(columns), response, info, design.counts, design.positions[kept], dependence=dependence)
    return replace(made, start=design.start)


def fit_rows(design: Design, model: Form | Family) -> FitRecord:
    """Fit the outcomes of rows to columns derived from their log odds.

    Parameters
    ----------
    design : Design
        Rows with these columns.
    model : Form or Family
        Model to fit.

    Returns
    -------
    FitRecord
        The fit, with a sandwich covariance if weights or clusters require it.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ 1", {"y": [0, 1, 1, 1]}).design
    >>> round(float(fit_rows(design, Binomial()).coef[0]), 6)
    1.098612
    """
    return with_required_sandwich(fit_design(design, model, Newton()), design)
