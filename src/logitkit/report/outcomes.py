"""Results of models of several outcomes as data frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.inference.conditioning import conditioning
from logitkit.inference.prediction import fitted_matrix
from logitkit.inference.risk_ratios import RiskRatios
from logitkit.report.frames import ResultFrame
from logitkit.report.tidy import likelihood_row, posterior_named, ratio_named, row_labels, tidy_frame
from logitkit.typing import FloatArray

__all__ = [
    "augment_outcomes",
    "by_outcome",
    "glance_outcomes",
    "labelled",
    "risk_ratio_frame",
    "tidy_outcomes",
]


def by_outcome(record: FitRecord, values: FloatArray) -> pd.DataFrame:
    """Return flat values as a table, a row a term and a column an outcome."""
    table = values.reshape(len(record.modelled), -1).T
    return pd.DataFrame(
        table.copy(), pd.Index(record.info.names, name="term"), pd.Index(record.modelled, name="outcome")
    )


def tidy_outcomes(record: FitRecord, level: float | None = None) -> pd.DataFrame:
    """Return a row a coefficient, with outcome and term."""
    frame = tidy_frame(record, level)
    frame.insert(0, "outcome", [outcome for outcome in record.modelled for _ in record.info.names])
    frame["term"] = list(record.info.names) * len(record.modelled)
    return frame


def labelled(frame: pd.DataFrame, record: FitRecord) -> pd.DataFrame:
    """Return a table with a row a coefficient, indexed by outcome and term."""
    frame.index = pd.MultiIndex.from_product([record.modelled, record.info.names], names=["outcome", "term"])
    return frame


def risk_ratio_frame(result: RiskRatios, record: FitRecord) -> pd.DataFrame:
    """Return a row a ratio."""
    frame = ResultFrame(
        {
            "against": result.against,
            "unit": result.units,
            "risk_ratio": result.estimate,
            "std_error": result.std_error,
            "conf_low": result.low,
            "conf_high": result.high,
            "p_value": result.p_value,
        },
        pd.MultiIndex.from_arrays([result.outcomes, result.terms], names=["outcome", "term"]),
    )
    return posterior_named(ratio_named(frame), record)


def glance_outcomes(record: FitRecord) -> pd.DataFrame:
    """Return one row with the statistics of the whole fit; missing where the likelihood is withheld."""
    row = {"n_obs": record.n_obs, "n_params": record.n_params, "dof_residual": record.dof_residual}
    row |= {"n_outcomes": record.family.n_outcomes} | likelihood_row(record)
    state = {"converged": record.converged, "status": record.status.value}
    return ResultFrame([row | state | {"condition_number": conditioning(record).number}])


def augment_outcomes(record: FitRecord, design: Design) -> pd.DataFrame:
    """Return a row an observation: outcome, the likeliest outcome, probabilities and what is left of each outcome."""
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
