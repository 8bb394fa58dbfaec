"""Which rows a verb works on: those of the fit, those of a table, or those of a matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.ready import as_matrix, missing_rows
from logitkit.design.rebuild import NewRows, new_rows, rebuild_design, rebuild_ready
from logitkit.design.table.checks import require_finite
from logitkit.design.table.frame import Table, numeric_values, read_table, row_values
from logitkit.diagnostics.left_out import rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, DataWarning, warn_caller
from logitkit.inference.estimable import not_estimable, require_estimable
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.prediction import predictions
from logitkit.inference.sample import is_sample, known_sides
from logitkit.options import require_choice
from logitkit.report import tidy
from logitkit.report.left_out import left_out_words
from logitkit.report.row_frames import predictions_frame, scatter
from logitkit.results.model import Model
from logitkit.typing import BoolArray, IntArray, UnseenPolicy

__all__ = [
    "coded_rows",
    "new_design",
    "predict_rows",
    "predictions_of",
    "require_finite_rows",
    "rows_of",
    "rows_of_design",
    "rows_to_predict",
    "told_rows",
]


def rows_of(fit: Model, data: Any, weights: Any = None, offset: Any = None, y: Any = None) -> Design:
    """Return the rows of the fit, or those of a table or a matrix with an outcome."""
    if data is not None:
        design = new_design(fit.record.info, data, weights, offset, y)
        require_finite_rows(design.matrix, design.info, design.positions)
        levels = _levels(fit.record, data, design.positions)
        if levels is not None:
            design = _own_or_all(fit.record, replace(design, level_codes=levels))
            levels = design.level_codes
        if fit.record.coordinates.vanishing is not None:
            used = np.flatnonzero(design.response.weights > 0.0)
            own = None if levels is None else levels[used]
            require_estimable(fit.record, design.matrix.take(used), design.positions[used], own)
        return design
    if weights is not None or offset is not None or y is not None:
        raise DataError("weights, offset or y were given without data; the rows of the fit have their own.")
    if fit.design is None:
        raise DataError("A loaded model holds no rows: pass data=..., with the outcome.")
    return fit.design


def told_rows(design: Design, data: Any) -> Design:
    """Return rows of a table that a frame is made of, and warn where it has fewer rows than the table."""
    said = () if data is None else left_out_words(replace(rows_left_out(design), weightless=0))
    for text in said:
        warn_caller(text, DataWarning)
    return design


def _own_or_all(record: FitRecord, design: Design) -> Design:
    """Return the rows of the fit where the others are those of its levels with one outcome, else all rows.

    The same table then gives what the fit gives on its own rows.
    """
    offset = design.response.shift
    assert offset is not None
    part = np.flatnonzero(~np.isinf(offset))
    if part.size in (design.n_rows, 0):
        return design
    codes = None if design.level_codes is None else design.level_codes[part]
    own = replace(
        design,
        matrix=design.matrix.take(part),
        response=design.response.take(part),
        positions=design.positions[part],
        level_codes=codes,
    )
    return own if is_sample(record, own) else design


def require_finite_rows(matrix: Matrix, info: DesignInfo, positions: IntArray) -> None:
    """Refuse rows with a value that is not finite, which one sum of all tells at once."""
    if not np.isfinite(matrix.matvec(np.ones(matrix.n_columns)).sum()):
        require_finite(matrix, info.names, positions)


def new_design(info: DesignInfo, data: Any, weights: Any, offset: Any, y: Any) -> Design:
    """Return new rows with their outcome, as the fit was given them: by a table, or by a matrix and y."""
    if info.coding is None:
        if y is None:
            raise DataError(
                "The model was fitted on a ready matrix: pass y=... as well, the outcome of the rows of data."
            )
        return rebuild_ready(info, data, y, weights=weights, offset=offset)
    if y is not None:
        raise DataError(f"y was given, but the formula names the outcome, {info.response.name}: data must hold it.")
    return rebuild_design(info, data, weights=weights, offset=offset)


def rows_to_predict(fit: Model, data: Any, offset: Any, unseen: UnseenPolicy) -> NewRows:
    """Return rows to predict for: the fit's own, a table's, or a matrix's."""
    require_choice("unseen", unseen, get_args(UnseenPolicy))
    info = fit.record.info
    if data is None:
        if offset is not None:
            raise DataError("offset was given without data; the rows of the fit have their own.")
        design = rows_of(fit, None)
        own = replace(rows_of_design(design), sides=known_sides(fit.record, design))
        # A row of weight zero took no part.
        return own if (design.response.weights > 0.0).all() else _answered(fit.record, own, design.level_codes)
    rows = coded_rows(info, data, offset, unseen)
    if fit.record.coordinates.vanishing is None:
        return rows
    levels = rows.levels
    if unseen == "raise":
        remedy = ", or use unseen='missing' to get missing predictions there"
        require_estimable(fit.record, rows.matrix, np.flatnonzero(rows.kept), levels, remedy)
        return rows
    return _answered(fit.record, rows, levels)


