"""Tables of monitoring as data frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from logitkit.scorecard.monitoring.card_stability import CardDrift
from logitkit.scorecard.monitoring.index import StabilityIndex

__all__ = ["change_frame", "drift_bins_frame", "drift_frame", "index_frame"]


def index_frame(found: StabilityIndex) -> pd.DataFrame:
    """Return one row per bin that has rows in one of the samples."""
    used = (found.base > 0) | (found.recent > 0)
    columns = {
        "base": found.base,
        "recent": found.recent,
        "base_share": found.base / found.base.sum(),
        "recent_share": found.recent / found.recent.sum(),
        "psi": found.parts,
        "corrected": found.corrected,
    }
    frame = pd.DataFrame(columns, index=pd.Index(found.labels, name="label"))
    return frame[used]


def drift_frame(drift: CardDrift) -> pd.DataFrame:
    """Return one row for the score and one per variable of a card."""
    change = drift.change
    columns = {
        name: [getattr(found, name) for found in (drift.score, *drift.variables)]
        for name in ("value", "low", "high", "by_chance", "statistic", "dof", "p_value", "change")
    }
    frame = pd.DataFrame(columns, index=pd.Index(["Score", *change.names], name="variable"))
    frame = frame.rename(columns={"value": "psi", "low": "psi_low", "high": "psi_high"})
    frame["points_base"] = [change.mean_base, *change.base]
    frame["points_recent"] = [change.mean_recent, *change.recent]
    frame["points_change"] = frame["points_recent"] - frame["points_base"]
    frame["points_std_error"] = [change.mean_std_error, *change.std_error]
    return frame


def drift_bins_frame(drift: CardDrift) -> pd.DataFrame:
    """Return one row per bin of every variable."""
    frames = []
    for found, parts in zip(drift.variables, drift.change.parts, strict=True):
        used = (found.base > 0) | (found.recent > 0)
        own = index_frame(found).reset_index()
        own.insert(0, "variable", found.name)
        own["points_change"] = parts[np.flatnonzero(used)]
        frames.append(own)
    return pd.concat(frames, ignore_index=True)


def change_frame(drift: CardDrift) -> pd.DataFrame:
    """Return how many points each variable moved the mean score, the largest first."""
    change = drift.change
    columns = {"base": change.base, "recent": change.recent, "change": change.difference, "std_error": change.std_error}
    frame = pd.DataFrame(columns, index=pd.Index(change.names, name="variable"))
    return frame.iloc[np.argsort(-np.abs(change.difference), kind="stable")]
