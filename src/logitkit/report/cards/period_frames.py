"""Tables over periods as data frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.scorecard.monitoring.bins_over_time import BinsByPeriod

__all__ = ["bin_periods_frame", "period_indices_frame"]

INDEX = {"psi": "value", "psi_low": "low", "psi_high": "high", "by_chance": "by_chance", "p_value": "p_value"}


def bin_periods_frame(found: BinsByPeriod) -> pd.DataFrame:
    """Return one row per period and bin that has rows."""
    share = found.rows / found.rows.sum(axis=1, keepdims=True)
    columns = {
        "rows": found.rows,
        "share": share,
        "known": found.known,
        "events": found.events,
        "event_rate": found.rate,
        "event_rate_low": found.rate_low,
        "event_rate_high": found.rate_high,
        "woe": found.woe,
    }
    index = pd.MultiIndex.from_product([found.periods, found.labels], names=["period", "label"])
    frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)
    return frame[frame["rows"] > 0]


def period_indices_frame(found: BinsByPeriod) -> pd.DataFrame:
    """Return one row per period: the index of its rows, its information value and turned bins."""
    columns = {
        name: [np.nan if index is None else getattr(index, own) for index in found.indices]
        for name, own in INDEX.items()
    }
    frame = pd.DataFrame({"rows": found.rows.sum(axis=1), **columns}, index=pd.Index(found.periods, name="period"))
    frame["change"] = [None if index is None else index.change for index in found.indices]
    if found.has_outcomes:
        frame["event_rate"] = found.events.sum(axis=1) / np.where(
            found.known.any(axis=1), found.known.sum(axis=1), np.nan
        )
        frame["iv"] = found.information
        frame["reversals"] = found.reversals
    return frame
