"""Proportions of outcomes before and after a shift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.logits.shifted_priors.shift import PriorShift
from logitkit.plots.drawn_outcomes import CURVES_SIZE
from logitkit.plots.set_coverage import NAMED_MOST
from logitkit.plots.style import MUTED, PRIMARY, TICK_SIZE, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_prior_shift"]

APART = 0.12  # of the distance of two outcomes


def plot_prior_shift(result: PriorShift, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the old proportion of each outcome, and the new one with its limits."""
    ax = new_axes(ax, CURVES_SIZE)
    at = np.arange(result.old.size)
    low, high = (np.where(np.isnan(ends), result.priors, ends) for ends in (result.low, result.high))
    new = f"new, with {level_text(result.level)} interval"
    ax.vlines(at + APART, low, high, color=PRIMARY, linewidth=1.4, zorder=2)
    ax.plot(at - APART, result.old, "s", color=MUTED, fillstyle="none", markersize=5.0, label="old", zorder=3)
    ax.plot(at + APART, result.priors, "o", color=PRIMARY, markersize=5.0, label=new, zorder=3)
    if at.size <= NAMED_MOST:
        ax.set_xticks(at, [str(j) for j in at])
    ax.set_ylim(0.0, min(1.15 * float(max(result.old.max(), high.max())), 1.0))
    ax.legend(fontsize=TICK_SIZE, frameon=False, loc="best")
    dress(ax, x="Outcome", y="Proportion", title=title)
    return ax
