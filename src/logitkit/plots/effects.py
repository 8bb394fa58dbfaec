"""Effects with intervals, one row each, beside the line of no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.inference.effects.comparisons import Effects
from logitkit.plots.labels import plain, wrapped
from logitkit.plots.style import FAINT, dress, level_text, new_axes, next_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_effects"]

WIDTH, ROW, FRAME = 6.4, 0.34, 1.2


def plot_effects(result: Effects, ax: Axes | None = None, *, title: str = "", level: float | None = None) -> Axes:
    """Draw effects from top to bottom with their intervals; ratios on a logarithmic axis."""
    found = result.estimates(level)
    n = found.estimate.size
    ax = new_axes(ax, (WIDTH, FRAME + ROW * n))
    ratio = result.scale in ("risk_ratio", "odds_ratio")
    if ratio:
        ax.set_xscale("log")
    color, place = next_color(ax), np.arange(n)[::-1]
    ax.axvline(1.0 if ratio else 0.0, color=FAINT, linewidth=1.0, zorder=1)
    ax.hlines(place, found.low, found.high, color=color, linewidth=1.6, zorder=2)
    ax.plot(found.estimate, place, "o", color=color, markersize=5.0, zorder=3)
    names = [name if name.startswith("row") else name.replace("|", "\n", 1) for name in result.numbers.names]
    ax.set_yticks(place, [plain("\n".join(wrapped(line) for line in name.split("\n"))) for name in names])
    ax.set_ylim(-0.7, n - 0.3)
    dress(ax, x=f"{plain(wrapped(result.title))}\nwith {level_text(found.level)} intervals", title=title)
    return ax
