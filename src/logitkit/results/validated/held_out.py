"""Internal-external validations with their tables and the forest."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

import logitkit.report.findings.validation  # noqa: F401 - says how these results are shown
from logitkit.inference.validation.held_out import SCALED
from logitkit.inference.validation.internal_external import InternalExternal
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

__all__ = ["InternalExternalResult", "internal_external_result"]


@extends_base
@dataclass(frozen=True)
class InternalExternalResult(InternalExternal):
    """An internal-external validation, with tables and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.validate("internal-external", by="race")
    >>> found.tidy().iloc[:, :4].round(3).head(3)
      measure  group   kind  estimate
    0       c  white  group     0.705
    1       c  black  group     0.597
    2       c  other  group     0.617
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the table of ``tidy``.

        Returns
        -------
        pandas.DataFrame
            One row per measure and group, and two summary rows per measure.
        """
        return self.tidy()

    def tidy(self) -> pd.DataFrame:
        """Return one row per measure and group, and two summary rows per measure.

        Returns
        -------
        pandas.DataFrame
            measure, group (nan in summary rows), kind (``'group'``, ``'mean'`` or ``'prediction'``), estimate,
            conf_low, conf_high, n_obs, events.
        """
        rows = []
        z = float(ndtri(0.5 * (1.0 + self.level)))
        for place, (key, _, _) in enumerate(SCALED):
            value, half = self.scaled[:, place], z * self.scaled_error[:, place]
            estimate, low, high = (self.shown(each, place) for each in (value, value - half, value + half))
            rows += [
                (key, group, "group", *numbers)
                for group, *numbers in zip(self.groups, estimate, low, high, self.n_obs, self.events, strict=True)
            ]
            one = self.summaries[place]
            mean, first, last, before, after = (
                float(self.shown(each, place))
                for each in (one.estimate, one.low, one.high, one.predicted_low, one.predicted_high)
            )
            rows.append((key, None, "mean", mean, first, last, np.nan, np.nan))
            rows.append((key, None, "prediction", mean, before, after, np.nan, np.nan))
        names = ("measure", "group", "kind", "estimate", "conf_low", "conf_high", "n_obs", "events")
        return ResultFrame(pd.DataFrame(rows, columns=names))

    def plot(self, measure: str = "c", ax: Any = None, *, title: str = "") -> Any:
        """Draw a forest plot: a measure in each group with its interval, the mean, and the prediction interval.

        Parameters
        ----------
        measure : {'c', 'oe', 'slope', 'in_the_large'}
            The measure to draw.
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The forest plot.
        """
        from logitkit.plots.validation import plot_groups

        return plot_groups(self, measure, ax, title=title)


def internal_external_result(found: InternalExternal) -> InternalExternalResult:
    """Return an internal-external validation with its tables."""
    return InternalExternalResult(**{each.name: getattr(found, each.name) for each in fields(found)})
