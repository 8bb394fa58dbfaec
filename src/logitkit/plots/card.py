"""The points of a card: one bar per bin, by variable, with the interval of the points before rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from logitkit.plots.labels import add_note, plain, wrapped
from logitkit.plots.style import ACCENT, FAINT, INK, MUTED, PRIMARY, TICK_SIZE, dress, level_text, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CardPoints", "plot_card"]

ROW = 0.24  # inches of a bin
WIDEST = 34  # characters of a line of a label


@dataclass(frozen=True, eq=False)
class CardPoints:
    """Data of the plot, with one entry per bin that has points.

    Parameters
    ----------
    variables, labels : tuple of str
        Variable and label of each bin.
    points, low, high : (m,) arrays
        Points, and the limits of their interval before rounding.
    base : float
        Base points of every applicant.
    level : float
        Confidence level of the intervals.
    note : str
        Statement of what the intervals treat as fixed.
    """

    variables: tuple[str, ...]
    labels: tuple[str, ...]
    points: FloatArray
    low: FloatArray
    high: FloatArray
    base: float
    level: float
    note: str


def plot_card(found: CardPoints, ax: Axes | None = None) -> Axes:
    """Draw the points of every bin, one variable below another.

    Parameters
    ----------
    found : CardPoints
        The bins.
    ax : Axes, optional
        Axes to draw on.

    Returns
    -------
    Axes
        The plot; bars to the left of zero are vermilion, those to the right are blue.
    """
    names = list(dict.fromkeys(found.variables))
    n = len(found.labels)
    labels = [wrapped(plain(label), WIDEST) for label in found.labels]
    lines = sum(label.count("\n") for label in labels)
    ax = new_axes(ax, (6.2, max(2.4, ROW * (n + lines * 0.7 + 1.3 * len(names)) + 1.1)))
    at, heads, y = np.empty(n), [], 0.0
    for name in names:
        heads.append(y)
        y += 1.0
        for m in (m for m in range(n) if found.variables[m] == name):
            extra = 0.35 * labels[m].count("\n")
            at[m] = y + extra
            y += 1.0 + 2 * extra
        y += 0.3
    colors = [PRIMARY if p >= 0 else ACCENT for p in found.points]
    ax.barh(at, found.points, height=0.62, color=colors, alpha=0.75, zorder=2)
    middle = (found.low + found.high) / 2
    ax.errorbar(middle, at, xerr=(found.high - found.low) / 2, fmt="none", ecolor=INK, elinewidth=1.0, zorder=3)
    ax.axvline(0.0, color=MUTED, linewidth=0.8, zorder=1)
    for head in heads[1:]:
        ax.axhline(head - 0.65, color=FAINT, linewidth=0.8, zorder=0)
    ax.set_yticks([*heads, *at], [*(wrapped(plain(name)) for name in names), *labels])
    for tick, _ in zip(ax.get_yticklabels(), heads, strict=False):
        tick.set_fontweight("bold")
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(y - 0.6, -0.7)
    dress(ax, x=f"Points (every applicant begins with {found.base:g})", title="")
    for tick in ax.get_yticklabels():
        tick.set_fontsize(TICK_SIZE)
    add_note(ax, f"Lines: {level_text(found.level)} intervals of the points before rounding. {found.note}")
    return ax
