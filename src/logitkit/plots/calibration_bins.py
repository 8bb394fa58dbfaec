"""Observed against predicted probabilities in bins, beside their calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.engine.law import NORMAL
from logitkit.errors import UnsupportedError
from logitkit.logits.calibration_errors.error import CalibrationErrors
from logitkit.plots.labels import add_note
from logitkit.plots.style import GUIDE, OUTCOMES_MOST, PRIMARY, TICK_SIZE, Look, dress, level_text, looks, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_calibration_bins"]

ALONE = Look(PRIMARY, "-", "o", "")
NAMES = {"event": "the event", "top": "the most probable outcome", "class": "each outcome"}


def plot_calibration_bins(result: CalibrationErrors, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the bins of all rows with intervals for their rates; for a mean over outcomes, those of each outcome."""
    several = result.bins is None
    drawn = [part for part in (result.parts if several else (result,)) if part.bins is not None]
    if len(drawn) > OUTCOMES_MOST:
        raise UnsupportedError(
            f"There are bins of {len(drawn)} outcomes, and a figure tells {OUTCOMES_MOST} apart: bins_frame() has all."
        )
    ax = new_axes(ax, (5.0, 4.6))
    top = 0.0
    half = float(NORMAL.quantile(result.level))
    for part, look in zip(drawn, looks(len(drawn)) if several else (ALONE,), strict=True):
        bins = part.bins
        assert bins is not None
        ends = np.nan_to_num(half * bins.std_error)
        low, high = np.maximum(bins.observed - ends, 0.0), np.minimum(bins.observed + ends, 1.0)
        if not several:
            ax.vlines(bins.predicted, low, high, color=look.color, linewidth=1.2, zorder=2)
        ax.plot(
            bins.predicted,
            bins.observed,
            look.mark,
            color=look.color,
            markersize=4.5,
            zorder=3,
            label=part.name if several else "bins",
        )
        top = max(top, float(bins.predicted.max()), float(bins.observed.max() if several else high.max()))
    top = min(1.05 * top, 1.0)
    ax.plot([0.0, top], [0.0, top], color=GUIDE, linewidth=1.0, linestyle="--", zorder=1, label="perfect calibration")
    ax.set_xlim(0.0, 1.02 * top)
    ax.set_ylim(0.0, 1.02 * top)
    if several:
        ax.legend(loc="upper left", fontsize=TICK_SIZE, frameon=True, framealpha=0.8, edgecolor="none")
    bars = "" if several else f"Bars: {level_text(result.level)} intervals. "
    add_note(ax, f"{bars}Calibration error {result.ece:.4f}; {result.chance:.4f} by chance.")
    dress(ax, x=f"Predicted probability of {NAMES[result.of]}", y="Observed rate", title=title)
    return ax
