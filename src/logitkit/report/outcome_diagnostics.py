"""Diagnostics of models of several outcomes as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.report.frames import ResultFrame
from logitkit.report.tidy import row_labels
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.diagnostics.classification import Classification
    from logitkit.diagnostics.outcome_influence import OutcomeInfluence

__all__ = ["confusion_frame", "influence_by_outcome_frame", "influence_by_row_frame", "residual_frame"]


def residual_frame(record: FitRecord, values: FloatArray, design: Design) -> pd.DataFrame:
    """Return residuals, a row a row that is used and a column an outcome."""
    columns = pd.Index(record.outcomes, name=record.info.response.name)
    return pd.DataFrame(values.T.copy(), row_labels(design), columns)


def influence_by_row_frame(result: OutcomeInfluence, design: Design) -> pd.DataFrame:
    """Return the influence of each row."""
    names = ("leverage", "cooks_distance", "pearson", "deviance", "pearson_deleted")
    return ResultFrame({name: getattr(result, name) for name in names}, index=row_labels(design))


def influence_by_outcome_frame(result: OutcomeInfluence, design: Design) -> pd.DataFrame:
    """Return leverage and standardised residuals, a row a row that is used and an outcome."""
    labels = pd.Index(row_labels(design))
    index = pd.MultiIndex.from_product([labels, result.outcomes], names=[labels.name or "row", "outcome"])
    values = {
        "leverage": result.outcome_leverage,
        "standardized_pearson": result.standardized_pearson,
        "standardized_deviance": result.standardized_deviance,
    }
    return ResultFrame({name: value.T.reshape(-1) for name, value in values.items()}, index)


def confusion_frame(result: Classification) -> pd.DataFrame:
    """Return the confusion table."""
    rows, columns = (pd.Index(result.outcomes, name=name) for name in ("observed", "predicted"))
    return pd.DataFrame(result.confusion.copy(), rows, columns)
