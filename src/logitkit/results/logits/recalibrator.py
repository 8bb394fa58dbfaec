"""Recalibrators, changes of scores and closed tests, with tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from logitkit.logits.recalibration.closed_test import ClosedTest
from logitkit.logits.recalibration.recalibrator import Recalibrator
from logitkit.logits.recalibration.score_change import ScoreChange
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import shown
from logitkit.typing import FloatArray

__all__ = ["ClosedTestResult", "ScoreChangeResult", "ShownRecalibrator"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class ScoreChangeResult(ScoreChange):
    """Scores before and after recalibration, with their table."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per score.

        Returns
        -------
        pandas.DataFrame
            Columns score, before, after, change, std_error, conf_low, conf_high.
        """
        names = ("before", "after", "change", "std_error")
        columns = {"score": list(self.names)} | {name: getattr(self, name) for name in names}
        return ResultFrame({**columns, "conf_low": self.low, "conf_high": self.high})


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class ClosedTestResult(ClosedTest):
    """A closed test of updates, with its table."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per update, the most extensive last.

        Returns
        -------
        pandas.DataFrame
            Columns update, loglik, statistic, dof, p_value, chosen. The tests are against the last update, whose row
            has no test.
        """
        return ResultFrame(
            {
                "update": list(self.updates),
                "loglik": self.loglik,
                "statistic": np.append(self.statistic, np.nan),
                "dof": np.append(self.dof.astype(np.float64), np.nan),
                "p_value": np.append(self.p_value, np.nan),
                "chosen": [name == self.chosen for name in self.updates],
            }
        )


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class ShownRecalibrator(Recalibrator):
    """A transformation of logits, learnt from outcomes, with a table of its parameters."""

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per parameter.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Columns parameter, estimate, std_error, conf_low, conf_high. For ``'temperature'``, the last row is the
            temperature itself.
        """
        low, high = self.interval(level).T
        columns: dict[str, Any] = {
            "parameter": list(self.names),
            "estimate": self.estimate,
            "std_error": self.std_error,
            "conf_low": low,
            "conf_high": high,
        }
        frame = pd.DataFrame(columns)
        if self.method == "temperature":
            own = (self.temperature, self.temperature * self.std_error[0] / self.estimate[0])
            frame.loc[1] = ["temperature", *own, *self.temperature_interval(level)]
        return ResultFrame(frame)

    def profile_interval(self, logits: Any, y: Any, weights: Any = None, level: float = 0.95) -> FloatArray:
        """Return profile-likelihood intervals of the parameters, from the rows from which they were learnt.

        Parameters
        ----------
        logits, y, weights : array-like
            The rows from which the transformation was learnt.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        (q, 2) array
            Lower and upper limits. For ``'temperature'`` the parameter is 1 / temperature.

        Raises
        ------
        DataError
            If the rows are not the same.
        UnsupportedError
            If the method has no parameters or bounded ones, or if its standard errors are from a sandwich.
        """
        from logitkit.logits.recalibration.profiled import parameter_limits

        return parameter_limits(self, logits, y, weights, level)

    def scores(self, logits: Any, y: Any, weights: Any = None, level: float = 0.95) -> ScoreChangeResult:
        """Return proper scores before and after recalibration, on rows from which it was not learnt."""
        found = super().scores(logits, y, weights, level)
        return shown(ScoreChangeResult(**vars(found)))
