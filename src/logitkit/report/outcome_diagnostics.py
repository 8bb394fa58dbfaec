"""Diagnostics of models of several outcomes as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.outcome_record import MultinomialRecord
from logitkit.report.frames import ResultFrame
from logitkit.report.tidy import row_labels
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.diagnostics.classification import Classification
    from logitkit.diagnostics.outcome_influence import OutcomeInfluence

__all__ = ["confusion_frame", "influence_by_outcome_frame", "influence_by_row_frame", "residual_frame"]


def residual_frame(record: MultinomialRecord, values: FloatArray, design: Design) -> pd.DataFrame:
    """Return residuals, a row a row that is used and a column an outcome.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    values : (K, n) array
        Residuals.
    design : Design
        The rows.

    Returns
    -------
    pandas.DataFrame
        n rows and K columns.
    """
    columns = pd.Index(record.outcomes, name=record.info.response.name)
    return pd.DataFrame(values.T.copy(), row_labels(design), columns)


def influence_by_row_frame(result: OutcomeInfluence, design: Design) -> pd.DataFrame:
    """Return the influence of each row.

    Parameters
    ----------
    result : OutcomeInfluence
        What was found.
    design : Design
        The rows.

    Returns
    -------
    pandas.DataFrame
        leverage, cooks_distance, pearson, deviance, pearson_deleted.
    """
    names = ("leverage", "cooks_distance", "pearson", "deviance", "pearson_deleted")
    return ResultFrame({name: getattr(result, name) for name in names}, index=row_labels(design))


def influence_by_outcome_frame(result: OutcomeInfluence, design: Design) -> pd.DataFrame:
    """Return leverage and standardised residuals, a row a row that is used and an outcome.

    Parameters
    ----------
    result : OutcomeInfluence
        What was found.
    design : Design
        The rows.

    Returns
    -------
    pandas.DataFrame
        leverage, standardized_pearson, standardized_deviance, indexed by row and outcome.
    """
    labels = pd.Index(row_labels(design))
    index = pd.MultiIndex.from_product([labels, result.outcomes], names=[labels.name or "row", "outcome"])
    values = {
        "leverage": result.outcome_leverage,
        "standardized_pearson": result.standardized_pearson,
        "standardized_deviance": result.standardized_deviance,
    }
    return ResultFrame({name: value.T.reshape(-1) for name, value in values.items()}, index)


def confusion_frame(result: Classification) -> pd.DataFrame:
    """Return the confusion table.

    Parameters
    ----------
    result : Classification
        What was found.

    Returns
    -------
    pandas.DataFrame
        Weighted trials; a row an observed outcome, and a column a predicted one.
    """
    rows, columns = (pd.Index(result.outcomes, name=name) for name in ("observed", "predicted"))
    return pd.DataFrame(result.confusion.copy(), rows, columns)
