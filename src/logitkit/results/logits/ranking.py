"""Measures of ranking, with tables and a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

import logitkit.report.findings.query_ranking  # noqa: F401 - says how these results are shown
from logitkit.logits.ranking.mean import RankingMeasure as _RankingMeasure
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["RankingMeasure"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class RankingMeasure(Shown, _RankingMeasure):
    """A measure of ranking, averaged over queries, with tables and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.reciprocal_rank([3, 2, 1, 1, 2], [0, 1, 0, 0, 1], ["a", "a", "a", "b", "b"])
    >>> found.by_query().values.tolist()
    [['a', 0.5], ['b', 1.0]]
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the mean over queries as one row.

        Returns
        -------
        pandas.DataFrame
            Columns measure, n (queries), estimate, std_error, conf_low, conf_high; rows of several measures can be
            combined.
        """
        return ResultFrame(
            {
                "measure": [self.name],
                "n": [self.n_queries],
                "estimate": [self.estimate],
                "std_error": [self.std_error],
                "conf_low": [self.conf_low],
                "conf_high": [self.conf_high],
            }
        )

    def by_query(self) -> pd.DataFrame:
        """Return the measure of each query.

        Returns
        -------
        pandas.DataFrame
            Columns query, value.
        """
        return ResultFrame({"query": self.queries, "value": self.values})

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the distribution of the measure over queries, with the interval of its mean.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The histogram.
        """
        from logitkit.plots.query_values import plot_query_values

        return plot_query_values(self, ax, title=title)
