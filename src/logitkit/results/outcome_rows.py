"""Which rows a verb of a model of several outcomes works on, and predictions of them as labelled frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.design.ready import as_matrix, missing_rows
from logitkit.design.rebuild import NewRows, again_by_outcome, new_rows
from logitkit.design.table.checks import require_finite
from logitkit.design.table.frame import Table, numeric_values, row_values
from logitkit.errors import DataError, DataWarning, nearest_name, warn_caller
from logitkit.inference.estimable import not_estimable, require_estimable
from logitkit.inference.prediction import fitted_matrix, predictions, reported_predictors
from logitkit.options import require_choice
from logitkit.report import tidy
from logitkit.report.frames import ResultFrame
from logitkit.results.rows import new_design, require_finite_rows
from logitkit.typing import UnseenPolicy

if TYPE_CHECKING:
    from logitkit.results.multinomial import MultinomialFit
    from logitkit.results.multinomial_diagnosed import OutcomeDiagnosed

__all__ = ["coded_outcome_rows", "outcome_rows", "predict_outcomes", "predictions_of_outcomes"]


def outcome_rows(fit: OutcomeDiagnosed, data: Any, weights: Any = None, offset: Any = None, y: Any = None) -> Design:
    """Return the rows of the fit, or those of a table or a matrix with an outcome."""
    if data is not None:
        design = new_design(fit.record.info, data, weights, offset, y)
        require_finite_rows(design.matrix, design.info, design.positions)
        if fit.record.coordinates.vanishing is not None:
            used = np.flatnonzero(design.response.weights > 0.0)
            require_estimable(fit.record, design.matrix.take(used), design.positions[used], None)
        return design
    if weights is not None or offset is not None or y is not None:
        raise DataError("weights, offset or y were given without data; the rows of the fit have their own.")
    if fit.design is None:
        raise DataError("A loaded model holds no rows: pass data=..., with the outcome.")
    return fit.design


def rows_to_predict(fit: MultinomialFit, data: Any, offset: Any, unseen: UnseenPolicy) -> NewRows:
    """Return rows to predict for: the fit's own, a table's, or a matrix's."""
    rows = coded_outcome_rows(fit.record.info, fit.design, data, offset, unseen)
    if data is None:
        design = outcome_rows(fit, None)
        return rows if (design.response.weights > 0.0).all() else _answered(fit, rows)
    if fit.record.coordinates.vanishing is None:
        return rows
    if unseen == "raise":
        remedy = ", or use unseen='missing' to get missing predictions there"
        require_estimable(fit.record, rows.matrix, np.flatnonzero(rows.kept), None, remedy)
        return rows
    return _answered(fit, rows)


def coded_outcome_rows(
    info: DesignInfo, design: Design | None, data: Any, offset: Any, unseen: UnseenPolicy
) -> NewRows:
    """Return rows to predict for, coded as those of a fit: its own, a table's, or a matrix's."""
    require_choice("unseen", unseen, get_args(UnseenPolicy))
    if data is None:
        if offset is not None:
            raise DataError("offset was given without data; the rows of the fit have their own.")
        if design is None:
            raise DataError("A loaded model holds no rows: pass data=....")
        index = pd.RangeIndex(design.counts.given) if design.index is None else design.index
        kept = np.zeros(design.counts.given, dtype=bool)
        kept[design.positions] = True
        return NewRows(design.matrix, design.response.offset, kept, 0, index)
    rows = (
        new_rows(info, data, offset=offset, unseen=unseen) if info.coding is not None else _matrix(info, data, offset)
    )
    if not np.isfinite(rows.matrix.matvec(np.ones(rows.matrix.n_columns)).sum()):
        require_finite(rows.matrix, info.names, np.flatnonzero(rows.kept))
    return rows


def _answered(fit: MultinomialFit, rows: NewRows) -> NewRows:
    """Return the rows that the fit has an answer for."""
    open_rows = not_estimable(fit.record, rows.matrix, None)
    if not open_rows.any():
        return rows
    return rows.take(np.flatnonzero(~open_rows))


def _matrix(info: DesignInfo, X: Any, offset: Any) -> NewRows:
    matrix, _, index = as_matrix(X, info.names)
    kept = ~missing_rows(matrix)
    given = again_by_outcome(offset, info.response)
    table = Table(None, (), matrix.n_rows, index)
    offsets = None
    if given:
        levels = info.response.levels
        offsets = np.zeros((len(levels), matrix.n_rows))
        for outcome, value in given.items():
            place = int(outcome.removeprefix("<array>")) if outcome.startswith("<array>") else -1
            if not 0 <= place < len(levels):
                if outcome not in levels:
                    raise DataError(f"offset names {outcome!r}, no outcome. {nearest_name(outcome, levels)}")
                place = levels.index(outcome)
            offsets[place] = numeric_values(row_values(value, table, "offset")[0], "offset")
        kept &= ~np.isnan(offsets).any(axis=0)
        offsets = offsets[:, kept]
    return NewRows(matrix if kept.all() else matrix.take(np.flatnonzero(kept)), offsets, kept, 0, index)


def predict_outcomes(fit: MultinomialFit, rows: NewRows, scale: str) -> pd.DataFrame:
    """Return predictions of rows, a column an outcome."""
    record = fit.record
    if scale == "probability":
        values = fitted_matrix(record, rows.matrix, rows.offset).probabilities
    else:
        values = reported_predictors(record, rows.matrix, rows.offset)
    undetermined = int(np.isnan(values).any(axis=0).sum())
    if undetermined:
        warn_caller(
            f"Rows with missing predictions: {undetermined}. The data of the fit were separated, and the limit there "
            "is undetermined.",
            DataWarning,
        )
    out = np.full((rows.kept.size, values.shape[0]), np.nan)
    out[rows.kept] = values.T
    return pd.DataFrame(out, rows.index, pd.Index(record.outcomes, name=record.info.response.name))


def predictions_of_outcomes(
    fit: MultinomialFit, data: Any, level: float | None, offset: Any, unseen: UnseenPolicy
) -> pd.DataFrame:
    """Return probabilities with standard errors and intervals, a row a row of the table and an outcome."""
    rows = rows_to_predict(fit, data, offset, unseen)
    found = predictions(fit.record, rows.matrix, rows.offset, level)
    columns = {}
    for name, values in (
        ("estimate", found.probability),
        ("std_error", found.std_error),
        ("conf_low", found.low),
        ("conf_high", found.high),
    ):
        out = np.full((rows.kept.size, values.shape[0]), np.nan)
        out[rows.kept] = values.T
        columns[name] = out.reshape(-1)
    labels = pd.RangeIndex(rows.kept.size) if rows.index is None else pd.Index(rows.index)
    index = pd.MultiIndex.from_product([labels, fit.record.outcomes], names=[labels.name or "row", "outcome"])
    return tidy.posterior_named(ResultFrame(columns, index), fit.record)
