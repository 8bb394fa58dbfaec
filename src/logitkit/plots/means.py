"""Marginal means with their intervals, one row per mean and one colour per outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.inference.effects.marginal import MarginalMeans
from logitkit.options import require_text
from logitkit.plots.labels import add_note, plain
from logitkit.plots.legends import legend_beside
from logitkit.plots.style import FAINT, PRIMARY, Look, dress, looks, new_axes
from logitkit.plots.term_rows import TermRow, name_rows, names_width, row_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_means"]

WIDTH, ROW, HEIGHT = 4.6, 0.3, 0.17  # inches of the axes, of a row, and of each of several marks in it
SPREAD = 0.54  # of the height of a row, over which its marks are spread
ALONE = Look(PRIMARY, "-", "o", "")


def plot_means(result: MarginalMeans, ax: Axes | None = None, *, title: str = "", x: str = "") -> Axes:
    """Draw means and intervals from top to bottom; those of several outcomes are side by side in a row."""
    require_text("title", title)
    outcomes, several = result.outcomes, max(len(result.outcomes), 1)
    size = len(result.labels) // several
    rows = _rows(result, size, 1 if outcomes else 0)
    middle, end = row_bounds(rows)
    width = WIDTH + names_width(rows) / 72.0 + (1.2 if outcomes else 0.0)
    ax = new_axes(ax, (width, 1.2 + max(ROW, HEIGHT * several) * (end + 0.5)))
    places = [k for k, row in enumerate(rows) if row.kind == "estimate"]
    found, handles = result.estimates, []
    for k, look in enumerate(looks(several) if outcomes else (ALONE,)):
        own = slice(k * size, (k + 1) * size)
        at = middle[places] + (SPREAD * (k / (several - 1) - 0.5) if outcomes else 0.0)
        value, low, high = found.estimate[own], found.low[own], found.high[own]
        known, bounded = np.isfinite(value), np.isfinite(low) & np.isfinite(high)
        ax.hlines(at[bounded], low[bounded], high[bounded], color=look.color, linewidth=1.6, zorder=2)
        (points,) = ax.plot(value[known], at[known], look.mark, color=look.color, markersize=5.0, zorder=3)
        handles.append(points)
    ax.set_ylim(end + 0.1, -0.6)
    dress(ax, x=plain(x), title=title)
    name_rows(ax, rows, middle)
    if outcomes:
        legend_beside(ax, handles, outcomes)
    left_out = [
        name for name, value in zip(result.derived.names, found.estimate, strict=True) if not np.isfinite(value)
    ]
    add_note(ax, f"Without a finite mean: {', '.join(left_out)}." if left_out else "")
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.7)
    ax.set_axisbelow(True)
    return ax


def _rows(result: MarginalMeans, size: int, start: int) -> tuple[TermRow, ...]:
    """Return the labels of the rows: levels of the last factor below a heading of the others."""
    rows: list[TermRow] = []
    heads, before = result.heads[start:], None
    for label in result.labels[:size]:
        *outer, last = label[start:]
        words = ", ".join(f"{head} = {level}" for head, level in zip(heads, outer, strict=False))
        if words != before:
            rows.append(TermRow(f"{words}, {heads[-1]}" if words else heads[-1], "heading"))
            before = words
        rows.append(TermRow(last, indented=True))
    return tuple(rows)
