"""Diagnostics as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.report.frames import ResultFrame
from logitkit.report.row_frames import row_labels
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.diagnostics.collinearity import Collinearity
    from logitkit.diagnostics.influence import Influence

__all__ = [
    "collinearity_frame",
    "influence_by_outcome_frame",
    "influence_by_row_frame",
    "influence_frame",
    "residual_frame",
    "residual_series",
]


def residual_series(values: FloatArray, design: Design, kind: str) -> pd.Series:
    """Return residuals of an event, one per row that is used."""
    return pd.Series(values, row_labels(design), name=kind)


def residual_frame(record: FitRecord, values: FloatArray, design: Design) -> pd.DataFrame:
    """Return residuals, one row per row that is used and one column per outcome."""
    columns = pd.Index(record.outcomes, name=record.info.response.name)
    return pd.DataFrame(values.T.copy(), row_labels(design), columns)


def influence_frame(result: Influence, design: Design) -> pd.DataFrame:
    """Return the influence of each row on a model of an event, with standardised residuals."""
    names = ("leverage", "cooks_distance", "standardized_pearson", "standardized_deviance")
    return ResultFrame({name: getattr(result, name) for name in names}, index=row_labels(design))


def influence_by_row_frame(result: Influence, design: Design) -> pd.DataFrame:
    """Return the influence of each row on a model of several outcomes."""
    names = ("leverage", "cooks_distance", "pearson", "deviance", "pearson_deleted")
    return ResultFrame({name: getattr(result, name) for name in names}, index=row_labels(design))


def influence_by_outcome_frame(result: Influence, design: Design) -> pd.DataFrame:
    """Return leverage and standardised residuals, one row per row that is used and outcome."""
    labels = pd.Index(row_labels(design))
    index = pd.MultiIndex.from_product([labels, result.outcomes], names=[labels.name or "row", "outcome"])
    values = {
        "leverage": result.outcome_leverage,
        "standardized_pearson": result.standardized_pearson,
        "standardized_deviance": result.standardized_deviance,
    }
    return ResultFrame({name: value.T.reshape(-1) for name, value in values.items()}, index)


def collinearity_frame(result: Collinearity) -> pd.DataFrame:
    """Return one row per term: gvif, dof, and gvif ** (1 / (2 dof)), comparable across terms."""
    return ResultFrame(
        {"gvif": result.gvif, "dof": result.dof, "gvif_scaled": result.gvif_scaled},
        index=pd.Index(result.terms, name="term"),
    )
