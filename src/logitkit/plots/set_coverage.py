"""Coverage of prediction sets by outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.logits.conformal_sets.judged import Coverage
from logitkit.plots.drawn_outcomes import CURVES_SIZE
from logitkit.plots.labels import add_note
from logitkit.plots.style import ACCENT, AREA, GUIDE, PRIMARY, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_set_coverage", "plot_set_sizes"]

NAMED_MOST = 30  # outcomes with a label of their own


def plot_set_coverage(result: Coverage, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the coverage of each outcome with exact limits, the nominal level, and the coverage of all rows."""
    ax = new_axes(ax, CURVES_SIZE)
    share, low, high = result.by_outcome[:, 1], result.by_outcome[:, 2], result.by_outcome[:, 3]
    there = np.flatnonzero(~np.isnan(share))
    ax.axhline(result.target, color=GUIDE, linewidth=1.1, zorder=1)
    has_law = not np.isnan(result.p_value)
    if has_law:
        ax.axhspan(*result.expected, color=GUIDE, alpha=0.25, linewidth=0.0, zorder=0)
    ends = np.array([share[there] - low[there], high[there] - share[there]]).clip(0.0)
    ax.errorbar(there, share[there], yerr=ends, fmt="o", color=PRIMARY, markersize=4.0, linewidth=1.2, zorder=3)
    if share.size <= NAMED_MOST:
        ax.set_xticks(there, [str(j) for j in there])
    ax.set_ylim(min(0.98 * float(low[there].min()), result.target - 0.02), 1.005)
    level = level_text(result.level)
    add_note(
        ax,
        f"Marks: exact {level} intervals. Line: {level_text(result.target)}, guaranteed."
        + (f" Band: {level} of the coverage of all rows together, if they are exchangeable." if has_law else ""),
    )
    dress(ax, x="Outcome", y="Proportion of rows whose set holds it", title=title)
    return ax


def plot_set_sizes(result: Coverage, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the proportion of rows with prediction sets of each size, and the mean size."""
    ax = new_axes(ax, CURVES_SIZE)
    last = int(np.flatnonzero(result.size_counts)[-1])
    sizes = np.arange(last + 1)
    share = result.size_counts[: last + 1] / result.n
    ax.bar(sizes, share, color=AREA, edgecolor=PRIMARY, linewidth=0.8, zorder=2)
    ax.axvline(result.mean_size, color=ACCENT, linewidth=1.2, zorder=3)
    if last <= NAMED_MOST:
        ax.set_xticks(sizes)
    add_note(ax, f"Line: mean size, {result.mean_size:.3g}. Empty sets cover no outcome.")
    dress(ax, x="Outcomes in the set", y="Proportion of rows", title=title)
    return ax
