"""Pools of models, with a table and a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.findings.logit_pools  # noqa: F401 - says how these results are shown
from logitkit.logits.pools.pool import Pool as _Pool
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["Pool"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class Pool(Shown, _Pool):
    """Several models combined into one, with a table of weights and a figure.

    Examples
    --------
    >>> pool = Pool("linear", ("a", "b"), np.array([0.5, 0.5]), True)
    >>> pool.to_frame()["weight"].tolist()
    [0.5, 0.5]
    """

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per member.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the profile-likelihood intervals.

        Returns
        -------
        pandas.DataFrame
            Columns member and weight; if weights were learnt std_error, and also conf_low and conf_high unless the pool
            was read from a file; if outcomes were given, log_loss and brier of each member.
        """
        columns: dict[str, Any] = {"member": list(self.names), "weight": self.weights}
        if self.std_error.size:
            columns["std_error"] = self.std_error
        if self.rows is not None:
            low, high = self.interval(level).T
            columns |= {"conf_low": low, "conf_high": high}
        if self.member_log_loss.size:
            columns |= {"log_loss": self.member_log_loss, "brier": self.member_brier}
        return ResultFrame(columns)

    def plot(self, ax: Any = None, *, level: float = 0.95, title: str = "") -> Any:
        """Draw the weights with their profile-likelihood intervals, one row per member.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        level : float, default 0.95
            Confidence level.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot; it has no intervals if the weights were given or read from a file.
        """
        from logitkit.plots.interval_rows import plot_interval_rows
        from logitkit.plots.style import level_text

        learnt = self.rows is not None
        low, high = self.interval(level).T if learnt else (np.full(self.weights.size, np.nan),) * 2
        x = f"Weight, {level_text(level)} profile-likelihood intervals" if learnt else "Weight"
        return plot_interval_rows(self.names, (self.weights, low, high), ax, x=x, title=title, line=0.0)
