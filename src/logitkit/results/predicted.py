"""Labelled predictions of rows: a series for an event, or one column per outcome if there are several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.design.rebuild import NewRows
from logitkit.design.table.frame import read_table
from logitkit.engine.record import FitRecord
from logitkit.errors import DataWarning, warn_caller
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.prediction import fitted_matrix, predictions, reported_predictors
from logitkit.inference.table_predictions import table_predictions
from logitkit.report.frames import tidy
from logitkit.report.frames.name_index import name_index
from logitkit.report.frames.rows import predictions_frame, scatter
from logitkit.report.frames.shown import ResultFrame
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.inference.intervals.asked import IntervalMethod
    from logitkit.results.rows import Rows

__all__ = ["Scale", "predicted", "predicted_at_once", "predicted_with_errors", "prediction_values"]

Scale = Literal["probability", "logit", "link"]


def predicted(record: FitRecord, rows: NewRows, scale: Scale) -> Any:
    """Return predictions of rows, missing if a row was not kept or its limiting probability is undetermined."""
    values, labels = prediction_values(record, rows, scale)
    undetermined = int(np.isnan(values).any(axis=0).sum())
    if undetermined:
        warn_caller(f"Missing predictions: {undetermined}. {_why_missing(record, rows)}", DataWarning)
    if record.has_event:
        return pd.Series(scatter(values[-1], rows.kept), rows.index, name=scale)
    return pd.DataFrame(_by_row(values, rows), rows.index, labels)


def predicted_at_once(rows: Rows, scale: Scale) -> pd.Series | None:
    """Return predictions of an event from one pass over the columns of a table, or None if that is not possible."""
    if rows.data is None or rows.offset is not None or rows.record.info.coding is None:
        return None  # rows of the fit, and those of a matrix, which is no table
    table = read_table(rows.data)
    values = table_predictions(rows.record, table, scale)
    return None if values is None else pd.Series(values, table.index, name=scale, copy=False)


def _why_missing(record: FitRecord, rows: NewRows) -> str:
    """Say why predictions of rows are missing: predictors that give no probabilities, or limits that are not known."""
    eta = linear_predictors(record, rows.matrix, rows.offset, rows.sides, rows.levels)
    improper = int(record.family.improper(eta).sum())
    parts = []
    if improper:
        parts.append(f"In {improper} rows {record.family.words.improper}.")
    if record.is_separated:
        parts.append("The data of the fit were separated, and the limit there is undetermined.")
    return " ".join(parts)


def predicted_with_errors(
    record: FitRecord,
    rows: NewRows,
    level: float | None,
    method: IntervalMethod = "wald",
    design: Design | None = None,
) -> pd.DataFrame:
    """Return probabilities with standard errors and intervals, by row and, with several outcomes, by outcome."""
    event, label = record.has_event, ""
    asked = [record.family.n_outcomes - 1] if event else None
    found = predictions(record, rows.matrix, rows.offset, level, rows.sides, rows.levels, asked)
    if method != "wald":
        from logitkit.inference.intervals.probabilities import probability_limits

        made = probability_limits(record, design, rows.matrix, rows.offset, method, level, asked)
        found, label = replace(found, low=made.low, high=made.high), made.label
    if event:
        frame = predictions_frame(found, rows.kept, rows.index)
        frame.columns.name = label or None
        return tidy.posterior_named(frame, record)
    columns = {"estimate": found.probability, "std_error": found.std_error, "conf_low": found.low}
    columns["conf_high"] = found.high
    labels = pd.RangeIndex(rows.kept.size) if rows.index is None else pd.Index(rows.index)
    index = pd.MultiIndex.from_product([labels, record.outcomes], names=[labels.name or "row", "outcome"])
    frame = ResultFrame({name: _by_row(values, rows).reshape(-1) for name, values in columns.items()}, index)
    frame.columns.name = label or None
    return tidy.posterior_named(frame, record)


def prediction_values(record: FitRecord, rows: NewRows, scale: Scale) -> tuple[FloatArray, pd.Index]:
    """Return predictions of the rows that are kept, one row per outcome or linear predictor, and their labels."""
    family = record.family
    outcomes = name_index(record.outcomes).rename(record.info.response.name)
    if scale == "probability":
        found = fitted_matrix(record, rows.matrix, rows.offset, rows.sides, rows.levels)
        if record.has_event and len(found.eta) == 1:  # the other outcome's is not asked for
            return family.mean(found.eta), outcomes[-1:]
        return found.probabilities, outcomes
    if family.words.ordered:
        eta = linear_predictors(record, rows.matrix, rows.offset, rows.sides, rows.levels)
        if scale == "logit":
            return family.log_odds(eta), outcomes
        with np.errstate(invalid="ignore"):
            own = np.diff(eta, axis=0) if family.compares_predictors else eta
        return own, pd.Index(record.predictors.parts[0].labels, name=family.words.equation)
    if scale == "link" or family.compares_predictors:
        eta = reported_predictors(record, rows.matrix, rows.offset, rows.sides, rows.levels)
        shown = outcomes if family.compares_predictors else pd.Index(record.modelled)
        return eta, shown
    return family.log_odds(linear_predictors(record, rows.matrix, rows.offset, rows.sides, rows.levels)), outcomes


def _by_row(values: FloatArray, rows: NewRows) -> Any:
    """Return one row per row of the table, missing where it was not kept."""
    out = np.full((rows.kept.size, len(values)), np.nan)
    out[rows.kept] = values.T
    return out
