"""A calibration belt: the observed rate that goes with each predicted one, and the region where the curve may lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.fit.belt import CalibrationBelt
from logitkit.plots.style import AREA, GUIDE, INK, PRIMARY, TICK_SIZE, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_calibration_belt"]

DARKER = "#9EC5E0"  # the belt of a lower level, inside that of a higher one


def plot_calibration_belt(result: CalibrationBelt, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the belts and the diagonal, the test, and the ranges in which the belt excludes the diagonal."""
    ax = new_axes(ax, (5.0, 4.6))
    top = min(1.0, 1.02 * float(max(result.predicted[-1], np.max(result.curve))))
    ax.plot([0.0, top], [0.0, top], color=GUIDE, linewidth=1.0, linestyle="--", zorder=3, label="perfect calibration")
    for number, belt in enumerate(reversed(result.belts)):
        color = AREA if number == 0 else DARKER
        ax.fill_between(
            result.predicted, belt.low, belt.high, color=color, linewidth=0.0, label=f"{level_text(belt.level)} belt"
        )
    label = f"polynomial of degree {result.degree}"
    ax.plot(result.predicted, result.curve, color=PRIMARY, linewidth=1.6, zorder=4, label=label)
    ax.set_xlim(0.0, top)
    ax.set_ylim(0.0, top)
    dress(ax, x="Predicted probability", y="Observed rate", title=title)
    ax.legend(loc="upper left", fontsize=TICK_SIZE, frameon=True, framealpha=0.8, edgecolor="none")
    ax.text(
        0.97,
        0.04,
        _facts(result),
        transform=ax.transAxes,
        ha="right",
        va="bottom",
        fontsize=TICK_SIZE,
        color=INK,
        linespacing=1.4,
    )
    return ax


def _facts(result: CalibrationBelt) -> str:
    """Return the test, and whose rows these are."""
    p = "p < 0.0001" if result.p_value < 1e-4 else f"p = {result.p_value:.4f}"
    rows = "rows of the fit" if result.in_sample else "other rows"
    widest = result.belts[-1]
    lines = [f"T = {result.statistic:.2f}, {p}", rows]
    for word, ranges in (("above", widest.above), ("below", widest.below)):
        if ranges:
            places = ", ".join(f"{low:.2f} to {high:.2f}" for low, high in ranges)
            lines.append(f"{word} the diagonal: {places}")
    return "\n".join(lines)
