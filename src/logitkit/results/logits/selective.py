"""Risk by coverage, with a table and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

import logitkit.report.findings.selective  # noqa: F401 - says how these results are shown
from logitkit.logits.selective import RiskCoverage
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["RiskCoverageCurve", "held_curve"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class RiskCoverageCurve(Pickled, Shown, RiskCoverage):
    """Error rate of the most confident rows, by the proportion of rows that are answered.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.risk_coverage([2.0, 1.5, -0.1, -1.2, 0.3], [1, 1, 1, 0, 0])
    >>> found.to_frame().iloc[:, :3].round(3)
       n  coverage  risk
    0  1       0.2  0.00
    1  2       0.4  0.00
    2  3       0.6  0.00
    3  4       0.8  0.25
    4  5       1.0  0.40
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per distinct confidence, the largest first.

        Returns
        -------
        pandas.DataFrame
            Columns n, coverage, risk, conf_low, conf_high (pointwise), confidence.
        """
        low, high = self.limits(np.arange(self.n_answered.size))
        return ResultFrame(
            {
                "n": self.n_answered,
                "coverage": self.coverage,
                "risk": self.risk,
                "conf_low": low,
                "conf_high": high,
                "confidence": self.confidence,
            }
        )

    def plot(self, ax: Any = None, *, label: str | None = None, title: str = "") -> Any:
        """Draw risk against coverage with pointwise limits, and the curve of the best order of the same errors.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        label : str, optional
            Name of the curve in a legend; labelled curves can share ``ax``.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot; the band of the limits is drawn only if the curve is alone.
        """
        from logitkit.plots.risk_coverage import plot_risk_coverage

        return plot_risk_coverage(self, ax, label=label, title=title)


def held_curve(found: RiskCoverage) -> RiskCoverageCurve:
    """Return a curve with its table and figure."""
    return RiskCoverageCurve(**{field.name: getattr(found, field.name) for field in fields(found)})
