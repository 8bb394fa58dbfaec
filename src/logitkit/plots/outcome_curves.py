"""ROC curves and calibration of several outcomes, each against the rest, in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logitkit.diagnostics.outcome_calibration import OutcomeCalibration
from logitkit.plots.calibration import plot_bins
from logitkit.plots.drawn_outcomes import CURVES_SIZE, asked_for, left_out_words, most_frequent
from logitkit.plots.labels import add_note
from logitkit.plots.style import looks, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_outcome_calibration"]


def plot_outcome_calibration(
    result: OutcomeCalibration, ax: Axes | None = None, *, outcomes: Sequence[int] | None = None, title: str = ""
) -> Axes:
    """Draw observed rates of bins against mean predictions, for each outcome."""
    ax = new_axes(ax, CURVES_SIZE)
    every, there = looks(len(result.outcomes)), range(len(result.outcomes))
    drawn = most_frequent(there, result.expected) if outcomes is None else asked_for(outcomes)
    for k in drawn:
        look = every[k]
        plot_bins(result.bins[k], ax, title=title, label=result.outcomes[k], color=look.color, mark=look.mark)
    if outcomes is None:
        add_note(ax, left_out_words(result.outcomes, there, drawn, "that are expected most often"))
    return ax
