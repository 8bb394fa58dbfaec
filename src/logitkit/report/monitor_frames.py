"""Tables of a monitor as data frames."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd

from logitkit.scorecard.monitoring.limits import Alarm
from logitkit.scorecard.monitoring.monitor import Cohort, Monitor

__all__ = ["alarms_frame", "cohorts_frame", "monitor_frame", "points_frame", "variables_frame"]


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
