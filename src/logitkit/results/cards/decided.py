"""The decisions of a card at a cut-off: fairness between groups, and profit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

import logitkit.report.cards.decision_findings  # noqa: F401 - says how these are shown
from logitkit.report.cards import decision_frames as frames
from logitkit.results.cards.validated import Pickled
from logitkit.results.shown import Shown
from logitkit.scorecard.validation.fairness import Fairness
from logitkit.scorecard.validation.profit import Profit

__all__ = ["CardFairness", "CardProfit"]


@dataclass(frozen=True, eq=False, repr=False)
class CardFairness(Pickled, Shown, Fairness):
    """The decisions of a card at a cut-off, compared between groups.

    Parameters
    ----------
    groups : tuple of GroupFairness
        The measures of each group, in the order of the levels.
    reference : str
        The group that the others are compared with.
    cut : float
        Cut-off: the points from which applicants are approved.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> found = card.fairness(loans, by=loans["age"] < 25, cut=500)
    >>> found.reference, list(found.table().index)
    ('False', ['False', 'True'])
    """

    def table(self) -> pd.DataFrame:
        """Return one row per group.

        Returns
        -------
        pandas.DataFrame
            Counts, and each measure with its limits; the index is the group.
        """
        return frames.fairness_frame(self)


@dataclass(frozen=True, eq=False, repr=False)
class CardProfit(Pickled, Shown, Profit):
    """Profit by cut-off, the strictest cut-off first.

    Parameters
    ----------
    cuts : (k,) array
        Cut-off: the points from which applicants are approved.
    approval, bad_rate : (k,) arrays
        Proportion approved, and the bad rate of those approved.
    profit, profit_low, profit_high : (k,) arrays
        Gains minus losses in these rows; the limits hold for a cut-off that was chosen beforehand.
    expected_profit, expected_loss : (k,) arrays
        Profit and loss from those approved, as expected by the probabilities of the card.
    break_even : float
        Probability of bad at which an applicant with average gain and loss has an expected profit of zero.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> found = card.profit(loans, gain=1.0, loss=5.0)
    >>> int(found.best), round(float(found.approval[found.best]), 3), round(float(found.profit[found.best]), 1)
    (5, 0.346, 142.0)
    """

    def table(self) -> pd.DataFrame:
        """Return one row per cut-off.

        Returns
        -------
        pandas.DataFrame
            approval_rate, bad_rate, profit with limits, expected_profit and expected_loss; the index is the cut-off.
        """
        return frames.profit_frame(self)

    def plot(self, ax: Any = None) -> Any:
        """Draw the profit against the proportion approved.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.

        Returns
        -------
        matplotlib.axes.Axes
            The plot, with the cut-off of the largest profit marked.
        """
        from logitkit.plots.profit import plot_profit

        return plot_profit(self, ax)
