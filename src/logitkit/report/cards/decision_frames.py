"""What a card and its cut-off decide, as data frames."""

from __future__ import annotations

import pandas as pd

from logitkit.scorecard.validation.fairness import Fairness
from logitkit.scorecard.validation.profit import Profit

__all__ = ["fairness_frame", "profit_frame"]

MEASURES = {
    "approval": "approval_rate",
    "impact": "impact_ratio",
    "good_approved": "goods_approved",
    "bad_approved": "bads_approved",
    "opportunity": "opportunity",
    "calibration": "calibration",
    "gini": "gini",
}


def fairness_frame(found: Fairness) -> pd.DataFrame:
    """Return one row per group: every measure with its limits."""
    rows = {}
    for one in found.groups:
        row: dict[str, float] = {"rows": one.n, "known": one.n_known, "bads": one.n_bad}
        for field, name in MEASURES.items():
            measure = getattr(one, field)
            row |= {name: measure.estimate, f"{name}_low": measure.low, f"{name}_high": measure.high}
        rows[one.name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")


def profit_frame(found: Profit) -> pd.DataFrame:
    """Return one row per cut-off, from the strictest on."""
    columns = {
        "approval_rate": found.approval,
        "bad_rate": found.bad_rate,
        "profit": found.profit,
        "profit_low": found.profit_low,
        "profit_high": found.profit_high,
        "expected_profit": found.expected_profit,
        "expected_loss": found.expected_loss,
    }
    return pd.DataFrame(columns, index=pd.Index(found.cuts, name="cut"))
