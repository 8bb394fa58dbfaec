"""Diagnostics as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.report.frames.rows import row_labels
from logitkit.report.frames.shown import ResultFrame
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.diagnostics.collinearity import Collinearity
    from logitkit.diagnostics.condition_indices import ConditionIndices
    from logitkit.diagnostics.residuals.any_kind import Residuals
    from logitkit.diagnostics.residuals.influence import Influence
    from logitkit.diagnostics.residuals.simulated import SimulatedResiduals

__all__ = [
    "collinearity_frame",
    "condition_frame",
    "dfbetas_frame",
    "influence_by_outcome_frame",
    "influence_frame",
    "residuals_frame",
    "simulated_frame",
]


def residuals_frame(record: FitRecord, found: Residuals, design: Design, kind: str) -> pd.Series | pd.DataFrame:
    """Return residuals, one row per row that is used: a column per outcome, coefficient or term, or one in all."""
    if found.columns is None:
        return pd.Series(found.values, row_labels(design), name=kind)
    name = record.info.response.name if found.columns == record.outcomes else None
    columns = pd.Index(found.columns, name=name, tupleize_cols=False)
    return pd.DataFrame(found.values, row_labels(design), columns)


def influence_frame(result: Influence, design: Design) -> pd.DataFrame:
    """Return the influence of each row on the fit, of an event with its standardised residuals."""
    names: tuple[str, ...] = ("leverage", "cooks_distance")
    if result.standardized_deviance.ndim == 1:
        names += ("standardized_pearson", "standardized_deviance")
    else:
        names += ("pearson", "deviance")
    names += ("c", "cbar", "pearson_deleted", "deviance_deleted")
    return ResultFrame({name: getattr(result, name) for name in names}, index=row_labels(design))


def dfbetas_frame(record: FitRecord, values: FloatArray, design: Design) -> pd.DataFrame:
    """Return how each coefficient changes without each row, one row per row that is used."""
    return ResultFrame(
        values, index=row_labels(design), columns=pd.Index(record.names, tupleize_cols=False), copy=False
    )


def simulated_frame(result: SimulatedResiduals) -> pd.DataFrame:
    """Return one row per group of rows: its size, what was observed and expected, and its scaled residual."""
    names = ("size", "observed", "expected", "predicted")
    columns = {name: getattr(result, name) for name in names} | {"residual": result.residuals}
    return ResultFrame(columns, index=pd.RangeIndex(result.residuals.size, name="group"))


def influence_by_outcome_frame(result: Influence, design: Design) -> pd.DataFrame:
    """Return leverage and standardised residuals, one row per row that is used and outcome.

    Of two outcomes the residuals of the one are those of the event with the other sign.
    """
    labels = pd.Index(row_labels(design))
    index = pd.MultiIndex.from_product([labels, result.outcomes], names=[labels.name or "row", "outcome"])
    names = ("standardized_pearson", "standardized_deviance")
    values = {"leverage": result.outcome_leverage} | {name: getattr(result, name) for name in names}
    if result.outcome_leverage.ndim == 1:
        values = {name: np.stack([-value if name in names else value, value]) for name, value in values.items()}
    return ResultFrame({name: value.T.reshape(-1) for name, value in values.items()}, index)


def collinearity_frame(result: Collinearity) -> pd.DataFrame:
    """Return one row per term: gvif, dof, and gvif ** (1 / (2 dof)), comparable across terms."""
    return ResultFrame(
        {"gvif": result.gvif, "dof": result.dof, "gvif_scaled": result.gvif_scaled},
        index=pd.Index(result.terms, name="term"),
    )


def condition_frame(result: ConditionIndices) -> pd.DataFrame:
    """Return one row per condition index: the eigenvalue, the index, and the proportions of variances."""
    columns = {"eigenvalue": result.eigenvalues, "condition_index": result.indices}
    columns |= dict(zip(result.names, result.proportions.T, strict=True))
    return ResultFrame(columns, index=pd.RangeIndex(1, result.indices.size + 1, name="number"))
