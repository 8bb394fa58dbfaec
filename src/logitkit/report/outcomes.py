"""Results of models of several outcomes as data frames."""

from __future__ import annotations

import pandas as pd

from logitkit.inference.risk_ratios import RiskRatios
from logitkit.inference.wald import coefficient_estimates
from logitkit.outcome_record import MultinomialRecord
from logitkit.report.tidy import posterior_named, tidy_frame
from logitkit.typing import FloatArray

__all__ = ["by_outcome", "interval_frame", "risk_ratio_frame", "tidy_outcomes"]


def by_outcome(record: MultinomialRecord, values: FloatArray) -> pd.DataFrame:
    """Return flat values as a table, a row a term and a column an outcome.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    values : (m p,) array
        One a coefficient.

    Returns
    -------
    pandas.DataFrame
        p rows and m columns.
    """
    table = values.reshape(len(record.modelled), -1).T
    return pd.DataFrame(
        table.copy(), pd.Index(record.info.names, name="term"), pd.Index(record.modelled, name="outcome")
    )


def tidy_outcomes(record: MultinomialRecord, level: float | None = None) -> pd.DataFrame:
    """Return a row a coefficient, with outcome and term.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    level : float, optional
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        All terms of the first outcome, then those of the next.
    """
    frame = tidy_frame(record, level)
    frame.insert(0, "outcome", [outcome for outcome in record.modelled for _ in record.info.names])
    frame["term"] = list(record.info.names) * len(record.modelled)
    return frame


def interval_frame(record: MultinomialRecord, level: float | None = None) -> pd.DataFrame:
    """Return Wald intervals, indexed by outcome and term.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.
    level : float, optional
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        conf_low, conf_high.
    """
    found = coefficient_estimates(record, level)
    index = pd.MultiIndex.from_product([record.modelled, record.info.names], names=["outcome", "term"])
    return posterior_named(pd.DataFrame({"conf_low": found.low, "conf_high": found.high}, index), record)


def risk_ratio_frame(result: RiskRatios, record: MultinomialRecord) -> pd.DataFrame:
    """Return a row a ratio.

    Parameters
    ----------
    result : RiskRatios
        From ``risk_ratios``.
    record : MultinomialRecord
        The fit that they are of.

    Returns
    -------
    pandas.DataFrame
        against, unit, risk_ratio, std_error, conf_low, conf_high, p_value, indexed by outcome and term.
    """
    frame = pd.DataFrame(
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
    return posterior_named(frame, record)
