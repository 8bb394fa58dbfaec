"""Estimates with their intervals, one row each, downwards: weights, values, differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import add_note, plain, wrapped
from logitkit.plots.style import FAINT, MUTED, PRIMARY, TICK_SIZE, dress, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_interval_rows"]

ROW = 0.32  # inches


def plot_interval_rows(
    names: Sequence[str],
    values: tuple[FloatArray, FloatArray, FloatArray],
    ax: Axes | None = None,
    *,
    x: str = "",
    title: str = "",
    note: str = "",
    line: float | None = None,
) -> Axes:
    """Draw estimates with their limits, if known, and a reference line."""
    estimate, low, high = values
    ax = new_axes(ax, (5.4, 1.1 + ROW * max(len(names), 2)))
    at = np.arange(len(names), dtype=np.float64)
    if line is not None:
        ax.axvline(line, color=MUTED, linewidth=1.0, zorder=1)
    known = np.isfinite(low) & np.isfinite(high)
    ax.hlines(at[known], low[known], high[known], color=PRIMARY, linewidth=1.6, zorder=2)
    ax.plot(estimate, at, "s", color=PRIMARY, markersize=5.0, zorder=3)
    ax.set_yticks(at, [plain(wrapped(name)) for name in names], fontsize=TICK_SIZE)
    ax.set_ylim(len(names) - 0.4, -0.6)
    dress(ax, x=x, title=title)
    add_note(ax, note)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0.0)
    ax.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.7)
    ax.set_axisbelow(True)
    return ax
