"""Tables of a monitor as data frames."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd

from logitkit.report.number_format import format_level
from logitkit.scorecard.monitoring.index import LARGE
from logitkit.scorecard.monitoring.limits import Alarm, Limits
from logitkit.scorecard.monitoring.monitor import Cohort, Monitor

__all__ = [
    "alarms_frame",
    "cohorts_frame",
    "indices_frame",
    "limits_frame",
    "monitor_frame",
    "points_frame",
    "variables_frame",
]


def monitor_frame(found: Monitor) -> pd.DataFrame:
    """Return one row per period: applicants, index of the score, mean score."""
    scores = [drift.score for drift in found.drifts]
    changes = [drift.change for drift in found.drifts]
    columns = {
        "rows": [score.recent.sum() for score in scores],
        "no_score": [score.recent[-1] for score in scores],
        "psi": [score.value for score in scores],
        "psi_low": [score.low for score in scores],
        "psi_high": [score.high for score in scores],
        "by_chance": [score.by_chance for score in scores],
        "p_value": [score.p_value for score in scores],
        "change": [score.change for score in scores],
        "mean_score": [change.mean_recent for change in changes],
        "mean_change": [change.mean_recent - change.mean_base for change in changes],
        "mean_std_error": [change.mean_std_error for change in changes],
    }
    return pd.DataFrame(columns, index=pd.Index(found.periods, name="period"))


def variables_frame(found: Monitor) -> pd.DataFrame:
    """Return the index of every variable, one row per period."""
    values = [[index.value for index in drift.variables] for drift in found.drifts]
    return pd.DataFrame(values, index=pd.Index(found.periods, name="period"), columns=list(found.names))


def indices_frame(found: Monitor) -> pd.DataFrame:
    """Return one row per period and variable: its index with limits, by chance, and what it is called."""
    names = {"csi": "value", "csi_low": "low", "csi_high": "high"}
    names |= {name: name for name in ("by_chance", "p_value", "change")}
    index = pd.MultiIndex.from_product([found.periods, found.names], names=["period", "variable"])
    all_ = [one for drift in found.drifts for one in drift.variables]
    return pd.DataFrame({name: [getattr(one, own) for one in all_] for name, own in names.items()}, index=index)


def limits_frame(found: Monitor) -> pd.DataFrame:
    """Return the limit of each measure and its source, indexed by measure."""
    stated, by_default = found.limits, Limits()
    custom = f"customary, from {LARGE:.2f} on a large change"
    sources = {
        "psi": ("PSI of the score", custom),
        "csi": ("CSI of a variable", custom),
        "points": ("change of the mean score, points", "default"),
        "bad_rate": ("bad rate, multiple of that expected", "default: as the card expects"),
    }
    rows = []
    for name, (measure, source) in sources.items():
        value = getattr(stated, name)
        said = "no alarm, as stated" if value is None else source if value == getattr(by_default, name) else "as stated"
        rows.append((measure, np.nan if value is None else value, said))
    smallest = found.gini.limit_of(stated)
    if isinstance(stated.gini, str):
        own = found.gini
        said = (
            f"lower end of the {format_level(own.level)} interval at development (Gini {own.estimate:.3f})"
            if smallest is not None
            else "no alarm: the card keeps no interval of development"
        )
    else:
        said = "no alarm, as stated" if smallest is None else "as stated"
    rows.append(("Gini coefficient", np.nan if smallest is None else smallest, said))
    return pd.DataFrame(rows, columns=["measure", "limit", "source"]).set_index("measure")


def points_frame(found: Monitor) -> pd.DataFrame:
    """Return the points by which every variable moved the mean score, one row per period."""
    values = np.array([drift.change.difference for drift in found.drifts])
    return pd.DataFrame(values, index=pd.Index(found.periods, name="period"), columns=list(found.names))


def cohorts_frame(found: Monitor) -> pd.DataFrame:
    """Return what became of the applicants of each period whose outcomes are known."""
    columns = {field.name: [getattr(cohort, field.name) for cohort in found.cohorts] for field in fields(Cohort)}
    return pd.DataFrame(columns).set_index("period")


def alarms_frame(found: Monitor) -> pd.DataFrame:
    """Return the first alarm of every measure, in the order in which they were known."""
    columns = {field.name: [getattr(alarm, field.name) for alarm in found.alarms] for field in fields(Alarm)}
    return pd.DataFrame(columns)
