"""ROC curves and calibration of several outcomes, each against the rest, in one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.diagnostics.outcome_calibration import OutcomeCalibration
from logitkit.diagnostics.outcome_discrimination import OutcomeDiscrimination
from logitkit.plots.calibration import plot_bins
from logitkit.plots.roc import plot_roc
from logitkit.plots.style import SERIES, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CURVES_MOST", "plot_outcome_calibration", "plot_outcome_roc"]

CURVES_MOST = len(SERIES)  # more could not be told apart


def plot_outcome_roc(result: OutcomeDiscrimination, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the ROC curve of each outcome against the rest.

    Parameters
    ----------
    result : OutcomeDiscrimination
        What ``outcome_discrimination`` returns.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        Of very many outcomes those that occur most often.
    """
    ax = new_axes(ax)
    order = sorted(range(len(result.outcomes)), key=lambda k: -float(result.totals[k]))[:CURVES_MOST]
    for k in sorted(order):
        outcome = result.outcomes[k]
        if outcome in result.curves:
            plot_roc(result.curves[outcome], ax, title=title, label=outcome)
    return ax


def plot_outcome_calibration(result: OutcomeCalibration, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw observed rates of bins against mean predictions, for each outcome.

    Parameters
    ----------
    result : OutcomeCalibration
        What ``outcome_calibration`` returns.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        Of very many outcomes those that are expected most often.
    """
    ax = new_axes(ax, (5.0, 4.6))
    order = sorted(range(len(result.outcomes)), key=lambda k: -float(result.expected[k]))[:CURVES_MOST]
    for k in sorted(order):
        plot_bins(result.bins[k], ax, title=title, label=result.outcomes[k])
    return ax
