"""A measure of ranking by query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.logits.ranking.mean import RankingMeasure
from logitkit.plots.labels import add_note
from logitkit.plots.style import ACCENT, AREA, PRIMARY, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_query_values"]

BINS = 20


def plot_query_values(result: RankingMeasure, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the values of queries in bins, with their mean and its interval."""
    ax = new_axes(ax)
    low, high = min(float(result.values.min()), 0.0), max(float(result.values.max()), 1.0)
    edges = np.linspace(low, high, BINS + 1).tolist()
    ax.hist(result.values, edges, color=AREA, edgecolor=PRIMARY, linewidth=0.7, zorder=2)
    ax.axvline(result.estimate, color=ACCENT, linewidth=1.4, zorder=3)
    note = "Line: mean over queries."
    if np.isfinite(result.conf_low):
        ax.axvspan(result.conf_low, result.conf_high, color=ACCENT, alpha=0.25, linewidth=0.0, zorder=1)
        note = f"Line and band: mean over queries with its {level_text(result.level)} interval."
    add_note(ax, note)
    dress(ax, x=result.name, y="Queries", title=title)
    return ax
