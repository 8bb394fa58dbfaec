"""Accuracy profiles (CAP) of one fit or several, and lift by group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.discrimination.gains import Gains
from logitkit.plots.labels import TOGETHER, add_note
from logitkit.plots.legends import ALONE, add_legend, share_axes
from logitkit.plots.style import (
    ACCENT,
    GUIDE,
    INK,
    LABEL_SIZE,
    MUTED,
    PRIMARY,
    curve_color,
    dress,
    level_text,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_gains", "plot_lift"]

CURVE = "profile"  # marks the profiles among the lines of an Axes
DRAWN_MOST = 1000  # points of a profile


def plot_gains(result: Gains, ax: Axes | None = None, *, label: str | None = None, title: str = "") -> Axes:
    """Draw the proportion of all events among the rows with the highest probabilities, with reference lines."""
    ax = new_axes(ax, (5.0, 4.6))
    curves = [found for found in ax.lines if found.get_gid() == CURVE]
    shared, _ = share_axes(ax, curves)
    if not shared:
        ax.plot([0.0, 1.0], [0.0, 1.0], color=GUIDE, linewidth=1.0, zorder=1)
        ax.plot([0.0, result.base, 1.0], [0.0, 1.0, 1.0], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        add_note(ax, f"Dashed: a model without errors, at a rate of events of {result.base:.3f}.")
    if shared and label is None:
        label = f"profile {len(curves) + 1}"
    kept = np.unique(np.linspace(0, result.cap_rows.size - 1, min(result.cap_rows.size, DRAWN_MOST)).astype(int))
    (drawn,) = ax.plot(
        result.cap_rows[kept],
        result.cap_events[kept],
        color=curve_color(ax, None, label),
        linewidth=1.8,
        zorder=3,
        clip_on=False,
        label=label or "profile",
        gid=CURVE,
    )
    ratio = f"accuracy{TOGETHER}ratio{TOGETHER}{result.accuracy_ratio:.3f}"
    if label is None:
        words = ratio
        if not math.isnan(result.ratio_low):
            words += f"\n{level_text(result.level)} interval {result.ratio_low:.3f} to {result.ratio_high:.3f}"
        words += "\n(on the rows of the fit)" * result.in_sample
        ax.text(0.97, 0.05, words, ha="right", va="bottom", fontsize=LABEL_SIZE, color=INK, linespacing=1.4, gid=ALONE)
    else:
        add_legend(ax, drawn, f"{label} ({result.accuracy_ratio:.3f})", "lower right")
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_aspect("equal")
    dress(ax, x="Proportion of rows, the highest probabilities first", y="Proportion of the events", title=title)
    return ax


def plot_lift(result: Gains, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the lift of each group as a bar with its interval, and the cumulative lift as a line."""
    ax = new_axes(ax)
    width = 1.0 / result.depth.size
    centre = result.depth - 0.5 * width
    ax.bar(centre, result.lift, width=0.86 * width, color=PRIMARY, alpha=0.75, linewidth=0.0, zorder=2, label="group")
    if not np.isnan(result.rate_low).any():
        ends = np.stack([result.rate - result.rate_low, result.rate_high - result.rate]) / result.base
        ax.errorbar(centre, result.lift, yerr=np.maximum(ends, 0.0), fmt="none", ecolor=INK, elinewidth=0.9, zorder=4)
    ax.plot(
        result.depth, result.cumulative_lift, "o-", color=ACCENT, markersize=4.0, zorder=5, label="all rows down to it"
    )
    ax.axhline(1.0, color=GUIDE, linewidth=1.0, zorder=3)
    ax.set_xlim(0.0, 1.005)
    ax.set_ylim(0.0, None)
    ax.legend(loc="upper right", frameon=False, fontsize=LABEL_SIZE, labelcolor=INK)
    bars = "" if np.isnan(result.rate_low).any() else f"Bars: {level_text(result.level)} intervals of the rate."
    add_note(ax, bars + " On the rows of the fit." * result.in_sample)
    dress(ax, x="Depth: proportion of rows, the highest probabilities first", y="Lift", title=title)
    return ax
