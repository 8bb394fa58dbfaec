"""Observations as data frames: fitted values, residuals and predictions, one row per row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.prediction import Predictions, fitted_matrix, predictions
from logitkit.inference.sample import is_sample, known_sides
from logitkit.report.frames.shown import ResultFrame
from logitkit.report.frames.tidy import posterior_named

if TYPE_CHECKING:
    from logitkit.inference.effects.average_predictions import AveragePredictions

__all__ = ["augment_frame", "average_predictions_frame", "predictions_frame", "row_labels", "scatter"]

PREDICTED = pd.Index(["estimate", "std_error", "conf_low", "conf_high", "logit", "logit_std_error"])


def predictions_frame(result: Predictions, kept: Any, index: Any) -> pd.DataFrame:
    """Return predictions of one outcome with standard errors and intervals, one row per row of the table."""
    columns = result.probability, result.std_error, result.low, result.high, result.log_odds, result.log_odds_error
    values = scatter(np.concatenate(columns), kept)  # one table, which pandas is quicker with than with six columns
    return ResultFrame(values.T, index=index, columns=PREDICTED.copy())


def average_predictions_frame(result: AveragePredictions, record: FitRecord) -> pd.DataFrame:
    """Return average predictions, one row per value of the variable and, of several, per outcome."""
    values = pd.Index(result.values, name=result.variable, tupleize_cols=False)
    if not record.has_event:
        values = pd.MultiIndex.from_product([values, result.outcomes], names=[result.variable, "outcome"])
    columns = {"estimate": result.probability, "std_error": result.std_error}
    columns |= {"conf_low": result.low, "conf_high": result.high}
    frame = ResultFrame({name: table.T.reshape(-1) for name, table in columns.items()}, index=values)
    return posterior_named(frame, record)


def augment_frame(record: FitRecord, design: Design) -> pd.DataFrame:
    """Return one row per observation: its outcome, what was fitted, and what is left."""
    return (_of_event if record.has_event else _of_outcomes)(record, design)


def _of_event(record: FitRecord, design: Design) -> pd.DataFrame:
    """Return the outcome, fitted probability, logit, residuals, leverage and Cook's distance."""
    from logitkit.diagnostics.residuals.influence import influence
    from logitkit.diagnostics.residuals.kinds import residuals

    sides = known_sides(record, design)
    offset, levels = design.response.offset, design.level_codes
    try:
        fitted = predictions(record, design.matrix, offset, sides=sides, levels=levels, outcomes=[1])
        logit, probability, std_error = fitted.log_odds[0], fitted.probability[0], fitted.std_error[0]
    except UnsupportedError:  # where a factor is absorbed, or after a penalty, there may be none
        logit = linear_predictors(record, design.matrix, offset, sides, levels)[0]
        probability, std_error = record.family.mean(logit), np.full(design.n_rows, np.nan)
    measured = np.full((2, design.n_rows), np.nan)  # other rows have no influence on the fit
    if not record.is_penalised and is_sample(record, design):
        found = influence(record, design)
        measured = np.stack([found.leverage, found.cooks_distance])
    frame = ResultFrame(
        {
            "y": np.where(design.response.untried, np.nan, design.response.y),
            "fitted": probability,
            "std_error": std_error,
            "logit": logit,
            "residual": residuals(record, design, "response"),
            "pearson_residual": residuals(record, design, "pearson"),
            "deviance_residual": residuals(record, design, "deviance"),
            "leverage": measured[0],
            "cooks_distance": measured[1],
        },
        index=row_labels(design),
    )
    return posterior_named(frame, record)


def _of_outcomes(record: FitRecord, design: Design) -> pd.DataFrame:
    """Return the outcome, the likeliest outcome, and the probability and the residual of each outcome."""
    response = design.response
    mean = fitted_matrix(record, design.matrix, response.offset).probabilities
    known = ~np.isnan(mean).any(axis=0)
    likeliest = np.where(known, np.nan_to_num(mean).argmax(axis=0), -1)
    outcomes = pd.CategoricalDtype(list(record.outcomes))
    columns = {"observed": np.where(response.untried, -1, response.codes), "predicted": likeliest}
    frame = ResultFrame(
        {name: pd.Categorical.from_codes(codes, dtype=outcomes) for name, codes in columns.items()},
        index=row_labels(design),
    )
    left = np.where(response.untried, np.nan, response.indicators() - mean)
    for prefix, values in (("fitted", mean), ("residual", left)):
        for outcome, row in zip(record.outcomes, values, strict=True):
            frame[f"{prefix}:{outcome}"] = row
    return frame


def row_labels(design: Design) -> Any:
    """Return the table's own labels of the rows used, or their positions."""
    return pd.Index(design.positions) if design.index is None else design.index[design.positions]


def scatter(values: Any, kept: Any) -> Any:
    """Return values at the rows kept and nan at the others, along the last axis."""
    if kept.all():
        return np.array(values, dtype=np.float64)
    out = np.full((*values.shape[:-1], kept.size), np.nan)
    out[..., kept] = values
    return out
