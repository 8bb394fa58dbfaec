"""Proportions of outcomes in new rows, with a table and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

import logitkit.report.findings.prior_shift  # noqa: F401 - says how these results are shown
from logitkit.logits.shifted_priors.shift import PriorShift
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown

__all__ = ["ShiftedPriors", "held_shift"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class ShiftedPriors(Pickled, Shown, PriorShift):
    """Proportions of outcomes in new rows, and those for which the logits are calibrated.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.prior_shift([-2.0, -1.0, 1.0], priors=0.5)
    >>> found.priors.round(3).tolist(), found.transform([0.0]).round(3).tolist()
    ([0.943, 0.057], [-2.807])
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per outcome.

        Returns
        -------
        pandas.DataFrame
            Columns outcome, old, prior, std_error, conf_low, conf_high.
        """
        return ResultFrame(
            {
                "outcome": range(self.old.size),
                "old": self.old,
                "prior": self.priors,
                "std_error": self.std_error,
                "conf_low": self.low,
                "conf_high": self.high,
            }
        )

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the old proportions, and those of the new rows with their limits.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot, with two marks per outcome.
        """
        from logitkit.plots.prior_shift import plot_prior_shift

        return plot_prior_shift(self, ax, title=title)


def held_shift(found: PriorShift) -> ShiftedPriors:
    """Return proportions with their table and figure."""
    return ShiftedPriors(**{field.name: getattr(found, field.name) for field in fields(found)})