def rows_of_design(design: Design) -> NewRows:
    """Return the rows of a design as rows to predict for."""
    index = pd.RangeIndex(design.counts.given) if design.index is None else design.index
    kept = np.zeros(design.counts.given, dtype=bool)
    kept[design.positions] = True
    return NewRows(design.matrix, design.response.offset, kept, 0, index, levels=design.level_codes)


def coded_rows(info: DesignInfo, data: Any, offset: Any, unseen: UnseenPolicy) -> NewRows:
    """Return rows of a table or a matrix, coded as those of a fit."""
    if info.coding is not None:
        rows = new_rows(info, data, offset=offset, unseen=unseen)
    else:
        rows = _matrix_rows(info, data, offset)
    require_finite_rows(rows.matrix, info, np.flatnonzero(rows.kept))
    return rows


def _answered(record: FitRecord, rows: NewRows, levels: IntArray | None) -> NewRows:
    """Return the rows that the fit has an answer for."""
    open_rows = not_estimable(record, rows.matrix, levels)
    if not open_rows.any():
        return rows
    return rows.take(np.flatnonzero(~open_rows))


def predictions_of(fit: Model, data: Any, level: float | None, offset: Any, unseen: UnseenPolicy) -> pd.DataFrame:
    """Return probabilities with standard errors and intervals."""
    rows = rows_to_predict(fit, data, offset, unseen)
    found = predictions(fit.record, rows.matrix, rows.offset, level, rows.sides, rows.levels, [1])
    return tidy.posterior_named(predictions_frame(found, rows.kept, rows.index), fit.record)


def _levels(record: FitRecord, data: Any, positions: IntArray) -> IntArray | None:
    """Return the level of some rows of a table, of the factor that is absorbed, or None where none is."""
    absorbed = record.info.absorbed
    return None if absorbed is None else absorbed.codes(read_table(data).column(absorbed.name).iloc[positions])


def _matrix_rows(info: DesignInfo, X: Any, offset: Any) -> NewRows:
    matrix, _, index = as_matrix(X, info.names)
    if (offset is not None) != (info.response.offset is not None):
        raise DataError(
            "The model was fitted with an offset, which new rows need too: pass offset=..., one value a row."
            if offset is None
            else "offset was given, but the model was fitted without one."
        )
    kept: BoolArray = ~missing_rows(matrix)
    shift = None
    if offset is not None:
        table = Table(None, (), matrix.n_rows, index)
        shift = numeric_values(row_values(offset, table, "offset")[0], "offset")
        kept &= ~np.isnan(shift)
        shift = shift[None, kept]
    return NewRows(matrix if kept.all() else matrix.take(np.flatnonzero(kept)), shift, kept, 0, index)


def predict_rows(record: FitRecord, rows: NewRows, scale: str) -> pd.Series:
    """Return predictions of rows, missing where the rows were not kept or the limit is undetermined."""
    eta = linear_predictors(record, rows.matrix, rows.offset, rows.sides, rows.levels)[0]
    undetermined = int(np.isnan(eta).sum())
    if undetermined:
        warn_caller(
            f"Missing predictions: {undetermined}. The data of the fit were separated, and the limit there is "
            "undetermined.",
            DataWarning,
        )
    values = record.family.mean(eta) if scale == "probability" else eta
    return pd.Series(scatter(values, rows.kept), rows.index, name=scale)
