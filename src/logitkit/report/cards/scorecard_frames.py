"""Tables of scorecards as data frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from logitkit.scorecard.bin_table import BinTable
from logitkit.scorecard.card import Card, Scores, with_scaling
from logitkit.scorecard.point_errors import PointErrors
from logitkit.scorecard.reasons import Reasons, WhatIf

__all__ = ["bin_frame", "card_frame", "reasons_frame", "scores_frame", "what_if_frame"]


def bin_frame(table: BinTable) -> pd.DataFrame:
    """Return one row per bin, numbered from 1."""
    columns = {
        "label": list(table.labels),
        "rows": table.rows,
        "share": table.rows / table.rows.sum(),
        "events": table.events,
        "event_rate": table.rate,
        "event_rate_low": table.rate_low,
        "event_rate_high": table.rate_high,
        "woe": table.woe,
        "woe_low": table.woe_low,
        "woe_high": table.woe_high,
        "iv": table.information,
    }
    return pd.DataFrame(columns, index=pd.Index(np.arange(1, table.rows.size + 1), name="bin"))


def card_frame(card: Card, errors: PointErrors | None = None, quantile: float = np.nan) -> pd.DataFrame:
    """Return one row per bin of a card, below its base points, with intervals of the points where errors are given."""
    rows: list[tuple[str, str, float, float, float]] = [("", "Base points", np.nan, np.nan, card.base_points)]
    for variable in card.variables:
        binning = variable.binning
        rows += [
            (binning.name, label, woe, variable.coef, points)
            for label, woe, points in zip(binning.rule.labels(), binning.woe, variable.points[:-1], strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["variable", "label", "woe", "coef", "points"])
    if errors is not None:
        exact = with_scaling(card, replace(card.scaling, rounded=False))
        middle = np.concatenate([[exact.base_points], *(variable.points[:-1] for variable in exact.variables)])
        reach = quantile * np.concatenate([[errors.base], *errors.points])
        frame["points_low"], frame["points_high"] = middle - reach, middle + reach
    return frame


def scores_frame(scores: Scores, index: pd.Index | None) -> pd.DataFrame:
    """Return one row per applicant."""
    columns = {"points": scores.points, "log_odds": scores.log_odds, "probability": scores.probability}
    return pd.DataFrame(columns, index=index)


def reasons_frame(card: Card, found: Reasons, index: pd.Index | None) -> pd.DataFrame:
    """Return one row per applicant, a pair of columns per reason."""
    names = np.array([*card.names, None], dtype=object)  # -1, no reason, is the last
    columns: dict[str, Any] = {}
    for m in range(found.variables.shape[1]):
        columns[f"reason_{m + 1}"] = names[found.variables[:, m]]
        columns[f"points_{m + 1}"] = found.points[:, m]
    return pd.DataFrame(columns, index=index)


def what_if_frame(found: WhatIf) -> pd.DataFrame:
    """Return one row per bin of every variable."""
    columns = {
        "variable": found.variables,
        "label": found.labels,
        "own": found.own,
        "gain": found.gain,
        "points": found.points,
        "probability": found.probability,
    }
    return pd.DataFrame(columns)
